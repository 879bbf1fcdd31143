//! How the two sides see that both mean a WebSocket (RFC 6455 sections 4.1 and 4.2.2).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand_core::RngCore;
use safe_http_client::ResponseHead;
use sha1::{Digest, Sha1};

/// What a server puts behind the key before it hashes it.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// 16 random bytes in Base64: an answer that has their hash was made for this request.
pub(crate) struct Key([u8; 24]);

impl Key {
    pub(crate) fn new(random: &mut impl RngCore) -> Self {
        let mut bytes = [0; 16];
        random.fill_bytes(&mut bytes);
        Self(in_base64(&bytes))
    }

    pub(crate) fn text(&self) -> &[u8] {
        &self.0
    }

    /// Checks what a 101 says; an error is the header field that is missing or wrong.
    /// (`embedded_websocket::client_accept` takes an answer without `Sec-WebSocket-Accept`, too.)
    pub(crate) fn check(&self, head: &ResponseHead<'_>) -> Result<(), &'static str> {
        let has = |name: &str, wanted: &str| {
            let values = head.headers().filter(|header| header.is(name));
            let mut words = values.filter_map(|header| header.value_str());
            words.any(|value| value.split(',').any(|word| word.trim().eq_ignore_ascii_case(wanted)))
        };
        let hash = Sha1::new().chain_update(self.0).chain_update(GUID).finalize();
        let accept: [u8; 28] = in_base64(&hash);
        if !has("Upgrade", "websocket") {
            Err("Upgrade")
        } else if !has("Connection", "upgrade") {
            Err("Connection")
        } else if head.header("Sec-WebSocket-Accept") != Some(&accept) {
            Err("Sec-WebSocket-Accept")
        } else if head.header("Sec-WebSocket-Extensions").is_some() {
            // None was asked for.
            Err("Sec-WebSocket-Extensions")
        } else if head.header("Sec-WebSocket-Protocol").is_some() {
            Err("Sec-WebSocket-Protocol")
        } else {
            Ok(())
        }
    }
}

fn in_base64<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut text = [0; N];
    let written = STANDARD.encode_slice(bytes, &mut text);
    debug_assert_eq!(written, Ok(N));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 6455 section 1.3.
    #[test]
    fn the_accept_of_the_rfc() {
        let key = Key(*b"dGhlIHNhbXBsZSBub25jZQ==");
        let hash = Sha1::new().chain_update(key.0).chain_update(GUID).finalize();
        assert_eq!(in_base64::<28>(&hash), *b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
