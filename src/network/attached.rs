//! Third-party stacks, made networks.

use super::{Behaviour, Network};
use crate::error::{IpConfig, StackFault};
use crate::link::{Link, LinkStatus};
use core::net::{IpAddr, SocketAddr};
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};

/// A third-party stack attached to its link, which makes a [`Network`] of the two.
///
#[cfg_attr(feature = "std", doc = "```")]
#[cfg_attr(not(feature = "std"), doc = "```ignore")]
/// use safe_http_client::{Attached, Behaviour, HostLink};
///
/// let stack = std_embedded_nal::Stack::default();
/// let network = Attached::new(stack, HostLink, Behaviour::STD);
/// # let _ = network;
/// ```
#[derive(Debug)]
pub struct Attached<T: TcpClientStack, L> {
    stack: T,
    link: L,
    behaviour: Behaviour,
    poll: fn(&mut T),
    tcp_fault: fn(&T::Error) -> StackFault,
    dns_fault: StackFault,
}

/// [`Dns`], with a message of ours for stacks that lack it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is attached as a stack that resolves names, and has no `Dns`",
    label = "this stack resolves no names",
    note = "attach it with `Attached::without_dns(stack, link, Behaviour::…)`: requests then go to \
            IP addresses, or say `connect_to`"
)]
pub trait ResolvesNames: Dns {}

// The compiler would go on to the missing `Dns` otherwise, and leave our message out.
#[diagnostic::do_not_recommend]
impl<T: Dns> ResolvesNames for T {}

impl<T: TcpClientStack + ResolvesNames, L: Link> Attached<T, L> {
    /// Attaches a stack that also resolves names.
    ///
    /// ```
    /// use safe_http_client::{Attached, Behaviour, LinkEvents};
    /// static EVENTS: LinkEvents = LinkEvents::new();
    /// # let stack = std_embedded_nal::Stack::default();
    /// let network = Attached::new(stack, &EVENTS, Behaviour::STD);
    /// ```
    pub fn new(stack: T, link: L, behaviour: Behaviour) -> Self {
        let tcp_fault = |_: &_| StackFault::Unknown;
        let dns_fault = StackFault::Unknown;
        Self { stack, link, behaviour, poll: |_| {}, tcp_fault, dns_fault }
    }
}

impl<T: TcpClientStack, L: Link> Attached<WithoutDns<T>, L> {
    /// Attaches a stack that resolves no names: targets have to be IP addresses, or requests say
    /// [`connect_to`](crate::Request::connect_to).
    ///
    /// ```no_run
    /// use safe_http_client::{Attached, Behaviour, LinkEvents};
    /// static EVENTS: LinkEvents = LinkEvents::new();
    /// # fn f<T: embedded_nal::TcpClientStack>(w5500: T) {
    /// let network = Attached::without_dns(w5500, &EVENTS, Behaviour::W5500);
    /// # }
    /// ```
    pub fn without_dns(stack: T, link: L, behaviour: Behaviour) -> Self {
        let tcp_fault = |_: &_| StackFault::Unknown;
        let dns_fault = StackFault::NoResolver;
        Self { stack: WithoutDns(stack), link, behaviour, poll: |_| {}, tcp_fault, dns_fault }
    }
}

impl<T: TcpClientStack, L> Attached<T, L> {
    /// Calls `poll` before each step of an exchange: for stacks that move packets only then, such
    /// as smoltcp.
    ///
    /// ```no_run
    /// use safe_http_client::{Attached, Behaviour, LinkEvents};
    /// use smoltcp_nal::NetworkStack;
    /// static EVENTS: LinkEvents = LinkEvents::new();
    /// # fn f<D: smoltcp::phy::Device, T: embedded_time::Clock>(stack: NetworkStack<'static, D, T>)
    /// # where u32: From<T::T> {
    /// let network = Attached::new(stack, &EVENTS, Behaviour::SMOLTCP_NAL)
    ///     .with_poll(|stack| { stack.poll().ok(); });
    /// # }
    /// ```
    #[must_use]
    pub fn with_poll(mut self, poll: fn(&mut T)) -> Self {
        self.poll = poll;
        self
    }

