//! The head of a response as a caller reads it: its status, its fields, and what some of them mean.

use super::bytes::{decimal, is_token, limbs, put, to_decimal, trim};
use super::head::HeadParser;
use super::status::StatusCode;
use core::fmt;

/// The head of a response: status, reason, header fields. Borrowed from the request's buffer.
///
/// It is reached by [`Response::head`](crate::Response::head) and
/// [`Call::head`](crate::Call::head).
///
/// ```
/// use safe_http_client::ResponseHead;
///
/// fn is_json(head: ResponseHead<'_>) -> bool {
///     head.header("content-type").is_some_and(|value| value.starts_with(b"application/json"))
/// }
/// ```
#[derive(Clone, Copy)]
pub struct ResponseHead<'b> {
    status: u16,
    minor_version: u8,
    content_length: Option<u64>,
    reason: &'b [u8],
    lines: &'b [u8],
}

/// Length of `HTTP/1.1 200 `, in front of the reason.
const REASON_START: usize = 13;

impl<'b> ResponseHead<'b> {
    /// From a parser that is done and the bytes it scanned.
    #[doc(hidden)]
    pub fn new(parser: &HeadParser, head: &'b [u8]) -> Self {
        let reason = head.get(REASON_START..parser.reason_end).unwrap_or_default();
        let behind_status = head.get(parser.reason_end..).unwrap_or_default();
        let lines = match behind_status {
            [b'\r', b'\n', lines @ ..] | [b'\n', lines @ ..] => lines,
            _ => &[],
        };
        Self {
            status: parser.status,
            minor_version: parser.minor_version,
            content_length: parser.fields.content_length(),
            reason,
            lines,
        }
    }

    /// The status, from 100 to 999.
    ///
    /// ```
    /// # use safe_http_client::{ResponseHead, sans_io::HeadParser};
    /// # let bytes = &mut { *b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n" };
    /// # let mut parser = HeadParser::new();
    /// # parser.parse(bytes).unwrap();
    /// # let head = ResponseHead::new(&parser, bytes);
    /// // The server sent "HTTP/1.1 404 Not Found".
    /// assert_eq!(head.status(), 404);
    /// ```
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The same with its class and its name.
    ///
    /// ```
    /// # use safe_http_client::{ResponseHead, sans_io::HeadParser};
    /// # let bytes = &mut { *b"HTTP/1.1 404 Nope\r\nContent-Length: 9\r\n\r\n" };
    /// # let mut parser = HeadParser::new();
    /// # parser.parse(bytes).unwrap();
    /// # let head = ResponseHead::new(&parser, bytes);
    /// // The server sent "HTTP/1.1 404 Nope".
    /// assert_eq!(head.status_code().name(), Some("Not Found"));
    /// ```
    pub fn status_code(&self) -> StatusCode {
        StatusCode(self.status)
    }

