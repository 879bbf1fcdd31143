//! Whether and when a request is sent again: pure.

use crate::error::{Deadline, ErrorKind};
use crate::http::bytes::saturating_decimal;
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
    /// Of an error. Of a handshake it isn't known here whether it would fail again: the stack's error says so, and
    /// [`retry`](crate::Request::retry) goes by that.
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
            | ErrorKind::Handshake(_)
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
///
/// In a loop of one's own, which makes the request anew, it takes a tenth of the flash of
/// [`retry`](crate::Request::retry):
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn pause(_: core::time::Duration) {}
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// let mut buffer = [0; 512];
/// let mut backoff = Backoff::new(RetryPolicy::new(17));
/// while let Err(error) = online.get("http://192.168.1.20/", &mut buffer).send() {
///     match backoff.next(None) {
///         Some(wait) if Verdict::of(&error.kind) != Verdict::Final => pause(wait),
///         _ => return Err(error),
///     }
/// }
/// # Ok(()) }
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
    if let Some(seconds) = saturating_decimal(value) {
        return Some(seconds);
    }
    Some(Date::parse(value)?.since(Date::parse(head.header("date")?)?))
}

// Dates of HTTP (RFC 9110 section 5.6.7), in the form that is sent today and in the two before.

/// A point in time, as days since the first of March in the year 0, and seconds of that day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date {
    pub(crate) day: u32,
    pub(crate) second: u32,
}

