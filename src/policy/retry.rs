//! Whether and when a request is sent again: pure.

use crate::error::{Deadline, ErrorKind};
use crate::http::date::Date;
use crate::http::response::ResponseHead;
use core::time::Duration;
use nal_link::millis;

/// When a request is sent again, and how long is waited before: for [`Request::retry`].
///
/// Before the *n*-th retry a random time is waited between nothing and `base` doubled *n* - 1 times, at
/// most `longest` ("full jitter"): devices that lost their server together don't come back together. A
/// server's `Retry-After` is waited in front of that. All the waiting for one request has a budget; what
/// doesn't fit it is given up at once, with the last response or error.
///
/// [`Request::retry`]: crate::Request::retry
///
/// ```
/// use core::time::Duration;
/// use safe_http_client::RetryPolicy;
/// # fn unique_id() -> u32 { 17 }
/// // A number that differs from chip to chip: of a serial number, a MAC address, a random source.
/// let policy = RetryPolicy::new(unique_id())
///     .retries(4)
///     .base(Duration::from_millis(500))
///     .budget(Duration::from_secs(300));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RetryPolicy {
    retries: u8,
    base_ms: u32,
    longest_ms: u32,
    budget_ms: u32,
    seed: u32,
}

impl RetryPolicy {
    /// 3 retries, the first within 1 s, none after more than 60 s, and 120 s of waiting in all. `seed` is to
    /// differ from device to device: with the same one, all of them come back together.
    pub const fn new(seed: u32) -> Self {
        Self { retries: 3, base_ms: 1_000, longest_ms: 60_000, budget_ms: 120_000, seed }
    }

    /// How many times a request is sent again, at most.
    #[must_use]
    pub const fn retries(mut self, at_most: u8) -> Self {
        self.retries = at_most;
        self
    }

    /// The longest wait before the first retry; it doubles with each.
    #[must_use]
    pub const fn base(mut self, base: Duration) -> Self {
        self.base_ms = millis(base);
        self
    }

    /// The longest wait of all that isn't asked for by the server.
    #[must_use]
    pub const fn longest(mut self, longest: Duration) -> Self {
        self.longest_ms = millis(longest);
        self
    }

    /// The time that may be spent waiting for one request, in all.
    #[must_use]
    pub const fn budget(mut self, budget: Duration) -> Self {
        self.budget_ms = millis(budget);
        self
    }
}

/// What came of an attempt, as far as retrying goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing that another attempt would change.
    Final,
    /// It may go better, and the server can't have acted on the request.
    Unsent,
    /// It may go better, but the server may have acted: only for requests that may be repeated.
    Unknown,
}

impl Verdict {
    /// Of an error.
    ///
    /// ```
    /// use safe_http_client::{ErrorKind, LinkError, Phase, Verdict};
    /// let kind: ErrorKind<(), ()> = ErrorKind::Connect(());
    /// assert_eq!(Verdict::of(&kind), Verdict::Unsent);
    /// ```
    pub fn of<T, D>(kind: &ErrorKind<T, D>) -> Self {
        match kind {
            ErrorKind::Link(_)
            | ErrorKind::Resolve(_)
            | ErrorKind::Socket(_)
            | ErrorKind::Connect(_)
            | ErrorKind::NotConnected(_)
            | ErrorKind::Timeout { deadline: Deadline::Resolve | Deadline::Connect, .. } => {
                Self::Unsent
            }
            ErrorKind::Send(_)
            | ErrorKind::Receive(_)
            | ErrorKind::ClosedBeforeResponse
            | ErrorKind::StaleConnection
            | ErrorKind::Truncated { .. }
            | ErrorKind::Timeout { deadline: Deadline::Response | Deadline::Idle, .. } => {
                Self::Unknown
            }
            _ => Self::Final,
        }
    }

    /// Of a response: 408, 429, 500, 502, 503 and 504 pass.
    pub const fn of_status(status: u16) -> Self {
        match status {
            408 | 429 | 500 | 502 | 503 | 504 => Self::Unknown,
            _ => Self::Final,
        }
    }
}

