//! What can go wrong between here and the modem.

use crate::firmware::{AtCommand, Firmware};
use core::fmt;
use embedded_io::ErrorKind;
use embedded_nal::{TcpError, TcpErrorKind};
use nal_link::{DisconnectReason, StackFault};

/// Why the modem didn't do what it was asked.
///
/// Its kind for `embedded-nal` is `PipeClosed` for [`Closed`](Self::Closed) and
/// [`ModemReset`](Self::ModemReset), and `Other` for the rest.
///
/// ```
/// use esp_at::EspAtError;
/// assert!(EspAtError::DeliveryUnknown.to_string().contains("may have been delivered"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum EspAtError {
    /// The serial port failed, or lost bytes.
    Serial(#[cfg_attr(feature = "defmt", defmt(Debug2Format))] ErrorKind),
    /// The modem has answered nothing since it is called: wiring, supply, or another baud rate.
    NoAnswer,
    /// The modem answered until it was given this command, and has been silent since, for longer than
    /// its firmware may take.
    FellSilent(AtCommand),
    /// The modem answers, and its firmware is too old or another one: it refused a command that the
    /// driver can't do without. NonOS AT 1.7 or ESP-AT 2.x is needed.
    UnfitFirmware {
        /// The first number of its version; 0.0 where it tells none.
        major: u8,
        /// The second number of its version.
        minor: u8,
        /// The command that it refused.
        refused: AtCommand,
    },
    /// An answer was lost on the way, and what it would have said can't be found out.
    AnswerMissed,
    /// The modem answered `busy p...` for 25 s, longer than anything it does takes. It is being
    /// restarted.
    Wedged,
    /// The modem answers `busy p...` to everything, `AT+RST` too: its supply has to be switched. It is
    /// told again and again, with pauses.
    TakesNoRestart,
    /// The modem has reset itself since: its power supply, as a rule. The socket is gone.
    ModemReset,
    /// The modem refused a command.
    Rejected,
    /// The five links of the modem are all in use.
    NoFreeSocket,
    /// The socket isn't connected.
    NotConnected,
    /// The connection is closed.
    Closed,
    /// The modem has no address, so it can't connect.
    NoAddress,
    /// The connection didn't come about. The firmware says the same of a reset by the peer, of a
    /// host that doesn't answer, of a missing route, and of TLS that failed: where it verifies, for its
    /// CA, the server's certificate or a clock that isn't set (`AT+CIPSNTPCFG`).
    ConnectFailed,
    /// The modem refused to connect before it sent a packet: `ERROR` at once, and no `CLOSED` behind
    /// it. As a rule it is out of sockets. Where that isn't sure, it is
    /// [`ConnectFailed`](Self::ConnectFailed).
    NotDialled,
    /// The modem has too little memory for a TLS connection.
    OutOfMemory {
        /// Bytes of it that are free (`AT+SYSRAM?`).
        free: u16,
    },
    /// The modem didn't deliver data, or can't tell: `SEND FAIL`.
    SendFailed,
    /// The modem took the data and never said whether they were sent. They may have been delivered,
    /// so they aren't sent again.
    DeliveryUnknown,
    /// Bytes were lost or added on the serial line: what was received can't be trusted.
    Corrupted,
    /// The modem sent data unasked (active mode), and there was no room for them.
    Overrun,
    /// The modem knows IPv4 alone.
    NotIpv4,
    /// The name doesn't resolve.
    NameNotFound,
    /// A name or password has a CR, a LF or a NUL in it, which would end the command line.
    LineEnd,
    /// The name, or another argument, is longer than the firmware takes: 256 bytes for a command line.
    TooLong,
    /// The modem can't set up TLS as it was asked to.
    NoTls,
}

impl fmt::Display for EspAtError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Serial(kind) => return write!(f, "the serial port failed: {kind:?}"),
            Self::NoAnswer => "the modem doesn't answer (wiring, supply or baud rate)",
            Self::FellSilent(command) => {
                return write!(f, "the modem answered until {command}; silent since");
            }
            Self::UnfitFirmware { major, minor, refused } => {
                return write!(
                    f,
                    "the modem answers, but its AT firmware, version {major}.{minor}, refused {refused}: \
                     NonOS AT 1.7 or ESP-AT 2.x is needed"
                );
            }
            Self::AnswerMissed => "an answer of the modem was lost",
            Self::Wedged => "the modem hung: it is restarted",
            Self::TakesNoRestart => "the modem is busy for ever and takes no restart: switch its supply",
            Self::ModemReset => "the modem has reset (check its power supply)",
            Self::Rejected => "the modem refused the command",
            Self::NoFreeSocket => "all five links of the modem are in use",
            Self::NotConnected => "the socket isn't connected",
            Self::Closed => "the connection is closed",
            Self::NoAddress => "the modem has no IP address",
            Self::ConnectFailed => "the modem couldn't connect",
            Self::NotDialled => "the modem refused to connect (out of sockets?)",
            Self::OutOfMemory { free } => {
                return write!(f, "the modem has too little memory for TLS: {free} bytes");
            }
            Self::SendFailed => "the modem couldn't send the data",
            Self::DeliveryUnknown => "the data may have been delivered: the modem doesn't say",
            Self::Corrupted => "bytes were lost or added on the serial line",
            Self::Overrun => "data came unasked, and there was no room for them",
            Self::NotIpv4 => "the modem knows IPv4 alone",
            Self::NameNotFound => "the name doesn't resolve",
            Self::LineEnd => "a name or password has a CR, a LF or a NUL in it",
            Self::TooLong => "the argument is longer than the modem takes",
            Self::NoTls => "the modem can't set up TLS as it was asked to",
        })
    }
}

