//! The head of a response, scanned as it arrives (RFC 9112 sections 2 to 5).
//!
//! ```text
//!   StatusLine ─► Reason ─► LineEnd ─► LineStart ─► Name ─► BeforeValue ─► Value
//!                              ▲          │ CR                               │
//!                              │          ▼                                  │
//!                              │       HeadEnd ─► Done                       │
//!                              └─────────────────────────────────────────────┘
//! ```
//!
//! The parser remembers offsets, never bytes: the caller keeps all bytes of the head in one place
//! until it is complete, and header fields are read from there afterwards. A CR may be missing in
//! front of an LF (RFC 9112 section 2.2).

use super::bytes::{is_space, is_token_byte, is_value_byte, trim};
use super::framing::FramingFields;
use crate::error::{Peer, ProtocolError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In the status line, in front of its reason.
    StatusLine,
    /// In the reason.
    Reason,
    /// At the first byte of a header line.
    LineStart,
    /// In a header's name.
    Name,
    /// Behind the colon.
    BeforeValue,
    /// In a header's value.
    Value,
    /// Behind the CR of a line.
    LineEnd,
    /// Behind the CR of the empty line.
    HeadEnd,
    /// The head is complete.
    Done,
}

/// Scans a head. Offsets count from the head's first byte.
#[derive(Debug, Clone, Copy)]
pub struct HeadParser {
    state: State,
    /// Bytes scanned.
    position: usize,
    /// Where the current line starts.
    line: usize,
    /// Where the current line's colon stands.
    colon: usize,
    /// Where the current line's value starts.
    value: usize,
    /// Where the reason ends, and with it the status line.
    pub(super) reason_end: usize,
    pub(super) status: u16,
    pub(super) minor_version: u8,
    /// The fields that decide on framing and reuse.
    pub fields: FramingFields,
}

impl HeadParser {
    /// For a response's head.
    pub const fn new() -> Self {
        Self {
            state: State::StatusLine,
            position: 0,
            line: 0,
            colon: 0,
            value: 0,
            reason_end: 0,
            status: 0,
            minor_version: 0,
            fields: FramingFields::new(),
        }
    }

    /// For trailer lines, which look like header lines (RFC 9112 section 7.1.2).
    pub const fn trailers() -> Self {
        let mut parser = Self::new();
        parser.state = State::LineStart;
        parser
    }

    /// The status, once the head is complete.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the response is of HTTP/1.0.
    pub fn is_http10(&self) -> bool {
        self.minor_version == 0
    }

    /// Scans what is new in `head`, which holds all bytes so far (and perhaps more than the head).
    /// Returns the head's length once it is complete.
    pub fn parse(&mut self, head: &[u8]) -> Result<Option<usize>, ProtocolError> {
        loop {
            // Names, values and reasons are the bulk of a head: pass over them in a tight loop.
            match self.state {
                State::Name => self.skip(head, is_token_byte),
                State::Value | State::Reason => self.skip(head, is_value_byte),
                State::Done => return Ok(Some(self.position)),
                _ => {}
            }
            let Some(&byte) = head.get(self.position) else {
                return Ok(None);
            };
            self.state = self.byte(byte, head)?;
            self.position = self.position.wrapping_add(1);
        }
    }

    #[inline]
    fn skip(&mut self, head: &[u8], wanted: impl Fn(u8) -> bool) {
        let rest = head.get(self.position..).unwrap_or_default();
        let count = rest
            .iter()
            .position(|&byte| !wanted(byte))
            .unwrap_or(rest.len());
        self.position = self.position.wrapping_add(count);
    }