    /// Whether the status is of the class 2xx.
    ///
    /// ```
    /// # use safe_http_client::{ResponseHead, sans_io::HeadParser};
    /// # let bytes = &mut { *b"HTTP/1.1 204 No Content\r\n\r\n" };
    /// # let mut parser = HeadParser::new();
    /// # parser.parse(bytes).unwrap();
    /// # let head = ResponseHead::new(&parser, bytes);
    /// // The server sent "HTTP/1.1 204 No Content".
    /// assert!(head.is_success());
    /// ```
    pub fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// Where the server wants this to be asked instead: of 301, 302, 303, 307 and 308 with a `Location`.
    ///
    /// ```
    /// # use safe_http_client::{ResponseHead, sans_io::HeadParser};
    /// # let bytes = &mut { *b"HTTP/1.1 301 Moved\r\nLocation: /new\r\n\r\n" };
    /// # let mut parser = HeadParser::new();
    /// # parser.parse(bytes).unwrap();
    /// # let head = ResponseHead::new(&parser, bytes);
    /// // The server sent 301 and "Location: /new".
    /// assert_eq!(head.redirect().map(|to| to.location()), Some(&b"/new"[..]));
    /// ```
    pub fn redirect(&self) -> Option<super::redirect::Redirect<'b>> {
        super::redirect::Redirect::of(self)
    }

    /// The reason phrase, as bytes; often empty. Nothing may depend on it (RFC 9112 section 4).
    ///
    /// ```
    /// # use safe_http_client::{ResponseHead, sans_io::HeadParser};
    /// # let bytes = &mut { *b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n" };
    /// # let mut parser = HeadParser::new();
    /// # parser.parse(bytes).unwrap();
    /// # let head = ResponseHead::new(&parser, bytes);
    /// // The server sent "HTTP/1.1 404 Not Found".
    /// assert_eq!(head.reason(), b"Not Found");
    /// ```
    pub fn reason(&self) -> &'b [u8] {
        self.reason
    }

    /// The minor version of HTTP/1.x: 0 or 1.
    ///
    /// ```
    /// # use safe_http_client::{ResponseHead, sans_io::HeadParser};
    /// # let bytes = &mut { *b"HTTP/1.0 200 OK\r\n\r\n" };
    /// # let mut parser = HeadParser::new();
    /// # parser.parse(bytes).unwrap();
    /// # let head = ResponseHead::new(&parser, bytes);
    /// // The server sent "HTTP/1.0 200 OK".
    /// assert_eq!(head.minor_version(), 0);
    /// ```
    pub fn minor_version(&self) -> u8 {
        self.minor_version
    }

    /// The value of `Content-Length`, if there is one. A response to HEAD has one without a body.
    ///
    /// ```
    /// # use safe_http_client::{ResponseHead, sans_io::HeadParser};
    /// # let bytes = &mut { *b"HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n" };
    /// # let mut parser = HeadParser::new();
    /// # parser.parse(bytes).unwrap();
    /// # let head = ResponseHead::new(&parser, bytes);
    /// // The server sent "Content-Length: 4096".
    /// assert_eq!(head.content_length(), Some(4096));
    /// ```
    pub fn content_length(&self) -> Option<u64> {
        self.content_length
    }

    /// All header fields, in the order in which they came.
    ///
    /// ```
    /// # use safe_http_client::{ResponseHead, sans_io::HeadParser};
    /// # let bytes = &mut { *b"HTTP/1.1 200 OK\r\nServer: gate\r\nContent-Length: 2\r\n\r\n" };
    /// # let mut parser = HeadParser::new();
    /// # parser.parse(bytes).unwrap();
    /// # let head = ResponseHead::new(&parser, bytes);
    /// for header in head.headers() {
    ///     println!("{}: {:?}", header.name(), header.value_str());
    /// }
    /// # assert_eq!(head.headers().count(), 2);
    /// ```
    pub fn headers(&self) -> Headers<'b> {
        Headers::new(self.lines)
    }

    /// The value of the first header field of this name (in any case), as bytes.
    ///
    /// ```
    /// # use safe_http_client::{ResponseHead, sans_io::HeadParser};
    /// # let bytes = &mut { *b"HTTP/1.1 200 OK\r\nETag: \"17\"\r\n\r\n" };
    /// # let mut parser = HeadParser::new();
    /// # parser.parse(bytes).unwrap();
    /// # let head = ResponseHead::new(&parser, bytes);
    /// // The server sent `ETag: "17"`.
    /// assert_eq!(head.header("etag"), Some(&b"\"17\""[..]));
    /// assert_eq!(head.header("location"), None);
    /// ```
    pub fn header(&self, name: &str) -> Option<&'b [u8]> {
        self.headers().find(|header| header.is(name)).map(|header| header.value)
    }

    /// The body's type; `None` where `Content-Type` isn't there or is none.
    ///
    /// ```
    /// # use safe_http_client::{ResponseHead, sans_io::HeadParser};
    /// # let bytes = &mut { *b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" };
    /// # let mut parser = HeadParser::new();
    /// # parser.parse(bytes).unwrap();
    /// # let head = ResponseHead::new(&parser, bytes);
    /// // The server sent "Content-Type: text/html; charset=utf-8".
    /// assert!(head.content_type().is_some_and(|kind| kind.is("text/html")));
    /// ```
    pub fn content_type(&self) -> Option<ContentType<'b>> {
        ContentType::of(self.header("content-type")?)
    }

    /// The value of the first header field of this name, if it is there and is UTF-8.
    ///
    /// ```
    /// # use safe_http_client::{ResponseHead, sans_io::HeadParser};
    /// # let bytes = &mut { *b"HTTP/1.1 200 OK\r\nRetry-After: 120\r\n\r\n" };
    /// # let mut parser = HeadParser::new();
    /// # parser.parse(bytes).unwrap();
    /// # let head = ResponseHead::new(&parser, bytes);
    /// // The server sent "Retry-After: 120".
    /// let seconds: Option<u32> = head.header_str("retry-after").and_then(|text| text.parse().ok());
    /// assert_eq!(seconds, Some(120));
    /// ```
    pub fn header_str(&self, name: &str) -> Option<&'b str> {
        self.header(name).and_then(|value| core::str::from_utf8(value).ok())
    }
}

