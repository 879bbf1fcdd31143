//! ECDSA on P-384, and SHA-384 with P-256.

use super::algorithms::{Hash, P256, fixed};
use crate::der;
use ::p384::ecdsa::signature::hazmat::PrehashVerifier as _;
use rustls_pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use sha2_011::{Digest as _, Sha384};

fn sha384(message: &[u8]) -> Hash {
    Hash::Sha384(Sha384::digest(message).into())
}

pub(super) static P256_SHA384: P256 = P256 { hash: sha384, signature: alg_id::ECDSA_SHA384 };

pub(super) static P384_SHA384: P384 = P384 { hash: sha384, signature: alg_id::ECDSA_SHA384 };

pub(super) static P384_SHA256: P384 = P384 {
    hash: |message| Hash::Sha256(sha2_011::Sha256::digest(message).into()),
    signature: alg_id::ECDSA_SHA256,
};

/// ECDSA on P-384 over a hash.
#[derive(Debug)]
pub(super) struct P384 {
    hash: fn(&[u8]) -> Hash,
    signature: AlgorithmIdentifier,
}

impl SignatureVerificationAlgorithm for P384 {
    fn verify_signature(
        &self,
        key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key =
            ::p384::ecdsa::VerifyingKey::from_sec1_bytes(key).map_err(|_| InvalidSignature)?;
        let (first, second) = der::two_numbers(signature).ok_or(InvalidSignature)?;
        let (first, second): ([u8; 48], [u8; 48]) = (fixed(first)?, fixed(second)?);
        let signature =
            ::p384::ecdsa::Signature::from_scalars(first, second).map_err(|_| InvalidSignature)?;
        key.verify_prehash((self.hash)(message).bytes(), &signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P384
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}
