//! Time, as far as deadlines need it.

use core::cell::Cell;
use core::fmt;
use core::time::Duration;

/// A clock of monotonic milliseconds.
///
/// The count may start anywhere and may wrap at `u32::MAX` (after 49.7 days), as an Arduino's
/// `millis()` does: only differences are used, so a wrap in the middle of a request is harmless.
/// No deadline can be longer than 24.8 days.
///
/// ```
/// use core::sync::atomic::{AtomicU32, Ordering};
/// use nal_link::Clock;
///
/// /// Counted up by a timer interrupt, once a millisecond.
/// static MILLIS: AtomicU32 = AtomicU32::new(0);
///
/// struct Ticks;
/// impl Clock for Ticks {
///     fn now_ms(&self) -> u32 {
///         MILLIS.load(Ordering::Relaxed)
///     }
/// }
/// assert_eq!(Ticks.now_ms(), 0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no clock for deadlines",
    label = "not a `Clock`",
    note = "make one of a function that counts milliseconds: `FnClock(|| timer.millis())`"
)]
pub trait Clock {
    /// Milliseconds since some fixed moment.
    fn now_ms(&self) -> u32;

    /// Called each time a call that waits finds nothing to do: feed the watchdog, yield, sleep. Does
    /// nothing by default. A loop that has more to do polls instead.
    fn idle(&self) {}

    /// The same clock, with something to do while a call waits: a closure that owns what it needs.
    ///
    /// ```
    /// use nal_link::{Clock, FnClock};
    /// struct Watchdog { fed: u32 }
    /// impl Watchdog {
    ///     fn feed(&mut self) { self.fed += 1 }
    /// }
    /// let mut watchdog = Watchdog { fed: 0 };
    /// let clock = FnClock(|| 17).with_idle(move || watchdog.feed());
    /// clock.idle();
    /// ```
    fn with_idle<F: FnMut()>(self, hook: F) -> WithIdle<Self, F>
    where
        Self: Sized,
    {
        WithIdle { clock: self, hook: Cell::new(Some(hook)) }
    }
}

impl<T: Clock + ?Sized> Clock for &T {
    fn now_ms(&self) -> u32 {
        T::now_ms(self)
    }

    fn idle(&self) {
        T::idle(self);
    }
}

/// A clock with a hook: what [`Clock::with_idle`] makes.
pub struct WithIdle<C, F> {
    clock: C,
    /// Empty while it runs: a hook that waits itself isn't called again from within.
    hook: Cell<Option<F>>,
}

impl<C: Clock, F: FnMut()> Clock for WithIdle<C, F> {
    fn now_ms(&self) -> u32 {
        self.clock.now_ms()
    }

    fn idle(&self) {
        if let Some(mut hook) = self.hook.take() {
            hook();
            self.hook.set(Some(hook));
        }
    }
}

impl<C: fmt::Debug, F> fmt::Debug for WithIdle<C, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithIdle").field("clock", &self.clock).finish_non_exhaustive()
    }
}

/// A [`Clock`] made of a function or closure, such as `FnClock(|| timer.millis())`.
///
/// ```
/// use nal_link::{Clock, FnClock};
/// assert_eq!(FnClock(|| 17).now_ms(), 17);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct FnClock<F>(
    /// Returns monotonic milliseconds; see [`Clock::now_ms`].
    pub F,
);

impl<F: Fn() -> u32> Clock for FnClock<F> {
    fn now_ms(&self) -> u32 {
        (self.0)()
    }
}

/// The longest deadline, in milliseconds: half of the counter's range, so that "later" stays distinguishable.
const LONGEST_MS: u32 = u32::MAX / 2;

/// Whole milliseconds of `duration`, at most 24.8 days of them.
///
/// ```
/// use core::time::Duration;
/// assert_eq!(nal_link::millis(Duration::from_micros(2900)), 2);
/// ```
pub const fn millis(duration: Duration) -> u32 {
    let millis = duration.as_millis();
    if millis < LONGEST_MS as u128 { millis as u32 } else { LONGEST_MS }
}

/// Milliseconds from `earlier` to `now`, across a wrap of the counter.
///
/// ```
/// assert_eq!(nal_link::elapsed_ms(5, u32::MAX - 4), 10);
/// ```
pub const fn elapsed_ms(now: u32, earlier: u32) -> u32 {
    now.wrapping_sub(earlier)
}

#[cfg(feature = "std")]
pub use host::StdClock;

#[cfg(feature = "std")]
mod host {
    extern crate std;
    use super::Clock;
    use std::time::Instant;

    /// The operating system's monotonic clock, from the moment of its making.
    ///
    /// ```
    /// use nal_link::{Clock, StdClock};
    /// let clock = StdClock::new();
    /// assert!(clock.now_ms() < 1000);
    /// ```
    #[derive(Debug, Clone, Copy)]
    pub struct StdClock {
        start: Instant,
    }

    impl StdClock {
        /// A clock that shows 0 now.
        ///
        /// ```
        /// use nal_link::{Clock, StdClock};
        /// let clock = StdClock::new();
        /// let earlier = clock.now_ms();
        /// assert!(clock.now_ms() >= earlier);
        /// ```
        pub fn new() -> Self {
            Self { start: Instant::now() }
        }
    }

    impl Default for StdClock {
        fn default() -> Self {
            Self::new()
        }
    }

    impl Clock for StdClock {
        fn now_ms(&self) -> u32 {
            // Truncation is the wrap that `Clock` allows.
            self.start.elapsed().as_millis() as u32
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_become_milliseconds_without_overflow() {
        for (duration, expected) in [
            (Duration::ZERO, 0),
            (Duration::from_micros(999), 0),
            (Duration::from_millis(3000), 3000),
            (Duration::from_secs(u64::from(u32::MAX)), LONGEST_MS),
            (Duration::MAX, LONGEST_MS),
        ] {
            assert_eq!(millis(duration), expected, "{duration:?}");
        }
    }

    #[test]
    fn time_goes_on_across_a_wrap() {
        assert_eq!(elapsed_ms(5, u32::MAX - 4), 10);
    }
}
