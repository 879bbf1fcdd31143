//! Between the serial port and the engine: the only place that reads bytes which aren't a caller's.

use super::EspAt;
use super::error::EspAtError;
use super::modem::{Modem, Payload, SendPhase, Task, Urgent};
use super::serial::Serial;
use super::socket::LinkState;
use super::wire::{Command, LINKS};
use embedded_io::Error as _;
use embedded_nal::nb;
use nal_link::{Clock, elapsed_ms};

/// Bytes that one call takes at most, so that a babbling modem can't hold its caller.
const MOST_BYTES: usize = 1024;

/// Data that don't go on for so long lack bytes.
pub(super) const STALLED_MS: u32 = 1_000;

/// For so long data that came unasked may be in the way of a command.
const IN_THE_WAY_MS: u32 = 200;

const FILLER: [u8; 64] = [0; 64];

impl<S: Serial, C: Clock, const ROOM: usize> EspAt<S, C, ROOM> {
    /// Takes what has come and sends what is due.
    pub(super) fn pump(&mut self) {
        self.pump_while(|_| true);
    }

    /// The same, as long as the condition holds.
    pub(super) fn pump_while(&mut self, go_on: impl Fn(&Modem) -> bool) {
        let mut budget = MOST_BYTES;
        while budget > 0 && go_on(&self.modem) {
            if let Some(payload) = self.modem.payload {
                match self.pass(payload) {
                    0 => break,
                    count => budget = budget.saturating_sub(count),
                }
                continue;
            }
            let mut byte = [0];
            if !self.read_some(&mut byte) {
                break;
            }
            let now = self.clock.now_ms();
            let [byte] = byte;
            self.modem.byte(byte, now);
            budget = budget.saturating_sub(1);
        }
        // Out of budget there may be an answer that wasn't looked at.
        if budget > 0 {
            self.do_what_is_due();
        }
    }

    #[inline(never)]
    fn do_what_is_due(&mut self) {
        let now = self.clock.now_ms();
        if self.modem.tick(now) == Some(Urgent::Probe) {
            self.write(b"?\r\n");
        }
        if let Some(Task::Send(link, SendPhase::Data)) = self.modem.task() {
            let length = self
                .modem
                .slot(link)
                .map_or(0, |slot| if slot.state == LinkState::Open { 0 } else { slot.sending });
            if length > 0 {
                self.fill(length);
                self.modem.set_phase(link, SendPhase::Sent, now);
            }
        }
        if let Some(task) = self.modem.next_task(now) {
            let owed = self.modem.take_owed(task);
            self.fill(owed);
            // What can't be written is noticed by the silence that follows.
            let _ = self.transmit(task, "");
        }
    }

    /// Data for nobody, where the modem insists on some.
    fn fill(&mut self, length: u16) {
        let mut left = usize::from(length);
        while left > 0 {
            let piece = FILLER.get(..left).unwrap_or(&FILLER);
            self.write(piece);
            left = left.saturating_sub(piece.len());
        }
    }

