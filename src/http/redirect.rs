//! Redirects (RFC 9110 section 15.4): where they lead, and what request goes there.

use super::authority::Authority;
use super::bytes::{escaped, is, is_same_host, put, put_port, split_at_byte, trim};
use super::endpoint::Endpoint;
use super::method::Method;
use super::response::ResponseHead;
use super::url::{Scheme, Url};
use crate::error::{RedirectError, UrlError};
use core::fmt;

/// A response's wish that another URL be asked: what `redirect()` of a response returns, for those who
/// decide themselves. [`Request::follow`](crate::Request::follow) follows by itself.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// const FIRST: Url<'static> = url!("http://192.168.1.20/old");
/// let (mut buffer, mut place) = ([0; 512], [0; 128]);
/// let response = online.get(FIRST, &mut buffer).send()?;
/// let next = response.redirect().and_then(|redirect| redirect.resolve(&FIRST, &mut place).ok());
/// drop(response);
/// if let Some(next) = next {
///     online.get(next, &mut buffer).send()?;
/// }
/// # Ok(()) }
/// ```
///
/// A function that calls itself follows several. It takes two fifths of the flash of
/// [`follow`](crate::Request::follow), which knows circles, other methods than GET, and what must not go along to
/// another host:
///
/// ```no_run
/// # use safe_http_client::*;
/// fn get<N: Network, C: Clock>(
///     online: &mut Online<'_, N, C>,
///     url: Url<'_>,
///     hops: u8,
///     buffer: &mut [u8],
/// ) -> Result<u16, ErrorOf<N>> {
///     let mut place = [0; 128];
///     let response = online.get(url, &mut *buffer).send()?;
///     let next = match response.redirect() {
///         Some(redirect) if hops > 0 => redirect.resolve(&url, &mut place),
///         _ => return Ok(response.status()),
///     };
///     let status = response.status();
///     drop(response);
///     match next {
///         Ok(next) => get(online, next, hops - 1, buffer),
///         Err(_) => Ok(status),
///     }
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Redirect<'b> {
    status: u16,
    location: &'b [u8],
}

impl<'b> Redirect<'b> {
    /// Of a response with 301, 302, 303, 307 or 308 and a `Location` that isn't empty. 300 leaves the choice to
    /// a person, and 304 is no redirect.
    pub(crate) fn of(head: &ResponseHead<'b>) -> Option<Self> {
        match head.status() {
            status @ (301..=303 | 307 | 308) => {
                // To nowhere, as browsers and curl take it, and not to where it comes from.
                let location = head.header("location").filter(|it| !trim(it).is_empty())?;
                Some(Self { status, location })
            }
            _ => None,
        }
    }

    /// 301, 302, 303, 307 or 308.
    ///
    /// ```
    /// # use safe_http_client::{Redirect, ResponseHead};
    /// /// Whether the old URL may be forgotten.
    /// fn is_for_ever(redirect: Redirect<'_>) -> bool {
    ///     matches!(redirect.status(), 301 | 308)
    /// }
    /// ```
    pub fn status(&self) -> u16 {
        self.status
    }

