//! The active check: down the ladder of steps, to the first one that breaks. This file has their order,
//! `steps` what each one does.

mod steps;

use crate::diagnosis::{Findings, ProbeStep, Reach, Report, Seen, StepOutcome};
use crate::error::{Error, Evidence};
use crate::http::endpoint::Endpoint;
use crate::http::framing::ResponseTo;
use crate::http::method::{Method, Repeat};
use crate::http::request::{HeadWriter, Unsendable};
use crate::http::url::{Scheme, Url};
use crate::nal::{CallView, Driver, ErrorOf, Step};
use crate::policy::Config;
use crate::protocol::{CloseReason, Exchange, Goal, NEVER, State};
use core::convert::Infallible;
use core::net::{IpAddr, SocketAddr};
use nal_link::{Clock, Connect, LinkStatus, Network, StackFault, elapsed_ms};
use steps::{
    is_own_machine, is_unexplained, look_at_subnet, look_at_target, outcome, step_of, told,
};

/// An answer to a ping, or to a connection in its place, is awaited for so long.
const REACH_MS: u32 = 4_000;

/// Where a TCP connection takes the place of a ping: open or refused, it is an answer.
const KNOCK_PORT: u16 = 80;

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Wait for a modem that is still busy with a command that was given up.
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
    /// The connection failed, on a stack without pings: is the gateway there?
    KnockAtGateway(SocketAddr),
    /// The connection with TLS failed: is the port open without?
    KnockAtPort(SocketAddr),
    Over,
}

/// A check on its way, without its buffer.
#[derive(Debug)]
pub(crate) struct Ladder {
    /// The check's own request. `None` before the first step if the URL was refused, and once it is over.
    exchange: Option<Exchange>,
    ticket: u32,
    pub(crate) next: Next,
    pub(crate) report: Report,
    started: u32,
    /// When the step began.
    mark: u32,
    findings: Findings,
    /// What ended it, kept while more is found out.
    seen: Option<(Seen, Evidence)>,
    /// The server was asked for its root (`/`), since it takes `*` for an error.
    asked_root: bool,
    /// The signal as it was measured now, in dBm, where the stack can.
    signal: Option<i8>,
}

/// The check's own request, never the caller's, as it stands in the buffer.
pub(crate) fn request(
    url: &Url<'_>,
    endpoint: Endpoint,
    config: &Config,
    buffer: &mut [u8],
    now: u32,
) -> Result<Exchange, Unsendable> {
    let options = const { &Method::Options.traits() };
    let mut head = HeadWriter::new(options);
    head.on(buffer).start(options, url);
    head.on(buffer).connection_close();
    let head_end = head.on(buffer).finish(None)?;
    let mut deadlines = config.deadlines;
    // The caller's total deadline is for a request: a check also waits for a busy modem and for pings.
    deadlines.total_ms = NEVER;
    let mut exchange = Exchange::new(endpoint, ResponseTo::Other, Repeat::Safe, deadlines, now);
    exchange.params.close = true;
    exchange.stage(head_end, false, buffer, &[]);
    Ok(exchange)
}

impl Ladder {
    /// A check whose request is staged.
    pub(crate) fn new(exchange: Exchange, host: &str, ticket: u32) -> Self {
        let mut report = Report::new(host, exchange.endpoint.port);
        report.add(ProbeStep::Url, StepOutcome::Passed, 0);
        let secure = exchange.endpoint.scheme == Scheme::Https;
        let now = exchange.timers.started;
        Self {
            exchange: Some(exchange),
            ticket,
            next: Next::Free,
            started: now,
            mark: now,
            findings: Findings { secure, ..Findings::default() },
            ..Self::over(report)
        }
    }

    /// A check that ended before it began.
    pub(crate) fn refused<T, D>(error: &Error<T, D>, host: &str, port: u16) -> Self {
        let mut report = Report::new(host, port);
        let step = step_of(error, ProbeStep::Url);
        if step != ProbeStep::Url {
            report.add(ProbeStep::Url, StepOutcome::Passed, 0);
        }
        report.add(step, StepOutcome::Failed, 0);
        let evidence = Evidence::default();
        let seen = Seen::new(error, &evidence);
        report.code = seen.code;
        report.error = told(&error.kind);
        report.diagnosis = Some(seen.diagnosis(&evidence, Findings::default()));
        Self::over(report)
    }

    fn over(report: Report) -> Self {
        Self {
            exchange: None,
            ticket: 0,
            next: Next::Over,
            report,
            started: 0,
            mark: 0,
            findings: Findings::default(),
            seen: None,
            asked_root: false,
            signal: None,
        }
    }

