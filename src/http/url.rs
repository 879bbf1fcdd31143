//! URLs (RFC 3986, as far as `http` and `https` use it), parsed in constants as well as at run time.
//!
//! Constants have no iterators and no `?`, hence the plain loops and matches.

use super::address::{classify, names_localhost};
use super::authority::{
    Authority, find, find_unsafe, first_byte, parse_host, parse_port, part, scheme_of, split,
    starts_with_scheme, starts_with_slashes,
};
use crate::error::{TargetClass, UrlError};
use core::fmt;
use core::net::IpAddr;

/// The scheme of a URL.
///
/// ```
/// use safe_http_client::{Scheme, Url};
/// assert_eq!(Url::parse("https://gate.local/").map(|url| url.scheme()), Ok(Scheme::Https));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Scheme {
    /// `http`: in the clear.
    Http,
    /// `https`: over TLS, which the stack has to provide.
    Https,
}

impl Scheme {
    /// The port that goes without saying: 80 or 443.
    ///
    /// ```
    /// assert_eq!(safe_http_client::Scheme::Http.default_port(), 80);
    /// ```
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// The host of a URL: a name to resolve, or an address.
///
/// ```
/// use safe_http_client::{Host, Url};
/// assert_eq!(Url::parse("http://gate.local/").unwrap().host(), Host::Name("gate.local"));
/// assert!(matches!(Url::parse("http://10.0.0.1/").unwrap().host(), Host::Address(_)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host<'a> {
    /// A name.
    Name(&'a str),
    /// An IP address; IPv6 ones stand in brackets in the URL.
    Address(IpAddr),
}

/// A parsed URL, borrowed from its text.
///
/// [`parse`](Self::parse) is a `const fn`; the macro [`url!`](crate::url!) makes a constant of a
/// literal and refuses, as a compile error, what can't work on a chip.
///
/// ```
/// use safe_http_client::Url;
/// let url = Url::parse("http://gate.local:8080/open?door=2#top").unwrap();
/// assert_eq!(url.host_text(), "gate.local");
/// assert_eq!(url.port(), 8080);
/// assert_eq!(url.path_and_query(), "/open?door=2");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Url<'a> {
    scheme: Scheme,
    userinfo: Option<&'a str>,
    host: Host<'a>,
    /// The host as written, IPv6 addresses with their brackets.
    host_text: &'a str,
    port: u16,
    path_and_query: &'a str,
}

impl<'a> Url<'a> {
    /// Parses a URL such as `http://192.168.1.20:8080/gate?door=2`.
    ///
    /// The fragment is left out, since it is never sent. User name and password are kept apart
    /// from the host. Nothing is decoded or changed.
    ///
    /// # Errors
    ///
    /// Says which part is wrong, and where: see [`UrlError`].
    ///
    /// ```
    /// use safe_http_client::{Url, UrlError};
    /// assert_eq!(Url::parse("http://[fe80::1]:8080/").map(|url| url.port()), Ok(8080));
    /// assert_eq!(Url::parse("http://gate.local:0/"), Err(UrlError::InvalidPort));
    /// ```
    pub const fn parse(text: &'a str) -> Result<Self, UrlError> {
        match Self::parse_exactly(text) {
            Ok(url) => Ok(url),
            Err(error) => Err(likelier(error, text)),
        }
    }

