//! A server whose certificate an authority has signed.

use super::shown::{show_names, show_time};
use super::{Check, Verify, WallClock, WallTime, algorithms, pinned};
use crate::der;
use crate::failure::Failure;
use crate::pipe::{Shown, show};
use core::time::Duration;
use nal_link::Verification;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage, VerifiedPath};

/// A certificate authority that is trusted: of rustls-pki-types, as the crate webpki-roots has them.
pub type Anchor<'a> = rustls_pki_types::TrustAnchor<'a>;

/// Makes a trusted authority of its certificate in DER. For one in PEM: [`pem!`](crate::pem!).
///
/// # Errors
///
/// [`Failure::MalformedCertificate`]: it is no certificate in DER. A file in PEM isn't, either.
///
/// ```
/// use safe_http_client_tls::{Failure, anchor};
/// assert_eq!(anchor(b"no certificate").unwrap_err(), Failure::MalformedCertificate);
/// ```
pub fn anchor(certificate: &[u8]) -> Result<Anchor<'_>, Failure> {
    // webpki's own borrows of a reference.
    let der = CertificateDer::from(certificate);
    webpki::anchor_from_trusted_cert(&der).map_err(|_| Failure::MalformedCertificate)?;
    let parts = der::authority(certificate).ok_or(Failure::MalformedCertificate)?;
    Ok(Anchor {
        subject: parts.subject.into(),
        subject_public_key_info: parts.key.into(),
        name_constraints: parts.name_constraints.map(Into::into),
    })
}

/// A server whose certificate one of several authorities has signed, and that has the host's name in it.
///
/// Verified are, by rustls-webpki: the chain of signatures to one of the anchors; that each authority in it
/// is one (basicConstraints), may sign (keyUsage), isn't nested deeper than it may be, and keeps to its name
/// constraints; that the certificate is a server's (extendedKeyUsage, keyUsage); validity, of all of them;
/// and the host, by the certificate's subject alternative names: DNS names, with a wildcard in the first
/// label, and addresses. The common name counts for nothing. Revocation isn't checked.
///
/// ```
/// use safe_http_client_tls::{Authority, WallTime, anchor};
/// # fn f(root: &'static [u8]) -> Result<(), safe_http_client_tls::Failure> {
/// let anchors = [anchor(root)?];
/// let verify = Authority::new(&anchors, WallTime::Utc(1_795_824_000));
/// # let _ = verify;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Authority<'a, W> {
    anchors: &'a [Anchor<'a>],
    pins: Option<&'a [[u8; 32]]>,
    clock: W,
}

impl<'a, W: WallClock> Authority<'a, W> {
    /// One of these authorities, at the time that the clock says.
    pub const fn new(anchors: &'a [Anchor<'a>], clock: W) -> Self {
        Self { anchors, pins: None, clock }
    }

    /// The server's key has to be one of these as well; see [`PinnedKey`](crate::PinnedKey).
    #[must_use]
    pub fn and_key(mut self, pins: &'a [[u8; 32]]) -> Self {
        self.pins = Some(pins);
        self
    }
}

impl<W: WallClock> Verify for Authority<'_, W> {}

impl<W: WallClock> Check for Authority<'_, W> {
    fn verification(&self) -> Verification {
        if self.clock.checks_validity() {
            Verification::Verified
        } else {
            Verification::DatesNotVerified
        }
    }

    fn why_not(&self) -> Option<Failure> {
        (self.clock.now() == WallTime::Unknown).then_some(Failure::ClockNotSet)
    }

    fn check(
        &self,
        chain: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        shown: &mut Shown,
    ) -> Result<(), Failure> {
        let [leaf, others @ ..] = chain else {
            return Err(Failure::Unauthenticated);
        };
        let certificate = EndEntityCert::try_from(leaf).map_err(|error| failure(&error))?;
        let (seconds, is_exact) = match self.clock.now() {
            WallTime::Utc(seconds) => (seconds, true),
            WallTime::NotBefore(seconds) => (seconds, false),
            WallTime::Unknown => return Err(Failure::ClockNotSet),
        };
        let moves = Moves { later: !is_exact, earlier: !self.clock.checks_validity() };
        self.verify_chain(&certificate, others, seconds, moves).map_err(|error| {
            // It says that it is an authority, and nobody knows it: most of those who are their own do.
            let is_strange = error == Error::CaUsedAsEndEntity && self.is_strange(leaf);
            let why = if is_strange { Failure::UnknownAuthority } else { failure(&error) };
            show_evidence(shown, why, error, chain);
            why
        })?;
        // keyUsage, where there is one, has to have digitalSignature.
        if der::key_usage(leaf).is_some_and(|usage| usage & 0x80 == 0) {
            return Err(Failure::NotForServers);
        }
        certificate.verify_is_valid_for_subject_name(host).map_err(|error| {
            show_names(shown, leaf);
            failure(&error)
        })?;
        match self.pins {
            Some(pins) => pinned::check_key(pins, Some(leaf)),
            None => Ok(()),
        }
    }
}

