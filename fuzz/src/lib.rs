//! What is fuzzed, as plain functions: each takes an input and panics on a find. `fuzz_targets` makes
//! programs of them, for cargo-fuzz or by themselves; `tests/smoke.rs` runs them over their seeds.

#[path = "../../tests/common/mod.rs"]
mod common;
#[path = "../../tests/common/head_oracle.rs"]
mod head_oracle;
#[path = "../../tests/common/judge.rs"]
mod judge;
#[path = "../../tests/common/outcome.rs"]
mod outcome;
#[path = "../../tests/common/player.rs"]
mod player;

#[path = "../../conformance/tests/tls/evil.rs"]
mod evil;
mod input;
#[path = "../../conformance/tests/tls/memory.rs"]
mod memory;
#[path = "../../conformance/tests/tls/served.rs"]
mod served;
mod stack;

pub mod at_parser;
pub mod chunked;
pub mod digest;
pub mod esp_at;
pub mod events;
pub mod exchange;
pub mod multipart;
pub mod protocol;
pub mod request;
pub mod response;
pub mod tls;
pub mod url;

/// A target: it panics on a find.
pub type Target = fn(&[u8]);

/// All targets, by the names of their programs and of their seeds' folders.
pub const TARGETS: [(&str, Target); 12] = [
    ("exchange", exchange::run),
    ("protocol", protocol::run),
    ("response", response::run),
    ("esp_at", esp_at::run),
    ("chunked", chunked::run),
    ("url", url::run),
    ("request", request::run),
    ("at_parser", at_parser::run),
    ("tls", tls::run),
    ("events", events::run),
    ("digest", digest::run),
    ("multipart", multipart::run),
];

/// The program of a target: under cargo-fuzz a fuzzer, otherwise one that runs the files that it is
/// given.
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|data: &[u8]| $crate::$name::run(data));

        #[cfg(not(fuzzing))]
        fn main() -> std::io::Result<()> {
            $crate::replay($crate::$name::run)
        }
    };
}

/// Runs the files that the command line names.
pub fn replay(target: Target) -> std::io::Result<()> {
    for path in std::env::args_os().skip(1) {
        target(&std::fs::read(&path)?);
        println!("{}: no find", path.display());
    }
    Ok(())
}
