//! The link below IP: what it has to say.

use crate::{IpConfig, LinkStatus};

/// A network link that can say whether it holds an IP address.
///
/// A driver implements it from what it knows; an application with a vendor's stack can use
/// [`LinkEvents`](crate::LinkEvents), which the vendor's event handlers fill in.
///
/// ```
/// use core::net::{IpAddr, Ipv4Addr};
/// use nal_link::{DisconnectReason, IpConfig, Link, LinkStatus};
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
    fn link_status(&mut self) -> LinkStatus;

    /// Whether this host has a loopback interface, as a PC does and a chip doesn't. Where it has,
    /// `localhost` and 127.0.0.1 are allowed as targets.
    fn has_loopback(&self) -> bool {
        false
    }

    /// The network that this chip spans itself, as an access point: its own address there, with the
    /// netmask. `None` where it spans none. A target in it can't be told from one in the network
    /// that the chip has joined where the two have the same subnet.
    ///
    /// ```
    /// use core::net::Ipv4Addr;
    /// use nal_link::{IpConfig, Link, LinkEvents, LinkStatus};
    ///
    /// /// A chip that is station and access point at once.
    /// struct Both(&'static LinkEvents);
    /// impl Link for Both {
    ///     fn link_status(&mut self) -> LinkStatus {
    ///         self.0.link_status()
    ///     }
    ///     fn own_network(&mut self) -> Option<IpConfig> {
    ///         let address = Ipv4Addr::new(192, 168, 4, 1);
    ///         Some(IpConfig::new(address.into()).with_netmask(Ipv4Addr::new(255, 255, 255, 0)))
    ///     }
    /// }
    /// # static EVENTS: LinkEvents = LinkEvents::new();
    /// # assert!(Both(&EVENTS).own_network().is_some());
    /// ```
    fn own_network(&mut self) -> Option<IpConfig> {
        None
    }
}

impl<T: Link + ?Sized> Link for &mut T {
    fn link_status(&mut self) -> LinkStatus {
        T::link_status(self)
    }

    fn has_loopback(&self) -> bool {
        T::has_loopback(self)
    }

    fn own_network(&mut self) -> Option<IpConfig> {
        T::own_network(self)
    }
}

#[cfg(feature = "std")]
pub use pc::PcLink;

#[cfg(feature = "std")]
mod pc {
    use super::{IpConfig, Link, LinkStatus};
    use core::net::{IpAddr, Ipv4Addr};

    /// A PC's link: always up, and with a loopback interface.
    ///
    /// ```
    /// use nal_link::{Link, LinkStatus, PcLink};
    /// assert!(matches!(PcLink.link_status(), LinkStatus::Up(_)));
    /// assert!(PcLink.has_loopback());
    /// ```
    #[derive(Debug, Clone, Copy, Default)]
    pub struct PcLink;

    impl Link for PcLink {
        fn link_status(&mut self) -> LinkStatus {
            LinkStatus::Up(IpConfig::new(IpAddr::V4(Ipv4Addr::LOCALHOST)))
        }

        fn has_loopback(&self) -> bool {
            true
        }
    }
}
