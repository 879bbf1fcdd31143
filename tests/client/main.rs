//! The client, as a program uses it: on a scripted stack that splits, delays and breaks what comes, and
//! on the operating system's sockets.
#![allow(
    clippy::drop_non_drop,
    clippy::forget_non_drop,
    reason = "that calls can be dropped and forgotten alike is what is shown"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/outcome.rs"]
mod outcome;
#[path = "../common/scenario.rs"]
mod scenario;
#[path = "../common/server.rs"]
mod server;

mod calls;
mod close_reason;
mod deadlines;
mod errors;
mod idle;
mod layers;
mod link;
mod requests;
mod responses;
mod reuse;
mod size;
mod support;
mod uploads;
mod url;
