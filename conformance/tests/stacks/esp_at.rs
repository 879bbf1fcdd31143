//! `EspAt`, this crate's own driver, on the simulated modem in both of its dialects: bridged to
//! real servers on loopback in real time, and to peers inside the simulator in virtual time.

use conformance::async_modem::{Client, Modem, World};
use conformance::awaited::Runs;
use conformance::common::cx;
use conformance::modem::{Driver, HOST, SimClock, joined};
use conformance::scenario::{
    Act, Bench, CONNECT_MS, Move, Peer, Player, Refused, Shows, config, run, say,
};
use conformance::server::Server;
use esp8266_sim::{Dialect, Endpoint, Fault, Handle, Reply, Simulator, When};
use safe_http_client::asynch::Timer;
use safe_http_client::esp_at::{EspAt, EspAtError, Join};
use safe_http_client::{Clock, ErrorKind, ErrorOf, LoopContext, SafeHttpClient, StdClock};
use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const REFUSING_PORT: u16 = 9;

fn name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::NonOs17 | Dialect::Single17 => "EspAt, NonOS AT 1.7",
        Dialect::EspAt2 => "EspAt, ESP-AT 2",
    }
}

fn simulator(dialect: Dialect) -> esp8266_sim::Config {
    let mut config = esp8266_sim::Config::new(dialect).name("gate.test", HOST);
    // A host that is up refuses at the ports that nothing stands behind.
    config.lan.host_mut(HOST.into());
    config
}

/// What the modem lets a client see: `CLOSED` is said of an end and of a reset alike.
const SHOWS: Shows = Shows { refused: Refused::Connect, reset: false, clean_end: true };

fn url(port: u16) -> String {
    format!("http://{}:{port}", Ipv4Addr::from(HOST))
}

fn serve(handle: &Handle, port: u16, endpoint: Endpoint) {
    handle.with_modem(|modem| {
        modem.config_mut().lan.serve(HOST.into(), port, endpoint);
    });
}

/// Real servers on loopback, at the same ports of a host in the modem's network.
struct Bridged {
    server: Server,
    handle: Handle,
}

impl Peer for Bridged {
    fn play(&mut self, scripts: Vec<Vec<Act>>) -> String {
        self.server.play(scripts);
        let port = self.server.port();
        serve(&self.handle, port, Endpoint::Bridge(SocketAddr::from(([127, 0, 0, 1], port))));
        url(port)
    }

    fn refusing(&mut self) -> String {
        let refusing = self.server.refusing();
        let real: SocketAddr = refusing.trim_start_matches("http://").parse().unwrap();
        // The operating system refuses, not the simulator.
        serve(&self.handle, real.port(), Endpoint::Bridge(real));
        url(real.port())
    }

    fn accepted(&mut self) -> usize {
        self.server.accepted()
    }

    fn heads(&mut self) -> Vec<String> {
        self.server.heads()
    }
}

/// What the peers inside a simulator have seen.
#[derive(Default)]
struct Seen {
    scripts: VecDeque<Vec<Act>>,
    accepted: usize,
    heads: Vec<String>,
}

/// Peers inside the simulator, in its own time.
struct Inside {
    handle: Rc<Handle>,
    port: u16,
    seen: Arc<Mutex<Seen>>,
}

/// Makes all the moves that a script makes without hearing more.
fn moves(player: &mut Player, clock_ms: &mut u32, reply: &mut Reply) {
    let begin = *clock_ms;
    // Longer than a script waits anywhere. Between pieces of a request its clock
    // stands still.
    while *clock_ms - begin < 100 {
        let delay = Duration::from_millis((*clock_ms - begin).into());
        match player.next(*clock_ms) {
            Some(Move::Send(bytes)) => {
                reply.send_after(delay, &bytes);
            }
            Some(Move::Fin) => {
                reply.close_after(delay);
            }
            // Nothing overtakes what was asked for before, be it nothing.
            Some(Move::Reset) => {
                reply.send_after(delay, b"").reset();
            }
            None => *clock_ms += 1,
        }
    }
}

