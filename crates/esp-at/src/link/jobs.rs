//! Single tasks for the modem: signal strength, a scan, a restart, another baud rate.

use crate::error::EspAtError;
use crate::modem::{Outcome, Seen};
use crate::wire::{Command, Fields, mac, number};
use core::net::Ipv4Addr;
use heapless::Vec;
use nal_link::elapsed_ms;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Job {
    Rssi,
    Scan,
    Restart,
    Baud(u32),
    Leave,
    Ping(Ipv4Addr),
}

impl Job {
    pub(crate) fn spell(self, cur: &str, command: &mut Command) {
        match self {
            Self::Rssi => command.text("AT+CWJAP").text(cur).text("?"),
            Self::Scan => command.text("AT+CWLAP"),
            Self::Restart => command.text("AT+RST"),
            Self::Baud(rate) => command.text("AT+UART_CUR=").number(rate).text(",8,1,0,0"),
            Self::Leave => command.text("AT+CWQAP"),
            Self::Ping(host) => command.text("AT+PING=").address(host),
        };
    }
}

/// An access point that a scan has found. One line of `AT+CWLAP`; [`EspAt::scan`](crate::EspAt::scan) makes them.
///
/// ```no_run
/// # use safe_http_client::{*, esp_at::*};
/// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), EspAtError> {
/// let mut open = 0;
/// modem.scan(&mut cx, |found| open += usize::from(found.is_open && found.rssi_dbm > -70))?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct AccessPoint {
    ssid: [u8; 32],
    length: u8,
    /// Its hardware address, in the order in which it is written.
    pub bssid: [u8; 6],
    /// Its signal strength in dBm.
    pub rssi_dbm: i8,
    /// Its radio channel, 1 to 14.
    pub channel: u8,
    /// Whether it wants no password.
    pub is_open: bool,
}

impl AccessPoint {
    /// Its name: up to 32 bytes of any value (IEEE 802.11), and none for a hidden one.
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), EspAtError> {
    /// modem.scan(&mut cx, |found| println!("{}", found.ssid().escape_ascii()))?;
    /// # Ok(()) }
    /// ```
    pub fn ssid(&self) -> &[u8] {
        self.ssid.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// `(3,"name",-48,"5c:cf:7f:00:01:ab",6,…`
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let mut fields = Fields(text.strip_prefix(b"(")?);
        let encryption = fields.number()?;
        let name = fields.next()?;
        let rssi_dbm = i8::try_from(fields.signed()?).ok()?;
        let bssid = mac(fields.next()?)?;
        let channel = u8::try_from(fields.number()?).ok()?;
        let name = unescaped(name)?;
        let mut ssid = [0; 32];
        for (target, byte) in ssid.iter_mut().zip(&name) {
            *target = *byte;
        }
        let length = u8::try_from(name.len()).ok()?;
        Some(Self { ssid, length, bssid, rssi_dbm, channel, is_open: encryption == 0 })
    }
}

fn unescaped(name: &[u8]) -> Option<Vec<u8, 32>> {
    let mut bytes = Vec::new();
    let mut rest = name.iter();
    while let Some(byte) = rest.next() {
        let escaped = match (byte, rest.as_slice().first()) {
            (b'\\', Some(next @ (b',' | b'"' | b'\\'))) => {
                rest.next();
                next
            }
            _ => byte,
        };
        bytes.push(*escaped).ok()?;
    }
    Some(bytes)
}

/// An answer that nobody has come for in this time isn't the next one's.
const STALE_MS: u32 = 10_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Idle,
    Wanted(Job),
    Running(Job),
    Done(Job, Result<(), EspAtError>),
}

#[derive(Debug)]
pub(crate) struct Jobs {
    pub(super) state: State,
    pub(crate) rssi: Option<i8>,
    pub(crate) ping_ms: Option<u32>,
    pub(super) found: Option<AccessPoint>,
    /// Reads a line of a scan. It is set by who wants one, so that others have no code of it.
    pub(super) read: fn(&[u8]) -> Option<AccessPoint>,
    /// The modem said `ERROR` at once: it can't, or may not.
    pub(crate) refused: bool,
    /// The client asks for its own purposes.
    pub(crate) for_client: bool,
    /// When it last did.
    polled_at: u32,
    retried: bool,
}