    const fn parse_exactly(text: &'a str) -> Result<Self, UrlError> {
        let (scheme, length) = match scheme_of(text) {
            Some((scheme, length)) if starts_with_slashes(split(text, length).1) => {
                (scheme, length.wrapping_add("//".len()))
            }
            // `gate.local/?next=http://…` has a scheme, but not in front.
            _ if starts_with_scheme(text) => return Err(UrlError::UnsupportedScheme),
            _ => return Err(UrlError::MissingScheme),
        };
        let (_, rest) = split(text, length);
        let authority = Authority::of(rest.as_bytes());
        let (before, target) = split(rest, authority.end);
        if starts_with_slashes(target)
            && matches!(scheme_of(before), Some((_, length)) if length == before.len())
        {
            let (_, host) = split(target, "//".len());
            return Err(UrlError::SchemeInHost { localhost: names_localhost(host) });
        }
        let target_start = length.wrapping_add(authority.end);
        // `http://admin:pa#ss@gate.local/`: what looks like a host is a user name.
        if let Some(b'#') = target.as_bytes().first()
            && has_at_before_slash(target)
        {
            return Err(UrlError::InvalidUserinfo { at: target_start, byte: b'#' });
        }
        Self::from_authority(scheme, (before, authority, length), (target, target_start))
    }

    /// A URL of parts that are configured apart: `host` is a name or an address alone, `port` may
    /// be left to the scheme, and `path_and_query` is empty or starts with `/` or `?`.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse). A host such as `"http://localhost/"`, a mistake that many
    /// sketches make, is [`UrlError::SchemeInHost`].
    ///
    /// ```
    /// use safe_http_client::{Scheme, Url, UrlError};
    /// let url = Url::from_parts(Scheme::Http, "gate.local", Some(8080), "/open").unwrap();
    /// assert_eq!(Url::parse("http://gate.local:8080/open").unwrap(), url);
    /// assert_eq!(
    ///     Url::from_parts(Scheme::Http, "http://localhost/", None, "/open"),
    ///     Err(UrlError::SchemeInHost { localhost: true }),
    /// );
    /// ```
    pub const fn from_parts(
        scheme: Scheme,
        host: &'a str,
        port: Option<u16>,
        path_and_query: &'a str,
    ) -> Result<Self, UrlError> {
        if let Some(at) = find(host, b"://") {
            let (_, inner) = split(split(host, at).1, "://".len());
            return Err(UrlError::SchemeInHost { localhost: names_localhost(inner) });
        }
        if !matches!(path_and_query.as_bytes(), [] | [b'/' | b'?', ..]) {
            let byte = first_byte(path_and_query);
            return Err(UrlError::InvalidCharacter { at: 0, byte });
        }
        let authority = Authority::whole(host.as_bytes());
        if let Some(error) = trailing_space(path_and_query) {
            return Err(error);
        }
        match Self::from_authority(scheme, (host, authority, 0), (path_and_query, 0)) {
            Ok(Self { userinfo: Some(userinfo), .. }) => {
                Err(UrlError::InvalidHost { at: userinfo.len(), byte: b'@' })
            }
            // The port stands beside the host here, so the host can't hold another.
            Ok(url) if url.host_text.len() != host.len() => {
                Err(UrlError::InvalidHost { at: url.host_text.len(), byte: b':' })
            }
            Ok(mut url) => match port {
                Some(0) => Err(UrlError::InvalidPort),
                Some(port) => {
                    url.port = port;
                    Ok(url)
                }
                None => Ok(url),
            },
            Err(error) => Err(match trailing_space(host) {
                Some(error) => error,
                None => error,
            }),
        }
    }

