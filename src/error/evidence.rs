//! The figures and facts that come with an error.

use core::net::SocketAddr;
use nal_link::{LinkStatus, StackFault};

/// The facts of a call: of the last one that failed, where a client
/// [tells them](crate::SafeHttpClient::evidence).
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &SafeHttpClient<N, C>) {
/// let figures = client.evidence();
/// println!("{} bytes out, {} in, {} ms", figures.sent, figures.received, figures.elapsed_ms);
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Evidence {
    /// Milliseconds from the start of the call.
    pub elapsed_ms: u32,
    /// Milliseconds that the phase had lasted, or had lasted since its last progress.
    pub phase_ms: u32,
    /// Bytes of the request that the stack took, head included.
    pub sent: u32,
    /// Bytes of the response that arrived, head included.
    pub received: u32,
    /// The deadline of the phase in milliseconds; 0 where it has none.
    pub limit_ms: u32,
    /// The request used a connection that had been kept alive.
    pub reused: bool,
    /// What the stack's own error stands for, as far as the stack tells.
    pub fault: StackFault,
    /// The link when the call failed, with the address that it held. `None` where it wasn't asked.
    pub link: Option<LinkStatus>,
    /// The address that was to be connected, once it was known.
    #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
    pub remote: Option<SocketAddr>,
}
