//! `esp-at-nal` on the simulated modem: its own command formats, its own parser of what comes, and
//! atat's digester between them. What atat's client does in two threads in real time (write a command,
//! take bytes until its answer is complete) is done here in one, so that the simulator's clock counts.

use atat::blocking::AtatClient;
use atat::{
    AtDigester, AtatCmd, AtatIngress, Error, Ingress, Response, ResponseSlot, UrcChannel,
    UrcSubscription,
};
use esp_at_nal::urc::URCMessages;
use esp_at_nal::wifi::Adapter;
use esp8266_sim::{SerialPort, VirtualClock};
use fugit_timer::{Timer, TimerDurationU32, TimerInstantU32};
use std::cell::RefCell;

/// What is sent with one `AT+CIPSEND`, and received with one `AT+CIPRECVDATA`: as large as the
/// firmware's limit for a send.
pub const TX: usize = 2048;
pub const RX: usize = 2048;
/// Room for a command, an answer or a message with data, and its line.
const BUFFER: usize = RX + 512;
pub const URCS: usize = 8;

pub type Urc = URCMessages<RX>;
pub type Channel = UrcChannel<Urc, URCS, 1>;
pub type Slot = ResponseSlot<BUFFER>;
pub type Stack = Adapter<'static, Line, Countdown, 1000, TX, RX, URCS>;
type Taker = Ingress<'static, AtDigester<Urc>, Urc, BUFFER, URCS, 1>;

/// The buffer that bytes are taken into, beside what [`Stack`], [`Channel`] and [`Slot`] hold.
pub const INGRESS: usize = BUFFER;

struct Input {
    port: SerialPort,
    clock: VirtualClock,
    taker: Taker,
    /// There was no room for a message; it is still in the buffer.
    stuck: bool,
}

thread_local! {
    /// The adapter keeps its client to itself, and is to be fed while it waits.
    static INPUT: RefCell<Option<Input>> = const { RefCell::new(None) };
}

fn with<T>(act: impl FnOnce(&mut Input) -> T) -> T {
    INPUT.with_borrow_mut(|input| act(input.as_mut().expect("the stack was made first")))
}

/// Takes what has come.
pub fn feed() {
    take(64);
}

fn take(most: usize) {
    with(|input| {
        if input.stuck {
            input.stuck = input.taker.try_advance(0).is_err();
            return;
        }
        // Byte by byte, as from a UART: atat's digester looks at each.
        for _ in 0..most {
            let buffer = input.taker.write_buf();
            let Some(room) = buffer.get_mut(..1) else { return input.taker.clear() };
            if input.port.read_now(room) == 0 {
                return;
            }
            input.stuck = input.taker.try_advance(1).is_err();
            if input.stuck || input.port.available() == 0 {
                return;
            }
        }
    });
}

fn now_ms() -> u32 {
    with(|input| input.clock.now_ms() as u32)
}

pub struct Line {
    slot: &'static Slot,
    command: Box<[u8; BUFFER]>,
}

impl AtatClient for Line {
    fn send<Cmd: AtatCmd>(&mut self, command: &Cmd) -> Result<Cmd::Response, Error> {
        let length = command.write(&mut self.command[..]);
        self.slot.reset();
        with(|input| input.port.write_now(&self.command[..length]));
        if !Cmd::EXPECTS_RESPONSE_CODE {
            return command.parse(Ok(&[]));
        }
        let started = now_ms();
        loop {
            // No byte behind the answer: the adapter miscounts when a notice comes before the data
            // that it asked for are counted.
            take(1);
            if let Some(response) = self.slot.try_get() {
                let response: &Response<BUFFER> = &response.borrow();
                return command.parse(response.into());
            }
            if now_ms() - started > Cmd::MAX_TIMEOUT_MS {
                return Err(Error::Timeout);
            }
        }
    }
}

#[derive(Default)]
pub struct Countdown(u32);

impl Timer<1000> for Countdown {
    type Error = ();

    fn now(&mut self) -> TimerInstantU32<1000> {
        TimerInstantU32::from_ticks(now_ms())
    }

    fn start(&mut self, duration: TimerDurationU32<1000>) -> Result<(), ()> {
        self.0 = now_ms() + duration.to_millis();
        Ok(())
    }

    fn cancel(&mut self) -> Result<(), ()> {
        Ok(())
    }

    fn wait(&mut self) -> embedded_nal::nb::Result<(), ()> {
        feed();
        if now_ms() >= self.0 { Ok(()) } else { Err(embedded_nal::nb::Error::WouldBlock) }
    }
}

pub fn stack(port: SerialPort, clock: VirtualClock) -> Stack {
    let slot: &'static Slot = Box::leak(Box::new(Slot::new()));
    let channel: &'static Channel = Box::leak(Box::new(Channel::new()));
    let buffer = Box::leak(Box::new([0; INGRESS]));
    let urcs: UrcSubscription<'static, Urc, URCS, 1> =
        channel.subscribe().expect("a channel of its own");
    let taker = Ingress::new(AtDigester::new(), buffer, slot, channel);
    INPUT.set(Some(Input { port, clock, taker, stuck: false }));
    Adapter::new(Line { slot, command: Box::new([0; BUFFER]) }, urcs, Countdown::default())
}
