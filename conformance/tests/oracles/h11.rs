//! Whole responses, read by the crate and by `h11`, a reader of another author in another language: each that one
//! takes for whole is so for the other, with the same words, and ends at the same byte. What differs is listed,
//! by its rule.
//!
//! It needs Python with h11 (Debian's `python3-h11`); `H11_PYTHON` names one.

use crate::outcome::{End, Fields};
use crate::parser::{damaged, response, runs};
use crate::player::Player;
use conformance::load::report;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use safe_http_client::sans_io::ResponseTo;
use serde_json::Value;
use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A response that is whole.
#[derive(Debug, Clone, PartialEq)]
struct Message {
    status: u16,
    reason: Vec<u8>,
    headers: Fields,
    body: Vec<u8>,
    trailers: Fields,
    /// Where it ends.
    length: usize,
}

type Reading = Option<Message>;

/// Python, with h11 in it.
struct H11 {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    version: String,
}

impl H11 {
    fn start() -> Option<Self> {
        let named = std::env::var("H11_PYTHON").ok();
        let pythons = named.as_deref().map_or(vec!["python3", "/usr/bin/python3"], |it| vec![it]);
        pythons.into_iter().find_map(Self::with)
    }

    fn with(python: &str) -> Option<Self> {
        let mut command = Command::new(python);
        command.args(["-c", include_str!("h11_reader.py")]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().ok()?;
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take()?);
        let mut h11 = Self { child, stdin, stdout, version: String::new() };
        h11.version = h11.line();
        (!h11.version.is_empty()).then_some(h11)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn read(&mut self, bytes: &[u8], stream_ends: bool) -> Reading {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let stdin = self.stdin.as_mut().unwrap();
        writeln!(stdin, "{} {hex}", u8::from(stream_ends)).unwrap();
        let line = self.line();
        let json: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("h11 is gone"));
        (!json.is_null()).then(|| Message {
            status: json["status"].as_u64().unwrap() as u16,
            reason: from_hex(&json["reason"]),
            headers: fields(&json["headers"]),
            body: from_hex(&json["body"]),
            trailers: fields(&json["trailers"]),
            length: json["length"].as_u64().unwrap() as usize,
        })
    }
}

impl Drop for H11 {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}

fn from_hex(text: &Value) -> Vec<u8> {
    let digits = text.as_str().unwrap().as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.map(byte).collect()
}

fn fields(list: &Value) -> Fields {
    let name = |name| String::from_utf8(from_hex(name)).unwrap();
    let pairs = list.as_array().unwrap().iter();
    pairs.map(|pair| (name(&pair[0]), from_hex(&pair[1]))).collect()
}

/// What the crate's protocol makes of it.
fn ours(bytes: &[u8], stream_ends: bool) -> Reading {
    let mut player = Player::new(ResponseTo::Other, 8192);
    player.receive(bytes);
    if stream_ends {
        player.stream_ends();
    }
    let length = player.taken();
    let outcome = player.outcome();
    let head = outcome.head.filter(|_| outcome.end == End::Complete)?;
    Some(Message {
        status: head.status,
        reason: head.reason,
        headers: head.headers,
        body: outcome.body,
        trailers: outcome.trailers,
        length,
    })
}

/// A difference that is right: by which rule, how it is told, and a response that shows it.
struct Difference {
    rule: &'static str,
    is: fn(&[u8], &Reading, &Reading) -> bool,
    example: &'static [u8],
}

fn has(bytes: &[u8], what: impl Fn(u8) -> bool) -> bool {
    bytes.iter().any(|byte| what(*byte))
}

