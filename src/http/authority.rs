//! The parts of a URL's text: who stands where, the host, the port. All of it works in constants,
//! which have no iterators and no `?`, hence the plain loops and matches.

use super::address::{parse_group, parse_ipv4, parse_ipv6, parse_number};
use super::url::{Host, Scheme};
use crate::error::UrlError;
use core::net::{IpAddr, Ipv4Addr};

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
