//! What the modem says: bytes to events, and events to the task that they belong to.

pub(super) use super::tail::{LineEnds, Tail};
use super::{Modem, Payload};
use crate::error::EspAtError;
use crate::slot::{Slot, WINDOW};
use crate::wire::{Event, Fields, LINKS};
use crate::words::{CommandResult, MOST_DATA, SendPhase, Task};

impl Modem {
    /// Takes a byte that isn't data.
    ///
    /// Not inlined, as others here: the stack that it takes isn't needed while a command is sent.
    #[inline(never)]
    pub(crate) fn byte(&mut self, byte: u8, now: u32) {
        self.last_answer.push(byte);
        if self.garbled_since.is_some() {
            self.garbled_since = Some(now);
            // Of what can't be trusted, a reset alone changes everything.
            if self.parser.push(byte) == Some(Event::Ready) {
                self.reset(now);
            }
            return;
        }
        match self.tail.is_on() {
            true => self.tail.byte(byte),
            false => self.ends.byte(byte),
        }
        let Some(event) = self.parser.push(byte) else {
            return;
        };
        let part = event == Event::Line && self.parser.line().len() < 2;
        if !self.tail.is_on()
            || self.tail.takes(event, part, self.ends.returns())
            || self.reads_for_nobody()
        {
            self.event(event, now);
        } else {
            self.corrupted(now);
        }
    }

    /// The data that were read are nobody's any more.
    fn reads_for_nobody(&mut self) -> bool {
        match self.task() {
            Some(Task::Read { link, .. }) => self.slot(link).and_then(Slot::open_link).is_none(),
            _ => false,
        }
    }

    fn event(&mut self, event: Event, now: u32) {
        if event == Event::Line && self.is_echo() {
            match self.is_starting() {
                true => self.echoes = true,
                // It does so behind a reset, whose `ready` was lost.
                false if !self.echoes => return self.reset(now),
                false => {}
            }
        }
        match event {
            Event::Ready => return self.reset(now),
            Event::Busy => return self.busy(now),
            Event::WifiConnected | Event::WifiGotIp | Event::WifiDisconnect(_) => {
                if event == Event::WifiGotIp {
                    self.cancel_restart();
                }
                self.station.event(event);
                if let Some(in_flight) = &mut self.in_flight {
                    in_flight.seen.associated |= event == Event::WifiConnected;
                }
            }
            Event::Connect(link) => self.opened(link),
            Event::Closed(link) => self.closed(link, now),
            Event::Notice { link, length } => {
                // An active modem sends the data with it, unless something cuts it short.
                self.seems_passive |= !self.passive;
                self.passive = true;
                if let Some(slot) = self.slot(link) {
                    slot.announce(length);
                }
            }
            Event::Data { link, length } => {
                if core::mem::take(&mut self.seems_passive) {
                    self.passive = false;
                    self.slots.iter_mut().for_each(|slot| slot.announce(0));
                }
                return self.unsolicited_data(link, length, now);
            }
            _ => {}
        }
        let Some(in_flight) = &mut self.in_flight else {
            return self.unexpected(event, now);
        };
        if !event.is_unsolicited() {
            in_flight.heard = now;
        }
        match (event, in_flight.task) {
            (Event::AlreadyConnected, _) => in_flight.seen.already = true,
            (Event::NoIp, _) => in_flight.seen.no_ip = true,
            // A word more than `ERROR`, and none that the driver asks for.
            (Event::DnsFail, _) => in_flight.seen.unknown_line = true,
            (Event::Line, task) => {
                // Firmware that goes on with its echo repeats the command; and ESP-AT has a code in front of each
                // `ERROR` where a program before this one has left `AT+SYSLOG=1`.
                let line = self.parser.line();
                let told = !line.starts_with(b"AT") && !line.starts_with(b"ERR CODE:");
                in_flight.seen.unknown_line |= told;
                self.line(task);
            }
            (Event::Read(length), Task::Read { link, most }) => {
                self.read_begins(link, most, length, now);
            }
            (_, Task::Send { link, phase, .. }) => self.send_event(link, phase, event, now),
            _ => self.result(event, now),
        }
    }

