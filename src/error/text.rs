//! `Display` of an [`Error`]: what happened, where, with which figures, what to do next.

use super::{BufferUse, Deadline, Error, ErrorKind, Phase};
use core::fmt::{self, Debug, Display, Formatter};

impl Display for Phase {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl BufferUse {
    const fn text(self) -> &'static str {
        match self {
            Self::RequestHead => "the request's head",
            Self::ResponseHead => "the response's head",
            Self::Body => "the body behind the response's head",
            Self::Trailers => "the trailers behind the body",
        }
    }
}

impl<T: Debug, D: Debug> Display for ErrorKind<T, D> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => Display::fmt(error, f),
            Self::Link(error) => Display::fmt(error, f),
            Self::Resolve(error) => write!(
                f,
                "the host's name didn't resolve; check the name and the DNS server (resolver: \
                 {error:?})"
            ),
            Self::ResolvedTo(address, _) => write!(
                f,
                "the host's name resolved to {address}, which is no other host: check the DNS \
                 server, or whether a captive portal answers for it"
            ),
            Self::Socket(error) => write!(
                f,
                "the stack had no socket left; read responses to their end before you start more (stack: \
                 {error:?})"
            ),
            Self::Connect(error) => write!(
                f,
                "the connection couldn't be opened; check address, port and firewall, that the \
                 server runs, and that it isn't bound to 127.0.0.1 only (stack: {error:?})"
            ),
            Self::NotConnected(error) => write!(
                f,
                "the stack reported a connection, but there was none: the endpoint refused it or \
                 can't be reached; check address, port and server (stack: {error:?})"
            ),
            Self::Send(error) => write!(f, "the request couldn't be sent (stack: {error:?})"),
            Self::Receive(error) => {
                write!(f, "the connection broke while the response was awaited (stack: {error:?})")
            }
            Self::ClosedBeforeResponse => f.write_str(
                "the peer closed the connection without a response, or with no more than an interim one \
                 (1xx): the server crashed, dropped the request, or closed an idle connection",
            ),
            Self::StaleConnection => f.write_str(
                "the server had closed the connection that was kept, and a request that isn't \
                 idempotent isn't repeated: send it again if twice does no harm",
            ),
            Self::Protocol(error) => Display::fmt(error, f),
            Self::Truncated { received, announced: Some(announced) } => write!(
                f,
                "the connection ended in the middle of the response: {received} of {announced} \
                 bytes came"
            ),
            Self::Truncated { received, announced: None } => write!(
                f,
                "the connection ended in the middle of the response: {received} bytes came, and \
                 no end"
            ),
            Self::NotUtf8 { valid_up_to } => write!(
                f,
                "the body isn't UTF-8 text (its first {valid_up_to} bytes are): read it as bytes"
            ),
            Self::Compressed => f.write_str(
                "the body is compressed (Content-Encoding, or as gzip begins), which nobody asked for: \
                 switch it off in the server, or read the body as bytes and undo it",
            ),
            Self::Buffer { what, needed, available, exact } => {
                let least = if *exact { "" } else { "at least " };
                write!(
                    f,
                    "the buffer is too small for {}: it has {available} bytes and needs {least}\
                     {needed}",
                    what.text()
                )
            }
            Self::Timeout { deadline, limit_ms } => match deadline {
                Deadline::Resolve => write!(
                    f,
                    "the host's name didn't resolve within {limit_ms} ms: check that the DNS \
                     server's address is right and that it can be reached (a modem may also still \
                     be busy with a connect that was given up)"
                ),
                Deadline::Connect => write!(
                    f,
                    "no answer within the connect deadline of {limit_ms} ms: host down, wrong \
                     address, firewall, or an access point that isolates its clients"
                ),
                Deadline::Response => write!(
                    f,
                    "connected, but no response came within {limit_ms} ms: raise the response \
                     deadline, or let the server answer sooner"
                ),
                Deadline::Idle => write!(
                    f,
                    "nothing moved for {limit_ms} ms in the middle of the exchange: the peer stopped \
                     (perhaps it announced more than it has, or keeps a body open that has no other \
                     end), or the network did; the evidence has the counts"
                ),
                Deadline::Total => {
                    write!(f, "the call took longer than its total deadline of {limit_ms} ms")
                }
            },
        }
    }
}

impl<T: Debug, D: Debug> Display for Error<T, D> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.phase, self.kind)
    }
}

#[cfg(feature = "defmt")]
impl<T: Debug, D: Debug> defmt::Format for ErrorKind<T, D> {
    fn format(&self, f: defmt::Formatter<'_>) {
        use defmt::{Debug2Format, write};
        match self {
            Self::Request(error) => write!(f, "Request({})", error),
            Self::Link(error) => write!(f, "Link({})", error),
            Self::Resolve(error) => write!(f, "Resolve({})", Debug2Format(error)),
            Self::ResolvedTo(address, class) => {
                write!(f, "ResolvedTo({}, {})", Debug2Format(address), class)
            }
            Self::Socket(error) => write!(f, "Socket({})", Debug2Format(error)),
            Self::Connect(error) => write!(f, "Connect({})", Debug2Format(error)),
            Self::NotConnected(error) => write!(f, "NotConnected({})", Debug2Format(error)),
            Self::Send(error) => write!(f, "Send({})", Debug2Format(error)),
            Self::Receive(error) => write!(f, "Receive({})", Debug2Format(error)),
            Self::ClosedBeforeResponse => write!(f, "ClosedBeforeResponse"),
            Self::StaleConnection => write!(f, "StaleConnection"),
            Self::Protocol(error) => write!(f, "Protocol({})", error),
            Self::Truncated { received, announced } => {
                write!(f, "Truncated({} of {})", received, announced)
            }
            Self::NotUtf8 { valid_up_to } => write!(f, "NotUtf8(from {})", valid_up_to),
            Self::Compressed => write!(f, "Compressed"),
            Self::Buffer { what, needed, available, exact } => write!(
                f,
                "Buffer({}: needed {}, available {}, exact {})",
                what, needed, available, exact
            ),
            Self::Timeout { deadline, limit_ms } => {
                write!(f, "Timeout({}, {} ms)", deadline, limit_ms)
            }
        }
    }
}

#[cfg(feature = "defmt")]
impl<T: Debug, D: Debug> defmt::Format for Error<T, D> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{} in {}: {}", self.code(), self.phase, self.kind);
    }
}
