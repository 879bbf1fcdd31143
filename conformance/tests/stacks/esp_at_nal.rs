//! `esp-at-nal` 0.5 on a modem of our own making: an `AtatClient` that reads the AT commands, plays
//! a scripted peer behind them, and reports as an ESP8266's AT firmware does: `0,CONNECT`, `+IPD`,
//! `SEND OK`, `0,CLOSED`. Time is virtual: a millisecond for each command and each poll.

use atat::blocking::AtatClient;
use atat::{AtatCmd, AtatUrc, InternalError};
use conformance::common::{TestLink, cx};
use conformance::scenario::{Act, Bench, Move, Peer, Player, Refused, Shows, config, run, say};
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::pubsub::{PubSubChannel, Publisher};
use esp_at_nal::urc::URCMessages;
use esp_at_nal::wifi::Adapter;
use fugit_timer::{Timer, TimerDurationU32, TimerInstantU32};
use safe_http_client::{
    ErrorKind, FnClock, NalNetwork, NoDns, Phase, PipeClosed, SafeHttpClient, StackQuirks,
    WithoutDns, nb,
};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};

const TX: usize = 256;
const RX: usize = 128;
const URCS: usize = 16;
/// Nothing answers there, not even a refusal.
const UNREACHABLE_PORT: u16 = 10;
type Urc = URCMessages<RX>;
type Channel = PubSubChannel<CriticalSectionRawMutex, Urc, URCS, 1, 1>;

thread_local! {
    static NOW: Cell<u32> = const { Cell::new(0) };
    /// The modem and what it is connected to. Here because a stack's poll function is a plain `fn`.
    static MODEM: RefCell<Modem> = RefCell::default();
}

/// What is at the other end of a link.
struct Played {
    player: Player,
    /// What has arrived and wasn't read: in passive mode it waits in the modem.
    arrived: VecDeque<u8>,
    /// The peer has closed, and the modem has reported it.
    closed: bool,
}

#[derive(Default)]
struct Modem {
    links: BTreeMap<u8, Played>,
    /// Messages that nobody asked for.
    urcs: VecDeque<Vec<u8>>,
    /// `AT+CIPSEND` was accepted: the next bytes are data for this link, so many of them.
    sending: Option<(u8, usize)>,
    port: u16,
    scripts: VecDeque<Vec<Act>>,
    accepted: usize,
    heads: Vec<String>,
    /// Each command, without its line end.
    commands: Vec<String>,
    publisher: Option<Publisher<'static, CriticalSectionRawMutex, Urc, URCS, 1, 1>>,
}

impl Modem {
    fn urc(&mut self, text: impl Into<Vec<u8>>) {
        self.urcs.push_back(text.into());
    }

    /// The peers make their moves.
    fn step(&mut self) {
        for (id, played) in &mut self.links {
            while !played.closed
                && let Some(made) = played.player.next(NOW.get())
            {
                match made {
                    Move::Send(bytes) => {
                        played.arrived.extend(bytes);
                        let ipd = format!("+IPD,{id},{}\r\n", played.arrived.len());
                        self.urcs.push_back(ipd.into());
                    }
                    // The firmware closes its side when the peer does, and makes no difference
                    // between an end and a reset.
                    Move::Fin | Move::Reset => {
                        played.closed = true;
                        self.urcs.push_back(format!("{id},CLOSED\r\n").into());
                    }
                }
            }
            self.heads.append(&mut played.player.heads);
        }
    }

    /// Reports what there is to report. What finds no room is reported later, as bytes wait in a
    /// UART's buffer.
    fn report(&mut self) {
        let publisher = self.publisher.as_ref().unwrap();
        while let Some(text) = self.urcs.pop_front() {
            if publisher.try_publish(Urc::parse(&text).unwrap()).is_err() {
                self.urcs.push_front(text);
                return;
            }
        }
    }

    /// Carries a command out; `false` is the answer ERROR.
    fn command(&mut self, text: &str) -> bool {
        self.commands.push(text.into());
        let (name, arguments) = text.split_once('=').expect(text);
        let arguments: Vec<_> = arguments.split(',').collect();
        let link = || arguments[0].parse().unwrap();
        match name {
            "AT+CIPMUX" | "AT+CIPRECVMODE" => true,
            "AT+CIPSTART" => {
                let port: u16 = arguments[3].parse().unwrap();
                if port != self.port {
                    return false;
                }
                let script = self.scripts.pop_front().unwrap_or_default();
                let player = Player::new(script);
                let arrived = VecDeque::new();
                self.links.insert(link(), Played { player, arrived, closed: false });
                self.accepted += 1;
                self.urc(format!("{},CONNECT\r\n", arguments[0]));
                true
            }
            "AT+CIPSEND" => {
                let open = self.links.get(&link()).is_some_and(|played| !played.closed);
                if open {
                    self.sending = Some((link(), arguments[1].parse().unwrap()));
                }
                open
            }
            "AT+CIPRECVDATA" => {
                let most: usize = arguments[1].parse().unwrap();
                let Some(played) = self.links.get_mut(&link()) else {
                    return false;
                };
                let count = most.min(played.arrived.len());
                let mut urc = format!("+CIPRECVDATA,{count}:").into_bytes();
                urc.extend(played.arrived.drain(..count));
                self.urc(urc);
                true
            }
            "AT+CIPCLOSE" => {
                let known = self.links.remove(&link()).is_some();
                self.urc(format!("{},CLOSED\r\n", arguments[0]));
                known
            }
            _ => panic!("an unknown command: {text}"),
        }
    }

