//! TLS_AES_128_GCM_SHA256, with a look at what a record holds before embedded-tls acts on it.
//!
//! embedded-tls 0.19 panics at a record without a content, and at messages after the handshake that it
//! doesn't expect. The cipher sees each record's plaintext first, and refuses those.

use crate::gate::{ALERT, APPLICATION_DATA, HANDSHAKE, IN_DATA};
use aes_gcm::Aes128Gcm;
use aes_gcm::aead::consts::{U0, U12, U16, U54};
use aes_gcm::aead::{AeadCore, AeadInPlace, Error, Key, KeyInit, KeySizeUser, Nonce, Tag};
use embedded_tls::TlsCipherSuite;
use sha2::Sha256;

/// The one suite that every server with TLS 1.3 has (RFC 8446 section 9.1).
pub(crate) struct Suite;

impl TlsCipherSuite for Suite {
    const CODE_POINT: u16 = 0x1301;
    type Cipher = Guarded;
    type KeyLen = U16;
    type IvLen = U12;
    type Hash = Sha256;
    type LabelBufferSize = U54;
}

/// A message of the handshake is spread over several records.
pub(crate) const SPLIT: u8 = 0xf0;
/// A message has no place here.
pub(crate) const UNEXPECTED: u8 = 0xf1;

pub(crate) struct Guarded(Aes128Gcm);

impl KeySizeUser for Guarded {
    type KeySize = U16;
}

impl KeyInit for Guarded {
    fn new(key: &Key<Self>) -> Self {
        Self(Aes128Gcm::new(key))
    }
}

impl AeadCore for Guarded {
    type NonceSize = U12;
    type TagSize = U16;
    type CiphertextOverhead = U0;
}

impl AeadInPlace for Guarded {
    fn encrypt_in_place_detached(
        &self,
        nonce: &Nonce<Self>,
        header: &[u8],
        buffer: &mut [u8],
    ) -> Result<Tag<Self>, Error> {
        self.0.encrypt_in_place_detached(nonce, header, buffer)
    }

    fn decrypt_in_place_detached(
        &self,
        nonce: &Nonce<Self>,
        header: &[u8],
        buffer: &mut [u8],
        tag: &Tag<Self>,
    ) -> Result<(), Error> {
        let &[kind, major, minor, high, low] = header else {
            return Err(Error);
        };
        let in_data = minor == IN_DATA;
        let minor = if in_data { 3 } else { minor };
        let header = [kind, major, minor, high, low];
        self.0.decrypt_in_place_detached(nonce, &header, buffer, tag)?;
        inspect(buffer, in_data).map_err(|reason| {
            // For the autopsy.
            buffer.fill(0);
            if let Some(first) = buffer.first_mut() {
                *first = reason;
            }
            Error
        })
    }
}

/// Looks at a decrypted record: its content, its type behind that, and zeros (RFC 8446 section 5.2).
fn inspect(record: &mut [u8], in_data: bool) -> Result<(), u8> {
    let Some(last) = record.iter().rposition(|&byte| byte != 0) else {
        return Err(UNEXPECTED);
    };
    let Some((&mut kind, content)) =
        record.get_mut(..=last).and_then(|record| record.split_last_mut())
    else {
        return Err(UNEXPECTED);
    };
    match kind {
        APPLICATION_DATA if in_data => Ok(()),
        ALERT if content.len() == 2 => Ok(()),
        HANDSHAKE => {
            let mut rest = &*content;
            while !rest.is_empty() {
                rest = next_message(rest, in_data)?;
            }
            if in_data {
                // Tickets, which there is no use for: an empty record in their place.
                record.fill(0);
                if let Some(first) = record.first_mut() {
                    *first = APPLICATION_DATA;
                }
            }
            Ok(())
        }
        _ => Err(UNEXPECTED),
    }
}

/// What follows the first message.
fn next_message(bytes: &[u8], in_data: bool) -> Result<&[u8], u8> {
    let &[kind, high, mid, low, ref rest @ ..] = bytes else {
        return Err(SPLIT);
    };
    let is_expected = match kind {
        // NewSessionTicket.
        4 => in_data,
        // EncryptedExtensions, Certificate, CertificateRequest, CertificateVerify, Finished.
        8 | 11 | 13 | 15 | 20 => !in_data,
        _ => false,
    };
    if !is_expected {
        return Err(UNEXPECTED);
    }
    let length = u32::from_be_bytes([0, high, mid, low]);
    usize::try_from(length).ok().and_then(|length| rest.get(length..)).ok_or(SPLIT)
}
