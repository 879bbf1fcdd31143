//! Counts the instructions of a GET. QEMU runs so many instructions in a second as it is told to, so
//! the chip's own timer counts them; run.py makes instructions of its ticks.
//!
//! Each client is a program of its own: what the compiler inlines in one doesn't depend on another.
#![no_std]

#[path = "../../footprint/src/async_stack.rs"]
pub mod async_stack;
pub mod stack;

use core::hint::black_box;
use core::ptr::addr_of_mut;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use cortex_m::peripheral::{Peripherals, SYST, syst::SystClkSource};
use cortex_m_semihosting::{debug, hprintln};

/// Bytes that begin at a word: copies of others take 700 instructions more.
#[repr(align(8))]
struct Aligned<T: ?Sized>(T);

static URL: Aligned<[u8; 24]> = Aligned(*b"http://192.168.1.20/data");
static BODY: &Aligned<[u8]> = &Aligned(*include_bytes!("../../data/body_256.bin"));
static LENGTH: &Aligned<[u8]> = &Aligned(*include_bytes!("../../data/get_length_256.bin"));
static CHUNKED: &Aligned<[u8]> = &Aligned(*include_bytes!("../../data/get_chunked_256.bin"));
static mut BUFFER: Aligned<[u8; 1024]> = Aligned([0; 1024]);

/// A response, and the most bytes of it that one call receives.
const CASES: [(&str, &Aligned<[u8]>, usize); 4] = [
    ("length, whole", LENGTH, usize::MAX),
    ("length, 64-byte segments", LENGTH, 64),
    ("chunked, whole", CHUNKED, usize::MAX),
    ("chunked, 64-byte segments", CHUNKED, 64),
];

/// GETs in a reading.
const GETS: u32 = 10;

/// The clients' clock. It goes on between GETs, so that no connection is kept for the next.
pub static MILLIS: AtomicU32 = AtomicU32::new(0);

/// Ticks in which a body was looked at, which aren't the client's.
static PAUSED: AtomicU32 = AtomicU32::new(0);
static BODY_IS_RIGHT: AtomicBool = AtomicBool::new(false);

/// Counts a client, and prints what run.py reads. `get` does one GET over a connection of its own, and
/// shows the body to [`seen`].
pub fn count(mut get: impl FnMut(&str, &mut [u8]) -> Option<()>) -> ! {
    if let Some(mut chip) = Peripherals::take() {
        chip.SYST.set_clock_source(SystClkSource::Core);
        chip.SYST.set_reload(0x00FF_FFFF);
        chip.SYST.clear_current();
        chip.SYST.enable_counter();
    }
    // SAFETY: this function is called once, from `main`, and nothing else names the buffer.
    let buffer = unsafe { &mut *addr_of_mut!(BUFFER.0) };
    let url = core::str::from_utf8(black_box(&URL.0)).unwrap_or_default();

    hprintln!("100000 instructions: {} ticks", ticks_of(hundred_thousand_instructions));
    // What a reading takes itself.
    let nothing = ticks_of(|| seen(&BODY.0));
    for (name, response, segment) in CASES {
        stack::answer(&response.0, segment);
        let mut ticks = 0;
        for _ in 0..GETS {
            MILLIS.store(MILLIS.load(Relaxed) + 60_000, Relaxed);
            BODY_IS_RIGHT.store(false, Relaxed);
            buffer.fill(0);
            let mut done = None;
            ticks += ticks_of(|| done = get(black_box(url), black_box(&mut *buffer))) - nothing;
            if done.is_none() || !BODY_IS_RIGHT.load(Relaxed) {
                hprintln!("{}: the body is wrong", name);
                stop(debug::EXIT_FAILURE);
            }
        }
        let calls = stack::calls();
        hprintln!(
            "{}: {} ticks, {} GETs, {} connections, {} sends, {} receives",
            name,
            ticks,
            GETS,
            calls.connections,
            calls.sends,
            calls.receives
        );
    }
    stop(debug::EXIT_SUCCESS)
}

/// A client has this body.
pub fn seen(body: &[u8]) {
    look(body, &BODY.0);
}

/// The floor has a response at the start of this buffer.
pub fn seen_whole(buffer: &[u8]) {
    let response = stack::response();
    look(buffer.get(..response.len()).unwrap_or_default(), response);
}

#[inline(never)]
fn look(bytes: &[u8], expected: &[u8]) {
    let start = SYST::get_current();
    BODY_IS_RIGHT.store(bytes == expected, Relaxed);
    PAUSED.store(PAUSED.load(Relaxed) + elapsed(start), Relaxed);
}

#[inline(never)]
fn ticks_of(call: impl FnOnce()) -> u32 {
    PAUSED.store(0, Relaxed);
    let start = SYST::get_current();
    call();
    elapsed(start) - PAUSED.load(Relaxed)
}

/// The timer has 24 bits, and counts down.
fn elapsed(start: u32) -> u32 {
    start.wrapping_sub(SYST::get_current()) & 0x00FF_FFFF
}

#[inline(never)]
fn hundred_thousand_instructions() {
    // SAFETY: a register is counted down.
    unsafe {
        core::arch::asm!("2:", "subs {left}, #1", "bne 2b", left = inout(reg) 50_000 => _);
    }
}

fn stop(status: debug::ExitStatus) -> ! {
    loop {
        debug::exit(status);
    }
}

#[panic_handler]
fn panic(why: &core::panic::PanicInfo<'_>) -> ! {
    hprintln!("{}", why);
    stop(debug::EXIT_FAILURE)
}
