//! The token that stands for the main loop.

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
/// There is one at a time. [`take`](Self::take) it first thing in `main` and lend it to each call
/// that may wait; dropping it frees it. It can't be copied or cloned, and it is neither `Send` nor
/// `Sync`, so an interrupt handler, an event callback that has to be `Send`, and a `static` can't
/// hold it; and without it no request can be made. That is how the third classic cause of
/// "connection refused" on an ESP8266, a request made inside an event handler, becomes a compile
/// error.
///
/// # One at a time
///
/// On a chip, one in the program. On a PC (feature `std`), where each thread may wait, one in each
/// thread. With `std` on ESP-IDF it is one in the program all the same: the task that calls event
/// handlers is a thread there, too.
///
/// # What a token can't prove
///
/// - Where `take` was called. If `take` is called in an event handler while the token is free, the
///   handler gets it. Take it in `main` before handlers are registered; on a Cortex-M the feature
///   `cortex-m` refuses it in an interrupt, and a platform with a test of its own passes it to
///   [`take_if`](Self::take_if).
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
/// use nal_link::LoopContext;
///
/// let cx = LoopContext::take().expect("free, first thing in main");
/// assert!(LoopContext::take().is_none(), "one at a time");
/// drop(cx);
/// assert!(LoopContext::take().is_some());
/// ```
///
/// A handler can't have it:
///
/// ```compile_fail,E0277
/// # fn on_got_ip(handler: impl FnMut() + Send + 'static) {}
/// let mut cx = nal_link::LoopContext::take().unwrap();
/// on_got_ip(move || { let cx = &mut cx; });
/// ```
#[derive(Debug)]
#[must_use = "a token that is dropped is free for someone else"]
pub struct LoopContext {
    _stays: EventHandlersReportThroughLinkEvents,
}

impl LoopContext {
    /// The token, or `None` while it is taken.
    ///
    /// With the feature `cortex-m` it is also `None` in handler mode (an interrupt or exception),
    /// and the token stays free for `main` to take.
    #[must_use = "a token that is dropped is free for someone else"]
    pub fn take() -> Option<Self> {
        Self::take_if(|| true)
    }

    /// The token, if `can_yield` says that the caller may wait here and it isn't taken.
    ///
    /// For platforms that can tell: the ESP8266 Arduino core's `can_yield()`, an RTOS's "in a task".
    ///
    /// ```
    /// # use nal_link::LoopContext;
    /// fn can_yield() -> bool { false } // for example in a callback of the Wi-Fi task
    /// assert!(LoopContext::take_if(can_yield).is_none());
    /// ```
    #[must_use = "a token that is dropped is free for someone else"]
    pub fn take_if(can_yield: impl FnOnce() -> bool) -> Option<Self> {
        if in_thread_mode() && can_yield() && taken::claim() {
            Some(Self { _stays: EventHandlersReportThroughLinkEvents([]) })
        } else {
            None
        }
    }
}

impl Drop for LoopContext {
    fn drop(&mut self) {
        taken::free();
    }
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

/// Whether this thread's token is taken. The token is dropped in the thread that took it, as it
/// isn't `Send`.
#[cfg(all(feature = "std", not(target_os = "espidf")))]
mod taken {
    use core::cell::Cell;

    std::thread_local! {
        static TAKEN: Cell<bool> = const { Cell::new(false) };
    }

    /// Marks the token as taken; true if it was free.
    pub(super) fn claim() -> bool {
        // It can't be had in a thread's last moments, when its variables are gone.
        TAKEN.try_with(|taken| !taken.replace(true)).unwrap_or(false)
    }

    pub(super) fn free() {
        // A thread whose variables are gone takes no token any more.
        TAKEN.try_with(|taken| taken.set(false)).ok();
    }
}

/// Whether the program's token is taken.
#[cfg(not(all(feature = "std", not(target_os = "espidf"))))]
mod taken {
    use core::sync::atomic::{AtomicBool, Ordering};

    static TAKEN: AtomicBool = AtomicBool::new(false);

    /// Marks the token as taken; true if it was free.
    #[cfg(target_has_atomic = "8")]
    pub(super) fn claim() -> bool {
        !TAKEN.swap(true, Ordering::AcqRel)
    }

    /// The same without compare-and-swap: a load and a store that no interrupt can come between.
    #[cfg(not(target_has_atomic = "8"))]
    pub(super) fn claim() -> bool {
        critical_section::with(|_| {
            let free = !TAKEN.load(Ordering::Relaxed);
            TAKEN.store(true, Ordering::Relaxed);
            free
        })
    }

    pub(super) fn free() {
        TAKEN.store(false, Ordering::Release);
    }
}
