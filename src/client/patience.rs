//! A request that is sent again where that may help, whatever its network and its buffer are.

use super::replay::{KeptView, Origin};
use crate::error::Deadline;
use crate::http::bytes::is;
use crate::http::method::Repeat;
use crate::http::redirect::Lines;
use crate::nal::{AnyDriver, Fault, StackStep, Step};
use crate::policy::{Backoff, Refusal, RetryPolicy, Verdict, retry_after_seconds};
use crate::protocol::{Failure, Goal};
use nal_link::elapsed_ms;

/// A request that is sent again where that may help.
pub(crate) struct Patience<'b> {
    origin: Origin<'b>,
    pub(super) backoff: Backoff,
    /// The request may be repeated, whatever became of it.
    may_repeat: bool,
    /// Since when, and how long, it waits for its next attempt.
    pub(super) wait: Option<(u32, u32)>,
}

impl<'b> Patience<'b> {
    /// Of a request that is kept at the end of these bytes.
    pub(super) fn new(origin: Origin<'b>, policy: RetryPolicy, tail: &[u8]) -> Self {
        let may_repeat = origin.params.repeat != Repeat::Never
            || Lines(origin.parts(tail).1).any(|line| {
                let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
                is(name, b"idempotency-key")
            });
        Self { origin, backoff: Backoff::new(policy), may_repeat, wait: None }
    }

    /// Goes on as far as it goes without waiting: to the head of the response that counts.
    pub(crate) fn step(
        &mut self,
        driver: &mut AnyDriver<'_>,
        call: &mut KeptView<'_, 'b>,
    ) -> Step<()> {
        loop {
            if let Some((since, length)) = self.wait {
                let now = driver.stack.now_ms();
                if elapsed_ms(now, since) < length {
                    driver.stack.poll();
                    return Err(nb::Error::WouldBlock);
                }
                self.wait = None;
                // The total deadline is each attempt's; the waiting has its budget.
                self.origin.started = now;
                call.again(&self.origin);
                *call.ticket = driver.claim();
            }
            let step = driver.run(&mut call.view(), Goal::Head);
            let (verdict, asked) = match step {
                Ok(()) => {
                    let head = call.exchange.head(call.front());
                    (Verdict::of_status(head.status()), retry_after_seconds(&head))
                }
                Err(nb::Error::WouldBlock) => return step,
                Err(nb::Error::Other(fault)) => (verdict(fault), None),
            };
            let may = match verdict {
                Verdict::Final => false,
                Verdict::Unsent => true,
                Verdict::Unknown => self.may_repeat,
            };
            if !may {
                return step;
            }
            let now = driver.stack.now_ms();
            self.backoff.stir(now);
            let Some(wait) = self.backoff.next_ms(asked.unwrap_or(0).saturating_mul(1000)) else {
                return step;
            };
            match step {
                Err(nb::Error::Other(fault)) => {
                    driver.end(&mut call.view(), fault);
                }
                _ => driver.abandon(&mut call.view()),
            }
            call.exchange.fail();
            self.wait = Some((now, wait));
        }
    }

    /// The same, and calls the idle hook while it waits.
    pub(super) fn run_to_end(
        &mut self,
        driver: &mut AnyDriver<'_>,
        call: &mut KeptView<'_, 'b>,
    ) -> Result<(), Fault> {
        loop {
            match self.step(driver, call) {
                Ok(()) => return Ok(()),
                Err(nb::Error::Other(fault)) => return Err(fault),
                Err(nb::Error::WouldBlock) => driver.stack.idle(),
            }
        }
    }
}

/// As [`Verdict::of`] the error that becomes of it.
fn verdict(fault: Fault) -> Verdict {
    match fault {
        Fault::Refused(Refusal::Link(_))
        | Fault::Stack(
            StackStep::Resolve | StackStep::Socket | StackStep::Connect | StackStep::NotConnected,
        )
        | Fault::Exchange(Failure::Timeout(Deadline::Resolve | Deadline::Connect)) => {
            Verdict::Unsent
        }
        Fault::Stack(StackStep::Send | StackStep::Receive)
        | Fault::Exchange(
            Failure::ClosedBeforeResponse
            | Failure::StaleConnection
            | Failure::Truncated
            | Failure::Timeout(Deadline::Response | Deadline::Idle),
        ) => Verdict::Unknown,
        _ => Verdict::Final,
    }
}