impl Date {
    /// Of `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or `Sun Nov  6 08:49:37 1994`.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        const MONTHS: &[u8] = b"MarAprMayJunJulAugSepOctNovDecJanFeb";
        let mut months = MONTHS.as_chunks::<3>().0.iter();
        let month = months.position(|name| text.windows(3).any(|word| word == name))? as u32;
        let (mut numbers, mut count, mut was_digit) = ([0u32; 5], 0, false);
        for &byte in text {
            let digit = byte.wrapping_sub(b'0');
            if digit <= 9 {
                let number = numbers.get_mut(count)?;
                *number = number.saturating_mul(10).saturating_add(digit.into());
            } else if !matches!(byte, b' ' | b',' | b'-' | b':'..) {
                return None;
            } else if was_digit {
                count = count.wrapping_add(1);
            }
            was_digit = digit <= 9;
        }
        // The last of the three has its year at its end.
        let [day, b, c, d, e] = numbers;
        let in_front = text.ends_with(b"GMT");
        let (mut year, hour, minute, second) = if in_front { (b, c, d, e) } else { (e, b, c, d) };
        // Two digits are of 1970 to 2069.
        if year < 100 {
            year = year.wrapping_add(if year < 70 { 2_000 } else { 1_900 });
        }
        if count < 4 || day.wrapping_sub(1) > 30 || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        // Years begin in March here, so that a leap day is the last of one.
        let year = year.wrapping_sub(u32::from(month > 9));
        let day = year
            .wrapping_mul(365)
            .wrapping_add(year >> 2)
            .wrapping_sub(year / 100)
            .wrapping_add(year / 400)
            .wrapping_add(month.wrapping_mul(153).wrapping_add(2) / 5)
            .wrapping_add(day);
        let second =
            hour.wrapping_mul(60).wrapping_add(minute).wrapping_mul(60).wrapping_add(second);
        Some(Self { day, second })
    }

    /// Seconds from `earlier` to this; 0 where it isn't earlier.
    pub(crate) fn since(self, earlier: Self) -> u32 {
        if self <= earlier {
            return 0;
        }
        let days = self.day.wrapping_sub(earlier.day);
        days.saturating_mul(86_400).saturating_add(self.second).saturating_sub(earlier.second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::head::HeadParser;
    use std::format;

    /// Seconds since 1970, as `date -u +%s -d` has them.
    #[test]
    fn dates() {
        let epoch = Date::parse(b"Thu, 01 Jan 1970 00:00:00 GMT").unwrap();
        for (text, expected) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Thu, 29 Feb 2024 12:00:00 GMT", Some(1_709_208_000)),
            ("Fri, 01 Mar 2024 00:00:00 GMT", Some(1_709_251_200)),
            ("Mon, 01 Mar 2100 00:00:00 GMT", Some(4_107_542_400)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(u32::MAX)),
            ("Sun, 06 Nov 1969 08:49:37 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37", None),
            ("Sun, 06 Foo 1994 08:49:37 GMT", None),
            ("Sun, 06 arA 1994 08:49:37 GMT", None),
            ("Sun, 32 Nov 1994 08:49:37 GMT", None),
            ("Sun, 00 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 24:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:60:37 GMT", None),
            ("Sun, 06 Nov 1994 08:49:61 GMT", None),
            ("Sun, 06 Nov 19x4 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08.49.37 GMT", None),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(784_111_777)),
            ("Sun Nov  6 08:49:37 1994", Some(784_111_777)),
            ("Thursday, 29-Feb-24 12:00:00 GMT", Some(1_709_208_000)),
            ("Thursday, 01-Jan-70 00:00:00 GMT", Some(0)),
            ("Tuesday, 31-Dec-69 00:00:00 GMT", Some(3_155_673_600)),
            ("Thu Feb 29 12:00:00 2024", Some(1_709_208_000)),
            ("Sun, 06-Nov-1994 08:49:37 GMT", Some(784_111_777)),
            ("Sunday, 06-Nov-94 08:49:37", None),
            ("Sunday, 06-Nov-94 08:49:37 CET", None),
            ("Sun Nov  6 08:49:37 1994 GMT", None),
            ("Sun Nov  0 08:49:37 1994", None),
            ("Sun Nov  6 08:49 1994", None),
            ("Sun Nov  6", None),
            ("6 Nov GMT", None),
            ("Sun, 06 Nov 1994 08:49:37 +0200", None),
            (", , , , , , , , , , , ,", None),
            ("", None),
        ] {
            let found = Date::parse(text.as_bytes()).map(|date| date.since(epoch));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_the_server_asks_for() {
        let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
        for (lines, expected) in [
            ("Retry-After: 120\r\n", Some(120)),
            ("Retry-After: 0\r\n", Some(0)),
            ("Retry-After: 1000000000000\r\n", Some(u64::from(u32::MAX))),
            ("Retry-After: -1\r\n", None),
            ("Retry-After: soon\r\n", None),
            ("Retry-After:\r\n", None),
            ("Retry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\n", None),
            (&format!("{date}Retry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\n"), Some(60)),
            (&format!("{date}Retry-After: Sun, 06 Nov 1994 08:40:37 GMT\r\n"), Some(0)),
            (&format!("{date}Retry-After: Sunday, 06-Nov-94 08:50:37 GMT\r\n"), Some(60)),
            (&format!("{date}Retry-After: Sun Nov  6 08:50:37 1994\r\n"), Some(60)),
            (
                "Date: Sun Nov  6 08:49:37 1994\r\nRetry-After: Sunday, 06-Nov-94 08:50:37 GMT\r\n",
                Some(60),
            ),
            ("", None),
        ] {
            let mut bytes = format!("HTTP/1.1 503 Busy\r\n{lines}\r\n").into_bytes();
            let mut parser = HeadParser::new();
            parser.parse(&mut bytes).unwrap();
            let found = retry_after(&ResponseHead::new(&parser, &bytes));
            assert_eq!(found, expected.map(Duration::from_secs), "{lines}");
        }
    }

    /// Waits fill the whole span evenly, and seeds in a row don't wait alike.
    #[test]
    fn full_jitter() {
        let policy = |seed| RetryPolicy::new(seed).retries(8).budget(Duration::from_secs(10_000));
        for (retry, most) in
            [(0, 1_000), (1, 2_000), (2, 4_000), (5, 32_000), (6, 60_000), (7, 60_000)]
        {
            let mut tenths = [0; 10];
            for seed in 0..10_000 {
                let mut backoff = Backoff::new(policy(seed));
                let wait = (0..=retry).map(|_| backoff.next(None).unwrap()).last().unwrap();
                let wait = wait.as_millis() as usize;
                assert!(wait <= most);
                tenths[(wait * 10 / most).min(9)] += 1;
            }
            assert!(tenths.iter().all(|count| (800..1200).contains(count)), "{retry}: {tenths:?}");
        }
    }

    #[test]
    fn the_budget() {
        let mut backoff = Backoff::new(RetryPolicy::new(1));
        assert_eq!(backoff.next(Some(Duration::from_secs(u32::MAX.into()))), None);
        assert_eq!(backoff.retries(), 0);
        assert!(backoff.next(Some(Duration::from_secs(100))).is_some());
        assert_eq!(backoff.next(Some(Duration::from_secs(100))), None);
        let mut endless = Backoff::new(RetryPolicy::new(1).retries(255).budget(Duration::MAX));
        assert_eq!(core::iter::from_fn(|| endless.next(None)).count(), 255);
    }
}
