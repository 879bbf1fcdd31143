//! The peer's mistakes, and what it asks for that isn't done.

use super::UrlError;
use core::fmt;

/// What answered where an HTTP server was expected, judged by its first bytes.
///
/// An error's own is what tells it from HTTP: TLS, left-overs, bytes behind an interim response, text or other
/// bytes.
/// [`Excerpt::peer`](crate::Excerpt::peer) looks at more of them.
///
/// ```
/// use safe_http_client::{Peer, ProtocolError};
/// assert!(ProtocolError::NotHttp(Peer::Tls).to_string().contains("this is an https port"));
/// assert_eq!(Peer::of(b"SSH-2.0-OpenSSH_9.2\r\n"), Peer::Ssh);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Peer {
    /// A TLS alert or handshake record (0x15 or 0x16, version 3.x): an `https` port was asked in the clear.
    // Nobody is 0 then, as all of a parser is at its start.
    Tls = 1,
    /// Bytes in front of a response on a connection that was kept: as a rule left-overs of the one before.
    LeftOvers,
    /// Bytes behind an interim (1xx) response, where the final one's head belongs: as a rule a body, which an
    /// interim one mayn't have.
    BehindInterim,
    /// `ICY 200 OK`: a SHOUTcast stream.
    Icy,
    /// `SOURCETABLE 200 OK`: an NTRIP caster.
    Ntrip,
    /// `RTSP/1.0`: a camera's streaming port.
    Rtsp,
    /// `SIP/2.0`: a telephone.
    Sip,
    /// The frames of HTTP/2, or what they begin with.
    Http2,
    /// A SSH server's greeting.
    Ssh,
    /// A FTP, SMTP or NNTP server's greeting, which starts with 220 or 200; or another number of theirs.
    Greeting,
    /// A POP3 or IMAP server's greeting.
    Mail,
    /// A Telnet server's negotiation.
    Telnet,
    /// `RFB 003.008`: a VNC server.
    Vnc,
    /// A chat server: IRC or XMPP.
    Chat,
    /// A database or cache: Redis, memcached, MySQL or PostgreSQL.
    Database,
    /// A message broker: MQTT or AMQP.
    Broker,
    /// The request itself: an echo service, or a line that echoes.
    Echo,
    /// Blank lines in front of a status line, or alone.
    BlankLines,
    /// Other bytes in front of a status line.
    InFront,
    /// A status line in other words: `HTTP` in lower case, or with white space or no version behind it; or
    /// `200 OK` alone.
    StatusLine,
    /// The end of a status line, without its start.
    CutStatusLine,
    /// Header lines without a status line in front.
    NoStatusLine,
    /// A body without a head, as HTTP/0.9 has it: HTML, XML or JSON.
    Body,
    /// Other text.
    Text,
    /// Other bytes.
    Binary,
}

