//! What [`embedded-nal`](embedded_nal) leaves open, for clients and drivers alike: whether a link holds an
//! IP address, who may wait, what time it is, how stacks differ, and what their errors stand for.
//!
//! | what | for |
//! |---|---|
//! | [`Link`], [`LinkEvents`], [`LinkStatus`] | is there an address, and if not, why |
//! | [`LoopContext`] | the proof that the caller runs in the main loop, where waiting is allowed |
//! | [`Clock`] | milliseconds for deadlines, and what to do while a call waits |
//! | [`StackQuirks`] | what `Ok(0)` and `PipeClosed` mean on this stack, and how it connects |
//! | [`StackFault`] | what a stack's own error stands for: refused, reset, timed out, no route … |
//! | [`Network`], [`Diagnostics`] | all of it together: what a client needs below it, and what helps a diagnosis |
//! | [`NalNetwork`] | any embedded-nal stack with its link, as a `Network` |
//!
//! `no_std`, no allocation, no `unsafe`. It is a part of `safe-http-client`, which re-exports it; drivers
//! depend on it alone.
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
    allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing)
)]

#[cfg(test)]
extern crate std;

mod clock;
mod context;
mod events;
mod fault;
mod link;
mod link_error;
mod nal_network;
mod network;
mod quirks;
mod status;

pub use clock::{Clock, FnClock, WithIdle, elapsed_ms, millis};
pub use context::LoopContext;
pub use events::LinkEvents;
pub use fault::StackFault;
pub use link::Link;
pub use link_error::{DisconnectReason, LinkError};
pub use nal_network::{NalNetwork, NoDns, WithoutDns};
pub use network::{Diagnostics, Network, NoPing, NoTls, StackStatus};
pub use quirks::{Connect, PipeClosed, StackQuirks, ZeroRead};
pub use status::{IpConfig, LinkStatus};
#[cfg(feature = "std")]
pub use {clock::StdClock, link::PcLink};

/// The `nb` convention of non-blocking calls, as embedded-nal has it.
pub use embedded_nal::nb;
