//! lwIP, and what moves its packets: on the chip itself the SDK does.

use crate::console::{Answer, ask, tell};
use crate::machine::{self, cycles};
use crate::stack_use::driver;
use core::ffi::{CStr, c_char};
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use lwip_nal::Lwip;
use safe_http_client::Clock;

unsafe extern "C" {
    safe fn harness_begin();
    fn harness_input(frame: *const u8, length: usize);
    safe fn harness_timers();
    pub safe fn harness_set_address(address: u32);
    pub safe fn harness_address_in(ms: u32, address: u32);
}

/// A frame of Ethernet, from the chip.
const OUT: u8 = b'P';
/// Asks for a frame. The first in a poll says so: a millisecond passes.
const IN: u8 = b'p';

static MILLIS: AtomicU32 = AtomicU32::new(0);
/// Cycles that went into the console, and not into the client or lwIP.
static CONSOLE: AtomicU32 = AtomicU32::new(0);
static POLLING: AtomicBool = AtomicBool::new(false);
/// Whether the handler of the netif's status makes a request.
pub static HANDLER_ASKS: AtomicBool = AtomicBool::new(false);

#[unsafe(no_mangle)]
extern "C" fn sys_now() -> u32 {
    MILLIS.load(Relaxed)
}

/// The clock is lwIP's.
#[derive(Clone, Copy)]
pub struct PollClock;

impl Clock for PollClock {
    fn now_ms(&self) -> u32 {
        sys_now()
    }
}

/// Does what isn't counted as the client's or lwIP's.
fn console<T>(part: impl FnOnce() -> T) -> T {
    let began = cycles();
    let value = part();
    CONSOLE.store(CONSOLE.load(Relaxed).wrapping_add(cycles().wrapping_sub(began)), Relaxed);
    value
}

/// Cycles of the core so far, without the console's.
pub fn worked() -> u32 {
    cycles().wrapping_sub(CONSOLE.load(Relaxed))
}

#[unsafe(no_mangle)]
extern "C" fn harness_output(frame: *const u8, length: usize) {
    // SAFETY: lwIP's netif hands over so many bytes, for the time of the call.
    let frame = unsafe { core::slice::from_raw_parts(frame, length) };
    // In a poll it is the driver's already.
    match POLLING.load(Relaxed) {
        true => console(|| tell(OUT, &[frame])),
        false => driver(|| console(|| tell(OUT, &[frame]))),
    }
}

#[unsafe(no_mangle)]
extern "C" fn harness_failed(text: *const c_char) {
    // SAFETY: a text of lwIP's own, which ends.
    let text = unsafe { CStr::from_ptr(text) };
    crate::log!("lwIP: {}", text.to_str().unwrap_or("?"));
    machine::exit(93)
}

#[unsafe(no_mangle)]
extern "C" fn harness_status_changed() {
    if HANDLER_ASKS.load(Relaxed) {
        crate::jobs::in_handler();
    }
}

pub fn start() {
    harness_begin();
}

/// The firmware's lwIP.
pub fn lwip() -> Lwip {
    // SAFETY: `start` has initialised it, there is one context, and build.sh compiles the C side with its
    // headers.
    unsafe { Lwip::new() }.with_poll(poll)
}

/// On the chip it is the SDK's, on a stack of its own.
fn poll() {
    driver(move_packets);
}

/// A millisecond passes, and all packets and timers that are due get to lwIP. Never part of its caller's
/// frame, which is measured.
#[inline(never)]
fn move_packets() {
    POLLING.store(true, Relaxed);
    MILLIS.store(sys_now().wrapping_add(1), Relaxed);
    let mut frame = Frame([0; 1520]);
    let mut first = 1;
    while let Answer::Done(length) = console(|| ask(IN, &[&[first]], &mut frame.0)) {
        first = 0;
        // SAFETY: it reads so many bytes, and copies them.
        unsafe { harness_input(frame.0.as_ptr(), length) };
    }
    harness_timers();
    POLLING.store(false, Relaxed);
}

#[repr(align(4))]
struct Frame([u8; 1520]);
