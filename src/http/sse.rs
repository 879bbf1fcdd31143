//! Server-sent events, as they arrive (WHATWG HTML, section 9.2.6).
//!
//! What is kept stands in the caller's buffer, in this order:
//!
//! ```text
//!   | id of the last event | id | kind | data | the value of a line that isn't complete |
//! ```
//!
//! A line's name isn't kept, nor is a comment: an event takes the room of its values alone.

use super::bytes::{copy, saturating_decimal};

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The event doesn't fit the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Oversize;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Kind,
    Data,
    Id,
    Retry,
    /// A comment, or a field that nobody knows.
    Other,
}

impl Field {
    fn of(name: &[u8]) -> Self {
        match name {
            b"event" => Self::Kind,
            b"data" => Self::Data,
            b"id" => Self::Id,
            b"retry" => Self::Retry,
            _ => Self::Other,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In a line's name, of which so many bytes have come.
    Name(u8),
    /// Behind the colon, where a space may be.
    Colon(Field),
    Value(Field),
}

/// Parses a stream of events. Offsets are those of the buffer's parts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventParser {
    state: State,
    /// The line's name; a longer one is none that is known.
    name: [u8; 5],
    /// The last byte was a CR: an LF behind it belongs to it.
    after_cr: bool,
    /// Nothing but a byte order mark has come.
    at_start: bool,
    last_id_end: usize,
    id_end: usize,
    kind_end: usize,
    data_end: usize,
    line_end: usize,
    has_id: bool,
    has_data: bool,
    /// The event doesn't fit: what is left of it is passed over.
    skips: bool,
    /// The event was given out.
    is_given: bool,
    pub(crate) retry_ms: Option<u32>,
}

impl EventParser {
    pub(crate) const fn new() -> Self {
        Self {
            state: State::Name(0),
            name: [0; 5],
            after_cr: false,
            at_start: true,
            last_id_end: 0,
            id_end: 0,
            kind_end: 0,
            data_end: 0,
            line_end: 0,
            has_id: false,
            has_data: false,
            skips: false,
            is_given: false,
            retry_ms: None,
        }
    }

    /// For the next response: an event that wasn't complete is none.
    pub(crate) fn start(&mut self) {
        self.forget();
        self.state = State::Name(0);
        self.after_cr = false;
        self.at_start = true;
    }

