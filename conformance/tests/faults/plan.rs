//! What goes wrong, and where it did.

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call fails, once, with an error of the kind `Other`.
    FailOther,
    /// The call fails, once, with an error of the kind `PipeClosed`.
    FailPipeClosed,
    /// The call would block a few times, and then goes through.
    Pend,
    /// The call, and all that follow on this socket (or of this resolver), would block.
    Stall,
    /// `send` takes one byte.
    ShortWrite,
    /// `receive` brings one byte.
    ShortRead,
    /// The peer closes: from here on there is nothing to receive and nobody to send to.
    Close,
}

impl Fault {
    pub const ALL: [Self; 7] = [
        Self::FailOther,
        Self::FailPipeClosed,
        Self::Pend,
        Self::Stall,
        Self::ShortWrite,
        Self::ShortRead,
        Self::Close,
    ];

    /// Whether it can happen to this call.
    pub fn applies_to(self, op: Op) -> bool {
        match self {
            Self::FailOther | Self::FailPipeClosed => op != Op::Signal,
            Self::Pend | Self::Stall => !matches!(op, Op::Socket | Op::Close),
            Self::ShortWrite => op == Op::Send,
            Self::ShortRead => op == Op::Receive,
            Self::Close => matches!(op, Op::Send | Op::Receive),
        }
    }

    /// Whether nothing may come of it but time.
    pub fn is_harmless(self) -> bool {
        matches!(self, Self::Pend | Self::ShortWrite | Self::ShortRead)
    }
}

/// A call of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Resolve,
    Socket,
    Connect,
    Send,
    Receive,
    Close,
    Ping,
    Signal,
}

/// How far an exchange was, told by the bytes that went over its socket alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nothing was sent yet on a connection that was kept from the exchange before.
    Kept,
    /// The request isn't sent whole.
    Request,
    /// The final response's head hasn't come whole.
    Head,
    /// It has.
    Body,
    /// It was a 101.
    Stream,
}

/// What was hit.
#[derive(Debug, Clone, Copy)]
pub struct Hit {
    pub op: Op,
    pub stage: Stage,
    /// The connection was kept from the exchange before.
    pub reused: bool,
    /// Bytes of this exchange that had gone over the socket.
    pub sent: usize,
    pub received: usize,
    /// Of those that were received, the ones behind interim responses.
    pub of_head: usize,
    /// Which exchange of the scenario, from 0.
    pub exchange: usize,
}

/// What the wrapper has seen and is to do, shared with the test.
#[derive(Debug, Default)]
pub struct Plan {
    armed: Option<(usize, Fault)>,
    pub hit: Option<Hit>,
    /// Calls so far that the fault can happen to.
    counted: usize,
    /// A repetition of a call that would block isn't counted anew: how often one would depends on the load
    /// of the machine.
    pub merges_repeats: bool,
    /// The call before would have blocked.
    pub blocked: Option<(Op, usize)>,
    pends_left: usize,
    /// What belongs to no socket, and stalls.
    pub stalled: Vec<Op>,
    pub socket_stalls: bool,
    pub opened: usize,
    pub closed: usize,
    /// Bytes given to a socket after it had failed for good.
    pub sent_after_failure: usize,
    /// Which use of the client goes on, from 0.
    pub exchange: usize,
    /// Calls of any kind since the plan was armed or the network healed: what bounds a hang.
    pub calls: usize,
    /// The same, where a call that would block and its repetitions are one.
    pub moves: usize,
    /// Throw [`Left`] once a call that waits has found so many times that there is nothing to do.
    pub idles_left: Option<usize>,
    /// Of them the last, by the moves before it.
    pub idle_since: Option<usize>,
}

/// What unwinds through a call that waits, where it is left.
pub struct Left;

/// No scenario takes as many calls.
const BUDGET: usize = 400_000;

impl Plan {
    /// Arms a fault, for a scenario that begins now.
    pub fn arm(&mut self, number: usize, fault: Fault) {
        *self = Self {
            armed: Some((number, fault)),
            merges_repeats: self.merges_repeats,
            opened: self.opened,
            closed: self.closed,
            ..Self::default()
        };
    }

    /// The network is well again.
    pub fn heal(&mut self) {
        self.armed = None;
        self.pends_left = 0;
        self.stalled.clear();
        self.socket_stalls = false;
        self.calls = 0;
    }

    /// A use of the client begins: bytes are counted from here.
    pub fn begin_exchange(&mut self, number: usize) {
        // A stalled socket is closed by now.
        self.stalled.retain(|op| *op != Op::Resolve);
        self.exchange = number;
    }

    /// Counts a call of any kind.
    pub fn count(&mut self) {
        self.calls += 1;
        assert!(self.calls < BUDGET, "a hang: {:?}, {:?}", self.blocked, self.hit);
    }

    /// Whether a call pends because one before it was hit so.
    pub fn pends(&mut self, op: Op) -> bool {
        let pends = self.pends_left > 0 && Fault::Pend.applies_to(op);
        self.pends_left -= usize::from(pends);
        pends
    }

    /// The fault that happens to this call, which goes on with one of before where `goes_on`. What is hit
    /// is told by `place`.
    pub fn strike(
        &mut self,
        op: Op,
        id: usize,
        goes_on: bool,
        place: impl FnOnce(&Self) -> Hit,
    ) -> Option<Fault> {
        let repeats = self.merges_repeats && self.blocked == Some((op, id));
        self.blocked = None;
        self.moves += usize::from(!repeats);
        let (number, fault) = self.armed?;
        // A send that goes on is asked for with the same bytes.
        if !fault.applies_to(op) || goes_on && fault == Fault::ShortWrite {
            return None;
        }
        self.counted += usize::from(!repeats);
        if self.hit.is_some() || repeats || self.counted != number + 1 {
            return None;
        }
        self.hit = Some(place(self));
        if fault == Fault::Pend {
            self.pends_left = 3;
        }
        Some(fault)
    }
}
