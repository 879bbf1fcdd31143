//! The time that each deadline really takes, over stacks that bring or take a byte a second, and over those
//! whose calls block for a second.

use crate::common::{TestClock, TestLink, cx};
use embedded_io::Read;
use embedded_nal::{AddrType, Dns, TcpClientStack, TcpError, TcpErrorKind, nb};
use safe_http_client::{Clock, Config, ErrorOf, NalNetwork, SafeHttpClient, StackQuirks};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq)]
struct Never;

impl TcpError for Never {
    fn kind(&self) -> TcpErrorKind {
        TcpErrorKind::Other
    }
}

/// Its clock stands still but for what a call takes.
#[derive(Clone)]
struct Drip {
    clock: TestClock,
    /// `start`, and then `unit` for ever.
    start: &'static [u8],
    unit: &'static [u8],
    given: usize,
    /// A byte a second: by calls that wait for it, or by some that come too early.
    blocks: bool,
    due: u32,
    /// How many bytes `send` takes at once, each time in a second; all at once where it is 0.
    takes: usize,
    /// Whether anything comes at all.
    silent: bool,
}

impl TcpClientStack for Drip {
    type TcpSocket = ();
    type Error = Never;

    fn socket(&mut self) -> Result<(), Never> {
        Ok(())
    }

    fn connect(&mut self, (): &mut (), _: SocketAddr) -> nb::Result<(), Never> {
        Ok(())
    }

    fn send(&mut self, (): &mut (), buffer: &[u8]) -> nb::Result<usize, Never> {
        if self.takes == 0 {
            return Ok(buffer.len());
        }
        self.clock.advance(1000);
        Ok(buffer.len().min(self.takes))
    }

    fn receive(&mut self, (): &mut (), buffer: &mut [u8]) -> nb::Result<usize, Never> {
        if self.blocks {
            self.clock.advance(1000);
        } else {
            self.clock.advance(10);
            let now = self.clock.now_ms();
            if (now.wrapping_sub(self.due) as i32) < 0 {
                return Err(nb::Error::WouldBlock);
            }
            self.due = now.wrapping_add(1000);
        }
        if self.silent {
            return Err(nb::Error::WouldBlock);
        }
        buffer[0] = match self.start.get(self.given) {
            Some(byte) => *byte,
            None => self.unit[(self.given - self.start.len()) % self.unit.len()],
        };
        self.given += 1;
        Ok(1)
    }

    fn close(&mut self, (): ()) -> Result<(), Never> {
        Ok(())
    }
}

impl Dns for Drip {
    type Error = Never;

    fn get_host_by_name(&mut self, _: &str, _: AddrType) -> nb::Result<IpAddr, Never> {
        Err(nb::Error::WouldBlock)
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, Never> {
        Err(nb::Error::WouldBlock)
    }
}

type Client = SafeHttpClient<NalNetwork<Drip, TestLink>, TestClock>;

/// How a GET ends, and how long it took.
fn get(drip: &Drip, config: Config, room: usize, total: Option<u64>) -> (&'static str, u32) {
    let clock = drip.clock.clone();
    clock.set(0u32.wrapping_sub(4_321));
    let started = clock.now_ms();
    let mut drip = drip.clone();
    drip.due = started;
    let network = NalNetwork::new(drip, TestLink::up(), StackQuirks::STD);
    let config = config.total_timeout(total.map(Duration::from_millis));
    let mut client = Client::with_config(network, clock.clone(), config);
    let outcome = read(&mut client, room);
    (
        outcome.map_or_else(|error| error.code(), |()| "complete"),
        clock.now_ms().wrapping_sub(started),
    )
}

fn read(client: &mut Client, room: usize) -> Result<(), ErrorOf<NalNetwork<Drip, TestLink>>> {
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
    type Row = (&'static str, Drip, Option<u64>, &'static str, u32);
    let rows: [Row; 9] = [
        ("a head that drips", drip(HEAD, b"x"), None, "idle_timeout", 5_000),
        (
            "a head that never ends",
            drip(b"HTTP/1.1 200 OK\r\nA: ", b"x"),
            None,
            "idle_timeout",
            5_000,
        ),
        ("blank lines for ever", drip(b"", b"\r\n"), None, "not_http", 5_000),
        ("text for ever", drip(b"", b"x"), None, "not_http", 5_000),
        ("nothing", Drip { silent: true, ..drip(b"", b"x") }, None, "response_timeout", 3_000),
        ("interim heads", drip(b"", b"HTTP/1.1 100 \r\n\r\n"), None, "idle_timeout", 5_000),
        ("within a total deadline", drip(HEAD, b"x"), Some(2_500), "total_timeout", 2_500),
        (
            "nothing, within a total deadline",
            Drip { silent: true, ..drip(b"", b"x") },
            Some(1_500),
            "total_timeout",
            1_500,
        ),
        (
            "a request that drips",
            Drip { takes: 1, ..drip(HEAD, b"x") },
            Some(7_000),
            "total_timeout",
            7_000,
        ),
    ];
    for (name, drip, total, code, limit) in rows {
        for blocks in [false, true] {
            let drip = Drip { blocks, ..drip.clone() };
            let (outcome, took) = get(&drip, Config::new(), 512, total);
            assert_eq!(outcome, code, "{name}, blocks {blocks}, {took} ms");
            assert!(
                (limit..=limit + 2_000).contains(&took),
                "{name}, blocks {blocks}: {took} ms of {limit}"
            );
        }
    }
}

/// A head that fits no buffer is counted to its end for the error, and for no longer than a head may take.
#[test]
fn a_head_that_is_only_counted_takes_no_longer_either() {
    // The buffer is full at once, and the rest drips.
    let start: &'static [u8] =
        Box::leak(format!("HTTP/1.1 200 OK\r\nA: {}", "x".repeat(120)).into_boxed_str()).as_bytes();
    for blocks in [false, true] {
        let drip = Drip { blocks, ..drip(start, b"x") };
        let patient = Config::new().idle_timeout(Duration::from_secs(200));
        let (outcome, took) = get(&drip, patient, 128, None);
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
        for blocks in [false, true] {
            let drip = Drip { blocks, ..drip(head, unit) };
            let patient = Config::new().idle_timeout(Duration::from_secs(100));
            let (outcome, took) = get(&drip, patient, 512, Some(150_000));
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
        for blocks in [false, true] {
            let clock = TestClock::default();
            let drip = Drip { clock: clock.clone(), blocks, ..drip(head, b"x") };
            let network = NalNetwork::new(drip, TestLink::up(), StackQuirks::STD);
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

fn drip(start: &'static [u8], unit: &'static [u8]) -> Drip {
    let clock = TestClock::default();
    Drip { clock, start, unit, given: 0, blocks: false, due: 0, takes: 0, silent: false }
}
