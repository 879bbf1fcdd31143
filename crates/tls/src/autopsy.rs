//! Why a connection has failed, by the last record that came: embedded-tls's errors don't tell.

use crate::failure::Failure;
use crate::gate::{ALERT, APPLICATION_DATA, Gate, HANDSHAKE, Phase};
use crate::suite::{SPLIT, UNEXPECTED};
use embedded_tls::TlsError;

const TAG: usize = 16;

/// The reason, where nobody has told one before.
pub(crate) fn autopsy(error: &TlsError, gate: &Gate, buffer: &[u8]) -> Failure {
    let (kind, at) = gate.last_record();
    let content = buffer.get(at).unwrap_or_default();
    match (kind, content) {
        (ALERT, &[_, description]) => return Failure::of_alert(description),
        // A key that is none.
        (HANDSHAKE, _) => return Failure::BadRecord,
        (APPLICATION_DATA, sealed) => {
            let plain = sealed.get(..sealed.len().saturating_sub(TAG)).unwrap_or_default();
            match *plain {
                [1 | 2, description, ALERT, ref padding @ ..]
                    if padding.iter().all(|&b| b == 0) =>
                {
                    return Failure::of_alert(description);
                }
                [reason, ref zeros @ ..] if zeros.iter().all(|&b| b == 0) => match reason {
                    SPLIT => return Failure::SplitMessage,
                    UNEXPECTED => return Failure::UnexpectedMessage,
                    _ => {}
                },
                _ => {}
            }
        }
        _ => {}
    }
    match error {
        TlsError::CryptoError => Failure::BadRecord,
        TlsError::Io(_) | TlsError::IoError if gate.phase != Phase::Data => {
            Failure::EndedInHandshake
        }
        TlsError::Io(_) | TlsError::IoError => Failure::Truncated,
        TlsError::InvalidSignature => Failure::BadSignature,
        _ => Failure::UnexpectedMessage,
    }
}
