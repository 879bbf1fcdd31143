//! The functions of `safe_http_client.h` for the ESP8266: `crates/c-abi`, and what a program of its own needs.
#![no_std]

pub use safe_http_client_c::*;

unsafe extern "C" {
    safe fn abort() -> !;
}

/// Nothing panics: build.sh looks for it in the archive. The compiler asks for one all the same.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    abort()
}