    fn data(&mut self, bytes: &[u8]) {
        let (link, length) = self.sending.take().expect("data after AT+CIPSEND");
        assert_eq!(bytes.len(), length);
        let open = self.links.get_mut(&link).filter(|played| !played.closed);
        let sent = open.is_some();
        if let Some(played) = open {
            played.player.take(bytes);
        }
        self.urc(format!("Recv {length} bytes\r\n"));
        self.urc(if sent { "SEND OK\r\n" } else { "SEND FAIL\r\n" });
    }
}

/// What the adapter takes for a serial port.
struct Serial;

impl AtatClient for Serial {
    fn send<A: AtatCmd>(&mut self, command: &A) -> Result<A::Response, atat::Error> {
        let mut bytes = vec![0; A::MAX_LEN.max(512)];
        let length = command.write(&mut bytes);
        bytes.truncate(length);
        NOW.set(NOW.get() + 1);
        MODEM.with_borrow_mut(|modem| {
            let accepted = if A::EXPECTS_RESPONSE_CODE {
                let text = std::str::from_utf8(&bytes).unwrap().trim_end();
                if text.ends_with(&format!(",{UNREACHABLE_PORT}")) {
                    // The modem dials on, and the adapter's own patience ends first.
                    NOW.set(NOW.get() + A::MAX_TIMEOUT_MS);
                    return Err(atat::Error::Timeout);
                }
                modem.command(text)
            } else {
                modem.data(&bytes);
                true
            };
            modem.step();
            modem.report();
            command.parse(if accepted { Ok(b"") } else { Err(InternalError::Error) })
        })
    }
}

/// Counts down the milliseconds of a command's confirmation.
struct Countdown(u32);

impl Timer<1000> for Countdown {
    type Error = ();

    fn now(&mut self) -> TimerInstantU32<1000> {
        TimerInstantU32::from_ticks(NOW.get())
    }

    fn start(&mut self, duration: TimerDurationU32<1000>) -> Result<(), ()> {
        self.0 = NOW.get() + duration.to_millis();
        Ok(())
    }

    fn cancel(&mut self) -> Result<(), ()> {
        Ok(())
    }

    fn wait(&mut self) -> nb::Result<(), ()> {
        NOW.set(NOW.get() + 1);
        if NOW.get() >= self.0 { Ok(()) } else { Err(nb::Error::WouldBlock) }
    }
}

type Stack = Adapter<'static, Serial, Countdown, 1000, TX, RX, URCS>;

/// The scripted peer behind the modem.
struct Behind;

impl Peer for Behind {
    fn play(&mut self, scripts: Vec<Vec<Act>>) -> String {
        MODEM.with_borrow_mut(|modem| {
            // A new port, so that no connection of before is taken for one of now.
            modem.port += 1;
            modem.scripts = scripts.into();
            modem.accepted = 0;
            modem.heads.clear();
            format!("http://192.168.1.20:{}", modem.port)
        })
    }

    fn refusing(&mut self) -> String {
        "http://192.168.1.20:9".into()
    }

    fn accepted(&mut self) -> usize {
        MODEM.with_borrow(|modem| modem.accepted)
    }

    fn heads(&mut self) -> Vec<String> {
        MODEM.with_borrow(|modem| modem.heads.clone())
    }
}

/// Time passes, and what happened meanwhile is reported.
fn poll(_: &mut WithoutDns<Stack>, _: &mut TestLink) {
    NOW.set(NOW.get() + 1);
    MODEM.with_borrow_mut(|modem| {
        modem.step();
        modem.report();
    });
}

fn network() -> NalNetwork<WithoutDns<Stack>, TestLink> {
    network_with(StackQuirks::ESP_AT_NAL)
}

fn network_with(quirks: StackQuirks) -> NalNetwork<WithoutDns<Stack>, TestLink> {
    let channel: &'static Channel = Box::leak(Box::new(Channel::new()));
    NOW.set(0);
    let publisher = Some(channel.publisher().unwrap());
    MODEM.set(Modem { port: 8000, publisher, ..Modem::default() });
    let adapter = Adapter::new(Serial, channel.subscriber().unwrap(), Countdown(0));
    NalNetwork::without_dns(adapter, TestLink::up(), quirks).with_poll(poll)
}

