//! The firmwares that a modem may run, and their commands by name.

use core::fmt;

/// The families of AT firmware for the ESP8266. They differ in their commands: see the
/// [table](crate#the-two-dialects).
///
/// ```
/// use esp_at::Family;
/// assert_ne!(Family::NonOs, Family::EspAt);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Family {
    /// NonOS AT 1.7, on the NonOS SDK; older ones, too, that have its `_CUR` commands.
    NonOs,
    /// ESP-AT 2.0 to 2.3.
    EspAt,
}

/// What the modem runs, as `AT+GMR` tells it.
///
/// ```
/// use esp_at::{Family, Firmware};
/// let firmware = Firmware { family: Family::EspAt, major: 2, minor: 2, patch: 1 };
/// assert_eq!(firmware.to_string(), "2.2.1");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Firmware {
    /// The family, confirmed by the commands that it takes.
    pub family: Family,
    /// The first number of its version; all three are 0 where it told none.
    pub major: u8,
    /// The second number of its version.
    pub minor: u8,
    /// The third number of its version.
    pub patch: u8,
}

impl Firmware {
    pub(crate) const UNKNOWN: Self = Self { family: Family::EspAt, major: 0, minor: 0, patch: 0 };

    /// Whether the modem told its version.
    pub(crate) fn is_told(self) -> bool {
        (self.major, self.minor, self.patch) != (0, 0, 0)
    }

    /// NonOS has it from 1.7.0; in ESP-AT 2.0 it is there and unusable on the ESP8266.
    pub(crate) fn may_have_passive_mode(self) -> bool {
        !matches!((self.major, self.minor), (2, 0) | (1, 0..=6) | (0, 1..))
    }

    /// What stands behind the name of a command that is to write no flash. ESP-AT has no such
    /// commands, and `AT+SYSSTORE=0` instead.
    pub(crate) fn cur(self) -> &'static str {
        match self.family {
            Family::NonOs => "_CUR",
            Family::EspAt => "",
        }
    }
}

impl fmt::Display for Firmware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// A command of the modem's, by name: in errors, the one that was under way.
///
/// ```
/// use esp_at::AtCommand;
/// assert_eq!(AtCommand::Cipdomain.to_string(), "AT+CIPDOMAIN");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum AtCommand {
    /// Another than those below, of the start-up as a rule.
    Other,
    /// `AT+CWMODE`, by whichever of its names.
    Cwmode,
    /// `AT+CIPMUX`
    Cipmux,
    /// `AT+CWJAP`, by whichever of its names.
    Cwjap,
    /// `AT+CWLAP`
    Cwlap,
    /// `AT+CIPDOMAIN`
    Cipdomain,
    /// `AT+CIPSTART`
    Cipstart,
    /// `AT+CIPSEND`
    Cipsend,
    /// `AT+CIPRECVDATA` or `AT+CIPRECVLEN`
    Ciprecv,
    /// `AT+CIPCLOSE`
    Cipclose,
    /// `AT+PING`
    Ping,
    /// `AT+RST`
    Rst,
}

impl fmt::Display for AtCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Other => "a command",
            Self::Cwmode => "AT+CWMODE",
            Self::Cipmux => "AT+CIPMUX",
            Self::Cwjap => "AT+CWJAP",
            Self::Cwlap => "AT+CWLAP",
            Self::Cipdomain => "AT+CIPDOMAIN",
            Self::Cipstart => "AT+CIPSTART",
            Self::Cipsend => "AT+CIPSEND",
            Self::Ciprecv => "AT+CIPRECVDATA",
            Self::Cipclose => "AT+CIPCLOSE",
            Self::Ping => "AT+PING",
            Self::Rst => "AT+RST",
        })
    }
}
