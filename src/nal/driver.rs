//! Does what an exchange says comes next.

use super::connection::Incoming;
use super::fault::{Fault, StackStep};
use super::stack::{Moved, NalStack, Stack};
use super::{Connection, ErrorOf};
use crate::error::{Deadline, Evidence};
use crate::http::bytes::copy;
use crate::http::endpoint::host_text;
use crate::http::url::Scheme;
use crate::policy::{Config, Preflight, Refusal, Surroundings, check_target, is_allowed};
use crate::protocol::{Action, Blocked, CloseReason, Exchange, Goal, State};
use nal_link::{Clock, Connect, IpConfig, LinkError, Network, elapsed_ms};

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

/// What a step has come to. The stack would block, or the call has to be ended.
pub(crate) type Step<T> = nb::Result<T, Fault>;

impl<N: Network, C: Clock> Driver<N, C> {
    pub(crate) fn new(network: N, clock: C, config: Config) -> Self {
        let stack = NalStack::new(network, clock);
        Self { connection: Connection::new(), config, evidence: no_evidence(), stack }
    }

    /// The same, to be driven.
    pub(crate) fn any(&mut self) -> &mut AnyDriver<'_> {
        self
    }

    /// Ends the call if that was no wait.
    pub(crate) fn tell<T>(
        &mut self,
        call: &mut CallView<'_>,
        step: Step<T>,
    ) -> nb::Result<T, ErrorOf<N>> {
        step.map_err(|error| error.map(|fault| self.fail(call, fault)))
    }

    /// Goes on until the `goal` is reached, or the body needs more.
    pub(crate) fn run(
        &mut self,
        call: &mut CallView<'_>,
        goal: Goal,
    ) -> nb::Result<(), ErrorOf<N>> {
        let step = self.any().run(call, goal);
        self.tell(call, step)
    }
}

/// Of no call yet.
#[inline(never)]
pub(super) fn no_evidence() -> Evidence {
    Evidence::default()
}

