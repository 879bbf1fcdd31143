//! TLS in the modem.

use super::error::EspAtError;
use super::modem::Family;
use super::wire::Command;

/// What the modem checks of a TLS server. It is asked for with
/// [`EspAt::with_tls`](super::EspAt::with_tls), so that nobody has TLS without having read this.
///
/// | | NonOS 1.7 | ESP-AT 2.x |
/// |---|---|---|
/// | versions of TLS | up to 1.2 | up to 1.2 |
/// | server's name in the handshake (SNI) | not sent: connections go by address | sent |
/// | [`None`](Self::None) | nothing is checked | nothing is checked |
/// | [`Authority`](Self::Authority) | the certificate's signature, by the CA in flash | the same |
/// | the name in the certificate | never compared | never compared |
///
/// Nothing here compares the certificate's name with the host's: NonOS has no command for it, and
/// ESP-AT's (`AT+CIPSSLCCN`, the Common Name alone) isn't used. What an attacker on the network needs
/// is, with `None`, nothing; with `Authority`, any certificate of the same CA.
///
/// ```
/// # use safe_http_client::{*, esp_at::*};
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
}

/// With less free memory than this a TLS connection isn't even tried. Espressif's build of ESP-AT for
/// the ESP8266 (`module_esp8266_default/sdkconfig.defaults`, 2.2 and 2.3) gives TLS 4,096 bytes for
/// what it sends (`CONFIG_MBEDTLS_SSL_OUT_CONTENT_LEN`), as much as it takes for what it receives
/// (`CONFIG_MBEDTLS_DYNAMIC_BUFFER`), and the link's task a stack of 4,096. What is left of this is
/// 2,048 for the server's certificates, of which one alone has 1,000 or more: a handshake needs more,
/// so no connection that could succeed is refused.
const LEAST_MEMORY: u16 = 10_240;

/// Why not, where the modem has so little memory left.
pub(crate) fn shortage(free: Option<u32>) -> Option<EspAtError> {
    let free = u16::try_from(free?).ok()?;
    (free < LEAST_MEMORY).then_some(EspAtError::OutOfMemory { free })
}

/// The longest name that is sent: what `AT+CIPSSLCSNI` takes.
const NAME: usize = 64;

/// How far the setting-up of TLS for a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TlsState {
    Off,
    /// What is checked is to be set.
    Verification(TlsVerification),
    /// The server's name is to be set; it lies in the driver.
    Name(TlsVerification),
    /// Whether there is memory for it is to be asked.
    Memory(TlsVerification),
    Set(TlsVerification),
}

impl TlsState {
    pub(crate) fn is_off(self) -> bool {
        self == Self::Off
    }

    /// All of it again: the modem was reset, or the link closed.
    pub(crate) fn restart(&mut self) {
        if let Self::Name(verification) | Self::Memory(verification) | Self::Set(verification) =
            *self
        {
            *self = Self::Verification(verification);
        }
    }

    /// Writes the command that sets what is to be set.
    pub(crate) fn spell(self, link: u8, family: Family, name: &[u8], command: &mut Command) {
        match self {
            Self::Off | Self::Memory(_) | Self::Set(_) => {}
            Self::Verification(verification) => {
                command.text("AT+CIPSSLCCONF=");
                if family == Family::EspAt {
                    command.number(link.into()).text(",");
                }
                command.text(match verification {
                    TlsVerification::None => "0",
                    TlsVerification::Authority => "2",
                });
            }
            Self::Name(_) => {
                command.text("AT+CIPSSLCSNI=").number(link.into()).text(",").quoted(name);
            }
        }
    }

    /// A command was answered. False where TLS can't be as it was asked for.
    pub(crate) fn done(&mut self, ok: bool, family: Family, asks_memory: bool) -> bool {
        match *self {
            Self::Off | Self::Memory(_) | Self::Set(_) => {}
            Self::Verification(verification) => {
                // Nothing is what firmware without this command verifies.
                if !ok && verification != TlsVerification::None {
                    return false;
                }
                *self = match family {
                    Family::NonOs => Self::Set(verification),
                    Family::EspAt => Self::Name(verification),
                };
            }
            // Firmware before 2.1 sends no name. A server that needs it refuses; nothing gets less
            // secure.
            Self::Name(verification) if asks_memory => *self = Self::Memory(verification),
            Self::Name(verification) => *self = Self::Set(verification),
        }
        true
    }
}

/// The name of the server that the next TLS connection goes to.
pub(crate) type ServerName = heapless::Vec<u8, NAME>;
