//! A simulated modem with `esp-at-nal` on it.
//!
//! It runs over atat 0.24's own ingress, digester and response slot. Only atat's blocking client is written
//! again here, step for step, as the original waits by a clock that can't be the simulator's.

use super::GET;
use atat::blocking::AtatClient;
use atat::{AtDigester, AtatCmd, AtatIngress, Ingress, ResponseSlot, UrcChannel};
use conformance::modem::*;
use embedded_io::Write;
use embedded_nal::{TcpClientStack, nb};
use esp_at_nal::stack::Error as NalError;
use esp_at_nal::urc::URCMessages;
use esp_at_nal::wifi::{Adapter, WifiAdapter};
use esp8266_sim::{Config, Handle, SerialPort, VirtualClock};
use fugit_timer::{Timer, TimerDurationU32, TimerInstantU32};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

const TX: usize = 512;
pub(super) const RX: usize = 256;
const URCS: usize = 16;
const BUFFER: usize = 1024;
type Urc = URCMessages<RX>;
type Digester = AtDigester<Urc>;

/// The serial line, with what atat makes of its bytes as they come.
pub(super) struct Line {
    port: SerialPort,
    pub(super) clock: VirtualClock,
    ingress: Ingress<'static, Digester, Urc, BUFFER, URCS, 1>,
    /// How many bytes are handed over at once: one by a UART's interrupt, more by DMA or a thread.
    pub(super) chunk: usize,
}

impl Line {
    /// Reads what has come; time passes where nothing has.
    pub(super) fn pump(&mut self) {
        let mut bytes = [0; 256];
        let count = self.port.read_now(&mut bytes);
        for chunk in bytes[..count].chunks(self.chunk) {
            if self.ingress.write_buf().len() < chunk.len() {
                // As atat's own reader does.
                self.ingress.clear();
            }
            self.ingress.try_write(chunk).unwrap();
        }
    }

    /// Lets time pass.
    fn wait(&mut self, time: Duration) {
        let begin = self.clock.now();
        while self.clock.now() - begin < time {
            self.pump();
        }
    }
}

pub(super) type SharedLine = Rc<RefCell<Line>>;

/// `atat::blocking::Client`, by the simulator's clock.
pub(super) struct AtClient {
    line: SharedLine,
    slot: &'static ResponseSlot<BUFFER>,
    free_at: Duration,
    /// Ends commands as atat 0.24.0 did, and as the firmware wants it.
    line_feed: bool,
}

impl AtatClient for AtClient {
    fn send<A: AtatCmd>(&mut self, command: &A) -> Result<A::Response, atat::Error> {
        let mut bytes = [0; BUFFER];
        let mut length = command.write(&mut bytes);
        if self.line_feed && A::EXPECTS_RESPONSE_CODE && bytes[..length].ends_with(b"\r") {
            bytes[length] = b'\n';
            length += 1;
        }
        let mut line = self.line.borrow_mut();
        while line.clock.now() < self.free_at {
            line.pump();
        }
        self.slot.reset();
        line.port.write_all(&bytes[..length]).map_err(|_| atat::Error::Write)?;
        let begin = line.clock.now();
        // atat's default pause between commands.
        self.free_at = begin + 20 * MS;
        if !A::EXPECTS_RESPONSE_CODE {
            return command.parse(Ok(&[]));
        }
        loop {
            if let Some(response) = self.slot.try_get() {
                return command.parse((&*response.borrow()).into());
            }
            if line.clock.now() - begin >= Duration::from_millis(A::MAX_TIMEOUT_MS.into()) {
                return Err(atat::Error::Timeout);
            }
            line.pump();
        }
    }
}

/// The adapter's timer. What comes over the line meanwhile is taken, as by an interrupt.
pub(super) struct SimTimer {
    line: SharedLine,
    ends: Duration,
}

impl Timer<1000> for SimTimer {
    type Error = ();

    fn now(&mut self) -> TimerInstantU32<1000> {
        TimerInstantU32::from_ticks(self.line.borrow().clock.now_ms() as u32)
    }

