//! How an exchange fails: what is kept of it, what the network below says of it, and what its caller is
//! told.

use super::{DnsErrorOf, ErrorOf, Exchange, State, TcpErrorOf, WhyClosed};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Phase, RequestError, StackFault};
use crate::http::url::Scheme;
use crate::network::{Connect, Network};
use embedded_nal::nb;

/// The exchange has ended with an error, which it keeps until [`Exchange::told`] hands it out. This is
/// nothing by itself: the caller's error has 120 bytes on a chip, too many to move through every return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept;

/// A step of an exchange.
pub(crate) type Step<T> = nb::Result<T, Kept>;

/// Why a step failed. The rest of the error is added when its caller is told.
pub(super) struct Failure<N: Network> {
    pub(super) kind: ErrorKind<TcpErrorOf<N>, DnsErrorOf<N>>,
    pub(super) phase: Phase,
    pub(super) fault: StackFault,
}

impl<N: Network, C: Clock> Exchange<'_, N, C> {
    /// The error of the step that has just failed.
    #[cold]
    #[inline(never)]
    pub(crate) fn take_error(&mut self) -> ErrorOf<N> {
        let Some(Failure { kind, phase, fault }) = self.failure.take() else {
            let over = ErrorKind::Request(RequestError::ExchangeOver);
            return Error::new(self.phase(), over);
        };
        let mut evidence = self.evidence_of(phase);
        evidence.fault = fault;
        evidence.link = Some(self.core.wire.network.link_status());
        Error { kind, phase, evidence }
    }

    /// What a step has come to, for the caller.
    pub(crate) fn told<T>(&mut self, step: Step<T>) -> nb::Result<T, ErrorOf<N>> {
        match step {
            Ok(value) => Ok(value),
            Err(nb::Error::WouldBlock) => Err(nb::Error::WouldBlock),
            Err(nb::Error::Other(Kept)) => Err(nb::Error::Other(self.take_error())),
        }
    }

    /// Ends the exchange with an error, and closes the connection.
    #[cold]
    #[inline(never)]
    pub(super) fn fail(
        &mut self,
        kind: ErrorKind<TcpErrorOf<N>, DnsErrorOf<N>>,
    ) -> nb::Error<Kept> {
        let phase = match kind {
            // It showed when the first byte was sent.
            ErrorKind::NotConnected(_) => Phase::Connect,
            // A body that is given wrong may be noticed before there is a connection.
            ErrorKind::Request(RequestError::BodyLength { .. } | RequestError::BodyReader(_)) => {
                Phase::Send
            }
            _ => self.phase(),
        };
        let fault = self.fault(&kind, phase);
        self.failure = Some(Failure { kind, phase, fault });
        self.core.wire.close(WhyClosed::Error);
        self.state = State::Failed;
        nb::Error::Other(Kept)
    }

    /// What a failure stands for, by what the network below knows of it.
    fn fault(&self, kind: &ErrorKind<TcpErrorOf<N>, DnsErrorOf<N>>, phase: Phase) -> StackFault {
        let network = &self.core.wire.network;
        let fault = match kind {
            ErrorKind::Resolve(error) => network.dns_fault(error),
            ErrorKind::Socket(error)
            | ErrorKind::Connect(error)
            | ErrorKind::NotConnected(error)
            | ErrorKind::Send(error)
            | ErrorKind::Receive(error) => network.tcp_fault(error),
            ErrorKind::ClosedBeforeResponse | ErrorKind::Truncated { .. } => {
                self.core.wire.ended_by()
            }
            ErrorKind::Timeout { .. }
                if matches!(phase, Phase::Link | Phase::Resolve | Phase::Connect)
                    && network.condition().is_busy =>
            {
                StackFault::Busy
            }
            ErrorKind::Timeout { .. }
                if phase == Phase::Connect
                    && network.behaviour().connect == Connect::PollsForEver =>
            {
                StackFault::HidesRefusal
            }
            ErrorKind::Timeout { .. }
                if matches!(phase, Phase::Send | Phase::Head | Phase::Body)
                    && network.condition().radio_sleeps =>
            {
                StackFault::RadioSleeps
            }
            _ => StackFault::Unknown,
        };
        let is_secure = self.plan.target.scheme == Scheme::Https;
        match (kind, fault) {
            (ErrorKind::Connect(_), StackFault::Indistinct | StackFault::Unknown) if is_secure => {
                StackFault::TlsFailed
            }
            _ => fault,
        }
    }

    /// The error of a call on an exchange that is over.
    pub(super) fn over(&mut self) -> nb::Error<Kept> {
        self.failure = None;
        nb::Error::Other(Kept)
    }
}
