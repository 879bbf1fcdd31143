//! Attacks that were tried on this client, and what has to come of each: every row of those that once broke it,
//! and random programs over a hostile stack. `ATTACKS=full` runs the long form of what is random.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/endless.rs"]
mod endless;

mod addresses;
mod credentials;
mod early_answers;
mod programs;
mod random;
mod replays;
mod server;
mod streams;
mod time;

/// Whether the long form is asked for.
fn is_long() -> bool {
    std::env::var_os("ATTACKS").is_some_and(|form| form == "full")
}
