//! Between the serial port and the engine: the only place that reads and writes.

use super::EspAt;
use crate::error::EspAtError;
use crate::modem::{Modem, Payload, Urgent};
use crate::serial::Serial;
use crate::slot::Slot;
use crate::wire::Command;
use crate::words::{SendPhase, StartStep, Task};
use embedded_io::{Error as _, ErrorKind};
use nal_link::{Clock, elapsed_ms};

/// Bytes that one call takes at most, so that a babbling modem can't hold its caller.
const MOST_BYTES: usize = 1024;

/// Data that don't go on for so long lack bytes.
const STALLED_MS: u32 = 1_000;

/// For so long data that came unasked may be in the way of a command.
const IN_THE_WAY_MS: u32 = 200;

/// Neither text nor a line end nor a number: no head ends with it, no chunk begins with it, and a body that is
/// text isn't any more. Zeros would end a text for a server in C, which might take what is left for a whole one.
const FILLER: [u8; 64] = [0xFF; 64];

impl<S: Serial, C: Clock, const RX_BUF: usize> EspAt<S, C, RX_BUF> {
    /// Takes what has come and sends what is due.
    pub(super) fn pump(&mut self) {
        let now = self.clock.now_ms();
        // What a scan has found waits for whoever asked for it, and what follows on the line for that.
        match self.modem.station.jobs.holds_back(now) {
            true => self.do_what_is_due(),
            false => self.pump_while(|modem| modem.station.jobs.found.is_none()),
        }
    }

    /// The same, as long as the condition holds.
    pub(super) fn pump_while(&mut self, goes_on: impl Fn(&Modem) -> bool) {
        let mut budget = MOST_BYTES;
        while budget > 0 && goes_on(&self.modem) {
            let count = match self.modem.payload {
                Some(payload) => self.pass(payload),
                None => self.take_byte(),
            };
            if count == 0 {
                break;
            }
            budget = budget.saturating_sub(count);
        }
        // Out of budget there may be an answer that wasn't looked at.
        if budget > 0 {
            self.do_what_is_due();
        }
    }

    /// Gives a byte to the engine, if there is one. Returns how many.
    fn take_byte(&mut self) -> usize {
        let mut byte = [0];
        let count = self.read_now(&mut byte);
        if count > 0 {
            let now = self.clock.now_ms();
            let [byte] = byte;
            self.modem.byte(byte, now);
        }
        count
    }

