//! What the answer to the check's own question says: its status, where it leads, what it wants.

use super::location::{Location, is_same_site, of_page, other_scheme};
use super::rules::Symptom;
use crate::error::Evidence;
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
    detail: String<64>,
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

    /// Whether the report has something to say of it.
    pub(super) fn is_remarkable(&self) -> bool {
        self.meaning != Meaning::Fine
    }

    /// Whether a path of the caller's may be missing all the same.
    pub(super) fn leaves_path_open(&self) -> bool {
        self.meaning == Meaning::NotFound
    }

    /// The status, where it leads or what it wants, and what that means.
    pub(super) fn says(&self, out: &mut impl Write) -> fmt::Result {
        write!(out, "status {}", self.status)?;
        let detail = self.detail.as_str();
        match self.meaning {
            Meaning::WantsCredentials if detail.is_empty() => {
                out.write_str(", and no challenge that says which credentials are wanted")?;
            }
            Meaning::WantsCredentials => write!(out, ", which wants {detail}")?,
            _ if !detail.is_empty() => write!(out, ", redirects to {detail}")?,
            _ => {}
        }
        write!(out, ": {}", self.text())
    }

    const fn text(&self) -> &'static str {
        match self.meaning {
            Meaning::Fine => "an HTTP server answers",
            Meaning::NoOptions => {
                "an HTTP server answers, and takes no OPTIONS, which the check asks with"
            }
            Meaning::AsksForTls => "it says that this is an https port",
            Meaning::Portal => "a captive portal says so itself",
            Meaning::ToPortal => "another host, with a captive portal's marks",
            Meaning::ToLogin => "another host, which looks like a login",
            Meaning::ToOtherHost => "another host",
            Meaning::ToHttps => "the same host by https",
            Meaning::ToOtherPlace => "another place of the same host",
            Meaning::ToSomewhere => "whether that is the same host isn't known",
            Meaning::ToOtherScheme => "what isn't asked for by HTTP",
            Meaning::ToNowhere => "a redirect that doesn't say where to",
            Meaning::WantsCredentials => "who asks has to say who they are",
            Meaning::Forbidden => {
                "forbidden: the server has understood, and lets this client do nothing here"
            }
            Meaning::NotFound => "an HTTP server answers, and has nothing where the check asks",
            Meaning::TooMany => "too many requests in too short a time",
            Meaning::Refused => "the server refuses the check's question",
            Meaning::Unavailable => {
                "the server, or a proxy in front of it, can't answer now: overloaded, starting, or down"
            }
            Meaning::ServerError => "the server's own error, or that of a proxy in front of it",
        }
    }

    /// What to do, where the status says more than its cause.
    #[cfg(feature = "advice")]
    pub(super) fn advice(&self) -> Option<&'static str> {
        let wants = |scheme: &str| {
            self.detail.split(", ").any(|wanted| wanted.eq_ignore_ascii_case(scheme))
        };
        Some(match self.meaning {
            Meaning::ToHttps => {
                "ask by https:// with a stack that has TLS, or have the server answer http for this \
                 client"
            }
            Meaning::ToOtherHost | Meaning::ToLogin => {
                "ask for the URL that it leads to, or have redirects followed: .follow(n); https takes a \
                 stack that has TLS"
            }
            Meaning::ToOtherPlace | Meaning::ToSomewhere => {
                "ask for the URL that it leads to, or have redirects followed: .follow(n)"
            }
            Meaning::ToOtherScheme => {
                "look at what the server is for: it leads to an app or to another protocol"
            }
            Meaning::ToNowhere => "look at the server: a redirect needs a Location",
            Meaning::WantsCredentials if self.status == 407 => {
                "a proxy stands between: give it its credentials by the header Proxy-Authorization"
            }
            Meaning::WantsCredentials if wants("Basic") => {
                "give user name and password by .basic(user, password), or percent-encoded in the URL: \
                 http://user:password@host/"
            }
            Meaning::WantsCredentials if wants("Bearer") => "send the token by .bearer(token)",
            Meaning::WantsCredentials if wants("Digest") => {
                "answer by .digest(user, password, random), with the feature `digest`"
            }
            Meaning::WantsCredentials => {
                "switch the server to Basic or Digest, or make the header Authorization for the scheme \
                 that it wants yourself"
            }
            Meaning::Forbidden => {
                "check the credentials' rights, and the server's list of allowed addresses and hosts"
            }
            Meaning::NotFound => {
                "check the path with a request of your own: the check asks for none of your paths. Try \
                 it in a browser, too"
            }
            Meaning::TooMany => "ask less often; Retry-After says when, where the server sends it",
            Meaning::Refused => "look the status up, and at the server's log",
            Meaning::Unavailable => "ask again in a while, and look at the server's log",
            Meaning::ServerError => "look at the server's log: the fault isn't on this side",
            _ => return None,
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

pub(super) fn contains(text: &[u8], words: &[u8]) -> bool {
    text.windows(words.len().max(1)).any(|window| window.eq_ignore_ascii_case(words))
}
