//! Third-party stacks, made networks.

use crate::{
    Diagnostics, IpConfig, Link, LinkStatus, Network, NoPing, NoTls, StackFault, StackQuirks,
    StackStatus,
};
use core::convert::Infallible;
use core::fmt::{self, Debug, Formatter};
use core::net::{IpAddr, SocketAddr};
use embedded_nal::{AddrType, Dns, TcpClientStack};

/// A third-party stack attached to its link, which makes a [`Network`] of the two.
///
/// What the stack can do beyond embedded-nal is said with plain functions, none of which is needed:
///
#[cfg_attr(feature = "std", doc = "```")]
#[cfg_attr(not(feature = "std"), doc = "```ignore")]
/// use nal_link::{NalNetwork, PcLink, StackFault, StackQuirks};
///
/// let stack = std_embedded_nal::Stack::default();
/// let network = NalNetwork::new(stack, PcLink, StackQuirks::STD)
///     .with_faults(|error| StackFault::from(&error.0));
/// # let _ = network;
/// ```
pub struct NalNetwork<T: TcpClientStack + ResolvesNames, L> {
    stack: T,
    link: L,
    quirks: StackQuirks,
    poll: fn(&mut T, &mut L),
    tcp_fault: fn(&<T as TcpClientStack>::Error) -> StackFault,
    dns_fault: fn(&<T as Dns>::Error) -> StackFault,
    secure: Option<Secure<T>>,
    has_unread: fn(&mut T, &mut T::TcpSocket) -> bool,
    status: fn(&T) -> StackStatus<'_>,
    ping: fn(&mut T, IpAddr) -> nb::Result<Option<u32>, NoPing>,
    signal: fn(&mut T) -> nb::Result<Option<i8>, Infallible>,
    /// Of the socket that was opened last; see [`StackStatus::zero_reads`].
    zero_reads: u32,
    would_block: bool,
}

type Secure<T> = fn(&mut T, &mut <T as TcpClientStack>::TcpSocket, &str) -> Result<(), NoTls>;

/// [`Dns`], with a message of its own for stacks that lack it. Nothing to implement.
///
/// ```
/// fn takes(resolver: impl nal_link::ResolvesNames) { let _ = resolver; }
/// takes(std_embedded_nal::Stack::default());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is attached as a stack that resolves names, and has no `Dns`",
    label = "this stack resolves no names",
    note = "attach it with `NalNetwork::without_dns(stack, link, StackQuirks::…)`: requests then go \
            to IP addresses, or say `connect_to`"
)]
pub trait ResolvesNames: Dns {}

// The compiler would go on to the missing `Dns` otherwise, and leave our message out.
#[diagnostic::do_not_recommend]
impl<T: Dns> ResolvesNames for T {}

impl<T: TcpClientStack + ResolvesNames, L: Link> NalNetwork<T, L> {
    /// Attaches a stack that also resolves names.
    pub fn new(stack: T, link: L, quirks: StackQuirks) -> Self {
        Self {
            stack,
            link,
            quirks,
            poll: |_, _| {},
            tcp_fault: default_fault,
            dns_fault: default_fault,
            secure: None,
            has_unread: |_, _| false,
            status: |_| StackStatus::default(),
            ping: |_, _| Err(nb::Error::Other(NoPing)),
            signal: |_| Ok(None),
            zero_reads: 0,
            would_block: false,
        }
    }
}

/// What an error stands for where nobody has said: what an operating system's says of itself.
#[cfg(feature = "std")]
fn default_fault(error: &impl Debug) -> StackFault {
    StackFault::from_debug(error)
}

#[cfg(not(feature = "std"))]
fn default_fault(_: &impl Debug) -> StackFault {
    StackFault::Unknown
}

impl<T: TcpClientStack, L: Link> NalNetwork<WithoutDns<T>, L> {
    /// Attaches a stack that resolves no names: targets have to be IP addresses.
    ///
    /// ```no_run
    /// use nal_link::{LinkEvents, NalNetwork, StackQuirks};
    /// static EVENTS: LinkEvents = LinkEvents::new();
    /// # fn f<T: embedded_nal::TcpClientStack>(w5500: T) {
    /// let network = NalNetwork::without_dns(w5500, &EVENTS, StackQuirks::W5500);
    /// # }
    /// ```
    pub fn without_dns(stack: T, link: L, quirks: StackQuirks) -> Self {
        Self::new(WithoutDns(stack), link, quirks).with_dns_faults(|_| StackFault::NoResolver)
    }
}

