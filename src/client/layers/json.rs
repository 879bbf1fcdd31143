//! JSON, with `serde-json-core`.

use crate::client::{Buffer, Call, Request, Response};
use crate::error::{Error, RequestError};
use crate::http::bytes::{hex_digit, put};
use crate::nal::ErrorOf;
use core::fmt;
use nal_link::{Clock, LinkError, Network};
use serde::{Deserialize, Serialize};
use serde_json_core::de;

impl<N: Network, C: Clock, B: Buffer> Request<'_, '_, N, C, B> {
    /// A body of JSON, with its `Content-Type`. It is written into the buffer.
    ///
    /// A value that doesn't fit is refused when the request is sent:
    /// [`JsonBody`](crate::RequestError::JsonBody).
    ///
    /// # Panics
    ///
    /// `serde-json-core` panics for types that it can't write: a `char`, a 128-bit number, a variant with several
    /// values in parentheses; and where a `Serialize` of the caller's own fails. A map's names have to be strings,
    /// and it writes `serialize_bytes` as they are: it checks neither.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// #[derive(serde::Serialize)]
    /// struct Reading { celsius: f32 }
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// # let mut buffer = [0; 512];
    /// let request = online.post("http://192.168.1.20/readings", &mut buffer);
    /// request.json(&Reading { celsius: 17.5 }).send()?;
    /// # Ok(()) }
    /// ```
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        if self.takes_body() {
            let mut pen = self.head();
            pen.header("Content-Type", b"application/json");
            let room = pen.free_room();
            let available = room.len();
            match serde_json_core::to_slice(value, room) {
                Ok(length) => pen.end_body(length),
                Err(_) => pen.fail(RequestError::JsonBody { available }),
            }
        }
        self
    }
}

impl<N: Network, C: Clock, B: Buffer> Response<'_, '_, N, C, B> {
    /// Reads the rest of the body into the request's buffer, and parses it. Strings of the value may borrow
    /// from there.
    ///
    /// Escapes are decoded in the buffer: of `"caf\u00e9"` and of `"http:\/\/"`, as PHP writes it, a `&str` has the
    /// characters. A string with a quotation mark or a backslash (`\"`, `\\`) can't be borrowed and is refused there; a
    /// type that owns its strings (`heapless`'s, with its feature `serde`) gets it, if it isn't longer than the room
    /// that the buffer has behind the response, or 128 bytes.
    ///
    /// # Errors
    ///
    /// [`JsonError::Response`] as [`read_to_end`](Self::read_to_end): a body that was cut, or that doesn't fit
    /// the buffer; or that is [`Compressed`](crate::ErrorKind::Compressed) by gzip. [`JsonError::Json`] where it
    /// is no JSON, or other JSON than the type takes, or more than 32 arrays and objects stand in one another;
    /// the text can still be had from `read_to_end`.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// #[derive(serde::Deserialize)]
    /// struct State<'a> { door: &'a str, opened: u32 }
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), JsonError<ErrorOf<N>>> {
    /// let mut buffer = [0; 1024];
    /// let mut response = online.get("http://192.168.1.20/state", &mut buffer).send()?;
    /// let state: State<'_> = response.json()?;
    /// println!("{} {}", state.door, state.opened);
    /// # Ok(()) }
    /// ```
    pub fn json<'t, T: Deserialize<'t>>(&'t mut self) -> Result<T, JsonError<ErrorOf<N>>> {
        self.read_to_end()?;
        self.check_coding()?;
        self.call_mut().json().map_err(JsonError::Json)
    }
}

impl<B: Buffer> Call<'_, B> {
    /// Parses what [`poll_read_to_end`](Self::poll_read_to_end) has read. For its strings see
    /// [`Response::json`].
    ///
    /// # Errors
    ///
    /// It is no JSON, or other JSON than the type takes; or more than 32 arrays and objects stand in one another.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<B: Buffer>(call: &mut Call<'_, B>) {
    /// match call.json::<u32>() {
    ///     Ok(count) => println!("{count}"),
    ///     Err(error) => println!("{error}"),
    /// }
    /// # }
    /// ```
    pub fn json<'t, T: Deserialize<'t>>(&'t mut self) -> Result<T, de::Error> {
        let exchange = &mut self.parts.exchange;
        let buffer = self.buffer.as_mut();
        let (body, _) = exchange.body_and_free(buffer);
        let length = decode_escapes(body);
        exchange.shorten_body(length);
        let (body, free) = exchange.body_and_free(buffer);
        if is_deep(body) {
            return Err(de::Error::CustomError);
        }
        // Without room for them it would hand over the escapes that are left as if they were the text.
        let mut least = [0; UNESCAPED];
        let room = if free.len() > UNESCAPED { free } else { &mut least };
        let (value, length) = de::from_slice_escaped(&*body, room)?;
        match body.get(length..).unwrap_or_default().trim_ascii() {
            [] => Ok(value),
            _ => Err(de::Error::TrailingCharacters),
        }
    }
}

/// Room on the stack for a string with escapes, where the buffer has less.
const UNESCAPED: usize = 128;

