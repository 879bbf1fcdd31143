//! How much stack a call uses on a Cortex-M: what is free of it is painted before.

use core::ptr::{addr_of, read_volatile, write_volatile};
use cortex_m::register::msp;

const PAINT: u32 = 0x5ca1_ab1e;
/// What the painter itself may use, below its caller. A call can't be told from one of so much.
const MARGIN: usize = 128;

unsafe extern "C" {
    /// From cortex-m-rt's linker script: where the stack may grow to.
    static _stack_end: u32;
}

/// Calls `call`, and tells how many bytes of stack it and the interrupts meanwhile used.
#[inline(never)]
pub fn high_water<T>(call: impl FnOnce() -> T) -> (T, usize) {
    let top = msp::read() as usize;
    let bottom = addr_of!(_stack_end) as usize;
    for at in (bottom..top - MARGIN).step_by(4) {
        // SAFETY: between the statics' end and the stack there is nothing, and the margin is larger
        // than this loop's and an interrupt's frames.
        unsafe { write_volatile(at as *mut u32, PAINT) }
    }
    let result = call();
    let untouched = (bottom..top)
        .step_by(4)
        // SAFETY: as above; it is only read.
        .take_while(|at| unsafe { read_volatile(*at as *const u32) } == PAINT)
        .count();
    (result, top - bottom - untouched * 4)
}
