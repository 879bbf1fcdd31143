//! The modem's end of the line: command lines in, answers out, with the faults that spoil them; and data mode
//! (transparent transfer), in which all that comes is data for the peer until `+++` comes alone.

use std::time::Duration;

use crate::commands::{ErrorCode, Outcome};
use crate::events::Event;
use crate::fault::{Fault, Trigger};
use crate::link::{Conn, Kind, Link};
use crate::log::Direction;
use crate::modem::{Busy, Input, Modem};
use crate::uart::Edit;

/// The longest command line, its end included.
const LINE_LIMIT: usize = 256;

/// What a firmware that does one thing at a time takes without a line end.
const UNENDED: usize = 200;

impl Modem {
    fn wrong_rate(&self) -> bool {
        self.schedule.on(Fault::WrongBaudRate)
            || self.config.strict_baud && self.settings.baud != self.host_baud
    }

    // ---- Input ----

    pub(crate) fn take_byte(&mut self, byte: u8) {
        self.stats.bytes_to_modem += 1;
        self.log.add(self.now, Direction::ToModem, &[byte]);
        let byte = if self.wrong_rate() { garbled(byte) } else { byte };
        match self.busy {
            Busy::Deaf => {
                self.unheard.push_back(byte);
                return;
            }
            Busy::Dead if self.schedule.on(Fault::NameHangs) => return,
            Busy::Dead => self.busy = Busy::No,
            _ => {}
        }
        self.hear(byte);
    }

    /// What was sent while it was deaf is carried out now.
    pub(crate) fn hear_unheard(&mut self) {
        while self.busy != Busy::Deaf
            && let Some(byte) = self.unheard.pop_front()
        {
            self.hear(byte);
        }
    }

    fn hear(&mut self, byte: u8) {
        if self.booting || self.schedule.on(Fault::SilentModem) {
            return;
        }
        if self.data_mode_byte(byte) {
            return;
        }
        if let Input::Data { link, wanted } = self.input {
            self.line.push(byte);
            if self.line.len() == wanted {
                self.input = Input::Line;
                let data = std::mem::take(&mut self.line);
                self.data_complete(link, data);
            }
            return;
        }
        if self.settings.echo {
            // NonOS ends the line with one more CR than it was given.
            let nonos_end = byte == b'\n' && self.is_nonos();
            self.put(if nonos_end { b"\r\n" } else { std::slice::from_ref(&byte) });
        }
        // What is beyond the limit is counted and not kept.
        if self.line.len() <= LINE_LIMIT || byte == b'\n' {
            self.line.push(byte);
        }
        if byte == b'\n' {
            let line = std::mem::take(&mut self.line);
            self.take_line(&line);
        } else if self.line.len() >= UNENDED && self.is_single_or(Fault::EndlessLine) {
            self.line.clear();
            self.notice("\r\nERROR\r\n");
        }
    }

    fn take_line(&mut self, line: &[u8]) {
        self.stats.commands += 1;
        self.uart.end_cut();
        let too_long = line.len() > LINE_LIMIT;
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if self.busy == Busy::Wedged && line == b"AT+RST" {
            self.busy = Busy::No;
        }
        let jams = [Fault::BusyRefusesReset, Fault::BusyWithoutDhcp];
        if self.busy == Busy::Jammed && !jams.into_iter().any(|fault| self.schedule.on(fault)) {
            self.busy = Busy::No;
        }
        if self.busy != Busy::No {
            self.say_busy();
            return;
        }
        self.muted = false;
        let after_ok = std::mem::take(&mut self.succeeded);
        let wedges = self.schedule.hits(Fault::BusyForever);
        let jams = self.schedule.hits(Fault::BusyRefusesReset);
        let refused = after_ok && self.schedule.hits(Fault::BusyAfterOk);
        let resets = self.schedule.hits(Fault::ResetOnCommand);
        let late = self.schedule.hits(Fault::LateAnswer);
        let lost = self.schedule.hits(Fault::LostAnswer);
        if wedges && line != b"AT+RST" {
            self.busy = Busy::Wedged;
            self.say_busy();
        } else if jams {
            self.busy = Busy::Jammed;
            self.say_busy();
        } else if refused {
            self.say_busy();
        } else if resets {
            self.reset();
        } else {
            self.muted = lost;
            if late {
                self.busy = Busy::Process;
                self.at(self.config.timing.late_answer, Event::Run(line.to_vec()));
            } else if too_long {
                self.conclude(Outcome::Fail(ErrorCode::Parameters));
            } else {
                self.execute(line);
            }
        }
    }

    /// The host's next bytes are the data of a send.
    pub(crate) fn expect_data(&mut self, link: usize, wanted: usize) {
        self.line.clear();
        self.input = Input::Data { link, wanted };
    }

    pub(crate) fn forget_input(&mut self) {
        self.line.clear();
        self.input = Input::Line;
        self.muted = false;
        self.succeeded = false;
    }

    // ---- Output ----

