//! Responses that another than the server seems to have sent.

use super::Exchange;
use crate::clock::Clock;
use crate::diagnosis::Oddity;
use crate::network::Network;

/// What servers say in a 400 to a request that came without TLS: nginx and Apache, in their words.
const TLS_WANTED: &[&[u8]] = &[
    b"plain HTTP request was sent to HTTPS port",
    b"speaking plain HTTP to an SSL-enabled server port",
    b"HTTP request to an HTTPS server",
];

impl<N: Network, C: Clock> Exchange<'_, N, C> {
    /// What is odd about the response's head, or the part of its body that came with it.
    pub(crate) fn oddity(&self) -> Option<Oddity> {
        let head = self.head()?;
        let body = self.buffer.get(self.head_end..self.filled).unwrap_or_default();
        match head.status() {
            400 if TLS_WANTED.iter().any(|words| contains(body, words)) => Some(Oddity::AsksForTls),
            // Network Authentication Required (RFC 6585 section 6).
            511 => Some(Oddity::LeadsElsewhere),
            200..=399 => {
                let asked = self.plan.target.host;
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
}

/// The host that a header's URL names: `http://host/`, `https://host/` or `//host/`, in `Refresh`
/// behind `url=`. `None` for a path alone, which stays where it is, whatever stands in its query.
fn named_host<'h>(header: &str, value: &'h [u8]) -> Option<&'h str> {
    let mut text = core::str::from_utf8(value).ok()?.trim();
    if header == "refresh" {
        let (_, url) = text.split_once('=')?;
        text = url.trim().trim_matches(['"', '\'']);
    }
    let text = match text.split_once("//")? {
        ("", rest) => rest,
        (scheme, rest)
            if scheme.eq_ignore_ascii_case("http:") || scheme.eq_ignore_ascii_case("https:") =>
        {
            rest
        }
        _ => return None,
    };
    let authority = text.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    // The colons of an IPv6 address are inside its brackets.
    let end = host.find(']').map_or_else(|| host.find(':'), |bracket| bracket.checked_add(1));
    let host = host.get(..end.unwrap_or(host.len()))?;
    (!host.is_empty()).then_some(host)
}

/// The same host, one of its subdomains (`www.` or `login.`), or the domain that it is in.
fn is_same_site(named: &str, asked: &str) -> bool {
    let is_in = |host: &str, domain: &str| {
        let front = host.len().saturating_sub(domain.len());
        host.split_at_checked(front).is_some_and(|(front, back)| {
            back.eq_ignore_ascii_case(domain) && (front.is_empty() || front.ends_with('.'))
        })
    };
    is_in(named, asked) || is_in(asked, named)
}

fn contains(text: &[u8], words: &[u8]) -> bool {
    text.windows(words.len()).any(|window| window.eq_ignore_ascii_case(words))
}
