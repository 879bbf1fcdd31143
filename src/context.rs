//! The token that stands for the main loop.

use core::sync::atomic::{AtomicBool, Ordering};

/// Named for the compiler's message: "`*const TheLoopContextStaysInTheMainLoop` cannot be sent
/// between threads safely" is what a person reads who moves the token into a handler.
#[derive(Debug)]
#[allow(dead_code)]
struct TheLoopContextStaysInTheMainLoop;

/// Named for the note below that message, which says what a handler can do instead. An array of no
/// elements does what `PhantomData` would, without a note of its own in between.
#[derive(Debug)]
struct EventHandlersReportThroughLinkEvents([*const TheLoopContextStaysInTheMainLoop; 0]);

/// Proof that the caller runs in the main loop, where waiting is allowed.
///
/// There is one in the program. [`take`](Self::take) it first thing in `main` and lend it to each
/// call that may wait. It can't be copied or cloned, and it is neither `Send` nor `Sync`, so an
/// interrupt handler, an event callback that has to be `Send`, and a `static` can't hold it; and
/// without it no request can be made. That is how the third classic cause of "connection refused"
/// on an ESP8266, a request made inside an event handler, becomes a compile error.
///
/// # What a token can't prove
///
/// - Where `take` was called. If the *first* `take` of the program is in an event handler, the
///   handler gets the token. Take it in `main` before handlers are registered; on a Cortex-M the
///   feature `cortex-m` refuses it in an interrupt, and a platform with a test of its own passes it
///   to [`take_if`](Self::take_if).
/// - That a callback which isn't required to be `Send` stays without it: a closure on the main
///   thread can borrow the token. Single-threaded frameworks that run such callbacks from an
///   interrupt are outside what Rust's types can see.
///
/// # Targets without compare-and-swap
///
/// On thumbv6m and the ESP8266's LX106, [`take`](Self::take) uses the `critical-section` crate, so
/// the firmware has to provide an implementation (for example `cortex-m`'s feature
/// `critical-section-single-core`). Elsewhere it is an atomic swap.
///
/// ```
/// use safe_http_client::LoopContext;
///
/// let cx = LoopContext::take().expect("taken once, first thing in main");
/// assert!(LoopContext::take().is_none(), "there is only one");
/// cx.give_back();
/// ```
#[derive(Debug)]
pub struct LoopContext {
    _stays: EventHandlersReportThroughLinkEvents,
}

static TAKEN: AtomicBool = AtomicBool::new(false);

/// Marks the token as taken; true if it was free.
#[cfg(target_has_atomic = "8")]
fn claim() -> bool {
    !TAKEN.swap(true, Ordering::AcqRel)
}

/// The same without compare-and-swap: a load and a store that no interrupt can come between.
#[cfg(not(target_has_atomic = "8"))]
fn claim() -> bool {
    critical_section::with(|_| {
        let free = !TAKEN.load(Ordering::Relaxed);
        TAKEN.store(true, Ordering::Relaxed);
        free
    })
}

/// False where the hardware says that an interrupt or exception handler runs.
#[cfg(all(feature = "cortex-m", target_arch = "arm", target_os = "none"))]
fn in_thread_mode() -> bool {
    use cortex_m::peripheral::{SCB, scb::VectActive};
    SCB::vect_active() == VectActive::ThreadMode
}

#[cfg(not(all(feature = "cortex-m", target_arch = "arm", target_os = "none")))]
fn in_thread_mode() -> bool {
    true
}

impl LoopContext {
    /// The token, or `None` if it was taken before.
    ///
    /// With the feature `cortex-m` it is also `None` in handler mode (an interrupt or exception),
    /// and the token stays free for `main` to take.
    ///
    /// ```no_run
    /// use safe_http_client::LoopContext;
    ///
    /// fn main() {
    ///     let mut cx = LoopContext::take().expect("once, first thing in main");
    ///     // then register event handlers, and lend `&mut cx` to each call that may wait
    /// }
    /// ```
    pub fn take() -> Option<Self> {
        Self::take_if(|| true)
    }

    /// The token, if `can_yield` says that the caller may wait here and it wasn't taken before.
    ///
    /// For platforms that can tell: the ESP8266 Arduino core's `can_yield()`, an RTOS's "in a task".
    ///
    /// ```
    /// # use safe_http_client::LoopContext;
    /// fn can_yield() -> bool { false } // for example in a callback of the Wi-Fi task
    /// assert!(LoopContext::take_if(can_yield).is_none());
    /// ```
    pub fn take_if(can_yield: impl FnOnce() -> bool) -> Option<Self> {
        if in_thread_mode() && can_yield() && claim() {
            Some(Self { _stays: EventHandlersReportThroughLinkEvents([]) })
        } else {
            None
        }
    }

    /// Gives the token back, so that it can be taken again: for a `main` that hands over to another
    /// loop, and for tests.
    ///
    /// ```no_run
    /// # use safe_http_client::LoopContext;
    /// let cx = LoopContext::take().unwrap();
    /// cx.give_back();
    /// assert!(LoopContext::take().is_some());
    /// ```
    pub fn give_back(self) {
        TAKEN.store(false, Ordering::Release);
    }
}
