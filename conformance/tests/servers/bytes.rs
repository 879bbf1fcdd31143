//! What is sent and expected.

pub const MIB: usize = 1024 * 1024;
pub const HELLO: &[u8] = b"hello, world";

/// Bytes without a short period, so that a lost or doubled piece shows.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_u32;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as u8
        })
        .collect()
}

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