/// A header or trailer field.
///
/// ```
/// # let lines = b"X-Key: 17\r\n\r\n";
/// # let mut headers = safe_http_client::Headers::new(lines);
/// // The server sent "X-Key: 17".
/// let header = headers.next().unwrap();
/// assert_eq!((header.name(), header.value_str()), ("X-Key", Some("17")));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Header<'b> {
    name: &'b [u8],
    value: &'b [u8],
}

impl<'b> Header<'b> {
    /// The name as it came.
    ///
    /// ```
    /// # let header = safe_http_client::Headers::new(b"X-Key: 17\r\n").next().unwrap();
    /// // The server sent "X-Key: 17".
    /// assert_eq!(header.name(), "X-Key");
    /// ```
    pub fn name(&self) -> &'b str {
        // Names were checked to be tokens, which are ASCII.
        core::str::from_utf8(self.name).unwrap_or_default()
    }

    /// The value as bytes, without white space at its ends. It may hold bytes above 0x7F of any
    /// encoding, which are kept as they came.
    ///
    /// ```
    /// # let header = safe_http_client::Headers::new(b"Server:  gate/\xB5 \r\n").next().unwrap();
    /// assert_eq!(header.value(), b"gate/\xB5"); // a micro sign in Latin-1
    /// ```
    pub fn value(&self) -> &'b [u8] {
        self.value
    }

    /// The value, if it is UTF-8.
    ///
    /// ```
    /// # let header = safe_http_client::Headers::new(b"Age: 60\r\n").next().unwrap();
    /// // The server sent "Age: 60".
    /// assert_eq!(header.value_str().map(str::parse), Some(Ok(60)));
    /// ```
    pub fn value_str(&self) -> Option<&'b str> {
        core::str::from_utf8(self.value).ok()
    }

    /// Whether this is the field's name, in any case.
    ///
    /// ```
    /// # let header = safe_http_client::Headers::new(b"X-Key: 17\r\n").next().unwrap();
    /// // The server sent "X-Key: 17".
    /// assert!(header.is("x-key") && !header.is("x-keys"));
    /// ```
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// Iterates over header or trailer fields.
///
/// ```
/// # let headers = safe_http_client::Headers::new(b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n");
/// // The server sent two cookies.
/// assert_eq!(headers.filter(|header| header.is("set-cookie")).count(), 2);
/// ```
#[derive(Clone)]
pub struct Headers<'b> {
    lines: &'b [u8],
}

impl<'b> Headers<'b> {
    /// Of lines that a [`HeadParser`] accepted.
    #[doc(hidden)]
    pub fn new(lines: &'b [u8]) -> Self {
        Self { lines }
    }
}

impl<'b> Iterator for Headers<'b> {
    type Item = Header<'b>;

    fn next(&mut self) -> Option<Header<'b>> {
        loop {
            let end = self.lines.iter().position(|&byte| byte == b'\n')?;
            let (line, rest) = self.lines.split_at_checked(end)?;
            self.lines = rest.get(1..).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            // The last line has none, nor has one that was blanked.
            let Some(colon) = line.iter().position(|&byte| byte == b':') else { continue };
            let (name, value) = line.split_at_checked(colon)?;
            return Some(Header { name, value: trim(value.get(1..).unwrap_or_default()) });
        }
    }
}

