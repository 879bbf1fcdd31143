//! The parts of a URL's text: who stands where, the host, the port; and IP addresses. All of it works in
//! constants, which have no iterators and no `?`, hence the plain loops and matches.

use super::bytes::hex_digit;
use super::url::{Host, Scheme};
use crate::error::{TargetClass, UrlError};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// `text[from..to]`; empty where that isn't in it.
#[cfg_attr(target_pointer_width = "32", inline(never))]
pub(super) const fn part(text: &str, from: usize, to: usize) -> &str {
    match text.split_at_checked(to) {
        Some((text, _)) => match text.split_at_checked(from) {
            Some((_, part)) => part,
            None => "",
        },
        None => "",
    }
}

/// `text[at..]`; empty where that isn't in it.
#[cfg_attr(target_pointer_width = "32", inline(never))]
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
    /// Where it ends, and the port's colon stands; in brackets a colon belongs to the address.
    pub(crate) host_end: usize,
    /// Where the authority ends.
    pub(crate) end: usize,
}

impl Authority {
    /// From `start` in a text, behind its `//`. It ends at the first `/`, `?` or `#`, or with the text. Also
    /// at a `\\`, which browsers take for a `/`: read as part of the user name, it would hide the host from
    /// whoever checks it.
    pub(super) const fn of(text: &[u8], start: usize) -> Self {
        Self::scan(text, start, true)
    }

    /// Of a text that is an authority to its end, whatever it has.
    pub(super) const fn whole(text: &[u8]) -> Self {
        Self::scan(text, 0, false)
    }

    const fn scan(text: &[u8], start: usize, may_end: bool) -> Self {
        let mut host = start;
        let mut colon = None;
        let mut in_brackets = false;
        let mut rest = behind(text, start);
        while let [first, tail @ ..] = rest {
            let at = text.len().wrapping_sub(rest.len());
            match *first {
                // What most hosts are made of.
                b'0'..=b'9' | b'^'.. => {}
                b'/' | b'?' | b'#' | b'\\' if may_end => break,
                b'@' => {
                    host = at.wrapping_add(1);
                    colon = None;
                    in_brackets = false;
                }
                b'[' if at == host => in_brackets = true,
                b']' => in_brackets = false,
                b':' if !in_brackets && colon.is_none() => colon = Some(at),
                _ => {}
            }
            rest = tail;
        }
        let end = text.len().wrapping_sub(rest.len());
        let host_end = match colon {
            Some(colon) => colon,
            None => end,
        };
        Self { host, host_end, end }
    }
}

/// Where the authority at the start of `text` ends.
pub(crate) const fn end_of_authority(text: &[u8]) -> usize {
    Authority::of(text, 0).end
}

/// The `@` in front of the host of an authority.
pub(crate) const fn find_last_at(text: &[u8]) -> Option<usize> {
    Authority::whole(text).host.checked_sub(1)
}

/// Where the host at the start of `text` ends.
pub(crate) const fn end_of_host(text: &[u8]) -> usize {
    Authority::whole(text).host_end
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

pub(super) const fn parse_host(text: &str, start: usize) -> Result<Host<'_>, UrlError> {
    let bytes = text.as_bytes();
    if bytes.is_empty() {
        return Err(UrlError::MissingHost);
    }
    if bytes.len() > MAX_HOST {
        return Err(UrlError::HostTooLong);
    }
    if let [b'[', address @ .., b']'] = bytes {
        return match parse_ipv6(address) {
            Some(address) => Ok(Host::Address(IpAddr::V6(address))),
            None => Err(UrlError::InvalidAddress),
        };
    }
    if let Some(bits) = parse_ipv4(bytes) {
        return Ok(Host::Address(IpAddr::V4(Ipv4Addr::from_bits(bits))));
    }
    let mut rest = bytes;
    // A label has to have something in it (RFC 1034 section 3.5).
    let mut before = b'.';
    let mut label = bytes;
    while let [first, tail @ ..] = rest {
        let fits = first.is_ascii_alphanumeric() || matches!(*first, b'-' | b'_');
        if !fits && (*first != b'.' || before == b'.') {
            let at = start.wrapping_add(bytes.len().wrapping_sub(rest.len()));
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
    let behind_number = match label {
        [b'0', b'x' | b'X', digits @ ..] => parse_group(digits).1,
        _ => parse_number(label).1,
    };
    match behind_number {
        [] | [b'.'] => Err(UrlError::InvalidAddress),
        _ => Ok(Host::Name(text)),
    }
}

/// `:8080`, `:` or nothing.
pub(super) const fn parse_port(text: &[u8], scheme: Scheme) -> Result<u16, UrlError> {
    let [_, digits @ ..] = text else { return Ok(scheme.default_port()) };
    match parse_number(digits) {
        _ if digits.is_empty() => Ok(scheme.default_port()),
        (port @ 1..=0xFFFF, []) => Ok(port as u16),
        // `fe80::1` without its brackets.
        (_, [b':', ..]) => Err(UrlError::InvalidAddress),
        _ => Err(UrlError::InvalidPort),
    }
}

// IP addresses in hosts, and which of them no request can go to.

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