    /// Authority and target, each with where it starts in the text that was given: offsets in
    /// errors count from there.
    const fn from_authority(
        scheme: Scheme,
        (text, authority, start): (&'a str, Authority, usize),
        (target, target_start): (&'a str, usize),
    ) -> Result<Self, UrlError> {
        let userinfo = match authority.host.checked_sub(1) {
            Some(at) => Some(split(text, at).0),
            None => None,
        };
        if let Some(userinfo) = userinfo
            && let Some((at, byte)) = find_unsafe(userinfo)
        {
            let from_start = start.wrapping_add(at);
            // No byte of a password gets into a log.
            return Err(if Authority::whole(userinfo.as_bytes()).host_end < at {
                UrlError::UnsafePassword { at: from_start }
            } else {
                UrlError::InvalidCharacter { at: from_start, byte }
            });
        }
        let path_and_query = match find_unsafe(target) {
            _ if matches!(target.as_bytes(), [b'\\', ..]) => {
                return Err(UrlError::InvalidHost { at: target_start, byte: b'\\' });
            }
            // The fragment is never sent, so it may have any character.
            Some((at, b'#')) => split(target, at).0,
            Some((at, byte)) => {
                return Err(UrlError::InvalidCharacter { at: target_start.wrapping_add(at), byte });
            }
            None => target,
        };
        let host_text = part(text, authority.host, authority.host_end);
        let host = match parse_host(host_text, start.wrapping_add(authority.host)) {
            Ok(host) => host,
            Err(error) => return Err(error),
        };
        let (_, port_text) = split(text, authority.host_end);
        let port = match parse_port(port_text, scheme) {
            Ok(port) => port,
            Err(error) => return Err(error),
        };
        Ok(Self { scheme, userinfo, host, host_text, port, path_and_query })
    }

    /// The URL if a chip can request it; its fault as a sentence otherwise. For the macro `url!`.
    #[doc(hidden)]
    pub const fn for_chip(text: &'a str) -> Result<Self, &'static str> {
        match Self::parse(text) {
            Ok(url) => match url.target_class() {
                TargetClass::Host => Ok(url),
                class => Err(class.text()),
            },
            Err(error) => Err(error.text()),
        }
    }

    /// The scheme.
    ///
    /// ```
    /// # use safe_http_client::{Scheme, url};
    /// assert_eq!(url!("http://gate.local/open").scheme(), Scheme::Http);
    /// ```
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host: a name or an address.
    ///
    /// ```
    /// # use safe_http_client::{Host, url};
    /// assert_eq!(url!("http://gate.local/open").host(), Host::Name("gate.local"));
    /// ```
    pub const fn host(&self) -> Host<'a> {
        self.host
    }

    /// The host as written, IPv6 addresses with their brackets.
    ///
    /// ```
    /// # use safe_http_client::url;
    /// assert_eq!(url!("http://[fe80::1]:8080/").host_text(), "[fe80::1]");
    /// ```
    pub const fn host_text(&self) -> &'a str {
        self.host_text
    }

    /// The port, given or by default.
    ///
    /// ```
    /// # use safe_http_client::url;
    /// assert_eq!(url!("https://gate.local/").port(), 443);
    /// ```
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Path and query as written: empty, or starting with `/` or `?`. The `/` that a request's
    /// target needs in front is added where the request is written.
    ///
    /// ```
    /// # use safe_http_client::url;
    /// assert_eq!(url!("http://gate.local/open?door=2#top").path_and_query(), "/open?door=2");
    /// assert_eq!(url!("http://gate.local").path_and_query(), "");
    /// ```
    pub const fn path_and_query(&self) -> &'a str {
        self.path_and_query
    }

    /// The same server as a whole, for `OPTIONS *` (RFC 9112 section 3.2.4). Without credentials.
    pub(crate) const fn whole_server(mut self) -> Self {
        self.path_and_query = "*";
        self.userinfo = None;
        self
    }

    /// User name and password as written, `user:password`.
    pub(crate) const fn userinfo(&self) -> Option<&'a str> {
        self.userinfo
    }

    /// Whether the host is one, or the chip itself, a group, or nothing.
    ///
    /// ```
    /// # use safe_http_client::{TargetClass, Url};
    /// let url = Url::parse("http://0.0.0.0:8080/").unwrap();
    /// assert_eq!(url.target_class(), TargetClass::Unspecified);
    /// ```
    pub const fn target_class(&self) -> TargetClass {
        match self.host {
            Host::Address(address) => classify(address),
            Host::Name(name) if names_localhost(name) => TargetClass::Loopback,
            Host::Name(_) => TargetClass::Host,
        }
    }
}

