//! What a network and its TLS session share: bytes on their way between the two.

use crate::failure::Failure;
use crate::gate::{Gate, Next, Phase};
use crate::stage::Stage;
use core::cell::RefCell;
use core::fmt::{self, Debug, Formatter};
use core::future::poll_fn;
use core::task::Poll;
use embedded_io::{ErrorKind, ErrorType};
use embedded_io_async::{Read, Write};
use nal_link::{TlsFault, Verification};

/// The longest name of a host (RFC 1035 section 2.3.4).
const LONGEST_NAME: usize = 253;

pub(crate) type Name = heapless::String<LONGEST_NAME>;

/// What is shown of a certificate, or of what came in place of TLS.
pub(crate) type Shown = heapless::Vec<u8, 96>;

/// What a [`Tls`](crate::Tls) network and its [`session`](crate::session()) share: about 1.7 kB. Made once,
/// before both.
///
/// ```
/// let pipe = safe_http_client_tls::Pipe::new();
/// # let _ = pipe;
/// ```
pub struct Pipe(RefCell<Line>);

/// How far the session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum State {
    /// No connection, and none is asked for.
    #[default]
    Idle,
    /// A connection is asked for.
    Asked,
    /// In the handshake.
    Opening,
    Open,
    /// The server has said that it sends no more.
    Ended,
    Failed(Failure),
}

pub(crate) struct Line {
    pub(crate) state: State,
    pub(crate) name: Name,
    /// Records from the network.
    pub(crate) incoming: Stage<512>,
    /// Records for the network.
    pub(crate) outgoing: Stage<256>,
    /// Data from the server.
    pub(crate) received: Stage<256>,
    /// Data for the server.
    pub(crate) to_send: Stage<256>,
    /// What is in `to_send`, and what went before, is to leave as a record.
    pub(crate) flush: bool,
    /// A record is on its way out.
    pub(crate) is_writing: bool,
    /// The connection is to be closed.
    pub(crate) close: bool,
    /// All is to end now.
    pub(crate) abort: bool,
    /// The network delivers no more.
    pub(crate) network_ended: bool,
    /// The network has delivered something.
    pub(crate) was_answered: bool,
    /// A record was begun in this turn: the next one waits for the next turn.
    pub(crate) had_record: bool,
    /// The next record is there, and waits for the next turn.
    pub(crate) has_yielded: bool,
    pub(crate) gate: Gate,
    /// What has failed, told before embedded-tls does.
    pub(crate) failure: Option<Failure>,
    pub(crate) shown: Shown,
    /// How far servers are verified.
    pub(crate) verification: Verification,
    /// The length of the read buffer.
    pub(crate) buffer: usize,
}

impl Pipe {
    /// For one network and its session.
    pub const fn new() -> Self {
        Self(RefCell::new(Line {
            state: State::Idle,
            name: Name::new(),
            incoming: Stage::new(),
            outgoing: Stage::new(),
            received: Stage::new(),
            to_send: Stage::new(),
            flush: false,
            is_writing: false,
            close: false,
            abort: false,
            network_ended: false,
            was_answered: false,
            had_record: false,
            has_yielded: false,
            gate: Gate::new(),
            failure: None,
            shown: Shown::new(),
            verification: Verification::Unknown,
            buffer: 0,
        }))
    }

    /// Nothing is done where it is in use already, which it never is: no use reaches into another.
    pub(crate) fn with<T: Default>(&self, work: impl FnOnce(&mut Line) -> T) -> T {
        match self.0.try_borrow_mut() {
            Ok(mut line) => work(&mut line),
            Err(_) => T::default(),
        }
    }

    pub(crate) fn state(&self) -> State {
        self.with(|line| line.state)
    }

    /// Waits until `work` has something.
    pub(crate) async fn until<T>(&self, mut work: impl FnMut(&mut Line) -> Option<T>) -> T {
        poll_fn(|_| match self.with(|line| work(line)) {
            Some(value) => Poll::Ready(value),
            None => Poll::Pending,
        })
        .await
    }
}

impl Default for Pipe {
    fn default() -> Self {
        Self::new()
    }
}

impl Debug for Pipe {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pipe").field(&self.state()).finish()
    }
}

impl Line {
    /// Everything as for a new connection.
    pub(crate) fn restart(&mut self) {
        self.incoming.clear();
        self.outgoing.clear();
        self.received.clear();
        self.to_send.clear();
        self.flush = false;
        self.is_writing = false;
        self.close = false;
        self.abort = false;
        self.network_ended = false;
        self.was_answered = false;
        self.gate = Gate::new();
        self.failure = None;
        self.shown.clear();
    }

