//! Names to addresses, through the modem's own resolver.

use super::EspAt;
use super::error::EspAtError;
use super::modem::{Outcome, Task};
use super::serial::Serial;
use super::wire::ipv4;
use core::net::{IpAddr, Ipv4Addr};
use embedded_nal::{AddrType, Dns, nb};
use nal_link::Clock;

/// The one name that is being resolved, known by its checksum: whoever asked for another gets that.
#[derive(Debug)]
pub(crate) struct Resolver {
    state: State,
    name: u32,
    /// The name that was asked for last.
    wanted: u32,
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

    /// Whether the modem works on a name that nobody waits for.
    pub(crate) fn is_forgotten(&self) -> bool {
        self.state == State::Asked && self.wanted != self.name
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

    pub(crate) fn finish(&mut self, outcome: Outcome) {
        self.state = match (self.address, outcome) {
            (Some(address), Outcome::Ok | Outcome::Missed) => State::Known(Ok(address)),
            (_, Outcome::Error) => State::Known(Err(EspAtError::NameNotFound)),
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

impl<S: Serial, C: Clock, const ROOM: usize> Dns for EspAt<S, C, ROOM> {
    type Error = EspAtError;

    fn get_host_by_name(
        &mut self,
        hostname: &str,
        addr_type: AddrType,
    ) -> nb::Result<IpAddr, EspAtError> {
        if matches!(addr_type, AddrType::IPv6) {
            return Err(nb::Error::Other(EspAtError::NotIpv4));
        }
        self.pump();
        let name = checksum(hostname);
        let resolver = &mut self.modem.resolver;
        resolver.wanted = name;
        match resolver.state {
            State::Known(result) if resolver.name == name => {
                resolver.state = State::Idle;
                resolver.name = 0;
                return Ok(IpAddr::V4(result?));
            }
            State::Asked => return Err(nb::Error::WouldBlock),
            // The answer to somebody who gave up.
            State::Known(_) => resolver.state = State::Idle,
            State::Idle => {}
        }
        self.check_silence()?;
        self.make_way();
        if self.can_begin() {
            let resolver = &mut self.modem.resolver;
            resolver.retried &= resolver.name == name;
            resolver.name = name;
            resolver.address = None;
            resolver.state = State::Asked;
            if let Err(error) = self.transmit(Task::Resolve, hostname) {
                self.modem.resolver.state = State::Idle;
                return Err(nb::Error::Other(error));
            }
        }
        Err(nb::Error::WouldBlock)
    }

    /// The firmware has no such thing.
    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, EspAtError> {
        Err(nb::Error::Other(EspAtError::Rejected))
    }
}
