//! How deep the stack gets: it is painted before a call, and looked at afterwards.

use crate::machine::{stack_limit, stack_pointer};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

const PAINT: u32 = 0xA5A5_5A5A;

/// Whether there is paint below.
static MEASURING: AtomicBool = AtomicBool::new(false);
/// The lowest addresses that were written: by the call itself, and by anything.
static BY_CALL: AtomicUsize = AtomicUsize::new(0);
static BY_ALL: AtomicUsize = AtomicUsize::new(0);

/// Bytes of stack that a call takes with all that it calls.
pub struct StackUse {
    /// Without what [`driver`] was called for.
    pub call: usize,
    pub with_driver: usize,
}

/// Measures a call.
#[inline(never)]
pub fn stack_use<T>(call: impl FnOnce() -> T) -> (T, StackUse) {
    let top = stack_pointer();
    BY_CALL.store(top, Relaxed);
    BY_ALL.store(top, Relaxed);
    MEASURING.store(true, Relaxed);
    paint();
    let value = apart(call);
    MEASURING.store(false, Relaxed);
    lower(&BY_CALL);
    lower(&BY_ALL);
    let (call, with_driver) = (top - BY_CALL.load(Relaxed), top - BY_ALL.load(Relaxed));
    (value, StackUse { call, with_driver })
}

/// Does a driver's part of a call, which another driver would need more or less stack for.
pub fn driver<T>(part: impl FnOnce() -> T) -> T {
    if !MEASURING.load(Relaxed) {
        return part();
    }
    lower(&BY_CALL);
    let value = apart(part);
    lower(&BY_ALL);
    paint();
    value
}

/// Calls in a frame of its own: what the call needs isn't hidden in the frame of its caller.
#[inline(never)]
fn apart<T>(call: impl FnOnce() -> T) -> T {
    call()
}

/// Fills the unused part of the stack.
#[inline(never)]
fn paint() {
    let limit = stack_limit();
    let words = (stack_pointer() - limit as usize) / 4;
    for word in 0..words {
        // SAFETY: between the last static and this function's frame there is nothing but stack that
        // isn't in use; the loop calls nothing.
        unsafe { limit.add(word).write_volatile(PAINT) };
    }
}

/// Takes note of the lowest address that was written since [`paint`].
#[inline(never)]
fn lower(lowest: &AtomicUsize) {
    let mut word = stack_limit();
    // SAFETY: it ends at the latest at this function's own frame, which isn't paint.
    while unsafe { word.read_volatile() } == PAINT {
        word = word.wrapping_add(1);
    }
    lowest.store(lowest.load(Relaxed).min(word as usize), Relaxed);
}
