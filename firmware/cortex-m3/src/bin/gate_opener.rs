//! `gate_opener` on this board: the client is the PC's, unchanged.
#![no_std]
#![no_main]

#[path = "../../../../examples/gate_opener/gate.rs"]
mod gate;

use cortex_m_rt::entry;
use cortex_m3_firmware::{board, rest};

#[entry]
fn main() -> ! {
    gate::run(&mut board::Board::new());
    rest()
}
