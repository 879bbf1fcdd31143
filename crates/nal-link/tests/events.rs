//! What handlers report is what the main loop reads, whenever it looks.

use core::net::{IpAddr, Ipv4Addr};
use nal_link::{DisconnectReason, IpConfig, Link, LinkError, LinkEvents, LinkStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const OWN: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 57);
const MASK: Ipv4Addr = Ipv4Addr::new(255, 255, 255, 0);
const GATEWAY: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 1);
const NONE: Ipv4Addr = Ipv4Addr::UNSPECIFIED;

fn up(address: Ipv4Addr) -> IpConfig {
    IpConfig::new(address.into())
}

fn config(events: &LinkEvents) -> IpConfig {
    let mut link = events;
    link.link_status().ip_config().unwrap()
}

#[test]
fn the_last_report_is_the_status() {
    let down = LinkStatus::Disconnected;
    let events = LinkEvents::new();
    let mut link = &events;
    assert_eq!(link.link_status(), down(DisconnectReason::Unknown), "at the start");
    type Report = fn(&LinkEvents);
    let reports: [(Report, LinkStatus); 11] = [
        (|e| e.associated(), LinkStatus::NoAddress),
        (|e| e.got_ip(OWN), LinkStatus::Up(up(OWN))),
        (|e| e.lost_ip(), LinkStatus::NoAddress),
        (
            |e| e.got_ip_config(OWN, MASK, GATEWAY),
            LinkStatus::Up(up(OWN).with_netmask(MASK).with_gateway(GATEWAY)),
        ),
        (|e| e.got_ip_config(OWN, MASK, NONE), LinkStatus::Up(up(OWN).with_netmask(MASK))),
        (|e| e.got_ip_config(OWN, NONE, GATEWAY), LinkStatus::Up(up(OWN).with_gateway(GATEWAY))),
        (|e| e.got_ip_config(NONE, MASK, GATEWAY), LinkStatus::NoAddress),
        // What was known of the address isn't known of the one that is reported without it.
        (|e| e.got_ip(OWN), LinkStatus::Up(up(OWN))),
        (|e| e.got_ip(Ipv4Addr::new(0, 0, 0, 1)), LinkStatus::NoAddress),
        (|e| e.got_ip(Ipv4Addr::new(1, 0, 0, 0)), LinkStatus::Up(up(Ipv4Addr::new(1, 0, 0, 0)))),
        (|e| e.got_ip(Ipv4Addr::BROADCAST), LinkStatus::Up(up(Ipv4Addr::BROADCAST))),
    ];
    for (row, (report, status)) in reports.into_iter().enumerate() {
        report(&events);
        assert_eq!(link.link_status(), status, "row {row}");
        let reason = match status {
            LinkStatus::Disconnected(reason) => Some(reason),
            _ => None,
        };
        assert_eq!(events.disconnect_reason(), reason, "row {row}");
    }
    for code in 0..=u8::MAX {
        let reason = DisconnectReason::from_code(code);
        events.disconnected(reason);
        assert_eq!(link.link_status(), down(reason), "code {code}");
        assert_eq!(events.disconnect_reason(), Some(reason), "code {code}");
        events.disconnected(DisconnectReason::Code(code));
        assert_eq!(link.link_status(), down(DisconnectReason::Code(code)), "code {code}");
    }
    events.disconnected(DisconnectReason::Failed);
    assert_eq!(link.link_status(), down(DisconnectReason::Failed));
}

#[test]
fn a_dns_server_is_the_present_addresses() {
    let events = LinkEvents::new();
    events.has_dns(true);
    events.got_ip(OWN);
    assert_eq!(config(&events).has_dns, None, "said of no address");
    for is_set in [true, false, true] {
        events.has_dns(is_set);
        assert_eq!(config(&events).has_dns, Some(is_set));
    }
    events.got_ip(GATEWAY);
    assert_eq!(config(&events).has_dns, None, "said of another address");
    events.got_ip(OWN);
    assert_eq!(config(&events).has_dns, None, "the address was had anew");
    events.has_dns(false);
    events.lost_ip();
    assert_eq!((&events).link_status(), LinkStatus::NoAddress);
}

#[test]
fn a_wrong_subnet_can_be_told_from_events() {
    let events = LinkEvents::new();
    events.got_ip_config(Ipv4Addr::new(192, 168, 0, 20), MASK, GATEWAY);
    assert!(config(&events).gateway_is_outside());
}