impl EspAtError {
    /// A firmware refuses a command that the driver can't do without.
    pub(crate) fn unfit(firmware: Firmware, refused: AtCommand) -> Self {
        Self::UnfitFirmware { major: firmware.major, minor: firmware.minor, refused }
    }
}

impl core::error::Error for EspAtError {}

impl TcpError for EspAtError {
    fn kind(&self) -> TcpErrorKind {
        match self {
            Self::Closed | Self::ModemReset => TcpErrorKind::PipeClosed,
            _ => TcpErrorKind::Other,
        }
    }
}

impl From<&EspAtError> for StackFault {
    /// What the driver's error stands for.
    fn from(error: &EspAtError) -> Self {
        match error {
            EspAtError::Serial(_)
            | EspAtError::AnswerMissed
            | EspAtError::Corrupted
            | EspAtError::Overrun => Self::SerialGarbled,
            EspAtError::NoAnswer | EspAtError::FellSilent(_) => Self::ModemSilent,
            EspAtError::Wedged | EspAtError::TakesNoRestart => Self::ModemHung,
            EspAtError::ModemReset => Self::ModemReset,
            EspAtError::UnfitFirmware { .. } => Self::UnfitFirmware,
            EspAtError::NoFreeSocket => Self::NoSocket,
            EspAtError::NotConnected | EspAtError::Closed => Self::Closed,
            EspAtError::NoAddress => Self::NoAddress,
            EspAtError::ConnectFailed => Self::Indistinct,
            EspAtError::NotDialled => Self::NotDialled,
            EspAtError::OutOfMemory { .. } => Self::OutOfMemory,
            EspAtError::SendFailed | EspAtError::DeliveryUnknown => Self::Undelivered,
            EspAtError::NotIpv4 => Self::Unreachable,
            EspAtError::NameNotFound => Self::NameNotFound,
            // What was asked was wrong, not the network.
            EspAtError::Rejected
            | EspAtError::LineEnd
            | EspAtError::TooLong
            | EspAtError::NoTls => Self::Unknown,
        }
    }
}

/// Why an access point wasn't joined. Of the firmware's own numbers, Espressif's *ESP8266 AT
/// Instruction Set* (`AT+CWJAP_CUR`) says that they are "for reference only": a wrong password may come
/// as another.
///
/// ```
/// use esp_at::JoinError;
/// assert_eq!(JoinError::WrongPassword.to_string(), "the access point refused the password");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum JoinError {
    /// `+CWJAP:1`: the access point didn't answer in time.
    TimedOut,
    /// `+CWJAP:2`: the access point refused the password.
    WrongPassword,
    /// `+CWJAP:3`: no access point has this name.
    NoAccessPoint,
    /// `+CWJAP:4`, or no number at all.
    Failed,
    /// On the access point, but DHCP gave no address.
    NoAddress,
    /// The name has no or more than 32 bytes, or the password more than 64; or a CR, a LF or a NUL is in
    /// one of them, which the firmware can't be told.
    Credentials,
    /// The modem itself failed.
    Modem(EspAtError),
}

impl JoinError {
    /// The reason as a link reports it: [`LinkStatus::Disconnected`](nal_link::LinkStatus::Disconnected).
    ///
    /// ```
    /// use esp_at::{JoinError, nal_link::DisconnectReason};
    /// assert_eq!(JoinError::WrongPassword.reason(), DisconnectReason::WrongPassword);
    /// assert_eq!(JoinError::NoAddress.reason(), DisconnectReason::Failed);
    /// ```
    pub const fn reason(self) -> DisconnectReason {
        match self {
            Self::TimedOut => DisconnectReason::TimedOut,
            Self::WrongPassword => DisconnectReason::WrongPassword,
            Self::NoAccessPoint => DisconnectReason::NoAccessPoint,
            Self::Failed | Self::NoAddress | Self::Credentials => DisconnectReason::Failed,
            Self::Modem(_) => DisconnectReason::Unknown,
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimedOut => "the access point didn't answer in time",
            Self::WrongPassword => "the access point refused the password",
            Self::NoAccessPoint => "no access point has this name",
            Self::Failed => "the join failed",
            Self::NoAddress => "the access point gave no IP address",
            Self::Credentials => {
                "no access point has a name or password like this (length, CR, LF, NUL)"
            }
            Self::Modem(error) => return error.fmt(f),
        })
    }
}

impl core::error::Error for JoinError {}
