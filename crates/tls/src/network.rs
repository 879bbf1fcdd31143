//! The network around a network.

mod below;
mod rest;

use crate::failure::{Error, Failure};
use crate::pipe::{Pipe, Shown, State};
use below::{Incoming, receive};
use core::convert::Infallible;
use core::fmt::{self, Debug, Formatter};
use core::future::Future;
use core::net::SocketAddr;
use core::pin::Pin;
use core::task::{Context, Waker};
use embedded_nal::TcpClientStack;
use nal_link::{Connect, Network, StackFault};

/// A network with TLS 1.3 around any network: `https://` is TLS here, `http://` passes through, and nothing
/// falls from the one to the other.
///
/// It has one TLS connection at a time, as a client has; another one displaces it. No call waits for bytes
/// that haven't come: what is there of a record is kept until the rest arrives. What a call does wait for is
/// computing: verifying a server takes seconds on a small chip, between which the client's idle hook is
/// called, and its deadlines count.
///
/// ```
/// use core::pin::pin;
/// use nal_link::Network;
/// use safe_http_client_tls::{Authority, FnRandom, Pipe, Tls, WallTime, session};
/// # fn trng(bytes: &mut [u8]) {}
/// # fn f(network: impl Network, anchors: &[safe_http_client_tls::Anchor<'_>]) {
/// let pipe = Pipe::new();
/// let (mut read, mut write) = ([0; safe_http_client_tls::FULL_RECORD], [0; 1024]);
/// let verify = Authority::new(anchors, WallTime::Utc(1_795_824_000)); // a clock of yours
/// let session = pin!(session(&pipe, &mut read, &mut write, verify, FnRandom(trng)));
/// let mut tls = Tls::new(network, &pipe, session);
/// // let mut client = SafeHttpClient::new(&mut tls, &clock);
/// # let _ = tls.has_tls();
/// # }
/// ```
pub struct Tls<'p, N> {
    network: N,
    pipe: &'p Pipe,
    session: Pin<&'p mut (dyn Future<Output = Infallible> + 'p)>,
    /// The last socket that was to be TLS.
    generation: u32,
    /// What goes with the last failure.
    shown: Shown,
    /// An async program's task, which is to go on where a call has left off.
    waker: Option<Waker>,
}

/// A socket of a [`Tls`] network: one of the network's below, in the clear or not.
///
/// ```
/// # fn f<N: nal_link::Network>(tls: &mut safe_http_client_tls::Tls<'_, N>) {
/// use embedded_nal::TcpClientStack;
/// let socket = tls.socket().ok();
/// # let _ = socket;
/// # }
/// ```
#[derive(Debug)]
pub struct Socket<S> {
    inner: S,
    tls: Option<Secured>,
}

#[derive(Debug, Clone, Copy)]
struct Secured {
    generation: u32,
    is_dialled: bool,
}

/// As often as a call lets the session go on: enough for the largest record. A server that sends records
/// without data, one behind the other, keeps no call for ever from its deadline.
const MOST_ROUNDS: u8 = 128;

type StackError<N> = <N as TcpClientStack>::Error;
type ErrorOf<N> = Error<StackError<N>>;

