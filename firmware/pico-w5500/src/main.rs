//! Readings posted from a Raspberry Pi Pico by wire: a W5500 at its SPI.
#![no_std]
#![no_main]

mod board;
mod readings;

use {defmt_rtt as _, panic_probe as _};

#[rp2040_hal::entry]
fn main() -> ! {
    let (network, mut board) = board::start();
    readings::run(network, &mut board)
}
