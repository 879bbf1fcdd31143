//! The figures and facts that come with an error.

use super::{LinkStatus, StackFault};
use core::net::SocketAddr;

/// The facts of a failed exchange.
///
/// ```
/// use safe_http_client::{Error, ErrorKind, Phase};
/// let error: Error<(), ()> = Error::new(Phase::Head, ErrorKind::ClosedBeforeResponse);
/// let figures = error.evidence;
/// println!("{} bytes out, {} in, {} ms", figures.sent, figures.received, figures.elapsed_ms);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Evidence {
    /// Milliseconds from the start of the exchange to the error.
    pub elapsed_ms: u32,
    /// Milliseconds that the failed phase had lasted, or had lasted since its last progress.
    pub phase_ms: u32,
    /// Bytes of the request that the stack took, head included.
    pub sent: u32,
    /// Bytes of the response that arrived, head included.
    pub received: u32,
    /// The deadline of the failed phase in milliseconds; 0 where it has none.
    pub limit_ms: u32,
    /// The request used a connection that had been kept alive.
    pub reused: bool,
    /// What the stack's own error stands for, as far as the stack tells.
    pub fault: StackFault,
    /// The link when the exchange failed, with the address that it held. `None` where it wasn't asked.
    pub link: Option<LinkStatus>,
    /// The address that was to be connected, once it was known.
    #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
    pub remote: Option<SocketAddr>,
}
