//! `sensor_post`: posts a reading every 10 s, as JSON, on a connection that is kept.
//!
//! ```text
//! cargo run --example sensor_post --features esp-at                       # all of it simulated
//! cargo run --example sensor_post --features esp-at -- --every 2 --runs 5
//! cargo run --example sensor_post --features esp-at -- --port /dev/ttyUSB0 --ssid … --password …
//! ```
//!
//! Its calls wait: a sensor has nothing else to do. `board` stands for the board that this runs on;
//! the rest is the same there.

mod board;

use board::{Board, Clock, Demo, Serial, delay_ms, idle, millis, say, trouble};
use core::fmt::Write;
use safe_http_client::esp_at::EspAt;
use safe_http_client::{Config, ErrorOf, FnClock, LoopContext, Offline, Online, SafeHttpClient};
use std::process::ExitCode;

type Modem = EspAt<Serial, Clock>;
type Client<'m, State> = SafeHttpClient<&'m mut Modem, Clock, State>;

fn main() -> ExitCode {
    let mut board = Board::new(Demo::Sensor);
    let Some(mut cx) = LoopContext::take() else { panic!("once, first thing in main") };
    let clock = FnClock(millis as fn() -> u32);
    let mut modem = EspAt::new(board.serial(), clock).with_idle(idle);
    setup(&mut modem, &mut cx, &board);
    // A watchdog is fed in `idle` while a call waits.
    let config = Config::new().idle(idle);
    let mut client = SafeHttpClient::with_config(&mut modem, clock, config);
    let mut station = Station { url: board.url("/readings"), next_ms: millis() };
    while board.goes_on() {
        client = loop_once(client, &mut cx, &mut station, &mut board);
    }
    board.exit_status()
}

/// What the loop keeps from turn to turn.
struct Station {
    url: String,
    /// When the next reading is due.
    next_ms: u32,
}

fn setup(modem: &mut Modem, cx: &mut LoopContext, board: &Board) {
    while let Err(error) = modem.join(cx, board.ssid(), board.password()) {
        trouble!("not on the network: {error}");
        delay_ms(1000);
    }
    say!("on the network");
}

fn loop_once<'m>(
    client: Client<'m, Offline>,
    cx: &mut LoopContext,
    station: &mut Station,
    board: &mut Board,
) -> Client<'m, Offline> {
    if (millis().wrapping_sub(station.next_ms) as i32) < 0 {
        idle();
        return client;
    }
    station.next_ms = station.next_ms.wrapping_add(board.interval_ms());
    let mut online = match client.wait_online(cx) {
        Ok(online) => online,
        Err(failed) => {
            trouble!("{}", failed.error);
            return failed.client;
        }
    };
    match post(&mut online, cx, &station.url, board.centidegrees()) {
        Ok((status, reused)) => {
            board.blink();
            match (reused, online.why_closed()) {
                (true, _) => say!("posted: {status}, on the connection that was kept"),
                (false, None) => say!("posted: {status}, on the first connection"),
                (false, Some(why)) => say!("posted: {status}, on a new connection ({why:?})"),
            }
        }
        Err(error) => trouble!("not posted: {error}"),
    }
    online.into_offline()
}

/// Returns the status, and whether a kept connection was used again.
fn post<'m>(
    online: &mut Client<'m, Online>,
    cx: &mut LoopContext,
    url: &str,
    centidegrees: i32,
) -> Result<(u16, bool), ErrorOf<&'m mut Modem>> {
    let mut json = heapless::String::<64>::new();
    let (whole, hundredths) = (centidegrees / 100, centidegrees % 100);
    // It fits: there are at most 48 bytes.
    let _ = write!(json, r#"{{"sensor":"shed","celsius":{whole}.{hundredths:02}}}"#);

    let mut buffer = [0; 512];
    let mut response = online
        .post(cx, url, &mut buffer)
        .header("content-type", "application/json")
        .body(json.as_bytes())
        .send()?;
    // A connection is kept once its response was read to the end.
    response.read_to_end()?;
    let status = response.status();
    Ok((status, response.into_exchange().evidence().reused))
}