/// The mistake that is likelier than the one that was found first.
#[cold]
const fn likelier(error: UrlError, text: &str) -> UrlError {
    if let Some(error) = trailing_space(text) {
        return error;
    }
    match error {
        UrlError::MissingScheme => match before_scheme(text) {
            Some(byte) => UrlError::BeforeScheme { byte },
            None => error,
        },
        // What stands before a `/`, `?` or `#` is no host, and an `@` stands behind: a password has it.
        UrlError::InvalidHost { .. }
        | UrlError::InvalidPort
        | UrlError::InvalidAddress
        | UrlError::MissingHost
        | UrlError::HostTooLong => {
            let length = match scheme_of(text) {
                Some((_, length)) => length.wrapping_add("//".len()),
                None => return error,
            };
            let (_, rest) = split(text, length);
            let end = Authority::of(rest.as_bytes()).end;
            let (_, target) = split(rest, end);
            match target.as_bytes() {
                [byte @ (b'/' | b'?' | b'#'), behind @ ..] if Authority::whole(behind).host > 0 => {
                    UrlError::InvalidUserinfo { at: length.wrapping_add(end), byte: *byte }
                }
                _ => error,
            }
        }
        _ => error,
    }
}

/// Whether an `@` stands in this text before any `/`.
const fn has_at_before_slash(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        match *first {
            b'@' => return true,
            b'/' => return false,
            _ => rest = tail,
        }
    }
    false
}

/// White space or a line end at the end of a text: the first byte of it.
const fn trailing_space(text: &str) -> Option<UrlError> {
    let mut kept = text.as_bytes();
    let mut last = None;
    while let [front @ .., byte @ (b' ' | b'\t' | b'\r' | b'\n')] = kept {
        last = Some(*byte);
        kept = front;
    }
    match last {
        Some(byte) => Some(UrlError::TrailingSpace { at: kept.len(), byte }),
        None => None,
    }
}

/// The first byte of a text in which `http://` or `https://` comes next, behind no letter and no digit.
const fn before_scheme(text: &str) -> Option<u8> {
    let mut rest = text;
    loop {
        match rest.as_bytes() {
            [b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'/' | b'?' | b'#', ..] | [] => break,
            _ => {}
        }
        // To the next character.
        let mut length = 1;
        while length < 4 && rest.split_at_checked(length).is_none() {
            length = length.wrapping_add(1);
        }
        rest = split(rest, length).1;
    }
    match scheme_of(rest) {
        Some((_, length))
            if rest.len() < text.len() && starts_with_slashes(split(rest, length).1) =>
        {
            Some(first_byte(text))
        }
        _ => None,
    }
}

/// User name and password are left out: what is shown so ends up in logs.
impl fmt::Debug for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Url")
            .field("scheme", &self.scheme)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("path_and_query", &self.path_and_query)
            .finish_non_exhaustive()
    }
}

impl<'a> TryFrom<&'a str> for Url<'a> {
    type Error = UrlError;

    fn try_from(text: &'a str) -> Result<Self, UrlError> {
        Self::parse(text)
    }
}

/// A [`Url`](crate::Url) constant, checked by the compiler.
///
/// What can't work on a chip doesn't compile: a malformed URL, and the third of the classic causes
/// of "connection refused" on an ESP8266, a target of `localhost`, 127.0.0.1 or 0.0.0.0.
///
/// ```
/// use safe_http_client::{Url, url};
/// const GATE: Url<'static> = url!("http://192.168.1.20/gate");
/// assert_eq!(GATE.port(), 80);
/// ```
///
/// ```compile_fail
/// let url = safe_http_client::url!("http://localhost/gate");
/// ```
#[macro_export]
macro_rules! url {
    ($text:expr) => {
        const {
            match $crate::Url::for_chip($text) {
                ::core::result::Result::Ok(url) => url,
                ::core::result::Result::Err(fault) => {
                    // Only ever evaluated by the compiler.
                    ::core::assert!(fault.is_empty(), "{}", fault);
                    loop {}
                }
            }
        }
    };
}
