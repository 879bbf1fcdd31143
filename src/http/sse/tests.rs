//! Streams of events, whole and split.

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
    ("event:longer\ndata:a\nevent:k\nid:333\nid:1\nevent\ndata:b\n\n", &["message|1|a\nb"], "None"),
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
                assert_eq!(events(&pieces, 64), expected, "{stream:?} cut at {first}, {second}");
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
        (&format!(":{long}\n{long}:{long}\ndata:abcdefgh\n:{long}\n\n"), 8, &["message||abcdefgh"]),
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
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
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
