//! Credentials in a request: `Basic` (RFC 7617) and `Bearer` (RFC 6750).

use super::Pen;
use crate::error::RequestError;

impl Pen<'_> {
    /// Starts a line with credentials, in place of those of the URL.
    fn start_authorization(&mut self, scheme: &[u8]) {
        self.head.has_secret = true;
        self.remove_credentials();
        self.put(b"\r\nAuthorization: ");
        self.put(scheme);
    }

    /// Leaves out those of the URL.
    #[cfg(feature = "digest")]
    pub(crate) fn without_credentials(&mut self) {
        self.remove_credentials();
    }

    /// `Authorization: Basic` of a user name and a password, as they are.
    pub(crate) fn basic(&mut self, user: &str, password: &str) {
        // RFC 7617 section 2: a user name has no colon, and neither has control characters.
        if user.contains(':') || has_control(user) || has_control(password) {
            return self.head.fail(RequestError::InvalidCredentials);
        }
        self.start_authorization(b"Basic ");
        // Four characters for three bytes (RFC 4648 section 4).
        let (mut bits, mut waiting) = (0u32, 0u32);
        for part in [user, ":", password] {
            for byte in part.bytes() {
                bits = (bits << 8) | u32::from(byte);
                waiting = waiting.wrapping_add(2);
                self.sextet(bits >> waiting);
                if waiting == 6 {
                    self.sextet(bits);
                    waiting = 0;
                }
            }
        }
        if waiting > 0 {
            self.sextet(bits << 6u32.wrapping_sub(waiting));
            self.put(if waiting == 2 { b"==" } else { b"=" });
        }
    }

    /// `Authorization: Bearer`. A token is of letters, digits and `-._~+/`, with `=` at its end.
    pub(crate) fn bearer(&mut self, token: &str) {
        let body = token.trim_end_matches('=');
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
        if body.is_empty() || !body.bytes().all(fits) {
            return self.head.fail(RequestError::InvalidCredentials);
        }
        self.start_authorization(b"Bearer ");
        self.put(token.as_bytes());
    }
}

#[inline(never)]
fn has_control(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_control())
}
