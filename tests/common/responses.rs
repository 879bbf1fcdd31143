//! One response as a row of a specification: what the server sends, and what the client makes of it,
//! whichever way the bytes arrive, the stack says that the stream has ended, and the caller reads.
#![allow(dead_code)]

use crate::common::TestClock;
use crate::common::script::{Connection, Log, ScriptStack, Step};
use crate::outcome::{Fields, fields};
use embedded_io::{BufRead, Read};
use safe_http_client::{
    Attached, Behaviour, Config, CopyError, ErrorKind, ErrorOf, Exchange, LoopContext, Method,
    Online, Phase, ProtocolError, Request, SafeHttpClient, WhyClosed, nb,
};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

pub type TestNetwork = Attached<ScriptStack, crate::common::TestLink>;
pub type TestError = ErrorOf<TestNetwork>;
pub type Client = SafeHttpClient<TestNetwork, TestClock, Online>;

pub const URL: &str = "http://192.168.1.20/";

/// What becomes of the stream behind the response's last byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    StaysOpen,
    Ends,
}

/// What the client has to report.
#[derive(Debug, Clone, PartialEq)]
pub enum Expect {
    /// Head and body, complete.
    Response(u16, Vec<u8>),
    /// An error before any head is reported.
    Head(Wrong),
    /// A head, and an error in the body.
    Body(Wrong),
}

/// The errors of this specification.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wrong {
    Protocol(ProtocolError),
    Truncated { received: u64, announced: Option<u64> },
    EmptyReply,
}

impl Wrong {
    pub fn is(self, error: &TestError) -> bool {
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
pub struct Row {
    pub name: String,
    pub method: Method<'static>,
    /// The caller asked for codings to be passed on.
    pub raw: bool,
    pub response: Vec<u8>,
    /// Bytes behind the response that don't belong to it.
    pub excess: Vec<u8>,
    pub stream: Stream,
    pub expect: Expect,
    /// Compared where given.
    pub headers: Option<Fields>,
    pub reason: Option<Vec<u8>>,
    pub trailers: Fields,
    /// Why the connection is closed after the exchange; `None` if it is kept.
    pub closed: Option<WhyClosed>,
    pub buffer: usize,
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
            _ => Some(WhyClosed::Error),
        },
        expect,
        headers: None,
        reason: None,
        trailers: Fields::new(),
        buffer: 1024,
    }
}

/// A response that is read to its end, and whose connection is kept.
pub fn ok(
    name: impl Into<String>,
    response: impl AsRef<[u8]>,
    status: u16,
    body: impl AsRef<[u8]>,
) -> Row {
    row(name, response, Expect::Response(status, body.as_ref().to_vec()))
}

/// A response that is refused before any of it is reported. The stream stays open: the error may
/// not wait for more.
pub fn bad_head(name: impl Into<String>, response: impl AsRef<[u8]>, error: ProtocolError) -> Row {
    row(name, response, Expect::Head(Wrong::Protocol(error)))
}

/// A response whose body is refused. The stream stays open here too.
pub fn bad_body(name: impl Into<String>, response: impl AsRef<[u8]>, error: ProtocolError) -> Row {
    row(name, response, Expect::Body(Wrong::Protocol(error)))
}

/// A response whose stream ends inside its head.
pub fn cut_head(name: impl Into<String>, response: impl AsRef<[u8]>) -> Row {
    let received = response.as_ref().len() as u64;
    let wrong = match received {
        0 => Wrong::EmptyReply,
        _ => Wrong::Truncated { received, announced: None },
    };
    row(name, response, Expect::Head(wrong)).ends()
}

/// A response whose stream ends inside its body.
pub fn cut_body(
    name: impl Into<String>,
    response: impl AsRef<[u8]>,
    received: u64,
    announced: Option<u64>,
) -> Row {
    row(name, response, Expect::Body(Wrong::Truncated { received, announced })).ends()
}

impl Row {
    pub fn method(mut self, method: Method<'static>) -> Self {
        self.method = method;
        self
    }

    pub fn raw(mut self) -> Self {
        self.raw = true;
        self
    }

    pub fn ends(mut self) -> Self {
        self.stream = Stream::Ends;
        self
    }

    pub fn excess(mut self, excess: impl AsRef<[u8]>) -> Self {
        self.excess = excess.as_ref().to_vec();
        self
    }

    pub fn closed(mut self, why: WhyClosed) -> Self {
        self.closed = Some(why);
        self
    }

    /// The body ends where the stream does.
    pub fn until_close(self) -> Self {
        self.ends().closed(WhyClosed::BodyUntilClose)
    }

