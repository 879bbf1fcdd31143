//! The scenarios that every stack goes through, written once over [`Network`].
//!
//! A stack's own file brings a [`Peer`] (a server that it can reach, which plays scripts) and says
//! in [`Shows`] what the stack lets a client see at all. [`run`] goes through all scenarios on one
//! client, so that each also proves that the one before left it usable, and prints a line for each.

#![allow(clippy::result_large_err, reason = "an error is looked at here, and not handed on")]

#[path = "../../tests/common/scenario.rs"]
mod acts;

pub use crate::subject::{Failure, Got, PatternSink, Subject, Waiting};
pub use acts::{Act, Move, Peer, Player, say};

use crate::counted::Counted;
use crate::layers;
use crate::subject::pattern;
use safe_http_client::{Clock, CloseReason, Config, LoopContext, Network, Phase, SafeHttpClient};
use std::time::Duration;

/// How a refused connection shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Refused {
    /// As an error of `connect`.
    Connect,
    /// Not at all: the stack dials again until the connect deadline.
    Deadline,
    /// By the first `send`.
    FirstSend,
}

/// What a stack lets a client see.
#[derive(Debug, Clone, Copy)]
pub struct Shows {
    pub refused: Refused,
    /// A reset is an error of its own; otherwise it looks like an end of the stream.
    pub reset: bool,
    /// The end of a stream can be trusted to come after all of its data.
    pub clean_end: bool,
}

/// The deadlines that scenarios are written for: long enough for a real server on a busy machine.
pub const CONNECT_MS: u32 = 400;
pub const RESPONSE_MS: u32 = 500;
pub const IDLE_MS: u32 = 600;

pub fn config() -> Config {
    Config::new()
        .connect_timeout(Duration::from_millis(CONNECT_MS.into()))
        .response_timeout(Duration::from_millis(RESPONSE_MS.into()))
        .idle_timeout(Duration::from_millis(IDLE_MS.into()))
}

/// One client, its server, and what can be expected.
pub struct Bench<S, P> {
    pub subject: S,
    pub peer: P,
    pub shows: Shows,
}

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

impl<'a, N: Network, C: Clock, P: Peer> Bench<Waiting<'a, N, C>, P> {
    /// Waits until the link is up.
    pub fn new(
        network: N,
        clock: C,
        config: Config,
        cx: &'a mut LoopContext,
        peer: P,
        shows: Shows,
    ) -> Self {
        let network = Counted::new(network);
        let counts = network.counts.clone();
        let mut client = SafeHttpClient::with_config(network, clock, config);
        if let Err(error) = client.wait_online(cx) {
            panic!("{error}");
        }
        Self { subject: Waiting { client, cx, counts }, peer, shows }
    }
}

impl<S: Subject, P: Peer> Bench<S, P> {
    fn get(&mut self, url: &str) -> Result<Got, Failure> {
        self.subject.get(url)
    }

    /// A GET from a server that plays this script.
    fn get_from(&mut self, script: Vec<Act>) -> Result<Got, Failure> {
        let url = self.peer.play(vec![script]);
        self.get(&format!("{url}/page?q=1"))
    }

    #[track_caller]
    fn expect_body(&mut self, script: Vec<Act>, body: &str) {
        let got = self.get_from(script).unwrap_or_else(|failure| panic!("{}", failure.text));
        assert_eq!((got.status, got.body.as_str()), (200, body));
    }

    /// An error leaves no socket open, and nothing behind that harms the next request.
    #[track_caller]
    fn expect_recovery(&mut self) {
        assert!(!self.subject.is_connected(), "closed after an error");
        assert_eq!(self.subject.close_reason(), Some(CloseReason::Error));
        self.expect_all_closed();
        self.expect_body(vec![Act::Request, say(HELLO)], "hello");
    }

    #[track_caller]
    fn expect_all_closed(&self) {
        let counts = self.subject.counts();
        assert_eq!(counts.opened, counts.closed, "sockets opened and closed");
    }

    fn get_with_length(&mut self) -> String {
        self.expect_body(vec![Act::Request, say(HELLO)], "hello");
        let heads = self.peer.heads();
        assert!(heads[0].starts_with("GET /page?q=1 HTTP/1.1\r\nHost: "));
        "200, 5 bytes".into()
    }

    fn chunked(&mut self) -> String {
        // A segment ends in the middle of a chunk's size line, and the last one in the trailer.
        let script = vec![
            Act::Request,
            say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0"),
            Act::Wait(5),
            say("6;x=y\r\n world\r\n"),
            Act::Wait(5),
            say("0\r\nX-Sum: 11\r\n"),
            Act::Wait(5),
            say("\r\n"),
        ];
        self.expect_body(script, "hello world");
        assert!(self.subject.is_connected(), "kept for the next request");
        "3 chunks in 4 segments".into()
    }

