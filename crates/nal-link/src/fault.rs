//! What a stack's own error stands for.

/// What a stack's own error stands for, as far as the stack tells: a diagnosis goes by it.
///
/// [`Diagnostics::tcp_fault`](crate::Diagnostics::tcp_fault) says it for a stack, and
/// [`NalNetwork::with_faults`](crate::NalNetwork::with_faults) for one that is attached. Where nothing
/// is said it is [`Unknown`](Self::Unknown), and a diagnosis is less sure.
///
/// ```
/// use nal_link::StackFault;
/// /// The errors of a vendor's stack.
/// enum Lwip { Rst, Timeout, Route, Mem }
/// fn fault(error: &Lwip) -> StackFault {
///     match error {
///         Lwip::Rst => StackFault::Refused,
///         Lwip::Timeout => StackFault::TimedOut,
///         Lwip::Route => StackFault::Unreachable,
///         Lwip::Mem => StackFault::OutOfMemory,
///     }
/// }
/// # let _ = (fault(&Lwip::Rst), Lwip::Timeout, Lwip::Route, Lwip::Mem);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum StackFault {
    /// Nothing is known of it, or there was none.
    #[default]
    Unknown,
    /// The peer refused the connection: it answered with a reset.
    Refused,
    /// The peer reset an open connection.
    Reset,
    /// The connection isn't open any more.
    Closed,
    /// Nobody answered in the stack's own time.
    TimedOut,
    /// There is no way to the host: no route, or a router said so.
    Unreachable,
    /// Refused, silent and unreachable are one to the stack, as to the ESP8266's AT firmware.
    Indistinct,
    /// The stack hides refusals: it dials again until it is stopped.
    HidesRefusal,
    /// A connection with TLS didn't come about, and the stack doesn't tell why.
    TlsFailed,
    /// A connection with TLS didn't come about, and the stack tells why.
    Tls(TlsFault),
    /// The radio sleeps between beacons, so that now and then a packet is late, or lost.
    RadioSleeps,
    /// The stack didn't even dial.
    NotDialled,
    /// The call was made in an event handler, where the stack can't complete anything.
    InEventHandler,
    /// The link has no IP address.
    NoAddress,
    /// The stack has no socket left.
    NoSocket,
    /// The stack, or the modem that it is in, has too little memory.
    OutOfMemory,
    /// The resolver says that there is no such name, or that nobody told it.
    NameNotFound,
    /// The stack resolves no names.
    NoResolver,
    /// The stack was still busy with something that was given up earlier.
    Busy,
    /// The stack didn't deliver data, or can't tell.
    Undelivered,
    /// The modem has reset itself.
    ModemReset,
    /// The modem answers, and its firmware is too old for what is asked, or another one.
    UnfitFirmware,
    /// The modem answers nothing.
    ModemSilent,
    /// The modem only said that it is busy, for longer than anything takes.
    ModemHung,
    /// Bytes were lost, added or changed between chip and modem.
    SerialGarbled,
}

/// Why a connection with TLS didn't come about, as far as a stack that tells distinguishes.
///
/// ```
/// use nal_link::{StackFault, TlsFault};
/// let fault = StackFault::Tls(TlsFault::Expired);
/// assert_ne!(fault, StackFault::TlsFailed);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TlsFault {
    /// It can't begin as it was set up: a buffer, the random numbers or the host's name won't do. Nothing was sent.
    NotStarted,
    /// No time is known, so that a certificate's validity can't be checked.
    ClockNotSet,
    /// No authority that is trusted has signed the certificate.
    UnknownAuthority,
    /// The certificate is another host's.
    WrongHost,
    /// A certificate has expired.
    Expired,
    /// A certificate isn't valid yet.
    NotYetValid,
    /// The certificate isn't a server's.
    NotForServers,
    /// The certificate, its chain or the proof of its key is refused for another reason.
    Refused,
    /// The server's key isn't the one that is pinned.
    WrongKey,
    /// The server speaks older versions only.
    OldVersion,
    /// The server has no group, cipher or kind of certificate in common.
    NothingInCommon,
    /// A record is larger than the buffer for it.
    RecordTooLarge,
    /// What came isn't TLS; an http server would answer so.
    NotTls,
    /// What came is neither TLS nor HTTP.
    OtherProtocol,
    /// There was a connection, and the server, or something on the way, ended it in the handshake.
    BrokenOff,
    /// The server speaks TLS, and refused to go on, by an alert; or what it sent has no place in a handshake.
    Aborted,
    /// There is a connection, and by the deadline nothing had come over it.
    Unanswered,
    /// There is a connection, something had come over it, and by the deadline the handshake wasn't over.
    Unfinished,
}