    /// What a handshake that is under way stands for where its deadline is up.
    pub(crate) fn handshake(&self) -> Option<TlsFault> {
        match self.state {
            State::Asked | State::Opening if self.was_answered => Some(TlsFault::Unfinished),
            State::Asked | State::Opening => Some(TlsFault::Unanswered),
            _ => None,
        }
    }

    fn fail(&mut self, failure: Failure) -> Broken {
        self.failure.get_or_insert(failure);
        Broken
    }

    /// Records for embedded-tls, one at a turn. `None`: later.
    fn read(&mut self, out: &mut [u8]) -> Option<Result<usize, Broken>> {
        loop {
            if self.abort || self.failure.is_some() {
                return Some(Err(Broken));
            }
            match self.gate.next() {
                Next::Header(header, given) => {
                    let count = crate::stage::copy(out, header.get(given..).unwrap_or_default());
                    self.gate.gave_header(count);
                    return Some(Ok(count));
                }
                Next::Content(left) => {
                    let most = left.min(out.len());
                    let count = self.incoming.take(out.get_mut(..most).unwrap_or_default());
                    if count == 0 {
                        return self.nothing();
                    }
                    self.gate.gave_content(count);
                    let content = out.get(..count).unwrap_or_default();
                    return Some(match self.watch_hello(content) {
                        Ok(()) => Ok(count),
                        Err(failure) => Err(self.fail(failure)),
                    });
                }
                Next::Gather => {
                    let Some(&byte) = self.incoming.bytes().first() else {
                        return self.nothing();
                    };
                    if self.gate.is_between() {
                        if self.had_record {
                            self.has_yielded = true;
                            return None;
                        }
                        self.had_record = true;
                    }
                    self.incoming.taken(1);
                    if let Err(failure) = self.gate.gather(byte, self.buffer) {
                        if failure == Failure::NotTls {
                            show(&mut self.shown, self.gate.begun());
                            show(&mut self.shown, self.incoming.bytes());
                        }
                        return Some(Err(self.fail(failure)));
                    }
                }
            }
        }
    }

    /// Looks at the ServerHello once it is whole. Until there are data it is kept where they will be.
    fn watch_hello(&mut self, content: &[u8]) -> Result<(), Failure> {
        if !self.gate.is_hello() {
            return Ok(());
        }
        if self.received.put(content) < content.len() {
            return Err(Failure::BadRecord);
        }
        if self.gate.is_between() {
            let checked = crate::hello::check(self.received.bytes());
            self.received.clear();
            self.gate.phase = Phase::Encrypted;
            return checked;
        }
        Ok(())
    }

    fn nothing(&mut self) -> Option<Result<usize, Broken>> {
        if !self.network_ended {
            return None;
        }
        let is_open = matches!(self.state, State::Open);
        let failure = if is_open { Failure::Truncated } else { Failure::EndedInHandshake };
        Some(Err(self.fail(failure)))
    }

    fn write(&mut self, bytes: &[u8]) -> Option<Result<usize, Broken>> {
        if self.abort {
            return Some(Err(Broken));
        }
        match self.outgoing.put(bytes) {
            0 if !bytes.is_empty() => None,
            count => Some(Ok(count)),
        }
    }
}

/// Adds as much as fits.
pub(crate) fn show(shown: &mut Shown, bytes: &[u8]) {
    for &byte in bytes {
        if shown.push(byte).is_err() {
            return;
        }
    }
}

/// The pipe as embedded-tls sees it.
#[derive(Clone, Copy)]
pub(crate) struct Wire<'p>(pub(crate) &'p Pipe);

/// The connection's end, whose reason the pipe has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("the connection has ended")
    }
}

impl core::error::Error for Broken {}

impl embedded_io::Error for Broken {
    fn kind(&self) -> ErrorKind {
        ErrorKind::ConnectionAborted
    }
}

impl ErrorType for Wire<'_> {
    type Error = Broken;
}

impl Read for Wire<'_> {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, Broken> {
        self.0.until(|line| line.read(out)).await
    }
}

impl Write for Wire<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        self.0.until(|line| line.write(bytes)).await
    }

    async fn flush(&mut self) -> Result<(), Broken> {
        Ok(())
    }
}
