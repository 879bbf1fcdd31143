//! Why smoltcp failed.

use embedded_nal::{TcpError, TcpErrorKind};
use nal_link::StackFault;

/// Why a connection failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SmoltcpError {
    /// The peer refused the connection.
    Refused,
    /// The peer reset the connection.
    Reset,
    /// The connection takes no more bytes.
    Closed,
    /// There is no route, or no address yet.
    NoRoute,
    /// The target is IPv6, which this adapter doesn't know.
    NotIpv4,
    /// The one socket is in use.
    NoSocket,
}

impl SmoltcpError {
    /// What it stands for in a diagnosis.
    pub fn fault(&self) -> StackFault {
        match self {
            Self::Refused => StackFault::Refused,
            Self::Reset => StackFault::Reset,
            Self::Closed => StackFault::Closed,
            Self::NoRoute => StackFault::Unreachable,
            Self::NotIpv4 => StackFault::NotDialled,
            Self::NoSocket => StackFault::NoSocket,
        }
    }
}

impl TcpError for SmoltcpError {
    fn kind(&self) -> TcpErrorKind {
        match self {
            Self::Closed => TcpErrorKind::PipeClosed,
            _ => TcpErrorKind::Other,
        }
    }
}

/// Why a name wasn't resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// The network was made without a DNS socket.
    NoResolver,
    /// The name can't be asked for.
    Invalid,
    /// All of the DNS socket's queries are in use.
    Busy,
    /// The server has no answer, or none that is an IPv4 address; or it is silent.
    NotFound,
}

impl NameError {
    /// What it stands for in a diagnosis.
    pub fn fault(&self) -> StackFault {
        match self {
            Self::NoResolver => StackFault::NoResolver,
            Self::Busy => StackFault::Busy,
            Self::Invalid | Self::NotFound => StackFault::NameNotFound,
        }
    }
}
