//! Many requests over the modem, with a server on real sockets: nothing is lost, leaked, or done
//! twice. Takes some seconds; `LOAD=full cargo test --release --features esp-at --test esp_at_load
//! -- --nocapture` takes minutes.
#![cfg(feature = "esp-at")]

mod common;
mod esp_at_common;
#[path = "common/load.rs"]
mod load;

use esp_at_common::{Driver, HOST, Rig, SimClock};
use esp8266_sim::{Config, Dialect, Handle};
use load::{Aim, Log, Program, Server, Stage, while_killed};
use safe_http_client::{Cause, Online, SafeHttpClient};
use std::net::SocketAddr;
use std::time::Duration;

type Client<'m> = SafeHttpClient<&'m mut Driver, &'m SimClock, Online>;

/// What a server that dies and comes back may be told as.
const ALLOWED: [Cause; 4] =
    [Cause::NothingListens, Cause::StaleConnection, Cause::ConnectionLost, Cause::BadResponse];

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn the_load() {
    let (kept, fresh, kills, up) = match load::is_full() {
        true => (250, 250, 5, Duration::from_secs(2)),
        false => (20, 20, 2, Duration::from_millis(300)),
    };
    for dialect in Dialect::ALL {
        // First uses: of the simulator's threads, of memory.
        steady("first requests over the modem", dialect, 10, false);
        steady("kept alive over the modem", dialect, kept, false);
        steady("a connection each over the modem", dialect, fresh, true);
        killed(dialect, kills, up);
    }
}

fn aim(fresh: bool) -> Aim {
    Aim { url: format!("http://{}.{}.{}.{}/gate", HOST[0], HOST[1], HOST[2], HOST[3]), fresh }
}

/// Runs a load through a client over a modem that reaches this server; then all of it is gone.
fn over_the_modem(
    address: SocketAddr,
    dialect: Dialect,
    load: impl FnOnce(&mut Client<'_>, &Handle),
) {
    let rig = Rig::joined(Config::new(dialect).map(HOST, 80, address));
    let Rig { handle, clock, mut modem, mut cx } = rig;
    // The modem's time passes faster than the server's.
    let config = safe_http_client::Config::new()
        .connect_timeout(PATIENCE)
        .response_timeout(PATIENCE)
        .idle_timeout(PATIENCE);
    let mut client = SafeHttpClient::with_config(&mut modem, &clock, config)
        .wait_online(&mut cx)
        .map_err(|failed| failed.error)
        .unwrap();
    // The log takes the token for each request.
    drop(cx);
    load(&mut client, &handle);
    drop(client);
    drop(handle);
}

fn steady(name: &'static str, dialect: Dialect, requests: usize, fresh: bool) {
    let stage = Stage::begin(name);
    let server = Server::start(&Program::Own);
    let mut log = Log::default();
    let mut buffer = vec![0; 16 * 1024];
    over_the_modem(server.address(), dialect, |client, handle| {
        for _ in 0..requests {
            log.request(client, &aim(fresh), &mut buffer);
            // The modem's record of the line grows with each.
            handle.clear_log();
        }
    });
    let counts = server.counts();
    log.assert_all_done(&counts);
    stage.end(&format!("{dialect}, {}", log.summary(&counts)));
}

fn killed(dialect: Dialect, kills: u32, up: Duration) {
    let stage = Stage::begin("the server killed, over the modem");
    let server = Server::start(&Program::Own);
    let mut log = Log::default();
    let mut buffer = vec![0; 16 * 1024];
    let mut counts = Vec::new();
    over_the_modem(server.address(), dialect, |client, handle| {
        let server = while_killed(server, kills, up, || {
            let fresh = log.len() % 5 == 4;
            log.request(client, &aim(fresh), &mut buffer);
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
