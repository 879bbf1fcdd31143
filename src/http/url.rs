//! URLs (RFC 3986, as far as `http` and `https` use it), parsed in constants as well as at run
//! time.
//!
//! Constants have no iterators and no `?`, hence the plain loops and matches.

use super::authority::{
    Authority, MAX_HOST, behind, behind_scheme, check_name, find, first_byte, from_unsafe,
    has_before, letter, names_localhost, parse_ipv4, parse_ipv6, parse_number, parse_port,
    scheme_of,
};
use super::bytes::{ascii, part};
use super::endpoint::Endpoint;
use crate::error::{TargetClass, UrlError};
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

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
    /// Whom a request to it goes to.
    pub(crate) endpoint: Endpoint,
    // Bytes, all of them ASCII: whoever wants text pays for a check of UTF-8, 600 bytes of flash.
    userinfo: Option<&'a [u8]>,
    /// The host as written, IPv6 addresses with their brackets.
    host_text: &'a [u8],
    path_and_query: &'a [u8],
}

impl<'a> Url<'a> {
    /// Nobody's, in place of a text that is none.
    pub(crate) const NOWHERE: Self = Self {
        endpoint: Endpoint {
            scheme: Scheme::Http,
            port: 0,
            host_length: 0,
            class: TargetClass::Host,
            resolves: true,
            is_directed: false,
            has_secret: false,
            remote: None,
        },
        userinfo: None,
        host_text: b"",
        path_and_query: b"",
    };

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
        Self::parse_bytes(text.as_bytes())
    }

    /// The same of bytes that may be no text: those that a URL can't have are refused.
    pub(crate) const fn parse_bytes(text: &'a [u8]) -> Result<Self, UrlError> {
        let mut url = Self::NOWHERE;
        match url.set(text) {
            Ok(()) => Ok(url),
            Err(error) => Err(error),
        }
    }

    /// Becomes what a text says.
    // Once for the requests over all networks.
    #[inline(never)]
    pub(crate) const fn set(&mut self, text: &'a [u8]) -> Result<(), UrlError> {
        match self.read(text) {
            Ok(()) => Ok(()),
            Err(error) => Err(or_trailing_space(error, text)),
        }
    }

    /// Takes a text's parts.
    const fn read(&mut self, text: &'a [u8]) -> Result<(), UrlError> {
        let Some((scheme, start)) = scheme_of(text) else { return Err(no_scheme(text)) };
        self.endpoint.scheme = scheme;
        self.endpoint.port = scheme.default_port();
        let second = match scheme_of(behind(text, start)) {
            Some((_, length)) => length,
            None => 0,
        };
        let result = self.read_behind_scheme(text, start.wrapping_add(second));
        if second > 0 { Err(self.scheme_in_host()) } else { result }
    }

    /// Of a second scheme, in the place of the host. What is behind it was read.
    const fn scheme_in_host(&self) -> UrlError {
        let localhost = matches!(self.target_class(), TargetClass::Loopback);
        UrlError::SchemeInHost { localhost }
    }

    // Each is written where it stands: within a request's code there are no registers left for them.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    const fn read_behind_scheme(&mut self, text: &'a [u8], start: usize) -> Result<(), UrlError> {
        let authority = Authority::of(text, start);
        let target = behind(text, authority.end);
        let end = first_byte(target);
        if end == b'\\' {
            return Err(UrlError::InvalidHost { at: authority.end, byte: end });
        }
        // What stands before a `/`, `?` or `#` is no host, if an `@` stands behind: a password has it.
        let ended_early = UrlError::InvalidUserinfo { at: authority.end, byte: end };
        // `http://admin:pa#ss@gate.local/`: what looks like a host is a user name.
        if end == b'#' && has_before(target, b'@', b'/') {
            return Err(ended_early);
        }
        if let Err(error) = self.read_userinfo(text, start, authority) {
            return Err(error);
        }
        if let Err(error) = self.read_target(text, authority.end) {
            return Err(error);
        }
        match self.read_host_and_port(text, authority) {
            Err(_) if has_before(target, b'@', b'@') => Err(ended_early),
            result => result,
        }
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
        let mut url = Self::NOWHERE;
        let (host, path_and_query) = (host.as_bytes(), path_and_query.as_bytes());
        if let Some(at) = find(host, b"://") {
            let _ = url.read_behind_scheme(host, at.wrapping_add("://".len()));
            return Err(url.scheme_in_host());
        }
        if !matches!(path_and_query, [] | [b'/' | b'?', ..]) {
            let byte = first_byte(path_and_query);
            return Err(UrlError::InvalidCharacter { at: 0, byte });
        }
        if let Some(error) = trailing_space(path_and_query) {
            return Err(error);
        }
        match url.read_parts(scheme, host, port, path_and_query) {
            Ok(()) => Ok(url),
            Err(error) => Err(or_trailing_space(error, host)),
        }
    }

    const fn read_parts(
        &mut self,
        scheme: Scheme,
        host: &'a [u8],
        port: Option<u16>,
        path_and_query: &'a [u8],
    ) -> Result<(), UrlError> {
        self.endpoint.scheme = scheme;
        self.endpoint.port = match port {
            Some(port) => port,
            None => scheme.default_port(),
        };
        let authority = Authority::whole(host);
        if let Err(error) = self.read_userinfo(host, 0, authority) {
            return Err(error);
        }
        if let Err(error) = self.read_target(path_and_query, 0) {
            return Err(error);
        }
        if let Err(error) = self.read_host_and_port(host, authority) {
            return Err(error);
        }
        if let Some(userinfo) = self.userinfo {
            return Err(UrlError::InvalidHost { at: userinfo.len(), byte: b'@' });
        }
        // The port stands beside the host here, so the host can't hold another.
        if self.host_text.len() != host.len() {
            return Err(UrlError::InvalidHost { at: self.host_text.len(), byte: b':' });
        }
        if self.endpoint.port == 0 {
            return Err(UrlError::InvalidPort);
        }
        Ok(())
    }

    /// User name and password, from `start` of a text on.
    const fn read_userinfo(
        &mut self,
        text: &'a [u8],
        start: usize,
        authority: Authority,
    ) -> Result<(), UrlError> {
        if authority.host == start {
            return Ok(());
        }
        let end = authority.host.wrapping_sub(1);
        let userinfo = part(text, start, end);
        if let rest @ [byte, ..] = from_unsafe(userinfo) {
            let (at, byte) = (end.wrapping_sub(rest.len()), *byte);
            // No byte of a password gets into a log.
            return Err(if has_before(userinfo, b':', byte) {
                UrlError::UnsafePassword { at }
            } else {
                UrlError::InvalidCharacter { at, byte }
            });
        }
        self.userinfo = Some(userinfo);
        Ok(())
    }

    /// Path and query, from `start` of a text on.
    const fn read_target(&mut self, text: &'a [u8], start: usize) -> Result<(), UrlError> {
        let rest = from_unsafe(behind(text, start));
        let end = text.len().wrapping_sub(rest.len());
        // The fragment is never sent, so it may have any character.
        if !matches!(rest, [] | [b'#', ..]) {
            return Err(UrlError::InvalidCharacter { at: end, byte: first_byte(rest) });
        }
        self.path_and_query = part(text, start, end);
        Ok(())
    }

    /// Host and port. Where there is none it stays what it is.
    const fn read_host_and_port(
        &mut self,
        text: &'a [u8],
        authority: Authority,
    ) -> Result<(), UrlError> {
        self.host_text = part(text, authority.host, authority.host_end);
        self.endpoint.host_length = self.host_text.len();
        let port = part(text, authority.host_end, authority.end);
        // `fd00:a::1` or `::1` without its brackets: two colons, and a group of hex digits or nothing in front.
        if let [b':', behind @ ..] = port
            && has_before(behind, b':', b'/')
            && parse_number(self.host_text, 16).1.is_empty()
        {
            return Err(UrlError::InvalidAddress);
        }
        if let Err(error) = self.read_host(authority.host) {
            return Err(error);
        }
        match parse_port(port, self.endpoint.port) {
            Ok(port) => self.endpoint.port = port,
            Err(error) => return Err(error),
        }
        if let Some(remote) = &mut self.endpoint.remote {
            remote.set_port(self.endpoint.port);
        }
        Ok(())
    }

    /// The host's text, which starts at `start`: an address, whose port isn't known yet, or a name.
    const fn read_host(&mut self, start: usize) -> Result<(), UrlError> {
        let host = self.host_text;
        if host.is_empty() {
            return Err(UrlError::MissingHost);
        }
        if host.len() > MAX_HOST {
            return Err(UrlError::HostTooLong);
        }
        if let [b'[', address @ .., b']'] = host {
            let Some(ip) = parse_ipv6(address) else { return Err(UrlError::InvalidAddress) };
            self.endpoint.leads_to(SocketAddr::V6(SocketAddrV6::new(ip, 0, 0, 0)));
            return Ok(());
        }
        if let Some(bits) = parse_ipv4(host) {
            let ip = Ipv4Addr::from_bits(bits);
            self.endpoint.leads_to(SocketAddr::V4(SocketAddrV4::new(ip, 0)));
            return Ok(());
        }
        if names_localhost(host) {
            self.endpoint.class = TargetClass::Loopback;
        }
        check_name(host, start)
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
        self.endpoint.scheme
    }

    /// The host: a name or an address.
    ///
    /// ```
    /// # use safe_http_client::{Host, url};
    /// assert_eq!(url!("http://gate.local/open").host(), Host::Name("gate.local"));
    /// ```
    pub const fn host(&self) -> Host<'a> {
        match &self.endpoint.remote {
            Some(remote) => Host::Address(remote.ip()),
            None => Host::Name(self.host_text()),
        }
    }

    /// The host as written, IPv6 addresses with their brackets.
    ///
    /// ```
    /// # use safe_http_client::url;
    /// assert_eq!(url!("http://[fe80::1]:8080/").host_text(), "[fe80::1]");
    /// ```
    pub const fn host_text(&self) -> &'a str {
        ascii(self.host_text)
    }

    pub(crate) const fn host_bytes(&self) -> &'a [u8] {
        self.host_text
    }

    /// The port, given or by default.
    ///
    /// ```
    /// # use safe_http_client::url;
    /// assert_eq!(url!("https://gate.local/").port(), 443);
    /// ```
    pub const fn port(&self) -> u16 {
        self.endpoint.port
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
        ascii(self.path_and_query)
    }

    pub(crate) const fn target(&self) -> &'a [u8] {
        self.path_and_query
    }

    /// The same server as a whole, for `OPTIONS *` (RFC 9112 section 3.2.4). Without credentials.
    pub(crate) const fn whole_server(mut self) -> Self {
        self.path_and_query = b"*";
        self.userinfo = None;
        self
    }

    /// User name and password as written, `user:password`.
    pub(crate) const fn userinfo(&self) -> Option<&'a [u8]> {
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
        self.endpoint.class
    }
}

