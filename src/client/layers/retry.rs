//! Requests that are sent again where that may help.

use super::replay::{KeptView, Origin};
use super::steps::Next;
use crate::error::Deadline;
use crate::http::method::Repeat;
use crate::http::redirect::has_line;
use crate::nal::{Fault, StackStep};
use crate::policy::{Backoff, Refusal, RetryPolicy, Verdict, retry_after_seconds};
use crate::protocol::Failure;
use nal_link::elapsed_ms;

/// A request with it may be repeated: the server tells the two apart.
const KEY: &[u8] = b"idempotency-key";

/// A function's type, with all that it needs.
type Judge = fn(&mut Patience, &Origin, &KeptView<'_, '_>, Result<(), Fault>, u32) -> Next;

/// How often a request is still sent again.
pub(super) struct Patience {
    pub(super) judge: Judge,
    pub(super) backoff: Backoff,
    /// Since when, and how long, it waits for its next attempt.
    wait: (u32, u32),
}

impl Patience {
    pub(super) fn new(policy: RetryPolicy) -> Self {
        Self { judge, backoff: Backoff::new(policy), wait: (0, 0) }
    }

    /// Milliseconds until the next attempt.
    pub(super) fn wait_left(&self, now: u32) -> u32 {
        let (since, length) = self.wait;
        length.saturating_sub(elapsed_ms(now, since))
    }
}

/// Whether another attempt may help.
fn judge(
    patience: &mut Patience,
    origin: &Origin,
    call: &KeptView<'_, '_>,
    came: Result<(), Fault>,
    now: u32,
) -> Next {
    let (verdict, asked) = match came {
        Ok(()) => {
            let head = call.exchange.head(call.bytes);
            (Verdict::of_status(head.status()), retry_after_seconds(&head))
        }
        Err(fault) => (verdict(fault), None),
    };
    let may = match verdict {
        Verdict::Final => false,
        Verdict::Unsent => true,
        // To another origin the key didn't go.
        Verdict::Unknown => {
            call.exchange.params.repeat != Repeat::Never
                || !origin.change.has_left && has_line(origin.head(call.bytes), KEY)
        }
    };
    if !may {
        return Next::Result;
    }
    patience.backoff.stir(now);
    let Some(wait) = patience.backoff.next_ms(asked.unwrap_or(0).saturating_mul(1000)) else {
        return Next::Result;
    };
    patience.wait = (now, wait);
    Next::Wait
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
