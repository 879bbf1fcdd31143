//! The async client: over a stack that pends before each thing it does, and over real sockets.
#![cfg(feature = "async")]

#[cfg(feature = "digest")]
#[path = "../common/digest.rs"]
mod challenges;
#[path = "../common/mod.rs"]
mod common;
#[path = "../common/scenario.rs"]
mod scenario;
#[path = "../common/server.rs"]
mod server;

mod calls;
mod cancelled;
#[cfg(feature = "digest")]
mod digest;
mod faults;
mod loopback;
mod pending;
mod size;
mod woken;
