//! The chip and the emulator around it, as far as `machine/start.S` gives them a function.

use core::cell::Cell;
use core::num::Wrapping;
use safe_http_client::Clock;

unsafe extern "C" {
    fn sim_call(number: usize, a: usize, b: usize, c: usize) -> i32;
    pub safe fn cycles() -> u32;
    pub safe fn stack_pointer() -> usize;
    safe fn interrupts_off() -> u32;
    fn interrupts_restore(state: u32);
    fn load_word(address: usize) -> u32;
    fn load_half(address: usize) -> u32;
    fn store_word(address: usize) -> u32;
    fn store_half(address: usize) -> u32;
    /// The end of what is below the stack, from the linker script, which aligns it.
    static _stack_limit: u32;
}

/// How far down the stack may come.
pub fn stack_limit() -> *mut u32 {
    (&raw const _stack_limit).cast_mut()
}

const EXIT: usize = 1;
const READ: usize = 3;
const WRITE: usize = 4;
const SELECT_ONE: usize = 29;
const STDIN: usize = 0;
const STDOUT: usize = 1;

/// Ends the emulator with this exit code.
pub fn exit(code: u8) -> ! {
    loop {
        // SAFETY: the call takes numbers alone.
        unsafe { sim_call(EXIT, code.into(), 0, 0) };
    }
}

/// Writes to the emulator's output; how many bytes it took.
pub fn write(bytes: &[u8]) -> usize {
    // SAFETY: the emulator reads as many bytes as the slice has.
    let count = unsafe { sim_call(WRITE, STDOUT, bytes.as_ptr() as usize, bytes.len()) };
    usize::try_from(count).unwrap_or(0)
}

/// Reads what has come on the emulator's input; 0 where nothing has.
pub fn read(bytes: &mut [u8]) -> usize {
    let no_wait = [0u32; 2];
    // SAFETY: the emulator reads the two words of the time to wait, and writes at most as many bytes
    // as the slice has.
    let count = unsafe {
        if sim_call(SELECT_ONE, STDIN, 1, no_wait.as_ptr() as usize) <= 0 {
            return 0;
        }
        sim_call(READ, STDIN, bytes.as_mut_ptr() as usize, bytes.len())
    };
    usize::try_from(count).unwrap_or(0)
}

/// What the emulated core's cycle counter counts in a millisecond: 40 MHz of real time,
/// however fast the emulator is.
const CYCLES_PER_MS: Wrapping<u32> = Wrapping(40_000);

/// Milliseconds of the core's cycle counter. It has to be looked at once in 107 s, when the counter
/// wraps.
pub struct CycleClock {
    counted: Cell<Wrapping<u32>>,
    millis: Cell<Wrapping<u32>>,
}

impl CycleClock {
    pub fn new() -> Self {
        Self { counted: Cell::new(Wrapping(cycles())), millis: Cell::default() }
    }
}

impl Clock for CycleClock {
    fn now_ms(&self) -> u32 {
        let passed = (Wrapping(cycles()) - self.counted.get()) / CYCLES_PER_MS;
        self.counted.set(self.counted.get() + passed * CYCLES_PER_MS);
        self.millis.set(self.millis.get() + passed);
        self.millis.get().0
    }
}

/// The core has no compare-and-swap, so `LoopContext::take` asks for a critical section: interrupts
/// are off in it.
struct InterruptsOff;

// SAFETY: one core, and nothing interrupts it between the two calls.
unsafe impl critical_section::Impl for InterruptsOff {
    unsafe fn acquire() -> critical_section::RawRestoreState {
        interrupts_off()
    }

    unsafe fn release(state: critical_section::RawRestoreState) {
        // SAFETY: the state is one that `interrupts_off` returned.
        unsafe { interrupts_restore(state) }
    }
}
critical_section::set_impl!(InterruptsOff);

/// Accesses memory at an address that is no word's and no half-word's. On this core that is an
/// exception. `None` if there is no such access.
pub fn unaligned(access: &str) -> Option<u32> {
    let access = match access {
        "load_word" => load_word,
        "load_half" => load_half,
        "store_word" => store_word,
        "store_half" => store_half,
        _ => return None,
    };
    let mut words = [0x1122_3344u32, 0x5566_7788];
    // SAFETY: all bytes are the array's; that the address isn't aligned is the point.
    Some(unsafe { access(words.as_mut_ptr() as usize + 1) })
}
