//! A call as a value: it may be kept, moved, dropped, forgotten, displaced, and polled with a client that
//! isn't its own, at any moment. Whatever becomes of it, each request gets its own response, and no socket
//! stays open.

mod displaced;
mod kept;
mod left;
mod networks;
mod other_clients;
mod upgraded;

use crate::common::TestClock;
use crate::common::script::Connection;
use crate::support::{Client, SharedLog, get, scripted};
use safe_http_client::{
    BodyLength, Call, Clock, Config, Error, ErrorOf, LoopContext, Network, Probe, Report,
    SafeHttpClient, Upload, nb,
};

type Room = [u8; 256];

/// What is posted: more than fits the buffer.
const BODY: &[u8] = &[b'b'; 300];
/// What is copied into it.
const SHORT_BODY: &[u8] = &[b'c'; 100];

/// A server that takes and gives little at a time, and rests in between. Its answers are the targets of
/// their requests.
fn slow_server() -> Connection {
    Connection { connect_pends: 2, send_limit: 7, send_pends: 1, ..Connection::serve(1) }
}

/// A client that has some connections to such a server.
fn slow_client() -> (Client, SharedLog) {
    let connections = [slow_server(), slow_server(), slow_server()];
    let (mut client, log) = scripted(&TestClock::ticking(1), Config::new(), connections);
    let stack = client.network_mut().stack_mut();
    stack.names = vec![("gate.test", [192, 168, 1, 20].into())];
    stack.dns_pends = 3;
    (client, log)
}

/// The same, and it has kept one of them, or none yet.
fn slow_client_with(kept: bool, cx: &mut LoopContext) -> (Client, SharedLog) {
    let (mut client, log) = slow_client();
    if kept {
        assert_eq!(get(&mut client, cx, &url("/before")), Ok("/before".into()));
        assert!(client.is_connected());
    }
    (client, log)
}

fn url(target: &str) -> String {
    format!("http://192.168.1.20{target}")
}

/// The kinds of calls: by the way of their request's body, and of their response's.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Get,
    /// Of a host that has to be looked up.
    GetByName,
    GetChunked,
    PostLent,
    PostCopied,
    UploadKnown,
    UploadChunked,
    Probe,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Get,
        Self::GetByName,
        Self::GetChunked,
        Self::PostLent,
        Self::PostCopied,
        Self::UploadKnown,
        Self::UploadChunked,
        Self::Probe,
    ];

    fn target(self) -> &'static str {
        if self == Self::GetChunked { "/first/chunked" } else { "/first" }
    }

    /// Starts one: nothing is sent yet.
    fn start(self, client: &mut Client, cx: &mut LoopContext) -> Work {
        let url = match self {
            Self::GetByName => format!("http://gate.test{}", self.target()),
            _ => url(self.target()),
        };
        if self == Self::Probe {
            return Work::Probe(client.start_probe(&url, [0; 256]));
        }
        let mut online = client.online(cx).unwrap();
        let room = [0; 256];
        let known = BodyLength::Known(BODY.len() as u64);
        let length = if self == Self::UploadKnown { known } else { BodyLength::Chunked };
        match self {
            Self::PostLent => Work::Call(online.post(&url, room).body(BODY).start().unwrap()),
            Self::PostCopied => {
                Work::Call(online.post(&url, room).copy_body(SHORT_BODY).start().unwrap())
            }
            Self::UploadKnown | Self::UploadChunked => {
                Work::Upload(online.put(&url, room).start_upload(length).unwrap(), BODY)
            }
            _ => Work::Call(online.get(&url, room).start().unwrap()),
        }
    }
}

/// A call on its way.
#[allow(clippy::large_enum_variant, reason = "there are one or two at a time")]
enum Work {
    Call(Call<'static, Room>),
    /// And what of its body is still to be given.
    Upload(Upload<Room>, &'static [u8]),
    Probe(Probe<Room>),
    /// It was an upload, and its end couldn't be told.
    Failed,
}

impl Work {
    /// One turn of a main loop. `Ok(true)` once it is done.
    fn turn<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        cx: &mut LoopContext,
    ) -> Result<bool, ErrorOf<N>> {
        let is_call = matches!(self, Self::Call(_));
        let polled = match self {
            Self::Call(call) => call.poll_read_to_end(client, cx),
            Self::Probe(probe) => return Ok(probe.poll(client, cx).is_ok()),
            Self::Upload(_, []) => {
                let Self::Upload(upload, _) = std::mem::replace(self, Self::Failed) else {
                    return Ok(false);
                };
                *self = Self::Call(upload.finish(client)?);
                return Ok(false);
            }
            Self::Upload(upload, rest) => {
                let piece = &rest[..rest.len().min(70)];
                upload.poll_write(client, cx, piece).map(|count| *rest = &rest[count..])
            }
            Self::Failed => return Ok(false),
        };
        match polled {
            Ok(()) => Ok(is_call),
            Err(nb::Error::WouldBlock) => Ok(false),
            Err(nb::Error::Other(error)) => Err(error),
        }
    }

    /// All of its turns.
    fn finish<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        cx: &mut LoopContext,
    ) -> Result<(), ErrorOf<N>> {
        while !self.turn(client, cx)? {}
        Ok(())
    }

    fn report(&self) -> Option<&Report> {
        match self {
            Self::Probe(probe) => Some(probe.report()),
            _ => None,
        }
    }

    /// The response's body, which names the request.
    fn body(&self) -> &str {
        match self {
            Self::Call(call) => std::str::from_utf8(call.body()).unwrap(),
            _ => "",
        }
    }

    /// It has all that was asked for.
    #[track_caller]
    fn assert_done(&self, kind: Kind, context: &str) {
        match self.report() {
            Some(report) => {
                assert_eq!(report.status(), Some(200), "{context}: {report}");
                assert!(report.diagnosis().is_none(), "{context}: {report}");
            }
            None => assert_eq!(self.body(), kind.target(), "{context}"),
        }
    }

    /// Its client goes on with another call. It is told so once, and touches nothing then and later.
    #[track_caller]
    fn assert_displaced<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        cx: &mut LoopContext,
        context: &str,
    ) {
        let told = code(self.turn(client, cx));
        if let Some(report) = self.report() {
            // A probe ends, and has found out no more.
            assert_eq!(told, "done", "{context}");
            assert!(report.status().is_none() && report.diagnosis().is_some(), "{context}");
            return;
        }
        assert_eq!(told, "displaced", "{context}");
        if !matches!(self, Self::Failed) {
            assert_eq!(code(self.turn(client, cx)), "call_over", "{context}");
        }
    }
}

/// What a turn came to, in a word.
fn code<T, D>(turn: Result<bool, Error<T, D>>) -> &'static str {
    match turn {
        Ok(true) => "done",
        Ok(false) => "goes on",
        Err(error) => error.code(),
    }
}
