//! `gate_opener`: opens the garage gate when its owner comes home.
//!
//! ```text
//! cargo run --example gate_opener                        # all of it simulated
//! cargo run --example gate_opener -- --fault host-down   # and something goes wrong
//! cargo run --example gate_opener -- --port /dev/ttyUSB0 --ssid … --password …
//! ```
//!
//! The loop never waits: not for the network, and not for the gate's service. It is in `gate`, which
//! runs unchanged on a PC and on the boards in `firmware`; `board` stands for the board, here this PC.

#[path = "../board/mod.rs"]
mod board;
mod gate;

use board::{Board, Demo};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut board = Board::new(Demo::Gate);
    gate::run(&mut board);
    board.exit_status()
}
