//! Chunks and the trailers behind them (RFC 9112 section 7.1).

use super::row::{bad_body, client_over, cut_body, ok};
use super::{check_all, chunked, read_to};
use crate::common::cx;
use crate::common::script::Connection;
use crate::support::URL;
use embedded_io::{BufRead, Read};
use safe_http_client::{BufferUse, CloseReason, ErrorKind, ProtocolError, StackQuirks};

#[test]
fn a_chunk_size_is_hex_digits_alone() {
    let good = ["5", "05", "0000000000000000000005", "5 ", "5\t \t"];
    let bad = [
        "",
        "+5",
        "-5",
        "0x5",
        " 5",
        "\t5",
        " ",
        "\t",
        "\n",
        "g",
        "5g",
        "5h",
        "h5",
        "5.",
        "\"5\"",
        ";",
        "\0",
        "5\0",
        "10000000000000000",
        "fffffffffffffffff",
        "00000000010000000000000005",
    ];
    check_all(good.map(|size| {
        let response = chunked(format!("{size}\r\nhello\r\n0\r\n\r\n"));
        ok(format!("size {size:?}"), response, 200, "hello")
    }));
    check_all(bad.map(|size| {
        let response = chunked(format!("{size}\r\nhello\r\n0\r\n\r\n"));
        bad_body(format!("size {size:?}"), response, ProtocolError::ChunkSize)
    }));
    check_all([
        ok(
            "upper and lower case",
            chunked(format!(
                "A\r\n{0}\r\na\r\n{0}\r\n1b\r\n{1}\r\n1B\r\n{1}\r\n0\r\n\r\n",
                "0123456789", "abcdefghijklmnopqrstuvwxyz+",
            )),
            200,
            "01234567890123456789abcdefghijklmnopqrstuvwxyz+abcdefghijklmnopqrstuvwxyz+",
        ),
        ok(
            "one byte a chunk",
            chunked("1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n"),
            200,
            "hello",
        ),
        ok("no chunk but the last", chunked("0\r\n\r\n"), 200, ""),
        ok("a last chunk of several zeros", chunked("000\r\n\r\n"), 200, ""),
        ok(
            "data that looks like framing",
            chunked("7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n"),
            200,
            "\r\n0\r\n\r\n",
        ),
        bad_body("a size behind a chunk", chunked("1\r\na\r\n+1\r\n"), ProtocolError::ChunkSize),
        // White space may stand before an extension, and nothing else may follow it.
        bad_body("two sizes", chunked("5 5\r\nhello\r\n0\r\n\r\n"), ProtocolError::ChunkSize),
        bad_body("words", chunked("5 bytes\r\nhello\r\n0\r\n\r\n"), ProtocolError::ChunkSize),
        // The size is right, and not all of it comes.
        cut_body("the largest chunk", chunked("ffffffffffffffff\r\nhello"), 5, None),
    ]);
}

#[test]
fn chunk_extensions_are_skipped_up_to_a_bound() {
    let good = [
        "5;a",
        "5;a=b",
        "5;a=\"b\"",
        "5;a=\"b;c\\\"d\"",
        "5;a=b;c=d",
        "5 ; a = b",
        "5\t;a",
        "5;",
        "5;;",
        "5;a=\"\u{e9}\"",
        "5;ieof; x=0123456789012345678901234567890123456789",
    ];
    check_all(good.map(|line| {
        let response = chunked(format!("{line}\r\nhello\r\n0;last=yes\r\n\r\n"));
        ok(line, response, 200, "hello")
    }));
    let bad = ["5;a\nb", "5;a=\"\n\"", "5;a=\"\r\"", "5;a\0b", "5;a\u{7f}"];
    check_all(bad.map(|line| {
        let response = chunked(format!("{line}\r\nhello\r\n0\r\n\r\n"));
        bad_body(format!("{line:?}"), response, ProtocolError::ChunkLine)
    }));
    // The bound is 16 KiB beyond a byte for each byte of data.
    let kib = |count: usize| format!("5;{}\r\nhello\r\n", "x".repeat(count * 1024));
    check_all([
        ok("16 KiB in one line", chunked(format!("{}0\r\n\r\n", kib(16))), 200, "hello"),
        ok("16 KiB in two", chunked(format!("{0}{0}0\r\n\r\n", kib(8))), 200, "hellohello"),
        // So is what says nothing else in a size line: a peer could send it for ever.
        ok(
            "1 KiB of white space",
            chunked(format!("5{}\r\nhello\r\n0\r\n\r\n", " ".repeat(1024))),
            200,
            "hello",
        ),
        bad_body(
            "17 KiB of it",
            chunked(format!("5{}", " ".repeat(17 * 1024))),
            ProtocolError::ChunkExtensions,
        ),
        bad_body("17 KiB of zeros", chunked("0".repeat(17 * 1024)), ProtocolError::ChunkExtensions),
        bad_body("17 KiB in one", chunked(kib(17)), ProtocolError::ChunkExtensions),
        bad_body("18 KiB in two", chunked(kib(9).repeat(2)), ProtocolError::ChunkExtensions),
    ]);
}

#[test]
fn chunk_lines_and_data_end_with_cr_lf() {
    let bare_lf_or_cr = [
        "5\nhello\r\n0\r\n\r\n",
        "5\rhello\r\n0\r\n\r\n",
        "5\r\rhello\r\n0\r\n\r\n",
        "5;a\nhello\r\n0\r\n\r\n",
        "5;a\rhello\r\n0\r\n\r\n",
        "5 \nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\n\r\n",
        "5\r\nhello\r\n0\r0\r\n",
    ];
    let data_not_ended = [
        "5\r\nhello0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello\r0\r\n\r\n",
        "5\r\nhello\r\r\n0\r\n\r\n",
        "5\r\nhello \n0\r\n\r\n",
        "5\r\nhello world\r\n0\r\n\r\n",
        "4\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello \r\n0\r\n\r\n",
    ];
    check_all(
        bare_lf_or_cr.map(|chunks| {
            bad_body(format!("{chunks:?}"), chunked(chunks), ProtocolError::ChunkLine)
        }),
    );
    check_all(
        data_not_ended.map(|chunks| {
            bad_body(format!("{chunks:?}"), chunked(chunks), ProtocolError::ChunkEnd)
        }),
    );
}

