//! Many requests over the operating system's sockets, and over the simulated modem with a server on real
//! sockets: nothing is lost, leaked, or done twice. Takes some seconds;
//! `LOAD=full cargo test --release -p conformance --test load -- --nocapture` takes minutes.

use conformance::awaited::IoTimer;
use conformance::common::cx;
use conformance::load::{self, ADDRESSES, Aim, Log, Program, Server, Stage, while_killed};
use conformance::modem::{self, Driver, HOST, SimClock};
use esp8266_sim::{Dialect, Handle};
use safe_http_client::{
    Cause, Clock, Config, NalNetwork, Network, PcLink, SafeHttpClient, StackQuirks, StdClock,
    asynch,
};
use safe_http_client_embassy::EmbassyTimer;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What a server that dies and comes back may be told as.
const ALLOWED: [Cause; 4] =
    [Cause::NothingListens, Cause::StaleConnection, Cause::ConnectionLost, Cause::BadResponse];

/// The figures are the process's: one load at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// The client over the operating system's sockets.
fn over_sockets() -> SafeHttpClient<impl Network, impl Clock> {
    // Servers on a busy machine may think for longer than the 3 s of the default.
    let config = Config::new()
        .response_timeout(Duration::from_secs(20))
        .idle_timeout(Duration::from_secs(20));
    let clock = StdClock::new().with_idle(|| std::thread::sleep(Duration::from_micros(10)));
    let network = NalNetwork::new(std_embedded_nal::Stack, PcLink, StackQuirks::STD);
    SafeHttpClient::with_config(network, clock, config)
}

#[test]
fn the_load_over_sockets() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
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

fn aim(port: u16, number: usize, fresh: bool) -> Aim {
    let address = if fresh { ADDRESSES[number % ADDRESSES.len()] } else { ADDRESSES[0] };
    Aim { url: format!("http://{address}:{port}/gate"), fresh }
}

fn steady(name: &'static str, program: &Program, requests: usize, fresh: bool) {
    let stage = Stage::begin(name);
    let server = Server::start(program);
    let mut client = over_sockets();
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
    let mut client = over_sockets();
    let mut log = Log::default();
    let mut buffer = vec![0; 16 * 1024];
    let server = while_killed(server, kills, up, || {
        let aim = aim(port, log.count(), fresh);
        log.request(&mut client, &aim, &mut buffer);
    });
    drop(client);
    let counts = server.counts();
    log.assert_all_known(&counts, &ALLOWED);
    stage.end(&log.summary(&counts));
}

// ---- Awaited ----

#[test]
fn the_load_awaited() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (kept, fresh, kills, up) = match load::is_full() {
        true => (100_000, 10_000, 20, Duration::from_secs(3)),
        false => (3_000, 300, 3, Duration::from_millis(400)),
    };
    // async-io's own descriptors, which it keeps.
    async_io::block_on(async_io::Timer::after(Duration::from_millis(1)));
    awaited("first requests, awaited", 200, false);
    awaited("kept alive, awaited", kept, false);
    awaited("a connection each, awaited", fresh, true);
    awaited_killed("kept alive, awaited, the server killed", kills, up);
}

/// The client over the operating system's sockets, awaited.
fn over_async_sockets(
    stack: &std_embedded_nal_async::Stack,
) -> asynch::SafeHttpClient<impl asynch::AsyncNetwork, IoTimer> {
    let config = Config::new()
        .response_timeout(Duration::from_secs(20))
        .idle_timeout(Duration::from_secs(20));
    let network =
        asynch::NalNetwork::new(stack, stack, PcLink).with_tcp_fault(|error| error.into());
    asynch::SafeHttpClient::with_config(network, IoTimer::start(), config)
}

fn awaited(name: &'static str, requests: usize, fresh: bool) {
    let stage = Stage::begin(name);
    let server = Server::start(&Program::Own);
    let stack = std_embedded_nal_async::Stack::default();
    let mut client = over_async_sockets(&stack);
    let mut log = Log::default();
    let mut buffer = vec![0; 16 * 1024];
    let mut cx = cx();
    async_io::block_on(async {
        for number in 0..requests {
            let aim = aim(server.port, number, fresh);
            log.request_awaited(&mut client, &mut cx, &aim, &mut buffer).await;
        }
    });
    drop(client);
    let counts = server.counts();
    log.assert_all_done(&counts);
    stage.end(&log.summary(&counts));
}

fn awaited_killed(name: &'static str, kills: u32, up: Duration) {
    let stage = Stage::begin(name);
    let server = Server::start(&Program::Own);
    let port = server.port;
    let stack = std_embedded_nal_async::Stack::default();
    let mut client = over_async_sockets(&stack);
    let mut log = Log::default();
    let mut buffer = vec![0; 16 * 1024];
    let mut cx = cx();
    let server = while_killed(server, kills, up, || {
        let aim = aim(port, log.count(), log.count() % 5 == 4);
        async_io::block_on(log.request_awaited(&mut client, &mut cx, &aim, &mut buffer));
    });
    drop(client);
    let counts = server.counts();
    log.assert_all_known(&counts, &ALLOWED);
    stage.end(&log.summary(&counts));
}

