//! Where the body of a response ends (RFC 9112 section 6.3).

use super::bytes::{is, trim};
use crate::error::ProtocolError;

/// How a response's body is delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    None,
    /// So many bytes.
    Length(u64),
    /// Chunks.
    Chunked,
    /// Until the peer closes.
    Close,
    /// No body: what follows isn't HTTP any more (101, or 2xx to CONNECT).
    Upgraded,
}

/// What a request's method says about the response to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseTo {
    /// HEAD: a response without a body, whatever its headers say.
    Head,
    /// CONNECT: a 2xx opens a tunnel.
    Connect,
    /// Any other method.
    Other,
}

/// The header fields that decide on framing and reuse, gathered while the head is scanned.
#[derive(Debug, Clone, Copy)]
pub struct FramingFields {
    length: u64,
    has_length: bool,
    /// The last transfer coding seen so far.
    last_coding: Coding,
    /// Where its line starts.
    pub(super) coding_line: usize,
    /// Where the line starts that is being read.
    pub(crate) line: usize,
    /// A coding other than `chunked` was seen.
    other_coding: bool,
    /// `chunked` was seen where another coding (or itself) followed.
    chunked_inside: bool,
    /// `Connection: close`.
    pub close: bool,
    /// `Connection: keep-alive`.
    pub keep_alive: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    None,
    Chunked,
    Other,
}

/// A field that matters here.
#[derive(Clone, Copy)]
enum Field {
    Connection,
    ContentLength,
    TransferEncoding,
}

impl FramingFields {
    /// No field seen yet.
    pub const fn new() -> Self {
        Self {
            length: 0,
            has_length: false,
            last_coding: Coding::None,
            coding_line: 0,
            line: 0,
            other_coding: false,
            chunked_inside: false,
            close: false,
            keep_alive: false,
        }
    }

    /// Whether a field with a name of this length may matter here: most don't.
    #[inline]
    pub(crate) fn may_be(name_length: usize) -> bool {
        matches!(name_length, 10 | 14 | 17)
    }

    /// Takes note of one field line. Each of these is a list, if only for proxies (RFC 9110 section
    /// 5.6.1).
    pub fn field(&mut self, name: &[u8], value: &[u8]) -> Result<(), ProtocolError> {
        let (known, field): (&[u8], Field) = match name.len() {
            10 => (b"connection", Field::Connection),
            14 => (b"content-length", Field::ContentLength),
            17 => (b"transfer-encoding", Field::TransferEncoding),
            _ => return Ok(()),
        };
        if !is(name, known) {
            return Ok(());
        }
        let mut rest = value;
        loop {
            let end = rest.iter().position(|byte| *byte == b',').unwrap_or(rest.len());
            let (element, more) = rest.split_at_checked(end).unwrap_or_default();
            self.element(field, trim(element))?;
            let [_, more @ ..] = more else { return Ok(()) };
            rest = more;
        }
    }

    /// One element of a field's list.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    fn element(&mut self, field: Field, element: &[u8]) -> Result<(), ProtocolError> {
        match field {
            Field::Connection if is(element, b"close") => self.close = true,
            Field::Connection if is(element, b"keep-alive") => self.keep_alive = true,
            Field::Connection => {}
            // `42, 42` is what a proxy makes of two equal fields (RFC 9110 section 8.6).
            Field::ContentLength => {
                let length = decimal(element).ok_or(ProtocolError::ContentLength)?;
                if self.has_length && self.length != length {
                    return Err(ProtocolError::ContentLengthConflict);
                }
                (self.length, self.has_length) = (length, true);
            }
            // Empty list elements don't count (RFC 9110 section 5.6.1.2).
            Field::TransferEncoding if element.is_empty() => {}
            // Several lines make one list (RFC 9110 section 5.3).
            Field::TransferEncoding => {
                self.coding_line = self.line;
                self.chunked_inside |= self.last_coding == Coding::Chunked;
                let coding = if is(element, b"chunked") {
                    Coding::Chunked
                } else if is(element, b"identity") {
                    // No coding at all: a name of HTTP/1.1's first edition (RFC 2616 section 3.6). Behind
                    // `chunked` others take it for one.
                    return Ok(());
                } else {
                    self.other_coding = true;
                    Coding::Other
                };
                self.last_coding = coding;
            }
        }
        Ok(())
    }

    /// The `Content-Length`, if there is one.
    pub fn content_length(&self) -> Option<u64> {
        self.has_length.then_some(self.length)
    }

    /// The framing of the response, in the order of RFC 9112 section 6.3. `allow_unknown_codings`
    /// lets a coding pass that this client can't undo.
    pub fn decide(
        &self,
        response_to: ResponseTo,
        status: u16,
        http10: bool,
        allow_unknown_codings: bool,
    ) -> Result<Framing, ProtocolError> {
        // 6.3.1 and 6.3.2: these have no body, whatever the fields say.
        match (response_to, status) {
            (_, 101) => return Ok(Framing::Upgraded),
            (ResponseTo::Head, _) | (_, 100..=199 | 204 | 304) => return Ok(Framing::None),
            (ResponseTo::Connect, 200..=299) => return Ok(Framing::Upgraded),
            _ => {}
        }
        if self.last_coding == Coding::None {
            // 6.3.6 and 6.3.8
            return Ok(self.content_length().map_or(Framing::Close, Framing::Length));
        }
        // 6.3.3: "ought to be handled as an error".
        if self.has_length {
            return Err(ProtocolError::LengthWithTransferEncoding);
        }
        // 6.1: a response of HTTP/1.0 with Transfer-Encoding has faulty framing.
        if http10 {
            return Err(ProtocolError::TransferEncodingInHttp10);
        }
        // 6.1: chunked is applied once, and last.
        if self.chunked_inside {
            return Err(ProtocolError::ChunkedNotFinal);
        }
        if self.other_coding && !allow_unknown_codings {
            return Err(ProtocolError::TransferCoding);
        }
        // 6.3.4
        Ok(if self.last_coding == Coding::Chunked { Framing::Chunked } else { Framing::Close })
    }
}

/// A number of decimal digits alone.
pub(super) fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}