    fn is_echo(&self) -> bool {
        let line = self.parser.line();
        line == b"AT" || line.starts_with(b"AT+")
    }

    /// Something came that no command asked for.
    fn unexpected(&mut self, event: Event, now: u32) {
        if event == Event::Prompt && self.data_owed > 0 {
            // A send that was given up comes to its prompt late.
            self.desync(now);
        }
        // ESP-AT may say `busy p...` and do it all the same: its data are as good as any.
        if let (Event::Read(length), Some(link)) = (event, self.refused_read) {
            self.begin(Task::Read { link, most: MOST_DATA }, now);
            return self.read_begins(link, MOST_DATA, length, now);
        }
        // The read was carried out, and its data were taken for something else.
        if !event.is_unsolicited()
            && let Some(link) = self.refused_read.take()
        {
            self.fault(link, EspAtError::Corrupted);
            self.desync(now);
            return;
        }
        // What ended a read may have been data: this is its end, then.
        if event == Event::Ok && self.not_before.is_none() {
            for open in self.slots.iter_mut().filter_map(Slot::open_link) {
                open.doubt_frame();
            }
        }
        if event == Event::Error {
            self.late_answer(now);
        }
        if event == Event::Line {
            // Perhaps a `CLOSED` that was garbled.
            self.slots.iter_mut().for_each(Slot::may_have_dialled);
        }
    }

    fn result(&mut self, event: Event, now: u32) {
        // A modem that didn't hear a probe before was deaf: its first `ERROR` is the command's own.
        let probing = self.in_flight.as_ref().is_some_and(|it| it.probing && it.unheard == 0);
        match event {
            Event::Ok => self.finish(CommandResult::Ok, now),
            // `?` is no command: its `ERROR` says that the modem is through with the one before.
            Event::Error if probing => self.finish(CommandResult::Missed, now),
            Event::Error | Event::Fail => self.finish(CommandResult::Error, now),
            _ => {}
        }
    }

    fn send_event(&mut self, link: u8, phase: SendPhase, event: Event, now: u32) {
        if !event.is_unsolicited() {
            self.is_free();
        }
        let probing = self.in_flight.as_ref().is_some_and(|it| it.probing);
        match (phase, event) {
            (SendPhase::Prompt, Event::Ok) => self.set_phase(SendPhase::PromptDue, now),
            (SendPhase::Prompt | SendPhase::PromptDue, Event::Prompt) => {
                self.parser.expect_prompt = false;
                self.set_phase(SendPhase::Data, now);
            }
            // `link is not valid`: nothing was sent.
            (SendPhase::Prompt | SendPhase::PromptDue, Event::Error) => {
                if let Some(open) = self.slot(link).and_then(Slot::open_link) {
                    open.close_was_missed();
                }
                self.end_send(Err(EspAtError::Closed), now);
            }
            (SendPhase::Sent, Event::Taken(_)) => self.set_phase(SendPhase::Taken, now),
            (SendPhase::Sent | SendPhase::Taken | SendPhase::Failed, Event::SendOk) => {
                self.end_send(Ok(()), now);
            }
            (SendPhase::Sent | SendPhase::Taken, Event::SendFail) => {
                self.set_phase(SendPhase::Failed, now);
            }
            // The answer to a `?`: the modem is through, and didn't say how it ended. Without one it says nothing of
            // the send: `SEND OK` may follow.
            (SendPhase::Taken, Event::Error) if probing => {
                self.end_send(Err(EspAtError::DeliveryUnknown), now);
            }
            // The modem took the data for commands.
            (SendPhase::Sent, Event::Error) => {
                self.end_send(Err(EspAtError::DeliveryUnknown), now);
                self.desync(now);
            }
            _ => {}
        }
    }

