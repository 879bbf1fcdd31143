//! Header lines that break a rule, as a lenient request takes them, beside what any other makes of them.

use crate::common::script::{Connection, Step};
use crate::common::{TestClock, cx};
use crate::support::scripted;
use safe_http_client::{BufferUse, Config, ErrorKind, ProtocolError};

/// The fields of a response and its body, or what is wrong with it.
type Outcome = Result<(Vec<String>, String), ErrorKind<std::io::ErrorKind, String>>;

/// What a request makes of a response that comes in segments of this size.
fn outcome(response: &[u8], segment: usize, is_lenient: bool, room: usize) -> Outcome {
    let mut steps = vec![Step::AwaitRequest];
    steps.extend(response.chunks(segment).map(|part| Step::Data(part.to_vec())));
    let (mut client, _) = scripted(&TestClock::ticking(1), Config::new(), [Connection::new(steps)]);
    let mut cx = cx();
    let mut online = client.online(&mut cx).unwrap();
    let request = online.get("http://192.168.1.20/", vec![0; room]);
    let request = if is_lenient { request.lenient() } else { request };
    let told = |error: ErrorKind<_, _>| match error {
        ErrorKind::Protocol(wrong) => ErrorKind::Protocol(wrong),
        ErrorKind::Buffer { what, needed, available, exact } => {
            ErrorKind::Buffer { what, needed, available, exact }
        }
        other => panic!("{other:?}"),
    };
    let mut response = request.send().map_err(|error| told(error.kind))?;
    let body = response.read_to_str().map_err(|error| told(error.kind))?.to_owned();
    let fields = response.head().headers().chain(response.trailers());
    let show = |value: &[u8]| value.escape_ascii().to_string();
    Ok((fields.map(|it| format!("{}={}", it.name(), show(it.value()))).collect(), body))
}

fn wrong(error: ProtocolError) -> Outcome {
    Err(ErrorKind::Protocol(error))
}

/// The line, what is wrong with it, and the fields that a lenient request has of it.
const TAKEN: &[(&str, ProtocolError, &[&str])] = {
    use ProtocolError::{HeaderName, HeaderValue, ObsFold, SpaceBeforeColon};
    &[
        ("A : b", SpaceBeforeColon, &["A=b"]),
        ("A \t :b", SpaceBeforeColon, &["A=b"]),
        ("A :", SpaceBeforeColon, &["A="]),
        ("A : b:c", SpaceBeforeColon, &["A=b:c"]),
        ("A : b\u{1}c", SpaceBeforeColon, &["A=b c"]),
        ("A : b\r\n c", SpaceBeforeColon, &["A=b   c"]),
        ("A: b\u{1}", HeaderValue, &["A=b"]),
        ("A: b\u{7F}\u{8}c", HeaderValue, &["A=b  c"]),
        ("A: b\r\n \u{1}c", HeaderValue, &["A=b    c"]),
        ("A: b\rc", HeaderValue, &["A=b c"]),
        ("A: b\r", HeaderValue, &["A=b"]),
        ("Connection: keep-alive\u{1}", HeaderValue, &["Connection=keep-alive"]),
        ("A@B(: c", HeaderName, &[]),
        ("Caf\u{e9}: b", HeaderName, &[]),
        ("en-US Content-Type: text/xml", HeaderName, &[]),
        ("A\rB: c", HeaderName, &[]),
        (": b", HeaderName, &[]),
        ("This is odd", HeaderName, &[]),
        ("X-XSS-Protection=1;", HeaderName, &[]),
        (
            "Access-Control-Expose-Headers : Content-Length",
            SpaceBeforeColon,
            &["Access-Control-Expose-Headers=Content-Length"],
        ),
        // What is folded behind a line that is left out is left out with it, and is no part of the one before.
        ("B: b\r\nA B: c\r\n folded: d", HeaderName, &["B=b"]),
        ("B: b\r\nodd\r\n \t\r\n folded", HeaderName, &["B=b"]),
        (" A: b", ObsFold, &[]),
        (" \t ", ObsFold, &[]),
        ("odd\r\nodder\r\nA : b\r\nC: \u{1}d\r\n@", HeaderName, &["A=b", "C=d"]),
    ]
};

