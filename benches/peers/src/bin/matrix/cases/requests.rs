//! What becomes of what the caller asks for.

use super::{Act, Ask, Case, Expect, HELLO, Needs, URL, case, hello, hello_or_error, send};
use crate::server::Seen;

const T: &str = "requests";

/// A request that has to arrive, as `seen` wants it.
fn sent(
    name: &str,
    section: &'static str,
    ask: Ask,
    seen: fn(&Seen) -> Result<(), String>,
) -> Case {
    case(T, name, section).ask(ask, hello()).connection([Act::Request, send(HELLO)]).seen(seen)
}

/// A request that is refused, or arrives as `seen` wants it.
fn sent_or_refused(
    name: &str,
    section: &'static str,
    ask: Ask,
    seen: fn(&Seen) -> Result<(), String>,
) -> Case {
    case(T, name, section)
        .ask(ask, hello_or_error())
        .connection([Act::Request, send(HELLO)])
        .seen(seen)
}

/// A request that is refused before a byte of it is sent.
fn refused(name: &str, section: &'static str, ask: Ask) -> Case {
    case(T, name, section)
        .ask(ask, Expect::Error)
        .connection([Act::Request, send(HELLO)])
        .seen(nothing)
}

fn nothing(seen: &Seen) -> Result<(), String> {
    let text = seen.text();
    if text.is_empty() { Ok(()) } else { Err(format!("sent {text:?}")) }
}

/// The request line is this one.
fn line(seen: &Seen, wanted: &str) -> Result<(), String> {
    let text = seen.text();
    let line = text.lines().next().unwrap_or_default();
    if text.is_empty() || line == wanted { Ok(()) } else { Err(format!("sent {line:?}")) }
}

/// The values of these fields.
fn values(seen: &Seen, name: &str) -> Vec<String> {
    let text = seen.text();
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    head.lines()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .filter(|(other, _)| other.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim().to_owned())
        .collect()
}

/// The field is there once, with this value in any case; or nothing was sent.
fn field(seen: &Seen, name: &str, wanted: &str) -> Result<(), String> {
    let values = values(seen, name);
    if seen.text().is_empty() || values.len() == 1 && values[0].eq_ignore_ascii_case(wanted) {
        Ok(())
    } else {
        Err(format!("{name}: {values:?}"))
    }
}

fn exactly(seen: &Seen, name: &str, wanted: &str) -> Result<(), String> {
    let values = values(seen, name);
    if seen.text().is_empty() || values == [wanted] {
        Ok(())
    } else {
        Err(format!("{name}: {values:?}"))
    }
}

fn absent(seen: &Seen, names: &[&str]) -> Result<(), String> {
    match names.iter().find(|name| !values(seen, name).is_empty()) {
        Some(name) => Err(format!("{name}: {:?}", values(seen, name))),
        None => Ok(()),
    }
}

/// The request says that its body is empty.
fn empty_body(seen: &Seen) -> Result<(), String> {
    let chunked =
        values(seen, "transfer-encoding").iter().any(|v| v.eq_ignore_ascii_case("chunked"));
    if chunked && seen.text().ends_with("\r\n\r\n0\r\n\r\n") {
        return Ok(());
    }
    field(seen, "content-length", "0")
}

/// No byte that a request line can't have is in it.
fn clean_line(seen: &Seen) -> Result<(), String> {
    let text = seen.text();
    let line = text.split("\r\n").next().unwrap_or_default();
    let clean =
        line.matches(' ').count() == 2 && line.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if text.is_empty() || clean && !text.contains("X-Evil: ") {
        Ok(())
    } else {
        Err(format!("sent {text:?}"))
    }
}

pub fn cases() -> Vec<Case> {
    let mut cases = injected();
    cases.extend(urls());
    cases.extend(framed());
    cases
}

fn injected() -> Vec<Case> {
    const S_FIELD: &str = "9110 5.5";
    let path = |name: &str, path: &str| {
        sent_or_refused(name, "3986 2", Ask::get(format!("http://gate.test{path}")), clean_line)
    };
    vec![
        refused("CR LF in a value", S_FIELD, Ask::get(URL).header("X-A", "b\r\nX-Evil: 1")),
        refused("LF in a value", S_FIELD, Ask::get(URL).header("X-A", "b\nX-Evil: 1")),
        refused("NUL in a value that is sent", S_FIELD, Ask::get(URL).header("X-A", "b\0c")),
        refused("CR LF in a name", "9110 5.1", Ask::get(URL).header("X-A: b\r\nX-Evil", "1")),
        refused("a name with a space", "9110 5.1", Ask::get(URL).header("X A", "b")),
        refused("an empty name", "9110 5.1", Ask::get(URL).header("", "b")),
        refused("a method with a space", "9110 9.1", Ask::get(URL).method("GET /evil"))
            .needs(Needs::AnyMethod),
        // Refused, or percent-encoded.
        path("CR LF in a path", "/a HTTP/1.1\r\nX-Evil: 1\r\n\r\n"),
        path("a space in a path", "/a b"),
        path("a control character in a path", "/a\x01b"),
        path("letters beyond ASCII in a path", "/k\u{fc}che"),
    ]
}

