//! `safe-http-client` over lwIP on the ESP8266's own core: what a firmware of its own is, but for the radio.
//! Frames of Ethernet go over the emulator's console to the tests (`conformance/lwip/tests/chip`), which say
//! what to do and judge what comes of it. Time is a count of polls, so that each run is the same.

#![no_std]

#[allow(dead_code, reason = "the other firmware's network uses more of it")]
#[path = "../../lx106/src/console.rs"]
mod console;
mod jobs;
#[allow(dead_code, reason = "as for the console")]
#[path = "../../lx106/src/machine.rs"]
mod machine;
mod net;
#[path = "../../lx106/src/stack_use.rs"]
mod stack_use;

use console::{Answer, ask, kind};
use core::panic::PanicInfo;
use lwip_nal::Lwip;
use safe_http_client::LoopContext;

/// Exit codes; `console.rs` and `machine/start.S` have others.
const EXCEPTION: u8 = 99;
const PANIC: u8 = 98;
const NO_JOB: u8 = 94;

/// Entered by `machine/start.S`.
#[unsafe(no_mangle)]
extern "C" fn firmware_main() -> ! {
    net::start();
    let cx = LoopContext::take_if(Lwip::can_wait).expect("once, first thing in main");
    // A case of the corpus has at most 8 KiB, and a buffer of 1 KiB more.
    let mut job = [0; 9 * 1024];
    let mut buffer = [0; 10 * 1024];
    let mut jobs = jobs::Jobs::new(cx);
    loop {
        let Answer::Done(length) = ask(kind::JOB, &[], &mut job) else { machine::exit(NO_JOB) };
        // A line of text, and data behind it.
        let job = &job[..length];
        let (line, data) = match job.iter().position(|byte| *byte == b'\n') {
            Some(at) => (&job[..at], &job[at + 1..]),
            None => (job, &[][..]),
        };
        let Ok(line) = core::str::from_utf8(line) else { machine::exit(NO_JOB) };
        jobs.run(line, data, &mut buffer);
    }
}

/// Entered by `machine/start.S` on any exception of the core.
#[unsafe(no_mangle)]
extern "C" fn exception(cause: u32, at: u32, address: u32) -> ! {
    log!("exception: cause {cause}, at {at:#010x}, address {address:#010x}");
    machine::exit(EXCEPTION)
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    log!("{info}");
    machine::exit(PANIC)
}