    fn close_delimited(&mut self) -> String {
        let script = vec![
            Act::Request,
            say("HTTP/1.1 200 OK\r\n\r\nuntil "),
            Act::Wait(10),
            say("the end"),
            Act::Wait(10),
            Act::Fin,
        ];
        if self.shows.clean_end {
            self.expect_body(script, "until the end");
            let why = self.subject.close_reason();
            assert_eq!(why, Some(CloseReason::BodyUntilClose));
            self.expect_all_closed();
            return "ended by FIN".into();
        }
        // Whether more had arrived can't be known: all that was read must not pass as the whole.
        let failure = self.get_from(script).expect_err("never a success");
        assert_eq!((failure.code, failure.phase), ("truncated", Phase::Body));
        assert!(failure.kind.contains("received: 13, announced: None"));
        self.expect_recovery();
        "refused as truncated: unread data may be lost".into()
    }

    fn reset_in_close_delimited(&mut self) -> String {
        let script =
            vec![Act::Request, say("HTTP/1.1 200 OK\r\n\r\nnot all"), Act::Wait(20), Act::Reset];
        if self.shows.clean_end && !self.shows.reset {
            // The one cut that can't be seen: HTTP has no other end, and the stack tells none.
            self.expect_body(script, "not all");
            return "NOT SEEN: the stack doesn't tell a reset from an end".into();
        }
        let failure = self.get_from(script).expect_err("a reset is no end");
        let code = if self.shows.reset { "receive_failed" } else { "truncated" };
        assert_eq!((failure.code, failure.phase), (code, Phase::Body));
        self.expect_recovery();
        format!("reported as {code}")
    }

    fn answer_and_fin_at_once(&mut self) -> String {
        let script = vec![
            Act::Request,
            say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbye"),
            Act::Fin,
        ];
        if self.shows.clean_end {
            self.expect_body(script, "bye");
            assert_eq!(self.subject.close_reason(), Some(CloseReason::ServerAsked));
            self.expect_all_closed();
            return "read after the FIN".into();
        }
        let failure = self.get_from(script).expect_err("what was sent is lost");
        assert_eq!((failure.code, failure.phase), ("empty_reply", Phase::Head));
        self.expect_recovery();
        "lost by the stack, reported as empty_reply".into()
    }

    fn keep_alive_twice(&mut self) -> String {
        let script = vec![
            Act::Request,
            say("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"),
            Act::Request,
            say("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo"),
        ];
        let url = self.peer.play(vec![script]);
        let opened = self.subject.counts().opened;
        let bodies = [self.get(&url), self.get(&url)].map(|got| got.unwrap().body);
        assert_eq!(bodies, ["one", "two"]);
        assert_eq!(self.subject.counts().opened, opened + 1);
        assert_eq!((self.peer.accepted(), self.peer.heads().len()), (1, 2));
        "2 requests, 1 connection".into()
    }

    fn large_download(&mut self) -> String {
        const LENGTH: usize = 40_000;
        let mut bytes = format!("HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n").into_bytes();
        bytes.extend((0..LENGTH).map(pattern));
        let url = self.peer.play(vec![vec![Act::Request, Act::Send(bytes)]]);
        match self.subject.download(&url) {
            Ok(count) => assert_eq!(count, LENGTH as u64),
            Err(failure) => panic!("{}", failure.text),
        }
        "40,000 bytes through a buffer of 4,096".into()
    }

    fn upload(&mut self) -> String {
        const LENGTH: usize = 10_000;
        let body: Vec<u8> = (0..LENGTH).map(pattern).collect();
        let script = vec![
            Act::Request,
            Act::Body(LENGTH),
            say("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"),
        ];
        let url = self.peer.play(vec![script]);
        match self.subject.upload(&url, &body) {
            Ok(status) => assert_eq!(status, 201),
            Err(failure) => panic!("{}", failure.text),
        }
        assert!(self.peer.heads()[0].contains("Content-Length: 10000\r\n"));
        "10,000 bytes through a buffer of 512".into()
    }

    fn layers(&mut self) -> String {
        let url = self.peer.play(layers::scripts());
        let came = self.subject.layers(&url).unwrap_or_else(|failure| panic!("{failure}"));
        assert_eq!(came, layers::EXPECTED);
        layers::check(&self.peer.heads());
        "a redirect, a 503, a form, a download in two".into()
    }

