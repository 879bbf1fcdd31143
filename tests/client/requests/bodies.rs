//! Bodies, and how they are announced.

use super::{Bench, Built, DEFAULTS, assert_untouched, with_defaults};
use safe_http_client::{BodyLength, ErrorKind, Method, RequestError};

#[test]
fn a_body_leaves_with_its_head_in_one_send() {
    let Bench { mut client, log, mut cx } = Bench::new();
    let mut buffer = [0; 512];
    client
        .online(&mut cx)
        .unwrap()
        .post("http://192.168.1.20/gate", &mut buffer)
        .header("x-key", "secret")
        .body(b"open")
        .send()
        .unwrap();
    let log = log.borrow();
    let expected = format!(
        "POST /gate HTTP/1.1\r\nHost: 192.168.1.20\r\nx-key: secret\r\n{DEFAULTS}\
         Content-Length: 4\r\n\r\nopen"
    );
    assert_eq!(log.text(0), expected);
    assert_eq!(log.sends.len(), 1, "one segment on the air");
}

#[test]
fn a_body_that_was_copied_leaves_as_one_that_was_lent() {
    for body in ["", "open", "open the gate, please"] {
        let Bench { mut client, log, mut cx } = Bench::new();
        let mut online = client.online(&mut cx).unwrap();
        online.put("http://h/", [0; 512]).body(body).connection_close().send().unwrap();
        let put = online.put("http://h/", [0; 512]).copy_body(body);
        put.connection_close().send().unwrap();
        let log = log.borrow();
        assert!(log.text(0).ends_with(&format!("Content-Length: {}\r\n\r\n{body}", body.len())));
        assert_eq!(log.text(1), log.text(0));
        assert_eq!(log.sends.len(), 2, "one segment each");
    }
}

#[test]
fn a_second_body_is_refused_however_both_are_given() {
    type Build = for<'r> fn(Built<'r>) -> Built<'r>;
    let builds: [Build; 5] = [
        |request| request.body("a").body("b"),
        |request| request.body("a").copy_body("b"),
        |request| request.copy_body("a").body("b"),
        |request| request.copy_body("a").copy_body("b"),
        // None of bytes is one, too.
        |request| request.body("").body(""),
    ];
    let second = ErrorKind::Request(RequestError::SecondBody);
    for build in builds {
        let error = Bench::new().refused(Method::Post, "http://h/", build);
        assert_eq!((&error.kind, error.code()), (&second, "second_body"));
        let Bench { mut client, log, mut cx } = Bench::new();
        let mut online = client.online(&mut cx).unwrap();
        let post = online.post("http://h/", [0; 512]).copy_body("a");
        let error = post.start_upload(BodyLength::Known(1)).unwrap_err();
        assert_eq!(error.kind, second);
        assert_untouched(&log.borrow());
    }
}

/// RFC 9110 sections 9.3.2 and 9.3.8: servers take it for the start of another request.
#[test]
fn a_body_of_head_or_trace_is_refused() {
    let refused = ErrorKind::Request(RequestError::BodyNotAllowed);
    for method in [Method::Head, Method::Trace, Method::Custom("HEAD"), Method::Custom("TRACE")] {
        type Build = for<'r> fn(Built<'r>) -> Built<'r>;
        let builds: [Build; 3] = [
            |request| request.body("a"),
            |request| request.copy_body("a"),
            |request| request.body(""),
        ];
        for build in builds {
            let error = Bench::new().refused(method, "http://h/", build);
            assert_eq!((&error.kind, error.code()), (&refused, "body_not_allowed"));
        }
        for length in [BodyLength::Chunked, BodyLength::Known(0)] {
            let Bench { mut client, log, mut cx } = Bench::new();
            let mut online = client.online(&mut cx).unwrap();
            let request = online.request(method, "http://h/", [0; 512]);
            assert_eq!(request.start_upload(length).unwrap_err().kind, refused);
            assert_untouched(&log.borrow());
        }
    }
}

#[test]
fn a_body_larger_than_the_buffer_follows_it() {
    let Bench { mut client, log, mut cx } = Bench::new();
    let mut buffer = [0; 160];
    let body = "x".repeat(1000);
    client
        .online(&mut cx)
        .unwrap()
        .put("http://h/", &mut buffer)
        .body(body.as_bytes())
        .send()
        .unwrap();
    let log = log.borrow();
    let head = format!("PUT / HTTP/1.1\r\nHost: h\r\n{DEFAULTS}Content-Length: 1000\r\n\r\n");
    assert_eq!(log.text(0), head + &body);
    assert_eq!(log.sends.len(), 2, "the buffer, then the rest as it lies");
}

