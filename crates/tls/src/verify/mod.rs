//! How a server is verified.

mod algorithms;
mod authority;
#[cfg(feature = "ed25519")]
mod ed25519;
#[cfg(feature = "p384")]
mod p384;
mod pinned;
#[cfg(feature = "rsa")]
mod rsa;
mod shown;
mod time;

pub use authority::{Anchor, Authority, anchor};
pub use pinned::PinnedKey;
pub use time::{NoValidityCheck, WallClock, WallTime};

use crate::der;
use crate::failure::Failure;
use crate::pipe::{Pipe, Shown};
use embedded_tls::{
    CertificateEntryRef, CertificateRef, CertificateVerifyRef, TlsError, TlsVerifier,
};
use nal_link::Verification;
use rustls_pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer};
use sha2::{Digest, Sha256};
use webpki::RawPublicKeyEntity;

/// How a server is verified: [`Authority`], [`PinnedKey`], or not at all: [`Unverified`]. There are no
/// others.
#[allow(private_bounds, reason = "it can't be implemented elsewhere")]
pub trait Verify: Check {}

/// What verifies a server's certificates.
pub(crate) trait Check {
    /// How far servers are verified.
    fn verification(&self) -> Verification {
        Verification::Verified
    }

    /// Why nothing can be verified now.
    fn why_not(&self) -> Option<Failure> {
        None
    }

    /// Verifies the certificates, the server's own first. What is to be shown goes into `shown`.
    fn check(
        &self,
        chain: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        shown: &mut Shown,
    ) -> Result<(), Failure>;
}

impl<V: Verify> Verify for &V {}

impl<V: Check> Check for &V {
    fn verification(&self) -> Verification {
        V::verification(self)
    }

    fn why_not(&self) -> Option<Failure> {
        V::why_not(self)
    }

    fn check(
        &self,
        chain: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        shown: &mut Shown,
    ) -> Result<(), Failure> {
        V::check(self, chain, host, shown)
    }
}

/// Encrypted, to whoever answers: **nothing is verified**, so anyone on the network can be the server. For
/// a first try on the bench. The client's evidence of each call says so
/// ([`Verification::NotVerified`]).
///
/// ```
/// let verify = safe_http_client_tls::Unverified;
/// # let _ = verify;
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Unverified;

impl Verify for Unverified {}

impl Check for Unverified {
    fn verification(&self) -> Verification {
        Verification::NotVerified
    }

    fn check(
        &self,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &mut Shown,
    ) -> Result<(), Failure> {
        Ok(())
    }
}

/// As many certificates as a server may send.
const LONGEST_CHAIN: usize = 16;

/// The largest public key that can be verified with: its SubjectPublicKeyInfo.
const LARGEST_KEY: usize = if cfg!(feature = "rsa") { 560 } else { 128 };

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The certificates are awaited.
    Certificates,
    /// The proof that the server has the key.
    Proof,
    Satisfied,
    Refused,
}

/// Does what embedded-tls asks of a verifier, in the right order and once each.
pub(crate) struct Verifier<'p, V> {
    verify: V,
    pub(crate) pipe: &'p Pipe,
    step: Step,
    key: heapless::Vec<u8, LARGEST_KEY>,
    transcript: Sha256,
}

impl<'p, V: Verify> Verifier<'p, V> {
    pub(crate) fn new(verify: V, pipe: &'p Pipe) -> Self {
        let key = heapless::Vec::new();
        Self { verify, pipe, step: Step::Certificates, key, transcript: Sha256::new() }
    }

    pub(crate) fn restart(&mut self) {
        self.step = Step::Certificates;
    }

    /// Why a connection to this host can't be verified.
    pub(crate) fn why_not(&self, host: &str) -> Option<Failure> {
        if ServerName::try_from(host).is_err() {
            return Some(Failure::BadServerName);
        }
        self.verify.why_not()
    }