impl Jobs {
    pub(crate) const fn new() -> Self {
        Self {
            state: State::Idle,
            rssi: None,
            ping_ms: None,
            found: None,
            read: |_| None,
            refused: false,
            for_client: false,
            polled_at: 0,
            retried: false,
        }
    }

    /// Whether somebody waits for what the modem does.
    pub(crate) fn awaits(&self, job: Job) -> bool {
        self.state == State::Running(job)
    }

    /// The client asks for it, or asks again. What it has asked for before is forgotten.
    pub(super) fn ask(&mut self, job: Job, now: u32) {
        let waited = elapsed_ms(now, self.polled_at);
        self.polled_at = now;
        let goes_on = match self.state {
            State::Wanted(it) | State::Running(it) => it == job,
            // Nobody came for an old answer.
            State::Done(it, _) => it == job && waited < STALE_MS,
            State::Idle => false,
        };
        if !goes_on {
            self.want(job);
            self.for_client = true;
        }
    }

    pub(super) fn want(&mut self, job: Job) {
        self.state = State::Wanted(job);
        self.rssi = None;
        self.ping_ms = None;
        self.found = None;
        self.refused = false;
        self.for_client = false;
        self.retried = false;
    }

    pub(super) fn next(&self) -> Option<Job> {
        match self.state {
            State::Wanted(job) => Some(job),
            _ => None,
        }
    }

    pub(super) fn taken_off(&mut self, job: Job) {
        self.state = State::Running(job);
    }

    pub(super) fn line(&mut self, job: Job, line: &[u8]) {
        if self.state != State::Running(job) {
            return;
        }
        match job {
            Job::Rssi => {
                let rest = line
                    .strip_prefix(b"+CWJAP_CUR:")
                    .or_else(|| line.strip_prefix(b"+CWJAP:"))
                    .unwrap_or_default();
                let mut fields = Fields(rest);
                let _ = (fields.next(), fields.next(), fields.next());
                self.rssi = fields.signed().and_then(|rssi| i8::try_from(rssi).ok());
            }
            Job::Scan => {
                if let Some(found) = line.strip_prefix(b"+CWLAP:").and_then(self.read) {
                    self.found = Some(found);
                }
            }
            // NonOS says `+<ms>`, ESP-AT `+PING:<ms>`.
            Job::Ping(_) => {
                let rest = line.strip_prefix(b"+PING:").or_else(|| line.strip_prefix(b"+"));
                self.ping_ms = rest.and_then(number).or(self.ping_ms);
            }
            Job::Restart | Job::Baud(_) | Job::Leave => {}
        }
    }

    pub(super) fn done(&mut self, job: Job, outcome: Outcome, seen: Seen) {
        // Another was asked for meanwhile: this one's answer is nobody's.
        if self.state != State::Running(job) {
            return;
        }
        self.refused = outcome == Outcome::Error && seen.at_once;
        let result = match outcome {
            // `ready` ends it.
            Outcome::Ok | Outcome::Missed if job == Job::Restart => return,
            Outcome::Ok => Ok(()),
            Outcome::Missed if !self.retried && !matches!(job, Job::Baud(_)) => {
                self.retried = true;
                self.state = State::Wanted(job);
                return;
            }
            Outcome::Missed => Err(EspAtError::AnswerMissed),
            // No answer within the firmware's own patience.
            Outcome::Error if matches!(job, Job::Ping(_)) => Ok(()),
            Outcome::Error => Err(EspAtError::Rejected),
        };
        self.state = State::Done(job, result);
    }

    pub(super) fn failed(&mut self, job: Job, error: EspAtError) {
        if [State::Wanted(job), State::Running(job)].contains(&self.state) {
            self.state = State::Done(job, Err(error));
        }
    }

    pub(super) fn requeue(&mut self, job: Job) {
        if self.state == State::Running(job) {
            self.state = State::Wanted(job);
        }
    }

    pub(super) fn reset(&mut self, asked_for: bool) {
        self.state = match self.state {
            State::Running(Job::Restart) => State::Done(Job::Restart, Ok(())),
            State::Running(job) if !asked_for => State::Wanted(job),
            State::Running(job) => State::Done(job, Err(EspAtError::ModemReset)),
            state => state,
        };
    }
}
