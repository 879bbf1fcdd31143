//! One response as a row of a specification: what the server sends, and what the client makes of it,
//! whichever way the bytes arrive, the stack says that the stream has ended, and the caller reads.

use super::reader::{Reader, exchange};
use crate::common::TestClock;
use crate::common::script::{Connection, ScriptStack, Step};
use crate::outcome::Fields;
use crate::support::{Client, SharedLog, TestError};
use safe_http_client::{
    CloseReason, Config, ErrorKind, LoopContext, Method, Phase, ProtocolError, SafeHttpClient,
    StackQuirks,
};
use std::time::Duration;

/// What becomes of the stream behind the response's last byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    StaysOpen,
    Ends,
}

/// What the client has to report.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expect {
    /// Head and body, complete.
    Response(u16, Vec<u8>),
    /// An error before any head is reported.
    Head(Wrong),
    /// A head, and an error in the body.
    Body(Wrong),
}

/// The errors of this specification.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Wrong {
    Protocol(ProtocolError),
    Truncated { received: u64, announced: Option<u64> },
    EmptyReply,
}

impl Wrong {
    pub(super) fn is(self, error: &TestError) -> bool {
        match (self, &error.kind) {
            (Self::Protocol(wrong), ErrorKind::Protocol(error)) => wrong == *error,
            (
                Self::Truncated { received: r, announced: a },
                ErrorKind::Truncated { received, announced },
            ) => r == *received && a == *announced,
            (Self::EmptyReply, ErrorKind::ClosedBeforeResponse) => true,
            _ => false,
        }
    }
}

/// One row of the specification.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) method: Method<'static>,
    /// The caller asked for codings to be passed on.
    pub(super) raw: bool,
    pub(super) response: Vec<u8>,
    /// Bytes behind the response that don't belong to it.
    pub(super) excess: Vec<u8>,
    pub(super) stream: Stream,
    pub(super) expect: Expect,
    /// Compared where given.
    pub(super) headers: Option<Fields>,
    pub(super) reason: Option<Vec<u8>>,
    pub(super) trailers: Fields,
    /// Why the connection is closed after the exchange; `None` if it is kept.
    pub(super) closed: Option<CloseReason>,
    pub(super) buffer: usize,
}

fn row(name: impl Into<String>, response: impl AsRef<[u8]>, expect: Expect) -> Row {
    Row {
        name: name.into(),
        method: Method::Get,
        raw: false,
        response: response.as_ref().to_vec(),
        excess: Vec::new(),
        stream: Stream::StaysOpen,
        closed: match expect {
            Expect::Response(..) => None,
            _ => Some(CloseReason::Error),
        },
        expect,
        headers: None,
        reason: None,
        trailers: Fields::new(),
        buffer: 1024,
    }
}

/// A response that is read to its end, and whose connection is kept.
pub(super) fn ok(
    name: impl Into<String>,
    response: impl AsRef<[u8]>,
    status: u16,
    body: impl AsRef<[u8]>,
) -> Row {
    row(name, response, Expect::Response(status, body.as_ref().to_vec()))
}

/// A response that is refused before any of it is reported. The stream stays open: the error may
/// not wait for more.
pub(super) fn bad_head(
    name: impl Into<String>,
    response: impl AsRef<[u8]>,
    error: ProtocolError,
) -> Row {
    row(name, response, Expect::Head(Wrong::Protocol(error)))
}

/// A response whose body is refused. The stream stays open here too.
pub(super) fn bad_body(
    name: impl Into<String>,
    response: impl AsRef<[u8]>,
    error: ProtocolError,
) -> Row {
    row(name, response, Expect::Body(Wrong::Protocol(error)))
}

/// A response whose stream ends inside its head.
pub(super) fn cut_head(name: impl Into<String>, response: impl AsRef<[u8]>) -> Row {
    let received = response.as_ref().len() as u64;
    let wrong = match received {
        0 => Wrong::EmptyReply,
        _ => Wrong::Truncated { received, announced: None },
    };
    row(name, response, Expect::Head(wrong)).ends()
}