    pub fn buffer(mut self, size: usize) -> Self {
        self.buffer = size;
        self
    }

    pub fn reason(mut self, reason: impl AsRef<[u8]>) -> Self {
        self.reason = Some(reason.as_ref().to_vec());
        self
    }

    pub fn headers<V: AsRef<[u8]>>(mut self, headers: &[(&str, V)]) -> Self {
        self.headers = Some(copied(headers));
        self
    }

    pub fn trailers<V: AsRef<[u8]>>(mut self, trailers: &[(&str, V)]) -> Self {
        self.trailers = copied(trailers);
        self
    }
}

fn copied<V: AsRef<[u8]>>(fields: &[(&str, V)]) -> Fields {
    let field = |(name, value): &(&str, V)| (name.to_string(), value.as_ref().to_vec());
    fields.iter().map(field).collect()
}

/// How a stack says that the stream has ended.
pub const STACKS: [(&str, Behaviour, Step); 2] = [
    ("Ok(0) ends the stream", Behaviour::STD, Step::Zero),
    ("PipeClosed ends the stream", Behaviour::SMOLTCP_NAL, Step::PipeClosed),
];

/// How a caller reads a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// `embedded_io::Read`, with slices of this size. Those that are larger than the buffer's rest
    /// are received into without a copy.
    Read(usize),
    /// `embedded_io::BufRead`, taking at most so many bytes at once.
    BufRead(usize),
    ReadToEnd,
    ReadToStr,
    CopyTo,
    /// The non-blocking twins.
    PollRead(usize),
    PollFillBuf(usize),
    PollReadToEnd,
}

impl Reader {
    pub const ALL: [Self; 12] = [
        Self::Read(1),
        Self::Read(7),
        Self::Read(100_000),
        Self::BufRead(1),
        Self::BufRead(usize::MAX),
        Self::ReadToEnd,
        Self::ReadToStr,
        Self::CopyTo,
        Self::PollRead(3),
        Self::PollRead(100_000),
        Self::PollFillBuf(2),
        Self::PollReadToEnd,
    ];

    /// The whole body has to fit the buffer, and be text for one.
    fn can_read(self, body: &[u8], buffer: usize) -> bool {
        match self {
            Self::ReadToEnd | Self::PollReadToEnd => body.len() * 2 <= buffer,
            Self::ReadToStr => body.len() * 2 <= buffer && std::str::from_utf8(body).is_ok(),
            _ => true,
        }
    }
}

/// What a client reported of one exchange.
#[derive(Debug)]
pub struct Report {
    pub status: Option<u16>,
    pub reason: Vec<u8>,
    pub headers: Fields,
    pub body: Vec<u8>,
    pub trailers: Fields,
    pub error: Option<TestError>,
}

impl Report {
    fn of(exchange: &Exchange<'_, TestNetwork, TestClock>) -> Self {
        let head = exchange.head().unwrap();
        Self {
            status: Some(head.status()),
            reason: head.reason().to_vec(),
            headers: fields(head.headers()),
            body: Vec::new(),
            trailers: Fields::new(),
            error: None,
        }
    }

    fn failed(error: TestError) -> Self {
        Self {
            status: None,
            reason: Vec::new(),
            headers: Fields::new(),
            body: Vec::new(),
            trailers: Fields::new(),
            error: Some(error),
        }
    }
}

/// Calls a non-blocking step until it doesn't block. The clock moves at each look: a step that
/// waits for ever ends in a timeout.
pub fn ready<T>(mut step: impl FnMut() -> nb::Result<T, TestError>) -> Result<T, TestError> {
    loop {
        match step() {
            Ok(value) => return Ok(value),
            Err(nb::Error::WouldBlock) => {}
            Err(nb::Error::Other(error)) => return Err(error),
        }
    }
}

/// One exchange, whose body is read in this way.
pub fn exchange(
    client: &mut Client,
    cx: &mut LoopContext,
    row: &Row,
    reader: Reader,
    buffer: &mut [u8],
) -> Report {
    let request = client.request(cx, row.method, URL, buffer);
    let request = if row.raw { request.raw() } else { request };
    match reader {
        Reader::PollRead(_) | Reader::PollFillBuf(_) | Reader::PollReadToEnd => {
            let exchange = request.start();
            polled(exchange.unwrap(), cx, reader)
        }
        _ => waited(request, reader),
    }
}

