//! What the SDK gives, by way of `sdk/main.c`.

use core::cell::RefCell;
use safe_http_client::Clock;

unsafe extern "C" {
    safe fn firmware_millis() -> u32;
    safe fn firmware_analog() -> u16;
    fn firmware_say(word: *const u8, length: usize, number: u32);
    safe fn firmware_restart() -> !;
    safe fn shc_interrupts_off() -> u32;
    fn shc_interrupts_restore(state: u32);
}

/// Milliseconds since the start.
pub fn millis() -> u32 {
    firmware_millis()
}

#[derive(Clone, Copy)]
pub struct Millis;

impl Clock for Millis {
    fn now_ms(&self) -> u32 {
        millis()
    }
}

/// What the analog input reads.
pub fn analog() -> u16 {
    firmware_analog()
}

/// A line on the serial port.
pub fn say(word: &str, number: u32) {
    // SAFETY: it reads so many bytes.
    unsafe { firmware_say(word.as_ptr(), word.len(), number) }
}

pub fn restart() -> ! {
    firmware_restart()
}

/// A value of the SDK's context.
pub struct Shared<T>(RefCell<Option<T>>);

// SAFETY: timers and handlers of the NONOS SDK run one after the other, in one context; interrupts, which
// don't, have no way to it.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    pub const fn new() -> Self {
        Self(RefCell::new(None))
    }

    pub fn put(&self, value: T) {
        if let Ok(mut place) = self.0.try_borrow_mut() {
            *place = Some(value);
        }
    }

    /// Nothing where there is no value, or where it is in use: a handler that is called from within.
    pub fn with(&self, work: impl FnOnce(&mut T)) {
        if let Ok(mut place) = self.0.try_borrow_mut() {
            place.as_mut().map(work);
        }
    }
}

/// The core has no compare-and-swap, so that the token asks for a critical section.
struct InterruptsOff;

// SAFETY: one core, and nothing interrupts it between the two calls.
unsafe impl critical_section::Impl for InterruptsOff {
    unsafe fn acquire() -> critical_section::RawRestoreState {
        shc_interrupts_off()
    }

    unsafe fn release(state: critical_section::RawRestoreState) {
        // SAFETY: the state is one that `shc_interrupts_off` returned.
        unsafe { shc_interrupts_restore(state) }
    }
}
critical_section::set_impl!(InterruptsOff);
