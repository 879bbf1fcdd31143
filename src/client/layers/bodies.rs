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

    /// Whether its names can stand between quotation marks.
    fn is_sound(&self) -> bool {
        let is_quotable = |text: &str| text.bytes().all(|byte| is_value_byte(byte) && byte != b'"');
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
    /// quotation mark or a line end.
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
    use crate::error::{Error, RequestError};
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
        /// from there. One with escapes (`\"`, `\/`, `\n`, `\u00fc`) is another text than the body has: a `&str` of
        /// it is refused; a `heapless::String` (its feature `serde`) gets its characters, up to 128 bytes of them.
        /// (`serde_json_core::str::EscapedStr` borrows it as it stands.)
        ///
        /// # Errors
        ///
        /// [`JsonError::Response`] as [`read_to_end`](Self::read_to_end): a body that was cut, or that doesn't fit
        /// the buffer; or that is [`Compressed`](crate::ErrorKind::Compressed) by gzip. [`JsonError::Json`] where
        /// it is no JSON, or other JSON than the type takes; the bytes can still be had from `read_to_end`.
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
            self.call().json().map_err(JsonError::Json)
        }
    }

    /// The most bytes of a string with escapes, decoded. They are on the stack.
    const UNESCAPED: usize = 128;

    impl<B: Buffer> Call<'_, B> {
        /// Parses what [`poll_read_to_end`](Self::poll_read_to_end) has read.
        ///
        /// # Errors
        ///
        /// It is no JSON, or other JSON than the type takes.
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
            // Without room for them it would hand over the escapes as if they were the text.
            let mut unescaped = [0; UNESCAPED];
            let (value, length) = de::from_slice_escaped(body, &mut unescaped)?;
            match body.get(length..).unwrap_or_default().trim_ascii() {
                [] => Ok(value),
                _ => Err(de::Error::TrailingCharacters),
            }
        }
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
                Self::Json(de::Error::EscapedStringIsTooLong) => write!(
                    f,
                    "the body isn't the JSON that was expected: a string with escapes has more than {UNESCAPED} \
                     bytes; borrow it as a serde_json_core::str::EscapedStr"
                ),
                Self::Json(error) => write!(
                    f,
                    "the body isn't the JSON that was expected: {error} (look at the response's \
                     status, its Content-Type and its bytes; a &str can't have escapes, a heapless::String can)"
                ),
            }
        }
    }

    impl<R: fmt::Debug + fmt::Display> core::error::Error for JsonError<R> {}
}