    pub(crate) fn last_id<'e>(&self, buffer: &'e [u8]) -> &'e [u8] {
        buffer.get(..self.last_id_end).unwrap_or_default()
    }

    pub(crate) fn kind<'e>(&self, buffer: &'e [u8]) -> &'e [u8] {
        match buffer.get(self.id_end..self.kind_end) {
            None | Some([]) => b"message",
            Some(kind) => kind,
        }
    }

    pub(crate) fn data<'e>(&self, buffer: &'e [u8]) -> &'e [u8] {
        buffer.get(self.kind_end..self.data_end).unwrap_or_default()
    }

    /// Goes on with `input`, up to the end of an event. Returns how much of it was taken, and whether an event
    /// stands in the buffer.
    pub(crate) fn parse(
        &mut self,
        buffer: &mut [u8],
        input: &[u8],
    ) -> (usize, Result<bool, Oversize>) {
        if self.is_given {
            self.forget();
        }
        let mut rest = input;
        let mut found = Ok(false);
        while let ([byte, tail @ ..], Ok(false)) = (rest, found) {
            let is_second = core::mem::take(&mut self.after_cr) && *byte == b'\n';
            if is_second {
                rest = tail;
            } else if matches!(byte, b'\r' | b'\n') {
                self.after_cr = *byte == b'\r';
                rest = tail;
                found = self.end_line(buffer);
            } else if let State::Value(field) = self.state {
                let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
                let (value, behind) =
                    rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or_default();
                rest = behind;
                found = self.keep(buffer, field, value).map(|()| false);
            } else {
                let is_space = *byte == b' ';
                match self.state {
                    State::Name(length) if *byte == b':' => {
                        found = self.begin_value(buffer, length).map(|()| false);
                        rest = tail;
                    }
                    State::Name(length) => {
                        self.name_byte(length, *byte);
                        rest = tail;
                    }
                    State::Colon(field) | State::Value(field) => {
                        self.state = State::Value(field);
                        if is_space {
                            rest = tail;
                        }
                    }
                }
            }
        }
        (input.len().saturating_sub(rest.len()), found)
    }

    fn name_byte(&mut self, length: u8, byte: u8) {
        if let Some(place) = self.name.get_mut(usize::from(length)) {
            *place = byte;
        }
        let length = length.saturating_add(1);
        let is_mark = self.at_start && self.name.get(..usize::from(length)) == Some(BOM);
        self.at_start &= !is_mark;
        self.state = State::Name(if is_mark { 0 } else { length });
    }

    /// At the end of a line's name.
    fn begin_value(&mut self, buffer: &mut [u8], name_length: u8) -> Result<(), Oversize> {
        let field = self.name.get(..usize::from(name_length)).map_or(Field::Other, Field::of);
        self.state = State::Colon(field);
        // Lines of data are one text, with an LF between two.
        if field == Field::Data && core::mem::replace(&mut self.has_data, true) {
            self.keep(buffer, field, b"\n")?;
        }
        Ok(())
    }

    /// Keeps some of a value.
    fn keep(&mut self, buffer: &mut [u8], field: Field, value: &[u8]) -> Result<(), Oversize> {
        if field == Field::Other || self.skips {
            return Ok(());
        }
        let end = self.line_end.saturating_add(value.len());
        let Some(room) = buffer.get_mut(self.line_end..end) else {
            self.skips = true;
            return Err(Oversize);
        };
        copy(room, value);
        self.line_end = end;
        Ok(())
    }

    /// At the end of a line. True if it ends an event.
    fn end_line(&mut self, buffer: &mut [u8]) -> Result<bool, Oversize> {
        self.at_start = false;
        let field = match self.state {
            State::Name(0) => return Ok(self.end_event(buffer)),
            State::Name(length) => {
                let begun = self.begin_value(buffer, length);
                if begun.is_err() {
                    self.state = State::Name(0);
                    return Err(Oversize);
                }
                match self.state {
                    State::Colon(field) => field,
                    _ => Field::Other,
                }
            }
            State::Colon(field) | State::Value(field) => field,
        };
        self.state = State::Name(0);
        if self.skips {
            return Ok(false);
        }
        let value = buffer.get(self.data_end..self.line_end).unwrap_or_default();
        match field {
            Field::Data => self.data_end = self.line_end,
            Field::Kind => {
                let before = self.kind_end;
                let length = replace(buffer, [self.id_end, before, self.data_end, self.line_end]);
                self.kind_end = self.id_end.saturating_add(length);
                self.data_end = moved(self.data_end, before, self.kind_end);
            }
            Field::Id if !value.contains(&0) => {
                self.has_id = true;
                let before = self.id_end;
                let length =
                    replace(buffer, [self.last_id_end, before, self.data_end, self.line_end]);
                self.id_end = self.last_id_end.saturating_add(length);
                self.kind_end = moved(self.kind_end, before, self.id_end);
                self.data_end = moved(self.data_end, before, self.id_end);
            }
            Field::Retry => self.retry_ms = saturating_decimal(value).or(self.retry_ms),
            Field::Id | Field::Other => {}
        }
        self.line_end = self.data_end;
        Ok(false)
    }

    /// At an empty line. True if that makes an event.
    fn end_event(&mut self, buffer: &mut [u8]) -> bool {
        if self.skips {
            self.forget();
            return false;
        }
        if core::mem::take(&mut self.has_id) {
            let old = self.last_id_end;
            rotate(buffer.get_mut(..self.data_end), old);
            for end in
                [&mut self.id_end, &mut self.kind_end, &mut self.data_end, &mut self.line_end]
            {
                *end = end.saturating_sub(old);
            }
            self.last_id_end = self.id_end;
        }
        self.is_given = self.has_data;
        if !self.has_data {
            self.forget();
        }
        self.is_given
    }

    /// Forgets all of an event but the last one's id.
    fn forget(&mut self) {
        let end = self.last_id_end;
        (self.id_end, self.kind_end, self.data_end, self.line_end) = (end, end, end, end);
        self.has_id = false;
        self.has_data = false;
        self.skips = false;
        self.is_given = false;
    }
}

/// Where a part ends, once the end of one before it was moved.
const fn moved(end: usize, before: usize, now: usize) -> usize {
    end.saturating_sub(before).saturating_add(now)
}

/// Puts `buffer[value..end]` in the place of `buffer[start..old]`, and moves what is behind that. Returns how
/// long the value is.
fn replace(buffer: &mut [u8], [start, old, value, end]: [usize; 4]) -> usize {
    rotate(buffer.get_mut(start..end), value.saturating_sub(start));
    let length = end.saturating_sub(value);
    let moved = buffer.get_mut(start.saturating_add(length)..end);
    rotate(moved, old.saturating_sub(start));
    length
}

