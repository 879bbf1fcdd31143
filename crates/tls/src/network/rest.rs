//! What a network is beside its sockets: mostly the network below.

use super::{ErrorOf, Secured, Tls};
use crate::failure::{Error, Failure};
use core::convert::Infallible;
use core::net::{IpAddr, SocketAddr};
use core::task::Waker;
use embedded_nal::{AddrType, Dns};
use nal_link::{
    AsyncNetwork, Diagnostics, IpConfig, Link, LinkStatus, Network, NoPing, NoTls, PipeClosed,
    StackFault, StackQuirks, StackStatus, TlsFault, Wish, ZeroRead,
};

impl<N: Network> Dns for Tls<'_, N> {
    type Error = <N as Dns>::Error;

    fn get_host_by_name(&mut self, name: &str, kind: AddrType) -> nb::Result<IpAddr, Self::Error> {
        self.network.get_host_by_name(name, kind)
    }

    fn get_host_by_address(
        &mut self,
        address: IpAddr,
        name: &mut [u8],
    ) -> nb::Result<usize, Self::Error> {
        self.network.get_host_by_address(address, name)
    }
}

impl<N: Network> Link for Tls<'_, N> {
    fn link_status(&mut self) -> LinkStatus {
        self.network.link_status()
    }

    fn has_loopback(&self) -> bool {
        self.network.has_loopback()
    }

    fn own_network(&mut self) -> Option<IpConfig> {
        self.network.own_network()
    }
}

impl<N: Network> Network for Tls<'_, N> {
    fn quirks(&self) -> StackQuirks {
        let below = self.network.quirks();
        let pipe_closed = match below.pipe_closed() {
            PipeClosed::EndOfStream => PipeClosed::Aborted,
            other => other,
        };
        below
            .with_zero_read(ZeroRead::EndOfStream)
            .with_pipe_closed(pipe_closed)
            .with_empty_send_tells_end(false)
    }

    fn poll_network(&mut self) {
        self.network.poll_network();
    }

    fn has_unread(&mut self, socket: &mut Self::TcpSocket) -> bool {
        // A ticket that comes late isn't for the client; `receive` tells.
        socket.tls.is_none() && self.network.has_unread(&mut socket.inner)
    }

    fn has_tls(&self) -> bool {
        true
    }

    fn secure(&mut self, socket: &mut Self::TcpSocket, server_name: &str) -> Result<(), NoTls> {
        // An older connection that nobody closed.
        self.stop();
        self.generation = self.generation.wrapping_add(1);
        socket.tls = Some(Secured { generation: self.generation, is_dialled: false });
        self.pipe.with(|line| {
            line.name.clear();
            // A name that doesn't fit is empty, and is refused as one.
            let _ = line.name.push_str(server_name.strip_suffix('.').unwrap_or(server_name));
        });
        Ok(())
    }
}

/// Between two records of the handshake other tasks have their turn.
impl<N: AsyncNetwork> AsyncNetwork for Tls<'_, N> {
    fn begin_turn(&mut self, waker: &Waker) {
        match &mut self.waker {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
        self.network.begin_turn(waker);
    }

    fn take_wish(&mut self) -> Option<Wish> {
        self.network.take_wish()
    }

    async fn fulfil_connect(&mut self, remote: SocketAddr) {
        self.network.fulfil_connect(remote).await;
    }

    async fn fulfil_resolve(&mut self, name: &str, kind: AddrType) {
        self.network.fulfil_resolve(name, kind).await;
    }

    fn look_again_ms(&self) -> Option<u32> {
        self.network.look_again_ms()
    }
}

impl<N: Network> Diagnostics for Tls<'_, N> {
    fn tcp_fault(&self, error: &ErrorOf<N>) -> StackFault {
        match error {
            Error::Stack(error) => self.network.tcp_fault(error),
            // Whether anybody was there isn't known.
            Error::Tls(Failure::EndedInHandshake) if !self.has_connected() => StackFault::TlsFailed,
            Error::Tls(Failure::NotTls) if !may_be_http(&self.shown) => {
                StackFault::Tls(TlsFault::OtherProtocol)
            }
            Error::Tls(failure) => failure.fault(),
        }
    }

    fn dns_fault(&self, error: &<Self as Dns>::Error) -> StackFault {
        self.network.dns_fault(error)
    }

    fn status(&self) -> StackStatus<'_> {
        let mut status = self.network.status();
        let handshake = self.pipe.with(|line| {
            status.verification = line.verification;
            line.handshake()
        });
        if let Some(fault) = handshake
            && status.pending == StackFault::Unknown
        {
            status.pending = StackFault::Tls(fault);
        }
        if !self.shown.is_empty() {
            status.last_words = &self.shown;
        }
        status
    }

    fn ping(&mut self, host: IpAddr) -> nb::Result<Option<u32>, NoPing> {
        self.network.ping(host)
    }

    fn signal_strength(&mut self) -> nb::Result<Option<i8>, Infallible> {
        self.network.signal_strength()
    }
}

/// Whether an http server may have begun so: with a status line, or with a page that has none.
fn may_be_http(bytes: &[u8]) -> bool {
    let count = bytes.len().min(5);
    matches!(bytes, [b'<', ..]) || bytes.get(..count) == b"HTTP/".get(..count)
}