impl Peer {
    /// Judged by its first bytes. A few dozens are enough.
    pub fn of(start: &[u8]) -> Self {
        // In upper case; they count in lower case, too.
        const MAGIC: &[(&[u8], Peer)] = &[
            (b"ICY ", Peer::Icy),
            (b"SOURCETABLE ", Peer::Ntrip),
            (b"RTSP/", Peer::Rtsp),
            (b"SIP/", Peer::Sip),
            (b"PRI * HTTP/2", Peer::Http2),
            (b"SSH-", Peer::Ssh),
            (b"RFB 0", Peer::Vnc),
            (b"+OK", Peer::Mail),
            (b"* OK", Peer::Mail),
            (b"* BYE", Peer::Mail),
            (b"* PREAUTH", Peer::Mail),
            (b"NOTICE ", Peer::Chat),
            (b"ERROR\r\n", Peer::Database),
            (b"AMQP", Peer::Broker),
            (b"GET ", Peer::Echo),
            (b"HEAD ", Peer::Echo),
            (b"POST ", Peer::Echo),
            (b"PUT ", Peer::Echo),
            (b"PATCH ", Peer::Echo),
            (b"DELETE ", Peer::Echo),
            (b"OPTIONS ", Peer::Echo),
            (b"CONNECT ", Peer::Echo),
            (b"TRACE ", Peer::Echo),
        ];
        if let Some((_, peer)) = MAGIC.iter().find(|(magic, _)| is_like(start, magic)) {
            return *peer;
        }
        match start {
            [0x15 | 0x16, 3, 0..=4, ..] => return Self::Tls,
            // SETTINGS and GOAWAY of stream 0 (RFC 9113 section 4.1).
            [0, 0, _, 4 | 7, 0, 0, 0, 0, 0, ..] => return Self::Http2,
            // IAC with SB, WILL, WONT or DO (RFC 854); with DONT it would be a mark in front of UTF-16.
            [0xFF, 0xFA..=0xFD, ..] => return Self::Telnet,
            // A CONNACK (MQTT 3.1.1 section 3.2).
            [0x20, 2, 0 | 1, 0..=5, ..] => return Self::Broker,
            // MySQL's greeting of protocol 10, or an error in its place; PostgreSQL's error.
            // Its 10 is a line's end, behind which no more is read where the rest isn't there yet.
            [_, 0, 0, 0, 10]
            | [_, 0, 0, 0, 10, b'0'..=b'9', ..]
            | [_, 0, 0, 0, 0xFF, ..]
            | [b'E', 0, 0, _, _, b'S', ..] => return Self::Database,
            [b'-', line @ ..] if is_redis_error(line) => return Self::Database,
            [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9', b' ', line @ ..] if has_field_behind(line) => {
                return Self::StatusLine;
            }
            [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9', b' ' | b'-', ..] => return Self::Greeting,
            _ => {}
        }
        if is_like(start, b"http") {
            return Self::StatusLine;
        }
        let blanks = start.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let text = start.get(blanks..).unwrap_or_default();
        if blanks > 0 && (text.is_empty() || is_like(text, b"http/")) {
            return Self::BlankLines;
        }
        let has = |words: &[u8]| start.windows(words.len()).any(|window| window == words);
        // A request line has nothing behind it, and a text that quotes one has no status.
        if start.windows(7).enumerate().any(|(at, window)| {
            let behind = start.get(at.wrapping_add(8)..).unwrap_or_default();
            window == b"HTTP/1." && matches!(behind, [] | [b' '] | [b' ', b'0'..=b'9', ..])
        }) {
            return Self::InFront;
        }
        if [&b"TTP/1."[..], b"TP/1.", b"P/1.", b"/1.1 ", b"/1.0 ", b"HTP/1."]
            .iter()
            .any(|cut| start.starts_with(cut))
        {
            return Self::CutStatusLine;
        }
        if has(b"<stream:") || text.starts_with(b":") && has(b" NOTICE ") {
            return Self::Chat;
        }
        // A mark in front of UTF-8 (RFC 3629 section 6).
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        match text {
            [b'<' | b'{' | b'[', ..] => Self::Body,
            _ if blanks == 0 && is_field(text) => Self::NoStatusLine,
            _ if text.iter().all(|&byte| {
                byte.is_ascii_whitespace() || matches!(byte, 0x20..=0x7E | 0x80..)
            }) =>
            {
                Self::Text
            }
            _ => Self::Binary,
        }
    }

    /// What it is, in a clause.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Tls => "the peer speaks TLS: this is an https port",
            Self::LeftOvers => {
                "bytes stand in front of the response on the kept connection: as a rule left-overs \
                 of the answer before, which was longer than its head said, or a body where none \
                 may be"
            }
            Self::BehindInterim => {
                "something else stands where the response's head belongs, behind an interim one (1xx): as a rule a \
                 body, which no interim response may have"
            }
            Self::Icy => "this is SHOUTcast (ICY), an audio stream, and not HTTP/1.x",
            Self::Ntrip => {
                "this is an NTRIP caster (corrections for satellite receivers), and not HTTP"
            }
            Self::Rtsp => "this is RTSP, a camera's or player's stream, and not HTTP",
            Self::Sip => "this is SIP, a telephone, and not HTTP",
            Self::Http2 => "the server speaks HTTP/2 alone on this port: HTTP/1.1 is needed",
            Self::Ssh => "this is an SSH server, and not HTTP",
            Self::Greeting => "this is an FTP, mail (SMTP) or news server, and not HTTP",
            Self::Mail => "this is a mail server (POP3 or IMAP), and not HTTP",
            Self::Telnet => "this is a Telnet server, and not HTTP",
            Self::Vnc => "this is a VNC server, and not HTTP",
            Self::Chat => "this is a chat server (IRC or XMPP), and not HTTP",
            Self::Database => {
                "this is a database or cache (Redis, memcached, MySQL or PostgreSQL), and not HTTP"
            }
            Self::Broker => "this is a message broker (MQTT or AMQP), and not HTTP",
            Self::Echo => "the request itself comes back: an echo service, or a line that echoes",
            Self::BlankLines => {
                "blank lines came first (or white space), where the status line belongs: the server (as a rule a \
                 script of its) writes them in front of its head"
            }
            Self::InFront => {
                "other bytes came in front of the status line: the server (as a rule a script of \
                 its) writes them in front of its head"
            }
            Self::StatusLine => "its status line isn't HTTP/1.x's, HTTP/1.1 200 OK",
            Self::CutStatusLine => {
                "the start of its status line is missing: bytes were lost on the way, or the answer before \
                 was longer than it said"
            }
            Self::NoStatusLine => {
                "what looks like header lines came without a status line in front of them: as a rule a script (CGI) \
                 leaves it out"
            }
            Self::Body => {
                "a body came without a status line and headers: HTTP/0.9, a script that sends \
                 no head, or another service"
            }
            Self::Text => {
                "it is text, and no status line: another service listens on this port, or a server that \
                 sends a body without a head"
            }
            Self::Binary => {
                "it is no text: another service listens on this port, or a server that sends a body without a \
                 head"
            }
        }
    }
}