impl<T: TcpClientStack + ResolvesNames, L> NalNetwork<T, L> {
    /// Calls `poll` before each step of a request: for stacks that move packets only then, such as
    /// smoltcp. The link is there for stacks that hold its state, so that it can be copied:
    ///
    /// ```
    /// use core::net::Ipv4Addr;
    /// use nal_link::{Link, LinkEvents, NalNetwork, Network, ResolvesNames, StackQuirks};
    /// # use embedded_nal::TcpClientStack;
    /// # fn leased_address<T>(_: &T) -> Option<Ipv4Addr> { Some(Ipv4Addr::new(10, 0, 0, 7)) }
    /// # fn f<T: TcpClientStack + ResolvesNames>(stack: T) {
    /// let events = LinkEvents::new();
    /// let mut network = NalNetwork::new(stack, &events, StackQuirks::SMOLTCP_NAL)
    ///     .with_poll(|stack, link| match leased_address(stack) {
    ///         Some(address) => link.got_ip(address),
    ///         None => link.lost_ip(),
    ///     });
    /// network.poll_network();
    /// assert!(network.link_status().ip_config().is_ok());
    /// # }
    /// # f(std_embedded_nal::Stack::default());
    /// ```
    #[must_use]
    pub fn with_poll(mut self, poll: fn(&mut T, &mut L)) -> Self {
        self.poll = poll;
        self
    }

    /// Says what the stack's errors stand for, so that a diagnosis tells a refused endpoint from
    /// one that can't be reached. Without it, it goes by the time that a failure took; but with the
    /// feature `std`, errors that hold a [`std::io::Error`] are known without it.
    #[must_use]
    pub fn with_faults(
        mut self,
        tcp_fault: fn(&<T as TcpClientStack>::Error) -> StackFault,
    ) -> Self {
        self.tcp_fault = tcp_fault;
        self
    }

    /// Says what the resolver's errors stand for.
    #[must_use]
    pub fn with_dns_faults(mut self, dns_fault: fn(&<T as Dns>::Error) -> StackFault) -> Self {
        self.dns_fault = dns_fault;
        self
    }

    /// Says how a socket that isn't connected yet is made one with TLS, to a server of the given
    /// name; see [`Network::secure`]. How far the server is verified, [`with_status`](Self::with_status) has to say.
    #[must_use]
    pub fn with_tls(mut self, secure: Secure<T>) -> Self {
        self.secure = Some(secure);
        self
    }

    /// Says how the stack sends a ping; see [`Diagnostics::ping`].
    #[must_use]
    pub fn with_ping(
        mut self,
        ping: fn(&mut T, IpAddr) -> nb::Result<Option<u32>, NoPing>,
    ) -> Self {
        self.ping = ping;
        self
    }

    /// Says how the signal's strength is measured; see [`Diagnostics::signal_strength`].
    #[must_use]
    pub fn with_signal(mut self, signal: fn(&mut T) -> nb::Result<Option<i8>, Infallible>) -> Self {
        self.signal = signal;
        self
    }

    /// Says how an idle connection is asked for bytes that `receive` would take a while to deliver;
    /// see [`Network::has_unread`].
    #[must_use]
    pub fn with_unread(mut self, has_unread: fn(&mut T, &mut T::TcpSocket) -> bool) -> Self {
        self.has_unread = has_unread;
        self
    }

    /// Says what the stack knows of itself; see [`Diagnostics::status`].
    #[must_use]
    pub fn with_status(mut self, status: for<'a> fn(&'a T) -> StackStatus<'a>) -> Self {
        self.status = status;
        self
    }

    /// The stack.
    pub fn stack(&self) -> &T {
        &self.stack
    }

    /// The stack, for what only its driver knows.
    pub fn stack_mut(&mut self) -> &mut T {
        &mut self.stack
    }

    /// The link.
    pub fn link(&self) -> &L {
        &self.link
    }

    /// The link, for what only its driver knows.
    pub fn link_mut(&mut self) -> &mut L {
        &mut self.link
    }
}

impl<T: TcpClientStack + ResolvesNames + Debug, L: Debug> Debug for NalNetwork<T, L> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("NalNetwork")
            .field("stack", &self.stack)
            .field("link", &self.link)
            .field("quirks", &self.quirks)
            .finish_non_exhaustive()
    }
}

impl<T: TcpClientStack + ResolvesNames, L> TcpClientStack for NalNetwork<T, L> {
    type TcpSocket = T::TcpSocket;
    type Error = <T as TcpClientStack>::Error;

    fn socket(&mut self) -> Result<Self::TcpSocket, Self::Error> {
        (self.zero_reads, self.would_block) = (0, false);
        self.stack.socket()
    }

    fn connect(
        &mut self,
        socket: &mut Self::TcpSocket,
        remote: SocketAddr,
    ) -> nb::Result<(), Self::Error> {
        self.stack.connect(socket, remote)
    }

    fn send(
        &mut self,
        socket: &mut Self::TcpSocket,
        buffer: &[u8],
    ) -> nb::Result<usize, Self::Error> {
        self.stack.send(socket, buffer)
    }

    fn receive(
        &mut self,
        socket: &mut Self::TcpSocket,
        buffer: &mut [u8],
    ) -> nb::Result<usize, Self::Error> {
        let result = self.stack.receive(socket, buffer);
        match result {
            Ok(0) => self.zero_reads = self.zero_reads.saturating_add(1),
            Err(nb::Error::WouldBlock) => self.would_block = true,
            _ => {}
        }
        result
    }

    fn close(&mut self, socket: Self::TcpSocket) -> Result<(), Self::Error> {
        self.stack.close(socket)
    }
}

