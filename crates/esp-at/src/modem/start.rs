//! The start-up sequence, run at first and again after each reset, and what ends it all: a reset, or
//! silence.

use super::Modem;
use super::input::Tail;
use crate::words::{CommandResult, Family, Firmware, StartStep, Task};

/// So many start-up commands without an answer may have been taken for data.
const UNHEARD: u8 = 2;
/// The most data that a program before this one can have announced by `AT+CIPSEND`.
const MOST_OWED: u16 = 2048;

impl Modem {
    /// Bytes of data that the modem may wait for before it hears the command of this task.
    pub(crate) fn take_data_owed(&mut self, task: Task) -> u16 {
        match task {
            // It answers nothing: perhaps a send of a program before this one was cut short.
            Task::Start(StartStep::Echo) if self.unanswered == UNHEARD => MOST_OWED,
            Task::Sync | Task::Start(StartStep::Echo) => core::mem::take(&mut self.data_owed),
            _ => 0,
        }
    }

    /// A line of the answer to a step.
    pub(super) fn start_line(&mut self, step: StartStep) {
        if step == StartStep::Version
            && let Some(firmware) = Firmware::parse(self.parser.line())
        {
            self.firmware = firmware;
        }
    }

    /// A step was answered, or its answer missed.
    pub(super) fn step_answered(&mut self, step: StartStep, result: CommandResult) {
        if result == CommandResult::Missed {
            return;
        }
        self.unanswered = 0;
        self.silent = false;
        self.start_step = self.step_after(step, result == CommandResult::Ok);
        if self.start_step.is_none() {
            self.met = true;
            self.station.started();
        }
    }

    fn step_after(&mut self, step: StartStep, ok: bool) -> Option<StartStep> {
        Some(match step {
            // An error is what a line begun before makes of it.
            StartStep::Echo if !ok => StartStep::Echo,
            StartStep::Echo => {
                self.firmware = Firmware::UNKNOWN;
                self.step_tries = 0;
                StartStep::Version
            }
            StartStep::Version if self.firmware.family == Family::NonOs => StartStep::Mode,
            StartStep::Version => StartStep::Store,
            // From 2.1; before, what is set goes to flash.
            StartStep::Store => StartStep::Mode,
            StartStep::Mode if ok => {
                self.step_tries = 0;
                StartStep::Multiplex
            }
            // The version told the wrong family, or none: the command tells.
            StartStep::Mode => {
                self.step_tries = self.step_tries.saturating_add(1);
                self.firmware.family = match self.firmware.family {
                    Family::NonOs => Family::EspAt,
                    Family::EspAt => Family::NonOs,
                };
                if self.step_tries > 2 { StartStep::Echo } else { StartStep::Mode }
            }
            StartStep::Multiplex if ok && self.firmware.may_have_passive_mode() => {
                StartStep::Passive
            }
            StartStep::Multiplex if ok => {
                self.passive = false;
                StartStep::NoPeerInfo
            }
            StartStep::Multiplex => {
                self.step_tries = self.step_tries.saturating_add(1);
                match self.step_tries {
                    1 => StartStep::CloseAll,
                    2 => StartStep::CloseOne,
                    _ => {
                        self.restart_wanted = true;
                        StartStep::Echo
                    }
                }
            }
            StartStep::CloseAll | StartStep::CloseOne => StartStep::Multiplex,
            StartStep::Passive => {
                self.passive = ok;
                StartStep::NoPeerInfo
            }
            StartStep::NoPeerInfo => {
                self.parser.remote_info = !ok;
                return None;
            }
        })
    }

    /// The modem has reset itself, or was.
    pub(super) fn reset(&mut self, now: u32) {
        let by_job = self.complete(now).is_some_and(|it| matches!(it.task, Task::Job(_)));
        // Its power-on, and what follows a start-up that a reset cut short, aren't counted.
        if !self.is_starting() {
            self.resets = self.resets.saturating_add(1);
        }
        self.silent = false;
        self.restart_wanted = false;
        self.garbled_since = None;
        self.data_owed = 0;
        self.payload = None;
        self.tail = Tail::None;
        self.parser.clear();
        self.start_over();
        self.station.reset(by_job);
    }

    /// The modem answers nothing: from now on it is called again and again.
    pub(super) fn fall_silent(&mut self) {
        self.silent = true;
        self.start_over();
        self.station.lost();
    }

    fn start_over(&mut self) {
        self.start_step = Some(StartStep::Echo);
        self.unanswered = 0;
        self.desynced = false;
        self.busy_since = None;
        self.refused_at = None;
        self.resolver.reset();
        self.lose_sockets();
    }
}
