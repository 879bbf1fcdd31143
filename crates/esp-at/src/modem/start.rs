//! The start-up sequence, run at first and again after each reset, and what ends it all: a reset, or
//! silence.
//!
//! It finds the modem in any state: in the middle of an answer or of a send, at work on a command of a
//! program before this one whose answer comes late, in data mode. So what comes is ignored until it is
//! quiet wherever it is out of step, and nothing counts as a version but a version's line.

use super::Modem;
use super::input::Tail;
use crate::firmware::{Family, Firmware};
use crate::words::{CommandResult, Seen, StartStep, Task};

/// So many commands without an answer, and it may be in data mode.
const UNHEARD: u8 = 2;
/// So many, and it may wait for a send's data.
const UNHEARD_STILL: u8 = 3;
/// So many, and it is silent.
const MOST_UNANSWERED: u8 = 4;
/// The most data that a program before this one can have announced by `AT+CIPSEND`.
const MOST_OWED: u16 = 2048;
/// Nothing comes for so long: late answers are over.
const SETTLED_MS: u32 = 250;
/// So often it is set right again before the answer is believed.
const MOST_RESYNCS: u8 = 3;
/// From `AT+RST` to `ready`, and more.
const BOOT_MS: u32 = 2_000;
/// From one start-up of a modem that can't be driven to the next.
const UNFIT_PAUSE_MS: u32 = 10_000;

impl Modem {
    /// Bytes of data that the modem may wait for before it hears the command of this task.
    pub(crate) fn take_data_owed(&mut self, task: Task) -> u16 {
        match task {
            // It answers nothing: perhaps a send of a program before this one was cut short.
            Task::Start(StartStep::Echo) if self.unanswered == UNHEARD_STILL && !self.filled => {
                self.filled = true;
                MOST_OWED
            }
            Task::Sync | Task::Start(StartStep::Echo) => core::mem::take(&mut self.data_owed),
            _ => 0,
        }
    }

    /// A line of the answer to a step.
    pub(super) fn start_line(&mut self, step: StartStep) {
        match step {
            StartStep::Version => {
                if let Some(firmware) = crate::words::firmware(self.parser.line()) {
                    self.firmware = firmware;
                    self.parser.tells_no_mac = firmware.major == 0;
                }
            }
            StartStep::AskMode => {
                let is_station = matches!(self.parser.line(), b"+CWMODE:1" | b"+CWMODE:3");
                if let Some(in_flight) = &mut self.in_flight {
                    in_flight.seen.is_station |= is_station;
                }
            }
            _ => {}
        }
    }

    /// A step got no answer in its time.
    pub(super) fn step_unanswered(&mut self, step: StartStep) {
        if step == StartStep::LeaveData {
            // There is none: what comes next tells.
            self.start_step = Some(StartStep::Echo);
            return;
        }
        self.unanswered = self.unanswered.saturating_add(1);
        match self.unanswered {
            UNHEARD => self.start_step = Some(StartStep::LeaveData),
            UNHEARD_STILL => self.start_step = Some(StartStep::Echo),
            MOST_UNANSWERED => self.fall_silent(None),
            _ => {}
        }
    }

    /// A step was answered, or its answer missed.
    pub(super) fn step_answered(
        &mut self,
        step: StartStep,
        result: CommandResult,
        seen: Seen,
        now: u32,
    ) {
        if result == CommandResult::Missed {
            return;
        }
        self.silent = false;
        self.filled = false;
        if core::mem::take(&mut self.unanswered) > 0 {
            // The answers to what was said before may follow.
            self.resync(now);
            return;
        }
        self.start_step = self.step_after(step, result == CommandResult::Ok, seen, now);
        if self.start_step.is_none() {
            self.met = true;
            self.boots = 0;
            self.unfit = None;
            self.resyncs = 0;
            self.station.started(self.saves());
        }
    }

    /// Ignores what comes until it is quiet.
    fn settle(&mut self, now: u32) {
        self.garbled_since = Some(now);
        self.lull_ms = SETTLED_MS;
        self.parser.clear();
    }

    /// The same, and begins anew.
    pub(super) fn resync(&mut self, now: u32) {
        self.settle(now);
        self.start_step = Some(StartStep::Echo);
    }

    /// A refusal changes all that follows: it is believed when it comes again.
    fn doubts(&mut self, now: u32) -> bool {
        let first = !core::mem::replace(&mut self.refused_once, true);
        if first {
            self.settle(now);
        }
        first
    }

    /// Out of step, perhaps: begins anew, and says false where it did so often enough.
    fn resyncs(&mut self, now: u32) -> bool {
        self.resyncs = self.resyncs.saturating_add(1);
        if self.resyncs > MOST_RESYNCS {
            return false;
        }
        self.resync(now);
        true
    }

    /// The firmware can't do what it has to.
    fn is_unfit(&mut self, step: StartStep, now: u32) -> StartStep {
        self.unfit = Some(Task::Start(step).command());
        self.resyncs = 0;
        self.not_before = Some(now.wrapping_add(UNFIT_PAUSE_MS));
        StartStep::Echo
    }

