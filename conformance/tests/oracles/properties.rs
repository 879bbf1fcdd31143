//! Properties of the whole client: of what it sends, of what it makes of any response however it
//! arrives, and of what it never does.

use crate::common::script::{Connection, Log, ScriptStack, Step};
use crate::common::{TestClock, TestLink, cx};
use crate::head_oracle::split;
use crate::outcome::{End, Fields, Outcome, fetch};
use crate::parser::splits;
use crate::player::Player;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config as Runs, TestCaseResult, TestRunner};
use safe_http_client::sans_io::ResponseTo;
use safe_http_client::{
    BodyLength, CloseReason, Config, LoopContext, Method, NalNetwork, SafeHttpClient, StackQuirks,
    nb,
};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use test_server::unchunk;

type Client = SafeHttpClient<NalNetwork<ScriptStack, TestLink>, TestClock>;

const URL: &str = "http://192.168.1.20/";

/// Runs a property that needs the token.
fn check<S: Strategy>(
    cases: u32,
    strategy: S,
    property: impl Fn(&mut LoopContext, S::Value) -> TestCaseResult,
) {
    let cx = RefCell::new(cx());
    let runs = Runs { cases, failure_persistence: None, ..Runs::default() };
    let result =
        TestRunner::new(runs).run(&strategy, |value| property(&mut cx.borrow_mut(), value));
    result.unwrap_or_else(|error| panic!("{error}"));
}

fn client(connections: impl IntoIterator<Item = Connection>) -> (Client, Rc<RefCell<Log>>) {
    let stack = ScriptStack::new(connections);
    let log = stack.log.clone();
    // Long enough for a response byte by byte, on a clock that moves at each look.
    let config =
        Config::new().response_timeout(Duration::from_secs(5)).idle_timeout(Duration::from_secs(5));
    let client = SafeHttpClient::with_config(
        stack.attached(StackQuirks::STD),
        TestClock::ticking(1),
        config,
    );
    (client, log)
}

fn segments(bytes: &[u8], sizes: &[usize]) -> Vec<Step> {
    let step = |segment: &[u8]| [Step::Data(segment.to_vec()), Step::Pend(1)];
    split(bytes, sizes).into_iter().flat_map(step).collect()
}

// --- Responses ---

/// A response that ends by itself, and what it means.
#[derive(Debug, Clone)]
struct Meant {
    bytes: Vec<u8>,
    status: u16,
    fields: Fields,
    body: Vec<u8>,
    trailers: Fields,
    keeps: bool,
}

fn fields() -> impl Strategy<Value = Fields> {
    // No names that mean something.
    let value = prop_oneof![Just(String::new()), "[!-~]", "[!-~][ -~]{0,40}[!-~]"];
    prop::collection::vec(("X-[A-Za-z0-9!#$%&'*+.^_`|~-]{1,20}", value), 0..6).prop_map(|fields| {
        fields.into_iter().map(|(name, value)| (name, value.into_bytes())).collect()
    })
}

fn lines(fields: &Fields) -> Vec<u8> {
    let line =
        |(name, value): &(String, Vec<u8>)| [name.as_bytes(), b": ", value, b"\r\n"].concat();
    fields.iter().flat_map(line).collect()
}