    /// Goes on as far as it goes without waiting. `Ok` once the report is complete.
    pub(crate) fn run<N: Network, C: Clock>(
        &mut self,
        driver: &mut Driver<N, C>,
        buffer: &mut [u8],
    ) -> nb::Result<(), Infallible> {
        let Some(mut exchange) = self.exchange.take() else {
            return Ok(());
        };
        // The figures of the request that failed before are still asked for.
        let evidence = driver.evidence;
        let result = self.walk(driver, &mut exchange, buffer);
        driver.evidence = evidence;
        // Once the check has ended there is no request any more.
        if result.is_err() {
            self.exchange = Some(exchange);
        }
        result
    }

    fn walk<N: Network, C: Clock>(
        &mut self,
        driver: &mut Driver<N, C>,
        exchange: &mut Exchange,
        buffer: &mut [u8],
    ) -> nb::Result<(), Infallible> {
        while self.next != Next::Over {
            if !driver.connection.belongs_to(self.ticket) {
                self.displaced(&driver.stack.clock);
                break;
            }
            driver.stack.network.poll_network();
            let now = driver.stack.clock.now_ms();
            let is_spent = elapsed_ms(now, self.started) >= driver.config.diagnosis_ms;
            match self.step(driver, exchange, buffer, now) {
                Ok(next) => self.next = next,
                Err(nb::Error::WouldBlock) if is_spent => {
                    self.out_of_time(driver, exchange, buffer);
                }
                Err(nb::Error::WouldBlock) => return Err(nb::Error::WouldBlock),
                Err(nb::Error::Other(error)) => self.failed(driver, error),
            }
        }
        if driver.connection.belongs_to(self.ticket) {
            driver.any().close(CloseReason::CallerAsked);
        }
        Ok(())
    }

    fn step<N: Network, C: Clock>(
        &mut self,
        driver: &mut Driver<N, C>,
        exchange: &mut Exchange,
        buffer: &mut [u8],
        now: u32,
    ) -> nb::Result<Next, ErrorOf<N>> {
        let waited = elapsed_ms(now, self.mark);
        let network = &mut driver.stack.network;
        match self.next {
            Next::Free if network.status().pending == StackFault::Busy => {
                Err(nb::Error::WouldBlock)
            }
            Next::Free => Ok(Next::Signal),
            Next::Signal => {
                let is_up = network.link_status().ip_config().is_ok();
                if is_up && waited < REACH_MS {
                    let Ok(signal) = network.signal_strength() else {
                        return Err(nb::Error::WouldBlock);
                    };
                    self.signal = signal;
                }
                Ok(Next::Link)
            }
            Next::Link => {
                self.report.link = match (network.link_status(), self.signal) {
                    (LinkStatus::Up(ip), Some(dbm)) => LinkStatus::Up(ip.with_rssi(dbm)),
                    (status, _) => status,
                };
                // A modem that has just reset itself joins again.
                if is_unexplained(self.report.link) && waited < REACH_MS {
                    return Err(nb::Error::WouldBlock);
                }
                let begun = driver.any().begin(exchange, buffer, now);
                self.tell(driver, exchange, buffer, begun)?;
                let ip = self.report.link.ip_config().ok();
                // Without an address it only comes so far where the check of the link is switched off.
                let is_up = if ip.is_some() { StepOutcome::Passed } else { StepOutcome::NotAsked };
                self.end(ProbeStep::Link, is_up, &driver.stack.clock);
                let target = exchange.endpoint.remote.map(|remote| remote.ip());
                let (outcome, word) = look_at_subnet(ip, target, driver.config.checks);
                self.report.subnet = word;
                self.end(ProbeStep::Subnet, outcome, &driver.stack.clock);
                Ok(Next::Name)
            }
            Next::Name => {
                if exchange.endpoint.remote.is_none() {
                    let resolved = driver.any().resolve(exchange, buffer, now);
                    self.tell(driver, exchange, buffer, resolved)?;
                    self.report.address = exchange.endpoint.remote.map(|remote| remote.ip());
                    self.pass(ProbeStep::Name, &driver.stack.clock);
                }
                let Some(remote) = exchange.endpoint.remote else {
                    return Ok(Next::Over);
                };
                self.report.address = Some(remote.ip());
                self.report.port = remote.port();
                let own = self.own_address();
                let has_loopback = driver.stack.network.has_loopback();
                let (outcome, word) =
                    look_at_target(remote.ip(), own, has_loopback, driver.config.checks);
                self.report.target = word;
                self.end(ProbeStep::Target, outcome, &driver.stack.clock);
                // Nobody stands between a machine and itself.
                if is_own_machine(remote.ip(), own, has_loopback) {
                    exchange.timers.progress(driver.stack.clock.now_ms());
                    return Ok(Next::Port);
                }
                Ok(Next::Gateway(remote))
            }
            Next::Gateway(remote) => {
                let gateway = self.gateway().filter(|gateway| *gateway != remote.ip());
                if let Some(gateway) = gateway {
                    self.findings.gateway = self.ping(network, gateway, now)?;
                    let outcome = outcome(self.findings.gateway);
                    self.end(ProbeStep::Gateway, outcome, &driver.stack.clock);
                }
                Ok(Next::Host(remote))
            }
            Next::Host(remote) => {
                self.findings.host = self.ping(network, remote.ip(), now)?;
                let outcome = outcome(self.findings.host);
                self.end(ProbeStep::Host, outcome, &driver.stack.clock);
                exchange.timers.progress(driver.stack.clock.now_ms());
                Ok(Next::Port)
            }
            Next::Port => {
                exchange.state = State::Connect;
                let connected = driver.any().connect(exchange, buffer, now);
                self.tell(driver, exchange, buffer, connected)?;
                // Some stacks report any connect as a success: only the answer tells then.
                let quirks = driver.stack.network.quirks();
                if quirks.connect() != Connect::ReportsSuccess {
                    self.pass(ProbeStep::Port, &driver.stack.clock);
                }
                Ok(Next::Http)
            }
            Next::Http => {
                let mut call = CallView { exchange, ticket: self.ticket, buffer, body: &[] };
                driver.run(&mut call, Goal::Head)?;
                self.answered(driver, exchange, buffer)
            }
            Next::AskStack => {
                let fault = self.ask_stack(driver, now)?;
                if let Some((_, evidence)) = &mut self.seen {
                    evidence.fault = fault;
                }
                Ok(self.conclude(driver))
            }
            Next::PingGateway(gateway) => {
                self.findings.gateway = self.ping(network, gateway, now)?;
                Ok(self.conclude(driver))
            }
            Next::KnockAtGateway(gateway) => {
                self.findings.gateway = match self.knock(driver, gateway, now)? {
                    // Its port may be closed to all.
                    Reach::Silent => Reach::Unheard,
                    reach => reach,
                };
                self.report.knocked(outcome(self.findings.gateway));
                Ok(self.conclude(driver))
            }
            Next::KnockAtPort(remote) => {
                self.findings.port = match self.knock(driver, remote, now)? {
                    Reach::Answers => Reach::Answers,
                    _ => Reach::Silent,
                };
                Ok(self.conclude(driver))
            }
            Next::Over => Ok(Next::Over),
        }
    }

