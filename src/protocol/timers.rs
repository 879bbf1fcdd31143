//! How long a call may take, and how long it has taken. Time is an argument.

use super::Failure;
use crate::error::Deadline;

/// A deadline that never runs out.
pub(crate) const NEVER: u32 = u32::MAX;

/// How long each step may take, in milliseconds.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(crate) struct Deadlines {
    pub(crate) resolve_ms: u32,
    pub(crate) connect_ms: u32,
    pub(crate) continue_ms: u32,
    pub(crate) response_ms: u32,
    pub(crate) idle_ms: u32,
    /// [`NEVER`] for none.
    pub(crate) total_ms: u32,
}

impl Deadlines {
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub(crate) const fn limit_ms(&self, deadline: Deadline) -> u32 {
        match deadline {
            Deadline::Resolve => self.resolve_ms,
            Deadline::Connect => self.connect_ms,
            Deadline::Response => self.response_ms,
            Deadline::Idle => self.idle_ms,
            Deadline::Total => self.total_ms,
        }
    }
}

/// When a call began, and when it last got on. The counter may wrap in between.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timers {
    pub(crate) started: u32,
    /// When the step began, or last made progress.
    pub(crate) mark: u32,
}

impl Timers {
    pub(crate) const fn waited(&self, now: u32) -> u32 {
        now.wrapping_sub(self.mark)
    }

    pub(crate) const fn elapsed(&self, now: u32) -> u32 {
        now.wrapping_sub(self.started)
    }

    /// Something moved.
    pub(crate) const fn progress(&mut self, now: u32) {
        self.mark = now;
    }

    /// There is nothing to do but wait, until `deadline` (counted from the last progress) or the
    /// total one.
    pub(crate) fn wait(
        &self,
        now: u32,
        deadline: Deadline,
        deadlines: &Deadlines,
    ) -> Result<(), Failure> {
        self.check_total(now, deadlines)?;
        let limit_ms = deadlines.limit_ms(deadline);
        if self.waited(now) >= limit_ms {
            return Err(Failure::Timeout(deadline));
        }
        Ok(())
    }

    /// A peer that keeps bytes coming can't outlast the total deadline.
    pub(crate) fn check_total(&self, now: u32, deadlines: &Deadlines) -> Result<(), Failure> {
        let limit_ms = deadlines.total_ms;
        if limit_ms != NEVER && self.elapsed(now) >= limit_ms {
            return Err(Failure::Timeout(Deadline::Total));
        }
        Ok(())
    }
}

#[cfg(feature = "async")]
impl super::Exchange {
    /// For how many milliseconds more nothing may happen, until a deadline of what it waits for runs out,
    /// or the body is sent without `100 Continue`; 0 where that time has come.
    pub(crate) fn time_left(&self, now: u32) -> u32 {
        use super::State;
        let deadlines = &self.params.deadlines;
        let limit_ms = match self.state {
            State::Resolve => deadlines.resolve_ms,
            State::Connect => deadlines.connect_ms,
            State::AwaitContinue if !self.has_part_of_answer() => deadlines.continue_ms,
            State::Head if !self.has_part_of_answer() => deadlines.response_ms,
            // A stream may rest; what is written to it is to be taken.
            State::Body if self.is_upgraded() && !self.seeks_answer => NEVER,
            _ => deadlines.idle_ms,
        };
        let left = match limit_ms {
            NEVER => NEVER,
            limit_ms => limit_ms.saturating_sub(self.timers.waited(now)),
        };
        match deadlines.total_ms {
            NEVER => left,
            total_ms => left.min(total_ms.saturating_sub(self.timers.elapsed(now))),
        }
    }
}