/// By three reversals: `rotate_left` would link a `memmove` of 700 bytes.
fn rotate(bytes: Option<&mut [u8]>, count: usize) {
    let Some(bytes) = bytes else { return };
    if let Some((front, back)) = bytes.split_at_mut_checked(count) {
        front.reverse();
        back.reverse();
        bytes.reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;
    use std::vec::Vec;
    use std::{format, vec};

    /// `kind|id|data` of each event, `!` for one that doesn't fit; and the last id and the retry at the end.
    fn events(pieces: &[&[u8]], room: usize) -> Vec<String> {
        let mut buffer = vec![0; room];
        let mut parser = EventParser::new();
        let mut found = Vec::new();
        for mut input in pieces.iter().copied() {
            while !input.is_empty() {
                let (count, result) = parser.parse(&mut buffer, input);
                input = &input[count..];
                let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
                match result {
                    Ok(true) => found.push(format!(
                        "{}|{}|{}",
                        text(parser.kind(&buffer)),
                        text(parser.last_id(&buffer)),
                        text(parser.data(&buffer))
                    )),
                    Ok(false) => assert!(input.is_empty()),
                    Err(Oversize) => found.push("!".into()),
                }
            }
        }
        found.push(format!("{:?}", parser.retry_ms));
        found
    }

    const STREAMS: &[(&str, &[&str], &str)] = &[
        // The examples of the specification, in its order.
        (
            "data: This is the first message.\n\ndata: This is the second message, it\n\
             data: has two lines.\n\ndata: This is the third message.\n\n",
            &[
                "message||This is the first message.",
                "message||This is the second message, it\nhas two lines.",
                "message||This is the third message.",
            ],
            "None",
        ),
        (
            "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n",
            &["add||73857293", "remove||2153", "add||113411"],
            "None",
        ),
        ("data: YHOO\ndata: +2\ndata: 10\n\n", &["message||YHOO\n+2\n10"], "None"),
        (
            ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            &["message|1|first event", "message||second event", "message|| third event"],
            "None",
        ),
        ("data\n\ndata\ndata\n\ndata:", &["message||", "message||\n"], "None"),
        ("data:test\n\ndata: test\n\n", &["message||test", "message||test"], "None"),
        // Line ends of all three kinds, and mixed.
        ("data:a\r\rdata:b\r\n\r\ndata:c\n\n", &["message||a", "message||b", "message||c"], "None"),
        ("data:a\r\ndata:b\rdata:c\n\r\n", &["message||a\nb\nc"], "None"),
        // A byte order mark at the very start, and elsewhere.
        ("\u{FEFF}data:a\n\n\u{FEFF}data:b\n\n", &["message||a"], "None"),
        ("\u{FEFF}:c\ndata:a\n\n", &["message||a"], "None"),
        ("\u{FEFF}\u{FEFF}data:a\n\n", &[], "None"),
        ("\n\u{FEFF}data:a\n\n", &[], "None"),
        // Ids: they last, the last in an event counts, one with a NUL is none, one of no event counts too.
        ("id:1\nid:22\ndata:a\nevent:k\n\ndata:b\n\n", &["k|22|a", "message|22|b"], "None"),
        ("id:1\ndata:a\n\nid:2\0\ndata:b\n\n", &["message|1|a", "message|1|b"], "None"),
        ("id:7\n\ndata:a\n\n", &["message|7|a"], "None"),
        (
            "event:longer\ndata:a\nevent:k\nid:333\nid:1\nevent\ndata:b\n\n",
            &["message|1|a\nb"],
            "None",
        ),
        (
            "data:abc\nevent:one\nid:4\n\ndata:d\nid:55555\nevent:two\n\n",
            &["one|4|abc", "two|55555|d"],
            "None",
        ),
        // An event without data is none, and its kind is forgotten.
        ("event:k\n\ndata:a\n\n", &["message||a"], "None"),
        // The time to reconnect: digits alone.
        ("retry: 2500\n\n", &[], "Some(2500)"),
        ("retry:7\nretry:-1\nretry: 1s\nretry:\nretry\n", &[], "Some(7)"),
        ("retry:99999999999999999999\n", &[], "Some(4294967295)"),
        // Names are exact; a line without a colon is a name.
        ("Data:a\ndata :b\ndat:c\ndatas:d\nevents:e\n data:f\ndata\n\n", &["message||"], "None"),
        ("data::a:\n\n", &["message||:a:"], "None"),
        // What isn't complete is none.
        ("data:a\n", &[], "None"),
        ("data:a\nid:1\n\ndata:b\nid:2\n", &["message|1|a"], "None"),
    ];

    #[test]
    fn streams_split_anywhere() {
        for (stream, expected, retry) in STREAMS {
            let bytes = stream.as_bytes();
            let mut expected: Vec<String> = expected.iter().map(|it| (*it).into()).collect();
            expected.push((*retry).into());
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(events(&single, 64), expected, "{stream:?} byte by byte");
            for first in 0..=bytes.len() {
                for second in first..=bytes.len() {
                    let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                    assert_eq!(
                        events(&pieces, 64),
                        expected,
                        "{stream:?} cut at {first}, {second}"
                    );
                }
            }
        }
    }

    /// An event takes the room of its values, of the last id, and of an LF between two lines.
    #[test]
    fn an_event_that_does_not_fit_is_told_and_passed_over() {
        let long = "x".repeat(1000);
        for (stream, room, expected) in [
            ("data:abcdefgh\n\ndata:b\n\n", 8, &["message||abcdefgh", "message||b"][..]),
            ("data:abcdefghi\n\ndata:b\n\n", 8, &["!", "message||b"]),
            ("data:abcd\ndata:efg\n\n", 8, &["message||abcd\nefg"]),
            ("data:abcd\ndata:efgh\ndata:x\n\ndata:b\n\n", 8, &["!", "message||b"]),
            ("data:abcdefgh\ndata\nid:1\n\ndata:b\n\n", 8, &["!", "message||b"]),
            (
                "id:1234\ndata:abcd\n\ndata:abcde\n\ndata\n\n",
                8,
                &["message|1234|abcd", "!", "message|1234|"],
            ),
            // It isn't taken for seen: asked again, the server begins with it.
            ("id:1\ndata:a\n\nid:2\ndata:abcdefgh\n\n", 8, &["message|1|a", "!"]),
            ("event:abcdefghi\nretry:5\ndata:a\n\ndata:b\n\n", 8, &["!", "message||b"]),
            ("data:a\n\n", 0, &["!"]),
            ("data\n\n", 0, &["message||"]),
            // Comments and unknown fields of any length take none, even without an end.
            (
                &format!(":{long}\n{long}:{long}\ndata:abcdefgh\n:{long}\n\n"),
                8,
                &["message||abcdefgh"],
            ),
            (&format!(":{long}"), 0, &[]),
            (&format!("data:{long}"), 999, &["!"]),
        ] {
            let bytes = stream.as_bytes();
            for size in [1, 2, 3, 7, bytes.len()] {
                let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
                let mut found = events(&pieces, room);
                found.pop();
                assert_eq!(found, expected, "{stream:?} in pieces of {size}");
            }
        }
    }

    /// The specification's words, on a whole text.
    fn by_the_book(text: &str) -> Vec<String> {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let (mut last, mut id, mut kind, mut data) =
            (String::new(), String::new(), String::new(), String::new());
        let (mut found, mut retry) = (Vec::new(), None);
        let Some(end) = text.rfind('\n') else { return vec!["None".into()] };
        for line in text[..end].split('\n') {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match name {
                _ if line.is_empty() => {
                    last.clone_from(&id);
                    if !data.is_empty() {
                        data.pop();
                        let kind = if kind.is_empty() { "message" } else { &kind };
                        found.push(format!("{kind}|{last}|{data}"));
                    }
                    (kind, data) = (String::new(), String::new());
                }
                "event" => kind = value.into(),
                "data" => data = format!("{data}{value}\n"),
                "id" if !value.contains('\0') => id = value.into(),
                "retry" if !value.is_empty() && value.bytes().all(|it| it.is_ascii_digit()) => {
                    retry = Some(value.parse::<u32>().unwrap_or(u32::MAX));
                }
                _ => {}
            }
        }
        found.push(format!("{retry:?}"));
        found
    }

    /// Random streams of the pieces that matter, split at random.
    #[test]
    fn as_the_specification_says_it() {
        const PIECES: [&str; 18] = [
            "data",
            "event",
            "id",
            "retry",
            ":",
            ": ",
            "\n",
            "\r",
            "\r\n",
            "\n\n",
            "a",
            "12",
            "\0",
            "\u{FEFF}",
            "bcd",
            "data:x",
            "id:7",
            "event: k\n",
        ];
        let mut seed = 1u64;
        let mut random = |below: usize| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % below
        };
        for _ in 0..30_000 {
            let count = random(24);
            let stream: String = (0..count).map(|_| PIECES[random(PIECES.len())]).collect();
            let mut rest = stream.as_bytes();
            let mut pieces = Vec::new();
            while !rest.is_empty() {
                let (piece, behind) = rest.split_at(1 + random(rest.len()));
                pieces.push(piece);
                rest = behind;
            }
            assert_eq!(events(&pieces, 512), by_the_book(&stream), "{stream:?} as {pieces:?}");
        }
    }
}
