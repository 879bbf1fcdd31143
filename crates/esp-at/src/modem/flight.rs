//! The one command that is on its way, and what to do when its answer stays away.

use super::Modem;
use super::start::Step;
use crate::error::EspAtError;
use crate::link::{Applied, Job};
use nal_link::elapsed_ms;

/// What the command on its way is for. All that is needed to say it again lies elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    Start(Step),
    /// Finds the beginning of an answer again.
    Sync,
    Restart,
    Join,
    /// Whether there is an access point.
    Status,
    /// Which addresses.
    Address,
    /// Which DNS servers.
    Servers,
    Apply(Applied),
    Job(Job),
    Resolve,
    /// The link, and whose it was when it was said.
    Tls(u8, u16),
    /// How much memory is free, for a link as above.
    Memory(u8, u16),
    Connect(u8),
    Send(u8, SendPhase),
    Read(u8),
    Pending(u8),
    Close(u8),
}

/// How far a send is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SendPhase {
    /// The command is out; `>` is awaited.
    Prompt,
    /// `OK` came: the prompt has to follow.
    PromptDue,
    /// The modem waits for the data.
    Data,
    /// They are out.
    Sent,
    /// `Recv N bytes`: the modem has them.
    Taken,
    /// `SEND FAIL`, which some firmware corrects to `SEND OK`.
    Failed,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Ok,
    /// `ERROR`, `FAIL`.
    Error,
    /// It is over, and its answer didn't come.
    Missed,
}

#[derive(Debug)]
pub(crate) struct Flight {
    pub(crate) task: Task,
    began: u32,
    /// When the modem last gave a sign of life.
    pub(crate) heard: u32,
    /// `?` was sent, to see whether the modem still works on it.
    pub(crate) probing: bool,
    probes: u8,
    pub(crate) seen: Seen,
}

/// What was said on the way to the answer.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) connect: bool,
    pub(crate) closed: bool,
    pub(crate) already: bool,
    pub(crate) no_ip: bool,
    pub(crate) associated: bool,
    /// A line that belongs to no other answer.
    pub(crate) said: bool,
    /// The answer came at once.
    pub(crate) at_once: bool,
    /// `+CWJAP:<n>`
    pub(crate) code: u8,
    /// `+SYSRAM:<n>`
    pub(crate) free: Option<u32>,
}

impl Flight {
    pub(crate) fn new(task: Task, now: u32) -> Self {
        Self { task, began: now, heard: now, probing: false, probes: 0, seen: Seen::default() }
    }
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

impl Task {
    /// How long silence is normal. Then the modem is asked whether it still works on it, which costs
    /// nothing: it answers `busy p...` if it does.
    fn patience_ms(self) -> u32 {
        match self {
            Self::Join | Self::Connect(_) | Self::Resolve | Self::Restart => 2_000,
            Self::Job(Job::Scan | Job::Restart) => 2_000,
            Self::Send(_, SendPhase::Taken) => 1_500,
            _ => 1_000,
        }
    }
}

impl Modem {
    /// Time passes: what is due by now.
    pub(crate) fn tick(&mut self, now: u32) -> Option<Urgent> {
        if self.garbled_since.is_some_and(|since| elapsed_ms(now, since) >= LULL_MS) {
            self.garbled_since = None;
        }
        let flight = self.flight.as_ref()?;
        let quiet = elapsed_ms(now, flight.heard);
        match flight.task {
            Task::Send(link, SendPhase::PromptDue) if quiet >= PROMPT_MS => {
                self.set_phase(link, SendPhase::Data, now);
            }
            Task::Send(link, SendPhase::Prompt) if quiet >= UNANSWERED_SEND_MS => {
                self.end_send(link, Err(EspAtError::AnswerMissed), now);
                self.lose_step(now);
            }
            Task::Send(link, SendPhase::Sent) if quiet >= UNANSWERED_SEND_MS => {
                self.end_send(link, Err(EspAtError::DeliveryUnknown), now);
                self.lose_step(now);
            }
            Task::Send(link, SendPhase::Failed) if quiet >= SECOND_THOUGHT_MS => {
                self.end_send(link, Err(EspAtError::SendFailed), now);
            }
            Task::Send(
                _,
                SendPhase::Prompt
                | SendPhase::PromptDue
                | SendPhase::Data
                | SendPhase::Sent
                | SendPhase::Failed,
            ) => {}
            task => {
                let limit = if flight.probing { PROBE_MS } else { task.patience_ms() };
                if quiet >= limit {
                    return self.probe(now);
                }
            }
        }
        None
    }

    fn probe(&mut self, now: u32) -> Option<Urgent> {
        let flight = self.flight.as_mut()?;
        if matches!(flight.task, Task::Start(_) | Task::Sync) {
            // Said again in full: these may find the modem in any state.
            self.unanswered = self.unanswered.saturating_add(1);
            if self.unanswered >= MOST_UNANSWERED {
                self.fall_silent();
            }
            self.flight = None;
            return None;
        }
        if flight.probes >= MOST_PROBES {
            self.give_up(EspAtError::NoAnswer, now);
            self.fall_silent();
            return None;
        }
        flight.probes = flight.probes.saturating_add(1);
        flight.probing = true;
        flight.heard = now;
        Some(Urgent::Probe)
    }

    /// `busy p...` or `busy s...`.
    pub(super) fn busy(&mut self, now: u32) {
        let Some(flight) = self.flight.as_mut() else {
            return;
        };
        flight.heard = now;
        flight.probes = 0;
        let since = *self.busy_since.get_or_insert(now);
        if elapsed_ms(now, since) >= WEDGED_MS {
            self.give_up(EspAtError::Wedged, now);
            self.restart_wanted = true;
            self.busy_since = None;
            self.refused_at = None;
            return;
        }
        if flight.probing {
            // It works on it.
            flight.probing = false;
            self.refused_at = None;
            return;
        }
        let written = SendPhase::Data;
        if matches!(flight.task, Task::Send(_, phase) if phase as u8 >= written as u8) {
            return;
        }
        // The command wasn't executed. It is said again.
        self.not_before = Some(now.wrapping_add(BUSY_PAUSE_MS));
        self.refused_at = Some(now);
        self.requeue();
    }

    /// Whether a command can be sent.
    pub(crate) fn is_idle(&self, now: u32) -> bool {
        let pause = self.not_before.is_some_and(|at| {
            // A time in the past is at most half of the clock's range ago.
            at.wrapping_sub(now).wrapping_sub(1) < u32::MAX / 2
        });
        self.flight.is_none() && !pause && self.payload.is_none() && self.garbled_since.is_none()
    }

    /// The command is over. A probe's own answer may still follow.
    pub(super) fn land(&mut self, now: u32) -> Option<Flight> {
        let mut flight = self.flight.take()?;
        flight.seen.at_once = elapsed_ms(now, flight.began) < AT_ONCE_MS;
        if flight.probing {
            self.not_before = Some(now.wrapping_add(AFTER_PROBE_MS));
        }
        self.parser.expect_prompt = false;
        self.parser.expect_read = false;
        Some(flight)
    }

    /// Step was lost: whatever the modem says is ignored until it is quiet and answers an `AT`.
    #[inline(never)]
    pub(crate) fn lose_step(&mut self, now: u32) {
        self.garbled_since = Some(now);
        self.out_of_step = true;
        self.tail = super::Tail::None;
        self.payload = None;
        self.parser.clear();
        for slot in &mut self.slots {
            // What was said of them meanwhile was missed.
            slot.doubt();
        }
    }
}
