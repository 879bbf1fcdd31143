//! One of the modem's five links, from the socket that takes it to its close.

mod open;

pub(crate) use open::{Frame, OpenLink, ReaderTask, SendState, WINDOW};

use crate::error::EspAtError;
use crate::firmware::Family;
use crate::tls::{TlsNeed, TlsSetup, shortage};
use crate::words::{CommandResult, Seen, Task};
use core::net::{Ipv4Addr, SocketAddrV4};
use nal_link::elapsed_ms;

/// From a failed connect's `ERROR` to the `CLOSED` that follows it.
const CLOSED_FOLLOWS_MS: u32 = 50;

#[derive(Debug)]
pub(crate) enum LinkState {
    /// No socket has it, and the modem knows of no connection.
    Free,
    /// A socket has it, and isn't connected.
    Taken,
    /// It is to be connected.
    Wanted,
    /// The modem connects it.
    Dialling,
    /// The connect failed, as it does where a link is left open from before: it is closed to find out.
    Doubtful {
        since: u32,
        /// Nothing but `ERROR` came, and at once.
        silent: bool,
    },
    Open(OpenLink),
    /// TLS failed with this error: the modem is asked whether for want of memory.
    AskingMemory(EspAtError),
    Failed(EspAtError),
    /// No socket has it any more, and the modem has to close it.
    Closing,
}

#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) state: LinkState,
    /// Counted up whenever the link gets or loses its socket: what was said for another isn't its.
    pub(crate) generation: u16,
    pub(crate) remote: SocketAddrV4,
    /// `None` for plain TCP.
    pub(crate) tls: Option<TlsSetup>,
    /// The socket was closed while the modem connects.
    abandoned: bool,
    /// The connect was tried again already.
    retried: bool,
    /// Bytes that a server which speaks first has sent before the connect was answered.
    early: u32,
}

