//! A connection that has left HTTP, once something about it has failed, or its peer takes or brings nothing.

use crate::common::script::{Connection, ScriptStack, Step};
use crate::common::{TestClock, cx};
use embedded_io::{Read, Write};
use safe_http_client::{Config, NalNetwork, SafeHttpClient, StackQuirks, nb};
use std::time::Duration;

type Client = SafeHttpClient<NalNetwork<ScriptStack, crate::common::TestLink>, TestClock>;

const URL: &str = "http://192.168.1.20/";
const SWITCH: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\r\n";

fn client(steps: &[Step], total: Option<u64>, window: usize) -> Client {
    let steps = [Step::AwaitRequest, Step::Data(SWITCH.into())].into_iter().chain(steps.to_vec());
    let connection = Connection { send_window: window, ..Connection::new(steps) };
    let network = ScriptStack::new([connection]).attached(StackQuirks::STD);
    let config = Config::new().total_timeout(total.map(Duration::from_millis));
    SafeHttpClient::with_config(network, TestClock::ticking(1), config)
}

/// How each read that fails ends, and that nothing waits behind it: neither calls that block nor those that
/// don't.
#[test]
fn after_a_failed_read_a_write_ends_at_once() {
    let mut cx = cx();
    for (step, code) in [(Step::Fail, "receive_failed"), (Step::Silence, "total_timeout")] {
        let mut client = client(&[step], Some(500), usize::MAX);
        let mut online = client.online(&mut cx).unwrap();
        let mut stream = online.get(URL, [0; 256]).send().unwrap().into_stream().unwrap();
        assert_eq!(stream.read(&mut [0; 8]).unwrap_err().code(), code);
        for _ in 0..3 {
            assert_eq!(stream.write(b"x").unwrap_err().code(), "call_over");
            assert_eq!(stream.read(&mut [0; 8]).unwrap_err().code(), "call_over");
            assert_eq!(stream.write_all(b"x").unwrap_err().code(), "call_over");
            assert_eq!(stream.flush(), Ok(()));
        }
    }
}

#[test]
fn the_same_without_waiting() {
    let mut cx = cx();
    for fails in [true, false] {
        let step = if fails { Step::Fail } else { Step::Silence };
        let mut client = client(&[step], Some(500), usize::MAX);
        let mut call = client.online(&mut cx).unwrap().get(URL, [0; 256]).start().unwrap();
        while call.poll(&mut client, &mut cx).is_err() {}
        let mut stream = call.into_upgraded().unwrap();
        let error = loop {
            match stream.poll_read(&mut client, &mut cx, &mut [0; 8]) {
                Err(nb::Error::WouldBlock) => {}
                Err(nb::Error::Other(error)) => break error,
                Ok(count) => panic!("{count} bytes"),
            }
        };
        assert_eq!(error.code(), if fails { "receive_failed" } else { "total_timeout" });
        for _ in 0..3 {
            let Err(nb::Error::Other(error)) = stream.poll_write(&mut client, &mut cx, b"x") else {
                panic!("it waits, or was written");
            };
            assert_eq!(error.code(), "call_over");
        }
    }
}

/// The idle deadline ends it, and the total one where that is shorter.
#[test]
fn a_peer_that_takes_nothing_is_given_up() {
    let mut cx = cx();
    for (total, code) in [(None, "idle_timeout"), (Some(700), "total_timeout")] {
        // All of the request, and some bytes of the stream.
        let mut client = client(&[Step::Silence], total, 120);
        let mut online = client.online(&mut cx).unwrap();
        let mut stream = online.get(URL, [0; 256]).send().unwrap().into_stream().unwrap();
        let error = stream.write_all(&[b'x'; 200]).unwrap_err();
        assert_eq!(error.code(), code);
        assert_eq!(stream.write(b"x").unwrap_err().code(), "call_over");
        drop(stream);
        let took = client.evidence().elapsed_ms;
        assert!(took < total.map_or(5_200, |total| total as u32 + 50), "{took} ms");
    }
}

/// A peer that keeps bytes coming, or takes them one by one, can't outlast the total deadline.
#[test]
fn a_stream_that_never_rests_ends_with_the_total_deadline() {
    let mut cx = cx();
    let drip: Vec<_> =
        (0..5_000).flat_map(|_| [Step::Data(b"x".to_vec()), Step::Pend(1)]).collect();
    let mut one = client(&drip, Some(600), usize::MAX);
    let mut online = one.online(&mut cx).unwrap();
    let mut stream = online.get(URL, [0; 256]).send().unwrap().into_stream().unwrap();
    let error = loop {
        if let Err(error) = stream.read(&mut [0; 1]) {
            break error;
        }
    };
    assert_eq!(error.code(), "total_timeout");
    drop(stream);
    let mut other = client(&[], Some(600), usize::MAX);
    let mut online = other.online(&mut cx).unwrap();
    let mut stream = online.get(URL, [0; 256]).send().unwrap().into_stream().unwrap();
    let error = loop {
        if let Err(error) = stream.write(b"x") {
            break error;
        }
    };
    assert_eq!(error.code(), "total_timeout");
}
