//! Connections kept alive: used again where that is safe, and never for another target.

use crate::common::script::{Connection, Step};
use crate::common::{TestClock, cx};
use crate::support::{HELLO, URL, answers_twice, get, ms, scripted};
use embedded_io::Read;
use safe_http_client::{CloseReason, Config, Method};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Answers a request, and ends so where the next is awaited.
fn stale(steps: impl IntoIterator<Item = Step>) -> Connection {
    let first = [Step::AwaitRequest, Step::Data(HELLO.into())];
    Connection::new(first.into_iter().chain(steps))
}

/// A server may close an idle connection at any time. A request that met that is sent again: once,
/// on a fresh connection, if it is idempotent and no byte of a response had come (RFC 9110 section
/// 9.2.2, RFC 9112 section 9.3.1).
#[test]
fn a_stale_connection_is_retried_once_where_that_is_safe() {
    let after_request = |end: Step| stale([Step::AwaitRequest, end]);
    let breaks_in_send =
        |at: usize| Connection { send_breaks_at: at, ..stale([Step::AwaitRequest, Step::Silence]) };
    let first_request = {
        // What the first request of each row sends, so that the second breaks 10 bytes later.
        let mut cx = cx();
        let clock = TestClock::ticking(1);
        let (mut client, log) = scripted(&clock, Config::new(), [stale([])]);
        get(&mut client, &mut cx, URL).unwrap();
        log.borrow().sent(0).len()
    };
    let good = || Connection::answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagain");
    let body_of_3000 = [b'x'; 3000].as_slice();
    // The method, its body, what the kept connection does, what the next does; the outcome, and how
    // many connections were dialed for both requests.
    type Row<'a> =
        (&'a str, &'a str, &'a [u8], Connection, Connection, Result<&'a str, &'a str>, usize);
    let rows: [Row<'_>; 19] = [
        (
            "seen before the request: nothing was sent, so any method goes on",
            "POST",
            b"",
            stale([Step::Zero]),
            good(),
            Ok("again"),
            2,
        ),
        ("the same, with an error", "POST", b"", stale([Step::Fail]), good(), Ok("again"), 2),
        (
            "bytes that belong to no request end it too",
            "GET",
            b"",
            stale([Step::Data(b"HTTP/1.1 408 Timeout\r\n\r\n".to_vec())]),
            good(),
            Ok("again"),
            2,
        ),
        ("closed after the request", "GET", b"", after_request(Step::Zero), good(), Ok("again"), 2),
        (
            "reset after the request",
            "DELETE",
            b"",
            after_request(Step::Fail),
            good(),
            Ok("again"),
            2,
        ),
        (
            "closed after the request, with a body in the buffer",
            "PUT",
            b"a body",
            after_request(Step::Zero),
            good(),
            Ok("again"),
            2,
        ),
        (
            "closed in the middle of the request",
            "GET",
            b"",
            breaks_in_send(first_request + 10),
            good(),
            Ok("again"),
            2,
        ),
        (
            "closed in the middle of a body larger than the buffer",
            "PUT",
            body_of_3000,
            breaks_in_send(first_request + 2000),
            good(),
            Ok("again"),
            2,
        ),
        // The first look at the answer is lent the byte behind the request, and never the request.
        (
            "closed after a request that fills its buffer",
            "PUT",
            body_of_3000,
            after_request(Step::Zero),
            good(),
            Ok("again"),
            2,
        ),
        (
            "reset after a request that fills its buffer",
            "PUT",
            body_of_3000,
            after_request(Step::Fail),
            good(),
            Ok("again"),
            2,
        ),
        (
            "not idempotent",
            "POST",
            b"",
            after_request(Step::Zero),
            good(),
            Err("stale_connection"),
            1,
        ),
        (
            "not idempotent, in the middle of the request",
            "POST",
            b"a body",
            breaks_in_send(first_request + 10),
            good(),
            Err("send_failed"),
            1,
        ),
        (
            "not idempotent, and no byte counted as sent: a modem may have sent it all the same",
            "POST",
            b"a body",
            breaks_in_send(first_request),
            good(),
            Err("send_failed"),
            1,
        ),
        (
            "not idempotent, and the stack doesn't say that nothing had left",
            "POST",
            b"a body",
            Connection { send_fails_at: first_request, ..stale([Step::Silence]) },
            good(),
            Err("send_failed"),
            1,
        ),
        (
            "a custom method is taken as not idempotent",
            "PURGE",
            b"",
            after_request(Step::Zero),
            good(),
            Err("stale_connection"),
            1,
        ),
        (
            "a byte had come",
            "GET",
            b"",
            stale([Step::AwaitRequest, Step::Data(b"H".to_vec()), Step::Zero]),
            good(),
            Err("truncated"),
            1,
        ),
        (
            "silence isn't staleness",
            "GET",
            b"",
            after_request(Step::Silence),
            good(),
            Err("response_timeout"),
            1,
        ),
        (
            "once: the fresh connection fails too",
            "GET",
            b"",
            after_request(Step::Zero),
            Connection::new([Step::AwaitRequest, Step::Zero]),
            Err("empty_reply"),
            2,
        ),
        (
            "once: the fresh connection is refused",
            "GET",
            b"",
            after_request(Step::Zero),
            Connection { refused: true, ..good() },
            Err("connect_failed"),
            2,
        ),
    ];
    let mut cx = cx();
    for (case, method, body, kept, next, expected, dialed) in rows {
        let clock = TestClock::ticking(1);
        let connections = [kept, next, good()];
        let (mut client, log) = scripted(&clock, Config::new(), connections);
        assert_eq!(get(&mut client, &mut cx, URL).unwrap(), "hello");
        let mut online = client.online(&mut cx).unwrap();
        let mut request = online.request(Method::from_name(method), URL, [0; 256]);
        if !body.is_empty() {
            request = request.body(body);
        }
        let outcome =
            request.send().and_then(|mut response| response.read_to_str().map(str::to_owned));
        match (&outcome, expected) {
            (Ok(body), Ok(expected)) => assert_eq!(body, expected, "{case}"),
            (Err(error), Err(expected)) => assert_eq!(error.code(), expected, "{case}"),
            _ => panic!("{case}: {outcome:?}"),
        }
        let log = log.borrow();
        assert_eq!(log.dialed.len(), dialed, "{case}: {:?}", log.dialed);
        if expected.is_ok() {
            let text = log.text(1);
            assert!(text.starts_with(method), "{case}: {text}");
            let whole = std::str::from_utf8(body).unwrap();
            assert!(text.ends_with(&format!("\r\n\r\n{whole}")), "{case}");
        }
        eprintln!("stale connection: {case} ok");
    }
}

/// Another host's answer would be taken for this one's: whatever differs, the connection is closed.
#[test]
fn a_connection_is_never_reused_for_another_target() {
    let address = |last: u8, port: u16| SocketAddr::from(([192, 168, 1, last], port));
    let host = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 20));
    type Target = (&'static str, Option<SocketAddr>);
    let rows: [(&str, Target, Target, bool); 9] = [
        ("the same", ("http://a.test/", None), ("http://a.test/", None), true),
        ("another path", ("http://a.test/", None), ("http://a.test/x?y", None), true),
        ("the default port spelt out", ("http://a.test/", None), ("http://a.test:80/", None), true),
        ("another spelling", ("http://a.test/", None), ("http://A.Test/", None), true),
        ("another port", ("http://a.test/", None), ("http://a.test:81/", None), false),
        // Of the same address: virtual hosts have different resources, and may be secured apart.
        ("another host", ("http://a.test/", None), ("http://b.test/", None), false),
        ("its address", ("http://a.test/", None), ("http://192.168.1.20/", None), false),
        (
            "another address given",
            ("http://a.test/", Some(address(20, 80))),
            ("http://a.test/", Some(address(21, 80))),
            false,
        ),
        (
            "an address given, then none",
            ("http://a.test/", Some(address(21, 80))),
            ("http://a.test/", None),
            false,
        ),
    ];
    let mut cx = cx();
    for (case, first, second, reused) in rows {
        let clock = TestClock::ticking(1);
        let (mut client, log) = scripted(&clock, Config::new(), [answers_twice(), answers_twice()]);
        client.network_mut().stack_mut().names =
            vec![("a.test", host), ("A.Test", host), ("b.test", host)];
        for (url, connect_to) in [first, second] {
            let mut online = client.online(&mut cx).unwrap();
            let mut request = online.get(url, [0; 256]);
            if let Some(address) = connect_to {
                request = request.connect_to(address);
            }
            let mut response = request.send().unwrap();
            assert_eq!(response.read_to_str().unwrap(), "hello", "{case}");
        }
        let log = log.borrow();
        let expected = if reused { (1, 0) } else { (2, 1) };
        assert_eq!((log.opened, log.closed), expected, "{case}");
        assert_eq!(log.dialed.len(), expected.0, "{case}");
        eprintln!("reuse: {case} ok");
    }
}