/// Whether this is the end of a status line: `OK`, or a header line stands behind it.
fn has_field_behind(line: &[u8]) -> bool {
    let end = line.iter().position(|byte| *byte == b'\n').unwrap_or(line.len());
    let (line, behind) = line.split_at_checked(end).unwrap_or_default();
    line.trim_ascii() == b"OK" || is_field(behind.trim_ascii_start())
}

/// Whether this is the code of a Redis error, behind its dash: `MISCONF `, in capitals.
fn is_redis_error(line: &[u8]) -> bool {
    let code = line.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    code > 2 && line.get(code) == Some(&b' ')
}

/// Whether a header line begins here.
fn is_field(text: &[u8]) -> bool {
    let name =
        text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    name > 0 && matches!(text.get(name..), Some([b':', b' ', b'!'..=b'~', ..]))
}

/// Whether it begins so, in upper or lower case.
fn is_like(text: &[u8], start: &[u8]) -> bool {
    text.get(..start.len()).is_some_and(|text| text.eq_ignore_ascii_case(start))
}

/// How a response broke HTTP/1.1.
///
/// ```
/// use safe_http_client::{ErrorKind, ProtocolError};
/// let kind: ErrorKind<(), ()> = ErrorKind::Protocol(ProtocolError::ChunkEnd);
/// assert_eq!(kind.to_string(), "a chunk's data isn't followed by CR LF");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ProtocolError {
    /// The answer doesn't start with `HTTP/`.
    NotHttp(Peer),
    /// A version other than HTTP/1.x.
    Version,
    /// A status that isn't three digits from 100 to 999.
    Status,
    /// A status line with a control character.
    StatusLine,
    /// A line of the head that doesn't begin with a name and a colon (RFC 9112 section 5): an empty name,
    /// one with a space or another character that no name has, or no colon at all.
    HeaderName,
    /// White space between a header's name and its colon (RFC 9112 section 5.1).
    SpaceBeforeColon,
    /// White space in front of the first header line (RFC 9112 section 2.2). Behind another line it is
    /// obsolete folding (section 5.2), which is undone.
    ObsFold,
    /// NUL, a CR without LF, or another control character in a header's value.
    HeaderValue,
    /// A `Content-Length` that is no number of at most 64 bits.
    ContentLength,
    /// Several `Content-Length` that differ (RFC 9112 section 6.3).
    ContentLengthConflict,
    /// `Transfer-Encoding` together with `Content-Length` (RFC 9112 section 6.1).
    LengthWithTransferEncoding,
    /// A transfer coding other than `chunked`, which this client can't undo.
    TransferCoding,
    /// `chunked` twice, or not as the last coding (RFC 9112 section 6.1).
    ChunkedNotFinal,
    /// `Transfer-Encoding` in an HTTP/1.0 response (RFC 9112 section 6.1).
    TransferEncodingInHttp10,
    /// A chunk size that isn't hex digits of at most 64 bits.
    ChunkSize,
    /// A chunk's size line with a bare CR or LF, or a control character.
    ChunkLine,
    /// Chunk extensions that outgrow the body's data by more than 16 KiB.
    ChunkExtensions,
    /// Chunk data that CR LF doesn't follow.
    ChunkEnd,
    /// More than 16 interim (1xx) responses.
    TooManyInterim,
}

