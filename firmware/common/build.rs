//! Tells the linker where the chip's memory is, and where defmt's strings go.

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
    println!("cargo:rustc-link-arg-bins=-Tdefmt.x");
    println!("cargo:rerun-if-changed=memory.x");
}
