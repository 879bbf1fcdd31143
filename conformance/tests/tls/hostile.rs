//! What an attacker, a bad server or a bad network can do: every record cut, changed, delayed, oversized. There
//! is never a wrong success, a panic or an endless wait.

use crate::chains::{Served, served};
use crate::client::{Outcome, now, with_tls};
use crate::memory::{Fault, Memory, Peer};
use crate::rustls_peer::{Rustls, hello};
use conformance::common::cx;
use safe_http_client::{Config, FnClock, SafeHttpClient};
use safe_http_client_tls::{Authority, FULL_RECORD, Failure, WallTime, anchor};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::time::Duration;

/// Gets a page of the peer's, by a clock that goes on by a millisecond at each look; what became of it, and the
/// network.
pub fn get<P: Peer>(network: Memory<P>, served: &Served) -> (Outcome, Memory<P>) {
    get_within(Duration::from_secs(1000), network, served)
}

/// The same, with this deadline for everything.
pub fn get_within<P: Peer>(
    deadline: Duration,
    network: Memory<P>,
    served: &Served,
) -> (Outcome, Memory<P>) {
    let anchors = [anchor(&served.root).unwrap()];
    let verify = Authority::new(&anchors, WallTime::Utc(now()));
    let mut network = network;
    let outcome = with_tls(&mut network, FULL_RECORD, verify, |tls| {
        let ticks = Cell::new(0);
        let clock = FnClock(|| ticks.replace(ticks.get() + 1));
        let config = Config::new()
            .connect_timeout(deadline)
            .response_timeout(deadline)
            .idle_timeout(deadline);
        let (mut cx, mut buffer) = (cx(), [0; 1024]);
        let mut client = SafeHttpClient::with_config(&mut *tls, clock, config);
        let mut online = client.online(&mut cx).unwrap();
        let result = online
            .get("https://gate.test/", &mut buffer)
            .send()
            .and_then(|mut response| Ok((response.status(), response.read_to_end()?.to_vec())));
        match result {
            Ok((status, body)) => Outcome::Got(status, body),
            Err(error) => Outcome::failed(error, b""),
        }
    });
    (outcome, network)
}

fn network(served: &Served) -> Memory<Rustls> {
    Memory::new(Rustls::new(served, hello))
}

#[test]
fn delayed_by_every_byte() {
    let served = served();
    for segment in [1, 2, 3, 5, 7, 64, 511, 513, usize::MAX] {
        for blocks in [false, true] {
            let mut network = network(&served);
            (network.segment, network.blocks) = (segment, blocks);
            assert_eq!(
                get(network, &served).0,
                Outcome::hello(),
                "{segment} bytes a call, {blocks}"
            );
        }
    }
}

#[test]
fn every_byte_changed() {
    let served = served();
    let sound = get(network(&served), &served).1;
    // Signatures differ in length, so that another run's are a byte or two elsewhere.
    let (total, starts) = (sound.sent, sound.records());
    assert!(starts.len() >= 5, "{starts:?}");
    let (mut changed, mut harmless) = (0, BTreeSet::new());
    for at in (0..total).filter(|at| {
        // All of the headers and what follows them, and a part of the rest.
        starts.iter().any(|start| (start.saturating_sub(2)..start + 10).contains(at)) || at % 7 == 0
    }) {
        let mut network = network(&served);
        network.fault = Fault::Flip(at, 1 << (at % 8));
        let (outcome, network) = get(network, &served);
        match outcome {
            // The version in a record's header has to be ignored (RFC 8446 section 5.1).
            Outcome::Got(200, _) if at >= network.sent => {}
            Outcome::Got(200, body) if body == b"hello" => {
                let starts = network.records();
                let record = starts.iter().position(|start| start + 2 == at);
                // By its number: from run to run the same record is elsewhere, and met at another byte again.
                harmless.insert(record.unwrap_or_else(|| panic!("byte {at} of {starts:?}")));
            }
            Outcome::Got(status, body) => panic!("byte {at}: {status} {body:?}"),
            Outcome::Refused(..) | Outcome::Other(_) => changed += 1,
        }
    }
    assert!(harmless.len() <= starts.len(), "{harmless:?} of {starts:?}");
    eprintln!(
        "tls: {changed} changed bytes noticed, {} records' versions harmless",
        harmless.len()
    );
}

#[test]
fn every_byte_the_last() {
    let served = served();
    let total = get(network(&served), &served).1.sent;
    let mut cuts = 0;
    for at in (0..total).step_by(3) {
        for fault in [Fault::End(at), Fault::Reset(at)] {
            let mut network = network(&served);
            network.fault = fault;
            let (outcome, network) = get(network, &served);
            match outcome {
                Outcome::Got(..) if at >= network.sent => {}
                Outcome::Got(..) => panic!("{fault:?} of {}: {outcome:?}", network.sent),
                Outcome::Refused(failure, _) => assert!(
                    matches!(failure, Failure::EndedInHandshake | Failure::Truncated),
                    "{fault:?}: {failure:?}"
                ),
                Outcome::Other(_) => {}
            }
            assert_eq!(network.closed, 1, "{fault:?}");
            cuts += 1;
        }
    }
    eprintln!("tls: {cuts} cuts of {total} bytes");
}

#[test]
fn a_fault_at_every_call() {
    let served = served();
    let calls = {
        let mut network = network(&served);
        network.segment = 100;
        get(network, &served).1.calls
    };
    let mut failed = 0;
    for call in 1..=calls {
        let mut network = network(&served);
        (network.segment, network.fault) = (100, Fault::Fail(call));
        let (outcome, network) = get(network, &served);
        assert_eq!(network.closed, 1, "call {call}");
        match outcome {
            // The last ones are of the close.
            Outcome::Got(200, body) => {
                assert_eq!(body, b"hello");
                assert!(call + 4 > calls, "call {call} of {calls}");
            }
            Outcome::Got(..) => panic!("call {call}: {outcome:?}"),
            Outcome::Refused(failure, _) => panic!("call {call}: {failure:?}"),
            Outcome::Other(text) => {
                assert!(text.contains("Broken"), "call {call}: {text}");
                failed += 1;
            }
        }
    }
    eprintln!("tls: faults at {failed} of {calls} calls");
}

/// A body that ends where the connection does is whole only where the server has said so.
#[test]
fn an_end_without_close_notify_is_no_end() {
    let served = served();
    let until_close = |tls: &mut rustls::ServerConnection| {
        tls.writer().write_all(b"HTTP/1.1 200 OK\r\n\r\nhello").unwrap();
        tls.send_close_notify();
    };
    let network = Memory::new(Rustls::new(&served, until_close));
    assert_eq!(get(network, &served).0, Outcome::hello());

    let mut cut = Rustls::new(&served, |tls| {
        tls.writer().write_all(b"HTTP/1.1 200 OK\r\n\r\nhello").unwrap();
    });
    cut.ends = true;
    let (outcome, _) = get(Memory::new(cut), &served);
    let Outcome::Other(text) = outcome else { panic!("{outcome:?}") };
    assert!(text.contains("Truncated"), "{text}");
}

#[test]
fn keys_that_are_renewed_end_the_connection() {
    let served = served();
    let network = Memory::new(Rustls::new(&served, |tls| {
        tls.refresh_traffic_keys().unwrap();
        hello(tls);
    }));
    assert_eq!(get(network, &served).0, Outcome::refused(Failure::UnexpectedMessage));
}