fn response() -> impl Strategy<Value = Meant> {
    let body = prop::collection::vec(any::<u8>(), 0..400);
    let interim =
        select(&["", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 \r\nLink: a\r\n\r\n"][..]);
    let chunks = prop::collection::vec(1..90usize, 1..5);
    (interim, 200..600u16, fields(), body, prop::option::of((chunks, fields())), any::<bool>())
        .prop_map(|(interim, status, mut fields, body, chunked, keeps)| {
            let bodiless = matches!(status, 204 | 304);
            let mut field =
                |name: &str, value: String| fields.push((name.into(), value.into_bytes()));
            if !keeps {
                field("Connection", "close".into());
            }
            match &chunked {
                Some(_) => field("Transfer-Encoding", "chunked".into()),
                None => field("Content-Length", body.len().to_string()),
            }
            let mut bytes = format!("{interim}HTTP/1.1 {status} X\r\n").into_bytes();
            bytes.extend_from_slice(&[&lines(&fields)[..], b"\r\n"].concat());
            let mut trailers = Fields::new();
            match chunked {
                _ if bodiless => {}
                None => bytes.extend_from_slice(&body),
                Some((sizes, behind)) => {
                    let mut rest = &body[..];
                    for size in sizes.iter().cycle() {
                        let (chunk, tail) = rest.split_at((*size).min(rest.len()));
                        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                        if chunk.is_empty() {
                            break;
                        }
                        bytes.extend_from_slice(&[chunk, b"\r\n"].concat());
                        rest = tail;
                    }
                    bytes.extend_from_slice(&[&lines(&behind)[..], b"\r\n"].concat());
                    trailers = behind;
                }
            }
            let body = if bodiless { Vec::new() } else { body };
            Meant { bytes, status, fields, body, trailers, keeps }
        })
}

/// The answer to the request behind: whatever came before, it must be this.
const NEXT: &[u8] = b"HTTP/1.1 299 Next\r\nContent-Length: 4\r\n\r\nnext";

fn get(cx: &mut LoopContext, client: &mut Client, buffer: usize, piece: usize) -> Outcome {
    fetch(client, cx, Method::Get, URL, &mut vec![0; buffer], piece)
}

#[test]
fn a_response_is_what_was_meant_however_it_arrives_and_so_is_the_next_one() {
    let strategy = (response(), splits(), 800..2000usize, 1..500usize);
    check(600, strategy, |cx, (meant, sizes, buffer, piece)| {
        let mut steps = vec![Step::AwaitRequest];
        steps.extend(segments(&meant.bytes, &sizes));
        steps.extend([Step::AwaitRequest, Step::Data(NEXT.to_vec())]);
        let (mut client, log) = client([Connection::new(steps), Connection::answer(NEXT)]);
        let outcome = get(cx, &mut client, buffer, piece);
        prop_assert_eq!(&outcome.end, &End::Complete);
        let pieces = split(&meant.bytes, &sizes);
        prop_assert_eq!(&Player::run(ResponseTo::Other, buffer, pieces, false), &outcome);
        let head = outcome.head.unwrap();
        prop_assert_eq!((head.status, head.headers), (meant.status, meant.fields));
        prop_assert_eq!((outcome.body, outcome.trailers), (meant.body, meant.trailers));
        prop_assert_eq!(client.is_connected(), meant.keeps);

        prop_assert_eq!(get(cx, &mut client, buffer, piece).head.unwrap().status, 299);
        prop_assert_eq!(log.borrow().opened, if meant.keeps { 1 } else { 2 });
        Ok(())
    });
}

/// Bytes behind a response are no part of it, and no start of the next one.
#[test]
fn bytes_behind_a_response_reach_nobody() {
    let strategy = (response(), prop::collection::vec(any::<u8>(), 1..60), 1..500usize);
    check(400, strategy, |cx, (meant, behind, piece)| {
        let mut player = Player::new(ResponseTo::Other, 4096);
        player.receive(&[&meant.bytes[..], &behind].concat());
        prop_assert_eq!((player.is_over(), player.taken()), (true, meant.bytes.len()));

        // In one segment, so that they stand in the buffer when the response ends.
        let mut steps = vec![Step::AwaitRequest];
        steps.push(Step::Data([&meant.bytes[..], &behind].concat()));
        steps.extend([Step::AwaitRequest, Step::Data(NEXT.to_vec())]);
        let (mut client, log) = client([Connection::new(steps), Connection::answer(NEXT)]);
        let outcome = get(cx, &mut client, 4096, piece);
        prop_assert_eq!((outcome.end, outcome.body), (End::Complete, meant.body));
        prop_assert_eq!(outcome.trailers, meant.trailers);

        let next = get(cx, &mut client, 4096, piece);
        prop_assert_eq!((next.end, next.body), (End::Complete, b"next".to_vec()));
        prop_assert_eq!(log.borrow().opened, 2, "never on the same connection");
        let why = if meant.keeps { CloseReason::ExcessBytes } else { CloseReason::ServerAsked };
        prop_assert_eq!(client.close_reason(), Some(why));
        Ok(())
    });
}

/// What comes behind a 101 is the stream's, to the byte.
#[test]
fn bytes_behind_a_101_are_the_streams() {
    let strategy = (prop::collection::vec(any::<u8>(), 0..200), splits(), 1..50usize);
    check(300, strategy, |cx, (behind, sizes, piece)| {
        let head = b"HTTP/1.1 101 Switching Protocols\r\nContent-Length: 3\r\n\r\n";
        let mut steps = vec![Step::AwaitRequest];
        steps.extend(segments(&[&head[..], &behind].concat(), &sizes));
        steps.push(Step::Zero);
        let (mut client, _) = client([Connection::new(steps)]);
        let mut buffer = [0; 256];
        let mut call = client.online(cx).unwrap().get(URL, &mut buffer).start().unwrap();
        while let Err(error) = call.poll(&mut client, cx) {
            prop_assert_eq!(error, nb::Error::WouldBlock);
        }
        let mut stream = call.into_upgraded().unwrap();
        let (mut heard, mut out) = (Vec::new(), vec![0; piece]);
        loop {
            match stream.poll_read(&mut client, cx, &mut out) {
                Ok(0) => break,
                Ok(count) => heard.extend_from_slice(&out[..count]),
                Err(nb::Error::WouldBlock) => {}
                Err(nb::Error::Other(error)) => return Err(TestCaseError::fail(error.to_string())),
            }
        }
        prop_assert_eq!(heard, behind);
        Ok(())
    });
}

// --- Requests ---

/// How a request's body is given.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Given {
    NotAtAll,
    Whole,
    InPieces(BodyLength),
}

#[test]
fn a_request_is_read_by_httparse_as_it_was_made() {
    let method = select(
        &["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PURGE", "M-SEARCH"][..],
    );
    let target = "(/[A-Za-z0-9._~!$&'()*+,;=:@%-]{0,20}){1,4}(\\?[A-Za-z0-9/?=&%]{0,20})?";
    let host = "[a-z][a-z0-9-]{0,20}(\\.[a-z]{2,6})?";
    let body = prop::collection::vec(any::<u8>(), 1..900);
    let strategy =
        (method, host, 1..65535u16, target, fields(), body, 0..4usize, 400..1200usize, 1..70usize);
    check(500, strategy, |cx, (method, host, port, target, fields, body, given, buffer, limit)| {
        // Servers speak TLS there, and the client refuses.
        prop_assume!(port != 443 && host != "localhost");
        let given = [
            Given::NotAtAll,
            Given::Whole,
            Given::InPieces(BodyLength::Known(body.len() as u64)),
            Given::InPieces(BodyLength::Chunked),
        ][given];
        let connection = Connection { send_limit: limit, ..Connection::new([Step::Silence]) };
        let (mut client, log) = client([connection]);
        client.network_mut().stack_mut().names.clear();
        let url = format!("http://{host}:{port}{target}");
        let mut buffer = vec![0; buffer];
        let mut online = client.online(cx).unwrap();
        let mut request = online
            .request(Method::from_name(method), url.as_str(), &mut buffer)
            .connect_to(([192, 168, 1, 20], port).into());
        for (name, value) in &fields {
            request = request.header(name, value);
        }
        // Nobody answers: what was sent is all that counts.
        let error = match given {
            Given::NotAtAll => request.send().map(drop),
            Given::Whole => request.body(&body).send().map(drop),
            Given::InPieces(length) => request.send_from(&mut &body[..], length).map(drop),
        };
        let code = error.unwrap_err().code();
        if method == "HEAD" && given != Given::NotAtAll {
            prop_assert_eq!((code, log.borrow().opened), ("body_not_allowed", 0));
            return Ok(());
        }
        if code == "buffer_too_small" {
            return Ok(()); // a head this long, and a buffer this short
        }
        prop_assert_eq!(code, "response_timeout");

        let sent = log.borrow().sent(0);
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut parsed = httparse::Request::new(&mut headers);
        let length = parsed.parse(&sent).unwrap().unwrap();
        prop_assert_eq!(parsed.method, Some(method));
        prop_assert_eq!(parsed.path, Some(&target[..]));
        prop_assert_eq!(parsed.version, Some(1));
        let all = |name: &str| -> Vec<&[u8]> {
            let of_name = parsed.headers.iter().filter(|it| it.name.eq_ignore_ascii_case(name));
            of_name.map(|it| it.value).collect()
        };
        // The caller's fields are there, once each and in their order.
        let own = parsed.headers.iter().filter(|it| it.name.starts_with("X-"));
        let own: Fields = own.map(|it| (it.name.to_owned(), it.value.to_vec())).collect();
        prop_assert_eq!(&own, &fields);
        let host = if port == 80 { host } else { format!("{host}:{port}") };
        prop_assert_eq!(all("host"), [host.as_bytes()]);
        // RFC 9112 section 6.3: one framing, and it is right.
        let body_sent = &sent[length..];
        let (lengths, codings) = (all("content-length"), all("transfer-encoding"));
        match given {
            Given::NotAtAll => {
                let announces = matches!(method, "POST" | "PUT" | "PATCH");
                let expected: &[&[u8]] = if announces { &[b"0"] } else { &[] };
                prop_assert_eq!((&lengths[..], body_sent), (expected, &b""[..]));
                prop_assert!(codings.is_empty());
            }
            Given::Whole | Given::InPieces(BodyLength::Known(_)) => {
                let length = body.len().to_string();
                prop_assert_eq!(lengths, [length.as_bytes()]);
                prop_assert_eq!(body_sent, &body[..]);
                prop_assert!(codings.is_empty());
            }
            Given::InPieces(_) => {
                prop_assert_eq!(codings, [b"chunked"]);
                prop_assert_eq!(unchunk(body_sent), body);
                prop_assert!(lengths.is_empty());
            }
        }
        Ok(())
    });
}

// --- Errors ---

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => prop::collection::vec(any::<u8>(), 0..60).prop_map(Step::Data),
        3 => select(&[
            "HTTP/1.1 200 OK\r\n", "Content-Length: 5\r\n", "\r\n", "hello", "HTTP/1.1 100 \r\n\r\n",
            "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n", "0\r\n\r\n", "HTTP/1.1 101 \r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        ][..]).prop_map(|text| Step::Data(text.into())),
        2 => (0..5usize).prop_map(Step::Pend),
        2 => Just(Step::AwaitRequest),
        1 => select(&[Step::Zero, Step::PipeClosed, Step::Fail, Step::Silence][..]),
    ]
}

fn connection() -> impl Strategy<Value = Connection> {
    let rarely = || prop_oneof![5 => Just(usize::MAX), 1 => 0..300usize];
    let steps = prop::collection::vec(step(), 0..8);
    (steps, rarely(), rarely(), rarely(), 1..200usize, any::<bool>()).prop_map(
        |(steps, window, breaks, fails, limit, awaits)| Connection {
            send_window: window,
            send_breaks_at: breaks,
            send_fails_at: fails,
            send_limit: limit,
            ..Connection::new(awaits.then_some(Step::AwaitRequest).into_iter().chain(steps))
        },
    )
}

/// Whatever a peer does: once an exchange has failed on a connection, no byte is sent on it again, and
/// it is closed. What wasn't an error has no more sockets open than one.
#[test]
fn nothing_is_sent_on_a_connection_behind_an_error() {
    let connections = prop::collection::vec(connection(), 12);
    let requests = prop::collection::vec((0..4usize, 0..500usize), 4);
    check(1500, (connections, requests), |cx, (connections, requests)| {
        let (mut client, log) = client(connections);
        *client.config_mut() = Config::new()
            .response_timeout(Duration::from_millis(80))
            .idle_timeout(Duration::from_millis(80));
        let mut failed_at = Vec::new();
        for (kind, length) in requests {
            let mut buffer = [0; 256];
            let body = vec![b'x'; length];
            let mut online = client.online(cx).unwrap();
            let request = match kind {
                0 | 1 => online.get(URL, &mut buffer),
                2 => online.put(URL, &mut buffer).body(&body),
                _ => online.post(URL, &mut buffer).body(&body),
            };
            let outcome = match kind {
                // Waits for the body's end.
                0 | 2 => request.send().and_then(|mut it| it.read_to_end().map(drop)),
                // Lets the response go as soon as it is there.
                _ => request.send().map(drop),
            };
            let log = log.borrow();
            prop_assert_eq!(log.opened - log.closed, usize::from(client.is_connected()));
            // A body that doesn't fit the buffer can still be read piece by piece.
            if let Err(error) = outcome
                && error.code() != "buffer_too_small"
            {
                prop_assert_eq!(log.opened, log.closed, "{}", error);
                failed_at.push(log.sends.len());
            }
            for mark in &failed_at {
                let last = log.sends[..*mark].iter().map(|(connection, _)| *connection).max();
                let again = log.sends[*mark..].iter().find(|(at, _)| Some(*at) <= last);
                prop_assert!(again.is_none(), "{:?} behind an error", again);
            }
        }
        drop(client);
        prop_assert_eq!(log.borrow().opened, log.borrow().closed);
        Ok(())
    });
}
