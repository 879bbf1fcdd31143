//! What the client needs of a stack, and how stacks differ.

mod attached;
mod behaviour;

pub use attached::{Attached, NoDns, WithoutDns};
pub use behaviour::{Behaviour, Connect, PipeClosed, ZeroRead};

use crate::error::StackFault;
use crate::link::Link;
use core::net::IpAddr;
use embedded_nal::{Dns, TcpClientStack, nb};

/// A stack that can't do TLS was asked for it.
///
/// ```
/// use safe_http_client::{Error, ErrorKind, Phase, RequestError};
/// let error: Error<(), ()> = Error::new(Phase::Url, ErrorKind::Request(RequestError::NoTls));
/// assert_eq!(error.code(), "no_tls");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NoTls;

/// A stack that can't send pings was asked for one.
///
/// ```
/// # use safe_http_client::{Attached, Behaviour, LinkEvents, Network, NoPing, nb};
/// # static EVENTS: LinkEvents = LinkEvents::new();
/// # let mut network =
/// #     Attached::new(std_embedded_nal::Stack::default(), &EVENTS, Behaviour::STD);
/// let answer = network.ping([192, 168, 1, 1].into());
/// assert_eq!(answer, Err(nb::Error::Other(NoPing)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NoPing;

/// What a stack knows of itself that none of its errors says.
///
/// ```
/// use safe_http_client::Condition;
/// let mut condition = Condition::default();
/// condition.is_busy = true;
/// condition.last_words = b"busy p...";
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Condition<'a> {
    /// It is still busy with something that was given up, so that what is asked now has to wait.
    pub is_busy: bool,
    /// The radio sleeps between beacons: now and then a packet is late, or lost.
    pub radio_sleeps: bool,
    /// What it said last, as a modem's lines: shown as evidence.
    pub last_words: &'a [u8],
}

/// All that a [`SafeHttpClient`](crate::SafeHttpClient) needs below it: TCP, names, and a link that
/// says whether it has an address.
///
/// [`Attached`] makes one of any embedded-nal stack. Implement it for a driver that has all in one.
///
/// ```
/// use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
/// use safe_http_client::{Behaviour, Link, LinkStatus, Network, NoTls};
/// # use {core::net::{IpAddr, SocketAddr}, embedded_nal::{TcpError, TcpErrorKind}};
///
/// /// A modem that knows its link, resolves names and speaks TLS.
/// struct Modem { status: LinkStatus }
/// #[derive(Default)]
/// struct Socket { tls: bool }
/// #[derive(Debug)]
/// struct AtError;
///
/// impl Network for Modem {
///     fn behaviour(&self) -> Behaviour {
///         Behaviour::UNKNOWN
///     }
///     fn has_tls(&self) -> bool {
///         true
///     }
///     fn secure(&mut self, socket: &mut Socket, _server_name: &str) -> Result<(), NoTls> {
///         socket.tls = true; // for the `connect` that follows
///         Ok(())
///     }
/// }
/// impl Link for Modem {
///     fn link_status(&mut self) -> LinkStatus {
///         self.status
///     }
/// }
/// impl TcpClientStack for Modem {
///     type TcpSocket = Socket;
///     type Error = AtError;
///     // …
/// #   fn socket(&mut self) -> Result<Socket, AtError> { Ok(Socket::default()) }
/// #   fn connect(&mut self, _: &mut Socket, _: SocketAddr) -> nb::Result<(), AtError> { Ok(()) }
/// #   fn send(&mut self, _: &mut Socket, _: &[u8]) -> nb::Result<usize, AtError> { Ok(0) }
/// #   fn receive(&mut self, _: &mut Socket, _: &mut [u8]) -> nb::Result<usize, AtError> { Ok(0) }
/// #   fn close(&mut self, _: Socket) -> Result<(), AtError> { Ok(()) }
/// }
/// # impl TcpError for AtError { fn kind(&self) -> TcpErrorKind { TcpErrorKind::Other } }
/// impl Dns for Modem {
///     type Error = AtError;
///     // …
/// #   fn get_host_by_name(&mut self, _: &str, _: AddrType) -> nb::Result<IpAddr, AtError> {
/// #       Err(nb::Error::WouldBlock)
/// #   }
/// #   fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, AtError> {
/// #       Err(nb::Error::WouldBlock)
/// #   }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't carry requests: nothing says whether it has an IP address",
    label = "this stack isn't attached to a link",
    note = "attach the stack to its link: `Attached::new(stack, link, Behaviour::…)`, where the \
            link can be a `&LinkEvents` that your event handlers fill in"
)]
pub trait Network: TcpClientStack + Dns + Link {
    /// How the stack behaves where embedded-nal doesn't say.
    ///
    /// ```
    /// # use safe_http_client::{Attached, Behaviour, LinkEvents, Network};
    /// # static EVENTS: LinkEvents = LinkEvents::new();
    /// # let stack = std_embedded_nal::Stack::default();
    /// let network = Attached::new(stack, &EVENTS, Behaviour::STD);
    /// assert_eq!(network.behaviour(), Behaviour::STD);
    /// ```
    fn behaviour(&self) -> Behaviour;

