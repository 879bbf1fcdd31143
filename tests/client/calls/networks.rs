//! Clients whose networks change places: what was meant for one connection never goes over another's.

use super::{Kind, slow_client, slow_server, url};
use crate::common::script::{Log, ScriptStack};
use crate::common::{TestClock, TestLink, cx};
use crate::support::{Client, SharedLog, get};
use safe_http_client::{CloseReason, LoopContext, NalNetwork, SafeHttpClient, StackQuirks};

const SECRET: &str = "http://user:pw@192.168.1.20/secret";
const AUTHORIZATION: &str = "Authorization: Basic dXNlcjpwdw==\r\n";

/// A client that has kept a connection over which it has authorized itself, and one that hasn't.
fn one_with_a_secret(cx: &mut LoopContext) -> [(Client, SharedLog); 2] {
    let [mut a, mut b] = [slow_client(), slow_client()];
    assert_eq!(get(&mut a.0, cx, SECRET), Ok("/secret".into()));
    assert_eq!(get(&mut b.0, cx, &url("/public")), Ok("/public".into()));
    assert!(a.0.is_connected() && b.0.is_connected());
    [a, b]
}

#[test]
fn a_network_that_is_swapped_takes_no_connection_with_it() {
    let mut cx = cx();
    let [(mut a, log_a), (mut b, log_b)] = one_with_a_secret(&mut cx);
    std::mem::swap(a.network_mut(), b.network_mut());
    for (client, log) in [(&a, &log_a), (&b, &log_b)] {
        assert!(!client.is_connected());
        assert_eq!(client.close_reason(), Some(CloseReason::CallerAsked));
        // Each by the stack that it was of.
        assert_eq!((log.borrow().opened, log.borrow().closed), (1, 1));
    }

    // To the same host as before, over the stack that was the other's: on a connection of its own.
    assert_eq!(get(&mut b, &mut cx, &url("/public")), Ok("/public".into()));
    assert_eq!(get(&mut a, &mut cx, SECRET), Ok("/secret".into()));
    let secrets = |log: &Log| -> Vec<bool> {
        (0..log.opened).map(|index| log.text(index).contains(AUTHORIZATION)).collect()
    };
    assert_eq!(secrets(&log_a.borrow()), [true, false]);
    assert_eq!(secrets(&log_b.borrow()), [false, true]);
    drop((a, b));
    for log in [log_a, log_b] {
        assert_eq!((log.borrow().opened, log.borrow().closed), (2, 2));
    }
}

/// Also while it carries a call.
#[test]
fn a_network_that_is_swapped_ends_the_calls_of_both_at_any_moment() {
    let mut cx = cx();
    for kind in [Kind::Get, Kind::PostLent, Kind::UploadChunked, Kind::Probe] {
        for turns in 0..60 {
            let context = format!("{kind:?} after {turns} turns");
            let [(mut a, log_a), (mut b, log_b)] = one_with_a_secret(&mut cx);
            let mut call_a = kind.start(&mut a, &mut cx);
            let mut call_b = Kind::Get.start(&mut b, &mut cx);
            let (mut over_a, mut over_b) = (false, false);
            for _ in 0..turns {
                over_a = over_a || call_a.turn(&mut a, &mut cx).unwrap();
                over_b = over_b || call_b.turn(&mut b, &mut cx).unwrap();
            }
            std::mem::swap(a.network_mut(), b.network_mut());
            for log in [&log_a, &log_b] {
                assert_eq!(log.borrow().opened, log.borrow().closed, "{context}");
            }
            let sent = [log_a.borrow().sends.len(), log_b.borrow().sends.len()];
            if !over_a {
                call_a.assert_displaced(&mut a, &mut cx, &context);
            }
            if !over_b {
                // Nor does it go on with the client that has its network now.
                call_b.assert_displaced(&mut a, &mut cx, &context);
            }
            assert_eq!([log_a.borrow().sends.len(), log_b.borrow().sends.len()], sent);
            assert_eq!(get(&mut a, &mut cx, &url("/a")), Ok("/a".into()), "{context}");
            assert_eq!(get(&mut b, &mut cx, &url("/b")), Ok("/b".into()), "{context}");
        }
    }
}

/// A network that is lent stays its owner's: the client before has closed what it opened on it.
#[test]
fn a_network_that_is_lent_to_one_client_after_the_other() {
    let mut cx = cx();
    let stack = ScriptStack::new([slow_server(), slow_server()]);
    let log = stack.log.clone();
    let mut network = NalNetwork::new(stack, TestLink::up(), StackQuirks::STD);
    let mut call = {
        let mut client = SafeHttpClient::new(&mut network, TestClock::ticking(1));
        let mut online = client.online(&mut cx).unwrap();
        let mut call = online.get(SECRET, [0; 256]).start().unwrap();
        for _ in 0..30 {
            assert!(call.poll(&mut client, &mut cx).is_err());
        }
        call
    };
    assert_eq!((log.borrow().opened, log.borrow().closed), (1, 1));
    let mut client = SafeHttpClient::new(&mut network, TestClock::ticking(1));
    assert!(call.poll(&mut client, &mut cx).is_err());
    let mut online = client.online(&mut cx).unwrap();
    let mut response = online.get(&url("/second"), [0; 256]).send().unwrap();
    assert_eq!(response.read_to_str(), Ok("/second"));
    assert!(!log.borrow().text(1).contains("Authorization"));
}

/// Looking isn't changing: it leaves the connection and its call alone.
#[test]
fn a_network_that_is_only_looked_at_keeps_its_connection() {
    let mut cx = cx();
    let (mut client, log) = slow_client();
    let mut work = Kind::Get.start(&mut client, &mut cx);
    while !work.turn(&mut client, &mut cx).unwrap() {
        assert!(client.network().stack().connections.len() >= 2);
    }
    assert_eq!(log.borrow().opened, 1);
}