#[test]
fn a_body_that_is_given_is_announced_even_where_it_is_empty() {
    for method in [Method::Get, Method::Delete, Method::Post] {
        let sent = Bench::new().sent(method, "http://h/", |request| request.body(b""));
        let name = method.name();
        let expected =
            format!("{name} / HTTP/1.1\r\nHost: h\r\n{DEFAULTS}Content-Length: 0\r\n\r\n");
        assert_eq!(sent, expected);
    }
}

#[test]
fn a_reader_of_known_length_is_announced_and_sent_with_the_head() {
    let Bench { mut client, log, mut cx } = Bench::new();
    let mut buffer = [0; 512];
    client
        .online(&mut cx)
        .unwrap()
        .put("http://h/", &mut buffer)
        .send_from(&mut b"open".as_slice(), BodyLength::Known(4))
        .unwrap();
    let log = log.borrow();
    let expected = format!("PUT / HTTP/1.1\r\nHost: h\r\n{DEFAULTS}Content-Length: 4\r\n\r\nopen");
    assert_eq!(log.text(0), expected);
    assert_eq!(log.sends.len(), 1);
}

#[test]
fn a_body_of_unknown_length_is_chunked() {
    let Bench { mut client, log, mut cx } = Bench::new();
    let mut buffer = [0; 512];
    client
        .online(&mut cx)
        .unwrap()
        .post("http://h/", &mut buffer)
        .send_from(&mut b"open the gate".as_slice(), BodyLength::Chunked)
        .unwrap();
    let log = log.borrow();
    let (head, body) = log.text(0).split_once("\r\n\r\n").map(owned).unwrap();
    assert_eq!(
        head + "\r\n",
        format!("POST / HTTP/1.1\r\nHost: h\r\n{DEFAULTS}Transfer-Encoding: chunked\r\n")
    );
    assert_eq!(body, "000D\r\nopen the gate\r\n0\r\n\r\n");
    assert_eq!(log.sends.len(), 1, "head, chunk and last chunk fit the buffer");
}

fn owned((a, b): (&str, &str)) -> (String, String) {
    (a.to_string(), b.to_string())
}

#[test]
fn an_empty_body_of_unknown_length_is_the_last_chunk() {
    let Bench { mut client, log, mut cx } = Bench::new();
    let mut buffer = [0; 512];
    client
        .online(&mut cx)
        .unwrap()
        .post("http://h/", &mut buffer)
        .send_from(&mut b"".as_slice(), BodyLength::Chunked)
        .unwrap();
    assert!(log.borrow().text(0).ends_with("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
}

/// RFC 9110 section 10.1.1: no expectation without content.
#[test]
fn expect_continue_is_asked_for_a_body_alone() {
    let without = Bench::new().sent(Method::Get, "http://h/", |request| request.expect_continue());
    assert_eq!(without, with_defaults("GET / HTTP/1.1\r\nHost: h\r\n"));
    let with = Bench::new()
        .sent(Method::Post, "http://h/", |request| request.expect_continue().body(b"open"));
    let expected = format!(
        "POST / HTTP/1.1\r\nHost: h\r\n{DEFAULTS}Expect: 100-continue\r\n\
         Content-Length: 4\r\n\r\n"
    );
    // The server answers at once, and so is never sent the body.
    assert_eq!(with, expected);
}

/// The client waits for the answer to it as if it had written the line, and writes no second one.
#[test]
fn an_expectation_in_the_callers_own_line_is_one() {
    let own_line = format!(
        "POST / HTTP/1.1\r\nHost: h\r\nexpect: 100-Continue\r\n{DEFAULTS}\
         Content-Length: 4\r\n\r\n"
    );
    for build in [
        (|request| request.header("expect", "100-Continue").body(b"open"))
            as for<'r> fn(Built<'r>) -> Built<'r>,
        |request| request.expect_continue().header("expect", "100-Continue").body(b"open"),
        |request| request.header("expect", "100-Continue").expect_continue().body(b"open"),
    ] {
        assert_eq!(Bench::new().sent(Method::Post, "http://h/", build), own_line);
    }
    // Another expectation waits for nothing, and takes none away.
    let other = Bench::new()
        .sent(Method::Post, "http://h/", |request| request.header("Expect", "x").body(b"open"));
    let own_line = own_line.replace("expect: 100-Continue", "Expect: x");
    assert_eq!(other, own_line.clone() + "open");
    let both = Bench::new().sent(Method::Post, "http://h/", |request| {
        request.expect_continue().header("Expect", "x").body(b"open")
    });
    assert_eq!(both, own_line.replace("Content", "Expect: 100-continue\r\nContent"));
}