/// Which way the time may be moved, where it isn't known.
#[derive(Clone, Copy)]
struct Moves {
    later: bool,
    earlier: bool,
}

/// As often as the time is moved: once for each certificate of a chain.
const MOST_MOVES: u8 = 8;

impl<W> Authority<'_, W> {
    fn verify_chain(
        &self,
        certificate: &EndEntityCert<'_>,
        others: &[CertificateDer<'_>],
        mut seconds: u64,
        moves: Moves,
    ) -> Result<(), Error> {
        let mut left = MOST_MOVES;
        loop {
            let outcome = certificate.verify_for_usage(
                algorithms::ALL,
                self.anchors,
                others,
                UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
                KeyUsage::server_auth(),
                None,
                Some(&may_sign),
            );
            seconds = match outcome {
                Ok(_) => return Ok(()),
                Err(error) if left == 0 => return Err(error),
                Err(Error::CertNotValidYet { not_before, .. }) if moves.later => {
                    not_before.as_secs()
                }
                Err(Error::CertExpired { not_after, .. }) if moves.earlier => not_after.as_secs(),
                Err(error) => return Err(error),
            };
            left = left.saturating_sub(1);
        }
    }

    /// A certificate that names itself its issuer, and none of the anchors does.
    fn is_strange(&self, certificate: &[u8]) -> bool {
        der::authority(certificate).is_some_and(|parts| {
            der::issuer(certificate) == Some(parts.subject)
                && self.anchors.iter().all(|anchor| anchor.subject.as_ref() != parts.subject)
        })
    }
}

/// Shows what goes with a failure.
fn show_evidence(shown: &mut Shown, why: Failure, error: Error, chain: &[CertificateDer<'_>]) {
    match error {
        Error::CertExpired { time, not_after } => {
            show(shown, b"until ");
            show_time(shown, not_after.as_secs());
            show(shown, b", now ");
            show_time(shown, time.as_secs());
        }
        Error::CertNotValidYet { time, not_before } => {
            show(shown, b"from ");
            show_time(shown, not_before.as_secs());
            show(shown, b", now ");
            show_time(shown, time.as_secs());
        }
        _ if why == Failure::UnknownAuthority => {
            // What is missing is who has signed the last one that came.
            let issuer = chain.last().and_then(|last| der::issuer(last));
            show(shown, issuer.and_then(der::called).unwrap_or_default());
        }
        _ => {}
    }
}

/// keyUsage of an authority, where there is one, has to have keyCertSign, which webpki doesn't look at.
fn may_sign(path: &VerifiedPath<'_>) -> Result<(), Error> {
    let mut authorities = path.intermediate_certificates();
    if authorities.any(|one| der::key_usage(&one.der()).is_some_and(|usage| usage & 0x04 == 0)) {
        return Err(Error::EndEntityUsedAsCa);
    }
    Ok(())
}

/// What webpki's error means to whoever has to mend it.
pub(super) fn failure(error: &Error) -> Failure {
    match error {
        Error::CertExpired { .. } => Failure::Expired,
        Error::CertNotValidYet { .. } => Failure::NotYetValid,
        Error::CertNotValidForName(_) => Failure::WrongHost,
        Error::RequiredEkuNotFoundContext(_)
        | Error::EmptyEkuExtension
        | Error::CaUsedAsEndEntity => Failure::NotForServers,
        Error::EndEntityUsedAsCa
        | Error::NameConstraintViolation
        | Error::PathLenConstraintViolated => Failure::NotAllowedToSign,
        Error::InvalidSignatureForPublicKey => Failure::BadSignature,
        Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            Failure::UnsupportedAlgorithm
        }
        Error::UnknownIssuer | Error::MaximumPathDepthExceeded => Failure::UnknownAuthority,
        _ => Failure::MalformedCertificate,
    }
}