    fn refused_connect(&mut self) -> String {
        let url = self.peer.refusing();
        let failure = self.get(&url).expect_err("nothing listens there");
        assert_eq!(failure.phase, Phase::Connect, "{}", failure.text);
        assert_eq!(failure.evidence.received, 0);
        let remote = failure.evidence.remote.expect("it was dialed");
        assert!(failure.diagnosis.contains(&remote.to_string()), "{}", failure.diagnosis);
        let how = match self.shows.refused {
            Refused::Connect => {
                assert_eq!(failure.code, "connect_failed");
                assert!(failure.kind.starts_with("Connect("), "{}", failure.kind);
                "the stack's own error"
            }
            Refused::FirstSend => {
                assert_eq!(failure.code, "connect_failed");
                assert!(failure.kind.starts_with("NotConnected("));
                "told by the first send"
            }
            // The stack never says "refused", so the client doesn't either.
            Refused::Deadline => {
                assert_eq!(failure.code, "connect_timeout");
                assert!(!failure.text.contains("refused"), "{}", failure.text);
                assert!(failure.evidence.phase_ms >= CONNECT_MS);
                "ended by the connect deadline"
            }
        };
        self.expect_recovery();
        how.into()
    }

    fn cut_body(&mut self, end: Act) -> Failure {
        let script = vec![
            Act::Request,
            say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly these"),
            Act::Wait(20),
            end,
        ];
        let failure = self.get_from(script).expect_err("90 bytes are missing");
        assert_eq!(failure.phase, Phase::Body, "{}", failure.text);
        assert_eq!(failure.evidence.received, 40 + 10);
        self.expect_recovery();
        failure
    }

    fn reset_in_body(&mut self) -> String {
        let failure = self.cut_body(Act::Reset);
        if self.shows.reset {
            assert_eq!(failure.code, "receive_failed");
            assert!(failure.kind.starts_with("Receive("), "{}", failure.kind);
            return "the stack's own error".into();
        }
        assert_eq!(failure.code, "truncated");
        "truncated, as the stack doesn't tell a reset from an end".into()
    }

    fn fin_in_body(&mut self) -> String {
        let failure = self.cut_body(Act::Fin);
        assert_eq!(failure.code, "truncated");
        assert!(failure.kind.contains("received: 10, announced: Some(100)"), "{}", failure.kind);
        "truncated at 10 of 100".into()
    }

    fn fin_in_chunk(&mut self) -> String {
        let script = vec![
            Act::Request,
            say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
            Act::Wait(20),
            Act::Fin,
        ];
        let failure = self.get_from(script).expect_err("the last chunk is missing");
        assert_eq!((failure.code, failure.phase), ("truncated", Phase::Body));
        self.expect_recovery();
        "truncated for want of the last chunk".into()
    }

    fn no_answer(&mut self) -> String {
        let failure = self.get_from(vec![Act::Request]).expect_err("nothing was sent");
        assert_eq!(failure.code, "response_timeout", "{}", failure.text);
        assert_eq!(failure.phase, Phase::Head);
        assert!(failure.kind.contains("limit_ms: 500"), "{}", failure.kind);
        assert!(
            failure.text.starts_with("head: connected, but no response came within 500 ms"),
            "{}",
            failure.text
        );
        assert!(failure.evidence.phase_ms >= RESPONSE_MS);
        assert!(failure.evidence.elapsed_ms >= failure.evidence.phase_ms);
        assert!(failure.evidence.sent > 0 && failure.evidence.received == 0);
        self.expect_recovery();
        "response_timeout in phase head, 500 ms".into()
    }

    fn stalled_body(&mut self) -> String {
        let script = vec![Act::Request, say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")];
        let failure = self.get_from(script).expect_err("the rest never comes");
        assert_eq!((failure.code, failure.phase), ("idle_timeout", Phase::Body));
        assert!(failure.text.contains("nothing moved for 600 ms"));
        assert!(failure.evidence.phase_ms >= IDLE_MS);
        self.expect_recovery();
        "idle_timeout in phase body, 600 ms".into()
    }
}

/// A scenario's name and what it is: run in this order on one client.
type Scenario<S, P> = (&'static str, fn(&mut Bench<S, P>) -> String);

/// Goes through all scenarios, and prints a line for each on stderr. Returns the bench for what
/// only this stack can show.
pub fn run<S: Subject, P: Peer>(stack: &str, mut bench: Bench<S, P>) -> Bench<S, P> {
    let scenarios: [Scenario<S, P>; 15] = [
        ("GET with a length", Bench::get_with_length),
        ("chunked", Bench::chunked),
        ("close-delimited", Bench::close_delimited),
        ("answer and FIN at once", Bench::answer_and_fin_at_once),
        ("keep-alive twice", Bench::keep_alive_twice),
        ("large download", Bench::large_download),
        ("upload", Bench::upload),
        ("layers", Bench::layers),
        ("refused connect", Bench::refused_connect),
        ("reset in the body", Bench::reset_in_body),
        ("reset in a close-delimited body", Bench::reset_in_close_delimited),
        ("FIN in the body", Bench::fin_in_body),
        ("FIN between chunks", Bench::fin_in_chunk),
        ("no answer", Bench::no_answer),
        ("stalled body", Bench::stalled_body),
    ];
    for (name, scenario) in scenarios {
        let shown = scenario(&mut bench);
        eprintln!("{stack}: {name} ok ({shown})");
    }
    bench.subject.close();
    bench.expect_all_closed();
    bench
}
