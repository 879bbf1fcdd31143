//! A server that never ends, and names that lead elsewhere.

use super::*;
use crate::endless::{Endless, Pace};

const TOTAL_MS: u32 = 60_000;

/// Reads until an error: its code, how long it took, and how many bytes the server had given.
fn endure(
    cx: &mut LoopContext,
    start: &str,
    unit: &str,
    gap_ms: u32,
    total: bool,
) -> (&'static str, u32, usize) {
    let clock = TestClock::ticking(1);
    let pace = if gap_ms == 0 { Pace::AtOnce } else { Pace::Every { ms: gap_ms, call_ms: 0 } };
    let stack = Endless::new(&clock, start, unit, pace);
    let given = Rc::clone(&stack.given);
    let total = total.then_some(Duration::from_millis(TOTAL_MS.into()));
    let network = NalNetwork::new(stack, TestLink::up(), StackQuirks::STD);
    let config = Config::new().total_timeout(total);
    let mut client = SafeHttpClient::with_config(network, clock, config);
    let mut call = client.online(cx).unwrap().get(URL, [0; 512]).start().unwrap();
    let mut out = [0; 64];
    let error = loop {
        match call.poll_read(&mut client, cx, &mut out) {
            Ok(0) => panic!("{unit:?} has no end"),
            Ok(_) | Err(nb::Error::WouldBlock) => {}
            Err(nb::Error::Other(error)) => break error,
        }
    };
    assert!(!client.is_connected());
    (error.code(), client.evidence().elapsed_ms, given.get())
}

/// As fast as it can: memory is what it would take.
#[test]
fn a_server_that_never_ends_gets_no_more_memory_than_it_was_given() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let long_extension = format!("1;{}\r\nx\r\n", "e".repeat(400));
    let rows = [
        ("a status line", "HTTP/1.1 200 ", "x", "buffer_too_small", 70_000),
        ("one field", "HTTP/1.1 200 OK\r\nA: ", "x", "buffer_too_small", 70_000),
        ("a field's name", "HTTP/1.1 200 OK\r\n", "x", "buffer_too_small", 70_000),
        ("fields", "HTTP/1.1 200 OK\r\n", "A: b\r\n", "buffer_too_small", 70_000),
        ("interim responses", "", "HTTP/1.1 100 Continue\r\n\r\n", "malformed_response", 1_500),
        ("interim fields", "HTTP/1.1 103 Hints\r\n", "A: b\r\n", "buffer_too_small", 70_000),
        ("a chunk's size", chunked, "0", "malformed_response", 20_000),
        ("an extension", &format!("{chunked}5;"), "x", "malformed_response", 20_000),
        ("white space behind a size", &format!("{chunked}5"), " ", "malformed_response", 20_000),
        ("long extensions of short chunks", chunked, &long_extension, "malformed_response", 20_000),
        ("a trailer", &format!("{chunked}0\r\nA: "), "x", "buffer_too_small", 1_500),
        ("trailers", &format!("{chunked}0\r\n"), "A: b\r\n", "buffer_too_small", 1_500),
        ("no HTTP", "", "x", "not_http", 1_500),
        ("empty lines", "", "\r\n", "not_http", 1_500),
    ];
    let mut cx = cx();
    for (name, start, unit, code, most) in rows {
        let (got, _, given) = endure(&mut cx, start, unit, 0, false);
        assert_eq!(got, code, "{name}");
        assert!(given <= most, "{name}: {given} bytes were read");
        eprintln!("endless {name}: {code} after {given} bytes");
    }
}

