//! Chunked transfer coding (RFC 9112 section 7.1), as it arrives.
//!
//! ```text
//!        ┌───────────────────── CRLF ◄────────────────────┐
//!        ▼                                                │
//!   ─► Size ─► Padding ─► Extension ─► SizeEnd ─► Data ─► DataCr ─► DataLf
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
    /// In the size; whether it has a digit yet.
    Size { digits: bool },
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
    extensions: u16,
}

impl ChunkedDecoder {
    /// At the start of the first chunk's size.
    pub const fn new() -> Self {
        Self { state: State::Size { digits: false }, remaining: 0, extensions: 0 }
    }

    /// Reads framing from the start of `input` and returns how many bytes it took and what follows.
    pub fn next(&mut self, input: &[u8]) -> Result<(usize, Piece), ProtocolError> {
        let mut rest = input;
        loop {
            match self.state {
                State::Data => return Ok((taken(input, rest), Piece::Data)),
                State::Trailers => return Ok((taken(input, rest), Piece::Trailers)),
                _ => {}
            }
            let Some((&byte, tail)) = rest.split_first() else {
                return Ok((input.len(), Piece::Incomplete));
            };
            rest = tail;
            self.byte(byte)?;
        }
    }

    #[cfg_attr(target_pointer_width = "32", inline(never))]
    fn byte(&mut self, byte: u8) -> Result<(), ProtocolError> {
        self.state = match self.state {
            State::Size { digits } => match (hex_digit(byte), byte) {
                (Some(digit), _) => {
                    // Leading zeros don't count, and a peer could send them for ever.
                    if digits && self.remaining == 0 {
                        self.skip()?;
                    }
                    // The top four bits have to be free.
                    if self.remaining >> 60 != 0 {
                        return Err(ProtocolError::ChunkSize);
                    }
                    self.remaining = (self.remaining << 4) | u64::from(digit);
                    State::Size { digits: true }
                }
                (None, b'\r') if digits => State::SizeEnd,
                // White space before an extension is "bad", but allowed (BWS); some servers pad
                // the size with it.
                (None, b' ' | b'\t') if digits => State::Padding,
                (None, b';') if digits => State::Extension,
                (None, b'\n') if digits => return Err(ProtocolError::ChunkLine),
                _ => return Err(ProtocolError::ChunkSize),
            },
            State::Padding | State::Extension => match byte {
                b'\r' => State::SizeEnd,
                b';' => self.skip().map(|()| State::Extension)?,
                b'\t' | b' ' => self.skip().map(|()| self.state)?,
                // `5 5` isn't 5: nothing but an extension may stand behind white space.
                0x21..=0x7E | 0x80.. if self.state == State::Padding => {
                    return Err(ProtocolError::ChunkSize);
                }
                0x21..=0x7E | 0x80.. => self.skip().map(|()| State::Extension)?,
                _ => return Err(ProtocolError::ChunkLine),
            },
            State::SizeEnd => match (byte, self.remaining) {
                (b'\n', 0) => State::Trailers,
                (b'\n', _) => State::Data,
                _ => return Err(ProtocolError::ChunkLine),
            },
            State::DataCr if byte == b'\r' => State::DataLf,
            State::DataLf if byte == b'\n' => State::Size { digits: false },
            State::DataCr | State::DataLf => return Err(ProtocolError::ChunkEnd),
            // `next` returns before it comes here in these.
            State::Data | State::Trailers => self.state,
        };
        Ok(())
    }

    /// Counts a byte of a size line that means nothing.
    fn skip(&mut self) -> Result<(), ProtocolError> {
        self.extensions = self.extensions.saturating_add(1);
        if self.extensions > MAX_EXTENSIONS {
            return Err(ProtocolError::ChunkExtensions);
        }
        Ok(())
    }

    /// Data that may be taken without looking at the framing.
    pub fn data_remaining(&self) -> u64 {
        if self.state == State::Data { self.remaining } else { 0 }
    }

    /// So many bytes of data were taken.
    pub fn take_data(&mut self, count: u64) {
        self.remaining = self.remaining.saturating_sub(count);
        let earned = u16::try_from(count).unwrap_or(u16::MAX);
        self.extensions = self.extensions.saturating_sub(earned);
        if self.state == State::Data && self.remaining == 0 {
            self.state = State::DataCr;
        }
    }
}

fn taken(input: &[u8], rest: &[u8]) -> usize {
    input.len().wrapping_sub(rest.len())
}
