//! Connections that have left HTTP, as values: dropped, forgotten, displaced, and with another client.

use super::{Kind, Room, slow_client, slow_server, url};
use crate::common::script::{Connection, Step};
use crate::common::{TestClock, cx};
use crate::support::{Client, SharedLog, get, ready, scripted};
use safe_http_client::{CloseReason, Config, Error, LoopContext, Upgraded, nb};

/// A connection that was handed over, after so many bytes of it were read; and then a slow server.
fn tunnel(read: usize, cx: &mut LoopContext) -> (Client, SharedLog, Upgraded<'static, Room>) {
    let connections = [
        Connection::new([
            Step::AwaitRequest,
            Step::Data(b"HTTP/1.1 101 Switching Protocols\r\n\r\ntun".to_vec()),
            Step::Pend(1),
            Step::Data(b"nelled".to_vec()),
        ]),
        slow_server(),
        slow_server(),
    ];
    let (mut client, log) = scripted(&TestClock::ticking(1), Config::new(), connections);
    let mut call = client.online(cx).unwrap().get(&url("/first"), [0; 256]).start().unwrap();
    ready(|| call.poll(&mut client, cx)).unwrap();
    let mut stream = call.into_upgraded().expect("handed over");
    for _ in 0..read {
        assert_eq!(ready(|| stream.poll_read(&mut client, cx, &mut [0; 1])), Ok(1));
    }
    (client, log, stream)
}

#[test]
fn one_that_is_dropped_or_forgotten_is_closed_by_the_next_call() {
    let mut cx = cx();
    for read in 0..9 {
        for forget in [false, true] {
            let (mut client, log, stream) = tunnel(read, &mut cx);
            if forget {
                std::mem::forget(stream);
            } else {
                drop(stream);
            }
            assert_eq!(log.borrow().closed, 0, "it was the client's all the time");
            assert_eq!(get(&mut client, &mut cx, &url("/second")), Ok("/second".into()));
            assert_eq!(client.close_reason(), Some(CloseReason::Upgraded));
            // The next is an ordinary one again.
            let mut work = Kind::Get.start(&mut client, &mut cx);
            for _ in 0..30 {
                work.turn(&mut client, &mut cx).unwrap();
            }
            assert_eq!(get(&mut client, &mut cx, &url("/third")), Ok("/third".into()));
            assert_eq!(client.close_reason(), Some(CloseReason::ResponseNotRead));
            drop(client);
            let log = log.borrow();
            assert_eq!((log.opened, log.closed, log.most_open), (3, 3, 1));
        }
    }
}

#[test]
fn one_that_a_later_call_displaces_reads_and_writes_no_more() {
    let mut cx = cx();
    for read in 0..9 {
        for begin_with in ["read", "write"] {
            let (mut client, log, mut stream) = tunnel(read, &mut cx);
            let mut work = Kind::PostCopied.start(&mut client, &mut cx);
            assert_eq!(client.close_reason(), Some(CloseReason::Upgraded));
            let mut told = Vec::new();
            while !work.turn(&mut client, &mut cx).unwrap() {
                told.push(match (begin_with, told.len() % 2) {
                    ("read", 0) | ("write", 1) => {
                        code(stream.poll_read(&mut client, &mut cx, &mut [0; 9]))
                    }
                    _ => code(stream.poll_write(&mut client, &mut cx, b"tunnelled, too")),
                });
            }
            work.assert_done(Kind::PostCopied, "undisturbed");
            assert_eq!(told[0], "displaced", "{begin_with} after {read} bytes");
            assert!(told[1..].iter().all(|told| *told == "call_over"), "{told:?}");
            assert_eq!(stream.call().status(), None, "nor has it a head any more");
            drop(client);
            let log = log.borrow();
            assert!(!log.text(0).contains("tunnelled") && !log.text(1).contains("tunnelled"));
            assert_eq!((log.opened, log.closed), (2, 2));
        }
    }
}

#[test]
fn one_that_is_polled_with_another_client_harms_neither() {
    let mut cx = cx();
    for read in 0..9 {
        let (mut client, log, mut stream) = tunnel(read, &mut cx);
        let (mut other, others_log) = slow_client();
        let mut others = Kind::Get.start(&mut other, &mut cx);
        for _ in 0..read * 4 {
            others.turn(&mut other, &mut cx).unwrap();
        }
        let sent = others_log.borrow().sends.len();
        assert_eq!(code(stream.poll_write(&mut other, &mut cx, b"tunnelled, too")), "displaced");
        assert_eq!(code(stream.poll_read(&mut other, &mut cx, &mut [0; 9])), "call_over");
        assert_eq!(others_log.borrow().sends.len(), sent);
        others.finish(&mut other, &mut cx).unwrap();
        others.assert_done(Kind::Get, "undisturbed");
        assert_eq!(code(stream.poll_read(&mut client, &mut cx, &mut [0; 9])), "call_over");
        assert_eq!(get(&mut client, &mut cx, &url("/second")), Ok("/second".into()));
        drop((client, other));
        assert_eq!(log.borrow().opened, log.borrow().closed);
        assert_eq!(others_log.borrow().opened, others_log.borrow().closed);
    }
}

/// What it came to, in a word.
fn code<T, D>(result: nb::Result<usize, Error<T, D>>) -> &'static str {
    match result {
        Ok(_) => "went",
        Err(nb::Error::WouldBlock) => "waits",
        Err(nb::Error::Other(error)) => error.code(),
    }
}