fn clock() -> FnClock<impl Fn() -> u32> {
    FnClock(|| NOW.get())
}

#[test]
fn all_scenarios() {
    let mut cx = cx();
    let shows = Shows { refused: Refused::Connect, reset: false, clean_end: true };
    let bench = Bench::new(network(), clock(), config(), &mut cx, Behind, shows);
    run("esp-at-nal 0.5", bench);
    MODEM.with_borrow(|modem| assert!(modem.links.is_empty(), "each link was closed"));
}

/// The stack blocks in `connect` for five seconds: the deadline of 400 ms can't interrupt it, and
/// the evidence says how long it took.
#[test]
fn a_connect_that_blocks_outlasts_its_deadline() {
    let mut cx = cx();
    let mut client = SafeHttpClient::with_config(network(), clock(), config());
    let mut online = client.online(&mut cx).unwrap();
    let mut buffer = [0; 512];
    let url = format!("http://192.168.1.20:{UNREACHABLE_PORT}/");
    let error = online.get(url.as_str(), &mut buffer).send().unwrap_err();
    assert_eq!((error.code(), error.phase), ("connect_failed", Phase::Connect));
    assert!(client.evidence().phase_ms >= 5000, "{error}");
    assert!(!client.is_connected());
    eprintln!("esp-at-nal 0.5: unreachable, reported after the stack's own 5 s ok");
}

/// The stack has no resolver: names are refused at once, and an address can be given instead.
#[test]
fn names_need_an_address() {
    let mut cx = cx();
    let mut client = SafeHttpClient::with_config(network(), clock(), config());
    let mut online = client.online(&mut cx).unwrap();
    let mut buffer = [0; 512];
    let error = online.get("http://gate.test/", &mut buffer).send().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Resolve(NoDns));

    Behind.play(vec![vec![Act::Request, say("HTTP/1.1 204 No Content\r\n\r\n")]]);
    let address = "192.168.1.20:8001".parse().unwrap();
    let request = online.get("http://gate.test/", &mut buffer).connect_to(address);
    assert_eq!(request.send().unwrap().status(), 204);
    assert!(Behind.heads()[0].contains("Host: gate.test\r\n"));
    eprintln!("esp-at-nal 0.5: names refused, address given ok");
}

/// The AT commands of one exchange: the request leaves in one `send`, and the client's question
/// whether the peer has closed (a `send` of nothing) costs no command.
#[test]
fn an_exchange_costs_no_command_more_than_it_needs() {
    let mut cx = cx();
    let mut client = SafeHttpClient::with_config(network(), clock(), config());
    let mut online = client.online(&mut cx).unwrap();
    let answer = say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    let url = Behind.play(vec![vec![Act::Request, Act::Wait(50), answer]]);
    let mut buffer = [0; 512];
    let mut response = online.get(url.as_str(), &mut buffer).send().unwrap();
    assert_eq!(response.read_to_str().unwrap(), "hello");
    drop(response);
    client.close();
    let commands = MODEM.with_borrow(|modem| modem.commands.clone());
    let names: Vec<_> = commands.iter().map(|text| text.split('=').next().unwrap()).collect();
    assert_eq!(
        names,
        [
            "AT+CIPMUX",
            "AT+CIPRECVMODE",
            "AT+CIPSTART",
            "AT+CIPSEND",
            "AT+CIPRECVDATA",
            "AT+CIPCLOSE"
        ]
    );
    eprintln!("esp-at-nal 0.5: commands of a GET ok");
}

/// `0,CLOSED` comes after an end and after a reset alike. Where being cut short must not pass for
/// an end, a stricter declaration makes every body that ends by the close an error.
#[test]
fn a_stricter_declaration_refuses_what_it_cant_know() {
    let mut cx = cx();
    let strict = StackQuirks::ESP_AT_NAL.with_pipe_closed(PipeClosed::MayLoseData);
    let mut client = SafeHttpClient::with_config(network_with(strict), clock(), config());
    let mut online = client.online(&mut cx).unwrap();
    for end in [Act::Fin, Act::Reset] {
        let answer = say("HTTP/1.1 200 OK\r\n\r\nhello");
        let url = Behind.play(vec![vec![Act::Request, answer, Act::Wait(20), end]]);
        let mut buffer = [0; 512];
        let mut response = online.get(url.as_str(), &mut buffer).send().unwrap();
        assert_eq!(response.read_to_end().unwrap_err().code(), "truncated");
    }
    eprintln!("esp-at-nal 0.5: close-delimited refused by a stricter declaration ok");
}
