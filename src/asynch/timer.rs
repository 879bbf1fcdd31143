//! Time that can be waited for.

use core::cell::Cell;
use core::fmt;
use embedded_hal_async::delay::DelayNs;
use nal_link::Clock;

/// A clock that wakes a task, too. It is copied for each wait.
///
/// ```
/// use safe_http_client::Clock;
/// use safe_http_client::asynch::Timer;
///
/// /// The timer of your executor: embassy-time's, for example.
/// #[derive(Clone, Copy)]
/// struct Executor;
/// impl Clock for Executor {
///     fn now_ms(&self) -> u32 {
/// #       0
///         // embassy_time::Instant::now().as_millis() as u32
///     }
/// }
/// impl Timer for Executor {
///     async fn sleep_ms(&self, ms: u32) {
/// #       let _ = ms;
///         // embassy_time::Timer::after_millis(ms.into()).await
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no timer that a task can wait for",
    label = "not a `Timer`",
    note = "`DelayTimer::new(clock, delay)` makes one of a `Clock` and an embedded-hal-async `DelayNs`: give \
            a reference to it"
)]
#[allow(async_fn_in_trait, reason = "a client stays in its task, as its token does")]
pub trait Timer: Clock + Clone {
    /// Waits for at least so many milliseconds. Dropped before, it waits for nothing any more.
    async fn sleep_ms(&self, ms: u32);
}

impl<T: Timer> Timer for &T {
    async fn sleep_ms(&self, ms: u32) {
        T::sleep_ms(self, ms).await;
    }
}

/// A [`Timer`] of a [`Clock`] and an embedded-hal-async [`DelayNs`]. Give the client a reference to it.
///
/// ```
/// use safe_http_client::FnClock;
/// use safe_http_client::asynch::{DelayTimer, Timer};
/// # struct Delay;
/// # impl embedded_hal_async::delay::DelayNs for Delay { async fn delay_ns(&mut self, _: u32) {} }
/// # fn millis() -> u32 { 0 }
/// fn is_timer(_: impl Timer) {}
/// let timer = DelayTimer::new(FnClock(millis), Delay);
/// is_timer(&timer);
/// ```
pub struct DelayTimer<C, D> {
    clock: C,
    /// Lent to the one wait that a client has at a time.
    delay: Cell<Option<D>>,
}

impl<C: Clock, D: DelayNs> DelayTimer<C, D> {
    /// Waits by `delay` and reads `clock`.
    pub const fn new(clock: C, delay: D) -> Self {
        Self { clock, delay: Cell::new(Some(delay)) }
    }
}

impl<C: Clock, D> Clock for &DelayTimer<C, D> {
    fn now_ms(&self) -> u32 {
        self.clock.now_ms()
    }
}

impl<C: Clock, D: DelayNs> Timer for &DelayTimer<C, D> {
    async fn sleep_ms(&self, ms: u32) {
        let mut lent = Lent { delay: self.delay.take(), back: &self.delay };
        match &mut lent.delay {
            Some(delay) => delay.delay_ms(ms).await,
            // Somebody else waits by it, another client for example.
            None => core::future::pending().await,
        }
    }
}

/// Gives the delay back, also where the wait is dropped.
struct Lent<'t, D> {
    delay: Option<D>,
    back: &'t Cell<Option<D>>,
}

impl<D> Drop for Lent<'_, D> {
    fn drop(&mut self) {
        if let Some(delay) = self.delay.take() {
            self.back.set(Some(delay));
        }
    }
}

impl<C: fmt::Debug, D> fmt::Debug for DelayTimer<C, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DelayTimer").field("clock", &self.clock).finish_non_exhaustive()
    }
}
