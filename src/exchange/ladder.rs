//! The active check: down the ladder, to the first rung that breaks.

mod ask;

use super::{ErrorOf, Exchange, Kept, State};
use crate::clock::{Clock, elapsed_ms};
use crate::context::LoopContext;
use crate::diagnosis::{Diagnosis, Findings, Outcome, Report, Rung};
use crate::error::{
    Deadline, DisconnectReason, Error, ErrorKind, LinkError, LinkStatus, RequestError,
};
use crate::http::url::Scheme;
use crate::network::{Connect, Network};
use core::convert::Infallible;
use core::fmt;
use core::net::{IpAddr, SocketAddr};
use embedded_nal::nb;

/// An answer to a ping, or to a connection in its place, is awaited for so long.
const REACH_MS: u32 = 4_000;

/// Where a TCP connection takes the place of a ping: open or refused, it is an answer.
const KNOCK_PORT: u16 = 80;

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The modem is still busy with what was given up before.
    Free,
    Signal,
    Link,
    Name,
    Gateway(SocketAddr),
    Host(SocketAddr),
    Port,
    Http,
    /// The link is down and doesn't say why: does the stack?
    AskStack,
    /// The name didn't resolve: is it the way to the resolver?
    PingGateway(IpAddr),
    /// The connection failed: is the gateway there, on a stack without pings?
    KnockAtGateway,
    /// The connection with TLS failed: is the port open without?
    KnockAtPort,
    Over,
}

/// A check on its way: the non-blocking twin of
/// [`SafeHttpClient::diagnose`](crate::SafeHttpClient::diagnose).
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut client: SafeHttpClient<N, C>, mut cx: LoopContext) {
/// let mut buffer = [0; 512];
/// let mut checkup = client.start_diagnosis("http://gate.local:8080/", &mut buffer);
/// while checkup.poll(&mut cx).is_err() { /* blink */ }
/// println!("{}", checkup.report());
/// # }
/// ```
pub struct Checkup<'a, N: Network, C: Clock> {
    /// The check's own request. `None` where the URL was refused.
    exchange: Option<Exchange<'a, N, C>>,
    step: Next,
    report: Report,
    started: u32,
    /// When the rung began.
    mark: u32,
    findings: Findings,
    /// What ended it, kept while more is found out.
    error: Option<ErrorOf<N>>,
    /// The server was asked for its root, since it doesn't know `*`.
    asked_root: bool,
}

impl<'a, N: Network, C: Clock> Checkup<'a, N, C> {
    /// `exchange` hasn't begun yet; it is never the caller's own request.
    pub(crate) fn new(
        exchange: Result<Exchange<'a, N, C>, ErrorOf<N>>,
        host: &str,
        port: u16,
    ) -> Self {
        let mut report = Report::new(host, port);
        let (exchange, mark) = match exchange {
            Ok(exchange) => {
                let mark = exchange.started;
                report.add(Rung::Url, Outcome::Passed, 0);
                (Some(exchange), mark)
            }
            Err(error) => {
                let rung = rung_of(&error, Rung::Url);
                if rung != Rung::Url {
                    report.add(Rung::Url, Outcome::Passed, 0);
                }
                report.add(rung, Outcome::Failed, 0);
                report.code = error.code();
                report.diagnosis = Some(error.diagnosis());
                (None, 0)
            }
        };
        let secure = exchange.as_ref().is_some_and(|x| x.plan.target.scheme == Scheme::Https);
        let findings = Findings { secure, ..Findings::default() };
        let step = if exchange.is_some() { Next::Free } else { Next::Over };
        Self {
            exchange,
            step,
            report,
            started: mark,
            mark,
            findings,
            error: None,
            asked_root: false,
        }
    }

    /// Goes on as far as it goes without waiting. `Ok` once the [`report`](Self::report) is complete.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while there is something to wait for, and no other.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut checkup: Checkup<'_, N, C>, mut cx: LoopContext) {
    /// if checkup.poll(&mut cx).is_ok() { println!("{}", checkup.report()) }
    /// # }
    /// ```
    pub fn poll(&mut self, _cx: &mut LoopContext) -> nb::Result<(), Infallible> {
        self.advance()
    }

    /// What was found so far.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(checkup: Checkup<'_, N, C>) {
    /// println!("{}", checkup.report());
    /// # }
    /// ```
    pub fn report(&self) -> &Report {
        &self.report
    }

    pub(crate) fn into_report(self) -> Report {
        self.report
    }

    pub(crate) fn advance(&mut self) -> nb::Result<(), Infallible> {
        while self.step != Next::Over {
            let Some(exchange) = &mut self.exchange else {
                break;
            };
            exchange.core.wire.network.poll_network();
            let now = exchange.core.clock.now_ms();
            let spent = elapsed_ms(now, self.started) >= exchange.core.config.diagnosis_ms;
            match self.step() {
                Ok(step) => self.step = step,
                Err(nb::Error::WouldBlock) if spent => self.out_of_time(),
                Err(nb::Error::WouldBlock) => return Err(nb::Error::WouldBlock),
                Err(nb::Error::Other(Kept)) => self.failed(),
            }
        }
        Ok(())
    }

