//! Streams of server-sent events: however they arrive and whatever room there is, the events are those that a
//! reader has who takes the whole of the text apart line by line (WHATWG HTML section 9.2.6).

use crate::common::script::{Connection, ScriptStack, Step};
use crate::common::{TestClock, cx};
use crate::input::parts;
use safe_http_client::{Config, EventError, EventStream, SafeHttpClient, StackQuirks};

/// More is slow, and finds nothing else.
const MOST: usize = 2048;

/// Control: the room for an event, and whether the stream comes in two responses; then the sizes of segments.
pub fn run(data: &[u8]) {
    let (mut control, text) = parts(data);
    if text.len() > MOST {
        return;
    }
    let room = [4096, 64, 32, 16, 8, 3, 1, 0][control.pick(8)];
    // A byte 0xFF ends a response: UTF-8 has none.
    let streams: Vec<&[u8]> = text.splitn(2, |&byte| byte == 0xFF).collect();
    let sizes = control.sizes();
    let found = read(&streams, &sizes, room);
    let expected = Reader::read(&streams, room);
    assert_eq!(found, expected, "{} in {room} bytes, in {sizes:?}", text.escape_ascii());
}

/// What comes of it all.
#[derive(Debug, Default, PartialEq)]
struct Found {
    seen: Vec<Seen>,
    last_id: Vec<u8>,
    retry_ms: Option<u32>,
}

#[derive(Debug, PartialEq)]
enum Seen {
    Event { kind: Vec<u8>, data: Vec<u8>, id: Vec<u8> },
    TooLarge,
    End,
}

fn read(streams: &[&[u8]], sizes: &[usize], room: usize) -> Found {
    let connections = streams.iter().map(|stream| {
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
        let mut steps = vec![Step::AwaitRequest, Step::Data(head.into())];
        let mut rest = *stream;
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (now, later) = rest.split_at(rest.len().min(*size));
            steps.push(Step::Data(now.to_vec()));
            rest = later;
        }
        steps.push(Step::Zero);
        Connection::new(steps)
    });
    let network = ScriptStack::new(connections).attached(StackQuirks::STD);
    let mut client = SafeHttpClient::with_config(network, TestClock::ticking(1), Config::new());
    let mut events = EventStream::new(vec![0; room]);
    let mut found = Found::default();
    let cx = &mut cx();
    for _ in streams {
        let mut online = client.online(cx).unwrap();
        let request = events.request(&mut online, "http://192.168.1.20/", [0; 8192]);
        let mut response = request.send().unwrap();
        loop {
            found.seen.push(match events.next(&mut response) {
                Ok(Some(event)) => Seen::Event {
                    kind: event.kind().to_vec(),
                    data: event.data().to_vec(),
                    id: event.id().to_vec(),
                },
                Ok(None) => Seen::End,
                Err(EventError::TooLarge { available }) => {
                    assert_eq!(available, room);
                    Seen::TooLarge
                }
                Err(error) => panic!("{error}"),
            });
            if found.seen.last() == Some(&Seen::End) {
                break;
            }
        }
    }
    (found.last_id, found.retry_ms) = (events.last_id().to_vec(), events.retry_ms());
    found
}

/// The one that has all of it before it.
#[derive(Default)]
struct Reader {
    found: Found,
    kind: Vec<u8>,
    /// Its lines.
    data: Vec<Vec<u8>>,
    id: Option<Vec<u8>>,
    is_too_large: bool,
}

impl Reader {
    fn read(streams: &[&[u8]], room: usize) -> Found {
        let mut reader = Self::default();
        for stream in streams {
            reader.forget();
            let stream = stream.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(stream);
            let (lines, cut) = lines(stream);
            for line in lines {
                reader.line(&line, room);
            }
            // What isn't whole is no line; but it has taken its room.
            if cut.contains(&b':') {
                reader.make_room(&cut, room);
            }
            reader.found.seen.push(Seen::End);
        }
        reader.found
    }

    fn forget(&mut self) {
        (self.kind, self.data, self.id) = Default::default();
        self.is_too_large = false;
    }

    /// Whether the value of a line fits beside what is kept: the last event's id, and id, kind and data so far.
    fn make_room(&mut self, line: &[u8], room: usize) -> bool {
        let (name, value) = field(line);
        if self.is_too_large || !matches!(name, b"event" | b"data" | b"id" | b"retry") {
            return !self.is_too_large;
        }
        let between = usize::from(name == b"data" && !self.data.is_empty());
        let data = self.data.join(&b'\n').len();
        let id = self.id.as_ref().map_or(0, Vec::len);
        let all = self.found.last_id.len() + id + self.kind.len() + data + between + value.len();
        self.is_too_large = all > room;
        if self.is_too_large {
            self.found.seen.push(Seen::TooLarge);
        }
        !self.is_too_large
    }

    fn line(&mut self, line: &[u8], room: usize) {
        if line.is_empty() {
            return self.dispatch();
        }
        if !self.make_room(line, room) {
            return;
        }
        let (name, value) = field(line);
        match name {
            b"event" => self.kind = value.to_vec(),
            b"data" => self.data.push(value.to_vec()),
            b"id" if !value.contains(&0) => self.id = Some(value.to_vec()),
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                let digits = std::str::from_utf8(value).unwrap();
                self.found.retry_ms = Some(digits.parse().unwrap_or(u32::MAX));
            }
            _ => {}
        }
    }

    fn dispatch(&mut self) {
        if !self.is_too_large {
            if let Some(id) = self.id.take() {
                self.found.last_id = id;
            }
            if !self.data.is_empty() {
                let kind =
                    if self.kind.is_empty() { b"message".to_vec() } else { self.kind.clone() };
                let (data, id) = (self.data.join(&b'\n'), self.found.last_id.clone());
                self.found.seen.push(Seen::Event { kind, data, id });
            }
        }
        self.forget();
    }
}

/// Its lines, which end with CRLF, LF or CR, and what stands behind the last end.
fn lines(text: &[u8]) -> (Vec<Vec<u8>>, Vec<u8>) {
    let (mut lines, mut line) = (Vec::new(), Vec::new());
    let mut bytes = text.iter().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' | b'\n' => {
                if *byte == b'\r' {
                    bytes.next_if(|next| **next == b'\n');
                }
                lines.push(std::mem::take(&mut line));
            }
            other => line.push(*other),
        }
    }
    (lines, line)
}

/// A line's name and value. One without a colon is a name.
fn field(line: &[u8]) -> (&[u8], &[u8]) {
    let Some(colon) = line.iter().position(|byte| *byte == b':') else { return (line, b"") };
    let value = &line[colon + 1..];
    (&line[..colon], value.strip_prefix(b" ").unwrap_or(value))
}