fn polled(
    mut exchange: Exchange<'_, TestNetwork, TestClock>,
    cx: &mut LoopContext,
    reader: Reader,
) -> Report {
    if let Err(error) = ready(|| exchange.poll(cx)) {
        return Report::failed(error);
    }
    let mut report = Report::of(&exchange);
    let body = &mut report.body;
    let result = match reader {
        Reader::PollRead(piece) => {
            let mut out = vec![0; piece];
            loop {
                match ready(|| exchange.poll_read(cx, &mut out)) {
                    Ok(0) => break Ok(()),
                    Ok(count) => body.extend_from_slice(&out[..count]),
                    Err(error) => break Err(error),
                }
            }
        }
        Reader::PollFillBuf(most) => loop {
            let taken = ready(|| {
                let data = exchange.poll_fill_buf(cx)?;
                let count = data.len().min(most);
                body.extend_from_slice(&data[..count]);
                Ok(count)
            });
            match taken {
                Ok(0) => break Ok(()),
                Ok(count) => exchange.consume(count),
                Err(error) => break Err(error),
            }
        },
        _ => {
            let result = ready(|| exchange.poll_read_to_end(cx));
            body.extend_from_slice(exchange.body());
            result
        }
    };
    report.error = result.err();
    report.trailers = fields(exchange.trailers());
    report
}

fn waited(request: Request<'_, '_, TestNetwork, TestClock>, reader: Reader) -> Report {
    let mut response = match request.send() {
        Ok(response) => response,
        Err(error) => return Report::failed(error),
    };
    let head = response.head();
    let mut report = Report {
        status: Some(head.status()),
        reason: head.reason().to_vec(),
        headers: fields(head.headers()),
        body: Vec::new(),
        trailers: Fields::new(),
        error: None,
    };
    let body = &mut report.body;
    let result = match reader {
        Reader::Read(piece) => {
            let mut out = vec![0; piece];
            loop {
                match response.read(&mut out) {
                    Ok(0) => break Ok(()),
                    Ok(count) => body.extend_from_slice(&out[..count]),
                    Err(error) => break Err(error),
                }
            }
        }
        Reader::BufRead(most) => loop {
            let count = match response.fill_buf() {
                Ok([]) => break Ok(()),
                Ok(data) => {
                    let count = data.len().min(most);
                    body.extend_from_slice(&data[..count]);
                    count
                }
                Err(error) => break Err(error),
            };
            response.consume(count);
        },
        Reader::ReadToStr => {
            response.read_to_str().map(|text| body.extend_from_slice(text.as_bytes()))
        }
        Reader::CopyTo => match response.copy_to(&mut Collect(body)) {
            Ok(total) => {
                assert_eq!(total, body.len() as u64);
                Ok(())
            }
            Err(CopyError::Response(error)) => Err(error),
            Err(CopyError::Writer(never)) => match never {},
        },
        _ => response.read_to_end().map(|bytes| body.extend_from_slice(bytes)),
    };
    report.error = result.err();
    report.trailers = fields(response.trailers());
    report
}

struct Collect<'a>(&'a mut Vec<u8>);

impl embedded_io::ErrorType for Collect<'_> {
    type Error = core::convert::Infallible;
}

impl embedded_io::Write for Collect<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// A client that is online, on a stack that plays these connections.
pub fn client_over(
    cx: &mut LoopContext,
    behaviour: Behaviour,
    connections: impl IntoIterator<Item = Connection>,
) -> (Client, Rc<RefCell<Log>>) {
    let stack = ScriptStack::new(connections);
    let log = stack.log.clone();
    // Heads may take long byte by byte, on a clock that moves at each look.
    let config = Config::new()
        .response_timeout(Duration::from_secs(100))
        .idle_timeout(Duration::from_secs(1000));
    let client =
        SafeHttpClient::with_config(stack.attached(behaviour), TestClock::ticking(1), config);
    (client.wait_online(cx).unwrap(), log)
}

/// The answer to the request behind the row's: whatever came before, it must be this.
const NEXT: &[u8] = b"HTTP/1.1 299 Next\r\nContent-Length: 4\r\n\r\nnext";

/// Runs a row in all combinations of arrival, stack and reader.
pub fn check(cx: &mut LoopContext, row: &Row) {
    for (stack, behaviour, end) in STACKS {
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
                check_once(cx, row, behaviour, &end, segment, reader, &context);
            }
        }
    }
}

fn check_once(
    cx: &mut LoopContext,
    row: &Row,
    behaviour: Behaviour,
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
    let (mut client, log) = client_over(cx, behaviour, [connection, Connection::answer(NEXT)]);
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
        _ => row.closed.or(Some(WhyClosed::ExcessBytes)),
    };
    assert_eq!(client.why_closed(), closed, "{context}");
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
