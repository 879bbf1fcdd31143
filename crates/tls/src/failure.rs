//! Why a TLS connection didn't come about, or ended.

use core::fmt::{self, Display, Formatter};
use embedded_nal::{TcpError, TcpErrorKind};
use nal_link::{StackFault, TlsFault};

/// Why a TLS connection didn't come about, or ended. Nothing was sent in the clear.
///
/// What goes with it (the issuer's name, the names that a certificate has, the first bytes of an answer
/// that isn't TLS) is kept by the network: [`Tls::evidence`](crate::Tls::evidence).
///
/// ```
/// use safe_http_client_tls::Failure;
/// assert!(Failure::ClockNotSet.to_string().contains("SNTP"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Failure {
    /// No time is known, so that nothing can be said about a certificate's validity.
    ClockNotSet,
    /// No trusted authority has signed the certificate. The evidence is the issuer's name.
    UnknownAuthority,
    /// The certificate is another host's. The evidence is the names that it has, or that it has none: a common
    /// name is no name.
    WrongHost,
    /// The certificate, or one of its authorities', has expired. The evidence is when, and what the clock says.
    Expired,
    /// The certificate, or one of its authorities', isn't valid yet. The evidence is from when on, and what
    /// the clock says.
    NotYetValid,
    /// The certificate isn't a server's: its key usage says otherwise, or it is an authority's own.
    NotForServers,
    /// An authority in the chain wasn't allowed to sign it: it is none, or its name constraints or its
    /// path length forbid it.
    NotAllowedToSign,
    /// A signature in the chain, or the server's own, is wrong.
    BadSignature,
    /// A certificate uses an algorithm that isn't compiled in: see the crate's features.
    UnsupportedAlgorithm,
    /// A certificate that can't be read, is of version 1, or has an unknown critical extension.
    MalformedCertificate,
    /// The server's key isn't one that is pinned.
    WrongKey,
    /// The server has shown no certificate, or hasn't proved that it has the key.
    Unauthenticated,
    /// The server speaks TLS 1.2 or older only.
    OldVersion,
    /// The server has no key exchange (P-256), cipher (AES-128-GCM) or kind of certificate in common.
    NothingInCommon,
    /// The server asks for a certificate of the client's.
    ClientCertificateWanted,
    /// The server has no such name.
    UnknownName,
    /// The server ended the connection with another alert, by its number (RFC 8446 section 6).
    Alert(u8),
    /// What came isn't TLS. The evidence is its first bytes.
    NotTls,
    /// A record is larger than the buffer for it.
    RecordTooLarge {
        /// Bytes of the record without its header.
        needed: u16,
        /// Bytes of the buffer, 65,535 at most.
        available: u16,
    },
    /// A message of the handshake is spread over several records: a chain of certificates that is too
    /// large, or a server that cuts them short.
    SplitMessage,
    /// A record was changed on its way, or is none.
    BadRecord,
    /// A message that has no place here: out of order, or a `KeyUpdate`.
    UnexpectedMessage,
    /// The connection ended in the handshake.
    EndedInHandshake,
    /// The connection ended without the server's `close_notify`: what came may be cut short.
    Truncated,
    /// The host's name is no name, or is longer than 253 bytes.
    BadServerName,
    /// The buffer for writing is too small: [`LEAST_WRITE_BUFFER`](crate::LEAST_WRITE_BUFFER).
    WriteBufferTooSmall,
    /// The source of random numbers gave 32 bytes that were all the same.
    NoRandomNumbers,
    /// The server has ended the connection, or the caller has.
    Closed,
    /// The socket's session was given to a later connection.
    Displaced,
}

impl Failure {
    pub(crate) fn of_alert(description: u8) -> Self {
        match description {
            // close_notify, where it is too early.
            0 => Self::EndedInHandshake,
            // handshake_failure, insufficient_security, no_application_protocol.
            40 | 71 | 120 => Self::NothingInCommon,
            70 => Self::OldVersion,
            112 => Self::UnknownName,
            116 => Self::ClientCertificateWanted,
            other => Self::Alert(other),
        }
    }

    /// What it is to a diagnosis.
    pub(crate) const fn fault(self) -> StackFault {
        StackFault::Tls(match self {
            Self::ClockNotSet => TlsFault::ClockNotSet,
            Self::UnknownAuthority => TlsFault::UnknownAuthority,
            Self::WrongHost => TlsFault::WrongHost,
            Self::Expired => TlsFault::Expired,
            Self::NotYetValid => TlsFault::NotYetValid,
            Self::NotForServers => TlsFault::NotForServers,
            Self::NotAllowedToSign
            | Self::BadSignature
            | Self::UnsupportedAlgorithm
            | Self::MalformedCertificate
            | Self::Unauthenticated => TlsFault::Refused,
            Self::WrongKey => TlsFault::WrongKey,
            Self::OldVersion => TlsFault::OldVersion,
            Self::NothingInCommon => TlsFault::NothingInCommon,
            Self::RecordTooLarge { .. } => TlsFault::RecordTooLarge,
            Self::NotTls => TlsFault::NotTls,
            Self::ClientCertificateWanted
            | Self::UnknownName
            | Self::Alert(_)
            | Self::SplitMessage
            | Self::BadRecord
            | Self::UnexpectedMessage => TlsFault::Aborted,
            Self::EndedInHandshake => TlsFault::BrokenOff,
            Self::BadServerName | Self::WriteBufferTooSmall | Self::NoRandomNumbers => {
                TlsFault::NotStarted
            }
            Self::Truncated | Self::Closed => return StackFault::Closed,
            _ => return StackFault::TlsFailed,
        })
    }

