//! The header lines: the caller's, the defaults, and the credentials of the URL.

use super::{Bench, DEFAULTS, sent_by_get, with_defaults};
use safe_http_client::{ErrorKind, Method, RequestError};

#[test]
fn the_callers_lines_stand_between_host_and_defaults_in_their_order() {
    let sent = Bench::new().sent(Method::Get, "http://h/", |request| {
        request.header("x-key", "secret").header("Accept-Language", "de").header("x-key", b"two")
    });
    let lines = "GET / HTTP/1.1\r\nHost: h\r\nx-key: secret\r\nAccept-Language: de\r\n\
                 x-key: two\r\n";
    assert_eq!(sent, with_defaults(lines));
}

/// White space around a value is no part of it (RFC 9112 section 5); inside, it is.
#[test]
fn values_are_trimmed_and_otherwise_kept() {
    let Bench { mut client, log, mut cx } = Bench::new();
    let mut buffer = [0; 512];
    client
        .online(&mut cx)
        .unwrap()
        .get("http://h/", &mut buffer)
        .header("a", " \t spaces\tand tabs \t")
        .header("b", "")
        .header("c", "   ")
        // obs-text: bytes above 0x7F are passed on as they are.
        .header("d", b"\x80\xE4\xFF")
        .header("e", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
        .send()
        .unwrap();
    let mut expected = b"GET / HTTP/1.1\r\nHost: h\r\na: spaces\tand tabs\r\nb: \r\nc: \r\n\
                         d: \x80\xE4\xFF\r\ne: !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\r\n"
        .to_vec();
    expected.extend_from_slice(DEFAULTS.as_bytes());
    expected.extend_from_slice(b"\r\n");
    assert_eq!(log.borrow().sent(0), expected);
}

#[test]
fn each_default_can_be_replaced() {
    let agent = DEFAULTS.replace("Accept: */*\r\n", "");
    let identity = "Accept-Encoding: identity\r\n";
    let accepts = format!("Accept: */*\r\n{identity}");
    let to_encoding = DEFAULTS.replace(identity, "");
    for (name, value, lines) in [
        ("Host", "other:81", format!("Host: other:81\r\n{DEFAULTS}")),
        ("hOsT", "other:81", format!("hOsT: other:81\r\n{DEFAULTS}")),
        ("User-Agent", "mine/1", format!("Host: h\r\nUser-Agent: mine/1\r\n{accepts}")),
        ("ACCEPT", "text/plain", format!("Host: h\r\nACCEPT: text/plain\r\n{agent}")),
        ("accept-encoding", "gzip", format!("Host: h\r\naccept-encoding: gzip\r\n{to_encoding}")),
    ] {
        let sent =
            Bench::new().sent(Method::Get, "http://h/", |request| request.header(name, value));
        assert_eq!(sent, format!("GET / HTTP/1.1\r\n{lines}\r\n"), "{name}");
    }
}

#[test]
fn each_default_can_be_left_out() {
    let agent = DEFAULTS.replace("Accept: */*\r\n", "");
    let identity = "Accept-Encoding: identity\r\n";
    for (name, expected) in [
        ("Host", DEFAULTS.to_string()),
        ("user-agent", format!("Host: h\r\nAccept: */*\r\n{identity}")),
        ("ACCEPT-encoding", format!("Host: h\r\n{}", DEFAULTS.replace(identity, ""))),
        ("Accept", format!("Host: h\r\n{agent}")),
        // What isn't there by default can't be left out.
        ("x-key", format!("Host: h\r\n{DEFAULTS}")),
    ] {
        let sent =
            Bench::new().sent(Method::Get, "http://h/", |request| request.without_header(name));
        assert_eq!(sent, format!("GET / HTTP/1.1\r\n{expected}\r\n"), "without {name}");
    }
    let bare = Bench::new().sent(Method::Get, "http://h/", |request| {
        let request = request.without_header("Accept").without_header("Accept-Encoding");
        request.without_header("Host").without_header("User-Agent")
    });
    assert_eq!(bare, "GET / HTTP/1.1\r\n\r\n");
}

#[test]
fn host_is_replaced_wherever_it_is_given_and_once_only() {
    let sent = Bench::new().sent(Method::Get, "http://h/p", |request| {
        request.header("a", "1").header("Host", "other").header("b", "2")
    });
    let lines = "GET /p HTTP/1.1\r\na: 1\r\nHost: other\r\nb: 2\r\n";
    assert_eq!(sent, with_defaults(lines));
    let sent = Bench::new().sent(Method::Get, "http://h/p", |request| {
        request.header("a", "1").without_header("Host").header("Host", "other")
    });
    assert_eq!(sent, with_defaults("GET /p HTTP/1.1\r\na: 1\r\nHost: other\r\n"));
    let error = Bench::new().refused(Method::Get, "http://h/", |request| {
        request.header("Host", "a").header("host", "b")
    });
    assert_eq!(error.kind, ErrorKind::Request(RequestError::SecondHost));
    assert_eq!(error.to_string(), "url: Host was given twice: a request has one");
}

/// Header injection: a line break in a value would be another header, or another request.
#[test]
fn a_value_with_a_control_character_is_refused_before_a_byte_is_sent() {
    for (value, at, byte) in [
        (b"a\r\nX-Injected: 1".as_slice(), 1, b'\r'),
        (b"a\nX-Injected: 1", 1, b'\n'),
        (b"\r\n\r\nGET /admin HTTP/1.1", 0, b'\r'),
        (b"abc\0", 3, 0),
        (b"a\x7F", 1, 0x7F),
        (b"a\x1B[2J", 1, 0x1B),
        // White space that is no OWS isn't trimmed away.
        (b"a\x0B", 1, 0x0B),
    ] {
        let error = Bench::new()
            .refused(Method::Get, "http://h/", |request| request.header("X-Key", value));
        let expected = RequestError::InvalidHeaderValue { at, byte };
        assert_eq!(error.kind, ErrorKind::Request(expected), "{value:?}");
        assert_eq!(error.code(), "invalid_header");
    }
}

#[test]
fn a_name_that_is_no_token_is_refused() {
    for name in ["", "X Key", "X-Key:", "X-Key\r\nY", "X\0", "(x)", "X-K\u{e9}y", " X", "X\t"] {
        let error =
            Bench::new().refused(Method::Get, "http://h/", |request| request.header(name, "v"));
        assert_eq!(error.kind, ErrorKind::Request(RequestError::InvalidHeaderName), "{name:?}");
    }
}

/// Each is as long as a name that does, and has a value that would mean something there.
#[test]
fn any_other_name_decides_nothing() {
    for (name, value) in [
        ("Date", "h2"),
        ("Cookie", "100-continue"),
        ("Keep-Alive", "close"),
        ("If-None-Match", "Basic"),
        ("Accept-Charset", "5"),
        ("If-Modified-Since", "chunked"),
    ] {
        let Bench { mut client, log, mut cx } = Bench::new();
        let mut buffer = [0; 512];
        let mut online = client.online(&mut cx).unwrap();
        let request = online.post("http://user:pw@h/", &mut buffer);
        request.header(name, value).body(b"open").send().unwrap();
        let expected = format!(
            "POST / HTTP/1.1\r\nHost: h\r\nAuthorization: Basic dXNlcjpwdw==\r\n\
             {name}: {value}\r\n{DEFAULTS}Content-Length: 4\r\n\r\nopen"
        );
        assert_eq!(log.borrow().text(0), expected);
        assert!(client.is_connected(), "kept, whatever {name} says");
    }
}

/// Two ideas of where a body ends are how requests are smuggled (RFC 9112 section 11.2).
#[test]
fn the_bodys_framing_is_not_for_the_caller() {
    for name in ["Content-Length", "content-length", "Transfer-Encoding", "TRANSFER-ENCODING"] {
        let error = Bench::new()
            .refused(Method::Post, "http://h/", |request| request.header(name, "4").body(b"open"));
        assert_eq!(error.kind, ErrorKind::Request(RequestError::ManagedHeader), "{name}");
        assert_eq!(error.code(), "managed_header");
    }
}

/// What a caller writes has to fit what is sent.
#[test]
fn lines_that_contradict_the_request_are_refused() {
    type Build = for<'r> fn(super::Built<'r>) -> super::Built<'r>;
    let rows: [(&str, Build); 12] = [
        ("Host", |request| request.header("Host", "http://h")),
        ("Host", |request| request.header("host", "h/gate")),
        ("Host", |request| request.header("Host", "user@h")),
        ("Host", |request| request.header("Host", "h h")),
        ("Host", |request| request.header("Host", "h, i")),
        ("Connection", |request| request.header("Connection", "keep-alive").connection_close()),
        ("Connection", |request| request.connection_close().header("Connection", "Keep-Alive")),
        ("Connection", |request| request.header("Connection", "close, keep-alive")),
        ("Connection", |request| {
            request.header("Connection", "close").header("Connection", "keep-alive")
        }),
        ("Expect", |request| request.header("Expect", "100-continue")),
        ("Expect", |request| request.header("Expect", "100-Continue").body("")),
        ("Expect", |request| request.expect_continue().header("Expect", "100-continue")),
    ];
    for (name, build) in rows {
        let error = Bench::new().refused(Method::Post, "http://h/", build);
        assert_eq!(error.kind, ErrorKind::Request(RequestError::UnfitHeader(name)));
        assert_eq!(error.code(), "unfit_header");
        assert!(error.to_string().contains(&format!("the {name} line ")), "{error}");
    }
    let fit: [Build; 7] = [
        |request| request.header("Host", "gate.local:8080"),
        |request| request.header("Host", "[fe80::1]:80"),
        |request| request.header("Host", ""),
        |request| request.header("Connection", "keep-alive"),
        |request| request.header("Connection", "close").connection_close(),
        |request| request.header("Connection", "upgrade").header("Upgrade", "echo"),
        |request| request.header("Expect", "100-continue").body(b"open"),
    ];
    for build in fit {
        Bench::new().sent(Method::Post, "http://h/", build);
    }
}

