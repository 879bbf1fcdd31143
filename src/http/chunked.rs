//! Chunked transfer coding (RFC 9112 section 7.1), as it arrives.
//!
//! ```text
//!        ┌───────────────────── CRLF ◄────────────────────┐
//!        ▼                                                │
//!   ─► Size ─► Digits ─► Padding ─► Extension ─► SizeEnd ─► Data ─► DataCr ─► DataLf
//!                                         │ size 0
//!                                         ▼
//!                                      Trailers (read by the head's parser)
//! ```

use super::bytes::hex_digit;
use crate::error::ProtocolError;

/// Chunk extensions (and padding) that one body may have beyond a byte for each byte of its data.
/// A server that puts something into every size line of a long download is fine; one that sends
/// next to nothing else is an attack.
const MAX_EXTENSIONS: u16 = 16 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// The data of all chunks whose size was read, modulo 2^64.
    announced: u64,
    extensions: u16,
}

impl ChunkedDecoder {
    /// At the start of the first chunk's size.
    pub const fn new() -> Self {
        Self::in_data(0)
    }

    /// In a chunk of which so many bytes remain; at the start of the first chunk's size where that is none.
    pub(crate) const fn in_data(remaining: u64) -> Self {
        let state = if remaining == 0 { State::Size } else { State::Data };
        Self { state, remaining, announced: remaining, extensions: 0 }
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
                (State::SizeEnd, b'\n') => {
                    self.announced = self.announced.wrapping_add(self.remaining);
                    State::Data
                }
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

    /// Data that may be taken without looking at the framing.
    pub fn data_remaining(&self) -> u64 {
        if self.state == State::Data { self.remaining } else { 0 }
    }

    /// Data that was taken so far. It isn't counted piece by piece, which would cost each of them.
    pub(crate) fn data_taken(&self) -> u64 {
        self.announced.wrapping_sub(self.data_remaining())
    }

    /// So many bytes of data were taken.
    pub fn take_data(&mut self, count: u64) {
        self.remaining = self.remaining.saturating_sub(count);
        // As a rule there are none.
        if self.extensions > 0 {
            let earned = u16::try_from(count).unwrap_or(u16::MAX);
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
    let digit = |shift: u32| {
        let nibble = ((size >> shift) & 15) as u8;
        let base = if nibble < 10 { b'0' } else { b'A' - 10 };
        base.wrapping_add(nibble)
    };
    [digit(12), digit(8), digit(4), digit(0), b'\r', b'\n']
}
