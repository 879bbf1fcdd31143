//! What a link can be: its status, its addresses, and why it can't carry a request.

use core::fmt::{self, Display, Formatter};
use core::net::{IpAddr, Ipv4Addr};

/// The addresses that a link holds. Only its own address is always known.
///
/// ```
/// use core::net::Ipv4Addr;
/// use nal_link::IpConfig;
/// let config = IpConfig::new(Ipv4Addr::new(192, 168, 1, 57).into())
///     .with_netmask(Ipv4Addr::new(255, 255, 255, 0))
///     .with_gateway(Ipv4Addr::new(192, 168, 1, 1));
/// assert_eq!(config.gateway, Some(Ipv4Addr::new(192, 168, 1, 1)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct IpConfig {
    /// The link's own address.
    #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
    pub address: IpAddr,
    /// The IPv4 netmask, where it is known.
    #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
    pub netmask: Option<Ipv4Addr>,
    /// The IPv4 gateway, where it is known.
    #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
    pub gateway: Option<Ipv4Addr>,
    /// Signal strength in dBm, on links that have one and know it.
    pub rssi_dbm: Option<i8>,
    /// Whether a DNS server is set; `None` where that isn't known.
    pub has_dns: Option<bool>,
}

impl IpConfig {
    /// An address of which nothing else is known.
    pub const fn new(address: IpAddr) -> Self {
        Self { address, netmask: None, gateway: None, rssi_dbm: None, has_dns: None }
    }

    /// Adds the IPv4 netmask.
    #[must_use]
    pub const fn with_netmask(mut self, netmask: Ipv4Addr) -> Self {
        self.netmask = Some(netmask);
        self
    }

    /// Adds the IPv4 gateway.
    #[must_use]
    pub const fn with_gateway(mut self, gateway: Ipv4Addr) -> Self {
        self.gateway = Some(gateway);
        self
    }

    /// Adds the signal strength in dBm.
    #[must_use]
    pub const fn with_rssi(mut self, dbm: i8) -> Self {
        self.rssi_dbm = Some(dbm);
        self
    }

    /// Says whether a DNS server is set. A link with a static address often has none.
    #[must_use]
    pub const fn with_dns(mut self, is_set: bool) -> Self {
        self.has_dns = Some(is_set);
        self
    }

    /// Whether an address is in the link's own subnet, and so reached without the gateway. `None`
    /// where the netmask isn't known, and for IPv6.
    ///
    /// ```
    /// # use {core::net::Ipv4Addr, nal_link::IpConfig};
    /// let config = IpConfig::new(Ipv4Addr::new(192, 168, 0, 20).into())
    ///     .with_netmask(Ipv4Addr::new(255, 255, 255, 0));
    /// assert_eq!(config.has_in_subnet(Ipv4Addr::new(192, 168, 0, 9).into()), Some(true));
    /// assert_eq!(config.has_in_subnet(Ipv4Addr::new(192, 168, 1, 1).into()), Some(false));
    /// ```
    pub const fn has_in_subnet(&self, other: IpAddr) -> Option<bool> {
        match (self.address, self.netmask, other) {
            (IpAddr::V4(own), Some(netmask), IpAddr::V4(other)) => {
                let differing = own.to_bits() ^ other.to_bits();
                Some(differing & netmask.to_bits() == 0)
            }
            _ => None,
        }
    }

