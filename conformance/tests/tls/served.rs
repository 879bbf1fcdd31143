//! What a server shows.

/// What a server shows, and what a client trusts.
#[derive(Clone)]
#[allow(dead_code, reason = "tests and fuzzers share it")]
pub struct Served {
    /// In DER, the server's own first.
    pub chain: Vec<Vec<u8>>,
    /// PKCS #8 in DER.
    pub key: Vec<u8>,
    /// In DER.
    pub root: Vec<u8>,
}
