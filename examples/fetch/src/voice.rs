//! How the program speaks: in words or JSON, and in hints that can be pasted into a shell.

use crate::options::with_scheme;
use safe_http_client::Url;

/// From where a URL's bytes are counted that came without a scheme.
pub(crate) const COUNTED: &str = "counted from the http:// that was put in front";

#[derive(Debug, Clone)]
pub(crate) struct Voice {
    /// The line of JSON on stdout.
    pub(crate) json: bool,
    /// No word of what went wrong, as with `-s`.
    pub(crate) mute: bool,
    /// The scheme that credentials were given for.
    pub(crate) tried: Option<&'static str>,
    /// The same of where redirects led, if that is another: credentials don't go there.
    pub(crate) elsewhere: Option<String>,
    /// Scheme, host and port of the URL; none where it is no URL.
    origin: Option<String>,
    /// The URL came without a scheme, and was given one.
    is_completed: bool,
    /// The URL, where it stands alone on the command line and has nothing that may be a secret.
    alone: Option<String>,
}

impl Voice {
    pub(crate) fn new(json: bool, mute: bool, tried: Option<&'static str>, url: &str) -> Self {
        let (mut origin, mut alone) = (None, None);
        let whole = with_scheme(url);
        if Url::parse(&whole).is_ok() {
            origin = origin_of(&whole);
            let may_be_secret = url.contains(['?', '@', '#']) || std::env::args().count() != 2;
            alone = (!may_be_secret).then(|| url.to_owned());
        }
        let is_completed = whole != url;
        Self { json, mute, tried, elsewhere: None, origin, is_completed, alone }
    }

    /// Of a response that redirects led to, at this URL.
    pub(crate) fn led_to(&self, url: &str) -> Self {
        let there = origin_of(url).filter(|there| self.origin.as_ref() != Some(there));
        Self { elsewhere: there, ..self.clone() }
    }

    /// What is wrong with the URL, where its bytes aren't counted as the command line has them.
    pub(crate) fn placed(&self, code: &str, message: &str) -> String {
        let note = if self.is_off(code, message) { format!("; {COUNTED}") } else { String::new() };
        format!("{message}{note}")
    }

    /// Whether this tells a byte's place, and the command line has it elsewhere.
    pub(crate) fn is_off(&self, code: &str, message: &str) -> bool {
        let tells_place = message.split_whitespace().any(|word| word == "(byte");
        self.is_completed && code == "malformed_url" && tells_place
    }

    /// The command that asks about the host, or about that of this URL.
    pub(crate) fn diagnose(&self, url: Option<&str>) -> Option<String> {
        let origin = url.map_or_else(|| self.origin.clone(), origin_of)?;
        Some(format!("{} --diagnose {}", program(), quoted(&origin)))
    }

    /// The same command with an option more, or that option.
    pub(crate) fn with(&self, option: &str) -> String {
        match &self.alone {
            Some(url) => format!("{} {option} {}", program(), quoted(url)),
            None => format!("the same with {option}"),
        }
    }
}

/// Scheme, host and port of a URL.
fn origin_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    Some(format!("{scheme}://{host}/"))
}

/// This program, as it was called.
pub(crate) fn program() -> String {
    quoted(&std::env::args().next().unwrap_or_else(|| "fetch".into()))
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/:._-=,+@".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.into();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