    /// What a part of a call came to: if it failed, the error that the call would have had.
    fn tell<N: Network, C: Clock, T>(
        &self,
        driver: &mut Driver<N, C>,
        exchange: &mut Exchange,
        buffer: &mut [u8],
        step: Step<T>,
    ) -> nb::Result<T, ErrorOf<N>> {
        let mut call = CallView { exchange, ticket: self.ticket, buffer, body: &[] };
        driver.tell(&mut call, step)
    }

    /// Its own request, while the check goes on.
    #[cfg(feature = "async")]
    pub(crate) fn exchange(&self) -> Option<&Exchange> {
        self.exchange.as_ref()
    }

    /// For how many milliseconds more the step may wait: at most until the check's deadline, `diagnosis_ms`.
    #[cfg(feature = "async")]
    pub(crate) fn time_left(&self, diagnosis_ms: u32, now: u32) -> u32 {
        let step = match (self.next, &self.exchange) {
            (Next::Name | Next::Port | Next::Http, Some(exchange)) => exchange.time_left(now),
            _ => REACH_MS.saturating_sub(elapsed_ms(now, self.mark)),
        };
        step.min(diagnosis_ms.saturating_sub(elapsed_ms(now, self.started)))
    }

    /// The step holds; the next one begins.
    fn pass(&mut self, step: ProbeStep, clock: &impl Clock) {
        self.end(step, StepOutcome::Passed, clock);
    }

    /// The step is over. The stack's call may have blocked, so the time is looked at only now.
    fn end(&mut self, step: ProbeStep, outcome: StepOutcome, clock: &impl Clock) {
        let now = clock.now_ms();
        self.report.add(step, outcome, elapsed_ms(now, self.mark));
        self.mark = now;
    }

    /// The step that is under way, or that broke while more is found out.
    fn current(&self) -> ProbeStep {
        match self.next {
            Next::Free | Next::Signal | Next::Link | Next::AskStack => ProbeStep::Link,
            Next::Name | Next::PingGateway(_) => ProbeStep::Name,
            Next::Gateway(_) => ProbeStep::Gateway,
            Next::Host(_) => ProbeStep::Host,
            Next::Port | Next::KnockAtGateway(_) | Next::KnockAtPort(_) => ProbeStep::Port,
            Next::Http | Next::Over => ProbeStep::Http,
        }
    }

    /// The link's own.
    fn own_address(&self) -> Option<IpAddr> {
        self.report.link.ip_config().ok().map(|ip| ip.address)
    }

    fn gateway(&self) -> Option<IpAddr> {
        let ip = self.report.link.ip_config().ok()?;
        ip.gateway.map(IpAddr::V4)
    }
}
