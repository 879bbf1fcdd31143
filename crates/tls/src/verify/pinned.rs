//! A server that is known by its key.

use super::{Check, Verify};
use crate::der;
use crate::failure::Failure;
use crate::pipe::Shown;
use rustls_pki_types::{CertificateDer, ServerName};
use sha2::{Digest, Sha256};

/// A server that is known by its public key, whatever its certificate says: no authority, no name and no
/// time is needed. What is pinned is the SHA-256 of the SubjectPublicKeyInfo, as curl's `--pinnedpubkey`
/// has it:
///
/// ```sh
/// openssl x509 -in server.pem -noout -pubkey | openssl pkey -pubin -outform der | sha256sum
/// ```
///
/// Pin a second key that the server can change to.
///
/// ```
/// use safe_http_client_tls::PinnedKey;
/// const KEYS: [[u8; 32]; 2] = [[0x5a; 32], [0xa5; 32]];
/// let verify = PinnedKey::new(&KEYS);
/// # let _ = verify;
/// ```
#[derive(Debug, Clone, Copy)]
pub struct PinnedKey<'a> {
    pins: &'a [[u8; 32]],
}

impl<'a> PinnedKey<'a> {
    /// One of these keys.
    pub const fn new(pins: &'a [[u8; 32]]) -> Self {
        Self { pins }
    }
}

impl Verify for PinnedKey<'_> {}

impl Check for PinnedKey<'_> {
    fn check(
        &self,
        chain: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &mut Shown,
    ) -> Result<(), Failure> {
        check_key(self.pins, chain.first())
    }
}

/// Whether the certificate's key is one of those.
pub(super) fn check_key(
    pins: &[[u8; 32]],
    leaf: Option<&CertificateDer<'_>>,
) -> Result<(), Failure> {
    let key = leaf.and_then(|leaf| der::public_key(leaf)).ok_or(Failure::MalformedCertificate)?;
    let hash: [u8; 32] = Sha256::digest(key).into();
    if pins.contains(&hash) { Ok(()) } else { Err(Failure::WrongKey) }
}