    /// Puts bytes on the line as they are, but for the faults that count bytes.
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        if self.schedule.on(Fault::SilentModem) {
            return;
        }
        let wrong_rate = self.wrong_rate();
        let counts =
            Fault::ALL.iter().any(|(it, _)| it.trigger() == Trigger::Byte && self.schedule.on(*it));
        if !counts && !wrong_rate {
            self.uart.push_output(self.now, bytes);
            return;
        }
        for &byte in bytes {
            for (fault, edit) in [
                (Fault::UnsolicitedLine, Edit::Insert(b"WIFI GOT IP\r\n".to_vec())),
                (Fault::CutAnswer, Edit::CutUntilCommand),
                (Fault::LostByte, Edit::Drop(1)),
                (Fault::FlippedBit, Edit::Flip(1)),
            ] {
                if self.schedule.hits(fault) {
                    self.uart.edit(0, edit);
                }
            }
            let byte = if wrong_rate { garbled(byte) } else { byte };
            self.uart.push_output(self.now, &[byte]);
        }
    }

    /// Text, whose line ends may be spoilt.
    fn put_text(&mut self, text: &[u8]) {
        if !self.schedule.on(Fault::CrCrLf) {
            self.put(text);
            return;
        }
        for &byte in text {
            self.put(if byte == b'\n' { b"\r\n" } else { std::slice::from_ref(&byte) });
        }
    }

    /// Says something of its own accord.
    pub(crate) fn notice(&mut self, text: impl AsRef<[u8]>) {
        self.put_text(text.as_ref());
    }

    /// Says something in answer to the command at hand.
    pub(crate) fn answer(&mut self, text: impl AsRef<[u8]>) {
        if !self.muted {
            self.put_text(text.as_ref());
        }
    }

    /// Hands out data in answer to the command at hand.
    pub(crate) fn answer_data(&mut self, data: &[u8]) {
        if !self.muted {
            self.put(data);
        }
    }

    fn say_busy(&mut self) {
        self.stats.busy += 1;
        if self.settings.syslog {
            self.notice("ERR CODE:0x010b0000\r\n");
        }
        let sending = self.busy == Busy::Sending && self.is_nonos();
        self.notice(if sending { "\r\nbusy s...\r\n" } else { "\r\nbusy p...\r\n" });
    }

    /// Ends the command at hand, or leaves it to an event.
    pub(crate) fn conclude(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Later => return,
            Outcome::Ok => {
                self.succeeded = true;
                self.answer("\r\nOK\r\n");
            }
            Outcome::Fail(code) => {
                if self.settings.syslog {
                    self.answer(format!("ERR CODE:0x{:08x}\r\n", code as u32));
                }
                self.answer("\r\nERROR\r\n");
            }
            Outcome::Said => {}
        }
        if !matches!(self.busy, Busy::Wedged | Busy::Jammed | Busy::Dead) {
            self.busy = Busy::No;
        }
    }
}

/// A byte as it looks at another rate: never one that a line ends with.
fn garbled(byte: u8) -> u8 {
    byte.rotate_left(3) ^ 0x5c | 0x80
}

/// Bytes with a longer pause between them are of two packets.
const PACKET_GAP: Duration = Duration::from_millis(20);

/// After `+++` nothing is taken for so long.
const LEAVING: Duration = Duration::from_secs(1);

/// What data mode knows of what came.
#[derive(Debug, Default)]
pub(crate) struct DataMode {
    /// The first bytes of the packet under way.
    packet: Vec<u8>,
    last_at: Duration,
    /// It was left at this time.
    left_at: Option<Duration>,
}

impl Modem {
    /// As after a boot with a saved link, or for a host that was reset in the middle of it.
    pub(crate) fn enter_data_mode(&mut self) {
        self.settings.transparent = true;
        self.settings.echo = false;
        let (remote, port) = (self.config.lan.gateway, 80);
        self.links[0] = Some(Link::new(Kind::Tcp, remote, port, 49_152, Conn::Gone));
        self.input = Input::Line;
        self.data_mode = Some(DataMode::default());
    }

    /// A byte in data mode; false where it isn't on.
    pub(crate) fn data_mode_byte(&mut self, byte: u8) -> bool {
        let now = self.now;
        let Some(mode) = &mut self.data_mode else {
            return false;
        };
        if let Some(left_at) = mode.left_at {
            if now < left_at + LEAVING {
                return true;
            }
            self.data_mode = None;
            return false;
        }
        if now > mode.last_at + PACKET_GAP {
            mode.packet.clear();
        }
        mode.last_at = now;
        if mode.packet.len() < 4 {
            mode.packet.push(byte);
        }
        self.stats.passed_through += 1;
        if mode.packet == b"+++" {
            self.at(PACKET_GAP, Event::PlusPlusPlus);
        }
        true
    }

    /// The pause behind `+++` is over: was it one?
    pub(crate) fn plus_plus_plus(&mut self) {
        let now = self.now;
        if let Some(mode) = &mut self.data_mode
            && mode.packet == b"+++"
            && now >= mode.last_at + PACKET_GAP
        {
            self.stats.passed_through -= 3;
            mode.left_at = Some(now);
        }
    }
}
