//! Names to addresses, through the modem's own resolver: one at a time.

use crate::error::EspAtError;
use crate::wire::ipv4;
use crate::words::CommandResult;
use core::net::Ipv4Addr;

/// The one name that is being resolved, known by its checksum: whoever asked for another gets that.
#[derive(Debug)]
pub(crate) struct Resolver {
    state: State,
    /// The name that the state is of.
    name: u32,
    /// The name that was asked for last.
    wanted: u32,
    /// What the modem has said on the way to its answer's end.
    address: Option<Ipv4Addr>,
    retried: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Asked,
    Known(Result<Ipv4Addr, EspAtError>),
}

impl Resolver {
    pub(crate) const fn new() -> Self {
        Self { state: State::Idle, name: 0, wanted: 0, address: None, retried: false }
    }

    /// Notes that somebody wants this name: its result, if there is one. It is told once.
    pub(crate) fn want(&mut self, hostname: &str) -> Option<Result<Ipv4Addr, EspAtError>> {
        self.wanted = checksum(hostname);
        let State::Known(result) = self.state else {
            return None;
        };
        self.state = State::Idle;
        // Another's result is of somebody who gave up.
        (core::mem::take(&mut self.name) == self.wanted).then_some(result)
    }

    pub(crate) fn is_asking(&self) -> bool {
        self.state == State::Asked
    }

    /// Whether the modem works on a name that nobody waits for.
    pub(crate) fn is_forgotten(&self) -> bool {
        self.is_asking() && self.wanted != self.name
    }

    /// The modem is asked for the name that is wanted.
    pub(crate) fn ask(&mut self) {
        self.retried &= self.name == self.wanted;
        self.name = self.wanted;
        self.address = None;
        self.state = State::Asked;
    }

    /// What was asked is asked again by its caller's next call.
    pub(crate) fn reset(&mut self) {
        self.state = State::Idle;
    }

    /// NonOS says `+CIPDOMAIN:1.2.3.4`, ESP-AT puts quotes around it.
    pub(crate) fn line(&mut self, line: &[u8]) {
        if let Some(address) = line.strip_prefix(b"+CIPDOMAIN:").and_then(ipv4) {
            self.address = Some(address);
        }
    }

    pub(crate) fn finish(&mut self, result: CommandResult) {
        self.state = match (self.address, result) {
            (Some(address), CommandResult::Ok | CommandResult::Missed) => State::Known(Ok(address)),
            (_, CommandResult::Error) => State::Known(Err(EspAtError::NameNotFound)),
            // Asking again does no harm.
            _ if !self.retried => {
                self.retried = true;
                State::Idle
            }
            _ => State::Known(Err(EspAtError::AnswerMissed)),
        };
    }

    pub(crate) fn give_up(&mut self, error: EspAtError) {
        self.state = State::Known(Err(error));
    }
}

/// FNV-1a.
fn checksum(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193)
    })
}
