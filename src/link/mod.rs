//! The link below IP: whether it holds an address, and the states of the client that follow.

mod events;
mod state;

pub use events::LinkEvents;
pub use state::{Failed, HasIp, Offline, Online};

#[cfg(feature = "std")]
pub use host::HostLink;

use crate::error::{DisconnectReason, LinkError};
use core::net::{IpAddr, Ipv4Addr};

/// The addresses that a link holds. Only its own address is always known.
///
/// ```
/// use core::net::Ipv4Addr;
/// use safe_http_client::IpConfig;
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
}

impl IpConfig {
    /// An address of which nothing else is known.
    ///
    /// ```
    /// # use {core::net::Ipv4Addr, safe_http_client::IpConfig};
    /// let config = IpConfig::new(Ipv4Addr::new(192, 168, 1, 57).into());
    /// assert_eq!(config.gateway, None);
    /// ```
    pub const fn new(address: IpAddr) -> Self {
        Self { address, netmask: None, gateway: None, rssi_dbm: None }
    }

    /// Adds the IPv4 netmask.
    ///
    /// ```
    /// # use {core::net::Ipv4Addr, safe_http_client::IpConfig};
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
    /// # use {core::net::Ipv4Addr, safe_http_client::IpConfig};
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
    /// # use {core::net::Ipv4Addr, safe_http_client::IpConfig};
    /// # let config = IpConfig::new(Ipv4Addr::new(192, 168, 1, 57).into());
    /// assert_eq!(config.with_rssi(-67).rssi_dbm, Some(-67));
    /// ```
    #[must_use]
    pub const fn with_rssi(mut self, dbm: i8) -> Self {
        self.rssi_dbm = Some(dbm);
        self
    }
}

/// What a link's driver knows of it now.
///
/// ```
/// use safe_http_client::LinkStatus;
///
/// fn lamp(status: LinkStatus) -> &'static str {
///     match status {
///         LinkStatus::Disconnected(_) => "off",
///         LinkStatus::NoAddress => "blinking",
///         LinkStatus::Up(_) => "on",
///     }
/// }
/// assert_eq!(lamp(LinkStatus::NoAddress), "blinking");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
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
    /// use safe_http_client::{IpConfig, LinkError, LinkStatus};
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

/// A network link that can say whether it holds an IP address.
///
/// A driver implements it from what it knows; an application with a vendor's stack can use
/// [`LinkEvents`], which the vendor's event handlers fill in.
///
/// ```
/// use core::net::{IpAddr, Ipv4Addr};
/// use safe_http_client::{DisconnectReason, IpConfig, Link, LinkStatus};
///
/// struct Cable { plugged: bool, address: Ipv4Addr }
/// impl Link for Cable {
///     fn link_status(&mut self) -> LinkStatus {
///         match (self.plugged, self.address) {
///             (false, _) => LinkStatus::Disconnected(DisconnectReason::Unknown),
///             (true, Ipv4Addr::UNSPECIFIED) => LinkStatus::NoAddress,
///             (true, address) => LinkStatus::Up(IpConfig::new(IpAddr::V4(address))),
///         }
///     }
/// }
/// # let mut cable = Cable { plugged: true, address: Ipv4Addr::UNSPECIFIED };
/// # assert_eq!(cable.link_status(), LinkStatus::NoAddress);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` doesn't say whether there is an IP address",
    label = "not a `Link`",
    note = "give what your driver implements `Link` for, or `&EVENTS`: a `static EVENTS: LinkEvents` \
            that your event handlers fill in"
)]
pub trait Link {
    /// The status now. Must not wait.
    ///
    /// ```
    /// use safe_http_client::{DisconnectReason, Link, LinkEvents, LinkStatus};
    /// static EVENTS: LinkEvents = LinkEvents::new();
    /// let status = (&EVENTS).link_status();
    /// assert_eq!(status, LinkStatus::Disconnected(DisconnectReason::Unknown));
    /// ```
    fn link_status(&mut self) -> LinkStatus;

    /// Whether this host has a loopback interface, as a PC does and a chip doesn't. Where it has,
    /// `localhost` and 127.0.0.1 are allowed as targets.
    ///
    /// ```
    /// use safe_http_client::{Link, LinkEvents};
    /// static EVENTS: LinkEvents = LinkEvents::new();
    /// assert!(!(&EVENTS).has_loopback()); // a chip
    /// ```
    fn has_loopback(&self) -> bool {
        false
    }
}

impl<T: Link + ?Sized> Link for &mut T {
    fn link_status(&mut self) -> LinkStatus {
        T::link_status(self)
    }

    fn has_loopback(&self) -> bool {
        T::has_loopback(self)
    }
}

#[cfg(feature = "std")]
mod host {
    use super::{IpConfig, Link, LinkStatus};
    use core::net::{IpAddr, Ipv4Addr};

    /// A PC's link: always up, and with a loopback interface.
    ///
    /// ```
    /// use safe_http_client::{HostLink, Link, LinkStatus};
    /// assert!(matches!(HostLink.link_status(), LinkStatus::Up(_)));
    /// assert!(HostLink.has_loopback());
    /// ```
    #[derive(Debug, Clone, Copy, Default)]
    pub struct HostLink;

    impl Link for HostLink {
        fn link_status(&mut self) -> LinkStatus {
            LinkStatus::Up(IpConfig::new(IpAddr::V4(Ipv4Addr::LOCALHOST)))
        }

        fn has_loopback(&self) -> bool {
            true
        }
    }
}
