//! Many requests over the operating system's sockets: nothing is lost, leaked, or done twice. Takes
//! some seconds; `LOAD=full cargo test --release --test load -- --nocapture` takes minutes.

mod common;
#[path = "common/load.rs"]
mod load;

use common::cx;
use load::{ADDRESSES, Aim, Log, Program, Server, Stage, while_killed};
use safe_http_client::{
    Attached, Behaviour, Cause, Clock, Config, IpConfig, Link, LinkStatus, Online, SafeHttpClient,
};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};
use std_embedded_nal::Stack;

struct Host;

impl Link for Host {
    fn link_status(&mut self) -> LinkStatus {
        LinkStatus::Up(IpConfig::new(IpAddr::V4(Ipv4Addr::LOCALHOST)))
    }

    fn has_loopback(&self) -> bool {
        true
    }
}

struct Time(Instant);

impl Clock for Time {
    fn now_ms(&self) -> u32 {
        self.0.elapsed().as_millis() as u32
    }
}

type Client = SafeHttpClient<Attached<Stack, Host>, Time, Online>;

fn client() -> Client {
    // Servers on a busy machine may think for longer than the 3 s of the default.
    let config = Config::new()
        .response_timeout(Duration::from_secs(20))
        .idle_timeout(Duration::from_secs(20))
        .idle(|| std::thread::sleep(Duration::from_micros(10)));
    let network = Attached::new(Stack, Host, Behaviour::STD);
    SafeHttpClient::with_config(network, Time(Instant::now()), config)
        .wait_online(&mut cx())
        .map_err(|failed| failed.error)
        .unwrap()
}

fn aim(port: u16, number: usize, fresh: bool) -> Aim {
    let address = if fresh { ADDRESSES[number % ADDRESSES.len()] } else { ADDRESSES[0] };
    Aim { url: format!("http://{address}:{port}/gate"), fresh }
}

/// What a server that dies and comes back may be told as.
const ALLOWED: [Cause; 4] =
    [Cause::NothingListens, Cause::StaleConnection, Cause::ConnectionLost, Cause::BadResponse];

#[test]
fn the_load() {
    let (kept, fresh, kills, up) = match load::is_full() {
        true => (100_000, 10_000, 20, Duration::from_secs(3)),
        false => (5_000, 500, 5, Duration::from_millis(400)),
    };
    let own = Program::Own;
    // First uses: of the sockets, of memory.
    steady("first requests", &own, 200, false);
    steady("kept alive", &own, kept, false);
    steady("a connection each", &own, fresh, true);
    killed("kept alive, the server killed", &own, kills, up, false);
    killed("a connection each, the server killed", &own, kills, up, true);
    match Program::node() {
        Some(node) => {
            steady("kept alive, Node", &node, kept, false);
            steady("a connection each, Node", &node, fresh, true);
            killed("kept alive, Node killed", &node, kills, up, false);
        }
        None => load::report("Node skipped: no `node` in PATH"),
    }
}

fn steady(name: &'static str, program: &Program, requests: usize, fresh: bool) {
    let stage = Stage::begin(name);
    let server = Server::start(program);
    let mut client = client();
    let mut log = Log::default();
    let mut buffer = vec![0; 16 * 1024];
    for number in 0..requests {
        log.request(&mut client, &aim(server.port, number, fresh), &mut buffer);
    }
    drop(client);
    let counts = server.counts();
    log.assert_all_done(&counts);
    stage.end(&log.summary(&counts));
}

fn killed(name: &'static str, program: &Program, kills: u32, up: Duration, fresh: bool) {
    let stage = Stage::begin(name);
    let server = Server::start(program);
    let port = server.port;
    let mut client = client();
    let mut log = Log::default();
    let mut buffer = vec![0; 16 * 1024];
    let server = while_killed(server, kills, up, || {
        let aim = aim(port, log.len(), fresh);
        log.request(&mut client, &aim, &mut buffer);
    });
    drop(client);
    let counts = server.counts();
    log.assert_all_known(&counts, &ALLOWED);
    stage.end(&log.summary(&counts));
}

#[test]
#[ignore = "the server's process, which the load starts"]
fn server() {
    load::serve();
}
