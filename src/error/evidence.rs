//! The figures and facts that come with an error, and the piece of an answer that is shown.

use super::Peer;
use core::fmt::{self, Write};
use core::net::SocketAddr;
use nal_link::{LinkStatus, StackFault, Verification};

/// The facts of a call: of the last one that failed, where a client
/// [tells them](crate::SafeHttpClient::evidence).
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &SafeHttpClient<N, C>) {
/// let figures = client.evidence();
/// println!("{} bytes out, {} in, {} ms", figures.sent, figures.received, figures.elapsed_ms);
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Evidence {
    /// Milliseconds from the start of the call.
    pub elapsed_ms: u32,
    /// Milliseconds that the phase had lasted, or had lasted since its last progress.
    pub phase_ms: u32,
    /// Bytes of the request that the stack took, head included.
    pub sent: u32,
    /// Bytes of the response that arrived, head included.
    pub received: u32,
    /// The deadline of the phase in milliseconds; 0 where it has none.
    pub limit_ms: u32,
    /// The request used a connection that had been kept alive.
    pub reused: bool,
    /// How far the server was verified that the request was sent to, by TLS.
    pub verification: Verification,
    /// What the stack's own error stands for, as far as the stack tells.
    pub fault: StackFault,
    /// The link when the call failed, with the address that it held. `None` where it wasn't asked.
    pub link: Option<LinkStatus>,
    /// The address that was to be connected, once it was known.
    #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
    pub remote: Option<SocketAddr>,
    /// The status of the response, once its head had come.
    pub status: Option<u16>,
    /// How far the response's body had come.
    pub body: Option<BodyProgress>,
    /// What was being read of the response when the call failed: its first bytes where they are no status
    /// line, or the line of its head, or of its framing, that is wrong or was cut. Empty where nothing was.
    pub answer: Excerpt,
}

/// How far a body had come.
///
/// ```
/// use safe_http_client::{BodyFraming, BodyProgress};
/// let progress = BodyProgress { received: 5, framing: BodyFraming::Length(6) };
/// assert_eq!(progress.to_string(), "5 of 6 bytes of the body came");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BodyProgress {
    /// Bytes of it, as they were decoded and taken.
    pub received: u64,
    /// What is to tell its end.
    pub framing: BodyFraming,
}

/// What tells where a body ends (RFC 9112 section 6.3).
///
/// ```
/// use safe_http_client::{BodyFraming, BodyProgress};
/// let progress = BodyProgress { received: 5, framing: BodyFraming::UntilClose };
/// assert!(progress.to_string().ends_with("neither a length nor chunks tell its end"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum BodyFraming {
    /// `Content-Length`, which announced so many bytes.
    Length(u64),
    /// The last chunk.
    Chunked,
    /// The end of the connection: there is neither a length nor chunks.
    UntilClose,
}

impl fmt::Display for BodyProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let received = self.received;
        match self.framing {
            BodyFraming::Length(announced) => {
                write!(f, "{received} of {announced} bytes of the body came")
            }
            BodyFraming::Chunked => {
                write!(f, "{received} bytes of the body came in chunks, and no last chunk")
            }
            BodyFraming::UntilClose => write!(
                f,
                "{received} bytes of the body came; neither a length nor chunks tell its end"
            ),
        }
    }
}

/// The most bytes that are kept.
const MOST: usize = 32;

/// Words behind which a line may hold a secret, in lower case.
const SECRETS: [&[u8]; 11] = [
    b"cookie",
    b"authoriz",
    b"authentic",
    b"passw",
    b"pwd",
    b"secret",
    b"token",
    b"session",
    b"key",
    b"x-auth",
    // A query.
    b"?",
];

/// The first bytes of a line that a peer sent, at most 32, and where it stands.
///
/// `Display` shows it between quotes, with escapes for what can't be printed, and without what may be a
/// secret: behind the name of a cookie or a password it ends in `...`.
///
/// ```
/// use safe_http_client::Excerpt;
/// let excerpt = Excerpt::new(b"HTTP/1.1 200 OK\r\nThis is odd\r\n", 17);
/// assert_eq!((excerpt.line(), excerpt.to_string().as_str()), (2, r#""This is odd""#));
/// let excerpt = Excerpt::new(b"Set-Cookie : sid=31d4d96e\r\n", 0);
/// assert_eq!(excerpt.to_string(), r#""Set-Cookie..."#);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Excerpt {
    bytes: [u8; MOST],
    length: u8,
    line: u16,
    /// The request had credentials, which the peer may send back.
    guarded: bool,
}

