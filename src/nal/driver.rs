//! Does what an exchange says comes next.

use super::{Connection, ErrorOf, Incoming, KindOf, TcpErrorOf};
use crate::error::{self, Deadline, ErrorKind, Evidence, RequestError};
use crate::http::bytes::copy;
use crate::http::endpoint::host_text;
use crate::http::url::Scheme;
use crate::policy::{Config, Preflight, Surroundings, check_addresses, check_resolved};
use crate::protocol::{Action, Blocked, CloseReason, Exchange, Failure, Goal, State};
use core::fmt;
use nal_link::{Clock, Connect, Network};

/// The parts of a client.
pub(crate) struct Driver<N: Network, C> {
    pub(crate) connection: Connection<N>,
    pub(crate) clock: C,
    pub(crate) config: Config,
    /// Of the last call that failed.
    pub(crate) evidence: Evidence,
}

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
pub(crate) enum Stop<K> {
    /// The stack would block.
    Wait,
    /// It has failed.
    Failed(K),
    /// It has failed, and the exchange has the figures.
    Broken(Failure),
}

/// What a step has come to.
pub(crate) type Step<N, T> = Result<T, Stop<KindOf<N>>>;

impl<T, D> From<error::Failure> for Stop<ErrorKind<T, D>> {
    fn from(failure: error::Failure) -> Self {
        Self::Failed(failure.widen())
    }
}

impl<K> From<Failure> for Stop<K> {
    fn from(failure: Failure) -> Self {
        Self::Broken(failure)
    }
}

impl<N: Network, C: Clock> Driver<N, C> {
    pub(crate) fn new(network: N, clock: C, config: Config) -> Self {
        let connection = Connection::new(network);
        Self { connection, clock, config, evidence: Evidence::default() }
    }

    /// Goes on until the `goal` is reached, or the body needs more.
    pub(crate) fn run(
        &mut self,
        call: &mut CallView<'_>,
        goal: Goal,
    ) -> nb::Result<(), ErrorOf<N>> {
        self.begin_turn(call)?;
        let step = self.steps(call.exchange, call.buffer, call.body, goal);
        self.end_turn(call, step)
    }

    /// Whether the call may use the connection; and the stack may move its packets.
    pub(super) fn begin_turn(&mut self, call: &mut CallView<'_>) -> Result<(), ErrorOf<N>> {
        if !call.exchange.is_over() && !self.connection.belongs_to(call.ticket) {
            return Err(self.displaced(call));
        }
        self.connection.network.poll_network();
        Ok(())
    }

