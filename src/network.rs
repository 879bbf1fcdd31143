//! What the client needs of a stack, and how stacks differ.

use crate::link::{Link, LinkStatus};
use core::net::{IpAddr, SocketAddr};
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};

/// What `Ok(0)` from `receive` means. embedded-nal leaves it open, and stacks contradict one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ZeroRead {
    /// The peer sends no more: the end of the stream.
    EndOfStream,
    /// Nothing has arrived yet, as `WouldBlock` says on other stacks.
    NoData,
}

/// What the error kind `PipeClosed` from `receive` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PipeClosed {
    /// Everything the peer sent was delivered; it sends no more.
    EndOfStream,
    /// The connection is gone, and data that had arrived may be lost. A body that ends where the
    /// connection ends can't be trusted to be whole on such a stack, and is an error.
    MayLoseData,
    /// The connection was aborted.
    Aborted,
}

/// How `connect` behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Connect {
    /// It returns when the outcome is known. The connect deadline can't interrupt it: it is looked
    /// at before and after.
    Blocks,
    /// It returns `WouldBlock` until the outcome is known.
    Polls,
    /// It returns `WouldBlock` until it succeeds, and dials again after a refusal: a refused
    /// connection ends by the connect deadline alone.
    PollsForEver,
    /// It blocks, and returns `Ok` even where the connection was refused or never came about.
    /// The first `send` tells.
    ReportsSuccess,
}

/// How a stack behaves where embedded-nal doesn't say. Declared once, where the stack is
/// [attached](Attached::new); there is a constant for each stack that was tried.
///
/// ```
/// use safe_http_client::{Behaviour, ZeroRead};
/// assert_eq!(Behaviour::STD.zero_read, ZeroRead::EndOfStream);
/// assert_eq!(Behaviour::SMOLTCP_NAL.zero_read, ZeroRead::NoData);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Behaviour {
    /// What `Ok(0)` from `receive` means.
    pub zero_read: ZeroRead,
    /// What `PipeClosed` from `receive` means.
    pub pipe_closed: PipeClosed,
    /// How `connect` behaves.
    pub connect: Connect,
    /// `receive` never reports the end of the stream, but a `send` of no bytes costs nothing and
    /// is `PipeClosed` after it: the client asks that way.
    pub empty_send_tells_end: bool,
}

impl Behaviour {
    /// For a stack of which nothing is known: nothing but an error ends a stream, and that error
    /// may have lost data. Responses with a length or chunks work; others end in an error.
    pub const UNKNOWN: Self = Self {
        zero_read: ZeroRead::NoData,
        pipe_closed: PipeClosed::MayLoseData,
        connect: Connect::Polls,
        empty_send_tells_end: false,
    };

    /// `std-embedded-nal` 0.4: the operating system's sockets. `connect` blocks.
    pub const STD: Self = Self {
        zero_read: ZeroRead::EndOfStream,
        pipe_closed: PipeClosed::Aborted,
        connect: Connect::Blocks,
        empty_send_tells_end: false,
    };

    /// `smoltcp-nal` 0.7. Needs [`Attached::with_poll`]. A reset looks like an end of the stream,
    /// so a body without a length or chunks can be cut short unnoticed.
    pub const SMOLTCP_NAL: Self = Self {
        zero_read: ZeroRead::NoData,
        pipe_closed: PipeClosed::EndOfStream,
        connect: Connect::PollsForEver,
        empty_send_tells_end: false,
    };

    /// `esp-at-nal` 0.5. `connect`, `send` and `receive` block; there is no `Dns`.
    pub const ESP_AT_NAL: Self = Self {
        zero_read: ZeroRead::NoData,
        pipe_closed: PipeClosed::EndOfStream,
        connect: Connect::Blocks,
        empty_send_tells_end: true,
    };

    /// `w5500` 0.6. `connect` and `send` block; there is no `Dns`. What arrived before the peer's
    /// close and wasn't read by then is lost.
    pub const W5500: Self = Self {
        zero_read: ZeroRead::NoData,
        pipe_closed: PipeClosed::MayLoseData,
        connect: Connect::ReportsSuccess,
        empty_send_tells_end: false,
    };

