//! What the call is doing and since when: told by `-v`, and bounded by a watchdog.
//!
//! The client looks at its deadlines between calls of the stack. Here two of those calls wait as
//! long as the operating system likes: resolving a name and connecting. A thread keeps their
//! deadlines instead. It can't interrupt the call, so it ends the process, with the same report.

use crate::options::Options;
use crate::report::{Failure, report_failure, without_user};
use crate::voice::Voice;
use safe_http_client::{Deadline, Diagnosis, Error, ErrorKind, Evidence, Phase};
use std::borrow::Cow;
use std::convert::Infallible;
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What the client reports by itself gets so much time to be reported by it.
const GRACE: Duration = Duration::from_millis(200);

pub(crate) struct Watch {
    started: Instant,
    verbose: bool,
    voice: Voice,
    connect_ms: u32,
    total_ms: Option<u32>,
    progress: Mutex<Progress>,
    changed: Condvar,
}

struct Progress {
    phase: Phase,
    since: Instant,
    sent: u32,
    received: u32,
    /// The request's head as far as it was sent; `None` once it was shown.
    request: Option<Vec<u8>>,
    /// The first bytes of the response, and whether its head was shown.
    came: Vec<u8>,
    head_shown: bool,
    /// A file that must not stay behind if the program ends here.
    part: Option<PathBuf>,
    /// The peers that were connected to, first and last: a redirect may lead elsewhere.
    peers: Option<(SocketAddr, SocketAddr)>,
    over: bool,
}

impl Watch {
    /// Starts the time, and the watchdog.
    pub(crate) fn start(options: &Options) -> Arc<Self> {
        let now = Instant::now();
        let watch = Arc::new(Self {
            started: now,
            verbose: options.verbose,
            voice: options.voice(),
            connect_ms: options.connect_ms(),
            total_ms: options.total_ms(),
            progress: Mutex::new(Progress {
                phase: Phase::Url,
                since: now,
                sent: 0,
                received: 0,
                request: options.verbose.then(Vec::new),
                came: Vec::new(),
                head_shown: false,
                part: None,
                peers: None,
                over: false,
            }),
            changed: Condvar::new(),
        });
        let watchdog = Arc::clone(&watch);
        std::thread::spawn(move || watchdog.keep_deadlines());
        watch
    }

    pub(crate) fn voice(&self) -> &Voice {
        &self.voice
    }

    /// Whether `-m` leaves time for an attempt behind such a wait.
    pub(crate) fn has_time_behind(&self, wait: Duration) -> bool {
        let limit = self.total_ms.map(|total_ms| Duration::from_millis(total_ms.into()));
        limit.is_none_or(|limit| self.started.elapsed() + wait + SHORTEST < limit)
    }

    /// Milliseconds from the start.
    pub(crate) fn elapsed_ms(&self) -> u32 {
        milliseconds(self.started)
    }

    pub(crate) fn phase(&self) -> Phase {
        self.progress().phase
    }

    /// A phase begins, and the one before ends.
    pub(crate) fn enter(&self, phase: Phase) {
        let mut progress = self.progress();
        if progress.phase == phase {
            return;
        }
        self.show_phase(&progress);
        if matches!(phase, Phase::Link | Phase::Resolve | Phase::Connect) {
            self.pass(&mut progress);
        }
        progress.phase = phase;
        progress.since = Instant::now();
        self.changed.notify_all();
    }

    /// What came was a step on the way to the next request.
    fn pass(&self, progress: &mut Progress) {
        if progress.came.is_empty() || !self.verbose {
            return;
        }
        let was_shown = std::mem::take(&mut progress.head_shown);
        let came = std::mem::take(&mut progress.came);
        // Records of TLS are for nobody to read.
        if !was_shown && came.starts_with(b"HTTP/") {
            show_head_that_came(&came);
        }
        progress.request = Some(Vec::new());
    }

    /// A connection to this peer is opened.
    pub(crate) fn connecting(&self, peer: SocketAddr) {
        self.enter(Phase::Connect);
        self.note(&format!("connecting to {peer}"));
        let mut progress = self.progress();
        let first = progress.peers.map_or(peer, |(first, _)| first);
        progress.peers = Some((first, peer));
    }