/// A response whose stream ends inside its body.
pub(super) fn cut_body(
    name: impl Into<String>,
    response: impl AsRef<[u8]>,
    received: u64,
    announced: Option<u64>,
) -> Row {
    row(name, response, Expect::Body(Wrong::Truncated { received, announced })).ends()
}

impl Row {
    pub(super) fn method(mut self, method: Method<'static>) -> Self {
        self.method = method;
        self
    }

    pub(super) fn raw(mut self) -> Self {
        self.raw = true;
        self
    }

    pub(super) fn ends(mut self) -> Self {
        self.stream = Stream::Ends;
        self
    }

    pub(super) fn excess(mut self, excess: impl AsRef<[u8]>) -> Self {
        self.excess = excess.as_ref().to_vec();
        self
    }

    pub(super) fn closed(mut self, why: CloseReason) -> Self {
        self.closed = Some(why);
        self
    }

    /// The body ends where the stream does.
    pub(super) fn until_close(self) -> Self {
        self.ends().closed(CloseReason::BodyUntilClose)
    }

    pub(super) fn buffer(mut self, size: usize) -> Self {
        self.buffer = size;
        self
    }

    pub(super) fn reason(mut self, reason: impl AsRef<[u8]>) -> Self {
        self.reason = Some(reason.as_ref().to_vec());
        self
    }

    pub(super) fn headers<V: AsRef<[u8]>>(mut self, headers: &[(&str, V)]) -> Self {
        self.headers = Some(copied(headers));
        self
    }

    pub(super) fn trailers<V: AsRef<[u8]>>(mut self, trailers: &[(&str, V)]) -> Self {
        self.trailers = copied(trailers);
        self
    }
}

fn copied<V: AsRef<[u8]>>(fields: &[(&str, V)]) -> Fields {
    let field = |(name, value): &(&str, V)| (name.to_string(), value.as_ref().to_vec());
    fields.iter().map(field).collect()
}

/// How a stack says that the stream has ended.
pub(super) const STACKS: [(&str, StackQuirks, Step); 2] = [
    ("Ok(0) ends the stream", StackQuirks::STD, Step::Zero),
    ("PipeClosed ends the stream", StackQuirks::SMOLTCP_NAL, Step::PipeClosed),
];

/// A client on a stack with these quirks, which plays these connections.
pub(super) fn client_over(
    quirks: StackQuirks,
    connections: impl IntoIterator<Item = Connection>,
) -> (Client, SharedLog) {
    let stack = ScriptStack::new(connections);
    let log = stack.log.clone();
    let data = stack.connections.iter().flat_map(|connection| &connection.steps);
    let bytes = data.map(|step| if let Step::Data(bytes) = step { bytes.len() } else { 0 });
    // They may come one by one, on a clock that moves at each look. What isn't HTTP is waited for as long.
    let patience = Duration::from_millis(1000 + 10 * bytes.sum::<usize>() as u64);
    let config = Config::new().response_timeout(patience).idle_timeout(patience * 10);
    let network = stack.attached(quirks);
    (SafeHttpClient::with_config(network, TestClock::ticking(1), config), log)
}

/// The answer to the request behind the row's: whatever came before, it must be this.
const NEXT: &[u8] = b"HTTP/1.1 299 Next\r\nContent-Length: 4\r\n\r\nnext";

/// Runs a row in all combinations of arrival, stack and reader.
pub(super) fn check(cx: &mut LoopContext, row: &Row) {
    for (stack, quirks, end) in STACKS {
        for (arrival, segment) in [("whole", usize::MAX), ("byte by byte", 1)] {
            for reader in Reader::ALL {
                let body: &[u8] = match &row.expect {
                    Expect::Response(_, body) => body,
                    // It would be refused because it is too long, before it turns out to be cut.
                    Expect::Body(Wrong::Truncated { announced: Some(u64::MAX), .. }) => &[0; 4096],
                    _ => &[],
                };
                if !reader.can_read(body, row.buffer) {
                    continue;
                }
                let context = format!("{} ({stack}, {arrival}, {reader:?})", row.name);
                check_once(cx, row, quirks, &end, segment, reader, &context);
            }
        }
    }
}

