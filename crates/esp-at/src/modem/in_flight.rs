//! The one command that is on its way, and what to do when its answer stays away.

use super::Modem;
use crate::error::EspAtError;
use crate::slot::{SendState, Slot};
use crate::words::{Job, Seen, SendPhase, Task};
use nal_link::elapsed_ms;

/// A command whose answer is awaited.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) task: Task,
    began: u32,
    /// When the modem last gave a sign of life.
    pub(super) heard: u32,
    /// `?` was sent, to see whether the modem still works on it.
    pub(super) probing: bool,
    probes: u8,
    pub(super) seen: Seen,
}

/// An answer that comes sooner wasn't waited for: no packet went to and fro for it.
const AT_ONCE_MS: u32 = 100;
/// From `busy p...` to the next try.
const BUSY_PAUSE_MS: u32 = 50;
/// Nothing that the firmware does takes longer: a join blocks for 15 s, a connect for 10 to 15 s.
const WEDGED_MS: u32 = 25_000;
/// From `SEND FAIL` to the `SEND OK` that may follow.
const SECOND_THOUGHT_MS: u32 = 100;
/// From `OK` to the prompt. `OK` says that data are awaited, so a lost prompt isn't waited for long.
const PROMPT_MS: u32 = 400;
/// A modem that waits for data takes `?` for data, so silence is all there is to go by.
const UNANSWERED_SEND_MS: u32 = 4_000;
/// From a `?` to the answer.
const PROBE_MS: u32 = 1_000;
const MOST_PROBES: u8 = 2;
/// Start-up commands without an answer, until the modem counts as silent.
const MOST_UNANSWERED: u8 = 3;
/// Nothing comes for so long: an answer that was garbled is over.
const LULL_MS: u32 = 60;
/// What may still come behind a probe's answer isn't the next command's.
const AFTER_PROBE_MS: u32 = 30;

/// What `tick` wants to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Urgent {
    Probe,
}

/// How long silence is normal. Then the modem is asked whether it still works on it, which costs
/// nothing: it answers `busy p...` if it does.
fn patience_ms(task: Task) -> u32 {
    match task {
        Task::Join | Task::Connect(_) | Task::Resolve | Task::Restart => 2_000,
        Task::Job(Job::Scan | Job::Restart) => 2_000,
        Task::Send { phase: SendPhase::Taken, .. } => 1_500,
        _ => 1_000,
    }
}

impl Modem {
    /// A command was sent.
    pub(crate) fn begin(&mut self, task: Task, now: u32) {
        let records = self.records(task);
        self.last_answer.begin(records);
        self.not_before = None;
        self.parser.expect_prompt = matches!(task, Task::Send { .. });
        self.parser.expect_read = matches!(task, Task::Read { .. });
        self.station.begun(task);
        match task {
            Task::Connect(link) => {
                if let Some(slot) = self.slot(link) {
                    slot.dialled();
                }
            }
            Task::Send { link, length, .. } => {
                self.data_owed = length;
                if let Some(open) = self.slot(link).and_then(Slot::open_link) {
                    open.send = SendState::Underway;
                }
            }
            _ => {}
        }
        let seen = Seen::default();
        self.in_flight =
            Some(InFlight { task, began: now, heard: now, probing: false, probes: 0, seen });
    }

    /// The command is over. A probe's own answer may still follow.
    pub(super) fn complete(&mut self, now: u32) -> Option<InFlight> {
        let mut in_flight = self.in_flight.take()?;
        in_flight.seen.at_once = elapsed_ms(now, in_flight.began) < AT_ONCE_MS;
        if in_flight.probing {
            self.not_before = Some(now.wrapping_add(AFTER_PROBE_MS));
        }
        self.parser.expect_prompt = false;
        self.parser.expect_read = false;
        Some(in_flight)
    }

    /// Time passes: what is due by now.
    pub(crate) fn tick(&mut self, now: u32) -> Option<Urgent> {
        if self.garbled_since.is_some_and(|since| elapsed_ms(now, since) >= LULL_MS) {
            self.garbled_since = None;
        }
        let in_flight = self.in_flight.as_ref()?;
        let quiet = elapsed_ms(now, in_flight.heard);
        if let Task::Send { phase, .. } = in_flight.task
            && phase != SendPhase::Taken
        {
            self.tick_send(phase, quiet, now);
            return None;
        }
        let limit = if in_flight.probing { PROBE_MS } else { patience_ms(in_flight.task) };
        if quiet >= limit { self.probe(now) } else { None }
    }

    fn tick_send(&mut self, phase: SendPhase, quiet: u32, now: u32) {
        match phase {
            SendPhase::PromptDue if quiet >= PROMPT_MS => self.set_phase(SendPhase::Data, now),
            SendPhase::Prompt if quiet >= UNANSWERED_SEND_MS => {
                self.end_send(Err(EspAtError::AnswerMissed), now);
                self.desync(now);
            }
            SendPhase::Sent if quiet >= UNANSWERED_SEND_MS => {
                self.end_send(Err(EspAtError::DeliveryUnknown), now);
                self.desync(now);
            }
            SendPhase::Failed if quiet >= SECOND_THOUGHT_MS => {
                self.end_send(Err(EspAtError::SendFailed), now);
            }
            _ => {}
        }
    }

    fn probe(&mut self, now: u32) -> Option<Urgent> {
        let in_flight = self.in_flight.as_mut()?;
        if matches!(in_flight.task, Task::Start(_) | Task::Sync) {
            // Said again in full: these may find the modem in any state.
            self.unanswered = self.unanswered.saturating_add(1);
            if self.unanswered >= MOST_UNANSWERED {
                self.fall_silent();
            }
            self.in_flight = None;
            return None;
        }
        if in_flight.probes >= MOST_PROBES {
            self.give_up(EspAtError::NoAnswer, now);
            self.fall_silent();
            return None;
        }
        in_flight.probes = in_flight.probes.saturating_add(1);
        in_flight.probing = true;
        in_flight.heard = now;
        Some(Urgent::Probe)
    }

    /// `busy p...` or `busy s...`.
    pub(super) fn busy(&mut self, now: u32) {
        let Some(in_flight) = self.in_flight.as_mut() else {
            return;
        };
        in_flight.heard = now;
        in_flight.probes = 0;
        let since = *self.busy_since.get_or_insert(now);
        if elapsed_ms(now, since) >= WEDGED_MS {
            self.give_up(EspAtError::Wedged, now);
            self.restart_wanted = true;
            self.busy_since = None;
            self.refused_at = None;
            return;
        }
        if in_flight.probing {
            // It works on it.
            in_flight.probing = false;
            self.refused_at = None;
            return;
        }
        if matches!(in_flight.task, Task::Send { phase, .. } if phase >= SendPhase::Data) {
            return;
        }
        // The command wasn't executed. It is said again.
        self.not_before = Some(now.wrapping_add(BUSY_PAUSE_MS));
        self.refused_at = Some(now);
        self.requeue();
    }
}
