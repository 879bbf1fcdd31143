//! Does what an exchange says comes next.

use super::connection::Incoming;
use super::stack::{Moved, NalStack, Stack};
use super::{AnyError, Connection, ErrorOf};
use crate::error::{Deadline, ErrorKind, Evidence, Failure as Kind, Kept, RequestError};
use crate::http::bytes::copy;
use crate::http::endpoint::host_text;
use crate::http::url::Scheme;
use crate::policy::{Config, Preflight, Surroundings, check_addresses, check_resolved};
use crate::protocol::{Action, Blocked, CloseReason, Exchange, Failure, Goal, State};
use nal_link::{Clock, Connect, LinkError, Network, elapsed_ms};

/// The parts of a client, over a stack `S`.
pub(crate) struct Parts<S: ?Sized> {
    pub(crate) connection: Connection,
    pub(crate) config: Config,
    /// Of the last call that failed.
    pub(crate) evidence: Evidence,
    pub(crate) stack: S,
}

/// The parts of a client over the network `N`.
pub(crate) type Driver<N, C> = Parts<NalStack<N, C>>;

/// The same over any network: all that a driver does is compiled once, however many a program has.
pub(crate) type AnyDriver<'s> = Parts<dyn Stack + 's>;

/// A call, whatever kind of buffer it owns.
pub(crate) struct CallView<'v> {
    pub(crate) exchange: &'v mut Exchange,
    /// Which use of the client's connection is this call's.
    pub(crate) ticket: u32,
    pub(crate) buffer: &'v mut [u8],
    /// What of the request's body isn't in the buffer.
    pub(crate) body: &'v [u8],
}

/// Why a step isn't done.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The stack would block.
    Wait,
    /// It has failed.
    Failed(Kind),
    /// It has failed, and the exchange has the figures.
    Broken(Failure),
}

/// What a step has come to.
pub(crate) type Step<T> = Result<T, Stop>;

impl From<Kind> for Stop {
    fn from(kind: Kind) -> Self {
        Self::Failed(kind)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Broken(failure)
    }
}

impl<N: Network, C: Clock> Driver<N, C> {
    pub(crate) fn new(network: N, clock: C, config: Config) -> Self {
        let stack = NalStack::new(network, clock);
        Self { connection: Connection::new(), config, evidence: Evidence::default(), stack }
    }

    /// The same, to be driven.
    pub(crate) fn any(&mut self) -> &mut AnyDriver<'_> {
        self
    }

    /// An error as the caller is told it: with the stack's own, where it is that.
    pub(crate) fn tell(&mut self, error: AnyError) -> ErrorOf<N> {
        self.stack.tell(error)
    }

    /// The same of what has come of something.
    pub(crate) fn tell_nb<T>(
        &mut self,
        result: nb::Result<T, AnyError>,
    ) -> nb::Result<T, ErrorOf<N>> {
        result.map_err(|error| error.map(|error| self.tell(error)))
    }

    /// Goes on until the `goal` is reached, or the body needs more.
    pub(crate) fn run(
        &mut self,
        call: &mut CallView<'_>,
        goal: Goal,
    ) -> nb::Result<(), ErrorOf<N>> {
        let done = self.any().run(call, goal);
        self.tell_nb(done)
    }
}

