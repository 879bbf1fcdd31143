//! `Display` of a diagnosis: a few lines for a serial console of 80 columns.

use super::{Cause, Circumstance, Diagnosis, Suspect};
use crate::error::{Evidence, Phase};
use core::fmt::{self, Display, Formatter, Write};
use core::net::SocketAddr;
use heapless::String;
use nal_link::{IpConfig, LinkStatus, Verification};

/// The last column that is written to.
const COLUMNS: usize = 79;
/// Where the text begins behind its label.
const INDENT: usize = 7;

/// Breaks lines between words, and indents all but the first. A word longer than a line is broken where
/// the line ends.
pub(super) struct Wrapped<'a, 'b> {
    out: &'a mut Formatter<'b>,
    column: usize,
    /// A space is due before the next word.
    space: bool,
    /// The word so far: a value's `Display` may write it in pieces.
    word: String<{ COLUMNS - INDENT }>,
}

impl<'a, 'b> Wrapped<'a, 'b> {
    /// A line that begins with a label of at most [`INDENT`] columns.
    pub(super) fn new(out: &'a mut Formatter<'b>, label: &str) -> Result<Self, fmt::Error> {
        write!(out, "{label:<INDENT$}")?;
        Ok(Self { out, column: INDENT, space: false, word: String::new() })
    }

    fn flush(&mut self) -> fmt::Result {
        let length = self.word.len();
        if length == 0 {
            return Ok(());
        }
        let end = self.column.saturating_add(usize::from(self.space)).saturating_add(length);
        if end > COLUMNS {
            write!(self.out, "\n{:INDENT$}", "")?;
            self.column = INDENT;
        } else if self.space {
            self.out.write_char(' ')?;
            self.column = self.column.saturating_add(1);
        }
        self.out.write_str(&self.word)?;
        self.column = self.column.saturating_add(length);
        self.space = false;
        self.word.clear();
        Ok(())
    }

    /// Writes the last word.
    pub(super) fn end(mut self) -> fmt::Result {
        self.flush()
    }
}

impl Write for Wrapped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for (index, piece) in text.split(' ').enumerate() {
            if index > 0 {
                self.flush()?;
                self.space = true;
            }
            for character in piece.chars() {
                if self.word.push(character).is_err() {
                    self.flush()?;
                    self.word.push(character).map_err(|_| fmt::Error)?;
                }
            }
        }
        Ok(())
    }
}

/// `192.168.1.57/24, gateway 192.168.1.1, -61 dBm`
pub(super) struct Addresses(pub(super) IpConfig);

impl Display for Addresses {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let ip = &self.0;
        write!(f, "{}", ip.address)?;
        if let Some(netmask) = ip.netmask {
            write!(f, "/{}", netmask.to_bits().leading_ones())?;
        }
        if let Some(gateway) = ip.gateway {
            write!(f, ", gateway {gateway}")?;
        }
        if let Some(dbm) = ip.rssi_dbm {
            write!(f, ", {dbm} dBm")?;
        }
        Ok(())
    }
}

