//! The steps of the check: what is looked at and asked, how that ended, and what follows from it.

use super::{KNOCK_PORT, Ladder, Next, REACH_MS};
use crate::diagnosis::{
    Answer, Diagnosis, Meaning, ProbeStep, Seen, StepOutcome, Told, is_refusal,
};
use crate::error::{
    Deadline, Error, ErrorKind, Evidence, Excerpt, Phase, RequestError, TargetClass,
};
use crate::http::address::classify;
use crate::http::endpoint::Endpoint;
use crate::http::method::Method;
use crate::http::request::HeadWriter;
use crate::http::url::Url;
use crate::nal::{CallView, Driver, ErrorOf, StackStep};
use crate::policy::{Preflight, Preflights};
use crate::protocol::{CloseReason, Exchange, Failure, State};
use core::convert::Infallible;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use nal_link::{
    Clock, Connect, DisconnectReason, IpConfig, LinkError, LinkStatus, Network, StackFault,
    elapsed_ms,
};

/// An address that nobody has (RFC 5737), for a connection that is only to make the stack speak.
const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), KNOCK_PORT);

/// What became of a step, and a word on it.
pub(super) type Looked = (StepOutcome, &'static str);

/// Whether a message from such a link gets to its target, as far as the addresses tell. What didn't fit
/// was found before.
pub(super) fn look_at_subnet(
    ip: Option<IpConfig>,
    target: Option<IpAddr>,
    checks: Preflights,
) -> Looked {
    let not = |why| (StepOutcome::NotAsked, why);
    let Some(ip) = ip else {
        return not("not looked at: no address");
    };
    if !checks.has(Preflight::Subnet) {
        return not("not looked at: switched off");
    }
    let Some(netmask) = ip.netmask else {
        return not("not looked at: no netmask known");
    };
    let is_near = target.is_some_and(|target| ip.has_in_subnet(target) == Some(true));
    if is_near {
        return (StepOutcome::Passed, "");
    }
    if ip.gateway.is_none_or(|gateway| gateway.is_unspecified()) {
        return not("not looked at: no gateway known");
    }
    if netmask.to_bits() >= 0xffff_fffe || !ip.address.is_ipv4() {
        return not("not looked at: no subnet of IPv4");
    }
    (StepOutcome::Passed, "")
}

/// Whether a target is the machine that asks, where it can ask itself.
pub(super) fn is_own_machine(target: IpAddr, own: Option<IpAddr>, has_loopback: bool) -> bool {
    has_loopback && (target.is_loopback() || own == Some(target))
}

/// What a target is, as far as that can be told.
pub(super) fn look_at_target(
    target: IpAddr,
    own: Option<IpAddr>,
    has_loopback: bool,
    checks: Preflights,
) -> Looked {
    if is_own_machine(target, own, has_loopback) {
        return (StepOutcome::Passed, "this machine");
    }
    if classify(target) != TargetClass::Host {
        return (StepOutcome::NotAsked, "no other host: switched off");
    }
    match own {
        Some(own) if own == target => (StepOutcome::NotAsked, "the chip itself: switched off"),
        Some(own) if !own.is_loopback() && checks.has(Preflight::OwnAddress) => {
            (StepOutcome::Passed, "another host")
        }
        // A PC's link that doesn't know its address.
        _ => (StepOutcome::Passed, "an address of a host"),
    }
}

/// The error that the report's advice is about. What is the stack's own has its fault in the report.
pub(super) fn told<T, D>(kind: &ErrorKind<T, D>) -> Option<Told> {
    Some(match *kind {
        ErrorKind::Request(error) => Told::Request(error),
        ErrorKind::ResolvedTo(address, class) => Told::ResolvedTo(address, class),
        ErrorKind::Protocol(error) => Told::Protocol(error),
        ErrorKind::Truncated { received, announced } => Told::Truncated { received, announced },
        ErrorKind::Buffer { what, needed, available, exact } => {
            Told::Buffer { what, needed, available, exact }
        }
        _ => return None,
    })
}

impl Ladder {
    fn is_patient(&self, now: u32) -> bool {
        elapsed_ms(now, self.mark) < REACH_MS
    }

    /// Whether somebody answers a ping; `None` where the stack has none.
    pub(super) fn ping<N: Network>(
        &self,
        network: &mut N,
        host: IpAddr,
        now: u32,
    ) -> nb::Result<(Option<bool>, StepOutcome), ErrorOf<N>> {
        match network.ping(host) {
            Ok(Some(_)) => Ok((Some(true), StepOutcome::Passed)),
            Err(nb::Error::WouldBlock) if self.is_patient(now) => Err(nb::Error::WouldBlock),
            Ok(None) | Err(nb::Error::WouldBlock) => Ok((Some(false), StepOutcome::Silent)),
            Err(nb::Error::Other(_)) => Ok((None, StepOutcome::NotAsked)),
        }
    }

    /// Whether a connection can be opened, or is refused: somebody is there. `None` where the stack
    /// doesn't tell that from silence.
    pub(super) fn knock<N: Network, C: Clock>(
        &self,
        driver: &mut Driver<N, C>,
        remote: SocketAddr,
        now: u32,
    ) -> nb::Result<Option<bool>, ErrorOf<N>> {
        let driver = driver.any();
        if !driver.stack.is_open() && driver.open().is_err() {
            return Ok(None);
        }
        let answer = match driver.stack.connect(remote) {
            Ok(()) => Some(true),
            Err(nb::Error::WouldBlock) if self.is_patient(now) => {
                return Err(nb::Error::WouldBlock);
            }
            Err(nb::Error::WouldBlock) => Some(false),
            Err(nb::Error::Other(_)) => {
                is_refusal(driver.stack.fault(StackStep::Connect)).then_some(true)
            }
        };
        driver.close_socket(CloseReason::CallerAsked);
        Ok(answer)
    }

    /// What the stack says of itself when it is asked for a connection over a link that is down.
    pub(super) fn ask_stack<N: Network, C: Clock>(
        &self,
        driver: &mut Driver<N, C>,
        now: u32,
    ) -> nb::Result<StackFault, ErrorOf<N>> {
        let driver = driver.any();
        let opened = if driver.stack.is_open() { Ok(()) } else { driver.open() };
        let connected = match opened {
            Ok(()) => driver.stack.connect(NOBODY),
            Err(kept) => Err(nb::Error::Other(kept)),
        };
        let fault = match connected {
            Err(nb::Error::WouldBlock) if self.is_patient(now) => {
                return Err(nb::Error::WouldBlock);
            }
            Err(nb::Error::Other(_)) => driver.stack.fault(StackStep::Connect),
            Err(nb::Error::WouldBlock) if driver.stack.status().is_busy => StackFault::Busy,
            Ok(()) | Err(nb::Error::WouldBlock) => StackFault::Unknown,
        };
        driver.close_socket(CloseReason::CallerAsked);
        Ok(fault)
    }

    /// Asks for the root of a server that has just answered, over a connection of its own. False
    /// where that question doesn't fit the buffer, or the host isn't known any more.
    pub(super) fn ask_root<N: Network, C: Clock>(
        &mut self,
        driver: &mut Driver<N, C>,
        exchange: &mut Exchange,
        buffer: &mut [u8],
    ) -> bool {
        let Endpoint { scheme, port, remote: Some(remote), .. } = exchange.endpoint else {
            return false;
        };
        let Some(host) = self.report.whole_host() else {
            return false;
        };
        let Ok(root) = Url::from_parts(scheme, host, Some(port), "/") else {
            return false;
        };
        let traits = Method::Options.traits();
        let mut head = HeadWriter::new(&traits);
        head.on(buffer).start(&traits, &root);
        head.on(buffer).connection_close();
        let Ok(head_end) = head.on(buffer).finish(None) else {
            return false;
        };
        let mut endpoint = Endpoint::of(&root);
        endpoint.remote = Some(remote);
        self.ticket = driver.any().claim();
        *exchange = super::exchange(endpoint, &driver.config, driver.stack.clock.now_ms());
        exchange.stage(head_end, false, buffer, &[]);
        exchange.state = State::Connect;
        true
    }

    /// The server's answer is in: the check's own question, whatever it said to it.
    pub(super) fn answered<N: Network, C: Clock>(
        &mut self,
        driver: &mut Driver<N, C>,
        exchange: &mut Exchange,
        buffer: &mut [u8],
    ) -> nb::Result<Next, ErrorOf<N>> {
        let head = exchange.head(buffer);
        let mut evidence = exchange.evidence(Phase::Head, driver.stack.clock.now_ms());
        evidence.link = Some(self.report.link);
        let answer = Answer::of(
            &head,
            exchange.early_body(buffer),
            self.report.whole_host(),
            self.findings.secure,
            &evidence,
        );
        // Servers that take `*` for an error say the same of it whatever they are.
        let is_of_asterisk = answer.status == 400 && answer.meaning == Meaning::Fine;
        if is_of_asterisk && !self.asked_root {
            self.asked_root = true;
            if self.ask_root(driver, exchange, buffer) {
                // It counts, should there be no other.
                self.report.answer = Some(answer);
                return Ok(Next::Http);
            }
        }
        self.conclude_answer(answer, evidence, &driver.stack.clock);
        Ok(Next::Over)
    }

    /// What the answer says is the end of the check.
    fn conclude_answer(&mut self, answer: Answer, evidence: Evidence, clock: &impl Clock) {
        self.port_is_open(clock);
        self.report.diagnosis = Diagnosis::of_answer(&answer, evidence);
        let outcome = match self.report.diagnosis {
            Some(_) => StepOutcome::Failed,
            None => StepOutcome::Passed,
        };
        self.report.answer = Some(answer);
        self.end(ProbeStep::Http, outcome, clock);
    }

    /// Whoever says something has taken the connection: also where the stack would have said so of any.
    fn port_is_open(&mut self, clock: &impl Clock) {
        if self.report.steps().last().is_some_and(|last| last.step < ProbeStep::Port) {
            self.pass(ProbeStep::Port, clock);
        }
    }

    pub(super) fn failed<N: Network, C: Clock>(
        &mut self,
        driver: &mut Driver<N, C>,
        error: ErrorOf<N>,
    ) {
        // The failure has taken the connection away.
        self.ticket = driver.any().claim();
        let step = step_of(&error, self.current());
        // It is the second question that failed, and the first was answered.
        if let Some(answer) = self.report.answer.take() {
            // What came then is of no interest.
            let evidence = Evidence { answer: Excerpt::default(), ..driver.evidence };
            self.conclude_answer(answer, evidence, &driver.stack.clock);
            self.next = Next::Over;
            return;
        }
        if self.next == Next::Link && step != ProbeStep::Link {
            self.pass(ProbeStep::Link, &driver.stack.clock);
        }
        if step == ProbeStep::Http {
            self.port_is_open(&driver.stack.clock);
        }
        // What the head doesn't fit is an answer all the same.
        if matches!(error.kind, ErrorKind::Buffer { .. }) && step == ProbeStep::Http {
            self.pass(ProbeStep::Http, &driver.stack.clock);
            self.next = Next::Over;
            return;
        }
        self.end(step, StepOutcome::Failed, &driver.stack.clock);
        let seen = Seen::new(&error, driver.evidence).on(&driver.stack.network);
        self.report.code = seen.code;
        self.report.error = told(&error.kind);
        self.seen = Some(seen);
        // Only a stack that can be interrupted is asked for more.
        let polls = driver.stack.network.quirks().connect() == Connect::Polls;
        let may_knock = polls && step == ProbeStep::Port;
        self.next = if polls && step == ProbeStep::Link && is_unexplained(self.report.link) {
            Next::AskStack
        } else if step == ProbeStep::Name
            && matches!(error.kind, ErrorKind::Resolve(_) | ErrorKind::Timeout { .. })
            && let Some(gateway) = self.gateway()
        {
            Next::PingGateway(gateway)
        } else if may_knock && self.findings.secure {
            Next::KnockAtPort
        } else if may_knock && self.findings.gateway.is_none() && self.gateway().is_some() {
            Next::KnockAtGateway
        } else {
            self.conclude(driver)
        };
    }

    /// All that can be found out is.
    pub(super) fn conclude<N: Network, C: Clock>(&mut self, driver: &Driver<N, C>) -> Next {
        if let Some(seen) = self.seen.take() {
            let words = driver.stack.network.status().last_words;
            self.report.diagnosis = Some(seen.diagnosis(self.findings).with_last_words(words));
        }
        Next::Over
    }

    /// The client was given another call. What had broken before that stays the finding.
    pub(super) fn displaced(&mut self, clock: &impl Clock) {
        let seen = self.seen.take().unwrap_or_else(|| {
            let kind = ErrorKind::Request(RequestError::Displaced);
            let error: Error<Infallible, Infallible> = Error::new(Phase::Url, kind);
            let seen = Seen::new(&error, Evidence::default());
            self.end(self.current(), StepOutcome::Failed, clock);
            self.report.code = seen.code;
            seen
        });
        self.report.diagnosis = Some(seen.diagnosis(self.findings));
        self.next = Next::Over;
    }

    /// The check's own deadline has run out.
    pub(super) fn out_of_time<N: Network, C: Clock>(
        &mut self,
        driver: &mut Driver<N, C>,
        exchange: &mut Exchange,
        buffer: &mut [u8],
    ) {
        if self.seen.is_some() {
            self.next = self.conclude(driver);
            return;
        }
        let limit_ms = driver.config.diagnosis_ms;
        let silent = match self.next {
            Next::Gateway(_) => Some(&mut self.findings.gateway),
            Next::Host(_) => Some(&mut self.findings.host),
            _ => None,
        };
        if let Some(silent) = silent {
            // Whom it asked hasn't answered, and what they stand before is the connection.
            *silent = Some(false);
            exchange.state = State::Connect;
        }
        if matches!(self.next, Next::Free | Next::Signal) {
            // Busy all the time, and not asked yet.
            self.report.link = driver.stack.network.link_status();
        }
        let deadline = match self.next {
            Next::Http => Deadline::Response,
            Next::Name => Deadline::Resolve,
            _ => Deadline::Connect,
        };
        let mut call = CallView { exchange, ticket: self.ticket, buffer, body: &[] };
        let mut error = driver.fail(&mut call, Failure::Timeout(deadline).into());
        error.kind = ErrorKind::Timeout { deadline, limit_ms };
        self.failed(driver, error);
    }
}

/// Whether the link is down and its driver doesn't say why.
pub(super) fn is_unexplained(link: LinkStatus) -> bool {
    matches!(
        link.ip_config(),
        Err(LinkError::NoAddress | LinkError::Disconnected(DisconnectReason::Unknown))
    )
}

/// The step that an error belongs to.
pub(super) fn step_of<T, D>(error: &Error<T, D>, else_: ProbeStep) -> ProbeStep {
    match &error.kind {
        ErrorKind::Request(
            RequestError::Target(_) | RequestError::OwnAddress | RequestError::OwnNetwork,
        )
        | ErrorKind::ResolvedTo(..) => ProbeStep::Target,
        ErrorKind::Link(LinkError::GatewayOutsideSubnet) => ProbeStep::Subnet,
        ErrorKind::Link(LinkError::NoDnsServer) => ProbeStep::Name,
        // It showed when the first byte was sent.
        ErrorKind::NotConnected(_) => ProbeStep::Port,
        _ => else_,
    }
}
