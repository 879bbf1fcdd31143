//! What the client makes of a server's responses: RFC 9110 and RFC 9112, one table for each rule.
//!
//! [`check`] runs each row whole and split after every byte, over a stack whose streams end with
//! `Ok(0)` and one where they end with `PipeClosed`, through each way of reading a body. Behind each
//! row a second request must get its own answer, on the same connection where that may be reused.

mod common;
#[path = "common/outcome.rs"]
mod outcome;
#[path = "common/responses.rs"]
mod responses;

use common::cx;
use common::script::{Connection, Step};
use embedded_io::{BufRead, Read, Write};
use responses::{
    Client, Reader, Row, STACKS, TestError, URL, bad_body, bad_head, check, client_over, cut_body,
    cut_head, exchange, ok, ready,
};
use safe_http_client::{
    Behaviour, BufferUse, Deadline, ErrorKind, LoopContext, Method, Peer, Phase, ProtocolError,
    RequestError, ResponseHead, WhyClosed, nb,
};

fn check_all(rows: impl IntoIterator<Item = Row>) {
    let mut cx = cx();
    for row in rows {
        check(&mut cx, &row);
    }
}

/// A response with this line in its head, and the body `hello` framed by it.
fn with_line(line: impl AsRef<[u8]>) -> Vec<u8> {
    [b"HTTP/1.1 200 OK\r\n", line.as_ref(), b"\r\n\r\nhello"].concat()
}

/// A chunked response with these chunks.
fn chunked(chunks: impl AsRef<[u8]>) -> Vec<u8> {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    [head, chunks.as_ref()].concat()
}

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

// --- Interim responses (RFC 9110 section 15.2) ---

#[test]
fn interim_responses_are_skipped_and_the_final_one_is_reported() {
    let interim = |count: usize| {
        let hints = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n";
        format!("{}{HELLO}", hints.repeat(count))
    };
    check_all([
        ok("100", format!("HTTP/1.1 100 Continue\r\n\r\n{HELLO}"), 200, "hello"),
        ok("102", format!("HTTP/1.1 102 Processing\r\n\r\n{HELLO}"), 200, "hello"),
        ok("103 with fields", interim(1), 200, "hello").headers(&[("Content-Length", "5")]),
        ok("an unknown one", format!("HTTP/1.1 199 \r\n\r\n{HELLO}"), 200, "hello"),
        ok(
            "100, 102, 103",
            format!(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nX: y\r\n\r\n\
             HTTP/1.1 103 Early Hints\r\nLink: <a>\r\nLink: <b>\r\n\r\n{HELLO}"
            ),
            200,
            "hello",
        ),
        // It has no body, whatever it says (RFC 9112 section 6.3 rule 1), and nothing that it says
        // belongs to the final response.
        ok(
            "framing fields of an interim response",
            format!(
                "HTTP/1.1 103 Early Hints\r\nContent-Length: 7\r\nConnection: close\r\n\r\n\
             HTTP/1.1 102 Processing\r\nTransfer-Encoding: chunked\r\n\r\n{HELLO}"
            ),
            200,
            "hello",
        ),
        // Together larger than the buffer, each one smaller.
        ok("16 of them", interim(16), 200, "hello").buffer(512),
        bad_head("17 of them", interim(17), ProtocolError::TooManyInterim),
        cut_head("the stream ends in an interim response", "HTTP/1.1 100 Contin"),
    ]);
}

#[test]
fn a_stream_that_ends_behind_an_interim_response_is_truncated() {
    let mut cx = cx();
    for (stack, behaviour, end) in STACKS {
        let connection =
            Connection::answer_split("HTTP/1.1 100 Continue\r\n\r\n", usize::MAX, Some(end));
        let (mut client, _) = client_over(&mut cx, behaviour, [connection]);
        let error = client.get(&mut cx, URL, &mut [0; 512]).send().unwrap_err();
        let truncated = ErrorKind::Truncated { received: 0, announced: None };
        assert_eq!(error.kind, truncated, "{stack}");
    }
}

// --- Responses without a body (RFC 9112 section 6.3 rule 1) ---

