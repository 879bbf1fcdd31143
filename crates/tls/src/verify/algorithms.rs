//! The algorithms of signatures.

#[cfg(feature = "ed25519")]
use super::ed25519;
#[cfg(feature = "p384")]
use super::p384;
#[cfg(feature = "rsa")]
use super::rsa;
use crate::der;
use embedded_tls::SignatureScheme;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use rustls_pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use sha2::{Digest as _, Sha256};

/// The algorithms that are compiled in.
pub(super) const ALL: &[&dyn SignatureVerificationAlgorithm] = &[
    &P256_SHA256,
    #[cfg(feature = "p384")]
    &p384::P384_SHA384,
    #[cfg(feature = "p384")]
    &p384::P384_SHA256,
    #[cfg(feature = "p384")]
    &p384::P256_SHA384,
    #[cfg(feature = "ed25519")]
    &ed25519::ED25519,
    #[cfg(feature = "rsa")]
    &rsa::PKCS1_SHA256,
    #[cfg(feature = "rsa")]
    &rsa::PKCS1_SHA384,
    #[cfg(feature = "rsa")]
    &rsa::PKCS1_SHA512,
];

/// The algorithm of a server's own signature; `None` where it isn't compiled in.
pub(super) fn of_scheme(
    scheme: SignatureScheme,
) -> Option<&'static dyn SignatureVerificationAlgorithm> {
    match scheme {
        SignatureScheme::EcdsaSecp256r1Sha256 => Some(&P256_SHA256),
        #[cfg(feature = "p384")]
        SignatureScheme::EcdsaSecp384r1Sha384 => Some(&p384::P384_SHA384),
        #[cfg(feature = "ed25519")]
        SignatureScheme::Ed25519 => Some(&ed25519::ED25519),
        #[cfg(feature = "rsa")]
        SignatureScheme::RsaPssRsaeSha256 => Some(&rsa::PSS_SHA256),
        #[cfg(feature = "rsa")]
        SignatureScheme::RsaPssRsaeSha384 => Some(&rsa::PSS_SHA384),
        #[cfg(feature = "rsa")]
        SignatureScheme::RsaPssRsaeSha512 => Some(&rsa::PSS_SHA512),
        _ => None,
    }
}

/// ECDSA on P-256 over a hash.
#[derive(Debug)]
pub(super) struct P256 {
    pub(super) hash: fn(&[u8]) -> Hash,
    pub(super) signature: AlgorithmIdentifier,
}

static P256_SHA256: P256 = P256 {
    hash: |message| Hash::Sha256(Sha256::digest(message).into()),
    signature: alg_id::ECDSA_SHA256,
};

/// The hash of a message.
pub(super) enum Hash {
    Sha256([u8; 32]),
    #[cfg(feature = "p384")]
    Sha384([u8; 48]),
}

impl Hash {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Sha256(bytes) => bytes,
            #[cfg(feature = "p384")]
            Self::Sha384(bytes) => bytes,
        }
    }
}

/// A number with as many digits as its curve has.
pub(super) fn fixed<const N: usize>(number: &[u8]) -> Result<[u8; N], InvalidSignature> {
    let mut digits = [0; N];
    let start = N.checked_sub(number.len()).ok_or(InvalidSignature)?;
    digits.get_mut(start..).ok_or(InvalidSignature)?.copy_from_slice(number);
    Ok(digits)
}

impl SignatureVerificationAlgorithm for P256 {
    fn verify_signature(
        &self,
        key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key).map_err(|_| InvalidSignature)?;
        let (first, second) = der::two_numbers(signature).ok_or(InvalidSignature)?;
        let (first, second): ([u8; 32], [u8; 32]) = (fixed(first)?, fixed(second)?);
        let signature =
            p256::ecdsa::Signature::from_scalars(first, second).map_err(|_| InvalidSignature)?;
        key.verify_prehash((self.hash)(message).bytes(), &signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P256
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}