impl Peer for Inside {
    fn play(&mut self, scripts: Vec<Vec<Act>>) -> String {
        // A new port, so that no connection of before is taken for one of now.
        self.port += 1;
        self.seen = Arc::default();
        self.seen.lock().unwrap().scripts = scripts.into();
        let seen = self.seen.clone();
        let peer = Endpoint::Peer(Arc::new(move || {
            let mut shared = seen.lock().unwrap();
            shared.accepted += 1;
            let mut player = Player::new(shared.scripts.pop_front().unwrap_or_default());
            let (seen, mut clock_ms) = (seen.clone(), 0);
            Box::new(move |data: &[u8], reply: &mut Reply| {
                player.take(data);
                moves(&mut player, &mut clock_ms, reply);
                seen.lock().unwrap().heads.append(&mut player.heads);
            })
        }));
        serve(&self.handle, self.port, peer);
        url(self.port)
    }

    fn refusing(&mut self) -> String {
        url(REFUSING_PORT)
    }

    fn accepted(&mut self) -> usize {
        self.seen.lock().unwrap().accepted
    }

    fn heads(&mut self) -> Vec<String> {
        self.seen.lock().unwrap().heads.clone()
    }
}

/// A modem in lock-step that has joined, and its peers.
fn lockstep(dialect: Dialect, cx: &mut LoopContext) -> (Driver, SimClock, Inside) {
    let (modem, clock, handle) = joined(simulator(dialect), cx);
    (modem, clock, Inside { handle: handle.into(), port: 8000, seen: Arc::default() })
}

fn scenarios_in_virtual_time(dialect: Dialect) {
    let mut cx = cx();
    let (modem, clock, peer) = lockstep(dialect, &mut cx);
    let bench = Bench::new(modem, clock, config(), &mut cx, peer, SHOWS);
    run(name(dialect), bench);
}

fn scenarios_on_real_sockets(dialect: Dialect) {
    let mut cx = cx();
    let (handle, port) = Simulator::spawn(simulator(dialect));
    // While the client waits, the modem's thread and the server's have the processor.
    let clock = StdClock::new().with_idle(|| std::thread::sleep(Duration::from_micros(100)));
    let mut modem = EspAt::new(port, &clock);
    modem.join(&mut cx, "sim", "simsimsim").unwrap();
    let peer = Bridged { server: Server::default(), handle };
    let bench = Bench::new(&mut modem, &clock, config(), &mut cx, peer, SHOWS);
    run(&format!("{}, real sockets", name(dialect)), bench);
}

#[test]
fn all_scenarios_nonos() {
    scenarios_in_virtual_time(Dialect::NonOs17);
}

#[test]
fn all_scenarios_esp_at() {
    scenarios_in_virtual_time(Dialect::EspAt2);
}

#[test]
fn all_scenarios_nonos_on_real_sockets() {
    scenarios_on_real_sockets(Dialect::NonOs17);
}

#[test]
fn all_scenarios_esp_at_on_real_sockets() {
    scenarios_on_real_sockets(Dialect::EspAt2);
}

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// The resolver is the modem's.
#[test]
fn names_resolve() {
    for dialect in Dialect::ALL {
        let mut cx = cx();
        let (mut modem, clock, mut peer) = lockstep(dialect, &mut cx);
        peer.play(vec![vec![Act::Request, say(HELLO)]]);
        let mut client = SafeHttpClient::with_config(&mut modem, &clock, config());
        let mut online = client.online(&mut cx).unwrap();
        let mut buffer = [0; 512];
        let url = format!("http://gate.test:{}/", peer.port);
        let mut response = online.get(url.as_str(), &mut buffer).send().unwrap();
        assert_eq!(response.read_to_str().unwrap(), "hello");
        drop(response);
        assert!(peer.heads()[0].contains(&format!("Host: gate.test:{}\r\n", peer.port)));

        let error = online.get("http://unknown.test/", &mut buffer).send().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Resolve(EspAtError::NameNotFound));
        eprintln!("{}: name resolved ok, unknown name refused ok", name(dialect));
    }
}