    /// Whether the gateway can't be reached since it is outside of the link's own subnet: a static
    /// address that doesn't fit the network, such as 192.168.0.20 with a gateway of 192.168.1.1.
    /// False where something isn't known, and for the netmasks of point-to-point links (/31, /32).
    ///
    /// ```
    /// # use {core::net::Ipv4Addr, nal_link::IpConfig};
    /// let config = IpConfig::new(Ipv4Addr::new(192, 168, 0, 20).into())
    ///     .with_netmask(Ipv4Addr::new(255, 255, 255, 0))
    ///     .with_gateway(Ipv4Addr::new(192, 168, 1, 1));
    /// assert!(config.gateway_is_outside());
    /// ```
    pub const fn gateway_is_outside(&self) -> bool {
        match (self.gateway, self.netmask) {
            (Some(gateway), Some(netmask)) => {
                !gateway.is_unspecified()
                    && netmask.to_bits() < 0xffff_fffe
                    && matches!(self.has_in_subnet(IpAddr::V4(gateway)), Some(false))
            }
            _ => false,
        }
    }
}

/// What a link's driver knows of it now.
///
/// ```
/// use nal_link::LinkStatus;
///
/// fn lamp(status: LinkStatus) -> &'static str {
///     match status {
///         LinkStatus::Up(_) => "on",
///         LinkStatus::NoAddress => "blinking",
///         _ => "off",
///     }
/// }
/// assert_eq!(lamp(LinkStatus::NoAddress), "blinking");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum LinkStatus {
    /// Not on an access point, or the cable is out.
    Disconnected(DisconnectReason),
    /// On an access point, with no IP address yet. The ESP8266 prints `WIFI CONNECTED` here; a
    /// request made now is the first classic cause of "connection refused".
    NoAddress,
    /// An IP address is held: requests can be made.
    Up(IpConfig),
}

impl LinkStatus {
    /// The addresses if the link is up. An address of 0.0.0.0 counts as none.
    ///
    /// # Errors
    ///
    /// Says why the link isn't up.
    ///
    /// ```
    /// use core::net::Ipv4Addr;
    /// use nal_link::{IpConfig, LinkError, LinkStatus};
    /// let status = LinkStatus::Up(IpConfig::new(Ipv4Addr::UNSPECIFIED.into()));
    /// assert_eq!(status.ip_config(), Err(LinkError::NoAddress));
    /// ```
    pub fn ip_config(self) -> Result<IpConfig, LinkError> {
        self.as_ip_config().copied()
    }

    /// The same, where they stand.
    ///
    /// # Errors
    ///
    /// Says why the link isn't up.
    ///
    /// ```
    /// use nal_link::{LinkError, LinkStatus};
    /// assert_eq!(LinkStatus::NoAddress.as_ip_config(), Err(LinkError::NoAddress));
    /// ```
    pub const fn as_ip_config(&self) -> Result<&IpConfig, LinkError> {
        match self {
            Self::Up(config) if !config.address.is_unspecified() => Ok(config),
            Self::Up(_) | Self::NoAddress => Err(LinkError::NoAddress),
            Self::Disconnected(reason) => Err(LinkError::Disconnected(*reason)),
        }
    }
}

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
    /// The link's [`IpConfig`] has the addresses.
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

    /// What to do about it.
    const fn advice(self) -> &'static str {
        match self {
            Self::Unknown => {
                "join an access point, or plug the cable in; where that is done, see that the link \
                 is told (LinkEvents)"
            }
            Self::WrongPassword => "correct it (upper and lower case count), and join again",
            Self::NoAccessPoint => {
                "check the network's name, that it is on 2.4 GHz, and the distance to it"
            }
            Self::TimedOut => "check the distance to it, and join again",
            Self::Failed | Self::Code(_) => {
                "check the access point and the distance to it, and join again"
            }
        }
    }
}

impl Display for LinkStatus {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disconnected(reason) => write!(f, "down ({reason})"),
            Self::NoAddress => f.write_str("up, without an IP address"),
            Self::Up(config) => write!(f, "up, with the address {}", config.address),
        }
    }
}

impl Display for LinkError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disconnected(reason) => {
                write!(f, "the link is down ({reason}): {}", reason.advice())
            }
            Self::NoAddress => f.write_str(
                "the link is up but has no IP address (being on the access point is not enough): \
                 DHCP hasn't answered; where it never does, check it, or set a static address",
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
