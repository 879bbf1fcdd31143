//! Status codes with their classes and names (RFC 9110 section 15, and IANA's registry).

use core::fmt;

/// A status code, for those who want more of it than the number: its class and its name.
///
/// ```
/// use safe_http_client::{StatusClass, StatusCode};
/// let status = StatusCode(404);
/// assert_eq!(status.class(), StatusClass::ClientError);
/// assert_eq!(status.name(), Some("Not Found"));
/// assert_eq!(status.to_string(), "404 Not Found");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StatusCode(pub u16);

/// What the first digit of a status says (RFC 9110 section 15). A client that doesn't know a code goes by it.
///
/// ```
/// use safe_http_client::{StatusClass, StatusCode};
/// assert_eq!(StatusCode(299).class(), StatusClass::Success);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum StatusClass {
    /// 1xx: the request was received, and the answer is still to come.
    Informational,
    /// 2xx: it was carried out.
    Success,
    /// 3xx: it needs another request, or nothing has changed.
    Redirection,
    /// 4xx: it can't be carried out as it is.
    ClientError,
    /// 5xx: the server failed at what may be a good request.
    ServerError,
    /// Another number, which HTTP has no meaning for.
    Other,
}

impl StatusCode {
    /// The class that it is of.
    ///
    /// ```
    /// use safe_http_client::{StatusClass, StatusCode};
    /// assert_eq!(StatusCode(503).class(), StatusClass::ServerError);
    /// assert_eq!(StatusCode(999).class(), StatusClass::Other);
    /// ```
    pub const fn class(self) -> StatusClass {
        match self.0 {
            100..=199 => StatusClass::Informational,
            200..=299 => StatusClass::Success,
            300..=399 => StatusClass::Redirection,
            400..=499 => StatusClass::ClientError,
            500..=599 => StatusClass::ServerError,
            _ => StatusClass::Other,
        }
    }

    /// Its name in IANA's registry; `None` where that has none.
    ///
    /// ```
    /// use safe_http_client::StatusCode;
    /// assert_eq!(StatusCode(429).name(), Some("Too Many Requests"));
    /// assert_eq!(StatusCode(499).name(), None);
    /// ```
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            100 => "Continue",
            101 => "Switching Protocols",
            102 => "Processing",
            103 => "Early Hints",
            200 => "OK",
            201 => "Created",
            202 => "Accepted",
            203 => "Non-Authoritative Information",
            204 => "No Content",
            205 => "Reset Content",
            206 => "Partial Content",
            207 => "Multi-Status",
            208 => "Already Reported",
            226 => "IM Used",
            300 => "Multiple Choices",
            301 => "Moved Permanently",
            302 => "Found",
            303 => "See Other",
            304 => "Not Modified",
            305 => "Use Proxy",
            307 => "Temporary Redirect",
            308 => "Permanent Redirect",
            400 => "Bad Request",
            401 => "Unauthorized",
            402 => "Payment Required",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            406 => "Not Acceptable",
            407 => "Proxy Authentication Required",
            408 => "Request Timeout",
            409 => "Conflict",
            410 => "Gone",
            411 => "Length Required",
            412 => "Precondition Failed",
            413 => "Content Too Large",
            414 => "URI Too Long",
            415 => "Unsupported Media Type",
            416 => "Range Not Satisfiable",
            417 => "Expectation Failed",
            421 => "Misdirected Request",
            422 => "Unprocessable Content",
            423 => "Locked",
            424 => "Failed Dependency",
            425 => "Too Early",
            426 => "Upgrade Required",
            428 => "Precondition Required",
            429 => "Too Many Requests",
            431 => "Request Header Fields Too Large",
            451 => "Unavailable For Legal Reasons",
            500 => "Internal Server Error",
            501 => "Not Implemented",
            502 => "Bad Gateway",
            503 => "Service Unavailable",
            504 => "Gateway Timeout",
            505 => "HTTP Version Not Supported",
            506 => "Variant Also Negotiates",
            507 => "Insufficient Storage",
            508 => "Loop Detected",
            511 => "Network Authentication Required",
            _ => return None,
        })
    }
}

impl From<u16> for StatusCode {
    fn from(status: u16) -> Self {
        Self(status)
    }
}

impl From<StatusCode> for u16 {
    fn from(status: StatusCode) -> Self {
        status.0
    }
}

impl PartialEq<u16> for StatusCode {
    fn eq(&self, status: &u16) -> bool {
        self.0 == *status
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} {name}", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

// `Content-Type` (RFC 9110 section 8.3).
