//! The words that the parts of the driver share: what the modem runs, what a command is for, and how
//! it ended.

use crate::firmware::{AtCommand, Family, Firmware};
use crate::wire::number;
use core::net::Ipv4Addr;

/// Reads the line of `AT+GMR` that has the version, and takes nothing else for one:
/// `AT version:1.7.4.0(…`, or `0018000902` of firmwares before 0.20, where the SDK's is told last
/// (0.9.2 here).
pub(crate) fn firmware(line: &[u8]) -> Option<Firmware> {
    // Makers put their own mark behind it: `0018000902-AI03`.
    let number_alone = line.split(|byte| *byte == b'-').next().unwrap_or_default();
    if let [b'0', b'0', rest @ ..] = number_alone
        && number_alone.len() == 10
        && number_alone.iter().all(u8::is_ascii_digit)
    {
        let mut parts = rest.chunks(2).skip(1);
        let mut part = || u8::try_from(number(parts.next()?)?).ok();
        let (major, minor, patch) = (part()?, part()?, part()?);
        return Some(Firmware { family: Family::NonOs, major, minor, patch });
    }
    let mut parts = line.strip_prefix(b"AT version:")?.split(|byte| !byte.is_ascii_digit());
    let mut part = || u8::try_from(number(parts.next()?)?).ok();
    let (major, minor, patch) = (part()?, part()?, part().unwrap_or(0));
    let family = if major < 2 { Family::NonOs } else { Family::EspAt };
    Some(Firmware { family, major, minor, patch })
}

/// The most that one `AT+CIPSEND` takes, and that one read asks for.
pub(crate) const MOST_DATA: u16 = 2048;

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

impl Task {
    /// The command's name, for errors.
    pub(crate) fn command(self) -> AtCommand {
        match self {
            Self::Join => AtCommand::Cwjap,
            Self::Resolve => AtCommand::Cipdomain,
            Self::Connect(_) => AtCommand::Cipstart,
            Self::Send { .. } => AtCommand::Cipsend,
            Self::Read { .. } | Self::Pending(_) => AtCommand::Ciprecv,
            Self::Close(_) => AtCommand::Cipclose,
            Self::Restart | Self::Job(Job::Restart) => AtCommand::Rst,
            Self::Job(Job::Scan) => AtCommand::Cwlap,
            Self::Job(Job::Rssi) => AtCommand::Cwjap,
            Self::Job(Job::Ping(_)) => AtCommand::Ping,
            Self::Start(StartStep::Mode | StartStep::AskMode) => AtCommand::Cwmode,
            Self::Start(StartStep::Multiplex) => AtCommand::Cipmux,
            _ => AtCommand::Other,
        }
    }

    /// What the firmware works on for seconds, so that silence is no death: firmwares exist that hear
    /// nothing meanwhile, and carry out afterwards what was sent. How long it may take, in ms.
    pub(crate) fn firmware_ms(self) -> Option<u32> {
        match self {
            // As long as TCP dials, and a TLS handshake on top.
            Self::Connect(_) => Some(45_000),
            Self::Resolve | Self::Join | Self::Job(Job::Scan | Job::Ping(_)) => Some(30_000),
            _ => None,
        }
    }
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
    /// To leave data mode: `+++` alone, with a pause before and behind it.
    LeaveData,
    /// No echo: an unsolicited line inside one couldn't be told from it.
    Echo,
    Version,
    /// What is set isn't to be written to flash.
    Store,
    /// To ask whether it is a station already, where setting it writes flash.
    AskMode,
    /// To be a station.
    Mode,
    /// Five links instead of one.
    Multiplex,
    /// Links left from before keep the modem from changing `AT+CIPMUX`.
    CloseAll,
    /// The same for the one link of a modem that has no more.
    CloseOne,
    /// No data mode, which a program before this one may have left on.
    NormalMode,
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
    Sntp,
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
    /// `+CWMODE:1` or `3`: it is a station.
    pub(crate) is_station: bool,
    /// The number of `+CWJAP:<n>`, 1 to 9.
    pub(crate) join_code: u8,
    /// The bytes of `+SYSRAM:<n>`.
    pub(crate) free_memory: Option<u32>,
}
