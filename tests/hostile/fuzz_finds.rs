//! What the fuzzers found, one row each: see `fuzz/README.md`.

use crate::common::script::{Connection, Log, ScriptStack, Step};
use crate::common::{TestClock, TestLink, cx};
use safe_http_client::sans_io::{self, Action, Exchange, Failure, Goal, UploadState};
use safe_http_client::{
    BodyLength, BufferUse, Config, ErrorKind, ErrorOf, LoopContext, Method, NalNetwork,
    RequestError, SafeHttpClient, StackQuirks, Url, nb,
};
use std::cell::RefCell;
use std::rc::Rc;

const URL: &str = "http://192.168.1.20/x";
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

type Net = NalNetwork<ScriptStack, TestLink>;
type Client = SafeHttpClient<Net, TestClock>;

/// A client over these connections, and what it does to them.
fn client(connections: impl IntoIterator<Item = Connection>) -> (Client, Rc<RefCell<Log>>) {
    let stack = ScriptStack::new(connections);
    let log = stack.log.clone();
    let network = stack.attached(StackQuirks::STD);
    (SafeHttpClient::new(network, TestClock::ticking(50)), log)
}

/// PUTs so many bytes, read in pieces; the answer's status.
fn upload(
    client: &mut Client,
    cx: &mut LoopContext,
    buffer: &mut [u8],
    length: usize,
) -> Result<u16, ErrorOf<Net>> {
    let body = vec![b'b'; length];
    let mut online = client.online(cx)?;
    let request = online.put(URL, buffer);
    let response = request.send_from(&mut &body[..], BodyLength::Known(length as u64));
    response.map(|response| response.status())
}

