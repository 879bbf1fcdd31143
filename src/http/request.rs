//! The head of a request, written into the caller's buffer (RFC 9112 section 3).

use super::bytes::{copy, hex_digit, is_token, is_value_byte, move_down, trim};
use super::framing::ResponseTo;
use super::method::{BodyLength, Method};
use super::url::Url;
use crate::error::{RequestError, UrlError};

/// The end of the request line, and the start of the `Host` line.
const HOST: &[u8] = b" HTTP/1.1\r\nHost: ";
/// The default `User-Agent` line.
const USER_AGENT: &[u8] =
    concat!("User-Agent: safe-http-client/", env!("CARGO_PKG_VERSION"), "\r\n").as_bytes();
/// The default `Accept` line, which ends the head of most requests.
const ACCEPT: &[u8] = b"Accept: */*\r\n";

/// Writes a request's head into a buffer that each call is given. What doesn't fit is counted, so that
/// an error can say how large a buffer it takes.
///
/// In front of the head stands the host's text, for the resolver and for reuse: a call borrows nothing of
/// its URL.
#[derive(Debug)]
pub(crate) struct HeadWriter {
    /// Bytes written or, once they no longer fit, counted.
    length: usize,
    host_length: usize,
    /// Where the `Host` line stands, and behind it the credentials of the URL.
    host_line: Range,
    credentials_line: Range,
    /// The least buffer that will do, where bytes were lost before a line was taken out.
    least: usize,
    /// Bytes at the buffer's end that hold a copied body.
    pub(crate) copied_body: usize,
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

/// From the first byte to the one behind the last.
type Range = (usize, usize);

impl HeadWriter {
    /// Starts a head: request line and `Host` (first, as RFC 9110 section 7.2 advises).
    pub(crate) fn new(
        buffer: &mut [u8],
        method: Method<'_>,
        url: Result<Url<'_>, UrlError>,
    ) -> Self {
        let mut head = Self {
            length: 0,
            host_length: 0,
            host_line: (0, 0),
            credentials_line: (0, 0),
            least: 0,
            copied_body: 0,
            user_agent: true,
            accept: true,
            host_given: false,
            close: false,
            expect_continue: false,
            expect_line: false,
            error: None,
        };
        let url = match url {
            Ok(url) => url,
            Err(error) => {
                head.fail(error.into());
                return head;
            }
        };
        if let Method::Custom(name) = method
            && !is_token(name.as_bytes())
        {
            head.error = Some(RequestError::InvalidMethod);
        }
        let host = url.host_text().as_bytes();
        head.host_length = host.len();
        head.put(buffer, host);
        head.put(buffer, method.name().as_bytes());
        head.put(buffer, b" ");
        if method.response_to() == ResponseTo::Connect {
            // The authority form (RFC 9112 section 3.2.3) always has a port.
            head.put(buffer, host);
            head.put(buffer, b":");
            head.decimal(buffer, u64::from(url.port()));
        } else {
            if !matches!(url.path_and_query().as_bytes(), [b'/' | b'*', ..]) {
                head.put(buffer, b"/");
            }
            head.put(buffer, url.path_and_query().as_bytes());
        }
        head.put(buffer, HOST);
        let line = head.length.wrapping_sub("Host: ".len());
        head.put(buffer, host);
        if url.port() != url.scheme().default_port() || method.response_to() == ResponseTo::Connect
        {
            head.put(buffer, b":");
            head.decimal(buffer, u64::from(url.port()));
        }
        head.put(buffer, b"\r\n");
        head.host_line = (line, head.length);
        // They are the origin's, and a tunnel's request goes to a proxy.
        if let Some(userinfo) = url.userinfo()
            && method.response_to() != ResponseTo::Connect
        {
            let line = head.length;
            head.basic_authorization(buffer, userinfo.as_bytes());
            head.credentials_line = (line, head.length);
        }
        head
    }

    /// Adds the caller's header line. A second use of one name adds a second line, except for
    /// `Host`.
    pub(crate) fn header(&mut self, buffer: &mut [u8], name: &str, value: &[u8]) {
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
                self.remove_host(buffer);
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
            13 if is(b"authorization") => self.remove_credentials(buffer),
            14 if is(b"content-length") => return self.fail(RequestError::ManagedHeader),
            17 if is(b"transfer-encoding") => return self.fail(RequestError::ManagedHeader),
            _ => {}
        }
        self.line(buffer, name, value);
    }

    /// Leaves out a header line that would be there by default.
    pub(crate) fn without(&mut self, buffer: &mut [u8], name: &str) {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("host") {
            self.remove_host(buffer);
        } else if is("accept") {
            self.accept = false;
        } else if is("user-agent") {
            self.user_agent = false;
        }
    }

    /// Asks for the connection to be closed after this exchange.
    pub(crate) fn connection_close(&mut self, buffer: &mut [u8]) {
        if !self.close {
            self.close = true;
            self.put(buffer, b"Connection: close\r\n");
        }
    }

    /// Asks the server to accept the request before its body is sent (RFC 9110 section 10.1.1).
    pub(crate) fn expect_continue(&mut self) {
        if !self.expect_continue {
            self.expect_continue = true;
            self.expect_line = true;
        }
    }