    /// Lets the stack move packets. Called before each step and after a close; must not wait.
    ///
    /// ```
    /// # use safe_http_client::{Attached, Behaviour, LinkEvents, Network};
    /// # static EVENTS: LinkEvents = LinkEvents::new();
    /// # let stack = std_embedded_nal::Stack::default();
    /// let mut network = Attached::new(stack, &EVENTS, Behaviour::STD).with_poll(|_stack| { /* … */ });
    /// network.poll_network();
    /// ```
    fn poll_network(&mut self) {}

    /// Whether something has arrived on an idle connection that `receive` would take a while to
    /// deliver. Asked before a kept connection is used again: bytes that no request has asked for
    /// end it. A stack whose `receive` delivers at once what has arrived says `false`.
    ///
    /// ```
    /// # use safe_http_client::Network;
    /// # fn f<N: Network>(network: &mut N, socket: &mut N::TcpSocket) {
    /// if network.has_unread(socket) { /* not a connection for another request */ }
    /// # }
    /// ```
    fn has_unread(&mut self, _socket: &mut Self::TcpSocket) -> bool {
        false
    }

    /// Whether [`secure`](Self::secure) can succeed. Where it can't, an `https` URL is refused
    /// before anything is sent.
    ///
    /// ```
    /// # use safe_http_client::{Attached, Behaviour, LinkEvents, Network};
    /// # static EVENTS: LinkEvents = LinkEvents::new();
    /// # let stack = std_embedded_nal::Stack::default();
    /// let network = Attached::new(stack, &EVENTS, Behaviour::STD);
    /// assert!(!network.has_tls());
    /// ```
    fn has_tls(&self) -> bool {
        false
    }

    /// Called between `socket` and `connect` for an `https` URL: the connection is to be TLS, with
    /// a peer of this name.
    ///
    /// # Errors
    ///
    /// [`NoTls`] where the stack has none. The exchange ends then: nothing is sent in the clear.
    ///
    /// ```
    /// # use safe_http_client::NoTls;
    /// # use safe_http_client::{Attached, Behaviour, LinkEvents, Network};
    /// # static EVENTS: LinkEvents = LinkEvents::new();
    /// # let stack = std_embedded_nal::Stack::default();
    /// use embedded_nal::TcpClientStack;
    /// let mut network = Attached::new(stack, &EVENTS, Behaviour::STD);
    /// let mut socket = network.socket().unwrap();
    /// assert_eq!(network.secure(&mut socket, "gate.local"), Err(NoTls));
    /// ```
    fn secure(&mut self, _socket: &mut Self::TcpSocket, _server_name: &str) -> Result<(), NoTls> {
        Err(NoTls)
    }
    /// What an error of the stack's stands for. A diagnosis goes by it: without it, a refused and
    /// an unreachable endpoint are told apart by the time alone.
    ///
    /// ```
    /// # use safe_http_client::{Attached, Behaviour, LinkEvents, Network, StackFault};
    /// # static EVENTS: LinkEvents = LinkEvents::new();
    /// # let stack = std_embedded_nal::Stack::default();
    /// let network = Attached::new(stack, &EVENTS, Behaviour::STD);
    /// # use embedded_nal::TcpClientStack;
    /// # let mut network = network;
    /// # let mut socket = network.socket().unwrap();
    /// # let Err(safe_http_client::nb::Error::Other(error)) =
    /// #     network.connect(&mut socket, ([127, 0, 0, 1], 1).into())
    /// # else { return };
    /// assert_eq!(network.tcp_fault(&error), StackFault::Unknown); // nothing was said of it
    /// ```
    fn tcp_fault(&self, _error: &<Self as TcpClientStack>::Error) -> StackFault {
        StackFault::Unknown
    }

