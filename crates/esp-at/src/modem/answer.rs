//! What an answer means to the task it belongs to.

use super::flight::{Outcome, SendPhase, Task};
use super::{Modem, Payload, Tail};
use crate::error::EspAtError;
use crate::socket::{LinkState, Slot};
use crate::wire::{Event, Fields, LINKS};

/// No window of the modem's is larger; a longer announcement lies.
const MOST_UNASKED: u32 = 8192;

impl Modem {
    /// Takes a byte that isn't data.
    ///
    /// Not inlined, as others here: the stack that it takes isn't needed while a command is sent.
    #[inline(never)]
    pub(crate) fn byte(&mut self, byte: u8, now: u32) {
        if self.recording {
            let _ = self.answer.push(byte);
        }
        if self.garbled_since.is_some() {
            self.garbled_since = Some(now);
            // Of what can't be trusted, a reset alone changes everything.
            if self.parser.push(byte) == Some(Event::Ready) {
                self.reset(now);
            }
            return;
        }
        if !self.tail_byte(byte, now) {
            return;
        }
        let Some(event) = self.parser.push(byte) else {
            return;
        };
        if !self.tail_event(event, now) {
            return;
        }
        self.event(event, now);
    }

    /// Behind data only the end of the line may follow, or an unsolicited line.
    fn tail_byte(&mut self, byte: u8, now: u32) -> bool {
        self.tail = match (self.tail, byte) {
            (Tail::None, _) => return true,
            (Tail::Fresh | Tail::Return, b'\r') => Tail::Return,
            (Tail::Return, b'\n') => Tail::Blank,
            (Tail::Fresh, b'\n') => {
                self.corrupted(now);
                return false;
            }
            (Tail::Blank, _) => return true,
            (Tail::Fresh | Tail::Return | Tail::Line, _) => Tail::Line,
        };
        true
    }

    fn tail_event(&mut self, event: Event, now: u32) -> bool {
        match self.tail {
            Tail::None | Tail::Fresh | Tail::Return => true,
            Tail::Line if event.is_unsolicited() => {
                // It may have come between the CR and the LF.
                self.tail = Tail::Return;
                true
            }
            Tail::Blank if event.is_unsolicited() || event == Event::Ok => true,
            // A part of what an unsolicited line interrupts.
            Tail::Blank if event == Event::Line && self.parser.line().len() < 2 => true,
            Tail::Line | Tail::Blank => {
                self.corrupted(now);
                false
            }
        }
    }

    /// The data that were being read aren't what the peer sent.
    pub(crate) fn corrupted(&mut self, now: u32) {
        self.give_up(EspAtError::Corrupted, now);
        self.lose_step(now);
    }

    fn event(&mut self, event: Event, now: u32) {
        match event {
            Event::Ready => return self.reset(now),
            Event::Busy => return self.busy(now),
            Event::WifiConnected | Event::WifiGotIp | Event::WifiDisconnect => {
                self.station.event(event);
                if let Some(flight) = &mut self.flight {
                    flight.seen.associated |= event == Event::WifiConnected;
                }
            }
            Event::Connect(link) => self.opened(link),
            Event::Closed(link) => self.closed(link, now),
            Event::Notice { link, length } => {
                let family = self.firmware.family;
                if let Some(slot) = self.slot(link) {
                    slot.announce(length, family);
                }
            }
            Event::Data { link, length } => return self.data(link, length, now),
            _ => {}
        }
        let Some(flight) = &mut self.flight else {
            if event == Event::Prompt && self.owed > 0 {
                // A send that was given up comes to its prompt late.
                self.lose_step(now);
            }
            if event == Event::Line {
                // Perhaps a `CLOSED` that was garbled.
                self.slots.iter_mut().for_each(Slot::may_have_dialled);
            }
            return;
        };
        if !event.is_unsolicited() {
            flight.heard = now;
        }
        match event {
            Event::AlreadyConnected => flight.seen.already = true,
            Event::NoIp => flight.seen.no_ip = true,
            Event::Line => {
                // Firmware that goes on with its echo repeats the command.
                flight.seen.said |= !self.parser.line().starts_with(b"AT");
                self.line(now);
            }
            Event::Read(length) => self.read(length, now),
            _ => {
                if let Task::Send(link, phase) = flight.task {
                    self.send_event(link, phase, event, now);
                } else {
                    self.conclude(event, now);
                }
            }
        }
    }

    fn conclude(&mut self, event: Event, now: u32) {
        let probing = self.flight.as_ref().is_some_and(|flight| flight.probing);
        match event {
            Event::Ok => self.finish(Outcome::Ok, now),
            // `?` is no command: its `ERROR` says that the modem is through with the one before.
            Event::Error if probing => self.finish(Outcome::Missed, now),
            Event::Error | Event::Fail => self.finish(Outcome::Error, now),
            _ => {}
        }
    }

