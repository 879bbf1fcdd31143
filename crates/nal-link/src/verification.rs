//! How far the server of a TLS connection was verified.

/// How far a network verifies the server of a TLS connection. A client keeps it with the facts of each call that
/// has sent something over one, and what isn't verified is said wherever those are shown.
///
/// ```
/// use nal_link::Verification;
/// let evidence = Verification::NotVerified;
/// assert_eq!(evidence.warning(), Some("the server's certificate was not verified"));
/// assert_eq!(Verification::Verified.warning(), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Verification {
    /// Nothing is known, or the connection isn't a TLS one.
    #[default]
    Unknown,
    /// The server is who it should be, by its certificate or its key.
    Verified,
    /// By its certificate, which may have expired, or not be valid yet.
    DatesNotVerified,
    /// An authority has signed the certificate, which may be any other host's.
    NameNotVerified,
    /// Anyone on the way can be the server.
    NotVerified,
}

impl Verification {
    /// What wasn't verified; `None` where there is nothing to say.
    pub const fn warning(self) -> Option<&'static str> {
        match self {
            Self::Unknown | Self::Verified => None,
            Self::DatesNotVerified => {
                Some("the dates of the server's certificate were not verified")
            }
            Self::NameNotVerified => Some("the name in the server's certificate was not verified"),
            Self::NotVerified => Some("the server's certificate was not verified"),
        }
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Verification {
    fn format(&self, f: defmt::Formatter<'_>) {
        // As constants of the log's own, which take no flash.
        match self {
            Self::Unknown => defmt::write!(f, "Unknown"),
            Self::Verified => defmt::write!(f, "Verified"),
            Self::DatesNotVerified => {
                defmt::write!(f, "the dates of the server's certificate were not verified");
            }
            Self::NameNotVerified => {
                defmt::write!(f, "the name in the server's certificate was not verified");
            }
            Self::NotVerified => defmt::write!(f, "the server's certificate was not verified"),
        }
    }
}
