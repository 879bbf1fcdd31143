//! Private parts, against their plain definitions.

use super::bytes::{ascii, is_token_byte, is_value_byte, move_down, token_run, trim, value_run};
use super::framing::{ChunkedDecoder, Piece, chunk_size_line};
use super::head::{HeadMeasure, HeadParser};
use super::method::{BodyLength, Method};
use super::redirect::{
    Base, Change, becomes_get, behind_scheme, check, parse, resolve, write_head,
};
use super::request::{HeadWriter, Unsendable};
use super::url::Url;
use crate::error::{ProtocolError, RedirectError, RequestError, UrlError};
use std::format;
use std::string::String;
use std::vec;
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
        ("%ff:%80", "/zqA"),
        ("%fb:", "+zo="),
    ] {
        let (text, _) = head(512, Method::Get, &format!("http://{userinfo}@h/"), None);
        assert!(text.contains(&format!("\r\nAuthorization: Basic {expected}\r\n")), "{text}");
    }
    for broken in ["%", "%4", "a%zz:b", "%ff:%00", "a%0d:"] {
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

// Where a `Location` leads, row by row.

fn resolved(base: &str, location: impl AsRef<[u8]>) -> Result<String, RedirectError> {
    let base = Url::parse(base).unwrap();
    let base = Base::of(&base);
    let mut room = vec![0; 4096];
    let length = resolve(&base, location.as_ref(), &mut room)?;
    let text = room[room.len() - length..].to_vec();
    let (endpoint, target) = parse(&text)?;
    check(base.scheme, endpoint.scheme)?;
    let whole = Url::parse(ascii(&text)).unwrap();
    assert_eq!((endpoint.scheme, endpoint.port), (whole.scheme(), whole.port()));
    assert_eq!(endpoint.remote, whole.endpoint.remote);
    let host = &behind_scheme(endpoint.scheme, &text)[..endpoint.host_length];
    assert_eq!(host, whole.host_text().as_bytes());
    assert!(target > 0 && text[text.len() - target..] == *whole.path_and_query().as_bytes());
    // A room of exactly that size does, too, and a smaller one says the same size.
    let mut exact = vec![0; length];
    assert_eq!(resolve(&base, location.as_ref(), &mut exact), Ok(length));
    assert_eq!(exact, text);
    assert_eq!(resolve(&base, location.as_ref(), &mut []), Ok(length));
    Ok(String::from_utf8(text).unwrap())
}

/// RFC 3986 section 5.4, without those of other schemes and, since fragments are never sent, without them.
#[test]
fn the_examples_of_rfc_3986() {
    const BASE: &str = "http://a/b/c/d;p?q";
    for (reference, expected) in [
        ("g", "http://a/b/c/g"),
        ("./g", "http://a/b/c/g"),
        ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"),
        ("//g", "http://g/"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y", "http://a/b/c/g?y"),
        ("#s", "http://a/b/c/d;p?q"),
        ("g#s", "http://a/b/c/g"),
        ("g?y#s", "http://a/b/c/g?y"),
        (";x", "http://a/b/c/;x"),
        ("g;x", "http://a/b/c/g;x"),
        ("g;x?y#s", "http://a/b/c/g;x?y"),
        ("", "http://a/b/c/d;p?q"),
        (".", "http://a/b/c/"),
        ("./", "http://a/b/c/"),
        ("..", "http://a/b/"),
        ("../", "http://a/b/"),
        ("../g", "http://a/b/g"),
        ("../..", "http://a/"),
        ("../../", "http://a/"),
        ("../../g", "http://a/g"),
        ("../../../g", "http://a/g"),
        ("../../../../g", "http://a/g"),
        ("/./g", "http://a/g"),
        ("/../g", "http://a/g"),
        ("g.", "http://a/b/c/g."),
        (".g", "http://a/b/c/.g"),
        ("g..", "http://a/b/c/g.."),
        ("..g", "http://a/b/c/..g"),
        ("./../g", "http://a/b/g"),
        ("./g/.", "http://a/b/c/g/"),
        ("g/./h", "http://a/b/c/g/h"),
        ("g/../h", "http://a/b/c/h"),
        ("g;x=1/./y", "http://a/b/c/g;x=1/y"),
        ("g;x=1/../y", "http://a/b/c/y"),
        ("g?y/./x", "http://a/b/c/g?y/./x"),
        ("g?y/../x", "http://a/b/c/g?y/../x"),
    ] {
        assert_eq!(resolved(BASE, reference).as_deref(), Ok(expected), "{reference:?}");
    }
}

#[test]
fn what_servers_send() {
    for (base, location, expected) in [
        ("http://h", "next", "http://h/next"),
        ("http://h", "?x=1", "http://h/?x=1"),
        ("http://h:8080/a", "/b", "http://h:8080/b"),
        ("http://h:65535/a", "b", "http://h:65535/b"),
        ("http://h:8080/a", "http://h/b", "http://h/b"),
        ("http://h/", "HTTPS://Other:444/b", "https://Other:444/b"),
        ("https://h/", "//other/b", "https://other/b"),
        ("http://[fe80::1]:81/a", "b", "http://[fe80::1]:81/b"),
        ("http://user:pw@h/a", "b", "http://h/b"),
        ("http://h/", "http://user:pw@other/b", "http://other/b"),
        ("http://h/", " /b ", "http://h/b"),
        ("http://h/", "/a b", "http://h/a%20b"),
        ("http://h/", "/stra\u{df}e?\u{e4}", "http://h/stra%C3%9Fe?%C3%A4"),
        ("http://h/", "/a?next=http://x/../y", "http://h/a?next=http://x/../y"),
        ("http://h/a//b", "../c", "http://h/a/c"),
        ("http://h/a/b", "//other", "http://other/"),
        ("http://h/a", "/.//other/x", "http://h//other/x"),
        ("http://h/?u=a/b", "c", "http://h/c"),
        // What stands in front of these colons is no scheme, as for browsers.
        ("http://h/a/", "12:30.jpg", "http://h/a/12:30.jpg"),
        ("http://h/a/b", "c;t=1:2", "http://h/a/c;t=1:2"),
        ("http://h/a/b", "c%20d:e?f:g", "http://h/a/c%20d:e?f:g"),
        ("http://h/a/b", ":80/c", "http://h/a/:80/c"),
        ("http://h/a/b", "c\u{e9}:d", "http://h/a/c%C3%A9:d"),
    ] {
        assert_eq!(resolved(base, location).as_deref(), Ok(expected), "{base} {location:?}");
    }
}

#[test]
fn what_is_no_place_to_go() {
    let at = |error| Err(RedirectError::Location(error));
    for (base, location, expected) in [
        ("http://h/", "ftp://h/a", at(UrlError::UnsupportedScheme)),
        ("http://h/", "javascript:alert(1)", at(UrlError::UnsupportedScheme)),
        ("http://h/", "ht\ttp://evil/", at(UrlError::UnsupportedScheme)),
        ("http://h/", "z39.50+a-b:c", at(UrlError::UnsupportedScheme)),
        ("http://h/", "http:/a", at(UrlError::MissingHost)),
        ("http://h/", "http:///a", at(UrlError::MissingHost)),
        ("http://h/", "http://h:0/a", at(UrlError::InvalidPort)),
        ("http://h/", "//good\\@evil/", at(UrlError::InvalidHost { at: 4, byte: b'\\' })),
        ("https://h/", "http://h/a", Err(RedirectError::Downgrade)),
        // The byte that stood there, and not what encodes it.
        ("http://h/", "http://a b/", at(UrlError::InvalidHost { at: 8, byte: b' ' })),
        ("http://h/", "//a\tb/c", at(UrlError::InvalidHost { at: 8, byte: b'\t' })),
        ("http://h/", "http://\u{fc}/", at(UrlError::InvalidHost { at: 7, byte: 0xC3 })),
        ("http://h/", "http://a%41/", at(UrlError::InvalidHost { at: 8, byte: b'%' })),
        ("http://h/", "http://a:8 /", at(UrlError::InvalidPort)),
    ] {
        assert_eq!(resolved(base, location), expected, "{base} {location:?}");
    }
}

/// Whatever stands in a `Location`: a URL, or an error, and no panic.
#[test]
fn any_bytes() {
    let mut state = 1u32;
    for _ in 0..20_000 {
        let bytes: Vec<u8> = (0..state % 17)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                b"/.:?#@[]\\ %ahttp\xff\x80"[(state >> 16) as usize % 18]
            })
            .collect();
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let _ = resolved("http://h/a/b?c", &bytes);
    }
}