    fn send_event(&mut self, link: u8, phase: SendPhase, event: Event, now: u32) {
        match (phase, event) {
            (SendPhase::Prompt, Event::Ok) => self.set_phase(link, SendPhase::PromptDue, now),
            (SendPhase::Prompt | SendPhase::PromptDue, Event::Prompt) => {
                self.parser.expect_prompt = false;
                self.set_phase(link, SendPhase::Data, now);
            }
            // `link is not valid`: nothing was sent.
            (SendPhase::Prompt | SendPhase::PromptDue, Event::Error) => {
                if let Some(slot) = self.slot(link) {
                    slot.closed = true;
                }
                self.end_send(link, Err(EspAtError::Closed), now);
            }
            (SendPhase::Sent, Event::Taken(_)) => self.set_phase(link, SendPhase::Taken, now),
            (SendPhase::Sent | SendPhase::Taken | SendPhase::Failed, Event::SendOk) => {
                self.busy_since = None;
                self.end_send(link, Ok(0), now);
            }
            (SendPhase::Sent | SendPhase::Taken, Event::SendFail) => {
                self.set_phase(link, SendPhase::Failed, now);
            }
            // The answer to a `?`: the modem is through, and didn't say how it ended.
            (SendPhase::Taken, Event::Error) => {
                self.end_send(link, Err(EspAtError::DeliveryUnknown), now);
            }
            // The data were no data: the modem takes them for commands.
            (SendPhase::Sent, Event::Error) => {
                self.end_send(link, Err(EspAtError::DeliveryUnknown), now);
                self.lose_step(now);
            }
            _ => {}
        }
    }

    /// `+CIPRECVDATA…:` came, with data behind it.
    fn read(&mut self, length: Option<u32>, now: u32) {
        let Some(Task::Read(link)) = self.task() else {
            return;
        };
        self.parser.expect_read = false;
        let asked = self.slot(link).map_or(0, |slot| u32::from(slot.asked));
        match length {
            Some(length) if length <= asked => {
                self.tail = Tail::Fresh;
                let family = self.firmware.family;
                if let Some(slot) = self.slot(link) {
                    slot.read_begins(length, family);
                }
                if length > 0 {
                    self.payload =
                        Some(Payload { link, left: length, active: false, touched: now });
                }
            }
            // More than was asked for, or no length: nobody knows where the data end.
            _ => self.corrupted(now),
        }
    }

    /// `+IPD…:` came, with data behind it: active mode.
    fn data(&mut self, link: u8, length: u32, now: u32) {
        if length > MOST_UNASKED {
            self.fault(link, EspAtError::Corrupted);
            self.give_up(EspAtError::Corrupted, now);
            self.lose_step(now);
            return;
        }
        if length > 0 {
            self.payload = Some(Payload { link, left: length, active: true, touched: now });
        }
    }

    fn opened(&mut self, link: Option<u8>) {
        match (&mut self.flight, link) {
            (Some(flight), link) if matches!(flight.task, Task::Connect(id) if link.is_none_or(|link| link == id)) =>
            {
                flight.seen.connect = true;
                flight.seen.closed = false;
            }
            // A connect that was given up long ago.
            (_, Some(link)) => {
                if let Some(slot) = self.slot(link)
                    && slot.state == LinkState::Free
                {
                    slot.state = LinkState::Closing;
                }
            }
            _ => {}
        }
    }

    fn closed(&mut self, link: Option<u8>, now: u32) {
        let dialled = match self.task() {
            Some(Task::Connect(id)) => Some(id),
            _ => None,
        };
        // Some firmware leaves the link out of the failure's `CLOSED`.
        let Some(link) = link.or(dialled) else {
            for slot in &mut self.slots {
                slot.doubtful_closed();
            }
            return;
        };
        // A close says so, too; its answer tells what it closed.
        let by_us = self.task() == Some(Task::Close(link));
        if (dialled == Some(link) || by_us)
            && let Some(flight) = &mut self.flight
        {
            flight.seen.closed = true;
        }
        if let Some(slot) = self.slot(link).filter(|_| !by_us) {
            slot.peer_closed(now);
        }
    }

    /// A line of an answer that tells something.
    fn line(&mut self, _now: u32) {
        let Some(flight) = &mut self.flight else {
            return;
        };
        match flight.task {
            Task::Start(super::Step::Version) => self.start_line(),
            Task::Join => {
                if let Some(code) = self.parser.line().strip_prefix(b"+CWJAP:") {
                    flight.seen.code = match code {
                        [digit @ b'1'..=b'9'] => digit.wrapping_sub(b'0'),
                        _ => 0,
                    };
                }
            }
            Task::Status => self.station.status_line(self.parser.line()),
            Task::Address => self.station.address_line(self.parser.line()),
            Task::Servers => self.station.servers_line(self.parser.line()),
            Task::Memory(..) => {
                if let Some(counts) = self.parser.line().strip_prefix(b"+SYSRAM:") {
                    // What is free now; ESP-AT adds the least that ever was.
                    flight.seen.free = Fields(counts).number();
                }
            }
            Task::Job(job) => self.station.job_line(job, self.parser.line()),
            Task::Resolve => self.resolver.line(self.parser.line()),
            Task::Pending(link) => {
                let line = self.parser.line();
                if let Some(counts) = line.strip_prefix(b"+CIPRECVLEN:") {
                    let mut fields = Fields(counts);
                    for (id, slot) in (0..LINKS as u8).zip(self.slots.iter_mut()) {
                        match fields.signed() {
                            Some(count) => slot.counted(count, id == link),
                            None => break,
                        }
                    }
                }
            }
            _ => {}
        }
    }
}
