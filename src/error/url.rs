//! What is wrong with a URL.

use core::fmt;

/// Why a text is no URL that this client can use.
///
/// `at` counts bytes from the start of the text that was given.
///
/// ```
/// use safe_http_client::{Url, UrlError};
/// let error = Url::parse("http://gate.local/front door").unwrap_err();
/// assert_eq!(error, UrlError::InvalidCharacter { at: 23, byte: b' ' });
/// assert!(error.to_string().ends_with("(byte 23 is 0x20: write %20)"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum UrlError {
    /// No `http://` in front.
    MissingScheme,
    /// Something in front of `http://` that doesn't belong to it: a blank, a quotation mark, a byte order
    /// mark.
    BeforeScheme {
        /// The first byte of it.
        byte: u8,
    },
    /// A line end or white space behind the URL, as a console or a file leaves it.
    TrailingSpace {
        /// Where.
        at: usize,
        /// Which byte.
        byte: u8,
    },
    /// A `#`, `/` or `?` in a user name or password, which ends the host there unless it is percent-encoded.
    InvalidUserinfo {
        /// Where.
        at: usize,
        /// Which of them.
        byte: u8,
    },
    /// A space, control or non-ASCII character in a password. It isn't shown.
    UnsafePassword {
        /// Where.
        at: usize,
    },
    /// A scheme other than `http` and `https`.
    UnsupportedScheme,
    /// `http` or `https` with a letter too many, too few or in another place, or what stands behind it
    /// mistyped: `htp://`, `http//`, `http:/`.
    MisspelledScheme,
    /// Nothing between the scheme and the path.
    MissingHost,
    /// A scheme inside the host, as in `http://http://gate.local/` or a host of
    /// `"http://localhost/"`.
    SchemeInHost {
        /// The host behind that inner scheme is the local host: a second mistake.
        localhost: bool,
    },
    /// A character that no host name has.
    InvalidHost {
        /// Where.
        at: usize,
        /// Which byte.
        byte: u8,
    },
    /// A host of digits and dots that is no IPv4 address, or brackets with no IPv6 address.
    InvalidAddress,
    /// A host of more than 253 bytes.
    HostTooLong,
    /// A port that is no number from 1 to 65535.
    InvalidPort,
    /// A space, control or non-ASCII character in path or query; it has to be percent-encoded.
    InvalidCharacter {
        /// Where.
        at: usize,
        /// Which byte.
        byte: u8,
    },
}

impl UrlError {
    /// One sentence, without the figures that `Display` adds. Usable in constants: the compile-time
    /// form [`url!`](crate::url) shows it as the compiler's error.
    ///
    /// ```
    /// use safe_http_client::{Url, UrlError};
    /// assert_eq!(Url::parse("gate.local"), Err(UrlError::MissingScheme));
    /// assert_eq!(UrlError::MissingScheme.text(), "this URL has no scheme: start it with http://");
    /// ```
    pub const fn text(self) -> &'static str {
        match self {
            Self::MissingScheme => "this URL has no scheme: start it with http://",
            Self::BeforeScheme { .. } => {
                "something stands in front of this URL's scheme: a URL starts with http://"
            }
            Self::TrailingSpace { byte: b'\r' | b'\n', .. } => {
                "a line end stands behind the URL, as a line read from a console or a file has one: \
                 trim it"
            }
            Self::TrailingSpace { .. } => "white space stands behind the URL: trim it",
            Self::InvalidUserinfo { .. } => {
                "the user name or password in this URL has a character that ends it there: \
                 percent-encode it (# is %23, / is %2F, ? is %3F)"
            }
            Self::UnsafePassword { .. } => {
                "the password in this URL has a character that must be percent-encoded, such as %20 \
                 for a space"
            }
            Self::UnsupportedScheme => "this URL's scheme is neither http nor https",
            Self::MisspelledScheme => {
                "this URL's scheme is misspelled: did you mean http:// or https://?"
            }
            Self::MissingHost => "this URL has no host: write http://HOST/PATH",
            Self::SchemeInHost { localhost: false } => {
                "a scheme stands where the host belongs: give the host alone, without http://"
            }
            Self::SchemeInHost { localhost: true } => {
                "two mistakes: a scheme stands where the host belongs (give the host alone, without \
                 http://), and localhost means the chip itself, where no server listens (give the \
                 server's own address)"
            }
            Self::InvalidHost { byte: 0x80.., .. } => {
                "the host has a non-ASCII character: write international names in their xn-- form"
            }
            Self::InvalidHost { .. } => "the host has a character that no host name has",
            Self::InvalidAddress => {
                "the host looks like an IP address but isn't one: write 192.168.1.20 or [fe80::1]"
            }
            Self::HostTooLong => "the host is longer than the 253 bytes that a name can have",
            Self::InvalidPort => "the port is no number from 1 to 65535",
            Self::InvalidCharacter { .. } => {
                "the URL has a character that must be percent-encoded, such as %20 for a space"
            }
        }
    }
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())?;
        match self {
            Self::InvalidCharacter { at, byte } => {
                write!(f, " (byte {at} is 0x{byte:02X}: write %{byte:02X})")
            }
            Self::InvalidHost { at, byte } | Self::TrailingSpace { at, byte } => {
                write!(f, " (byte {at} is 0x{byte:02X})")
            }
            Self::BeforeScheme { byte } => write!(f, " (byte 0 is 0x{byte:02X})"),
            Self::InvalidUserinfo { at, byte } => {
                write!(f, " (byte {at} is {}: write %{byte:02X})", char::from(*byte))
            }
            Self::UnsafePassword { at } => write!(f, " (byte {at})"),
            _ => Ok(()),
        }
    }
}

impl core::error::Error for UrlError {}

impl From<core::convert::Infallible> for UrlError {
    fn from(never: core::convert::Infallible) -> Self {
        match never {}
    }
}