/// White space at a text's end is the likelier mistake than the one that was found first.
#[cold]
const fn or_trailing_space(error: UrlError, text: &[u8]) -> UrlError {
    match trailing_space(text) {
        Some(error) => error,
        None => error,
    }
}

/// White space or a line end at the end of a text: the first byte of it.
const fn trailing_space(text: &[u8]) -> Option<UrlError> {
    let mut kept = text;
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

/// Of a text that doesn't start with `http://` or `https://`: it is misspelled, the one of them may come next,
/// behind no letter and no digit, or another scheme stands there. (`gate.local/?next=http://…` has one, but not in
/// front.)
#[cold]
const fn no_scheme(text: &[u8]) -> UrlError {
    let (behind, letters) = behind_scheme(text);
    // `https` in any order, with letters twice or left out. (`ssh` has no `t`.)
    const WITH: u32 = letter(b't');
    const WITHOUT: u32 = !(letter(b'h') | WITH | letter(b'p') | letter(b's'));
    let is_like_http = letters & (WITH | WITHOUT) == WITH;
    let behind = match behind {
        [b' ', behind @ ..] => behind,
        _ => behind,
    };
    match behind {
        [_, b'/' | b'\\', ..] if is_like_http => return UrlError::MisspelledScheme,
        [b':', b'/', b'/', ..] if first_byte(text).is_ascii_alphabetic() => {
            return UrlError::UnsupportedScheme;
        }
        _ => {}
    }
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        if first.is_ascii_alphanumeric() {
            break;
        }
        rest = tail;
    }
    match scheme_of(rest) {
        Some(_) => UrlError::BeforeScheme { byte: first_byte(text) },
        None => UrlError::MissingScheme,
    }
}

/// User name and password are left out: what is shown so ends up in logs.
impl fmt::Debug for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Url")
            .field("scheme", &self.scheme())
            .field("host", &self.host())
            .field("port", &self.port())
            .field("path_and_query", &self.path_and_query())
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
/// of "connection refused" on an ESP8266, a target of `localhost`, 127.0.0.1 or 0.0.0.0. (A program on a PC, which has
/// them, gives such a URL as a string.)
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