impl Excerpt {
    /// Of a message of which so much has arrived: from where a line of it starts.
    pub fn new(message: &[u8], start: usize) -> Self {
        let mut excerpt = Self::default();
        excerpt.quote(message, start, false);
        excerpt
    }

    /// To show no more than a name of it: for the answer to a request with credentials, which the peer may
    /// send back.
    #[must_use]
    pub const fn guarded(mut self, guarded: bool) -> Self {
        self.guarded = guarded;
        self
    }

    /// As [`new`](Self::new), in one that is empty.
    pub(crate) fn quote(&mut self, message: &[u8], start: usize, guarded: bool) {
        let (before, rest) = message.split_at_checked(start).unwrap_or_default();
        self.length = 0;
        // Not `copy_from_slice`: where two functions use it, its panic is linked.
        for (kept, byte) in self.bytes.iter_mut().zip(rest) {
            *kept = *byte;
            self.length = self.length.wrapping_add(1);
        }
        let lines = before.iter().filter(|byte| **byte == b'\n').count();
        self.line = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(1);
        self.guarded = guarded;
    }

    /// Whether there is nothing to show.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Which line of the head it is, or of the trailers; the status line is 1.
    pub const fn line(&self) -> u16 {
        self.line
    }

    /// What sends such bytes in place of a status line.
    ///
    /// ```
    /// use safe_http_client::{Excerpt, Peer};
    /// assert_eq!(Excerpt::new(b"ICY 200 OK\r\n", 0).peer(), Peer::Icy);
    /// ```
    pub fn peer(&self) -> Peer {
        Peer::of(self.all())
    }

    fn all(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// What may be shown. False where something behind it mayn't.
    fn public(&self) -> (&[u8], bool) {
        let mut shown = self.all();
        // The first line of a message is its start, whatever that is; of another one the line is shown.
        if self.line > 1 {
            shown = shown.split(|byte| *byte == b'\n').next().unwrap_or_default();
            shown = shown.strip_suffix(b"\r").unwrap_or(shown);
        }
        let all = shown;
        let mut keep = |length: usize| shown = shown.get(..length).unwrap_or(shown);
        for secret in SECRETS {
            let found = all.windows(secret.len()).position(|it| it.eq_ignore_ascii_case(secret));
            if let Some(at) = found {
                keep(at.saturating_add(secret.len()));
            }
        }
        if let Some(end) = before_user(all) {
            keep(end);
        }
        let peer = self.peer();
        let is_start = self.line <= 1;
        if is_start && peer == Peer::Echo || self.guarded {
            let is_unknown = matches!(peer, Peer::Text | Peer::Binary | Peer::Body);
            let name = all.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-');
            keep(if is_start && is_unknown { 0 } else { name.unwrap_or(0) });
        }
        let is_whole = shown.len() == all.len();
        (shown, is_whole)
    }
}

/// Where a user name and password may begin: those of a URL. One that is cut in front of its path may have them, too.
fn before_user(text: &[u8]) -> Option<usize> {
    let start = text.windows(3).position(|it| it == b"://")?.wrapping_add(3);
    let rest = text.get(start..)?;
    let end = rest.iter().position(|byte| b"/?# \"'".contains(byte));
    let authority = rest.get(..end.unwrap_or(rest.len()))?;
    let is_user = |byte: &u8| *byte == b'@' || end.is_none() && *byte == b':';
    authority.iter().any(is_user).then_some(start)
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, is_whole) = self.public();
        f.write_char('"')?;
        for byte in shown {
            match byte {
                b'"' | b'\'' => f.write_char(char::from(*byte))?,
                _ => write!(f, "{}", byte.escape_ascii())?,
            }
        }
        f.write_str(if is_whole { "\"" } else { "..." })
    }
}

/// As it is shown.
impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {self}", self.line)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Excerpt {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "line {}: {=[u8]:a}", self.line, self.public().0);
    }
}
