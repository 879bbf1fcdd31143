//! Server-sent events: what is asked for, what comes, and how a stream goes on.

use crate::common::script::{Connection, Step};
use crate::common::{TestClock, cx};
use crate::support::{ready, scripted};
use safe_http_client::{Config, ErrorKind, EventError, EventStream};

const URL: &str = "http://192.168.1.20/events";
const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n";

/// A response that ends with its connection.
fn stream(body: &str) -> Connection {
    let bytes = format!("{HEAD}\r\n{body}").into_bytes();
    Connection::new([Step::AwaitRequest, Step::Data(bytes), Step::Zero])
}

/// The same in chunks of a byte each, with its end or cut off.
fn in_chunks(body: &str, end: &str) -> Connection {
    let chunks: String = body.chars().map(|byte| format!("1\r\n{byte}\r\n")).collect();
    let bytes = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n{chunks}{end}").into_bytes();
    Connection::new([Step::AwaitRequest, Step::Data(bytes), Step::Zero])
}

/// What came, and how it ended.
type Outcome = (Vec<String>, Result<(), String>);

/// All of one response, by the calls that wait or by those that don't.
fn all<const ROOM: usize>(
    events: &mut EventStream<[u8; ROOM]>,
    connection: Connection,
    waits: bool,
) -> (Outcome, String) {
    let (mut client, log) = scripted(&TestClock::ticking(1), Config::new(), [connection]);
    let mut cx = cx();
    let mut found = Vec::new();
    let mut online = client.online(&mut cx).unwrap();
    let request = events.request(&mut online, URL, [0; 256]);
    let mut show = |event: safe_http_client::Event<'_>| {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        found.push(format!("{}|{}|{}", text(event.kind()), text(event.id()), text(event.data())));
        assert_eq!(event.data_str().map(str::as_bytes), Some(event.data()));
        assert!(event.is(&text(event.kind())));
    };
    let end = if waits {
        let mut response = request.send().unwrap();
        loop {
            match events.next(&mut response) {
                Ok(Some(event)) => show(event),
                Ok(None) => break Ok(()),
                Err(EventError::Response(error)) => break Err(error.code().into()),
                Err(error) => break Err(error.to_string()),
            }
        }
    } else {
        let mut call = request.start().unwrap();
        loop {
            let turn = ready(|| {
                let next = events.poll_next(&mut call, &mut client, &mut cx)?;
                Ok(next.map(&mut show).is_some())
            });
            match turn {
                Ok(true) => {}
                Ok(false) => break Ok(()),
                Err(EventError::Response(error)) => break Err(error.code().into()),
                Err(error) => break Err(error.to_string()),
            }
        }
    };
    ((found, end), log.borrow().text(0))
}

#[test]
fn events_of_a_response() {
    let body = ": hello\n\ndata: a\ndata: b\nid: 1\n\nevent: door\ndata: open\n\ndata: cut";
    let both = || vec!["message|1|a\nb".to_owned(), "door|1|open".to_owned()];
    for waits in [true, false] {
        for (what, connection, end) in [
            ("until the connection closes", stream(body), Ok(())),
            ("in chunks", in_chunks(body, "0\r\n\r\n"), Ok(())),
            ("in chunks that are cut", in_chunks(body, "5"), Err("truncated".into())),
        ] {
            let ((found, ended), request) = all(&mut EventStream::new([0; 32]), connection, waits);
            assert_eq!((found, ended), (both(), end), "{what}, waits: {waits}");
            assert!(request.contains("accept: text/event-stream\r\n"), "{request}");
            assert!(!request.contains("last-event-id"), "{request}");
        }
    }
}

