//! Names and values in a request: queries and forms; and what a response's status and type say.

use super::answers;
use crate::common::{TestClock, cx};
use crate::support::{HELLO, scripted};
use safe_http_client::{
    Config, ContentType, ErrorKind, Method, Request, RequestError, StatusClass, StatusCode,
};

/// What is sent of a request of this method to this URL, in a buffer of so many bytes.
macro_rules! sent {
    ($method:expr, $url:expr, $room:expr, $build:expr) => {{
        let (mut client, log) = scripted(&TestClock::ticking(1), Config::new(), [answers([HELLO])]);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let mut buffer = vec![0; $room];
        let request = online.request($method, $url, &mut buffer);
        let result = ($build)(request).send().map(|response| response.status());
        result.map(|_| log.borrow().text(0)).map_err(|error| error.kind)
    }};
}

fn line(text: &str) -> &str {
    text.lines().next().unwrap()
}

#[test]
fn query() {
    for (url, pairs, expected) in [
        ("http://10.0.0.2/a", [("k", "v")].as_slice(), "GET /a?k=v HTTP/1.1"),
        ("http://10.0.0.2", &[("k", "v")], "GET /?k=v HTTP/1.1"),
        ("http://10.0.0.2/a?x=1", &[("k", "v")], "GET /a?x=1&k=v HTTP/1.1"),
        ("http://10.0.0.2/a?x=1#top", &[("k", "v")], "GET /a?x=1&k=v HTTP/1.1"),
        ("http://10.0.0.2/a", &[("a b", "c&d=e"), ("", "")], "GET /a?a%20b=c%26d%3De&= HTTP/1.1"),
        ("http://10.0.0.2/a", &[("ü", "~-._%+\r\n")], "GET /a?%C3%BC=~-._%25%2B%0D%0A HTTP/1.1"),
        ("http://u:p@10.0.0.2:81/a", &[("k", "v")], "GET /a?k=v HTTP/1.1"),
    ] {
        let text = sent!(Method::Get, url, 512, |mut request| {
            for (name, value) in pairs {
                request = Request::query(request, name, value);
            }
            request
        })
        .unwrap();
        assert_eq!(line(&text), expected, "{url}");
        assert!(text.contains("\r\nHost: 10.0.0.2"), "{text}");
        assert_eq!(text.contains("Authorization: Basic dTpw\r\n"), url.contains('@'), "{text}");
    }
    let connect = sent!(Method::Connect, "http://10.0.0.2/", 512, |r| Request::query(r, "k", "v"));
    assert_eq!(connect, Err(ErrorKind::Request(RequestError::QueryNotAllowed)));
}

/// Lines that stand behind the target move with it, and can still be replaced.
#[test]
fn query_behind_headers() {
    let text = sent!(Method::Get, "http://u:p@10.0.0.2/a", 512, |request| {
        let request = Request::header(request, "X-A", "1").query("k", "v");
        request.header("Host", "other").query("l", "w").bearer("token").header("X-B", "2")
    })
    .unwrap();
    assert_eq!(
        text.lines().take_while(|line| !line.is_empty()).collect::<Vec<_>>()[..5],
        [
            "GET /a?k=v&l=w HTTP/1.1",
            "X-A: 1",
            "Host: other",
            "Authorization: Bearer token",
            "X-B: 2"
        ]
    );
}

#[test]
fn form() {
    let text = sent!(Method::Post, "http://10.0.0.2/a", 512, |request| {
        Request::form(request, &[("user", "ü b"), ("", "&="), ("c", "")])
            .query("k", "v")
            .header("X", "y")
    })
    .unwrap();
    assert_eq!(line(&text), "POST /a?k=v HTTP/1.1");
    assert!(text.contains("Content-Type: application/x-www-form-urlencoded\r\nX: y\r\n"), "{text}");
    assert!(text.contains("Content-Length: 26\r\n"), "{text}");
    assert!(text.ends_with("\r\n\r\nuser=%C3%BC%20b&=%26%3D&c="), "{text}");
    let empty = sent!(Method::Post, "http://10.0.0.2/a", 512, |r| Request::form(r, &[])).unwrap();
    assert!(empty.contains("Content-Length: 0\r\n"), "{empty}");
    let twice = sent!(Method::Post, "http://10.0.0.2/a", 512, |r| Request::form(r, &[]).body("b"));
    assert_eq!(twice, Err(ErrorKind::Request(RequestError::SecondBody)));
}

