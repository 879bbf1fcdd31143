//! The interface with its sockets, as a network that is polled.

use crate::{NameError, SmoltcpError};
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use nal_link::{Clock, Connect, Diagnostics, Network, PipeClosed, StackFault, StackQuirks};
use smoltcp::iface::{Interface, SocketHandle, SocketSet};
use smoltcp::phy::Device;
use smoltcp::socket::dns::{self, GetQueryResultError, QueryHandle, StartQueryError};
use smoltcp::socket::{dhcpv4, tcp};
use smoltcp::time::Instant;
use smoltcp::wire::{DnsQueryType, IpAddress};

/// The first of the ports that connections are made from.
const FIRST_PORT: u16 = 49_152;

/// smoltcp as a network for one client. It has the interface, the device and the sockets.
pub struct SmoltcpNetwork<'s, D, C> {
    pub(crate) interface: Interface,
    device: D,
    pub(crate) sockets: SocketSet<'s>,
    clock: C,
    /// As of the last poll. The clock wraps, and this doesn't.
    now: Instant,
    last_ms: u32,
    tcp: SocketHandle,
    in_use: bool,
    port: u16,
    pub(crate) dns: Option<SocketHandle>,
    /// And the hash of the name that it asks for.
    query: Option<(QueryHandle, u64)>,
    pub(crate) dhcp: Option<SocketHandle>,
    pub(crate) gateway: Option<Ipv4Addr>,
    pub(crate) has_dns: bool,
    pub(crate) has_cable: bool,
}

/// The one socket of a client.
#[derive(Debug)]
pub struct Socket {
    dials: bool,
}

impl<'s, D: Device, C: Clock> SmoltcpNetwork<'s, D, C> {
    /// Adds a TCP socket with these buffers to the set. What arrives while nobody reads has to fit `rx`. `seed`
    /// chooses the first port: give something that differs after each reset, so that a server doesn't take a
    /// connection for one of those before.
    ///
    /// # Panics
    ///
    /// smoltcp's own, where the set has no room: one for this, and for [`with_dhcp`](Self::with_dhcp) and
    /// [`with_dns`](Self::with_dns) one each.
    pub fn new(
        interface: Interface,
        device: D,
        mut sockets: SocketSet<'s>,
        clock: C,
        (rx, tx): (&'s mut [u8], &'s mut [u8]),
        seed: u16,
    ) -> Self {
        let tcp = tcp::Socket::new(tcp::SocketBuffer::new(rx), tcp::SocketBuffer::new(tx));
        let tcp = sockets.add(tcp);
        let last_ms = clock.now_ms();
        Self {
            interface,
            device,
            sockets,
            clock,
            now: Instant::ZERO,
            last_ms,
            tcp,
            in_use: false,
            port: FIRST_PORT | seed,
            dns: None,
            query: None,
            dhcp: None,
            gateway: None,
            has_dns: false,
            has_cable: true,
        }
    }

    /// Takes the address, the gateway and the DNS servers from DHCP.
    #[must_use]
    pub fn with_dhcp(mut self) -> Self {
        self.dhcp = Some(self.sockets.add(dhcpv4::Socket::new()));
        self
    }

    /// Resolves names by this socket. Its servers are replaced by those of DHCP, where there is DHCP.
    #[must_use]
    pub fn with_dns(mut self, socket: dns::Socket<'s>, has_servers: bool) -> Self {
        self.dns = Some(self.sockets.add(socket));
        self.has_dns = has_servers;
        self
    }

    /// The gateway of a fixed address. The interface's routes are the caller's.
    #[must_use]
    pub fn with_gateway(mut self, gateway: Ipv4Addr) -> Self {
        self.gateway = Some(gateway);
        self
    }

    /// Says whether the cable is in, or the radio on its access point: a device doesn't tell. After it was out, the
    /// address is asked for anew.
    pub fn set_cable(&mut self, is_in: bool) {
        if !is_in && let Some(dhcp) = self.dhcp {
            self.sockets.get_mut::<dhcpv4::Socket<'_>>(dhcp).reset();
        }
        self.has_cable = is_in;
    }

    /// The device, for what only its driver knows.
    pub fn device(&mut self) -> &mut D {
        &mut self.device
    }

    fn socket_mut(&mut self) -> &mut tcp::Socket<'s> {
        self.sockets.get_mut(self.tcp)
    }

    pub(crate) fn poll(&mut self) {
        let now_ms = self.clock.now_ms();
        let passed = nal_link::elapsed_ms(now_ms, self.last_ms);
        self.last_ms = now_ms;
        self.now = Instant::from_millis(self.now.total_millis().wrapping_add(passed.into()));
        self.interface.poll(self.now, &mut self.device, &mut self.sockets);
        self.take_lease();
    }

    fn next_port(&mut self) -> u16 {
        self.port = FIRST_PORT | self.port.wrapping_add(1);
        self.port
    }
}

