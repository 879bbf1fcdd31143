//! What a client decides before it asks the network for anything, by its deadlines and habits: pure.

mod preflight;
mod retry;

pub use preflight::Preflight;
pub(crate) use preflight::{
    Peer, Preflights, Refusal, Surroundings, check_request, check_target, is_allowed,
};
pub(crate) use retry::retry_after_seconds;
pub use retry::{Backoff, RetryPolicy, Verdict, retry_after};

use crate::error::Deadline;
use crate::protocol::{Deadlines, NEVER};
use core::time::Duration;
use embedded_nal::AddrType;
use nal_link::millis;

/// Deadlines and habits of a client: [`SafeHttpClient::with_config`](crate::SafeHttpClient::with_config).
///
/// Deadlines are looked at between calls of the stack. A stack that blocks inside a call (see
/// [`StackQuirks`](crate::StackQuirks)) can't be interrupted by them. Their lengths are cut to whole
/// milliseconds, and to 24.8 days; one of zero runs out at the first wait. A request can have
/// [its own](crate::Request::response_timeout).
///
/// | deadline | from | to | default |
/// |---|---|---|---|
/// | `online_timeout` | `wait_online` | an address | 20 s |
/// | `resolve_timeout` | name asked for | resolved | 5 s |
/// | `connect_timeout` | address known | connected | 5 s |
/// | `response_timeout` | last byte of the request | first byte of the response | 3 s |
/// | `idle_timeout` | any progress; the head's first byte | more progress; the head's last byte | 5 s |
/// | `total_timeout` | first step of the call | the end of its body | none |
/// | `diagnosis_timeout` | start of `diagnose` | its report | 30 s |
///
/// ```
/// use core::time::Duration;
/// use safe_http_client::{Config, Deadline};
/// const PATIENT: Config = Config::new()
///     .response_timeout(Duration::from_secs(10))
///     .total_timeout(Some(Duration::from_secs(60)));
/// assert_eq!(PATIENT.limit(Deadline::Response), Some(Duration::from_secs(10)));
/// ```
#[derive(Debug, Clone)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    pub(crate) deadlines: Deadlines,
    pub(crate) online_ms: u32,
    pub(crate) keep_alive_ms: u32,
    /// For `diagnose`, in all.
    pub(crate) diagnosis_ms: u32,
    #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
    pub(crate) address_type: AddrType,
    pub(crate) checks: Preflights,
}

impl Config {
    /// The defaults: those of the table above, 1 s for `100 Continue`, and 60 s for a connection
    /// that is kept.
    // Once for all stacks, as the other parts of a client.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub const fn new() -> Self {
        Self {
            deadlines: Deadlines {
                resolve_ms: 5_000,
                connect_ms: 5_000,
                continue_ms: 1_000,
                response_ms: 3_000,
                idle_ms: 5_000,
                total_ms: NEVER,
            },
            online_ms: 20_000,
            keep_alive_ms: 60_000,
            diagnosis_ms: 30_000,
            address_type: AddrType::IPv4,
            checks: Preflights::ALL,
        }
    }

    /// How long [`wait_online`](crate::SafeHttpClient::wait_online) waits for an address. 20 s by
    /// default.
    #[must_use]
    pub const fn online_timeout(mut self, timeout: Duration) -> Self {
        self.online_ms = millis(timeout);
        self
    }

    /// How long looking the host's name up may take. 5 s by default.
    #[must_use]
    pub const fn resolve_timeout(mut self, timeout: Duration) -> Self {
        self.deadlines.resolve_ms = millis(timeout);
        self
    }

    /// How long opening the connection may take. 5 s by default.
    #[must_use]
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.deadlines.connect_ms = millis(timeout);
        self
    }

    /// How long the server may think before the first byte of its response. 3 s by default.
    #[must_use]
    pub const fn response_timeout(mut self, timeout: Duration) -> Self {
        self.deadlines.response_ms = millis(timeout);
        self
    }

    /// How long nothing may move while bytes flow. A response's head has to be complete within
    /// this time from its first byte. The time that the caller takes between two pieces of a body
    /// isn't counted.
    #[must_use]
    pub const fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.deadlines.idle_ms = millis(timeout);
        self
    }

    /// How long a call may take in all, its body included. `None`, the default, sets no
    /// limit: a peer that sends a byte now and then can keep a body open for ever.
    #[must_use]
    pub const fn total_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.deadlines.total_ms = match timeout {
            Some(timeout) => millis(timeout),
            None => NEVER,
        };
        self
    }

    /// How long to wait for `100 Continue` before the body is sent without it (RFC 9110 section
    /// 10.1.1). 1 s by default.
    #[must_use]
    pub const fn continue_timeout(mut self, timeout: Duration) -> Self {
        self.deadlines.continue_ms = millis(timeout);
        self
    }

    /// How long an idle connection is kept for the next request: 60 s by default;
    /// [`Duration::ZERO`] closes each after its response, and says so to the server.
    ///
    /// ```
    /// # use {core::time::Duration, safe_http_client::Config};
    /// let one_request_a_connection = Config::new().keep_alive(Duration::ZERO);
    /// ```
    #[must_use]
    pub const fn keep_alive(mut self, at_most: Duration) -> Self {
        self.keep_alive_ms = millis(at_most);
        self
    }

    /// How long [`diagnose`](crate::SafeHttpClient::diagnose) may take in all. 30 s by default.
    #[must_use]
    pub const fn diagnosis_timeout(mut self, timeout: Duration) -> Self {
        self.diagnosis_ms = millis(timeout);
        self
    }

    /// Leaves out one of the checks that are made before a byte is sent.
    ///
    /// ```
    /// use safe_http_client::{Config, Preflight};
    /// // A plain HTTP server that really listens on port 443.
    /// let config = Config::new().without_preflight(Preflight::PlainOnTlsPort);
    /// assert!(!config.has_preflight(Preflight::PlainOnTlsPort));
    /// ```
    #[must_use]
    pub const fn without_preflight(mut self, check: Preflight) -> Self {
        self.checks = self.checks.without(check);
        self
    }

    /// Which addresses the resolver is asked for: IPv4 by default, since some stacks know no other
    /// and panic or fail when asked.
    ///
    /// ```
    /// use embedded_nal::AddrType;
    /// # use safe_http_client::Config;
    /// let config = Config::new().address_type(AddrType::Either);
    /// ```
    #[must_use]
    pub const fn address_type(mut self, address_type: AddrType) -> Self {
        self.address_type = address_type;
        self
    }

    /// How long a deadline is; `None` where there is none.
    pub const fn limit(&self, deadline: Deadline) -> Option<Duration> {
        match self.deadlines.limit_ms(deadline) {
            NEVER => None,
            limit_ms => Some(Duration::from_millis(limit_ms as u64)),
        }
    }

    /// How long [`wait_online`](crate::SafeHttpClient::wait_online) waits.
    pub const fn online_limit(&self) -> Duration {
        Duration::from_millis(self.online_ms as u64)
    }

    /// How long an idle connection is kept.
    pub const fn keep_alive_limit(&self) -> Duration {
        Duration::from_millis(self.keep_alive_ms as u64)
    }

    /// Whether this check is made.
    pub const fn has_preflight(&self, check: Preflight) -> bool {
        self.checks.has(check)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}
