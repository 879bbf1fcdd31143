//! How a call fails: what is kept of it, what the network below says of it, and what its caller is told.

use super::{AnyDriver, AnyError, CallView};
use crate::error::{Error, ErrorKind, Evidence, Failure as Kind, Kept, Phase, RequestError};
use crate::http::url::Scheme;
use crate::protocol::{CloseReason, Exchange, Failure};
use nal_link::{Connect, LinkStatus, StackFault};

impl AnyDriver<'_> {
    /// Ends the call with a failure of the exchange.
    #[cold]
    pub(crate) fn break_off(&mut self, call: &mut CallView<'_>, failure: Failure) -> AnyError {
        let kind = call.exchange.explain(failure, call.buffer.len());
        if failure == Failure::BodyTooLarge {
            // Nothing is lost: the body can still be read in pieces.
            let phase = call.exchange.phase();
            self.keep_evidence(call.exchange, phase, StackFault::Unknown);
            return Error::new(phase, kind);
        }
        self.fail(call, kind)
    }

    /// Ends the call with an error, and closes its connection.
    #[cold]
    #[inline(never)]
    pub(crate) fn fail(&mut self, call: &mut CallView<'_>, kind: Kind) -> AnyError {
        let exchange = &mut *call.exchange;
        let is_over = matches!(kind, ErrorKind::Request(RequestError::CallOver));
        if is_over {
            return Error::new(exchange.phase(), kind);
        }
        let phase = match kind {
            // It showed when the first byte was sent.
            ErrorKind::NotConnected(_) => Phase::Connect,
            // A body that is given wrong may be noticed before there is a connection.
            ErrorKind::Request(RequestError::BodyLength { .. } | RequestError::BodyReader(_)) => {
                Phase::Send
            }
            _ => exchange.phase(),
        };
        let fault = self.fault(exchange, &kind, phase);
        if self.connection.belongs_to(call.ticket) {
            self.close(CloseReason::Error);
        }
        self.keep_evidence(exchange, phase, fault);
        exchange.fail();
        Error::new(phase, kind)
    }

    fn keep_evidence(&mut self, exchange: &Exchange, phase: Phase, fault: StackFault) {
        self.evidence = self.evidence_of(exchange, phase);
        self.evidence.fault = fault;
        self.evidence.link = Some(self.stack.link_status());
    }

    /// The connection is another call's, which is left alone.
    #[cold]
    pub(super) fn displaced(&mut self, call: &mut CallView<'_>) -> AnyError {
        let phase = call.exchange.phase();
        call.exchange.fail();
        Error::new(phase, ErrorKind::Request(RequestError::Displaced))
    }

    /// The figures of a call so far.
    pub(crate) fn evidence_of(&self, exchange: &Exchange, phase: Phase) -> Evidence {
        let now = self.stack.now_ms();
        Evidence {
            elapsed_ms: exchange.timers.elapsed(now),
            phase_ms: exchange.timers.waited(now),
            sent: exchange.sent,
            received: exchange.received,
            limit_ms: exchange.limit_ms(phase),
            reused: exchange.reused,
            remote: exchange.endpoint.remote,
            ..Evidence::default()
        }
    }

    /// The figures of a request that failed before it was one, or of a wait for the link.
    pub(crate) fn set_evidence(
        &mut self,
        elapsed_ms: u32,
        limit_ms: u32,
        link: Option<LinkStatus>,
    ) {
        self.evidence =
            Evidence { elapsed_ms, phase_ms: elapsed_ms, limit_ms, link, ..Evidence::default() };
    }

    /// What a failure stands for, by what the network below knows of it.
    fn fault(&self, exchange: &Exchange, kind: &Kind, phase: Phase) -> StackFault {
        let fault = match kind {
            ErrorKind::Resolve(Kept)
            | ErrorKind::Socket(Kept)
            | ErrorKind::Connect(Kept)
            | ErrorKind::NotConnected(Kept)
            | ErrorKind::Send(Kept)
            | ErrorKind::Receive(Kept) => self.stack.fault(),
            ErrorKind::ClosedBeforeResponse
            | ErrorKind::StaleConnection
            | ErrorKind::Truncated { .. } => self.connection.ended_by(),
            ErrorKind::Timeout { .. } => {
                let status = self.stack.status();
                match phase {
                    Phase::Link | Phase::Resolve | Phase::Connect if status.is_busy => {
                        StackFault::Busy
                    }
                    Phase::Connect
                        if self.stack.traits().quirks.connect() == Connect::PollsForEver =>
                    {
                        StackFault::HidesRefusal
                    }
                    Phase::Send | Phase::Head | Phase::Body if status.radio_sleeps => {
                        StackFault::RadioSleeps
                    }
                    _ => StackFault::Unknown,
                }
            }
            _ => StackFault::Unknown,
        };
        let is_secure = exchange.endpoint.scheme == Scheme::Https;
        match (kind, fault) {
            (ErrorKind::Connect(_), StackFault::Indistinct | StackFault::Unknown) if is_secure => {
                StackFault::TlsFailed
            }
            _ => fault,
        }
    }
}
