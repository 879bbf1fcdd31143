//! That every failure names its cause: each is produced for real, on the stacks that can have it,
//! and what the diagnosis says of it is compared with what was done.
//!
//! ```text
//! cargo test --all-features --test diagnosis matrix -- --nocapture
//! ```
//!
//! prints produced against diagnosed, what each active check took, and which rules the faults went
//! through.
#![cfg(all(feature = "esp-at", feature = "std"))]

mod checks;
#[path = "../common/mod.rs"]
mod common;
#[path = "../esp_at_common/mod.rs"]
mod esp_at_common;
mod ladder;
mod matrix;
mod observed;
mod oddities;
mod on_esp_at;
#[cfg(target_os = "linux")]
mod on_netns;
mod on_smoltcp;
mod on_std;
mod on_vendor;
mod rules;
#[path = "../common/scenario.rs"]
mod scenario;
#[path = "../common/server.rs"]
mod server;
#[allow(dead_code, reason = "others use the rest of it")]
#[path = "../common/smoltcp_net.rs"]
mod smoltcp_net;
mod text;
mod vendor;
