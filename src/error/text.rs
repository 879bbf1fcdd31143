//! `Display` of an [`Error`]: what happened, where, with which figures, what to do next.

use super::{BufferUse, Deadline, DisconnectReason, Error, ErrorKind, LinkError, Phase};
use core::fmt::{self, Debug, Display, Formatter};

impl Display for Phase {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Display for DisconnectReason {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("for no known reason, or never joined"),
            Self::WrongPassword => f.write_str("the access point refused the password"),
            Self::NoAccessPoint => f.write_str("no access point of that name was found"),
            Self::TimedOut => f.write_str("the access point didn't answer in time"),
            Self::Failed => f.write_str("the join failed"),
            Self::Code(code) => write!(f, "reason code {code}"),
        }
    }
}

impl Display for LinkError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disconnected(reason) => {
                write!(f, "the link is down ({reason}): wait for it with wait_online")
            }
            Self::NoAddress => f.write_str(
                "the link is up but has no IP address yet (being on the access point is not \
                 enough): wait for it with wait_online, and check DHCP",
            ),
            Self::GatewayOutsideSubnet => f.write_str(
                "the gateway isn't in the subnet of this link's own address, so nothing beyond \
                 that subnet can be reached: correct the static address, netmask or gateway, or \
                 use DHCP",
            ),
            Self::NoDnsServer => f.write_str(
                "the host is a name and no DNS server is set: set one along with the static \
                 address, use DHCP, or give the host's address",
            ),
        }
    }
}

impl core::error::Error for LinkError {}

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
                "the stack had no socket left; end exchanges before you start more (stack: \
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
                "the peer closed the connection without a response: the server crashed, dropped \
                 the request, or closed an idle connection",
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
                Deadline::Online => write!(
                    f,
                    "the link got no IP address within {limit_ms} ms: check name and password of \
                     the network, and its DHCP server"
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
                    "nothing moved for {limit_ms} ms: the peer or the network stalled; raise the \
                     idle deadline if that is normal here"
                ),
                Deadline::Total => {
                    write!(f, "the exchange took longer than its total deadline of {limit_ms} ms")
                }
            },
        }
    }
}

impl<T: Debug, D: Debug> Display for Error<T, D> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            // The same deadline as the connection's, but other things to check.
            ErrorKind::Timeout { deadline: Deadline::Connect, limit_ms }
                if self.phase == Phase::Resolve =>
            {
                write!(
                    f,
                    "{}: the host's name didn't resolve within the connect deadline of {limit_ms} \
                     ms: check that the DNS server's address is right and that it can be reached (a modem \
                     may also still be busy with a connect that was given up)",
                    self.phase
                )?;
            }
            kind => write!(f, "{}: {kind}", self.phase)?,
        }
        let evidence = &self.evidence;
        if self.phase == Phase::Url {
            return Ok(());
        }
        f.write_str(" [")?;
        if let Some(remote) = evidence.remote {
            write!(f, "{remote}, ")?;
        }
        write!(
            f,
            "{} ms in this phase, {} ms in all, {} bytes sent, {} received",
            evidence.phase_ms, evidence.elapsed_ms, evidence.sent, evidence.received
        )?;
        if evidence.reused {
            f.write_str(", on a kept-alive connection")?;
        }
        f.write_str("]")
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
            Self::Protocol(error) => write!(f, "Protocol({})", error),
            Self::Truncated { received, announced } => {
                write!(f, "Truncated({} of {})", received, announced)
            }
            Self::NotUtf8 { valid_up_to } => write!(f, "NotUtf8(from {})", valid_up_to),
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
        defmt::write!(f, "{} in {}: {} {}", self.code(), self.phase, self.kind, self.evidence);
    }
}
