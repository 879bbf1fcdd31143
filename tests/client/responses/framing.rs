//! How long a response's body is: interim responses, none, `Content-Length`, `Transfer-Encoding`.

use super::row::{STACKS, bad_head, client_over, cut_body, cut_head, ok};
use super::{check_all, chunked, with_line};
use crate::common::cx;
use crate::common::script::Connection;
use crate::support::{HELLO, URL};
use safe_http_client::{CloseReason, ErrorKind, Method, ProtocolError};

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
fn a_stream_that_ends_behind_an_interim_response_ends_before_the_final_one() {
    let mut cx = cx();
    for (stack, quirks, end) in STACKS {
        let connection =
            Connection::answer_split("HTTP/1.1 100 Continue\r\n\r\n", usize::MAX, Some(end));
        let (mut client, _) = client_over(quirks, [connection]);
        let error = client.online(&mut cx).unwrap().get(URL, &mut [0; 512]).send().unwrap_err();
        assert_eq!(error.kind, ErrorKind::ClosedBeforeResponse, "{stack}");
        assert!(client.evidence().received > 0, "{stack}");
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
            .closed(CloseReason::ServerAsked),
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
        "Transfer-Encoding: chunked\r\nX: y\r\ntransfer-encoding: gzip",
    ];
    let unknown = [
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: identity;q=1",
        "Transfer-Encoding: identityx",
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