    /// Puts a copy of the body at the buffer's end, from where it follows the head once that is complete.
    pub(crate) fn copy_body(&mut self, buffer: &mut [u8], body: &[u8]) {
        self.copied_body = body.len();
        let start = buffer.len().saturating_sub(body.len());
        copy(buffer.get_mut(start..).unwrap_or_default(), body);
    }

    /// The first mistake counts.
    pub(crate) fn fail(&mut self, error: RequestError) {
        self.error.get_or_insert(error);
    }

    /// Adds the default lines, the body's framing and the empty line, and moves a copied body behind
    /// them. Returns where the head ends, or how large a buffer all of it takes.
    pub(crate) fn finish(
        &mut self,
        buffer: &mut [u8],
        method_announces_empty_body: bool,
        body: Option<BodyLength>,
    ) -> Result<usize, Unsendable> {
        if self.user_agent {
            self.put(buffer, USER_AGENT);
        }
        if self.accept {
            self.put(buffer, ACCEPT);
        }
        // Never without content (RFC 9110 section 10.1.1).
        if self.expect_line && !matches!(body, None | Some(BodyLength::Known(0))) {
            self.put(buffer, b"Expect: 100-continue\r\n");
        }
        match body {
            Some(BodyLength::Known(length)) => self.content_length(buffer, length),
            Some(BodyLength::Chunked) => self.put(buffer, b"Transfer-Encoding: chunked\r\n"),
            None if method_announces_empty_body => self.content_length(buffer, 0),
            None => {}
        }
        self.put(buffer, b"\r\n");
        if let Some(error) = self.error {
            return Err(Unsendable::Request(error));
        }
        let needed = self.length.max(self.least).saturating_add(self.copied_body);
        if needed > buffer.len() {
            return Err(Unsendable::Buffer { needed, available: buffer.len() });
        }
        if self.copied_body > 0 {
            let start = buffer.len().saturating_sub(self.copied_body);
            move_down(buffer, start, buffer.len(), self.length);
        }
        Ok(self.length)
    }

    fn content_length(&mut self, buffer: &mut [u8], length: u64) {
        self.put(buffer, b"Content-Length: ");
        self.decimal(buffer, length);
        self.put(buffer, b"\r\n");
    }

    fn line(&mut self, buffer: &mut [u8], name: &[u8], value: &[u8]) {
        self.put(buffer, name);
        self.put(buffer, b": ");
        self.put(buffer, value);
        self.put(buffer, b"\r\n");
    }

    #[inline(never)]
    fn put(&mut self, buffer: &mut [u8], bytes: &[u8]) {
        // The end of the buffer may hold a body.
        let end = buffer.len().saturating_sub(self.copied_body);
        copy(buffer.get_mut(self.length..end).unwrap_or_default(), bytes);
        self.length = self.length.saturating_add(bytes.len());
    }

    fn decimal(&mut self, buffer: &mut [u8], number: u64) {
        let mut digits = [0u8; 20];
        self.put(buffer, decimal(number, &mut digits));
    }

    /// Takes the default `Host` line out again.
    fn remove_host(&mut self, buffer: &mut [u8]) {
        let line = core::mem::take(&mut self.host_line);
        let length = line.1.wrapping_sub(line.0);
        self.remove_line(buffer, line);
        if self.credentials_line.0 > line.0 {
            let (start, end) = self.credentials_line;
            self.credentials_line = (start.wrapping_sub(length), end.wrapping_sub(length));
        }
    }

    /// Takes the URL's credentials out again.
    fn remove_credentials(&mut self, buffer: &mut [u8]) {
        let line = core::mem::take(&mut self.credentials_line);
        self.remove_line(buffer, line);
    }

    fn remove_line(&mut self, buffer: &mut [u8], (start, end): Range) {
        let written = self.length.min(buffer.len().saturating_sub(self.copied_body));
        if written < self.length && end < self.length {
            // Lines behind it didn't fit, and aren't there to be moved.
            self.least = self.least.max(self.length);
        }
        move_down(buffer, end, written, start);
        self.length = self.length.wrapping_sub(end.wrapping_sub(start));
    }

    /// `Authorization: Basic` of the URL's `user:password` (RFC 7617), percent-decoded first.
    fn basic_authorization(&mut self, buffer: &mut [u8], userinfo: &[u8]) {
        self.put(buffer, b"Authorization: Basic ");
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
                self.sextet(buffer, bits >> waiting);
            }
        }
        if waiting > 0 {
            self.sextet(buffer, bits << 6u32.wrapping_sub(waiting));
            self.put(buffer, if waiting == 2 { b"==" } else { b"=" });
        }
        self.put(buffer, b"\r\n");
    }

    fn sextet(&mut self, buffer: &mut [u8], bits: u32) {
        let sextet = (bits & 63) as u8;
        self.put(
            buffer,
            &[match sextet {
                0..=25 => b'A'.wrapping_add(sextet),
                26..=51 => (b'a' - 26).wrapping_add(sextet),
                62 => b'+',
                63 => b'/',
                // 52 to 61.
                _ => sextet.wrapping_sub(52 - b'0'),
            }],
        );
    }
}

/// Why a request can't be sent.
#[derive(Debug)]
pub(crate) enum Unsendable {
    Request(RequestError),
    /// It takes a larger buffer.
    Buffer {
        needed: usize,
        available: usize,
    },
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
