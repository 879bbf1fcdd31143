//! How a call fails: what is kept of it, what the network below says of it, and what its caller is told.

use super::{CallView, Driver, ErrorOf, KindOf};
use crate::error::{Error, ErrorKind, Evidence, Phase, RequestError};
use crate::http::url::Scheme;
use crate::protocol::{CloseReason, Exchange, Failure};
use nal_link::{Clock, Connect, LinkStatus, Network, StackFault};

impl<N: Network, C: Clock> Driver<N, C> {
    /// Ends the call with a failure of the exchange.
    #[cold]
    pub(crate) fn break_off(&mut self, call: &mut CallView<'_>, failure: Failure) -> ErrorOf<N> {
        let kind = call.exchange.explain(failure, call.buffer.len()).widen();
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
    pub(crate) fn fail(&mut self, call: &mut CallView<'_>, kind: KindOf<N>) -> ErrorOf<N> {
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
            self.connection.close(CloseReason::Error);
        }
        self.keep_evidence(exchange, phase, fault);
        self.evidence.answer = exchange.excerpt(call.buffer);
        exchange.fail();
        Error::new(phase, kind)
    }

    fn keep_evidence(&mut self, exchange: &Exchange, phase: Phase, fault: StackFault) {
        self.evidence = self.evidence_of(exchange, phase);
        self.evidence.fault = fault;
        self.evidence.link = Some(self.connection.network.link_status());
    }

    /// The connection is another call's, which is left alone.
    #[cold]
    pub(super) fn displaced(&mut self, call: &mut CallView<'_>) -> ErrorOf<N> {
        let phase = call.exchange.phase();
        call.exchange.fail();
        Error::new(phase, ErrorKind::Request(RequestError::Displaced))
    }

    /// The figures of a call so far.
    pub(crate) fn evidence_of(&self, exchange: &Exchange, phase: Phase) -> Evidence {
        let now = self.clock.now_ms();
        Evidence {
            elapsed_ms: exchange.timers.elapsed(now),
            phase_ms: exchange.timers.waited(now),
            sent: exchange.sent,
            received: exchange.received,
            limit_ms: exchange.limit_ms(phase),
            reused: exchange.reused,
            remote: exchange.endpoint.remote,
            status: exchange.status(),
            body: exchange.progress(),
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
    fn fault(&self, exchange: &Exchange, kind: &KindOf<N>, phase: Phase) -> StackFault {
        let network = &self.connection.network;
        let fault = match kind {
            ErrorKind::Resolve(error) => network.dns_fault(error),
            ErrorKind::Socket(error)
            | ErrorKind::Connect(error)
            | ErrorKind::NotConnected(error)
            | ErrorKind::Send(error)
            | ErrorKind::Receive(error) => network.tcp_fault(error),
            ErrorKind::ClosedBeforeResponse
            | ErrorKind::StaleConnection
            | ErrorKind::Truncated { .. } => self.connection.ended_by(),
            ErrorKind::Timeout { .. } => {
                let status = network.status();
                match phase {
                    Phase::Link | Phase::Resolve | Phase::Connect if status.is_busy => {
                        StackFault::Busy
                    }
                    Phase::Connect if network.quirks().connect() == Connect::PollsForEver => {
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
