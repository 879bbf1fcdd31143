//! Responses that another than the server seems to have sent.

use super::Exchange;
use crate::clock::Clock;
use crate::diagnosis::Oddity;
use crate::http::url::Url;
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
                let leads_elsewhere = ["location", "content-location", "refresh"]
                    .iter()
                    .filter_map(|name| head.header(name))
                    .any(|value| names_another_host(value, self.plan.target.host));
                leads_elsewhere.then_some(Oddity::LeadsElsewhere)
            }
            _ => None,
        }
    }
}

/// Whether a header has a whole URL (in `Refresh` behind the seconds) of another host than asked.
/// `www.` in front, on either side, is the same server's.
fn names_another_host(value: &[u8], asked: &str) -> bool {
    let Ok(text) = core::str::from_utf8(value) else {
        return false;
    };
    let Some((_, url)) =
        text.split_once("http").and_then(|(front, _)| text.split_at_checked(front.len()))
    else {
        return false;
    };
    let Ok(url) = Url::parse(url) else {
        return false;
    };
    let bare = |host| {
        let host: &str = host;
        match host.split_at_checked(4) {
            Some((www, rest)) if www.eq_ignore_ascii_case("www.") => rest,
            _ => host,
        }
    };
    !bare(url.host_text()).eq_ignore_ascii_case(bare(asked))
}

fn contains(text: &[u8], words: &[u8]) -> bool {
    text.windows(words.len()).any(|window| window.eq_ignore_ascii_case(words))
}
