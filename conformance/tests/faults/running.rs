//! A use of the client on its way: it goes on by one poll at a time, and can be left between any two.

use crate::faulty::{Faulty, Watch};
use crate::peer::body_of;
use crate::plan::Plan;
use crate::scenario::{LONG, PIECE, Reads, SHORT, UPLOADED, Use};
use crate::waiting::{Leaves, wait};
use safe_http_client::{
    BodyLength, Call, Clock, Config, Error, ErrorKind, ErrorOf, LoopContext, Network, Phase, Probe,
    Report, RequestError, SafeHttpClient, Upgraded, Upload, nb,
};
use std::cell::RefCell;
use std::fmt::Debug;
use std::time::Duration;

/// What is said over an upgraded connection, both ways.
pub fn ping(tag: &str) -> Vec<u8> {
    format!("{tag}\r\n\r\n").into_bytes()
}

/// How a use of the client ended.
#[derive(Debug)]
pub enum Ended {
    /// All of it came as it should.
    Whole,
    Failed {
        code: &'static str,
        phase: Phase,
        text: String,
    },
    /// A stream's end was reported.
    StreamOver,
    /// A stream says nothing, and may do so for ever.
    StreamRests,
    Report(Box<Report>),
}

impl Ended {
    fn of<T: Debug, D: Debug>(error: &Error<T, D>) -> Self {
        Self::Failed { code: error.code(), phase: error.phase, text: error.to_string() }
    }
}

pub fn config() -> Config {
    Config::new()
        .resolve_timeout(Duration::from_secs(3))
        .connect_timeout(Duration::from_secs(3))
        .response_timeout(Duration::from_secs(3))
        .idle_timeout(Duration::from_secs(3))
        .continue_timeout(Duration::from_secs(2))
        .diagnosis_timeout(Duration::from_secs(30))
}

pub type Client<N, C> = SafeHttpClient<Faulty<N>, Watch<C>>;
type Failure<N> = ErrorOf<Faulty<N>>;
type Buffer = [u8; 256];

/// A use of the client on its way, as a program keeps it between the turns of its loop.
pub struct Running {
    what: Use,
    tag: String,
    state: State,
    /// What came of the body, or over the stream.
    got: Vec<u8>,
    /// How often a stream may rest.
    patience: usize,
}

enum State {
    Upload {
        upload: Upload<Buffer>,
        given: usize,
    },
    Call(Call<'static, Buffer>),
    Stream {
        stream: Upgraded<'static, Buffer>,
        said: usize,
    },
    Probe(Box<Probe<Buffer>>),
    /// An upload whose end failed: there is nothing left to poll.
    Over,
}

impl Running {
    /// Begins, and sends nothing yet.
    pub fn start<N: Network, C: Clock>(
        client: &mut Client<N, C>,
        cx: &mut LoopContext,
        base: &str,
        tag: &str,
        what: Use,
    ) -> Self {
        let buffer = [0; 256];
        let url = |path: &str| format!("{base}/{path}?{tag}");
        if what == Use::Diagnose {
            let state = State::Probe(Box::new(client.start_probe(url("").as_str(), buffer)));
            return Self::new(what, tag, state);
        }
        let mut online = client.online(cx).unwrap();
        let call = match what {
            Use::Get(path, _) => online.get(url(path).as_str(), buffer).start(),
            Use::Post { long: true } => {
                online.post(url("post").as_str(), buffer).body(LONG.as_str()).start()
            }
            Use::Post { long: false } => {
                online.post(url("post").as_str(), buffer).body(SHORT).start()
            }
            Use::Put { long: true } => {
                online.put(url("put").as_str(), buffer).body(LONG.as_str()).start()
            }
            Use::Put { long: false } => {
                online.put(url("put").as_str(), buffer).copy_body(SHORT).start()
            }
            Use::PutExpecting => {
                let request = online.put(url("put").as_str(), buffer).expect_continue();
                request.body(LONG.as_str()).start()
            }
            Use::Upgrade => {
                let request = online.get(url("upgrade").as_str(), buffer);
                request.header("connection", "upgrade").header("upgrade", "echo").start()
            }
            Use::Upload => {
                let request = online.post(url("upload").as_str(), buffer);
                let upload = request.start_upload(BodyLength::Chunked);
                let upload = upload.unwrap_or_else(|error| panic!("{error}"));
                return Self::new(what, tag, State::Upload { upload, given: 0 });
            }
            Use::GetWaiting | Use::Diagnose => unreachable!("{what:?} is no call"),
        };
        Self::new(what, tag, State::Call(call.unwrap_or_else(|error| panic!("{error}"))))
    }