    /// `Location` as it came: an absolute URL, or one relative to the one that was asked.
    ///
    /// ```
    /// # use safe_http_client::Redirect;
    /// fn is_relative(redirect: Redirect<'_>) -> bool {
    ///     redirect.location().starts_with(b"/")
    /// }
    /// ```
    pub fn location(&self) -> &'b [u8] {
        self.location
    }

    /// Whether the next request is to be a GET without a body (RFC 9110 section 15.4): after 303, unless it
    /// was a HEAD; and, as browsers do it, after a POST that got 301 or 302.
    ///
    /// ```
    /// # use safe_http_client::{Method, Redirect};
    /// fn next_method(redirect: Redirect<'_>) -> Method<'static> {
    ///     if redirect.becomes_get(Method::Post) { Method::Get } else { Method::Post }
    /// }
    /// ```
    pub fn becomes_get(&self, method: Method<'_>) -> bool {
        becomes_get(self.status, method.name().as_bytes())
    }

    /// The URL that it leads to (RFC 3986 section 5), written into `room`: seen from `base`, without dots
    /// and without the fragment. Bytes that a URL can't have are percent-encoded. A user name and password
    /// are left out: they would be the server's, not the caller's. Where browsers read a backslash as a slash,
    /// leave out tabs or make up a host, this stays at the host that was asked, or is an error.
    ///
    /// # Errors
    ///
    /// [`RedirectError::Location`] where that is no URL, [`RedirectError::Downgrade`] where it leads from
    /// `https` to `http`, [`RedirectError::Buffer`] where `room` is too small.
    ///
    /// ```
    /// # use safe_http_client::*;
    /// # fn f(redirect: Redirect<'_>) -> Result<(), RedirectError> {
    /// let mut room = [0; 128];
    /// // The server sent "Location: ../new?x=1".
    /// let next = redirect.resolve(&url!("http://192.168.1.20/a/b/old"), &mut room)?;
    /// assert_eq!(next.path_and_query(), "/a/new?x=1");
    /// # Ok(()) }
    /// ```
    pub fn resolve<'u>(
        &self,
        base: &Url<'_>,
        room: &'u mut [u8],
    ) -> Result<Url<'u>, RedirectError> {
        let (base, available) = (Base::of(base), room.len());
        let needed = resolve(&base, self.location, room)?;
        let Some(start) = available.checked_sub(needed) else {
            return Err(RedirectError::Buffer { needed, available });
        };
        let url = Url::parse_bytes(room.get(start..).unwrap_or_default());
        let url = url.map_err(RedirectError::Location)?;
        check(base.scheme, url.scheme())?;
        Ok(url)
    }
}

/// A URL in parts, as a redirect is seen from it.
#[derive(Clone, Copy)]
pub(crate) struct Base<'b> {
    pub(crate) scheme: Scheme,
    pub(crate) host: &'b [u8],
    pub(crate) port: u16,
    pub(crate) path_and_query: &'b [u8],
}

impl<'b> Base<'b> {
    pub(crate) fn of(url: &Url<'b>) -> Self {
        Self {
            scheme: url.scheme(),
            host: url.host_bytes(),
            port: url.port(),
            path_and_query: url.target(),
        }
    }

    /// Whether both are of one origin (RFC 6454): credentials for one are for the other.
    pub(crate) fn is_same_origin(&self, scheme: Scheme, host: &[u8], port: u16) -> bool {
        self.scheme == scheme && self.port == port && is_same_host(self.host, host)
    }
}

/// What stands behind `http://` or `https://`.
pub(crate) fn behind_scheme(scheme: Scheme, url: &[u8]) -> &[u8] {
    let length = "http://".len().wrapping_add(usize::from(scheme == Scheme::Https));
    url.get(length..).unwrap_or_default()
}

/// Whom a URL that was resolved leads to, and the length of its target.
pub(crate) fn parse(url: &[u8]) -> Result<(Endpoint, usize), RedirectError> {
    let url = Url::parse_bytes(url).map_err(RedirectError::Location)?;
    Ok((url.endpoint, url.target().len()))
}

/// Whether a redirect may lead there.
pub(crate) fn check(here: Scheme, there: Scheme) -> Result<(), RedirectError> {
    match (here, there) {
        (Scheme::Https, Scheme::Http) => Err(RedirectError::Downgrade),
        _ => Ok(()),
    }
}

/// Whether a request of this method is a GET from here on.
pub(crate) fn becomes_get(status: u16, method: &[u8]) -> bool {
    match status {
        301 | 302 => method == b"POST",
        303 => !matches!(method, b"GET" | b"HEAD"),
        _ => false,
    }
}

// The value may have a token in its query, and what is shown so ends up in logs.
impl fmt::Debug for Redirect<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redirect")
            .field("status", &self.status)
            .field("location_length", &self.location.len())
            .finish()
    }
}

// Where a `Location` leads (RFC 3986 section 5), written from its end on.

