//! The modem's own words, for the diagnosis.

use super::Modem;
use crate::words::Task;
use heapless::Vec;

/// So much of an answer is kept.
const MOST: usize = 128;

/// The raw answer to the last command whose answer is of interest.
#[derive(Debug)]
pub(super) struct LastAnswer {
    bytes: Vec<u8, MOST>,
    recording: bool,
}

impl LastAnswer {
    pub(super) const fn new() -> Self {
        Self { bytes: Vec::new(), recording: false }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A command was sent.
    pub(super) fn begin(&mut self, records: bool) {
        self.recording = records;
        if records {
            self.bytes.clear();
        }
    }

    pub(super) fn push(&mut self, byte: u8) {
        if self.recording {
            let _ = self.bytes.push(byte);
        }
    }
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
            // At first, and of a modem that gave no answers.
            Task::Start(_) => !self.met || self.silent,
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
}
