//! What a link can be: its status and its addresses.

use super::DisconnectReason;
use super::LinkError;
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
    ///
    /// ```
    /// # use {core::net::Ipv4Addr, nal_link::IpConfig};
    /// let config = IpConfig::new(Ipv4Addr::new(192, 168, 1, 57).into());
    /// assert_eq!(config.gateway, None);
    /// ```
    pub const fn new(address: IpAddr) -> Self {
        Self { address, netmask: None, gateway: None, rssi_dbm: None, has_dns: None }
    }

    /// Adds the IPv4 netmask.
    ///
    /// ```
    /// # use {core::net::Ipv4Addr, nal_link::IpConfig};
    /// # let config = IpConfig::new(Ipv4Addr::new(192, 168, 1, 57).into());
    /// let config = config.with_netmask(Ipv4Addr::new(255, 255, 255, 0));
    /// assert_eq!(config.netmask, Some(Ipv4Addr::new(255, 255, 255, 0)));
    /// ```
    #[must_use]
    pub const fn with_netmask(mut self, netmask: Ipv4Addr) -> Self {
        self.netmask = Some(netmask);
        self
    }

    /// Adds the IPv4 gateway.
    ///
    /// ```
    /// # use {core::net::Ipv4Addr, nal_link::IpConfig};
    /// # let config = IpConfig::new(Ipv4Addr::new(192, 168, 1, 57).into());
    /// let config = config.with_gateway(Ipv4Addr::new(192, 168, 1, 1));
    /// assert_eq!(config.gateway, Some(Ipv4Addr::new(192, 168, 1, 1)));
    /// ```
    #[must_use]
    pub const fn with_gateway(mut self, gateway: Ipv4Addr) -> Self {
        self.gateway = Some(gateway);
        self
    }

    /// Adds the signal strength in dBm.
    ///
    /// ```
    /// # use {core::net::Ipv4Addr, nal_link::IpConfig};
    /// # let config = IpConfig::new(Ipv4Addr::new(192, 168, 1, 57).into());
    /// assert_eq!(config.with_rssi(-67).rssi_dbm, Some(-67));
    /// ```
    #[must_use]
    pub const fn with_rssi(mut self, dbm: i8) -> Self {
        self.rssi_dbm = Some(dbm);
        self
    }

    /// Says whether a DNS server is set. A link with a static address often has none.
    ///
    /// ```
    /// # use {core::net::Ipv4Addr, nal_link::IpConfig};
    /// # let config = IpConfig::new(Ipv4Addr::new(192, 168, 1, 57).into());
    /// assert_eq!(config.with_dns(false).has_dns, Some(false));
    /// ```
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
///         LinkStatus::Disconnected(_) => "off",
///         LinkStatus::NoAddress => "blinking",
///         LinkStatus::Up(_) => "on",
///         _ => "dim",
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
        match self {
            Self::Up(config) if !config.address.is_unspecified() => Ok(config),
            Self::Up(_) | Self::NoAddress => Err(LinkError::NoAddress),
            Self::Disconnected(reason) => Err(LinkError::Disconnected(reason)),
        }
    }
}
