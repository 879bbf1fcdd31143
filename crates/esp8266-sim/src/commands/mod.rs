//! The commands, and how they end.

mod basic;
mod ip;
mod link;
mod start;
mod wifi;

use crate::command::{Arg, Command, Form, ParseError, parse};
use crate::fault::Fault;
use crate::modem::{Busy, Modem};

/// The number in `ERR CODE:0x…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum ErrorCode {
    /// The line doesn't begin with `AT`.
    NoPrefix = 0x0103_0000,
    /// An argument is missing or wrong.
    Parameters = 0x0107_0000,
    /// The command isn't known, or not in this form.
    Unsupported = 0x0109_0000,
    /// The command was executed and failed.
    Failed = 0x010a_0000,
}

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// With `OK`.
    Ok,
    /// With `ERROR`.
    Fail(ErrorCode),
    /// With what was said already.
    Said,
    /// Later: an event ends it.
    Later,
}

const PARAMETERS: Outcome = Outcome::Fail(ErrorCode::Parameters);
const UNSUPPORTED: Outcome = Outcome::Fail(ErrorCode::Unsupported);
const FAILED: Outcome = Outcome::Fail(ErrorCode::Failed);

/// Commands that NonOS knows with `_CUR` (in RAM alone) and `_DEF` (in flash too).
const SUFFIXED: [&str; 7] =
    ["+CWMODE", "+CWJAP", "+CWDHCP", "+CIPSTA", "+CIPDNS", "+UART", "+CWSAP"];

/// A command as the handlers take it.
pub(crate) struct Call<'a> {
    /// The name as the host wrote it, for the answer.
    pub name: &'a str,
    pub form: &'a Form,
    /// What it sets goes to flash.
    pub stores: bool,
}

impl Call<'_> {
    /// The arguments of a set command.
    fn set(&self) -> Option<&[Arg]> {
        match self.form {
            Form::Set(arguments) => Some(arguments),
            _ => None,
        }
    }

    fn is_query(&self) -> bool {
        *self.form == Form::Query
    }

    /// The single number of a set command, if it lies in this range.
    fn number(&self, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
        match self.set()? {
            [only] => only.number().filter(|it| range.contains(it)),
            _ => None,
        }
    }
}

impl Modem {
    pub(crate) fn execute(&mut self, line: &[u8]) {
        let outcome = match parse(line) {
            Ok(command) => self.dispatch(&command),
            Err(ParseError::NoPrefix) => Outcome::Fail(ErrorCode::NoPrefix),
            Err(ParseError::Arguments) => PARAMETERS,
        };
        if outcome == Outcome::Later && self.busy == Busy::No {
            self.busy = match parse(line) {
                Ok(command) if self.deafens(&command) => Busy::Deaf,
                _ => Busy::Process,
            };
        }
        self.conclude(outcome);
    }

    /// Whether it hears nothing while this is under way.
    fn deafens(&self, command: &Command) -> bool {
        self.is_single_or(Fault::DeafWhileBusy)
            && matches!(command.name.as_str(), "+CIPSTART" | "+CIPDOMAIN")
    }

    fn dispatch(&mut self, command: &Command) -> Outcome {
        let name = command.name.as_str();
        let current = name.strip_suffix("_CUR");
        let default = name.strip_suffix("_DEF");
        let base = match current.or(default) {
            None => name,
            // ESP-AT keeps the suffixes of UART alone.
            Some("+UART") => "+UART",
            Some(base) if self.features.suffixes && SUFFIXED.contains(&base) => base,
            Some(_) if self.features.first => return self.unknown(),
            Some(_) => return UNSUPPORTED,
        };
        let stores = match (current, default) {
            (Some(_), _) => false,
            (_, Some(_)) => true,
            _ => self.is_nonos() || self.settings.store,
        };
        const FIRST: [&str; 14] = [
            "",
            "E0",
            "E1",
            "+GMR",
            "+RST",
            "+CWMODE",
            "+CWJAP",
            "+CWLAP",
            "+CWQAP",
            "+CIPSTART",
            "+CIPSEND",
            "+CIPCLOSE",
            "+CIPMUX",
            "+CIPSTATUS",
        ];
        if self.features.first && !FIRST.contains(&name) {
            return self.unknown();
        }
        let later = ["+CIPDOMAIN", "+CIPDINFO", "+SYSRAM", "+CIPSSLCCONF"];
        if !self.features.modern && later.contains(&base) {
            return UNSUPPORTED;
        }
        let call = Call { name, form: &command.form, stores };
        self.basic(base, &call)
            .or_else(|| self.wifi(base, &call))
            .or_else(|| self.ip(base, &call))
            .or_else(|| self.link_command(base, &call))
            .or_else(|| self.receive(base, &call))
            .unwrap_or(UNSUPPORTED)
    }

    /// What AT 0.18 says to a command that came later: a line, and neither `OK` nor `ERROR`.
    fn unknown(&mut self) -> Outcome {
        self.answer("\r\nno this fun\r\n");
        Outcome::Said
    }

    /// `+NAME:…` and `OK`.
    fn tell(&mut self, call: &Call<'_>, value: impl std::fmt::Display) -> Outcome {
        self.answer(format!("{}:{value}\r\n", call.name));
        Outcome::Ok
    }
}
