//! IP addresses in hosts, and which of them no request can go to. All of it works in constants.

use super::bytes::hex_digit;
use crate::error::TargetClass;
use core::net::{IpAddr, Ipv6Addr, SocketAddr};

/// `::ffff:192.168.1.57` is 192.168.1.57.
#[inline(never)]
const fn mapped(address: &Ipv6Addr) -> Option<u32> {
    let bits = address.to_bits();
    if bits >> 32 == 0xffff { Some(bits as u32) } else { None }
}

/// The IPv4 address that a connection leads to.
pub(crate) const fn ipv4_of(remote: &SocketAddr) -> Option<u32> {
    match remote {
        SocketAddr::V4(remote) => Some(remote.ip().to_bits()),
        SocketAddr::V6(remote) => mapped(remote.ip()),
    }
}

/// What an address is.
pub(crate) const fn classify(address: IpAddr) -> TargetClass {
    let bits = match address {
        IpAddr::V4(address) => return classify_ipv4(address.to_bits()),
        IpAddr::V6(address) => match mapped(&address) {
            Some(bits) => return classify_ipv4(bits),
            None => address.to_bits(),
        },
    };
    match ((bits >> 32 == 0), bits as u32) {
        (true, 0) => TargetClass::Unspecified,
        (true, 1) => TargetClass::Loopback,
        _ if bits >> 120 == 0xff => TargetClass::Multicast,
        _ => TargetClass::Host,
    }
}

const fn classify_ipv4(bits: u32) -> TargetClass {
    match bits >> 24 {
        0 => TargetClass::Unspecified,
        127 => TargetClass::Loopback,
        224..=239 => TargetClass::Multicast,
        _ if bits == u32::MAX => TargetClass::Broadcast,
        _ => TargetClass::Host,
    }
}

/// Whether a text starts with a host that is the local host: `localhost`, anything under
/// `.localhost` (RFC 6761 section 6.3), or 127.x.y.z. A port or a path may follow.
pub(crate) const fn names_localhost(text: &[u8]) -> bool {
    let mut host = text;
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
    if let Some(bits) = parse_ipv4(host) {
        return bits >> 24 == 127;
    }
    // The name from its end: `localhost`, and a dot or nothing in front of it.
    let mut name: &[u8] = b"localhost";
    while let [wanted_front @ .., wanted] = name {
        match host {
            [front @ .., byte] if *byte | 0x20 == *wanted => host = front,
            _ => return false,
        }
        name = wanted_front;
    }
    matches!(host, [] | [.., b'.'])
}

/// Four decimal numbers and three dots. Leading zeros are refused: some read them as octal.
pub(crate) const fn parse_ipv4(text: &[u8]) -> Option<u32> {
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
            (4, []) => return Some(bits),
            (1..=3, [b'.', tail @ ..]) => rest = tail,
            _ => return None,
        }
    }
}

const fn parse_octet(text: &[u8]) -> Option<(u32, &[u8])> {
    match text {
        [b'0', rest @ ..] => Some((0, rest)),
        [b'1'..=b'9', ..] => match parse_number(text) {
            (octet @ 0..=255, rest) => Some((octet, rest)),
            _ => None,
        },
        _ => None,
    }
}

/// The decimal digits at the start of a text, as a number that is right up to 0xFFFF, and what is behind
/// them.
#[cfg_attr(target_pointer_width = "32", inline(never))]
pub(super) const fn parse_number(text: &[u8]) -> (u32, &[u8]) {
    let mut number = 0u32;
    let mut rest = text;
    while let [digit @ b'0'..=b'9', tail @ ..] = rest {
        if number <= 0xFFFF {
            number = number.wrapping_mul(10).wrapping_add((*digit & 15) as u32);
        }
        rest = tail;
    }
    (number, rest)
}

/// Up to eight groups of hex digits, one `::`, and perhaps an IPv4 address at the end
/// (RFC 4291 section 2.2). Zones (`%eth0`) are refused: they mean nothing to a peer.
pub(crate) const fn parse_ipv6(text: &[u8]) -> Option<Ipv6Addr> {
    let mut octets = [0u8; 16];
    // What isn't written yet.
    let mut room: &mut [u8] = &mut octets;
    let mut gap = false;
    // A colon in front of a group is the second one of `::`.
    let mut rest = match text {
        [b':', tail @ ..] if matches!(tail, [b':', ..]) => tail,
        [b':', ..] => return None,
        _ => text,
    };
    while !rest.is_empty() {
        if let [b':', tail @ ..] = rest
            && !gap
        {
            gap = true;
            // It stands for one group at least, and what is behind it ends the address.
            let start = room.len().wrapping_sub(octets_of(tail));
            room = match room.split_at_mut_checked(start) {
                Some(([_, ..], room)) => room,
                _ => return None,
            };
            rest = tail;
            continue;
        }
        let mut group = parse_ipv4(rest);
        let tail: &[u8];
        if let Some(bits) = group {
            room = match room {
                [high, low, room @ ..] => {
                    *high = (bits >> 24) as u8;
                    *low = (bits >> 16) as u8;
                    room
                }
                _ => return None,
            };
            tail = &[];
        } else {
            (group, tail) = parse_group(rest);
        }
        room = match (room, group) {
            ([high, low, room @ ..], Some(bits)) => {
                *high = (bits >> 8) as u8;
                *low = bits as u8;
                room
            }
            _ => return None,
        };
        rest = match tail {
            [] => tail,
            [b':', tail @ ..] if !tail.is_empty() => tail,
            _ => return None,
        };
    }
    if room.is_empty() { Some(Ipv6Addr::from_bits(u128::from_be_bytes(octets))) } else { None }
}

/// The octets that the groups in this text are for, if they are any.
const fn octets_of(text: &[u8]) -> usize {
    let (mut groups, mut has_ipv4) = (!text.is_empty() as usize, false);
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        groups = groups.wrapping_add((*first == b':') as usize);
        has_ipv4 |= *first == b'.';
        rest = tail;
    }
    groups.wrapping_add(has_ipv4 as usize).wrapping_mul(2)
}

/// One to four hex digits, and what is behind them.
#[cfg_attr(target_pointer_width = "32", inline(never))]
pub(super) const fn parse_group(text: &[u8]) -> (Option<u32>, &[u8]) {
    let mut group = 0u32;
    let mut rest = text;
    while let [byte, tail @ ..] = rest
        && let Some(digit) = hex_digit(*byte)
    {
        group = (group << 4) | digit as u32;
        rest = tail;
    }
    match text.len().wrapping_sub(rest.len()) {
        1..=4 => (Some(group), rest),
        _ => (None, rest),
    }
}
