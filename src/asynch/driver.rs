//! Goes on with a call whenever its task is woken: by the network, or by the timer.

use super::{AsyncNetwork, Wish};
use crate::nal::{AnyDriver, CallView, Driver, ErrorOf, Step};
use crate::probe::Ladder;
use crate::protocol::CloseReason;
use core::cell::Cell;
use core::convert::Infallible;
use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use embedded_hal_async::delay::DelayNs;
use nal_link::Clock;

/// What goes on in steps, until it is done.
pub(super) trait Work<N: AsyncNetwork, C> {
    type Done;
    type Error;

    fn step(&mut self, driver: &mut Driver<N, C>) -> nb::Result<Self::Done, Self::Error>;

    /// The host whose address is asked for.
    fn host(&self) -> &[u8];

    /// For how many milliseconds more nothing may happen; 0 where the next step ends the wait.
    fn time_left(&self, diagnosis_ms: u32, now: u32) -> u32;
}

/// A step of a call.
pub(super) struct OfCall<'v, F> {
    call: CallView<'v>,
    step: F,
}

impl<'v, F> OfCall<'v, F> {
    pub(super) fn new<T>(call: CallView<'v>, step: F) -> Self
    where
        F: FnMut(&mut AnyDriver<'_>, &mut CallView<'_>) -> Step<T>,
    {
        Self { call, step }
    }
}

impl<N, C, T, F> Work<N, C> for OfCall<'_, F>
where
    N: AsyncNetwork,
    C: Clock,
    F: FnMut(&mut AnyDriver<'_>, &mut CallView<'_>) -> Step<T>,
{
    type Done = T;
    type Error = ErrorOf<N>;

    fn step(&mut self, driver: &mut Driver<N, C>) -> nb::Result<T, ErrorOf<N>> {
        let step = (self.step)(driver.any(), &mut self.call);
        driver.tell(&mut self.call, step)
    }

    fn host(&self) -> &[u8] {
        self.call.exchange.endpoint.host(self.call.buffer)
    }

    fn time_left(&self, _: u32, now: u32) -> u32 {
        self.call.exchange.time_left(now)
    }
}

/// A step of a check.
pub(super) struct OfProbe<'v> {
    pub(super) ladder: &'v mut Ladder,
    pub(super) buffer: &'v mut [u8],
}

impl<N: AsyncNetwork, C: Clock> Work<N, C> for OfProbe<'_> {
    type Done = ();
    type Error = Infallible;

    fn step(&mut self, driver: &mut Driver<N, C>) -> nb::Result<(), Infallible> {
        self.ladder.run(driver, self.buffer)
    }

    fn host(&self) -> &[u8] {
        let exchange = self.ladder.exchange();
        exchange.map_or(&[], |exchange| exchange.endpoint.host(self.buffer))
    }

    fn time_left(&self, diagnosis_ms: u32, now: u32) -> u32 {
        self.ladder.time_left(diagnosis_ms, now)
    }
}

/// Where a call stands.
enum Turn<T, E> {
    Done(Result<T, E>),
    Wish(Wish),
}

/// Goes on until it is done. What is dropped before can be gone on with.
pub(super) async fn wait<N: AsyncNetwork, C: Timer, W: Work<N, C>>(
    driver: &mut Driver<N, C>,
    work: &mut W,
) -> Result<W::Done, W::Error> {
    let timer = driver.stack.clock.clone();
    let diagnosis_ms = driver.config.diagnosis_ms;
    loop {
        let wish = match turn(driver, work, &timer, diagnosis_ms).await {
            Turn::Done(result) => return result,
            Turn::Wish(wish) => wish,
        };
        let left = || work.time_left(diagnosis_ms, timer.now_ms());
        let network = &mut driver.stack.network;
        match wish {
            Wish::Connect(remote) => {
                until(network.fulfil_connect(remote), &timer, left).await;
            }
            Wish::Resolve(kind) => {
                // It is ASCII.
                let name = core::str::from_utf8(work.host()).unwrap_or_default();
                until(network.fulfil_resolve(name, kind), &timer, left).await;
            }
        }
    }
}

