//! Private parts, against their plain definitions.

use super::bytes::{is_token_byte, is_value_byte, move_down, token_run, trim, value_run};
use super::chunked::{ChunkedDecoder, Piece, chunk_size_line};
use super::head::{HeadMeasure, HeadParser};
use super::method::{BodyLength, Method};
use super::request::{HeadWriter, Unsendable};
use super::url::Url;
use crate::error::{ProtocolError, RequestError};
use std::format;
use std::string::String;
use std::vec::Vec;

/// Every byte at every place of a word, among bytes that pass.
#[test]
fn runs_a_word_at_a_time_stop_where_a_byte_at_a_time_would() {
    for (length, fill) in (0..20).flat_map(|length| [(length, b'a'), (length, b'-')]) {
        for at in 0..length {
            for byte in 0..=255u8 {
                let mut text = std::vec![fill; length];
                text[at] = byte;
                // A second stop behind the first must not be seen before it.
                if at + 1 < length {
                    text[at + 1] = 0x7F;
                }
                let plain = |wanted: fn(u8) -> bool| {
                    text.iter().position(|&byte| !wanted(byte)).unwrap_or(length)
                };
                assert_eq!(value_run(&text), &text[plain(is_value_byte)..], "{byte:#x} at {at}");
                assert_eq!(token_run(&text), &text[plain(is_token_byte)..], "{byte:#x} at {at}");
            }
        }
    }
}

#[test]
fn token_bytes_are_those_of_rfc_9110() {
    for byte in 0..=255u8 {
        let expected = byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        assert_eq!(is_token_byte(byte), expected, "{byte:#x}");
    }
}

#[test]
fn trim_takes_spaces_and_tabs_alone() {
    for (text, expected) in
        [("", ""), (" \t ", ""), ("a b", "a b"), ("\t a \t", "a"), ("\u{b}a", "\u{b}a")]
    {
        assert_eq!(trim(text.as_bytes()), expected.as_bytes(), "{text:?}");
    }
}

#[test]
fn move_down_may_overlap_and_ignores_ranges_that_are_not_there() {
    for (from, to, target, expected) in [
        (2, 6, 0, "cdefef"),
        (1, 6, 0, "bcdeff"),
        (3, 3, 0, "abcdef"),
        (4, 9, 0, "abcdef"),
        (4, 2, 0, "abcdef"),
        (0, 2, 9, "abcdef"),
    ] {
        let mut buffer = *b"abcdef";
        move_down(&mut buffer, from, to, target);
        assert_eq!(&buffer, expected.as_bytes(), "{from}..{to} to {target}");
    }
}

#[test]
fn chunk_size_lines_are_of_one_width() {
    for size in [0, 1, 9, 10, 0xAB, 0x0F0F, 0xFFFF] {
        assert_eq!(chunk_size_line(size), *format!("{size:04X}\r\n").as_bytes());
    }
}

/// Writes a head into a buffer of `room` bytes.
fn head(room: usize, method: Method<'_>, url: &str, body: Option<BodyLength>) -> (String, usize) {
    let mut buffer = std::vec![0; room];
    let url = Url::parse(url).unwrap();
    let mut writer = HeadWriter::new(&method.traits());
    writer.on(&mut buffer).start(&method.traits(), &url);
    let length = match writer.on(&mut buffer).finish(body) {
        Ok(length) => length,
        Err(Unsendable::Buffer { needed, available }) => {
            assert_eq!(available, room);
            needed
        }
        Err(other) => panic!("{other:?}"),
    };
    // The host stands in front.
    let host = url.host_text().len();
    let text = String::from_utf8(buffer[..length.min(room)].to_vec()).unwrap();
    (String::from(&text[host.min(text.len())..]), length - host)
}

#[test]
fn a_head_that_does_not_fit_is_counted_to_its_end() {
    let (whole, length) = head(512, Method::Post, "http://user:pw@gate:8080/a?b", None);
    assert_eq!(whole.len(), length);
    for room in 0..length + "gate".len() {
        let (part, needed) = head(room, Method::Post, "http://user:pw@gate:8080/a?b", None);
        assert_eq!(needed, length, "with room for {room}");
        assert_eq!(
            part,
            whole[..room.saturating_sub("gate".len())],
            "what was written is a prefix"
        );
    }
}

