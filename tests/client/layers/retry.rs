//! Requests that are sent again.

use super::answers;
use crate::common::faults::FAULTS;
use crate::common::script::{Connection, ScriptStack, Step};
use crate::common::{TestClock, cx};
use crate::support::{FAULT, HELLO, ready_meanwhile, scripted};
use safe_http_client::{
    Config, Method, RetryPolicy, SafeHttpClient, StackFault, StackQuirks, TlsFault,
};
use std::time::Duration;

const BUSY: &str = "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy";

fn refused() -> Connection {
    Connection { refused: true, ..Connection::new([]) }
}

fn closes() -> Connection {
    Connection::new([Step::AwaitRequest, Step::Zero])
}

#[test]
fn what_is_sent_again() {
    for (what, first, method, key, again) in [
        ("refused", refused(), Method::Get, false, true),
        ("refused", refused(), Method::Post, false, true),
        ("closed", closes(), Method::Get, false, true),
        ("closed", closes(), Method::Put, false, true),
        ("closed", closes(), Method::Post, false, false),
        ("closed", closes(), Method::Post, true, true),
        ("busy", answers([BUSY]), Method::Get, false, true),
        ("busy", answers([BUSY]), Method::Post, false, false),
        ("busy", answers([BUSY]), Method::Post, true, true),
        ("silent", Connection::new([Step::Silence]), Method::Get, false, true),
        ("silent", Connection::new([Step::Silence]), Method::Post, false, false),
        (
            "not found",
            answers(["HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"]),
            Method::Get,
            false,
            false,
        ),
        ("no HTTP", answers(["220 mail.example ESMTP\r\n"]), Method::Get, false, false),
    ] {
        let connections = [first, answers([HELLO])];
        let (mut client, log) = scripted(&TestClock::ticking(1), Config::new(), connections);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let mut request = online.request(method, "http://192.168.1.20/a", [0; 1024]);
        if key {
            request = request.header("idempotency-key", "17");
        }
        let body = "b".repeat(2000);
        if method != Method::Get {
            request = request.body(&body);
        }
        let result = request.retry(RetryPolicy::new(1)).send().map(|response| response.status());
        assert_eq!(result == Ok(200), again, "{what} {method} {key}: {result:?}");
        let log = log.borrow();
        assert_eq!(log.opened, 1 + usize::from(again), "{what} {method} {key}");
        assert!(log.most_open <= 1);
        if again {
            let sent = log.text(1);
            assert!(sent.starts_with(&format!("{method} /a HTTP/1.1\r\n")), "{sent}");
            assert_eq!(sent.ends_with(&body), method != Method::Get, "all of it again");
        }
    }
}

/// Who was refused in a handshake would be refused in the next one, too; all else may pass.
#[test]
fn a_server_that_tls_refuses_is_asked_once() {
    use TlsFault::*;
    let once: &[TlsFault] = &[
        NotStarted,
        UnknownAuthority,
        WrongHost,
        Expired,
        NotYetValid,
        NotForServers,
        Refused,
        WrongKey,
        OldVersion,
        NothingInCommon,
        RecordTooLarge,
        NotTls,
        OtherProtocol,
    ];
    for fault in FAULTS {
        FAULT.set(fault);
        let stack = ScriptStack::new([refused(), answers([HELLO])]);
        let log = stack.log.clone();
        let network = stack.attached(StackQuirks::STD).with_faults(|_| FAULT.get());
        let mut client = SafeHttpClient::new(network, TestClock::ticking(1));
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let request = online.get("http://192.168.1.20/a", [0; 1024]).retry(RetryPolicy::new(1));
        let again = request.send().is_ok();
        let is_final = matches!(fault, StackFault::Tls(why) if once.contains(&why));
        assert_eq!(again, !is_final, "{fault:?}");
        assert_eq!(log.borrow().opened, 1 + usize::from(again), "{fault:?}");
    }
}

#[test]
fn the_wait() {
    let clock = TestClock::default();
    let connections = [answers([BUSY, BUSY, HELLO])];
    let (mut client, _log) = scripted(&clock, Config::new(), connections);
    let mut cx = cx();
    let mut online = client.online(&mut cx).unwrap();
    let policy = RetryPolicy::new(1).base(Duration::from_millis(100));
    let mut retrying =
        online.get("http://192.168.1.20/a", [0; 1024]).retry(policy).start().unwrap();
    let mut polls = 0;
    ready_meanwhile(
        || {
            polls += 1;
            retrying.poll(&mut client, &mut cx)
        },
        || clock.advance(10),
    )
    .unwrap();
    // Twice the 7 s that the server asked for, and at most 100 ms and 200 ms; and it was never waited.
    assert_eq!(retrying.retries(), 2);
    assert!((1400..=1435).contains(&polls), "{polls}");
    assert_eq!(retrying.into_call().status(), Some(200));
}

#[test]
fn the_end_of_patience() {
    // A server that is busy for longer than the budget: its answer is the result, at once.
    let long = BUSY.replace("7", "1000000000000");
    for (answer, retries) in [(&*long, 1), (BUSY, 3), (BUSY, 0)] {
        let connections = [answers([answer; 4])];
        let (mut client, log) = scripted(&TestClock::ticking(1), Config::new(), connections);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let request = online.get("http://192.168.1.20/a", [0; 1024]);
        let mut response = request.retry(RetryPolicy::new(1).retries(retries)).send().unwrap();
        assert_eq!(response.status(), 503);
        assert_eq!(response.read_to_str().unwrap(), "busy");
        drop(response);
        let expected = if answer == long { 1 } else { 1 + usize::from(retries) };
        let sent: usize = (0..log.borrow().opened)
            .map(|at| log.borrow().text(at).matches("GET /a").count())
            .sum();
        assert_eq!(sent, expected);
    }
}

/// An answer that was given as the result stays it, however often it is asked for: waits are random, and one
/// that fits the budget may come after one that doesn't.
#[test]
fn the_result_stays() {
    for seed in 0..20 {
        let connections = [answers([BUSY; 4])];
        let (mut client, log) = scripted(&TestClock::ticking(1), Config::new(), connections);
        let mut cx = cx();
        let mut online = client.online(&mut cx).unwrap();
        let policy = RetryPolicy::new(seed).budget(Duration::from_millis(7100));
        let request = online.get("http://192.168.1.20/a", [0; 1024]);
        let mut retrying = request.retry(policy).start().unwrap();
        ready_meanwhile(|| retrying.poll(&mut client, &mut cx), || ()).unwrap();
        let retries = retrying.retries();
        for _ in 0..50 {
            assert_eq!(retrying.poll(&mut client, &mut cx), Ok(()), "{seed}");
        }
        assert_eq!(retrying.retries(), retries);
        assert_eq!(retrying.into_call().status(), Some(503));
        assert!(log.borrow().opened <= 2);
    }
}