impl Diagnosis {
    /// The causes.
    pub(super) fn causes(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, Suspect { cause, confidence }) in self.suspects.iter().enumerate() {
            let label = if index == 0 { "cause:" } else { "   or:" };
            let mut out = Wrapped::new(f, label)?;
            write_cause(&mut out, *cause, self.circumstance, self.evidence.remote)?;
            write!(out, " ({})", confidence.name())?;
            out.end()?;
            f.write_str("\n")?;
        }
        Ok(())
    }

    /// What to do: the advice that fits `here`, or the circumstance's, or the cause's.
    #[cfg(feature = "advice")]
    pub(super) fn advice(&self, f: &mut Formatter<'_>, here: Option<&str>) -> fmt::Result {
        let mut out = Wrapped::new(f, "try:")?;
        let cause = self.cause();
        let after = self.circumstance.advice_after(&self.last_words);
        out.write_str(match here.or(after).or(self.circumstance.advice(cause)) {
            Some(advice) => advice,
            None => cause.advice(),
        })?;
        out.end()
    }

    /// The text isn't in this program: the number leads to it.
    #[cfg(not(feature = "advice"))]
    #[allow(clippy::unused_self, reason = "as with the feature")]
    pub(super) fn advice(&self, f: &mut Formatter<'_>, _: Option<&str>) -> fmt::Result {
        f.write_str("try:   fetch --explain NUMBER, or the crate's page of the cause")
    }

    /// What was seen.
    fn seen(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Evidence { phase_ms, limit_ms, sent, received, reused, link, remote, .. } =
            self.evidence;
        let mut out = Wrapped::new(f, "seen:")?;
        write!(out, "{} failed after {phase_ms} ms", self.phase)?;
        if limit_ms > 0 {
            write!(out, " of {limit_ms}")?;
        }
        if let Some(remote) = remote {
            write!(out, ", to {remote}")?;
            let connection = if reused { "a kept" } else { "a new" };
            match self.phase {
                // There was none yet.
                Phase::Url | Phase::Link | Phase::Resolve => {}
                _ if self.is_of_tls() && sent == 0 => {
                    write!(out, " on {connection} connection, in the TLS handshake")?;
                }
                _ => write!(
                    out,
                    " on {connection} connection, {sent} bytes sent, {received} received"
                )?,
            }
        }
        match link {
            Some(LinkStatus::Up(ip)) => write!(out, "; link up, {}", Addresses(ip))?,
            Some(LinkStatus::NoAddress) => out.write_str("; link without an address")?,
            Some(LinkStatus::Disconnected(reason)) => write!(out, "; link down, {reason}")?,
            Some(_) | None => {}
        }
        if let Some(body) = self.evidence.body {
            write!(out, "; {body}")?;
        }
        if self.empty_reads > 0 {
            write!(out, "; receive gave 0 bytes {} times", self.empty_reads)?;
        }
        out.end()
    }

    /// What came in place of a right answer: its bad line, or its first bytes and what sends such.
    pub(super) fn came(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let answer = &self.evidence.answer;
        if answer.is_empty() {
            return Ok(());
        }
        f.write_str("\n")?;
        let mut out = Wrapped::new(f, "came:")?;
        if answer.line() > 1 {
            write!(out, "line {}: ", answer.line())?;
        }
        write!(out, "{answer}")?;
        if let Some(peer) = self.peer {
            write!(out, ": {}", peer.text())?;
        }
        out.end()
    }

    /// The stack's last words, without line breaks and other control characters.
    pub(super) fn words(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut lines = self
            .last_words
            .split(|byte| byte.is_ascii_control())
            .map(<[u8]>::trim_ascii)
            .filter(|line| !line.is_empty());
        let Some(first) = lines.next() else {
            return Ok(());
        };
        f.write_str("\n")?;
        let mut out = Wrapped::new(f, if self.is_of_tls() { "shown:" } else { "modem:" })?;
        write!(out, "{}", first.escape_ascii())?;
        for line in lines {
            write!(out, " | {}", line.escape_ascii())?;
        }
        out.end()
    }
}

/// That a server wasn't verified, in a line of its own.
pub(super) fn write_warning(f: &mut Formatter<'_>, verification: Verification) -> fmt::Result {
    let Some(warning) = verification.warning() else { return Ok(()) };
    let mut out = Wrapped::new(f, "TLS:")?;
    out.write_str(warning)?;
    out.end()?;
    f.write_str("\n")
}

/// What the cause is, with host and port where its text has a place for them.
#[cfg(feature = "advice")]
fn write_cause(
    out: &mut impl Write,
    cause: Cause,
    circumstance: Circumstance,
    remote: Option<SocketAddr>,
) -> fmt::Result {
    let mut rest = match circumstance.template(cause) {
        Some(template) => template,
        None => cause.template(),
    };
    while let Some((front, back)) = rest.split_once('{') {
        out.write_str(front)?;
        let (name, tail) = back.split_once('}').unwrap_or((back, ""));
        match (name, remote) {
            ("host", Some(remote)) => write!(out, "{}", remote.ip())?,
            ("host", None) => out.write_str("the host")?,
            (_, Some(remote)) => write!(out, "port {}", remote.port())?,
            (_, None) => out.write_str("the port")?,
        }
        rest = tail;
    }
    out.write_str(rest)
}

#[cfg(not(feature = "advice"))]
fn write_cause(
    out: &mut impl Write,
    cause: Cause,
    _: Circumstance,
    remote: Option<SocketAddr>,
) -> fmt::Result {
    write!(out, "{} {}", cause.number(), cause.code())?;
    match remote {
        Some(remote) => write!(out, " {remote}"),
        None => Ok(()),
    }
}

/// What it is, in a clause; without the feature `advice` its number and code.
impl Display for Cause {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_cause(f, *self, Circumstance::Plain, None)
    }
}

impl Display for Diagnosis {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.causes(f)?;
        self.advice(f, None)?;
        f.write_str("\n")?;
        write_warning(f, self.evidence.verification)?;
        self.seen(f)?;
        self.came(f)?;
        self.words(f)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Diagnosis {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{} in {}: {}", self.suspects(), self.phase, self.evidence);
    }
}
