//! What is sent and expected.

pub use conformance::common::tools::{MIB, noise};

pub const HELLO: &[u8] = b"hello, world";

/// FNV-1a of 32 bits.
pub fn checksum(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0x811C_9DC5_u32, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// Header fields enough to fill several of the client's buffers.
pub fn many_headers() -> Vec<(String, String)> {
    (0..60).map(|i| (format!("X-Sent-{i}"), "v".repeat(i % 30 + 1))).collect()
}

pub fn borrowed(headers: &[(String, String)]) -> Vec<(&str, &str)> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
