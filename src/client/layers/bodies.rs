//! Bodies in a form of their own: JSON, with `serde-json-core`; several parts (RFC 7578), whose length is known
//! beforehand.

use crate::client::{Buffer, Request, Response, Upload};
use crate::error::RequestError;
use crate::http::bytes::{copy, is_value_byte};
use crate::http::method::BodyLength;
use crate::nal::ErrorOf;
use core::convert::Infallible;
use core::fmt;
use embedded_io::{ErrorType, Read};
use nal_link::{Clock, Network};

/// A field of a form, or a file.
///
/// ```
/// use safe_http_client::Part;
/// let image = [0xFF, 0xD8];
/// let parts = [
///     Part::text("place", "front door"),
///     Part::typed("settings", "application/json", br#"{"zoom":2}"#),
///     Part::file("photo", "door.jpg", "image/jpeg", &image),
/// ];
/// ```
#[derive(Clone, Copy)]
pub struct Part<'a> {
    name: &'a str,
    file_name: Option<&'a str>,
    content_type: Option<&'a str>,
    content: &'a [u8],
}

impl<'a> Part<'a> {
    /// A field.
    pub const fn text(name: &'a str, value: &'a str) -> Self {
        Self { name, file_name: None, content_type: None, content: value.as_bytes() }
    }

    /// A field that isn't plain text, with its type.
    pub const fn typed(name: &'a str, content_type: &'a str, content: &'a [u8]) -> Self {
        Self { name, file_name: None, content_type: Some(content_type), content }
    }

    /// A file, with its name and its type.
    pub const fn file(
        name: &'a str,
        file_name: &'a str,
        content_type: &'a str,
        content: &'a [u8],
    ) -> Self {
        Self { name, file_name: Some(file_name), content_type: Some(content_type), content }
    }

    /// Its pieces, one behind the other; `None` behind the last.
    fn piece(&self, at: usize) -> Option<&'a [u8]> {
        Some(match at {
            0 => b"\r\nContent-Disposition: form-data; name=\"",
            1 => self.name.as_bytes(),
            2 if self.file_name.is_none() => b"",
            2 => b"\"; filename=\"",
            3 => self.file_name.unwrap_or_default().as_bytes(),
            4 if self.content_type.is_none() => b"\"",
            4 => b"\"\r\nContent-Type: ",
            5 => self.content_type.unwrap_or_default().as_bytes(),
            6 => b"\r\n\r\n",
            7 => self.content,
            8 => b"\r\n",
            _ => return None,
        })
    }

    /// Whether its names can stand between quotation marks. Browsers send a backslash as it is, too, but in front of
    /// the second mark most servers take that for a part of the name.
    fn is_sound(&self) -> bool {
        let is_quotable = |text: &str| {
            !text.ends_with('\\') && text.bytes().all(|byte| is_value_byte(byte) && byte != b'"')
        };
        is_quotable(self.name)
            && is_quotable(self.file_name.unwrap_or_default())
            && self.content_type.unwrap_or_default().bytes().all(is_value_byte)
    }
}

impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").field("name", &self.name).finish_non_exhaustive()
    }
}

/// `multipart/form-data; boundary=` and the boundary.
const TYPE: [u8; 46] = *b"multipart/form-data; boundary=----part00000000";
const BOUNDARY: usize = 30;

/// A body of parts, as a reader that gives it piece by piece. Its length is known, and no part has its boundary
/// in it.
///
/// [`Request::send_parts`] sends it; [`Request::start_parts`] is for a program that polls, which reads from it
/// what it gives to the upload.
///
/// ```
/// use embedded_io::Read;
/// use safe_http_client::{Multipart, Part};
/// let parts = [Part::text("place", "door")];
/// let mut body = Multipart::new(&parts);
/// let mut bytes = [0; 256];
/// let length = body.read(&mut bytes).unwrap();
/// assert_eq!(length as u64, body.length());
/// assert!(bytes.starts_with(b"------part00000000\r\nContent-Disposition: form-data; name=\"place\""));
/// ```
#[derive(Debug, Clone)]
pub struct Multipart<'a> {
    parts: &'a [Part<'a>],
    content_type: [u8; TYPE.len()],
    /// The part that is read, its piece, and how much of that was read.
    part: usize,
    piece: usize,
    taken: usize,
}