/// It looked for the end of that head for ever.
#[test]
fn an_early_answer_whose_head_does_not_fit_ends_an_upload() {
    let head = format!("HTTP/1.1 417 No\r\nA: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(500));
    let mut cx = cx();
    let (mut client, _) = client([Connection::answer(&head)]);
    let error = upload(&mut client, &mut cx, &mut [0; 192], 300).unwrap_err();
    let what = BufferUse::ResponseHead;
    let needed = head.len();
    assert_eq!(error.kind, ErrorKind::Buffer { what, needed, available: 192, exact: true });
}

/// The second part of the body was sent on the fresh connection, without the request.
#[test]
fn a_body_larger_than_the_buffer_is_sent_again_whole_where_a_kept_connection_ends() {
    let mut cx = cx();
    for in_pieces in [false, true] {
        let mut kept = Connection::answer(OK);
        kept.steps.extend([Step::AwaitRequest, Step::Zero]);
        // It isn't answered before it has come whole.
        let fresh = Connection::new([Step::AwaitRequest, Step::Pend(5), Step::Data(OK.to_vec())]);
        let (mut client, log) = client([kept, fresh]);
        client.online(&mut cx).unwrap().get(URL, [0; 192]).send().unwrap();
        assert!(client.is_connected());
        let status = if in_pieces {
            upload(&mut client, &mut cx, &mut [0; 192], 300)
        } else {
            let mut online = client.online(&mut cx).unwrap();
            online.put(URL, [0; 192]).body(&[b'b'; 300]).send().map(|response| response.status())
        };
        assert_eq!(status.unwrap(), 200, "in pieces: {in_pieces}");
        let sent = log.borrow().text(1);
        assert!(sent.starts_with("PUT /x HTTP/1.1\r\n"), "{sent}");
        assert!(sent.ends_with(&format!("\r\n\r\n{}", "b".repeat(300))), "{sent}");
    }
}

/// Taking the rest of the body completed it, and reading on came to its end without an error.
#[test]
fn taking_what_was_shown_revives_no_call_that_has_failed() {
    let hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    let mut cx = cx();
    let (mut client, _) = client([Connection::answer(hello), Connection::answer(OK)]);
    let mut call = client.online(&mut cx).unwrap().get(URL, [0; 192]).start().unwrap();
    while call.poll_fill_buf(&mut client, &mut cx).is_err() {}
    let other = client.online(&mut cx).unwrap().get(URL, [0; 192]).start().unwrap();
    let displaced = nb::Error::Other(RequestError::Displaced);
    assert_eq!(call.poll(&mut client, &mut cx).map_err(mistake), Err(displaced));
    call.consume(&mut client, 5);
    let over = nb::Error::Other(RequestError::CallOver);
    assert_eq!(call.poll_read(&mut client, &mut cx, &mut [0; 5]).map_err(mistake), Err(over));
    assert_eq!(call.status(), None);
    drop(other);
}

/// The caller's mistake that an error is.
fn mistake(error: nb::Error<ErrorOf<Net>>) -> nb::Error<RequestError> {
    error.map(|error| match error.kind {
        ErrorKind::Request(mistake) => mistake,
        other => panic!("{other:?}"),
    })
}

/// The protocol behind the head of a response, which arrived with these bytes.
fn with_head(buffer: &mut [u8], bytes: &[u8]) -> Exchange {
    let url = Url::parse(URL).unwrap();
    let mut exchange =
        sans_io::exchange(Method::Get, url, &Config::new(), false, None, buffer, 0).unwrap();
    exchange.begun(None, 0);
    exchange.connected(0).unwrap();
    loop {
        match exchange.next(buffer, &[], Goal::Head, 0).unwrap() {
            Action::Send(request) => {
                let count = request.len();
                exchange.sent(count, 0);
            }
            Action::Receive(room) => {
                room[..bytes.len()].copy_from_slice(bytes);
                exchange.received(buffer, bytes.len(), 0).unwrap();
            }
            Action::Ready => return exchange,
            other => panic!("{other:?}"),
        }
    }
}

/// What stood in the buffer was lost, and the body complete without it.
#[test]
fn the_streams_end_is_no_end_of_a_body_of_which_something_is_unread() {
    let buffer = &mut [0; 256];
    let mut exchange = with_head(buffer, b"HTTP/1.1 200 OK\r\n\r\nhello");
    assert_eq!(exchange.ended(true, 0), Err(Failure::Truncated));

    let mut exchange = with_head(buffer, b"HTTP/1.1 200 OK\r\n\r\nhello");
    exchange.next(buffer, &[], Goal::Body, 0).unwrap();
    exchange.consume(5);
    assert_eq!(exchange.ended(true, 0), Ok(false));
    assert!(exchange.is_over());
}

/// On a kept connection a failed request was sent again.
#[test]
fn an_end_that_is_told_twice_revives_nothing() {
    let buffer = &mut [0; 256];
    let url = Url::parse(URL).unwrap();
    let mut exchange =
        sans_io::exchange(Method::Get, url, &Config::new(), false, None, buffer, 0).unwrap();
    exchange.begun(Some(&([192, 168, 1, 20], 80).into()), 0);
    exchange.fail();
    for clean in [true, false] {
        assert_eq!(exchange.ended(clean, 0), Err(Failure::CallOver));
    }
    let next = exchange.next(buffer, &[], Goal::Head, 0);
    assert!(matches!(next, Err(Failure::CallOver)), "{next:?}");
}

/// The end of the chunks was staged over what had come of the answer.
#[test]
fn an_answer_that_comes_before_an_upload_is_finished_stays_what_it_is() {
    let buffer = &mut [0; 256];
    let url = Url::parse(URL).unwrap();
    let length = BodyLength::Chunked;
    let mut exchange =
        sans_io::exchange(Method::Put, url, &Config::new(), false, Some(length), buffer, 0)
            .unwrap();
    let mut upload = UploadState::new(length, &mut exchange);
    exchange.begun(None, 0);
    exchange.connected(0).unwrap();
    let answer = b"HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n";
    let mut rest: &[u8] = &[];
    loop {
        match exchange.next(buffer, rest, Goal::Head, 0).unwrap() {
            Action::Send(bytes) => {
                let count = bytes.len();
                exchange.sent(count, 0);
            }
            Action::Receive(room) => {
                room[..answer.len()].copy_from_slice(answer);
                exchange.received(buffer, answer.len(), 0).unwrap();
                rest = upload.finish(&mut exchange, buffer, 0).unwrap();
            }
            Action::Ready => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(exchange.head(buffer).status(), 413);
}
