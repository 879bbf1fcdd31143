//! RSA, with keys of 2,048, 3,072 or 4,096 bits.

use crate::der;
use ::rsa::modmath_support::{public_key_from_be_bytes, wrap};
use ::rsa::signature::Verifier as _;
use ::rsa::{pkcs1v15, pss};
use fixed_bigint::FixedUInt;
use rustls_pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use sha2_011::{Sha256, Sha384, Sha512};

/// Verifies with a modulus, an exponent, a message and a signature.
type Verify = fn(&[u8], u32, &[u8], &[u8]) -> Result<(), InvalidSignature>;

/// Of certificates: RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2).
pub(super) static PKCS1_SHA256: Rsa =
    Rsa { verify: pkcs1_sha256, signature: alg_id::RSA_PKCS1_SHA256 };
pub(super) static PKCS1_SHA384: Rsa =
    Rsa { verify: pkcs1_sha384, signature: alg_id::RSA_PKCS1_SHA384 };
pub(super) static PKCS1_SHA512: Rsa =
    Rsa { verify: pkcs1_sha512, signature: alg_id::RSA_PKCS1_SHA512 };

/// Of the handshake: RSASSA-PSS with a key that says rsaEncryption (RFC 8446 section 4.2.3).
pub(super) static PSS_SHA256: Rsa = Rsa { verify: pss_sha256, signature: alg_id::RSA_PSS_SHA256 };
pub(super) static PSS_SHA384: Rsa = Rsa { verify: pss_sha384, signature: alg_id::RSA_PSS_SHA384 };
pub(super) static PSS_SHA512: Rsa = Rsa { verify: pss_sha512, signature: alg_id::RSA_PSS_SHA512 };

#[derive(Debug)]
pub(super) struct Rsa {
    verify: Verify,
    signature: AlgorithmIdentifier,
}

// The bounds of a generic function would be longer than this.
macro_rules! verify {
    ($name:ident, $scheme:ident, $hash:ty) => {
        fn $name(
            modulus: &[u8],
            exponent: u32,
            message: &[u8],
            signature: &[u8],
        ) -> Result<(), InvalidSignature> {
            match modulus.len() {
                256 => verify!(@sized $scheme, $hash, 64, modulus, exponent, message, signature),
                384 => verify!(@sized $scheme, $hash, 96, modulus, exponent, message, signature),
                512 => verify!(@sized $scheme, $hash, 128, modulus, exponent, message, signature),
                _ => Err(InvalidSignature),
            }
        }
    };
    (@sized $scheme:ident, $hash:ty, $words:literal, $modulus:ident, $exponent:ident, $message:ident,
     $signature:ident) => {{
        type Number = FixedUInt<u32, $words>;
        let key = public_key_from_be_bytes::<Number>($modulus, $exponent);
        let key = $scheme::GenericVerifyingKey::<$hash, _, _>::new(key.map_err(|_| InvalidSignature)?);
        let number = wrap(Number::from_be_bytes($signature));
        let signature = $scheme::GenericSignature::from(number);
        key.verify($message, &signature).map_err(|_| InvalidSignature)
    }};
}

verify!(pkcs1_sha256, pkcs1v15, Sha256);
verify!(pkcs1_sha384, pkcs1v15, Sha384);
verify!(pkcs1_sha512, pkcs1v15, Sha512);
verify!(pss_sha256, pss, Sha256);
verify!(pss_sha384, pss, Sha384);
verify!(pss_sha512, pss, Sha512);

impl SignatureVerificationAlgorithm for Rsa {
    fn verify_signature(
        &self,
        key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let (modulus, exponent) = der::two_numbers(key).ok_or(InvalidSignature)?;
        // The first bit has to be there: a key of 2,041 bits isn't one of 2,048.
        if modulus.first().is_none_or(|first| *first < 0x80) || signature.len() != modulus.len() {
            return Err(InvalidSignature);
        }
        let mut bytes = [0; 4];
        let start = bytes.len().checked_sub(exponent.len()).ok_or(InvalidSignature)?;
        bytes.get_mut(start..).ok_or(InvalidSignature)?.copy_from_slice(exponent);
        let exponent = u32::from_be_bytes(bytes);
        if exponent < 3 || exponent % 2 == 0 {
            return Err(InvalidSignature);
        }
        (self.verify)(modulus, exponent, message, signature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

#[cfg(test)]
mod tests {
    use super::{PKCS1_SHA256, PSS_SHA256};
    use rustls_pki_types::SignatureVerificationAlgorithm as _;
    use std::vec::Vec;

    /// A key of RSA's in DER.
    fn key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
        let number = |digits: &[u8]| {
            let length = u16::try_from(digits.len() + 1).unwrap().to_be_bytes();
            [&[2, 0x82, length[0], length[1], 0][..], digits].concat()
        };
        // A small number has a length of a byte, and no zero in front.
        let exponent = [&[2, u8::try_from(exponent.len()).unwrap()][..], exponent].concat();
        let content = [number(modulus), exponent].concat();
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[0x30, 0x82, length[0], length[1]][..], &content].concat()
    }

    #[test]
    fn keys_that_are_none_verify_nothing() {
        let modulus = |first: u8, rest: u8, last: u8, length: usize| {
            let mut modulus = std::vec![rest; length];
            (modulus[0], modulus[length - 1]) = (first, last);
            modulus
        };
        for (what, modulus, exponent) in [
            ("even", modulus(0x80, 0, 0, 256), &[1, 0, 1][..]),
            ("a power of two", modulus(0x80, 0, 0, 512), &[1, 0, 1]),
            ("all ones", modulus(0xff, 0xff, 0xff, 384), &[1, 0, 1]),
            ("too small", modulus(0x80, 1, 1, 128), &[1, 0, 1]),
            ("a bit too few", modulus(0x40, 1, 1, 256), &[1, 0, 1]),
            ("an even exponent", modulus(0x80, 1, 1, 256), &[2]),
            ("an exponent of one", modulus(0x80, 1, 1, 256), &[1]),
            ("an exponent of 33 bits", modulus(0x80, 1, 1, 256), &[1, 0, 0, 0, 1]),
        ] {
            let key = key(&modulus, exponent);
            // Zero, one, less than the modulus, and more.
            for (first, last) in [(0, 0), (0, 1), (0x7f, 0x55), (0xff, 0xff)] {
                let mut signature = std::vec![first; modulus.len()];
                *signature.last_mut().unwrap() = last;
                for algorithm in [&PKCS1_SHA256, &PSS_SHA256] {
                    let verified = algorithm.verify_signature(&key, b"message", &signature);
                    assert!(verified.is_err(), "{what}");
                }
            }
        }
    }
}
