//! What time it is, as far as anybody knows.

/// What a wall clock can say.
///
/// ```
/// use safe_http_client_tls::{WallClock, WallTime};
///
/// /// Fed by SNTP, and by nothing before its first answer.
/// struct Sntp { seconds: Option<u64> }
/// impl WallClock for Sntp {
///     fn now(&self) -> WallTime {
///         self.seconds.map_or(WallTime::Unknown, WallTime::Utc)
///     }
/// }
/// assert_eq!(Sntp { seconds: None }.now(), WallTime::Unknown);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum WallTime {
    /// Seconds since 1970-01-01 00:00:00 UTC.
    Utc(u64),
    /// It is later than this, by the same count: the program's build. What has expired before is refused;
    /// what has expired since, or isn't valid yet, passes.
    NotBefore(u64),
    /// Nobody knows. Connections that need it are refused: [`Failure::ClockNotSet`](crate::Failure).
    Unknown,
}

/// A clock of the day, for the validity of certificates. A [`WallTime`] is one that stands.
///
/// ```
/// use safe_http_client_tls::{WallClock, WallTime};
/// /// 2026-11-28, when this was built.
/// const BUILT: WallTime = WallTime::NotBefore(1_795_824_000);
/// assert_eq!(BUILT.now(), BUILT);
/// ```
pub trait WallClock {
    /// What time it is.
    fn now(&self) -> WallTime;

    /// Whether validity is checked at all. Only [`NoValidityCheck`] says no.
    #[doc(hidden)]
    fn checks_validity(&self) -> bool {
        true
    }
}

impl WallClock for WallTime {
    fn now(&self) -> WallTime {
        *self
    }
}

impl<W: WallClock + ?Sized> WallClock for &W {
    fn now(&self) -> WallTime {
        W::now(self)
    }

    fn checks_validity(&self) -> bool {
        W::checks_validity(self)
    }
}

/// In place of a clock, where there is none: the chain, the names and the uses of certificates are verified,
/// and **not whether they have expired or were ever renewed**. A certificate whose key was stolen years ago
/// passes. Its chain's times have to overlap, all the same.
///
/// ```
/// # let anchors = [];
/// use safe_http_client_tls::{Authority, NoValidityCheck};
/// let verify = Authority::new(&anchors, NoValidityCheck);
/// # let _ = verify;
/// ```
#[derive(Debug, Clone, Copy)]
pub struct NoValidityCheck;

impl WallClock for NoValidityCheck {
    fn now(&self) -> WallTime {
        WallTime::NotBefore(0)
    }

    fn checks_validity(&self) -> bool {
        false
    }
}
