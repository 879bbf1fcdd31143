//! lwIP's errors, as far as it tells them apart.

use core::ffi::c_int;
use core::fmt::{self, Display, Formatter};
use embedded_nal::{TcpError, TcpErrorKind};
use nal_link::StackFault;

/// Why lwIP failed a call.
///
/// ```
/// use lwip_nal::LwipError;
/// use nal_link::StackFault;
///
/// assert_eq!(StackFault::from(LwipError::Refused), StackFault::Refused);
/// assert_eq!(LwipError::InEventHandler.to_string(), "called from an event handler");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum LwipError {
    /// The connect was answered with a reset.
    Refused,
    /// The peer reset an open connection. All that came before it was delivered.
    Reset,
    /// No acknowledgement came in lwIP's own patience: 18 s for a connect as it is configured as a rule.
    TimedOut,
    /// No netif leads to the host.
    NoRoute,
    /// The netif has lost its address, has got another, or never had one.
    NoAddress,
    /// lwIP has no memory: no pbuf, no segment, no heap.
    NoMemory,
    /// lwIP has no connection or port left, or all sockets of this crate are open.
    NoSocket,
    /// lwIP had no connection left, and gave this one to somebody else.
    Displaced,
    /// Called from an event handler: in a callback of lwIP's, or of the firmware's own. No packet can
    /// come in before it returns, so that nothing could ever complete; nothing was sent.
    InEventHandler,
    /// The socket isn't connected.
    Closed,
    /// There is no such name, or no DNS server answered: lwIP doesn't tell which.
    NoName,
    /// No DNS server is set, or lwIP was built without DNS.
    NoResolver,
    /// The name is empty, too long, or has a zero byte in it.
    BadName,
    /// The address isn't an IPv4 address.
    NotIpv4,
    /// An error of lwIP's that these calls don't have.
    Other,
}

/// What a call of the C side's returns below 0.
pub(crate) const PENDING: c_int = -1;
pub(crate) const END: c_int = -2;

impl LwipError {
    /// The error for what the C side returned; see safe_http_lwip.h.
    pub(crate) const fn of(code: c_int) -> Self {
        match code {
            -3 => Self::Refused,
            -4 => Self::Reset,
            -5 => Self::TimedOut,
            -6 => Self::NoRoute,
            -7 => Self::NoAddress,
            -8 => Self::NoMemory,
            -9 => Self::NoSocket,
            -10 => Self::Displaced,
            -11 => Self::InEventHandler,
            -12 => Self::Closed,
            -13 => Self::NoName,
            -14 => Self::NoResolver,
            -15 => Self::BadName,
            _ => Self::Other,
        }
    }
}

impl From<LwipError> for StackFault {
    fn from(error: LwipError) -> Self {
        match error {
            LwipError::Refused => Self::Refused,
            LwipError::Reset => Self::Reset,
            LwipError::TimedOut => Self::TimedOut,
            LwipError::NoRoute => Self::Unreachable,
            LwipError::NoAddress => Self::NoAddress,
            LwipError::NoMemory => Self::OutOfMemory,
            LwipError::NoSocket | LwipError::Displaced => Self::NoSocket,
            LwipError::InEventHandler => Self::InEventHandler,
            LwipError::Closed => Self::Closed,
            LwipError::NoName => Self::NameNotFound,
            LwipError::NoResolver => Self::NoResolver,
            LwipError::BadName | LwipError::NotIpv4 | LwipError::Other => Self::Unknown,
        }
    }
}

impl Display for LwipError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "refused",
            Self::Reset => "reset by the peer",
            Self::TimedOut => "no acknowledgement",
            Self::NoRoute => "no route",
            Self::NoAddress => "the address was lost, or changed",
            Self::NoMemory => "lwIP has no memory left",
            Self::NoSocket => "lwIP has no connection left",
            Self::Displaced => "lwIP gave the connection to somebody else",
            Self::InEventHandler => "called from an event handler",
            Self::Closed => "not connected",
            Self::NoName => "no such name, or no DNS server answered",
            Self::NoResolver => "no DNS server is set",
            Self::BadName => "not a name that can be looked up",
            Self::NotIpv4 => "not an IPv4 address",
            Self::Other => "an error of lwIP's",
        })
    }
}

impl core::error::Error for LwipError {}

impl TcpError for LwipError {
    fn kind(&self) -> TcpErrorKind {
        match self {
            Self::Closed => TcpErrorKind::PipeClosed,
            _ => TcpErrorKind::Other,
        }
    }
}
