//! The one connection of a client: opened, kept for reuse, and closed on every path.

use super::TcpErrorOf;
use crate::http::endpoint::Endpoint;
use crate::policy::Peer;
use crate::protocol::CloseReason;
use core::fmt;
use core::net::SocketAddr;
use core::sync::atomic::{AtomicU32, Ordering};
use embedded_nal::{TcpError, TcpErrorKind};
use nal_link::{Network, PipeClosed, StackFault, ZeroRead, elapsed_ms};

/// Nobody's call.
const NOBODY: u32 = 0;

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
pub(crate) struct Connection<N: Network> {
    pub(crate) network: N,
    socket: Option<N::TcpSocket>,
    /// The ticket of the call that the socket belongs to.
    owner: u32,
    /// Whom it leads to, where that can be remembered.
    peer: Peer,
    idle_since: u32,
    /// It has left HTTP.
    pub(crate) is_upgraded: bool,
    close_reason: Option<CloseReason>,
    /// What ended the stream, as far as the stack tells.
    ended_by: StackFault,
}

/// A number that no call of the program has had, so that a call is told from those of other clients, too.
fn next_ticket() -> u32 {
    static LAST: AtomicU32 = AtomicU32::new(NOBODY);
    #[cfg(target_has_atomic = "32")]
    let last = LAST.fetch_add(1, Ordering::Relaxed);
    // Without compare-and-swap there is one core, and its main loop alone starts calls.
    #[cfg(not(target_has_atomic = "32"))]
    let last = {
        let last = LAST.load(Ordering::Relaxed);
        LAST.store(last.wrapping_add(1), Ordering::Relaxed);
        last
    };
    match last.wrapping_add(1) {
        NOBODY => NOBODY.wrapping_add(1),
        ticket => ticket,
    }
}

impl<N: Network> Connection<N> {
    pub(crate) fn new(network: N) -> Self {
        Self {
            network,
            socket: None,
            owner: NOBODY,
            peer: Peer::new(),
            idle_since: 0,
            is_upgraded: false,
            close_reason: None,
            ended_by: StackFault::Unknown,
        }
    }

    /// Gives the connection to a new call. What a call before has left unfinished ends here.
    pub(crate) fn claim(&mut self) -> u32 {
        if self.owner != NOBODY {
            self.abandon();
        }
        self.owner = next_ticket();
        self.owner
    }

    /// Ends a call that its caller has left.
    pub(crate) fn abandon(&mut self) {
        self.close(if self.is_upgraded {
            CloseReason::Upgraded
        } else {
            CloseReason::ResponseNotRead
        });
    }

    pub(crate) fn belongs_to(&self, ticket: u32) -> bool {
        self.owner == ticket
    }

    pub(crate) fn is_open(&self) -> bool {
        self.socket.is_some()
    }

    /// Why the last connection to be closed was; `None` where none was.
    pub(crate) fn close_reason(&self) -> Option<CloseReason> {
        self.close_reason
    }

    /// What the stack's error at the end of the stream stands for: a modem's reset is one.
    pub(crate) fn ended_by(&self) -> StackFault {
        self.ended_by
    }

    /// Takes a socket from the stack, for a connection to somebody who isn't remembered.
    pub(crate) fn open(&mut self) -> Result<(), TcpErrorOf<N>> {
        self.close_socket(CloseReason::Error);
        self.ended_by = StackFault::Unknown;
        self.socket = Some(self.network.socket()?);
        Ok(())
    }

    /// The connection leads there, and can be kept.
    pub(crate) fn leads_to(&mut self, endpoint: &Endpoint, host: &[u8]) {
        self.peer.set(endpoint, host);
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
        let quirks = self.network.quirks();
        let Some(socket) = &mut self.socket else {
            return Incoming::Closed;
        };
        let closed = match quirks.pipe_closed() {
            PipeClosed::EndOfStream => Incoming::End,
            _ => Incoming::Closed,
        };
        let mut asked_by_send = false;
        loop {
            match self.network.receive(socket, buffer) {
                Ok(0) if quirks.zero_read() == ZeroRead::EndOfStream => return Incoming::End,
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
            if !quirks.empty_send_tells_end() {
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
    pub(crate) fn keep(&mut self, now: u32) {
        if self.peer.remote.is_some() {
            self.owner = NOBODY;
            self.idle_since = now;
        } else {
            self.close(CloseReason::HostTooLong);
        }
    }

    /// Takes the kept connection if it leads to the endpoint and is still good, and tells its other
    /// end; closes it otherwise.
    pub(crate) fn take_kept(
        &mut self,
        endpoint: &Endpoint,
        host: &[u8],
        now: u32,
        keep_alive_ms: u32,
    ) -> Option<SocketAddr> {
        let socket = self.socket.as_mut()?;
        let unfit = if !self.peer.serves(endpoint, host) {
            Some(CloseReason::OtherHost)
        } else if elapsed_ms(now, self.idle_since) > keep_alive_ms {
            Some(CloseReason::IdleTooLong)
        } else if self.network.has_unread(socket) {
            Some(CloseReason::ExcessBytes)
        } else {
            // What arrived on an idle connection is its end, or belongs to no request
            // (RFC 9112 section 9.2).
            match self.receive(&mut [0]) {
                Incoming::Nothing => None,
                Incoming::Bytes(_) => Some(CloseReason::ExcessBytes),
                Incoming::End | Incoming::Closed | Incoming::Failed(_) => {
                    Some(CloseReason::ServerClosedIdle)
                }
            }
        };
        match unfit {
            None => self.peer.remote,
            Some(reason) => {
                self.close_socket(reason);
                None
            }
        }
    }

    /// Ends the call that the connection belongs to, and closes it if it is open. What the stack says to
    /// that changes nothing.
    pub(crate) fn close(&mut self, reason: CloseReason) {
        self.owner = NOBODY;
        self.close_socket(reason);
    }

    /// The same, and the call goes on with another connection.
    #[inline(never)]
    pub(crate) fn close_socket(&mut self, reason: CloseReason) {
        self.peer.forget();
        self.is_upgraded = false;
        if let Some(socket) = self.socket.take() {
            self.close_reason = Some(reason);
            let _ = self.network.close(socket);
            // Stacks that move packets only when polled send their FIN now.
            self.network.poll_network();
        }
    }
}

impl<N: Network> fmt::Debug for Connection<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("open", &self.is_open())
            .field("peer", &self.peer)
            .field("close_reason", &self.close_reason)
            .finish_non_exhaustive()
    }
}

impl<N: Network> Drop for Connection<N> {
    fn drop(&mut self) {
        self.close(CloseReason::CallerAsked);
    }
}
