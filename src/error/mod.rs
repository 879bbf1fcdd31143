//! What can go wrong, grouped by who has to act.
//!
//! An [`Error`] is a [kind](ErrorKind) and the [phase](Phase) in which it happened: small, since it is
//! returned. The [evidence](Evidence), figures that let a person (or the crate's diagnosis) tell why,
//! stays with the client.

mod evidence;
mod protocol;
mod request;

pub use evidence::{BodyFraming, BodyProgress, Evidence, Excerpt};
#[cfg(feature = "digest")]
pub use protocol::ChallengeError;
pub use protocol::{Peer, ProtocolError, RedirectError};
pub use request::{RequestError, TargetClass, UrlError};

use core::fmt::{self, Debug, Display, Formatter};
use nal_link::LinkError;

/// The step of a call in which an error happened.
///
/// ```
/// use safe_http_client::Phase;
/// /// Whether the server may have acted on the request.
/// fn may_have_acted(phase: Phase) -> bool {
///     matches!(phase, Phase::Send | Phase::Head | Phase::Body)
/// }
/// assert!(!may_have_acted(Phase::Connect));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Phase {
    /// The URL and the request were checked; nothing had been sent.
    Url,
    /// The link was asked whether it holds an IP address.
    Link,
    /// The host's name was resolved.
    Resolve,
    /// The connection was opened.
    Connect,
    /// The request was sent.
    Send,
    /// The response's head was awaited or read.
    Head,
    /// The response's body was read.
    Body,
}

impl Phase {
    /// The phase in lower case: `url`, `link`, `resolve`, `connect`, `send`, `head` or `body`.
    ///
    /// ```
    /// assert_eq!(safe_http_client::Phase::Head.name(), "head");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Link => "link",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Send => "send",
            Self::Head => "head",
            Self::Body => "body",
        }
    }
}

/// Which deadline ran out.
///
/// ```
/// use safe_http_client::{Deadline, Error, ErrorKind, Phase};
/// let kind = ErrorKind::Timeout { deadline: Deadline::Response, limit_ms: 3000 };
/// let error: Error<(), ()> = Error::new(Phase::Head, kind);
/// assert_eq!(error.code(), "response_timeout");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Deadline {
    /// The host's name is looked up.
    Resolve,
    /// The connection is opened.
    Connect,
    /// From the last byte of the request to the first byte of the response.
    Response,
    /// Between two pieces of progress once bytes flow.
    Idle,
    /// The whole call, from its first step to the end of its body.
    Total,
}

impl Deadline {
    /// In lower case, such as `connect`.
    ///
    /// ```
    /// assert_eq!(safe_http_client::Deadline::Resolve.name(), "resolve");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Response => "response",
            Self::Idle => "idle",
            Self::Total => "total",
        }
    }
}

/// What a buffer was too small for.
///
/// ```
/// use safe_http_client::{BufferUse, ErrorKind};
/// let what = BufferUse::ResponseHead;
/// let kind: ErrorKind<(), ()> =
///     ErrorKind::Buffer { what, needed: 700, available: 512, exact: true };
/// assert!(kind.to_string().ends_with("it has 512 bytes and needs 700"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum BufferUse {
    /// The request's head: request line and header fields, and a body that is copied behind them.
    RequestHead,
    /// The response's head: status line and header fields.
    ResponseHead,
    /// The body behind the head, where it was to be read whole or without a buffer of the caller's.
    Body,
    /// The trailer fields behind a chunked body.
    Trailers,
}

