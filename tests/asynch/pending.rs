//! A stack of which each future pends once before it does anything, and loses nothing when it is dropped.

use crate::common::{TestClock, TestLink};
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use embedded_nal_async::{AddrType, Dns, TcpConnect};
use safe_http_client::asynch::{NalNetwork, SafeHttpClient, Timer};
use safe_http_client::{Clock, Config};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// How the peer of all connections behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Peer {
    /// Answers each request with its target as the body, in segments of so many bytes: with a length, or in
    /// chunks with a trailer where the target says `chunked`; by a redirect where it says `leads`, whose body
    /// stalls where it says `stalls`; by a Digest challenge where it says `secret`.
    Serves(usize),
    /// Answers each request, whatever of it has come, with this, and no more.
    Says(&'static str),
    /// Takes the connection and says nothing.
    Silent,
    /// Refuses it.
    Refuses,
    /// Never says whether it takes it.
    Lost,
    /// Resolves no name, and says nothing to that.
    Unknown,
    /// Takes only so many bytes.
    Full(usize),
    /// Ends the connection once it has a request.
    Ends,
    /// The same, by a reset.
    Resets,
    /// Answers with 101, and then sends back what it is sent.
    Echoes,
    /// Asks for the body by `100 Continue`, or answers 413 to it where that is true.
    Expects(bool),
}

/// What one call does instead of its work.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    Error(ErrorKind),
    /// `Ok(0)`: the end, or nothing taken.
    Nothing,
    /// From then on, nothing more is done.
    Silence,
}

#[derive(Debug)]
pub struct Pending {
    pub peer: Cell<Peer>,
    /// Calls that have done something, or would have; and what this one of them does instead.
    pub calls: Cell<usize>,
    pub fault: Cell<Option<(usize, Fault)>>,
    /// Connections: opened, and closed.
    pub opened: Cell<usize>,
    pub closed: Cell<usize>,
    /// All that was sent, on all of them.
    pub sent: RefCell<Vec<u8>>,
    pub flushes: Cell<usize>,
    /// Segments that wait to be read.
    pub unread: Cell<usize>,
}

impl Pending {
    pub fn new(peer: Peer) -> Self {
        Self {
            peer: Cell::new(peer),
            calls: Cell::new(0),
            fault: Cell::new(None),
            opened: Cell::new(0),
            closed: Cell::new(0),
            sent: RefCell::default(),
            flushes: Cell::new(0),
            unread: Cell::new(0),
        }
    }

    /// Counts a call, and has its fault.
    fn strike(&self) -> Option<Fault> {
        let call = self.calls.get() + 1;
        self.calls.set(call);
        let (at, fault) = self.fault.get()?;
        (call == at || call > at && fault == Fault::Silence).then_some(fault)
    }

    /// The fault of a call that has no `Ok(0)`.
    async fn struck(&self) -> Result<(), ErrorKind> {
        match self.strike() {
            None => Ok(()),
            Some(Fault::Error(error)) => Err(error),
            Some(Fault::Nothing) => Err(ErrorKind::Other),
            Some(Fault::Silence) => std::future::pending().await,
        }
    }

    /// What was sent so far, as text.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&self.sent.borrow()).into_owned()
    }
}

pub type Client<'n> = SafeHttpClient<NalNetwork<'n, Pending, Pending, TestLink>, Slow>;

pub fn client(stack: &Pending, config: Config) -> Client<'_> {
    let network = NalNetwork::new(stack, stack, TestLink::up());
    SafeHttpClient::with_config(network, Slow::default(), config)
}

