//! Single tasks for the modem, one at a time: signal strength, a scan, a ping, a restart, another baud
//! rate, leaving the access point.

use super::scan::AccessPoint;
use crate::error::EspAtError;
use crate::wire::{Named, number};
use crate::words::{CommandResult, Job, Seen};
use nal_link::elapsed_ms;

/// An answer is forgotten where its client, or whoever asked for a scan, hasn't come for it in this time.
const STALE_MS: u32 = 10_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum JobState {
    Idle,
    Wanted(Job),
    Running(Job),
    Done(Job, Result<(), EspAtError>),
}

#[derive(Debug)]
pub(crate) struct Jobs {
    state: JobState,
    retried: bool,
    /// The client asks for its own purposes.
    pub(crate) for_client: bool,
    /// When whoever waits last asked.
    asked_at: u32,
    pub(crate) rssi: Option<i8>,
    pub(crate) ping_ms: Option<u32>,
    /// The access point that a scan found last, until somebody takes it.
    pub(crate) found: Option<AccessPoint>,
    /// Reads a line of a scan. It is set by who wants one, so that others have no code of it.
    read_found: fn(&[u8]) -> Option<AccessPoint>,
    /// The modem said `ERROR` at once: it can't, or may not.
    pub(crate) refused: bool,
}

impl Jobs {
    pub(super) const fn new() -> Self {
        Self {
            state: JobState::Idle,
            retried: false,
            for_client: false,
            asked_at: 0,
            rssi: None,
            ping_ms: None,
            found: None,
            read_found: |_| None,
            refused: false,
        }
    }

    /// A caller wants it. What was wanted before is forgotten.
    pub(crate) fn start(&mut self, job: Job) {
        self.state = JobState::Wanted(job);
        self.retried = false;
        self.for_client = false;
        self.rssi = None;
        self.ping_ms = None;
        self.found = None;
        self.refused = false;
    }

    pub(crate) fn start_scan(&mut self, now: u32) {
        self.start(Job::Scan);
        self.asked_at = now;
        self.read_found = AccessPoint::parse;
    }

    /// The client wants it, for the first time or again.
    pub(crate) fn ask(&mut self, job: Job, now: u32) {
        let waited = elapsed_ms(now, self.asked_at);
        self.asked_at = now;
        let goes_on = match self.state {
            JobState::Wanted(it) | JobState::Running(it) => it == job,
            JobState::Done(it, _) => it == job && waited < STALE_MS,
            JobState::Idle => false,
        };
        if !goes_on {
            self.start(job);
            self.for_client = true;
        }
    }

    /// How it ended, where it is one of these; `None` as long as the modem works on one. The end is
    /// told once, and is `Ok` where no such job was asked for.
    pub(crate) fn poll(
        &mut self,
        is_it: impl FnOnce(Job) -> bool,
    ) -> Option<Result<(), EspAtError>> {
        match self.state {
            JobState::Done(job, result) if is_it(job) => {
                self.state = JobState::Idle;
                Some(result)
            }
            JobState::Wanted(_) | JobState::Running(_) => None,
            JobState::Idle | JobState::Done(..) => Some(Ok(())),
        }
    }

    /// Whether what the modem says waits on the line for whoever asked for the scan, so that none of it
    /// is lost.
    pub(crate) fn holds_back(&mut self, now: u32) -> bool {
        if self.found.is_none() {
            return false;
        }
        let waits = elapsed_ms(now, self.asked_at) < STALE_MS;
        if !waits {
            self.found = None;
            self.forget();
        }
        waits
    }

    /// The next access point of a scan, where there is one.
    pub(crate) fn take_found(&mut self, now: u32) -> Option<AccessPoint> {
        self.asked_at = now;
        self.found.take()
    }

    /// Nobody waits any more.
    pub(crate) fn forget(&mut self) {
        self.state = JobState::Idle;
    }

    /// Whether somebody waits for what the modem does.
    pub(crate) fn awaits(&self, job: Job) -> bool {
        self.state == JobState::Running(job)
    }

    pub(super) fn next(&self) -> Option<Job> {
        match self.state {
            JobState::Wanted(job) => Some(job),
            _ => None,
        }
    }

    /// The command was sent.
    pub(super) fn begun(&mut self, job: Job) {
        self.state = JobState::Running(job);
    }

    pub(super) fn line(&mut self, job: Job, line: &[u8]) {
        if !self.awaits(job) {
            return;
        }
        match job {
            // `+CWJAP:"name","02:00:00:00:00:01",6,-48`
            Job::Rssi => {
                let rest = line
                    .strip_prefix(b"+CWJAP_CUR:")
                    .or_else(|| line.strip_prefix(b"+CWJAP:"))
                    .unwrap_or_default();
                // A channel isn't negative, and a strength is.
                let told = rest.strip_prefix(b"\"").and_then(Named::parse);
                self.rssi = told.and_then(|mut told| {
                    let _ = told.after.next();
                    let rssi = told.after.signed()?;
                    i8::try_from(rssi).ok().filter(|rssi| *rssi < 0)
                });
            }
            Job::Scan => {
                if let Some(found) = line.strip_prefix(b"+CWLAP:").and_then(self.read_found) {
                    self.found = Some(found);
                }
            }
            // NonOS says `+<ms>`, ESP-AT `+PING:<ms>`.
            Job::Ping(_) => {
                let rest = line.strip_prefix(b"+PING:").or_else(|| line.strip_prefix(b"+"));
                self.ping_ms = rest.and_then(number).or(self.ping_ms);
            }
            Job::Restart | Job::BaudRate(_) | Job::Leave => {}
        }
    }

    pub(super) fn answered(&mut self, job: Job, result: CommandResult, seen: Seen) {
        // Where another was asked for meanwhile, nobody waits for this one.
        if !self.awaits(job) {
            return;
        }
        self.refused = result == CommandResult::Error && seen.at_once;
        let result = match result {
            CommandResult::Ok => Ok(()),
            CommandResult::Missed if !self.retried && !matches!(job, Job::BaudRate(_)) => {
                self.retried = true;
                self.state = JobState::Wanted(job);
                return;
            }
            CommandResult::Missed => Err(EspAtError::AnswerMissed),
            // No answer within the firmware's own patience.
            CommandResult::Error if matches!(job, Job::Ping(_)) => Ok(()),
            CommandResult::Error => Err(EspAtError::Rejected),
        };
        self.state = JobState::Done(job, result);
    }

    pub(super) fn failed(&mut self, job: Job, error: EspAtError) {
        if [JobState::Wanted(job), JobState::Running(job)].contains(&self.state) {
            self.state = JobState::Done(job, Err(error));
        }
    }

    /// The command wasn't executed.
    pub(super) fn requeue(&mut self, job: Job) {
        if self.awaits(job) {
            self.state = JobState::Wanted(job);
        }
    }

    /// The modem was reset, by a job or by itself.
    pub(super) fn reset(&mut self, by_job: bool) {
        self.state = match self.state {
            JobState::Running(Job::Restart) => JobState::Done(Job::Restart, Ok(())),
            JobState::Running(job) if !by_job => JobState::Wanted(job),
            JobState::Running(job) => JobState::Done(job, Err(EspAtError::ModemReset)),
            state => state,
        };
    }
}
