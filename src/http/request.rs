//! The head of a request, written into the caller's buffer (RFC 9112 section 3).

use super::bytes::{copy, hex_digit, is_token, is_value_byte, move_down, trim};
use super::framing::Asked;
use super::method::{BodyLength, Method};
use super::url::Url;
use crate::error::RequestError;

// Each line is written with the line end in front of it: the usual head takes one piece less so.

/// The end of the request line, and the start of the `Host` line.
const HOST: &[u8] = b" HTTP/1.1\r\nHost: ";
/// The default `User-Agent` line.
const USER_AGENT: &[u8] =
    concat!("\r\nUser-Agent: safe-http-client/", env!("CARGO_PKG_VERSION")).as_bytes();
/// The default `Accept` line.
const ACCEPT: &[u8] = b"\r\nAccept: */*";

/// Writes a request's head. What doesn't fit is counted, so that an error can say how large a
/// buffer it takes.
#[derive(Debug)]
pub(crate) struct HeadWriter<'b> {
    buffer: &'b mut [u8],
    /// Credentials that become an `Authorization` line, unless the caller gives one.
    userinfo: Option<&'b str>,
    /// Bytes written or, once they no longer fit, counted.
    length: usize,
    /// Where the `Host` line stands.
    host_line: (usize, usize),
    /// The least buffer that will do, where bytes were lost before the `Host` line made room.
    least: usize,
    /// What is still to be added by default.
    user_agent: bool,
    accept: bool,
    host_given: bool,
    /// What the caller's own header lines ask for.
    pub(crate) close: bool,
    pub(crate) expect_continue: bool,
    /// The line for it is still to be added.
    expect_line: bool,
    error: Option<RequestError>,
}

impl<'b> HeadWriter<'b> {
    /// Starts a head: request line and `Host` (first, as RFC 9110 section 7.2 advises).
    pub(crate) fn new(buffer: &'b mut [u8], method: Method<'_>, url: Option<&Url<'b>>) -> Self {
        let mut head = Self {
            buffer,
            userinfo: None,
            length: 0,
            host_line: (0, 0),
            least: 0,
            user_agent: true,
            accept: true,
            host_given: false,
            close: false,
            expect_continue: false,
            expect_line: false,
            error: None,
        };
        if let Method::Custom(name) = method
            && !is_token(name.as_bytes())
        {
            head.error = Some(RequestError::InvalidMethod);
        }
        // A URL that isn't one is reported when the request is sent.
        let Some(url) = url else { return head };
        head.put(method.name().as_bytes());
        head.put(b" ");
        if method.asked() == Asked::Connect {
            // The authority form (RFC 9112 section 3.2.3) always has a port.
            head.put(url.host_text().as_bytes());
            head.put(b":");
            head.decimal(u64::from(url.port()));
        } else {
            if !matches!(url.path_and_query().as_bytes(), [b'/' | b'*', ..]) {
                head.put(b"/");
            }
            head.put(url.path_and_query().as_bytes());
        }
        head.put(HOST);
        let line = head.length.wrapping_sub("\r\nHost: ".len());
        head.put(url.host_text().as_bytes());
        if url.port() != url.scheme().default_port() || method.asked() == Asked::Connect {
            head.put(b":");
            head.decimal(u64::from(url.port()));
        }
        head.host_line = (line, head.length);
        head.userinfo = url.userinfo();
        head
    }

