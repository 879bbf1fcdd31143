//! The one command that is on its way, and what to do when its answer stays away.

use super::Modem;
use crate::error::EspAtError;
use crate::slot::{SendState, Slot};
use crate::words::{Job, Seen, SendPhase, StartStep, Task};
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
    /// Probes that got no answer. A modem that is deaf while it works answers them afterwards.
    pub(super) unheard: u8,
    pub(super) seen: Seen,
}

/// An answer that comes sooner wasn't waited for: no packet went to and fro for it.
const AT_ONCE_MS: u32 = 100;
/// From `busy p...` to the next try, at first.
const BUSY_PAUSE_MS: u32 = 50;
/// So often it doubles.
const MOST_DOUBLINGS: u8 = 3;
/// From an `AT+RST` that was refused to the next, at first. It doubles, too.
const RESTART_PAUSE_MS: u32 = 2_000;
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
/// Nothing comes for so long: an answer that was garbled is over.
pub(super) const LULL_MS: u32 = 60;
/// What may still come behind a probe's answer isn't the next command's.
const AFTER_PROBE_MS: u32 = 30;
/// The same for probes that a deaf modem answers afterwards.
const AFTER_DEAFNESS_MS: u32 = 500;
/// The documentation of `+++` asks for a second until the next command.
const LEAVE_DATA_MS: u32 = 1_100;

/// What `tick` wants to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Urgent {
    Probe,
}

/// How long silence is normal. Then the modem is asked whether it still works on it, which costs
/// nothing: it answers `busy p...` if it does.
fn patience_ms(task: Task) -> u32 {
    match task {
        Task::Start(StartStep::LeaveData) => LEAVE_DATA_MS,
        Task::Join
        | Task::Connect(_)
        | Task::Resolve
        | Task::Restart
        | Task::Job(Job::Scan | Job::Restart) => 2_000,
        Task::Send { phase: SendPhase::Taken, .. } => 1_500,
        _ => 1_000,
    }
}

/// A bit for each kind of long work that a modem may be deaf in.
fn kind(task: Task) -> u8 {
    match task {
        Task::Connect(_) | Task::Resolve => 1,
        Task::Join => 2,
        Task::Job(_) => 4,
        _ => 0,
    }
}

/// Doubles as often.
fn doubled(ms: u32, times: u8) -> u32 {
    ms.saturating_mul(1_u32 << times.min(MOST_DOUBLINGS))
}

impl Modem {
    /// A command was sent.
    pub(crate) fn begin(&mut self, task: Task, now: u32) {
        let records = self.records(task);
        self.last_answer.begin(records, Self::is_secret(task));
        self.not_before = None;
        self.late_answers = 0;
        self.refused_read = None;
        if !matches!(task, Task::Sync | Task::Start(_)) {
            self.data_owed = 0;
        }
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
        self.in_flight = Some(InFlight {
            task,
            began: now,
            heard: now,
            probing: false,
            probes: 0,
            unheard: 0,
            seen: Seen::default(),
        });
    }

    /// The command is over. A probe's own answer may still follow.
    pub(super) fn complete(&mut self, now: u32) -> Option<InFlight> {
        let mut in_flight = self.in_flight.take()?;
        in_flight.seen.at_once = elapsed_ms(now, in_flight.began) < AT_ONCE_MS;
        if in_flight.unheard > 0 {
            self.late_answers = in_flight.unheard.saturating_add(u8::from(in_flight.probing));
            self.not_before = Some(now.wrapping_add(AFTER_DEAFNESS_MS));
        } else if in_flight.probing {
            self.not_before = Some(now.wrapping_add(AFTER_PROBE_MS));
        }
        // A send that was refused may come to its prompt all the same.
        self.parser.expect_prompt &= self.data_owed > 0;
        self.parser.expect_read = false;
        Some(in_flight)
    }

    /// `ERROR` behind a command's end: the answer to a probe that was sent while the modem was deaf.
    pub(super) fn late_answer(&mut self, now: u32) {
        if self.late_answers > 0 {
            self.late_answers = self.late_answers.saturating_sub(1);
            if self.late_answers == 0 {
                self.not_before = Some(now.wrapping_add(AFTER_PROBE_MS));
            }
        }
    }