    fn set_passive(&mut self, is_passive: bool) {
        self.passive = is_passive;
        self.parser.is_active = !is_passive;
        self.seems_passive = false;
    }

    fn step_after(&mut self, step: StartStep, ok: bool, seen: Seen, now: u32) -> Option<StartStep> {
        let can_be_doubted =
            matches!(step, StartStep::Store | StartStep::Passive | StartStep::NoPeerInfo);
        if !ok && can_be_doubted && self.doubts(now) {
            return Some(step);
        }
        self.refused_once = false;
        Some(match step {
            StartStep::LeaveData => StartStep::Echo,
            // An error is what a line begun before makes of it.
            StartStep::Echo if !ok && self.resyncs(now) => StartStep::Echo,
            StartStep::Echo => {
                self.firmware = Firmware::UNKNOWN;
                self.echoes = false;
                self.store_off = false;
                self.step_tries = 0;
                StartStep::Version
            }
            // Another command's answer, as long as there can be one.
            StartStep::Version if !self.firmware.is_told() && self.resyncs(now) => StartStep::Echo,
            StartStep::Version if self.firmware.family == Family::NonOs => StartStep::Mode,
            StartStep::Version => StartStep::Store,
            StartStep::Store if ok => {
                self.store_off = true;
                StartStep::Mode
            }
            // Whatever the version said: a command that writes no flash is tried first.
            StartStep::Store => {
                self.firmware.family = Family::NonOs;
                StartStep::Mode
            }
            StartStep::AskMode if !seen.is_station => StartStep::Mode,
            StartStep::AskMode => StartStep::Multiplex,
            StartStep::Mode if ok => StartStep::Multiplex,
            // ESP-AT before 2.1: what is set goes to flash.
            StartStep::Mode
                if self.firmware.major >= 2 && self.firmware.family == Family::NonOs =>
            {
                self.firmware.family = Family::EspAt;
                StartStep::AskMode
            }
            StartStep::Mode if self.resyncs(now) => StartStep::Echo,
            StartStep::Mode => self.is_unfit(step, now),
            StartStep::Multiplex if ok && self.firmware.may_have_passive_mode() => {
                StartStep::Passive
            }
            StartStep::Multiplex if ok => {
                self.set_passive(false);
                StartStep::NoPeerInfo
            }
            StartStep::Multiplex => {
                self.step_tries = self.step_tries.saturating_add(1);
                match self.step_tries {
                    1 => StartStep::CloseAll,
                    2 => StartStep::CloseOne,
                    3 => StartStep::NormalMode,
                    _ if core::mem::replace(&mut self.restarted, true) => self.is_unfit(step, now),
                    _ => {
                        self.restart_wanted = true;
                        StartStep::Echo
                    }
                }
            }
            StartStep::CloseAll | StartStep::CloseOne | StartStep::NormalMode => {
                StartStep::Multiplex
            }
            StartStep::Passive => {
                self.set_passive(ok);
                StartStep::NoPeerInfo
            }
            StartStep::NoPeerInfo => {
                self.parser.remote_info = !ok;
                self.restarted = false;
                return None;
            }
        })
    }

    /// `AT+RST` was taken. Its `ready` may be garbled, or come at another baud rate: then the start-up begins
    /// without it.
    pub(super) fn restarts(&mut self, by_job: bool, now: u32) {
        self.reset_by(by_job);
        self.not_before = Some(now.wrapping_add(BOOT_MS));
    }

    /// `ready`: the modem has reset itself, or was.
    pub(super) fn reset(&mut self, now: u32) {
        let task = self.complete(now).map(|it| it.task);
        self.boots = self.boots.saturating_add(1);
        if let Some(task @ (Task::Join | Task::Start(_) | Task::Address | Task::Servers)) = task {
            // Its power-on may come while it is called.
            self.station.joining.cut_short(task == Task::Start(StartStep::Echo));
        }
        self.reset_by(matches!(task, Some(Task::Job(_))));
    }

    fn reset_by(&mut self, by_job: bool) {
        // Its power-on, and what follows a start-up that a reset cut short, aren't counted.
        if !self.is_starting() {
            self.resets = self.resets.saturating_add(1);
        }
        self.silent = false;
        self.restart_wanted = false;
        self.garbled_since = None;
        self.not_before = None;
        self.data_owed = 0;
        self.payload = None;
        self.tail = Tail::OFF;
        self.parser.clear();
        self.start_over();
        self.station.reset(by_job);
    }

    /// The modem answers nothing, since this command if it answered before: from now on it is called
    /// again and again.
    pub(super) fn fall_silent(&mut self, since: Option<Task>) {
        if !self.silent {
            self.silent_since = since.map(Task::command);
        }
        self.silent = true;
        self.start_over();
        self.station.lost();
    }

    fn start_over(&mut self) {
        self.start_step = Some(StartStep::Echo);
        self.unanswered = 0;
        self.resyncs = 0;
        self.desynced = false;
        self.busy_since = None;
        self.refused_at = None;
        self.restart_refusals = 0;
        self.resolver.reset();
        self.lose_sockets();
    }
}
