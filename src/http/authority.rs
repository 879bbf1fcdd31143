//! The parts of a URL's text: who stands where, the host, the port; and IP addresses. All of it works in
//! constants, which have no iterators and no `?`, hence the plain loops and matches.

use super::bytes::{hex_digit, is};
use super::url::Scheme;
use crate::error::{TargetClass, UrlError};
use core::net::{Ipv6Addr, SocketAddr};

/// `text[at..]`; empty where that isn't in it.
pub(super) const fn behind(text: &[u8], at: usize) -> &[u8] {
    match text.split_at_checked(at) {
        Some((_, behind)) => behind,
        None => &[],
    }
}

pub(super) const fn first_byte(text: &[u8]) -> u8 {
    match text {
        [first, ..] => *first,
        [] => 0,
    }
}

/// Where `://` stands.
pub(super) const fn find(text: &[u8], wanted: &[u8; 3]) -> Option<usize> {
    let [x, y, z] = *wanted;
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        if *first == x && matches!(tail, [b, c, ..] if *b == y && *c == z) {
            return Some(text.len().wrapping_sub(rest.len()));
        }
        rest = tail;
    }
    None
}

/// Whether a text has the one byte, and not the other in front of it.
#[cfg_attr(target_pointer_width = "32", inline(never))]
pub(super) const fn has_before(text: &[u8], wanted: u8, end: u8) -> bool {
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        if *first == wanted {
            return true;
        }
        if *first == end {
            return false;
        }
        rest = tail;
    }
    false
}

/// Where the parts of an authority stand: `user:password@host:port` (RFC 3986 section 3.2).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Authority {
    /// Where the host starts: behind the last `@`, if there is one.
    pub(crate) host: usize,
    /// Where the host ends: at the colon in front of a port, or with the authority.
    pub(crate) host_end: usize,
    /// Where the authority ends.
    pub(crate) end: usize,
}

impl Authority {
    /// From `start` in a text, behind its `//`. It ends at the first `/`, `?` or `#`, or with the text. Also
    /// at a `\\`, which browsers take for a `/`: read as part of the user name, it would hide the host from
    /// whoever checks it.
    pub(crate) const fn of(text: &[u8], start: usize) -> Self {
        Self::scan(text, start, true)
    }

    /// Of a text that is an authority to its end, whatever it has.
    pub(super) const fn whole(text: &[u8]) -> Self {
        Self::scan(text, 0, false)
    }

    const fn scan(text: &[u8], start: usize, may_end: bool) -> Self {
        let (mut host, mut colon) = (start, usize::MAX);
        let mut at = start;
        let mut rest = behind(text, start);
        while let [first, tail @ ..] = rest {
            match *first {
                b'/' | b'?' | b'#' | b'\\' if may_end => break,
                b'@' => (host, colon) = (at.wrapping_add(1), usize::MAX),
                b':' if colon > at => colon = at,
                // Those in brackets belong to an address.
                b']' => colon = usize::MAX,
                _ => {}
            }
            at = at.wrapping_add(1);
            rest = tail;
        }
        Self { host, host_end: if colon < at { colon } else { at }, end: at }
    }
}

/// The `@` in front of the host of an authority.
pub(crate) const fn find_last_at(text: &[u8]) -> Option<usize> {
    Authority::whole(text).host.checked_sub(1)
}

/// What begins with the first byte that is a `#`, or has to be percent-encoded: space, control or non-ASCII.
#[inline(never)]
pub(super) const fn from_unsafe(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let [0x21..=0x22 | 0x24..=0x7E, tail @ ..] = rest {
        rest = tail;
    }
    rest
}

/// What follows the characters that a scheme may have (RFC 3986 section 3.1), and which letters those are, as
/// [`letter`] has them. (A digit is taken for a letter, too.)
pub(super) const fn behind_scheme(text: &[u8]) -> (&[u8], u32) {
    let (mut rest, mut letters) = (text, 0);
    while let [byte @ (b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'+' | b'-' | b'.'), tail @ ..] =
        rest
    {
        letters |= letter(*byte);
        rest = tail;
    }
    (rest, letters)
}

/// A letter as one bit, in either case.
pub(super) const fn letter(byte: u8) -> u32 {
    1 << (byte & 31)
}

/// The scheme that a text starts with, in any case, and where what follows its `://` stands.
#[cfg_attr(target_pointer_width = "32", inline(never))]
pub(super) const fn scheme_of(text: &[u8]) -> Option<(Scheme, usize)> {
    let [h, t1, t2, p, rest @ ..] = text else { return None };
    // Bit 5 makes a letter lower case.
    if u32::from_be_bytes([*h, *t1, *t2, *p]) | 0x2020_2020 != u32::from_be_bytes(*b"http") {
        return None;
    }
    let (scheme, rest) = match rest {
        [b's' | b'S', rest @ ..] => (Scheme::Https, rest),
        _ => (Scheme::Http, rest),
    };
    match rest {
        [b':', b'/', b'/', rest @ ..] => Some((scheme, text.len().wrapping_sub(rest.len()))),
        _ => None,
    }
}

/// The longest name that DNS allows (RFC 1035 section 2.3.4), as text.
pub(super) const MAX_HOST: usize = 253;