    /// What an error of the resolver's stands for.
    ///
    /// ```
    /// # use safe_http_client::{Attached, Behaviour, LinkEvents, Network, NoDns, StackFault};
    /// # static EVENTS: LinkEvents = LinkEvents::new();
    /// # let stack = std_embedded_nal::Stack::default();
    /// let network = Attached::without_dns(stack, &EVENTS, Behaviour::STD);
    /// assert_eq!(network.dns_fault(&NoDns), StackFault::NoResolver);
    /// ```
    fn dns_fault(&self, _error: &<Self as Dns>::Error) -> StackFault {
        StackFault::Unknown
    }

    /// What the stack knows of itself that none of its errors says. Asked when something failed.
    ///
    /// ```
    /// # use safe_http_client::{Attached, Behaviour, LinkEvents, Network};
    /// # static EVENTS: LinkEvents = LinkEvents::new();
    /// # let stack = std_embedded_nal::Stack::default();
    /// let network = Attached::new(stack, &EVENTS, Behaviour::STD);
    /// assert!(!network.condition().is_busy);
    /// ```
    fn condition(&self) -> Condition<'_> {
        Condition::default()
    }

    /// Sends an ICMP echo request: how many milliseconds the answer took, or `None` where none came
    /// in the stack's own time. Asked again until it is ready; asked for another host, it forgets
    /// the first.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while it waits; [`NoPing`] where the stack can't.
    ///
    /// ```
    /// # use safe_http_client::{Network, nb};
    /// # fn f<N: Network>(network: &mut N) {
    /// match network.ping([192, 168, 1, 1].into()) {
    ///     Ok(Some(ms)) => println!("the gateway answers in {ms} ms"),
    ///     Ok(None) => println!("the gateway says nothing"),
    ///     Err(_) => {} // not yet, or not here
    /// }
    /// # }
    /// ```
    fn ping(&mut self, _host: IpAddr) -> nb::Result<Option<u32>, NoPing> {
        Err(nb::Error::Other(NoPing))
    }

    /// The signal's strength in dBm, measured now; `None` where the stack can't.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while it waits.
    ///
    /// ```
    /// # use safe_http_client::{Attached, Behaviour, LinkEvents, Network};
    /// # static EVENTS: LinkEvents = LinkEvents::new();
    /// # let stack = std_embedded_nal::Stack::default();
    /// let mut network = Attached::new(stack, &EVENTS, Behaviour::STD);
    /// assert_eq!(network.signal_strength(), Ok(None)); // a cable
    /// ```
    fn signal_strength(&mut self) -> nb::Result<Option<i8>, core::convert::Infallible> {
        Ok(None)
    }
}

impl<N: Network> Network for &mut N {
    fn behaviour(&self) -> Behaviour {
        N::behaviour(self)
    }

    fn poll_network(&mut self) {
        N::poll_network(self);
    }

    fn has_unread(&mut self, socket: &mut Self::TcpSocket) -> bool {
        N::has_unread(self, socket)
    }

    fn has_tls(&self) -> bool {
        N::has_tls(self)
    }

    fn secure(&mut self, socket: &mut Self::TcpSocket, server_name: &str) -> Result<(), NoTls> {
        N::secure(self, socket, server_name)
    }

    fn tcp_fault(&self, error: &<Self as TcpClientStack>::Error) -> StackFault {
        N::tcp_fault(self, error)
    }

    fn dns_fault(&self, error: &<Self as Dns>::Error) -> StackFault {
        N::dns_fault(self, error)
    }

    fn condition(&self) -> Condition<'_> {
        N::condition(self)
    }

    fn ping(&mut self, host: IpAddr) -> nb::Result<Option<u32>, NoPing> {
        N::ping(self, host)
    }

    fn signal_strength(&mut self) -> nb::Result<Option<i8>, core::convert::Infallible> {
        N::signal_strength(self)
    }
}
