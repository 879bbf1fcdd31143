//! What the tests of stacks, servers and faults share, compiled once.
#![allow(missing_docs, reason = "read by tests alone, where they are written")]

pub mod async_modem;
pub mod awaited;
#[path = "../../tests/common/mod.rs"]
pub mod common;
pub mod counted;
mod delegate;
pub mod embassy;
mod layers;
pub mod load;
pub mod modem;
pub mod scenario;
#[path = "../../tests/common/server.rs"]
pub mod server;
pub mod smoltcp_net;
mod subject;
#[cfg(target_os = "linux")]
pub mod tap;
pub mod task;
