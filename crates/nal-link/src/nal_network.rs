//! Third-party stacks, made networks.

use crate::{
    Diagnostics, IpConfig, Link, LinkStatus, Network, NoPing, NoTls, StackFault, StackQuirks,
    StackStatus,
};
use core::convert::Infallible;
use core::fmt;
use core::net::{IpAddr, SocketAddr};
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};

/// A third-party stack with its link, which makes a [`Network`] of the two.
///
/// What a stack can beside embedded-nal is attached, too: TLS, pings, what its errors stand for. Each is a
/// plain function of the stack; what it needs to remember stands in the stack or the link.
///
#[cfg_attr(feature = "std", doc = "```")]
#[cfg_attr(not(feature = "std"), doc = "```ignore")]
/// use nal_link::{NalNetwork, PcLink, StackFault, StackQuirks};
///
/// let stack = std_embedded_nal::Stack::default();
/// let network = NalNetwork::new(stack, PcLink, StackQuirks::STD)
///     // With the feature `std`, errors of the operating system are understood.
///     .with_faults(|error| StackFault::from(&error.0));
/// # let _ = network;
/// ```
pub struct NalNetwork<T: TcpClientStack + Dns, L> {
    stack: T,
    link: L,
    quirks: StackQuirks,
    poll: fn(&mut T, &mut L),
    tcp_fault: fn(&<T as TcpClientStack>::Error) -> StackFault,
    dns_fault: fn(&<T as Dns>::Error) -> StackFault,
    status: for<'a> fn(&'a T) -> StackStatus<'a>,
    ping: fn(&mut T, IpAddr) -> nb::Result<Option<u32>, NoPing>,
    signal: fn(&mut T) -> nb::Result<Option<i8>, Infallible>,
    unread: fn(&mut T, &mut T::TcpSocket) -> bool,
    secure: Option<fn(&mut T, &mut T::TcpSocket, &str) -> Result<(), NoTls>>,
}

/// [`Dns`], with a message of ours for stacks that lack it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is attached as a stack that resolves names, and has no `Dns`",
    label = "this stack resolves no names",
    note = "attach it with `NalNetwork::without_dns(stack, link, StackQuirks::…)`: requests then go to \
            IP addresses, or say `connect_to`"
)]
pub trait ResolvesNames: Dns {}

// The compiler would go on to the missing `Dns` otherwise, and leave our message out.
#[diagnostic::do_not_recommend]
impl<T: Dns> ResolvesNames for T {}

impl<T: TcpClientStack + ResolvesNames, L: Link> NalNetwork<T, L> {
    /// Attaches a stack that also resolves names.
    pub fn new(stack: T, link: L, quirks: StackQuirks) -> Self {
        Self::attach(stack, link, quirks)
    }
}

impl<T: TcpClientStack, L: Link> NalNetwork<WithoutDns<T>, L> {
    /// Attaches a stack that resolves no names: targets have to be IP addresses, or requests bring their
    /// address along.
    ///
    /// ```no_run
    /// use nal_link::{LinkEvents, NalNetwork, StackQuirks};
    /// static EVENTS: LinkEvents = LinkEvents::new();
    /// # fn f<T: embedded_nal::TcpClientStack>(w5500: T) {
    /// let network = NalNetwork::without_dns(w5500, &EVENTS, StackQuirks::W5500);
    /// # }
    /// ```
    pub fn without_dns(stack: T, link: L, quirks: StackQuirks) -> Self {
        let mut network = Self::attach(WithoutDns(stack), link, quirks);
        network.dns_fault = |_| StackFault::NoResolver;
        network
    }
}

impl<T: TcpClientStack + Dns, L> NalNetwork<T, L> {
    fn attach(stack: T, link: L, quirks: StackQuirks) -> Self {
        Self {
            stack,
            link,
            quirks,
            poll: |_, _| {},
            tcp_fault: |_| StackFault::Unknown,
            dns_fault: |_| StackFault::Unknown,
            status: |_| StackStatus::default(),
            ping: |_, _| Err(nb::Error::Other(NoPing)),
            signal: |_| Ok(None),
            unread: |_, _| false,
            secure: None,
        }
    }

    /// Calls `poll` before each step of a call: for stacks that move packets only then, such as
    /// smoltcp. It is given the link, too: where the stack's own DHCP knows the address, this is where the
    /// link learns it.
    ///
    /// ```no_run
    /// use nal_link::{LinkEvents, NalNetwork, StackQuirks};
    /// use smoltcp_nal::NetworkStack;
    /// static EVENTS: LinkEvents = LinkEvents::new();
    /// # fn f<D: smoltcp::phy::Device, T: embedded_time::Clock>(stack: NetworkStack<'static, D, T>)
    /// # where u32: From<T::T> {
    /// let network = NalNetwork::new(stack, &EVENTS, StackQuirks::SMOLTCP_NAL)
    ///     .with_poll(|stack, _link| { stack.poll().ok(); });
    /// # }
    /// ```
    #[must_use]
    pub fn with_poll(mut self, poll: fn(&mut T, &mut L)) -> Self {
        self.poll = poll;
        self
    }

    /// Says what the stack's errors stand for, so that a diagnosis tells a refused endpoint from
    /// one that can't be reached. Without it, it goes by the time that a failure took.
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

