//! All that a stack's error can stand for.

use safe_http_client::StackFault;

pub const FAULTS: [StackFault; 23] = [
    StackFault::Unknown,
    StackFault::Refused,
    StackFault::Reset,
    StackFault::Closed,
    StackFault::TimedOut,
    StackFault::Unreachable,
    StackFault::Indistinct,
    StackFault::HidesRefusal,
    StackFault::TlsFailed,
    StackFault::RadioSleeps,
    StackFault::NotDialled,
    StackFault::InEventHandler,
    StackFault::NoAddress,
    StackFault::NoSocket,
    StackFault::OutOfMemory,
    StackFault::NameNotFound,
    StackFault::NoResolver,
    StackFault::Busy,
    StackFault::Undelivered,
    StackFault::ModemReset,
    StackFault::ModemSilent,
    StackFault::ModemHung,
    StackFault::SerialGarbled,
];