/// What went wrong, by who has to act. `T` is the TCP stack's own error, `D` its resolver's.
///
/// ```
/// use safe_http_client::ErrorKind;
/// /// Whether the same request may go through a little later.
/// fn is_passing<T, D>(kind: &ErrorKind<T, D>) -> bool {
///     matches!(kind, ErrorKind::Link(_) | ErrorKind::Timeout { .. } | ErrorKind::Connect(_))
/// }
/// assert!(!is_passing(&ErrorKind::<(), ()>::NotUtf8 { valid_up_to: 3 }));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind<T, D> {
    /// The caller's mistake: the request can't be sent as it is. No byte was sent, except where a
    /// body turned out longer or shorter than declared.
    Request(RequestError),
    /// The link can't carry the request.
    Link(LinkError),
    /// The resolver's own error for the host's name.
    Resolve(D),
    /// The name resolved to an address that is no host: 0.0.0.0, 255.255.255.255, loopback or
    /// multicast. Captive or broken DNS servers answer so.
    ResolvedTo(core::net::IpAddr, TargetClass),
    /// The stack had no socket to give.
    Socket(T),
    /// The stack's own error on opening the connection.
    Connect(T),
    /// The stack's own error on TLS, over a connection that was there.
    Handshake(T),
    /// The stack reported the connection as open, yet it was closed before it took a byte: on such
    /// a stack (see [`StackQuirks`](crate::StackQuirks)) that is a refused or unreachable endpoint.
    NotConnected(T),
    /// The stack's own error on sending.
    Send(T),
    /// The stack's own error on receiving.
    Receive(T),
    /// The peer closed the connection before the first byte of a response.
    ClosedBeforeResponse,
    /// The same on a connection that had been kept: the server had closed it, and the request can't be
    /// repeated without the risk that it is carried out twice.
    StaleConnection,
    /// The peer broke HTTP.
    Protocol(ProtocolError),
    /// The connection ended in the middle of the response.
    Truncated {
        /// Bytes of the part that was cut short: of the head, or of the body as it was decoded.
        received: u64,
        /// The length that the head announced, where it did.
        announced: Option<u64>,
    },
    /// Text was asked for, and the body isn't UTF-8.
    NotUtf8 {
        /// Bytes that are.
        valid_up_to: usize,
    },
    /// Text was asked for, and the body is compressed, although requests say that it mustn't be.
    Compressed,
    /// A buffer was too small.
    Buffer {
        /// What it was to hold.
        what: BufferUse,
        /// Bytes needed in all. The least that would help where `exact` is false.
        needed: usize,
        /// Bytes that there were.
        available: usize,
        /// The figure in `needed` was counted to the end, and isn't a lower bound.
        exact: bool,
    },
    /// A deadline ran out.
    Timeout {
        /// Which one.
        deadline: Deadline,
        /// Its length in milliseconds.
        limit_ms: u32,
    },
}

/// A failed call: what happened, and in which phase. At most 48 bytes on a chip whose stack has small
/// errors.
///
/// `Display` says it in a sentence for the person who has to fix it; the figures are in
/// [`SafeHttpClient::evidence`](crate::SafeHttpClient::evidence), and a
/// [diagnosis](crate::SafeHttpClient::diagnosis) shows both.
///
/// ```
/// use safe_http_client::{Error, ErrorKind, Phase, RequestError, TargetClass};
/// let error: Error<(), ()> =
///     Error::new(Phase::Url, ErrorKind::Request(RequestError::Target(TargetClass::Loopback)));
/// assert_eq!(error.code(), "loopback_target");
/// assert!(error.to_string().contains("the chip itself"));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Error<T, D> {
    /// What went wrong.
    pub kind: ErrorKind<T, D>,
    /// In which step of the call.
    pub phase: Phase,
}

impl<T, D> Error<T, D> {
    /// An error of this kind in this phase.
    pub const fn new(phase: Phase, kind: ErrorKind<T, D>) -> Self {
        Self { kind, phase }
    }

    /// A short name of the error for machines and logs, such as `response_timeout`. Stable within a
    /// major version.
    ///
    /// ```
    /// use safe_http_client::{Error, ErrorKind, LinkError, Phase};
    /// let error: Error<(), ()> = LinkError::NoAddress.into();
    /// assert_eq!((error.phase, error.code()), (Phase::Link, "no_address"));
    /// ```
    pub const fn code(&self) -> &'static str {
        match &self.kind {
            ErrorKind::Request(error) => error.code(),
            ErrorKind::Link(LinkError::Disconnected(_)) => "link_down",
            ErrorKind::Link(LinkError::NoAddress) => "no_address",
            ErrorKind::Link(LinkError::GatewayOutsideSubnet) => "gateway_outside_subnet",
            ErrorKind::Link(LinkError::NoDnsServer) => "no_dns_server",
            ErrorKind::Link(_) => "link",
            ErrorKind::Resolve(_) => "name_not_resolved",
            ErrorKind::ResolvedTo(..) => "name_resolved_to_no_host",
            ErrorKind::Socket(_) => "no_socket",
            ErrorKind::Connect(_) | ErrorKind::NotConnected(_) => "connect_failed",
            ErrorKind::Handshake(_) => "handshake_failed",
            ErrorKind::Send(_) => "send_failed",
            ErrorKind::Receive(_) => "receive_failed",
            ErrorKind::ClosedBeforeResponse => "empty_reply",
            ErrorKind::StaleConnection => "stale_connection",
            ErrorKind::Protocol(error) => error.code(),
            ErrorKind::Truncated { .. } => "truncated",
            ErrorKind::NotUtf8 { .. } => "not_utf8",
            ErrorKind::Compressed => "compressed",
            ErrorKind::Buffer { .. } => "buffer_too_small",
            ErrorKind::Timeout { deadline, .. } => match deadline {
                Deadline::Resolve => "resolve_timeout",
                Deadline::Connect => "connect_timeout",
                Deadline::Response => "response_timeout",
                Deadline::Idle => "idle_timeout",
                Deadline::Total => "total_timeout",
            },
        }
    }
}

