//! The gate's client on a Raspberry Pi Pico W: cyw43 and embassy-net below it, the PC's file above.
#![no_std]
#![no_main]

mod board;
#[path = "../../../examples/gate_opener_async/gate.rs"]
mod gate;

use embassy_executor::Spawner;
use {defmt_rtt as _, panic_probe as _};

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    board::open_gates(board::start(spawner).await).await;
}
