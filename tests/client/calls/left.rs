//! Calls that are dropped or forgotten before they are over.

use super::{Kind, slow_client, slow_client_with, url};
use crate::common::script::{Connection, Log, Step};
use crate::common::{TestClock, cx};
use crate::support::{HELLO, URL, get, scripted};
use embedded_io::Read;
use safe_http_client::{BodyLength, CloseReason, Config, LoopContext};

/// How a call is left.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Leave {
    Drop,
    Forget,
}

/// What the client does next.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Then {
    Request,
    CloseAndRequest,
    End,
}

#[test]
fn a_call_that_is_left_at_any_moment_leaves_nothing_behind() {
    let mut cx = cx();
    for kind in Kind::ALL {
        for kept in [false, true] {
            for leave in [Leave::Drop, Leave::Forget] {
                for then in [Then::Request, Then::CloseAndRequest, Then::End] {
                    let turns = (0..2000)
                        .find(|turns| leave_after(*turns, kind, kept, leave, then, &mut cx));
                    let turns = turns.expect("it comes to an end");
                    assert!(turns > 20, "{kind:?}: its waits were left in {turns} turns");
                }
            }
        }
    }
}

/// True if the call was over by then.
fn leave_after(
    turns: usize,
    kind: Kind,
    kept: bool,
    leave: Leave,
    then: Then,
    cx: &mut LoopContext,
) -> bool {
    let context =
        format!("{kind:?}, kept connection: {kept}, {leave:?} after {turns} turns, then {then:?}");
    let (mut client, log) = slow_client_with(kept, cx);
    let mut work = kind.start(&mut client, cx);
    let over = (0..turns).any(|_| work.turn(&mut client, cx).unwrap());
    if over {
        work.assert_done(kind, &context);
    }
    match leave {
        Leave::Drop => drop(work),
        Leave::Forget => std::mem::forget(work),
    }
    let before = log.borrow().opened;
    if then == Then::CloseAndRequest {
        client.close();
        assert_all_closed(&log.borrow(), &context);
    }
    if then != Then::End {
        let answer = get(&mut client, cx, &url("/second"));
        assert_eq!(answer, Ok("/second".into()), "{context}");
        let log = log.borrow();
        assert!(log.dialed.len() <= before + 1, "{context}: {:?}", log.dialed);
        // On a connection of its own, unless the first call was over: then on that one, which leads to
        // the same host.
        let leads_there = !matches!(kind, Kind::Probe | Kind::GetByName);
        let reused = over && leads_there && then == Then::Request;
        assert_eq!(log.opened, if reused { 1 } else { before + 1 }, "{context}");
        let sent = log.text(log.opened - 1);
        let last = sent.rfind("GET /second HTTP/1.1\r\n").expect("it was sent");
        assert_eq!(last == 0, !reused, "{context}: {sent}");
        for earlier in 0..log.opened - 1 {
            assert!(!log.text(earlier).contains("/second"), "{context}");
        }
    }
    drop(client);
    let log = log.borrow();
    assert_all_closed(&log, &context);
    assert!(log.most_open <= 1, "{context}: one connection at a time");
    over
}

#[track_caller]
fn assert_all_closed(log: &Log, context: &str) {
    assert_eq!(log.opened, log.closed, "{context}: sockets left open");
}

/// The buffer is its owner's again, and the connection the client's to close.
#[test]
fn a_buffer_is_taken_back_from_a_call_at_any_moment() {
    let mut cx = cx();
    for turns in 0..40 {
        let (mut client, log) = slow_client();
        let mut online = client.online(&mut cx).unwrap();
        let mut call = online.get(&url("/first"), [0; 256]).start().unwrap();
        for _ in 0..turns {
            let _ = call.poll(&mut client, &mut cx);
        }
        let buffer = call.into_buffer();
        let mut online = client.online(&mut cx).unwrap();
        let mut response = online.get(&url("/second"), buffer).send().unwrap();
        assert_eq!(response.read_to_str(), Ok("/second"), "after {turns} turns");
        drop(response);
        drop(client);
        assert_all_closed(&log.borrow(), "taken back");
    }
}

/// What waits is dropped by its block; what is forgotten all the same does no more harm.
#[test]
fn a_response_or_stream_that_is_forgotten_leaves_nothing_behind() {
    let mut cx = cx();
    let long = format!("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{}", "x".repeat(500));
    let switches = "HTTP/1.1 101 Switching Protocols\r\n\r\ntunnelled".to_string();
    for (first, close_reason) in
        [(long, CloseReason::ResponseNotRead), (switches, CloseReason::Upgraded)]
    {
        for read in [0, 1, 9] {
            let connections = [
                Connection::new([
                    Step::AwaitRequest,
                    Step::Data(first.clone().into()),
                    Step::AwaitRequest,
                    Step::Data(HELLO.into()),
                ]),
                Connection::answer(HELLO),
            ];
            let clock = TestClock::ticking(1);
            let (mut client, log) = scripted(&clock, Config::new(), connections);
            let mut online = client.online(&mut cx).unwrap();
            let response = online.get(URL, [0; 256]).send().unwrap();
            match response.into_stream() {
                Ok(mut stream) => {
                    stream.read_exact(&mut vec![0; read]).unwrap();
                    std::mem::forget(stream);
                }
                Err(mut response) => {
                    response.read_exact(&mut vec![0; read]).unwrap();
                    std::mem::forget(response);
                }
            }
            assert_eq!(log.borrow().closed, 0);
            assert_eq!(get(&mut client, &mut cx, URL), Ok("hello".into()));
            assert_eq!(client.close_reason(), Some(close_reason));
            drop(client);
            assert_eq!((log.borrow().opened, log.borrow().closed), (2, 2));
        }
    }
}

/// They are nothing yet.
#[test]
fn a_request_that_is_never_started_ends_no_call() {
    let mut cx = cx();
    let (mut client, log) = slow_client();
    let mut work = Kind::Get.start(&mut client, &mut cx);
    for turn in 0..200 {
        let mut online = client.online(&mut cx).unwrap();
        match turn % 5 {
            0 => drop(online.get(URL, [0; 256])),
            1 => std::mem::forget(online.post(URL, [0; 256]).body("body")),
            // Refused: it can't be sent.
            2 => assert!(online.get("http://localhost/", [0; 256]).start().is_err()),
            3 => {
                let put = online.put("gate", [0; 256]);
                assert!(put.start_upload(BodyLength::Chunked).is_err());
            }
            _ => assert!(online.get(URL, [0; 8]).send().is_err()),
        }
        if work.turn(&mut client, &mut cx).unwrap() {
            work.assert_done(Kind::Get, "the one that was started");
            assert_eq!(log.borrow().opened, 1);
            return;
        }
    }
    panic!("it never ended");
}