/// Pends once, and is woken at once.
pub async fn pend() {
    let mut pended = false;
    poll_fn(|context| {
        if std::mem::replace(&mut pended, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[derive(Debug)]
pub struct Connection<'a> {
    stack: &'a Pending,
    request: Vec<u8>,
    /// To be read, by segments.
    answers: VecDeque<Vec<u8>>,
    taken: usize,
    upgraded: bool,
    over: bool,
    pended: bool,
}

impl Connection<'_> {
    /// True each other time: what it does then needs no more polls.
    fn is_ready(&mut self, context: &mut Context<'_>) -> bool {
        self.pended = !self.pended;
        if self.pended {
            context.waker().wake_by_ref();
        }
        !self.pended
    }

    fn answer(&mut self, text: &str, segment: usize) {
        self.answers.extend(text.as_bytes().chunks(segment).map(<[u8]>::to_vec));
        self.stack.unread.set(self.answers.len());
    }

    fn serve(&mut self) {
        let text = String::from_utf8_lossy(&self.request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { return };
        let lower = head.to_ascii_lowercase();
        if let Peer::Says(text) = self.stack.peer.get() {
            self.request.clear();
            return self.answer(text, usize::MAX);
        }
        if let Peer::Expects(refuses) = self.stack.peer.get()
            && lower.contains("expect: 100-continue")
            && body.is_empty()
        {
            let answer = if refuses {
                "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            } else {
                "HTTP/1.1 100 Continue\r\n\r\n"
            };
            if self.answers.is_empty() {
                self.answer(answer, usize::MAX);
            }
            return;
        }
        let length = lower
            .split_once("content-length: ")
            .map(|(_, rest)| rest.split("\r\n").next().unwrap().parse::<usize>().unwrap());
        let is_whole = match length {
            Some(length) => body.len() >= length,
            None => !lower.contains("transfer-encoding") || body.ends_with("0\r\n\r\n"),
        };
        if !is_whole {
            return;
        }
        let target = head.split(' ').nth(1).unwrap().to_owned();
        self.request.clear();
        match self.stack.peer.get() {
            Peer::Ends | Peer::Resets => self.over = true,
            Peer::Echoes => {
                self.upgraded = true;
                self.answer("HTTP/1.1 101 Over\r\nUpgrade: echo\r\n\r\nearly ", usize::MAX);
            }
            Peer::Serves(segment) if target.contains("chunked") => {
                let size = target.len();
                let text = format!(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{size:x}\r\n{target}\r\n0\r\n\
                     X-Sum: 7\r\n\r\n"
                );
                self.answer(&text, segment);
            }
            Peer::Serves(segment) if target.contains("leads") => {
                let length = if target.contains("stalls") { 50 } else { 5 };
                let head = "HTTP/1.1 302 Found\r\nLocation: /left/there\r\nContent-Length: ";
                self.answer(&format!("{head}{length}\r\n\r\nthere"), segment);
            }
            Peer::Serves(segment)
                if target.contains("secret") && !lower.contains("\r\nauthorization: digest ") =>
            {
                let head = "HTTP/1.1 401 No\r\nContent-Length: 2\r\nWWW-Authenticate: Digest";
                let text = format!("{head} realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n\r\nno");
                self.answer(&text, segment);
            }
            Peer::Serves(_) | Peer::Expects(_) => {
                let segment = match self.stack.peer.get() {
                    Peer::Serves(segment) => segment,
                    _ => usize::MAX,
                };
                let size = target.len();
                let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n{target}");
                self.answer(&text, segment);
            }
            _ => {}
        }
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        self.stack.closed.set(self.stack.closed.get() + 1);
    }
}

impl ErrorType for Connection<'_> {
    type Error = ErrorKind;
}

impl Read for Connection<'_> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        poll_fn(|context| {
            if !self.is_ready(context) {
                return Poll::Pending;
            }
            match self.stack.strike() {
                None => {}
                Some(Fault::Error(error)) => return Poll::Ready(Err(error)),
                Some(Fault::Nothing) => return Poll::Ready(Ok(0)),
                Some(Fault::Silence) => return Poll::Pending,
            }
            let next = self.answers.pop_front();
            self.stack.unread.set(self.answers.len());
            match next {
                Some(mut bytes) => {
                    let rest = bytes.split_off(bytes.len().min(buf.len()));
                    buf[..bytes.len()].copy_from_slice(&bytes);
                    if !rest.is_empty() {
                        self.answers.push_front(rest);
                        self.stack.unread.set(self.answers.len());
                    }
                    Poll::Ready(Ok(bytes.len()))
                }
                None if self.over && self.stack.peer.get() == Peer::Resets => {
                    Poll::Ready(Err(ErrorKind::ConnectionReset))
                }
                None if self.over => Poll::Ready(Ok(0)),
                None => Poll::Pending,
            }
        })
        .await
    }
}

