//! What holds whatever a peer sends and a caller asks for: properties of the client and of its parsers,
//! the promises of `SECURITY.md`, and what fuzzers have found.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/endless.rs"]
mod endless;
#[path = "../common/judge.rs"]
mod judge;
#[path = "../common/outcome.rs"]
mod outcome;
#[path = "../common/player.rs"]
mod player;

mod fuzz_finds;
mod security;
