//! lwIP without memory: at each allocation in turn, and from each on.
#![cfg(lwip)]

use conformance::common::cx;
use conformance::scenario::{Act, Peer, config, say};
use conformance::smoltcp_net::KNOWN_NAME;
use conformance_lwip::{Rig, c, clock, name};
use safe_http_client::{Cause, Error, ErrorKind, LoopContext, SafeHttpClient};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

const BODY: usize = 2000;

fn answer() -> Vec<Act> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {BODY}\r\n\r\n");
    vec![Act::Request, Act::Body(1500), say(head + &"y".repeat(BODY))]
}

/// Code of the error and cause, or nothing for a response that is right.
fn post(rig: &mut Rig, cx: &mut LoopContext, path: &str) -> Option<(&'static str, Cause)> {
    rig.peer.play(vec![answer(), answer()]);
    let url = format!("http://{KNOWN_NAME}:{}/{path}", rig.peer.port());
    let patient =
        config().connect_timeout(Duration::from_secs(5)).resolve_timeout(Duration::from_secs(5));
    let patient =
        patient.response_timeout(Duration::from_secs(5)).idle_timeout(Duration::from_secs(5));
    let mut client = SafeHttpClient::with_config(rig.lwip(), clock(), patient);
    let mut buffer = [0; 4096];
    let mut online = client.online(cx).unwrap();
    let request = online.post(url.as_str(), &mut buffer).body(&[b'x'; 1500]);
    let sent = request.send().and_then(|mut response| {
        let body = response.read_to_end()?;
        assert!(body.len() == BODY && body.iter().all(|byte| *byte == b'y'));
        Ok(())
    });
    sent.err().map(|error| {
        assert_is_no_protocol_error(&error);
        (error.code(), client.diagnosis(&error).cause())
    })
}

/// Too little memory loses packets and connections; never bytes in the middle.
fn assert_is_no_protocol_error<T: Debug, D: Debug>(error: &Error<T, D>) {
    assert!(!matches!(error.kind, ErrorKind::Protocol(_)), "{error:?}");
}

#[test]
fn memory_that_runs_out_at_each_allocation() {
    let mut rig = Rig::start();
    let mut cx = cx();
    assert_eq!(post(&mut rig, &mut cx, "first"), None);
    rig.pass(30_000);
    c::harness_abort_all();
    rig.pass(600);
    let before = c::harness_live();

    c::harness_fail(0, 0);
    assert_eq!(post(&mut rig, &mut cx, "counted"), None);
    let count = c::harness_allocations();
    assert!(count > 20, "{count}");
    for for_ever in [false, true] {
        let mut ends = BTreeMap::new();
        for at in 1..=count {
            match for_ever {
                false => c::harness_fail(at, 0),
                true => c::harness_fail(0, at),
            }
            let ended = post(&mut rig, &mut cx, "failing");
            *ends
                .entry(ended.map_or(("200", ""), |(code, cause)| (code, cause.code())))
                .or_insert(0) += 1;
            c::harness_fail(0, 0);
            // It gives back all that it had, and works again.
            rig.pass(8000);
            c::harness_abort_all();
            rig.pass(600);
            assert_eq!(c::harness_live(), before, "{at} of {count}");
            assert_eq!(post(&mut rig, &mut cx, "after"), None, "{at} of {count}");
            c::harness_abort_all();
            rig.pass(600);
        }
        let from = if for_ever { "from each of" } else { "at each of" };
        eprintln!("{}: no memory {from} {count} allocations: {ends:?}", name());
    }
}

#[test]
fn connections_that_run_out() {
    let mut rig = Rig::start();
    let mut cx = cx();
    c::harness_limit_pcbs(0);
    assert_eq!(post(&mut rig, &mut cx, "none"), Some(("no_socket", Cause::OutOfSockets)));
    c::harness_limit_pcbs(1);
    assert_eq!(post(&mut rig, &mut cx, "one"), None);
    // The one waits for late packets: lwIP takes it back for the next.
    for _ in 0..20 {
        assert_eq!(post(&mut rig, &mut cx, "again"), None);
    }
    c::harness_unlimited();
}
