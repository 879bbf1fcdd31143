//! How a call fails: what is kept of it, what the network below says of it, and what its caller is told.

use super::driver::no_evidence;
use super::{AnyDriver, CallView, Driver, ErrorOf};
use crate::error::{Error, ErrorKind, Phase, RequestError, TargetClass};
use crate::http::url::Scheme;
use crate::policy::Refusal;
use crate::protocol::{CloseReason, Exchange, Failure};
use nal_link::{Clock, Connect, Network, StackFault};

/// What the stack was asked for when it failed. Its own error is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StackStep {
    Resolve,
    Socket,
    Connect,
    /// It had reported the connection as open, and took no byte.
    NotConnected,
    Send,
    Receive,
}

/// Why a call has to be ended, whatever the stack. It is small, since it is returned all the time, and
/// becomes an error where the call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The exchange has the figures.
    Exchange(Failure),
    Refused(Refusal),
    Stack(StackStep),
    /// The stack has no TLS after all.
    NoTls,
    /// The connection is another call's.
    Displaced,
    /// The reader of the body failed.
    BodyReader(embedded_io::ErrorKind),
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Refusal> for nb::Error<Fault> {
    fn from(refusal: Refusal) -> Self {
        Self::Other(Fault::Refused(refusal))
    }
}

impl From<StackStep> for nb::Error<Fault> {
    fn from(step: StackStep) -> Self {
        Self::Other(Fault::Stack(step))
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::Exchange(failure)
    }
}

impl From<Failure> for nb::Error<Fault> {
    fn from(failure: Failure) -> Self {
        Self::Other(Fault::Exchange(failure))
    }
}

impl<N: Network, C: Clock> Driver<N, C> {
    /// Ends the call with an error, and closes its connection.
    #[cold]
    #[inline(never)]
    pub(crate) fn fail(&mut self, call: &mut CallView<'_>, fault: Fault) -> ErrorOf<N> {
        let phase = self.any().end(call, fault);
        let Fault::Stack(step) = fault else {
            return explain(call, fault, phase);
        };
        let (stack, over) = (&mut self.stack, ErrorKind::Request(RequestError::CallOver));
        if step == StackStep::Resolve {
            let kind = stack.resolve_error.take().map_or(over, ErrorKind::Resolve);
            return Error::new(phase, kind);
        }
        let own = match step {
            StackStep::Send | StackStep::NotConnected => stack.send_error.take(),
            _ => stack.error.take(),
        };
        // Without it, it was told before.
        let Some(own) = own else { return Error::new(phase, over) };
        let kind = match step {
            StackStep::Socket => ErrorKind::Socket(own),
            StackStep::Connect if matches!(stack.network.tcp_fault(&own), StackFault::Tls(_)) => {
                ErrorKind::Handshake(own)
            }
            StackStep::Connect => ErrorKind::Connect(own),
            StackStep::NotConnected => ErrorKind::NotConnected(own),
            StackStep::Send => ErrorKind::Send(own),
            StackStep::Resolve | StackStep::Receive => ErrorKind::Receive(own),
        };
        Error::new(phase, kind)
    }
}

/// The error of a fault that isn't the stack's.
// It is the same code for all stacks whose errors are small, and compiled once for them.
#[inline(never)]
fn explain<T, D>(call: &mut CallView<'_>, fault: Fault, phase: Phase) -> Error<T, D> {
    let exchange = &mut *call.exchange;
    // Each by itself, written where it is returned: put together at the end, they take twice the flash.
    let error = |kind| Error::new(phase, kind);
    let request = |kind| error(ErrorKind::Request(kind));
    match fault {
        Fault::Exchange(failure) => error(exchange.explain(failure, phase, call.buffer.len())),
        Fault::Refused(Refusal::Link(why)) => error(ErrorKind::Link(why)),
        Fault::Refused(Refusal::OwnAddress) => request(RequestError::OwnAddress),
        Fault::Refused(Refusal::OwnNetwork) => request(RequestError::OwnNetwork),
        Fault::Refused(Refusal::WholeSubnet) => {
            request(RequestError::Target(TargetClass::Broadcast))
        }
        Fault::Refused(Refusal::ResolvedTo) => match exchange.endpoint.remote.take() {
            Some(remote) => error(ErrorKind::ResolvedTo(remote.ip(), exchange.endpoint.class)),
            None => request(RequestError::CallOver),
        },
        Fault::NoTls => request(RequestError::NoTls),
        Fault::Displaced => request(RequestError::Displaced),
        Fault::BodyReader(kind) => request(RequestError::BodyReader(kind)),
        Fault::Stack(_) => request(RequestError::CallOver),
    }
}

impl AnyDriver<'_> {
    /// Ends the call, closes its connection, and keeps the figures. Returns in which phase that was.
    #[cold]
    #[inline(never)]
    pub(crate) fn end(&mut self, call: &mut CallView<'_>, fault: Fault) -> Phase {
        let exchange = &mut *call.exchange;
        let phase = match fault {
            // It showed when the first byte was sent.
            Fault::Stack(StackStep::NotConnected) => Phase::Connect,
            // A body that is given wrong may be noticed before there is a connection.
            Fault::Exchange(Failure::WrongLength) | Fault::BodyReader(_) => Phase::Send,
            _ => exchange.phase(),
        };
        match fault {
            Fault::Exchange(Failure::CallOver) => return phase,
            // The connection is another call's, which is left alone.
            Fault::Displaced => {
                exchange.fail();
                return phase;
            }
            _ => {}
        }
        // Where nothing is lost, the body can still be read in pieces.
        let is_lost = !matches!(fault, Fault::Exchange(Failure::BodyTooLarge));
        let stands_for = self.stands_for(exchange, fault, phase);
        if is_lost && self.connection.belongs_to(call.ticket) {
            self.close(CloseReason::Error);
        }
        self.evidence.verification = self.stack.status().verification;
        exchange.tell(&mut self.evidence, phase, self.stack.now_ms());
        exchange.quote(&mut self.evidence.answer, call.buffer);
        self.evidence.fault = stands_for;
        self.evidence.link = Some(self.stack.link_status());
        if matches!(fault, Fault::Refused(Refusal::ResolvedTo)) {
            self.evidence.remote = None;
        }
        if is_lost {
            exchange.fail();
        }
        phase
    }

    /// The figures of a request that failed before it was one, or of a wait for the link.
    #[cold]
    pub(crate) fn set_evidence(&mut self, elapsed_ms: u32, limit_ms: u32) {
        self.evidence = no_evidence();
        (self.evidence.elapsed_ms, self.evidence.phase_ms) = (elapsed_ms, elapsed_ms);
        self.evidence.limit_ms = limit_ms;
    }

    /// What a fault stands for, by what the network below knows of it.
    fn stands_for(&self, exchange: &Exchange, fault: Fault, phase: Phase) -> StackFault {
        match fault {
            Fault::Stack(step) => {
                let is_secure = exchange.endpoint.scheme == Scheme::Https;
                match self.stack.fault(step) {
                    StackFault::Indistinct | StackFault::Unknown
                        if is_secure && step == StackStep::Connect =>
                    {
                        StackFault::TlsFailed
                    }
                    stands_for => stands_for,
                }
            }
            Fault::Exchange(
                Failure::ClosedBeforeResponse | Failure::StaleConnection | Failure::Truncated,
            ) => self.connection.ended_by(),
            Fault::Exchange(Failure::Timeout(_)) => {
                let status = self.stack.status();
                match phase {
                    Phase::Link | Phase::Resolve | Phase::Connect
                        if status.pending != StackFault::Unknown =>
                    {
                        status.pending
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
        }
    }
}
