//! Where the body of a response ends (RFC 9112 section 6.3), and chunks.

use super::bytes::{decimal, hex, hex_digit, is, trim};
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
    /// Data that was announced: by `Content-Length`, or else by the sizes of chunks so far, modulo 2^64.
    announced: u64,
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
            announced: 0,
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
                if self.has_length && self.announced != length {
                    return Err(ProtocolError::ContentLengthConflict);
                }
                (self.announced, self.has_length) = (length, true);
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
        self.has_length.then_some(self.announced)
    }

    /// A chunk of this size begins.
    pub(crate) fn chunk(&mut self, size: u64) {
        self.announced = self.announced.wrapping_add(size);
    }

    /// How much data was announced so far.
    pub(crate) fn announced(&self) -> u64 {
        self.announced
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

// Chunked transfer coding (RFC 9112 section 7.1), as it arrives.
//
//        ┌───────────────────── CRLF ◄────────────────────┐
//        ▼                                                │
//   ─► Size ─► Digits ─► Padding ─► Extension ─► SizeEnd ─► Data ─► DataCr ─► DataLf
//                                         │ size 0
//                                         ▼
//                                      Trailers (read by the head's parser)

/// Chunk extensions (and padding) that one body may have beyond a byte for each byte of its data.
/// A server that puts something into every size line of a long download is fine; one that sends
/// next to nothing else is an attack.
const MAX_EXTENSIONS: u32 = 16 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
// As wide as a register, and the decoder without a gap: 86 bytes of flash less on a Cortex-M3.
#[repr(u32)]
enum State {
    /// In front of the size.
    Size,
    /// In the size, behind its first digit.
    Digits,
    /// White space behind the size.
    Padding,
    /// In the extensions, up to the CR.
    Extension,
    /// The LF of the size line.
    SizeEnd,
    /// In a chunk's data.
    Data,
    /// The CR behind the data.
    DataCr,
    /// The LF behind the data.
    DataLf,
    /// Behind the last chunk.
    Trailers,
}

/// What the bytes at hand are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// The input is used up in the middle of the framing.
    Incomplete,
    /// Data comes next, [as much](ChunkedDecoder::data_remaining) as remains of this chunk.
    Data,
    /// The last chunk was read; trailer lines follow, up to an empty one.
    Trailers,
}

/// Decodes the framing around the data; the data itself is never copied.
#[derive(Debug, Clone, Copy)]
pub struct ChunkedDecoder {
    state: State,
    /// In `Size`, the number so far; in `Data`, what remains.
    remaining: u64,
    extensions: u32,
}

impl ChunkedDecoder {
    /// At the start of the first chunk's size.
    pub const fn new() -> Self {
        Self::in_data(0)
    }

    /// In a chunk of which so many bytes remain; at the start of the first chunk's size where that is none.
    pub(crate) const fn in_data(remaining: u64) -> Self {
        let state = if remaining == 0 { State::Size } else { State::Data };
        Self { state, remaining, extensions: 0 }
    }

    /// Reads framing from the start of `input` and returns how many bytes it took and what follows.
    ///
    /// The states stand in the order in which they follow on each other; behind the last of them
    /// comes data, or there is none any more.
    #[inline(never)]
    pub fn next(&mut self, input: &[u8]) -> Result<(usize, Piece), ProtocolError> {
        let mut rest = input;
        let mut state = self.state;
        let piece = loop {
            match state {
                State::Data => break Piece::Data,
                State::Trailers => break Piece::Trailers,
                _ => {}
            }
            let [byte, tail @ ..] = rest else { break Piece::Incomplete };
            rest = tail;
            state = match (state, *byte) {
                (State::DataCr, b'\r') => State::DataLf,
                (State::DataLf, b'\n') => State::Size,
                (State::DataCr | State::DataLf, _) => return Err(ProtocolError::ChunkEnd),
                (State::SizeEnd, b'\n') if self.remaining == 0 => State::Trailers,
                (State::SizeEnd, b'\n') => State::Data,
                (State::SizeEnd, _) => return Err(ProtocolError::ChunkLine),
                (_, byte) => self.size_byte(state, byte)?,
            };
        };
        self.state = state;
        Ok((input.len().wrapping_sub(rest.len()), piece))
    }

    /// A byte of a size line, up to its CR.
    fn size_byte(&mut self, state: State, byte: u8) -> Result<State, ProtocolError> {
        if matches!(state, State::Size | State::Digits)
            && let Some(digit) = hex_digit(byte)
        {
            // Leading zeros don't count, and a peer could send them for ever.
            if state == State::Digits && self.remaining == 0 {
                self.skip()?;
            }
            // The top four bits have to be free.
            if self.remaining >> 60 != 0 {
                return Err(ProtocolError::ChunkSize);
            }
            self.remaining = (self.remaining << 4) | u64::from(digit);
            return Ok(State::Digits);
        }
        let next = match byte {
            _ if state == State::Size => return Err(ProtocolError::ChunkSize),
            b'\r' => return Ok(State::SizeEnd),
            // White space before an extension is "bad", but allowed (BWS); some servers pad the
            // size with it.
            b' ' | b'\t' if state == State::Digits => State::Padding,
            b' ' | b'\t' => state,
            b';' => State::Extension,
            0x21..=0x7E | 0x80.. if state == State::Extension => state,
            // `5 5` isn't 5: nothing but an extension may stand behind white space.
            0x21..=0x7E | 0x80.. => return Err(ProtocolError::ChunkSize),
            b'\n' => return Err(ProtocolError::ChunkLine),
            _ if state == State::Digits => return Err(ProtocolError::ChunkSize),
            _ => return Err(ProtocolError::ChunkLine),
        };
        if state != State::Digits {
            self.skip()?;
        }
        Ok(next)
    }

    /// Counts a byte of a size line that means nothing.
    fn skip(&mut self) -> Result<(), ProtocolError> {
        self.extensions = self.extensions.wrapping_add(1);
        if self.extensions > MAX_EXTENSIONS {
            return Err(ProtocolError::ChunkExtensions);
        }
        Ok(())
    }

    /// The size of the chunk whose data begins.
    pub(crate) fn chunk_size(&self) -> u64 {
        self.remaining
    }

    /// Data that may be taken without looking at the framing.
    pub fn data_remaining(&self) -> u64 {
        if self.state == State::Data { self.remaining } else { 0 }
    }

    /// So many bytes of data were taken.
    pub fn take_data(&mut self, count: u64) {
        self.remaining = self.remaining.saturating_sub(count);
        // As a rule there are none.
        if self.extensions > 0 {
            let earned = u32::try_from(count).unwrap_or(u32::MAX);
            self.extensions = self.extensions.saturating_sub(earned);
        }
        if self.state == State::Data && self.remaining == 0 {
            self.state = State::DataCr;
        }
    }
}

/// The bytes that a chunk's size line takes, as [`chunk_size_line`] writes it.
pub(crate) const CHUNK_LINE: usize = 6;

/// The largest chunk whose size fits that line.
pub(crate) const MAX_CHUNK: usize = 0xFFFF;

/// A chunk's size line, of fixed width so that the data can be put behind it before its length is
/// known. Leading zeros are part of the grammar (RFC 9112 section 7.1).
pub(crate) fn chunk_size_line(size: usize) -> [u8; CHUNK_LINE] {
    let digit = |shift: u32| hex(((size >> shift) & 15) as u8);
    [digit(12), digit(8), digit(4), digit(0), b'\r', b'\n']
}
