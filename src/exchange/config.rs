//! Deadlines and habits of a client.

use super::check::{Check, Checks};
use crate::clock::millis;
use crate::error::Deadline;
use core::time::Duration;
use embedded_nal::AddrType;

/// Deadlines and habits of a client: [`SafeHttpClient::with_config`](crate::SafeHttpClient::with_config).
///
/// Deadlines are looked at between calls of the stack. A stack that blocks inside a call (see
/// [`Behaviour`](crate::Behaviour)) can't be interrupted by them. Their lengths are cut to whole
/// milliseconds, and to 24.8 days; one of zero runs out at the first wait.
///
/// | deadline | from | to | default |
/// |---|---|---|---|
/// | `online_timeout` | `wait_online` | an address | 20 s |
/// | `connect_timeout` | name asked for; then again: address known | resolved; connected | 5 s |
/// | `response_timeout` | last byte of the request | first byte of the response | 3 s |
/// | `idle_timeout` | any progress; the head's first byte | more progress; the head's last byte | 5 s |
/// | `total_timeout` | start of the exchange | its end | none |
/// | `diagnosis_timeout` | start of `diagnose` | its report | 30 s |
///
/// ```
/// use core::time::Duration;
/// use safe_http_client::Config;
/// let patient = Config::new()
///     .response_timeout(Duration::from_secs(10))
///     .total_timeout(Some(Duration::from_secs(60)));
/// # let _ = patient;
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) online_ms: u32,
    pub(crate) connect_ms: u32,
    pub(crate) response_ms: u32,
    pub(crate) idle_ms: u32,
    /// `u32::MAX` for none.
    pub(crate) total_ms: u32,
    pub(crate) continue_ms: u32,
    pub(crate) keep_alive_ms: u32,
    /// For `diagnose`, in all.
    pub(crate) diagnosis_ms: u32,
    pub(crate) address_type: AddrType,
    pub(crate) checks: Checks,
    pub(crate) idle: fn(),
}

impl Config {
    /// The defaults: those of the table above, 1 s for `100 Continue`, and 60 s for a connection
    /// that is kept.
    ///
    /// ```
    /// use safe_http_client::Config;
    /// const DEFAULTS: Config = Config::new();
    /// ```
    pub const fn new() -> Self {
        Self {
            online_ms: 20_000,
            connect_ms: 5_000,
            response_ms: 3_000,
            idle_ms: 5_000,
            total_ms: u32::MAX,
            continue_ms: 1_000,
            keep_alive_ms: 60_000,
            diagnosis_ms: 30_000,
            address_type: AddrType::IPv4,
            checks: Checks::ALL,
            idle: || {},
        }
    }

    /// How long [`wait_online`](crate::SafeHttpClient::wait_online) waits for an address. 20 s by
    /// default.
    ///
    /// ```
    /// # use {core::time::Duration, safe_http_client::Config};
    /// let config = Config::new().online_timeout(Duration::from_secs(60));
    /// ```
    #[must_use]
    pub fn online_timeout(mut self, timeout: Duration) -> Self {
        self.online_ms = millis(timeout);
        self
    }

    /// How long resolving the name, and then connecting, may each take. 5 s by default.
    ///
    /// ```
    /// # use {core::time::Duration, safe_http_client::Config};
    /// let config = Config::new().connect_timeout(Duration::from_secs(2));
    /// ```
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_ms = millis(timeout);
        self
    }

    /// How long the server may think before the first byte of its response. 3 s by default.
    ///
    /// ```
    /// # use {core::time::Duration, safe_http_client::Config};
    /// let config = Config::new().response_timeout(Duration::from_secs(10));
    /// ```
    #[must_use]
    pub fn response_timeout(mut self, timeout: Duration) -> Self {
        self.response_ms = millis(timeout);
        self
    }

    /// How long nothing may move while bytes flow. A response's head has to be complete within
    /// this time from its first byte. The time that the caller takes between two pieces of a body
    /// isn't counted.
    ///
    /// ```
    /// # use {core::time::Duration, safe_http_client::Config};
    /// let config = Config::new().idle_timeout(Duration::from_millis(1500));
    /// ```
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_ms = millis(timeout);
        self
    }

    /// How long the exchange may take in all, its body included. `None`, the default, sets no
    /// limit: a peer that sends a byte now and then can keep a body open for ever.
    ///
    /// ```
    /// # use {core::time::Duration, safe_http_client::Config};
    /// let config = Config::new().total_timeout(Some(Duration::from_secs(30)));
    /// ```
    #[must_use]
    pub fn total_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.total_ms = timeout.map_or(u32::MAX, millis);
        self
    }

    /// How long to wait for `100 Continue` before the body is sent without it (RFC 9110 section
    /// 10.1.1). 1 s by default.
    ///
    /// ```
    /// # use {core::time::Duration, safe_http_client::Config};
    /// let config = Config::new().continue_timeout(Duration::from_millis(300));
    /// ```
    #[must_use]
    pub fn continue_timeout(mut self, timeout: Duration) -> Self {
        self.continue_ms = millis(timeout);
        self
    }

    /// How long an idle connection is kept for the next request: 60 s by default;
    /// [`Duration::ZERO`] closes each after its exchange, and says so to the server.
    ///
    /// ```
    /// # use {core::time::Duration, safe_http_client::Config};
    /// let one_request_a_connection = Config::new().keep_alive(Duration::ZERO);
    /// ```
    #[must_use]
    pub fn keep_alive(mut self, at_most: Duration) -> Self {
        self.keep_alive_ms = millis(at_most);
        self
    }

    /// How long [`diagnose`](crate::SafeHttpClient::diagnose) may take in all. 30 s by default.
    ///
    /// ```
    /// # use {core::time::Duration, safe_http_client::Config};
    /// let config = Config::new().diagnosis_timeout(Duration::from_secs(10));
    /// ```
    #[must_use]
    pub fn diagnosis_timeout(mut self, timeout: Duration) -> Self {
        self.diagnosis_ms = millis(timeout);
        self
    }

    /// Leaves out one of the checks that are made before a byte is sent.
    ///
    /// ```
    /// use safe_http_client::{Check, Config};
    /// // A plain HTTP server that really listens on port 443.
    /// let config = Config::new().without_check(Check::PlainOnTlsPort);
    /// ```
    #[must_use]
    pub const fn without_check(mut self, check: Check) -> Self {
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
    pub fn address_type(mut self, address_type: AddrType) -> Self {
        self.address_type = address_type;
        self
    }

    /// Called each time a blocking call finds nothing to do: feed the watchdog, yield, sleep. It
    /// can't reach the client. Loops that have more to do use [`Exchange::poll`](crate::Exchange::poll).
    ///
    /// ```
    /// # use safe_http_client::Config;
    /// fn feed_the_watchdog() {}
    /// let config = Config::new().idle(feed_the_watchdog);
    /// ```
    #[must_use]
    pub fn idle(mut self, idle: fn()) -> Self {
        self.idle = idle;
        self
    }

    /// The length of a deadline in milliseconds.
    pub(crate) fn limit_ms(&self, deadline: Deadline) -> u32 {
        match deadline {
            Deadline::Online => self.online_ms,
            Deadline::Connect => self.connect_ms,
            Deadline::Response => self.response_ms,
            Deadline::Idle => self.idle_ms,
            Deadline::Total => self.total_ms,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}
