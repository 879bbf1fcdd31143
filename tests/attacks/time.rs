//! The time that each deadline really takes, over stacks that bring or take a byte a second, and over those
//! whose calls block for a second.

use crate::common::{TestClock, TestLink, cx};
use crate::endless::{Endless, Pace};
use embedded_io::Read;
use safe_http_client::{Clock, Config, ErrorOf, NalNetwork, SafeHttpClient, StackQuirks};
use std::time::Duration;

type Client = SafeHttpClient<NalNetwork<Endless, TestLink>, TestClock>;

/// A byte a second: by calls that wait for it, and by some that come too early.
const DRIPS: [Pace; 2] = [Pace::Every { ms: 1000, call_ms: 10 }, Pace::Blocks { ms: 1000 }];
const SILENT: [Pace; 2] = [Pace::Never { call_ms: 10 }, Pace::Never { call_ms: 1000 }];

/// Its clock stands still but for what a call takes.
fn endless(start: &[u8], unit: &[u8], pace: Pace) -> Endless {
    Endless::new(&TestClock::default(), start, unit, pace)
}

/// How a GET ends, and how long it took.
fn get(stack: Endless, config: Config, room: usize, total: Option<u64>) -> (&'static str, u32) {
    let clock = stack.clock.clone();
    clock.set(0u32.wrapping_sub(4_321));
    let started = clock.now_ms();
    let network = NalNetwork::new(stack, TestLink::up(), StackQuirks::STD);
    let config = config.total_timeout(total.map(Duration::from_millis));
    let mut client = Client::with_config(network, clock.clone(), config);
    let outcome = read(&mut client, room);
    (
        outcome.map_or_else(|error| error.code(), |()| "complete"),
        clock.now_ms().wrapping_sub(started),
    )
}

fn read(client: &mut Client, room: usize) -> Result<(), ErrorOf<NalNetwork<Endless, TestLink>>> {
    let mut cx = cx();
    let mut online = client.online(&mut cx)?;
    let mut response = online.get("http://192.168.1.20/", vec![0; room]).send()?;
    while response.read(&mut [0; 64])? > 0 {}
    Ok(())
}

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";

/// With the default deadlines: connect 5 s, response 3 s, idle 5 s. A call that blocks may take them a second
/// further.
#[test]
fn each_deadline_holds_over_a_byte_a_second() {
    type Row =
        (&'static str, &'static [u8], &'static [u8], [Pace; 2], Option<u64>, &'static str, u32);
    let rows: [Row; 8] = [
        ("a head that drips", HEAD, b"x", DRIPS, None, "idle_timeout", 5_000),
        ("a head without end", b"HTTP/1.1 200 OK\r\nA: ", b"x", DRIPS, None, "idle_timeout", 5_000),
        ("blank lines for ever", b"", b"\r\n", DRIPS, None, "not_http", 5_000),
        ("text for ever", b"", b"x", DRIPS, None, "not_http", 5_000),
        ("nothing", b"", b"x", SILENT, None, "response_timeout", 3_000),
        ("interim heads", b"", b"HTTP/1.1 100 \r\n\r\n", DRIPS, None, "idle_timeout", 5_000),
        ("within a total deadline", HEAD, b"x", DRIPS, Some(2_500), "total_timeout", 2_500),
        ("nothing, within one", b"", b"x", SILENT, Some(1_500), "total_timeout", 1_500),
    ];
    for (name, start, unit, paces, total, code, limit) in rows {
        for (blocks, pace) in [false, true].into_iter().zip(paces) {
            let (outcome, took) = get(endless(start, unit, pace), Config::new(), 512, total);
            assert_eq!(outcome, code, "{name}, blocks {blocks}, {took} ms");
            assert!(
                (limit..=limit + 2_000).contains(&took),
                "{name}, blocks {blocks}: {took} ms of {limit}"
            );
        }
    }
}

#[test]
fn a_request_that_drips_ends_with_the_total_deadline() {
    for pace in DRIPS {
        let mut stack = endless(HEAD, b"x", pace);
        stack.takes_slowly = true;
        let (outcome, took) = get(stack, Config::new(), 512, Some(7_000));
        assert_eq!(outcome, "total_timeout");
        assert!((7_000..=9_000).contains(&took), "{took} ms");
    }
}

/// A head that fits no buffer is counted to its end for the error, and for no longer than a head may take.
#[test]
fn a_head_that_is_only_counted_takes_no_longer_either() {
    // The buffer is full at once, and the rest drips.
    let start = format!("HTTP/1.1 200 OK\r\nA: {}", "x".repeat(120));
    for pace in DRIPS {
        let patient = Config::new().idle_timeout(Duration::from_secs(200));
        let (outcome, took) = get(endless(start.as_bytes(), b"x", pace), patient, 128, None);
        assert_eq!(outcome, "buffer_too_small");
        assert!((200_000..=202_000).contains(&took), "{took} ms");
    }
}

/// A body that keeps coming is progress; the total deadline is there for it, to the second of a call.
#[test]
fn a_body_that_drips_ends_with_the_total_deadline() {
    let until_close: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";
    for (unit, head) in [
        (&b"x"[..], until_close),
        (b"1;a\r\nx\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ] {
        for pace in DRIPS {
            let patient = Config::new().idle_timeout(Duration::from_secs(100));
            let (outcome, took) = get(endless(head, unit, pace), patient, 512, Some(150_000));
            assert_eq!(outcome, "total_timeout");
            assert!((150_000..=151_500).contains(&took), "{took} ms");
        }
    }
}

/// A response that is dropped is read on for its connection's sake for a moment, not for as long as it drips.
#[test]
fn dropping_a_response_takes_no_time() {
    for head in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
    ] {
        for pace in DRIPS {
            let stack = endless(head, b"x", pace);
            let clock = stack.clock.clone();
            let network = NalNetwork::new(stack, TestLink::up(), StackQuirks::STD);
            let config = Config::new().idle_timeout(Duration::from_secs(600));
            let mut client = Client::with_config(network, clock.clone(), config);
            let mut cx = cx();
            let mut online = client.online(&mut cx).unwrap();
            let response = online.get("http://192.168.1.20/", [0; 512]).send().unwrap();
            let before = clock.now_ms();
            drop(response);
            assert!(clock.now_ms() - before <= 1_100, "{} ms", clock.now_ms() - before);
            assert!(!client.is_connected());
        }
    }
}
