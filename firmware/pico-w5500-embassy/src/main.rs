//! The gate's client on a Raspberry Pi Pico by wire: a W5500 and embassy-net below it, the PC's file above.
#![no_std]
#![no_main]

mod board;
#[path = "../../../examples/gate_opener_async/gate.rs"]
mod gate;

use core::convert::Infallible;
use embassy_executor::Spawner;
use safe_http_client::asynch::SafeHttpClient;
use safe_http_client_embassy::{EmbassyNetwork, EmbassyTimer};
use static_cell::ConstStaticCell;
use {defmt_rtt as _, panic_probe as _};

static RX: ConstStaticCell<[u8; 2048]> = ConstStaticCell::new([0; 2048]);
static TX: ConstStaticCell<[u8; 1024]> = ConstStaticCell::new([0; 1024]);

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let (stack, mut board, mut phone) = board::start(spawner).await;
    let network = EmbassyNetwork::new(stack, RX.take(), TX.take());
    let client = SafeHttpClient::new(network.attached(), EmbassyTimer);
    // A cable needs no join.
    let joined = async |_: &mut _, _: &mut _| Ok::<(), Infallible>(());
    gate::run(client, EmbassyTimer, &mut board, &mut phone, joined).await;
}
