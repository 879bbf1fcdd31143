//! The peer's mistakes.

use core::fmt;

/// What answered where an HTTP server was expected, judged by its first bytes.
///
/// ```
/// use safe_http_client::{Peer, ProtocolError};
/// assert!(ProtocolError::NotHttp(Peer::Tls).to_string().contains("this is an https port"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Peer {
    /// A TLS alert or handshake record (0x15 or 0x16): an `https` port was asked in the clear.
    Tls,
    /// Text that is no status line, such as the greeting of an SSH, FTP or SMTP server.
    Text,
    /// Other bytes.
    Binary,
}

/// How a response broke HTTP/1.1.
///
/// ```
/// use safe_http_client::{ErrorKind, ProtocolError};
/// let kind: ErrorKind<(), ()> = ErrorKind::Protocol(ProtocolError::ObsFold);
/// assert_eq!(kind.to_string(), "a header of the response is folded over two lines");
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
    /// A header line with an empty or invalid name, or with no colon.
    HeaderName,
    /// White space between a header's name and its colon (RFC 9112 section 5.1).
    SpaceBeforeColon,
    /// A header line that starts with white space: obsolete folding (RFC 9112 section 5.2).
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
            Self::NotHttp(Peer::Text) => {
                "the answer is text but no HTTP status line: another service listens on this port"
            }
            Self::NotHttp(Peer::Binary) => {
                "the answer is no HTTP: another service listens on this port"
            }
            Self::Version => "the response's version is none of HTTP/1.x",
            Self::Status => "the response's status isn't three digits from 100 to 999",
            Self::StatusLine => "the status line has a control character",
            Self::HeaderName => "a header line of the response has no valid name and colon",
            Self::SpaceBeforeColon => "a header of the response has white space before its colon",
            Self::ObsFold => "a header of the response is folded over two lines",
            Self::HeaderValue => "a header of the response has a control character in its value",
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
            Self::TooManyInterim => "more than 16 interim (1xx) responses came, and no final one",
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl core::error::Error for ProtocolError {}