impl<T, D> From<LinkError> for Error<T, D> {
    /// What [`online`](crate::SafeHttpClient::online) says, as a call would.
    fn from(error: LinkError) -> Self {
        Self::new(Phase::Link, ErrorKind::Link(error))
    }
}

impl<T: Debug, D: Debug> core::error::Error for Error<T, D> {}

impl<T: Debug, D: Debug> embedded_io::Error for Error<T, D> {
    fn kind(&self) -> embedded_io::ErrorKind {
        use embedded_io::ErrorKind as Io;
        match &self.kind {
            ErrorKind::Request(_) => Io::InvalidInput,
            ErrorKind::Link(_) | ErrorKind::Resolve(_) | ErrorKind::ResolvedTo(..) => Io::NotFound,
            ErrorKind::Connect(_) | ErrorKind::Handshake(_) | ErrorKind::NotConnected(_) => {
                Io::NotConnected
            }
            ErrorKind::ClosedBeforeResponse | ErrorKind::StaleConnection => Io::ConnectionReset,
            ErrorKind::Truncated { .. } => Io::ConnectionAborted,
            ErrorKind::Protocol(_) | ErrorKind::NotUtf8 { .. } | ErrorKind::Compressed => {
                Io::InvalidData
            }
            ErrorKind::Buffer { .. } => Io::OutOfMemory,
            ErrorKind::Timeout { .. } => Io::TimedOut,
            ErrorKind::Socket(_) | ErrorKind::Send(_) | ErrorKind::Receive(_) => Io::Other,
        }
    }
}

// `Display`: what happened, where, with which figures, what to do next.

impl Display for Phase {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl BufferUse {
    const fn text(self) -> &'static str {
        match self {
            Self::RequestHead => "the request",
            Self::ResponseHead => "the response's head",
            Self::Body => "the body behind the response's head",
            Self::Trailers => "the trailers behind the body",
        }
    }
}

