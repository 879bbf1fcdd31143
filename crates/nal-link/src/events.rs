//! What an event handler may do: report.

use crate::{DisconnectReason, IpConfig, Link, LinkStatus};
use core::net::{IpAddr, Ipv4Addr};
use core::sync::atomic::{AtomicU32, Ordering};

/// A mailbox in which a vendor's event handlers report what happened to the link.
///
/// It lives in a `static`. Handlers, interrupts and other threads report; the main loop reads the
/// outcome through [`Link`], which `&LinkEvents` implements. A handler can do no more than that: a
/// request needs the [`LoopContext`](crate::LoopContext), which a handler can't have.
///
/// Address and state are one 32-bit word, written and read whole: a handler that comes between two
/// instructions of the main loop can't tear them, and no target needs compare-and-swap for it.
/// Netmask and gateway, which don't fit that word, stand beside it with a check sum over the three;
/// where a handler comes in between, the sum doesn't fit, and the reader has an address whose
/// netmask and gateway aren't known: for the moment, or until the next report.
///
/// ```
/// use core::net::Ipv4Addr;
/// use nal_link::{DisconnectReason, Link, LinkEvents, LinkStatus};
///
/// static EVENTS: LinkEvents = LinkEvents::new();
///
/// fn on_station_got_ip(ip: [u8; 4], mask: [u8; 4], gateway: [u8; 4], dns: [u8; 4]) {
///     EVENTS.got_ip_config(ip.into(), mask.into(), gateway.into());
///     EVENTS.has_dns(dns != [0; 4]);
/// }
/// fn on_station_disconnected(reason: u8) {
///     EVENTS.disconnected(DisconnectReason::from_code(reason));
/// }
///
/// on_station_got_ip([192, 168, 1, 57], [255, 255, 255, 0], [192, 168, 1, 1], [0; 4]);
/// let config = (&EVENTS).link_status().ip_config().unwrap();
/// assert_eq!(config.gateway, Some(Ipv4Addr::new(192, 168, 1, 1)));
/// assert_eq!(config.has_dns, Some(false));
///
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
    /// The netmask and the gateway; 0 where they aren't known.
    netmask: AtomicU32,
    gateway: AtomicU32,
    /// [`check_sum`] of the address, the netmask and the gateway that were reported together.
    ///
    /// A tag that only named the address, compared before and after, would fail with an address
    /// that is lost and had again in between, and where one handler interrupts another. A counter
    /// would need a compare-and-swap for the latter. The sum needs no order at all.
    check: AtomicU32,
    /// The address that has a DNS server, and the one that has none: a word each, so that either
    /// fact is read whole and never taken for another address's.
    with_dns: AtomicU32,
    without_dns: AtomicU32,
}

/// On an access point, no address.
const NO_ADDRESS: u32 = 0x0001_0000;
/// Disconnected: a reason's tag in bits 8..16 and its code in bits 0..8. All zero is the start.
const REASON_TAG_SHIFT: u32 = 8;
/// Words from here on are addresses: the first octet isn't 0.
const FIRST_ADDRESS: u32 = 0x0100_0000;

/// Each step is a bijection of the word before and of the one that it takes in: where one of the
/// three belongs to another report, the sum always differs; where two do, all but once in 2^32.
const fn check_sum(address: u32, netmask: u32, gateway: u32) -> u32 {
    let sum = address.wrapping_mul(0x9e37_79b1).rotate_left(13);
    let sum = (sum ^ netmask).wrapping_mul(0x85eb_ca77).rotate_left(13);
    (sum ^ gateway).wrapping_mul(0xc2b2_ae3d)
}

impl LinkEvents {
    /// A link that is down for no known reason.
    pub const fn new() -> Self {
        Self {
            word: AtomicU32::new(0),
            netmask: AtomicU32::new(0),
            gateway: AtomicU32::new(0),
            check: AtomicU32::new(0),
            with_dns: AtomicU32::new(0),
            without_dns: AtomicU32::new(0),
        }
    }

    /// The link got this IPv4 address, and nothing else is known of it. An address of 0.0.0.0/8
    /// counts as none.
    pub fn got_ip(&self, address: Ipv4Addr) {
        self.got_ip_config(address, Ipv4Addr::UNSPECIFIED, Ipv4Addr::UNSPECIFIED);
    }