fn check_once(
    cx: &mut LoopContext,
    row: &Row,
    quirks: StackQuirks,
    end: &Step,
    segment: usize,
    reader: Reader,
    context: &str,
) {
    let mut connection = Connection::answer_split(&row.response, segment, None);
    // Excess bytes are there as soon as the response is.
    if !row.excess.is_empty() {
        if segment == 1 {
            connection.steps.pop_back();
            connection.steps.extend(row.excess.iter().map(|byte| Step::Data(vec![*byte])));
        } else {
            let whole = [&row.response[..], &row.excess[..]].concat();
            connection = Connection::answer_split(whole, segment, None);
        }
    }
    match row.stream {
        Stream::Ends => connection.steps.push_back(end.clone()),
        Stream::StaysOpen => {
            connection.steps.extend([Step::AwaitRequest, Step::Data(NEXT.to_vec())]);
        }
    }
    let (mut client, log) = client_over(quirks, [connection, Connection::answer(NEXT)]);
    let mut buffer = vec![0; row.buffer];

    let report = exchange(&mut client, cx, row, reader, &mut buffer);
    match (&row.expect, &report.error) {
        (Expect::Response(status, body), None) => {
            assert_eq!(report.status, Some(*status), "{context}");
            assert_eq!(
                report.body.escape_ascii().to_string(),
                body.escape_ascii().to_string(),
                "{context}"
            );
            assert_eq!(report.trailers, row.trailers, "{context}: trailers");
        }
        (Expect::Head(wrong), Some(error)) => {
            assert!(wrong.is(error), "{context}: {error:?} instead of {wrong:?}");
            assert_eq!(error.phase, Phase::Head, "{context}");
            assert_eq!(report.status, None, "{context}: a head was reported");
        }
        (Expect::Body(wrong), Some(error)) => {
            assert!(wrong.is(error), "{context}: {error:?} instead of {wrong:?}");
            assert_eq!(error.phase, Phase::Body, "{context}");
            assert!(report.status.is_some(), "{context}: no head was reported");
            assert_eq!(report.trailers, Fields::new(), "{context}: trailers of a failed body");
            if let Wrong::Truncated { received, .. } = *wrong
                && !matches!(reader, Reader::ReadToEnd | Reader::ReadToStr)
            {
                let delivered = report.body.len() as u64;
                assert_eq!(delivered, received, "{context}: all that came is delivered");
            }
        }
        (expected, error) => panic!("{context}: {error:?} instead of {expected:?}"),
    }
    if let Some(headers) = &row.headers {
        assert_eq!(report.headers, *headers, "{context}");
    }
    if let Some(reason) = &row.reason {
        assert_eq!(report.reason, *reason, "{context}");
    }

    let closed = match row.excess.as_slice() {
        [] => row.closed,
        // Excess bytes that the client hasn't seen yet are found by the next request.
        _ if client.is_connected() => None,
        _ => row.closed.or(Some(CloseReason::ExcessBytes)),
    };
    assert_eq!(client.close_reason(), closed, "{context}");
    assert_eq!(client.is_connected(), closed.is_none(), "{context}");
    let reusable = row.closed.is_none() && row.excess.is_empty() && row.stream == Stream::StaysOpen;
    let next = ok("next", b"", 299, b"next");
    let report = exchange(&mut client, cx, &next, Reader::Read(100), &mut buffer);
    assert_eq!(report.status, Some(299), "{context}: next: {:?}", report.error);
    assert_eq!(report.body, b"next", "{context}");
    let dialed = log.borrow().dialed.len();
    assert_eq!(dialed, if reusable { 1 } else { 2 }, "{context}: connections");

    drop(client);
    let log = log.borrow();
    assert_eq!(log.opened, log.closed, "{context}: sockets left open");
}
