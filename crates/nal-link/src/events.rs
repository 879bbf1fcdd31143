//! What an event handler may do: report.

use crate::{DisconnectReason, IpConfig, Link, LinkStatus};
use core::net::{IpAddr, Ipv4Addr};
use core::sync::atomic::{AtomicU32, Ordering};

/// A mailbox in which a vendor's event handlers report what happened to the link.
///
/// It lives in a `static`. Handlers, interrupts and other threads call [`got_ip`](Self::got_ip),
/// [`lost_ip`](Self::lost_ip), [`associated`](Self::associated) and
/// [`disconnected`](Self::disconnected); the main loop reads the outcome through [`Link`], which
/// `&LinkEvents` implements. A handler can do no more than that: a request needs the
/// [`LoopContext`](crate::LoopContext), which a handler can't have.
///
/// Address and state are one 32-bit word, written and read whole: a handler that comes between two
/// instructions of the main loop can't tear them, and no target needs compare-and-swap for it. Netmask and
/// gateway stand beside it, with the address that they belong to: they are told with that one alone.
///
/// ```
/// use core::net::Ipv4Addr;
/// use nal_link::{DisconnectReason, Link, LinkEvents, LinkStatus};
///
/// static EVENTS: LinkEvents = LinkEvents::new();
///
/// fn on_station_got_ip(address: [u8; 4]) { EVENTS.got_ip(address.into()); }
/// fn on_station_disconnected(reason: u8) {
///     EVENTS.disconnected(DisconnectReason::from_code(reason));
/// }
///
/// on_station_got_ip([192, 168, 1, 57]);
/// assert!(matches!((&EVENTS).link_status(), LinkStatus::Up(_)));
/// on_station_disconnected(201);
/// assert_eq!(
///     (&EVENTS).link_status(),
///     LinkStatus::Disconnected(DisconnectReason::NoAccessPoint)
/// );
/// ```
#[derive(Debug)]
pub struct LinkEvents {
    /// An IPv4 address, or one of the states below. Those look like addresses of 0.0.0.0/8, which
    /// no host can have (RFC 6890), so the two can't be confused.
    word: AtomicU32,
    /// The address that netmask and gateway belong to; 0 while they are written.
    details_of: AtomicU32,
    netmask: AtomicU32,
    gateway: AtomicU32,
    /// Whether a DNS server is set: [`DNS_UNKNOWN`], [`DNS_MISSING`] or [`DNS_SET`].
    dns: AtomicU32,
}

const DNS_UNKNOWN: u32 = 0;
const DNS_MISSING: u32 = 1;
const DNS_SET: u32 = 2;

/// On an access point, no address.
const NO_ADDRESS: u32 = 0x0001_0000;
/// Disconnected: a reason's tag in bits 8..16 and its code in bits 0..8. All zero is the start.
const REASON_TAG_SHIFT: u32 = 8;
/// Words from here on are addresses: the first octet isn't 0.
const FIRST_ADDRESS: u32 = 0x0100_0000;

impl LinkEvents {
    /// A link that is down for no known reason.
    ///
    /// ```
    /// # use nal_link::LinkEvents;
    /// static EVENTS: LinkEvents = LinkEvents::new();
    /// ```
    pub const fn new() -> Self {
        Self {
            word: AtomicU32::new(0),
            details_of: AtomicU32::new(0),
            netmask: AtomicU32::new(0),
            gateway: AtomicU32::new(0),
            dns: AtomicU32::new(DNS_UNKNOWN),
        }
    }

    /// The link got this IPv4 address. An address of 0.0.0.0/8 counts as none.
    ///
    /// ```
    /// # use nal_link::{Link, LinkEvents};
    /// # static EVENTS: LinkEvents = LinkEvents::new();
    /// fn on_got_ip(address: [u8; 4]) { EVENTS.got_ip(address.into()); }
    ///
    /// on_got_ip([192, 168, 1, 57]);
    /// assert!((&EVENTS).link_status().ip_config().is_ok());
    /// ```
    pub fn got_ip(&self, address: Ipv4Addr) {
        let word = u32::from(address);
        self.store(if word < FIRST_ADDRESS { NO_ADDRESS } else { word });
    }

    /// The link got this IPv4 address, with netmask and gateway: what a vendor's got-IP event brings. A
    /// diagnosis tells more with them.
    ///
    /// ```
    /// # use nal_link::{Link, LinkEvents};
    /// # static EVENTS: LinkEvents = LinkEvents::new();
    /// fn on_got_ip(address: [u8; 4], netmask: [u8; 4], gateway: [u8; 4]) {
    ///     EVENTS.got_ip_config(address.into(), netmask.into(), gateway.into());
    /// }
    ///
    /// on_got_ip([192, 168, 0, 20], [255, 255, 255, 0], [192, 168, 1, 1]);
    /// assert!((&EVENTS).link_status().ip_config().unwrap().gateway_is_outside());
    /// ```
    pub fn got_ip_config(&self, address: Ipv4Addr, netmask: Ipv4Addr, gateway: Ipv4Addr) {
        self.details_of.store(0, Ordering::SeqCst);
        self.netmask.store(netmask.into(), Ordering::SeqCst);
        self.gateway.store(gateway.into(), Ordering::SeqCst);
        self.details_of.store(address.into(), Ordering::SeqCst);
        self.got_ip(address);
    }

