//! One of the modem's five links, as far as the driver knows it.

use crate::error::EspAtError;
use crate::modem::{Family, Outcome, Seen, Task};
use crate::tls::{TlsState, shortage};
use core::net::{Ipv4Addr, SocketAddrV4};
use nal_link::elapsed_ms;

/// What has become of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkState {
    Free,
    /// A socket has it, and isn't connected.
    Taken,
    /// It is to be connected.
    Wanted,
    /// The modem connects it.
    Dialling,
    /// The connect failed in a way that a link left open explains, too: it is closed to find out.
    Doubtful {
        since: u32,
        /// Nothing but `ERROR` came, and at once.
        silent: bool,
    },
    Open,
    /// TLS failed: the modem is asked whether for want of memory.
    Asking(EspAtError),
    Failed(EspAtError),
    /// No socket has it any more, and the modem has to close it.
    Closing,
}

/// From a failed connect's `ERROR` to the `CLOSED` that follows it.
const CLOSED_FOLLOWS_MS: u32 = 50;
/// From `CLOSED` to the driver's own look for what is left. A reader looks at once.
const LULL_MS: u32 = 100;

#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) state: LinkState,
    pub(crate) generation: u16,
    pub(crate) remote: SocketAddrV4,
    pub(crate) tls: TlsState,
    /// The modem is asked for its free memory before a TLS connection.
    pub(crate) memory_check: bool,
    /// It knows it: ESP-AT.
    tells_memory: bool,
    /// The socket was closed while the modem connects: *draining*.
    abandoned: bool,
    /// The connect was tried again already.
    retried: bool,
    /// What was received can't be trusted, or the modem failed.
    pub(crate) fault: Option<EspAtError>,
    /// `CLOSED` came.
    pub(crate) closed: bool,
    closed_at: u32,
    /// And the modem holds no more data.
    pub(crate) drained: bool,
    /// Ask the modem what it holds.
    pub(crate) check: bool,
    /// `CLOSED` had come when it was asked.
    asked_closed: bool,
    count: Option<i32>,
    /// Bytes that the modem has told to hold.
    pub(crate) announced: u32,
    /// It may hold more.
    pub(crate) maybe: bool,
    /// Bytes that the read on its way asked for.
    pub(crate) asked: u16,
    /// The last byte of a read, until what follows the data says that they are whole.
    pub(crate) held: Option<u8>,
    pub(crate) held_ready: bool,
    /// Bytes of the send on its way.
    pub(crate) sending: u16,
    /// How the last send ended, until its caller asks.
    pub(crate) sent: Option<Result<u16, EspAtError>>,
    /// Since when a reader waits in vain.
    pub(crate) waiting_since: Option<u32>,
    pub(crate) polls: u8,
}