    /// Adds the caller's header line. A second use of one name adds a second line, except for
    /// `Host`.
    pub(crate) fn header(&mut self, name: &str, value: &[u8]) {
        let name = name.as_bytes();
        if !is_token(name) {
            return self.fail(RequestError::InvalidHeaderName);
        }
        let value = trim(value);
        if let Some((at, &byte)) = value.iter().enumerate().find(|&(_, &byte)| !is_value_byte(byte))
        {
            return self.fail(RequestError::InvalidHeaderValue { at, byte });
        }
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        match name.len() {
            4 if is(b"host") => {
                if self.host_given {
                    return self.fail(RequestError::SecondHost);
                }
                self.host_given = true;
                self.remove_host();
            }
            6 if is(b"accept") => self.accept = false,
            6 if is(b"expect") => {
                let asks = value.eq_ignore_ascii_case(b"100-continue");
                self.expect_continue |= asks;
                self.expect_line &= !asks;
            }
            10 if is(b"user-agent") => self.user_agent = false,
            10 if is(b"connection") => {
                self.close |= value
                    .split(|&byte| byte == b',')
                    .any(|option| trim(option).eq_ignore_ascii_case(b"close"));
            }
            13 if is(b"authorization") => self.userinfo = None,
            14 if is(b"content-length") => return self.fail(RequestError::ManagedHeader),
            17 if is(b"transfer-encoding") => return self.fail(RequestError::ManagedHeader),
            _ => {}
        }
        self.line(name, value);
    }

    /// Leaves out a header line that would be there by default.
    pub(crate) fn without(&mut self, name: &str) {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("host") {
            self.remove_host();
        } else if is("accept") {
            self.accept = false;
        } else if is("user-agent") {
            self.user_agent = false;
        }
    }

    /// Asks for the connection to be closed after this exchange.
    pub(crate) fn close(&mut self) {
        if !self.close {
            self.close = true;
            self.put(b"\r\nConnection: close");
        }
    }

    /// Asks the server to accept the request before its body is sent (RFC 9110 section 10.1.1).
    pub(crate) fn expect_continue(&mut self) {
        if !self.expect_continue {
            self.expect_continue = true;
            self.expect_line = true;
        }
    }

    pub(crate) fn fail(&mut self, error: RequestError) {
        self.error.get_or_insert(error);
    }

    /// Adds the default lines, the body's framing and the empty line. Returns the buffer and the
    /// head's length, which is more than the buffer has where it doesn't fit.
    pub(crate) fn finish(
        mut self,
        method: Method<'_>,
        body: Option<BodyLength>,
    ) -> Result<(&'b mut [u8], usize), RequestError> {
        if let Some(userinfo) = self.userinfo {
            self.basic_authorization(userinfo.as_bytes());
        }
        if self.user_agent {
            self.put(USER_AGENT);
        }
        if self.accept {
            self.put(ACCEPT);
        }
        // Never without content (RFC 9110 section 10.1.1).
        if self.expect_line && !matches!(body, None | Some(BodyLength::Known(0))) {
            self.put(b"\r\nExpect: 100-continue");
        }
        match body {
            Some(BodyLength::Known(length)) => self.content_length(length),
            Some(BodyLength::Chunked) => self.put(b"\r\nTransfer-Encoding: chunked"),
            None if method.announces_empty_body() => self.content_length(0),
            None => {}
        }
        self.put(b"\r\n\r\n");
        match self.error {
            Some(error) => Err(error),
            None => Ok((self.buffer, self.length.max(self.least))),
        }
    }

    fn content_length(&mut self, length: u64) {
        self.put(b"\r\nContent-Length: ");
        self.decimal(length);
    }

    fn line(&mut self, name: &[u8], value: &[u8]) {
        self.put(b"\r\n");
        self.put(name);
        self.put(b": ");
        self.put(value);
    }

    #[inline(never)]
    fn put(&mut self, bytes: &[u8]) {
        let mut room = self.buffer.get_mut(self.length..).unwrap_or_default();
        self.length = self.length.saturating_add(bytes.len());
        let mut rest = bytes;
        // A word at a time
        while let Some((word, tail)) = rest.split_first_chunk::<4>()
            && room.len() >= 4
            && let Some((slot, more)) = core::mem::take(&mut room).split_first_chunk_mut::<4>()
        {
            *slot = *word;
            (rest, room) = (tail, more);
        }
        for (slot, byte) in room.iter_mut().zip(rest) {
            *slot = *byte;
        }
    }

