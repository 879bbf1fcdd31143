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
    /// The modem answers nothing.
    ModemSilent,
    /// The modem only said that it is busy, for longer than anything takes.
    ModemHung,
    /// Bytes were lost, added or changed between chip and modem.
    SerialGarbled,
}

#[cfg(feature = "std")]
mod pc {
    use super::StackFault;
    use std::io::{Error, ErrorKind};

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