impl<'a> Multipart<'a> {
    /// Of these parts. All of their contents are searched for the boundary.
    pub fn new(parts: &'a [Part<'a>]) -> Self {
        let mut body = Self { parts, content_type: TYPE, part: 0, piece: 0, taken: 0 };
        // The next number, until no content has it.
        while parts.iter().any(|part| has(part.content, body.boundary())) {
            for digit in body.content_type.iter_mut().rev().take(8) {
                *digit = if *digit == b'9' { b'0' } else { digit.wrapping_add(1) };
                if *digit != b'0' {
                    break;
                }
            }
        }
        body
    }

    /// Its length in bytes, whatever was read of it.
    pub fn length(&self) -> u64 {
        let mut length = 0u64;
        for part in 0..=self.parts.len() {
            let pieces = (0..).map_while(|piece| self.piece(part, piece));
            length = pieces.fold(length, |sum, piece| sum.saturating_add(piece.len() as u64));
        }
        length
    }

    fn boundary(&self) -> &[u8] {
        self.content_type.get(BOUNDARY..).unwrap_or_default()
    }

    fn piece(&self, part: usize, piece: usize) -> Option<&[u8]> {
        match (piece, self.parts.get(part)) {
            (0, _) => Some(b"--"),
            (1, _) => Some(self.boundary()),
            (piece, Some(part)) => part.piece(piece.wrapping_sub(2)),
            (2, None) if part == self.parts.len() => Some(b"--\r\n"),
            _ => None,
        }
    }

    /// Gives the bytes that come next, as many as fit; none at its end.
    pub(crate) fn give(&mut self, buf: &mut [u8]) -> usize {
        let mut count = 0usize;
        while self.part <= self.parts.len() {
            let Some(piece) = self.piece(self.part, self.piece) else {
                self.part = self.part.wrapping_add(1);
                self.piece = 0;
                continue;
            };
            let rest = piece.get(self.taken..).unwrap_or_default();
            let copied = copy(buf.get_mut(count..).unwrap_or_default(), rest);
            let is_whole = copied == rest.len();
            count = count.wrapping_add(copied);
            if !is_whole {
                self.taken = self.taken.wrapping_add(copied);
                break;
            }
            self.piece = self.piece.wrapping_add(1);
            self.taken = 0;
        }
        count
    }
}

fn has(text: &[u8], wanted: &[u8]) -> bool {
    text.windows(wanted.len()).any(|window| window == wanted)
}

impl ErrorType for Multipart<'_> {
    type Error = Infallible;
}

impl Read for Multipart<'_> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        Ok(self.give(buf))
    }
}

impl<'r, 'b, N: Network, C: Clock, B: Buffer> Request<'r, 'b, N, C, B> {
    /// Sends a body of parts, as a browser sends a form with files (`multipart/form-data`), with its
    /// `Content-Type` and its length, and waits for the response's head. The parts pass through the buffer.
    ///
    /// # Errors
    ///
    /// As [`send_from`](Self::send_from); [`UnfitHeader`](crate::RequestError::UnfitHeader) where a name has a
    /// quotation mark or a line end, or ends in a backslash.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// let (mut buffer, image) = ([0; 512], [0; 4096]);
    /// let parts = [Part::file("photo", "door.jpg", "image/jpeg", &image)];
    /// let request = online.post("http://192.168.1.20/photos", &mut buffer);
    /// let response = request.send_parts(&mut Multipart::new(&parts))?;
    /// # Ok(()) }
    /// ```
    pub fn send_parts(
        self,
        body: &mut Multipart<'_>,
    ) -> Result<Response<'r, 'static, N, C, B>, ErrorOf<N>> {
        let length = BodyLength::Known(body.length());
        self.of_parts(body).send_from(body, length)
    }