#[test]
fn answers_that_are_no_events() {
    let kind = "the body isn't a stream of events: its Content-Type isn't text/event-stream";
    for (answer, expected) in [
        ("204 No Content\r\n\r\n", "the server answered 204 in place of events"),
        (
            "500 Oops\r\nContent-Type: text/event-stream\r\n\r\n",
            "the server answered 500 in place of events",
        ),
        ("200 OK\r\n\r\ndata: a\n\n", kind),
        ("200 OK\r\nContent-Type: text/html\r\n\r\ndata: a\n\n", kind),
    ] {
        for waits in [true, false] {
            let bytes = format!("HTTP/1.1 {answer}").into_bytes();
            let connection = Connection::new([Step::AwaitRequest, Step::Data(bytes), Step::Zero]);
            let (outcome, _) = all(&mut EventStream::new([0; 32]), connection, waits);
            assert_eq!(outcome, (Vec::new(), Err(expected.into())), "{answer:?}");
        }
    }
}

/// Asked again, it says the last event's id; what was cut isn't mixed with what comes then.
#[test]
fn a_stream_goes_on_with_the_next_response() {
    let mut events = EventStream::new([0; 32]);
    assert_eq!((events.last_id(), events.retry_ms()), (&b""[..], None));
    let first = stream("\u{FEFF}retry: 250\nid: 7\ndata: a\n\nevent: x\nid: 8\ndata: cut");
    assert_eq!(all(&mut events, first, true).0, (vec!["message|7|a".into()], Ok(())));
    assert_eq!((events.last_id(), events.retry_ms()), (&b"7"[..], Some(250)));
    let (outcome, request) = all(&mut events, stream("\u{FEFF}data: b\n\n"), false);
    assert_eq!(outcome, (vec!["message|7|b".into()], Ok(())));
    assert!(request.contains("last-event-id: 7\r\n"), "{request}");
    // An id that no header field can have isn't said.
    let (outcome, _) = all(&mut events, stream("id: \u{1}\ndata: c\n\n"), true);
    assert_eq!(outcome, (vec!["message|\u{1}|c".into()], Ok(())));
    let (_, request) = all(&mut events, stream(""), true);
    assert!(!request.contains("last-event-id"), "{request}");
}

/// A line without an end fills no more than its buffer, and is told.
#[test]
fn an_event_that_is_too_large_is_told_and_the_next_one_read() {
    let long = "x".repeat(1000);
    let body = format!("id: 1\ndata: a\n\nid: 2\ndata: {long}\n\ndata: b\n\n");
    let connections = [stream(&body)];
    let (mut client, _) = scripted(&TestClock::ticking(1), Config::new(), connections);
    let mut cx = cx();
    let mut events = EventStream::new([0; 32]);
    let mut online = client.online(&mut cx).unwrap();
    let mut response = events.request(&mut online, URL, [0; 256]).send().unwrap();
    let event = events.next(&mut response).unwrap().unwrap();
    assert_eq!((event.data(), event.id()), (&b"a"[..], &b"1"[..]));
    assert_eq!(events.next(&mut response), Err(EventError::TooLarge { available: 32 }));
    let event = events.next(&mut response).unwrap().unwrap();
    assert_eq!((event.data(), event.id()), (&b"b"[..], &b"1"[..]));
    assert_eq!(events.next(&mut response), Ok(None));
}

/// A server that falls silent ends in the idle deadline, with which the stream's user asks again.
#[test]
fn a_server_that_falls_silent() {
    let bytes = format!("{HEAD}\r\ndata: a\n\ndata: b").into_bytes();
    let silent =
        Connection::new([Step::AwaitRequest, Step::Data(bytes), Step::Pend(1_000_000_000)]);
    let (mut client, _) = scripted(&TestClock::ticking(1), Config::new(), [silent]);
    let mut cx = cx();
    let mut events = EventStream::new([0; 32]);
    let mut online = client.online(&mut cx).unwrap();
    let mut response = events.request(&mut online, URL, [0; 256]).send().unwrap();
    assert_eq!(events.next(&mut response).unwrap().unwrap().data(), b"a");
    match events.next(&mut response) {
        Err(EventError::Response(error)) => {
            assert!(matches!(error.kind, ErrorKind::Timeout { .. }), "{error:?}");
        }
        other => panic!("{other:?}"),
    }
}
