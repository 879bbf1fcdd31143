//! The caller's mistakes, those in a URL among them.

use core::fmt;

/// What an address is, as far as a request to it can make sense.
///
/// ```
/// use safe_http_client::{TargetClass, Url};
/// let class = |text| Url::parse(text).map(|url| url.target_class());
/// assert_eq!(class("http://192.168.1.20/"), Ok(TargetClass::Host));
/// assert_eq!(class("http://localhost/"), Ok(TargetClass::Loopback));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TargetClass {
    /// An address that may belong to a host.
    Host,
    /// `localhost`, 127.0.0.0/8 or `::1`: the chip itself.
    Loopback,
    /// 0.0.0.0 (with the rest of 0.0.0.0/8) or `::`: no address at all.
    Unspecified,
    /// 255.255.255.255, or the first or last address of the link's own subnet: every host, to which TCP
    /// can't connect.
    Broadcast,
    /// 224.0.0.0/4 or ff00::/8: a group, to which TCP can't connect.
    Multicast,
}

impl TargetClass {
    /// One sentence on why no request can go there; empty for [`TargetClass::Host`].
    ///
    /// ```
    /// use safe_http_client::TargetClass;
    /// assert!(TargetClass::Loopback.text().starts_with("localhost means the chip itself"));
    /// ```
    pub const fn text(self) -> &'static str {
        match self {
            Self::Host => "",
            Self::Loopback => {
                "localhost means the chip itself, which has no loopback interface and no server: \
                 give the address that the server has in the network, such as 192.168.1.20"
            }
            Self::Unspecified => {
                "0.0.0.0 is where a server listens, not where it is: give the address that the \
                 server has in the network, such as 192.168.1.20"
            }
            Self::Broadcast => {
                "255.255.255.255, or the last address of a subnet, is every host: a TCP connection \
                 needs one"
            }
            Self::Multicast => {
                "a multicast address is a group of hosts: a TCP connection needs one"
            }
        }
    }
}