#[test]
fn a_connection_that_rested_too_long_is_closed() {
    let mut cx = cx();
    for (rest, opened) in [(1000, 1), (1001, 2)] {
        let clock = TestClock::default();
        let config = Config::new().keep_alive(ms(1000));
        let (mut client, log) = scripted(&clock, config, [answers_twice(), answers_twice()]);
        get(&mut client, &mut cx, URL).unwrap();
        clock.advance(rest);
        get(&mut client, &mut cx, URL).unwrap();
        assert_eq!(log.borrow().opened, opened, "after {rest} ms");
    }
}

/// The rest of a response must not become the next one's beginning.
#[test]
fn a_response_that_is_dropped_half_way() {
    let long = format!("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{}", "x".repeat(5000));
    let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let second = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond";
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel";
    let chunk = format!("1f4\r\n{}\r\n", "x".repeat(500));
    let many = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n",
        chunk.repeat(9)
    );
    // What the kept connection brings, how much of the body is read (or nothing), whether it is kept, and how often
    // the stack may be asked for the rest: 1 KiB may save a connection.
    let not_read = Some(CloseReason::ResponseNotRead);
    let rows = [
        ("little is left, and there", HELLO, 2, None, 0),
        ("chunks are there to the last", chunks, 3, None, 0),
        ("little is left, but not there yet", cut, 2, not_read, 1),
        ("much is left", long.as_str(), 100, not_read, 0),
        ("many chunks are left", many.as_str(), 100, not_read, 8),
        ("no end is in sight", "HTTP/1.1 200 OK\r\n\r\nhello", 2, not_read, 0),
    ];
    let mut cx = cx();
    for (case, bytes, read, close_reason, most) in rows {
        for read in [0, read] {
            let clock = TestClock::ticking(1);
            let connections = [
                Connection::new([
                    Step::AwaitRequest,
                    Step::Data(bytes.into()),
                    Step::AwaitRequest,
                    Step::Data(second.into()),
                ]),
                Connection::answer(second),
            ];
            let (mut client, log) = scripted(&clock, Config::new(), connections);
            let mut online = client.online(&mut cx).unwrap();
            let mut response = online.get(URL, [0; 256]).send().unwrap();
            response.read_exact(&mut vec![0; read]).unwrap();
            let before = log.borrow().receives;
            drop(response);
            let asked = log.borrow().receives - before;
            assert!(asked <= most, "{case}, {read} read: asked {asked} times");
            assert_eq!(client.close_reason(), close_reason, "{case}, {read} read");
            assert_eq!(client.is_connected(), close_reason.is_none(), "{case}, {read} read");
            assert_eq!(get(&mut client, &mut cx, URL).unwrap(), "second", "{case}, {read} read");
            drop(client);
            let opened = if close_reason.is_some() { 2 } else { 1 };
            assert_eq!((log.borrow().opened, log.borrow().closed), (opened, opened), "{case}");
        }
    }
}
