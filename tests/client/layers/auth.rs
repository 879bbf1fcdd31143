//! Credentials that a request is given.

use super::answers;
use crate::common::{TestClock, cx};
use crate::support::{HELLO, scripted};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use safe_http_client::{Config, ErrorKind, RequestError};

/// What is sent of the credentials; `None` where they are refused.
fn sent(url: &str, user: Option<&str>, secret: &str) -> Option<Vec<String>> {
    let (mut client, log) = scripted(&TestClock::ticking(1), Config::new(), [answers([HELLO])]);
    let mut cx = cx();
    let mut online = client.online(&mut cx).unwrap();
    let request = online.get(url, [0; 512]);
    let request = match user {
        Some(user) => request.basic(user, secret),
        None => request.bearer(secret),
    };
    match request.send().map(|response| response.status()) {
        Ok(_) => {
            let text = log.borrow().text(0);
            let lines = text.lines().filter_map(|line| line.strip_prefix("Authorization: "));
            Some(lines.map(str::to_owned).collect())
        }
        Err(error) => {
            assert_eq!(error.kind, ErrorKind::Request(RequestError::InvalidCredentials));
            assert_eq!(log.borrow().opened, 0, "before a byte is sent");
            None
        }
    }
}

#[test]
fn basic() {
    const URL: &str = "http://192.168.1.20/";
    for (user, password) in [
        ("Aladdin", "open sesame"),
        ("", ""),
        ("a", ""),
        ("", "p"),
        ("ü", "p@ss:%20/"),
        ("ab", "c"),
    ] {
        let expected = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        assert_eq!(sent(URL, Some(user), password), Some(vec![expected]), "{user} {password}");
    }
    for (user, password) in
        [("a:b", "c"), ("a\n", "c"), ("a", "c\r\nX: y"), ("a", "\0"), ("a", "\x7F")]
    {
        assert_eq!(sent(URL, Some(user), password), None, "{user:?} {password:?}");
    }
    let expected = format!("Basic {}", STANDARD.encode("mine:too"));
    assert_eq!(sent("http://its:own@192.168.1.20/", Some("mine"), "too"), Some(vec![expected]));
}

/// A request has one `Authorization` (RFC 9110 section 5.3): the last one that was asked for.
#[test]
fn the_last_credentials_count() {
    const URL: &str = "http://its:own@192.168.1.20/";
    for (what, expected) in
        [("basic", "Basic YTpi"), ("bearer", "Bearer t"), ("header", "its own"), ("digest", "")]
    {
        let (mut client, log) = scripted(&TestClock::ticking(1), Config::new(), [answers([HELLO])]);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let request = online.get(URL, [0; 512]).bearer("first").basic("se", "cond");
        let request = request.header("X", "y").bearer("third").header("Host", "z").query("k", "v");
        let request = request.header("Authorization", "fourth");
        let status = match what {
            "basic" => request.basic("a", "b").send().unwrap().status(),
            "bearer" => request.bearer("t").send().unwrap().status(),
            "header" => request.header("authorization", "its own").send().unwrap().status(),
            #[cfg(not(feature = "digest"))]
            _ => continue,
            #[cfg(feature = "digest")]
            _ => request.digest("u", "p", 17).send().unwrap().status(),
        };
        assert_eq!(status, 200);
        let text = log.borrow().text(0);
        let lines = text.lines().filter_map(|line| line.split_once("uthorization: "));
        assert_eq!(lines.map(|(_, value)| value).collect::<String>(), expected, "{text}");
        assert!(text.starts_with("GET /?k=v HTTP/1.1\r\nX: y\r\nHost: z\r\n"), "{text}");
    }
}

#[test]
fn bearer() {
    for token in ["mF_9.B5f-4.1JqM", "a", "a~+/==", "0"] {
        let found = sent("http://its:own@192.168.1.20/", None, token);
        assert_eq!(found, Some(vec![format!("Bearer {token}")]));
    }
    for token in ["", "=", "a b", "a\r\nX: y", "ü", "a=b", "a,b"] {
        assert_eq!(sent("http://192.168.1.20/", None, token), None, "{token:?}");
    }
}
