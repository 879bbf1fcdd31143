//! `gate_opener_async`: the same gate, in an async program.
//!
//! ```text
//! cargo run --features async,esp-at --example gate_opener_async
//! cargo run --features async,esp-at --example gate_opener_async -- --fault host-down
//! ```
//!
//! The modem and the world around it are `gate_opener`'s. Its driver is the same, too: here it is over an async
//! serial port. The client is in `gate`, which runs unchanged on the boards in `firmware`.

mod gate;
#[path = "../board/mod.rs"]
mod pc;

mod board {
    pub use crate::pc::*;
    pub use crate::port::Phone;
}

mod port;

use board::{Board, Clock, Demo};
use esp_at::{AsyncSerial, EspAt};
use port::{AsyncPort, IoTimer, Phone};
use safe_http_client::asynch::SafeHttpClient;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut board = Board::new(Demo::Gate);
    let (ssid, password) = (board.ssid(), board.password());
    let modem = EspAt::new(AsyncSerial::<_>::new(AsyncPort::new(board.serial())), Clock);
    let client = SafeHttpClient::new(modem, IoTimer);
    async_io::block_on(gate::run(client, IoTimer, &mut board, &mut Phone, async |client, cx| {
        board::say!("joining {ssid}");
        client.join(cx, &ssid, &password).await.map(drop)
    }));
    board.exit_status()
}