    /// The same without waiting: an [`Upload`], to which all is given that is read from `body`.
    ///
    /// # Errors
    ///
    /// As [`start_upload`](Self::start_upload).
    pub fn start_parts(self, body: &Multipart<'_>) -> Result<Upload<B>, ErrorOf<N>> {
        let length = BodyLength::Known(body.length());
        self.of_parts(body).start_upload(length)
    }

    pub(crate) fn of_parts(mut self, body: &Multipart<'_>) -> Self {
        if !body.parts.iter().all(Part::is_sound) {
            self.fail(RequestError::UnfitHeader("Content-Disposition"));
        }
        self.header("Content-Type", body.content_type)
    }
}

#[cfg(feature = "json")]
pub use json::JsonError;

/// JSON, with `serde-json-core`.
#[cfg(feature = "json")]
mod json {
    use crate::client::{Buffer, Call, Request, Response};
    use crate::error::RequestError;
    use crate::nal::ErrorOf;
    use core::fmt;
    use nal_link::{Clock, Network};
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
        /// A string is **as it came, with its escapes**: `"caf\u00e9"` has a backslash, a `u` and four digits, and
        /// `"http:\/\/"`, as PHP writes it, two backslashes. Where there may be some, take it as
        /// `serde_json_core::str::EscapedStr`, which gives the characters; or, for a type that owns its strings,
        /// give what [`read_to_end`](Self::read_to_end) returns to `serde_json_core::from_slice_escaped`, with room
        /// for the longest.
        ///
        /// # Errors
        ///
        /// [`JsonError::Response`] as [`read_to_end`](Self::read_to_end): a body that was cut, or that doesn't fit
        /// the buffer; or that is [`Compressed`](crate::ErrorKind::Compressed) by gzip. [`JsonError::Json`] where it
        /// is no JSON, or other JSON than the type takes, or more than 32 arrays and objects stand in one another;
        /// the bytes can still be had from `read_to_end`.
        ///
        /// ```no_run
        /// # use safe_http_client::*;
        /// #[derive(serde::Deserialize)]
        /// struct State<'a> { door: &'a str, opened: u32 }
        /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), JsonError<ErrorOf<N>>> {
        /// let mut buffer = [0; 1024];
        /// let sent = online.get("http://192.168.1.20/state", &mut buffer).send();
        /// let mut response = sent.map_err(JsonError::Response)?;
        /// let state: State<'_> = response.json()?;
        /// println!("{} {}", state.door, state.opened);
        /// # Ok(()) }
        /// ```
        pub fn json<'t, T: Deserialize<'t>>(&'t mut self) -> Result<T, JsonError<ErrorOf<N>>> {
            self.read_to_end().map_err(JsonError::Response)?;
            self.check_coding().map_err(JsonError::Response)?;
            self.call().json().map_err(JsonError::Json)
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
        /// # fn f<B: Buffer>(call: &Call<'_, B>) {
        /// match call.json::<u32>() {
        ///     Ok(count) => println!("{count}"),
        ///     Err(error) => println!("{error}"),
        /// }
        /// # }
        /// ```
        pub fn json<'t, T: Deserialize<'t>>(&'t self) -> Result<T, de::Error> {
            let body = self.body();
            if is_deep(body) {
                return Err(de::Error::CustomError);
            }
            let (value, length) = serde_json_core::from_slice(body)?;
            match body.get(length..).unwrap_or_default().trim_ascii() {
                [] => Ok(value),
                _ => Err(de::Error::TrailingCharacters),
            }
        }
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

    impl<R: fmt::Display> fmt::Display for JsonError<R> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match self {
                Self::Response(error) => error.fmt(f),
                Self::Json(error) => {
                    write!(f, "the body isn't the JSON that was expected: {error}")
                }
            }
        }
    }

    impl<R: fmt::Debug + fmt::Display> core::error::Error for JsonError<R> {}
}
