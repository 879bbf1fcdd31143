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
//! front of an LF (RFC 9112 section 2.2). A folded line is joined where it stands (section 5.2).

use super::bytes::{is, is_space, is_token, is_value_byte, part, token_run, trim, value_run};
use super::framing::FramingFields;
use crate::error::{Peer, ProtocolError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In the status line, in front of its reason.
    StatusLine,
    /// In the reason, or the space in front of it.
    Reason,
    /// At the start of a line, or in a header's name.
    Name,
    /// In a header's value, or the white space around it.
    Value,
    /// At the LF of a line.
    LineEnd,
    /// At the LF of the empty line.
    HeadEnd,
    /// The head is complete.
    Done,
}

/// The start of most responses.
const USUAL: &[u8; 13] = b"HTTP/1.1 200 ";

/// Scans a head. Offsets count from the head's first byte.
#[derive(Debug, Clone, Copy)]
pub struct HeadParser {
    state: State,
    /// Bytes scanned.
    position: usize,
    /// Length of the last line's name; 0 before the first.
    name_length: usize,
    /// Where the reason ends, and with it the status line.
    pub(super) reason_end: usize,
    pub(super) status: u16,
    pub(super) minor_version: u8,
    in_trailers: bool,
    /// What has come isn't HTTP; more of it is awaited, to tell what it is.
    pub(crate) stranger: Option<Peer>,
    /// The fields that decide on framing and reuse.
    pub fields: FramingFields,
}

impl HeadParser {
    /// All of it is 0, and so is made where it stands.
    pub(crate) const NEW: Self = Self::new();

    /// For a response's head.
    pub const fn new() -> Self {
        Self {
            state: State::StatusLine,
            position: 0,
            name_length: 0,
            reason_end: 0,
            status: 0,
            minor_version: 0,
            in_trailers: false,
            stranger: None,
            fields: FramingFields::new(),
        }
    }

    /// Goes on to trailer lines, which look like header lines (RFC 9112 section 7.1.2) but decide
    /// nothing. Offsets count from the first of them; what is known of the head stays.
    pub const fn start_trailers(&mut self) {
        self.state = State::Name;
        self.position = 0;
        self.fields.line = 0;
        self.name_length = 0;
        self.in_trailers = true;
    }

    /// Whether a response can begin so.
    pub(crate) fn may_start(bytes: &[u8]) -> bool {
        match bytes.first_chunk::<4>() {
            Some(start) => start == b"HTTP",
            None => b"HTTP".starts_with(bytes),
        }
    }

    /// Where the line starts that is wrong: of a head that is complete it is the last transfer coding's.
    pub(crate) fn wrong_line(&self) -> usize {
        if self.state == State::Done { self.fields.coding_line } else { self.fields.line }
    }

