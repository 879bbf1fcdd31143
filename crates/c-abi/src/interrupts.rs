//! The core has no compare-and-swap, so that the token asks for a critical section: interrupts are off in it.
#![allow(unsafe_code, reason = "Rust has no assembler for this core")]

unsafe extern "C" {
    /// Both are in arduino/SafeHttpClient/src/safe_http_platform.c.
    safe fn shc_interrupts_off() -> u32;
    fn shc_interrupts_restore(state: u32);
}

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