    /// Says what the stack knows of itself: see [`StackStatus`].
    #[must_use]
    pub fn with_status(mut self, status: for<'a> fn(&'a T) -> StackStatus<'a>) -> Self {
        self.status = status;
        self
    }

    /// Attaches the stack's pings: see [`Diagnostics::ping`].
    #[must_use]
    pub fn with_ping(
        mut self,
        ping: fn(&mut T, IpAddr) -> nb::Result<Option<u32>, NoPing>,
    ) -> Self {
        self.ping = ping;
        self
    }

    /// Attaches the measurement of the signal: see [`Diagnostics::signal_strength`].
    #[must_use]
    pub fn with_signal(mut self, signal: fn(&mut T) -> nb::Result<Option<i8>, Infallible>) -> Self {
        self.signal = signal;
        self
    }

    /// Attaches the look at what waits: see [`Network::has_unread`].
    #[must_use]
    pub fn with_unread(mut self, unread: fn(&mut T, &mut T::TcpSocket) -> bool) -> Self {
        self.unread = unread;
        self
    }

    /// Attaches the stack's own TLS: see [`Network::secure`].
    #[must_use]
    pub fn with_tls(
        mut self,
        secure: fn(&mut T, &mut T::TcpSocket, &str) -> Result<(), NoTls>,
    ) -> Self {
        self.secure = Some(secure);
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

    /// The link, to change it.
    pub fn link_mut(&mut self) -> &mut L {
        &mut self.link
    }
}

impl<T: TcpClientStack + Dns + fmt::Debug, L: fmt::Debug> fmt::Debug for NalNetwork<T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NalNetwork")
            .field("stack", &self.stack)
            .field("link", &self.link)
            .field("quirks", &self.quirks)
            .finish_non_exhaustive()
    }
}

/// TCP as the stack inside has it.
macro_rules! delegate_tcp {
    ($inside:tt) => {
        type TcpSocket = T::TcpSocket;
        type Error = <T as TcpClientStack>::Error;

        fn socket(&mut self) -> Result<Self::TcpSocket, Self::Error> {
            self.$inside.socket()
        }

        fn connect(
            &mut self,
            socket: &mut Self::TcpSocket,
            remote: SocketAddr,
        ) -> nb::Result<(), Self::Error> {
            self.$inside.connect(socket, remote)
        }

        fn send(
            &mut self,
            socket: &mut Self::TcpSocket,
            buffer: &[u8],
        ) -> nb::Result<usize, Self::Error> {
            self.$inside.send(socket, buffer)
        }

        fn receive(
            &mut self,
            socket: &mut Self::TcpSocket,
            buffer: &mut [u8],
        ) -> nb::Result<usize, Self::Error> {
            self.$inside.receive(socket, buffer)
        }

        fn close(&mut self, socket: Self::TcpSocket) -> Result<(), Self::Error> {
            self.$inside.close(socket)
        }
    };
}

impl<T: TcpClientStack + Dns, L> TcpClientStack for NalNetwork<T, L> {
    delegate_tcp!(stack);
}

impl<T: TcpClientStack + Dns, L> Dns for NalNetwork<T, L> {
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

impl<T: TcpClientStack + Dns, L: Link> Link for NalNetwork<T, L> {
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

impl<T: TcpClientStack + Dns, L: Link> Network for NalNetwork<T, L> {
    fn quirks(&self) -> StackQuirks {
        self.quirks
    }

    fn poll_network(&mut self) {
        (self.poll)(&mut self.stack, &mut self.link);
    }

    fn has_unread(&mut self, socket: &mut Self::TcpSocket) -> bool {
        (self.unread)(&mut self.stack, socket)
    }

    fn has_tls(&self) -> bool {
        self.secure.is_some()
    }

    fn secure(&mut self, socket: &mut Self::TcpSocket, server_name: &str) -> Result<(), NoTls> {
        let secure = self.secure.ok_or(NoTls)?;
        secure(&mut self.stack, socket, server_name)
    }
}

impl<T: TcpClientStack + Dns, L> Diagnostics for NalNetwork<T, L> {
    fn tcp_fault(&self, error: &<Self as TcpClientStack>::Error) -> StackFault {
        (self.tcp_fault)(error)
    }

    fn dns_fault(&self, error: &<Self as Dns>::Error) -> StackFault {
        (self.dns_fault)(error)
    }

    fn status(&self) -> StackStatus<'_> {
        (self.status)(&self.stack)
    }

    fn ping(&mut self, host: IpAddr) -> nb::Result<Option<u32>, NoPing> {
        (self.ping)(&mut self.stack, host)
    }

    fn signal_strength(&mut self) -> nb::Result<Option<i8>, Infallible> {
        (self.signal)(&mut self.stack)
    }
}

/// The resolver of a stack without one: it fails at once.
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

impl<T: TcpClientStack> TcpClientStack for WithoutDns<T> {
    delegate_tcp!(0);
}

impl<T> Dns for WithoutDns<T> {
    type Error = NoDns;

    fn get_host_by_name(&mut self, _: &str, _: AddrType) -> nb::Result<IpAddr, NoDns> {
        Err(nb::Error::Other(NoDns))
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, NoDns> {
        Err(nb::Error::Other(NoDns))
    }
}
