//! A Cortex-M's clock in milliseconds, by its SysTick.

use core::sync::atomic::{AtomicU32, Ordering};
use cortex_m::peripheral::{SYST, syst::SystClkSource};
use cortex_m_rt::exception;

static MILLIS: AtomicU32 = AtomicU32::new(0);

/// Milliseconds since the start.
pub fn millis() -> u32 {
    MILLIS.load(Ordering::Relaxed)
}

#[exception]
fn SysTick() {
    // A load and a store: a Cortex-M0+ has no more, and nobody else counts.
    MILLIS.store(millis().wrapping_add(1), Ordering::Relaxed);
}

/// The clock for deadlines, in milliseconds.
#[derive(Clone, Copy)]
pub struct Clock;

impl safe_http_client::Clock for Clock {
    fn now_ms(&self) -> u32 {
        millis()
    }

    /// While a call waits: sleeps until the next interrupt, which the clock's is within 1 ms.
    fn idle(&self) {
        cortex_m::asm::wfi();
    }
}

pub fn start_clock(syst: &mut SYST, core_hz: u32) {
    syst.set_clock_source(SystClkSource::Core);
    syst.set_reload(core_hz / 1000 - 1);
    syst.clear_current();
    syst.enable_counter();
    syst.enable_interrupt();
}
