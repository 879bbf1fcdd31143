//! Responses that another than the server seems to have sent.

use crate::http::authority::{end_of_authority, end_of_host, find_last_at};
use crate::http::bytes::trim;
use crate::http::response::ResponseHead;

/// What servers say in a 400 to a request that came without TLS: nginx and Apache, in their words.
const TLS_WANTED: &[&[u8]] = &[
    b"plain HTTP request was sent to HTTPS port",
    b"speaking plain HTTP to an SSL-enabled server port",
    b"HTTP request to an HTTPS server",
];

/// What is odd about a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// It says that the port speaks TLS.
    AsksForTls,
    /// It leads to another host.
    LeadsElsewhere,
}

/// What is odd about a response's head, or the part of its body that came with it, for who has `asked` a
/// host of this name. Where the name isn't known, it isn't said to lead elsewhere by a URL.
pub(crate) fn oddity(head: &ResponseHead<'_>, body: &[u8], asked: Option<&str>) -> Option<Oddity> {
    match head.status() {
        400 if TLS_WANTED.iter().any(|words| contains(body, words)) => Some(Oddity::AsksForTls),
        // Network Authentication Required (RFC 6585 section 6).
        511 => Some(Oddity::LeadsElsewhere),
        200..=399 => {
            let asked = asked?.as_bytes();
            let leads_elsewhere = ["location", "content-location", "refresh"]
                .iter()
                .filter_map(|name| Some((*name, head.header(name)?)))
                .filter_map(|(name, value)| named_host(name, value))
                .any(|named| !is_same_site(named, asked));
            leads_elsewhere.then_some(Oddity::LeadsElsewhere)
        }
        _ => None,
    }
}

/// The host that a header's URL names: `http://host/`, `https://host/` or `//host/`, in `Refresh`
/// behind `url=`. `None` for a path alone, which stays where it is, whatever stands in its query.
fn named_host<'h>(header: &str, value: &'h [u8]) -> Option<&'h [u8]> {
    let mut text = trim(value);
    if header == "refresh" {
        text = trim(text.get(text.iter().position(|&byte| byte == b'=')?.wrapping_add(1)..)?);
        while let [b'"' | b'\'', inner @ ..] = text {
            text = inner;
        }
    }
    let slashes = text.windows(2).position(|two| two == b"//")?;
    let scheme = text.get(..slashes)?;
    let is_http = scheme.eq_ignore_ascii_case(b"http:") || scheme.eq_ignore_ascii_case(b"https:");
    if !is_http && !scheme.is_empty() {
        return None;
    }
    let rest = text.get(slashes.wrapping_add(2)..)?;
    let authority = rest.get(..end_of_authority(rest))?;
    let host = match find_last_at(authority) {
        Some(at) => authority.get(at.wrapping_add(1)..)?,
        None => authority,
    };
    let host = host.get(..end_of_host(host))?;
    // A quoted URL may end behind its host.
    let end = host.iter().position(|byte| matches!(byte, b'"' | b'\''));
    host.get(..end.unwrap_or(host.len())).filter(|host| !host.is_empty())
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

fn contains(text: &[u8], words: &[u8]) -> bool {
    text.windows(words.len().max(1)).any(|window| window.eq_ignore_ascii_case(words))
}