/// embassy-net on a TAP device, to the server's process on Linux.
#[cfg(target_os = "linux")]
#[test]
fn the_load_over_embassy_net() {
    use conformance::awaited::Runs;
    use conformance::embassy::Rig;
    use conformance::tap::{DEVICE, LINUX, Namespace, OWN};
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let requests = if load::is_full() { 100_000 } else { 1_000 };
    let steady = |name: &'static str, requests: usize| {
        let mut cx = cx();
        let mut rig = Rig::on_tap(DEVICE, OWN, LINUX).unwrap();
        let stage = Stage::begin(name);
        let server = Server::start(&Program::Own);
        let network = rig.network().attached();
        let config = Config::new().response_timeout(Duration::from_secs(20));
        let mut client = asynch::SafeHttpClient::with_config(network, EmbassyTimer, config);
        let mut log = Log::default();
        let mut buffer = vec![0; 16 * 1024];
        let aim = Aim { url: format!("http://{LINUX}:{}/gate", server.port), fresh: false };
        (&mut rig).block_on(async {
            client.wait_online(&mut cx).await.unwrap();
            for _ in 0..requests {
                log.request_awaited(&mut client, &mut cx, &aim, &mut buffer).await;
            }
        });
        drop(client);
        let counts = server.counts();
        log.assert_all_done(&counts);
        stage.end(&log.summary(&counts));
    };
    for (name, requests) in
        [("first requests over embassy-net", 100), ("kept alive over embassy-net", requests)]
    {
        let ran = Namespace::new().and_then(|space| space.inside(|| steady(name, requests)));
        if let Err(why) = ran {
            load::report(&format!("{name} skipped: {why}"));
        }
    }
}

// ---- Over the modem ----

type ModemClient<'m> = SafeHttpClient<&'m mut Driver, &'m SimClock>;

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn the_load_over_the_modem() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (kept, fresh, kills, up) = match load::is_full() {
        true => (250, 250, 5, Duration::from_secs(2)),
        false => (20, 20, 2, Duration::from_millis(300)),
    };
    for dialect in Dialect::ALL {
        // First uses: of the simulator's threads, of memory.
        modem_steady("first requests over the modem", dialect, 10, false);
        modem_steady("kept alive over the modem", dialect, kept, false);
        modem_steady("a connection each over the modem", dialect, fresh, true);
        modem_killed(dialect, kills, up);
    }
}

fn modem_aim(fresh: bool) -> Aim {
    Aim { url: format!("http://{}/gate", Ipv4Addr::from(HOST)), fresh }
}

/// Runs a load through a client over a modem that reaches this server; then all of it is gone.
fn over_the_modem(
    address: SocketAddr,
    dialect: Dialect,
    load: impl FnOnce(&mut ModemClient<'_>, &Handle),
) {
    let config = esp8266_sim::Config::new(dialect).map(HOST, 80, address);
    let (mut modem, clock, handle) = modem::joined(config, &mut cx());
    // The modem's time passes faster than the server's.
    let config =
        Config::new().connect_timeout(PATIENCE).response_timeout(PATIENCE).idle_timeout(PATIENCE);
    let mut client = SafeHttpClient::with_config(&mut modem, &clock, config);
    load(&mut client, &handle);
}

fn modem_steady(name: &'static str, dialect: Dialect, requests: usize, fresh: bool) {
    let stage = Stage::begin(name);
    let server = Server::start(&Program::Own);
    let mut log = Log::default();
    let mut buffer = vec![0; 16 * 1024];
    over_the_modem(server.address(), dialect, |client, handle| {
        for _ in 0..requests {
            log.request(client, &modem_aim(fresh), &mut buffer);
            // The modem's record of the line grows with each.
            handle.clear_log();
        }
    });
    let counts = server.counts();
    log.assert_all_done(&counts);
    stage.end(&format!("{dialect}, {}", log.summary(&counts)));
}

fn modem_killed(dialect: Dialect, kills: u32, up: Duration) {
    let stage = Stage::begin("the server killed, over the modem");
    let server = Server::start(&Program::Own);
    let mut log = Log::default();
    let mut buffer = vec![0; 16 * 1024];
    let mut counts = Vec::new();
    over_the_modem(server.address(), dialect, |client, handle| {
        let server = while_killed(server, kills, up, || {
            let fresh = log.count() % 5 == 4;
            log.request(client, &modem_aim(fresh), &mut buffer);
            // The modem's record of the line grows with each.
            handle.clear_log();
        });
        counts = server.counts();
    });
    log.assert_all_known(&counts, &ALLOWED);
    stage.end(&format!("{dialect}, {}", log.summary(&counts)));
}

#[test]
#[ignore = "the server's process, which the load starts"]
fn server() {
    load::serve();
}
