//! An embedded-nal stack and a clock behind one trait, whatever their types are: what is above them is
//! compiled once for all of them.

use super::fault::StackStep;
use super::{DnsErrorOf, TcpErrorOf};
use core::net::{IpAddr, SocketAddr};
use embedded_nal::{AddrType, TcpError, TcpErrorKind};
use nal_link::{Clock, IpConfig, LinkStatus, Network, StackFault, StackQuirks, StackStatus};

/// In an error, in place of the stack's own: that one is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept;

/// What a call of `send` or `receive` has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    /// So many bytes; never more than were given or fit.
    Bytes(usize),
    /// The stack would block.
    Nothing,
    /// The stack says that the connection is closed; its error is kept.
    Closed,
    /// The stack failed; its error is kept.
    Failed,
}

/// What a stack says of itself once and for all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traits {
    pub(crate) quirks: StackQuirks,
    pub(crate) has_tls: bool,
    pub(crate) has_loopback: bool,
}

/// A stack with the one socket that a client has, and the clock. Where it fails, its own error is kept
/// for the caller.
pub(crate) trait Stack {
    fn now_ms(&self) -> u32;
    fn idle(&self);
    fn traits(&self) -> Traits;
    fn status(&self) -> StackStatus<'_>;
    /// What the error stands for that was kept when it failed at this.
    fn fault(&self, step: StackStep) -> StackFault;
    /// Lets it move packets.
    fn poll(&mut self);
    fn link_status(&mut self) -> LinkStatus;
    fn own_network(&mut self) -> Option<IpConfig>;
    fn resolve(&mut self, name: &str, kind: AddrType) -> nb::Result<IpAddr, Kept>;
    fn is_open(&self) -> bool;
    fn open(&mut self) -> Result<(), Kept>;
    /// Makes the connection to come a TLS one. False where the stack can't.
    fn secure(&mut self, server_name: &str) -> bool;
    fn connect(&mut self, remote: SocketAddr) -> nb::Result<(), Kept>;
    fn send(&mut self, bytes: &[u8]) -> Moved;
    fn receive(&mut self, buffer: &mut [u8]) -> Moved;
    fn has_unread(&mut self) -> bool;
    /// False where there was nothing to close. What the stack says to that changes nothing.
    fn close(&mut self) -> bool;
}

/// An embedded-nal stack with its one socket, which is closed when this is dropped, and the clock.
pub(crate) struct NalStack<N: Network, C> {
    pub(crate) network: N,
    pub(crate) clock: C,
    socket: Option<N::TcpSocket>,
    /// The last error of all calls but these two.
    pub(super) error: Option<TcpErrorOf<N>>,
    /// That of `send`, after which more is tried before it counts.
    pub(super) send_error: Option<TcpErrorOf<N>>,
    pub(super) resolve_error: Option<DnsErrorOf<N>>,
}

impl<N: Network, C> NalStack<N, C> {
    pub(super) fn new(network: N, clock: C) -> Self {
        Self { network, clock, socket: None, error: None, send_error: None, resolve_error: None }
    }

    pub(crate) fn has_socket(&self) -> bool {
        self.socket.is_some()
    }

    fn keep(&mut self, error: TcpErrorOf<N>) -> Kept {
        self.error = Some(error);
        Kept
    }

    fn close_socket(&mut self) -> bool {
        let Some(socket) = self.socket.take() else { return false };
        let _ = self.network.close(socket);
        // Stacks that move packets only when polled send their FIN now.
        self.network.poll_network();
        true
    }
}

impl<N: Network, C: Clock> Stack for NalStack<N, C> {
    fn now_ms(&self) -> u32 {
        self.clock.now_ms()
    }

    fn idle(&self) {
        self.clock.idle();
    }

    fn traits(&self) -> Traits {
        let network = &self.network;
        Traits {
            quirks: network.quirks(),
            has_tls: network.has_tls(),
            has_loopback: network.has_loopback(),
        }
    }

    fn status(&self) -> StackStatus<'_> {
        self.network.status()
    }

    fn fault(&self, step: StackStep) -> StackFault {
        let error = match step {
            StackStep::Resolve => {
                let error = self.resolve_error.as_ref();
                return error.map_or(StackFault::Unknown, |error| self.network.dns_fault(error));
            }
            StackStep::Send | StackStep::NotConnected => &self.send_error,
            StackStep::Socket | StackStep::Connect | StackStep::Receive => &self.error,
        };
        error.as_ref().map_or(StackFault::Unknown, |error| self.network.tcp_fault(error))
    }

    fn poll(&mut self) {
        self.network.poll_network();
    }

    fn link_status(&mut self) -> LinkStatus {
        self.network.link_status()
    }

    fn own_network(&mut self) -> Option<IpConfig> {
        self.network.own_network()
    }

    fn resolve(&mut self, name: &str, kind: AddrType) -> nb::Result<IpAddr, Kept> {
        self.network.get_host_by_name(name, kind).map_err(|error| {
            error.map(|error| {
                self.resolve_error = Some(error);
                Kept
            })
        })
    }

    fn is_open(&self) -> bool {
        self.has_socket()
    }

    fn open(&mut self) -> Result<(), Kept> {
        match self.network.socket() {
            Ok(socket) => {
                self.socket = Some(socket);
                Ok(())
            }
            Err(error) => Err(self.keep(error)),
        }
    }

    fn secure(&mut self, server_name: &str) -> bool {
        let Some(socket) = &mut self.socket else { return false };
        self.network.secure(socket, server_name).is_ok()
    }

    #[inline(always)]
    fn connect(&mut self, remote: SocketAddr) -> nb::Result<(), Kept> {
        let Some(socket) = &mut self.socket else { return Err(nb::Error::WouldBlock) };
        self.network.connect(socket, remote).map_err(|error| error.map(|error| self.keep(error)))
    }

    #[inline(always)]
    fn send(&mut self, bytes: &[u8]) -> Moved {
        let Some(socket) = &mut self.socket else { return Moved::Nothing };
        let sent = self.network.send(socket, bytes);
        moved(sent, bytes.len(), &mut self.send_error)
    }

    #[inline(always)]
    fn receive(&mut self, buffer: &mut [u8]) -> Moved {
        let Some(socket) = &mut self.socket else { return Moved::Nothing };
        let received = self.network.receive(socket, buffer);
        moved(received, buffer.len(), &mut self.error)
    }

    fn has_unread(&mut self) -> bool {
        let Some(socket) = &mut self.socket else { return false };
        self.network.has_unread(socket)
    }

    fn close(&mut self) -> bool {
        self.close_socket()
    }
}

impl<N: Network, C> Drop for NalStack<N, C> {
    fn drop(&mut self) {
        self.close_socket();
    }
}

/// What a call of `send` or `receive` has moved. Its error is kept.
#[inline(always)]
fn moved<E: TcpError>(result: nb::Result<usize, E>, most: usize, kept: &mut Option<E>) -> Moved {
    match result {
        Ok(count) => Moved::Bytes(count.min(most)),
        Err(nb::Error::WouldBlock) => Moved::Nothing,
        Err(nb::Error::Other(error)) => {
            let is_closed = error.kind() == TcpErrorKind::PipeClosed;
            *kept = Some(error);
            if is_closed { Moved::Closed } else { Moved::Failed }
        }
    }
}