/// Puts characters in the place of their escapes (RFC 8259 section 7), but for a quotation mark and a backslash,
/// without which the text would be another one. Returns how long it is then. Half of a surrogate pair is no
/// character: U+FFFD. What is no escape stays, and is found where it is parsed.
fn decode_escapes(body: &mut [u8]) -> usize {
    let (mut from, mut to, mut is_text) = (0usize, 0, false);
    while let Some(byte) = body.get(from) {
        let rest = body.get(from..).unwrap_or_default();
        // Outside of a text it is no escape.
        let (taken, character) = if is_text && *byte == b'\\' { unescape(rest) } else { (1, None) };
        is_text ^= *byte == b'"';
        let behind = from.saturating_add(taken);
        if let Some(character) = character {
            if matches!(character, '"' | '\\') {
                to = put(body, to, b"\\");
            }
            to = put(body, to, character.encode_utf8(&mut [0; 4]).as_bytes());
        } else {
            // Byte by byte: a range could be out of bounds, and panic.
            for at in from..behind {
                if let Some(byte) = body.get(at) {
                    to = put(body, to, &[*byte]);
                }
            }
        }
        from = behind;
    }
    to
}

/// How long the escape is that a text begins with, and what it stands for; `None` if it is none, or stays.
fn unescape(text: &[u8]) -> (usize, Option<char>) {
    let character = match text.get(1) {
        Some(b'/') => '/',
        Some(b'b') => '\x08',
        Some(b'f') => '\x0C',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => {
            let Some(unit) = code_unit(text) else { return (2, None) };
            let low = text.get(6..).filter(|low| low.starts_with(b"\\u")).and_then(code_unit);
            let units = [unit, low.unwrap_or(0)];
            let character = char::decode_utf16(units).next().and_then(Result::ok);
            let taken = if character.is_some_and(|it| it > '\u{FFFF}') { 12 } else { 6 };
            return (taken, Some(character.unwrap_or(char::REPLACEMENT_CHARACTER)));
        }
        _ => return (2, None),
    };
    (2, Some(character))
}

/// The four hexadecimal digits of `\u00fc`.
fn code_unit(text: &[u8]) -> Option<u16> {
    text.get(2..6)?
        .iter()
        .try_fold(0u16, |unit, digit| Some(unit.wrapping_shl(4) | u16::from(hex_digit(*digit)?)))
}

/// So many arrays and objects may stand in one another.
const DEEPEST: u8 = 32;

/// Where in a text of JSON a byte stands.
#[derive(Clone, Copy)]
enum Place {
    /// Where a value or a name may begin.
    Value,
    Text,
    /// Behind a backslash in a text.
    Escape,
    /// Behind a text, an array or an object.
    Behind,
    /// In anything else.
    Word,
}

/// Whether a body is deeper than [`DEEPEST`], or has a comma where a value belongs. serde-json-core calls itself
/// for each array in an array that its caller's type passes over: a kilobyte of `[` would use up a chip's stack.
///
/// No text may hide a bracket from this and not from it. Therefore a text is here what it takes for one: within
/// a word it passes over a quotation mark. And behind `[,`, which it lets pass, it wants no comma any more.
fn is_deep(body: &[u8]) -> bool {
    let (mut depth, mut place) = (0u8, Place::Value);
    for byte in body {
        place = match (place, *byte) {
            (Place::Text, b'\\') => Place::Escape,
            (Place::Text, b'"') => Place::Behind,
            (Place::Text | Place::Escape, _) | (Place::Value, b'"') => Place::Text,
            (Place::Value, b'[' | b'{') => {
                depth = depth.saturating_add(1);
                Place::Value
            }
            (_, b']' | b'}') => {
                depth = depth.saturating_sub(1);
                Place::Behind
            }
            (Place::Value, b',') => return true,
            (_, b',') | (Place::Behind, b':') => Place::Value,
            (_, b' ' | b'\t' | b'\n' | b'\r') => place,
            _ => Place::Word,
        };
        if depth > DEEPEST {
            return true;
        }
    }
    false
}

/// Why a response's JSON couldn't be had.
///
/// ```
/// use safe_http_client::JsonError;
/// let error: JsonError<&str> = JsonError::Json(serde_json_core::de::Error::EofWhileParsingObject);
/// assert!(error.to_string().starts_with("the body isn't the JSON that was expected: "));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum JsonError<R> {
    /// Reading the response failed: it was cut, is too large for the buffer, or compressed.
    Response(R),
    /// The body is no JSON, or other JSON than the type takes.
    Json(de::Error),
}

/// So that `?` takes it where a function sends a request and reads JSON.
impl<R> From<R> for JsonError<R> {
    fn from(error: R) -> Self {
        Self::Response(error)
    }
}

/// So that `?` takes `wait_online`'s, too.
impl<T, D> From<LinkError> for JsonError<Error<T, D>> {
    fn from(error: LinkError) -> Self {
        Self::Response(error.into())
    }
}

impl<R: fmt::Display> fmt::Display for JsonError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response(error) => error.fmt(f),
            Self::Json(de::Error::EscapedStringIsTooLong) => f.write_str(
                "the body isn't the JSON that was expected: a string with escaped quotation marks or backslashes is \
                 longer than the room behind the response; give the request a larger buffer",
            ),
            Self::Json(error) => write!(
                f,
                "the body isn't the JSON that was expected: {error} (look at the response's status, its Content-Type \
                 and its bytes; a &str can't have quotation marks or backslashes, and an owned string can; at \
                 most 32 arrays and objects stand in one another)"
            ),
        }
    }
}

impl<R: fmt::Debug + fmt::Display> core::error::Error for JsonError<R> {}
