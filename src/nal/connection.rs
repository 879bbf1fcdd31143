//! The one connection of a client: opened, kept for reuse, and closed on every path.

use super::stack::{Kept, Moved};
use super::{AnyDriver, StackStep};
use crate::policy::Peer;
use crate::protocol::{CloseReason, Exchange};
use core::sync::atomic::{AtomicU32, Ordering};
use nal_link::{PipeClosed, StackFault, ZeroRead, elapsed_ms};

/// Nobody's call.
const NOBODY: u32 = 0;

/// What a call of `receive` brought, by the stack's declared behaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// So many bytes, at least one.
    Bytes(usize),
    /// Nothing yet.
    Nothing,
    /// The end of the stream, with nothing lost.
    End,
    /// The connection is gone, and bytes may be lost.
    Closed,
    /// The stack failed.
    Failed,
}

/// What is known of the connection.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The ticket of the call that it belongs to.
    owner: u32,
    /// Whom it leads to, where that can be remembered.
    pub(super) peer: Peer,
    idle_since: u32,
    /// It has left HTTP.
    pub(crate) is_upgraded: bool,
    close_reason: Option<CloseReason>,
    /// What ended the stream, as far as the stack tells.
    ended_by: StackFault,
}

/// A number that no call of the program has had, so that a call is told from those of other clients, too.
fn next_ticket() -> u32 {
    static LAST: AtomicU32 = AtomicU32::new(NOBODY);
    #[cfg(target_has_atomic = "32")]
    let last = LAST.fetch_add(1, Ordering::Relaxed);
    // Without compare-and-swap there is one core, and its main loop alone starts calls.
    #[cfg(not(target_has_atomic = "32"))]
    let last = {
        let last = LAST.load(Ordering::Relaxed);
        LAST.store(last.wrapping_add(1), Ordering::Relaxed);
        last
    };
    match last.wrapping_add(1) {
        NOBODY => NOBODY.wrapping_add(1),
        ticket => ticket,
    }
}

impl Connection {
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub(super) const fn new() -> Self {
        Self {
            owner: NOBODY,
            peer: Peer::new(),
            idle_since: 0,
            is_upgraded: false,
            close_reason: None,
            ended_by: StackFault::Unknown,
        }
    }

    pub(crate) fn belongs_to(&self, ticket: u32) -> bool {
        self.owner == ticket
    }

    /// Why the last connection to be closed was; `None` where none was.
    pub(crate) fn close_reason(&self) -> Option<CloseReason> {
        self.close_reason
    }

    /// What the stack's error at the end of the stream stands for: a modem's reset is one.
    pub(crate) fn ended_by(&self) -> StackFault {
        self.ended_by
    }
}

impl AnyDriver<'_> {
    /// Gives the connection to a new call. What a call before has left unfinished ends here.
    pub(crate) fn claim(&mut self) -> u32 {
        if self.connection.owner != NOBODY {
            self.leave();
        }
        self.connection.owner = next_ticket();
        self.connection.owner
    }

    /// Ends a call that its caller has left.
    pub(crate) fn leave(&mut self) {
        self.close(if self.connection.is_upgraded {
            CloseReason::Upgraded
        } else {
            CloseReason::ResponseNotRead
        });
    }

    /// Takes a socket from the stack, for a connection to somebody who isn't remembered.
    pub(crate) fn open(&mut self) -> Result<(), Kept> {
        self.close_socket(CloseReason::Error);
        self.connection.ended_by = StackFault::Unknown;
        self.stack.open()
    }

    /// The connection leads to whom the call asks, and can be kept.
    pub(super) fn remember(&mut self, exchange: &Exchange, buffer: &[u8]) {
        self.connection.peer.set(&exchange.endpoint, exchange.endpoint.host(buffer));
    }

    /// Receives into `buffer`, which must not be empty.
    // Once instead of three times, with the stack's in it.
    #[inline(never)]
    pub(super) fn receive(&mut self, buffer: &mut [u8]) -> Incoming {
        let mut asked_by_send = false;
        loop {
            let moved = self.stack.receive(buffer);
            if let Moved::Bytes(count @ 1..) = moved {
                return Incoming::Bytes(count);
            }
            let quirks = self.stack.traits().quirks;
            let closed = || match quirks.pipe_closed() {
                PipeClosed::EndOfStream => Incoming::End,
                _ => Incoming::Closed,
            };
            match moved {
                Moved::Bytes(_) if quirks.zero_read() == ZeroRead::EndOfStream => {
                    return Incoming::End;
                }
                Moved::Bytes(_) | Moved::Nothing => {}
                Moved::Closed => {
                    self.connection.ended_by = self.stack.fault(StackStep::Receive);
                    return closed();
                }
                Moved::Failed => return Incoming::Failed,
            }
            if asked_by_send {
                return closed();
            }
            if !quirks.empty_send_tells_end() {
                return Incoming::Nothing;
            }
            if self.stack.send(&[]) != Moved::Closed {
                return Incoming::Nothing;
            }
            // Closed; what arrived together with that news is still to be read.
            asked_by_send = true;
        }
    }

    /// Keeps the connection for the next request to the same host.
    pub(super) fn keep(&mut self) {
        if self.connection.peer.remote.is_some() {
            self.connection.owner = NOBODY;
            self.connection.idle_since = self.stack.now_ms();
        } else {
            self.close(CloseReason::HostTooLong);
        }
    }

    /// Takes the kept connection if it leads to whom the call asks and is still good; closes it otherwise.
    pub(super) fn take_kept(&mut self, exchange: &Exchange, buffer: &[u8], now: u32) -> bool {
        if !self.stack.is_open() {
            return false;
        }
        let (endpoint, connection) = (&exchange.endpoint, &self.connection);
        let unfit = if !connection.peer.serves(endpoint, endpoint.host(buffer)) {
            Some(CloseReason::OtherHost)
        } else if elapsed_ms(now, connection.idle_since) > self.config.keep_alive_ms {
            Some(CloseReason::IdleTooLong)
        } else if self.stack.has_unread() {
            Some(CloseReason::ExcessBytes)
        } else {
            // What arrived on an idle connection is its end, or belongs to no request
            // (RFC 9112 section 9.2).
            match self.receive(&mut [0]) {
                Incoming::Nothing => None,
                Incoming::Bytes(_) => Some(CloseReason::ExcessBytes),
                Incoming::End | Incoming::Closed | Incoming::Failed => {
                    Some(CloseReason::ServerClosedIdle)
                }
            }
        };
        if let Some(reason) = unfit {
            self.close_socket(reason);
        }
        unfit.is_none()
    }

    /// Ends the call that the connection belongs to, and closes it if it is open. What the stack says to
    /// that changes nothing.
    pub(crate) fn close(&mut self, reason: CloseReason) {
        self.connection.owner = NOBODY;
        self.close_socket(reason);
    }

    /// The same, and the call goes on with another connection.
    #[inline(never)]
    pub(crate) fn close_socket(&mut self, reason: CloseReason) {
        self.connection.peer.forget();
        self.connection.is_upgraded = false;
        if self.stack.close() {
            self.connection.close_reason = Some(reason);
        }
    }
}