/// These stay errors: they may be about where the response ends, or hide a line that is.
const REFUSED: &[(&str, ProtocolError)] = {
    use ProtocolError::{ContentLength, HeaderName, HeaderValue, ObsFold, SpaceBeforeColon};
    &[
        ("Content-Length : 5", SpaceBeforeColon),
        ("transfer-encoding\t: chunked", SpaceBeforeColon),
        ("Content-Length: 5\u{1}", HeaderValue),
        ("Content-Length: 5\r\n \u{1}", HeaderValue),
        ("Content-Length: 5\r\n 0", ContentLength),
        ("Content-Length: 5 5", ContentLength),
        ("Content-Length=5", HeaderName),
        ("X-Content-Length 5", HeaderName),
        ("en-US Transfer-Encoding: chunked", HeaderName),
        (" Content-Length: 5", ObsFold),
        ("A\rContent-Length: 5", HeaderName),
        ("A: b\rContent-Length: 5", HeaderValue),
        ("A: b\0c", HeaderValue),
        ("A\0: b", HeaderName),
        ("\rA: b", HeaderName),
        ("\r", HeaderName),
    ]
};

fn with_line(line: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\n{line}\r\nContent-Length: 5\r\n\r\nhello").into_bytes()
}

fn with_trailer(line: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n{line}\r\nB: c\r\n\r\n"
    )
    .into_bytes()
}

const SEGMENTS: [usize; 5] = [1, 2, 7, 20, usize::MAX];

#[test]
fn lines_that_a_lenient_request_takes() {
    for (line, error, fields) in TAKEN {
        for segment in SEGMENTS {
            let response = with_line(line);
            let what = format!("{line:?} in segments of {segment}");
            assert_eq!(outcome(&response, segment, false, 512), wrong(*error), "{what}");
            let fields = fields.iter().chain(&["Content-Length=5"]).map(|it| (*it).into());
            let expected = Ok((fields.collect(), "hello".into()));
            assert_eq!(outcome(&response, segment, true, 512), expected, "{what}");
        }
    }
}

#[test]
fn trailer_lines_that_a_lenient_request_takes() {
    for (line, error, fields) in TAKEN {
        for segment in SEGMENTS {
            let response = with_trailer(line);
            let what = format!("{line:?} in segments of {segment}");
            assert_eq!(outcome(&response, segment, false, 512), wrong(*error), "{what}");
            let fields = fields.iter().chain(&["B=c"]).map(|it| (*it).to_owned());
            let all = ["Transfer-Encoding=chunked".to_owned()].into_iter().chain(fields).collect();
            assert_eq!(outcome(&response, segment, true, 512), Ok((all, "hello".into())), "{what}");
        }
    }
}

#[test]
fn lines_that_no_request_takes() {
    for (line, error) in REFUSED {
        for segment in SEGMENTS {
            for is_lenient in [false, true] {
                let found = outcome(&with_line(line), segment, is_lenient, 512);
                assert_eq!(found, wrong(*error), "{line:?} in segments of {segment}");
            }
        }
    }
}

/// A status line, lengths that contradict each other and chunks are judged as before.
#[test]
fn anything_else_is_as_strict_as_ever() {
    for response in [
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 200 O\u{1}K\r\n\r\n",
        "ICY 200 OK\r\nicy-name: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nodd\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nodd\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nodd\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\nx\r\n\r\n",
    ] {
        let strict = outcome(response.replace("odd\r\n", "").as_bytes(), 5, false, 512);
        assert!(matches!(strict, Err(ErrorKind::Protocol(_))), "{response:?}: {strict:?}");
        assert_eq!(outcome(response.as_bytes(), 5, true, 512), strict, "{response:?}");
    }
}

/// A line that is left out has its place in the buffer, and the size that is needed is told with it.
#[test]
fn a_head_that_does_not_fit() {
    let response = with_line(&"odd line".repeat(40));
    let head = response.len() - "hello".len();
    for segment in SEGMENTS {
        let buffer = |available| ErrorKind::Buffer {
            what: BufferUse::ResponseHead,
            needed: head,
            available,
            exact: true,
        };
        assert_eq!(outcome(&response, segment, true, 200), Err(buffer(200)), "{segment}");
        assert_eq!(outcome(&response, segment, true, head - 1), Err(buffer(head - 1)), "{segment}");
        let fields = vec!["Content-Length=5".into()];
        let expected = Ok((fields, "hello".into()));
        assert_eq!(outcome(&response, segment, true, head + 32), expected, "{segment}");
    }
}

/// What is asked of a request holds for each that a layer makes of it.
#[test]
fn behind_a_redirect() {
    let answer = |text: &str| [Step::AwaitRequest, Step::Data(text.into())];
    let moved = "HTTP/1.1 302 Found\r\nodd\r\nLocation : /new\r\nContent-Length: 0\r\n\r\n";
    let steps = answer(moved).into_iter().chain(answer("HTTP/1.1 204 No Content\r\nodd\r\n\r\n"));
    let (mut client, _) = scripted(&TestClock::ticking(1), Config::new(), [Connection::new(steps)]);
    let mut cx = cx();
    let mut online = client.online(&mut cx).unwrap();
    let request = online.get("http://192.168.1.20/", [0; 512]).lenient();
    assert_eq!(request.follow(1).send().unwrap().status(), 204);
}