    /// `wincwifi` 0.3.
    pub const WINCWIFI: Self = Self {
        zero_read: ZeroRead::EndOfStream,
        pipe_closed: PipeClosed::EndOfStream,
        connect: Connect::Polls,
        empty_send_tells_end: false,
    };

    /// `quectel-bg77-at` 0.4. Calls block; the end of a stream is never reported.
    pub const QUECTEL_BG77: Self = Self {
        zero_read: ZeroRead::NoData,
        pipe_closed: PipeClosed::Aborted,
        connect: Connect::Blocks,
        empty_send_tells_end: false,
    };
}

/// A stack that can't do TLS was asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NoTls;

/// All that a [`SafeHttpClient`](crate::SafeHttpClient) needs below it: TCP, names, and a link that
/// says whether it has an address.
///
/// [`Attached`] makes one of any embedded-nal stack. Implement it for a driver that has all in one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't carry requests: nothing says whether it has an IP address",
    label = "this stack isn't attached to a link",
    note = "attach the stack to its link: `Attached::new(stack, link, Behaviour::…)`, where the \
            link can be a `&LinkEvents` that your event handlers fill in"
)]
pub trait Network: TcpClientStack + Dns + Link {
    /// How the stack behaves where embedded-nal doesn't say.
    fn behaviour(&self) -> Behaviour;

    /// Lets the stack move packets. Called before each step and after a close; must not wait.
    fn poll_network(&mut self) {}

    /// Whether [`secure`](Self::secure) can succeed. Where it can't, an `https` URL is refused
    /// before anything is sent.
    fn has_tls(&self) -> bool {
        false
    }

    /// Called between `socket` and `connect` for an `https` URL: the connection is to be TLS, with
    /// a peer of this name.
    fn secure(&mut self, _socket: &mut Self::TcpSocket, _server_name: &str) -> Result<(), NoTls> {
        Err(NoTls)
    }
}

impl<N: Network> Network for &mut N {
    fn behaviour(&self) -> Behaviour {
        N::behaviour(self)
    }

    fn poll_network(&mut self) {
        N::poll_network(self);
    }

    fn has_tls(&self) -> bool {
        N::has_tls(self)
    }

    fn secure(&mut self, socket: &mut Self::TcpSocket, server_name: &str) -> Result<(), NoTls> {
        N::secure(self, socket, server_name)
    }
}

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
pub struct Attached<T, L> {
    stack: T,
    link: L,
    behaviour: Behaviour,
    poll: fn(&mut T),
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
    pub fn new(stack: T, link: L, behaviour: Behaviour) -> Self {
        Self { stack, link, behaviour, poll: |_| {} }
    }
}

impl<T: TcpClientStack, L: Link> Attached<WithoutDns<T>, L> {
    /// Attaches a stack that resolves no names: targets have to be IP addresses, or requests say
    /// [`connect_to`](crate::Request::connect_to).
    pub fn without_dns(stack: T, link: L, behaviour: Behaviour) -> Self {
        Self { stack: WithoutDns(stack), link, behaviour, poll: |_| {} }
    }
}

impl<T, L> Attached<T, L> {
    /// Calls `poll` before each step of an exchange: for stacks that move packets only then, such
    /// as smoltcp.
    ///
    /// ```ignore
    /// Attached::new(stack, &EVENTS, Behaviour::SMOLTCP_NAL).with_poll(|stack| { stack.poll().ok(); })
    /// ```
    #[must_use]
    pub fn with_poll(mut self, poll: fn(&mut T)) -> Self {
        self.poll = poll;
        self
    }

    /// The stack.
    pub fn stack_mut(&mut self) -> &mut T {
        &mut self.stack
    }

    /// The link.
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

impl<T: Dns, L> Dns for Attached<T, L> {
    type Error = T::Error;

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

impl<T, L: Link> Link for Attached<T, L> {
    fn link_status(&mut self) -> LinkStatus {
        self.link.link_status()
    }

    fn has_loopback(&self) -> bool {
        self.link.has_loopback()
    }
}

impl<T: TcpClientStack + Dns, L: Link> Network for Attached<T, L> {
    fn behaviour(&self) -> Behaviour {
        self.behaviour
    }

    fn poll_network(&mut self) {
        (self.poll)(&mut self.stack);
    }
}

/// The resolver of a stack without one: it fails at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NoDns;

/// A stack that resolves no names, with a [`Dns`] that says so.
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
