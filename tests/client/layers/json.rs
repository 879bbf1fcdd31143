//! JSON that is sent and received.

use super::answers;
use super::any_answer::answers::Random;
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
        // An escape outside of a text is none.
        (with_length(&format!("\\n{WHOLE}")), Some("InvalidType")),
        (with_length("{\"door\":\"front\"\\u002c\"opened\":17}"), Some("ExpectedObjectCommaOrEnd")),
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

/// What has escapes is another text than the bytes that came: it is decoded, or refused, and never handed over as
/// it stands. (Python writes `\u00e9`, PHP `\/`.)
#[test]
fn escapes() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Owned {
        door: heapless::String<160>,
    }
    let long = "y".repeat(127);
    let refused = "CustomError";
    for (text, owned, borrowed) in [
        ("front", Ok("front"), Ok("front")),
        (r"http:\/\/gate\/", Ok("http://gate/"), Ok("http://gate/")),
        (r"caf\u00e9 \u00FC\b\f\n\r\t", Ok("café ü\u{8}\u{c}\n\r\t"), Ok("café ü\u{8}\u{c}\n\r\t")),
        (r"\u20ac\ud83d\ude00", Ok("€😀"), Ok("€😀")),
        // Halves of a pair.
        (r"\ud83d", Ok("\u{fffd}"), Ok("\u{fffd}")),
        (r"\ude00x", Ok("\u{fffd}x"), Ok("\u{fffd}x")),
        (r"\ud83d\ud83d\ude00", Ok("\u{fffd}😀"), Ok("\u{fffd}😀")),
        (r"\ud83d\n", Ok("\u{fffd}\n"), Ok("\u{fffd}\n")),
        // What would end the text, and what would begin an escape that isn't one.
        (r#"the \"left\""#, Ok("the \"left\""), Err(refused)),
        (r"\u0022,\u0022opened\u0022:1", Ok("\",\"opened\":1"), Err(refused)),
        (r"C:\\new\\u0041", Ok("C:\\new\\u0041"), Err(refused)),
        (r"\u005cn\u005C", Ok("\\n\\"), Err(refused)),
        // No escapes.
        (r"\q", Err("InvalidEscapeSequence"), Err("InvalidEscapeSequence")),
        (r"\u12g4", Err("InvalidEscapeSequence"), Err("InvalidEscapeSequence")),
        (r"\u123", Err("InvalidEscapeSequence"), Err("InvalidEscapeSequence")),
        (&*format!(r"\\{long}"), Ok(&*format!("\\{long}")), Err(refused)),
        (&*format!(r"\\{long}y"), Err("EscapedStringIsTooLong"), Err("EscapedStringIsTooLong")),
        (&*format!(r"\n{long}y"), Ok(&*format!("\n{long}y")), Ok(&*format!("\n{long}y"))),
    ] {
        let body = format!("{{\"door\":\"{text}\",\"opened\":17}}");
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        // No more room than the response takes, or the request.
        let room = (head.len() + body.len()).max(127);
        let connections = [answers([&*format!("{head}{body}")])];
        let (mut client, _log) = scripted(&TestClock::ticking(1), Config::new(), connections);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let mut response = online.get("http://192.168.1.20/a", vec![0; room]).send().unwrap();
        // As often as it is asked for.
        for _ in 0..2 {
            let found = response.json::<Owned>().map_err(named);
            let found = found.map(|found| found.door.to_string());
            assert_eq!(found, owned.map(str::to_owned).map_err(str::to_owned), "{text}");
            let found = response.json::<State<'_>>().map(|found| found.door).map_err(named);
            assert_eq!(found, borrowed.map_err(str::to_owned), "{text}");
        }
        if let Ok(decoded) = borrowed {
            let body = response.read_to_end().unwrap();
            assert_eq!(
                body,
                format!("{{\"door\":\"{decoded}\",\"opened\":17}}").as_bytes(),
                "{text}"
            );
        }
    }
}

fn named(error: JsonError<impl std::fmt::Debug>) -> String {
    match error {
        JsonError::Json(error) => format!("{error:?}"),
        JsonError::Response(error) => panic!("{error:?}"),
    }
}

/// A text that the type passes over needs no more room than what is behind the response.
#[test]
fn escapes_of_others() {
    let note = "\\\"\\ud83d\\ude00".repeat(40);
    let body = format!("{{\"note\":\"{note}\",\"door\":\"front\",\"opened\":17}}");
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    for (room, expected) in [(head.len() + 200, None), (head.len() + 199, Some("larger buffer"))] {
        let connections = [answers([&*head])];
        let (mut client, _log) = scripted(&TestClock::ticking(1), Config::new(), connections);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let mut response = online.get("http://192.168.1.20/a", vec![0; room]).send().unwrap();
        let found = response.json::<State<'_>>();
        assert_eq!(found.is_ok(), expected.is_none(), "{found:?}");
        if let (Err(error), Some(expected)) = (found, expected) {
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}

/// A text as some server may write it: each character as it is, where it may be, or by one of its escapes.
fn written(random: &mut Random, text: &str) -> String {
    let mut written = String::new();
    for character in text.chars() {
        let short = "\"\\/bfnrt".chars().zip("\"\\/\u{8}\u{c}\n\r\t".chars());
        let short = short.into_iter().find(|(_, it)| *it == character).map(|(name, _)| name);
        let needs_one = matches!(character, '"' | '\\' | '\0'..'\x20');
        match (short, random.below(3)) {
            (Some(name), 0 | 1) => written.extend(['\\', name]),
            (None, 0 | 1) if !needs_one => written.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    written += &match random.below(2) {
                        0 => format!("\\u{unit:04x}"),
                        _ => format!("\\u{unit:04X}"),
                    };
                }
            }
        }
    }
    written
}

#[test]
fn each_text_comes_back_however_it_is_written() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Two {
        first: heapless::String<200>,
        second: heapless::String<200>,
    }
    let mut random = Random(0x5EED);
    let characters: Vec<char> =
        "ab\"\\/\u{8}\u{c}\n\r\t\0\x1f u0{}[],:\u{7f}\u{e9}\u{20ac}\u{ffff}\u{1f600}\u{10ffff}"
            .chars()
            .collect();
    for round in 0..3_000 {
        let mut text = || -> String {
            (0..random.below(24)).map(|_| characters[random.below(characters.len())]).collect()
        };
        let (first, second) = (text(), text());
        let (one, other) = (written(&mut random, &first), written(&mut random, &second));
        let body = format!("{{\"first\":\"{one}\",\"second\":\"{other}\"}}");
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let connections = [answers([&*head])];
        let (mut client, _log) = scripted(&TestClock::ticking(1), Config::new(), connections);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let mut response = online.get("http://192.168.1.20/a", [0; 1024]).send().unwrap();
        let found: Two = response.json().unwrap_or_else(|error| panic!("{round}: {error}: {body}"));
        assert_eq!((&*found.first, &*found.second), (&*first, &*second), "{round}: {body}");
    }
}