/// In every buffer: the same request, or an error that says how much it takes.
#[test]
fn every_room() {
    let build = |room| {
        sent!(Method::Post, "http://u:p@10.0.0.2/a", room, |request| {
            let request = Request::form(request, &[("user", "a b"), ("c", "d")]);
            request.query("key", "a value").without_header("Host").bearer("t").query("k", "v")
        })
    };
    let whole = build(1024).unwrap();
    assert!(whole.ends_with("\r\n\r\nuser=a%20b&c=d"), "{whole}");
    let mut smallest = 0;
    for room in 0..400 {
        match build(room) {
            Ok(text) => {
                assert_eq!(text, whole, "{room}");
                smallest = if smallest == 0 { room } else { smallest };
            }
            Err(ErrorKind::Buffer { needed, available, .. }) => {
                assert_eq!((available, smallest), (room, 0), "needs {needed}");
                assert!(needed > room && build(needed).is_ok(), "{room}: {needed}");
            }
            Err(other) => panic!("{room}: {other:?}"),
        }
    }
    assert!(smallest > 0);
}

/// A body that covers the head, and a line that makes way for a shorter one: what didn't fit once is never
/// taken for what was written.
#[test]
fn every_room_that_was_too_small_once() {
    for copied in [0, 30, 400] {
        let body = "b".repeat(copied);
        let build = |room| {
            sent!(Method::Post, "http://10.0.0.2/a", room, |request| {
                let request = match copied {
                    0 => request,
                    _ => Request::copy_body(request, &body),
                };
                let request = request.query("key", "a value").header("Host", "y");
                let request = request.without_header("User-Agent").without_header("Accept");
                request.without_header("Accept-Encoding")
            })
        };
        let whole = build(1024).unwrap();
        assert!(whole.starts_with("POST /a?key=a%20value HTTP/1.1\r\nHost: y\r\n"), "{whole}");
        assert!(whole.ends_with(&format!("\r\n\r\n{body}")), "{whole}");
        for room in 0..600 {
            match build(room) {
                Ok(text) => assert_eq!(text, whole, "{room}"),
                Err(ErrorKind::Buffer { needed, .. }) => {
                    assert!(needed > room && build(needed).is_ok(), "{room}: {needed}");
                }
                Err(other) => panic!("{room}: {other:?}"),
            }
        }
    }
}

#[test]
fn status_codes() {
    for (status, class, name) in [
        (100, StatusClass::Informational, Some("Continue")),
        (200, StatusClass::Success, Some("OK")),
        (299, StatusClass::Success, None),
        (308, StatusClass::Redirection, Some("Permanent Redirect")),
        (418, StatusClass::ClientError, None),
        (451, StatusClass::ClientError, Some("Unavailable For Legal Reasons")),
        (503, StatusClass::ServerError, Some("Service Unavailable")),
        (600, StatusClass::Other, None),
        (99, StatusClass::Other, None),
    ] {
        let code = StatusCode::from(status);
        assert_eq!((code.class(), code.name()), (class, name), "{status}");
        let shown = name.map_or(status.to_string(), |name| format!("{status} {name}"));
        assert_eq!(code.to_string(), shown);
        assert!(code == status && u16::from(code) == status);
    }
}

#[test]
fn content_types() {
    for (value, kind, charset, is_json) in [
        ("text/html", Some("text/html"), None, false),
        ("text/html;charset=utf-8", Some("text/html"), Some("utf-8"), false),
        ("text/html ; a=b;\tCHARSET=\"u;t\"; c", Some("text/html"), Some("u;t"), false),
        ("text/html; x=\"\\\";charset=no\"; charset=yes", Some("text/html"), Some("yes"), false),
        ("text/html; x=\"charset=no", Some("text/html"), None, false),
        ("Application/JSON", Some("Application/JSON"), None, true),
        ("application/vnd.api+JSON; charset=", Some("application/vnd.api+JSON"), Some(""), true),
        ("json", None, None, false),
        ("a/b c", None, None, false),
        ("/", None, None, false),
        ("", None, None, false),
    ] {
        let found = ContentType::of(value.as_bytes());
        assert_eq!(found.map(|found| found.as_str()), kind, "{value}");
        assert_eq!(found.and_then(|found| found.parameter("charset")), charset, "{value}");
        assert_eq!(found.is_some_and(|found| found.is_json()), is_json, "{value}");
    }
    assert!(ContentType::of(b"text/\xff").is_none());
}