    /// These bytes of the request have left.
    pub(crate) fn sent(&self, bytes: &[u8]) {
        let mut progress = self.progress();
        let count = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        progress.sent = progress.sent.saturating_add(count);
        if self.verbose && begins_another(&progress, bytes) {
            self.pass(&mut progress);
        }
        let Some(head) = &mut progress.request else {
            return;
        };
        // Records of TLS are for nobody to read.
        if head.is_empty() && bytes.first().is_some_and(|first| (20..24).contains(first)) {
            return;
        }
        head.extend_from_slice(bytes);
        if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
            let lines = head.get(..end).unwrap_or_default();
            show_lines('>', without_secrets(lines.split(|&byte| byte == b'\n')));
            progress.request = None;
        }
    }

    /// These bytes of the response have come.
    pub(crate) fn received(&self, bytes: &[u8]) {
        let mut progress = self.progress();
        let count = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        progress.received = progress.received.saturating_add(count);
        let room = FIRST_BYTES.saturating_sub(progress.came.len());
        let bytes = bytes.get(..room).unwrap_or(bytes);
        progress.came.extend_from_slice(bytes);
    }

    /// The response's head is whole, and shown with `-v`.
    pub(crate) fn head(&self, lines: &[Vec<u8>]) {
        self.progress().head_shown = true;
        if self.verbose {
            show_lines('<', without_secrets(lines.iter().map(Vec::as_slice)));
        }
    }

    /// How many that were so far.
    pub(crate) fn bytes_received(&self) -> u32 {
        self.progress().received
    }

    /// With `-v`, says something.
    pub(crate) fn note(&self, text: &str) {
        if self.verbose {
            to_stderr(format!("* {text}\n").as_bytes());
        }
    }

    /// This file is to go if the program ends early; `None` if it isn't.
    pub(crate) fn guard_part(&self, part: Option<PathBuf>) {
        self.progress().part = part;
    }

    /// With `-v`, the first bytes of a response that wasn't understood.
    fn show_what_came(&self, progress: &Progress) {
        if !self.verbose || progress.came.is_empty() {
            return;
        }
        let came = progress.came.as_slice();
        if progress.head_shown {
            let behind_head = came.windows(4).position(|four| four == b"\r\n\r\n");
            let body = behind_head.and_then(|end| came.get(end + 4..)).unwrap_or_default();
            if !body.is_empty() {
                let body = body.get(..64).unwrap_or(body);
                self.note(&format!("the body's first bytes: {}", body.escape_ascii()));
            }
            return;
        }
        // As it is, so that each byte is seen.
        let lines = without_secrets(came.split_inclusive(|&byte| byte == b'\n'));
        let shown: Vec<_> = lines.map(|line| line.escape_ascii().to_string()).collect();
        self.note(&format!("what came of a response, its first {} bytes:", came.len()));
        show_lines('<', shown.iter().map(String::as_bytes));
    }

    /// The call has failed: what came is shown with `-v`.
    pub(crate) fn failed(&self) {
        self.show_what_came(&self.progress());
        self.finish();
    }

    /// The call has ended. From here on the watchdog sleeps, and the report is the caller's.
    pub(crate) fn finish(&self) {
        let mut progress = self.progress();
        self.show_phase(&progress);
        self.note(&format!("total {} ms", self.elapsed_ms()));
        progress.over = true;
        self.changed.notify_all();
    }

    fn show_phase(&self, progress: &Progress) {
        let bytes = match progress.phase {
            Phase::Url => return,
            Phase::Send => format!(", {} bytes sent", progress.sent),
            Phase::Body => format!(", {} bytes received in all", progress.received),
            _ => String::new(),
        };
        let (name, ms) = (progress.phase.name(), milliseconds(progress.since));
        self.note(&format!("{name} {ms} ms{bytes}"));
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The watchdog's loop.
    fn keep_deadlines(&self) {
        let mut progress = self.progress();
        while !progress.over {
            let now = Instant::now();
            let next = self.next_deadline(&progress);
            if let Some((at, deadline, limit_ms)) = next
                && at <= now
            {
                // The lock is kept, so that the main thread can't begin another report.
                self.end_process(&progress, deadline, limit_ms);
            }
            let pause = next.map_or(Duration::from_secs(3600), |(at, ..)| at - now);
            progress = self
                .changed
                .wait_timeout(progress, pause)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// What has to have ended when: the earlier of the two deadlines that can be held up.
    fn next_deadline(&self, progress: &Progress) -> Option<(Instant, Deadline, u32)> {
        let inside = match progress.phase {
            Phase::Resolve => Some(Deadline::Resolve),
            Phase::Connect => Some(Deadline::Connect),
            _ => None,
        };
        let own = inside.map(|deadline| {
            let limit = Duration::from_millis(self.connect_ms.into());
            (progress.since + limit, deadline, self.connect_ms)
        });
        // In other phases the client keeps it by itself, unless stdin or stdout is what is stuck.
        let total = self.total_ms.map(|total_ms| {
            let limit = Duration::from_millis(total_ms.into());
            let grace = if inside.is_some() { Duration::ZERO } else { GRACE };
            (self.started + limit + grace, Deadline::Total, total_ms)
        });
        own.into_iter().chain(total).min_by_key(|(at, ..)| *at)
    }

    fn end_process(&self, progress: &Progress, deadline: Deadline, limit_ms: u32) -> ! {
        let error: Error<Infallible, ()> =
            Error::new(progress.phase, ErrorKind::Timeout { deadline, limit_ms });
        let mut evidence = Evidence::default();
        evidence.elapsed_ms = self.elapsed_ms();
        evidence.phase_ms = milliseconds(progress.since);
        evidence.sent = progress.sent;
        evidence.received = progress.received;
        if let Some(part) = &progress.part {
            let _ = fs::remove_file(part);
        }
        self.show_what_came(progress);
        evidence.remote = progress.peers.map(|(_, last)| last);
        let failure = Failure::of_call(&error, &Diagnosis::new(&error, evidence), b"");
        let failure = match progress.peers {
            Some((first, last)) if progress.phase == Phase::Connect && first != last => {
                failure.led(&format!("; that was {last}, where a redirect led"), &last.to_string())
            }
            _ => failure,
        };
        report_failure(&failure, &self.voice, self.elapsed_ms());
        std::process::exit(failure.status.into());
    }
}

/// What an attempt takes at least.
const SHORTEST: Duration = Duration::from_millis(20);

/// Bytes of a response that are kept for whoever wants to see why it failed.
const FIRST_BYTES: usize = 1024;

/// Headers whose values are nobody's business, behind a scheme or a name that is.
const SECRETS: [&str; 8] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "set-cookie2",
    "x-auth",
    "authentication-info",
    "proxy-authentication-info",
];

/// Words in the names of others that are like them, such as `X-Api-Key` and `X-Auth-Token`.
const SECRET_WORDS: [&str; 6] = ["token", "api-key", "apikey", "secret", "passw", "session"];

fn is_secret(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    let has = |word: &&str| name.windows(word.len()).any(|part| part == word.as_bytes());
    SECRETS.iter().any(|secret| name == secret.as_bytes()) || SECRET_WORDS.iter().any(has)
}

/// Lines of a head as they may be shown.
fn without_secrets<'l>(
    lines: impl Iterator<Item = &'l [u8]>,
) -> impl Iterator<Item = Cow<'l, [u8]>> {
    let mut is_hidden = false;
    lines.map(move |line| {
        // A line that goes on (RFC 9112 section 5.2) is as secret as its first.
        if is_hidden && matches!(line.first(), Some(b' ' | b'\t')) {
            return Cow::Borrowed(&b" [hidden]"[..]);
        }
        let shown = hidden(line);
        is_hidden = matches!(shown, Cow::Owned(_));
        shown
    })
}