/// Netmask, gateway and DNS of the `number`th network, which tell which one it is.
fn network(number: u8) -> (Ipv4Addr, Ipv4Addr, Ipv4Addr, bool) {
    let prefix = 8 + u32::from(number % 24);
    let netmask = Ipv4Addr::from_bits(u32::MAX << (32 - prefix));
    let base = Ipv4Addr::new(10, number, number, number);
    (base, netmask, Ipv4Addr::new(10, number, number, number ^ 0xff), number.is_multiple_of(2))
}

/// Ends the writers also where the reader panics.
struct DoneWhenDropped<'a>(&'a AtomicBool);

impl Drop for DoneWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Hammers the events from `writers` threads, and looks at them all the while. Some reports come in
/// the middle of others.
fn hammer(writers: u8) {
    let events = LinkEvents::new();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _ends_them = DoneWhenDropped(&done);
        for writer in 0..writers {
            let (events, done) = (&events, &done);
            scope.spawn(move || {
                let mut number = writer;
                while !done.load(Ordering::Relaxed) {
                    number = number.wrapping_add(writers);
                    let (address, netmask, gateway, has_dns) = network(number);
                    events.got_ip_config(address, netmask, gateway);
                    if writers == 1 {
                        events.has_dns(has_dns);
                    }
                    if number.is_multiple_of(16) {
                        events.disconnected(DisconnectReason::Code(number));
                    }
                }
            });
        }
        let (mut whole, mut bare, mut with_dns, mut down) = (0u64, 0u64, 0u64, 0u64);
        let mut link = &events;
        let begin = Instant::now();
        // On one busy processor it may take a while until everything was seen.
        while begin.elapsed() < Duration::from_millis(700)
            || (whole == 0 || down == 0) && begin.elapsed() < Duration::from_secs(20)
        {
            match link.link_status() {
                LinkStatus::Up(config) => {
                    let IpAddr::V4(address) = config.address else { panic!("{config:?}") };
                    let number = address.octets()[1];
                    let (own, netmask, gateway, has_dns) = network(number);
                    assert_eq!(address, own, "a torn address");
                    match (config.netmask, config.gateway) {
                        (None, None) => bare += 1,
                        details => {
                            assert_eq!(details, (Some(netmask), Some(gateway)), "of {address}");
                            whole += 1;
                        }
                    }
                    if let Some(told) = config.has_dns {
                        assert_eq!(told, has_dns, "of {address}");
                        with_dns += 1;
                    }
                }
                LinkStatus::Disconnected(DisconnectReason::Code(number)) => {
                    assert!(number.is_multiple_of(16));
                    down += 1;
                }
                other => assert_eq!(other, LinkStatus::Disconnected(DisconnectReason::Unknown)),
            }
        }
        println!("{writers} writers: {whole} whole, {bare} bare, {with_dns} dns, {down} down");
        assert!(whole > 0 && down > 0);
    });
}

#[test]
fn no_address_is_ever_seen_with_anothers_netmask_or_gateway() {
    hammer(1);
}

#[test]
fn nor_where_handlers_interrupt_one_another() {
    hammer(3);
}

#[test]
fn a_link_says_which_and_nobody_is_told_to_wait_who_has_just_waited() {
    for (error, text) in [
        (
            LinkError::Disconnected(DisconnectReason::WrongPassword),
            "the link is down (the access point refused the password): correct it (upper and lower case \
             count), and join again",
        ),
        (
            LinkError::Disconnected(DisconnectReason::NoAccessPoint),
            "the link is down (no access point of that name was found): check the network's name, that \
             it is on 2.4 GHz, and the distance to it",
        ),
        (
            LinkError::Disconnected(DisconnectReason::Unknown),
            "the link is down (for no known reason, or never joined): join an access point, or plug the \
             cable in; where that is done, see that the link is told (LinkEvents)",
        ),
        (
            LinkError::Disconnected(DisconnectReason::Code(8)),
            "the link is down (reason code 8): check the access point and the distance to it, and join \
             again",
        ),
        (
            LinkError::NoAddress,
            "the link is up but has no IP address (being on the access point is not enough): \
             DHCP hasn't answered; where it never does, check it, or set a static address",
        ),
    ] {
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn a_status_can_be_printed() {
    for (status, text) in [
        (
            LinkStatus::Disconnected(DisconnectReason::NoAccessPoint),
            "down (no access point of that name was found)",
        ),
        (LinkStatus::NoAddress, "up, without an IP address"),
        (LinkStatus::Up(up(OWN)), "up, with the address 192.168.1.57"),
    ] {
        assert_eq!(status.to_string(), text);
    }
}