    /// Takes the byte at `position`, which isn't one that `skip` passes over.
    fn byte(&mut self, byte: u8, head: &[u8]) -> Result<State, ProtocolError> {
        match self.state {
            State::StatusLine => self.status_byte(byte),
            State::Reason => self.end_of_line(byte, ProtocolError::StatusLine),
            State::LineStart => match byte {
                b'\r' => Ok(State::HeadEnd),
                b'\n' => Ok(State::Done),
                byte if is_space(byte) => Err(ProtocolError::ObsFold),
                byte if is_token_byte(byte) => {
                    self.line = self.position;
                    Ok(State::Name)
                }
                _ => Err(ProtocolError::HeaderName),
            },
            State::Name => match byte {
                b':' => {
                    self.colon = self.position;
                    Ok(State::BeforeValue)
                }
                byte if is_space(byte) => Err(ProtocolError::SpaceBeforeColon),
                _ => Err(ProtocolError::HeaderName),
            },
            State::BeforeValue if is_space(byte) => Ok(State::BeforeValue),
            State::BeforeValue => {
                self.value = self.position;
                if is_value_byte(byte) {
                    Ok(State::Value)
                } else {
                    self.end_of_field(byte, head)
                }
            }
            State::Value => self.end_of_field(byte, head),
            State::LineEnd if byte == b'\n' => Ok(State::LineStart),
            // A CR alone (RFC 9112 section 2.2).
            State::LineEnd => Err(ProtocolError::HeaderValue),
            State::HeadEnd if byte == b'\n' => Ok(State::Done),
            State::HeadEnd => Err(ProtocolError::HeaderName),
            State::Done => Ok(State::Done),
        }
    }

    /// `HTTP/1.1 200`, then a reason or nothing. Judged byte by byte, so that a peer which speaks
    /// something else is known by its first bytes, even if it never sends a line end.
    fn status_byte(&mut self, byte: u8) -> Result<State, ProtocolError> {
        match self.position {
            index @ 0..=4 => {
                if b"HTTP/".get(index) != Some(&byte) {
                    return Err(ProtocolError::NotHttp(match byte {
                        0x15 | 0x16 if index == 0 => Peer::Tls,
                        b'\t' | b'\r' | b'\n' | 0x20..=0x7E => Peer::Text,
                        _ => Peer::Binary,
                    }));
                }
            }
            5 if byte == b'1' => {}
            6 if byte == b'.' => {}
            // A minor version above 1 is taken as 1 (RFC 9110 section 2.5).
            7 if byte.is_ascii_digit() => self.minor_version = byte.wrapping_sub(b'0'),
            8 if byte == b' ' => {}
            5..=8 => return Err(ProtocolError::Version),
            index @ 9..=11 => {
                // RFC 9110 section 15: the first digit is a class; there is no class 0.
                if !byte.is_ascii_digit() || (index == 9 && byte == b'0') {
                    return Err(ProtocolError::Status);
                }
                let digit = u16::from(byte.wrapping_sub(b'0'));
                self.status = self.status.wrapping_mul(10).wrapping_add(digit);
            }
            _ if byte == b' ' => return Ok(State::Reason),
            // No reason, and not even the space in front of it.
            _ => return self.end_of_line(byte, ProtocolError::Status),
        }
        Ok(State::StatusLine)
    }

    /// The CR or LF at the end of a line; anything else there is `error`.
    fn end_of_line(&mut self, byte: u8, error: ProtocolError) -> Result<State, ProtocolError> {
        if self.reason_end == 0 {
            self.reason_end = self.position;
        }
        match byte {
            b'\r' => Ok(State::LineEnd),
            b'\n' => Ok(State::LineStart),
            _ => Err(error),
        }
    }

    fn end_of_field(&mut self, byte: u8, head: &[u8]) -> Result<State, ProtocolError> {
        let name = head.get(self.line..self.colon).unwrap_or_default();
        let value = head.get(self.value..self.position).unwrap_or_default();
        self.fields.field(name, trim(value))?;
        self.end_of_line(byte, ProtocolError::HeaderValue)
    }
}

/// Finds the end of a head without keeping it: for a head that is larger than its buffer, so that
/// the error can say how large a buffer it takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct HeadMeasure {
    /// Bytes counted.
    pub(crate) length: usize,
    /// The line so far is empty.
    empty_line: bool,
}

impl HeadMeasure {
    /// Counts on. True once the empty line at the head's end was counted.
    pub(crate) fn count(&mut self, bytes: &[u8]) -> bool {
        for &byte in bytes {
            self.length = self.length.wrapping_add(1);
            match byte {
                b'\n' if self.empty_line => return true,
                b'\n' => self.empty_line = true,
                b'\r' => {}
                _ => self.empty_line = false,
            }
        }
        false
    }
}