/// Of what is wrong behind a body that line is kept, and of one in it the chunk's own.
#[test]
fn the_wrong_line_of_a_chunked_body_is_the_evidence() {
    let mut cx = cx();
    for (body, quoted, line) in [
        ("5\r\nhello\r\n0\r\nGood: 1\r\nbad line\r\n\r\n", "\"bad line\"", 2),
        ("5\r\nhello\r\nzz\r\n", "\"\\r\\nzz\\r\\n\"", 1),
    ] {
        let (mut client, _) = client_over(StackQuirks::STD, [Connection::answer(chunked(body))]);
        let mut online = client.online(&mut cx).unwrap();
        let sent = online.get(URL, [0; 512]).send();
        sent.unwrap().read_to_end().unwrap_err();
        let answer = client.evidence().answer;
        assert_eq!((answer.to_string().as_str(), answer.line()), (quoted, line), "{body:?}");
    }
    // What stands there of a chunk that is too large is none of it.
    let large = chunked(format!("3e8\r\n{}\r\n0\r\n\r\n", "x".repeat(1000)));
    let (mut client, _) = client_over(StackQuirks::STD, [Connection::answer(large)]);
    let mut online = client.online(&mut cx).unwrap();
    let mut response = online.get(URL, [0; 512]).send().unwrap();
    assert!(!response.fill_buf().unwrap().is_empty());
    let error = response.read_to_end().unwrap_err();
    assert_eq!(error.code(), "buffer_too_small", "{error}");
    drop(response);
    assert!(client.evidence().answer.is_empty());
}

#[test]
fn trailers_are_read_behind_the_body() {
    let with_trailers = |trailers: &str| chunked(format!("5\r\nhello\r\n0\r\n{trailers}\r\n"));
    check_all([
        ok("one", with_trailers("Digest: abc\r\n"), 200, "hello").trailers(&[("Digest", "abc")]),
        ok("several, in order", with_trailers("A: 1\r\nB: 2\r\na:  3 \r\nC:\r\n"), 200, "hello")
            .trailers(&[("A", "1"), ("B", "2"), ("a", "3"), ("C", "")]),
        ok("no body, but trailers", chunked("0\r\nA: b\r\n\r\n"), 200, "").trailers(&[("A", "b")]),
        ok("Latin-1", chunked(b"0\r\nA: caf\xe9\r\n\r\n"), 200, "").trailers(&[("A", b"caf\xe9")]),
        // RFC 9110 section 6.5.1: they come too late to decide anything.
        ok(
            "framing fields",
            with_trailers("Content-Length: 3\r\nTransfer-Encoding: gzip\r\nConnection: close\r\n"),
            200,
            "hello",
        )
        .trailers(&[
            ("Content-Length", "3"),
            ("Transfer-Encoding", "gzip"),
            ("Connection", "close"),
        ]),
        ok("a length that is none", with_trailers("Content-Length: x\r\n"), 200, "hello")
            .trailers(&[("Content-Length", "x")]),
        // Lines like those of a head (RFC 9112 section 7.1.2), bare LF included (section 2.2).
        ok("bare LF", with_trailers("A: 1\nB: 2\n"), 200, "hello")
            .trailers(&[("A", "1"), ("B", "2")]),
        bad_body(
            "space before the colon",
            with_trailers("A : 1\r\n"),
            ProtocolError::SpaceBeforeColon,
        ),
        ok("folded", with_trailers("A: 1\r\n b\r\n"), 200, "hello").trailers(&[("A", "1   b")]),
        bad_body("folded in front", with_trailers(" A: 1\r\n"), ProtocolError::ObsFold),
        bad_body("no name", with_trailers(": 1\r\n"), ProtocolError::HeaderName),
        bad_body("no colon", with_trailers("A\r\n"), ProtocolError::HeaderName),
        bad_body("NUL", with_trailers("A: \0\r\n"), ProtocolError::HeaderValue),
        bad_body("bare CR", with_trailers("A: 1\rB: 2\r\n"), ProtocolError::HeaderValue),
        bad_body("a CR at the end", chunked("0\r\n\rX"), ProtocolError::HeaderName),
    ]);
}

#[test]
fn trailers_larger_than_the_buffer_are_an_error_that_says_so() {
    let mut cx = cx();
    for segment in [1, usize::MAX] {
        let response = chunked(format!("5\r\nhello\r\n0\r\nA: {}\r\n\r\n", "x".repeat(300)));
        let connection = Connection::answer_split(response, segment, None);
        let (mut client, _) = client_over(StackQuirks::STD, [connection]);
        let mut buffer = [0; 256];
        let mut online = client.online(&mut cx).unwrap();
        let mut response = online.get(URL, &mut buffer).send().unwrap();
        let mut out = [0; 100];
        assert_eq!(read_to(&mut response, &mut out), Ok(5));
        match response.read(&mut out).unwrap_err().kind {
            ErrorKind::Buffer { what: BufferUse::Trailers, needed, available, exact } => {
                assert!(needed > available && available == 256 && !exact);
            }
            other => panic!("{other:?}"),
        }
        drop(response);
        assert_eq!(client.close_reason(), Some(CloseReason::Error));
    }
}