impl<T: Debug, D: Debug> Display for ErrorKind<T, D> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => Display::fmt(error, f),
            Self::Link(error) => Display::fmt(error, f),
            Self::Resolve(error) => write!(
                f,
                "the host's name didn't resolve; check the name and the DNS server (resolver: \
                 {error:?})"
            ),
            Self::ResolvedTo(address, _) => write!(
                f,
                "the host's name resolved to {address}, which is no other host: check the DNS \
                 server, or whether a captive portal answers for it"
            ),
            Self::Socket(error) => write!(
                f,
                "the stack had no socket left; read responses to their end before you start more (stack: \
                 {error:?})"
            ),
            Self::Connect(error) => write!(
                f,
                "the connection couldn't be opened; check address, port and firewall, that the \
                 server runs, and that it isn't bound to 127.0.0.1 only (stack: {error:?})"
            ),
            Self::Handshake(error) => write!(
                f,
                "TLS with the host didn't come about; the stack says why: check the host's name in the URL, \
                 its certificate, who is trusted, and the clock (stack: {error:?})"
            ),
            Self::NotConnected(error) => write!(
                f,
                "the stack reported a connection, but there was none: the endpoint refused it or \
                 can't be reached; check address, port and server (stack: {error:?})"
            ),
            Self::Send(error) => write!(f, "the request couldn't be sent (stack: {error:?})"),
            Self::Receive(error) => {
                write!(f, "the connection broke while the response was awaited (stack: {error:?})")
            }
            Self::ClosedBeforeResponse => f.write_str(
                "the peer closed the connection without a response, or with no more than an interim one \
                 (1xx): the server crashed, dropped the request, or closed an idle connection",
            ),
            Self::StaleConnection => f.write_str(
                "the server had closed the connection that was kept, and a request that isn't \
                 idempotent isn't repeated: send it again if twice does no harm",
            ),
            Self::Protocol(error) => Display::fmt(error, f),
            Self::Truncated { received, announced: Some(announced) } => write!(
                f,
                "the connection ended in the middle of the response: {received} of {announced} \
                 bytes came"
            ),
            Self::Truncated { received, announced: None } => write!(
                f,
                "the connection ended in the middle of the response: {received} bytes came, and \
                 no end"
            ),
            Self::NotUtf8 { valid_up_to } => write!(
                f,
                "the body isn't UTF-8 text (its first {valid_up_to} bytes are): read it as bytes"
            ),
            Self::Compressed => f.write_str(
                "the body is compressed (Content-Encoding, or as gzip begins), which nobody asked for: \
                 switch it off in the server, or read the body as bytes and undo it",
            ),
            Self::Buffer { what, needed, available, exact } => {
                let least = if *exact { "" } else { "at least " };
                write!(
                    f,
                    "the buffer is too small for {}: it has {available} bytes and needs {least}\
                     {needed}",
                    what.text()
                )
            }
            Self::Timeout { deadline, limit_ms } => match deadline {
                Deadline::Resolve => write!(
                    f,
                    "the host's name didn't resolve within {limit_ms} ms: check that the DNS \
                     server's address is right and that it can be reached (a modem may also still \
                     be busy with a connect that was given up)"
                ),
                Deadline::Connect => write!(
                    f,
                    "no answer within the connect deadline of {limit_ms} ms: host down, wrong \
                     address, firewall, an access point that isolates its clients, or (https) a \
                     handshake that doesn't end"
                ),
                Deadline::Response => write!(
                    f,
                    "connected, but no response came within {limit_ms} ms: raise the response \
                     deadline, or let the server answer sooner"
                ),
                Deadline::Idle => write!(
                    f,
                    "nothing moved for {limit_ms} ms in the middle of the exchange, or the response's \
                     head took longer than that: the peer stopped (perhaps it announced more than it \
                     has, or keeps a body open that has no other end), or the network did; the \
                     evidence has the counts"
                ),
                Deadline::Total => {
                    write!(f, "the call took longer than its total deadline of {limit_ms} ms")
                }
            },
        }
    }
}

impl<T: Debug, D: Debug> Display for Error<T, D> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.phase, self.kind)
    }
}

#[cfg(feature = "defmt")]
impl<T: Debug, D: Debug> defmt::Format for ErrorKind<T, D> {
    fn format(&self, f: defmt::Formatter<'_>) {
        use defmt::{Debug2Format, write};
        match self {
            Self::Request(error) => write!(f, "Request({})", error),
            Self::Link(error) => write!(f, "Link({})", error),
            Self::Resolve(error) => write!(f, "Resolve({})", Debug2Format(error)),
            Self::ResolvedTo(address, class) => {
                write!(f, "ResolvedTo({}, {})", Debug2Format(address), class)
            }
            Self::Socket(error) => write!(f, "Socket({})", Debug2Format(error)),
            Self::Connect(error) => write!(f, "Connect({})", Debug2Format(error)),
            Self::Handshake(error) => write!(f, "Handshake({})", Debug2Format(error)),
            Self::NotConnected(error) => write!(f, "NotConnected({})", Debug2Format(error)),
            Self::Send(error) => write!(f, "Send({})", Debug2Format(error)),
            Self::Receive(error) => write!(f, "Receive({})", Debug2Format(error)),
            Self::ClosedBeforeResponse => write!(f, "ClosedBeforeResponse"),
            Self::StaleConnection => write!(f, "StaleConnection"),
            Self::Protocol(error) => write!(f, "Protocol({})", error),
            Self::Truncated { received, announced } => {
                write!(f, "Truncated({} of {})", received, announced)
            }
            Self::NotUtf8 { valid_up_to } => write!(f, "NotUtf8(from {})", valid_up_to),
            Self::Compressed => write!(f, "Compressed"),
            Self::Buffer { what, needed, available, exact } => write!(
                f,
                "Buffer({}: needed {}, available {}, exact {})",
                what, needed, available, exact
            ),
            Self::Timeout { deadline, limit_ms } => {
                write!(f, "Timeout({}, {} ms)", deadline, limit_ms)
            }
        }
    }
}

#[cfg(feature = "defmt")]
impl<T: Debug, D: Debug> defmt::Format for Error<T, D> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{} in {}: {}", self.code(), self.phase, self.kind);
    }
}