    /// Tells a failure, and lets go of the connection once the response is complete.
    pub(crate) fn end_turn<T>(
        &mut self,
        call: &mut CallView<'_>,
        step: Step<N, T>,
    ) -> nb::Result<T, ErrorOf<N>> {
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
                None => self.connection.keep(self.clock.now_ms()),
                Some(reason) => self.connection.close(reason),
            }
        }
    }

    fn steps(
        &mut self,
        exchange: &mut Exchange,
        buffer: &mut [u8],
        body: &[u8],
        goal: Goal,
    ) -> Step<N, ()> {
        let mut now = self.clock.now_ms();
        loop {
            match exchange.next(buffer, body, goal, now)? {
                Action::Ready | Action::NeedBody => return Ok(()),
                Action::Begin => self.begin(exchange, buffer, now)?,
                Action::Resolve => self.resolve(exchange, buffer, now)?,
                Action::Connect => self.connect(exchange, buffer, now)?,
                Action::Send(bytes) => match self.connection.send(bytes) {
                    Ok(0) => match exchange.send_blocked(now)? {
                        Blocked::Wait => return Err(Stop::Wait),
                        Blocked::GoOn => {}
                        Blocked::GiveUpStage => {
                            if !self.is_answered(exchange, buffer, now) {
                                exchange.wait(now, Deadline::Idle)?;
                                return Err(Stop::Wait);
                            }
                        }
                    },
                    Ok(count) => exchange.sent(count, self.clock.now_ms()),
                    Err(error) => self.send_failed(exchange, buffer, error, now)?,
                },
                Action::Receive(room) => {
                    let incoming = self.connection.receive(room);
                    now = self.clock.now_ms();
                    let mut reason = CloseReason::ServerClosedIdle;
                    let starts_over = match incoming {
                        Incoming::Bytes(count) => {
                            reason = CloseReason::ExcessBytes;
                            exchange.received(buffer, count, now)?
                        }
                        Incoming::Nothing => {
                            if !exchange.nothing_received(buffer, body, now)? {
                                return Err(Stop::Wait);
                            }
                            false
                        }
                        Incoming::End => exchange.ended(true, now)?,
                        Incoming::Failed(error)
                            if exchange.state != State::MeasureHead
                                && !exchange.may_start_over() =>
                        {
                            return Err(Stop::Failed(ErrorKind::Receive(error)));
                        }
                        Incoming::Closed | Incoming::Failed(_) => exchange.ended(false, now)?,
                    };
                    if starts_over {
                        self.connection.close_socket(reason);
                    }
                    continue;
                }
            }
            now = self.clock.now_ms();
        }
    }

    /// The link may have been lost since the client went online, so it is asked each time.
    pub(crate) fn begin(
        &mut self,
        exchange: &mut Exchange,
        buffer: &[u8],
        now: u32,
    ) -> Step<N, ()> {
        let network = &mut self.connection.network;
        let ip = match network.link_status().ip_config() {
            Ok(ip) => Some(ip),
            Err(_) if !self.config.checks.has(Preflight::Link) => None,
            Err(error) => {
                self.connection.close_socket(CloseReason::LinkLost);
                return Err(Stop::Failed(ErrorKind::Link(error)));
            }
        };
        let endpoint = &exchange.endpoint;
        let host = endpoint.host(buffer);
        let keep_alive_ms = self.config.keep_alive_ms;
        let kept = self.connection.take_kept(endpoint, host, now, keep_alive_ms);
        if kept.is_none()
            && let Some(ip) = ip
        {
            let network = &mut self.connection.network;
            let (own_network, has_loopback) = (network.own_network(), network.has_loopback());
            let around = Surroundings { ip, own_network, has_loopback };
            check_addresses(endpoint, &around, self.config.checks)?;
        }
        exchange.begun(kept, now);
        Ok(())
    }

    // Its name is on the stack while the resolver works, and not while anything else does.
    #[inline(never)]
    pub(crate) fn resolve(
        &mut self,
        exchange: &mut Exchange,
        buffer: &[u8],
        now: u32,
    ) -> Step<N, ()> {
        let network = &mut self.connection.network;
        let host = host_text(exchange.endpoint.host(buffer));
        let address = match network.get_host_by_name(&host, self.config.address_type.clone()) {
            Ok(address) => address,
            Err(nb::Error::WouldBlock) => {
                exchange.wait(now, Deadline::Resolve)?;
                return Err(Stop::Wait);
            }
            Err(nb::Error::Other(error)) => {
                return Err(Stop::Failed(ErrorKind::Resolve(error)));
            }
        };
        let has_loopback = network.has_loopback();
        let around = match network.link_status().ip_config() {
            Ok(ip) => Some(Surroundings { ip, own_network: network.own_network(), has_loopback }),
            Err(_) => None,
        };
        check_resolved(address, has_loopback, around.as_ref(), self.config.checks)?;
        exchange.resolved(address, self.clock.now_ms());
        Ok(())
    }

    pub(crate) fn connect(
        &mut self,
        exchange: &mut Exchange,
        buffer: &[u8],
        now: u32,
    ) -> Step<N, ()> {
        let connection = &mut self.connection;
        let endpoint = &exchange.endpoint;
        // It is known in this state.
        let Some(remote) = endpoint.remote else { return Ok(()) };
        if !connection.is_open() {
            let host = endpoint.host(buffer);
            connection.open().map_err(|error| Stop::Failed(ErrorKind::Socket(error)))?;
            connection.leads_to(endpoint, host);
            // Refused earlier where the stack has no TLS at all. Never in the clear instead.
            if endpoint.scheme == Scheme::Https && !secure(connection, host) {
                return Err(Stop::Failed(ErrorKind::Request(RequestError::NoTls)));
            }
        }
        match connection.connect(remote) {
            Ok(()) => Ok(exchange.connected(self.clock.now_ms())?),
            Err(nb::Error::WouldBlock) => {
                exchange.wait(now, Deadline::Connect)?;
                Err(Stop::Wait)
            }
            Err(nb::Error::Other(error)) => Err(Stop::Failed(ErrorKind::Connect(error))),
        }
    }

    fn send_failed(
        &mut self,
        exchange: &mut Exchange,
        buffer: &mut [u8],
        error: TcpErrorOf<N>,
        now: u32,
    ) -> Step<N, ()> {
        if exchange.may_start_over() {
            self.connection.close_socket(CloseReason::ServerClosedIdle);
            exchange.start_over(now);
            return Ok(());
        }
        if exchange.sent == 0
            && !exchange.reused
            && self.connection.network.quirks().connect() == Connect::ReportsSuccess
        {
            return Err(Stop::Failed(ErrorKind::NotConnected(error)));
        }
        if self.is_answered(exchange, buffer, now) {
            return Ok(());
        }
        Err(Stop::Failed(ErrorKind::Send(error)))
    }

    /// A server that refuses a body answers and takes no more; its answer may be there to read.
    fn is_answered(&mut self, exchange: &mut Exchange, buffer: &mut [u8], now: u32) -> bool {
        let count = match exchange.room_for_answer(buffer) {
            Some(room) => match self.connection.receive(room) {
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
    ) -> nb::Result<usize, ErrorOf<N>> {
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

    fn read_directly(&mut self, call: &mut CallView<'_>, out: &mut [u8]) -> Step<N, usize> {
        let exchange = &mut *call.exchange;
        let incoming = self.connection.receive(out);
        let now = self.clock.now_ms();
        let count = match incoming {
            Incoming::Bytes(count) => {
                exchange.received_directly(count, now)?;
                count
            }
            Incoming::Nothing => {
                exchange.nothing_received(call.buffer, call.body, now)?;
                return Err(Stop::Wait);
            }
            Incoming::Failed(error) => return Err(Stop::Failed(ErrorKind::Receive(error))),
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
            call.exchange.start_discarding(self.clock.now_ms());
            let _ = self.run(call, Goal::Discarded);
        }
        if self.connection.belongs_to(call.ticket) {
            self.connection.abandon();
        }
    }
}

/// Makes the connection to come a TLS one. False where the stack can't.
#[inline(never)]
fn secure<N: Network>(connection: &mut Connection<N>, host: &[u8]) -> bool {
    connection.secure(&host_text(host))
}

impl<N: Network, C> fmt::Debug for Driver<N, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.connection.fmt(f)
    }
}
