//! The end of a command: its result goes to whom it belongs to.

use super::flight::{Outcome, SendPhase, Task};
use super::{Modem, Tail};
use crate::error::EspAtError;

impl Modem {
    /// The command is over.
    pub(super) fn finish(&mut self, outcome: Outcome, now: u32) {
        let headless = self.parser.expect_read;
        let Some(flight) = self.land(now) else {
            return;
        };
        self.tail = Tail::None;
        if outcome != Outcome::Missed {
            self.busy_since = None;
            self.refused_at = None;
        }
        match flight.task {
            Task::Start(step) => self.step_done(step, outcome),
            Task::Sync => {
                self.unanswered = 0;
                self.out_of_step = outcome != Outcome::Ok;
                self.owed = 0;
            }
            Task::Restart => self.restart_wanted = outcome != Outcome::Ok,
            Task::Join
            | Task::Status
            | Task::Address
            | Task::Servers
            | Task::Apply(_)
            | Task::Job(_) => {
                self.station.finish(flight.task, outcome, flight.seen, now);
            }
            Task::Resolve => {
                self.resolver.finish(outcome);
                if outcome == Outcome::Error {
                    self.station.names_fail();
                }
            }
            Task::Tls(link, generation) => {
                let family = self.firmware.family;
                if let Some(slot) = self.slot_since(link, generation) {
                    slot.tls_set(outcome, family);
                }
            }
            Task::Memory(link, generation) => {
                if let Some(slot) = self.slot_since(link, generation) {
                    slot.memory_known(flight.seen.free);
                }
            }
            Task::Connect(link) => {
                if flight.seen.no_ip {
                    self.station.has_no_address();
                }
                if let Some(slot) = self.slot(link) {
                    slot.connected(outcome, flight.seen, now);
                }
            }
            // `OK` and no head: it was garbled, and the data with it.
            Task::Read(link) if headless && outcome == Outcome::Ok => {
                self.fault(link, EspAtError::Corrupted);
                self.lose_step(now);
            }
            Task::Read(link) => self.read_done(link, outcome),
            Task::Pending(link) => {
                let passive = self.passive;
                if let Some(slot) = self.slot(link) {
                    slot.pending_known(outcome, passive);
                }
            }
            Task::Close(link) => {
                if let Some(slot) = self.slot(link)
                    && slot.close_done(outcome, flight.seen)
                {
                    self.station.may_be_offline();
                }
            }
            Task::Send(..) => {}
        }
    }

    fn read_done(&mut self, link: u8, outcome: Outcome) {
        let Some(slot) = self.slot(link) else {
            return;
        };
        match outcome {
            Outcome::Ok => slot.read_ends(),
            // There is nothing to read. What there is, the modem is asked.
            Outcome::Error => slot.read_empty(),
            Outcome::Missed => {
                // The modem may have handed out data that never came.
                self.fault(link, EspAtError::Corrupted);
            }
        }
    }

    /// The command on its way is given up.
    pub(crate) fn give_up(&mut self, error: EspAtError, now: u32) {
        let Some(flight) = self.land(now) else {
            return;
        };
        self.tail = Tail::None;
        match flight.task {
            Task::Start(_) | Task::Sync | Task::Restart => {}
            Task::Join
            | Task::Status
            | Task::Address
            | Task::Servers
            | Task::Apply(_)
            | Task::Job(_) => {
                self.station.give_up(flight.task, error);
            }
            Task::Resolve => self.resolver.give_up(error),
            Task::Tls(link, generation) | Task::Memory(link, generation) => {
                if let Some(slot) = self.slot_since(link, generation) {
                    slot.failed(error);
                }
            }
            Task::Connect(link) => {
                if let Some(slot) = self.slot(link) {
                    slot.failed(error);
                }
            }
            Task::Send(link, phase) => {
                let out = matches!(phase, SendPhase::Sent | SendPhase::Taken | SendPhase::Failed);
                let error = match error {
                    EspAtError::Corrupted if out => EspAtError::DeliveryUnknown,
                    error => error,
                };
                self.end_send(link, Err(error), now);
            }
            Task::Read(link) => self.fault(link, error),
            Task::Pending(link) => {
                if let Some(slot) = self.slot(link) {
                    slot.check = true;
                }
            }
            Task::Close(_) => {}
        }
    }

    /// The command on its way wasn't executed, and is said again later.
    pub(super) fn requeue(&mut self) {
        let Some(flight) = self.flight.take() else {
            return;
        };
        self.tail = Tail::None;
        match flight.task {
            Task::Join | Task::Job(_) => self.station.requeue(flight.task),
            Task::Connect(link) => {
                if let Some(slot) = self.slot(link) {
                    slot.requeue();
                }
            }
            Task::Send(link, _) => {
                self.owed = 0;
                if let Some(slot) = self.slot(link) {
                    slot.sending = 0;
                }
            }
            Task::Resolve => self.resolver.reset(),
            Task::Pending(link) => {
                if let Some(slot) = self.slot(link) {
                    slot.check = true;
                }
            }
            // The rest is said as long as it is called for.
            _ => {}
        }
    }
}
