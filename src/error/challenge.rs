//! Why a challenge can't be answered.

use core::fmt;

/// Why a server's challenge isn't answered: it answered 401, and nothing of the password was sent.
///
/// ```
/// use safe_http_client::ChallengeError;
/// assert!(ChallengeError::NoDigest.to_string().contains("no Digest"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ChallengeError {
    /// There is no challenge for Digest: for another scheme, or none.
    NoDigest,
    /// `WWW-Authenticate` can't be read, or has no realm or no nonce.
    Malformed,
    /// Another hash than SHA-256 and MD5.
    Algorithm,
    /// Another quality of protection than `auth`, such as `auth-int` alone.
    Quality,
    /// No quality of protection at all, as before 1999 (RFC 2069): what was heard once could be used again.
    Weak,
    /// The buffer has no room for the request, the answer to the challenge, and a response.
    Buffer {
        /// The least that would have helped here, in bytes.
        needed: usize,
        /// What it has.
        available: usize,
    },
}

impl fmt::Display for ChallengeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoDigest => {
                "the server wants credentials, and offers no Digest: use basic or bearer if it offers them, and \
                 the way there is secure"
            }
            Self::Malformed => {
                "the server's WWW-Authenticate can't be read, or has no realm or no nonce"
            }
            Self::Algorithm => "the server wants Digest with another hash than SHA-256 or MD5",
            Self::Quality => "the server wants Digest with another qop than auth",
            Self::Weak => {
                "the server wants Digest without qop, as before 1999: whoever listens could send the same again"
            }
            Self::Buffer { needed, available } => {
                return write!(
                    f,
                    "the buffer is too small to answer this challenge: it has {available} bytes and needs at \
                     least {needed}"
                );
            }
        })
    }
}

impl core::error::Error for ChallengeError {}