    #[inline(never)]
    fn do_what_is_due(&mut self) {
        let now = self.clock.now_ms();
        if self.modem.tick(now) == Some(Urgent::Probe) {
            self.write(b"?\r\n");
        }
        if let Some(Task::Send { link, length, phase: SendPhase::Data }) = self.modem.task() {
            let is_open = self.modem.slot(link).and_then(Slot::open_link).is_some();
            if !is_open {
                self.fill(length);
                self.modem.set_phase(SendPhase::Sent, now);
            }
        }
        if let Some(task) = self.modem.next_task(now) {
            let owed = self.modem.take_data_owed(task);
            if owed > 0 {
                self.fill(owed);
            }
            // What can't be written is noticed by the silence that follows.
            if task == Task::Start(StartStep::LeaveData) {
                self.write(b"+++");
                self.modem.begin(task, now);
            } else if let Err(error @ (EspAtError::TooLong | EspAtError::LineEnd)) =
                self.transmit(task, "")
            {
                self.modem.begin(task, now);
                self.modem.give_up(error, now);
            }
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
        let line = command.finish()?;
        let written = self.write(line);
        self.modem.begin(task, self.clock.now_ms());
        if written { Ok(()) } else { Err(self.write_error()) }
    }

    /// Writes all of it, or says false.
    pub(super) fn write(&mut self, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        while !rest.is_empty() {
            let failed = match self.serial.write(rest) {
                Ok(0) => ErrorKind::WriteZero,
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

    /// Why the last write failed.
    pub(super) fn write_error(&self) -> EspAtError {
        EspAtError::Serial(self.serial_error.unwrap_or(ErrorKind::Other))
    }

    /// Reads what there is.
    fn read_now(&mut self, buffer: &mut [u8]) -> usize {
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
                let now = self.clock.now_ms();
                self.serial_error = Some(error.kind());
                self.modem.bytes_lost(EspAtError::Serial(error.kind()), now);
                0
            }
        }
    }

    /// Reads data that are on the line: as many as there are, as are announced, and as fit.
    pub(super) fn read_data(&mut self, payload: Payload, buffer: &mut [u8]) -> usize {
        let left = usize::try_from(payload.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.read_now(buffer.get_mut(..left).unwrap_or_default());
        if count > 0 {
            let now = self.clock.now_ms();
            self.modem.data_taken(count, now);
        }
        count
    }

    /// Data are on the line. Those for nobody are dropped, those that came unasked kept while there is
    /// room; others wait there for their reader. Returns how many were taken.
    fn pass(&mut self, payload: Payload) -> usize {
        let link = payload.link;
        self.drop_orphans();
        let slot = self.modem.slot(link);
        let generation = slot.as_ref().map_or(0, |slot| slot.generation);
        let wanted = slot.and_then(Slot::open_link).is_some_and(|open| open.fault.is_none());
        let left = usize::try_from(payload.left).unwrap_or(usize::MAX);
        let fits = self.held.room(link, generation) >= left;
        if wanted && !fits {
            if matches!(self.serial.read_ready(), Ok(false)) {
                self.check_stall();
            }
            return 0;
        }
        let mut piece = [0; 32];
        let count = self.read_data(payload, &mut piece);
        let now = self.clock.now_ms();
        let bytes = piece.get(..count).unwrap_or_default();
        if count == 0 {
            self.check_stall();
        } else if wanted && !self.held.keep(link, generation, bytes, now) {
            self.modem.fault(link, EspAtError::Overrun);
        }
        count
    }

    /// Looks whether data go on that have begun.
    pub(super) fn check_stall(&mut self) {
        let now = self.clock.now_ms();
        if self.modem.payload.is_some_and(|data| elapsed_ms(now, data.touched) >= STALLED_MS) {
            self.modem.data_stalled(now);
        }
    }

    /// Drops data of a connection that is none any more.
    fn drop_orphans(&mut self) {
        if let Some((owner, of, _)) = self.held.owner()
            && self.modem.slot_since(owner, of).and_then(Slot::open_link).is_none()
        {
            self.held.forget(owner, of);
        }
    }

    /// Whether there is room for a read of this connection's. What another has read and nobody comes for
    /// is given up in time.
    pub(super) fn has_room(&mut self, link: u8, generation: u16) -> bool {
        self.drop_orphans();
        if self.held.room(link, generation) == RX_BUF {
            return true;
        }
        if let Some((owner, of, touched)) = self.held.owner()
            && elapsed_ms(self.clock.now_ms(), touched) >= IN_THE_WAY_MS
            && (owner, of) != (link, generation)
        {
            self.held.forget(owner, of);
            if let Some(open) = self.modem.slot_since(owner, of).and_then(Slot::open_link) {
                open.fail(EspAtError::Overrun);
            }
        }
        false
    }

    /// The same as [`pump`](Self::pump), for a caller who needs the modem.
    pub(super) fn pump_for_caller(&mut self) {
        self.pump();
        self.make_way();
    }

    /// A caller needs the modem, and data that came unasked are in the way.
    pub(super) fn make_way(&mut self) {
        let Some(payload) = self.modem.payload.filter(|payload| payload.unsolicited) else {
            return;
        };
        if elapsed_ms(self.clock.now_ms(), payload.touched) >= IN_THE_WAY_MS {
            self.modem.fault(payload.link, EspAtError::Overrun);
        }
    }

    /// Whether a command of a caller's can be sent.
    pub(super) fn can_begin(&self) -> bool {
        self.modem.is_ready() && self.modem.is_idle()
    }

    /// `WouldBlock`, or an error where nothing can be asked of the modem.
    pub(super) fn not_yet<T>(&self) -> nb::Result<T, EspAtError> {
        Err(self.modem.trouble().map_or(nb::Error::WouldBlock, nb::Error::Other))
    }
}
