#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs, unreachable_pub, missing_debug_implementations)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unreachable
)]

mod socket;
mod timer;

pub use socket::{EmbassyError, EmbassyLink, EmbassyNetwork, InUse, NameError};
pub use timer::EmbassyTimer;