/// Writes from a buffer's end towards its start, so that a path is known without its dots by the time
/// that its first segment is written. What doesn't fit is counted.
struct Backwards<'b> {
    room: &'b mut [u8],
    length: usize,
    /// Segments that `..` takes away, of those in front.
    skipped: usize,
    /// The last segment is written.
    in_path: bool,
}

impl Backwards<'_> {
    #[inline(never)]
    fn put(&mut self, bytes: &[u8]) {
        for &byte in bytes.iter().rev() {
            self.length = self.length.saturating_add(1);
            let at = self.room.len().wrapping_sub(self.length);
            if let Some(slot) = self.room.get_mut(at) {
                *slot = byte;
            }
        }
    }

    /// Bytes that no URL has are percent-encoded, as browsers and curl do it.
    #[inline(never)]
    fn put_encoded(&mut self, bytes: &[u8]) {
        for &byte in bytes.iter().rev() {
            match byte {
                0x21..=0x7E => self.put(&[byte]),
                _ => self.put(&escaped(byte)),
            }
        }
    }

    /// The end of a path without `.` and `..` (RFC 3986 section 5.2.4); or, behind it, the folder that it is
    /// in, without its last slash.
    #[inline(never)]
    fn put_path(&mut self, path: &[u8]) {
        let mut rest = path;
        while !rest.is_empty() {
            let slash = rest.iter().rposition(|byte| *byte == b'/');
            let start = slash.map_or(0, |at| at.wrapping_add(1));
            let segment = rest.get(start..).unwrap_or_default();
            rest = rest.get(..slash.unwrap_or(0)).unwrap_or_default();
            if matches!(segment, b"." | b"..") {
                self.skipped = self.skipped.wrapping_add(segment.len().wrapping_sub(1));
                if !self.in_path {
                    self.put(b"/");
                }
            } else if self.skipped > 0 {
                self.skipped = self.skipped.wrapping_sub(1);
            } else {
                self.put_encoded(segment);
                self.put(b"/");
            }
            self.in_path = true;
        }
    }
}

/// Whether what stands in front of a colon is a scheme (RFC 3986 section 3.1), and not a path such as `12:30.jpg` or
/// `a;b=1:2`. With a blank or a control character in it, which browsers may leave out, it isn't taken for a path.
fn is_scheme(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_alphabetic)
        && !name.iter().any(
            |byte| matches!(byte, b'!'..=b'*' | b',' | b'/' | b';'..=b'@' | b'['..=b'`' | b'{'..),
        )
}

/// Writes the URL that `location` is, seen from `base`, to the end of `room`, and returns its length. It
/// wasn't written whole where that is more than `room` has.
pub(crate) fn resolve(
    base: &Base<'_>,
    location: &[u8],
    room: &mut [u8],
) -> Result<usize, RedirectError> {
    let (reference, _) = split_at_byte(trim(location), b'#');
    let (base_path, base_query) = split_at_byte(base.path_and_query, b'?');
    let (mut scheme, mut rest) = (base.scheme, reference);
    let (name, behind) = split_at_byte(reference, b':');
    if name.len() < reference.len() && is_scheme(name) {
        scheme = if is(name, b"http") {
            Scheme::Http
        } else if is(name, b"https") {
            Scheme::Https
        } else {
            return Err(RedirectError::Location(UrlError::UnsupportedScheme));
        };
        if !behind.starts_with(b"//") {
            return Err(RedirectError::Location(UrlError::MissingHost));
        }
        rest = behind;
    }
    let mut out = Backwards { room, length: 0, skipped: 0, in_path: false };
    let mut host = None;
    if let Some(behind) = rest.strip_prefix(b"//") {
        let found = Authority::of(behind, 0);
        host = behind.get(found.host..found.end);
        rest = behind.get(found.end..).unwrap_or_default();
        if rest.starts_with(b"\\") {
            // Browsers take it for a slash, others for a part of the host.
            let error = UrlError::InvalidHost { at: found.end, byte: b'\\' };
            return Err(RedirectError::Location(error));
        }
    }
    let (mut path, mut query) = split_at_byte(rest, b'?');
    let mut folder: &[u8] = &[];
    if host.is_none() && path.is_empty() {
        path = base_path;
        if rest.is_empty() {
            query = base_query;
        }
    } else if host.is_none() && !path.starts_with(b"/") {
        let slash = base_path.iter().rposition(|byte| *byte == b'/');
        folder = base_path.get(..slash.unwrap_or(0)).unwrap_or_default();
    }
    if !query.is_empty() {
        out.put_encoded(query);
        out.put(b"?");
    }
    let before = out.length;
    out.put_path(path);
    out.put_path(folder);
    if out.length == before {
        out.put(b"/");
    }
    match host {
        // As it came: it is parsed next, and an error names the byte that stood there.
        Some(host) => out.put(host),
        None => {
            if base.port != base.scheme.default_port() {
                let mut port = base.port;
                while port > 0 {
                    out.put(&[b'0'.wrapping_add((port % 10) as u8)]);
                    port /= 10;
                }
                out.put(b":");
            }
            out.put(base.host);
        }
    }
    out.put(match scheme {
        Scheme::Http => b"http://",
        Scheme::Https => b"https://",
    });
    Ok(out.length)
}