/// The waits of one request, as they are used up.
///
/// ```
/// use core::time::Duration;
/// use safe_http_client::{Backoff, RetryPolicy};
/// let mut backoff = Backoff::new(RetryPolicy::new(17).retries(1));
/// let wait = backoff.next(None).unwrap();
/// assert!(wait <= Duration::from_secs(1));
/// assert_eq!(backoff.next(None), None); // one retry, and no more
/// ```
#[derive(Debug, Clone)]
pub struct Backoff {
    policy: RetryPolicy,
    state: u32,
    used: u8,
    waited_ms: u32,
}

impl Backoff {
    /// Of a request that wasn't sent yet.
    pub const fn new(policy: RetryPolicy) -> Self {
        // Seeds are often small numbers in a row; these two steps spread them over all bits.
        let mixed = (policy.seed ^ (policy.seed >> 16)).wrapping_mul(0x45D9_F3B5);
        let mixed = (mixed ^ (mixed >> 16)).wrapping_mul(0x45D9_F3B5);
        // The generator stands still at 0.
        Self { policy, state: (mixed ^ (mixed >> 16)) | 1, used: 0, waited_ms: 0 }
    }

    /// How often the request was sent again.
    pub const fn retries(&self) -> u8 {
        self.used
    }

    /// Makes the waits depend on the time as well: two requests of one device wait differently.
    pub(crate) fn stir(&mut self, now: u32) {
        self.state = (self.state ^ now.wrapping_mul(0x9E37_79B9)) | 1;
    }

    /// How long to wait before the next attempt; `retry_after` is what the server asked for. `None` where
    /// there is to be none.
    pub fn next(&mut self, retry_after: Option<Duration>) -> Option<Duration> {
        let wait = self.next_ms(retry_after.map_or(0, millis))?;
        Some(Duration::from_millis(wait.into()))
    }

    /// The same in milliseconds.
    pub(crate) fn next_ms(&mut self, asked: u32) -> Option<u32> {
        let policy = &self.policy;
        if self.used >= policy.retries {
            return None;
        }
        let most = u64::from(policy.base_ms) << self.used.min(31);
        let most = most.min(policy.longest_ms.into());
        // xorshift (Marsaglia 2003).
        self.state ^= self.state << 13;
        self.state ^= self.state >> 17;
        self.state ^= self.state << 5;
        let jitter = (u64::from(self.state).wrapping_mul(most.wrapping_add(1)) >> 32) as u32;
        let wait = asked.saturating_add(jitter);
        let waited = self.waited_ms.saturating_add(wait);
        if waited > policy.budget_ms {
            return None;
        }
        self.waited_ms = waited;
        self.used = self.used.wrapping_add(1);
        Some(wait)
    }
}

/// How long a response asks to wait: `Retry-After` in seconds, or as a date, which is compared with the
/// server's own `Date`. `None` where it doesn't, or where that can't be read.
///
/// ```no_run
/// # use safe_http_client::*;
/// fn wait(head: ResponseHead<'_>) -> core::time::Duration {
///     retry_after(&head).unwrap_or_default()
/// }
/// ```
pub fn retry_after(head: &ResponseHead<'_>) -> Option<Duration> {
    Some(Duration::from_secs(retry_after_seconds(head)?.into()))
}

pub(crate) fn retry_after_seconds(head: &ResponseHead<'_>) -> Option<u32> {
    let value = head.header("retry-after")?;
    if let Some(seconds) = seconds(value) {
        return Some(seconds);
    }
    Some(Date::parse(value)?.since(Date::parse(head.header("date")?)?))
}

/// A number of seconds; one that is too large is the largest.
fn seconds(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u32, |sum, digit| {
        let digit = digit.wrapping_sub(b'0');
        (digit <= 9).then(|| sum.saturating_mul(10).saturating_add(digit.into()))
    })
}

#[cfg(test)]
mod tests;