    fn new(what: Use, tag: &str, state: State) -> Self {
        Self { what, tag: tag.into(), state, got: Vec::new(), patience: 100 }
    }

    /// Goes on by one poll; says how it ended, once it has.
    pub fn turn<N: Network, C: Clock>(
        &mut self,
        client: &mut Client<N, C>,
        cx: &mut LoopContext,
        plan: &RefCell<Plan>,
    ) -> Option<Ended> {
        let step = match &mut self.state {
            State::Upload { .. } => self.give(client, cx),
            State::Call(call) if call.head().is_none() => match call.poll(client, cx) {
                Ok(()) => self.begin_body(),
                Err(error) => Err(error),
            },
            State::Call(_) => self.read(client, cx),
            State::Stream { .. } => self.talk(client, cx, plan),
            State::Probe(probe) => {
                probe.poll(client, cx).ok()?;
                return Some(Ended::Report(Box::new(probe.report().clone())));
            }
            State::Over => {
                let over = ErrorKind::Request(RequestError::CallOver);
                return Some(Ended::of(&Error::<(), ()>::new(Phase::Body, over)));
            }
        };
        match step {
            Ok(ended) => Some(ended),
            Err(nb::Error::WouldBlock) => None,
            Err(nb::Error::Other(error)) => Some(self.failed(client, cx, &error)),
        }
    }