// What of a request goes along to where it is led.

/// Header fields that go along to another origin. No other does: a field that nobody here knows, such as
/// `X-Api-Key`, may be as good as a password. A name that ends in a dash stands for all that begin so.
const HARMLESS: &[u8] =
    b"accept,accept-,content-,if-,expect,range,connection,user-agent,cache-control,\
    transfer-encoding";

/// Those that go with a body.
const OF_BODY: &[u8] = b"content-,expect,transfer-encoding";

#[inline(never)]
fn is_listed(name: &[u8], list: &[u8]) -> bool {
    list.split(|byte| *byte == b',').any(|known| {
        let length = if known.ends_with(b"-") { known.len() } else { name.len() };
        name.get(..length).is_some_and(|start| is(start, known))
    })
}

/// What becomes of a request on its way along the redirects. Each stays so once it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// It is a GET without a body.
    pub(crate) is_get: bool,
    /// It has left the origin that its caller meant it for.
    pub(crate) has_left: bool,
}

/// Writes the head of the next request, behind its host's text, but for its empty line. Returns where it ends.
/// `head` is the first request's. What doesn't fit is counted.
pub(crate) fn write_head(
    head: &[u8],
    method: &[u8],
    url: &Base<'_>,
    change: Change,
    room: &mut [u8],
) -> usize {
    let mut at = 0;
    let mut put = |part: &[u8]| at = put(room, at, part);
    for part in [url.host, method, b" ", url.path_and_query, b" HTTP/1.1"] {
        put(part);
    }
    // Otherwise it is among the lines: the caller's own, or the same as before.
    if change.has_left {
        put(b"\r\nHost: ");
        put(url.host);
        if url.port != url.scheme.default_port() {
            put_port(url.port, &mut put);
        }
    }
    for line in Lines(head).skip(1) {
        let name = name_of(line);
        if !(change.is_get && is_listed(name, OF_BODY))
            && (!change.has_left || is_listed(name, HARMLESS))
        {
            put(b"\r\n");
            put(line);
        }
    }
    at
}

fn name_of(line: &[u8]) -> &[u8] {
    split_at_byte(line, b':').0
}

/// Whether the lines of a request's head have a field of this name, in lower case.
pub(crate) fn has_line(head: &[u8], name: &[u8]) -> bool {
    Lines(head).any(|line| is(name_of(line), name))
}

/// The lines of a request's head, as it was written, up to the empty one.
struct Lines<'b>(&'b [u8]);

impl<'b> Iterator for Lines<'b> {
    type Item = &'b [u8];

    fn next(&mut self) -> Option<&'b [u8]> {
        let (line, rest) = split_at_byte(self.0, b'\r');
        self.0 = rest.strip_prefix(b"\n").unwrap_or_default();
        (!line.is_empty()).then_some(line)
    }
}