// Values are left out: they may be cookies, and what is shown so ends up in logs.

impl fmt::Debug for ResponseHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseHead")
            .field("status", &self.status)
            .field("minor_version", &self.minor_version)
            .field("headers", &self.headers())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Header<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header")
            .field("name", &self.name())
            .field("value_length", &self.value.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone().map(|header| header.name())).finish()
    }
}

/// The type of a body, as `Content-Type` says it: what `content_type()` of a response returns.
///
/// ```
/// use safe_http_client::ContentType;
/// let html = ContentType::of(b"Text/HTML; Charset=\"utf-8\"").unwrap();
/// assert!(html.is("text/html"));
/// assert_eq!(html.parameter("charset"), Some("utf-8"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ContentType<'b> {
    kind: &'b str,
    parameters: &'b str,
}

impl<'b> ContentType<'b> {
    /// Of a value such as `text/plain; charset=utf-8`. `None` where that is no type.
    ///
    /// ```
    /// use safe_http_client::ContentType;
    /// assert!(ContentType::of(b"json").is_none());
    /// ```
    pub fn of(value: &'b [u8]) -> Option<Self> {
        let text = core::str::from_utf8(trim(value)).ok()?;
        let (kind, parameters) = text.split_once(';').unwrap_or((text, ""));
        let kind = kind.trim_end_matches([' ', '\t']);
        let (main, sub) = kind.split_once('/')?;
        let is_name = |name: &str| is_token(name.as_bytes());
        (is_name(main) && is_name(sub)).then_some(Self { kind, parameters })
    }

    /// The type itself, such as `text/html`, as it came.
    ///
    /// ```
    /// use safe_http_client::ContentType;
    /// assert_eq!(ContentType::of(b"image/PNG").map(|kind| kind.as_str()), Some("image/PNG"));
    /// ```
    pub fn as_str(&self) -> &'b str {
        self.kind
    }

    /// Whether it is this type, in any case.
    ///
    /// ```
    /// use safe_http_client::ContentType;
    /// assert!(ContentType::of(b"Image/png").is_some_and(|kind| kind.is("image/png")));
    /// ```
    pub fn is(&self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind)
    }

    /// Whether it is JSON: `application/json`, or a type that ends in `+json` (RFC 6839).
    ///
    /// ```
    /// use safe_http_client::ContentType;
    /// assert!(ContentType::of(b"application/problem+json").is_some_and(|kind| kind.is_json()));
    /// ```
    pub fn is_json(&self) -> bool {
        const SUFFIX: &[u8] = b"+json";
        let kind = self.kind.as_bytes();
        let end = kind.get(kind.len().saturating_sub(SUFFIX.len())..).unwrap_or_default();
        self.is("application/json") || end.eq_ignore_ascii_case(SUFFIX)
    }

    /// The value of a parameter, such as `charset`, without quotation marks. A value with a backslash is as it
    /// came.
    ///
    /// ```
    /// use safe_http_client::ContentType;
    /// let parts = ContentType::of(b"multipart/mixed; boundary=\"a;b\"").unwrap();
    /// assert_eq!(parts.parameter("Boundary"), Some("a;b"));
    /// ```
    pub fn parameter(&self, name: &str) -> Option<&'b str> {
        let mut rest = self.parameters;
        while !rest.is_empty() {
            let mut is_quoted = false;
            let mut is_escaped = false;
            let end = rest.find(|c: char| {
                let ends = c == ';' && !is_quoted;
                is_quoted ^= c == '"' && !is_escaped;
                is_escaped = c == '\\' && is_quoted && !is_escaped;
                ends
            });
            let (parameter, behind) = match end.and_then(|at| rest.split_at_checked(at)) {
                Some((parameter, behind)) => {
                    (parameter, behind.strip_prefix(';').unwrap_or(behind))
                }
                None => (rest, ""),
            };
            rest = behind;
            if let Some((found, value)) = parameter.trim_matches([' ', '\t']).split_once('=')
                && found.eq_ignore_ascii_case(name)
            {
                let inner = value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
                return Some(inner.unwrap_or(value));
            }
        }
        None
    }
}

