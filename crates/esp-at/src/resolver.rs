//! Names to addresses, through the modem's own resolver: one at a time.

use crate::error::EspAtError;
use crate::wire::ipv4;
use crate::words::CommandResult;
use core::net::Ipv4Addr;
use heapless::Vec;

/// The longest name that fits in a command line.
const LONGEST: usize = 239;

/// The one name that is being resolved: whoever asks for another gets that one's address, or none.
#[derive(Debug)]
pub(crate) struct Resolver {
    state: State,
    /// The name that the state is of.
    name: Vec<u8, LONGEST, u8>,
    /// Another was asked for last.
    is_forgotten: bool,
    /// What the modem has said on the way to its answer's end.
    address: Option<Ipv4Addr>,
    /// It has said that there is none.
    has_none: bool,
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
        Self {
            state: State::Idle,
            name: Vec::new(),
            is_forgotten: false,
            address: None,
            has_none: false,
            retried: false,
        }
    }

    /// Notes that somebody wants this name: its result, if there is one. It is told once.
    pub(crate) fn want(&mut self, hostname: &str) -> Option<Result<Ipv4Addr, EspAtError>> {
        self.is_forgotten = !self.is_of(hostname);
        let State::Known(result) = self.state else {
            return None;
        };
        self.state = State::Idle;
        // Another's result is of somebody who gave up.
        let is_his = !self.is_forgotten;
        self.name.clear();
        is_his.then_some(result)
    }

    /// Whether it is of this name.
    pub(crate) fn is_of(&self, hostname: &str) -> bool {
        self.name.eq_ignore_ascii_case(hostname.as_bytes())
    }

    pub(crate) fn is_asking(&self) -> bool {
        self.state == State::Asked
    }

    /// Whether the modem works on a name that nobody waits for.
    pub(crate) fn is_forgotten(&self) -> bool {
        self.is_asking() && self.is_forgotten
    }

    /// The modem is asked for this name.
    pub(crate) fn ask(&mut self, hostname: &str) -> Result<(), EspAtError> {
        self.retried &= self.is_of(hostname);
        self.name = Vec::from_slice(hostname.as_bytes()).map_err(|_| EspAtError::TooLong)?;
        self.is_forgotten = false;
        self.address = None;
        self.has_none = false;
        self.state = State::Asked;
        Ok(())
    }

    /// What was asked is asked again by its caller's next call.
    pub(crate) fn reset(&mut self) {
        self.state = State::Idle;
    }

    /// NonOS says `+CIPDOMAIN:1.2.3.4`, ESP-AT puts quotes around it, and one firmware says `(IP unset)`
    /// where there is none. Others may say nothing there.
    pub(crate) fn line(&mut self, line: &[u8]) {
        if let Some(told) = line.strip_prefix(b"+CIPDOMAIN:") {
            let told = told.trim_ascii();
            // An IPv6 address is none, and another may stand beside it.
            let is_ipv6 =
                |byte: &u8| matches!(byte, b':' | b'.' | b'"') || byte.is_ascii_hexdigit();
            if told.contains(&b':') && told.iter().all(is_ipv6) {
                self.has_none = true;
                return;
            }
            self.address = ipv4(told);
            self.has_none = matches!(told, [] | b"\"\"" | [b'(', ..]);
        }
    }

    /// Whether the name was found to have no address.
    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.state, State::Known(Err(EspAtError::NameNotFound)))
    }

    pub(crate) fn finish(&mut self, result: CommandResult, no_name: EspAtError) {
        self.state = match (self.address, result) {
            // Without its end the line may lack some of its own, and be another's address.
            (Some(address), CommandResult::Ok) => State::Known(Ok(address)),
            (_, CommandResult::Error) => State::Known(Err(no_name)),
            (None, CommandResult::Ok) if self.has_none => State::Known(Err(no_name)),
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
