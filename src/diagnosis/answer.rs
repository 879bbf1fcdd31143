//! What the answer to the check's own question says: its status, what it wants, and where it leads: by the URL in a
//! `Location`, a `Content-Location` or a `Refresh`.

use super::rules::Symptom;
use crate::error::Evidence;
use crate::http::address::{parse_ipv4, parse_ipv6};
use crate::http::authority::{end_of_authority, end_of_host, find_last_at};
use crate::http::bytes::trim;
use crate::http::response::ResponseHead;
use core::fmt::{self, Write};
use core::net::IpAddr;
use heapless::String;

/// What servers say in a 400 to a request that came without TLS: nginx, Apache, Go and Tomcat, in their words.
const TLS_WANTED: &[&[u8]] = &[
    b"plain HTTP request was sent to HTTPS port",
    b"speaking plain HTTP to an SSL-enabled server port",
    b"HTTP request to an HTTPS server",
    b"This combination of host and port requires TLS",
];

/// What only a portal's page says: the tag of the WISPr protocol.
const WISPR: &[u8] = b"WISPAccessGatewayParam";

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A server that is there, and has nothing against the question.
    Fine,
    /// It takes no such question, which is no fault.
    NoOptions,
    /// It says that the port speaks TLS.
    AsksForTls,
    /// It is a captive portal's.
    Portal,
    /// It leads to another host, and bears a captive portal's marks.
    ToPortal,
    /// It leads to another host, as a login or a portal would.
    ToLogin,
    /// It leads to another host.
    ToOtherHost,
    /// It leads to `https` of the same host.
    ToHttps,
    /// It leads to another place of the same host.
    ToOtherPlace,
    /// It is a redirect; whether to the same host isn't known.
    ToSomewhere,
    /// It leads to what isn't HTTP: an app, a file, a script.
    ToOtherScheme,
    /// It is a redirect, and doesn't say to where.
    ToNowhere,
    /// 401 and 407.
    WantsCredentials,
    Forbidden,
    NotFound,
    TooMany,
    /// Another status from 400 on.
    Refused,
    Unavailable,
    ServerError,
}

/// The answer to the check's own question, as far as the report shows it.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) meaning: Meaning,
    /// Where it leads, or which schemes of authentication it wants: printable ASCII, cut where it is long.
    pub(super) detail: String<64>,
}

impl Answer {
    /// Of a response's head, with the part of its body that came with it, for who has `asked` a host of
    /// this name. Where the name isn't known, nothing is said to lead elsewhere.
    pub(crate) fn of(
        head: &ResponseHead<'_>,
        body: &[u8],
        asked: Option<&str>,
        is_secure: bool,
        evidence: &Evidence,
    ) -> Self {
        let status = head.status();
        let mut detail = String::new();
        let is_portal = contains(body, WISPR);
        let leads_to = leads_to(head, asked);
        let meaning = match status {
            // Network Authentication Required (RFC 6585 section 6).
            511 => Meaning::Portal,
            _ if is_portal && status < 400 => Meaning::Portal,
            300..=399 if status != 304 => match (leads_to, asked) {
                (Some(location), Some(asked)) => {
                    let _ = location.shown(&mut detail);
                    where_to(&location, asked, is_secure, evidence)
                }
                (Some(location), None) => {
                    let _ = location.shown(&mut detail);
                    Meaning::ToSomewhere
                }
                (None, _) => {
                    let path = head.header("location").map(trim).unwrap_or_default();
                    if let Some(scheme) = other_scheme(path) {
                        // What stands behind it may be anything.
                        let _ = write!(detail, "{}:...", scheme.escape_ascii());
                        Meaning::ToOtherScheme
                    } else if matches!(path, [] | [b'#', ..]) {
                        Meaning::ToNowhere
                    } else {
                        let _ = shown_path(path, &mut detail);
                        Meaning::ToOtherPlace
                    }
                }
            },
            // A page may lead elsewhere, too.
            200..=299 => match (leads_to, asked) {
                (Some(location), Some(asked)) if !is_same_site(location.host, asked.as_bytes()) => {
                    let _ = location.shown(&mut detail);
                    where_to(&location, asked, is_secure, evidence)
                }
                // Its text may, and any page has links: only a portal's are looked at.
                (_, Some(asked)) => match of_page(body) {
                    Some(location)
                        if where_to(&location, asked, is_secure, evidence) == Meaning::ToPortal =>
                    {
                        let _ = location.shown(&mut detail);
                        Meaning::ToPortal
                    }
                    _ => Meaning::Fine,
                },
                _ => Meaning::Fine,
            },
            // nginx counts it as 497.
            400 | 497 if TLS_WANTED.iter().any(|words| contains(body, words)) => {
                Meaning::AsksForTls
            }
            // What is refused is the check's question, whatever the server is.
            400 => Meaning::Fine,
            401 | 407 => {
                let name = if status == 401 { "www-authenticate" } else { "proxy-authenticate" };
                let _ = schemes(head, name, &mut detail);
                Meaning::WantsCredentials
            }
            403 => Meaning::Forbidden,
            404 | 410 => Meaning::NotFound,
            405 | 501 => Meaning::NoOptions,
            429 => Meaning::TooMany,
            503 => Meaning::Unavailable,
            // What is above is processed as if it were a 5xx (RFC 9110 section 15).
            500.. => Meaning::ServerError,
            402..=499 => Meaning::Refused,
            _ => Meaning::Fine,
        };
        Self { status, meaning, detail }
    }

