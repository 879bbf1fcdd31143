//! The world of the firmware beside it: builds it, runs it in QEMU, is its network, and its server.

mod bridge;
mod chip;
mod firmware;
mod qemu;
mod server;

pub use chip::{Chip, Report};
pub use firmware::{Firmware, tool};
pub use server::{Server, response};

/// The server's address as the chip sees it. The bridge leads it to the host's loopback interface, on
/// the same port.
pub const SERVER: [u8; 4] = [192, 168, 1, 20];
/// The server's name in the chip's network.
pub const SERVER_NAME: &str = "gate.lan";
/// An address at which nobody is.
pub const NOBODY: [u8; 4] = [192, 168, 1, 99];

/// A line that is shown even where the test harness captures what a test prints.
pub fn report(line: &str) {
    use std::io::Write;
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}
