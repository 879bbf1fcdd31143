//! Where an answer leads: the URL in a `Location`, a `Content-Location` or a `Refresh`.

use super::answer::contains;
use crate::http::authority::{end_of_authority, end_of_host, find_last_at};
use crate::http::authority::{parse_ipv4, parse_ipv6};
use crate::http::bytes::trim;
use core::fmt::{self, Write};
use core::net::IpAddr;

/// Words of a captive portal's host or path.
const PORTALS: &[&[u8]] = &[
    b"captive",
    b"portal",
    b"hotspot",
    b"splash",
    b"nodogsplash",
    b"coova",
    b"chilli",
    b"guest",
    b"wifi-login",
    b"wlan",
    b"generate_204",
];

/// Words of any login's.
const LOGINS: &[&[u8]] = &[b"login", b"signin", b"sign-in", b"auth", b"sso", b"wifi"];

/// A whole URL that an answer leads to: `http://host/`, `https://host/` or `//host/`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Location<'h> {
    pub(super) is_https: bool,
    /// There is a scheme in front of it.
    has_scheme: bool,
    pub(super) host: &'h [u8],
    /// The port with its colon, if there is one.
    port: &'h [u8],
    /// Behind host and port, up to the query.
    path: &'h [u8],
}

/// The scheme of a URL, where it is neither `http` nor `https`: `app` of `app://open`.
pub(super) fn other_scheme(value: &[u8]) -> Option<&[u8]> {
    let colon = value.iter().position(|byte| *byte == b':')?;
    let scheme = value.get(..colon)?;
    let [first, rest @ ..] = scheme else { return None };
    let is_scheme = first.is_ascii_alphabetic()
        && rest.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
    let is_http = scheme.eq_ignore_ascii_case(b"http") || scheme.eq_ignore_ascii_case(b"https");
    (is_scheme && !is_http).then_some(scheme)
}

/// Where a page leads by itself: `<meta http-equiv="refresh" content="0; url=...">`, or a script that sets
/// `location`.
pub(super) fn of_page(page: &[u8]) -> Option<Location<'_>> {
    let behind = |words: &[u8]| {
        let at = page.windows(words.len()).position(|it| it.eq_ignore_ascii_case(words))?;
        page.get(at.wrapping_add(words.len())..)
    };
    if let Some(meta) = behind(b"http-equiv=\"refresh\"").or_else(|| behind(b"http-equiv=refresh"))
    {
        let at = meta.windows(4).position(|it| it.eq_ignore_ascii_case(b"url="))?;
        return Location::of("refresh", meta.get(at..)?);
    }
    let script = behind(b"location.href").or_else(|| behind(b"location.replace"));
    let script = script.or_else(|| behind(b"window.location"))?;
    let quote = script.iter().position(|byte| matches!(byte, b'"' | b'\''))?;
    // Only what is assigned at once.
    let url = script.get(quote.wrapping_add(1)..).filter(|_| quote <= 4)?;
    Location::of("location", url)
}

/// Host, port with its colon, and what is behind them.
fn split(rest: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (authority, behind) = rest.split_at_checked(end_of_authority(rest))?;
    let authority = match find_last_at(authority) {
        Some(at) => authority.get(at.wrapping_add(1)..)?,
        None => authority,
    };
    let (host, port) = authority.split_at_checked(end_of_host(authority))?;
    Some((host, port, behind))
}

impl<'h> Location<'h> {
    /// The URL that a header names, in `Refresh` behind `url=`. `None` for a path alone, which stays where
    /// it is, whatever stands in its query.
    pub(super) fn of(header: &str, value: &'h [u8]) -> Option<Self> {
        let mut text = trim(value);
        if header == "refresh" {
            text = trim(text.get(text.iter().position(|&byte| byte == b'=')?.wrapping_add(1)..)?);
            while let [b'"' | b'\'', inner @ ..] = text {
                text = inner;
            }
        }
        // A quoted URL ends with its quote.
        let end = text.iter().position(|byte| matches!(byte, b'"' | b'\''));
        text = text.get(..end.unwrap_or(text.len()))?;
        let slashes = text.windows(2).position(|two| two == b"//")?;
        let scheme = text.get(..slashes)?;
        let is_https = scheme.eq_ignore_ascii_case(b"https:");
        if !is_https && !scheme.eq_ignore_ascii_case(b"http:") && !scheme.is_empty() {
            return None;
        }
        let rest = text.get(slashes.wrapping_add(2)..)?;
        let (mut host, mut port, mut behind) = split(rest)?;
        // A password with a slash in it would be shown for a port and a path.
        if port.iter().skip(1).any(|byte| !byte.is_ascii_digit())
            && let Some(at) = find_last_at(rest)
        {
            (host, port, behind) = split(rest.get(at.wrapping_add(1)..)?)?;
        }
        let end = behind.iter().position(|byte| b"?#".contains(byte)).unwrap_or(behind.len());
        let path = behind.get(..end)?;
        let location = Self { is_https, has_scheme: !scheme.is_empty(), host, port, path };
        (!host.is_empty()).then_some(location)
    }

    /// Without a user name, a password, and the query, which may hold secrets.
    pub(super) fn shown(&self, out: &mut impl Write) -> fmt::Result {
        out.write_str(match (self.has_scheme, self.is_https) {
            (false, _) => "//",
            (true, true) => "https://",
            (true, false) => "http://",
        })?;
        for byte in [self.host, self.port, self.path].into_iter().flatten() {
            write!(out, "{}", byte.escape_ascii())?;
        }
        Ok(())
    }

    /// Whether it bears a portal's marks, for who has asked another host.
    pub(super) fn is_portals(&self, asked: &str, gateway: Option<IpAddr>) -> bool {
        let target = address(self.host);
        // Whoever has asked for a name or for a public address has no business at the router's, nor at
        // another private address.
        let is_private = match target {
            Some(IpAddr::V4(v4)) => v4.is_private() || v4.is_link_local(),
            Some(IpAddr::V6(v6)) => v6.is_unicast_link_local() || v6.is_unique_local(),
            None => false,
        };
        let asked_private =
            matches!(address(asked.as_bytes()), Some(IpAddr::V4(v4)) if v4.is_private());
        (target.is_some() && target == gateway)
            || (is_private && !asked_private)
            || self.has_any(PORTALS)
    }

    pub(super) fn is_login(&self) -> bool {
        self.has_any(LOGINS)
    }

    fn has_any(&self, words: &[&[u8]]) -> bool {
        words.iter().any(|word| contains(self.host, word) || contains(self.path, word))
    }
}

fn address(host: &[u8]) -> Option<IpAddr> {
    match host {
        [b'[', v6 @ .., b']'] => parse_ipv6(v6).map(IpAddr::V6),
        v4 => parse_ipv4(v4).map(|bits| IpAddr::V4(bits.into())),
    }
}

/// The same host, one of its subdomains (`www.` or `login.`), or the domain that it is in.
pub(super) fn is_same_site(named: &[u8], asked: &[u8]) -> bool {
    let is_in = |host: &[u8], domain: &[u8]| {
        let front = host.len().saturating_sub(domain.len());
        host.split_at_checked(front).is_some_and(|(front, back)| {
            back.eq_ignore_ascii_case(domain) && matches!(front, [] | [.., b'.'])
        })
    };
    is_in(named, asked) || is_in(asked, named)
}