impl AnyDriver<'_> {
    /// Whether the link has an address now.
    pub(crate) fn look(&mut self) -> Result<(), LinkError> {
        self.stack.poll();
        let status = self.stack.link_status();
        let error = status.ip_config().err();
        if error.is_some() {
            self.set_evidence(0, 0, Some(status));
        }
        error.map_or(Ok(()), Err)
    }

    /// Waits until it has, and calls the idle hook meanwhile.
    pub(crate) fn wait_online(&mut self) -> Result<(), LinkError> {
        let started = self.stack.now_ms();
        loop {
            self.stack.poll();
            let status = self.stack.link_status();
            let Err(error) = status.ip_config() else { return Ok(()) };
            let (waited, limit_ms) =
                (elapsed_ms(self.stack.now_ms(), started), self.config.online_ms);
            if waited >= limit_ms {
                self.set_evidence(waited, limit_ms, Some(status));
                return Err(error);
            }
            self.stack.idle();
        }
    }

    /// Goes on until the `goal` is reached, or the body needs more.
    pub(crate) fn run(&mut self, call: &mut CallView<'_>, goal: Goal) -> nb::Result<(), AnyError> {
        self.begin_turn(call)?;
        let step = self.steps(call.exchange, call.buffer, call.body, goal);
        self.end_turn(call, step)
    }

    /// The same, and calls the idle hook while it waits.
    pub(crate) fn run_to_end(
        &mut self,
        call: &mut CallView<'_>,
        goal: Goal,
    ) -> Result<(), AnyError> {
        loop {
            match self.run(call, goal) {
                Ok(()) => return Ok(()),
                Err(nb::Error::Other(error)) => return Err(error),
                Err(nb::Error::WouldBlock) => self.stack.idle(),
            }
        }
    }

    /// Whether the call may use the connection; and the stack may move its packets.
    pub(super) fn begin_turn(&mut self, call: &mut CallView<'_>) -> Result<(), AnyError> {
        if !call.exchange.is_over() && !self.connection.belongs_to(call.ticket) {
            return Err(self.displaced(call));
        }
        self.stack.poll();
        Ok(())
    }

    /// Tells a failure, and lets go of the connection once the response is complete.
    pub(crate) fn end_turn<T>(
        &mut self,
        call: &mut CallView<'_>,
        step: Step<T>,
    ) -> nb::Result<T, AnyError> {
        match step {
            Ok(value) => {
                self.settle(call.exchange, call.ticket);
                Ok(value)
            }
            Err(Stop::Wait) => Err(nb::Error::WouldBlock),
            Err(Stop::Failed(kind)) => Err(nb::Error::Other(self.fail(call, kind))),
            Err(Stop::Broken(failure)) => Err(nb::Error::Other(self.break_off(call, failure))),
        }
    }

    /// Keeps or closes the connection of a response that is complete, or marks one that has left HTTP.
    pub(crate) fn settle(&mut self, exchange: &Exchange, ticket: u32) {
        if !self.connection.belongs_to(ticket) {
            return;
        }
        if exchange.is_upgraded() {
            self.connection.is_upgraded = true;
        } else if exchange.state == State::Over {
            match exchange.close_reason() {
                None => self.keep(),
                Some(reason) => self.close(reason),
            }
        }
    }

    fn steps(
        &mut self,
        exchange: &mut Exchange,
        buffer: &mut [u8],
        body: &[u8],
        goal: Goal,
    ) -> Step<()> {
        let mut now = self.stack.now_ms();
        loop {
            match exchange.next(buffer, body, goal, now)? {
                Action::Ready | Action::NeedBody => return Ok(()),
                Action::Begin => self.begin(exchange, buffer, now)?,
                Action::Resolve => self.resolve(exchange, buffer, now)?,
                Action::Connect => self.connect(exchange, buffer, now)?,
                Action::Send(bytes) => match self.stack.send(bytes) {
                    Moved::Bytes(0) | Moved::Nothing => match exchange.send_blocked(now)? {
                        Blocked::Wait => return Err(Stop::Wait),
                        Blocked::GoOn => {}
                        Blocked::GiveUpStage => {
                            if !self.is_answered(exchange, buffer, now) {
                                exchange.wait(now, Deadline::Idle)?;
                                return Err(Stop::Wait);
                            }
                        }
                    },
                    Moved::Bytes(count) => exchange.sent(count, self.stack.now_ms()),
                    Moved::Closed | Moved::Failed => self.send_failed(exchange, buffer, now)?,
                },
                Action::Receive(room) => {
                    let incoming = self.receive(room);
                    now = self.stack.now_ms();
                    let has_ended = match incoming {
                        Incoming::Bytes(count) => {
                            exchange.received(buffer, count, now)?;
                            false
                        }
                        Incoming::Nothing => {
                            if !exchange.nothing_received(buffer, body, now)? {
                                return Err(Stop::Wait);
                            }
                            false
                        }
                        Incoming::End => exchange.ended(true, now)?,
                        Incoming::Failed
                            if exchange.state != State::MeasureHead
                                && !exchange.may_start_over() =>
                        {
                            return Err(Stop::Failed(ErrorKind::Receive(Kept)));
                        }
                        Incoming::Closed | Incoming::Failed => exchange.ended(false, now)?,
                    };
                    if has_ended {
                        self.close_socket(CloseReason::ServerClosedIdle);
                    }
                    continue;
                }
            }
            now = self.stack.now_ms();
        }
    }

    /// The link may have been lost since the client went online, so it is asked each time.
    pub(crate) fn begin(&mut self, exchange: &mut Exchange, buffer: &[u8], now: u32) -> Step<()> {
        let ip = match self.stack.link_status().ip_config() {
            Ok(ip) => Some(ip),
            Err(_) if !self.config.checks.has(Preflight::Link) => None,
            Err(error) => {
                self.close_socket(CloseReason::LinkLost);
                return Err(Stop::Failed(ErrorKind::Link(error)));
            }
        };
        let kept = self.take_kept(exchange, buffer, now);
        if kept.is_none()
            && let Some(ip) = ip
        {
            let own_network = self.stack.own_network();
            let has_loopback = self.stack.traits().has_loopback;
            let around = Surroundings { ip, own_network, has_loopback };
            check_addresses(&exchange.endpoint, &around, self.config.checks)?;
        }
        exchange.begun(kept, now);
        Ok(())
    }

    // Its name is on the stack while the resolver works, and not while anything else does.
    #[inline(never)]
    pub(crate) fn resolve(&mut self, exchange: &mut Exchange, buffer: &[u8], now: u32) -> Step<()> {
        let stack = &mut self.stack;
        let host = host_text(exchange.endpoint.host(buffer));
        let address = match stack.resolve(&host, self.config.address_type.clone()) {
            Ok(address) => address,
            Err(nb::Error::WouldBlock) => {
                exchange.wait(now, Deadline::Resolve)?;
                return Err(Stop::Wait);
            }
            Err(nb::Error::Other(kept)) => return Err(Stop::Failed(ErrorKind::Resolve(kept))),
        };
        let has_loopback = stack.traits().has_loopback;
        let around = match stack.link_status().ip_config() {
            Ok(ip) => Some(Surroundings { ip, own_network: stack.own_network(), has_loopback }),
            Err(_) => None,
        };
        check_resolved(address, has_loopback, around.as_ref(), self.config.checks)?;
        exchange.resolved(address, self.stack.now_ms());
        Ok(())
    }

    pub(crate) fn connect(&mut self, exchange: &mut Exchange, buffer: &[u8], now: u32) -> Step<()> {
        // It is known in this state.
        let Some(remote) = exchange.endpoint.remote else { return Ok(()) };
        if !self.stack.is_open() {
            self.open().map_err(|kept| Stop::Failed(ErrorKind::Socket(kept)))?;
            self.remember(exchange, buffer);
            // Refused earlier where the stack has no TLS at all. Never in the clear instead.
            if exchange.endpoint.scheme == Scheme::Https && !self.secure(exchange, buffer) {
                return Err(Stop::Failed(ErrorKind::Request(RequestError::NoTls)));
            }
        }
        match self.stack.connect(remote) {
            Ok(()) => Ok(exchange.connected(self.stack.now_ms())?),
            Err(nb::Error::WouldBlock) => {
                exchange.wait(now, Deadline::Connect)?;
                Err(Stop::Wait)
            }
            Err(nb::Error::Other(kept)) => Err(Stop::Failed(ErrorKind::Connect(kept))),
        }
    }

    /// Makes the connection to come a TLS one. False where the stack can't.
    // Its name is on the stack meanwhile, too.
    #[inline(never)]
    fn secure(&mut self, exchange: &Exchange, buffer: &[u8]) -> bool {
        self.stack.secure(&host_text(exchange.endpoint.host(buffer)))
    }

    fn send_failed(&mut self, exchange: &mut Exchange, buffer: &mut [u8], now: u32) -> Step<()> {
        if exchange.may_start_over() {
            self.close_socket(CloseReason::ServerClosedIdle);
            exchange.start_over(now);
            return Ok(());
        }
        if exchange.sent == 0
            && !exchange.reused
            && self.stack.traits().quirks.connect() == Connect::ReportsSuccess
        {
            return Err(Stop::Failed(ErrorKind::NotConnected(Kept)));
        }
        self.stack.hold_error(true);
        let is_answered = self.is_answered(exchange, buffer, now);
        self.stack.hold_error(false);
        if is_answered { Ok(()) } else { Err(Stop::Failed(ErrorKind::Send(Kept))) }
    }

    /// A server that refuses a body answers and takes no more; its answer may be there to read.
    fn is_answered(&mut self, exchange: &mut Exchange, buffer: &mut [u8], now: u32) -> bool {
        let count = match exchange.room_for_answer(buffer) {
            Some(room) => match self.receive(room) {
                Incoming::Bytes(count) => count,
                _ => 0,
            },
            None => 0,
        };
        exchange.answer_came(count, now)
    }

    /// Reads some of the body into `out`; 0 at its end. Large reads go from the stack into `out` without a
    /// copy.
    pub(crate) fn read(
        &mut self,
        call: &mut CallView<'_>,
        out: &mut [u8],
    ) -> nb::Result<usize, AnyError> {
        if out.is_empty() {
            // 0 would be an end that hasn't come.
            self.run(call, Goal::Head)?;
            return Ok(0);
        }
        let most = call.exchange.direct_length(call.buffer, out);
        if most > 0 {
            self.begin_turn(call)?;
            let step = self.read_directly(call, out.get_mut(..most).unwrap_or_default());
            return self.end_turn(call, step);
        }
        self.run(call, Goal::Body)?;
        let count = copy(out, call.exchange.data(call.buffer));
        self.consume(call, count);
        Ok(count)
    }

    fn read_directly(&mut self, call: &mut CallView<'_>, out: &mut [u8]) -> Step<usize> {
        let exchange = &mut *call.exchange;
        let incoming = self.receive(out);
        let now = self.stack.now_ms();
        let count = match incoming {
            Incoming::Bytes(count) => {
                exchange.received_directly(count, now)?;
                count
            }
            Incoming::Nothing => {
                exchange.nothing_received(call.buffer, call.body, now)?;
                return Err(Stop::Wait);
            }
            Incoming::Failed => return Err(Stop::Failed(ErrorKind::Receive(Kept))),
            Incoming::End | Incoming::Closed => {
                exchange.ended(matches!(incoming, Incoming::End), now)?;
                0
            }
        };
        Ok(count)
    }

    /// Takes data that stands in the call's buffer.
    pub(crate) fn consume(&mut self, call: &mut CallView<'_>, count: usize) {
        call.exchange.consume(count);
        self.settle(call.exchange, call.ticket);
    }

    /// The caller has no more use for the call. A response of which little is left is drained, if that has
    /// arrived: it may save a connection.
    pub(crate) fn abandon(&mut self, call: &mut CallView<'_>) {
        if call.exchange.is_worth_discarding() && self.connection.belongs_to(call.ticket) {
            let _ = self.run(call, Goal::Discarded);
        }
        if self.connection.belongs_to(call.ticket) {
            self.leave();
        }
    }
}
