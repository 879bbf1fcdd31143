//! The programs in `examples/` as their users run them: processes, their output and what they leave.
#![cfg(unix)]

mod curl;
mod curl_servers;
mod fetch;
mod fetch_field;
mod fetch_https;
mod fetch_layers;
mod fetch_relatives;
mod sketches;
mod sntp;

use std::path::PathBuf;

/// An example's program. `cargo test` builds examples beside the tests, but has no variable that names
/// them.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.ancestors().nth(2).unwrap().join("examples").join(name);
    assert!(
        path.is_file(),
        "{} isn't there: `cargo build --examples` makes it, with the same --release and --target as \
         this test (a plain `cargo test` builds both)",
        path.display()
    );
    path
}
