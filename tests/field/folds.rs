//! Folded lines (RFC 9112 section 5.2): a user agent replaces each by spaces, and reads on.

use crate::answers::{URL, client, each_split};
use crate::common::cx;
use crate::common::script::{Connection, Step};
use safe_http_client::{ErrorKind, ProtocolError};
use std::time::{Duration, Instant};

/// What a fold leaves of the two bytes of a line's end, and of the one byte.
const CRLF: &str = "  ";
const LF: &str = " ";

#[test]
fn a_folded_line_is_one_line_with_spaces() {
    let rows: [(&str, &str, String); 10] = [
        (
            "Content-Type: multipart/mixed;\r\n boundary=x",
            "content-type",
            format!("multipart/mixed;{CRLF} boundary=x"),
        ),
        ("A: b\r\n\tc", "a", format!("b{CRLF}\tc")),
        ("A: b\n c", "a", format!("b{LF} c")),
        ("A: b\r\n c\r\n d\r\n  e", "a", format!("b{CRLF} c{CRLF} d{CRLF}  e")),
        ("A:\r\n b", "a", "b".into()),
        ("A:", "a", String::new()),
        ("A: b\r\n ", "a", "b".into()),
        ("A: b\r\n \t \r\n c", "a", format!("b{CRLF} \t {CRLF} c")),
        ("A: b\r\n c: d", "a", format!("b{CRLF} c: d")),
        ("A: b\r\n Content-Length: 7", "a", format!("b{CRLF} Content-Length: 7")),
    ];
    for (lines, name, value) in rows {
        for (before, after) in
            [("", "Z: z\r\n"), ("B: x\r\n y\r\n", ""), ("Content-Length: 5\r\n", "")]
        {
            let length = if before.contains("Length") { "" } else { "Content-Length: 5\r\n" };
            let answer = format!("HTTP/1.1 200 OK\r\n{before}{lines}\r\n{after}{length}\r\nhello");
            each_split(answer.as_bytes(), None, |cx, client, how| {
                let mut online = client.online(cx).unwrap();
                let mut response = online.get(URL, [0; 512]).send().expect(how);
                assert_eq!(response.header_str(name), Some(value.as_str()), "{how}");
                assert_eq!(response.read_to_str().expect(how), "hello", "{how}");
            });
        }
    }
}

/// What decides on the body is read behind the fold, as every value.
#[test]
fn framing_fields_fold_too() {
    let chunks = "5\r\nhello\r\n0\r\n\r\n";
    for (fields, body, kept) in [
        ("Content-Length:\r\n 5", "hello", true),
        ("Content-Length: 5\r\n ", "hello", true),
        ("Content-Length:\r\n\t\r\n 5", "hello", true),
        ("Content-Length: 5,\r\n 5", "hello", true),
        ("Transfer-Encoding:\r\n chunked", chunks, true),
        ("Transfer-Encoding: identity,\r\n chunked", chunks, true),
        ("Content-Length: 5\r\nConnection:\r\n close", "hello", false),
        ("Content-Length: 5\r\nConnection: x,\r\n close", "hello", false),
        ("Content-Length: 5\r\nConnection: x\r\n close", "hello", true),
        ("Connection: keep-alive\r\n , close\r\nContent-Length: 5", "hello", false),
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n{body}");
        each_split(answer.as_bytes(), None, |cx, client, how| {
            let mut online = client.online(cx).unwrap();
            let mut response = online.get(URL, [0; 512]).send().expect(how);
            assert_eq!(response.read_to_str().expect(how), "hello", "{how}");
            drop(response);
            assert_eq!(client.is_connected(), kept, "{how}");
        });
    }
}

/// A value that a fold makes wrong is wrong, and so is white space where no line is to go on.
#[test]
fn what_a_fold_cannot_mend_is_refused() {
    use ProtocolError::*;
    for (lines, rule) in [
        ("Content-Length: 5\r\n 5", ContentLength),
        ("Content-Length:\r\n ", ContentLength),
        ("Content-Length: 1\r\n 0\r\nA: b", ContentLength),
        ("Transfer-Encoding: chunked\r\n gzip", TransferCoding),
        ("Transfer-Encoding: chunked,\r\n gzip", ChunkedNotFinal),
        ("Content-Length: 5\r\nTransfer-Encoding:\r\n chunked", LengthWithTransferEncoding),
        (" A: b", ObsFold),
        ("\tA: b", ObsFold),
        (" \r\nA: b", ObsFold),
        ("A\r\n : b", HeaderName),
        ("A: b\r\n c\0d", HeaderValue),
        ("A: b\r\n c\rd", HeaderValue),
    ] {
        let answer = format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\nhello");
        each_split(answer.as_bytes(), None, |cx, client, how| {
            let mut online = client.online(cx).unwrap();
            let error = online.get(URL, [0; 512]).send().map(drop).expect_err(how);
            assert_eq!(error.kind, ErrorKind::Protocol(rule), "{how}");
        });
    }
}

#[test]
fn trailers_and_interim_heads_fold_too() {
    let answer = "HTTP/1.1 103 Early Hints\r\nLink: </a>;\r\n rel=preload\r\n\r\n\
                  HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nDigest: a\r\n b\r\n\r\n";
    each_split(answer.as_bytes(), None, |cx, client, how| {
        let mut online = client.online(cx).unwrap();
        let mut response = online.get(URL, [0; 512]).send().expect(how);
        assert_eq!(response.read_to_str().expect(how), "hello", "{how}");
        let trailers: Vec<_> = response.trailers().collect();
        assert_eq!(
            (trailers[0].name(), trailers[0].value_str()),
            ("Digest", Some("a   b")),
            "{how}"
        );
    });
}

/// Each fold is joined once, however many there are.
#[test]
fn a_head_of_folds_alone_is_read_in_time() {
    let folds = "\r\n x".repeat(2000);
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: b{folds}\r\n\r\n");
    let mut cx = cx();
    let mut steps = vec![Step::AwaitRequest];
    steps.extend(answer.as_bytes().chunks(1).map(|byte| Step::Data(byte.to_vec())));
    let mut client = client([Connection::new(steps)]);
    let started = Instant::now();
    let mut online = client.online(&mut cx).unwrap();
    let request = online.get(URL, [0; 16 * 1024]).idle_timeout(Duration::from_secs(3600));
    let response = request.send().unwrap();
    assert_eq!(response.header("a").unwrap().len(), 1 + 4 * 2000);
    assert!(started.elapsed() < Duration::from_secs(20));
}