    /// Says what the stack's errors stand for, so that a diagnosis tells a refused endpoint from
    /// one that can't be reached. Without it, it goes by the time that a failure took.
    ///
    #[cfg_attr(feature = "std", doc = "```")]
    #[cfg_attr(not(feature = "std"), doc = "```ignore")]
    /// use safe_http_client::{Attached, Behaviour, HostLink, StackFault};
    /// let stack = std_embedded_nal::Stack::default();
    /// // With the feature `std`, errors of the operating system are understood.
    /// let network = Attached::new(stack, HostLink, Behaviour::STD)
    ///     .with_faults(|error| StackFault::from(&error.0));
    /// # let _ = network;
    /// ```
    #[must_use]
    pub fn with_faults(mut self, tcp_fault: fn(&T::Error) -> StackFault) -> Self {
        self.tcp_fault = tcp_fault;
        self
    }

    /// The stack.
    ///
    /// ```
    /// # use safe_http_client::{Attached, Behaviour, LinkEvents};
    /// # static EVENTS: LinkEvents = LinkEvents::new();
    /// # let stack = std_embedded_nal::Stack::default();
    /// # let mut network = Attached::new(stack, &EVENTS, Behaviour::STD);
    /// let stack = network.stack_mut(); // for what only its driver knows
    /// ```
    pub fn stack_mut(&mut self) -> &mut T {
        &mut self.stack
    }

    /// The link.
    ///
    /// ```
    /// # use safe_http_client::{Attached, Behaviour, Link, LinkEvents};
    /// # static EVENTS: LinkEvents = LinkEvents::new();
    /// # let stack = std_embedded_nal::Stack::default();
    /// # let mut network = Attached::new(stack, &EVENTS, Behaviour::STD);
    /// assert!(network.link_mut().link_status().ip_config().is_err());
    /// ```
    pub fn link_mut(&mut self) -> &mut L {
        &mut self.link
    }
}

impl<T: TcpClientStack, L> TcpClientStack for Attached<T, L> {
    type TcpSocket = T::TcpSocket;
    type Error = T::Error;

    fn socket(&mut self) -> Result<Self::TcpSocket, Self::Error> {
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
        self.stack.receive(socket, buffer)
    }

    fn close(&mut self, socket: Self::TcpSocket) -> Result<(), Self::Error> {
        self.stack.close(socket)
    }
}

impl<T: TcpClientStack + Dns, L> Dns for Attached<T, L> {
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

impl<T: TcpClientStack, L: Link> Link for Attached<T, L> {
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

impl<T: TcpClientStack + Dns, L: Link> Network for Attached<T, L> {
    fn behaviour(&self) -> Behaviour {
        self.behaviour
    }

    fn poll_network(&mut self) {
        (self.poll)(&mut self.stack);
    }

    fn tcp_fault(&self, error: &<Self as TcpClientStack>::Error) -> StackFault {
        (self.tcp_fault)(error)
    }

    fn dns_fault(&self, _error: &<Self as Dns>::Error) -> StackFault {
        self.dns_fault
    }
}

/// The resolver of a stack without one: it fails at once.
///
/// ```
/// use safe_http_client::{Error, ErrorKind, NoDns, Phase};
/// let error: Error<(), NoDns> = Error::new(Phase::Resolve, ErrorKind::Resolve(NoDns));
/// assert_eq!(error.code(), "name_not_resolved");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NoDns;

/// A stack that resolves no names, with a [`Dns`] that says so.
///
/// ```
/// use embedded_nal::{AddrType, Dns, nb};
/// use safe_http_client::{NoDns, WithoutDns};
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
    type TcpSocket = T::TcpSocket;
    type Error = T::Error;

    fn socket(&mut self) -> Result<Self::TcpSocket, Self::Error> {
        self.0.socket()
    }

    fn connect(
        &mut self,
        socket: &mut Self::TcpSocket,
        remote: SocketAddr,
    ) -> nb::Result<(), Self::Error> {
        self.0.connect(socket, remote)
    }

    fn send(
        &mut self,
        socket: &mut Self::TcpSocket,
        buffer: &[u8],
    ) -> nb::Result<usize, Self::Error> {
        self.0.send(socket, buffer)
    }

    fn receive(
        &mut self,
        socket: &mut Self::TcpSocket,
        buffer: &mut [u8],
    ) -> nb::Result<usize, Self::Error> {
        self.0.receive(socket, buffer)
    }

    fn close(&mut self, socket: Self::TcpSocket) -> Result<(), Self::Error> {
        self.0.close(socket)
    }
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