impl fmt::Debug for ContentType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ContentType").field(&self.kind).finish()
    }
}

// Parts of a representation (RFC 9110 section 14).

/// Writes the value of a `Range` that asks for all from this byte on. A number has 20 digits at most.
// Formatted, it would take two kilobytes of flash.
pub(crate) fn all_from(first: u64, room: &mut [u8; 32]) -> &[u8] {
    let mut digits = [0; 20];
    let mut end = 0;
    for part in [b"bytes=" as &[u8], to_decimal(&mut limbs(first), &mut digits), b"-"] {
        end = put(room, end, part);
    }
    room.get(..end).unwrap_or_default()
}

/// `Content-Range` in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentRange {
    /// `bytes 1000-1999/2000`; the whole's length may be `*`.
    Part { first: u64, last: u64, length: Option<u64> },
    /// `bytes */2000`, of a 416.
    None { length: u64 },
}

impl ContentRange {
    /// `None` of what isn't one: another unit, a part beyond the end or of nothing, no numbers.
    pub(crate) fn of(value: &[u8]) -> Option<Self> {
        let (unit, rest) = value.split_at_checked(5)?;
        if !unit.eq_ignore_ascii_case(b"bytes") {
            return None;
        }
        let (range, length) = split(trim(rest), b'/')?;
        if range == b"*" {
            return Some(Self::None { length: decimal(length)? });
        }
        let (first, last) = split(range, b'-')?;
        let (first, last) = (decimal(first)?, decimal(last)?);
        let length = match length {
            b"*" => None,
            length => Some(decimal(length)?),
        };
        let fits = first <= last && length.is_none_or(|length| last < length);
        fits.then_some(Self::Part { first, last, length })
    }
}

fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = text.iter().position(|byte| *byte == at)?;
    let (before, rest) = text.split_at_checked(place)?;
    Some((before, rest.get(1..)?))
}

/// An entity tag that says that all bytes are the same (RFC 9110 section 8.8.3): empty of a weak one, or of
/// what is no tag.
pub(crate) fn strong_tag(value: &[u8]) -> &[u8] {
    match trim(value) {
        tag @ [b'"', inner @ .., b'"'] if !inner.contains(&b'"') => tag,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges() {
        let part = |first, last, length| Some(ContentRange::Part { first, last, length });
        for (value, expected) in [
            ("bytes 0-4/10", part(0, 4, Some(10))),
            ("Bytes 5-9/10", part(5, 9, Some(10))),
            ("bytes  5-9/*", part(5, 9, None)),
            ("bytes */10", Some(ContentRange::None { length: 10 })),
            ("bytes */*", None),
            ("bytes 5-10/10", None),
            ("bytes 5-4/10", None),
            ("bytes -4/10", None),
            ("bytes 5-/10", None),
            ("bytes 5-9", None),
            ("bytes=5-9/10", None),
            ("bytes +5-9/10", None),
            ("bytes 0-18446744073709551616/*", None),
            ("items 0-4/10", None),
            ("byte", None),
            ("", None),
        ] {
            assert_eq!(ContentRange::of(value.as_bytes()), expected, "{value}");
        }
    }

    #[test]
    fn strong_tags() {
        for (value, strong) in [
            ("\"17\"", "\"17\""),
            (" \"\" ", "\"\""),
            ("W/\"17\"", ""),
            ("17", ""),
            ("\"17\", \"18\"", ""),
            ("\"", ""),
            ("", ""),
        ] {
            assert_eq!(strong_tag(value.as_bytes()), strong.as_bytes(), "{value}");
        }
    }

    #[test]
    fn from_any_byte() {
        for first in [0, 9, 10, 65_536, u64::MAX] {
            assert_eq!(all_from(first, &mut [0; 32]), std::format!("bytes={first}-").as_bytes());
        }
    }
}
