//! The third cause, told by the hardware: in a handler there is no token to be had, though it is free.
#![no_std]
#![no_main]

use cortex_m::peripheral::{NVIC, SCB};
use cortex_m_rt::{entry, exception};
use cortex_m3_firmware::{board::Board, rest};
use lm3s6965::{Interrupt, interrupt};
use safe_http_client::LoopContext;

fn attempt(place: &str) {
    match LoopContext::take() {
        Some(token) => {
            defmt::info!("{=str}: granted", place);
            drop(token);
        }
        None => defmt::info!("{=str}: refused", place),
    }
}

#[interrupt]
fn GPIOA() {
    attempt("in an interrupt handler");
}

#[exception]
fn PendSV() {
    attempt("in an exception handler");
}

/// Both are pending when they return, and so run before the next line.
fn run_handlers() {
    NVIC::pend(Interrupt::GPIOA);
    SCB::set_pendsv();
    cortex_m::asm::dsb();
    cortex_m::asm::isb();
}

#[entry]
fn main() -> ! {
    let _board = Board::new();
    // SAFETY: its handler is above, and nothing here relies on being without it.
    unsafe { NVIC::unmask(Interrupt::GPIOA) };
    defmt::info!("the token is free");
    run_handlers();
    attempt("in main");
    let token = LoopContext::take();
    defmt::info!("main {=str} the token", if token.is_some() { "holds" } else { "didn't get" });
    attempt("in main, a second time");
    run_handlers();
    defmt::info!("done");
    rest()
}