impl<'p, N: Network> Tls<'p, N> {
    /// Around `network`, with the [`session`](crate::session()) that was made with the same pipe.
    pub fn new(
        network: N,
        pipe: &'p Pipe,
        session: Pin<&'p mut (dyn Future<Output = Infallible> + 'p)>,
    ) -> Self {
        Self { network, pipe, session, generation: 0, shown: Shown::new(), waker: None }
    }

    /// The network below.
    pub fn network(&self) -> &N {
        &self.network
    }

    /// The network below, for what only its driver knows.
    pub fn network_mut(&mut self) -> &mut N {
        &mut self.network
    }

    /// What goes with the last [`Failure`]: with [`UnknownAuthority`](Failure::UnknownAuthority) the issuer's
    /// name, with [`WrongHost`](Failure::WrongHost) the names that the certificate has, with
    /// [`Expired`](Failure::Expired) and [`NotYetValid`](Failure::NotYetValid) its date and the clock's, with
    /// [`NotTls`](Failure::NotTls) the first bytes of what came. As much as fits 96 bytes.
    pub fn evidence(&self) -> &[u8] {
        &self.shown
    }

    /// Lets the session go on, as far as it can.
    fn poll(&mut self) {
        self.pipe.with(|line| {
            line.had_record = false;
            line.has_yielded = false;
        });
        // It never ends.
        let _ = self.session.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }

    /// Moves what there is between network and session, a record at most. True where there may be more.
    fn pump(&mut self, socket: &mut N::TcpSocket) -> Result<bool, ErrorOf<N>> {
        let mut moved = self.fetch(socket)?;
        let waiting = self.pipe.with(|line| line.incoming.bytes().len());
        self.poll();
        // What was left by the last call counts as well: behind it, the network wasn't asked yet.
        moved |= self.pipe.with(|line| line.incoming.bytes().len()) < waiting;
        loop {
            let mut sent = Ok(0);
            self.pipe.with(|line| {
                let bytes = line.outgoing.bytes();
                if !bytes.is_empty() {
                    sent = self.network.send(socket, bytes);
                    line.outgoing.taken(*sent.as_ref().unwrap_or(&0));
                }
            });
            match sent {
                Ok(0) | Err(nb::Error::WouldBlock) => break,
                Ok(_) => moved = true,
                Err(nb::Error::Other(error)) => return Err(self.lost(error)),
            }
        }
        Ok(moved || self.pipe.with(|line| line.has_yielded))
    }

    /// Takes what has arrived, if the session has taken what came before. True where something had.
    fn fetch(&mut self, socket: &mut N::TcpSocket) -> Result<bool, ErrorOf<N>> {
        let mut incoming = Incoming::Nothing;
        self.pipe.with(|line| {
            if line.incoming.is_empty() && !line.network_ended {
                incoming = receive(&mut self.network, socket, line.incoming.room());
                match incoming {
                    Incoming::Bytes(count) => {
                        line.was_answered = true;
                        line.incoming.filled(count);
                    }
                    Incoming::End | Incoming::Closed(_) => line.network_ended = true,
                    Incoming::Nothing | Incoming::Failed(_) => {}
                }
            }
        });
        match incoming {
            Incoming::Failed(error) => Err(self.lost(error)),
            Incoming::Nothing => Ok(false),
            Incoming::Bytes(_) | Incoming::End | Incoming::Closed(_) => Ok(true),
        }
    }

    /// The network below has failed.
    fn lost(&mut self, error: StackError<N>) -> ErrorOf<N> {
        self.stop();
        Error::Stack(error)
    }

    /// Ends the session's connection, whatever it is doing.
    fn stop(&mut self) {
        self.pipe.with(|line| line.abort = true);
        self.poll();
        self.pipe.with(|line| line.state = State::Idle);
    }

    /// Whether the session belongs to this socket.
    fn owns(&self, secured: Secured) -> Result<(), ErrorOf<N>> {
        if secured.generation == self.generation {
            Ok(())
        } else {
            Err(Error::Tls(Failure::Displaced))
        }
    }

    /// What has failed, with what goes with it.
    fn failed<T>(&mut self, failure: Failure) -> nb::Result<T, ErrorOf<N>> {
        self.shown = self.pipe.with(|line| line.shown.clone());
        Err(nb::Error::Other(Error::Tls(failure)))
    }

    /// "Would block"; an async program's task is woken where there is more to do at once.
    fn later<T>(&self, has_more: bool) -> nb::Result<T, ErrorOf<N>> {
        if let (true, Some(waker)) = (has_more, &self.waker) {
            waker.wake_by_ref();
        }
        Err(nb::Error::WouldBlock)
    }

    /// Whether there is a connection once the network below says so.
    fn has_connected(&self) -> bool {
        self.network.quirks().connect() != Connect::ReportsSuccess
    }

    /// Whether the peer, or something on the way, has ended an open connection. Passed on from a connect, it would
    /// say that nothing listens.
    fn is_end(&self, error: &StackError<N>) -> bool {
        let fault = self.network.tcp_fault(error);
        matches!(fault, StackFault::Refused | StackFault::Reset | StackFault::Closed)
            && self.has_connected()
    }

    fn shake_hands(&mut self, socket: &mut N::TcpSocket) -> nb::Result<(), ErrorOf<N>> {
        // One record in each call: the caller's idle hook is called in between.
        let moved = match self.pump(socket) {
            Err(Error::Stack(error)) if self.is_end(&error) => {
                return self.failed(Failure::EndedInHandshake);
            }
            pumped => pumped?,
        };
        match self.pipe.state() {
            State::Open => Ok(()),
            State::Failed(failure) => self.failed(failure),
            State::Idle | State::Ended => self.failed(Failure::EndedInHandshake),
            State::Asked | State::Opening => self.later(moved),
        }
    }

    fn send_sealed(
        &mut self,
        socket: &mut N::TcpSocket,
        bytes: &[u8],
    ) -> nb::Result<usize, ErrorOf<N>> {
        let mut sent = 0_usize;
        let mut has_more = true;
        for _ in 0..MOST_ROUNDS {
            let moved = self.pump(socket)?;
            match self.pipe.state() {
                State::Open => {}
                // The next call tells why it has ended.
                _ if sent > 0 => return Ok(sent),
                State::Failed(failure) => return self.failed(failure),
                _ => return self.failed(Failure::Closed),
            }
            let rest = bytes.get(sent..).unwrap_or_default();
            let count = self.pipe.with(|line| {
                let count = if line.flush { 0 } else { line.to_send.put(rest) };
                sent = sent.saturating_add(count);
                // All of it.
                line.flush |= sent > 0 && count == rest.len();
                count
            });
            has_more = count > 0 || moved;
            if !has_more {
                break;
            }
        }
        if sent == 0 {
            return self.later(has_more);
        }
        // What was taken leaves, also where the network is full in the middle of it.
        self.pipe.with(|line| line.flush = true);
        Ok(sent)
    }

    fn receive_sealed(
        &mut self,
        socket: &mut N::TcpSocket,
        buffer: &mut [u8],
    ) -> nb::Result<usize, ErrorOf<N>> {
        for _ in 0..MOST_ROUNDS {
            match self.take_received(buffer) {
                0 => {}
                count => return Ok(count),
            }
            match self.pipe.state() {
                State::Open => {}
                State::Ended => return Ok(0),
                State::Failed(failure) => return self.failed(failure),
                _ => return self.failed(Failure::Closed),
            }
            let moved = self.pump(socket)?;
            let has_news = self.pipe.with(|line| !line.received.is_empty());
            if !moved && !has_news && self.pipe.state() == State::Open {
                return self.later(false);
            }
        }
        self.later(true)
    }

    /// What there is of a record's data, without asking the network.
    fn take_received(&mut self, buffer: &mut [u8]) -> usize {
        let mut received = 0_usize;
        loop {
            let out = buffer.get_mut(received..).unwrap_or_default();
            let count = self.pipe.with(|line| line.received.take(out));
            received = received.saturating_add(count);
            if count == 0 || received >= buffer.len() {
                return received;
            }
            self.poll();
        }
    }

    /// Says goodbye, as far as the network takes it at once.
    fn say_goodbye(&mut self, socket: &mut N::TcpSocket) {
        self.pipe.with(|line| {
            line.close = true;
            line.abort = line.state != State::Open;
        });
        for _ in 0..MOST_ROUNDS {
            let Ok(true) = self.pump(socket) else { break };
        }
        self.stop();
    }
}