/// Values as RFC 9112 section 5.2 has them, where white space of a folded line is as good as one space; and of
/// lengths that are all the same the first alone, as h11 has them (RFC 9110 section 8.6).
fn plain(reading: &Reading) -> Reading {
    let mut message = reading.clone()?;
    let mut lengths = 0;
    message.headers.retain(|(name, _)| {
        lengths += usize::from(name.eq_ignore_ascii_case("content-length"));
        lengths <= 1 || !name.eq_ignore_ascii_case("content-length")
    });
    for (name, value) in message.headers.iter_mut().chain(&mut message.trailers) {
        let words = value.split(|byte| b" \t".contains(byte)).filter(|word| !word.is_empty());
        *value = words.collect::<Vec<_>>().join(&b' ');
        if name.eq_ignore_ascii_case("content-length") {
            let first = value.split(|byte| *byte == b',').next().unwrap_or_default();
            *value = first.trim_ascii().to_vec();
        }
        if name.eq_ignore_ascii_case("transfer-encoding") {
            value.make_ascii_lowercase();
        }
    }
    Some(message)
}

/// The value of its first field of this name.
fn field<'m>(message: &'m Message, name: &str) -> Option<&'m [u8]> {
    let found = message.headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name));
    found.map(|(_, value)| &value[..])
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|it| it == what)
}

const DIFFERENCES: [Difference; 8] = [
    Difference {
        rule: "RFC 9110 section 5.6.1, RFC 2616 section 3.6: an empty element and `identity` are no coding, and a list may be of several lines",
        is: |_, ours, theirs| {
            let is_coding =
                |it: &&(String, Vec<u8>)| it.0.eq_ignore_ascii_case("transfer-encoding");
            let codings: Vec<_> =
                ours.iter().flat_map(|it| &it.headers).filter(is_coding).map(|it| &it.1).collect();
            let is_list = match codings[..] {
                [one] => !one.eq_ignore_ascii_case(b"chunked"),
                _ => codings.len() > 1,
            };
            theirs.is_none() && is_list
        },
        example: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: , chunked\r\n\r\n0\r\n\r\n",
    },
    Difference {
        rule: "RFC 9112 section 6.1: Transfer-Encoding and Content-Length in one response",
        is: |_, ours, theirs| {
            let both = |it: &Message| {
                field(it, "transfer-encoding").and(field(it, "content-length")).is_some()
            };
            ours.is_none() && theirs.as_ref().is_some_and(both)
        },
        example:
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    },
    Difference {
        rule: "RFC 9112 section 6.1: Transfer-Encoding in HTTP/1.0",
        is: |bytes, ours, theirs| {
            let coded = |it: &Message| field(it, "transfer-encoding").is_some();
            ours.is_none() && theirs.as_ref().is_some_and(coded) && contains(bytes, b"HTTP/1.0 ")
        },
        example: b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    },
    Difference {
        rule: "RFC 9110 section 2.5: another major version is another protocol",
        is: |bytes, ours, theirs| {
            let mut starts = bytes.windows(6).filter(|it| it.starts_with(b"HTTP/"));
            ours.is_none() && theirs.is_some() && starts.any(|it| it[5] != b'1')
        },
        example: b"HTTP/3.1 204 No\r\n\r\n",
    },
    Difference {
        rule: "RFC 9110 section 5.5 and RFC 9112 section 4: no control characters",
        is: |bytes, ours, theirs| {
            let is_control = |byte| matches!(byte, 1..=8 | 14..=31 | 127);
            ours.is_none() && theirs.is_some() && has(bytes, is_control)
        },
        example: b"HTTP/1.1 204 No\r\nA: b\x7f\r\n\r\n",
    },
    Difference {
        rule: "RFC 9112 section 7.1.1: a chunk's extension has neither a CR alone nor a NUL",
        is: |bytes, ours, theirs| {
            let lone = |pair: &[u8]| pair[0] == b'\r' && pair[1] != b'\n' || pair[0] == 0;
            let chunked = |it: &Message| field(it, "transfer-encoding").is_some();
            ours.is_none() && theirs.as_ref().is_some_and(chunked) && bytes.windows(2).any(lone)
        },
        example: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0;a\rb\r\n\r\n",
    },
    Difference {
        rule: "RFC 9112 section 7.1.1: white space may stand in front of a chunk's extension",
        is: |bytes, ours, theirs| {
            let spaced = contains(bytes, b" ;") || contains(bytes, b"\t;");
            let chunked = |it: &Message| field(it, "transfer-encoding").is_some();
            ours.as_ref().is_some_and(chunked) && theirs.is_none() && spaced
        },
        example: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0 ;a\r\n\r\n",
    },
    Difference {
        rule: "RFC 9110 section 7.8: 101 ends HTTP; h11 has to be told beforehand",
        is: |_, ours, theirs| ours.as_ref().is_some_and(|it| it.status == 101) && theirs.is_none(),
        example: b"HTTP/1.1 101 Switching\r\n\r\n",
    },
];