#[cfg(feature = "std")]
mod pc {
    use super::StackFault;
    use core::fmt::Debug;
    use std::format;
    use std::io::{Error, ErrorKind};

    /// The kinds that stand for something.
    const KINDS: [ErrorKind; 11] = [
        ErrorKind::ConnectionRefused,
        ErrorKind::ConnectionReset,
        ErrorKind::ConnectionAborted,
        ErrorKind::NotConnected,
        ErrorKind::BrokenPipe,
        ErrorKind::TimedOut,
        ErrorKind::HostUnreachable,
        ErrorKind::NetworkUnreachable,
        ErrorKind::NetworkDown,
        ErrorKind::AddrNotAvailable,
        ErrorKind::OutOfMemory,
    ];

    /// What systems' resolvers say of a name that there isn't: glibc, the BSDs, Windows.
    const NO_SUCH_NAME: [&str; 3] =
        ["Name or service not known", "nor servname provided", "No such host is known"];

    impl StackFault {
        /// What an operating system's error stands for that is somewhere inside of a stack's own: embedded-nal
        /// shows no more of that than its `Debug`, which writes a [`std::io::Error`] with its kind.
        pub(crate) fn from_debug(error: &impl Debug) -> Self {
            let text = format!("{error:?}");
            let is = |kind: &ErrorKind| {
                text.contains(&format!("kind: {kind:?},"))
                    || text.contains(&format!("Kind({kind:?})"))
            };
            if let Some(kind) = KINDS.iter().find(|kind| is(kind)) {
                return Self::from(&Error::from(*kind));
            }
            if ["code: 23,", "code: 24,"].iter().any(|code| text.contains(code)) {
                return Self::NoSocket;
            }
            if NO_SUCH_NAME.iter().any(|words| text.contains(words)) {
                return Self::NameNotFound;
            }
            Self::Unknown
        }
    }

    impl From<&Error> for StackFault {
        /// What an operating system's error stands for.
        fn from(error: &Error) -> Self {
            match error.kind() {
                ErrorKind::ConnectionRefused => Self::Refused,
                ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => Self::Reset,
                ErrorKind::NotConnected | ErrorKind::BrokenPipe => Self::Closed,
                ErrorKind::TimedOut => Self::TimedOut,
                ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => Self::Unreachable,
                ErrorKind::NetworkDown => Self::NoAddress,
                // All ports are in use, as they are for a while after many connections; or the host
                // has no address of the kind that the target has.
                ErrorKind::AddrNotAvailable => Self::NotDialled,
                ErrorKind::OutOfMemory => Self::OutOfMemory,
                // EMFILE and ENFILE, for which std has no kind.
                _ if matches!(error.raw_os_error(), Some(23 | 24)) => Self::NoSocket,
                _ => Self::Unknown,
            }
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::StackFault;
    use std::io::{Error, ErrorKind};

    #[derive(Debug)]
    struct Stacks(#[allow(dead_code, reason = "it is shown")] Error);

    #[test]
    fn an_operating_systems_error_is_known_inside_of_a_stacks_own() {
        let unknown_name =
            Error::other("failed to lookup address information: Name or service not known");
        for (error, expected) in [
            (Error::from(ErrorKind::ConnectionRefused), StackFault::Refused),
            (Error::from(ErrorKind::HostUnreachable), StackFault::Unreachable),
            (Error::new(ErrorKind::TimedOut, "too late"), StackFault::TimedOut),
            (Error::from(ErrorKind::InvalidInput), StackFault::Unknown),
            (Error::other("a ConnectionRefused in its text"), StackFault::Unknown),
            (unknown_name, StackFault::NameNotFound),
            #[cfg(target_os = "linux")]
            (Error::from_raw_os_error(111), StackFault::Refused),
            #[cfg(target_os = "linux")]
            (Error::from_raw_os_error(24), StackFault::NoSocket),
        ] {
            let error = Stacks(error);
            assert_eq!(StackFault::from_debug(&error), expected, "{error:?}");
        }
    }
}