    /// Sends a task's command; the name is that of [`Task::Resolve`]. Of a command that is too long
    /// nothing is sent.
    ///
    /// It isn't inlined: the line is on its caller's stack while it is sent, and no longer.
    #[inline(never)]
    pub(super) fn transmit(&mut self, task: Task, name: &str) -> Result<(), EspAtError> {
        let mut command = Command::new();
        self.modem.spell(task, name, &mut command);
        let line = command.finish().ok_or(EspAtError::TooLong)?;
        let written = self.write(line);
        self.modem.take_off(task, self.clock.now_ms());
        if written {
            Ok(())
        } else {
            Err(EspAtError::Serial(self.serial_error.unwrap_or(embedded_io::ErrorKind::Other)))
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        while !rest.is_empty() {
            let failed = match self.serial.write(rest) {
                Ok(0) => embedded_io::ErrorKind::WriteZero,
                Ok(count) => {
                    rest = rest.get(count..).unwrap_or_default();
                    continue;
                }
                Err(error) => error.kind(),
            };
            self.serial_error = Some(failed);
            return false;
        }
        true
    }

    /// Reads a byte at least, if there is one. False where there is none.
    fn read_some(&mut self, buffer: &mut [u8]) -> bool {
        self.read_now(buffer) > 0
    }

    /// Reads what there is.
    pub(super) fn read_now(&mut self, buffer: &mut [u8]) -> usize {
        if buffer.is_empty() {
            return 0;
        }
        let count = match self.serial.read_ready() {
            Ok(true) => self.serial.read(buffer),
            Ok(false) => return 0,
            Err(error) => Err(error),
        };
        match count {
            Ok(count) => count.min(buffer.len()),
            Err(error) => {
                self.port_failed(error.kind());
                0
            }
        }
    }

    /// Bytes are lost, and nobody knows whose.
    fn port_failed(&mut self, kind: embedded_io::ErrorKind) {
        let now = self.clock.now_ms();
        self.serial_error = Some(kind);
        let error = EspAtError::Serial(kind);
        // Data that were on their way lack bytes now; what waits in the modem is whole.
        let hit = match (self.modem.payload, self.modem.task()) {
            (Some(payload), _) => Some(payload.link),
            (None, Some(Task::Read(link))) => Some(link),
            _ => None,
        };
        if let Some(link) = hit {
            self.modem.fault(link, error);
        }
        if !self.modem.passive {
            for link in 0..LINKS as u8 {
                self.modem.fault(link, error);
            }
        }
        if self.modem.starting.is_none() {
            self.modem.give_up(error, now);
            self.modem.lose_step(now);
        }
    }

    /// Data are on the line. Those for nobody are dropped, those that came unasked kept while there is
    /// room; others wait there for their caller. Returns how many were taken.
    fn pass(&mut self, payload: Payload) -> usize {
        let wanted = self
            .modem
            .slot(payload.link)
            .is_some_and(|slot| slot.state == LinkState::Open && slot.fault.is_none());
        let left = usize::try_from(payload.left).unwrap_or(usize::MAX);
        let fits = self.room_left(payload.link) >= left;
        if wanted && !(payload.active && fits) {
            if self.nothing_ready() {
                self.check_stall();
            }
            return 0;
        }
        let mut piece = [0; 32];
        let most = left.min(piece.len());
        let count = self.read_now(piece.get_mut(..most).unwrap_or_default());
        if count == 0 {
            self.check_stall();
            return 0;
        }
        if wanted {
            self.keep(payload.link, piece.get(..count).unwrap_or_default());
        }
        self.taken(count);
        count
    }

    fn nothing_ready(&mut self) -> bool {
        matches!(self.serial.read_ready(), Ok(false))
    }

    fn room_left(&self, link: u8) -> usize {
        if self.room.is_empty() || self.room_of == link {
            ROOM.saturating_sub(self.room.len())
        } else {
            0
        }
    }

    fn keep(&mut self, link: u8, bytes: &[u8]) {
        self.room_of = link;
        for byte in bytes {
            if self.room.push_back(*byte).is_err() {
                self.modem.fault(link, EspAtError::Overrun);
            }
        }
    }

    /// Data were taken off the line.
    pub(super) fn taken(&mut self, count: usize) {
        let now = self.clock.now_ms();
        if let Some(flight) = &mut self.modem.flight {
            flight.heard = now;
        }
        let Some(payload) = &mut self.modem.payload else {
            return;
        };
        payload.touched = now;
        payload.left = payload.left.saturating_sub(u32::try_from(count).unwrap_or(u32::MAX));
        if payload.left == 0 {
            self.modem.payload = None;
        }
    }

    /// Data that don't go on.
    pub(super) fn check_stall(&mut self) {
        let now = self.clock.now_ms();
        let Some(payload) = self.modem.payload else {
            return;
        };
        if elapsed_ms(now, payload.touched) < STALLED_MS {
            return;
        }
        self.modem.payload = None;
        self.modem.fault(payload.link, EspAtError::Corrupted);
        if payload.active {
            self.modem.parser.clear();
        } else {
            self.modem.corrupted(now);
        }
    }

    /// A caller needs the modem, and data that came unasked are in the way.
    pub(super) fn make_way(&mut self) {
        let Some(payload) = self.modem.payload.filter(|payload| payload.active) else {
            return;
        };
        if elapsed_ms(self.clock.now_ms(), payload.touched) >= IN_THE_WAY_MS {
            self.modem.fault(payload.link, EspAtError::Overrun);
        }
    }

    /// Whether a command of a caller's can be sent.
    pub(super) fn can_begin(&self) -> bool {
        self.modem.is_ready() && self.modem.is_idle(self.clock.now_ms())
    }

    /// An error where the modem gives no answers.
    pub(super) fn check_silence<T: From<EspAtError>>(&self) -> Result<(), nb::Error<T>> {
        if self.modem.silent { Err(nb::Error::Other(EspAtError::NoAnswer.into())) } else { Ok(()) }
    }
}
