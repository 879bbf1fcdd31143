//! What a request may have besides: credentials, a query, a form, a body that is written in place.

use super::Pen;
use crate::error::RequestError;
use crate::http::authority::parse_number;
use crate::http::bytes::escaped;

// `Basic` (RFC 7617) and `Bearer` (RFC 6750).

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
                [b'%', digits @ ..] => {
                    let (digits, tail) = digits.split_at_checked(2).unwrap_or_default();
                    rest = tail;
                    match parse_number(digits, 16) {
                        // A user name has no colon, and neither part a control character (RFC 7617 section 2).
                        (byte, [])
                            if !digits.is_empty()
                                && (has_colon || byte != 0x3A)
                                && !(byte as u8).is_ascii_control() =>
                        {
                            byte as u8
                        }
                        _ => return self.head.fail(RequestError::InvalidCredentials),
                    }
                }
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
        let mut body = token.as_bytes();
        while let [rest @ .., b'='] = body {
            body = rest;
        }
        let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
        if body.is_empty() || !body.iter().all(fits) {
            return self.head.fail(RequestError::InvalidCredentials);
        }
        self.start_credentials();
        self.put(b"\r\nAuthorization: Bearer ");
        self.put(token.as_bytes());
        self.end_credentials();
    }
}

/// Four characters for three bytes (RFC 4648 section 4): the bytes that wait to be written.
#[derive(Default)]
struct Base64 {
    bits: u32,
    waiting: u32,
}

impl Base64 {
    fn push(&mut self, pen: &mut Pen<'_>, byte: u8) {
        self.bits = (self.bits << 8) | u32::from(byte);
        self.waiting = self.waiting.wrapping_add(1);
        if self.waiting == 3 {
            self.write(pen);
        }
    }

    fn end(&mut self, pen: &mut Pen<'_>) {
        if self.waiting > 0 {
            self.write(pen);
        }
    }

    #[inline(never)]
    fn write(&mut self, pen: &mut Pen<'_>) {
        // What waits stands in the upper ones of 24 bits.
        let mut bits = self.bits << 8u32.wrapping_mul(4u32.wrapping_sub(self.waiting));
        for at in 0..4 {
            bits = bits.rotate_left(6);
            let sextet = (bits & 63) as u8;
            pen.put(&[match sextet {
                _ if at > self.waiting => b'=',
                0..=25 => b'A'.wrapping_add(sextet),
                26..=51 => (b'a' - 26).wrapping_add(sextet),
                62 => b'+',
                63 => b'/',
                // 52 to 61.
                _ => sextet.wrapping_sub(52 - b'0'),
            }]);
        }
        *self = Self::default();
    }
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

// Names and values, behind the `?` of a target and as a body (`application/x-www-form-urlencoded`).

/// Whether a byte stands for itself in a value (RFC 3986 section 2.3).
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Writes a pair, percent-encoded, behind its mark: `&name=value`. Returns the bytes that it takes, whether
/// they fit or not.
fn write_pair(room: &mut [u8], mark: Option<u8>, (name, value): (&str, &str)) -> usize {
    let mut slots = room.iter_mut();
    let mut length = 0usize;
    let mut put = |byte| {
        length = length.saturating_add(1);
        if let Some(slot) = slots.next() {
            *slot = byte;
        }
    };
    if let Some(mark) = mark {
        put(mark);
    }
    for text in [Some(name), None, Some(value)] {
        let Some(text) = text else {
            put(b'=');
            continue;
        };
        for byte in text.bytes() {
            if is_plain(byte) {
                put(byte);
            } else {
                escaped(byte).into_iter().for_each(&mut put);
            }
        }
    }
    length
}

/// Moves `buffer[from..][..length]` up to start at `target`.
fn move_up(buffer: &mut [u8], from: usize, length: usize, target: usize) {
    for at in (0..length).rev() {
        if let Some(&byte) = buffer.get(from.wrapping_add(at))
            && let Some(slot) = buffer.get_mut(target.wrapping_add(at))
        {
            *slot = byte;
        }
    }
}

impl Pen<'_> {
    /// Adds a pair to the target's query.
    pub(crate) fn query(&mut self, name: &str, value: &str) {
        let room = self.buffer.len().saturating_sub(self.head.copied_body);
        // Nothing can be told of a head that didn't fit, or that a body was copied over.
        let written = self.buffer.get(..room).unwrap_or_default();
        let written = written.get(..self.head.length).unwrap_or_default();
        let line = written.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let target = line.strip_suffix(b" HTTP/1.1").unwrap_or(line);
        let start = target.iter().position(|byte| *byte == b' ').unwrap_or(0);
        // The authority form, and `*`, have no query (RFC 9112 section 3.2).
        if !matches!(target.get(start..), Some([b' ', b'/', ..]) | None) && !written.is_empty() {
            return self.head.fail(RequestError::QueryNotAllowed);
        }
        let (at, mark) = (target.len(), if target.contains(&b'?') { b'&' } else { b'?' });
        let length = write_pair(&mut [], Some(mark), (name, value));
        let from = self.head.length;
        self.head.length = from.saturating_add(length);
        for (start, end) in [&mut self.head.host_line, &mut self.head.credentials_line] {
            if *end > 0 {
                *start = start.saturating_add(length);
                *end = end.saturating_add(length);
            }
        }
        if self.head.length > room {
            // It is missing, also where a line that is taken out makes room.
            self.head.least = self.head.least.max(self.head.length);
        } else {
            let behind = at.saturating_add(length);
            move_up(self.buffer, at, from.saturating_sub(at), behind);
            let gap = self.buffer.get_mut(at..behind).unwrap_or_default();
            write_pair(gap, Some(mark), (name, value));
        }
    }

    /// A body of pairs.
    pub(crate) fn form(&mut self, pairs: &[(&str, &str)]) {
        self.header("Content-Type", b"application/x-www-form-urlencoded");
        let write = |mut room: &mut [u8]| {
            let mut all = 0usize;
            for &pair in pairs {
                let mark = (all > 0).then_some(b'&');
                let length = write_pair(room, mark, pair);
                room = room.get_mut(length..).unwrap_or_default();
                all = all.saturating_add(length);
            }
            all
        };
        let length = write(self.free_room());
        self.end_body(length);
    }

    /// For a body that can't be written.
    #[cfg(feature = "json")]
    pub(crate) fn fail(&mut self, error: RequestError) {
        self.head.fail(error);
    }

    /// Where a body can be written before it is [ended](Self::end_body).
    pub(crate) fn free_room(&mut self) -> &mut [u8] {
        self.buffer.get_mut(self.head.length..).unwrap_or_default()
    }

    /// Puts what was written in the [free room](Self::free_room) at the buffer's end, as a body that was copied.
    pub(crate) fn end_body(&mut self, length: usize) {
        self.head.copied_body = length;
        let target = self.buffer.len().saturating_sub(length);
        if target >= self.head.length {
            move_up(self.buffer, self.head.length, length, target);
        }
    }
}
