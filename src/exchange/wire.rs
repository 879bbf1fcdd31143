//! The one connection of a client: opened, kept for reuse, and closed on every path.

use super::TcpErrorOf;
use crate::error::StackFault;
use crate::http::url::Scheme;
use crate::network::{Network, PipeClosed, ZeroRead};
use core::fmt;
use core::net::SocketAddr;
use embedded_nal::{TcpError, TcpErrorKind, nb};

/// Why a client closed a connection instead of keeping it.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(online: SafeHttpClient<N, C, Online>) {
/// match online.why_closed() {
///     Some(WhyClosed::ResponseNotRead) => println!("read responses whole, to keep connections"),
///     Some(WhyClosed::ServerAsked) => println!("the server keeps none"),
///     other => println!("{other:?}"),
/// }
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum WhyClosed {
    /// The server said `Connection: close`.
    ServerAsked,
    /// The request said `Connection: close`, or the client keeps no connections.
    CallerAsked,
    /// The response was of HTTP/1.0 without `keep-alive`.
    Http10,
    /// The body ended where the connection did.
    BodyUntilClose,
    /// Bytes followed the response that belong to none.
    ExcessBytes,
    /// The response wasn't read to its end.
    ResponseNotRead,
    /// The response came before the request's body was sent.
    RequestNotSent,
    /// An error ended the exchange: late bytes must not become the next response.
    Error,
    /// The server closed it while it was idle.
    ServerClosedIdle,
    /// It had been idle for longer than [`Config::keep_alive`](crate::Config::keep_alive) allows.
    IdleTooLong,
    /// The next request went to another scheme, host or port.
    OtherHost,
    /// The host's name is too long to be remembered (64 bytes).
    HostTooLong,
    /// The link had gone down.
    LinkLost,
    /// The stream was handed over (101, or 2xx to CONNECT) and came back.
    HandedOver,
}

/// The longest host that a connection is kept for.
const MAX_KEPT_HOST: usize = 64;

/// Whom a request goes to, as its URL has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) scheme: Scheme,
    pub(crate) port: u16,
    pub(crate) host: &'a str,
}

/// Whom a connection leads to. Reuse needs all of it to be equal: a connection to another host
/// would bring that host's answer.
#[derive(Debug)]
pub(crate) struct Key {
    remote: SocketAddr,
    scheme: Scheme,
    port: u16,
    /// The address was given by the caller.
    is_directed: bool,
    host: heapless::String<MAX_KEPT_HOST>,
}

impl Key {
    fn leads_to(
        &self,
        target: &Target<'_>,
        is_directed: bool,
        remote: &Option<SocketAddr>,
    ) -> bool {
        self.scheme == target.scheme
            && self.port == target.port
            && self.host.eq_ignore_ascii_case(target.host)
            && self.is_directed == is_directed
            // By name, any of its addresses will do.
            && (!is_directed || *remote == Some(self.remote))
    }
}

/// What a call of `receive` brought, by the stack's declared behaviour.
#[derive(Debug)]
pub(crate) enum Incoming<T> {
    /// So many bytes, at least one.
    Bytes(usize),
    /// Nothing yet.
    Nothing,
    /// The end of the stream, with nothing lost.
    End,
    /// The connection is gone, and bytes may be lost.
    Closed,
    /// The stack failed.
    Failed(T),
}

/// The stack with its one socket, which is closed when this is dropped.
pub(crate) struct Wire<N: Network> {
    pub(crate) network: N,
    socket: Option<N::TcpSocket>,
    idle_since: u32,
    why_closed: Option<WhyClosed>,
    /// What ended the stream, as far as the stack tells.
    ended_by: StackFault,
    /// Of a connection that is kept.
    key: Option<Key>,
}

impl<N: Network> Wire<N> {
    pub(crate) fn new(network: N) -> Self {
        Self {
            network,
            socket: None,
            idle_since: 0,
            why_closed: None,
            ended_by: StackFault::Unknown,
            key: None,
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.socket.is_some()
    }

    /// Why the last connection to be closed was; `None` where none was.
    pub(crate) fn why_closed(&self) -> Option<WhyClosed> {
        self.why_closed
    }

    /// What the stack's error at the end of the stream stands for: a modem's reset is one.
    pub(crate) fn ended_by(&self) -> StackFault {
        self.ended_by
    }

    /// Takes a socket from the stack.
    pub(crate) fn open(&mut self) -> Result<(), TcpErrorOf<N>> {
        self.close(WhyClosed::Error);
        self.ended_by = StackFault::Unknown;
        self.socket = Some(self.network.socket()?);
        Ok(())
    }

    /// Makes the connection to come a TLS one. False where the stack can't.
    pub(crate) fn secure(&mut self, server_name: &str) -> bool {
        let Some(socket) = &mut self.socket else {
            return false;
        };
        self.network.secure(socket, server_name).is_ok()
    }

    pub(crate) fn connect(&mut self, remote: SocketAddr) -> nb::Result<(), TcpErrorOf<N>> {
        let Some(socket) = &mut self.socket else {
            return Err(nb::Error::WouldBlock);
        };
        self.network.connect(socket, remote)
    }

    /// `Ok(0)` where nothing could be sent now.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<usize, TcpErrorOf<N>> {
        let Some(socket) = &mut self.socket else {
            return Ok(0);
        };
        match self.network.send(socket, bytes) {
            Ok(count) => Ok(count.min(bytes.len())),
            Err(nb::Error::WouldBlock) => Ok(0),
            Err(nb::Error::Other(error)) => Err(error),
        }
    }