#[test]
fn lengths_are_written_in_decimal() {
    for length in [0, 9, 10, 65_535, 4_294_967_296, u64::MAX] {
        let (text, _) = head(512, Method::Put, "http://h/", Some(BodyLength::Known(length)));
        assert!(text.contains(&format!("\r\nContent-Length: {length}\r\n")), "{text}");
    }
}

#[test]
fn credentials_are_base64_of_any_length_after_percent_decoding() {
    for (userinfo, expected) in [
        ("a", "YTo="),
        ("a:", "YTo="),
        ("a:b", "YTpi"),
        ("us:er:pw", "dXM6ZXI6cHc="),
        ("Aladdin:open%20sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ("%ff:%00", "/zoA"),
        ("%fb:", "+zo="),
    ] {
        let (text, _) = head(512, Method::Get, &format!("http://{userinfo}@h/"), None);
        assert!(text.contains(&format!("\r\nAuthorization: Basic {expected}\r\n")), "{text}");
    }
    for broken in ["%", "%4", "a%zz:b"] {
        let mut buffer = [0; 256];
        let text = format!("http://{broken}@h/");
        let url = Url::parse(&text).unwrap();
        let traits = Method::Get.traits();
        let mut writer = HeadWriter::new(&traits);
        writer.on(&mut buffer).start(&traits, &url);
        let refused = writer.on(&mut buffer).finish(None);
        assert!(
            matches!(refused, Err(Unsendable::Request(RequestError::InvalidCredentials))),
            "{broken}: {refused:?}"
        );
    }
}

#[test]
fn a_head_is_measured_to_its_empty_line_however_it_is_split() {
    let head = b"HTTP/1.1 200 OK\r\nA: b\n\r\nbody";
    for split in 0..head.len() {
        let mut measure = HeadMeasure::default();
        let complete = measure.count(&head[..split]) || measure.count(&head[split..]);
        assert!(complete, "split at {split}");
        assert_eq!(measure.length, head.len() - "body".len(), "split at {split}");
    }
}

/// The status line's fast way and its slow one say the same.
#[test]
fn a_status_line_is_judged_alike_whole_split_and_byte_by_byte() {
    let lines: [&[u8]; 13] = [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 999 \r\n\r\n",
        b"HTTP/1.1 099 OK\r\n\r\n",
        b"HTTP/1.1 20x OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 200\r\n\r\n",
        b"HTTP/1.1  200 OK\r\n\r\n",
        b"HTTP/1.1\t200 OK\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"http/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 \x00\r\n\r\n",
        // What stands in place of the status would pass at the start of a line.
        b"HTTP/1.1 HTTP/1.1 200 OK\r\n\r\n",
    ];
    for line in lines {
        let whole = outcome(&[line]);
        for split in 0..line.len() {
            assert_eq!(
                outcome(&[&line[..split], line]),
                whole,
                "{} at {split}",
                line.escape_ascii()
            );
        }
        let bytes: Vec<&[u8]> = (1..=line.len()).map(|end| &line[..end]).collect();
        assert_eq!(outcome(&bytes), whole, "{}", line.escape_ascii());
    }
}

/// A long download whose every size line has an extension isn't an attack.
#[test]
fn data_earns_chunk_extensions() {
    let mut decoder = ChunkedDecoder::new();
    let line = format!("64;{}\r\n", "x".repeat(80));
    for _ in 0..10_000 {
        assert_eq!(decoder.next(line.as_bytes()), Ok((line.len(), Piece::Data)));
        assert_eq!(decoder.data_remaining(), 100);
        decoder.take_data(100);
        assert_eq!(decoder.next(b"\r\n"), Ok((2, Piece::Incomplete)));
    }
    let mut decoder = ChunkedDecoder::new();
    let line = format!("1;{}\r\n", "x".repeat(1000));
    let chunks = (0..10_000).take_while(|_| {
        let data = decoder.next(line.as_bytes()).is_ok();
        decoder.take_data(1);
        data && decoder.next(b"\r\n").is_ok()
    });
    assert_eq!(chunks.count(), 16, "of a byte each, with a kilobyte of extension");
}

/// Status and length after the parser saw these growing prefixes.
fn outcome(prefixes: &[&[u8]]) -> Result<Option<(u16, usize)>, ProtocolError> {
    let mut parser = HeadParser::new();
    for prefix in prefixes {
        if let Some(length) = parser.parse(&mut prefix.to_vec())? {
            return Ok(Some((parser.status(), length)));
        }
    }
    Ok(None)
}
