//! The modem's own words, for the diagnosis.

use super::Modem;
use crate::wire::{Event, classify};
use crate::words::{StartStep, Task};
use heapless::Vec;

/// So much of an answer is kept.
const MOST: usize = 128;

/// The raw answer to the last command whose answer is of interest: without echoes, which hold what was
/// sent, the password of the network among it.
#[derive(Debug)]
pub(super) struct LastAnswer {
    bytes: Vec<u8, MOST, u8>,
    recording: bool,
    /// Where the line begins that isn't over.
    line: u8,
    /// Only lines are kept that are known, and no line that isn't over is shown: the rest may be what
    /// was sent, in pieces.
    secretive: bool,
}

impl LastAnswer {
    pub(super) const fn new() -> Self {
        Self { bytes: Vec::new(), recording: false, line: 0, secretive: false }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        let hides = self.secretive || is_echo(self.rest());
        let end = if hides { usize::from(self.line) } else { self.bytes.len() };
        self.bytes.get(..end).unwrap_or_default()
    }

    /// The line that isn't over.
    fn rest(&self) -> &[u8] {
        self.bytes.get(usize::from(self.line)..).unwrap_or_default()
    }

    /// A command was sent.
    pub(super) fn begin(&mut self, records: bool, secretive: bool) {
        self.recording = records;
        if records {
            self.bytes.clear();
            self.line = 0;
            self.secretive = secretive;
        }
    }

    /// What comes from now on belongs to the step that begins, of which nothing was said yet.
    pub(super) fn forget(&mut self) {
        self.begin(true, true);
        self.recording = false;
    }

    pub(super) fn push(&mut self, byte: u8) {
        if !self.recording {
            return;
        }
        let _ = self.bytes.push(byte);
        if byte != b'\n' {
            return;
        }
        let line = self.rest().trim_ascii();
        let known = line.is_empty() || classify(line) != Event::Line || is_join_code(line);
        let stays = known || (!self.secretive && !is_echo(line));
        if !stays {
            self.bytes.truncate(self.line.into());
        }
        // (No more than 128.)
        self.line = self.bytes.len() as u8;
    }
}

fn is_echo(line: &[u8]) -> bool {
    line.trim_ascii_start().starts_with(b"AT") || line.windows(3).any(|text| text == b"AT+")
}

/// `+CWJAP:2`
fn is_join_code(line: &[u8]) -> bool {
    matches!(line.strip_prefix(b"+CWJAP:"), Some([b'0'..=b'9']))
}

impl Modem {
    /// Whether the answer to this is kept. What the driver does by itself behind a failure doesn't hide
    /// the answer that was the failure, nor the modem's `ready` in the middle of it.
    pub(super) fn records(&self, task: Task) -> bool {
        match task {
            Task::Resolve
            | Task::Tls { .. }
            | Task::Connect(_)
            | Task::Send { .. }
            | Task::Read { .. }
            | Task::Restart => true,
            Task::Job(_) => !self.station.jobs.for_client,
            // At first, and of a modem that never gave answers.
            Task::Start(_) => !self.met,
            Task::Join => !self.station.joining.is_own(),
            Task::Apply(kind) => self.station.settings.awaits(kind),
            // Before a connect, not behind a failed one.
            Task::Memory { link, .. } => {
                self.slots.get(usize::from(link)).is_some_and(|slot| slot.is_wanted())
            }
            Task::Close(_)
            | Task::Pending(_)
            | Task::Status
            | Task::Address
            | Task::Servers
            | Task::Sync => false,
        }
    }

    /// Whether what was sent is nobody's business: the network's password, a request's credentials, and
    /// what a program before this one has sent.
    pub(super) fn is_secret(task: Task) -> bool {
        matches!(task, Task::Join | Task::Send { .. })
            || matches!(task, Task::Start(StartStep::Echo | StartStep::LeaveData))
    }
}
