//! embassy-net's own socket, as embedded-nal-async wants it, and its link.

use core::cell::{Cell, RefCell, RefMut};
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use embassy_net::dns::{DnsQueryType, Error as DnsError};
use embassy_net::tcp::{ConnectError, Error as TcpError, State, TcpSocket};
use embassy_net::{IpAddress, Stack};
use embassy_time::{Duration, with_timeout};
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use embedded_nal_async::{AddrType, Dns, TcpConnect};
use nal_link::{DisconnectReason, IpConfig, Link, LinkStatus, StackFault};
use safe_http_client::asynch::NalNetwork;

/// Why embassy-net's socket failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EmbassyError {
    /// The peer refused the connection.
    Refused,
    /// The peer reset the connection, or the socket's own timeout ran out.
    Reset,
    /// The socket's own timeout ran out while it connected.
    TimedOut,
    /// There is no route, or no address of this chip's of the target's family.
    NoRoute,
    /// The target's family of addresses isn't compiled in: this crate's feature `proto-ipv6`.
    NotCompiledIn,
    /// The socket is another client's now.
    NoSocket,
}

impl EmbassyError {
    /// What it stands for in a diagnosis.
    pub fn fault(&self) -> StackFault {
        match self {
            Self::Refused => StackFault::Refused,
            Self::Reset => StackFault::Reset,
            Self::TimedOut => StackFault::TimedOut,
            Self::NoRoute => StackFault::Unreachable,
            Self::NotCompiledIn => StackFault::NotDialled,
            Self::NoSocket => StackFault::NoSocket,
        }
    }
}

impl fmt::Display for EmbassyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "the peer refused the connection",
            Self::Reset => "the connection was reset",
            Self::TimedOut => "the socket's own timeout ran out",
            Self::NoRoute => "there is no route to the target",
            Self::NotCompiledIn => "IPv6 isn't compiled in: the feature `proto-ipv6`",
            Self::NoSocket => "the socket is another client's now",
        })
    }
}

impl core::error::Error for EmbassyError {}

impl embedded_io_async::Error for EmbassyError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused => ErrorKind::ConnectionRefused,
            Self::Reset => ErrorKind::ConnectionReset,
            Self::TimedOut => ErrorKind::TimedOut,
            Self::NoRoute | Self::NotCompiledIn => ErrorKind::AddrNotAvailable,
            Self::NoSocket => ErrorKind::OutOfMemory,
        }
    }
}

impl From<TcpError> for EmbassyError {
    fn from(error: TcpError) -> Self {
        match error {
            TcpError::ConnectionReset => Self::Reset,
        }
    }
}

/// Why a name wasn't resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// embassy-net's own: the name can't be asked for, or the server has no answer.
    Dns(DnsError),
    /// The name has no address of the kind that was asked for.
    NoAddress,
}

/// embassy-net with one socket of its own, for one client.
pub struct EmbassyNetwork<'s> {
    stack: Stack<'s>,
    socket: RefCell<TcpSocket<'s>>,
    /// The reset of the last connection may still be on its way out.
    owes_reset: Cell<bool>,
}

/// How long a reset may take to leave.
const RESET: Duration = Duration::from_millis(100);

impl<'s> EmbassyNetwork<'s> {
    /// Takes a socket of the stack's resources, with these buffers. What arrives while nobody reads has to fit
    /// `rx`; 1 KiB or more keeps a server sending.
    ///
    /// # Panics
    ///
    /// embassy-net's own, where `StackResources` has no socket left: one for each adapter, beside those of
    /// DHCP and DNS.
    pub fn new(stack: Stack<'s>, rx: &'s mut [u8], tx: &'s mut [u8]) -> Self {
        let socket = RefCell::new(TcpSocket::new(stack, rx, tx));
        Self { stack, socket, owes_reset: Cell::new(false) }
    }

    /// What the client takes: with the stack's link, and the causes of its errors.
    pub fn attached(&self) -> NalNetwork<'_, Self, Self, EmbassyLink<'s>> {
        self.attached_to(EmbassyLink(self.stack))
    }

    /// The same with another link, which knows why it is down: a Wi-Fi driver's, for example.
    pub fn attached_to<L: Link>(&self, link: L) -> NalNetwork<'_, Self, Self, L> {
        NalNetwork::new(self, self, link).with_tcp_fault(EmbassyError::fault).with_dns_fault(
            |error| match error {
                NameError::NoAddress => StackFault::NameNotFound,
                // A server that says no and one that is silent aren't told apart.
                NameError::Dns(_) => StackFault::Unknown,
            },
        )
    }
}

impl fmt::Debug for EmbassyNetwork<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbassyNetwork").finish_non_exhaustive()
    }
}

/// The socket while it is connected. It is closed by being dropped.
pub struct InUse<'a, 's>(RefMut<'a, TcpSocket<'s>>);

impl fmt::Debug for InUse<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InUse").field(&self.0.state()).finish()
    }
}

impl Drop for InUse<'_, '_> {
    fn drop(&mut self) {
        match self.0.state() {
            // Nobody is to be told of it.
            State::SynSent | State::Closed => self.0.abort(),
            _ => self.0.close(),
        }
    }
}

