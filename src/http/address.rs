//! IP addresses in hosts, and which of them no request can go to. All of it works in constants.

use crate::error::TargetClass;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is.
pub(crate) const fn classify(address: IpAddr) -> TargetClass {
    match address {
        IpAddr::V4(address) => classify_ipv4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => classify_ipv4(mapped),
            None if address.is_loopback() => TargetClass::Loopback,
            None if address.is_unspecified() => TargetClass::Unspecified,
            None if address.is_multicast() => TargetClass::Multicast,
            None => TargetClass::Host,
        },
    }
}

const fn classify_ipv4(address: Ipv4Addr) -> TargetClass {
    match address.octets() {
        [0, ..] => TargetClass::Unspecified,
        [127, ..] => TargetClass::Loopback,
        [255, 255, 255, 255] => TargetClass::Broadcast,
        [224..=239, ..] => TargetClass::Multicast,
        _ => TargetClass::Host,
    }
}

/// Whether a text starts with a host that is the local host: `localhost`, anything under
/// `.localhost` (RFC 6761 section 6.3), or 127.x.y.z. A port or a path may follow.
pub(crate) const fn names_localhost(text: &str) -> bool {
    let mut host = text.as_bytes();
    let mut length = 0usize;
    let mut rest = host;
    while let [first, tail @ ..] = rest {
        if matches!(*first, b'/' | b':' | b'?' | b'#') {
            break;
        }
        length = length.wrapping_add(1);
        rest = tail;
    }
    if let Some((name, _)) = host.split_at_checked(length) {
        host = name;
    }
    if let [name @ .., b'.'] = host {
        host = name;
    }
    if let Some(address) = parse_ipv4(host) {
        return matches!(address.octets(), [127, ..]);
    }
    // The last nine bytes, and a dot or nothing in front of them.
    match host {
        [front @ .., l, o, c, a, l2, h, o2, s, t] => {
            matches!(front, [] | [.., b'.'])
                && same(*l, b'l')
                && same(*o, b'o')
                && same(*c, b'c')
                && same(*a, b'a')
                && same(*l2, b'l')
                && same(*h, b'h')
                && same(*o2, b'o')
                && same(*s, b's')
                && same(*t, b't')
        }
        _ => false,
    }
}

const fn same(byte: u8, lower: u8) -> bool {
    byte | 0x20 == lower
}

/// Four decimal numbers and three dots. Leading zeros are refused: some read them as octal.
pub(crate) const fn parse_ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    let mut bits = 0u32;
    let mut octets = 0u8;
    let mut rest = text;
    loop {
        let (octet, tail) = match parse_octet(rest) {
            Some(parts) => parts,
            None => return None,
        };
        bits = (bits << 8) | octet;
        octets = octets.wrapping_add(1);
        match (octets, tail) {
            (4, []) => return Some(Ipv4Addr::from_bits(bits)),
            (1..=3, [b'.', tail @ ..]) => rest = tail,
            _ => return None,
        }
    }
}

const fn parse_octet(text: &[u8]) -> Option<(u32, &[u8])> {
    let (mut octet, mut rest) = match text {
        [b'0', rest @ ..] => return Some((0, rest)),
        [digit @ b'1'..=b'9', rest @ ..] => ((*digit & 15) as u32, rest),
        _ => return None,
    };
    while let [digit @ b'0'..=b'9', tail @ ..] = rest {
        octet = octet.wrapping_mul(10).wrapping_add((*digit & 15) as u32);
        if octet > 255 {
            return None;
        }
        rest = tail;
    }
    Some((octet, rest))
}

/// Up to eight groups of hex digits, one `::`, and perhaps an IPv4 address at the end
/// (RFC 4291 section 2.2). Zones (`%eth0`) are refused: they mean nothing to a peer.
pub(crate) const fn parse_ipv6(text: &[u8]) -> Option<Ipv6Addr> {
    // `front` are the groups in front of `::`, `back` those behind it, each as a number.
    let (mut front, mut front_bits) = (0u128, 0u32);
    let (mut back, mut back_bits) = (0u128, 0u32);
    let mut gap = false;
    let mut rest = text;
    if let [b':', b':', tail @ ..] = rest {
        gap = true;
        rest = tail;
    }
    while !rest.is_empty() {
        let (group, bits, tail) = match parse_ipv4(rest) {
            Some(address) => (address.to_bits(), 32, &[] as &[u8]),
            None => match parse_group(rest) {
                Some((group, tail)) => (group, 16, tail),
                None => return None,
            },
        };
        if gap {
            back = (back << bits) | group as u128;
            back_bits = back_bits.wrapping_add(bits);
        } else {
            front = (front << bits) | group as u128;
            front_bits = front_bits.wrapping_add(bits);
        }
        if front_bits.wrapping_add(back_bits) > 128 {
            return None;
        }
        rest = match tail {
            [] => tail,
            [b':', b':', tail @ ..] if !gap => {
                gap = true;
                tail
            }
            [b':', tail @ ..] if !tail.is_empty() => tail,
            _ => return None,
        };
    }
    match (gap, front_bits.wrapping_add(back_bits)) {
        (false, 128) => Some(Ipv6Addr::from_bits(front)),
        (true, 0) => Some(Ipv6Addr::UNSPECIFIED),
        (true, ..=112) => {
            let high = match front.checked_shl(128u32.saturating_sub(front_bits)) {
                Some(high) => high,
                None => 0,
            };
            Some(Ipv6Addr::from_bits(high | back))
        }
        _ => None,
    }
}

/// One to four hex digits.
const fn parse_group(text: &[u8]) -> Option<(u32, &[u8])> {
    let mut group = 0u32;
    let mut digits = 0u8;
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        let digit = match (*byte as char).to_digit(16) {
            Some(digit) => digit,
            None => break,
        };
        group = (group << 4) | digit;
        digits = digits.wrapping_add(1);
        rest = tail;
        if digits > 4 {
            return None;
        }
    }
    if digits == 0 { None } else { Some((group, rest)) }
}