/// The firmware dials on for 12 s. The caller has its answer at the deadline; the next request
/// waits for the firmware within its own deadlines, and reaches the host that it asked for.
#[test]
fn the_connect_deadline_is_kept_though_the_firmware_dials_on() {
    for dialect in Dialect::ALL {
        let mut cx = cx();
        let (mut modem, clock, mut peer) = lockstep(dialect, &mut cx);
        let url = peer.play(vec![vec![Act::Request, say(HELLO)]; 2]);
        peer.handle.fault(Fault::SlowConnect, When::Nth(1));
        let mut client = SafeHttpClient::with_config(&mut modem, &clock, config());
        let mut online = client.online(&mut cx).unwrap();
        let mut buffer = [0; 512];
        let error = online.get(url.as_str(), &mut buffer).send().unwrap_err();
        assert_eq!(error.code(), "connect_timeout", "{error}");
        let took = online.client().evidence().phase_ms;
        assert!((CONNECT_MS..CONNECT_MS + 50).contains(&took), "{error}");

        let mut tries = 1;
        let late = clock.now_ms();
        loop {
            match online.get(url.as_str(), &mut buffer).send() {
                Ok(mut response) => {
                    assert_eq!(response.read_to_str().unwrap(), "hello");
                    break;
                }
                Err(error) => assert_eq!(error.code(), "connect_timeout", "{error}"),
            }
            tries += 1;
        }
        let waited = clock.now_ms() - late;
        assert!(waited < 12_500, "{waited}");
        eprintln!(
            "{}: connect deadline kept ok \
             (after {took} ms; the modem was free {waited} ms later, at try {tries})",
            name(dialect)
        );
    }
}

/// In an async program: the driver over an async serial port that takes so many bytes at once, woken by what
/// comes.
fn scenarios_awaited(dialect: Dialect, most: usize) {
    let mut token = cx();
    let mut world = World::new(simulator(dialect));
    let peer = Inside { handle: world.handle.clone(), port: 8000, seen: Arc::default() };
    let mut modem = world.modem(most);
    modem.start_join(Join::new("sim", "simsimsim")).unwrap();
    let timer = world.timer();
    world.block_on(async {
        while modem.poll_join(&mut token).is_err() {
            timer.sleep_ms(10).await;
        }
    });
    let bench = Bench::awaited(modem, timer, config(), &mut token, world, peer, SHOWS);
    let most = if most == usize::MAX { "all".to_owned() } else { format!("{most} bytes") };
    run(&format!("{}, awaited, {most} at once", name(dialect)), bench);
}

#[test]
fn all_scenarios_awaited() {
    for dialect in Dialect::ALL {
        for most in [16, usize::MAX] {
            scenarios_awaited(dialect, most);
        }
    }
}

/// A task that waits sleeps: bytes wake it, and the driver's own pauses are looked at each 10 ms.
#[test]
fn a_task_that_waits_for_the_modem_is_woken_and_does_not_spin() {
    let answer = |text: &'static str| esp8266_sim::canned(text, false);
    for dialect in Dialect::ALL {
        // At this rate a byte comes each 87 µs.
        let config = simulator(dialect).baud(115_200).peer(HOST, 80, answer(HELLO));
        let mut world = World::new(config.peer(HOST, 81, answer("")));
        let mut client = world.client(64, safe_http_client::Config::new());
        let mut token = cx();
        let mut count = |client: &mut Client, port: u16| {
            let (polls, begin, log) = (world.polls.get(), world.now(), world.handle.stats());
            let url = url(port);
            let mut buffer = [0; 512];
            let got = world.block_on(async {
                let mut online = client.online(&mut token).unwrap();
                let mut response = online.get(&url, &mut buffer).send().await?;
                Ok::<_, ErrorOf<Modem>>(response.read_to_end().await?.len())
            });
            let bytes = world.handle.stats().bytes_to_host - log.bytes_to_host;
            let ms = (world.now() - begin).as_millis() as u32;
            (got.map_err(|error| error.code()), world.polls.get() - polls, bytes as u32, ms)
        };
        for (what, port, expected) in [
            ("the first GET", 80, Ok(5)),
            ("the next", 80, Ok(5)),
            ("one without an answer", 81, Err("response_timeout")),
        ] {
            let (got, polls, bytes, ms) = count(&mut client, port);
            assert_eq!(got, expected);
            eprintln!(
                "{}: {what}: woken {polls} times in {ms} ms, by {bytes} bytes and its looks",
                name(dialect)
            );
            // Each byte may wake it, each 10 ms do, and the call's begin.
            assert!(polls <= bytes + ms / 10 + 8, "{polls} polls, {bytes} bytes, {ms} ms");
        }
    }
}