    /// The head's length, once it is complete.
    pub(crate) fn length(&self) -> Option<usize> {
        (self.state == State::Done).then_some(self.position)
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
    /// Returns the head's length once it is complete. What ends the line in front of a folded one becomes
    /// spaces.
    ///
    /// The states stand in the order in which a head goes through them, and each is left for the
    /// next one below: a head that arrives whole is scanned in one pass from top to bottom for
    /// each line.
    pub fn parse(&mut self, head: &mut [u8]) -> Result<Option<usize>, ProtocolError> {
        self.scan(head)?;
        Ok(self.length())
    }

    /// The same; the [length](Self::length) says whether it is complete.
    pub(crate) fn scan(&mut self, head: &mut [u8]) -> Result<(), ProtocolError> {
        let length = head.len();
        let at = |rest: &[u8]| length.wrapping_sub(rest.len());
        let mut rest = head.get(self.position..).unwrap_or_default();
        let mut state = self.state;
        if state == State::StatusLine {
            self.status_line(head)?;
            state = self.state;
            if state == State::StatusLine {
                return Ok(());
            }
            rest = head.get(self.position..).unwrap_or_default();
        }
        while state != State::Done {
            if state == State::Name {
                rest = token_run(rest);
                let [end, tail @ ..] = rest else { break };
                let name_length = at(rest).wrapping_sub(self.fields.line);
                state = match *end {
                    b':' if name_length > 0 => State::Value,
                    b'\r' | b'\n' if name_length == 0 => State::HeadEnd,
                    b' ' | b'\t' => {
                        let position = at(rest);
                        let is_fold = self.white_space(head, position)?;
                        rest = head.get(position..).unwrap_or_default();
                        if !is_fold {
                            break;
                        }
                        state = State::Value;
                        continue;
                    }
                    _ => return Err(ProtocolError::HeaderName),
                };
                self.name_length = name_length;
                if *end != b'\n' {
                    rest = tail;
                }
            }
            if matches!(state, State::Value | State::Reason) {
                rest = value_run(rest);
                let [end, tail @ ..] = rest else { break };
                if state == State::Reason {
                    self.reason_end = at(rest);
                } else if FramingFields::may_be(self.name_length) && !self.in_trailers {
                    // The next line may go on with it, which that one's first byte tells.
                    let ([b'\r', b'\n', behind @ ..] | [b'\n', behind @ ..]) = rest else {
                        if *rest == *b"\r" {
                            break;
                        }
                        return Err(ProtocolError::HeaderValue);
                    };
                    let [next, ..] = behind else { break };
                    if !is_space(*next) {
                        self.field(part(head, self.fields.line, at(rest)))?;
                    }
                }
                match *end {
                    b'\r' => rest = tail,
                    b'\n' => {}
                    _ if state == State::Reason => return Err(ProtocolError::StatusLine),
                    _ => return Err(ProtocolError::HeaderValue),
                }
                state = State::LineEnd;
            }
            match rest {
                [] => break,
                [b'\n', tail @ ..] => rest = tail,
                _ => return Err(self.bare_cr(state)),
            }
            if state == State::LineEnd {
                self.fields.line = at(rest);
                state = State::Name;
            } else {
                state = State::Done;
            }
        }
        self.state = state;
        self.position = at(rest);
        Ok(())
    }

    /// White space at `at`, where a name belongs or behind one. True where it begins a folded line: the end
    /// of the line before became spaces, and its value goes on (RFC 9112 section 5.2). False where what
    /// follows has to tell which rule is broken.
    #[cold]
    #[inline(never)]
    fn white_space(&mut self, head: &mut [u8], at: usize) -> Result<bool, ProtocolError> {
        if at > self.fields.line {
            let mut rest = head.get(at..).unwrap_or_default();
            while let [b' ' | b'\t', tail @ ..] = rest {
                rest = tail;
            }
            return match rest {
                [] => Ok(false),
                [b':', ..] => Err(ProtocolError::SpaceBeforeColon),
                _ => Err(ProtocolError::HeaderName),
            };
        }
        if self.name_length == 0 {
            return Err(ProtocolError::ObsFold);
        }
        let before = head.get_mut(..at).unwrap_or_default();
        if let [.., cr, lf] = before {
            *lf = b' ';
            if *cr == b'\r' {
                *cr = b' ';
            }
        }
        let line_before = before.iter().rposition(|byte| *byte == b'\n');
        self.fields.line = line_before.map_or(0, |end| end.wrapping_add(1));
        Ok(true)
    }

    /// Goes back to the start of the line that it is in. False where that is the status line.
    pub(super) fn goes_back_to_line(&mut self) -> bool {
        (self.state, self.position) = (State::Name, self.fields.line);
        self.fields.line > 0 || self.in_trailers
    }

    /// Passes over `length` bytes of a line and its end. What is folded behind them goes on with no field.
    pub(super) fn pass_line(&mut self, length: usize) {
        self.fields.line = self.fields.line.wrapping_add(length);
        self.position = self.fields.line;
        self.name_length = 0;
    }

    /// A CR alone (RFC 9112 section 2.2), behind what this state stands for.
    #[cold]
    fn bare_cr(&self, state: State) -> ProtocolError {
        match state {
            State::HeadEnd => ProtocolError::HeaderName,
            _ if self.fields.line == 0 && !self.in_trailers => ProtocolError::StatusLine,
            _ => ProtocolError::HeaderValue,
        }
    }

    /// `HTTP/1.1 200`, then a reason or nothing. Judged byte by byte, so that a peer which speaks
    /// something else is known by its first bytes, even if it never sends a line end.
    fn status_line(&mut self, head: &[u8]) -> Result<(), ProtocolError> {
        let start = head.first_chunk();
        if !start.is_some_and(is_usual) {
            for (index, (byte, usual)) in head.iter().zip(USUAL).enumerate() {
                if byte != usual {
                    unusual_byte(index, *byte, head)?;
                }
            }
        }
        if let Some([_, _, _, _, _, _, _, minor, _, a, b, c, end]) = start {
            // A minor version above 1 is taken as 1 (RFC 9110 section 2.5).
            self.minor_version = u8::from(*minor != b'0');
            let digit = |byte: u8| u16::from(byte & 15);
            self.status = (digit(*a).wrapping_mul(10).wrapping_add(digit(*b)))
                .wrapping_mul(10)
                .wrapping_add(digit(*c));
            self.position = USUAL.len().wrapping_sub(usize::from(*end != b' '));
            self.state = State::Reason;
        } else {
            self.position = head.len();
        }
        Ok(())
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

/// By words: a call that compares takes longer than the comparing.
fn is_usual(start: &[u8; 13]) -> bool {
    let ((words, end), (usual_words, usual_end)) = (start.as_chunks(), USUAL.as_chunks());
    let word = |bytes: &[u8; 4]| u32::from_ne_bytes(*bytes);
    words.iter().map(word).eq(usual_words.iter().map(word)) && end == usual_end
}

/// A byte of the status line that isn't the [`USUAL`] one.
#[cold]
fn unusual_byte(index: usize, byte: u8, head: &[u8]) -> Result<(), ProtocolError> {
    let fits = match index {
        7 | 10 | 11 => byte.is_ascii_digit(),
        // RFC 9110 section 15: the first digit is a class; there is no class 0.
        9 => matches!(byte, b'1'..=b'9'),
        // No reason, and not even the space in front of it.
        12 => matches!(byte, b'\r' | b'\n'),
        _ => false,
    };
    match index {
        _ if fits => Ok(()),
        0..=4 => Err(ProtocolError::NotHttp(match (byte, head) {
            // An alert or a handshake, of version 3.x.
            (_, [0x15 | 0x16] | [0x15 | 0x16, 3, ..]) => Peer::Tls,
            (b'\t' | b'\r' | b'\n' | 0x20..=0x7E, _) => Peer::Text,
            _ => Peer::Binary,
        })),
        5..=8 => Err(ProtocolError::Version),
        _ => Err(ProtocolError::Status),
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

// Header lines that break a rule and that other clients take, for requests that ask for it.
//
// A line is mended where it stands, or blanked. Where a response ends is never guessed: nothing is done about a
// line that may have to do with that, a NUL, or a CR where a line begins.

#[derive(Debug, PartialEq, Eq)]
enum Mended {
    /// It keeps to the rules now.
    Kept,
    /// It is nothing but spaces.
    Blanked,
}

/// Goes on with a head behind what is wrong with it, of all bytes so far.
pub(crate) type GoOn = fn(&mut HeadParser, &mut [u8], ProtocolError) -> Result<(), ProtocolError>;

/// The same leniently. A request that asks for it has this at hand; a program without one doesn't link it.
pub(crate) fn go_on(
    parser: &mut HeadParser,
    head: &mut [u8],
    mut error: ProtocolError,
) -> Result<(), ProtocolError> {
    while parser.mend(head, error)? {
        match parser.scan(head) {
            Ok(()) => return Ok(()),
            Err(next) => error = next,
        }
    }
    Ok(())
}

impl HeadParser {
    /// Mends the line that `error` is about, of all bytes so far. False where its end hasn't come yet.
    #[cold]
    fn mend(&mut self, head: &mut [u8], error: ProtocolError) -> Result<bool, ProtocolError> {
        use ProtocolError::{HeaderName, HeaderValue, ObsFold, SpaceBeforeColon};
        let is_of_line = matches!(error, HeaderName | HeaderValue | ObsFold | SpaceBeforeColon);
        if !is_of_line || !self.goes_back_to_line() {
            return Err(error);
        }
        let rest = head.get_mut(self.fields.line..).unwrap_or_default();
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { return Ok(false) };
        let line = match rest.get_mut(..end).unwrap_or_default() {
            [line @ .., b'\r'] | line => line,
        };
        if mend(line).ok_or(error)? == Mended::Blanked {
            self.pass_line(end.saturating_add(1));
        }
        Ok(true)
    }
}

fn mend(line: &mut [u8]) -> Option<Mended> {
    let colon = line.iter().position(|byte| *byte == b':');
    let (name, value) = line.split_at_mut_checked(colon.unwrap_or(line.len()))?;
    // Whoever takes a CR for a line's end sees a name behind it.
    let has_cr = name.contains(&b'\r') || value.contains(&b'\r');
    if name.first() == Some(&b'\r')
        || [&*name, &*value].iter().any(|part| part.contains(&0))
        || has_framing(name)
        || (has_cr && has_framing(value))
    {
        return None;
    }
    let is_indented = name.first().is_none_or(|byte| is_space(*byte));
    let name_length = trim(name).len();
    if value.is_empty() || is_indented || !is_token(trim(name)) {
        line.fill(b' ');
        return Some(Mended::Blanked);
    }
    for byte in line.get_mut(name_length..)?.iter_mut() {
        if !is_value_byte(*byte) {
            *byte = b' ';
        }
    }
    *line.get_mut(colon?)? = b' ';
    *line.get_mut(name_length)? = b':';
    Some(Mended::Kept)
}

/// Whether a name, or what stands in the place of one, may be of a field that says where the body ends.
fn has_framing(name: &[u8]) -> bool {
    let has = |lower: &[u8]| name.windows(lower.len()).any(|part| is(part, lower));
    has(b"content-length") || has(b"transfer-encoding")
}