impl<N: Network> TcpClientStack for Tls<'_, N> {
    type TcpSocket = Socket<N::TcpSocket>;
    type Error = ErrorOf<N>;

    fn socket(&mut self) -> Result<Self::TcpSocket, Self::Error> {
        let inner = self.network.socket().map_err(Error::Stack)?;
        // What was shown of an older connection is nothing to this one.
        self.shown.clear();
        Ok(Socket { inner, tls: None })
    }

    fn connect(
        &mut self,
        socket: &mut Self::TcpSocket,
        remote: SocketAddr,
    ) -> nb::Result<(), Self::Error> {
        if let Some(secured) = socket.tls {
            self.owns(secured)?;
            if secured.is_dialled {
                return self.shake_hands(&mut socket.inner);
            }
        }
        self.network.connect(&mut socket.inner, remote).map_err(|error| error.map(Error::Stack))?;
        let Some(secured) = &mut socket.tls else {
            return Ok(());
        };
        secured.is_dialled = true;
        self.pipe.with(|line| {
            line.restart();
            line.state = State::Asked;
        });
        self.shake_hands(&mut socket.inner)
    }

    fn send(
        &mut self,
        socket: &mut Self::TcpSocket,
        buffer: &[u8],
    ) -> nb::Result<usize, Self::Error> {
        let Some(secured) = socket.tls else {
            return self
                .network
                .send(&mut socket.inner, buffer)
                .map_err(|error| error.map(Error::Stack));
        };
        self.owns(secured)?;
        if buffer.is_empty() {
            return Ok(0);
        }
        self.send_sealed(&mut socket.inner, buffer)
    }

    fn receive(
        &mut self,
        socket: &mut Self::TcpSocket,
        buffer: &mut [u8],
    ) -> nb::Result<usize, Self::Error> {
        let Some(secured) = socket.tls else {
            // By this network's own quirks.
            return match receive(&mut self.network, &mut socket.inner, buffer) {
                Incoming::Bytes(count) => Ok(count),
                Incoming::Nothing => Err(nb::Error::WouldBlock),
                Incoming::End => Ok(0),
                Incoming::Closed(error) | Incoming::Failed(error) => {
                    Err(nb::Error::Other(Error::Stack(error)))
                }
            };
        };
        self.owns(secured)?;
        if buffer.is_empty() {
            return Err(nb::Error::WouldBlock);
        }
        self.receive_sealed(&mut socket.inner, buffer)
    }

    fn close(&mut self, mut socket: Self::TcpSocket) -> Result<(), Self::Error> {
        if let Some(secured) = socket.tls
            && secured.is_dialled
            && self.owns(secured).is_ok()
        {
            self.say_goodbye(&mut socket.inner);
        }
        self.network.close(socket.inner).map_err(Error::Stack)
    }
}

impl<N: Debug> Debug for Tls<'_, N> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("network", &self.network)
            .field("pipe", &self.pipe)
            .finish_non_exhaustive()
    }
}
