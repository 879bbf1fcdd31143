#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
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
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

#[cfg(any(test, feature = "std"))]
extern crate std;

mod async_network;
mod clock;
mod context;
mod events;
mod fault;
mod link;
mod nal_network;
mod network;
mod quirks;
mod status;
mod verification;

pub use async_network::{AsyncNetwork, Wish};
pub use clock::{Clock, FnClock, WithIdle, elapsed_ms, millis};
pub use context::LoopContext;
pub use events::LinkEvents;
pub use fault::{StackFault, TlsFault};
pub use link::Link;
pub use nal_network::{NalNetwork, NoDns, ResolvesNames, WithoutDns};
pub use network::{Diagnostics, Network, NoPing, NoTls, StackStatus};
pub use quirks::{Connect, PipeClosed, StackQuirks, ZeroRead};
pub use status::{DisconnectReason, IpConfig, LinkError, LinkStatus};
pub use verification::Verification;
#[cfg(feature = "std")]
#[cfg_attr(docsrs, doc(cfg(feature = "std")))]
pub use {clock::StdClock, link::PcLink};

/// The `nb` convention of non-blocking calls, as embedded-nal has it.
pub use nb;
