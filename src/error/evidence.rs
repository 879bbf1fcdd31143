//! The figures and facts that come with an error.

use super::Excerpt;
use core::fmt;
use core::net::SocketAddr;
use nal_link::{LinkStatus, StackFault, Verification};

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
    /// How far the server was verified that the request was sent to, by TLS.
    pub verification: Verification,
    /// What the stack's own error stands for, as far as the stack tells.
    pub fault: StackFault,
    /// The link when the call failed, with the address that it held. `None` where it wasn't asked.
    pub link: Option<LinkStatus>,
    /// The address that was to be connected, once it was known.
    #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
    pub remote: Option<SocketAddr>,
    /// The status of the response, once its head had come.
    pub status: Option<u16>,
    /// How far the response's body had come.
    pub body: Option<BodyProgress>,
    /// What was being read of the response when the call failed: its first bytes where they are no status
    /// line, or the line of its head, or of its framing, that is wrong or was cut. Empty where nothing was.
    pub answer: Excerpt,
}

/// How far a body had come.
///
/// ```
/// use safe_http_client::{BodyFraming, BodyProgress};
/// let progress = BodyProgress { received: 5, framing: BodyFraming::Length(6) };
/// assert_eq!(progress.to_string(), "5 of 6 bytes of the body came");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BodyProgress {
    /// Bytes of it, as they were decoded and taken.
    pub received: u64,
    /// What is to tell its end.
    pub framing: BodyFraming,
}

/// What tells where a body ends (RFC 9112 section 6.3).
///
/// ```
/// use safe_http_client::{BodyFraming, BodyProgress};
/// let progress = BodyProgress { received: 5, framing: BodyFraming::UntilClose };
/// assert!(progress.to_string().ends_with("neither a length nor chunks tell its end"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum BodyFraming {
    /// `Content-Length`, which announced so many bytes.
    Length(u64),
    /// The last chunk.
    Chunked,
    /// The end of the connection: there is neither a length nor chunks.
    UntilClose,
}

impl fmt::Display for BodyProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let received = self.received;
        match self.framing {
            BodyFraming::Length(announced) => {
                write!(f, "{received} of {announced} bytes of the body came")
            }
            BodyFraming::Chunked => {
                write!(f, "{received} bytes of the body came in chunks, and no last chunk")
            }
            BodyFraming::UntilClose => write!(
                f,
                "{received} bytes of the body came; neither a length nor chunks tell its end"
            ),
        }
    }
}
