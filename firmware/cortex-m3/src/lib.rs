//! What the firmwares in `bin` share: the board, its UARTs, the log, and how a panic is told.
#![no_std]

pub mod board;
mod log;
mod uart;

use cortex_m_rt::{ExceptionFrame, exception};
use defmt::Display2Format;

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    defmt::error!("{}", Display2Format(info));
    rest()
}

/// What the processor does after a fault, instead of hanging without a word.
///
/// The function is `unsafe` since cortex-m-rt wants it so; it is called by the hardware alone.
#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    defmt::error!("hard fault at {=u32:#x}", frame.pc());
    rest()
}

/// Nothing is left to do.
pub fn rest() -> ! {
    loop {
        cortex_m::asm::wfi();
    }
}
