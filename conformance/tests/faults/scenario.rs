//! What a client does while a call goes wrong, and what has to come of it.

use crate::faulty::{Call, Fault, Faulty, Hit, Plan, Stage};
use safe_http_client::{
    Behaviour, BodyLength, Clock, Config, ErrorOf, Exchange, LoopContext, Network, Online, Outcome,
    Phase, PipeClosed, Report, Rung, SafeHttpClient, ZeroRead, nb,
};
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    Get,
    /// The same by the calls that wait.
    GetWaiting,
    /// A body larger than the buffer.
    Post,
    Chunked,
    /// Two requests on one connection.
    KeepAlive,
    /// The same, where the second one may not be repeated.
    KeepAlivePost,
    /// The same, where it may, and has a body larger than the buffer.
    KeepAlivePut,
    Upgrade,
    /// In chunks, piece by piece.
    Upload,
    Diagnose,
}

impl Scenario {
    pub const ALL: [Self; 10] = [
        Self::Get,
        Self::GetWaiting,
        Self::Post,
        Self::Chunked,
        Self::KeepAlive,
        Self::KeepAlivePost,
        Self::KeepAlivePut,
        Self::Upgrade,
        Self::Upload,
        Self::Diagnose,
    ];

    /// The exchanges of the scenario.
    pub fn exchanges(self) -> &'static [Ask] {
        match self {
            Self::Get => &[Ask::Get("len")],
            Self::GetWaiting => &[Ask::GetWaiting],
            Self::Post => &[Ask::Post { long: true }],
            Self::Chunked => &[Ask::Get("chunked")],
            Self::KeepAlive => &[Ask::Get("len"), Ask::Get("len")],
            Self::KeepAlivePost => &[Ask::Get("len"), Ask::Post { long: false }],
            Self::KeepAlivePut => &[Ask::Get("len"), Ask::Put],
            Self::Upgrade => &[Ask::Upgrade],
            Self::Upload => &[Ask::Upload],
            Self::Diagnose => &[Ask::Diagnose],
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    Get(&'static str),
    GetWaiting,
    Post { long: bool },
    Put,
    Upgrade,
    Upload,
    Diagnose,
}

impl Ask {
    fn is_idempotent(self) -> bool {
        matches!(self, Self::Get(_) | Self::GetWaiting | Self::Put)
    }
}

/// The body of every answer, whatever its framing.
pub const BODY: &str = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz";
/// What is said over an upgraded connection, both ways.
pub const PING: &[u8] = b"ping\r\n\r\n";

/// How an exchange ended.
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

pub fn config() -> Config {
    Config::new()
        .connect_timeout(Duration::from_secs(3))
        .response_timeout(Duration::from_secs(3))
        .idle_timeout(Duration::from_secs(3))
        .diagnosis_timeout(Duration::from_secs(30))
}

type Client<N, C> = SafeHttpClient<Faulty<N>, C, Online>;
type Failure<N> = ErrorOf<Faulty<N>>;

/// One exchange to its end. The network's own budget bounds each loop.
pub fn ask<N: Network, C: Clock>(
    client: &mut Client<N, C>,
    cx: &mut LoopContext,
    plan: &std::cell::RefCell<Plan>,
    base: &str,
    tag: &str,
    what: Ask,
) -> Ended {
    let mut buffer = [0; 256];
    let url = |path: &str| format!("{base}/{path}?{tag}");
    let outcome = match what {
        Ask::Get(path) => {
            let url = url(path);
            client.get(cx, url.as_str(), &mut buffer).start().and_then(|it| read(it, cx))
        }
        Ask::GetWaiting => {
            let url = url("len");
            let response = client.get(cx, url.as_str(), &mut buffer).send();
            response.and_then(|mut response| {
                assert_eq!(response.status(), 200);
                assert_eq!(response.read_to_str()?, BODY);
                Ok(Ended::Whole)
            })
        }
        Ask::Post { long } => {
            let url = url("post");
            let body = if long { "x".repeat(296) + "\r\n\r\n" } else { "open".into() };
            let request = client.post(cx, url.as_str(), &mut buffer).body(body.as_bytes());
            request.start().and_then(|exchange| read(exchange, cx))
        }
        Ask::Put => {
            let url = url("put");
            let body = "x".repeat(296) + "\r\n\r\n";
            let request = client.put(cx, url.as_str(), &mut buffer).body(body.as_bytes());
            request.start().and_then(|exchange| read(exchange, cx))
        }
        Ask::Upload => {
            let url = url("upload");
            let mut upload = client
                .post(cx, url.as_str(), &mut buffer)
                .start_upload(BodyLength::Chunked)
                .unwrap_or_else(|error| panic!("{error}"));
            let wrote = (0..6).try_for_each(|_| {
                let mut piece: &[u8] = &[b'y'; 50];
                while !piece.is_empty() {
                    match ready(|| upload.write(cx, piece))? {
                        0 => panic!("nobody has answered yet"),
                        count => piece = &piece[count..],
                    }
                }
                Ok(())
            });
            wrote.and_then(|()| upload.finish()).and_then(|exchange| read(exchange, cx))
        }
        Ask::Upgrade => {
            let url = url("upgrade");
            let request = client.get(cx, url.as_str(), &mut buffer);
            let request = request.header("connection", "upgrade").header("upgrade", "echo");
            request.start().and_then(|exchange| talk(exchange, cx, plan))
        }
        Ask::Diagnose => {
            let url = url("");
            let mut checkup = client.start_diagnosis(url.as_str(), &mut buffer);
            while checkup.poll(cx).is_err() {}
            let report = checkup.report().clone();
            drop(checkup);
            // It says what it found, whatever that is.
            assert!(report.to_string().starts_with("url       ok"), "{report}");
            Ok(Ended::Report(Box::new(report)))
        }
    };
    outcome.unwrap_or_else(|error| {
        assert!(!client.is_connected(), "an error leaves no connection: {error}");
        let text = error.to_string();
        Ended::Failed { code: error.code(), phase: error.phase, text }
    })
}

fn ready<T, E>(mut step: impl FnMut() -> nb::Result<T, E>) -> Result<T, E> {
    loop {
        match step() {
            Ok(value) => return Ok(value),
            Err(nb::Error::Other(error)) => return Err(error),
            Err(nb::Error::WouldBlock) => {}
        }
    }
}

/// Reads a response, which is whole or an error. What was read before an error is the body's start.
fn read<N: Network, C: Clock>(
    mut exchange: Exchange<'_, Faulty<N>, C>,
    cx: &mut LoopContext,
) -> Result<Ended, Failure<N>> {
    ready(|| exchange.poll(cx))?;
    assert_eq!(exchange.head().unwrap().status(), 200);
    let mut body = Vec::new();
    let mut piece = [0; 16];
    loop {
        match ready(|| exchange.poll_read(cx, &mut piece)) {
            Ok(0) => break,
            Ok(count) => body.extend_from_slice(&piece[..count]),
            Err(error) => {
                assert!(BODY.as_bytes().starts_with(&body), "{}", body.escape_ascii());
                assert_eq!(ready(|| exchange.poll(cx)).unwrap_err().code(), "exchange_over");
                return Err(error);
            }
        }
    }
    assert_eq!(String::from_utf8(body).unwrap(), BODY, "a body that is reported as complete");
    Ok(Ended::Whole)
}

/// Says something over the stream, and reads it back.
fn talk<N: Network, C: Clock>(
    mut exchange: Exchange<'_, Faulty<N>, C>,
    cx: &mut LoopContext,
    plan: &std::cell::RefCell<Plan>,
) -> Result<Ended, Failure<N>> {
    ready(|| exchange.poll(cx))?;
    assert!(exchange.is_handed_over());
    // No deadline counts here: the caller has its own patience.
    let mut patience = 100;
    let mut rests = || {
        patience -= usize::from(plan.borrow().socket_stalls);
        patience == 0
    };
    let mut unsaid = PING;
    while !unsaid.is_empty() {
        match exchange.poll_stream_write(cx, unsaid) {
            Ok(count) => unsaid = &unsaid[count..],
            Err(nb::Error::Other(error)) => return Err(error),
            Err(nb::Error::WouldBlock) if rests() => return Ok(Ended::StreamRests),
            Err(nb::Error::WouldBlock) => {}
        }
    }
    let mut heard = Vec::new();
    let mut piece = [0; 5];
    while heard.len() < PING.len() {
        match exchange.poll_stream_read(cx, &mut piece) {
            Ok(0) => return Ok(Ended::StreamOver),
            Ok(count) => heard.extend_from_slice(&piece[..count]),
            Err(nb::Error::Other(error)) => return Err(error),
            Err(nb::Error::WouldBlock) if rests() => return Ok(Ended::StreamRests),
            Err(nb::Error::WouldBlock) => {}
        }
    }
    assert_eq!(heard, PING);
    Ok(Ended::Whole)
}

/// What has to come of an exchange in which this was hit.
#[derive(Debug, PartialEq)]
enum Must {
    BeWhole,
    Fail(&'static str, Phase),
    EndStream,
    RestStream,
    /// A rung of the ladder breaks.
    Break(Rung),
}

fn must(what: Ask, fault: Fault, hit: &Hit, behaviour: Behaviour) -> Must {
    if fault.is_harmless() || hit.call == Call::Close {
        return Must::BeWhole;
    }
    if what == Ask::Diagnose {
        return match hit.call {
            Call::Resolve => Must::Break(Rung::Name),
            Call::Socket | Call::Connect => Must::Break(Rung::Port),
            Call::Send | Call::Receive => Must::Break(Rung::Http),
            Call::Ping | Call::Signal | Call::Close => Must::BeWhole,
        };
    }
    let stalls = fault == Fault::Stall;
    let closed = matches!(fault, Fault::Close | Fault::FailPipeClosed);
    // RFC 9112 section 9.3.1: a request that can be repeated is, once, where the connection had been
    // kept and nothing of an answer has come.
    let is_stale = hit.reused && what.is_idempotent() && hit.received == 0 && !stalls;
    let early_end = if hit.reused { "stale_connection" } else { "empty_reply" };
    match (hit.call, hit.stage) {
        (Call::Resolve, _) if stalls => Must::Fail("resolve_timeout", Phase::Resolve),
        (Call::Resolve, _) => Must::Fail("name_not_resolved", Phase::Resolve),
        (Call::Socket, _) => Must::Fail("no_socket", Phase::Connect),
        (Call::Connect, _) if stalls => Must::Fail("connect_timeout", Phase::Connect),
        (Call::Connect, _) => Must::Fail("connect_failed", Phase::Connect),
        // What rests on a kept connection is looked at before it is used: nothing is lost with it.
        (Call::Receive, Stage::Kept) if !stalls => Must::BeWhole,
        (_, Stage::Kept | Stage::Request | Stage::Head) if is_stale => Must::BeWhole,
        (_, Stage::Kept | Stage::Request) if stalls => Must::Fail("idle_timeout", Phase::Send),
        (Call::Send, Stage::Kept | Stage::Request)
            if behaviour.connect == safe_http_client::Connect::ReportsSuccess
                && hit.sent == 0
                && !hit.reused =>
        {
            Must::Fail("connect_failed", Phase::Connect)
        }
        (Call::Send, Stage::Kept | Stage::Request) => Must::Fail("send_failed", Phase::Send),
        (_, Stage::Request) if closed => Must::Fail(early_end, Phase::Send),
        (_, Stage::Request) => Must::Fail("receive_failed", Phase::Send),
        (_, Stage::Head) if stalls && hit.received == 0 => {
            Must::Fail("response_timeout", Phase::Head)
        }
        (_, Stage::Head) if stalls => Must::Fail("idle_timeout", Phase::Head),
        (_, Stage::Head) if closed && hit.received == 0 => Must::Fail(early_end, Phase::Head),
        (_, Stage::Head) if closed => Must::Fail("truncated", Phase::Head),
        (_, Stage::Head) => Must::Fail("receive_failed", Phase::Head),
        (_, Stage::Body) if stalls => Must::Fail("idle_timeout", Phase::Body),
        (_, Stage::Body) if closed => Must::Fail("truncated", Phase::Body),
        (_, Stage::Body) => Must::Fail("receive_failed", Phase::Body),
        (_, Stage::Stream) if stalls => Must::RestStream,
        (Call::Send, Stage::Stream) => Must::Fail("send_failed", Phase::Body),
        (_, Stage::Stream) if fault == Fault::FailOther => {
            Must::Fail("receive_failed", Phase::Body)
        }
        (_, Stage::Stream) => {
            let clean = fault == Fault::Close && behaviour.zero_read == ZeroRead::EndOfStream
                || behaviour.pipe_closed == PipeClosed::EndOfStream;
            if clean { Must::EndStream } else { Must::Fail("truncated", Phase::Body) }
        }
        (_, Stage::Kept) => unreachable!("all of it is above: {hit:?}"),
    }
}

/// Judges an exchange: of the scenario's one that was hit, or another.
pub fn judge(
    what: Ask,
    fault: Fault,
    hit: Option<&Hit>,
    answered_late: bool,
    behaviour: Behaviour,
    ended: &Ended,
    context: &str,
) {
    let must = hit.map_or(Must::BeWhole, |hit| must(what, fault, hit, behaviour));
    let context = format!("{context}: {hit:?} has to {must:?}, and came to {ended:?}");
    match (&must, ended) {
        (Must::BeWhole, Ended::Whole)
        | (Must::EndStream, Ended::StreamOver)
        | (Must::RestStream, Ended::StreamRests) => {}
        (Must::Fail(code, phase), Ended::Failed { code: c, phase: p, text }) => {
            assert_eq!((code, phase), (c, p), "{context}");
            assert!(text.starts_with(&format!("{phase}: ")), "{context}");
        }
        // A modem that had sent all of it, though the call that was to say so failed: the answer is
        // there, and is the answer.
        (Must::Fail("send_failed" | "connect_failed", _), Ended::Whole) if answered_late => {}
        (Must::BeWhole, Ended::Report(report)) => {
            let failed = report.rungs().iter().find(|it| it.outcome == Outcome::Failed);
            assert!(failed.is_none() && report.status() == Some(204), "{context}");
        }
        (Must::Break(rung), Ended::Report(report)) => {
            let failed = report.rungs().iter().find(|it| it.outcome == Outcome::Failed);
            assert_eq!(failed.map(|it| it.rung), Some(*rung), "{context}");
            assert!(report.diagnosis().is_some(), "{context}");
        }
        _ => panic!("{context}"),
    }
}

/// Whether the rules let a request go out twice (RFC 9110 section 9.2.2).
pub fn may_repeat(what: Ask, hit: Option<&Hit>) -> bool {
    what.is_idempotent() && hit.is_some_and(|hit| hit.reused && hit.received == 0)
}