#[test]
fn the_method() {
    for (status, method, expected) in [
        (301, "GET", false),
        (301, "POST", true),
        (302, "POST", true),
        (302, "PUT", false),
        (303, "GET", false),
        (303, "HEAD", false),
        (303, "POST", true),
        (303, "PUT", true),
        (303, "DELETE", true),
        (307, "POST", false),
        (308, "POST", false),
    ] {
        assert_eq!(becomes_get(status, method.as_bytes()), expected, "{status} {method}");
    }
}

#[test]
fn the_next_head() {
    const FIRST: &[u8] = b"POST /a HTTP/1.1\r\nHost: h\r\nAuthorization: Basic eA==\r\nX-Key: 1\r\n\
        Cookie: c\r\nContent-Type: text/plain\r\nUser-Agent: u\r\nAccept: */*\r\nContent-Length: 2\r\n\r\n";
    let at = |is_get, has_left, url: &str, expected: &str| {
        let mut room = [0; 512];
        let change = Change { is_get, has_left };
        let url = Url::parse(url).unwrap();
        let method = if is_get { b"GET" as &[u8] } else { b"POST" };
        let length = write_head(FIRST, method, &Base::of(&url), change, &mut room);
        assert_eq!(std::str::from_utf8(&room[..length]).unwrap(), expected);
    };
    at(
        false,
        false,
        "http://h/b",
        "hPOST /b HTTP/1.1\r\nHost: h\r\nAuthorization: Basic eA==\r\nX-Key: 1\r\nCookie: c\r\n\
         Content-Type: text/plain\r\nUser-Agent: u\r\nAccept: */*\r\nContent-Length: 2",
    );
    at(
        true,
        false,
        "http://h/b",
        "hGET /b HTTP/1.1\r\nHost: h\r\nAuthorization: Basic eA==\r\nX-Key: 1\r\nCookie: c\r\n\
         User-Agent: u\r\nAccept: */*",
    );
    at(
        false,
        true,
        "http://other:81/b",
        "otherPOST /b HTTP/1.1\r\nHost: other:81\r\nContent-Type: text/plain\r\nUser-Agent: u\r\n\
         Accept: */*\r\nContent-Length: 2",
    );
}
