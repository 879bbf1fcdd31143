//! Time, as far as deadlines need it, and what to do while there is nothing to do.

use core::cell::Cell;
use core::fmt::{self, Debug, Formatter};
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

    /// Called each time that a blocking call finds nothing to do, before it looks again: the place
    /// to feed a watchdog, to yield to a scheduler or to sleep until the next interrupt. What it
    /// does delays the call that waits.
    fn idle(&self) {}

    /// This clock with a hook for [`idle`](Self::idle), which may own what it needs.
    ///
    /// ```
    /// use nal_link::{Clock, FnClock};
    ///
    /// struct Watchdog { fed: u32 }
    /// impl Watchdog {
    ///     fn feed(&mut self) { self.fed += 1; }
    /// }
    ///
    /// let mut watchdog = Watchdog { fed: 0 };
    /// let clock = FnClock(|| 0).with_idle(move || watchdog.feed());
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

/// A [`Clock`] with something to do while a call waits, made by [`Clock::with_idle`]. The hook is
/// called after the inner clock's own.
///
/// ```
/// use core::cell::Cell;
/// use nal_link::{Clock, FnClock, WithIdle};
///
/// let turns = Cell::new(0);
/// let clock: WithIdle<_, _> = FnClock(|| 17).with_idle(|| turns.set(turns.get() + 1));
/// clock.idle();
/// assert_eq!((clock.now_ms(), turns.get()), (17, 1));
/// ```
pub struct WithIdle<C, F> {
    clock: C,
    /// Out of its cell while it runs, so that a hook that waits itself isn't entered twice.
    hook: Cell<Option<F>>,
}

impl<C: Clock, F: FnMut()> Clock for WithIdle<C, F> {
    fn now_ms(&self) -> u32 {
        self.clock.now_ms()
    }

    fn idle(&self) {
        self.clock.idle();
        if let Some(mut hook) = self.hook.take() {
            hook();
            self.hook.set(Some(hook));
        }
    }
}

impl<C: Debug, F> Debug for WithIdle<C, F> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
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

/// The longest deadline: half of the counter's range, so that "later" stays distinguishable.
const LONGEST_MS: u32 = u32::MAX / 2;

/// Whole milliseconds of `duration` for a deadline by a [`Clock`]: at most 24.8 days, half of what
/// the clock can count.
///
/// ```
/// use core::time::Duration;
/// assert_eq!(nal_link::millis(Duration::from_secs(3)), 3000);
/// assert_eq!(nal_link::millis(Duration::MAX), u32::MAX / 2);
/// ```
pub const fn millis(duration: Duration) -> u32 {
    let millis = duration.as_millis();
    if millis < LONGEST_MS as u128 { millis as u32 } else { LONGEST_MS }
}

/// Milliseconds from `earlier` to `now`, both of one [`Clock`], across a wrap of its counter.
///
/// ```
/// assert_eq!(nal_link::elapsed_ms(5, u32::MAX - 4), 10);
/// ```
pub const fn elapsed_ms(now: u32, earlier: u32) -> u32 {
    now.wrapping_sub(earlier)
}

#[cfg(feature = "std")]
pub use pc::StdClock;

#[cfg(feature = "std")]
mod pc {
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

    #[test]
    fn an_owned_watchdog_is_fed_through_any_reference_to_the_clock() {
        struct Watchdog<'a> {
            feeds: u32,
            seen: &'a Cell<u32>,
        }
        impl Watchdog<'_> {
            fn feed(&mut self) {
                self.feeds += 1;
                self.seen.set(self.feeds);
            }
        }
        fn wait<C: Clock>(clock: C) -> u32 {
            clock.idle();
            clock.now_ms()
        }
        let seen = Cell::new(0);
        let mut watchdog = Watchdog { feeds: 0, seen: &seen };
        let clock = FnClock(|| 5).with_idle(move || watchdog.feed());
        assert_eq!((wait::<&dyn Clock>(&clock), seen.get()), (5, 1));
        let twice = &&clock;
        assert_eq!((wait(twice), seen.get()), (5, 2));
    }

    #[test]
    fn hooks_of_inner_and_outer_clock_are_both_called_inner_first() {
        let order = Cell::new(0);
        let clock = FnClock(|| 0)
            .with_idle(|| order.set(order.get() * 10 + 1))
            .with_idle(|| order.set(order.get() * 10 + 2));
        clock.idle();
        assert_eq!(order.get(), 12);
    }

    #[test]
    fn a_hook_that_waits_itself_isnt_entered_twice() {
        let (calls, own) = (Cell::new(0), Cell::new(None::<&dyn Clock>));
        let clock = FnClock(|| 0).with_idle(|| {
            calls.set(calls.get() + 1);
            own.get().unwrap().idle();
        });
        own.set(Some(&clock));
        clock.idle();
        assert_eq!(calls.get(), 1);
        clock.idle();
        assert_eq!(calls.get(), 2, "it is there again for the next turn");
    }
}