impl AnyDriver<'_> {
    /// Whether the link has an address now.
    pub(crate) fn look(&mut self) -> Result<(), LinkError> {
        self.stack.poll();
        let status = self.stack.link_status();
        let error = status.ip_config().err();
        if error.is_some() {
            self.set_evidence(0, 0);
            self.evidence.link = Some(status);
        }
        error.map_or(Ok(()), Err)
    }

    /// Waits until it has, and calls the idle hook meanwhile.
    pub(crate) fn wait_online(&mut self) -> Result<(), LinkError> {
        let started = self.stack.now_ms();
        loop {
            match self.look_again(started) {
                Ok(()) => return Ok(()),
                Err(nb::Error::Other(error)) => return Err(error),
                Err(nb::Error::WouldBlock) => self.stack.idle(),
            }
        }
    }

    /// Looks once of the many times of a wait that began at `started`.
    pub(crate) fn look_again(&mut self, started: u32) -> nb::Result<(), LinkError> {
        self.stack.poll();
        let status = self.stack.link_status();
        let Err(error) = status.ip_config() else { return Ok(()) };
        let (waited, limit_ms) = (elapsed_ms(self.stack.now_ms(), started), self.config.online_ms);
        if waited < limit_ms {
            return Err(nb::Error::WouldBlock);
        }
        self.set_evidence(waited, limit_ms);
        self.evidence.link = Some(status);
        Err(nb::Error::Other(error))
    }

    /// Goes on until the `goal` is reached, or the body needs more.
    pub(crate) fn run(&mut self, call: &mut CallView<'_>, goal: Goal) -> Step<()> {
        self.begin_turn(call)?;
        self.steps(call.exchange, call.buffer, call.body, goal)?;
        self.settle(call);
        Ok(())
    }

    /// The same, and calls the idle hook while it waits.
    pub(crate) fn run_to_end(&mut self, call: &mut CallView<'_>, goal: Goal) -> Result<(), Fault> {
        loop {
            match self.run(call, goal) {
                Ok(()) => return Ok(()),
                Err(nb::Error::Other(error)) => return Err(error),
                Err(nb::Error::WouldBlock) => self.stack.idle(),
            }
        }
    }

    /// Whether the call may use the connection; and the stack may move its packets.
    pub(super) fn begin_turn(&mut self, call: &mut CallView<'_>) -> Result<(), Fault> {
        if !call.exchange.is_over() && !self.connection.belongs_to(call.ticket) {
            return Err(Fault::Displaced);
        }
        self.stack.poll();
        Ok(())
    }

    /// Keeps or closes the connection of a response that is complete, or marks one that has left HTTP.
    pub(crate) fn settle(&mut self, call: &CallView<'_>) {
        let exchange = &*call.exchange;
        if !self.connection.belongs_to(call.ticket) {
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
                Action::Send(bytes) => {
                    let moved = self.stack.send(bytes);
                    now = self.stack.now_ms();
                    match moved {
                        Moved::Bytes(0) | Moved::Nothing => match exchange.send_blocked(now)? {
                            Blocked::Wait => return Err(nb::Error::WouldBlock),
                            Blocked::GoOn => {}
                            Blocked::GiveUpStage => {
                                if !self.is_answered(exchange, buffer, now) {
                                    exchange.wait(now, Deadline::Idle)?;
                                    return Err(nb::Error::WouldBlock);
                                }
                            }
                        },
                        Moved::Bytes(count) => exchange.sent(count, now),
                        Moved::Closed | Moved::Failed => self.send_failed(exchange, buffer, now)?,
                    }
                    continue;
                }
                Action::Receive(room) => {
                    let incoming = self.receive(room);
                    now = self.stack.now_ms();
                    let mut reason = CloseReason::ServerClosedIdle;
                    let starts_over = match incoming {
                        Incoming::Bytes(count) => {
                            reason = CloseReason::ExcessBytes;
                            exchange.received(buffer, count, now)?
                        }
                        Incoming::Nothing => {
                            if !exchange.nothing_received(buffer, body, now)? {
                                return Err(nb::Error::WouldBlock);
                            }
                            false
                        }
                        Incoming::Failed
                            if exchange.state != State::MeasureHead
                                && !exchange.may_start_over() =>
                        {
                            return Err(StackStep::Receive.into());
                        }
                        Incoming::End | Incoming::Closed | Incoming::Failed => {
                            exchange.ended(incoming == Incoming::End, now)?
                        }
                    };
                    if starts_over {
                        self.close_socket(reason);
                    }
                    continue;
                }
            }
            // The step's end is its progress.
            now = exchange.timers.mark;
        }
    }

    /// The link may have been lost since the client went online, so it is asked each time.
    #[inline(never)]
    pub(crate) fn begin(&mut self, exchange: &mut Exchange, buffer: &[u8], now: u32) -> Step<()> {
        let status = self.stack.link_status();
        let ip = match status.as_ip_config() {
            Ok(ip) => Some(ip),
            Err(_) if !self.config.checks.has(Preflight::Link) => None,
            Err(error) => {
                self.close_socket(CloseReason::LinkLost);
                return Err(Refusal::Link(error).into());
            }
        };
        let mut kept = None;
        if self.take_kept(exchange, buffer, now) {
            kept = self.connection.peer.remote.as_ref();
        } else if let Some(ip) = ip {
            self.check_target(exchange, ip)?;
        }
        exchange.begun(kept, now);
        Ok(())
    }

    /// What the link's addresses say of the target.
    #[inline(never)]
    fn check_target(&mut self, exchange: &Exchange, ip: &IpConfig) -> Result<(), Refusal> {
        let own_network = &self.stack.own_network();
        let has_loopback = self.stack.traits().has_loopback;
        let around = Surroundings { ip, own_network: own_network.as_ref(), has_loopback };
        check_target(&exchange.endpoint, &around, self.config.checks)
    }

    // Its name is on the stack while the resolver works, and not while anything else does.
    #[inline(never)]
    pub(crate) fn resolve(&mut self, exchange: &mut Exchange, buffer: &[u8], now: u32) -> Step<()> {
        let mut name = heapless::String::new();
        host_text(&mut name, exchange.endpoint.host(buffer));
        let address = match self.stack.resolve(&name, self.config.address_type.clone()) {
            Ok(address) => address,
            Err(nb::Error::WouldBlock) => {
                exchange.wait(now, Deadline::Resolve)?;
                return Err(nb::Error::WouldBlock);
            }
            Err(nb::Error::Other(_)) => return Err(StackStep::Resolve.into()),
        };
        exchange.resolves_to(address);
        let has_loopback = self.stack.traits().has_loopback;
        if !is_allowed(exchange.endpoint.class, has_loopback, self.config.checks) {
            return Err(Refusal::ResolvedTo.into());
        }
        // Where the link was lost since, connecting will say so.
        if let Ok(ip) = self.stack.link_status().as_ip_config() {
            self.check_target(exchange, ip)?;
        }
        exchange.resolved(self.stack.now_ms());
        Ok(())
    }

    pub(crate) fn connect(&mut self, exchange: &mut Exchange, buffer: &[u8], now: u32) -> Step<()> {
        // It is known in this state.
        let Some(remote) = exchange.endpoint.remote else { return Ok(()) };
        if !self.stack.is_open() {
            self.open().map_err(|_| StackStep::Socket)?;
            self.remember(exchange, buffer);
            // Refused earlier where the stack has no TLS at all. Never in the clear instead.
            if exchange.endpoint.scheme == Scheme::Https && !self.secure(exchange, buffer) {
                return Err(Fault::NoTls.into());
            }
        }
        match self.stack.connect(remote) {
            Ok(()) => {
                exchange.connected(self.stack.now_ms())?;
                Ok(())
            }
            Err(nb::Error::WouldBlock) => {
                exchange.wait(now, Deadline::Connect)?;
                Err(nb::Error::WouldBlock)
            }
            Err(nb::Error::Other(_)) => Err(StackStep::Connect.into()),
        }
    }

    /// Makes the connection to come a TLS one. False where the stack can't.
    // Its name is on the stack meanwhile, too.
    #[inline(never)]
    fn secure(&mut self, exchange: &Exchange, buffer: &[u8]) -> bool {
        let mut name = heapless::String::new();
        host_text(&mut name, exchange.endpoint.host(buffer));
        self.stack.secure(&name)
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
            return Err(StackStep::NotConnected.into());
        }
        if self.is_answered(exchange, buffer, now) { Ok(()) } else { Err(StackStep::Send.into()) }
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
    pub(crate) fn read(&mut self, call: &mut CallView<'_>, out: &mut [u8]) -> Step<usize> {
        if out.is_empty() {
            // 0 would be an end that hasn't come.
            self.run(call, Goal::Head)?;
            return Ok(0);
        }
        let most = call.exchange.direct_length(call.buffer, out);
        if most > 0 {
            self.begin_turn(call)?;
            let count = self.read_directly(call, out.get_mut(..most).unwrap_or_default())?;
            self.settle(call);
            return Ok(count);
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
                return Err(nb::Error::WouldBlock);
            }
            Incoming::Failed => return Err(StackStep::Receive.into()),
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
        self.settle(call);
    }

    /// The caller has no more use for the call. A response of which little is left is drained, if that has
    /// arrived: it may save a connection.
    pub(crate) fn abandon(&mut self, call: &mut CallView<'_>) {
        if call.exchange.is_worth_discarding() && self.connection.belongs_to(call.ticket) {
            call.exchange.start_discarding(self.stack.now_ms());
            // An error of the rest is nobody's: the figures stay those of the one that the caller may have.
            let _ = self.run(call, Goal::Discarded);
        }
        if self.connection.belongs_to(call.ticket) {
            self.leave();
        }
    }
}
