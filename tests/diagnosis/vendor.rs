//! A vendor's stack, whose calls wait by suspending the loop: around any network that polls.
//!
//! The ESP8266's Arduino core is such a stack. In the loop a connect suspends it until the outcome
//! is there. In an event handler, a ticker or an interrupt it can't be suspended: the wait is over
//! at once, and the connect fails as one that timed out.

use embedded_nal::{AddrType, Dns, TcpClientStack, TcpError, TcpErrorKind, nb};
use safe_http_client::{
    Connect, Diagnostics, IpConfig, Link, LinkStatus, Network, NoPing, StackFault, StackQuirks,
    StackStatus,
};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

pub struct Vendor<N> {
    pub inner: N,
    /// The call comes out of an event handler.
    pub in_handler: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum VendorError<E> {
    TimedOut,
    Own(E),
}

impl<E: TcpError> TcpError for VendorError<E> {
    fn kind(&self) -> TcpErrorKind {
        match self {
            Self::TimedOut => TcpErrorKind::Other,
            Self::Own(error) => error.kind(),
        }
    }
}

fn own<T, E>(result: nb::Result<T, E>) -> nb::Result<T, VendorError<E>> {
    result.map_err(|error| error.map(VendorError::Own))
}

impl<N: Network> TcpClientStack for Vendor<N> {
    type TcpSocket = N::TcpSocket;
    type Error = VendorError<<N as TcpClientStack>::Error>;

    fn socket(&mut self) -> Result<Self::TcpSocket, Self::Error> {
        self.inner.socket().map_err(VendorError::Own)
    }

    fn connect(
        &mut self,
        socket: &mut Self::TcpSocket,
        remote: SocketAddr,
    ) -> nb::Result<(), Self::Error> {
        loop {
            return match self.inner.connect(socket, remote) {
                Err(nb::Error::WouldBlock) if self.in_handler => {
                    Err(nb::Error::Other(VendorError::TimedOut))
                }
                // Suspends the loop, in which packets move.
                Err(nb::Error::WouldBlock) => {
                    self.inner.poll_network();
                    continue;
                }
                outcome => own(outcome),
            };
        }
    }

    fn send(
        &mut self,
        socket: &mut Self::TcpSocket,
        data: &[u8],
    ) -> nb::Result<usize, Self::Error> {
        own(self.inner.send(socket, data))
    }

    fn receive(
        &mut self,
        socket: &mut Self::TcpSocket,
        buffer: &mut [u8],
    ) -> nb::Result<usize, Self::Error> {
        own(self.inner.receive(socket, buffer))
    }

    fn close(&mut self, socket: Self::TcpSocket) -> Result<(), Self::Error> {
        self.inner.close(socket).map_err(VendorError::Own)
    }
}

impl<N: Network> Dns for Vendor<N> {
    type Error = <N as Dns>::Error;

    fn get_host_by_name(&mut self, name: &str, kind: AddrType) -> nb::Result<IpAddr, Self::Error> {
        self.inner.get_host_by_name(name, kind)
    }

    fn get_host_by_address(&mut self, a: IpAddr, b: &mut [u8]) -> nb::Result<usize, Self::Error> {
        self.inner.get_host_by_address(a, b)
    }
}

impl<N: Network> Link for Vendor<N> {
    fn link_status(&mut self) -> LinkStatus {
        self.inner.link_status()
    }

    fn own_network(&mut self) -> Option<IpConfig> {
        self.inner.own_network()
    }
}

impl<N: Network> Network for Vendor<N> {
    fn quirks(&self) -> StackQuirks {
        self.inner.quirks().with_connect(Connect::Blocks)
    }

    fn poll_network(&mut self) {
        self.inner.poll_network();
    }
}

impl<N: Network> Diagnostics for Vendor<N> {
    fn tcp_fault(&self, error: &<Self as TcpClientStack>::Error) -> StackFault {
        match error {
            VendorError::TimedOut => StackFault::TimedOut,
            VendorError::Own(error) => self.inner.tcp_fault(error),
        }
    }

    fn dns_fault(&self, error: &<Self as Dns>::Error) -> StackFault {
        self.inner.dns_fault(error)
    }

    fn status(&self) -> StackStatus<'_> {
        self.inner.status()
    }

    fn ping(&mut self, host: IpAddr) -> nb::Result<Option<u32>, NoPing> {
        self.inner.ping(host)
    }

    fn signal_strength(&mut self) -> nb::Result<Option<i8>, Infallible> {
        self.inner.signal_strength()
    }
}
