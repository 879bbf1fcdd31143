//! What a client needs of a stack, and what helps where a request failed.

use crate::{Link, StackFault, StackQuirks, Verification};
use core::convert::Infallible;
use core::net::IpAddr;
use embedded_nal::{Dns, TcpClientStack};

/// A stack that can't do TLS was asked for it.
///
/// ```
/// use nal_link::NoTls;
/// // For a modem without TLS.
/// fn secure(_server_name: &str) -> Result<(), NoTls> { Err(NoTls) }
/// # assert_eq!(secure("gate.local"), Err(NoTls));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NoTls;

/// A stack that can't send pings was asked for one.
///
/// ```
/// # use nal_link::{Diagnostics, LinkEvents, NalNetwork, NoPing, StackQuirks, nb};
/// # static EVENTS: LinkEvents = LinkEvents::new();
/// # let mut network =
/// #     NalNetwork::new(std_embedded_nal::Stack::default(), &EVENTS, StackQuirks::STD);
/// let answer = network.ping([192, 168, 1, 1].into());
/// assert_eq!(answer, Err(nb::Error::Other(NoPing)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NoPing;

/// What a stack knows of itself that none of its errors says.
///
/// ```
/// use nal_link::{StackFault, StackStatus};
/// let mut status = StackStatus::default();
/// status.pending = StackFault::Busy;
/// status.last_words = b"busy p...";
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct StackStatus<'a> {
    /// What it stands for if a connect's time is up now, or if the link is down: a modem that answers nothing or
    /// can't be driven ([`ModemSilent`](StackFault::ModemSilent) and the like), so that nobody tells;
    /// [`Busy`](StackFault::Busy) with something that was given up, so that what is asked now has to wait; or a
    /// connection that is there is in its TLS handshake ([`Unanswered`](crate::TlsFault::Unanswered),
    /// [`Unfinished`](crate::TlsFault::Unfinished)), and its host isn't down. `Unknown` where there is nothing of the
    /// kind.
    pub pending: StackFault,
    /// The radio sleeps between beacons: now and then a packet is late, or lost.
    pub radio_sleeps: bool,
    /// What it said last, as a modem's lines: shown as evidence.
    pub last_words: &'a [u8],
    /// How often `receive` gave `Ok(0)` on the socket that was opened last: many of them, where that is
    /// [declared](crate::ZeroRead) as nothing yet, and the response doesn't go on, are the stack's end of
    /// a stream. [`NalNetwork`](crate::NalNetwork) counts them.
    pub zero_reads: u32,
    /// Whether `receive` also said `WouldBlock` there. A stack that has that for nothing yet means
    /// something else by `Ok(0)`.
    pub would_block: bool,
    /// How far it verifies the servers of TLS connections; a client asks where it has sent something over one.
    pub verification: Verification,
}

/// All that a client needs below it: TCP, names, and a link that says whether it has an address.
///
/// [`NalNetwork`](crate::NalNetwork) makes one of any embedded-nal stack. Implement it for a driver
/// that has all in one.
///
/// ```
/// use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
/// use nal_link::{Diagnostics, Link, LinkStatus, Network, NoTls, StackQuirks};
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
///     fn quirks(&self) -> StackQuirks {
///         StackQuirks::UNKNOWN
///     }
///     fn has_tls(&self) -> bool {
///         true
///     }
///     fn secure(&mut self, socket: &mut Socket, _server_name: &str) -> Result<(), NoTls> {
///         socket.tls = true; // for the `connect` that follows
///         Ok(())
///     }
/// }
/// impl Diagnostics for Modem {} // it has nothing to add
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
    note = "attach the stack to its link: `NalNetwork::new(stack, link, StackQuirks::…)`, where the \
            link can be a `&LinkEvents` that your event handlers fill in"
)]
pub trait Network: TcpClientStack + Dns + Link + Diagnostics {
    /// How the stack behaves where embedded-nal doesn't say.
    fn quirks(&self) -> StackQuirks;