    /// Receives into `buffer`, which must not be empty.
    pub(crate) fn receive(&mut self, buffer: &mut [u8]) -> Incoming<TcpErrorOf<N>> {
        let behaviour = self.network.behaviour();
        let Some(socket) = &mut self.socket else {
            return Incoming::Closed;
        };
        let closed = match behaviour.pipe_closed {
            PipeClosed::EndOfStream => Incoming::End,
            PipeClosed::MayLoseData | PipeClosed::Aborted => Incoming::Closed,
        };
        let mut asked_by_send = false;
        loop {
            match self.network.receive(socket, buffer) {
                Ok(0) if behaviour.zero_read == ZeroRead::EndOfStream => return Incoming::End,
                Ok(0) | Err(nb::Error::WouldBlock) => {}
                Ok(count) => return Incoming::Bytes(count.min(buffer.len())),
                Err(nb::Error::Other(error)) if error.kind() == TcpErrorKind::PipeClosed => {
                    self.ended_by = self.network.tcp_fault(&error);
                    return closed;
                }
                Err(nb::Error::Other(error)) => return Incoming::Failed(error),
            }
            if asked_by_send {
                return closed;
            }
            if !behaviour.empty_send_tells_end {
                return Incoming::Nothing;
            }
            match self.network.send(socket, &[]) {
                Err(nb::Error::Other(error)) if error.kind() == TcpErrorKind::PipeClosed => {}
                _ => return Incoming::Nothing,
            }
            // Closed; what arrived together with that news is still to be read.
            asked_by_send = true;
        }
    }

    /// Keeps the connection for the next request to the same host.
    pub(crate) fn keep(
        &mut self,
        target: &Target<'_>,
        remote: Option<SocketAddr>,
        is_directed: bool,
        now: u32,
    ) {
        match (remote, heapless::String::try_from(target.host)) {
            (Some(remote), Ok(host)) => {
                let Target { scheme, port, .. } = *target;
                self.key = Some(Key { remote, scheme, port, is_directed, host });
                self.idle_since = now;
            }
            _ => self.close(WhyClosed::HostTooLong),
        }
    }

    /// Takes the kept connection if it leads to the same host and is still good, and tells its other
    /// end; closes it otherwise.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub(crate) fn take_kept(
        &mut self,
        target: &Target<'_>,
        is_directed: bool,
        remote: &mut Option<SocketAddr>,
        now: u32,
        keep_alive_ms: u32,
    ) -> bool {
        let Some(key) = &self.key else {
            // If any, left over from an exchange that never ended.
            self.close(WhyClosed::ResponseNotRead);
            return false;
        };
        let unfit = if !key.leads_to(target, is_directed, remote) {
            Some(WhyClosed::OtherHost)
        } else if crate::clock::elapsed_ms(now, self.idle_since) > keep_alive_ms {
            Some(WhyClosed::IdleTooLong)
        } else if self.socket.as_mut().is_some_and(|socket| self.network.has_unread(socket)) {
            Some(WhyClosed::ExcessBytes)
        } else {
            // What arrived on an idle connection is its end, or belongs to no request
            // (RFC 9112 section 9.2).
            match self.receive(&mut [0]) {
                Incoming::Nothing => None,
                Incoming::Bytes(_) => Some(WhyClosed::ExcessBytes),
                Incoming::End | Incoming::Closed | Incoming::Failed(_) => {
                    Some(WhyClosed::ServerClosedIdle)
                }
            }
        };
        match unfit {
            None => *remote = self.key.take().map(|key| key.remote),
            Some(why) => self.close(why),
        }
        unfit.is_none()
    }

    /// Closes the connection, if there is one. What the stack says to that changes nothing.
    #[inline(never)]
    pub(crate) fn close(&mut self, why: WhyClosed) {
        self.key = None;
        if let Some(socket) = self.socket.take() {
            self.why_closed = Some(why);
            let _ = self.network.close(socket);
            // Stacks that move packets only when polled send their FIN now.
            self.network.poll_network();
        }
    }
}

impl<N: Network> fmt::Debug for Wire<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire")
            .field("open", &self.is_open())
            .field("key", &self.key)
            .field("why_closed", &self.why_closed)
            .finish_non_exhaustive()
    }
}

impl<N: Network> Drop for Wire<N> {
    fn drop(&mut self) {
        self.close(WhyClosed::CallerAsked);
    }
}