/// Which difference it is; `None` if both say the same.
fn compare(bytes: &[u8], ours: &Reading, theirs: &Reading) -> Result<Option<usize>, String> {
    if plain(ours) == plain(theirs) {
        return Ok(None);
    }
    let known = DIFFERENCES.iter().position(|known| (known.is)(bytes, ours, theirs));
    known
        .map(Some)
        .ok_or_else(|| format!("{}\n  ours: {ours:?}\n  h11: {theirs:?}", bytes.escape_ascii()))
}

/// Responses whose framing is told in any way, or in several.
fn framed() -> impl Strategy<Value = Vec<u8>> {
    let lines = select(
        &[
            "Content-Length: 3\r\n",
            "content-length: 3, 3\r\n",
            "Content-Length: 5\r\n",
            "Content-Length: \r\n",
            "Transfer-Encoding: chunked\r\n",
            "transfer-encoding:CHUNKED\r\n",
            "Transfer-Encoding: identity\r\n",
            "Transfer-Encoding: , chunked\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding:\r\n chunked\r\n",
            "Connection: close\r\n",
        ][..],
    );
    let body = select(
        &[
            "",
            "abc",
            "abcde",
            "3\r\nabc\r\n0\r\n\r\n",
            "0\r\n\r\n",
            "003;a\r\nabc\r\n0\r\nT: v\r\n\r\n",
        ][..],
    );
    let versions = select(&["1.1", "1.0", "1.9", "2.0"][..]);
    let statuses = select(&[200, 204, 304, 101, 100, 404, 99, 999][..]);
    (versions, statuses, prop::collection::vec(lines, 0..4), body).prop_map(
        |(version, status, lines, body)| {
            let lines = lines.concat();
            format!("HTTP/{version} {status:03} X\r\n{lines}\r\n{body}").into_bytes()
        },
    )
}

#[test]
fn h11_takes_the_same_for_whole() {
    let Some(h11) = H11::start() else {
        report("h11: skipped: no Python with h11 here (Debian: python3-h11)");
        return;
    };
    let version = h11.version.clone();
    let (h11, counts) = (RefCell::new(h11), RefCell::new([0usize; DIFFERENCES.len() + 2]));
    for (index, known) in DIFFERENCES.iter().enumerate() {
        let (ours, theirs) =
            (ours(known.example, true), h11.borrow_mut().read(known.example, true));
        assert_eq!(compare(known.example, &ours, &theirs), Ok(Some(index)), "{}", known.rule);
    }
    let strategy = (
        prop_oneof![1 => framed(), 1 => response().prop_map(|sent| sent.bytes), 3 => damaged()],
        any::<bool>(),
    );
    let result = TestRunner::new(runs(3000)).run(&strategy, |(bytes, stream_ends)| {
        let ours = ours(&bytes, stream_ends);
        let theirs = h11.borrow_mut().read(&bytes, stream_ends);
        let difference = compare(&bytes, &ours, &theirs).map_err(TestCaseError::fail)?;
        let column = difference.map_or(usize::from(ours.is_none()), |known| known + 2);
        counts.borrow_mut()[column] += 1;
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    let counts = counts.into_inner();
    let total: usize = counts.iter().sum();
    report(&format!(
        "h11 {version}: {total} responses: {} whole for both and the same, {} for neither",
        counts[0], counts[1],
    ));
    for (known, count) in DIFFERENCES.iter().zip(&counts[2..]) {
        report(&format!("  {count} differ: {}", known.rule));
    }
}
