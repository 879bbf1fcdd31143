//! The gate's client on an ESP32-C3: esp-radio and embassy-net below it, the PC's file above.
#![no_std]
#![no_main]

mod board;
#[path = "../../../examples/gate_opener_async/gate.rs"]
mod gate;

use core::convert::Infallible;
use embassy_executor::Spawner;
use esp_backtrace as _;
use safe_http_client::asynch::SafeHttpClient;
use safe_http_client_embassy::{EmbassyNetwork, EmbassyTimer};
use static_cell::ConstStaticCell;

esp_bootloader_esp_idf::esp_app_desc!();

static RX: ConstStaticCell<[u8; 2048]> = ConstStaticCell::new([0; 2048]);
static TX: ConstStaticCell<[u8; 1024]> = ConstStaticCell::new([0; 1024]);

#[esp_rtos::main]
async fn main(spawner: Spawner) {
    let (stack, mut board, mut phone) = board::start(spawner);
    let network = EmbassyNetwork::new(stack, RX.take(), TX.take());
    let client = SafeHttpClient::new(network.attached(), EmbassyTimer);
    // A task of its own joins, and joins again.
    let joined = async |_: &mut _, _: &mut _| Ok::<(), Infallible>(());
    gate::run(client, EmbassyTimer, &mut board, &mut phone, joined).await;
}
