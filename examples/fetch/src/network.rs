//! The operating system's network as the client sees it: sockets and resolver of
//! `std-embedded-nal`, watched for `-v` and the watchdog.

use crate::watch::Watch;
use embedded_nal::{AddrType, Dns, TcpClientStack, TcpError, TcpErrorKind, nb};
use nal_link::PcLink;
use safe_http_client::{NalNetwork, Phase, StackFault, StackQuirks};
use std::fmt::{self, Debug, Display, Formatter};
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std_embedded_nal::Stack;

/// The stack with a PC's link. Whether the PC is online is left to the operating system to say when it
/// connects; what matters here is that it has a loopback interface, so that `localhost` is a host like
/// any other.
pub(crate) fn watched_network(stack: WatchedStack) -> NalNetwork<WatchedStack, PcLink> {
    NalNetwork::new(stack, PcLink, StackQuirks::STD).with_faults(|error| StackFault::from(&error.0))
}

/// An error of the operating system, in its own words wherever it is shown.
pub(crate) struct Told(std::io::Error);

impl Debug for Told {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl TcpError for Told {
    fn kind(&self) -> TcpErrorKind {
        match self.0.kind() {
            ErrorKind::BrokenPipe => TcpErrorKind::PipeClosed,
            _ => TcpErrorKind::Other,
        }
    }
}

/// Of the stack, whose own error wraps it.
fn of_tcp(error: <Stack as TcpClientStack>::Error) -> Told {
    Told(error.0)
}

/// The stack, telling the [`Watch`] what it is asked for.
///
/// One poll of a call can go through several phases, and on this stack `connect` and the
/// resolver even wait inside their calls. What happens when is therefore best seen from below.
pub(crate) struct WatchedStack {
    stack: Stack,
    watch: Arc<Watch>,
    /// The last `send` would have blocked, so there is more to send.
    sending: bool,
}

impl WatchedStack {
    pub(crate) fn new(watch: Arc<Watch>) -> Self {
        Self { stack: Stack, watch, sending: false }
    }
}

impl TcpClientStack for WatchedStack {
    type TcpSocket = <Stack as TcpClientStack>::TcpSocket;
    type Error = Told;

    fn socket(&mut self) -> Result<Self::TcpSocket, Self::Error> {
        self.stack.socket().map_err(of_tcp)
    }

    fn connect(
        &mut self,
        socket: &mut Self::TcpSocket,
        remote: SocketAddr,
    ) -> nb::Result<(), Self::Error> {
        // An address has no name to resolve; that phase is shown all the same, with its 0 ms.
        if self.watch.phase() == Phase::Link {
            self.watch.enter(Phase::Resolve);
        }
        self.watch.connecting(remote);
        self.stack.connect(socket, remote).map_err(|error| error.map(of_tcp))?;
        self.watch.enter(Phase::Send);
        Ok(())
    }

    fn send(
        &mut self,
        socket: &mut Self::TcpSocket,
        buffer: &[u8],
    ) -> nb::Result<usize, Self::Error> {
        self.watch.enter(Phase::Send);
        let result = self.stack.send(socket, buffer).map_err(|error| error.map(of_tcp));
        self.sending = matches!(result, Err(nb::Error::WouldBlock));
        if let Ok(count) = result {
            self.watch.sent(buffer.get(..count).unwrap_or_default());
        }
        result
    }

    fn receive(
        &mut self,
        socket: &mut Self::TcpSocket,
        buffer: &mut [u8],
    ) -> nb::Result<usize, Self::Error> {
        // While a request's body is stuck, the client looks whether the server has answered.
        if !self.sending && self.watch.phase() == Phase::Send {
            self.watch.enter(Phase::Head);
        }
        let result = self.stack.receive(socket, buffer).map_err(|error| error.map(of_tcp));
        if let Ok(count) = result {
            self.watch.received(buffer.get(..count).unwrap_or_default());
        }
        result
    }

    fn close(&mut self, socket: Self::TcpSocket) -> Result<(), Self::Error> {
        self.stack.close(socket).map_err(of_tcp)
    }
}

impl Dns for WatchedStack {
    type Error = Told;

    fn get_host_by_name(
        &mut self,
        hostname: &str,
        addr_type: AddrType,
    ) -> nb::Result<IpAddr, Self::Error> {
        self.watch.enter(Phase::Resolve);
        self.stack.get_host_by_name(hostname, addr_type).map_err(|error| error.map(Told))
    }

    fn get_host_by_address(
        &mut self,
        address: IpAddr,
        result: &mut [u8],
    ) -> nb::Result<usize, Self::Error> {
        self.stack.get_host_by_address(address, result).map_err(|error| error.map(Told))
    }
}