    /// The link got this IPv4 address, with the netmask and gateway that a vendor's got-IP event
    /// has. An address of 0.0.0.0/8 counts as none; a netmask or gateway of 0.0.0.0 as unknown.
    pub fn got_ip_config(&self, address: Ipv4Addr, netmask: Ipv4Addr, gateway: Ipv4Addr) {
        let (address, netmask, gateway) = (address.to_bits(), netmask.to_bits(), gateway.to_bits());
        if address < FIRST_ADDRESS {
            return self.store(NO_ADDRESS);
        }
        // What was said of an address holds until it is reported anew.
        self.with_dns.store(0, Ordering::Relaxed);
        self.without_dns.store(0, Ordering::Relaxed);
        self.netmask.store(netmask, Ordering::Relaxed);
        self.gateway.store(gateway, Ordering::Relaxed);
        self.check.store(check_sum(address, netmask, gateway), Ordering::Relaxed);
        self.store(address);
    }

    /// Whether the address that the link has now came with a DNS server. To be called after
    /// [`got_ip`](Self::got_ip) or [`got_ip_config`](Self::got_ip_config): it holds until the next
    /// address, and without one it says nothing.
    pub fn has_dns(&self, is_set: bool) {
        let address = self.word.load(Ordering::Relaxed);
        let (says, says_not) = if is_set {
            (&self.with_dns, &self.without_dns)
        } else {
            (&self.without_dns, &self.with_dns)
        };
        says_not.store(0, Ordering::Relaxed);
        says.store(address, Ordering::Relaxed);
    }

    /// The link lost its address, but is still on the access point.
    pub fn lost_ip(&self) {
        self.store(NO_ADDRESS);
    }

    /// The link is on an access point. That is not an address.
    pub fn associated(&self) {
        self.store(NO_ADDRESS);
    }

    /// The link is no longer on an access point.
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

    /// Release, so that a reader that has the address has its details, too.
    fn store(&self, word: u32) {
        self.word.store(word, Ordering::Release);
    }

    /// Why the link isn't on an access point; `None` while it is, with an address or without.
    ///
    /// For a stack that knows the address itself: this takes less flash than [`link_status`](Link::link_status).
    pub fn disconnect_reason(&self) -> Option<DisconnectReason> {
        reason_in(self.word.load(Ordering::Relaxed))
    }

    fn status(&self) -> LinkStatus {
        let word = self.word.load(Ordering::Acquire);
        match reason_in(word) {
            Some(reason) => LinkStatus::Disconnected(reason),
            None if word == NO_ADDRESS => LinkStatus::NoAddress,
            None => LinkStatus::Up(self.config(word)),
        }
    }

    /// An address, with the details that belong to it.
    fn config(&self, address: u32) -> IpConfig {
        let mut config = IpConfig::new(IpAddr::V4(Ipv4Addr::from_bits(address)));
        let netmask = self.netmask.load(Ordering::Relaxed);
        let gateway = self.gateway.load(Ordering::Relaxed);
        if self.check.load(Ordering::Relaxed) == check_sum(address, netmask, gateway) {
            config.netmask = (netmask != 0).then_some(Ipv4Addr::from_bits(netmask));
            config.gateway = (gateway != 0).then_some(Ipv4Addr::from_bits(gateway));
        }
        if self.with_dns.load(Ordering::Relaxed) == address {
            config.has_dns = Some(true);
        } else if self.without_dns.load(Ordering::Relaxed) == address {
            config.has_dns = Some(false);
        }
        config
    }
}

const fn reason_in(word: u32) -> Option<DisconnectReason> {
    if word >= NO_ADDRESS {
        return None;
    }
    let [_, _, tag, code] = word.to_be_bytes();
    Some(match tag {
        1 => DisconnectReason::WrongPassword,
        2 => DisconnectReason::NoAccessPoint,
        3 => DisconnectReason::TimedOut,
        4 => DisconnectReason::Failed,
        5 => DisconnectReason::Code(code),
        _ => DisconnectReason::Unknown,
    })
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