impl ProtocolError {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::NotHttp(Peer::Tls) => "tls_port",
            Self::NotHttp(_) => "not_http",
            _ => "malformed_response",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::NotHttp(Peer::Tls) => {
                "the peer speaks TLS: this is an https port; use the server's http port, or a \
                 stack with TLS"
            }
            Self::NotHttp(peer @ (Peer::LeftOvers | Peer::BehindInterim)) => peer.text(),
            Self::NotHttp(_) => {
                "the answer doesn't begin with a status line of HTTP/1.x; its first bytes, which \
                 the evidence has, tell what it is"
            }
            Self::Version => {
                "the status line doesn't begin with HTTP/1.0 or HTTP/1.1 and a space: another version, or none"
            }
            Self::Status => "the response's status isn't three digits from 100 to 999",
            Self::StatusLine => "the status line has a control character",
            Self::HeaderName => {
                "a line of the response's head, or of its trailers, doesn't begin with a header's name and \
                 a colon"
            }
            Self::SpaceBeforeColon => {
                "a header or trailer of the response has white space between its name and its colon"
            }
            Self::ObsFold => {
                "white space stands in front of the response's first header line, or of its first trailer"
            }
            Self::HeaderValue => {
                "a header or trailer of the response has a control character in its value"
            }
            Self::ContentLength => "the response's Content-Length is no number of 64 bits",
            Self::ContentLengthConflict => "the response has several Content-Length that differ",
            Self::LengthWithTransferEncoding => {
                "the response has both Content-Length and Transfer-Encoding: which one is meant \
                 can't be told (a sign of request smuggling, or of a broken proxy)"
            }
            Self::TransferCoding => {
                "the response has a transfer coding other than chunked; ask for the raw body to \
                 have it as it is"
            }
            Self::ChunkedNotFinal => "chunked is not the last transfer coding, or there twice",
            Self::TransferEncodingInHttp10 => "an HTTP/1.0 response has a Transfer-Encoding",
            Self::ChunkSize => "a chunk's size isn't hex digits of at most 64 bits",
            Self::ChunkLine => "a chunk's size line has a bare CR or LF or a control character",
            Self::ChunkExtensions => {
                "the chunk extensions outgrow the body's data by more than 16 KiB"
            }
            Self::ChunkEnd => "a chunk's data isn't followed by CR LF",
            Self::TooManyInterim => {
                "more than 16 interim (1xx) responses came in front of a final one"
            }
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl core::error::Error for ProtocolError {}

/// Why a redirect isn't followed. The response that asked for it was received.
///
/// ```
/// use safe_http_client::{RedirectError, UrlError};
/// let error = RedirectError::Location(UrlError::UnsupportedScheme);
/// assert_eq!(error.to_string(), "Location: this URL's scheme is neither http nor https");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RedirectError {
    /// More redirects came than are to be followed.
    TooMany {
        /// So many were followed.
        limit: u8,
    },
    /// It leads where the same request has been already.
    Loop,
    /// It leads from `https` to `http`, where everybody on the way reads along.
    Downgrade,
    /// `Location` is no URL.
    Location(UrlError),
    /// The buffer has no room for the request, the places that it was sent to, and a response.
    Buffer {
        /// The least that would have helped here, in bytes.
        needed: usize,
        /// What it has.
        available: usize,
    },
}

impl RedirectError {
    /// In a buffer that has so many bytes more, which are all taken.
    pub(crate) fn with(self, taken: usize) -> Self {
        match self {
            Self::Buffer { needed, available } => Self::Buffer {
                needed: needed.saturating_add(taken),
                available: available.saturating_add(taken),
            },
            other => other,
        }
    }
}

impl fmt::Display for RedirectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany { limit } => write!(f, "more than {limit} redirects"),
            Self::Loop => f.write_str("the redirects lead in a circle"),
            Self::Downgrade => f.write_str("a redirect leads from https to http"),
            Self::Location(error) => write!(f, "Location: {error}"),
            Self::Buffer { needed, available } => write!(
                f,
                "the buffer is too small to follow this redirect: it has {available} bytes and needs \
                 at least {needed}"
            ),
        }
    }
}

impl core::error::Error for RedirectError {}

/// Why a server's challenge isn't answered: it answered 401, and nothing of the password was sent.
///
/// ```
/// use safe_http_client::ChallengeError;
/// assert!(ChallengeError::NoDigest.to_string().contains("no Digest"));
/// ```
#[cfg(feature = "digest")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ChallengeError {
    /// There is no challenge for Digest: for another scheme, or none.
    NoDigest,
    /// `WWW-Authenticate` can't be read, or has no realm or no nonce.
    Malformed,
    /// Another hash than SHA-256 and MD5.
    Algorithm,
    /// Another quality of protection than `auth`, such as `auth-int` alone.
    Quality,
    /// No quality of protection at all, as before 1999 (RFC 2069): what was heard once could be used again.
    Weak,
    /// The buffer has no room for the request, the answer to the challenge, and a response.
    Buffer {
        /// The least that would have helped here, in bytes.
        needed: usize,
        /// What it has.
        available: usize,
    },
}

#[cfg(feature = "digest")]
impl fmt::Display for ChallengeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoDigest => {
                "the server wants credentials, and offers no Digest: use basic or bearer if it offers them, and \
                 the way there is secure"
            }
            Self::Malformed => {
                "the server's WWW-Authenticate can't be read, or has no realm or no nonce"
            }
            Self::Algorithm => "the server wants Digest with another hash than SHA-256 or MD5",
            Self::Quality => "the server wants Digest with another qop than auth",
            Self::Weak => {
                "the server wants Digest without qop, as before 1999: whoever listens could send the same again"
            }
            Self::Buffer { needed, available } => {
                return write!(
                    f,
                    "the buffer is too small to answer this challenge: it has {available} bytes and needs at \
                     least {needed}"
                );
            }
        })
    }
}

#[cfg(feature = "digest")]
impl core::error::Error for ChallengeError {}