/// Whether a host that is no address is a name. It starts at `start` of its URL.
pub(super) const fn check_name(host: &[u8], start: usize) -> Result<(), UrlError> {
    let mut rest = host;
    // A label has to have something in it (RFC 1034 section 3.5).
    let mut before = b'.';
    let mut label = host;
    while let [first, tail @ ..] = rest {
        let fits = first.is_ascii_alphanumeric() || matches!(*first, b'-' | b'_');
        if !fits && (*first != b'.' || before == b'.') {
            let at = start.wrapping_add(host.len().wrapping_sub(rest.len()));
            return Err(UrlError::InvalidHost { at, byte: *first });
        }
        if *first == b'.' && !tail.is_empty() {
            label = tail;
        }
        before = *first;
        rest = tail;
    }
    // A last label that is a number, also a hexadecimal one, is no name (RFC 1123 section 2.1), but meant
    // as IPv4.
    let (digits, radix) = match label {
        [b'0', b'x' | b'X', digits @ ..] => (digits, 16),
        _ => (label, 10),
    };
    match parse_number(digits, radix).1 {
        [] | [b'.'] => Err(UrlError::InvalidAddress),
        _ => Ok(()),
    }
}

/// `:8080`, `:` or nothing.
pub(super) const fn parse_port(text: &[u8], default: u16) -> Result<u16, UrlError> {
    let [_, digits @ ..] = text else { return Ok(default) };
    match parse_number(digits, 10) {
        _ if digits.is_empty() => Ok(default),
        (port @ 1..=0xFFFF, []) => Ok(port as u16),
        _ => Err(UrlError::InvalidPort),
    }
}

// IP addresses in hosts, and which of them no request can go to.

/// The IPv4 address that a connection leads to. `::ffff:192.168.1.57` is 192.168.1.57.
#[inline(never)]
pub(crate) const fn ipv4_of(remote: &SocketAddr) -> Option<u32> {
    match remote {
        SocketAddr::V4(remote) => Some(remote.ip().to_bits()),
        SocketAddr::V6(remote) => {
            let bits = remote.ip().to_bits();
            if bits >> 32 == 0xffff { Some(bits as u32) } else { None }
        }
    }
}

/// What the address that a connection leads to is.
pub(crate) const fn classify(remote: &SocketAddr) -> TargetClass {
    match (ipv4_of(remote), remote) {
        (Some(bits), _) => classify_ipv4(bits),
        (None, SocketAddr::V6(remote)) if remote.ip().is_unspecified() => TargetClass::Unspecified,
        (None, SocketAddr::V6(remote)) if remote.ip().is_loopback() => TargetClass::Loopback,
        (None, SocketAddr::V6(remote)) if remote.ip().is_multicast() => TargetClass::Multicast,
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

/// Whether a name is the local host's: `localhost`, or anything under `.localhost` (RFC 6761 section 6.3).
pub(crate) const fn names_localhost(name: &[u8]) -> bool {
    let name = match name {
        [name @ .., b'.'] => name,
        _ => name,
    };
    match name.split_last_chunk::<9>() {
        Some((front, name)) => is(name, b"localhost") && matches!(front, [] | [.., b'.']),
        None => false,
    }
}

/// Four decimal numbers and three dots. Leading zeros are refused: some read them as octal.
pub(crate) const fn parse_ipv4(text: &[u8]) -> Option<u32> {
    /// Of an octet without a digit.
    const NONE: u32 = u32::MAX;
    let (mut bits, mut octets, mut octet) = (0u32, 0u8, NONE);
    let mut rest = text;
    loop {
        if let [digit @ b'0'..=b'9', tail @ ..] = rest {
            let digit = (*digit & 15) as u32;
            octet = match octet {
                NONE => digit,
                1..=25 => octet.wrapping_mul(10).wrapping_add(digit),
                _ => return None,
            };
            rest = tail;
            continue;
        }
        if octet > 255 {
            return None;
        }
        bits = (bits << 8) | octet;
        octets = octets.wrapping_add(1);
        match (octets, rest) {
            (4, []) => return Some(bits),
            (1..=3, [b'.', tail @ ..]) => (octet, rest) = (NONE, tail),
            _ => return None,
        }
    }
}

/// The digits at the start of a text, as a number that is right up to 0xFFFF, and what is behind them.
#[cfg_attr(target_pointer_width = "32", inline(never))]
pub(super) const fn parse_number(text: &[u8], radix: u8) -> (u32, &[u8]) {
    let mut number = 0u32;
    let mut rest = text;
    while let [byte, tail @ ..] = rest
        && let Some(digit) = hex_digit(*byte)
        && digit < radix
    {
        if number <= 0xFFFF {
            number = number.wrapping_mul(radix as u32).wrapping_add(digit as u32);
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
        if let Some(bits) = parse_ipv4(rest) {
            // It ends the address.
            room = match room.split_first_chunk_mut() {
                Some((slots, room)) => {
                    *slots = bits.to_be_bytes();
                    room
                }
                None => return None,
            };
            break;
        }
        let (group, tail) = parse_number(rest, 16);
        let digits = rest.len().wrapping_sub(tail.len());
        room = match (room.split_first_chunk_mut(), digits) {
            (Some((slots, room)), 1..=4) => {
                *slots = (group as u16).to_be_bytes();
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