/// Steps each time that the task is woken, until it is done or wishes for something.
async fn turn<N: AsyncNetwork, C: Timer, W: Work<N, C>>(
    driver: &mut Driver<N, C>,
    work: &mut W,
    timer: &C,
    diagnosis_ms: u32,
) -> Turn<W::Done, W::Error> {
    let mut sleep = pin!(None);
    let mut until = 0_u32;
    poll_fn(|context| {
        driver.stack.network.begin_turn(context.waker());
        loop {
            match work.step(driver) {
                Ok(done) => return Poll::Ready(Turn::Done(Ok(done))),
                Err(nb::Error::Other(error)) => return Poll::Ready(Turn::Done(Err(error))),
                Err(nb::Error::WouldBlock) => {}
            }
            if let Some(wish) = driver.stack.network.take_wish() {
                return Poll::Ready(Turn::Wish(wish));
            }
            // One sleep for many steps, as long as none of them has less time: what has got on in the
            // meantime is given the rest of it.
            let now = timer.now_ms();
            let left = work.time_left(diagnosis_ms, now).max(1);
            let look = driver.stack.network.look_again_ms().unwrap_or(left);
            let end = now.wrapping_add(left.min(look));
            if sleep.is_none() || until.wrapping_sub(end).cast_signed() > 0 {
                until = end;
                sleep.set(Some(timer.sleep_ms(left.min(look))));
            }
            if let Some(asleep) = sleep.as_mut().as_pin_mut() {
                match asleep.poll(context) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(()) => sleep.set(None),
                }
            }
        }
    })
    .await
}

/// Waits for what a stack does, for as long as there is time left.
async fn until(action: impl Future<Output = ()>, timer: &impl Timer, left: impl Fn() -> u32) {
    let mut action = pin!(action);
    let mut sleep = pin!(None);
    poll_fn(|context| {
        if action.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        loop {
            if sleep.is_none() {
                match left() {
                    0 => return Poll::Ready(()),
                    left => sleep.set(Some(timer.sleep_ms(left))),
                }
            }
            if let Some(asleep) = sleep.as_mut().as_pin_mut() {
                match asleep.poll(context) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(()) => sleep.set(None),
                }
            }
        }
    })
    .await;
}

/// Closes the connection of what is over, or dropped before. Nobody else has one meanwhile.
pub(super) struct Close<'d, N: AsyncNetwork, C: Clock> {
    pub(super) driver: &'d mut Driver<N, C>,
    /// `None` once it is to stay open.
    pub(super) reason: Option<CloseReason>,
}

impl<N: AsyncNetwork, C: Clock> Drop for Close<'_, N, C> {
    fn drop(&mut self) {
        if let Some(reason) = self.reason {
            self.driver.any().close(reason);
        }
    }
}

/// A call whose future may be dropped while it waits: it is left then, and its connection closed.
pub(super) struct Leave<'d, N: AsyncNetwork, C: Clock> {
    pub(super) driver: &'d mut Driver<N, C>,
    /// The call's; `None` once it has what it waits for.
    pub(super) ticket: Option<u32>,
}

impl<N: AsyncNetwork, C: Clock> Leave<'_, N, C> {
    /// The call has what it waits for: it keeps its connection.
    pub(super) fn stay(mut self) {
        self.ticket = None;
    }
}

impl<N: AsyncNetwork, C: Clock> Drop for Leave<'_, N, C> {
    fn drop(&mut self) {
        if self.ticket.is_some_and(|ticket| self.driver.connection.belongs_to(ticket)) {
            self.driver.any().leave();
        }
    }
}

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
///
/// On a PC, with async-io:
///
/// ```
/// use safe_http_client::Clock;
/// use safe_http_client::asynch::Timer;
/// use std::time::{Duration, Instant};
///
/// #[derive(Clone, Copy)]
/// struct IoTimer {
///     start: Instant,
/// }
/// impl Clock for IoTimer {
///     fn now_ms(&self) -> u32 {
///         self.start.elapsed().as_millis() as u32 // it may wrap
///     }
/// }
/// impl Timer for IoTimer {
///     async fn sleep_ms(&self, ms: u32) {
///         async_io::Timer::after(Duration::from_millis(ms.into())).await;
///     }
/// }
///
/// let timer = IoTimer { start: Instant::now() };
/// async_io::block_on(timer.sleep_ms(2));
/// assert!(timer.now_ms() >= 2);
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
    ///
    /// Others have their turns meanwhile. A delay that blocks, or one that is over at once, keeps the stack's own
    /// task from its turn, and each request ends at its connect deadline.
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
