//! Tells the linker where the chip's memory is, and the program whom it trusts.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let Some(out) = env::var_os("OUT_DIR").map(PathBuf::from) else { panic!("cargo sets OUT_DIR") };
    // It is looked up where the linker searches, not here.
    if let Err(error) = fs::copy("memory.x", out.join("memory.x")) {
        panic!("memory.x: {error}");
    }
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rerun-if-changed=memory.x");
    // run.py makes it.
    let root = env::var_os("TLS_BENCH_ROOT").map(fs::read).and_then(Result::ok).unwrap_or_default();
    if let Err(error) = fs::write(out.join("root.der"), root) {
        panic!("root.der: {error}");
    }
    let now = env::var("TLS_BENCH_NOW").unwrap_or_else(|_| "0".into());
    println!("cargo:rustc-env=TLS_BENCH_NOW={now}");
    println!("cargo:rerun-if-env-changed=TLS_BENCH_ROOT");
    println!("cargo:rerun-if-env-changed=TLS_BENCH_NOW");
}
