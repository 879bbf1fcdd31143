//! `fetch` as its users run it: processes, their output and what they leave.
#![cfg(unix)]

mod bodies;
mod causes;
mod curl;
mod field;
mod files;
mod https;
mod layers;
mod run;
mod sent;
mod server;
mod shown;
mod statuses;
#[path = "../../../../tests/common/tools.rs"]
mod tools;
