//! What the call is doing and since when: told by `-v`, and bounded by a watchdog.
//!
//! The client looks at its deadlines between calls of the stack. Here two of those calls wait as
//! long as the operating system likes: resolving a name and connecting. A thread keeps their
//! deadlines instead. It can't interrupt the call, so it ends the process, with the same report.

use crate::options::Options;
use crate::report::{Failure, report_failure};
use safe_http_client::{Deadline, Error, ErrorKind, Evidence, Phase};
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What the client reports by itself gets so much time to be reported by it.
const GRACE: Duration = Duration::from_millis(200);

pub(crate) struct Watch {
    started: Instant,
    verbose: bool,
    json: bool,
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
    /// A file that must not stay behind if the program ends here.
    part: Option<PathBuf>,
    over: bool,
}

impl Watch {
    /// Starts the time, and the watchdog.
    pub(crate) fn start(options: &Options) -> Arc<Self> {
        let now = Instant::now();
        let watch = Arc::new(Self {
            started: now,
            verbose: options.verbose,
            json: options.json,
            connect_ms: options.connect_ms(),
            total_ms: options.total_ms(),
            progress: Mutex::new(Progress {
                phase: Phase::Url,
                since: now,
                sent: 0,
                received: 0,
                request: options.verbose.then(Vec::new),
                part: None,
                over: false,
            }),
            changed: Condvar::new(),
        });
        let watchdog = Arc::clone(&watch);
        std::thread::spawn(move || watchdog.keep_deadlines());
        watch
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
        progress.phase = phase;
        progress.since = Instant::now();
        self.changed.notify_all();
    }

    /// These bytes of the request have left.
    pub(crate) fn sent(&self, bytes: &[u8]) {
        let mut progress = self.progress();
        let count = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        progress.sent = progress.sent.saturating_add(count);
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
            show_lines('>', lines.split(|&byte| byte == b'\n'));
            progress.request = None;
        }
    }

    /// So many bytes of the response have come.
    pub(crate) fn received(&self, count: usize) {
        let mut progress = self.progress();
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        progress.received = progress.received.saturating_add(count);
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
        let error: Error<(), ()> =
            Error::new(progress.phase, ErrorKind::Timeout { deadline, limit_ms });
        let mut evidence = Evidence::default();
        evidence.elapsed_ms = self.elapsed_ms();
        evidence.phase_ms = milliseconds(progress.since);
        evidence.sent = progress.sent;
        evidence.received = progress.received;
        if let Some(part) = &progress.part {
            let _ = fs::remove_file(part);
        }
        let failure = Failure::of_call(&error, evidence, b"");
        report_failure(&failure, self.json, self.elapsed_ms());
        std::process::exit(failure.status.into());
    }
}

/// Shows lines as curl does, each behind a mark, and an empty one at the end.
pub(crate) fn show_lines<'a>(mark: char, lines: impl Iterator<Item = &'a [u8]>) {
    let mut text = Vec::new();
    for line in lines.chain([&[][..]]) {
        text.push(mark as u8);
        text.push(b' ');
        text.extend_from_slice(line.trim_ascii_end());
        text.push(b'\n');
    }
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
