//! `sensor_post`: posts a reading every 10 s, as JSON, on a connection that is kept.
//!
//! ```text
//! cargo run --example sensor_post                       # all of it simulated
//! cargo run --example sensor_post -- --every 2 --runs 5
//! cargo run --example sensor_post -- --port /dev/ttyUSB0 --ssid … --password …
//! ```
//!
//! No call of it waits, so that its loop has time for more than the sensor. `board` stands for the
//! board that this runs on; the rest is the same there.

mod board;

use board::{Board, Clock, Demo, Serial, millis, say, trouble};
use core::fmt::Write;
use esp_at::{EspAt, Join};
use safe_http_client::{Call, ErrorOf, LoopContext, SafeHttpClient, nb};
use std::process::ExitCode;

type Modem = EspAt<Serial, Clock>;

/// Before a join that failed is tried again.
const PAUSE_MS: u32 = 1_000;

fn main() -> ExitCode {
    let mut board = Board::new(Demo::Sensor);
    let Some(cx) = LoopContext::take() else { panic!("once, first thing in main") };
    let client = SafeHttpClient::new(EspAt::new(board.serial(), Clock), Clock);
    let mut station = Station { board, cx, client, state: State::NotJoined, due_at: millis() };
    while station.board.goes_on() {
        station.turn();
    }
    station.board.exit_status()
}

/// All that there is.
struct Station {
    board: Board,
    cx: LoopContext,
    client: SafeHttpClient<Modem, Clock>,
    state: State,
    /// When it is time for the next reading, or the next try to join.
    due_at: u32,
}

enum State {
    /// Never on the network yet.
    NotJoined,
    Joining,
    /// Nothing to do before the next reading. Modem and driver stay on the network by themselves.
    Resting,
    Posting(Call<'static, [u8; 512]>),
}

impl Station {
    fn turn(&mut self) {
        self.board.heartbeat();
        let is_due = millis().wrapping_sub(self.due_at) as i32 >= 0;
        let Self { client, cx, .. } = self;
        match &mut self.state {
            State::NotJoined if is_due => self.join(),
            State::Joining => match client.network_mut().poll_join(cx) {
                Ok(_) => {
                    say!("on the network");
                    (self.state, self.due_at) = (State::Resting, millis());
                }
                Err(nb::Error::WouldBlock) => {}
                Err(nb::Error::Other(error)) => {
                    trouble!("not on the network: {error}");
                    (self.state, self.due_at) = (State::NotJoined, millis().wrapping_add(PAUSE_MS));
                }
            },
            State::Resting if is_due => {
                self.due_at = self.due_at.wrapping_add(self.board.interval_ms());
                match self.post() {
                    Ok(call) => self.state = State::Posting(call),
                    Err(error) => trouble!("not posted: {error}"),
                }
            }
            State::Posting(call) => {
                match call.poll_read_to_end(client, cx) {
                    Err(nb::Error::WouldBlock) => return,
                    Err(nb::Error::Other(error)) => trouble!("not posted: {error}"),
                    Ok(()) => {
                        let status = call.status().unwrap_or_default();
                        match (call.evidence(client).reused, client.close_reason()) {
                            (true, _) => say!("posted: {status}, on the connection that was kept"),
                            (_, None) => say!("posted: {status}, on the first connection"),
                            (_, Some(why)) => {
                                say!("posted: {status}, on a new connection ({why:?})")
                            }
                        }
                        self.board.blink();
                    }
                }
                self.state = State::Resting;
            }
            State::NotJoined | State::Resting => {}
        }
    }

    fn join(&mut self) {
        let (ssid, password) = (self.board.ssid(), self.board.password());
        if let Err(error) = self.client.network_mut().start_join(Join::new(&ssid, &password)) {
            trouble!("it can't be joined: {error}");
        }
        self.state = State::Joining;
    }

    /// Starts a request. Its body is copied into its buffer: it isn't here any more when it is sent.
    fn post(&mut self) -> Result<Call<'static, [u8; 512]>, ErrorOf<Modem>> {
        let mut json = heapless::String::<64>::new();
        let centidegrees = self.board.centidegrees();
        let (whole, hundredths) = (centidegrees / 100, centidegrees % 100);
        // It fits: there are at most 48 bytes.
        let _ = write!(json, r#"{{"sensor":"shed","celsius":{whole}.{hundredths:02}}}"#);
        let mut online = self.client.online(&mut self.cx)?;
        let request = online.post(&self.board.url("/readings"), [0; 512]);
        request.header("content-type", "application/json").copy_body(&json).start()
    }
}
