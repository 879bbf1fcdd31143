//! TLS in the modem: what it verifies, and how it is set up for a link.

use crate::error::EspAtError;
use crate::firmware::Family;
use crate::wire::Command;
use nal_link::Verification;

/// What the modem checks of a TLS server. It is asked for with
/// [`EspAt::with_tls`](crate::EspAt::with_tls), so that nobody has TLS without having read this.
///
/// | | NonOS 1.7 | ESP-AT 2.x |
/// |---|---|---|
/// | versions of TLS | up to 1.2 | up to 1.2 |
/// | server's name in the handshake (SNI) | not sent: connections go by address | sent |
/// | room for the server's certificates | 4,096 bytes (`AT+CIPSSLSIZE`), of which it begins with half | its own affair |
/// | [`None`](Self::None) | nothing is checked | nothing is checked |
/// | [`Authority`](Self::Authority) | the certificate's signature, by the CA in flash | the same |
/// | [`CommonName`](Self::CommonName) | refused: it has no command for that | that, and the Common Name |
/// | the alternative names in the certificate | never compared | the firmware's own affair |
///
/// What an attacker on the network needs is, with `None`, nothing; with `Authority`, any certificate of the
/// same CA; with `CommonName`, one that the CA has issued to this name. Whether it has expired
/// the modem can tell once it knows the time: [`Setting::Sntp`](crate::Setting::Sntp). A client's evidence says what
/// isn't verified of the first two.
///
/// ```
/// # use {esp_at::*, nal_link::*};
/// # static RX: SerialRx<64> = SerialRx::new();
/// # let mut tx = [0; 64];
/// # let serial = RX.with_tx(&mut tx[..]);
/// let modem = EspAt::new(serial, FnClock(|| 0)).with_tls(TlsVerification::Authority);
/// assert!(modem.has_tls());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TlsVerification {
    /// Encrypted, to whoever answers. Nothing is verified: it keeps out who only listens.
    None,
    /// The modem verifies the certificate's chain with the CA that was flashed into it. With no CA
    /// there connections fail.
    Authority,
    /// The same, and the certificate has the host of the URL as its Common Name (`AT+CIPSSLCCN`). Hosts that
    /// are addresses, and firmware without that command, are refused before anything is connected.
    CommonName,
}

impl TlsVerification {
    /// The same in a client's words.
    pub(crate) const fn evidence(self) -> Verification {
        match self {
            Self::None => Verification::NotVerified,
            Self::Authority => Verification::NameNotVerified,
            Self::CommonName => Verification::Verified,
        }
    }
}

/// With less free memory than this a TLS connection isn't even tried. Espressif's build of ESP-AT for
/// the ESP8266 (`module_esp8266_default/sdkconfig.defaults`, 2.2 and 2.3) gives TLS 4,096 bytes for
/// what it sends (`CONFIG_MBEDTLS_SSL_OUT_CONTENT_LEN`), as much as it takes for what it receives
/// (`CONFIG_MBEDTLS_DYNAMIC_BUFFER`), and the link's task a stack of 4,096. What is left of this is
/// 2,048 for the server's certificates, of which one alone has 1,000 or more: a handshake needs more,
/// so no connection that could succeed is refused.
const LEAST_MEMORY: u16 = 10_240;

/// The error of a modem that has so little memory left; `None` where it has enough, or didn't tell.
pub(crate) fn shortage(free: Option<u32>) -> Option<EspAtError> {
    let free = u16::try_from(free?).ok()?;
    (free < LEAST_MEMORY).then_some(EspAtError::OutOfMemory { free })
}

/// The longest name that `AT+CIPSSLCSNI` takes.
const LONGEST_NAME: usize = 64;

/// The name of the server that the next TLS connection goes to.
pub(crate) type ServerName = heapless::Vec<u8, LONGEST_NAME, u8>;

/// The setting-up of TLS for a link: a command each for what it needs, and then its connect.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TlsSetup {
    verification: TlsVerification,
    needs: TlsNeed,
    /// The modem is asked for its free memory first.
    memory_check: bool,
    /// The modem can tell its free memory: ESP-AT.
    pub(crate) tells_memory: bool,
}

/// What has to come before the connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TlsNeed {
    /// To say what is verified.
    Verification,
    /// To have room for servers' certificates: NonOS begins with 2,048 bytes.
    Size,
    /// To say which name the certificate has to have: the server's, which lies in the driver.
    CommonName,
    /// To say the server's name.
    Name,
    /// To ask whether there is memory for it.
    Memory,
    Nothing,
}

impl TlsSetup {
    pub(crate) fn new(verification: TlsVerification, memory_check: bool) -> Self {
        let needs = TlsNeed::Verification;
        Self { verification, needs, memory_check, tells_memory: false }
    }

    pub(crate) fn needs(&self) -> TlsNeed {
        self.needs
    }

    /// All of it again: the modem was reset, or the link closed.
    pub(crate) fn restart(&mut self) {
        self.needs = TlsNeed::Verification;
    }

    /// There is memory for it.
    pub(crate) fn memory_suffices(&mut self) {
        self.needs = TlsNeed::Nothing;
    }

    /// Writes the command for what it needs next.
    pub(crate) fn spell(&self, link: u8, family: Family, name: &[u8], command: &mut Command) {
        match self.needs {
            TlsNeed::Verification => {
                command.text("AT+CIPSSLCCONF=");
                if family == Family::EspAt {
                    command.number(link.into()).text(",");
                }
                command.text(match self.verification {
                    TlsVerification::None => "0",
                    TlsVerification::Authority | TlsVerification::CommonName => "2",
                });
            }
            TlsNeed::Size => {
                command.text("AT+CIPSSLSIZE=4096");
            }
            TlsNeed::CommonName => {
                command.text("AT+CIPSSLCCN=").number(link.into()).text(",").quoted(name);
            }
            TlsNeed::Name => {
                command.text("AT+CIPSSLCSNI=").number(link.into()).text(",").quoted(name);
            }
            TlsNeed::Memory | TlsNeed::Nothing => {}
        }
    }

    /// A command was answered, by `OK` or not. False where TLS can't be as it was asked for.
    pub(crate) fn answered(&mut self, ok: bool, family: Family) -> bool {
        self.tells_memory = family == Family::EspAt;
        match self.needs {
            // Firmware without this command verifies nothing.
            TlsNeed::Verification if !ok && self.verification != TlsVerification::None => {
                return false;
            }
            TlsNeed::Verification => {
                self.needs = match (family, self.verification) {
                    // It has no command for it.
                    (Family::NonOs, TlsVerification::CommonName) => return false,
                    (Family::NonOs, _) => TlsNeed::Size,
                    (Family::EspAt, TlsVerification::CommonName) => TlsNeed::CommonName,
                    (Family::EspAt, _) => TlsNeed::Name,
                };
            }
            // Without it some servers can't be reached; nothing gets less secure.
            TlsNeed::Size => self.needs = TlsNeed::Nothing,
            TlsNeed::CommonName if !ok => return false,
            TlsNeed::CommonName => self.needs = TlsNeed::Name,
            // Firmware before 2.1 sends no name. A server that needs it refuses; nothing gets less
            // secure.
            TlsNeed::Name if self.memory_check => self.needs = TlsNeed::Memory,
            TlsNeed::Name => self.needs = TlsNeed::Nothing,
            TlsNeed::Memory | TlsNeed::Nothing => {}
        }
        true
    }
}
