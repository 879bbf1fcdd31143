//! `safe-http-client` for C and C++, over lwIP: the functions of `include/safe_http_client.h`, which is made
//! from this crate.
//!
//! - **No allocation**: the client, the request and all buffers are the caller's.
//! - **Polled or blocking**: `shc_poll` goes on as far as it can, `shc_wait` until it is done.
//! - **The token of the main loop is taken for each call**, where `can_wait` of the platform and lwIP's depth
//!   of callbacks allow it: in an event handler each function that opens, closes, sends, waits or reads answers
//!   `SHC_IN_HANDLER`; those that only look work there, too.
//! - **Nothing panics**, so that nothing unwinds into C.
//!
//! To be linked with `csrc/safe_http_lwip.c` of `safe-http-client-lwip`, compiled against the firmware's lwIP.
#![no_std]
#![deny(unsafe_code)]
#![warn(missing_docs, unreachable_pub, missing_debug_implementations)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unreachable,
    clippy::string_slice
)]

mod abi;
mod inner;
#[cfg(target_arch = "xtensa")]
mod interrupts;

pub use abi::*;