#[test]
fn responses_that_have_no_body_end_with_their_head() {
    check_all([
        ok("HEAD with Content-Length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, "")
            .method(Method::Head)
            .headers(&[("Content-Length", "5")]),
        ok("HEAD with chunked", chunked(""), 200, "").method(Method::Head),
        ok("HEAD with neither", "HTTP/1.1 200 OK\r\n\r\n", 200, "").method(Method::Head),
        ok("HEAD of an error", "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n", 404, "")
            .method(Method::Head),
        ok("HEAD and close", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", 200, "")
            .method(Method::Head)
            .closed(WhyClosed::ServerAsked),
        ok("HEAD answered with a body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, "")
            .method(Method::Head)
            .excess("hello"),
        ok("204", "HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        ok("204 with Content-Length", "HTTP/1.1 204 \r\nContent-Length: 5\r\n\r\n", 204, ""),
        ok("204 with chunked", "HTTP/1.1 204 \r\nTransfer-Encoding: chunked\r\n\r\n", 204, ""),
        ok("204 with a body", "HTTP/1.1 204 \r\nContent-Length: 5\r\n\r\n", 204, "")
            .excess("hello"),
        ok("304", "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n", 304, ""),
        ok("304 with Content-Length", "HTTP/1.1 304 \r\nContent-Length: 1234\r\n\r\n", 304, ""),
        ok("304 with chunked", "HTTP/1.1 304 \r\nTransfer-Encoding: chunked\r\n\r\n", 304, ""),
        ok("Content-Length: 0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, ""),
    ]);
}

// --- Content-Length (RFC 9110 section 8.6, RFC 9112 section 6.3) ---

#[test]
fn a_content_length_is_one_number_of_decimal_digits() {
    let good = [
        "Content-Length: 5",
        "content-length: 5",
        "CONTENT-LENGTH:5",
        "Content-Length: \t5\t ",
        "Content-Length: 00000000000000000000005",
        // What a proxy makes of two equal lines.
        "Content-Length: 5, 5",
        "Content-Length: 5,5 ,\t5",
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5\r\nX: y\r\nContent-Length: 5, 5",
        // Other names, if only by a character.
        "Content-Length: 5\r\nContent_Length: 6",
        "Content-Length: 5\r\nTransfer_Encoding: chunked",
    ];
    let bad = [
        "",
        "abc",
        "+3",
        "-1",
        "3 4",
        "3.0",
        "0x3",
        "3;",
        "1e3",
        "3,",
        ",3",
        "3,,3",
        "\"3\"",
        "3\u{b2}",
        "18446744073709551616",
        "99999999999999999999",
    ];
    let conflict = [
        "Content-Length: 42\r\nContent-Length: 43",
        "Content-Length: 43\r\nContent-Length: 42",
        "Content-Length: 42, 43",
        "Content-Length: 5\r\nX: y\r\ncontent-length: 6",
        "Content-Length: 0\r\nContent-Length: 5",
    ];
    check_all(good.map(|line| ok(line, with_line(line), 200, "hello")));
    check_all(bad.map(|value| {
        let line = format!("Content-Length: {value}");
        bad_head(&line, with_line(&line), ProtocolError::ContentLength)
    }));
    check_all(
        conflict.map(|line| bad_head(line, with_line(line), ProtocolError::ContentLengthConflict)),
    );
    let most = "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nhello";
    check_all([cut_body("the largest length", most, 5, Some(u64::MAX))]);
}

// --- Transfer-Encoding (RFC 9112 sections 6.1 and 7) ---

#[test]
fn transfer_encoding_and_content_length_together_are_refused() {
    let chunks = "Transfer-Encoding: chunked";
    let lines = [
        format!("{chunks}\r\nContent-Length: 5"),
        format!("Content-Length: 5\r\n{chunks}"),
        format!("Content-Length: 0\r\n{chunks}"),
        format!("Content-Length: 5\r\n{}X: y\r\n{chunks}", "X: y\r\n".repeat(20)),
        "Content-Length: 5\r\nTransfer-Encoding: gzip".to_string(),
    ];
    let error = ProtocolError::LengthWithTransferEncoding;
    check_all(lines.map(|line| bad_head(&line, with_line(&line), error)));
}

#[test]
fn the_transfer_codings_are_one_list_over_all_lines() {
    let with_codings =
        |line: &str| format!("HTTP/1.1 200 OK\r\n{line}\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    // Names of codings are case-insensitive; empty elements don't count.
    let chunked = [
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: Chunked",
        "transfer-encoding:CHUNKED",
        "Transfer-Encoding: chunked,",
        "Transfer-Encoding: , ,\tchunked ,",
        "Transfer-Encoding:\r\nTransfer-Encoding: chunked",
    ];
    // `chunked` is the last one, and is there once.
    let not_final = [
        "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: gzip, chunked, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip",
        "Transfer-Encoding: chunked\r\nX: y\r\ntransfer-encoding: identity",
    ];
    let unknown = [
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunkedx",
        "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: \u{b}chunked",
    ];
    check_all(chunked.map(|line| ok(line, with_codings(line), 200, "hello")));
    check_all(
        not_final.map(|line| bad_head(line, with_codings(line), ProtocolError::ChunkedNotFinal)),
    );
    check_all(
        not_final
            .map(|line| bad_head(line, with_codings(line), ProtocolError::ChunkedNotFinal).raw()),
    );
    check_all(unknown.map(|line| {
        let error = match line.contains('\u{b}') {
            true => ProtocolError::HeaderValue,
            false => ProtocolError::TransferCoding,
        };
        bad_head(line, with_codings(line), error)
    }));
    check_all([
        // A caller who undoes the other codings gets what is inside the chunks.
        ok("raw gzip, chunked", with_codings("Transfer-Encoding: gzip, chunked"), 200, "hello")
            .raw(),
        ok(
            "raw gzip",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n\x1f\x08",
            200,
            "\x1f\x08",
        )
        .raw()
        .until_close(),
        // RFC 9112 section 6.1: such a response has faulty framing.
        bad_head(
            "in HTTP/1.0",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            ProtocolError::TransferEncodingInHttp10,
        ),
    ]);
}

// --- Chunks (RFC 9112 section 7.1) ---

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
        bad_body("folded", with_trailers("A: 1\r\n b\r\n"), ProtocolError::ObsFold),
        bad_body("no name", with_trailers(": 1\r\n"), ProtocolError::HeaderName),
        bad_body("no colon", with_trailers("A\r\n"), ProtocolError::HeaderName),
        bad_body("NUL", with_trailers("A: \0\r\n"), ProtocolError::HeaderValue),
        bad_body("bare CR", with_trailers("A: 1\rB: 2\r\n"), ProtocolError::HeaderValue),
        bad_body("a CR at the end", chunked("0\r\n\rX"), ProtocolError::HeaderValue),
    ]);
}

#[test]
fn trailers_larger_than_the_buffer_are_an_error_that_says_so() {
    let mut cx = cx();
    for segment in [1, usize::MAX] {
        let response = chunked(format!("5\r\nhello\r\n0\r\nA: {}\r\n\r\n", "x".repeat(300)));
        let connection = Connection::answer_split(response, segment, None);
        let (mut client, _) = client_over(&mut cx, Behaviour::STD, [connection]);
        let mut buffer = [0; 256];
        let mut response = client.get(&mut cx, URL, &mut buffer).send().unwrap();
        let mut out = [0; 100];
        assert_eq!(read_to(&mut response, &mut out), Ok(5));
        match response.read(&mut out).unwrap_err().kind {
            ErrorKind::Buffer { what: BufferUse::Trailers, needed, available, exact } => {
                assert!(needed > available && available == 256 && !exact);
            }
            other => panic!("{other:?}"),
        }
        drop(response);
        assert_eq!(client.why_closed(), Some(WhyClosed::Error));
    }
}

/// Reads until five bytes are there.
fn read_to(reader: &mut impl Read<Error = TestError>, out: &mut [u8]) -> Result<usize, TestError> {
    let mut count = 0;
    while count < 5 {
        count += reader.read(&mut out[count..5])?;
    }
    Ok(count)
}

// --- The end of the stream (RFC 9112 section 8) ---

#[test]
fn a_response_cut_anywhere_is_truncated() {
    let length = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    let head = length.find("hello").unwrap();
    check_all((0..length.len()).map(|cut| {
        let name = format!("Content-Length cut behind byte {cut}");
        match cut.checked_sub(head) {
            None => cut_head(name, &length[..cut]),
            Some(received) => cut_body(name, &length[..cut], received as u64, Some(5)),
        }
    }));

    let chunks = "2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nA: b\r\n\r\n";
    let data_until = |cut: usize| {
        let (first, second) = (chunks.find("he").unwrap(), chunks.find("llo").unwrap());
        cut.saturating_sub(first).min(2) + cut.saturating_sub(second).min(3)
    };
    check_all((0..chunks.len()).map(|cut| {
        let name = format!("chunks cut behind {:?}", &chunks[..cut]);
        cut_body(name, chunked(&chunks[..cut]), data_until(cut) as u64, None)
    }));
}

#[test]
fn a_body_without_length_or_chunks_ends_where_the_stream_does() {
    check_all([
        ok("HTTP/1.1", "HTTP/1.1 200 OK\r\n\r\nhello", 200, "hello").until_close(),
        ok("HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nhello", 200, "hello").until_close(),
        ok("close", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello", 200, "hello")
            .until_close(),
        ok("keep-alive", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhi", 200, "hi")
            .until_close(),
        ok("empty", "HTTP/1.1 200 OK\r\n\r\n", 200, "").until_close(),
        ok("an error's page", "HTTP/1.1 500 Oops\r\n\r\n<p>", 500, "<p>").until_close(),
        ok("one that looks like chunks", "HTTP/1.1 200 OK\r\n\r\n0\r\n\r\n", 200, "0\r\n\r\n")
            .until_close(),
        ok("CONNECT refused", "HTTP/1.1 407 No\r\n\r\nwho?", 407, "who?")
            .method(Method::Connect)
            .until_close(),
    ]);
}

#[test]
fn what_ends_a_stream_is_what_the_stack_declares() {
    #[derive(Debug, PartialEq)]
    enum Ends {
        Complete,
        Truncated,
        /// It isn't the end: the body goes on until the deadline.
        Waits,
    }
    use Ends::*;
    let rows = [
        ("STD", Behaviour::STD, Step::Zero, Complete),
        ("STD", Behaviour::STD, Step::PipeClosed, Truncated),
        ("STD", Behaviour::STD, Step::Silence, Waits),
        ("SMOLTCP_NAL", Behaviour::SMOLTCP_NAL, Step::Zero, Waits),
        ("SMOLTCP_NAL", Behaviour::SMOLTCP_NAL, Step::PipeClosed, Complete),
        ("ESP_AT_NAL", Behaviour::ESP_AT_NAL, Step::PipeClosed, Complete),
        ("ESP_AT_NAL", Behaviour::ESP_AT_NAL, Step::Silence, Waits),
        ("W5500", Behaviour::W5500, Step::Zero, Waits),
        ("W5500", Behaviour::W5500, Step::PipeClosed, Truncated),
        ("WINCWIFI", Behaviour::WINCWIFI, Step::Zero, Complete),
        ("WINCWIFI", Behaviour::WINCWIFI, Step::PipeClosed, Complete),
        ("QUECTEL_BG77", Behaviour::QUECTEL_BG77, Step::Zero, Waits),
        ("QUECTEL_BG77", Behaviour::QUECTEL_BG77, Step::PipeClosed, Truncated),
        ("UNKNOWN", Behaviour::UNKNOWN, Step::Zero, Waits),
        ("UNKNOWN", Behaviour::UNKNOWN, Step::PipeClosed, Truncated),
    ];
    let mut cx = cx();
    for (stack, behaviour, step, ends) in rows {
        let context = format!("{stack}, {step:?}");
        let response = "HTTP/1.1 200 OK\r\n\r\nhello";
        let connection = Connection::answer_split(response, usize::MAX, Some(step));
        let (mut client, log) = client_over(&mut cx, behaviour, [connection]);
        let mut buffer = [0; 512];
        let mut response = client.get(&mut cx, URL, &mut buffer).send().unwrap();
        let result = match response.read_to_end() {
            Ok(b"hello") => Complete,
            Err(error) => match error.kind {
                ErrorKind::Truncated { received: 5, announced: None } => Truncated,
                ErrorKind::Timeout { deadline: Deadline::Idle, .. } => Waits,
                other => panic!("{context}: {other:?}"),
            },
            other => panic!("{context}: {other:?}"),
        };
        assert_eq!(result, ends, "{context}");
        drop(response);
        drop(client);
        assert_eq!(log.borrow().opened, log.borrow().closed, "{context}");
    }
}

#[test]
fn an_error_of_the_stack_is_no_end_of_the_stream() {
    let mut cx = cx();
    for response in
        ["HTTP/1.1 200 OK\r\n\r\nhel", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"]
    {
        let connection = Connection::answer_split(response, usize::MAX, Some(Step::Fail));
        let (mut client, _) = client_over(&mut cx, Behaviour::STD, [connection]);
        let mut buffer = [0; 512];
        let mut response = client.get(&mut cx, URL, &mut buffer).send().unwrap();
        let error = response.read_to_end().unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Receive(_)), "{error:?}");
        drop(response);
        assert_eq!(client.why_closed(), Some(WhyClosed::Error));
    }
}

#[test]
fn bytes_behind_a_complete_response_belong_to_none() {
    let other = "HTTP/1.1 500 Not Yours\r\nContent-Length: 0\r\n\r\n";
    check_all([
        ok("Content-Length", HELLO, 200, "hello").excess("x"),
        ok("a whole response", HELLO, 200, "hello").excess(other),
        ok("CR LF", HELLO, 200, "hello").excess("\r\n"),
        ok("Content-Length: 0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "")
            .excess(other),
        ok("chunked", chunked("5\r\nhello\r\n0\r\n\r\n"), 200, "hello").excess(other),
        ok("chunked with trailers", chunked("5\r\nhello\r\n0\r\nA: b\r\n\r\n"), 200, "hello")
            .trailers(&[("A", "b")])
            .excess(other),
        ok("204", "HTTP/1.1 204 \r\n\r\n", 204, "").excess(other),
        ok("304", "HTTP/1.1 304 \r\nContent-Length: 5\r\n\r\n", 304, "").excess(other),
        ok("behind close", with_line("Content-Length: 5\r\nConnection: close"), 200, "hello")
            .excess(other)
            .closed(WhyClosed::ServerAsked),
    ]);
    // What is seen at once is named.
    let mut cx = cx();
    let (mut client, _) =
        client_over(&mut cx, Behaviour::STD, [Connection::answer(format!("{HELLO}x"))]);
    let mut buffer = [0; 512];
    let mut response = client.get(&mut cx, URL, &mut buffer).send().unwrap();
    assert_eq!(response.read_to_str(), Ok("hello"));
    drop(response);
    assert_eq!(client.why_closed(), Some(WhyClosed::ExcessBytes));
}

// --- Lines of a head (RFC 9112 sections 2.2 and 5, RFC 9110 section 5) ---

#[test]
fn a_field_line_is_a_token_a_colon_and_a_value() {
    use ProtocolError::*;
    let refused = [
        ("folded", "A: b\r\n c", ObsFold),
        ("folded with HTAB", "A: b\r\n\tc", ObsFold),
        ("a folded length", "Content-Length: 5\r\n 0", ObsFold),
        ("folded before the first field", " A: b", ObsFold),
        ("space before the colon", "A : b", SpaceBeforeColon),
        ("HTAB before the colon", "A\t: b", SpaceBeforeColon),
        ("space in the name", "A B: c", SpaceBeforeColon),
        ("space before the length's colon", "Content-Length : 5", SpaceBeforeColon),
        ("no name", ": b", HeaderName),
        ("no colon", "A", HeaderName),
        ("no colon, and a line behind", "A\r\nB: c", HeaderName),
        ("no name, no colon", "@", HeaderName),
        ("CR in the name", "A\rB: c", HeaderName),
        ("NUL in the name", "A\0: b", HeaderName),
        ("Latin-1 in the name", "Caf\u{e9}: b", HeaderName),
        ("NUL in the value", "A: b\0c", HeaderValue),
        ("NUL as the value", "A: \0", HeaderValue),
        ("bare CR in the value", "A: b\rc", HeaderValue),
        ("bare CR that hides a field", "A: b\rContent-Length: 5", HeaderValue),
        ("bare CR at the value's start", "A:\rb", HeaderValue),
        ("two CR", "A: b\r", HeaderValue),
        ("DEL", "A: b\u{7f}", HeaderValue),
        ("BS", "A: b\u{8}", HeaderValue),
        ("ESC", "A: \u{1b}[2J", HeaderValue),
    ];
    check_all(refused.map(|(name, line, error)| bad_head(name, with_line(line), error)));
    // RFC 9110 section 5.6.2: none of these is in a token.
    check_all("\"(),/;<=>?@[\\]{}\u{1}\u{7f}".chars().map(|delimiter| {
        bad_head(
            format!("{delimiter:?} in a name"),
            with_line(format!("A{delimiter}B: c")),
            HeaderName,
        )
    }));
    check_all([bad_head("a CR behind the head", "HTTP/1.1 200 OK\r\n\rX", HeaderValue)]);

    let length = ("Content-Length", "5");
    let accepted = |name: &str, line: &str, field: (&str, &str)| {
        ok(name, with_line(format!("{line}\r\nContent-Length: 5")), 200, "hello")
            .headers(&[field, length])
    };
    check_all([
        accepted("no space", "A:b", ("A", "b")),
        accepted("white space around", "A: \t b \t", ("A", "b")),
        accepted("white space within", "A: b \t c", ("A", "b \t c")),
        accepted("an empty value", "A:", ("A", "")),
        accepted("a value of white space", "A: \t ", ("A", "")),
        accepted("a colon as value", "A::", ("A", ":")),
        accepted(
            "every punctuation mark of a token",
            "!#$%&'*+-.^_`|~: x",
            ("!#$%&'*+-.^_`|~", "x"),
        ),
        accepted(
            "every visible character",
            "A: !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
            ("A", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
        ),
    ]);
}

#[test]
fn bytes_above_ascii_are_kept_in_values_and_reasons() {
    check_all([
        ok(
            "Latin-1 in a value",
            with_line(b"A: caf\xe9 \xa0\xff\r\nContent-Length: 5"),
            200,
            "hello",
        )
        .headers(&[("A", &b"caf\xe9 \xa0\xff"[..]), ("Content-Length", b"5")]),
        ok("UTF-8 in a value", with_line("A: caf\u{e9}\r\nContent-Length: 5"), 200, "hello")
            .headers(&[("A", "caf\u{e9}"), ("Content-Length", "5")]),
        ok("in a reason", b"HTTP/1.1 404 Non trouv\xe9\r\nContent-Length: 0\r\n\r\n", 404, "")
            .reason(b"Non trouv\xe9"),
    ]);
}

#[test]
fn a_bare_lf_ends_a_line_of_a_head() {
    let fields = [("A", "b"), ("Content-Length", "5")];
    check_all([
        ok("all lines", "HTTP/1.1 200 OK\nA: b\nContent-Length: 5\n\nhello", 200, "hello")
            .headers(&fields)
            .reason("OK"),
        ok(
            "the status line",
            "HTTP/1.1 200 OK\nA: b\r\nContent-Length: 5\r\n\r\nhello",
            200,
            "hello",
        )
        .headers(&fields),
        ok("a field", "HTTP/1.1 200 OK\r\nA: b\nContent-Length: 5\r\n\r\nhello", 200, "hello")
            .headers(&fields),
        ok(
            "the last line",
            "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\n\nhello",
            200,
            "hello",
        )
        .headers(&fields),
        ok("all but the last", "HTTP/1.1 200 OK\nA: b\nContent-Length: 5\n\r\nhello", 200, "hello")
            .headers(&fields),
        ok("no reason", "HTTP/1.1 204\n\n", 204, "").reason(""),
    ]);
}

#[test]
fn the_status_line_is_a_version_a_status_and_perhaps_a_reason() {
    let empty = "\r\nContent-Length: 0\r\n\r\n";
    let accepted = |line: &str, status, reason: &str| {
        ok(line, format!("{line}{empty}"), status, "").reason(reason)
    };
    check_all([
        accepted("HTTP/1.1 200 OK", 200, "OK"),
        accepted("HTTP/1.1 200 ", 200, ""),
        // Not in the grammar of RFC 9112 section 4, and sent nevertheless.
        accepted("HTTP/1.1 200", 200, ""),
        accepted("HTTP/1.1 404 Not  Found\t(here)", 404, "Not  Found\t(here)"),
        accepted("HTTP/1.1 200  OK", 200, " OK"),
        accepted("HTTP/1.1 299 Odd", 299, "Odd"),
        // RFC 9110 section 15: clients treat an unknown one as the x00 of its class.
        accepted("HTTP/1.1 599 Odd", 599, "Odd"),
        accepted("HTTP/1.1 999 Odd", 999, "Odd"),
        accepted("HTTP/1.0 200 OK", 200, "OK").closed(WhyClosed::Http10),
        // RFC 9110 section 2.5: a higher minor version is read as the highest one known.
        accepted("HTTP/1.2 200 OK", 200, "OK"),
        accepted("HTTP/1.9 200 OK", 200, "OK"),
    ]);
    use ProtocolError::{HeaderValue, Status, StatusLine, Version};
    let text = ProtocolError::NotHttp(Peer::Text);
    let refused = [
        ("HTTP/1.1 2000", Status),
        ("HTTP/1.1 2000 OK", Status),
        ("HTTP/1.1 20 OK", Status),
        ("HTTP/1.1 2 OK", Status),
        ("HTTP/1.1 000 None", Status),
        ("HTTP/1.1 099 Low", Status),
        ("HTTP/1.1 -20 Minus", Status),
        ("HTTP/1.1 +20 Plus", Status),
        ("HTTP/1.1 2x0 OK", Status),
        ("HTTP/1.1 200OK", Status),
        ("HTTP/1.1  200 OK", Status),
        ("HTTP/1.1 \t200 OK", Status),
        ("HTTP/1.1 OK", Status),
        ("HTTP/1.1 ", Status),
        ("HTTP/1.1", Version),
        ("HTTP/1.1\t200 OK", Version),
        ("HTTP/2.0 200 OK", Version),
        ("HTTP/2 200", Version),
        ("HTTP/0.9 200 OK", Version),
        ("HTTP/1 200 OK", Version),
        ("HTTP/1.10 200 OK", Version),
        ("HTTP/1.x 200 OK", Version),
        ("HTTP/01.1 200 OK", Version),
        ("HTTP/ 1.1 200 OK", Version),
        ("HTTP/1,1 200 OK", Version),
        ("LOL 200", text),
        ("http/1.1 200 OK", text),
        ("HTTP 200 OK", text),
        ("ICY 200 OK", text),
        (" HTTP/1.1 200 OK", text),
        ("\r\nHTTP/1.1 200 OK", text),
        ("HTTP/1.1 200 O\0K", StatusLine),
        ("HTTP/1.1 200 O\u{7f}K", StatusLine),
        ("HTTP/1.1 200 OK\rA: b", HeaderValue),
    ];
    check_all(
        refused.map(|(line, error)| bad_head(format!("{line:?}"), format!("{line}{empty}"), error)),
    );
}

#[test]
fn a_higher_minor_version_is_reported_as_the_highest_known() {
    let mut cx = cx();
    for (version, minor) in [("1.0", 0), ("1.1", 1), ("1.2", 1), ("1.9", 1)] {
        for segment in [1, usize::MAX] {
            let response = format!("HTTP/{version} 204 No Content\r\n\r\n");
            let connection = Connection::answer_split(response, segment, None);
            let (mut client, _) = client_over(&mut cx, Behaviour::STD, [connection]);
            let mut buffer = [0; 512];
            let response = client.get(&mut cx, URL, &mut buffer).send().unwrap();
            assert_eq!(response.head().minor_version(), minor, "HTTP/{version}");
        }
    }
}

#[test]
fn a_peer_that_speaks_no_http_is_told_by_its_first_bytes() {
    use ProtocolError::NotHttp;
    let rows: [(&str, &[u8], Peer); 10] = [
        ("a TLS alert", b"\x15\x03\x03\x00\x02\x02\x16", Peer::Tls),
        ("a TLS handshake", b"\x16\x03\x01\x00\x05", Peer::Tls),
        ("SSH", b"SSH-2.0-OpenSSH_9.6\r\n", Peer::Text),
        ("FTP or SMTP", b"220 mail.example ESMTP\r\n", Peer::Text),
        ("a page without a head", b"<html><p>hello", Peer::Text),
        ("text that starts like it", b"HTTPS is better\r\n", Peer::Text),
        ("zeros", b"\0\0\0\0", Peer::Binary),
        ("an HTTP/2 SETTINGS frame", b"\x00\x00\x12\x04\x00", Peer::Binary),
        ("Latin-1", b"\xa1Hola!\r\n", Peer::Binary),
        ("a TLS byte that isn't the first", b"HTTP\x16\x03\x01", Peer::Binary),
    ];
    // None of them ends a line, or the stream: the first wrong byte is enough.
    check_all(rows.map(|(name, bytes, peer)| bad_head(name, bytes, NotHttp(peer))));

    let mut cx = cx();
    for (bytes, hint) in [(&b"\x15\x03\x03"[..], "TLS"), (b"SSH-2.0", "another service")] {
        let (mut client, _) = client_over(&mut cx, Behaviour::STD, [Connection::answer(bytes)]);
        let error = client.get(&mut cx, URL, &mut [0; 512]).send().unwrap_err();
        assert!(error.to_string().contains(hint), "{error}");
    }
}

#[test]
fn every_field_is_read_for_framing_however_late_it_comes() {
    for count in [16, 17, 64, 65, 200] {
        let fill: String = (0..count).map(|index| format!("X-{index}: {index}\r\n")).collect();
        let with_last =
            |last: &str, body: &str| format!("HTTP/1.1 200 OK\r\n{fill}{last}\r\n\r\n{body}");
        let late = |last: &str| format!("{last} behind {count} others");
        let mut rows = vec![
            ok(
                late("close"),
                with_last("Content-Length: 5\r\nConnection: close", "hello"),
                200,
                "hello",
            )
            .closed(WhyClosed::ServerAsked),
            ok(late("length"), with_last("Content-Length: 5", "hello"), 200, "hello"),
            ok(late("chunked"), with_last("Transfer-Encoding: chunked", "0\r\n\r\n"), 200, ""),
            bad_head(
                late("another length"),
                with_last("Content-Length: 5\r\nContent-Length: 6", "hello"),
                ProtocolError::ContentLengthConflict,
            ),
        ];
        let last = format!("X-{}", count - 1);
        rows[1].headers = Some(
            (0..count)
                .map(|index| (format!("X-{index}"), index.to_string().into_bytes()))
                .chain([("Content-Length".to_string(), b"5".to_vec())])
                .collect(),
        );
        assert_eq!(rows[1].headers.as_ref().unwrap()[count - 1].0, last);
        check_all(rows.into_iter().map(|row| row.buffer(8192)));
    }
}

// --- The head as a caller asks for it ---

/// Shows `check` the head of this response, which has no body.
fn with_head(head: impl AsRef<[u8]>, check: impl FnOnce(ResponseHead<'_>)) {
    let mut cx = cx();
    let (mut client, _) = client_over(&mut cx, Behaviour::STD, [Connection::answer(head)]);
    let mut buffer = [0; 512];
    let response = client.request(&mut cx, Method::Head, URL, &mut buffer).send().unwrap();
    check(response.head());
}

/// RFC 9110 section 15: the first digit is the class.
#[test]
fn success_is_the_class_2xx_alone() {
    for (status, success) in [
        (101, false),
        (200, true),
        (204, true),
        (206, true),
        (299, true),
        (300, false),
        (304, false),
        (404, false),
        (500, false),
        (999, false),
    ] {
        with_head(format!("HTTP/1.1 {status} \r\n\r\n"), |head| {
            assert_eq!((head.status(), head.is_success()), (status, success));
        });
    }
}

#[test]
fn a_field_is_found_by_its_whole_name_in_any_case_and_the_first_of_several_counts() {
    let response = b"HTTP/1.1 200 OK\r\nX-Keys: 16\r\nX-Key: 17\r\nx-key: 18\r\nEmpty:\r\n\
                     Server: gate/\xB5\r\nName: \xC3\xA4\r\n\r\n";
    type Field = (&'static str, Option<&'static [u8]>, Option<&'static str>);
    let rows: [Field; 9] = [
        ("X-Key", Some(b"17"), Some("17")),
        ("x-kEY", Some(b"17"), Some("17")),
        ("X-Keys", Some(b"16"), Some("16")),
        ("X-Ke", None, None),
        ("Key", None, None),
        ("", None, None),
        ("Empty", Some(b""), Some("")),
        ("Name", Some("\u{e4}".as_bytes()), Some("\u{e4}")),
        // There, but in Latin-1.
        ("Server", Some(b"gate/\xB5"), None),
    ];
    with_head(response, |head| {
        for (name, value, text) in rows {
            assert_eq!(head.header(name), value, "{name}");
            assert_eq!(head.header_str(name), text, "{name}");
            let listed = head.headers().find(|header| header.is(name));
            assert_eq!(listed.map(|header| header.value()), value, "{name}");
            assert_eq!(listed.and_then(|header| header.value_str()), text, "{name}");
        }
    });
}

/// RFC 9110 section 8.6: to HEAD it is what GET would have had.
#[test]
fn a_content_length_is_reported_where_one_was_sent() {
    for (line, length) in [
        ("Content-Length: 0", Some(0)),
        ("Content-Length: 1", Some(1)),
        ("Content-Length: 18446744073709551615", Some(u64::MAX)),
        ("Transfer-Encoding: chunked", None),
        ("X: Content-Length: 5", None),
    ] {
        with_head(format!("HTTP/1.1 200 OK\r\n{line}\r\n\r\n"), |head| {
            assert_eq!(head.content_length(), length, "{line}");
        });
    }
}

// --- Buffers ---

/// One GET through a buffer of this size.
fn get_through<'a>(
    client: &'a mut Client,
    cx: &'a mut LoopContext,
    buffer: &'a mut [u8],
) -> Result<u16, TestError> {
    client.get(cx, URL, buffer).send().map(|response| response.status())
}

#[test]
fn a_head_larger_than_the_buffer_is_an_error_that_says_how_much_it_needs() {
    let mut cx = cx();
    let head = format!(
        "HTTP/1.1 200 OK\r\nA: {}\r\nContent-Length: 0\r\nB: {}\r\n\r\n",
        "a".repeat(200),
        "b".repeat(1000)
    );
    let bare_lf = head.replace("\r\n", "\n");
    let rows = [
        ("alone", head.clone(), head.len()),
        ("with a body behind it", head.replace("th: 0", "th: 9") + "\r\n\r\n:-)\r\n", head.len()),
        ("with bare LF", bare_lf.clone(), bare_lf.len()),
        // Each head needs the buffer for itself.
        ("behind an interim one", format!("HTTP/1.1 103 \r\nX: y\r\n\r\n{head}"), head.len()),
        ("an interim one", head.replace("200 OK", "103 OK") + HELLO, head.len()),
    ];
    for (name, response, needed) in rows {
        for segment in [1, 50, usize::MAX] {
            for available in [256, 1000, needed - 1] {
                let context = format!("{name}, segments of {segment}, buffer of {available}");
                let answer = || Connection::answer_split(&response, segment, None);
                let (mut client, log) = client_over(&mut cx, Behaviour::STD, [answer(), answer()]);
                let error = get_through(&mut client, &mut cx, &mut vec![0; available]).unwrap_err();
                let buffer = ErrorKind::Buffer {
                    what: BufferUse::ResponseHead,
                    needed,
                    available,
                    exact: true,
                };
                assert_eq!(error.kind, buffer, "{context}");
                assert_eq!(error.phase, Phase::Head, "{context}");
                assert_eq!(client.why_closed(), Some(WhyClosed::Error), "{context}");
                // That much is enough.
                let result = get_through(&mut client, &mut cx, &mut vec![0; needed]);
                assert_eq!(result, Ok(200), "{context}");
                drop(client);
                assert_eq!(log.borrow().opened, log.borrow().closed, "{context}");
            }
        }
    }
}

#[test]
fn a_head_that_never_ends_is_counted_to_a_limit() {
    let mut cx = cx();
    let endless = format!("HTTP/1.1 200 OK\r\n{}", "A: b\r\n".repeat(20_000));
    let unfinished = format!("HTTP/1.1 200 OK\r\nA: {}", "b".repeat(1000));
    let rows = [
        ("endless", endless, None),
        ("cut", unfinished.clone(), Some(Step::Zero)),
        ("silent", unfinished, Some(Step::Silence)),
    ];
    for (name, response, end) in rows {
        let connection = Connection::answer_split(response, usize::MAX, end);
        let (mut client, _) = client_over(&mut cx, Behaviour::STD, [connection]);
        let error = get_through(&mut client, &mut cx, &mut [0; 256]).unwrap_err();
        match error.kind {
            ErrorKind::Buffer { what: BufferUse::ResponseHead, needed, available: 256, exact } => {
                assert!(!exact && needed > 1000, "{name}: {needed}");
            }
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(client.why_closed(), Some(WhyClosed::Error), "{name}");
    }
}

#[test]
fn a_head_that_fills_the_buffer_leaves_the_body_to_the_callers_own() {
    let mut cx = cx();
    let head = format!("HTTP/1.1 200 OK\r\nA: {}\r\nContent-Length: 5\r\n\r\n", "a".repeat(200));
    for segment in [1, usize::MAX] {
        let answer = Connection::answer_split(format!("{head}hello"), segment, None);
        let (mut client, _) = client_over(&mut cx, Behaviour::STD, [answer]);
        let mut buffer = vec![0; head.len()];
        let mut response = client.get(&mut cx, URL, &mut buffer).send().unwrap();
        let mut out = [0; 5];
        assert_eq!(read_to(&mut response, &mut out), Ok(5));
        assert_eq!(&out, b"hello");
        assert_eq!(response.read(&mut out), Ok(0));
        drop(response);
        assert_eq!(client.why_closed(), None);
    }
}

#[test]
fn a_body_larger_than_the_buffer_can_still_be_read_piece_by_piece() {
    let mut cx = cx();
    let body = "0123456789".repeat(100);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    for segment in [1, 64, usize::MAX] {
        let answer = || Connection::answer_split(format!("{head}{body}"), segment, None);
        let (mut client, _) = client_over(&mut cx, Behaviour::STD, [answer()]);
        let mut buffer = [0; 256];
        let mut response = client.get(&mut cx, URL, &mut buffer).send().unwrap();
        let needed = head.len() + body.len();
        let expected =
            ErrorKind::Buffer { what: BufferUse::Body, needed, available: 256, exact: true };
        assert_eq!(response.read_to_end().unwrap_err().kind, expected);
        let mut read = Vec::new();
        loop {
            let data = response.fill_buf().unwrap();
            if data.is_empty() {
                break;
            }
            read.extend_from_slice(data);
            let count = data.len();
            response.consume(count);
        }
        assert_eq!(read, body.as_bytes());
        drop(response);
        assert_eq!(client.why_closed(), None);
        // That much is enough.
        let (mut client, _) = client_over(&mut cx, Behaviour::STD, [answer()]);
        let mut buffer = vec![0; needed];
        let mut response = client.get(&mut cx, URL, &mut buffer).send().unwrap();
        assert_eq!(response.read_to_str(), Ok(&*body));
    }
}

#[test]
fn a_chunked_body_larger_than_the_buffer_is_an_error_with_a_lower_bound() {
    let mut cx = cx();
    for segment in [1, 64, usize::MAX] {
        let chunk = format!("64\r\n{}\r\n", "x".repeat(100));
        let response = chunked(format!("{}0\r\n\r\n", chunk.repeat(10)));
        let answer = Connection::answer_split(response, segment, None);
        let (mut client, _) = client_over(&mut cx, Behaviour::STD, [answer]);
        let mut buffer = [0; 512];
        let mut response = client.get(&mut cx, URL, &mut buffer).send().unwrap();
        match response.read_to_end().unwrap_err().kind {
            ErrorKind::Buffer { what: BufferUse::Body, needed, available: 512, exact: false } => {
                assert!(needed > 512);
            }
            other => panic!("{other:?}"),
        }
        drop(response);
        assert_eq!(client.why_closed(), Some(WhyClosed::Error));
    }
}

/// Framing, trailers and what was read share the room behind the head, and are moved about in it.
#[test]
fn a_body_is_never_damaged_by_a_buffer_that_is_hardly_large_enough() {
    let mut cx = cx();
    let head =
        format!("HTTP/1.1 200 OK\r\nA: {}\r\nTransfer-Encoding: chunked\r\n\r\n", "a".repeat(100));
    let chunks = "4;a=b\r\n0123\r\n10\r\n456789abcdefghij\r\n1\r\nk\r\n00f\r\nlmnopqrstuvwxyz\r\n0\r\nT: u\r\n\r\n";
    let body = "0123456789abcdefghijklmnopqrstuvwxyz";
    let trailers = [("T".to_string(), b"u".to_vec())];
    let whole = head.len() + chunks.len();
    let row = ok("", format!("{head}{chunks}"), 200, body);
    for room in 0..=chunks.len() {
        for segment in [1, 3, 50, usize::MAX] {
            for reader in Reader::ALL {
                let context = format!("room for {room}, segments of {segment}, {reader:?}");
                let answer = Connection::answer_split(&row.response, segment, None);
                let (mut client, log) = client_over(&mut cx, Behaviour::STD, [answer]);
                let mut buffer = vec![0; head.len() + room];
                let report = exchange(&mut client, &mut cx, &row, reader, &mut buffer);
                match report.error.map(|error| error.kind) {
                    None => {
                        assert_eq!(report.body, body.as_bytes(), "{context}");
                        assert_eq!(report.trailers, trailers, "{context}");
                    }
                    Some(ErrorKind::Buffer { needed, available, .. }) => {
                        assert!(body.as_bytes().starts_with(&report.body), "{context}");
                        assert_eq!(available, buffer.len(), "{context}");
                        assert!(available < needed && available < whole, "{context}");
                        // Piece by piece, little is enough.
                        let in_pieces = !matches!(
                            reader,
                            Reader::ReadToEnd | Reader::ReadToStr | Reader::PollReadToEnd
                        );
                        assert!(!in_pieces || room < 32, "{context}");
                    }
                    Some(error) => panic!("{context}: {error:?}"),
                }
                drop(client);
                assert_eq!(log.borrow().opened, log.borrow().closed, "{context}");
            }
        }
    }
}

// --- Reuse (RFC 9112 section 9.3) ---

#[test]
fn the_connection_is_kept_unless_someone_says_otherwise() {
    let closes = [
        "Connection: close",
        "Connection: Close",
        "connection:CLOSE",
        "Connection: keep-alive, close",
        "Connection: close, keep-alive",
        "Connection: foo,close ,bar",
        "Connection: keep-alive\r\nConnection: close",
        "Connection: close\r\nConnection: keep-alive",
    ];
    let keeps = [
        "Connection: keep-alive",
        "Connection: closed",
        "Connection: not-close",
        "Connection: clos e",
        "Connection:",
        "Proxy-Connection: close",
        "X-Connection: close",
        "X: Connection: close",
        "Set-Cookie: close",
    ];
    let line = |line: &str| with_line(format!("{line}\r\nContent-Length: 5"));
    check_all(
        closes.map(|close| ok(close, line(close), 200, "hello").closed(WhyClosed::ServerAsked)),
    );
    check_all(keeps.map(|keep| ok(keep, line(keep), 200, "hello")));
    // HTTP/1.0 keeps only where it says so.
    let http10 = |line: &str| format!("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n{line}\r\nhello");
    check_all([
        ok("HTTP/1.0", http10(""), 200, "hello").closed(WhyClosed::Http10),
        ok("HTTP/1.0 and another option", http10("Connection: foo\r\n"), 200, "hello")
            .closed(WhyClosed::Http10),
        ok("HTTP/1.0 keep-alive", http10("Connection: keep-alive\r\n"), 200, "hello"),
        ok("HTTP/1.0 Keep-Alive", http10("Connection: foo, Keep-Alive\r\n"), 200, "hello"),
        ok("HTTP/1.0 both", http10("Connection: keep-alive, close\r\n"), 200, "hello")
            .closed(WhyClosed::ServerAsked),
        ok("HTTP/1.0 204", "HTTP/1.0 204 \r\n\r\n", 204, "").closed(WhyClosed::Http10),
    ]);
    // The server closes it while it is idle.
    check_all([ok("closed when idle", HELLO, 200, "hello").ends()]);
}

#[test]
fn a_response_dropped_early_is_drained_if_little_is_left() {
    let long = format!("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{}", "x".repeat(5000));
    let rows = [
        ("all of it has come", HELLO.to_string(), None),
        ("some chunks have", String::from_utf8(chunked("5\r\nhello\r\n0\r\n\r\n")).unwrap(), None),
        ("much is left", long, Some(WhyClosed::ResponseNotRead)),
        ("the rest hasn't come", HELLO.replace("llo", ""), Some(WhyClosed::ResponseNotRead)),
        (
            "it ends with the stream",
            "HTTP/1.1 200 OK\r\n\r\nhi".to_string(),
            Some(WhyClosed::ResponseNotRead),
        ),
    ];
    let mut cx = cx();
    for (name, response, closed) in rows {
        let (mut client, log) =
            client_over(&mut cx, Behaviour::STD, [Connection::answer(response)]);
        drop(client.get(&mut cx, URL, &mut [0; 512]).send().unwrap());
        assert_eq!(client.why_closed(), closed, "{name}");
        drop(client);
        assert_eq!(log.borrow().opened, log.borrow().closed, "{name}");
    }
}

// --- 101 and CONNECT (RFC 9110 sections 7.8 and 9.3.6) ---

#[test]
fn a_connection_that_leaves_http_is_handed_over_with_the_bytes_that_came_early() {
    let rows = [
        ("101", Method::Get, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", 101),
        ("101 with a length", Method::Get, "HTTP/1.1 101 \r\nContent-Length: 2\r\n\r\n", 101),
        ("CONNECT 200", Method::Connect, "HTTP/1.1 200 OK\r\n\r\n", 200),
        ("CONNECT 299", Method::Connect, "HTTP/1.1 299 OK\r\nContent-Length: 2\r\n\r\n", 299),
        (
            "CONNECT 200 chunked",
            Method::Connect,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            200,
        ),
        (
            "CONNECT behind 103",
            Method::Connect,
            "HTTP/1.1 103 \r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
            200,
        ),
    ];
    let mut cx = cx();
    for (name, method, head, status) in rows {
        for (stack, behaviour, end) in STACKS {
            for segment in [1, usize::MAX] {
                let context = format!("{name}, {stack}, segments of {segment}");
                let early = [head.as_bytes(), b"0\r\nearly"].concat();
                let mut connection = Connection::answer_split(early, segment, None);
                connection.steps.extend([
                    Step::AwaitRequest,
                    Step::Data(b" and late".to_vec()),
                    Step::Pend(2),
                    end.clone(),
                ]);
                let (mut client, log) = client_over(&mut cx, behaviour, [connection]);
                let mut buffer = [0; 256];
                let mut response =
                    client.request(&mut cx, method, URL, &mut buffer).send().unwrap();
                assert_eq!(response.status(), status, "{context}");
                // There is no body to read by mistake.
                assert_eq!(response.read(&mut [0; 9]), Ok(0), "{context}");
                assert_eq!(response.read_to_end(), Ok(&b""[..]), "{context}");
                let mut stream = response.into_stream().unwrap_or_else(|_| panic!("{context}"));
                let mut early = [0; 8];
                stream.read_exact(&mut early).unwrap();
                assert_eq!(&early, b"0\r\nearly", "{context}");
                stream.write_all(b"ping\r\n\r\n").unwrap();
                let mut late = Vec::new();
                loop {
                    let mut byte = [0; 3];
                    match stream.read(&mut byte).unwrap() {
                        0 => break,
                        count => late.extend_from_slice(&byte[..count]),
                    }
                    assert!(late.len() < 100, "{context}: {}", late.escape_ascii());
                }
                assert_eq!(late, b" and late", "{context}");
                drop(stream);
                assert_eq!(client.why_closed(), Some(WhyClosed::HandedOver), "{context}");
                drop(client);
                let log = log.borrow();
                assert!(log.text(0).ends_with("\r\n\r\nping\r\n\r\n"), "{context}");
                assert_eq!(log.opened, log.closed, "{context}");
            }
        }
    }
}

#[test]
fn a_handed_over_stream_is_polled_without_waiting() {
    let mut cx = cx();
    for segment in [1, usize::MAX] {
        let early = b"HTTP/1.1 101 \r\n\r\nearly";
        let mut connection = Connection::answer_split(early, segment, None);
        connection.steps.extend([Step::AwaitRequest, Step::Data(b" and late".to_vec())]);
        connection.steps.push_back(Step::Zero);
        let (mut client, log) = client_over(&mut cx, Behaviour::STD, [connection]);
        let mut buffer = [0; 256];
        let mut exchange = client.get(&mut cx, URL, &mut buffer).start().unwrap();
        while exchange.poll(&mut cx) == Err(nb::Error::WouldBlock) {}
        assert!(exchange.is_handed_over());
        assert_eq!(exchange.poll_stream_write(&mut cx, b"ping\r\n\r\n"), Ok(8));
        let mut read = Vec::new();
        loop {
            let mut piece = [0; 3];
            match exchange.poll_stream_read(&mut cx, &mut piece) {
                Ok(0) => break,
                Ok(count) => read.extend_from_slice(&piece[..count]),
                Err(nb::Error::WouldBlock) => {}
                Err(nb::Error::Other(error)) => panic!("{error}"),
            }
        }
        assert_eq!(read, b"early and late");
        drop(exchange);
        assert_eq!(client.why_closed(), Some(WhyClosed::HandedOver));
        drop(client);
        assert_eq!(log.borrow().opened, log.borrow().closed);
    }
    // Any other response has no stream.
    let (mut client, _) = client_over(&mut cx, Behaviour::STD, [Connection::answer(HELLO)]);
    let mut buffer = [0; 256];
    let mut exchange = client.get(&mut cx, URL, &mut buffer).start().unwrap();
    while exchange.poll(&mut cx) == Err(nb::Error::WouldBlock) {}
    assert!(!exchange.is_handed_over());
    let refused = ErrorKind::Request(RequestError::ExchangeOver);
    for error in [
        exchange.poll_stream_read(&mut cx, &mut [0; 4]).unwrap_err(),
        exchange.poll_stream_write(&mut cx, b"ping").unwrap_err(),
    ] {
        assert!(matches!(error, nb::Error::Other(error) if error.kind == refused));
    }
}

#[test]
fn any_other_response_keeps_its_connection_to_itself() {
    let mut cx = cx();
    for (method, status) in [(Method::Get, 200), (Method::Connect, 407), (Method::Get, 426)] {
        let response = HELLO.replace("200", &status.to_string());
        let (mut client, _) = client_over(&mut cx, Behaviour::STD, [Connection::answer(response)]);
        let mut buffer = [0; 512];
        let response = client.request(&mut cx, method, URL, &mut buffer).send().unwrap();
        let mut response = response.into_stream().expect_err("given back");
        assert_eq!(response.status(), status);
        assert_eq!(response.read_to_str(), Ok("hello"));
    }
}

// --- The calls that read a body ---

#[test]
fn text_that_is_no_utf8_can_still_be_had_as_bytes() {
    let mut cx = cx();
    let response = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ncaf\xe9!";
    let (mut client, _) = client_over(&mut cx, Behaviour::STD, [Connection::answer(response)]);
    let mut buffer = [0; 512];
    let mut response = client.get(&mut cx, URL, &mut buffer).send().unwrap();
    let error = response.read_to_str().unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotUtf8 { valid_up_to: 3 });
    assert_eq!(response.read_to_end(), Ok(&b"caf\xe9!"[..]));
    drop(response);
    assert_eq!(client.why_closed(), None);
}

#[test]
fn ways_of_reading_can_be_mixed() {
    let mut cx = cx();
    for response in [
        HELLO.replace("5\r", "11\r") + " world",
        String::from_utf8(chunked("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")).unwrap(),
    ] {
        for segment in [1, usize::MAX] {
            let answer = Connection::answer_split(&response, segment, None);
            let (mut client, _) = client_over(&mut cx, Behaviour::STD, [answer]);
            let mut buffer = [0; 512];
            let mut response = client.get(&mut cx, URL, &mut buffer).send().unwrap();
            let mut first = [0; 2];
            response.read_exact(&mut first).unwrap();
            assert_eq!(&first, b"he");
            let next = response.fill_buf().unwrap()[0];
            assert_eq!(next, b'l');
            response.consume(1);
            assert_eq!(response.read_to_str(), Ok("lo world"));
            // What was read whole stays readable.
            assert_eq!(response.read_to_end(), Ok(&b"lo world"[..]));
            assert_eq!(response.read(&mut first), Ok(0));
            assert_eq!(response.fill_buf(), Ok(&b""[..]));
            assert_eq!(response.status(), 200);
        }
    }
}

#[test]
fn consuming_more_than_was_shown_takes_no_more_than_was_shown() {
    let mut cx = cx();
    let response = chunked("3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n");
    let (mut client, _) = client_over(&mut cx, Behaviour::STD, [Connection::answer(response)]);
    let mut buffer = [0; 512];
    let mut response = client.get(&mut cx, URL, &mut buffer).send().unwrap();
    assert_eq!(response.fill_buf(), Ok(&b"hel"[..]));
    response.consume(usize::MAX);
    assert_eq!(response.fill_buf(), Ok(&b"lo"[..]));
    response.consume(0);
    assert_eq!(response.fill_buf(), Ok(&b"lo"[..]));
}

#[test]
fn the_non_blocking_calls_never_report_an_end_that_has_not_come() {
    let mut cx = cx();
    let mut connection = Connection::answer_split(HELLO, 1, None);
    connection.connect_pends = 2;
    connection.send_pends = 2;
    let (mut client, _) = client_over(&mut cx, Behaviour::STD, [connection]);
    let mut buffer = [0; 512];
    let mut exchange = client.get(&mut cx, URL, &mut buffer).start().unwrap();
    // Before the head has come there is no body, and no end of one: these calls wait for it.
    let mut out = [0; 10];
    let mut waited = 0;
    while exchange.head().is_none() {
        let result = match waited % 3 {
            0 => exchange.poll_read(&mut cx, &mut []).map(|_| ()),
            1 => exchange.poll_fill_buf(&mut cx).map(|_| ()),
            _ => exchange.poll_read_to_end(&mut cx),
        };
        if exchange.head().is_none() {
            assert_eq!(result, Err(nb::Error::WouldBlock), "call {waited}");
        }
        waited += 1;
    }
    assert!(waited > HELLO.len() / 2, "{waited}");
    let mut body = Vec::new();
    loop {
        match ready(|| exchange.poll_read(&mut cx, &mut out)).unwrap() {
            0 => break,
            count => body.extend_from_slice(&out[..count]),
        }
    }
    assert_eq!(body, b"hello");
}

#[test]
fn after_an_error_every_call_says_that_the_exchange_is_over() {
    let mut cx = cx();
    let rows = [
        ("a cut length", HELLO.replace("llo", "")),
        ("a cut chunk", String::from_utf8(chunked("5\r\nhe")).unwrap()),
    ];
    for (name, response) in rows {
        let connection = Connection::answer_split(response, usize::MAX, Some(Step::Zero));
        let (mut client, _) = client_over(&mut cx, Behaviour::STD, [connection]);
        let mut buffer = [0; 512];
        let mut exchange = client.get(&mut cx, URL, &mut buffer).start().unwrap();
        ready(|| exchange.poll(&mut cx)).unwrap();
        let error = ready(|| exchange.poll_read_to_end(&mut cx)).unwrap_err();
        assert!(
            matches!(error.kind, ErrorKind::Truncated { received: 2, .. }),
            "{name}: {error:?}"
        );
        let over = ErrorKind::Request(RequestError::ExchangeOver);
        let mut out = [0; 1000];
        let calls = [
            ready(|| exchange.poll(&mut cx)).unwrap_err(),
            ready(|| exchange.poll_read(&mut cx, &mut out[..1])).unwrap_err(),
            // Larger than the buffer's rest.
            ready(|| exchange.poll_read(&mut cx, &mut out)).unwrap_err(),
            ready(|| exchange.poll_fill_buf(&mut cx).map(|_| ())).unwrap_err(),
            ready(|| exchange.poll_read_to_end(&mut cx)).unwrap_err(),
        ];
        for error in calls {
            assert_eq!(error.kind, over, "{name}");
        }
        assert!(exchange.head().is_none() || exchange.trailers().next().is_none());
        drop(exchange);
        assert_eq!(client.why_closed(), Some(WhyClosed::Error), "{name}");
    }
    // The blocking ones too.
    let connection =
        Connection::answer_split(HELLO.replace("llo", ""), usize::MAX, Some(Step::Zero));
    let (mut client, _) = client_over(&mut cx, Behaviour::STD, [connection]);
    let mut buffer = [0; 512];
    let mut response = client.get(&mut cx, URL, &mut buffer).send().unwrap();
    response.read_to_end().unwrap_err();
    let mut out = [0; 1000];
    let over = ErrorKind::Request(RequestError::ExchangeOver);
    assert_eq!(response.read(&mut out).unwrap_err().kind, over);
    assert_eq!(response.read_to_end().unwrap_err().kind, over);
}
