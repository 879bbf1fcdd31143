//! Waiting: the main loop goes on while a call does, and blocking calls call the clock's idle hook.

use crate::common::script::{Connection, ScriptStack, Step};
use crate::common::{TestClock, TestLink, cx};
use crate::scenario::{Act, say};
use crate::server::Server;
use crate::support::{URL, drive, host, ms};
use embedded_io::{Read, Write};
use safe_http_client::{
    BodyLength, Clock, Config, LinkError, LinkStatus, NalNetwork, SafeHttpClient, StackQuirks,
};
use std::cell::Cell;
use std::time::Duration;

#[test]
fn the_main_loop_goes_on_counting_during_a_slow_response() {
    let mut cx = cx();
    let server = Server::new(vec![vec![
        Act::Request,
        Act::Wait(150),
        say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"),
        Act::Wait(150),
        say("llo"),
    ]]);
    let mut client = host(Config::new());
    let mut call = client.online(&mut cx).unwrap().get(&server.url(), [0; 512]).start().unwrap();

    let mut count = 0;
    let response = drive(&mut call, &mut client, &mut cx, || {
        count += 1;
        std::thread::sleep(Duration::from_micros(500));
    });
    assert_eq!(response.unwrap(), (200, "hello".into()));
    // 300 ms at somewhat over half a millisecond a turn; a tenth of that on a busy machine.
    assert!(count > 50, "the loop went round {count} times");
}

/// What a watchdog's timer is to a driver: it has to be fed, by who owns it.
struct Watchdog<'a> {
    fed: &'a Cell<u32>,
    feeds_in_all: u64,
}

impl Watchdog<'_> {
    fn feed(&mut self) {
        self.feeds_in_all += 1;
        self.fed.set(self.fed.get() + 1);
    }
}

#[test]
fn each_blocking_call_feeds_the_hooks_watchdog_while_it_waits() {
    let fed = Cell::new(0);
    let mut watchdog = Watchdog { fed: &fed, feeds_in_all: 0 };
    // It changes what it owns: an `FnMut`.
    let clock = TestClock::ticking(1).with_idle(move || watchdog.feed());
    let connection = Connection {
        connect_pends: 3,
        send_pends: 4,
        ..Connection::new([
            Step::AwaitRequest,
            Step::Pend(5),
            Step::Data(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe".to_vec()),
            Step::Pend(6),
            Step::Data(b"llo".to_vec()),
            Step::Pend(2),
            Step::Data(b" all".to_vec()),
        ])
    };
    let upgraded = Connection {
        send_pends: 3,
        ..Connection::new([
            Step::AwaitRequest,
            Step::Data(b"HTTP/1.1 101 \r\n\r\n".to_vec()),
            Step::Pend(7),
            Step::Data(b"pong".to_vec()),
        ])
    };
    let upload = Connection { send_limit: 100, send_pends: 1, ..Connection::serve(7) };
    let stack = ScriptStack::new([connection, upgraded, upload]);
    let link = TestLink::new(LinkStatus::NoAddress);
    let network = NalNetwork::new(stack, link.clone(), StackQuirks::STD);
    let config = Config::new().online_timeout(ms(20));
    let mut client = SafeHttpClient::with_config(network, clock, config);
    let fed = || fed.replace(0);
    let mut cx = cx();

    assert_eq!(client.wait_online(&mut cx).unwrap_err(), LinkError::NoAddress);
    assert!(fed() > 10, "wait_online");
    link.set(TestLink::address());
    let mut online = client.wait_online(&mut cx).unwrap();
    assert_eq!(fed(), 0, "nothing to wait for");

    let mut response = online.get(URL, [0; 512]).send().unwrap();
    assert_eq!(fed(), 3 + 4 + 5, "connect, send, head");
    response.read_exact(&mut [0; 5]).unwrap();
    assert_eq!(fed(), 6, "body");
    assert_eq!(response.read_to_str().unwrap(), " all");
    assert_eq!(fed(), 2, "the rest of it");
    drop(response);
    client.close();

    let mut online = client.online(&mut cx).unwrap();
    let response = online.get(URL, [0; 512]).send().unwrap();
    assert_eq!(fed(), 3, "send");
    let mut stream = response.into_stream().unwrap();
    stream.write_all(b"ping").unwrap();
    assert_eq!(fed(), 3, "a stream's write");
    stream.read_exact(&mut [0; 4]).unwrap();
    assert_eq!(fed(), 7, "a stream's read");
    drop(stream);

    let mut online = client.online(&mut cx).unwrap();
    let put = online.put(URL, [0; 256]);
    let response = put.send_from(&mut [b'x'; 1000].as_slice(), BodyLength::Known(1000)).unwrap();
    assert_eq!(response.status(), 200);
    assert!(fed() > 10 + 4, "an upload: ten sends of it, and the head");
    drop(response);

    link.set(LinkStatus::NoAddress);
    let report = client.diagnose(&mut cx, URL);
    assert!(report.diagnosis().is_some());
    assert!(fed() > 10, "a diagnosis");
}