impl Slot {
    pub(crate) const fn new() -> Self {
        Self {
            state: LinkState::Free,
            generation: 0,
            remote: SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0),
            tls: TlsState::Off,
            memory_check: false,
            tells_memory: false,
            abandoned: false,
            retried: false,
            fault: None,
            closed: false,
            closed_at: 0,
            drained: false,
            check: false,
            asked_closed: false,
            count: None,
            announced: 0,
            maybe: false,
            asked: 0,
            held: None,
            held_ready: false,
            sending: 0,
            sent: None,
            waiting_since: None,
            polls: 0,
        }
    }

    /// Hands the link to a socket.
    pub(crate) fn take(&mut self) {
        let generation = self.generation.wrapping_add(1);
        *self = Self { state: LinkState::Taken, generation, ..Self::new() };
    }

    #[inline(never)]
    pub(crate) fn release(&mut self) {
        let generation = self.generation.wrapping_add(1);
        *self = Self { generation, ..Self::new() };
    }

    /// The modem has forgotten the link.
    pub(crate) fn lose(&mut self) {
        match self.state {
            // The modem never knew of them.
            LinkState::Free | LinkState::Taken | LinkState::Wanted => {
                self.tls.restart();
            }
            _ => self.release(),
        }
    }

    /// What the modem has to be told of this link.
    pub(crate) fn next_task(&mut self, id: u8, now: u32) -> Option<Task> {
        match self.state {
            LinkState::Wanted => Some(match self.tls {
                TlsState::Verification(_) | TlsState::Name(_) => Task::Tls(id, self.generation),
                TlsState::Memory(_) => Task::Memory(id, self.generation),
                TlsState::Off | TlsState::Set(_) => Task::Connect(id),
            }),
            LinkState::Asking(_) => Some(Task::Memory(id, self.generation)),
            LinkState::Doubtful { since, .. } if elapsed_ms(now, since) < CLOSED_FOLLOWS_MS => None,
            LinkState::Doubtful { .. } | LinkState::Closing => Some(Task::Close(id)),
            // So that a kept connection is known to have ended before the next request needs it.
            LinkState::Open if self.ends_unread() && elapsed_ms(now, self.closed_at) >= LULL_MS => {
                self.ask_pending(now);
                Some(Task::Pending(id))
            }
            _ => None,
        }
    }

    /// The peer has closed it, and whether the modem holds data still isn't known.
    fn ends_unread(&self) -> bool {
        self.closed && !self.drained && !self.check && !self.is_readable() && self.fault.is_none()
    }

    pub(crate) fn dialled(&mut self) {
        self.state = LinkState::Dialling;
    }

    pub(crate) fn requeue(&mut self) {
        if self.abandoned {
            self.release();
        } else {
            self.state = LinkState::Wanted;
        }
    }

    /// The answer to the connect.
    pub(crate) fn connected(&mut self, outcome: Outcome, seen: Seen, now: u32) {
        let opened = outcome == Outcome::Ok || (outcome == Outcome::Missed && seen.connect);
        if self.abandoned {
            // Late, and not wanted any more.
            if opened || seen.already || outcome == Outcome::Missed {
                self.state = LinkState::Closing;
            } else {
                self.release();
            }
            return;
        }
        let at_once = now.wrapping_sub(CLOSED_FOLLOWS_MS);
        if opened {
            self.closed = seen.closed;
            self.closed_at = now;
            self.state = LinkState::Open;
        } else if seen.no_ip {
            self.state = LinkState::Failed(EspAtError::NoAddress);
        } else if seen.closed && !seen.already {
            self.refused(EspAtError::ConnectFailed);
        } else if self.retried && outcome == Outcome::Missed {
            self.state = LinkState::Failed(EspAtError::AnswerMissed);
        } else if self.retried {
            self.refused(EspAtError::ConnectFailed);
        } else if seen.already || outcome == Outcome::Missed {
            self.state = LinkState::Doubtful { since: at_once, silent: false };
        } else {
            // What does dial says `CLOSED` of it, and waits for the network first.
            let silent = seen.at_once && !seen.said;
            self.state = LinkState::Doubtful { since: now, silent };
        }
    }

    /// The connection didn't come about.
    fn refused(&mut self, error: EspAtError) {
        let asks = self.tells_memory && !self.tls.is_off();
        self.state = if asks { LinkState::Asking(error) } else { LinkState::Failed(error) };
    }

    /// What the modem has told of its memory, if it has.
    pub(crate) fn memory_known(&mut self, free: Option<u32>) {
        let shortage = shortage(free);
        match (self.state, self.tls) {
            (LinkState::Asking(error), _) => {
                self.state = LinkState::Failed(shortage.unwrap_or(error));
            }
            (_, TlsState::Memory(verification)) => match shortage {
                Some(error) => self.failed(error),
                None => self.tls = TlsState::Set(verification),
            },
            _ => {}
        }
    }

    pub(crate) fn failed(&mut self, error: EspAtError) {
        if let LinkState::Asking(error) = self.state {
            // What had failed before.
            self.state = LinkState::Failed(error);
        } else if self.abandoned {
            self.release();
        } else {
            self.state = LinkState::Failed(error);
        }
    }

    /// The answer to a close. A link that is none any more is as good as closed. True where it says
    /// that the modem didn't even dial.
    pub(crate) fn close_done(&mut self, outcome: Outcome, seen: Seen) -> bool {
        match self.state {
            // There was a link, left over from something: now there is room for the new one.
            LinkState::Doubtful { .. } if outcome == Outcome::Ok && !self.abandoned => {
                self.retried = true;
                self.tls.restart();
                self.state = LinkState::Wanted;
            }
            // No `CLOSED` but for no link: there never was one.
            LinkState::Doubtful { silent: true, .. }
                if outcome == Outcome::Error && !seen.closed && !self.abandoned =>
            {
                self.refused(EspAtError::NotDialled);
                return true;
            }
            LinkState::Doubtful { .. } if !self.abandoned => {
                self.refused(EspAtError::ConnectFailed);
            }
            LinkState::Closing | LinkState::Doubtful { .. } => self.release(),
            _ => {}
        }
        false
    }

    /// Something came that may have been a `CLOSED`.
    pub(crate) fn may_have_dialled(&mut self) {
        if let LinkState::Doubtful { silent, .. } = &mut self.state {
            *silent = false;
        }
    }

    /// The socket is gone.
    pub(crate) fn abandon(&mut self) {
        match self.state {
            // The firmware can't be stopped: what it says late is awaited.
            LinkState::Dialling | LinkState::Doubtful { .. } => {
                self.abandoned = true;
            }
            // Closing what the peer has closed is an error at best.
            LinkState::Open if self.closed && self.sending == 0 => self.release(),
            LinkState::Open => {
                self.state = LinkState::Closing;
            }
            _ => self.release(),
        }
    }

    /// Whether the one server name that there is room for is still needed.
    pub(crate) fn needs_name(&self) -> bool {
        !self.tls.is_off() && !matches!(self.state, LinkState::Open | LinkState::Free)
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.abandoned
    }

    /// `<id>,CLOSED`
    pub(crate) fn peer_closed(&mut self, now: u32) {
        match self.state {
            LinkState::Open => {
                self.closed = true;
                self.closed_at = now;
                self.drained = false;
            }
            _ => self.doubtful_closed(),
        }
    }

    /// `CLOSED`, of whichever link: it belongs to the connect that failed just before.
    pub(crate) fn doubtful_closed(&mut self) {
        if matches!(self.state, LinkState::Doubtful { .. }) {
            if self.abandoned {
                self.release();
            } else {
                self.refused(EspAtError::ConnectFailed);
            }
        }
    }

    /// Step was lost: `CLOSED` or `+IPD` may have been missed.
    pub(crate) fn doubt(&mut self) {
        if self.state == LinkState::Open {
            self.check = true;
        }
    }

    /// `+IPD,<id>,<n>`
    pub(crate) fn announce(&mut self, length: u32, family: Family) {
        self.announced = match family {
            // Each piece is told.
            Family::NonOs => self.announced.saturating_add(length),
            // All that waits is told once, until some of it is read.
            Family::EspAt => length,
        };
        self.waiting_since = None;
        self.polls = 0;
    }

    pub(crate) fn is_readable(&self) -> bool {
        self.announced > 0 || self.maybe
    }

    /// The modem has said that data wait.
    pub(crate) fn is_announced(&self) -> bool {
        self.announced > 0 || self.held.is_some()
    }

    /// The modem hands out so many bytes.
    pub(crate) fn read_begins(&mut self, length: u32, family: Family) {
        self.held = None;
        self.held_ready = false;
        let full = length == u32::from(self.asked);
        self.announced = if full { self.announced.saturating_sub(length) } else { 0 };
        // What came between the announcement and the read, ESP-AT doesn't tell.
        self.maybe = full && self.announced == 0 && family == Family::EspAt;
        // It said that there were some.
        self.check = length == 0;
        self.waiting_since = None;
        self.polls = 0;
    }

    pub(crate) fn read_ends(&mut self) {
        self.held_ready = self.held.is_some();
    }

    /// The modem refused the read: it holds nothing, or says so.
    pub(crate) fn read_empty(&mut self) {
        self.check = self.announced > 0;
        self.announced = 0;
        self.maybe = false;
    }

    /// The modem is asked for what it holds.
    pub(crate) fn ask_pending(&mut self, now: u32) {
        self.asked_closed = self.closed;
        self.check = false;
        self.count = None;
        self.waiting_since = Some(now);
        self.polls = self.polls.saturating_add(1);
    }

    /// What it said of this link.
    pub(crate) fn counted(&mut self, count: i32, asked_for: bool) {
        if let Ok(count) = u32::try_from(count)
            && count > self.announced
        {
            self.announced = count;
        }
        if asked_for {
            self.count = Some(count);
        }
    }

    /// And that was all.
    pub(crate) fn pending_known(&mut self, outcome: Outcome, passive: bool) {
        if outcome != Outcome::Ok {
            self.check = true;
            return;
        }
        match self.count {
            // Data that were on their way when the modem was asked came before its answer.
            _ if !passive => self.drained = self.asked_closed,
            Some(count) if count <= 0 => {
                self.drained = self.asked_closed;
                self.announced = 0;
                self.maybe = false;
                // ESP-AT has no such link: its `CLOSED` was missed.
                self.closed |= count < 0 && self.state == LinkState::Open;
            }
            Some(_) => {}
            None => self.check = true,
        }
    }

    pub(crate) fn tls_set(&mut self, outcome: Outcome, family: Family) {
        if outcome == Outcome::Missed {
            return;
        }
        self.tells_memory = family == Family::EspAt;
        if !self.tls.done(outcome == Outcome::Ok, family, self.memory_check) {
            self.failed(EspAtError::NoTls);
        }
    }
}
