//! Where a stream ends, what follows a response, and whether the connection is kept.

use super::row::{client_over, cut_body, cut_head, ok};
use super::{check_all, chunked, with_line};
use crate::common::cx;
use crate::common::script::{Connection, Step};
use crate::support::{HELLO, URL};
use safe_http_client::{CloseReason, Deadline, ErrorKind, Method, StackQuirks};

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
        ("STD", StackQuirks::STD, Step::Zero, Complete),
        ("STD", StackQuirks::STD, Step::PipeClosed, Truncated),
        ("STD", StackQuirks::STD, Step::Silence, Waits),
        ("SMOLTCP_NAL", StackQuirks::SMOLTCP_NAL, Step::Zero, Waits),
        ("SMOLTCP_NAL", StackQuirks::SMOLTCP_NAL, Step::PipeClosed, Complete),
        ("ESP_AT_NAL", StackQuirks::ESP_AT_NAL, Step::PipeClosed, Complete),
        ("ESP_AT_NAL", StackQuirks::ESP_AT_NAL, Step::Silence, Waits),
        ("W5500", StackQuirks::W5500, Step::Zero, Waits),
        ("W5500", StackQuirks::W5500, Step::PipeClosed, Truncated),
        ("WINCWIFI", StackQuirks::WINCWIFI, Step::Zero, Complete),
        ("WINCWIFI", StackQuirks::WINCWIFI, Step::PipeClosed, Complete),
        ("QUECTEL_BG77", StackQuirks::QUECTEL_BG77, Step::Zero, Waits),
        ("QUECTEL_BG77", StackQuirks::QUECTEL_BG77, Step::PipeClosed, Truncated),
        ("UNKNOWN", StackQuirks::UNKNOWN, Step::Zero, Waits),
        ("UNKNOWN", StackQuirks::UNKNOWN, Step::PipeClosed, Truncated),
    ];
    let mut cx = cx();
    for (stack, quirks, step, ends) in rows {
        let context = format!("{stack}, {step:?}");
        let response = "HTTP/1.1 200 OK\r\n\r\nhello";
        let connection = Connection::answer_split(response, usize::MAX, Some(step));
        let (mut client, log) = client_over(quirks, [connection]);
        let mut buffer = [0; 512];
        let mut online = client.online(&mut cx).unwrap();
        let mut response = online.get(URL, &mut buffer).send().unwrap();
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
        let (mut client, _) = client_over(StackQuirks::STD, [connection]);
        let mut buffer = [0; 512];
        let mut online = client.online(&mut cx).unwrap();
        let mut response = online.get(URL, &mut buffer).send().unwrap();
        let error = response.read_to_end().unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Receive(_)), "{error:?}");
        drop(response);
        assert_eq!(client.close_reason(), Some(CloseReason::Error));
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
            .closed(CloseReason::ServerAsked),
    ]);
    // What is seen at once is named.
    let mut cx = cx();
    let (mut client, _) = client_over(StackQuirks::STD, [Connection::answer(format!("{HELLO}x"))]);
    let mut buffer = [0; 512];
    let mut online = client.online(&mut cx).unwrap();
    let mut response = online.get(URL, &mut buffer).send().unwrap();
    assert_eq!(response.read_to_str(), Ok("hello"));
    drop(response);
    assert_eq!(client.close_reason(), Some(CloseReason::ExcessBytes));
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
        closes.map(|close| ok(close, line(close), 200, "hello").closed(CloseReason::ServerAsked)),
    );
    check_all(keeps.map(|keep| ok(keep, line(keep), 200, "hello")));
    // HTTP/1.0 keeps only where it says so.
    let http10 = |line: &str| format!("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n{line}\r\nhello");
    check_all([
        ok("HTTP/1.0", http10(""), 200, "hello").closed(CloseReason::Http10),
        ok("HTTP/1.0 and another option", http10("Connection: foo\r\n"), 200, "hello")
            .closed(CloseReason::Http10),
        ok("HTTP/1.0 keep-alive", http10("Connection: keep-alive\r\n"), 200, "hello"),
        ok("HTTP/1.0 Keep-Alive", http10("Connection: foo, Keep-Alive\r\n"), 200, "hello"),
        ok("HTTP/1.0 both", http10("Connection: keep-alive, close\r\n"), 200, "hello")
            .closed(CloseReason::ServerAsked),
        ok("HTTP/1.0 204", "HTTP/1.0 204 \r\n\r\n", 204, "").closed(CloseReason::Http10),
    ]);
    // The server closes it while it is idle.
    check_all([ok("closed when idle", HELLO, 200, "hello").ends()]);
}
