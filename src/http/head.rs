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

use super::bytes::{token_run, trim, value_run};
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
    /// Length of the name on it.
    name_length: usize,
    /// Where the reason ends, and with it the status line.
    pub(super) reason_end: usize,
    pub(super) status: u16,
    pub(super) minor_version: u8,
    in_trailers: bool,
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
            name_length: 0,
            reason_end: 0,
            status: 0,
            minor_version: 0,
            in_trailers: false,
            fields: FramingFields::new(),
        }
    }

    /// Goes on to trailer lines, which look like header lines (RFC 9112 section 7.1.2) but decide
    /// nothing. Offsets count from the first of them; what is known of the head stays.
    pub const fn start_trailers(&mut self) {
        self.state = State::LineStart;
        self.position = 0;
        self.in_trailers = true;
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
    ///
    /// The states stand in the order in which a head goes through them, and each is left for the
    /// next one below: a head that arrives whole is scanned in one pass from top to bottom for
    /// each line.
    pub fn parse(&mut self, head: &[u8]) -> Result<Option<usize>, ProtocolError> {
        let mut rest = head.get(self.position..).unwrap_or_default();
        let mut state = self.state;
        let at = |rest: &[u8]| head.len().wrapping_sub(rest.len());
        if state == State::StatusLine && self.position == 0 {
            (state, rest) = self.usual_status_line(rest);
        }
        'lines: loop {
            while state == State::StatusLine {
                let [byte, tail @ ..] = rest else { break 'lines };
                state = self.status_byte(at(rest), *byte)?;
                rest = tail;
            }
            if state == State::LineStart {
                let [byte, tail @ ..] = rest else { break 'lines };
                if *byte > b' ' && *byte != b':' {
                    self.line = at(rest);
                    state = State::Name;
                } else {
                    state = match *byte {
                        b'\r' => State::HeadEnd,
                        b'\n' => State::Done,
                        b' ' | b'\t' => return Err(ProtocolError::ObsFold),
                        _ => return Err(ProtocolError::HeaderName),
                    };
                    rest = tail;
                }
            }
            if state == State::Name {
                rest = token_run(rest);
                let [byte, tail @ ..] = rest else { break 'lines };
                match *byte {
                    b':' => {}
                    b' ' | b'\t' => return Err(ProtocolError::SpaceBeforeColon),
                    _ => return Err(ProtocolError::HeaderName),
                }
                self.name_length = at(rest).wrapping_sub(self.line);
                rest = tail;
                state = State::BeforeValue;
            }
            if state == State::BeforeValue {
                while let [b' ' | b'\t', tail @ ..] = rest {
                    rest = tail;
                }
                if rest.is_empty() {
                    break 'lines;
                }
                state = State::Value;
            }
            if matches!(state, State::Value | State::Reason) {
                rest = value_run(rest);
                let [end, tail @ ..] = rest else { break 'lines };
                if state == State::Reason {
                    self.reason_end = at(rest);
                } else if FramingFields::may_be(self.name_length) && !self.in_trailers {
                    self.field(head.get(self.line..at(rest)).unwrap_or_default())?;
                }
                state = match end_of_line(*end) {
                    Some(next) => next,
                    None if state == State::Reason => return Err(ProtocolError::StatusLine),
                    None => return Err(ProtocolError::HeaderValue),
                };
                rest = tail;
            }
            if matches!(state, State::LineEnd | State::HeadEnd) {
                let [byte, tail @ ..] = rest else { break 'lines };
                state = match (*byte, state) {
                    (b'\n', State::LineEnd) => State::LineStart,
                    (b'\n', _) => State::Done,
                    // A CR alone (RFC 9112 section 2.2).
                    _ => return Err(ProtocolError::HeaderValue),
                };
                rest = tail;
            }
            if state == State::Done {
                break 'lines;
            }
        }
        self.state = state;
        self.position = at(rest);
        Ok((state == State::Done).then_some(self.position))
    }

    /// The usual status line in one step, if it has arrived up to its reason; any other goes byte
    /// by byte.
    #[cfg(target_pointer_width = "64")]
    fn usual_status_line<'b>(&mut self, head: &'b [u8]) -> (State, &'b [u8]) {
        if let Some((start, rest)) = head.split_first_chunk::<13>()
            && let [prefix @ .., a, b, c, b' '] = start
            && prefix == b"HTTP/1.1 "
            && let [b'1'..=b'9', b'0'..=b'9', b'0'..=b'9'] = [*a, *b, *c]
        {
            self.minor_version = 1;
            for digit in [a, b, c] {
                self.status = self.status.wrapping_mul(10).wrapping_add(u16::from(*digit & 15));
            }
            return (State::Reason, rest);
        }
        (State::StatusLine, head)
    }

    /// On a chip, flash is dearer than those twelve bytes one by one.
    #[cfg(not(target_pointer_width = "64"))]
    fn usual_status_line<'b>(&mut self, head: &'b [u8]) -> (State, &'b [u8]) {
        (State::StatusLine, head)
    }

    /// `HTTP/1.1 200`, then a reason or nothing. Judged byte by byte, so that a peer which speaks
    /// something else is known by its first bytes, even if it never sends a line end.
    fn status_byte(&mut self, position: usize, byte: u8) -> Result<State, ProtocolError> {
        match position {
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
            7 if byte.is_ascii_digit() => self.minor_version = u8::from(byte != b'0'),
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
            end => {
                self.reason_end = end;
                return end_of_line(byte).ok_or(ProtocolError::Status);
            }
        }
        Ok(State::StatusLine)
    }

    /// Takes note of a field line, complete up to its value's end.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    fn field(&mut self, line: &[u8]) -> Result<(), ProtocolError> {
        match line.split_at_checked(self.name_length) {
            Some((name, [b':', value @ ..])) => self.fields.field(name, trim(value)),
            _ => Ok(()),
        }
    }
}

/// What follows the CR or LF at the end of a line; `None` if it is neither.
fn end_of_line(byte: u8) -> Option<State> {
    match byte {
        b'\r' => Some(State::LineEnd),
        b'\n' => Some(State::LineStart),
        _ => None,
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
