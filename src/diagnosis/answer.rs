//! What the answer to the check's own question says: by its status, by what it wants, and by where it leads
//! (a `Location`, a `Content-Location`, a `Refresh`, or the page itself).

use super::rules::Symptom;
use crate::error::{Evidence, TargetClass};
use crate::http::authority::{
    Authority, classify, find_last_at, names_localhost, parse_ipv4, parse_ipv6,
};
use crate::http::bytes::{is_token_byte, trim};
use crate::http::response::ResponseHead;
use core::fmt::{self, Write};
use core::net::{IpAddr, SocketAddr};
use heapless::String;

/// What nginx, Apache, Go and Tomcat say in a 400 to a request that came without TLS.
const TLS_WANTED: &[&[u8]] = &[
    b"plain HTTP request was sent to HTTPS port",
    b"speaking plain HTTP to an SSL-enabled server port",
    b"HTTP request to an HTTPS server",
    b"This combination of host and port requires TLS",
];

/// nginx's words where a client has no certificate, or one that it doesn't take.
const CERTIFICATE_WANTED: &[u8] = b"SSL certificate";

/// A tag of the WISPr protocol, by which captive portals talk to programs: no other page has it.
const WISPR: &[u8] = b"WISPAccessGatewayParam";

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A server that is there, and has nothing against the question.
    Fine,
    /// It doesn't take OPTIONS, which is no fault.
    NoOptions,
    /// It says that the port speaks TLS.
    AsksForTls,
    /// 101, which nobody asked for.
    Switches,
    /// A captive portal has sent it.
    Portal,
    /// It leads to another host, and bears a captive portal's marks.
    ToPortal,
    /// It leads to another host, as a login or a portal would.
    ToLogin,
    /// It leads to another host.
    ToOtherHost,
    /// It leads to what each machine calls itself: 127.0.0.1, localhost.
    ToLoopback,
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
    /// Another status from 400 on, and 505.
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
    /// Of a response's head and the part of its body that came with it, to the question that the host
    /// `asked` was asked. Where its name isn't known, no answer is said to lead to another host.
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
        let asked = asked.map(|host| Asked::new(host, is_secure, evidence));
        let asked = asked.as_ref();
        let where_to =
            |it: &Location<'_>| asked.map_or(Meaning::ToSomewhere, |asked| asked.where_to(it));
        let leads_to = leads_to(head, asked);
        let mut to = |location: &Location<'_>| {
            let _ = location.shown(&mut detail);
            where_to(location)
        };
        let meaning = match status {
            101 => Meaning::Switches,
            // Network Authentication Required (RFC 6585 section 6).
            511 => Meaning::Portal,
            _ if is_portal && status < 400 => Meaning::Portal,
            300..=399 if status != 304 => match leads_to {
                Some(location) => to(&location),
                None => {
                    let path = head.header("location").map(trim).unwrap_or_default();
                    if let Some(scheme) = other_scheme(path) {
                        // Behind it may stand anything, a secret as well.
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
            // A page may lead elsewhere by its head. By its text it may as well; but any page has links,
            // so only one to a portal counts.
            200..=299 => {
                let is_elsewhere =
                    |it: &Location<'_>| asked.is_some_and(|asked| !asked.is_host_of(it));
                let is_portals = |it: &Location<'_>| where_to(it) == Meaning::ToPortal;
                let elsewhere = leads_to.filter(is_elsewhere);
                match elsewhere.or_else(|| of_page(body).filter(is_portals)) {
                    Some(location) => to(&location),
                    None => Meaning::Fine,
                }
            }
            // nginx has a number of its own for it: 497.
            400 | 497 if TLS_WANTED.iter().any(|words| contains(body, words)) => {
                Meaning::AsksForTls
            }
            400 if contains(body, CERTIFICATE_WANTED) => Meaning::Refused,
            // The server refuses the check's question, not the caller's.
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
            // HTTP Version Not Supported: what was asked lies in that, and not in the server.
            505 => Meaning::Refused,
            // A status above 599 counts as a 5xx (RFC 9110 section 15).
            500.. => Meaning::ServerError,
            402..=499 => Meaning::Refused,
            _ => Meaning::Fine,
        };
        Self { status, meaning, detail }
    }

    /// What a diagnosis is made of; `None` where there is nothing to say against the answer.
    pub(super) fn symptom(&self) -> Option<Symptom> {
        Some(match self.meaning {
            // A 404 says nothing of the caller's path, which wasn't asked for.
            Meaning::Fine | Meaning::NoOptions | Meaning::NotFound => return None,
            Meaning::AsksForTls => Symptom::AnswerAsksForTls,
            Meaning::Switches => Symptom::AnswerMalformed,
            Meaning::Portal => Symptom::AnswerIsPortals,
            Meaning::ToPortal => Symptom::AnswerLeadsToPortal,
            Meaning::ToLogin => Symptom::AnswerLeadsToLogin,
            Meaning::ToOtherHost
            | Meaning::ToLoopback
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

/// Who was asked.
#[derive(Debug)]
struct Asked<'a> {
    host: &'a str,
    is_secure: bool,
    /// Where the connection went.
    address: Option<IpAddr>,
    gateway: Option<IpAddr>,
}

impl<'a> Asked<'a> {
    fn new(host: &'a str, is_secure: bool, evidence: &Evidence) -> Self {
        let gateway = match evidence.link {
            Some(status) => status.ip_config().ok().and_then(|ip| ip.gateway).map(IpAddr::V4),
            None => None,
        };
        let address = evidence.remote.map(|remote| remote.ip());
        Self { host, is_secure, address, gateway }
    }

    /// By its name, or by the address that this stands for. A portal that lies about names answers at its own
    /// address, which is the gateway's as a rule.
    // Once instead of four times.
    #[inline(never)]
    fn is_host_of(&self, location: &Location<'_>) -> bool {
        let is_by_address = || {
            let named = address(location.host);
            named.is_some()
                && named == self.address
                && named != self.gateway
                && !location.has_any(PORTALS)
        };
        is_same_site(location.host, self.host.as_bytes()) || is_by_address()
    }

    fn where_to(&self, location: &Location<'_>) -> Meaning {
        if self.is_host_of(location) {
            let is_https = location.is_https && !self.is_secure;
            if is_https { Meaning::ToHttps } else { Meaning::ToOtherPlace }
        } else if location.is_loopback() {
            Meaning::ToLoopback
        } else if location.is_portals(self.host, self.gateway) {
            Meaning::ToPortal
        } else if location.is_login() {
            Meaning::ToLogin
        } else {
            Meaning::ToOtherHost
        }
    }
}

/// The URL that a head leads to: one of another site before one of the same.
fn leads_to<'h>(head: &ResponseHead<'h>, asked: Option<&Asked<'_>>) -> Option<Location<'h>> {
    let is_elsewhere = |it: &Location<'_>| asked.is_none_or(|asked| !asked.is_host_of(it));
    let mut all = ["location", "content-location", "refresh"]
        .iter()
        .filter_map(|name| Location::of(name, head.header(name)?));
    let first = all.next()?;
    if is_elsewhere(&first) {
        return Some(first);
    }
    Some(all.find(is_elsewhere).unwrap_or(first))
}

/// The schemes of a server's challenges (RFC 9110 section 11.6.1) without their parameters: `Digest, Basic`.
fn schemes(head: &ResponseHead<'_>, name: &str, out: &mut impl Write) -> fmt::Result {
    let mut comma = "";
    for header in head.headers().filter(|header| header.name().eq_ignore_ascii_case(name)) {
        let (mut in_quotes, mut is_escaped) = (false, false);
        let parts = header.value().split(|&byte| {
            in_quotes ^= byte == b'"' && !is_escaped;
            is_escaped = in_quotes && byte == b'\\' && !is_escaped;
            byte == b',' && !in_quotes
        });
        for part in parts.map(trim) {
            let end = part.iter().position(|byte| !is_token_byte(*byte)).unwrap_or(part.len());
            let (word, rest) = part.split_at_checked(end).unwrap_or_default();
            // `realm="x"` is a parameter of the scheme before it.
            if word.is_empty() || trim(rest).starts_with(b"=") {
                continue;
            }
            write!(out, "{comma}{}", word.escape_ascii())?;
            comma = ", ";
        }
    }
    Ok(())
}

/// Where a path ends: its query and its parameters (`;jsessionid=`, `;stok=`) may hold secrets.
fn end_of_path(path: &[u8]) -> usize {
    path.iter().position(|byte| b"?#;".contains(byte)).unwrap_or(path.len())
}

/// A path without its query and parameters; and without what may be a user name and password, in a URL
/// whose slashes are wrong or missing.
fn shown_path(path: &[u8], out: &mut impl Write) -> fmt::Result {
    let end = end_of_path(path);
    let mut shown = path.get(..end).unwrap_or_default();
    if let Some((user, rest)) = find_last_at(shown).and_then(|at| shown.split_at_checked(at))
        && user.iter().any(|byte| b":\\".contains(byte))
    {
        out.write_str("...")?;
        shown = rest;
    }
    for byte in shown {
        write!(out, "{}", byte.escape_ascii())?;
    }
    match path.get(end) {
        Some(b'?') => out.write_str("?..."),
        Some(b';') => out.write_str(";..."),
        _ => Ok(()),
    }
}

/// Where the first of these words begins, in upper or lower case.
fn find(text: &[u8], words: &[u8]) -> Option<usize> {
    text.windows(words.len().max(1)).position(|window| window.eq_ignore_ascii_case(words))
}

fn contains(text: &[u8], words: &[u8]) -> bool {
    find(text, words).is_some()
}

/// Words of the host or path of a captive portal.
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

/// Words of the host or path of any login.
const LOGINS: &[&[u8]] = &[b"login", b"signin", b"sign-in", b"auth", b"sso", b"wifi"];

/// A whole URL that an answer leads to: `http://host/`, `https://host/` or `//host/`.
#[derive(Debug, Clone, Copy)]
struct Location<'h> {
    is_https: bool,
    has_scheme: bool,
    host: &'h [u8],
    /// With its colon; empty where there is none.
    port: &'h [u8],
    /// Up to the query and parameters.
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
    let behind = |words: &[u8]| page.get(find(page, words)?.wrapping_add(words.len())..);
    if let Some(meta) = behind(b"http-equiv=\"refresh\"").or_else(|| behind(b"http-equiv=refresh"))
    {
        return Location::of("refresh", meta.get(find(meta, b"url=")?..)?);
    }
    let script = behind(b"location.href").or_else(|| behind(b"location.replace"));
    let script = script.or_else(|| behind(b"window.location"))?;
    let quote = script.iter().position(|byte| matches!(byte, b'"' | b'\''))?;
    // Only what is assigned right there.
    let url = script.get(quote.wrapping_add(1)..).filter(|_| quote <= 4)?;
    Location::of("location", url)
}

/// Host, port with its colon, and what is behind them.
fn split(rest: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let Authority { host, host_end, end } = Authority::of(rest, 0);
    Some((rest.get(host..host_end)?, rest.get(host_end..end)?, rest.get(end..)?))
}

impl<'h> Location<'h> {
    /// The URL in a header's value; in that of `Refresh` it stands behind `url=`. `None` for a path alone,
    /// which stays at the same host, whatever its query says.
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
        // A slash in a password ends the authority, and the password would be shown as port and path.
        if port.iter().skip(1).any(|byte| !byte.is_ascii_digit())
            && let Some(at) = find_last_at(rest)
        {
            (host, port, behind) = split(rest.get(at.wrapping_add(1)..)?)?;
        }
        let path = behind.get(..end_of_path(behind))?;
        let location = Self { is_https, has_scheme: !scheme.is_empty(), host, port, path };
        (!host.is_empty()).then_some(location)
    }

    /// Without user name, password and query, which may hold secrets.
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

    fn is_loopback(&self) -> bool {
        let class = |target| classify(&SocketAddr::new(target, 0));
        names_localhost(self.host)
            || matches!(
                address(self.host).map(class),
                Some(TargetClass::Loopback | TargetClass::Unspecified)
            )
    }

    /// Whether it bears a captive portal's marks, where another host was asked.
    fn is_portals(&self, asked: &str, gateway: Option<IpAddr>) -> bool {
        let target = address(self.host);
        // Who asked for a name or a public address isn't sent to the router, or another private address,
        // by the server.
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
    // The dot of the root changes no name.
    let [named, asked] = [named, asked].map(|host| host.strip_suffix(b".").unwrap_or(host));
    let is_in = |host: &[u8], domain: &[u8]| {
        let front = host.len().saturating_sub(domain.len());
        host.split_at_checked(front).is_some_and(|(front, back)| {
            back.eq_ignore_ascii_case(domain) && matches!(front, [] | [.., b'.'])
        })
    };
    is_in(named, asked) || is_in(asked, named)
}
