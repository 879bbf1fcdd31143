//! The head of a request, written into the caller's buffer (RFC 9112 section 3).

use super::bytes::{copy, is_token, is_value_byte, limbs, move_down, put_port, to_decimal, trim};
use super::framing::ResponseTo;
use super::method::{BodyLength, MethodTraits};
use super::url::Url;
use crate::error::RequestError;

pub(crate) mod extras;

/// The end of the request line, and the start of the `Host` line.
const HOST: &[u8] = b" HTTP/1.1\r\nHost: ";
/// The default lines. As all lines behind the first they begin with the end of the one before. A server
/// may compress a body that nobody asked to have as it is (RFC 9110 section 12.5.3).
const DEFAULTS: &[u8] = match DEFAULTS_AND_END.split_last_chunk::<4>() {
    Some((lines, b"\r\n\r\n")) => lines,
    _ => &[],
};
/// The same with the head's end, at once: what most requests have.
const DEFAULTS_AND_END: &[u8] = concat!(
    "\r\nUser-Agent: safe-http-client/",
    env!("CARGO_PKG_VERSION"),
    "\r\nAccept: */*\r\nAccept-Encoding: identity\r\n\r\n"
)
.as_bytes();
/// Where the second and the third of them begin.
const ACCEPT: usize = ACCEPT_ENCODING - "\r\nAccept: */*".len();
const ACCEPT_ENCODING: usize = DEFAULTS.len() - "\r\nAccept-Encoding: identity".len();
/// Each with its name, and the bit that leaves it out.
const DEFAULT_LINES: [(&[u8], u8, usize, usize); 3] = [
    (b"user-agent", 1, 0, ACCEPT),
    (b"accept", 2, ACCEPT, ACCEPT_ENCODING),
    (b"accept-encoding", 4, ACCEPT_ENCODING, DEFAULTS.len()),
];

/// The caller's own line asks to keep the connection.
const KEEPS: u8 = 8;
/// The caller's own line asks for `100 Continue`.
const EXPECTS: u8 = 16;

/// Writes a request's head into a buffer that each call is given. What doesn't fit is counted, so that
/// an error can say how large a buffer it takes.
///
/// In front of the head stands the host's text, for the resolver and for reuse: a call borrows nothing of
/// its URL.
#[derive(Debug)]
pub(crate) struct HeadWriter {
    /// Bytes written or, once they no longer fit, counted.
    pub(crate) length: usize,
    /// Where the `Host` line stands, and the credentials: the URL's, or the last that were given.
    host_line: Range,
    credentials_line: Range,
    /// The least buffer that will do, where bytes were lost before a line was taken out.
    least: usize,
    /// Bytes at the buffer's end that hold a copied body.
    pub(crate) copied_body: usize,
    /// What isn't as by default: a bit for each line that isn't to be added, [`KEEPS`] and [`EXPECTS`].
    changes: u8,
    host_given: bool,
    /// What the caller's own header lines ask for.
    pub(crate) close: bool,
    /// A header line has credentials.
    pub(crate) has_secret: bool,
    pub(crate) expect_continue: bool,
    /// The line for it is still to be added.
    expect_line: bool,
    may_have_body: bool,
    /// The method is one whose request says so when it has no body.
    announces_empty_body: bool,
    error: Option<RequestError>,
}

/// From the first byte to the one behind the last.
type Range = (usize, usize);

impl HeadWriter {
    /// Nothing is written yet.
    pub(crate) const fn new(method: &MethodTraits<'_>) -> Self {
        Self {
            length: 0,
            host_line: (0, 0),
            credentials_line: (0, 0),
            least: 0,
            copied_body: 0,
            changes: 0,
            host_given: false,
            close: false,
            has_secret: false,
            expect_continue: false,
            expect_line: false,
            may_have_body: method.may_have_body,
            announces_empty_body: method.announces_empty_body,
            error: None,
        }
    }

    /// To write on, in the buffer that was used before.
    pub(crate) fn on<'h>(&'h mut self, buffer: &'h mut [u8]) -> Pen<'h> {
        Pen { head: self, buffer }
    }

    /// Asks the server to accept the request before its body is sent (RFC 9110 section 10.1.1).
    pub(crate) fn expect_continue(&mut self) {
        if !self.expect_continue {
            self.expect_continue = true;
            self.expect_line = true;
        }
    }

    /// How large a buffer it takes, with a copied body.
    fn needed(&self) -> usize {
        self.length.max(self.least).saturating_add(self.copied_body)
    }

    /// Why it can't be sent, in a buffer of `available` bytes.
    #[cold]
    #[inline(never)]
    pub(crate) fn unsendable(&self, available: usize) -> Unsendable {
        match self.error {
            Some(error) => Unsendable::Request(error),
            None => Unsendable::Buffer { needed: self.needed(), available },
        }
    }

    /// Its URL is none.
    pub(crate) fn is_nowhere(&self) -> bool {
        matches!(self.error, Some(RequestError::Url(_)))
    }

    /// This mistake counts, whatever was found before.
    pub(crate) fn overrule(&mut self, error: RequestError) {
        self.error = Some(error);
    }

