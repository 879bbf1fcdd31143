//! JSON that is sent and received.

use super::answers;
use crate::common::script::{Connection, Step};
use crate::common::{TestClock, cx};
use crate::support::scripted;
use safe_http_client::{Config, ErrorKind, JsonError, RequestError};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct State<'a> {
    door: &'a str,
    opened: u32,
}

const WHOLE: &str = "{\"door\":\"front\",\"opened\":17}";

#[test]
fn sent() {
    for room in 0..512 {
        let connections = [answers(["HTTP/1.1 204 OK\r\n\r\n"])];
        let (mut client, log) = scripted(&TestClock::ticking(1), Config::new(), connections);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let request = online.put("http://192.168.1.20/a", vec![0; room]);
        let request = request.json(&State { door: "front", opened: 17 }).header("X-A", "b");
        match request.send().map(|response| response.status()) {
            Ok(_) => {
                let text = log.borrow().text(0);
                assert_eq!(text.split("\r\n\r\n").nth(1), Some(WHOLE));
                assert!(text.contains("Content-Type: application/json\r\nX-A: b\r\n"), "{text}");
                assert!(room > 200, "{room}");
            }
            Err(error) => match error.kind {
                ErrorKind::Request(RequestError::JsonBody { available }) => {
                    assert!(available < 29 && room < 150, "{room} {available}");
                }
                ErrorKind::Buffer { needed, .. } => assert!(needed > room && room < 250, "{room}"),
                other => panic!("{room}: {other:?}"),
            },
        }
    }
}

#[test]
fn received() {
    let with_length = |body: &str| {
        answers([&*format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())])
    };
    let cut = |body: &str| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{body}");
        Connection::new([Step::AwaitRequest, Step::Data(head.into_bytes()), Step::Zero])
    };
    let coded = |coding: &str, body: &[u8]| {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {length}\r\n\r\n"
        );
        let head = head.replace("Content-Encoding: \r\n", "");
        Connection::new([Step::AwaitRequest, Step::Data([head.as_bytes(), body].concat())])
    };
    let padded = format!(" {WHOLE}\r\n");
    // In a field that the type passes over, objects and arrays in one another.
    let deep = |open: &str, inner: &str, close: &str, count: usize| {
        let other = format!("{}{inner}{}", open.repeat(count), close.repeat(count));
        with_length(&format!("{{\"other\":{other},{}", &WHOLE[1..]))
    };
    let brackets = "[".repeat(400);
    let large = format!("{{\"door\":\"{}\",\"opened\":17}}", "x".repeat(2000));
    for (connection, expected) in [
        (with_length(WHOLE), None),
        (deep("[", "1", "]", 31), None),
        (deep("[", "1", "]", 32), Some("CustomError")),
        (deep("{\"a\": ", "1", "}", 31), None),
        (deep("{\"a\": ", "1", "}", 32), Some("CustomError")),
        (deep("[{\"a\":", "", "", 100), Some("CustomError")),
        // Brackets of texts, and those that a word's quotation mark would hide.
        (deep("", &format!("\"{brackets}\\\"{{\""), "", 1), None),
        (deep("", &format!("\"{brackets}\\\\\""), "", 1), None),
        (deep("[\"]\",", "1", "]", 100), Some("CustomError")),
        (deep("", &format!("[z:\",{brackets}"), "", 1), Some("CustomError")),
        (deep("", &format!("[,\"A\"{brackets}"), "", 1), Some("CustomError")),
        (deep("", "[,1]", "", 1), Some("CustomError")),
        (deep("", "[],[[]],[[],[]]", "", 1), Some("KeyMustBeAString")),
        (deep("", &format!("[{}[]]", "[],{},".repeat(50)), "", 1), None),
        (with_length(&padded), None),
        (with_length("{\"door\":\"front\""), Some("EofWhileParsingObject")),
        (with_length(&format!("{WHOLE}x")), Some("TrailingCharacters")),
        (with_length(""), Some("EofWhileParsingValue")),
        (with_length("<html>"), Some("InvalidType")),
        (with_length("{\"door\":\"front\",\"opened\":-1}"), Some("InvalidNumber")),
        (cut("{\"door\":\"fr"), Some("truncated")),
        (with_length(&large), Some("buffer_too_small")),
        (coded("gzip", b"\x1F\x8B\x08\x00rest"), Some("compressed")),
        (coded("", b"\x1F\x8B\x08\x00rest"), Some("compressed")),
        (coded("", b"\x28\xB5\x2F\xFDrest"), Some("compressed")),
        // What only says so.
        (coded("gzip", WHOLE.as_bytes()), None),
        (coded("identity", b"\xFF"), Some("InvalidType")),
    ] {
        let (mut client, _log) = scripted(&TestClock::ticking(1), Config::new(), [connection]);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let mut response = online.get("http://192.168.1.20/a", [0; 1024]).send().unwrap();
        let found = match response.json::<State<'_>>() {
            Ok(found) => {
                assert_eq!(found, State { door: "front", opened: 17 });
                None
            }
            Err(JsonError::Json(error)) => Some(format!("{error:?}")),
            Err(JsonError::Response(error)) => Some(error.code().to_owned()),
        };
        assert_eq!(found.as_deref(), expected);
    }
}

/// A text comes with its escapes. (Python writes the one, PHP the other.)
#[test]
fn escapes() {
    for text in ["caf\\u00e9", "http:\\/\\/192.168.1.20", "a\\\"b\\\\"] {
        let body = format!("\"{text}\"");
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let (mut client, _log) =
            scripted(&TestClock::ticking(1), Config::new(), [answers([&*answer])]);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let mut response = online.get("http://192.168.1.20/a", [0; 1024]).send().unwrap();
        assert_eq!(response.json::<&str>(), Ok(text));
    }
}