    /// `+CIPRECVDATA…:` came, with data behind it.
    fn read_begins(&mut self, link: u8, most: u16, length: Option<u32>, now: u32) {
        self.parser.expect_read = false;
        let Some(length) = length.filter(|length| *length <= u32::from(most)) else {
            // More than was asked for, or no length: nobody knows where the data end.
            return self.corrupted(now);
        };
        self.tail = Tail::ON;
        if let Some(slot) = self.slot(link) {
            let tls = slot.tls.is_some();
            if let Some(open) = slot.open_link() {
                open.read_begins(length, most, tls);
            }
        }
        if length > 0 {
            self.payload = Some(Payload { link, left: length, unsolicited: false, touched: now });
        }
    }

    /// `+IPD…:` came, with data behind it: active mode.
    fn unsolicited_data(&mut self, link: u8, length: u32, now: u32) {
        if length > WINDOW {
            self.fault(link, EspAtError::Corrupted);
            self.corrupted(now);
        } else if length > 0 {
            self.payload = Some(Payload { link, left: length, unsolicited: true, touched: now });
        }
    }

    fn opened(&mut self, link: Option<u8>) {
        if let Some(in_flight) = &mut self.in_flight
            && let Task::Connect(dialled) = in_flight.task
            && link.is_none_or(|link| link == dialled)
        {
            in_flight.seen.connect = true;
            in_flight.seen.closed = false;
        } else if let Some(slot) = link.and_then(|link| self.slot(link)) {
            slot.connected_late();
        }
    }

    fn closed(&mut self, link: Option<u8>, now: u32) {
        let dialled = match self.task() {
            Some(Task::Connect(link)) => Some(link),
            _ => None,
        };
        // Some firmware leaves the link out of the failure's `CLOSED`.
        let Some(link) = link.or(dialled) else {
            self.slots.iter_mut().for_each(Slot::connect_closed);
            return;
        };
        // A close says so, too; its answer tells what it closed.
        let by_us = self.task() == Some(Task::Close(link));
        if (dialled == Some(link) || by_us)
            && let Some(in_flight) = &mut self.in_flight
        {
            in_flight.seen.closed = true;
        }
        if let Some(slot) = self.slot(link).filter(|_| !by_us) {
            slot.peer_closed(now);
        }
    }

    /// A modem that took no restart has gone on by itself.
    fn cancel_restart(&mut self) {
        if self.restart_refusals > 0 {
            self.restart_refusals = 0;
            self.restart_wanted = false;
            self.not_before = None;
            self.desynced = true;
        }
    }

    /// A line of an answer that tells something.
    fn line(&mut self, task: Task) {
        let line = self.parser.line();
        match task {
            Task::Start(step) => self.start_line(step),
            Task::Join => {
                let code =
                    line.strip_prefix(b"+CWJAP:").or_else(|| line.strip_prefix(b"+CWJAP_CUR:"));
                if let Some(code) = code
                    && let Some(in_flight) = &mut self.in_flight
                {
                    in_flight.seen.join_code = match code {
                        [digit @ b'1'..=b'9'] => digit.wrapping_sub(b'0'),
                        _ => 0,
                    };
                }
            }
            Task::Status | Task::Address | Task::Servers | Task::Job(_) => {
                self.station.line(task, line);
            }
            Task::Memory { .. } => {
                if let Some(counts) = line.strip_prefix(b"+SYSRAM:")
                    && let Some(in_flight) = &mut self.in_flight
                {
                    // What is free now; ESP-AT adds the least that ever was.
                    in_flight.seen.free_memory = Fields(counts).number();
                }
            }
            Task::Resolve => self.resolver.line(line),
            Task::Pending(asked_for) => {
                if let Some(counts) = line.strip_prefix(b"+CIPRECVLEN:") {
                    let mut fields = Fields(counts);
                    for (link, slot) in (0..LINKS as u8).zip(self.slots.iter_mut()) {
                        match fields.signed() {
                            Some(count) => slot.counted(count, link == asked_for),
                            None => break,
                        }
                    }
                }
            }
            _ => {}
        }
    }
}
