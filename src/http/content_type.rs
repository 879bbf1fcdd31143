//! `Content-Type` (RFC 9110 section 8.3).

use super::bytes::trim;
use core::fmt;

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
        let is_name = |name: &str| super::bytes::is_token(name.as_bytes());
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
