//! The client of the gate's service, as any board has it: no std, no heap, and no word about the
//! hardware. What that is stands in `board`, the PC's or a chip's; this file is the same on each.

use crate::board::{Board, Clock, Serial, millis, say, trouble};
use safe_http_client::esp_at::{EspAt, Join};
use safe_http_client::{ErrorOf, FnClock, LoopContext, Offline, Online, SafeHttpClient, nb};

type Modem = EspAt<Serial, Clock>;
type Client<'m, State> = SafeHttpClient<&'m mut Modem, Clock, State>;

/// Who has waited for so long has found another way in: the gate stays shut.
const PATIENCE_MS: u32 = 60_000;
/// Before something that failed is tried again.
const PAUSE_MS: u32 = 1_500;

/// The program: once, from `main`.
pub fn run(board: &mut Board) {
    let Some(mut cx) = LoopContext::take() else { panic!("once, first thing in main") };
    let clock = FnClock(millis as fn() -> u32);
    let mut modem = EspAt::new(board.serial(), clock);
    let mut client = SafeHttpClient::new(&mut modem, clock);
    let mut gate = setup(&mut client, board);
    while board.goes_on() {
        client = loop_once(client, &mut cx, &mut gate, board);
    }
}

/// What the loop keeps from turn to turn.
struct Gate {
    wifi: Wifi,
    /// Since when the owner has been waiting.
    asked_at: Option<u32>,
    /// When something failed.
    failed_at: Option<u32>,
    /// The reason was looked for. Once is enough, until the gate has opened.
    looked: bool,
}

#[derive(PartialEq)]
enum Wifi {
    NotJoined,
    Joining,
    Lost,
    On,
}

fn setup(client: &mut Client<'_, Offline>, board: &Board) -> Gate {
    start_join(client, board);
    Gate { wifi: Wifi::Joining, asked_at: None, failed_at: None, looked: false }
}

fn loop_once<'m>(
    mut client: Client<'m, Offline>,
    cx: &mut LoopContext,
    gate: &mut Gate,
    board: &mut Board,
) -> Client<'m, Offline> {
    board.heartbeat();
    if board.phone_arrived() {
        say!("the owner's phone is here");
        gate.asked_at = Some(millis());
    }
    if has_passed(gate.asked_at, PATIENCE_MS) {
        trouble!("the owner has waited too long: the gate stays shut");
        gate.asked_at = None;
    }
    let rested = gate.failed_at.is_none() || has_passed(gate.failed_at, PAUSE_MS);

    match gate.wifi {
        Wifi::NotJoined if rested => {
            start_join(&mut client, board);
            gate.wifi = Wifi::Joining;
        }
        // The first join. From then on, modem and driver come back to the network by themselves.
        Wifi::Joining => match client.network_mut().poll_join(cx) {
            Ok(_) => gate.wifi = Wifi::Lost,
            Err(nb::Error::WouldBlock) => {}
            Err(nb::Error::Other(error)) => {
                trouble!("not on the network: {error}");
                look_why(&mut client, cx, gate, board);
                (gate.wifi, gate.failed_at) = (Wifi::NotJoined, Some(millis()));
            }
        },
        _ => {}
    }

    // Only a client that is online has requests.
    let mut online = match client.poll_online(cx) {
        Ok(online) => online,
        Err(failed) => {
            if gate.wifi == Wifi::On {
                say!("off the network");
                gate.wifi = Wifi::Lost;
            }
            return failed.client;
        }
    };
    if gate.wifi == Wifi::Lost {
        say!("on the network");
        gate.wifi = Wifi::On;
    }
    if gate.asked_at.is_some() && rested {
        match open(&mut online, cx, board) {
            Ok(true) => {
                say!("the gate is open");
                board.blink();
                (gate.asked_at, gate.failed_at, gate.looked) = (None, None, false);
            }
            // The gate is asked again in a moment: to open an open one does nothing.
            Ok(false) => {
                trouble!("something answered, and it isn't the gate");
                look_why(&mut online, cx, gate, board);
                gate.failed_at = Some(millis());
            }
            Err(error) => {
                trouble!("the gate isn't open: {error}");
                say!("{}", online.diagnosis(&error));
                look_why(&mut online, cx, gate, board);
                gate.failed_at = Some(millis());
            }
        }
    }
    online.into_offline()
}

fn start_join(client: &mut Client<'_, Offline>, board: &Board) {
    let (ssid, password) = (board.ssid(), board.password());
    say!("joining {ssid}");
    if let Err(error) = client.network_mut().start_join(Join::new(&ssid, &password)) {
        trouble!("it can't be joined: {error}");
    }
}

/// Posts to the gate's service; false if something else answered. While it waits, the loop's other
/// work is done.
fn open<'m>(
    online: &mut Client<'m, Online>,
    cx: &mut LoopContext,
    board: &mut Board,
) -> Result<bool, ErrorOf<&'m mut Modem>> {
    let mut buffer = [0; 1024];
    let url = board.url("/gate");
    let request = online.post(cx, url.as_str(), &mut buffer);
    let mut exchange = request.header("x-key", "secret").body(b"open").start()?;
    while let Err(error) = exchange.poll_read_to_end(cx) {
        match error {
            nb::Error::WouldBlock => board.heartbeat(),
            nb::Error::Other(error) => return Err(error),
        }
    }
    Ok(exchange.head().is_some_and(|head| head.status() == 200) && exchange.body() == b"open")
}

/// Goes down the ladder from the link to the gate's service, and says which rung breaks. While it
/// waits, the loop's other work is done.
fn look_why<State>(
    client: &mut Client<'_, State>,
    cx: &mut LoopContext,
    gate: &mut Gate,
    board: &mut Board,
) {
    if core::mem::replace(&mut gate.looked, true) {
        return;
    }
    let mut buffer = [0; 512];
    let url = board.url("/gate");
    let mut checkup = client.start_diagnosis(url.as_str(), &mut buffer);
    while let Err(nb::Error::WouldBlock) = checkup.poll(cx) {
        board.heartbeat();
    }
    say!("{}", checkup.report());
}

fn has_passed(since: Option<u32>, ms: u32) -> bool {
    since.is_some_and(|since| millis().wrapping_sub(since) >= ms)
}