    /// Lets the stack move packets. Called before each step and after a close; must not wait.
    fn poll_network(&mut self) {}

    /// Whether something has arrived on an idle connection that `receive` would take a while to
    /// deliver. Asked before a kept connection is used again: bytes that no request has asked for
    /// end it. A stack whose `receive` delivers at once what has arrived says `false`.
    fn has_unread(&mut self, _socket: &mut Self::TcpSocket) -> bool {
        false
    }

    /// Whether [`secure`](Self::secure) can succeed. Where it can't, an `https` URL is refused
    /// before anything is sent.
    fn has_tls(&self) -> bool {
        false
    }

    /// Called between `socket` and `connect` for an `https` URL: the connection is to be TLS, with
    /// a peer of this name.
    ///
    /// # Errors
    ///
    /// [`NoTls`] where the stack has none. The request ends then: nothing is sent in the clear.
    fn secure(&mut self, _socket: &mut Self::TcpSocket, _server_name: &str) -> Result<(), NoTls> {
        Err(NoTls)
    }
}

/// What a stack can tell where a request failed. Everything has a default, so that a stack which
/// can tell nothing has an empty `impl`.
///
/// ```
/// use nal_link::{Diagnostics, nb};
///
/// fn gateway_answers<N: Diagnostics>(network: &mut N) -> Option<bool> {
///     match network.ping([192, 168, 1, 1].into()) {
///         Ok(answered_in_ms) => Some(answered_in_ms.is_some()),
///         Err(nb::Error::WouldBlock) => None, // ask again
///         Err(nb::Error::Other(_)) => None,   // this stack can't
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `Diagnostics`",
    label = "nothing says what this stack can tell of a failed request",
    note = "`impl Diagnostics for …` may be empty: each of its methods has a default"
)]
pub trait Diagnostics: TcpClientStack + Dns {
    /// What an error of the stack's stands for. A diagnosis goes by it: without it, a refused and
    /// an unreachable endpoint are told apart by the time alone.
    fn tcp_fault(&self, _error: &<Self as TcpClientStack>::Error) -> StackFault {
        StackFault::Unknown
    }

    /// What an error of the resolver's stands for.
    fn dns_fault(&self, _error: &<Self as Dns>::Error) -> StackFault {
        StackFault::Unknown
    }

    /// What the stack knows of itself that none of its errors says. Asked when something failed, and for a call's
    /// figures.
    fn status(&self) -> StackStatus<'_> {
        StackStatus::default()
    }

    /// Sends an ICMP echo request: how many milliseconds the answer took, or `None` where none came
    /// in the stack's own time. Asked again until it is ready; asked for another host, it forgets
    /// the first.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while it waits; [`NoPing`] where the stack can't.
    fn ping(&mut self, _host: IpAddr) -> nb::Result<Option<u32>, NoPing> {
        Err(nb::Error::Other(NoPing))
    }

    /// The signal's strength in dBm, measured now; `None` where the stack can't.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while it waits.
    fn signal_strength(&mut self) -> nb::Result<Option<i8>, Infallible> {
        Ok(None)
    }
}

impl<N: Network> Network for &mut N {
    fn quirks(&self) -> StackQuirks {
        N::quirks(self)
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
}

impl<N: Diagnostics> Diagnostics for &mut N {
    fn tcp_fault(&self, error: &<Self as TcpClientStack>::Error) -> StackFault {
        N::tcp_fault(self, error)
    }

    fn dns_fault(&self, error: &<Self as Dns>::Error) -> StackFault {
        N::dns_fault(self, error)
    }

    fn status(&self) -> StackStatus<'_> {
        N::status(self)
    }

    fn ping(&mut self, host: IpAddr) -> nb::Result<Option<u32>, NoPing> {
        N::ping(self, host)
    }

    fn signal_strength(&mut self) -> nb::Result<Option<i8>, Infallible> {
        N::signal_strength(self)
    }
}
