//! Why a redirect isn't followed.

use super::UrlError;
use core::fmt;

/// Why a redirect isn't followed. The response that asked for it was received.
///
/// ```
/// use safe_http_client::{RedirectError, UrlError};
/// let error = RedirectError::Location(UrlError::UnsupportedScheme);
/// assert_eq!(error.to_string(), "Location: this URL's scheme is neither http nor https");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RedirectError {
    /// More redirects came than are to be followed.
    TooMany {
        /// So many were followed.
        limit: u8,
    },
    /// It leads where the same request has been already.
    Loop,
    /// It leads from `https` to `http`, where everybody on the way reads along.
    Downgrade,
    /// `Location` is no URL.
    Location(UrlError),
    /// The buffer has no room for the request, the places that it was sent to, and a response.
    Buffer {
        /// The least that would have helped here, in bytes.
        needed: usize,
        /// What it has.
        available: usize,
    },
}

impl RedirectError {
    /// In a buffer that has so many bytes more, which are all taken.
    pub(crate) fn with(self, taken: usize) -> Self {
        match self {
            Self::Buffer { needed, available } => Self::Buffer {
                needed: needed.saturating_add(taken),
                available: available.saturating_add(taken),
            },
            other => other,
        }
    }
}

impl fmt::Display for RedirectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany { limit } => write!(f, "more than {limit} redirects"),
            Self::Loop => f.write_str("the redirects lead in a circle"),
            Self::Downgrade => f.write_str("a redirect leads from https to http"),
            Self::Location(error) => write!(f, "Location: {error}"),
            Self::Buffer { needed, available } => write!(
                f,
                "the buffer is too small to follow this redirect: it has {available} bytes and needs \
                 at least {needed}"
            ),
        }
    }
}

impl core::error::Error for RedirectError {}
