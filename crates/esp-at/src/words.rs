//! The words that the parts of the driver share: what the modem runs, what a command is for, and how
//! it ended.

use crate::wire::number;
use core::net::Ipv4Addr;

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
    /// NonOS AT up to 1.7, on the NonOS SDK.
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

    /// Reads the line of `AT+GMR` that has the version: `AT version:1.7.4.0(…`.
    pub(crate) fn parse(line: &[u8]) -> Option<Self> {
        let mut parts = line.strip_prefix(b"AT version:")?.split(|byte| !byte.is_ascii_digit());
        let mut part = || u8::try_from(number(parts.next()?)?).ok();
        let (major, minor, patch) = (part()?, part()?, part().unwrap_or(0));
        let family = if major < 2 { Family::NonOs } else { Family::EspAt };
        Some(Self { family, major, minor, patch })
    }

    /// NonOS has it from 1.7.0; in ESP-AT 2.0 it is there and unusable on the ESP8266.
    pub(crate) fn may_have_passive_mode(self) -> bool {
        !matches!((self.major, self.minor), (2, 0) | (1, 0..=6))
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

impl core::fmt::Display for Firmware {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// What a command is for. What it takes besides lies in the part of the driver that wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// A step of the start-up sequence.
    Start(StartStep),
    /// `AT` alone, to find the beginning of an answer again.
    Sync,
    /// A restart of the driver's own, since the modem hangs or can't be set up.
    Restart,
    Join,
    /// To ask whether the modem is on an access point.
    Status,
    /// To ask for the station's addresses.
    Address,
    /// To ask whether DNS servers are set.
    Servers,
    Apply(SettingKind),
    Job(Job),
    Resolve,
    /// To set up TLS on a link, as long as the socket has it that wants this.
    Tls {
        link: u8,
        generation: u16,
    },
    /// To ask for the modem's free memory, on behalf of that socket.
    Memory {
        link: u8,
        generation: u16,
    },
    Connect(u8),
    /// To send so many bytes.
    Send {
        link: u8,
        length: u16,
        phase: SendPhase,
    },
    /// To read so many bytes at most.
    Read {
        link: u8,
        most: u16,
    },
    /// To ask how many bytes wait in the modem.
    Pending(u8),
    Close(u8),
}

/// How far a send is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(crate) enum SendPhase {
    /// The command is out; `>` is awaited.
    Prompt,
    /// `OK` came: the prompt has to follow.
    PromptDue,
    /// The modem waits for the data.
    Data,
    /// The data are out.
    Sent,
    /// `Recv N bytes` came: the modem has the data.
    Taken,
    /// `SEND FAIL` came, which some firmware corrects to `SEND OK`.
    Failed,
}

/// The commands of the start-up sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StartStep {
    /// No echo: an unsolicited line inside one couldn't be told from it.
    Echo,
    Version,
    /// What is set isn't to be written to flash.
    Store,
    /// To be a station.
    Mode,
    /// Five links instead of one.
    Multiplex,
    /// Links left from before keep the modem from changing `AT+CIPMUX`.
    CloseAll,
    /// The same for the one link of a modem that has no more.
    CloseOne,
    /// Data wait in the modem until they are read.
    Passive,
    /// No peer's address before data.
    NoPeerInfo,
}

/// A single task that a caller or the client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Job {
    Rssi,
    Scan,
    Restart,
    BaudRate(u32),
    Leave,
    Ping(Ipv4Addr),
}

/// A setting that the driver keeps, in the order in which the modem is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SettingKind {
    Hostname,
    Addresses,
    DnsServers,
    Sleep,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommandResult {
    Ok,
    /// `ERROR`, `FAIL`.
    Error,
    /// It is over, and its answer didn't come.
    Missed,
}

/// What the modem said between a command and its end.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Seen {
    /// `CONNECT`
    pub(crate) connect: bool,
    /// `CLOSED`
    pub(crate) closed: bool,
    /// `ALREADY CONNECTED`
    pub(crate) already: bool,
    /// `no ip`
    pub(crate) no_ip: bool,
    /// `WIFI CONNECTED`
    pub(crate) associated: bool,
    /// A line that isn't one of the known ones, nor the command's echo.
    pub(crate) unknown_line: bool,
    /// The end came so soon that no packet can have gone to and fro.
    pub(crate) at_once: bool,
    /// The number of `+CWJAP:<n>`, 1 to 9.
    pub(crate) join_code: u8,
    /// The bytes of `+SYSRAM:<n>`.
    pub(crate) free_memory: Option<u32>,
}