    const fn text(self) -> &'static str {
        match self {
            Self::ClockNotSet => {
                "no time is known, so the certificate's validity can't be checked: set the clock (SNTP) \
                 before https, or declare that the time is later than the build's"
            }
            Self::UnknownAuthority => {
                "no trusted authority has signed the server's certificate: add the root of its issuer to \
                 the anchors, or let the server send its intermediate certificates"
            }
            Self::WrongHost => {
                "the server's certificate is for other hosts: use a name that it has, or correct the \
                 certificate's subject alternative names"
            }
            Self::Expired => {
                "the server's certificate (or its authority's) has expired: renew it, or set the clock if \
                 that is wrong"
            }
            Self::NotYetValid => {
                "the server's certificate (or its authority's) isn't valid yet: the clock is probably \
                 behind; set it (SNTP)"
            }
            Self::NotForServers => {
                "the certificate isn't a server's: it is an authority's (make it with \
                 basicConstraints=CA:FALSE, or pin its key), or its key usage or extended key usage \
                 (serverAuth) doesn't allow it"
            }
            Self::NotAllowedToSign => {
                "an authority in the server's chain wasn't allowed to sign it: it is no authority, or its \
                 name constraints or path length forbid it"
            }
            Self::BadSignature => {
                "a signature of the server's or in its chain is wrong: another certificate with the same \
                 names, or an attack"
            }
            Self::UnsupportedAlgorithm => {
                "the server's chain uses an algorithm that isn't compiled in: switch on the feature (p384, \
                 rsa, ed25519), or give the server a P-256 certificate"
            }
            Self::MalformedCertificate => {
                "a certificate can't be read: it is broken (or PEM where DER is due), of version 1 (openssl \
                 x509 -req makes such without -extfile), or has a critical extension that isn't known"
            }
            Self::WrongKey => {
                "the server's public key isn't a pinned one: its key was changed, or an attack"
            }
            Self::Unauthenticated => {
                "the server didn't prove who it is: no certificate, or no proof of its key"
            }
            Self::OldVersion => "the server speaks TLS 1.2 or older only: let it speak TLS 1.3",
            Self::NothingInCommon => {
                "the server has nothing in common with this client, which has P-256, AES-128-GCM and the \
                 certificate algorithms that are compiled in: if its certificate is RSA's, switch on that \
                 feature"
            }
            Self::ClientCertificateWanted => {
                "the server wants a certificate of the client's, which this client doesn't have"
            }
            Self::UnknownName => "the server has no such name: check the host in the URL",
            Self::Alert(_) => "the server ended the connection with the alert",
            Self::NotTls => {
                "what came isn't TLS: check the port, or whether it is an http:// server"
            }
            Self::RecordTooLarge { .. } => "the server's record is too large for the read buffer",
            Self::SplitMessage => {
                "a message of the handshake is spread over several records, which isn't supported: shorten \
                 the server's chain of certificates"
            }
            Self::BadRecord => "a record was changed on its way, or isn't one",
            Self::UnexpectedMessage => "the server sent a message that has no place here",
            Self::EndedInHandshake => "the connection ended in the handshake",
            Self::Truncated => {
                "the connection ended without close_notify: what came may be cut short"
            }
            Self::Closed => "the connection has ended",
            Self::BadServerName => "the host's name is no DNS name or address, or is too long",
            Self::WriteBufferTooSmall => "the buffer for writing is too small for a handshake",
            Self::NoRandomNumbers => {
                "the source of random numbers is dead: it gave 32 times the same byte"
            }
            Self::Displaced => "the session was given to a later connection",
        }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())?;
        match self {
            Self::Alert(number) => write!(f, " {number}"),
            Self::RecordTooLarge { needed, available } => {
                write!(f, ": {needed} bytes against {available}; a full one has 16640")
            }
            _ => Ok(()),
        }
    }
}

impl core::error::Error for Failure {}

/// An error of a network with TLS: of the network below, or of TLS.
///
/// ```
/// use embedded_nal::{TcpError, TcpErrorKind};
/// use safe_http_client_tls::{Error, Failure};
/// # #[derive(Debug)] struct Stack;
/// # impl TcpError for Stack { fn kind(&self) -> TcpErrorKind { TcpErrorKind::Other } }
/// let error: Error<Stack> = Error::Tls(Failure::Truncated);
/// assert_eq!(error.kind(), TcpErrorKind::PipeClosed);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Error<E> {
    /// The network below.
    Stack(E),
    /// TLS.
    Tls(Failure),
}

impl<E: TcpError> TcpError for Error<E> {
    fn kind(&self) -> TcpErrorKind {
        match self {
            Self::Stack(error) => error.kind(),
            Self::Tls(Failure::Truncated | Failure::Closed) => TcpErrorKind::PipeClosed,
            Self::Tls(_) => TcpErrorKind::Other,
        }
    }
}

impl<E: fmt::Debug> Display for Error<E> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stack(error) => error.fmt(f),
            Self::Tls(failure) => Display::fmt(failure, f),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for Error<E> {}
