//! Methods, and how a request's body is delimited.

use super::framing::ResponseTo;

/// A request method (RFC 9110 section 9).
///
/// ```
/// use safe_http_client::Method;
/// assert_eq!(Method::Get.name(), "GET");
/// assert!(!Method::Custom("PURGE").is_idempotent()); // nothing is known of it
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method<'a> {
    /// GET.
    Get,
    /// HEAD: as GET, but the response has no body.
    Head,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// DELETE.
    Delete,
    /// CONNECT: asks a proxy for a tunnel; a 2xx hands the stream over.
    Connect,
    /// OPTIONS.
    Options,
    /// TRACE.
    Trace,
    /// PATCH.
    Patch,
    /// Any other. Methods are case-sensitive.
    Custom(&'a str),
}

impl<'a> Method<'a> {
    /// The method of this name; unknown ones are [`Method::Custom`].
    ///
    /// ```
    /// use safe_http_client::Method;
    /// assert_eq!(Method::from_name("HEAD"), Method::Head);
    /// assert_eq!(Method::from_name("PURGE"), Method::Custom("PURGE"));
    /// ```
    pub const fn from_name(name: &'a str) -> Self {
        match name.as_bytes() {
            b"GET" => Self::Get,
            b"HEAD" => Self::Head,
            b"POST" => Self::Post,
            b"PUT" => Self::Put,
            b"DELETE" => Self::Delete,
            b"CONNECT" => Self::Connect,
            b"OPTIONS" => Self::Options,
            b"TRACE" => Self::Trace,
            b"PATCH" => Self::Patch,
            _ => Self::Custom(name),
        }
    }

    /// The method as it is sent.
    ///
    /// ```
    /// assert_eq!(safe_http_client::Method::Patch.name(), "PATCH");
    /// ```
    pub const fn name(self) -> &'a str {
        match self {
            Self::Custom(name) => name,
            known => {
                let start = known.start();
                match start.split_at_checked(start.len().wrapping_sub(1)) {
                    Some((name, _)) => name,
                    None => start,
                }
            }
        }
    }

    /// What a request starts with: the name and a space, but of a custom one the name alone.
    const fn start(self) -> &'a str {
        match self {
            Self::Get => "GET ",
            Self::Head => "HEAD ",
            Self::Post => "POST ",
            Self::Put => "PUT ",
            Self::Delete => "DELETE ",
            Self::Connect => "CONNECT ",
            Self::Options => "OPTIONS ",
            Self::Trace => "TRACE ",
            Self::Patch => "PATCH ",
            Self::Custom(name) => name,
        }
    }

    /// Whether a repeated request means no more than one (RFC 9110 section 9.2.2). Only such a
    /// request is sent again by itself; for others see [`Request::retry`](crate::Request::retry).
    ///
    /// ```
    /// use safe_http_client::Method;
    /// assert!(Method::Put.is_idempotent() && !Method::Post.is_idempotent());
    /// ```
    pub const fn is_idempotent(self) -> bool {
        !matches!(self, Self::Post | Self::Patch | Self::Connect | Self::Custom(_))
    }

    /// What follows from the method for a request and its response.
    // A program whose methods are constants has no code for others.
    #[inline(always)]
    pub(crate) const fn traits(self) -> MethodTraits<'a> {
        let method = match self {
            Self::Custom(name) => Self::from_name(name),
            method => method,
        };
        MethodTraits {
            name: self.start(),
            is_custom: matches!(self, Self::Custom(_)),
            response_to: match method {
                Self::Head => ResponseTo::Head,
                Self::Connect => ResponseTo::Connect,
                _ => ResponseTo::Other,
            },
            // A method given by its name alone is taken for one of which nothing is known.
            repeat: match self {
                Self::Get | Self::Head | Self::Options | Self::Trace => Repeat::Safe,
                method if method.is_idempotent() => Repeat::Idempotent,
                _ => Repeat::Never,
            },
            may_have_body: !matches!(method, Self::Head | Self::Trace),
            announces_empty_body: matches!(method, Self::Post | Self::Put | Self::Patch),
        }
    }
}

/// Whether a request that had no answer may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Twice may be more than once.
    Never,
    /// Twice is no more than once (RFC 9110 section 9.2.2).
    Idempotent,
    /// It asks, and changes nothing (RFC 9110 section 9.2.1).
    Safe,
}

/// What follows from a method.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MethodTraits<'a> {
    /// As it is sent: with the space behind it, but for a custom one.
    pub(crate) name: &'a str,
    /// It may be no name that a method can have.
    pub(crate) is_custom: bool,
    /// What the response to it can be.
    pub(crate) response_to: ResponseTo,
    pub(crate) repeat: Repeat,
    /// Whether a request may have a body (RFC 9110 sections 9.3.2 and 9.3.8).
    pub(crate) may_have_body: bool,
    /// Whether a request without a body says so (RFC 9110 section 8.6).
    pub(crate) announces_empty_body: bool,
}

/// How a request's body is delimited.
///
/// ```
/// use safe_http_client::BodyLength;
/// let image = [0; 2048];
/// let known = BodyLength::Known(image.len() as u64);
/// let measured_as_it_goes = BodyLength::Chunked;
/// # assert_ne!(known, measured_as_it_goes);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyLength {
    /// So many bytes: `Content-Length`.
    Known(u64),
    /// Until it ends: chunked. Servers of HTTP/1.0 don't take it.
    Chunked,
}

impl core::fmt::Display for Method<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}