impl<D: Device, C: Clock> TcpClientStack for SmoltcpNetwork<'_, D, C> {
    type TcpSocket = Socket;
    type Error = SmoltcpError;

    fn socket(&mut self) -> Result<Socket, SmoltcpError> {
        if core::mem::replace(&mut self.in_use, true) {
            return Err(SmoltcpError::NoSocket);
        }
        // The connection before may still be closing: its peer is told that nobody reads any more.
        if self.socket_mut().is_open() {
            self.socket_mut().abort();
            self.poll();
        }
        Ok(Socket { dials: false })
    }

    fn connect(&mut self, socket: &mut Socket, remote: SocketAddr) -> nb::Result<(), SmoltcpError> {
        if !socket.dials {
            let SocketAddr::V4(remote) = remote else {
                return Err(nb::Error::Other(SmoltcpError::NotIpv4));
            };
            let port = self.next_port();
            let context = self.interface.context();
            let dialled = self.sockets.get_mut::<tcp::Socket<'_>>(self.tcp).connect(
                context,
                (IpAddress::Ipv4(*remote.ip()), remote.port()),
                port,
            );
            dialled.map_err(|error| match error {
                tcp::ConnectError::Unaddressable => SmoltcpError::NoRoute,
                tcp::ConnectError::InvalidState => SmoltcpError::NoSocket,
            })?;
            socket.dials = true;
            self.poll();
        }
        match self.socket_mut().state() {
            tcp::State::SynSent | tcp::State::SynReceived => Err(nb::Error::WouldBlock),
            tcp::State::Closed | tcp::State::TimeWait => {
                Err(nb::Error::Other(SmoltcpError::Refused))
            }
            _ => Ok(()),
        }
    }

    fn send(&mut self, _: &mut Socket, buffer: &[u8]) -> nb::Result<usize, SmoltcpError> {
        let sent = self.socket_mut().send_slice(buffer);
        self.poll();
        match sent {
            Ok(0) if !buffer.is_empty() => Err(nb::Error::WouldBlock),
            Ok(count) => Ok(count),
            Err(_) => Err(nb::Error::Other(SmoltcpError::Closed)),
        }
    }

    fn receive(&mut self, _: &mut Socket, buffer: &mut [u8]) -> nb::Result<usize, SmoltcpError> {
        match self.socket_mut().recv_slice(buffer) {
            Ok(0) if !buffer.is_empty() => Err(nb::Error::WouldBlock),
            Ok(count) => Ok(count),
            Err(tcp::RecvError::Finished) => Ok(0),
            Err(tcp::RecvError::InvalidState) => Err(nb::Error::Other(SmoltcpError::Reset)),
        }
    }

    fn close(&mut self, _: Socket) -> Result<(), SmoltcpError> {
        self.in_use = false;
        self.socket_mut().close();
        Ok(())
    }
}

/// FNV-1a: tells a name from the one before.
fn hash_of(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl<D: Device, C: Clock> Dns for SmoltcpNetwork<'_, D, C> {
    type Error = NameError;

    fn get_host_by_name(&mut self, name: &str, kind: AddrType) -> nb::Result<IpAddr, NameError> {
        let Some(dns) = self.dns else { return Err(nb::Error::Other(NameError::NoResolver)) };
        if matches!(kind, AddrType::IPv6) {
            return Err(nb::Error::Other(NameError::NotFound));
        }
        let context = self.interface.context();
        let socket = self.sockets.get_mut::<dns::Socket<'_>>(dns);
        let hash = hash_of(name);
        // The query of a call that was given up answers no other.
        if let Some((query, other)) = self.query
            && other != hash
        {
            socket.cancel_query(query);
            self.query = None;
        }
        let query = match self.query {
            Some((query, _)) => query,
            None => {
                let started = socket.start_query(context, name, DnsQueryType::A);
                let query = started.map_err(|error| match error {
                    StartQueryError::NoFreeSlot => NameError::Busy,
                    _ => NameError::Invalid,
                })?;
                self.query = Some((query, hash));
                query
            }
        };
        let found = match socket.get_query_result(query) {
            Err(GetQueryResultError::Pending) => return Err(nb::Error::WouldBlock),
            Err(GetQueryResultError::Failed) => None,
            Ok(found) => found.first().map(|address| IpAddr::from(*address)),
        };
        self.query = None;
        found.ok_or(nb::Error::Other(NameError::NotFound))
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, NameError> {
        Err(nb::Error::Other(NameError::NotFound))
    }
}

impl<D: Device, C: Clock> Network for SmoltcpNetwork<'_, D, C> {
    fn quirks(&self) -> StackQuirks {
        StackQuirks::STD.with_connect(Connect::Polls).with_pipe_closed(PipeClosed::Aborted)
    }

    fn poll_network(&mut self) {
        self.poll();
    }
}

impl<D: Device, C: Clock> Diagnostics for SmoltcpNetwork<'_, D, C> {
    fn tcp_fault(&self, error: &SmoltcpError) -> StackFault {
        error.fault()
    }

    fn dns_fault(&self, error: &NameError) -> StackFault {
        error.fault()
    }
}

impl<D, C> fmt::Debug for SmoltcpNetwork<'_, D, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmoltcpNetwork").field("gateway", &self.gateway).finish_non_exhaustive()
    }
}
