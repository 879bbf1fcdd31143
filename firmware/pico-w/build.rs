//! Tells the linker where the chip's memory is, and where defmt's strings go; and gives the radio's own program
//! to the compiler, where it lies in `radio/`.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let Some(out) = env::var_os("OUT_DIR").map(PathBuf::from) else { panic!("cargo sets OUT_DIR") };
    // It is looked up where the linker searches, not here.
    copy(Path::new("memory.x"), &out.join("memory.x"));
    for name in ["43439A0.bin", "43439A0_clm.bin", "nvram_rp2040.bin"] {
        let (from, to) = (Path::new("radio").join(name), out.join(name));
        if from.exists() {
            copy(&from, &to);
        } else {
            println!("cargo:warning=radio/{name} isn't there: what is built won't start the radio");
            if let Err(error) = fs::write(&to, []) {
                panic!("{name}: {error}");
            }
        }
    }
    println!("cargo:rustc-link-search={}", out.display());
    for script in ["link.x", "link-rp.x", "defmt.x"] {
        println!("cargo:rustc-link-arg-bins=-T{script}");
    }
    println!("cargo:rerun-if-changed=memory.x");
    println!("cargo:rerun-if-changed=radio");
}

fn copy(from: &Path, to: &Path) {
    if let Err(error) = fs::copy(from, to) {
        panic!("{}: {error}", from.display());
    }
}