    /// The server is who it should be.
    pub(crate) fn is_satisfied(&self) -> bool {
        self.step == Step::Satisfied || (!self.verifies() && self.step != Step::Refused)
    }

    fn verifies(&self) -> bool {
        self.verify.verification() != Verification::NotVerified
    }

    pub(crate) fn refuse(&mut self, failure: Failure) -> TlsError {
        self.step = Step::Refused;
        self.pipe.with(|line| {
            line.failure.get_or_insert(failure);
        });
        TlsError::InvalidCertificate
    }

    /// From one step to the next, where `check` has nothing against it.
    fn advance(
        &mut self,
        from: Step,
        to: Step,
        check: impl FnOnce(&mut Self) -> Result<(), Failure>,
    ) -> Result<(), TlsError> {
        if !self.verifies() {
            return Ok(());
        }
        let outcome = if self.step == from { check(self) } else { Err(Failure::UnexpectedMessage) };
        outcome.map_err(|failure| self.refuse(failure))?;
        self.step = to;
        Ok(())
    }

    fn certificates(
        &mut self,
        transcript: &Sha256,
        certificates: &CertificateRef<'_>,
    ) -> Result<(), Failure> {
        let mut chain = heapless::Vec::<CertificateDer<'_>, LONGEST_CHAIN>::new();
        for entry in &certificates.entries {
            let CertificateEntryRef::X509(der) = *entry else {
                return Err(Failure::MalformedCertificate);
            };
            chain.push(der.into()).map_err(|_| Failure::MalformedCertificate)?;
        }
        let leaf = chain.first().ok_or(Failure::Unauthenticated)?;
        let key = der::public_key(leaf).ok_or(Failure::MalformedCertificate)?;
        self.key = heapless::Vec::from_slice(key).map_err(|_| Failure::UnsupportedAlgorithm)?;
        self.transcript.clone_from(transcript);
        let (name, mut shown) = self.pipe.with(|line| (line.name.clone(), Shown::new()));
        let host = ServerName::try_from(name.as_str()).map_err(|_| Failure::BadServerName)?;
        let outcome = self.verify.check(&chain, &host, &mut shown);
        self.pipe.with(|line| line.shown = shown);
        outcome
    }

    fn proof(&self, proof: &CertificateVerifyRef<'_>) -> Result<(), Failure> {
        let algorithm =
            algorithms::of_scheme(proof.signature_scheme).ok_or(Failure::UnsupportedAlgorithm)?;
        // RFC 8446 section 4.4.3.
        let mut message = heapless::Vec::<u8, 130>::from_array([b' '; 64]);
        let context = b"TLS 1.3, server CertificateVerify\0";
        let hash = self.transcript.clone().finalize();
        let whole = message.extend_from_slice(context).and(message.extend_from_slice(&hash));
        whole.map_err(|_| Failure::BadSignature)?;
        let key = SubjectPublicKeyInfoDer::from(self.key.as_slice());
        let key = RawPublicKeyEntity::try_from(&key).map_err(|error| authority::failure(&error))?;
        let verified = key.verify_signature(algorithm, &message, proof.signature);
        verified.map_err(|error| authority::failure(&error))
    }
}

impl<V: Verify> TlsVerifier<crate::suite::Suite> for Verifier<'_, V> {
    fn set_hostname_verification(&mut self, _: &str) -> Result<(), TlsError> {
        // The pipe has it, an address, too, which isn't told here.
        Ok(())
    }

    fn verify_certificate(
        &mut self,
        transcript: &Sha256,
        certificates: CertificateRef<'_>,
    ) -> Result<(), TlsError> {
        self.advance(Step::Certificates, Step::Proof, |it| {
            it.certificates(transcript, &certificates)
        })
    }

    fn verify_signature(&mut self, proof: CertificateVerifyRef<'_>) -> Result<(), TlsError> {
        self.advance(Step::Proof, Step::Satisfied, |it| it.proof(&proof))
    }
}