    fn step(&mut self) -> super::Step<Next> {
        let Some(exchange) = &mut self.exchange else {
            return Ok(Next::Over);
        };
        let waited = elapsed_ms(exchange.core.clock.now_ms(), self.mark);
        let network = &mut exchange.core.wire.network;
        match self.step {
            Next::Free if network.condition().is_busy => Err(nb::Error::WouldBlock),
            Next::Free => Ok(Next::Signal),
            Next::Signal => {
                let is_up = network.link_status().ip_config().is_ok();
                if is_up && waited < REACH_MS && network.signal_strength().is_err() {
                    return Err(nb::Error::WouldBlock);
                }
                Ok(Next::Link)
            }
            Next::Link => {
                self.report.link = network.link_status();
                // A modem that has just reset itself joins again.
                if is_unexplained(self.report.link) && waited < REACH_MS {
                    return Err(nb::Error::WouldBlock);
                }
                exchange.check_link()?;
                exchange.state = State::Resolve;
                // The caller's total deadline isn't for a modem's ends, nor for pings.
                exchange.started = exchange.mark;
                self.pass(Rung::Link);
                self.pass(Rung::Subnet);
                Ok(Next::Name)
            }
            Next::Name => {
                let is_name = exchange.remote.is_none();
                exchange.resolve()?;
                let Some(remote) = exchange.remote else {
                    return Ok(Next::Over);
                };
                self.report.address = Some(remote.ip());
                self.report.port = remote.port();
                if is_name {
                    self.pass(Rung::Name);
                }
                self.pass(Rung::Target);
                Ok(Next::Gateway(remote))
            }
            Next::Gateway(remote) => {
                let gateway = self.gateway().filter(|gateway| *gateway != remote.ip());
                if let Some(gateway) = gateway {
                    let (answer, outcome) = self.ping(gateway)?;
                    self.findings.gateway = answer;
                    self.end(Rung::Gateway, outcome);
                }
                Ok(Next::Host(remote))
            }
            Next::Host(remote) => {
                // A PC that asks itself is there.
                if !remote.ip().is_loopback() {
                    let (answer, outcome) = self.ping(remote.ip())?;
                    self.findings.host = answer;
                    self.end(Rung::Host, outcome);
                }
                Ok(Next::Port)
            }
            Next::Port => {
                if exchange.state != State::Connect {
                    exchange.state = State::Connect;
                    exchange.progress();
                    exchange.started = exchange.mark;
                }
                exchange.state = exchange.connect()?;
                self.pass(Rung::Port);
                Ok(Next::Http)
            }
            Next::Http => {
                exchange.advance()?;
                // Servers that take `*` for an error say the same of it whatever they are.
                let is_refused = exchange.known_head().status() == 400;
                if is_refused && exchange.oddity().is_none() && !self.asked_root {
                    self.asked_root = exchange.ask_root();
                    if self.asked_root {
                        return Ok(Next::Http);
                    }
                }
                self.answered();
                Ok(Next::Over)
            }
            Next::AskStack => {
                let fault = self.ask_stack()?;
                if let Some(error) = &mut self.error {
                    error.evidence.fault = fault;
                }
                Ok(self.conclude())
            }
            Next::PingGateway(gateway) => {
                self.findings.gateway = self.ping(gateway)?.0;
                Ok(self.conclude())
            }
            Next::KnockAtGateway => {
                let answer = match self.gateway() {
                    Some(gateway) => self.knock(SocketAddr::new(gateway, KNOCK_PORT))?,
                    None => None,
                };
                self.findings.gateway = answer;
                Ok(self.conclude())
            }
            Next::KnockAtPort => {
                let answer = match self.report.address {
                    Some(address) => self.knock(SocketAddr::new(address, self.report.port))?,
                    None => None,
                };
                self.findings.port = Some(answer == Some(true));
                Ok(self.conclude())
            }
            Next::Over => Ok(Next::Over),
        }
    }

    /// The rung holds; the next one begins.
    fn pass(&mut self, rung: Rung) {
        self.end(rung, Outcome::Passed);
    }

    fn end(&mut self, rung: Rung, outcome: Outcome) {
        let Some(exchange) = &mut self.exchange else {
            return;
        };
        let now = exchange.core.clock.now_ms();
        self.report.add(rung, outcome, elapsed_ms(now, self.mark));
        self.mark = now;
    }

    fn gateway(&self) -> Option<IpAddr> {
        let ip = self.report.link.ip_config().ok()?;
        ip.gateway.map(IpAddr::V4)
    }

