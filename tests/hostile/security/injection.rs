//! Nothing that is given or received ends a line, or makes two messages of one.

use super::*;

/// What ends a line or a string, for a server, a proxy, or a log.
const CONTROLS: [&str; 9] = ["\r\n", "\r", "\n", "\0", "\x0b", "\x1b", "\x7f", "\r\nX: y", "\n\n"];

/// A text with this at its start, in its middle and at its end.
fn infected(text: &str, with: &str) -> [String; 3] {
    let (front, back) = text.split_at(text.len() / 2);
    [format!("{with}{text}"), format!("{front}{with}{back}"), format!("{text}{with}")]
}

type Outcome = Result<(), ErrorOf<Network>>;
/// Makes a request with this text somewhere.
type Place = fn(Online<'_, Network, TestClock>, &str) -> Outcome;

#[test]
fn control_characters_in_any_text_are_refused_before_a_byte_leaves() {
    let places: [(&str, &str, &[&str], Place); 9] = [
        (
            "a URL",
            "http://192.168.1.20/gate",
            &["malformed_url", "unsupported_scheme"],
            |mut online, text| online.get(text, [0; 512]).send().map(drop),
        ),
        ("a host", "gate.test", &["malformed_url"], |mut online, text| {
            online.get(&format!("http://{text}/"), [0; 512]).send().map(drop)
        }),
        ("a port", "8080", &["malformed_url"], |mut online, text| {
            online.get(&format!("http://gate.test:{text}/"), [0; 512]).send().map(drop)
        }),
        ("a path", "gate", &["malformed_url"], |mut online, text| {
            online.get(&format!("{URL}{text}/x"), [0; 512]).send().map(drop)
        }),
        ("a query", "door=2", &["malformed_url"], |mut online, text| {
            online.get(&format!("{URL}?{text}"), [0; 512]).send().map(drop)
        }),
        ("credentials", "user:password", &["malformed_url"], |mut online, text| {
            online.get(&format!("http://{text}@gate.test/"), [0; 512]).send().map(drop)
        }),
        ("a header's name", "X-Key", &["invalid_header"], |mut online, text| {
            online.get(URL, [0; 512]).header(text, "v").send().map(drop)
        }),
        ("a header's value", "secret", &["invalid_header"], |mut online, text| {
            online.get(URL, [0; 512]).header("x-key", text).send().map(drop)
        }),
        ("a method", "PURGE", &["invalid_method"], |mut online, text| {
            online.request(Method::Custom(text), URL, [0; 512]).send().map(drop)
        }),
    ];
    let mut cx = cx();
    for (place, text, codes, send) in places {
        for control in CONTROLS {
            for infected in infected(text, control) {
                let (mut client, log) = client([Connection::answer(HELLO)]);
                let context = format!("{} as {place}", infected.escape_debug());
                let online = client.online(&mut cx).unwrap();
                let error = send(online, &infected).expect_err(&context);
                assert!(codes.contains(&error.code()), "{context}: {error}");
                assert_eq!((error.phase, log.borrow().opened), (Phase::Url, 0), "{context}");
                // Nor do they reach the log that an error is written to.
                let diagnosis = client.diagnosis(&error);
                let said = format!("{error} {error:?} {diagnosis}");
                let control = said.chars().find(|it| it.is_control() && *it != '\n');
                assert_eq!(control, None, "{context}: {said}");
            }
        }
    }
}

/// The other ways to make a URL.
#[test]
fn control_characters_in_the_parts_of_a_url_are_refused() {
    for control in CONTROLS {
        for host in infected("gate.test", control) {
            assert!(Url::from_parts(Scheme::Http, &host, None, "/").is_err(), "{host:?}");
        }
        for path in infected("/gate?x", control) {
            assert!(Url::from_parts(Scheme::Http, "gate.test", None, &path).is_err(), "{path:?}");
        }
    }
}

/// What is percent-encoded stays so; in credentials, where it would be decoded and then encoded by Base64, it is
/// refused (RFC 7617 section 2).
#[test]
fn encoded_line_ends_end_no_line() {
    let mut cx = cx();
    let (mut client, log) = client([Connection::answer(HELLO)]);
    let mut online = client.online(&mut cx).unwrap();
    for credentials in ["us%0d%0aX:p", "us:p%00w", "us:%0a", "%7f:p", "u%1Fs"] {
        let url = format!("http://{credentials}@gate.test/");
        let error = online.get(&*url, [0; 512]).send().map(drop).unwrap_err();
        assert_eq!((error.code(), log.borrow().opened), ("invalid_credentials", 0), "{url}");
    }
    let url = "http://us%20X:p%C2%A0w@gate.test/%0d%0aX:%20y?%0a";
    online.get(url, &mut [0; 512]).without_header("x\r\ny").send().unwrap();
    let expected = format!(
        "GET /%0d%0aX:%20y?%0a HTTP/1.1\r\nHost: gate.test\r\n\
         Authorization: Basic dXMgWDpwwqB3\r\nUser-Agent: safe-http-client/{}\r\n\
         Accept: */*\r\n\
         Accept-Encoding: identity\r\n\r\n",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(log.borrow().text(0), expected);
}

/// Two lengths, or a length of the caller's, would be two requests to some server.
#[test]
fn framing_by_hand_is_refused() {
    let mut cx = cx();
    for name in ["Content-Length", "content-LENGTH", "Transfer-Encoding", "transfer-encoding"] {
        let (mut client, log) = client([]);
        let mut online = client.online(&mut cx).unwrap();
        let error = online.post(URL, [0; 512]).header(name, "5").body("hello").send().unwrap_err();
        assert_eq!((error.code(), log.borrow().opened), ("managed_header", 0));
    }
}

// --- Splitting ---

/// Whatever makes one response look like two: the second is nobody's, and its connection is closed.
#[test]
fn a_response_that_holds_another_is_one_or_none() {
    let evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
    let head = "HTTP/1.1 200 OK\r\n";
    let rows: [(&str, String, Result<&str, &str>); 10] = [
        ("behind a length", format!("{HELLO}{evil}"), Ok("hello")),
        (
            "behind chunks",
            format!("{head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{evil}"),
            Ok(""),
        ),
        ("behind a 204", format!("HTTP/1.1 204 No Content\r\n\r\n{evil}"), Ok("")),
        ("in a value, by a CR", format!("{head}A: b\r\r{evil}"), Err("malformed_response")),
        ("in a value, by a NUL", format!("{head}A: b\0\r\n{evil}"), Err("malformed_response")),
        (
            "by two lengths",
            format!("{head}Content-Length: 0\r\nContent-Length: 44\r\n\r\n{evil}"),
            Err("malformed_response"),
        ),
        (
            "by a length and chunks",
            format!(
                "{head}Content-Length: 44\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{evil}"
            ),
            Err("malformed_response"),
        ),
        (
            "by a folded line, which is no length but a part of A",
            format!("{head}A: b\r\n Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello{evil}"),
            Ok("hello"),
        ),
        (
            "by a length that is folded",
            format!("{head}Content-Length: 0\r\n 5\r\n\r\nhello{evil}"),
            Err("malformed_response"),
        ),
        (
            "by a space before a colon",
            format!("{head}Content-Length : 0\r\n\r\n{evil}"),
            Err("malformed_response"),
        ),
    ];
    let mut cx = cx();
    for (name, bytes, expected) in rows {
        let connections = [Connection::answer(bytes), Connection::answer(HELLO)];
        let (mut client, log) = client(connections);
        let mut get = || {
            let mut online = client.online(&mut cx)?;
            let mut response = online.get(URL, [0; 512]).send()?;
            response.read_to_str().map(str::to_owned)
        };
        assert_eq!(get().as_deref().map_err(|error| error.code()), expected, "{name}");
        assert_eq!(get().as_deref().map_err(|error| error.code()), Ok("hello"), "{name}");
        assert_eq!(log.borrow().opened, 2, "{name}");
        let why = if expected.is_ok() { CloseReason::ExcessBytes } else { CloseReason::Error };
        assert_eq!(client.close_reason(), Some(why), "{name}");
    }
}
