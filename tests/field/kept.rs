//! Left-overs of an answer on a kept connection.

use crate::answers::{Client, Failed, URL};
use crate::common::script::{Connection, Log, ScriptStack, Step};
use crate::common::{TestClock, cx};
use safe_http_client::{
    CloseReason, ErrorKind, LoopContext, Method, Peer, ProtocolError, SafeHttpClient, StackQuirks,
};
use std::cell::RefCell;
use std::rc::Rc;

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// A connection that answers a 204, and then begins its next answer with these segments; and a fresh one.
fn client(segments: &[&str]) -> (Client, Rc<RefCell<Log>>) {
    let mut steps =
        vec![Step::AwaitRequest, Step::Data(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec())];
    steps.push(Step::AwaitRequest);
    steps.extend(segments.iter().map(|segment| Step::Data(segment.as_bytes().to_vec())));
    let stack = ScriptStack::new([Connection::new(steps), Connection::answer(HELLO)]);
    let log = stack.log.clone();
    (SafeHttpClient::new(stack.attached(StackQuirks::STD), TestClock::ticking(1)), log)
}

fn ask(cx: &mut LoopContext, client: &mut Client, method: Method<'_>) -> Result<u16, Failed> {
    let mut online = client.online(cx)?;
    let mut response = online.request(method, URL, [0; 512]).send()?;
    response.read_to_end()?;
    Ok(response.status())
}

/// `""` behind a 204, as a framework writes an empty JSON body.
#[test]
fn a_get_is_repeated_once_on_a_fresh_connection() {
    let mut cx = cx();
    for left_overs in [
        "\"\"HTTP/1.1 200 OK\r\n\r\n",
        "\"\"",
        "{}\r\n",
        "\r\nHTTP/1.1 200 OK\r\n\r\n",
        "0\r\n\r\n",
        "\0",
    ] {
        for method in [Method::Get, Method::Options] {
            let (mut client, log) = client(&[left_overs]);
            assert_eq!(ask(&mut cx, &mut client, Method::Get), Ok(204));
            assert!(client.is_connected());
            assert_eq!(ask(&mut cx, &mut client, method), Ok(200), "{left_overs:?}");
            assert_eq!(client.close_reason(), Some(CloseReason::ExcessBytes));
            let log = log.borrow();
            assert_eq!((log.opened, log.closed), (2, 1));
            // The same request, whole.
            let again = log.text(1);
            assert!(again.starts_with(&format!("{} / HTTP/1.1\r\n", method.name())), "{again}");
            assert!(log.text(0).ends_with(&again));
        }
    }
}

/// On the fresh connection nothing is repeated any more.
#[test]
fn it_is_repeated_once_alone() {
    let mut cx = cx();
    let kept = [
        Step::AwaitRequest,
        Step::Data(HELLO.into()),
        Step::AwaitRequest,
        Step::Data(b"\"\"\r\n".to_vec()),
    ];
    let stack = ScriptStack::new([
        Connection::new(kept),
        Connection::answer("\"\"\r\n"),
        Connection::answer(HELLO),
    ]);
    let log = stack.log.clone();
    let mut client = SafeHttpClient::new(stack.attached(StackQuirks::STD), TestClock::ticking(1));
    assert_eq!(ask(&mut cx, &mut client, Method::Get), Ok(200));
    let error = ask(&mut cx, &mut client, Method::Get).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol(ProtocolError::NotHttp(Peer::Text)));
    assert_eq!(log.borrow().opened, 2);
}

/// A request that changes something isn't sent twice, once a byte has come; and neither is one whose place
/// the answer has taken. Whose bytes they are is said.
#[test]
fn what_is_not_repeated_says_whose_bytes_these_are() {
    let mut cx = cx();
    for (method, segments) in [
        (Method::Delete, &["\"\"HTTP/1.1 200 OK\r\n\r\n"][..]),
        (Method::Put, &["\"\"HTTP/1.1 200 OK\r\n\r\n"]),
        (Method::Post, &["{}\r\n"]),
        (Method::Custom("PURGE"), &["{}\r\n"]),
        // As a response begins.
        (Method::Get, &["H", "ello\r\n"]),
        (Method::Get, &["HTT", "\r\n"]),
    ] {
        let (mut client, log) = client(segments);
        assert_eq!(ask(&mut cx, &mut client, Method::Get), Ok(204));
        let error = ask(&mut cx, &mut client, method).unwrap_err();
        assert_eq!(
            error.kind,
            ErrorKind::Protocol(ProtocolError::NotHttp(Peer::LeftOvers)),
            "{segments:?}"
        );
        let text = error.to_string();
        assert!(text.contains("left-overs of the answer before"), "{text}");
        assert!(client.evidence().reused && !client.evidence().answer.is_empty());
        assert_eq!(log.borrow().opened, 1, "{method}");
    }
}