#[test]
fn the_first_mistake_is_reported() {
    let error = Bench::new().refused(Method::Get, "http://h/", |request| {
        request.header("a", "1\n").header("b b", "2").header("Host", "x").header("Host", "y")
    });
    let expected = RequestError::InvalidHeaderValue { at: 1, byte: b'\n' };
    assert_eq!(error.kind, ErrorKind::Request(expected));
}

/// RFC 7617, of the decoded text; `Host` never has them (RFC 9110 section 4.2.4).
#[test]
fn user_and_password_become_basic_authorization() {
    for (userinfo, base64) in [
        ("user:pw", "dXNlcjpwdw=="),
        ("Aladdin:open%20sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ("user", "dXNlcjo="),
        ("user:", "dXNlcjo="),
        (":pw", "OnB3"),
        ("us%2Der:p%40%2f%3A", "dXMtZXI6cEAvOg=="),
        ("a:b:c", "YTpiOmM="),
        ("test:123%C2%A3", "dGVzdDoxMjPCow=="),
    ] {
        let sent = sent_by_get(&format!("http://{userinfo}@h:8080/p"));
        let line = format!("Authorization: Basic {base64}\r\n");
        let lines = format!("GET /p HTTP/1.1\r\nHost: h:8080\r\n{line}");
        assert_eq!(sent, with_defaults(&lines), "{userinfo}");
    }
}

/// They are the origin's. A tunnel's request goes to a proxy, which isn't to have them.
#[test]
fn connect_tells_no_credentials_of_the_url() {
    let sent = Bench::new().sent(Method::Connect, "http://user:pw@h:22", |request| request);
    assert_eq!(sent, with_defaults("CONNECT h:22 HTTP/1.1\r\nHost: h:22\r\n"));
    let sent = Bench::new().sent(Method::Connect, "http://user:pw@h:22", |request| {
        request.header("Authorization", "Basic mine")
    });
    let lines = "CONNECT h:22 HTTP/1.1\r\nHost: h:22\r\nAuthorization: Basic mine\r\n";
    assert_eq!(sent, with_defaults(lines));
}

#[test]
fn an_authorization_of_the_callers_comes_first() {
    let sent = Bench::new().sent(Method::Get, "http://user:pw@h/", |request| {
        request.header("authorization", "Bearer token")
    });
    let lines = "GET / HTTP/1.1\r\nHost: h\r\nauthorization: Bearer token\r\n";
    assert_eq!(sent, with_defaults(lines));
}

#[test]
fn a_broken_escape_in_them_is_refused() {
    for userinfo in ["user:100%", "user:%4", "us%zz:pw", "user:%+1"] {
        let url = format!("http://{userinfo}@h/");
        let error = Bench::new().refused(Method::Get, &url, |request| request);
        assert_eq!(error.kind, ErrorKind::Request(RequestError::InvalidCredentials), "{url}");
        // Passwords don't belong in logs.
        assert!(!error.to_string().contains(userinfo), "{error}");
    }
}