/// A byte now and then, so that something always moves: time is what it would take.
#[test]
fn a_server_that_drips_gets_no_more_time_than_it_was_given() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let gap = 900;
    // The idle deadline from a head's first byte; up to 16 interim ones may come before it, each with
    // its own.
    let (idle, response) = (5_000, 3_000);
    let head = idle + 2 * gap;
    let rows = [
        ("a status line", "HTTP/1.1 200 ", "x", false, "idle_timeout", head),
        ("fields", "HTTP/1.1 200 OK\r\n", "A: b\r\n", false, "idle_timeout", head),
        (
            "interim responses",
            "",
            "HTTP/1.1 100 \r\n\r\n",
            false,
            "idle_timeout",
            17 * (response + head),
        ),
        ("a status line, in all", "HTTP/1.1 200 ", "x", true, "idle_timeout", head),
        ("a body", "HTTP/1.1 200 OK\r\n\r\n", "x", true, "idle_timeout", head),
    ];
    let mut cx = cx();
    for (name, start, unit, total, code, most_ms) in rows {
        let (got, took, _) = endure(&mut cx, start, unit, gap, total);
        assert_eq!(got, code, "{name}");
        assert!(took <= most_ms, "{name}: {took} ms");
        eprintln!("dripped {name}: {code} after {took} ms");
    }
    // Each of them in time, and yet no end of them.
    let (got, took, _) = endure(&mut cx, "", "HTTP/1.1 100 \r\n\r\n", 200, false);
    assert_eq!(got, "malformed_response");
    assert!(took <= 17 * (response + idle), "{took} ms");
    // Faster, so that the head is there in time. Now the total deadline alone ends it.
    let bodies = [
        ("a body until the end", "HTTP/1.1 200 OK\r\n\r\n", "x"),
        ("a body with a length", "HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", "x"),
        ("chunks", chunked, "1\r\nx\r\n"),
        ("a chunk's size", chunked, "0"),
        ("an extension", chunked, "5;"),
    ];
    for (name, start, unit) in bodies {
        let (got, took, _) = endure(&mut cx, start, unit, 60, true);
        assert_eq!(got, "total_timeout", "{name}");
        assert!((TOTAL_MS..TOTAL_MS + 100).contains(&took), "{name}: {took} ms");
        eprintln!("dripped {name}: {got} after {took} ms");
    }
}

// --- Names ---

/// A resolver that answers for a public name with the chip itself, or nobody: nothing is dialed.
#[test]
fn a_name_never_leads_back_to_the_chip() {
    let rows = [
        ("0.0.0.0", "name_resolved_to_no_host"),
        ("0.1.2.3", "name_resolved_to_no_host"),
        ("127.0.0.1", "name_resolved_to_no_host"),
        ("127.255.255.254", "name_resolved_to_no_host"),
        ("255.255.255.255", "name_resolved_to_no_host"),
        ("224.0.0.1", "name_resolved_to_no_host"),
        ("::", "name_resolved_to_no_host"),
        ("::1", "name_resolved_to_no_host"),
        ("::ffff:127.0.0.1", "name_resolved_to_no_host"),
        ("::ffff:0.0.0.0", "name_resolved_to_no_host"),
        ("ff02::1", "name_resolved_to_no_host"),
        // The link's own.
        ("192.168.1.57", "own_address"),
    ];
    let mut cx = cx();
    for (address, code) in rows {
        let (mut client, log) = client([Connection::answer(HELLO)]);
        client.network_mut().stack_mut().names = vec![("gate.test", address.parse().unwrap())];
        let mut online = client.online(&mut cx).unwrap();
        let error = online.get("http://gate.test/", [0; 512]).send().unwrap_err();
        assert_eq!((error.code(), error.phase), (code, Phase::Resolve), "{address}");
        assert_eq!(log.borrow().opened, 0, "{address}");
    }
}

/// The same where the name led elsewhere before, and is asked again for a repetition.
#[test]
fn a_name_that_is_rebound_between_two_tries_leads_nowhere() {
    let mut cx = cx();
    let stale = Connection::new([Step::AwaitRequest, Step::Data(HELLO.into())]);
    let stale = Connection { send_breaks_at: 130, ..stale };
    let mut stack = ScriptStack::new([stale, Connection::answer(HELLO)]);
    stack.names = vec![("gate.test", [192, 168, 1, 20].into())];
    let log = stack.log.clone();
    let rebinding = stack.attached(StackQuirks::STD).with_poll(|stack, _| {
        if stack.log.borrow().opened > 0 {
            stack.names = vec![("gate.test", [127, 0, 0, 1].into())];
        }
    });
    let mut client = SafeHttpClient::new(rebinding, TestClock::ticking(1));
    let mut online = client.online(&mut cx).unwrap();
    let url = "http://gate.test/";
    online.get(url, [0; 512]).send().unwrap().read_to_end().unwrap();
    let error = online.get(url, [0; 512]).send().unwrap_err();
    assert_eq!(error.code(), "name_resolved_to_no_host");
    assert_eq!((log.borrow().opened, log.borrow().closed), (1, 1));
}