    /// The first mistake counts.
    pub(crate) fn fail(&mut self, error: RequestError) {
        self.error.get_or_insert(error);
    }
}

/// A head and the buffer that it is written into.
#[derive(Debug)]
pub(crate) struct Pen<'h> {
    head: &'h mut HeadWriter,
    buffer: &'h mut [u8],
}

impl Pen<'_> {
    /// Starts a head: request line and `Host` (first, as RFC 9110 section 7.2 advises).
    pub(crate) fn start(&mut self, method: &MethodTraits<'_>, url: &Url<'_>) {
        let host = url.host_bytes();
        let is_connect = method.response_to == ResponseTo::Connect;
        self.put(host);
        self.put(method.name.as_bytes());
        if method.is_custom {
            self.put(b" ");
            if !is_token(method.name.as_bytes()) {
                self.head.fail(RequestError::InvalidMethod);
            }
        }
        if is_connect {
            // The authority form (RFC 9112 section 3.2.3) always has a port.
            self.put(host);
            self.port(url.port());
        } else {
            if !matches!(url.target(), [b'/' | b'*', ..]) {
                self.put(b"/");
            }
            self.put(url.target());
        }
        self.put(HOST);
        let line = self.head.length.wrapping_sub("\r\nHost: ".len());
        self.put(host);
        if url.port() != url.scheme().default_port() || is_connect {
            self.port(url.port());
        }
        self.head.host_line = (line, self.head.length);
        // They are the origin's, and a tunnel's request goes to a proxy.
        if let Some(userinfo) = url.userinfo()
            && !is_connect
        {
            let line = self.head.length;
            self.head.has_secret = true;
            self.basic_authorization(userinfo);
            self.head.credentials_line = (line, self.head.length);
        }
    }

    fn port(&mut self, port: u16) {
        put_port(port, |bytes| self.put(bytes));
    }

    /// Adds the caller's header line. A second use of one name adds a second line, except for
    /// `Host`.
    pub(crate) fn header(&mut self, name: &str, value: &[u8]) {
        let name = name.as_bytes();
        if !is_token(name) {
            return self.head.fail(RequestError::InvalidHeaderName);
        }
        let value = trim(value);
        if let Some((at, &byte)) = value.iter().enumerate().find(|&(_, &byte)| !is_value_byte(byte))
        {
            return self.head.fail(RequestError::InvalidHeaderValue { at, byte });
        }
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        match name.len() {
            4 if is(b"host") => {
                if self.head.host_given {
                    return self.head.fail(RequestError::SecondHost);
                }
                if value.iter().any(|byte| b" \t/?#@,\"\\<>".contains(byte)) {
                    return self.head.fail(RequestError::UnfitHeader("Host"));
                }
                self.head.host_given = true;
                self.remove_host();
            }
            6 | 15 if is(b"accept") || is(b"accept-encoding") => self.leave_out(name),
            6 if is(b"expect") => {
                let asks = value.eq_ignore_ascii_case(b"100-continue");
                self.head.expect_continue |= asks;
                self.head.expect_line &= !asks;
                self.head.changes |= if asks { EXPECTS } else { 0 };
            }
            10 if is(b"user-agent") => self.leave_out(name),
            10 if is(b"connection") => {
                for option in value.split(|&byte| byte == b',').map(trim) {
                    self.head.close |= option.eq_ignore_ascii_case(b"close");
                    if option.eq_ignore_ascii_case(b"keep-alive") {
                        self.head.changes |= KEEPS;
                    }
                }
            }
            13 if is(b"authorization") => {
                self.start_credentials();
                self.line(name, value);
                return self.end_credentials();
            }
            19 if is(b"proxy-authorization") => self.head.has_secret = true,
            14 if is(b"content-length") => return self.head.fail(RequestError::ManagedHeader),
            17 if is(b"transfer-encoding") => return self.head.fail(RequestError::ManagedHeader),
            _ => {}
        }
        self.line(name, value);
    }

    /// Leaves out a header line that would be there by default.
    pub(crate) fn without(&mut self, name: &str) {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("host") {
            self.remove_host();
        } else {
            self.leave_out(name.as_bytes());
        }
    }

    fn leave_out(&mut self, name: &[u8]) {
        for (known, bit, ..) in DEFAULT_LINES {
            if name.eq_ignore_ascii_case(known) {
                self.head.changes |= bit;
            }
        }
    }

    /// The default lines that are to be added; and whether the caller's own fit what is sent.
    fn defaults(&mut self, body: Option<BodyLength>) {
        if self.head.changes & KEEPS != 0 && self.head.close {
            self.head.fail(RequestError::UnfitHeader("Connection"));
        }
        if self.head.changes & EXPECTS != 0 && matches!(body, None | Some(BodyLength::Known(0))) {
            self.head.fail(RequestError::UnfitHeader("Expect"));
        }
        for (_, bit, start, end) in DEFAULT_LINES {
            if self.head.changes & bit == 0 {
                self.put(DEFAULTS.get(start..end).unwrap_or_default());
            }
        }
    }

    /// Asks for the connection to be closed after this exchange.
    pub(crate) fn connection_close(&mut self) {
        if !self.head.close {
            self.head.close = true;
            self.put(b"\r\nConnection: close");
        }
    }

    /// Puts a copy of the body at the buffer's end, from where it follows the head once that is complete.
    pub(crate) fn copy_body(&mut self, body: &[u8]) {
        self.head.copied_body = body.len();
        let start = self.buffer.len().saturating_sub(body.len());
        copy(self.buffer.get_mut(start..).unwrap_or_default(), body);
    }

    /// Adds the default lines, the body's framing and the empty line, and moves a copied body behind
    /// them. Returns where the head ends, or why it can't be sent.
    pub(crate) fn finish(&mut self, body: Option<BodyLength>) -> Result<usize, Unsendable> {
        self.complete(body).ok_or_else(|| self.head.unsendable(self.buffer.len()))
    }

    /// The same; `None` where it can't be sent, and the head says [why](HeadWriter::unsendable).
    pub(crate) fn complete(&mut self, body: Option<BodyLength>) -> Option<usize> {
        if body.is_some() && !self.head.may_have_body {
            self.head.fail(RequestError::BodyNotAllowed);
        }
        self.defaults(body);
        // Never without content (RFC 9110 section 10.1.1).
        if self.head.expect_line && !matches!(body, None | Some(BodyLength::Known(0))) {
            self.put(b"\r\nExpect: 100-continue");
        }
        match body {
            Some(BodyLength::Known(length)) => {
                self.put(b"\r\nContent-Length: ");
                self.number(length);
            }
            Some(BodyLength::Chunked) => self.put(b"\r\nTransfer-Encoding: chunked"),
            None => self.no_body(),
        }
        let head_end = self.end()?;
        if self.head.copied_body > 0 {
            let start = self.buffer.len().saturating_sub(self.head.copied_body);
            move_down(self.buffer, start, self.buffer.len(), head_end);
        }
        Some(head_end)
    }

    /// The same of a request without a body and without header lines of the caller's: a program that has no
    /// others has no code for them.
    pub(crate) fn complete_plain(&mut self) -> Option<usize> {
        if self.head.announces_empty_body {
            self.put(DEFAULTS);
            self.no_body();
            return self.end();
        }
        self.put(DEFAULTS_AND_END);
        self.whole()
    }

    fn no_body(&mut self) {
        if self.head.announces_empty_body {
            self.put(b"\r\nContent-Length: 0");
        }
    }

    fn end(&mut self) -> Option<usize> {
        self.put(b"\r\n\r\n");
        self.whole()
    }

    /// The length of what was written, if it can be sent.
    fn whole(&self) -> Option<usize> {
        let fits = self.head.needed() <= self.buffer.len();
        (fits && self.head.error.is_none()).then_some(self.head.length)
    }

    fn line(&mut self, name: &[u8], value: &[u8]) {
        self.put(b"\r\n");
        self.put(name);
        self.put(b": ");
        self.put(value);
    }

    #[inline(never)]
    pub(super) fn put(&mut self, bytes: &[u8]) {
        // The end of the buffer may hold a body.
        let end = self.buffer.len().saturating_sub(self.head.copied_body);
        let mut room = self.buffer.get_mut(self.head.length..end).unwrap_or_default();
        self.head.length = self.head.length.saturating_add(bytes.len());
        let mut rest = bytes;
        // Pieces are short: a call that copies takes longer than the copying.
        while let Some((word, tail)) = rest.split_first_chunk::<8>()
            && room.len() >= 8
            && let Some((slot, more)) = core::mem::take(&mut room).split_first_chunk_mut::<8>()
        {
            *slot = *word;
            (rest, room) = (tail, more);
        }
        if let Some((word, tail)) = rest.split_first_chunk::<4>()
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

    fn number(&mut self, number: u64) {
        let mut digits = [0; 20];
        self.put(to_decimal(&mut limbs(number), &mut digits));
    }

    /// Takes the default `Host` line out again.
    fn remove_host(&mut self) {
        let line = core::mem::take(&mut self.head.host_line);
        let length = line.1.wrapping_sub(line.0);
        self.remove_line(line);
        if self.head.credentials_line.0 > line.0 {
            let (start, end) = self.head.credentials_line;
            self.head.credentials_line = (start.wrapping_sub(length), end.wrapping_sub(length));
        }
    }

    fn remove_line(&mut self, (start, end): Range) {
        let written = self.head.length.min(self.buffer.len().saturating_sub(self.head.copied_body));
        if written < self.head.length && end < self.head.length {
            // Lines behind it didn't fit, and aren't there to be moved.
            self.head.least = self.head.least.max(self.head.length);
        }
        move_down(self.buffer, end, written, start);
        self.head.length = self.head.length.wrapping_sub(end.wrapping_sub(start));
    }
}

/// Why a request can't be sent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unsendable {
    Request(RequestError),
    /// It takes a larger buffer.
    Buffer {
        needed: usize,
        available: usize,
    },
}
