//! The client of the gate's service, as any board has it: no std, no heap, and no word about the
//! hardware. What that is stands in `board`, the PC's or a chip's; this file is the same on each.

use crate::board::{Board, Clock, Serial, millis, say, trouble};
use esp_at::{EspAt, Join};
use safe_http_client::{Call, ErrorOf, LoopContext, Probe, SafeHttpClient, nb};

type Modem = EspAt<Serial, Clock>;

/// Who has waited for so long has found another way in: the gate stays shut.
const PATIENCE_MS: u32 = 60_000;
/// Before something that failed is tried again.
const PAUSE_MS: u32 = 1_500;

/// The program: once, from `main`.
pub fn run(board: &mut Board) {
    let Some(cx) = LoopContext::take() else { panic!("once, first thing in main") };
    let client = SafeHttpClient::new(EspAt::new(board.serial(), Clock), Clock);
    let state = State::Offline;
    let mut app = App { board, cx, client, state, joined: false, asked_at: None, looked: false };
    app.join();
    while app.board.goes_on() {
        app.turn();
    }
}

/// All that there is. Nothing in it waits, so that each turn of the loop hears the owner's phone.
struct App<'b> {
    board: &'b mut Board,
    cx: LoopContext,
    client: SafeHttpClient<Modem, Clock>,
    state: State,
    /// The access point was joined once: from then on modem and driver come back to it by themselves.
    joined: bool,
    /// Since when the owner has been waiting.
    asked_at: Option<u32>,
    /// The reason was looked for. Once is enough, until the gate has opened.
    looked: bool,
}

#[allow(clippy::large_enum_variant, reason = "there is one of them, and nowhere to box it")]
enum State {
    Joining,
    /// No address yet, or not any more.
    Offline,
    /// With an address: for the owner to come.
    Online,
    /// The gate's service was asked.
    Opening(Call<'static, [u8; 1024]>),
    /// Something failed: which step breaks, from the link to the gate's service?
    Looking(Probe<[u8; 512]>),
    /// Something failed at this time: it is tried again in a moment.
    Resting(u32),
}

impl App<'_> {
    fn turn(&mut self) {
        self.board.heartbeat();
        self.hear_phone();
        let Self { client, cx, .. } = self;
        match &mut self.state {
            State::Joining => match client.network_mut().poll_join(cx) {
                Ok(_) => (self.joined, self.state) = (true, State::Offline),
                Err(nb::Error::WouldBlock) => {}
                Err(nb::Error::Other(error)) => {
                    trouble!("not on the network: {error}");
                    self.look_why();
                }
            },
            State::Offline => {
                if client.online(cx).is_ok() {
                    say!("on the network");
                    self.state = State::Online;
                }
            }
            State::Online => self.open_if_asked(),
            State::Opening(call) => match call.poll_read_to_end(client, cx) {
                Err(nb::Error::WouldBlock) => {}
                Err(nb::Error::Other(error)) => self.failed(&error),
                Ok(()) if call.status() == Some(200) && call.body() == b"open" => {
                    say!("the gate is open");
                    self.board.blink();
                    (self.asked_at, self.looked, self.state) = (None, false, State::Online);
                }
                // The gate is asked again in a moment: to open an open one does nothing.
                Ok(()) => {
                    trouble!("something answered, and it isn't the gate");
                    self.look_why();
                }
            },
            State::Looking(probe) => {
                if probe.poll(client, cx).is_ok() {
                    say!("{}", probe.report());
                    self.state = State::Resting(millis());
                }
            }
            State::Resting(since) if !has_passed(*since, PAUSE_MS) => {}
            State::Resting(_) if self.joined => self.state = State::Online,
            State::Resting(_) => self.join(),
        }
    }

    fn hear_phone(&mut self) {
        if self.board.phone_arrived() {
            say!("the owner's phone is here");
            self.asked_at = Some(millis());
        }
        if self.asked_at.is_some_and(|since| has_passed(since, PATIENCE_MS)) {
            trouble!("the owner has waited too long: the gate stays shut");
            self.asked_at = None;
            if let State::Opening(_) = self.state {
                self.client.close();
                self.state = State::Online;
            }
        }
    }

    fn join(&mut self) {
        let (ssid, password) = (self.board.ssid(), self.board.password());
        say!("joining {ssid}");
        if let Err(error) = self.client.network_mut().start_join(Join::new(&ssid, &password)) {
            trouble!("it can't be joined: {error}");
        }
        self.state = State::Joining;
    }

    /// Only a client that is online has requests.
    fn open_if_asked(&mut self) {
        let mut online = match self.client.online(&mut self.cx) {
            Ok(online) => online,
            Err(_) => {
                say!("off the network");
                self.state = State::Offline;
                return;
            }
        };
        if self.asked_at.is_some() {
            let request = online.post(&self.board.url("/gate"), [0; 1024]);
            match request.header("x-key", "secret").body(b"open").start() {
                Ok(call) => self.state = State::Opening(call),
                Err(error) => self.failed(&error),
            }
        }
    }

    fn failed(&mut self, error: &ErrorOf<Modem>) {
        trouble!("the gate isn't open: {error}");
        say!("{}", self.client.diagnosis(error));
        self.look_why();
    }

    fn look_why(&mut self) {
        self.state = match core::mem::replace(&mut self.looked, true) {
            false => {
                let url = self.board.url("/gate");
                State::Looking(self.client.start_probe(&url, [0; 512]))
            }
            true => State::Resting(millis()),
        };
    }
}

fn has_passed(since: u32, ms: u32) -> bool {
    millis().wrapping_sub(since) >= ms
}
