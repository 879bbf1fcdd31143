//! Redirects (RFC 9110 section 15.4): where they lead, and what request goes there.

mod head;
mod resolve;

pub(crate) use head::{Change, has_line, write_head};
pub(crate) use resolve::resolve;

use super::authority::MAX_HOST;
use super::bytes::split_at_byte;
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
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Redirect<'b> {
    status: u16,
    location: &'b [u8],
}

impl<'b> Redirect<'b> {
    /// Of a response with 301, 302, 303, 307 or 308 and a `Location`. 300 leaves the choice to a person,
    /// and 304 is no redirect.
    pub(crate) fn of(head: &ResponseHead<'b>) -> Option<Self> {
        match head.status() {
            status @ (301..=303 | 307 | 308) => {
                Some(Self { status, location: head.header("location")? })
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
        let url = Url::parse(ascii(room.get(start..).unwrap_or_default()));
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
            host: url.host_text().as_bytes(),
            port: url.port(),
            path_and_query: url.path_and_query().as_bytes(),
        }
    }

    /// Whether both are of one origin (RFC 6454): credentials for one are for the other.
    pub(crate) fn is_same_origin(&self, scheme: Scheme, host: &[u8], port: u16) -> bool {
        self.scheme == scheme && self.port == port && is_same_host(self.host, host)
    }
}

/// Whether both are one host. Of two bytes that a host may have, bit 5 alone tells letters of either case apart.
fn is_same_host(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one | 0x20 == other | 0x20)
}

/// Text of which all is ASCII.
pub(crate) fn ascii(text: &[u8]) -> &str {
    core::str::from_utf8(text).unwrap_or_default()
}

/// What stands behind `http://` or `https://`.
pub(crate) fn behind_scheme(scheme: Scheme, url: &[u8]) -> &[u8] {
    let length = "http://".len().wrapping_add(usize::from(scheme == Scheme::Https));
    url.get(length..).unwrap_or_default()
}

/// Whom a URL that was resolved leads to, and the length of its target.
// What stands in front of the path is copied: a check for UTF-8 takes 600 of flash.
#[inline(never)]
pub(crate) fn parse(url: &[u8]) -> Result<(Endpoint, usize), RedirectError> {
    let mut copy: heapless::String<{ "https://:65535".len() + MAX_HOST }> = heapless::String::new();
    // Both schemes are shorter than this, and no host is empty.
    let behind = url.get("https://".len()..).unwrap_or_default();
    let target = behind.len().wrapping_sub(split_at_byte(behind, b'/').0.len());
    for &byte in url.get(..url.len().wrapping_sub(target)).unwrap_or_default() {
        // All of it is ASCII.
        if copy.push(char::from(byte & 0x7F)).is_err() {
            return Err(RedirectError::Location(UrlError::HostTooLong));
        }
    }
    let url = Url::parse(&copy).map_err(RedirectError::Location)?;
    Ok((Endpoint::of(&url), target))
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

#[cfg(test)]
mod tests;