    /// Whether a DNS server is set. A link with a static address often has none.
    pub fn has_dns(&self, is_set: bool) {
        self.dns.store(if is_set { DNS_SET } else { DNS_MISSING }, Ordering::Release);
    }

    /// The link lost its address, but is still on the access point.
    ///
    /// ```
    /// # use nal_link::{Link, LinkEvents, LinkStatus};
    /// # static EVENTS: LinkEvents = LinkEvents::new();
    /// fn on_dhcp_timeout() { EVENTS.lost_ip(); }
    ///
    /// on_dhcp_timeout();
    /// assert_eq!((&EVENTS).link_status(), LinkStatus::NoAddress);
    /// ```
    pub fn lost_ip(&self) {
        self.store(NO_ADDRESS);
    }

    /// The link is on an access point. That is not an address.
    ///
    /// ```
    /// # use nal_link::{Link, LinkEvents, LinkError};
    /// # static EVENTS: LinkEvents = LinkEvents::new();
    /// fn on_wifi_connected() { EVENTS.associated(); }
    ///
    /// on_wifi_connected();
    /// assert_eq!((&EVENTS).link_status().ip_config(), Err(LinkError::NoAddress));
    /// ```
    pub fn associated(&self) {
        self.store(NO_ADDRESS);
    }

    /// The link is no longer on an access point.
    ///
    /// ```
    /// # use nal_link::{DisconnectReason, Link, LinkEvents, LinkStatus};
    /// # static EVENTS: LinkEvents = LinkEvents::new();
    /// fn on_disconnected(reason: u8) { EVENTS.disconnected(DisconnectReason::from_code(reason)); }
    ///
    /// on_disconnected(202);
    /// let reason = DisconnectReason::WrongPassword;
    /// assert_eq!((&EVENTS).link_status(), LinkStatus::Disconnected(reason));
    /// ```
    pub fn disconnected(&self, reason: DisconnectReason) {
        let (tag, code) = match reason {
            DisconnectReason::Unknown => (0u8, 0),
            DisconnectReason::WrongPassword => (1, 0),
            DisconnectReason::NoAccessPoint => (2, 0),
            DisconnectReason::TimedOut => (3, 0),
            DisconnectReason::Failed => (4, 0),
            DisconnectReason::Code(code) => (5, code),
        };
        self.store((u32::from(tag) << REASON_TAG_SHIFT) | u32::from(code));
    }

    fn store(&self, word: u32) {
        self.word.store(word, Ordering::Release);
    }

    /// The address, and what belongs to it: only what was there before and after it was read.
    fn config_of(&self, address: u32) -> IpConfig {
        let mut config = IpConfig::new(IpAddr::V4(Ipv4Addr::from(address)));
        let before = self.details_of.load(Ordering::SeqCst);
        let netmask = self.netmask.load(Ordering::SeqCst);
        let gateway = self.gateway.load(Ordering::SeqCst);
        let after = self.details_of.load(Ordering::SeqCst);
        if before == address && after == address {
            config = config.with_netmask(netmask.into());
            if gateway != 0 {
                config = config.with_gateway(gateway.into());
            }
        }
        match self.dns.load(Ordering::Acquire) {
            DNS_SET => config.with_dns(true),
            DNS_MISSING => config.with_dns(false),
            _ => config,
        }
    }

    fn status(&self) -> LinkStatus {
        let word = self.word.load(Ordering::Acquire);
        if word >= FIRST_ADDRESS {
            return LinkStatus::Up(self.config_of(word));
        }
        if word == NO_ADDRESS {
            return LinkStatus::NoAddress;
        }
        let [_, _, tag, code] = word.to_be_bytes();
        LinkStatus::Disconnected(match tag {
            1 => DisconnectReason::WrongPassword,
            2 => DisconnectReason::NoAccessPoint,
            3 => DisconnectReason::TimedOut,
            4 => DisconnectReason::Failed,
            5 => DisconnectReason::Code(code),
            _ => DisconnectReason::Unknown,
        })
    }
}

impl Default for LinkEvents {
    fn default() -> Self {
        Self::new()
    }
}

impl Link for &LinkEvents {
    fn link_status(&mut self) -> LinkStatus {
        self.status()
    }
}