    fn start(&mut self, duration: TimerDurationU32<1000>) -> Result<(), ()> {
        let now = self.line.borrow().clock.now();
        self.ends = now + Duration::from_millis(duration.to_millis().into());
        Ok(())
    }

    fn cancel(&mut self) -> Result<(), ()> {
        Ok(())
    }

    fn wait(&mut self) -> nb::Result<(), ()> {
        let mut line = self.line.borrow_mut();
        line.pump();
        if line.clock.now() >= self.ends { Ok(()) } else { Err(nb::Error::WouldBlock) }
    }
}

pub(super) type Nal = Adapter<'static, AtClient, SimTimer, 1000, TX, RX, URCS>;
pub(super) type NalSocket = <Nal as TcpClientStack>::TcpSocket;

pub(super) struct NalRig {
    pub(super) handle: Handle,
    pub(super) line: SharedLine,
    pub(super) nal: Nal,
}

impl NalRig {
    pub(super) fn new(config: Config) -> Self {
        Self::with(config, true)
    }

    pub(super) fn with(config: Config, line_feed: bool) -> Self {
        let (handle, port, SimClock(clock)) = lockstep(config);
        let slot: &'static ResponseSlot<BUFFER> = Box::leak(Box::new(ResponseSlot::new()));
        let urcs: &'static UrcChannel<Urc, URCS, 1> = Box::leak(Box::new(UrcChannel::new()));
        let subscription = urcs.subscribe().unwrap();
        let ingress = Ingress::new(Digester::new(), vec![0; BUFFER].leak(), slot, urcs);
        let line = Rc::new(RefCell::new(Line { port, clock, ingress, chunk: 1 }));
        let client = AtClient { line: line.clone(), slot, free_at: Duration::ZERO, line_feed };
        let timer = SimTimer { line: line.clone(), ends: Duration::ZERO };
        let rig = Self { handle, line, nal: Adapter::new(client, subscription, timer) };
        // The boot.
        rig.wait(SECOND);
        rig
    }

    pub(super) fn joined(config: Config) -> Self {
        let mut rig = Self::new(config);
        let state = rig.nal.join("sim", "simsimsim").unwrap();
        assert!(state.connected && state.ip_assigned);
        rig
    }

    pub(super) fn now(&self) -> Duration {
        self.line.borrow().clock.now()
    }

    pub(super) fn wait(&self, time: Duration) {
        self.line.borrow_mut().wait(time);
    }

    pub(super) fn connect(&mut self, port: u16) -> (NalSocket, Result<(), NalError>) {
        let mut socket = self.nal.socket().unwrap();
        let result = match self.nal.connect(&mut socket, at(port)) {
            Err(nb::Error::WouldBlock) => panic!("it blocks"),
            Err(nb::Error::Other(error)) => Err(error),
            Ok(()) => Ok(()),
        };
        (socket, result)
    }

    pub(super) fn request(&mut self, socket: &mut NalSocket) -> Result<usize, NalError> {
        match self.nal.send(socket, GET) {
            Err(nb::Error::WouldBlock) => panic!("it blocks"),
            Err(nb::Error::Other(error)) => Err(error),
            Ok(count) => Ok(count),
        }
    }

    /// For this long: all that came, and how it ended; `None` is `WouldBlock` to the last.
    pub(super) fn receive(
        &mut self,
        socket: &mut NalSocket,
        time: Duration,
    ) -> (Vec<u8>, Option<Result<(), NalError>>) {
        let begin = self.now();
        let mut all = Vec::new();
        while self.now() - begin < time {
            let mut buffer = [0; RX];
            match self.nal.receive(socket, &mut buffer) {
                Ok(0) => return (all, Some(Ok(()))),
                Ok(count) => all.extend(&buffer[..count]),
                Err(nb::Error::WouldBlock) => self.line.borrow_mut().pump(),
                Err(nb::Error::Other(error)) => return (all, Some(Err(error))),
            }
        }
        (all, None)
    }
}