    /// Gives some of an upload's body.
    fn give<N: Network, C: Clock>(
        &mut self,
        client: &mut Client<N, C>,
        cx: &mut LoopContext,
    ) -> nb::Result<Ended, Failure<N>> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Upload { upload, given: UPLOADED } => {
                self.state = State::Call(upload.finish(client)?);
            }
            State::Upload { mut upload, given } => {
                let wrote = upload.poll_write(client, cx, &PIECE[given % PIECE.len()..]);
                assert!(!matches!(wrote, Ok(0)), "nobody has answered yet");
                let given = given + wrote.as_ref().unwrap_or(&0);
                self.state = State::Upload { upload, given };
                wrote?;
            }
            _ => unreachable!("only an upload is given more"),
        }
        Err(nb::Error::WouldBlock)
    }

    fn begin_body<T>(&mut self) -> nb::Result<Ended, T> {
        if let State::Call(call) = std::mem::replace(&mut self.state, State::Over) {
            self.state = match (self.what, call.status()) {
                (Use::Upgrade, Some(101)) => {
                    let stream = call.into_upgraded().expect("it was handed over");
                    State::Stream { stream, said: 0 }
                }
                (_, status) => {
                    assert_eq!(status, Some(200));
                    State::Call(call)
                }
            };
        }
        Err(nb::Error::WouldBlock)
    }

    /// Reads some of the body.
    fn read<N: Network, C: Clock>(
        &mut self,
        client: &mut Client<N, C>,
        cx: &mut LoopContext,
    ) -> nb::Result<Ended, Failure<N>> {
        let State::Call(call) = &mut self.state else { unreachable!("only a call has a body") };
        let reads = match self.what {
            Use::Get(_, reads) => reads,
            _ => Reads::Pieces,
        };
        let mut piece = [0; 512];
        let is_at_end = match reads {
            Reads::Pieces | Reads::Direct => {
                let room = if reads == Reads::Pieces { 16 } else { piece.len() };
                let count = call.poll_read(client, cx, &mut piece[..room])?;
                self.got.extend_from_slice(&piece[..count]);
                count == 0
            }
            Reads::Borrowed => {
                let data = call.poll_fill_buf(client, cx)?;
                let count = data.len().min(11);
                self.got.extend_from_slice(&data[..count]);
                call.consume(client, count);
                count == 0
            }
            Reads::ToEnd => {
                call.poll_read_to_end(client, cx)?;
                self.got.extend_from_slice(call.body());
                true
            }
        };
        if !is_at_end {
            return Err(nb::Error::WouldBlock);
        }
        let got = String::from_utf8_lossy(&self.got);
        assert_eq!(got, body_of(&self.tag), "a body that is reported as complete");
        Ok(Ended::Whole)
    }

    /// Says something over the stream, and reads it back.
    fn talk<N: Network, C: Clock>(
        &mut self,
        client: &mut Client<N, C>,
        cx: &mut LoopContext,
        plan: &RefCell<Plan>,
    ) -> nb::Result<Ended, Failure<N>> {
        let State::Stream { stream, said } = &mut self.state else { unreachable!("no stream") };
        let ping = ping(&self.tag);
        let moved = match ping.get(*said..) {
            Some(unsaid @ [_, ..]) => {
                stream.poll_write(client, cx, unsaid).map(|count| *said += count)
            }
            _ => {
                let mut piece = [0; 5];
                match stream.poll_read(client, cx, &mut piece) {
                    Ok(0) => return Ok(Ended::StreamOver),
                    Ok(count) => {
                        self.got.extend_from_slice(&piece[..count]);
                        assert!(ping.starts_with(&self.got), "{}", self.got.escape_ascii());
                        Ok(())
                    }
                    Err(error) => Err(error),
                }
            }
        };
        match moved {
            Ok(()) if self.got == ping => Ok(Ended::Whole),
            Ok(()) => Err(nb::Error::WouldBlock),
            // No deadline counts while a stream rests: its caller has a patience of his own.
            Err(nb::Error::WouldBlock) if plan.borrow().socket_stalls && self.patience == 0 => {
                Ok(Ended::StreamRests)
            }
            Err(error) => {
                self.patience -= usize::from(plan.borrow().socket_stalls);
                Err(error)
            }
        }
    }

    /// What was read before an error is the body's start; and an error ends a call.
    fn failed<N: Network, C: Clock>(
        &mut self,
        client: &mut Client<N, C>,
        cx: &mut LoopContext,
        error: &Failure<N>,
    ) -> Ended {
        if !matches!(self.state, State::Stream { .. }) {
            let start = body_of(&self.tag);
            assert!(start.as_bytes().starts_with(&self.got), "{}", self.got.escape_ascii());
        }
        if !matches!(error.code(), "displaced" | "call_over") {
            assert!(!client.is_connected(), "an error leaves no connection: {error}");
        }
        let is_connected = client.is_connected();
        if let State::Call(call) = &mut self.state {
            match call.poll(client, cx) {
                Err(nb::Error::Other(again)) => assert_eq!(again.code(), "call_over"),
                other => panic!("after {error}: {other:?}"),
            }
        }
        assert_eq!(client.is_connected(), is_connected);
        Ended::of(error)
    }
}

/// One use of the client to its end. The network's own budget bounds each loop.
pub fn run<N: Network, C: Clock>(
    client: &mut Client<N, C>,
    cx: &mut LoopContext,
    plan: &RefCell<Plan>,
    base: &str,
    tag: &str,
    what: Use,
) -> Ended {
    if what == Use::GetWaiting {
        return match wait(client, cx, base, tag, what, Leaves::Never) {
            Ok(_) => Ended::Whole,
            Err(error) => {
                assert!(!client.is_connected(), "an error leaves no connection: {error}");
                Ended::of(&error)
            }
        };
    }
    let mut running = Running::start(client, cx, base, tag, what);
    loop {
        if let Some(ended) = running.turn(client, cx, plan) {
            return ended;
        }
    }
}