    /// What a diagnosis is made of; `None` where there is nothing to say against the answer.
    pub(super) fn symptom(&self) -> Option<Symptom> {
        Some(match self.meaning {
            // The caller's path wasn't asked for.
            Meaning::Fine | Meaning::NoOptions | Meaning::NotFound => return None,
            Meaning::AsksForTls => Symptom::AnswerAsksForTls,
            Meaning::Portal => Symptom::AnswerIsPortals,
            Meaning::ToPortal => Symptom::AnswerLeadsToPortal,
            Meaning::ToLogin => Symptom::AnswerLeadsToLogin,
            Meaning::ToOtherHost
            | Meaning::ToHttps
            | Meaning::ToOtherPlace
            | Meaning::ToSomewhere
            | Meaning::ToOtherScheme
            | Meaning::ToNowhere => Symptom::AnswerLeadsElsewhere,
            Meaning::WantsCredentials
            | Meaning::Forbidden
            | Meaning::TooMany
            | Meaning::Refused
            | Meaning::Unavailable
            | Meaning::ServerError => Symptom::AnswerRefuses,
        })
    }
}

/// Where a head leads by a whole URL: that of another site first.
fn leads_to<'h>(head: &ResponseHead<'h>, asked: Option<&str>) -> Option<Location<'h>> {
    let asked = asked.unwrap_or_default().as_bytes();
    let mut all = ["location", "content-location", "refresh"]
        .iter()
        .filter_map(|name| Location::of(name, head.header(name)?));
    let first = all.next()?;
    if !is_same_site(first.host, asked) {
        return Some(first);
    }
    Some(all.find(|location| !is_same_site(location.host, asked)).unwrap_or(first))
}

fn where_to(location: &Location<'_>, asked: &str, is_secure: bool, evidence: &Evidence) -> Meaning {
    if is_same_site(location.host, asked.as_bytes()) {
        let is_https = location.is_https && !is_secure;
        return if is_https { Meaning::ToHttps } else { Meaning::ToOtherPlace };
    }
    let gateway = match evidence.link {
        Some(status) => status.ip_config().ok().and_then(|ip| ip.gateway).map(IpAddr::V4),
        None => None,
    };
    if location.is_portals(asked, gateway) {
        Meaning::ToPortal
    } else if location.is_login() {
        Meaning::ToLogin
    } else {
        Meaning::ToOtherHost
    }
}

/// The schemes that a server's challenges want, `Digest, Basic`: without what belongs to them.
fn schemes(head: &ResponseHead<'_>, name: &str, out: &mut impl Write) -> fmt::Result {
    let mut comma = "";
    for header in head.headers().filter(|header| header.name().eq_ignore_ascii_case(name)) {
        let mut in_quotes = false;
        let parts = header.value().split(|&byte| {
            in_quotes ^= byte == b'"';
            byte == b',' && !in_quotes
        });
        for part in parts.map(trim) {
            let end = part.iter().position(|byte| !is_of_token(*byte)).unwrap_or(part.len());
            let (word, rest) = part.split_at_checked(end).unwrap_or_default();
            // `realm="x"` belongs to the scheme before.
            if word.is_empty() || trim(rest).starts_with(b"=") {
                continue;
            }
            write!(out, "{comma}{}", word.escape_ascii())?;
            comma = ", ";
        }
    }
    Ok(())
}

fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// A path without its query, which may hold secrets.
fn shown_path(path: &[u8], out: &mut impl Write) -> fmt::Result {
    let end = path.iter().position(|byte| b"?#".contains(byte)).unwrap_or(path.len());
    for byte in path.get(..end).unwrap_or_default() {
        write!(out, "{}", byte.escape_ascii())?;
    }
    if path.get(end) == Some(&b'?') { out.write_str("?...") } else { Ok(()) }
}

fn contains(text: &[u8], words: &[u8]) -> bool {
    text.windows(words.len().max(1)).any(|window| window.eq_ignore_ascii_case(words))
}

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
struct Location<'h> {
    is_https: bool,
    /// There is a scheme in front of it.
    has_scheme: bool,
    host: &'h [u8],
    /// The port with its colon, if there is one.
    port: &'h [u8],
    /// Behind host and port, up to the query.
    path: &'h [u8],
}

/// The scheme of a URL, where it is neither `http` nor `https`: `app` of `app://open`.
fn other_scheme(value: &[u8]) -> Option<&[u8]> {
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
fn of_page(page: &[u8]) -> Option<Location<'_>> {
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
    fn of(header: &str, value: &'h [u8]) -> Option<Self> {
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
    fn shown(&self, out: &mut impl Write) -> fmt::Result {
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
    fn is_portals(&self, asked: &str, gateway: Option<IpAddr>) -> bool {
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

    fn is_login(&self) -> bool {
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
fn is_same_site(named: &[u8], asked: &[u8]) -> bool {
    let is_in = |host: &[u8], domain: &[u8]| {
        let front = host.len().saturating_sub(domain.len());
        host.split_at_checked(front).is_some_and(|(front, back)| {
            back.eq_ignore_ascii_case(domain) && matches!(front, [] | [.., b'.'])
        })
    };
    is_in(named, asked) || is_in(asked, named)
}