fn urls() -> Vec<Case> {
    let url = |name: &str, section, url: &str, seen: fn(&Seen) -> Result<(), String>| {
        sent(name, section, Ask::get(url), seen).needs(Needs::Urls)
    };
    vec![
        url("a URL's fragment isn't sent", "9112 3.2", "http://gate.test/p?q#f", |seen| {
            line(seen, "GET /p?q HTTP/1.1")
        }),
        url("a port is part of Host", "9110 7.2", "http://gate.test:8080/", |seen| {
            field(seen, "host", "gate.test:8080")
        }),
        // With or without: the scheme's own port may be left out.
        url("the default port", "9110 4.2.3", "http://gate.test:80/", |seen| {
            field(seen, "host", "gate.test").or_else(|_| field(seen, "host", "gate.test:80"))
        }),
        url("a URL without a path", "9112 3.2.1", "http://gate.test", |seen| {
            line(seen, "GET / HTTP/1.1")
        }),
        url("a query without a path", "9112 3.2.1", "http://gate.test?x=1", |seen| {
            line(seen, "GET /?x=1 HTTP/1.1").and(field(seen, "host", "gate.test"))
        }),
        url("IPv6 in brackets", "3986 3.2.2", "http://[fe80::1]:8080/", |seen| {
            field(seen, "host", "[fe80::1]:8080")
        }),
        // Used, or refused: neither part of Host nor dropped without a word.
        sent_or_refused(
            "user:password@ in a URL",
            "9110 4.2.4",
            Ask::get("http://u:p@gate.test/"),
            |seen| {
                field(seen, "host", "gate.test").and(exactly(seen, "authorization", "Basic dTpw"))
            },
        )
        .needs(Needs::Urls),
        refused("no host", "9110 4.2.1", Ask::get("http:///path")).needs(Needs::Urls),
        refused("a port beyond 65535", "3986 3.2.3", Ask::get("http://gate.test:65536/"))
            .needs(Needs::Urls),
        refused("https without TLS", "9110 4.2.2", Ask::get("https://gate.test/"))
            .needs(Needs::Schemes),
    ]
}

fn framed() -> Vec<Case> {
    let post = |bytes, declared| Ask::get(URL).method("POST").body(bytes, declared);
    vec![
        sent("a GET announces no body", "9110 8.6", Ask::get(URL), |seen| {
            absent(seen, &["content-length", "transfer-encoding"])
        }),
        sent("a POST without a body says so", "9110 8.6", Ask::get(URL).method("POST"), empty_body),
        sent("a PUT without a body says so", "9110 8.6", Ask::get(URL).method("PUT"), empty_body),
        sent("Host is there once", "9112 3.2", Ask::get(URL), |seen| {
            field(seen, "host", "gate.test")
        }),
        sent_or_refused(
            "the caller's Host",
            "9112 3.2",
            Ask::get(URL).header("Host", "other.test"),
            |seen| field(seen, "host", "other.test"),
        )
        .needs(Needs::Urls),
        sent("a body of known length", "9112 6.2", post(b"hello", Some(5)), |seen| {
            field(seen, "content-length", "5").and_then(|()| ends(seen, "\r\n\r\nhello"))
        }),
        sent("a body of unknown length", "9112 7.1", post(b"hello", None), |seen| {
            field(seen, "transfer-encoding", "chunked")
                .and_then(|()| ends(seen, "5\r\nhello\r\n0\r\n\r\n"))
        })
        .needs(Needs::Streams),
        case(T, "a body shorter than declared", "9112 6.2")
            .ask(post(b"hello", Some(9)), Expect::Error)
            .connection([Act::Request, send(HELLO)])
            .needs(Needs::Streams),
        case(T, "a body longer than declared", "9112 6.2")
            .ask(post(b"hello, world", Some(5)), Expect::Error)
            .connection([Act::Request, send(HELLO)])
            .needs(Needs::Streams),
    ]
}

fn ends(seen: &Seen, wanted: &str) -> Result<(), String> {
    let text = seen.text();
    if text.ends_with(wanted) { Ok(()) } else { Err(format!("sent {text:?}")) }
}