    fn decimal(&mut self, number: u64) {
        let mut digits = [0u8; 20];
        self.put(decimal(number, &mut digits));
    }

    /// Takes the default `Host` line out again.
    fn remove_host(&mut self) {
        let (start, end) = core::mem::take(&mut self.host_line);
        let written = self.length.min(self.buffer.len());
        if written < self.length && end < self.length {
            // Lines behind it didn't fit, and aren't there to be moved.
            self.least = self.length;
        }
        move_down(self.buffer, end, written, start);
        self.length = self.length.wrapping_sub(end.wrapping_sub(start));
    }

    /// `Authorization: Basic` of the URL's `user:password` (RFC 7617), percent-decoded first.
    fn basic_authorization(&mut self, userinfo: &[u8]) {
        self.put(b"\r\nAuthorization: Basic ");
        // Four characters for three bytes (RFC 4648 section 4): what waits to be written, and how many
        // bits of it.
        let (mut bits, mut waiting) = (0u32, 0u32);
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
                        (Some(high), Some(low)) => (high << 4) | low,
                        _ => return self.fail(RequestError::InvalidCredentials),
                    }
                }
                [b'%', ..] => return self.fail(RequestError::InvalidCredentials),
                [byte, tail @ ..] => {
                    rest = tail;
                    has_colon |= *byte == b':';
                    *byte
                }
            };
            bits = (bits << 8) | u32::from(byte);
            waiting = waiting.wrapping_add(8);
            while waiting >= 6 {
                waiting = waiting.wrapping_sub(6);
                self.sextet(bits >> waiting);
            }
        }
        if waiting > 0 {
            self.sextet(bits << 6u32.wrapping_sub(waiting));
            self.put(if waiting == 2 { b"==" } else { b"=" });
        }
    }

    fn sextet(&mut self, bits: u32) {
        let sextet = (bits & 63) as u8;
        self.put(&[match sextet {
            0..=25 => b'A'.wrapping_add(sextet),
            26..=51 => (b'a' - 26).wrapping_add(sextet),
            62 => b'+',
            63 => b'/',
            // 52 to 61.
            _ => sextet.wrapping_sub(52 - b'0'),
        }]);
    }
}

/// The decimal digits of `number`, at the end of `digits`. Divides 16 bits at a time: a division of
/// 64 bits would bring half a kilobyte of its own to a 32-bit chip.
fn decimal(number: u64, digits: &mut [u8; 20]) -> &[u8] {
    let limb = |shift: u32| (number >> shift) as u32 & 0xFFFF;
    let mut limbs = [limb(48), limb(32), limb(16), limb(0)];
    let mut start = digits.len();
    for digit in digits.iter_mut().rev() {
        let mut remainder = 0u32;
        for limb in &mut limbs {
            let value = (remainder << 16) | *limb;
            *limb = value / 10;
            remainder = value % 10;
        }
        *digit = b'0'.wrapping_add(remainder as u8);
        start = start.wrapping_sub(1);
        if limbs == [0; 4] {
            break;
        }
    }
    digits.get(start..).unwrap_or_default()
}

/// The bytes that a chunk's size line takes, as [`chunk_size_line`] writes it.
pub(crate) const CHUNK_LINE: usize = 6;

/// The largest chunk whose size fits that line.
pub(crate) const MAX_CHUNK: usize = 0xFFFF;

/// A chunk's size line, of fixed width so that the data can be put behind it before its length is
/// known. Leading zeros are part of the grammar (RFC 9112 section 7.1).
pub(crate) fn chunk_size_line(size: usize) -> [u8; CHUNK_LINE] {
    let digit = |shift: u32| {
        let nibble = ((size >> shift) & 15) as u8;
        let base = if nibble < 10 { b'0' } else { b'A' - 10 };
        base.wrapping_add(nibble)
    };
    [digit(12), digit(8), digit(4), digit(0), b'\r', b'\n']
}
