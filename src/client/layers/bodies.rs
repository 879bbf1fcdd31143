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
