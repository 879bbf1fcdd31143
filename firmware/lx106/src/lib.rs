//! `safe-http-client` on the ESP8266's own core. The emulator's console is the network (see
//! `network.rs`), and says what to do: the harness sends jobs, and judges what comes of them.

#![no_std]

mod console;
mod corpus;
mod machine;
mod network;
mod scenarios;
mod stack_use;

use console::{Answer, ask, kind};
use core::panic::PanicInfo;
use machine::CycleClock;
use network::ConsoleStack;
use safe_http_client::{LinkEvents, LoopContext, NalNetwork};
use scenarios::Job;

/// Exit codes; `console.rs` and `machine/start.S` have others.
const EXCEPTION: u8 = 99;
const PANIC: u8 = 98;
const NO_JOB: u8 = 94;

/// What a Wi-Fi driver's handlers would report to.
pub static EVENTS: LinkEvents = LinkEvents::new();

/// Entered by `machine/start.S`.
#[unsafe(no_mangle)]
extern "C" fn firmware_main() -> ! {
    let mut cx = LoopContext::take().expect("once, first thing in main");
    let clock = CycleClock::new();
    let mut network = NalNetwork::new(ConsoleStack, &EVENTS, ConsoleStack::QUIRKS);
    // A case of the corpus has at most 8 KiB, and a buffer of 1 KiB more.
    let mut job = [0; 9 * 1024];
    let mut buffer = [0; 10 * 1024];
    loop {
        let Answer::Done(length) = ask(kind::JOB, &[], &mut job) else { machine::exit(NO_JOB) };
        // A line of text, and data behind it.
        let job = &job[..length];
        let (line, data) = match job.iter().position(|byte| *byte == b'\n') {
            Some(at) => (&job[..at], &job[at + 1..]),
            None => (job, &[][..]),
        };
        let Ok(line) = core::str::from_utf8(line) else { machine::exit(NO_JOB) };
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        match name {
            "exit" => machine::exit(0),
            "unaligned" => result!("went on with {:?}", machine::unaligned(rest)),
            "panic" => panic!("as the job says"),
            "context" => result!("a second one: {}", LoopContext::take().is_some()),
            "corpus" => corpus::run(&mut cx, rest, data, &mut buffer),
            _ => {
                let job = Job { url: rest, data, buffer: &mut buffer[..1024] };
                scenarios::run(&mut cx, &clock, &mut network, name, job);
            }
        }
    }
}

/// Entered by `machine/start.S` on any exception of the core, such as the load of a word that isn't aligned.
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