impl Slot {
    pub(crate) const fn new() -> Self {
        Self {
            state: LinkState::Free,
            generation: 0,
            remote: SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0),
            tls: None,
            abandoned: false,
            retried: false,
            early: 0,
        }
    }

    /// Hands the link to a socket.
    pub(crate) fn take(&mut self) {
        self.release();
        self.state = LinkState::Taken;
    }

    #[inline(never)]
    pub(crate) fn release(&mut self) {
        let generation = self.generation.wrapping_add(1);
        *self = Self { generation, ..Self::new() };
    }

    pub(crate) fn is_free(&self) -> bool {
        matches!(self.state, LinkState::Free)
    }

    /// Whether it waits for the modem to be told of its connect.
    pub(crate) fn is_wanted(&self) -> bool {
        matches!(self.state, LinkState::Wanted)
    }

    /// Whether the modem still works on a connect that was given up.
    pub(crate) fn is_draining(&self) -> bool {
        self.abandoned
    }

    /// Whether the one server name that there is room for is still needed.
    pub(crate) fn needs_name(&self) -> bool {
        let state = &self.state;
        let tries = matches!(
            state,
            LinkState::Taken | LinkState::Wanted | LinkState::Dialling | LinkState::Doubtful { .. }
        );
        self.tls.is_some() && tries && !self.abandoned
    }

    pub(crate) fn open_link(&mut self) -> Option<&mut OpenLink> {
        match &mut self.state {
            LinkState::Open(open) => Some(open),
            _ => None,
        }
    }

    /// What the modem has to be told of this link.
    pub(crate) fn next_task(&mut self, link: u8, now: u32) -> Option<Task> {
        let generation = self.generation;
        match &mut self.state {
            LinkState::Wanted => Some(match self.tls.map(|tls| tls.needs()) {
                Some(
                    TlsNeed::Verification | TlsNeed::Size | TlsNeed::CommonName | TlsNeed::Name,
                ) => Task::Tls { link, generation },
                Some(TlsNeed::Memory) => Task::Memory { link, generation },
                Some(TlsNeed::Nothing) | None => Task::Connect(link),
            }),
            LinkState::AskingMemory(_) => Some(Task::Memory { link, generation }),
            LinkState::Doubtful { since, .. } if elapsed_ms(now, *since) < CLOSED_FOLLOWS_MS => {
                None
            }
            LinkState::Doubtful { .. } | LinkState::Closing => Some(Task::Close(link)),
            LinkState::Open(open) if open.ends_unread(now) => {
                open.ask_pending(now);
                Some(Task::Pending(link))
            }
            _ => None,
        }
    }

    /// The connect was sent.
    pub(crate) fn dialled(&mut self) {
        self.state = LinkState::Dialling;
        // What was announced before was of a connection before.
        self.early = 0;
    }

    /// The connect wasn't executed, and is said again.
    pub(crate) fn requeue_connect(&mut self) {
        if self.abandoned {
            self.release();
        } else {
            self.state = LinkState::Wanted;
        }
    }

    /// The answer to a command that sets up TLS.
    pub(crate) fn tls_answered(&mut self, result: CommandResult, family: Family) {
        if result != CommandResult::Missed
            && let Some(tls) = &mut self.tls
            && !tls.answered(result == CommandResult::Ok, family)
        {
            self.failed(EspAtError::NoTls);
        }
    }

    /// What the modem has told of its memory, if it has.
    pub(crate) fn memory_known(&mut self, free: Option<u32>) {
        let shortage = shortage(free);
        if let LinkState::AskingMemory(error) = self.state {
            self.state = LinkState::Failed(shortage.unwrap_or(error));
        } else if let Some(tls) = self.tls.as_mut().filter(|tls| tls.needs() == TlsNeed::Memory) {
            match shortage {
                Some(error) => self.failed(error),
                None => tls.memory_suffices(),
            }
        }
    }

    /// The answer to the connect.
    pub(crate) fn connected(&mut self, result: CommandResult, seen: Seen, now: u32) {
        let failed = result == CommandResult::Error;
        // An `OK` without a `CONNECT` may be of something else.
        let opened = seen.connect && !failed;
        let missed = !seen.connect && !failed;
        if self.abandoned {
            // Late, and not wanted any more.
            if !failed || seen.already {
                self.state = LinkState::Closing;
            } else {
                self.release();
            }
            return;
        }
        if opened {
            self.state = LinkState::Open(OpenLink::new(self.early, seen.closed, now));
        } else if seen.no_ip {
            self.state = LinkState::Failed(EspAtError::NoAddress);
        } else if seen.closed && !seen.already {
            self.refused(EspAtError::ConnectFailed);
        } else if self.retried && missed {
            self.state = LinkState::Failed(EspAtError::AnswerMissed);
        } else if self.retried {
            self.refused(EspAtError::ConnectFailed);
        } else if seen.already || missed {
            // No `CLOSED` is to come.
            let since = now.wrapping_sub(CLOSED_FOLLOWS_MS);
            self.state = LinkState::Doubtful { since, silent: false };
        } else {
            // A modem that has dialled says `CLOSED` of it, and has waited for the network first.
            let silent = seen.at_once && !seen.unknown_line && !seen.connect;
            self.state = LinkState::Doubtful { since: now, silent };
        }
    }

    /// The connection didn't come about.
    fn refused(&mut self, error: EspAtError) {
        let asks = self.tls.is_some_and(|tls| tls.tells_memory);
        self.state = if asks { LinkState::AskingMemory(error) } else { LinkState::Failed(error) };
    }

    /// The modem failed.
    pub(crate) fn failed(&mut self, error: EspAtError) {
        if self.abandoned {
            self.release();
            return;
        }
        let error = match self.state {
            // What had failed before is what its caller is told.
            LinkState::AskingMemory(before) => before,
            _ => error,
        };
        self.state = LinkState::Failed(error);
    }

    /// The answer to a close. True where it says that the modem hadn't even dialled.
    pub(crate) fn close_answered(&mut self, result: CommandResult, seen: Seen) -> bool {
        let LinkState::Doubtful { silent, .. } = self.state else {
            // A link that is none any more is as good as closed.
            if matches!(self.state, LinkState::Closing) {
                self.release();
            }
            return false;
        };
        if self.abandoned {
            self.release();
        } else if result == CommandResult::Ok {
            // There was a link, left over from something: now there is room for the new one.
            self.retried = true;
            if let Some(tls) = &mut self.tls {
                tls.restart();
            }
            self.state = LinkState::Wanted;
        } else if silent && result == CommandResult::Error && !seen.closed {
            // No `CLOSED` but for no link: there never was one.
            self.refused(EspAtError::NotDialled);
            return true;
        } else {
            self.refused(EspAtError::ConnectFailed);
        }
        false
    }

    /// Something came that may have been a `CLOSED`.
    pub(crate) fn may_have_dialled(&mut self) {
        if let LinkState::Doubtful { silent, .. } = &mut self.state {
            *silent = false;
        }
    }

    /// `<id>,CONNECT`, and the modem isn't connecting it: it was given up long ago, or somebody connects to the modem,
    /// which a program before this one has made a server (`AT+CIPSERVER`).
    pub(crate) fn connected_late(&mut self) {
        match &mut self.state {
            LinkState::Free => self.state = LinkState::Closing,
            // What it holds from now on is somebody else's.
            LinkState::Open(open) => open.taken_over(),
            _ => {}
        }
    }

    /// `<id>,CLOSED`
    pub(crate) fn peer_closed(&mut self, now: u32) {
        match &mut self.state {
            LinkState::Open(open) => open.peer_closed(now),
            _ => self.connect_closed(),
        }
    }

    /// `CLOSED`, of whichever link: it belongs to the connect that failed just before.
    pub(crate) fn connect_closed(&mut self) {
        if !matches!(self.state, LinkState::Doubtful { .. }) {
            return;
        }
        if self.abandoned {
            self.release();
        } else {
            self.refused(EspAtError::ConnectFailed);
        }
    }

    /// `+IPD,<id>,<n>`
    pub(crate) fn announce(&mut self, length: u32) {
        match &mut self.state {
            LinkState::Open(open) => open.announce(length),
            _ => self.early = length,
        }
    }

    /// The modem says what it holds of this link.
    pub(crate) fn counted(&mut self, count: i32, asked_for: bool) {
        match &mut self.state {
            LinkState::Open(open) => open.counted(count, asked_for),
            _ => self.early = self.early.max(u32::try_from(count).unwrap_or(0)),
        }
    }

    /// The socket is gone.
    pub(crate) fn abandon(&mut self) {
        match &self.state {
            // The firmware can't be stopped: what it says late is awaited.
            LinkState::Dialling | LinkState::Doubtful { .. } => self.abandoned = true,
            // Closing what the peer has closed is an error at best.
            LinkState::Open(open) if open.is_closed() && open.send != SendState::Underway => {
                self.release();
            }
            LinkState::Open(_) => self.state = LinkState::Closing,
            _ => self.release(),
        }
    }

    /// The modem has forgotten the link.
    pub(crate) fn lose(&mut self) {
        match self.state {
            // The modem never knew of it.
            LinkState::Free | LinkState::Taken | LinkState::Wanted => {
                if let Some(tls) = &mut self.tls {
                    tls.restart();
                }
            }
            // Its caller is still to be told; no reset that follows from it takes its place.
            LinkState::Failed(_) => {}
            LinkState::AskingMemory(before) => self.state = LinkState::Failed(before),
            _ => self.release(),
        }
    }
}
