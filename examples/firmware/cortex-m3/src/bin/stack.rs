#![no_std]
#![no_main]
use cortex_m3_firmware::{board, rest};
#[cortex_m_rt::entry]
fn main() -> ! { let _ = board::Board::new(); rest() }