    /// Time passes: what is due by now.
    pub(crate) fn tick(&mut self, now: u32) -> Option<Urgent> {
        // A time that has passed is at most half of the clock's range ago.
        if self.not_before.is_some_and(|at| elapsed_ms(now, at) <= u32::MAX / 2) {
            self.not_before = None;
        }
        if self.garbled_since.is_some_and(|since| elapsed_ms(now, since) >= self.lull_ms) {
            self.garbled_since = None;
            self.lull_ms = LULL_MS;
            self.parser.clear();
        }
        let holds_back = self.station.jobs.holds_back(now);
        let in_flight = self.in_flight.as_mut()?;
        if holds_back {
            // Its answer waits for whoever asked for the scan.
            in_flight.heard = now;
            return None;
        }
        let quiet = elapsed_ms(now, in_flight.heard);
        if let Task::Send { phase, .. } = in_flight.task
            && phase != SendPhase::Taken
        {
            self.tick_send(phase, quiet, now);
            return None;
        }
        let limit = if in_flight.probing {
            PROBE_MS
        } else {
            doubled(patience_ms(in_flight.task), in_flight.unheard)
        };
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
        let task = in_flight.task;
        if let Task::Start(step) = task {
            // Said again in full: these may find the modem in any state. A line that isn't known is an
            // answer, too, if it comes again: some firmwares have no `ERROR` for what they don't know.
            let seen = in_flight.seen;
            self.in_flight = None;
            let answered = seen.unknown_line && self.unanswered > 0;
            if answered && step != StartStep::LeaveData && step != StartStep::Echo {
                self.unanswered = 0;
                self.step_answered(step, crate::words::CommandResult::Error, seen, now);
            } else {
                self.step_unanswered(step);
            }
            return None;
        }
        if task == Task::Sync {
            self.in_flight = None;
            self.unanswered = self.unanswered.saturating_add(1);
            if self.unanswered > MOST_PROBES {
                self.fall_silent(Some(task));
            }
            return None;
        }
        if in_flight.probing {
            // One that has answered probes in such work before isn't deaf.
            let limit = task.firmware_ms().filter(|_| self.hears & kind(task) == 0);
            if limit.is_some_and(|limit| elapsed_ms(now, in_flight.began) < limit) {
                // Deaf or dead: its own time tells.
                in_flight.probing = false;
                in_flight.unheard = in_flight.unheard.saturating_add(1);
                in_flight.heard = now;
                return None;
            }
        }
        if in_flight.probes >= MOST_PROBES && in_flight.probing {
            let error = EspAtError::FellSilent(task.command());
            self.give_up(error, now);
            self.fall_silent(Some(task));
            return None;
        }
        self.parser.end_name();
        in_flight.probes = in_flight.probes.saturating_add(1);
        in_flight.probing = true;
        in_flight.heard = now;
        Some(Urgent::Probe)
    }

    /// The modem has answered a command: it is busy with none.
    pub(super) fn is_free(&mut self) {
        self.refusals = 0;
        self.busy_since = None;
        self.refused_at = None;
    }

    /// `busy p...` or `busy s...`.
    pub(super) fn busy(&mut self, now: u32) {
        let Some(in_flight) = self.in_flight.as_mut() else {
            return;
        };
        in_flight.heard = now;
        in_flight.probes = 0;
        let task = in_flight.task;
        if task == Task::Restart {
            self.restart_refused(now);
            return;
        }
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
            self.hears |= kind(task);
            self.refused_at = None;
            return;
        }
        // A send's `OK` came: what is said next would be its data.
        if matches!(in_flight.task, Task::Send { phase, .. } if phase > SendPhase::Prompt) {
            return;
        }
        // The command wasn't executed. It is said again.
        if let Task::Read { link, .. } = task {
            self.refused_read = Some(link);
        }
        let pause = doubled(BUSY_PAUSE_MS, self.refusals);
        self.refusals = self.refusals.saturating_add(1);
        self.requeue();
        self.not_before = Some(now.wrapping_add(pause));
        self.refused_at = Some(now);
    }

    /// `busy p...` to `AT+RST`: it is told again, with pauses.
    fn restart_refused(&mut self, now: u32) {
        self.requeue();
        let pause = doubled(RESTART_PAUSE_MS, self.restart_refusals);
        self.restart_refusals = self.restart_refusals.saturating_add(1);
        self.not_before = Some(now.wrapping_add(pause));
        self.refused_at = Some(now);
    }
}
