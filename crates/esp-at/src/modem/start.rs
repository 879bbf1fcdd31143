//! The start-up sequence, run at first and again after each reset, and the two families of firmware.

use super::Modem;
use super::flight::{Outcome, Task};
use crate::wire::Command;

/// The families of AT firmware for the ESP8266. They differ in their commands: see the
/// [table](crate::esp_at#the-two-dialects).
///
/// ```
/// use safe_http_client::esp_at::Family;
/// assert_ne!(Family::NonOs, Family::EspAt);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Family {
    /// NonOS AT up to 1.7, on the NonOS SDK.
    NonOs,
    /// ESP-AT 2.0 to 2.3.
    EspAt,
}

/// What the modem runs, as `AT+GMR` tells it.
///
/// ```
/// use safe_http_client::esp_at::{Family, Firmware};
/// let firmware = Firmware { family: Family::EspAt, major: 2, minor: 2, patch: 1 };
/// assert_eq!(firmware.to_string(), "2.2.1");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Firmware {
    /// The family, confirmed by the commands that it takes.
    pub family: Family,
    /// The first number of its version; all are 0 where it didn't tell.
    pub major: u8,
    /// The second.
    pub minor: u8,
    /// The third.
    pub patch: u8,
}

impl Firmware {
    pub(crate) const UNKNOWN: Self = Self { family: Family::EspAt, major: 0, minor: 0, patch: 0 };

    fn parse(line: &[u8]) -> Option<Self> {
        let mut parts = line.strip_prefix(b"AT version:")?.split(|byte| !byte.is_ascii_digit());
        let mut part = || {
            let number = crate::wire::number(parts.next()?)?;
            u8::try_from(number).ok()
        };
        let (major, minor, patch) = (part()?, part()?, part().unwrap_or(0));
        let family = if major < 2 { Family::NonOs } else { Family::EspAt };
        Some(Self { family, major, minor, patch })
    }

    /// NonOS has it from 1.7.0; in ESP-AT 2.0 it is there and unusable on the ESP8266.
    fn may_have_passive_mode(self) -> bool {
        !matches!((self.major, self.minor), (2, 0) | (1, 0..=6))
    }

    /// `_CUR` commands don't write flash; ESP-AT has none and `AT+SYSSTORE=0` instead.
    pub(crate) fn cur(self) -> &'static str {
        match self.family {
            Family::NonOs => "_CUR",
            Family::EspAt => "",
        }
    }
}

impl core::fmt::Display for Firmware {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// So many start-up commands without an answer may have been taken for data.
const UNHEARD: u8 = 2;
/// The most that `AT+CIPSEND` takes.
const MOST_OWED: u16 = 2048;

/// The commands of the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// `ATE0`: an unsolicited line inside an echo couldn't be told from it.
    Echo,
    Version,
    Store,
    Mode,
    Multiple,
    /// Links left from before keep the modem from changing `AT+CIPMUX`.
    CloseAll,
    CloseOne,
    Passive,
    NoInfo,
}

impl Step {
    pub(super) fn spell(self, cur: &str, command: &mut Command) {
        command.text(match self {
            Self::Echo => "ATE0",
            Self::Version => "AT+GMR",
            Self::Store => "AT+SYSSTORE=0",
            Self::Mode => "AT+CWMODE",
            Self::Multiple => "AT+CIPMUX=1",
            Self::CloseAll => "AT+CIPCLOSE=5",
            Self::CloseOne => "AT+CIPCLOSE",
            Self::Passive => "AT+CIPRECVMODE=1",
            Self::NoInfo => "AT+CIPDINFO=0",
        });
        if self == Self::Mode {
            command.text(cur).text("=1");
        }
    }
}

impl Modem {
    /// Bytes of data that the modem may wait for before it hears a command again.
    pub(crate) fn take_owed(&mut self, task: Task) -> u16 {
        match task {
            // It answers nothing: perhaps a send of a program before this one was cut short.
            Task::Start(Step::Echo) if self.unanswered == UNHEARD => MOST_OWED,
            Task::Sync | Task::Start(Step::Echo) => core::mem::take(&mut self.owed),
            _ => 0,
        }
    }

    pub(super) fn start_line(&mut self) {
        if let Some(firmware) = Firmware::parse(self.parser.line()) {
            self.firmware = firmware;
        }
    }

    pub(super) fn step_done(&mut self, step: Step, outcome: Outcome) {
        if outcome == Outcome::Missed {
            return;
        }
        self.unanswered = 0;
        self.silent = false;
        let ok = outcome == Outcome::Ok;
        let next = match step {
            // An error is what a line begun before makes of it.
            Step::Echo if !ok => Step::Echo,
            Step::Echo => {
                self.firmware = Firmware::UNKNOWN;
                self.step_tries = 0;
                Step::Version
            }
            Step::Version if self.firmware.family == Family::NonOs => Step::Mode,
            Step::Version => Step::Store,
            // From 2.1; before, what is set goes to flash.
            Step::Store => Step::Mode,
            Step::Mode if ok => {
                self.step_tries = 0;
                Step::Multiple
            }
            // The version told the wrong family, or none: the command tells.
            Step::Mode => {
                self.step_tries = self.step_tries.saturating_add(1);
                self.firmware.family = match self.firmware.family {
                    Family::NonOs => Family::EspAt,
                    Family::EspAt => Family::NonOs,
                };
                if self.step_tries > 2 { Step::Echo } else { Step::Mode }
            }
            Step::Multiple if ok => Step::Passive,
            Step::Multiple => {
                self.step_tries = self.step_tries.saturating_add(1);
                match self.step_tries {
                    1 => Step::CloseAll,
                    2 => Step::CloseOne,
                    _ => {
                        self.restart_wanted = true;
                        Step::Echo
                    }
                }
            }
            Step::CloseAll | Step::CloseOne => Step::Multiple,
            Step::Passive => {
                self.passive = ok;
                Step::NoInfo
            }
            Step::NoInfo => {
                self.parser.remote_info = !ok;
                self.started();
                return;
            }
        };
        let next = match next {
            Step::Passive if !self.firmware.may_have_passive_mode() => {
                self.passive = false;
                Step::NoInfo
            }
            next => next,
        };
        self.starting = Some(next);
    }

    /// The modem is ready for use.
    fn started(&mut self) {
        self.starting = None;
        self.met = true;
        self.station.started();
    }

    /// The modem has reset itself, or was.
    pub(super) fn reset(&mut self, now: u32) {
        let restarted = self.land(now).map(|flight| flight.task);
        // Its power-on, and what follows a start-up that a reset cut short, aren't counted.
        if self.starting.is_none() {
            self.resets = self.resets.saturating_add(1);
        }
        self.starting = Some(Step::Echo);
        self.unanswered = 0;
        self.silent = false;
        self.busy_since = None;
        self.refused_at = None;
        self.restart_wanted = false;
        self.out_of_step = false;
        self.garbled_since = None;
        self.owed = 0;
        self.payload = None;
        self.tail = super::Tail::None;
        self.parser.clear();
        self.resolver.reset();
        self.lose_sockets();
        self.station.reset(restarted.is_some_and(|task| matches!(task, Task::Job(_))));
    }

    /// The modem answers nothing: from now on it is called again and again.
    pub(super) fn fall_silent(&mut self) {
        self.silent = true;
        self.unanswered = 0;
        self.starting = Some(Step::Echo);
        self.out_of_step = false;
        self.busy_since = None;
        self.refused_at = None;
        self.lose_sockets();
        self.resolver.reset();
        self.station.lost();
    }
}
