//! What an event handler may do: report.

use super::{IpConfig, Link, LinkStatus};
use crate::error::DisconnectReason;
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
/// instructions of the main loop can't tear them, and no target needs compare-and-swap for it.
///
/// ```
/// use core::net::Ipv4Addr;
/// use safe_http_client::{DisconnectReason, Link, LinkEvents, LinkStatus};
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
}

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
    /// # use safe_http_client::LinkEvents;
    /// static EVENTS: LinkEvents = LinkEvents::new();
    /// ```
    pub const fn new() -> Self {
        Self { word: AtomicU32::new(0) }
    }

    /// The link got this IPv4 address. An address of 0.0.0.0/8 counts as none.
    ///
    /// ```
    /// # use safe_http_client::{Link, LinkEvents};
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

    /// The link lost its address, but is still on the access point.
    ///
    /// ```
    /// # use safe_http_client::{Link, LinkEvents, LinkStatus};
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
    /// # use safe_http_client::{Link, LinkEvents, LinkError};
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
    /// # use safe_http_client::{DisconnectReason, Link, LinkEvents, LinkStatus};
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

    fn status(&self) -> LinkStatus {
        let word = self.word.load(Ordering::Acquire);
        if word >= FIRST_ADDRESS {
            return LinkStatus::Up(IpConfig::new(IpAddr::V4(Ipv4Addr::from(word))));
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