impl<T: TcpClientStack> TcpClientStack for WithoutDns<T> {
    type TcpSocket = T::TcpSocket;
    type Error = T::Error;

    fn socket(&mut self) -> Result<T::TcpSocket, T::Error> {
        self.0.socket()
    }

    fn connect(
        &mut self,
        socket: &mut T::TcpSocket,
        remote: SocketAddr,
    ) -> nb::Result<(), T::Error> {
        self.0.connect(socket, remote)
    }

    fn send(&mut self, socket: &mut T::TcpSocket, buffer: &[u8]) -> nb::Result<usize, T::Error> {
        self.0.send(socket, buffer)
    }

    fn receive(
        &mut self,
        socket: &mut T::TcpSocket,
        buffer: &mut [u8],
    ) -> nb::Result<usize, T::Error> {
        self.0.receive(socket, buffer)
    }

    fn close(&mut self, socket: T::TcpSocket) -> Result<(), T::Error> {
        self.0.close(socket)
    }
}

impl<T: TcpClientStack + ResolvesNames, L> Dns for NalNetwork<T, L> {
    type Error = <T as Dns>::Error;

    fn get_host_by_name(
        &mut self,
        hostname: &str,
        addr_type: AddrType,
    ) -> nb::Result<IpAddr, Self::Error> {
        self.stack.get_host_by_name(hostname, addr_type)
    }

    fn get_host_by_address(
        &mut self,
        addr: IpAddr,
        result: &mut [u8],
    ) -> nb::Result<usize, Self::Error> {
        self.stack.get_host_by_address(addr, result)
    }
}

impl<T: TcpClientStack + ResolvesNames, L: Link> Link for NalNetwork<T, L> {
    fn link_status(&mut self) -> LinkStatus {
        self.link.link_status()
    }

    fn has_loopback(&self) -> bool {
        self.link.has_loopback()
    }

    fn own_network(&mut self) -> Option<IpConfig> {
        self.link.own_network()
    }
}

impl<T: TcpClientStack + ResolvesNames, L: Link> Network for NalNetwork<T, L> {
    fn quirks(&self) -> StackQuirks {
        self.quirks
    }

    fn poll_network(&mut self) {
        (self.poll)(&mut self.stack, &mut self.link);
    }

    fn has_unread(&mut self, socket: &mut T::TcpSocket) -> bool {
        (self.has_unread)(&mut self.stack, socket)
    }

    fn has_tls(&self) -> bool {
        self.secure.is_some()
    }

    fn secure(&mut self, socket: &mut T::TcpSocket, server_name: &str) -> Result<(), NoTls> {
        let secure = self.secure.ok_or(NoTls)?;
        secure(&mut self.stack, socket, server_name)
    }
}

impl<T: TcpClientStack + ResolvesNames, L> Diagnostics for NalNetwork<T, L> {
    fn tcp_fault(&self, error: &<Self as TcpClientStack>::Error) -> StackFault {
        (self.tcp_fault)(error)
    }

    fn dns_fault(&self, error: &<Self as Dns>::Error) -> StackFault {
        (self.dns_fault)(error)
    }

    fn status(&self) -> StackStatus<'_> {
        let status = (self.status)(&self.stack);
        StackStatus { zero_reads: self.zero_reads, would_block: self.would_block, ..status }
    }

    fn ping(&mut self, host: IpAddr) -> nb::Result<Option<u32>, NoPing> {
        (self.ping)(&mut self.stack, host)
    }

    fn signal_strength(&mut self) -> nb::Result<Option<i8>, Infallible> {
        (self.signal)(&mut self.stack)
    }
}

/// The resolver of a stack without one: it fails at once.
///
/// ```
/// use nal_link::{Diagnostics, LinkEvents, NalNetwork, NoDns, StackFault, StackQuirks};
/// # static EVENTS: LinkEvents = LinkEvents::new();
/// # let stack = std_embedded_nal::Stack::default();
/// let network = NalNetwork::without_dns(stack, &EVENTS, StackQuirks::STD);
/// assert_eq!(network.dns_fault(&NoDns), StackFault::NoResolver);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NoDns;

/// A stack that resolves no names, with a [`Dns`] that says so.
///
/// ```
/// use embedded_nal::{AddrType, Dns, nb};
/// use nal_link::{NoDns, WithoutDns};
/// # let stack = std_embedded_nal::Stack::default();
/// let answer = WithoutDns(stack).get_host_by_name("gate.local", AddrType::IPv4);
/// assert_eq!(answer, Err(nb::Error::Other(NoDns)));
/// ```
#[derive(Debug)]
pub struct WithoutDns<T>(
    /// The stack.
    pub T,
);

impl<T> Dns for WithoutDns<T> {
    type Error = NoDns;

    fn get_host_by_name(&mut self, _: &str, _: AddrType) -> nb::Result<IpAddr, NoDns> {
        Err(nb::Error::Other(NoDns))
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, NoDns> {
        Err(nb::Error::Other(NoDns))
    }
}
