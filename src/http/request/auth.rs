//! Credentials in a request: `Basic` (RFC 7617) and `Bearer` (RFC 6750).

use super::Pen;
use crate::error::RequestError;
use crate::http::bytes::hex_digit;

impl Pen<'_> {
    /// `Authorization: Basic` of the URL's `user:password`, percent-decoded first.
    pub(super) fn basic_authorization(&mut self, userinfo: &[u8]) {
        self.put(b"\r\nAuthorization: Basic ");
        let mut text = Base64::default();
        let mut rest = userinfo;
        let mut has_colon = false;
        loop {
            let byte = match rest {
                // A user name alone: its password is empty.
                [] if !has_colon => {
                    has_colon = true;
                    b':'
                }
                [] => break,
                [b'%', high, low, tail @ ..] => {
                    rest = tail;
                    match (hex_digit(*high), hex_digit(*low)) {
                        // A user name has no colon (RFC 7617 section 2).
                        (Some(3), Some(0xA)) if !has_colon => {
                            return self.head.fail(RequestError::InvalidCredentials);
                        }
                        (Some(high), Some(low)) => (high << 4) | low,
                        _ => return self.head.fail(RequestError::InvalidCredentials),
                    }
                }
                [b'%', ..] => return self.head.fail(RequestError::InvalidCredentials),
                [byte, tail @ ..] => {
                    rest = tail;
                    has_colon |= *byte == b':';
                    *byte
                }
            };
            text.push(self, byte);
        }
        text.end(self);
    }

    /// A line with credentials begins here, in place of those of the URL and of earlier ones.
    pub(super) fn start_credentials(&mut self) {
        self.head.has_secret = true;
        self.without_credentials();
        self.head.credentials_line.0 = self.head.length;
    }

    /// It ends here. The next credentials take its place.
    pub(super) fn end_credentials(&mut self) {
        self.head.credentials_line.1 = self.head.length;
    }

    /// Takes out those that are there.
    pub(crate) fn without_credentials(&mut self) {
        let line = core::mem::take(&mut self.head.credentials_line);
        self.remove_line(line);
    }

    /// `Authorization: Basic` of a user name and a password, as they are.
    pub(crate) fn basic(&mut self, user: &str, password: &str) {
        if !are_sound(user, password) {
            return self.head.fail(RequestError::InvalidCredentials);
        }
        self.start_credentials();
        self.put(b"\r\nAuthorization: Basic ");
        let mut text = Base64::default();
        for part in [user, ":", password] {
            for byte in part.bytes() {
                text.push(self, byte);
            }
        }
        text.end(self);
        self.end_credentials();
    }

    /// `Authorization: Bearer`. A token is of letters, digits and `-._~+/`, with `=` at its end.
    pub(crate) fn bearer(&mut self, token: &str) {
        let body = token.trim_end_matches('=');
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
        if body.is_empty() || !body.bytes().all(fits) {
            return self.head.fail(RequestError::InvalidCredentials);
        }
        self.start_credentials();
        self.put(b"\r\nAuthorization: Bearer ");
        self.put(token.as_bytes());
        self.end_credentials();
    }
}

/// Four characters for three bytes (RFC 4648 section 4): what waits to be written, and how many bits of it.
#[derive(Default)]
struct Base64 {
    bits: u32,
    waiting: u32,
}

impl Base64 {
    fn push(&mut self, pen: &mut Pen<'_>, byte: u8) {
        self.bits = (self.bits << 8) | u32::from(byte);
        self.waiting = self.waiting.wrapping_add(2);
        put_sextet(pen, self.bits >> self.waiting);
        if self.waiting == 6 {
            put_sextet(pen, self.bits);
            self.waiting = 0;
        }
    }

    fn end(self, pen: &mut Pen<'_>) {
        if self.waiting > 0 {
            put_sextet(pen, self.bits << 6u32.wrapping_sub(self.waiting));
            pen.put(if self.waiting == 2 { b"==" } else { b"=" });
        }
    }
}

fn put_sextet(pen: &mut Pen<'_>, bits: u32) {
    let sextet = (bits & 63) as u8;
    pen.put(&[match sextet {
        0..=25 => b'A'.wrapping_add(sextet),
        26..=51 => (b'a' - 26).wrapping_add(sextet),
        62 => b'+',
        63 => b'/',
        // 52 to 61.
        _ => sextet.wrapping_sub(52 - b'0'),
    }]);
}

/// Whether these can be a user name and a password: there is no colon in the one, and no control character in
/// either (RFC 7617 section 2, RFC 7616 section 3.4).
pub(crate) fn are_sound(user: &str, password: &str) -> bool {
    is_without(user, b':') && is_without(password, b'\0')
}

/// Whether a text has neither this byte nor a control character.
#[inline(never)]
fn is_without(text: &str, this: u8) -> bool {
    text.bytes().all(|byte| byte != this && !byte.is_ascii_control())
}