impl ErrorType for InUse<'_, '_> {
    type Error = EmbassyError;
}

impl Read for InUse<'_, '_> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, EmbassyError> {
        Ok(self.0.read(buf).await?)
    }
}

impl Write for InUse<'_, '_> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, EmbassyError> {
        Ok(self.0.write(buf).await?)
    }

    /// The stack sends what it has by itself. That the peer has acknowledged it isn't waited for.
    async fn flush(&mut self) -> Result<(), EmbassyError> {
        Ok(())
    }
}

impl<'s> TcpConnect for EmbassyNetwork<'s> {
    type Error = EmbassyError;
    type Connection<'a>
        = InUse<'a, 's>
    where
        Self: 'a;

    async fn connect<'a>(&'a self, remote: SocketAddr) -> Result<InUse<'a, 's>, EmbassyError> {
        let address = match remote.ip() {
            // The stack would wait for ever for a way that there isn't.
            IpAddr::V4(ip) if !self.has_way(ip) => return Err(EmbassyError::NoRoute),
            IpAddr::V4(ip) => IpAddress::Ipv4(ip),
            // Without an address of that family the stack would give up, as if the peer had refused.
            #[cfg(feature = "proto-ipv6")]
            IpAddr::V6(_) if self.stack.config_v6().is_none() => return Err(EmbassyError::NoRoute),
            #[cfg(feature = "proto-ipv6")]
            IpAddr::V6(ip) => IpAddress::Ipv6(ip),
            #[cfg(not(feature = "proto-ipv6"))]
            IpAddr::V6(_) => return Err(EmbassyError::NotCompiledIn),
        };
        let socket = self.socket.try_borrow_mut().map_err(|_| EmbassyError::NoSocket)?;
        // Dropped in the middle, it is closed.
        let mut connection = InUse(socket);
        let socket = &mut connection.0;
        if !matches!(socket.state(), State::Closed | State::TimeWait) {
            // The connection before is still being closed: its peer is told that nobody reads any more.
            socket.abort();
            self.owes_reset.set(true);
        }
        // That has to leave before another connection takes its place, also where the one who waited for it was
        // dropped. It never does where the peer isn't there any more.
        if self.owes_reset.get() {
            let _ = with_timeout(RESET, socket.flush()).await;
            self.owes_reset.set(false);
        }
        match socket.connect((address, remote.port())).await {
            Ok(()) => Ok(connection),
            Err(ConnectError::ConnectionReset) => Err(EmbassyError::Refused),
            Err(ConnectError::TimedOut) => Err(EmbassyError::TimedOut),
            Err(ConnectError::NoRoute) => Err(EmbassyError::NoRoute),
            Err(ConnectError::InvalidState) => Err(EmbassyError::NoSocket),
        }
    }
}

impl Dns for EmbassyNetwork<'_> {
    type Error = NameError;

    async fn get_host_by_name(&self, host: &str, kind: AddrType) -> Result<IpAddr, NameError> {
        if !matches!(kind, AddrType::IPv6) {
            match (self.query(host, DnsQueryType::A).await, &kind) {
                (Ok(address), _) => return Ok(address),
                (Err(error), AddrType::IPv4) => return Err(error),
                (Err(_), _) => {}
            }
        }
        self.query(host, DnsQueryType::Aaaa).await
    }

    async fn get_host_by_address(&self, _: IpAddr, _: &mut [u8]) -> Result<usize, NameError> {
        Err(NameError::NoAddress)
    }
}

impl EmbassyNetwork<'_> {
    /// Whether there is a gateway, or none is needed.
    fn has_way(&self, target: Ipv4Addr) -> bool {
        let config = self.stack.config_v4();
        config.is_none_or(|own| own.gateway.is_some() || own.address.contains_addr(&target))
    }

    async fn query(&self, host: &str, kind: DnsQueryType) -> Result<IpAddr, NameError> {
        let found = self.stack.dns_query(host, kind).await.map_err(NameError::Dns)?;
        found.first().map(|address| (*address).into()).ok_or(NameError::NoAddress)
    }
}

/// The link as the stack knows it: its cable or radio, and the addresses that it was given.
#[derive(Clone, Copy)]
pub struct EmbassyLink<'s>(
    /// The stack.
    pub Stack<'s>,
);

impl Link for EmbassyLink<'_> {
    fn link_status(&mut self) -> LinkStatus {
        if !self.0.is_link_up() {
            return LinkStatus::Disconnected(DisconnectReason::Unknown);
        }
        if let Some(config) = self.0.config_v4() {
            let address = config.address;
            let mut ip = IpConfig::new(IpAddr::V4(address.address()))
                .with_netmask(address.netmask())
                .with_dns(!config.dns_servers.is_empty());
            ip.gateway = config.gateway;
            return LinkStatus::Up(ip);
        }
        #[cfg(feature = "proto-ipv6")]
        if let Some(config) = self.0.config_v6() {
            let ip = IpConfig::new(IpAddr::V6(config.address.address()));
            return LinkStatus::Up(ip.with_dns(!config.dns_servers.is_empty()));
        }
        LinkStatus::NoAddress
    }
}

impl fmt::Debug for EmbassyLink<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbassyLink").finish_non_exhaustive()
    }
}
