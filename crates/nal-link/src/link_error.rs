//! Why a link can't carry a request.

use core::fmt::{self, Display, Formatter};

/// Why the link can't carry a request.
///
/// ```
/// use nal_link::{DisconnectReason, LinkError};
/// let error = LinkError::Disconnected(DisconnectReason::WrongPassword);
/// assert!(error.to_string().contains("the access point refused the password"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum LinkError {
    /// Not on an access point (or the cable is out).
    Disconnected(DisconnectReason),
    /// On an access point, but without an IP address: DHCP hasn't answered yet.
    NoAddress,
    /// The gateway isn't in the subnet of the link's own address, and the target is behind it.
    GatewayOutsideSubnet,
    /// The target is a name, and no DNS server is set.
    NoDnsServer,
}

/// Why a link went down, as far as its driver knows.
///
/// ```
/// use nal_link::DisconnectReason;
/// // The ESP8266's REASON_AUTH_FAIL.
/// assert_eq!(DisconnectReason::from_code(202), DisconnectReason::WrongPassword);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum DisconnectReason {
    /// Nothing is known; also the state before the first connection.
    #[default]
    Unknown,
    /// The access point refused the password.
    WrongPassword,
    /// No access point with that name was found.
    NoAccessPoint,
    /// The access point didn't answer in time.
    TimedOut,
    /// The join failed for another reason.
    Failed,
    /// A reason code of IEEE 802.11 or of the vendor's SDK that isn't one of the above.
    Code(u8),
}

impl DisconnectReason {
    /// From the reason code that Espressif's SDKs report in a disconnect event (IEEE 802.11 codes
    /// below 200, Espressif's own from 200).
    ///
    /// ```
    /// use nal_link::DisconnectReason;
    /// assert_eq!(DisconnectReason::from_code(201), DisconnectReason::NoAccessPoint);
    /// assert_eq!(DisconnectReason::from_code(8), DisconnectReason::Code(8));
    /// ```
    pub const fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Unknown,
            // 4-way handshake timeout, MIC failure, AUTH_FAIL, HANDSHAKE_TIMEOUT: the key is wrong.
            14 | 15 | 202 | 204 => Self::WrongPassword,
            201 => Self::NoAccessPoint,
            // Espressif's BEACON_TIMEOUT.
            200 => Self::TimedOut,
            203 => Self::Failed,
            other => Self::Code(other),
        }
    }
}

impl Display for DisconnectReason {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("for no known reason, or never joined"),
            Self::WrongPassword => f.write_str("the access point refused the password"),
            Self::NoAccessPoint => f.write_str("no access point of that name was found"),
            Self::TimedOut => f.write_str("the access point didn't answer in time"),
            Self::Failed => f.write_str("the join failed"),
            Self::Code(code) => write!(f, "reason code {code}"),
        }
    }
}

impl Display for LinkError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disconnected(reason) => {
                write!(f, "the link is down ({reason})")
            }
            Self::NoAddress => f.write_str(
                "the link has no IP address (being on the access point is not enough): check DHCP",
            ),
            Self::GatewayOutsideSubnet => f.write_str(
                "the gateway isn't in the subnet of this link's own address, so nothing beyond \
                 that subnet can be reached: correct the static address, netmask or gateway, or \
                 use DHCP",
            ),
            Self::NoDnsServer => f.write_str(
                "the host is a name and no DNS server is set: set one along with the static \
                 address, use DHCP, or give the host's address",
            ),
        }
    }
}

impl core::error::Error for LinkError {}