/// A header line as it may be shown: of `Authorization: Basic dXNlcjpw` the scheme, of `Set-Cookie: id=1` the
/// name.
fn hidden(line: &[u8]) -> Cow<'_, [u8]> {
    let Some(colon) = line.iter().position(|&byte| byte == b':') else {
        return Cow::Borrowed(line);
    };
    let (name, value) = line.split_at(colon);
    let name = name.trim_ascii();
    let value = value.get(1..).unwrap_or_default().trim_ascii();
    if name.eq_ignore_ascii_case(b"location") && value.contains(&b'@') {
        let value = without_user(&String::from_utf8_lossy(value));
        return Cow::Owned([name, b": ", value.as_bytes()].concat());
    }
    if !is_secret(name) {
        return Cow::Borrowed(line);
    }
    let shown = value.iter().position(|byte| b" =".contains(byte)).map_or(0, |end| end + 1);
    let shown = value.get(..shown).unwrap_or_default();
    Cow::Owned([name, b": ", shown, b"[hidden]"].concat())
}

/// Whether these bytes are another request's first, after a redirect or a challenge, or a retry.
fn begins_another(progress: &Progress, bytes: &[u8]) -> bool {
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    progress.request.is_none() && !progress.came.is_empty() && line.ends_with(b" HTTP/1.1\r")
}

/// The head of a response that the client took as a step on its way.
fn show_head_that_came(came: &[u8]) {
    let end = came.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(came.len());
    let lines = came.get(..end).unwrap_or_default().split(|&byte| byte == b'\n');
    show_lines('<', without_secrets(lines));
}

/// Shows lines as curl does, each behind a mark, and an empty one at the end.
fn show_lines<L: AsRef<[u8]>>(mark: char, lines: impl Iterator<Item = L>) {
    let mut text = Vec::new();
    for line in lines {
        let line = line.as_ref();
        text.push(mark as u8);
        text.push(b' ');
        text.extend_from_slice(line.trim_ascii_end());
        text.push(b'\n');
    }
    text.extend_from_slice(&[mark as u8, b' ', b'\n']);
    to_stderr(&text);
}

/// One write each, and never a panic: stderr may be closed.
pub(crate) fn to_stderr(text: &[u8]) {
    let _ = std::io::stderr().write_all(text);
}

fn milliseconds(since: Instant) -> u32 {
    // The client's clock may wrap, after 49 days, but not stop.
    since.elapsed().as_millis() as u32
}
