//! `gate_opener` on a Raspberry Pi Pico with an ESP-01: the client is the PC's, unchanged.
#![no_std]
#![no_main]

mod board;
#[path = "../../../examples/gate_opener/gate.rs"]
mod gate;

use {defmt_rtt as _, panic_probe as _};

#[rp2040_hal::entry]
fn main() -> ! {
    gate::run(&mut board::start());
    loop {
        cortex_m::asm::wfi();
    }
}