impl Write for Connection<'_> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        poll_fn(|context| {
            if !self.is_ready(context) {
                return Poll::Pending;
            }
            match self.stack.strike() {
                None => {}
                Some(Fault::Error(error)) => return Poll::Ready(Err(error)),
                Some(Fault::Nothing) => return Poll::Ready(Ok(0)),
                Some(Fault::Silence) => return Poll::Pending,
            }
            let room = match self.stack.peer.get() {
                Peer::Full(most) => most.saturating_sub(self.taken),
                _ => usize::MAX,
            };
            let count = buf.len().min(room).min(100);
            if count == 0 {
                return Poll::Pending;
            }
            self.taken += count;
            self.stack.sent.borrow_mut().extend_from_slice(&buf[..count]);
            if self.upgraded {
                self.answers.push_back(buf[..count].to_vec());
            } else {
                self.request.extend_from_slice(&buf[..count]);
                self.serve();
            }
            Poll::Ready(Ok(count))
        })
        .await
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        self.stack.flushes.set(self.stack.flushes.get() + 1);
        match self.stack.strike() {
            Some(Fault::Error(error)) => Err(error),
            Some(Fault::Silence) => std::future::pending().await,
            _ => Ok(()),
        }
    }
}

impl TcpConnect for Pending {
    type Error = ErrorKind;
    type Connection<'a> = Connection<'a>;

    async fn connect<'a>(&'a self, _: SocketAddr) -> Result<Connection<'a>, ErrorKind> {
        pend().await;
        self.struck().await?;
        match self.peer.get() {
            Peer::Refuses => return Err(ErrorKind::ConnectionRefused),
            Peer::Lost => std::future::pending().await,
            _ => {}
        }
        self.opened.set(self.opened.get() + 1);
        let (request, answers) = (Vec::new(), VecDeque::new());
        let (taken, upgraded, over, pended) = (0, false, false, false);
        Ok(Connection { stack: self, request, answers, taken, upgraded, over, pended })
    }
}

impl Dns for Pending {
    type Error = ErrorKind;

    async fn get_host_by_name(&self, host: &str, _: AddrType) -> Result<IpAddr, ErrorKind> {
        pend().await;
        self.struck().await?;
        match (self.peer.get(), host) {
            (Peer::Unknown, _) => std::future::pending().await,
            (_, "gate.local") => Ok([192, 168, 1, 20].into()),
            _ => Err(ErrorKind::NotFound),
        }
    }

    async fn get_host_by_address(&self, _: IpAddr, _: &mut [u8]) -> Result<usize, ErrorKind> {
        Err(ErrorKind::Unsupported)
    }
}

/// A timer on which a millisecond passes each time that it is polled.
#[derive(Clone, Default)]
pub struct Slow(TestClock);

impl Clock for Slow {
    fn now_ms(&self) -> u32 {
        self.0.now_ms()
    }
}

impl Timer for Slow {
    async fn sleep_ms(&self, ms: u32) {
        let started = self.now_ms();
        poll_fn(|context| {
            if self.now_ms().wrapping_sub(started) >= ms {
                return Poll::Ready(());
            }
            self.0.advance(1);
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

/// Polls a future until it is done.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = Box::pin(future);
    for _ in 0..100_000 {
        if let Poll::Ready(output) = poll(future.as_mut()) {
            return output;
        }
    }
    panic!("it waits for ever");
}

pub fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}