    /// The server's answer is in: the check's own question, whatever it said to it.
    fn answered(&mut self) {
        let Some(exchange) = &mut self.exchange else {
            return;
        };
        self.report.status = exchange.head().map(|head| head.status());
        let evidence = exchange.evidence();
        let oddity = exchange.oddity();
        match oddity {
            None => self.pass(Rung::Http),
            Some(oddity) => {
                self.report.diagnosis = Some(Diagnosis::of_response(oddity, evidence));
                self.end(Rung::Http, Outcome::Failed);
            }
        }
    }

    fn failed(&mut self) {
        let Some(error) = self.exchange.as_mut().map(Exchange::take_error) else {
            return;
        };
        let rung = match self.step {
            Next::Free | Next::Signal | Next::Link | Next::AskStack => rung_of(&error, Rung::Link),
            Next::Name | Next::PingGateway(_) => rung_of(&error, Rung::Name),
            Next::Gateway(_) => Rung::Gateway,
            Next::Host(_) => Rung::Host,
            Next::Port | Next::KnockAtGateway | Next::KnockAtPort => Rung::Port,
            Next::Http | Next::Over => Rung::Http,
        };
        if self.step == Next::Link && rung != Rung::Link {
            self.pass(Rung::Link);
        }
        // What the head doesn't fit is an answer all the same.
        let is_answer = matches!(error.kind, ErrorKind::Buffer { .. }) && rung == Rung::Http;
        if is_answer {
            self.pass(Rung::Http);
            self.step = Next::Over;
            return;
        }
        self.end(rung, Outcome::Failed);
        self.report.code = error.code();
        let connect = self.exchange.as_ref().map(|x| x.core.wire.network.behaviour().connect);
        // Only a stack that can be interrupted is asked for more.
        let polls = connect == Some(Connect::Polls);
        let may_knock = polls && rung == Rung::Port;
        self.step = if polls && rung == Rung::Link && is_unexplained(self.report.link) {
            Next::AskStack
        } else if rung == Rung::Name
            && matches!(error.kind, ErrorKind::Resolve(_) | ErrorKind::Timeout { .. })
            && let Some(gateway) = self.gateway()
        {
            Next::PingGateway(gateway)
        } else if may_knock && self.findings.secure {
            Next::KnockAtPort
        } else if may_knock && self.findings.gateway.is_none() && self.gateway().is_some() {
            Next::KnockAtGateway
        } else {
            Next::Over
        };
        self.error = Some(error);
        if self.step == Next::Over {
            self.step = self.conclude();
        }
    }

    /// All that can be found out is.
    fn conclude(&mut self) -> Next {
        if let (Some(error), Some(exchange)) = (self.error.take(), &self.exchange) {
            let words = exchange.core.wire.network.condition().last_words;
            let diagnosis = Diagnosis::of_error(&error, self.findings).with_last_words(words);
            self.report.diagnosis = Some(diagnosis);
        }
        Next::Over
    }

    /// The check's own deadline has run out.
    fn out_of_time(&mut self) {
        if self.error.is_some() {
            self.step = self.conclude();
            return;
        }
        let Some(exchange) = &mut self.exchange else {
            return;
        };
        let limit_ms = exchange.core.config.diagnosis_ms;
        let silent = match self.step {
            Next::Gateway(_) => Some(&mut self.findings.gateway),
            Next::Host(_) => Some(&mut self.findings.host),
            _ => None,
        };
        if let Some(silent) = silent {
            // Whom it asked hasn't answered, and what they stand before is the connection.
            *silent = Some(false);
            exchange.state = State::Connect;
        }
        if matches!(self.step, Next::Free | Next::Signal) {
            // Busy all the time, and not asked yet.
            self.report.link = exchange.core.wire.network.link_status();
        }
        let deadline = match self.step {
            Next::Http => Deadline::Response,
            _ => Deadline::Connect,
        };
        exchange.fail(ErrorKind::Timeout { deadline, limit_ms });
        self.failed();
    }
}

/// Whether the link is down and its driver doesn't say why.
fn is_unexplained(link: LinkStatus) -> bool {
    matches!(
        link.ip_config(),
        Err(LinkError::NoAddress | LinkError::Disconnected(DisconnectReason::Unknown))
    )
}

/// The rung that an error belongs to.
fn rung_of<T, D>(error: &Error<T, D>, else_: Rung) -> Rung {
    match &error.kind {
        ErrorKind::Request(
            RequestError::Target(_) | RequestError::OwnAddress | RequestError::OwnNetwork,
        )
        | ErrorKind::ResolvedTo(..) => Rung::Target,
        ErrorKind::Link(LinkError::GatewayOutsideSubnet) => Rung::Subnet,
        ErrorKind::Link(LinkError::NoDnsServer) => Rung::Name,
        _ => else_,
    }
}

impl<N: Network, C: Clock> fmt::Debug for Checkup<'_, N, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkup")
            .field("step", &self.step)
            .field("report", &self.report)
            .finish_non_exhaustive()
    }
}