/// Why a request can't be sent as it is.
///
/// ```
/// use safe_http_client::RequestError;
/// let error = RequestError::BodyLength { declared: 10, given: 7 };
/// assert!(error.to_string().starts_with("the body ended after 7 of the 10 bytes declared"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RequestError {
    /// The URL isn't one.
    Url(UrlError),
    /// The target is no other host. Allowed where the link declares a loopback interface.
    Target(TargetClass),
    /// The target is this link's own address: the chip itself.
    OwnAddress,
    /// The target is in the network that the chip spans as an access point, and the link's own
    /// address is in that network, too: which of the two is meant can't be told.
    OwnNetwork,
    /// An `http` URL with port 443, where servers speak TLS.
    PlainOnTlsPort,
    /// `https` was asked for, and the stack has no TLS. It is never sent in the clear instead.
    NoTls,
    /// The method is no token (RFC 9110 section 9.1).
    InvalidMethod,
    /// The header's name is no token (RFC 9110 section 5.1).
    InvalidHeaderName,
    /// The header's value has a CR, LF, NUL or another control character (RFC 9110 section 5.5).
    InvalidHeaderValue {
        /// Where in the value.
        at: usize,
        /// Which byte.
        byte: u8,
    },
    /// `Content-Length` and `Transfer-Encoding` follow from the body and can't be set by hand.
    ManagedHeader,
    /// The name of a header line that contradicts what is sent, or (`Content-Disposition`) of a part's that can't
    /// be written. Such are `Host` that is no host, `Connection: keep-alive` on a request that closes, `Expect:
    /// 100-continue` without a body; and a part's name that can't stand between quotation marks.
    UnfitHeader(&'static str),
    /// `Host` was given twice.
    SecondHost,
    /// The user name or the password of the URL has a broken percent-escape, the user name a colon, or one of
    /// them a control character (RFC 7617 section 2); or a Bearer token another character than it may have.
    InvalidCredentials,
    /// The body turned out longer or shorter than declared; the connection was closed.
    BodyLength {
        /// What `Content-Length` said.
        declared: u64,
        /// What was given (so far, where it was too long).
        given: u64,
    },
    /// The reader that was to give the body failed.
    BodyReader(#[cfg_attr(feature = "defmt", defmt(Debug2Format))] embedded_io::ErrorKind),
    /// A body was given twice.
    SecondBody,
    /// The target is a host and a port (CONNECT), or `*`: it has no query.
    QueryNotAllowed,
    /// The value that was to be a JSON body doesn't fit the buffer, or can't be JSON.
    JsonBody {
        /// Bytes that there were for it, behind the head as far as that was written.
        available: usize,
    },
    /// A HEAD or TRACE request has no body (RFC 9110 sections 9.3.2 and 9.3.8).
    BodyNotAllowed,
    /// The call had ended or failed before.
    CallOver,
    /// The client's connection belongs to a later call, or the call was polled with another client than
    /// the one that started it.
    Displaced,
}

impl RequestError {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Url(UrlError::UnsupportedScheme) => "unsupported_scheme",
            Self::Url(UrlError::MisspelledScheme) => "unsupported_scheme",
            Self::Url(UrlError::SchemeInHost { .. }) => "scheme_in_host",
            Self::Url(_) => "malformed_url",
            Self::Target(TargetClass::Loopback) => "loopback_target",
            Self::Target(_) => "no_host_target",
            Self::OwnAddress => "own_address",
            Self::OwnNetwork => "own_network",
            Self::PlainOnTlsPort => "plain_on_tls_port",
            Self::NoTls => "no_tls",
            Self::InvalidMethod => "invalid_method",
            Self::InvalidHeaderName | Self::InvalidHeaderValue { .. } => "invalid_header",
            Self::ManagedHeader => "managed_header",
            Self::UnfitHeader(_) => "unfit_header",
            Self::SecondHost => "second_host",
            Self::InvalidCredentials => "invalid_credentials",
            Self::BodyLength { .. } => "body_length",
            Self::BodyReader(_) => "body_reader",
            Self::SecondBody => "second_body",
            Self::QueryNotAllowed => "query_not_allowed",
            Self::JsonBody { .. } => "json_body",
            Self::BodyNotAllowed => "body_not_allowed",
            Self::CallOver => "call_over",
            Self::Displaced => "displaced",
        }
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(error) => error.fmt(f),
            Self::Target(class) => f.write_str(class.text()),
            Self::OwnAddress => f.write_str(
                "the target is this chip's own address: give the address that the server has",
            ),
            Self::OwnNetwork => f.write_str(
                "the chip's own access point uses the same subnet as the network that it has \
                 joined, so the target may be in either: give the access point another subnet",
            ),
            Self::PlainOnTlsPort => f.write_str(
                "http with port 443, where servers speak TLS: use https and a stack with TLS, or \
                 the server's http port; if it really is plain HTTP there, switch this check off",
            ),
            Self::NoTls => f.write_str(
                "https needs TLS and this stack has none: use a stack with TLS, or an http:// URL \
                 if the server has one (nothing was sent in the clear)",
            ),
            Self::InvalidMethod => f.write_str("the method is no token of letters, digits and -"),
            Self::InvalidHeaderName => f.write_str(
                "the header's name is no token: letters, digits and - without spaces or a colon",
            ),
            Self::InvalidHeaderValue { at, byte } => write!(
                f,
                "the header's value has a control character (byte {at} is 0x{byte:02X}): a line \
                 break there would start another header"
            ),
            Self::ManagedHeader => f.write_str(
                "Content-Length and Transfer-Encoding follow from the body: give the body, or \
                 start an upload with its length",
            ),
            Self::UnfitHeader(name) => f.write_str(match *name {
                "Host" => {
                    "the Host line isn't a host and perhaps a port: give it without http://, a user \
                     name or a path, as gate.local:8080"
                }
                "Connection" => {
                    "the Connection line says keep-alive, and the request closes its connection: \
                     leave one of them out"
                }
                "Content-Disposition" => {
                    "a part's name, file name or type has a quotation mark, a line end, or a backslash at \
                     its end: leave it out"
                }
                _ => {
                    "the Expect line asks for 100-continue, and the request has no body to wait \
                     with: leave it out"
                }
            }),
            Self::SecondHost => f.write_str("Host was given twice: a request has one"),
            Self::InvalidCredentials => f.write_str(
                "the user name, password or token can't be sent: in a URL a % takes two hex digits behind it, a \
                     user name has no colon (%3A), neither it nor a password a control character, and a token \
                     only letters, digits and -._~+/ with = at its end",
            ),
            Self::BodyLength { declared, given } if given > declared => write!(
                f,
                "the body is longer than declared: {given} bytes or more against {declared}; \
                 declare the right length, or send it chunked"
            ),
            Self::BodyLength { declared, given } => write!(
                f,
                "the body ended after {given} of the {declared} bytes declared; declare the right \
                 length, or send it chunked"
            ),
            Self::BodyReader(kind) => write!(f, "the body's reader failed: {kind:?}"),
            Self::SecondBody => f.write_str("the body was given twice: a request has one"),
            Self::QueryNotAllowed => f.write_str(
                "a query was given to a request whose target has none: CONNECT names a host and a port, and \
                 OPTIONS * no path",
            ),
            Self::JsonBody { available } => write!(
                f,
                "the value doesn't fit as JSON into the {available} bytes that the buffer has behind the \
                 head (or isn't one that JSON can have)"
            ),
            Self::BodyNotAllowed => {
                f.write_str("a HEAD or TRACE request has no body: use POST, PUT or PATCH")
            }
            Self::CallOver => f.write_str("this call has ended or failed: start a new request"),
            Self::Displaced => f.write_str(
                "this call lost its connection to a later one, or was polled with another client: \
                 a client has one call at a time, which is polled with the client that started it",
            ),
        }
    }
}

impl core::error::Error for RequestError {}

impl From<UrlError> for RequestError {
    fn from(error: UrlError) -> Self {
        Self::Url(error)
    }
}

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
            Self::InvalidHost { byte: b'.', .. } => {
                "the host has a dot with nothing in front of it"
            }
            Self::InvalidHost { byte: b'[' | b']', .. } => {
                "brackets stand around an IPv6 address, with nothing but a port behind them: write \
                 [fe80::1]:8080"
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
