//! The gate's client on an ESP32-C3: esp-radio and embassy-net below it, the PC's file above.
#![no_std]
#![no_main]

mod board;
#[path = "../../../examples/gate_opener_async/gate.rs"]
mod gate;

use embassy_executor::Spawner;
use esp_backtrace as _;

esp_bootloader_esp_idf::esp_app_desc!();

#[esp_rtos::main]
async fn main(spawner: Spawner) {
    board::open_gates(board::start(spawner)).await;
}
