#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(unreachable_pub, missing_debug_implementations)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unreachable,
    clippy::string_slice
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::string_slice
    )
)]

#[cfg(test)]
extern crate std;

mod autopsy;
mod der;
mod failure;
mod gate;
mod hello;
mod network;
mod pem;
mod pipe;
mod random;
mod session;
mod stage;
mod suite;
mod verify;

pub use failure::{Error, Failure};
pub use network::{Socket, Tls};
#[doc(hidden)]
pub use pem::{pem_bytes, pem_length};
pub use pipe::Pipe;
pub use random::{FnRandom, RandCore06, SecureRandom};
pub use session::{FULL_RECORD, LEAST_WRITE_BUFFER, session};
pub use verify::{
    Anchor, Authority, NoValidityCheck, PinnedKey, Unverified, Verify, WallClock, WallTime, anchor,
};
