//! A request that is sent again where that may help, whatever its network and its buffer are.

use crate::client::draft::{Draft, Unsent};
use crate::client::layers::replay::{self, KeptView, Origin};
use crate::error::Deadline;
use crate::http::method::Repeat;
use crate::http::redirect::has_line;
use crate::http::request::Unsendable;
use crate::nal::{AnyDriver, Fault, StackStep, Step};
use crate::policy::{Backoff, Refusal, RetryPolicy, Verdict, retry_after_seconds};
use crate::protocol::{Failure, Goal};
use nal_link::elapsed_ms;

/// A request with it may be repeated: the server tells the two apart.
const KEY: &[u8] = b"idempotency-key";

/// A request that is sent again where that may help.
pub(crate) struct Patience {
    origin: Origin,
    pub(super) backoff: Backoff,
    /// The request may be repeated, whatever became of it.
    may_repeat: bool,
    /// No retry is left: what came is the result.
    is_over: bool,
    /// Since when, and how long, it waits for its next attempt.
    pub(super) wait: Option<(u32, u32)>,
}

impl Patience {
    /// Checks a request, starts it, and keeps it. Returns where what is kept begins.
    pub(super) fn start(
        draft: &mut Draft<'_>,
        driver: &mut AnyDriver<'_>,
        bytes: &mut [u8],
        policy: &RetryPolicy,
    ) -> Result<(Self, usize), Unsendable> {
        let (origin, end) = replay::keep(draft, driver, bytes)?;
        let kept = bytes.get(end..).unwrap_or_default();
        let may_repeat =
            draft.exchange.params.repeat != Repeat::Never || has_line(origin.head(kept), KEY);
        Ok((
            Self { origin, backoff: Backoff::new(*policy), may_repeat, is_over: false, wait: None },
            end,
        ))
    }

    /// Goes on as far as it goes without waiting: to the head of the response that counts.
    pub(crate) fn step(
        &mut self,
        driver: &mut AnyDriver<'_>,
        call: &mut KeptView<'_, '_>,
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
                    let head = call.exchange.head(call.bytes);
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
            if !may || self.is_over {
                return step;
            }
            let now = driver.stack.now_ms();
            self.backoff.stir(now);
            let Some(wait) = self.backoff.next_ms(asked.unwrap_or(0).saturating_mul(1000)) else {
                self.is_over = true;
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
}

/// Sends a request where it was put together, and again where that may help. Returns where what is kept
/// begins.
pub(super) fn send(
    draft: &mut Draft<'_>,
    driver: &mut AnyDriver<'_>,
    bytes: &mut [u8],
    policy: &RetryPolicy,
) -> Result<usize, (Unsent, usize)> {
    let (mut patience, mut end) = Patience::start(draft, driver, bytes, policy)
        .map_err(|unsendable| (Unsent::Unsendable(unsendable), 0))?;
    let mut call = KeptView::of(draft, bytes, &mut end);
    loop {
        match patience.step(driver, &mut call) {
            Ok(()) => return Ok(end),
            Err(nb::Error::Other(fault)) => return Err((Unsent::Fault(fault), end)),
            Err(nb::Error::WouldBlock) => driver.stack.idle(),
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
