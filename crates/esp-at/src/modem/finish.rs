//! The end of a command: its result goes to the part of the driver that wanted it.

use super::Modem;
use super::input::Tail;
use crate::error::EspAtError;
use crate::firmware::AtCommand;
use crate::slot::{SendState, Slot};
use crate::words::{CommandResult, Job, SendPhase, Task};

impl Modem {
    /// The command is over.
    pub(super) fn finish(&mut self, result: CommandResult, now: u32) {
        let headless = self.parser.expect_read;
        let interrupted = self.tail.is_interrupted();
        let Some(in_flight) = self.complete(now) else {
            return;
        };
        let (task, seen) = (in_flight.task, in_flight.seen);
        self.tail = Tail::OFF;
        if result != CommandResult::Missed {
            self.is_free();
        }
        let family = self.firmware.family;
        let passive = self.passive;
        match task {
            Task::Start(step) => self.step_answered(step, result, seen, now),
            Task::Sync => {
                self.unanswered = 0;
                self.data_owed = 0;
                if core::mem::replace(&mut self.desynced, result != CommandResult::Ok) {
                    // It may be another command's answer, and its own right behind it.
                    self.garbled_since = Some(now);
                }
            }
            // One that refuses it hangs no more.
            Task::Restart if result == CommandResult::Error => {
                self.restart_wanted = false;
                self.resync(now);
            }
            Task::Restart => self.restarts(false, now),
            Task::Job(Job::Restart) if result != CommandResult::Error => self.restarts(true, now),
            Task::Join
            | Task::Status
            | Task::Address
            | Task::Servers
            | Task::Apply(_)
            | Task::Job(_) => self.station.finish(task, result, seen),
            Task::Resolve => {
                let refused = AtCommand::Cipdomain;
                let firmware = self.firmware;
                // `AT+CIPDOMAIN` came later.
                let missing = firmware.is_told() && firmware.major == 0;
                let no_name = match missing {
                    true => EspAtError::unfit(firmware, refused),
                    false => EspAtError::NameNotFound,
                };
                self.resolver.finish(result, no_name);
                if self.resolver.has_failed() {
                    self.station.names_fail();
                }
            }
            Task::Tls { link, generation } => {
                if let Some(slot) = self.slot_since(link, generation) {
                    slot.tls_answered(result, family);
                }
            }
            Task::Memory { link, generation } => {
                if let Some(slot) = self.slot_since(link, generation) {
                    slot.memory_known(seen.free_memory);
                }
            }
            Task::Connect(link) => {
                if seen.no_ip {
                    self.station.has_no_address();
                }
                if let Some(slot) = self.slot(link) {
                    slot.connected(result, seen, now);
                }
            }
            // `OK` and no head: it was garbled, and the data with it. An `ERROR` behind something else may be one
            // of its data's lines.
            Task::Read { link, .. }
                if headless
                    && (result == CommandResult::Ok
                        || (result == CommandResult::Error && seen.unknown_line)) =>
            {
                self.fault(link, EspAtError::Corrupted);
                self.desync(now);
            }
            Task::Read { link, .. } => {
                if let Some(open) = self.slot(link).and_then(Slot::open_link) {
                    match result {
                        CommandResult::Ok => open.read_ends(interrupted),
                        CommandResult::Error => open.read_refused(),
                        // The modem may have handed out data that never came.
                        CommandResult::Missed => open.fail(EspAtError::Corrupted),
                    }
                }
            }
            Task::Pending(link) => {
                if let Some(open) = self.slot(link).and_then(Slot::open_link) {
                    open.pending_known(result, passive);
                }
            }
            Task::Close(link) => {
                if let Some(slot) = self.slot(link)
                    && slot.close_answered(result, seen)
                {
                    self.station.may_be_offline();
                }
            }
            // `send_event` ends it.
            Task::Send { .. } => {}
        }
    }

    /// The command on its way is given up.
    pub(crate) fn give_up(&mut self, error: EspAtError, now: u32) {
        let Some(in_flight) = self.complete(now) else {
            return;
        };
        self.tail = Tail::OFF;
        match in_flight.task {
            Task::Start(_) | Task::Sync | Task::Restart | Task::Close(_) => {}
            task @ (Task::Join
            | Task::Status
            | Task::Address
            | Task::Servers
            | Task::Apply(_)
            | Task::Job(_)) => self.station.give_up(task, error),
            Task::Resolve => self.resolver.give_up(error),
            Task::Tls { link, generation } | Task::Memory { link, generation } => {
                if let Some(slot) = self.slot_since(link, generation) {
                    slot.failed(error);
                }
            }
            Task::Connect(link) => {
                if let Some(slot) = self.slot(link) {
                    slot.failed(error);
                }
            }
            Task::Send { link, phase, .. } => {
                let error = match error {
                    EspAtError::Corrupted if phase > SendPhase::Data => EspAtError::DeliveryUnknown,
                    error => error,
                };
                self.send_over(link, phase, Err(error));
            }
            Task::Read { link, .. } => self.fault(link, error),
            Task::Pending(link) => self.ask_again(link),
        }
    }

    /// The command on its way wasn't executed, and is said again later.
    pub(super) fn requeue(&mut self) {
        let Some(in_flight) = self.in_flight.take() else {
            return;
        };
        self.tail = Tail::OFF;
        match in_flight.task {
            task @ (Task::Join | Task::Job(_)) => self.station.requeue(task),
            Task::Connect(link) => {
                if let Some(slot) = self.slot(link) {
                    slot.requeue_connect();
                }
            }
            Task::Send { link, .. } => {
                self.data_owed = 0;
                if let Some(open) = self.slot(link).and_then(Slot::open_link) {
                    open.send = SendState::Idle;
                }
            }
            Task::Resolve => self.resolver.reset(),
            Task::Pending(link) => self.ask_again(link),
            // The rest is said as long as it is called for.
            _ => {}
        }
    }

    /// The modem didn't say what it holds.
    fn ask_again(&mut self, link: u8) {
        if let Some(open) = self.slot(link).and_then(Slot::open_link) {
            open.doubt();
        }
    }
}
