//! The firmware over lwIP, built once in a test program (`firmware/lx106-lwip`).

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

pub struct Firmware {
    pub elf: PathBuf,
}

/// What it takes, by Debian's names.
const NEEDS: [(&str, &str); 3] = [
    ("xtensa-lx106-elf-gcc", "gcc-xtensa-lx106"),
    ("xtensa-lx106-elf-as", "binutils-xtensa-lx106"),
    ("qemu-system-xtensa", "qemu-system-misc"),
];

impl Firmware {
    /// `None`, and a line that says why, where something is missing.
    pub fn built() -> Option<&'static Self> {
        static BUILT: OnceLock<Option<Firmware>> = OnceLock::new();
        BUILT.get_or_init(Self::build).as_ref()
    }

    fn build() -> Option<Self> {
        for (program, package) in NEEDS {
            let found = tool(program, package).arg("--version").stdout(Stdio::null()).status();
            if found.is_err() {
                eprintln!("lwIP on the LX106: SKIPPED: {program} is missing (Debian: {package})");
                return None;
            }
        }
        if !PathBuf::from("/usr/lib/rustlib/src/rust/library/core/Cargo.toml").exists()
            && std::env::var_os("LX106_TOOLCHAIN").is_none()
        {
            eprintln!(
                "lwIP on the LX106: SKIPPED: rustc-web, cargo-web and rust-web-src are missing"
            );
            return None;
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../firmware/lx106-lwip/build.sh");
        // Without the sanitizers, where this runs under them.
        let output = Command::new(script)
            .env_remove("RUSTFLAGS")
            .env_remove("CFLAGS")
            .env_remove("LD_PRELOAD")
            .output()
            .expect("build.sh runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "build.sh failed: {}:\n{said}", output.status);
        let printed = String::from_utf8(output.stdout).expect("a path");
        Some(Self { elf: PathBuf::from(printed.trim()) })
    }
}

/// A program that `build` has found. (qemu.rs names the package, too, as it does for its own harness.)
pub fn tool(program: &str, _package: &str) -> Command {
    let mut command = Command::new(program);
    command.env_remove("LD_PRELOAD");
    command
}
