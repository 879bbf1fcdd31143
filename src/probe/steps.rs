//! The steps of the check: what is looked at and asked, how that ended, and what follows from it.

use super::{KNOCK_PORT, Ladder, Next, REACH_MS};
use crate::diagnosis::{
    Answer, Diagnosis, Meaning, ProbeStep, Reach, Seen, StepOutcome, Told, is_refusal,
};
use crate::error::{
    Deadline, Error, ErrorKind, Evidence, Excerpt, Phase, RequestError, TargetClass,
};
use crate::http::authority::classify;
use crate::http::endpoint::Endpoint;
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

/// An address that nobody has (RFC 5737): a connection to it only shows what the stack says to that.
const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), KNOCK_PORT);

/// What became of a step, and a word on it.
pub(super) type Looked = (StepOutcome, &'static str);

/// Whether the link's addresses fit together for this target. Where they don't, the check has failed before:
/// here it is only told whether there was something to look at.
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

/// What the target is, as far as its address tells.
pub(super) fn look_at_target(
    target: IpAddr,
    own: Option<IpAddr>,
    has_loopback: bool,
    checks: Preflights,
) -> Looked {
    if is_own_machine(target, own, has_loopback) {
        return (StepOutcome::Passed, "this machine");
    }
    if classify(&SocketAddr::new(target, 0)) != TargetClass::Host {
        return (StepOutcome::NotAsked, "no other host: switched off");
    }
    match own {
        Some(own) if own == target => (StepOutcome::NotAsked, "the chip itself: switched off"),
        Some(own) if !own.is_loopback() && checks.has(Preflight::OwnAddress) => {
            (StepOutcome::Passed, "another host")
        }
        // The link doesn't know its own address, or the check of it is switched off.
        _ => (StepOutcome::Passed, "an address of a host"),
    }
}

/// The error that the report shows above its advice. A stack's own error isn't shown: its code stands in
/// the step's line.
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

/// What an answer to a ping makes of its step.
pub(super) fn outcome(reach: Reach) -> StepOutcome {
    match reach {
        Reach::Answers => StepOutcome::Passed,
        Reach::Silent | Reach::Unheard => StepOutcome::Silent,
        Reach::NotAsked => StepOutcome::NotAsked,
    }
}

impl Ladder {
    fn is_patient(&self, now: u32) -> bool {
        elapsed_ms(now, self.mark) < REACH_MS
    }

    /// Whether somebody answers a ping; not asked where the stack has no pings.
    pub(super) fn ping<N: Network>(
        &self,
        network: &mut N,
        host: IpAddr,
        now: u32,
    ) -> nb::Result<Reach, ErrorOf<N>> {
        match network.ping(host) {
            Ok(Some(_)) => Ok(Reach::Answers),
            Err(nb::Error::WouldBlock) if self.is_patient(now) => Err(nb::Error::WouldBlock),
            Ok(None) | Err(nb::Error::WouldBlock) => Ok(Reach::Silent),
            Err(nb::Error::Other(_)) => Ok(Reach::NotAsked),
        }
    }

    /// Whether somebody takes a connection, or refuses it, which is an answer, too. Counts as not asked
    /// where the stack doesn't tell a refusal from silence.
    pub(super) fn knock<N: Network, C: Clock>(
        &self,
        driver: &mut Driver<N, C>,
        remote: SocketAddr,
        now: u32,
    ) -> nb::Result<Reach, ErrorOf<N>> {
        let driver = driver.any();
        if !driver.stack.is_open() && driver.open().is_err() {
            return Ok(Reach::NotAsked);
        }
        let answer = match driver.stack.connect(remote) {
            Ok(()) => Reach::Answers,
            Err(nb::Error::WouldBlock) if self.is_patient(now) => {
                return Err(nb::Error::WouldBlock);
            }
            Err(nb::Error::WouldBlock) => Reach::Silent,
            Err(nb::Error::Other(_)) if is_refusal(driver.stack.fault(StackStep::Connect)) => {
                Reach::Answers
            }
            Err(nb::Error::Other(_)) => Reach::NotAsked,
        };
        driver.close_socket(CloseReason::CallerAsked);
        Ok(answer)
    }

    /// What a stack says when it is asked for a connection over a link that is down.
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
            Err(nb::Error::WouldBlock) if driver.stack.status().pending == StackFault::Busy => {
                StackFault::Busy
            }
            Ok(()) | Err(nb::Error::WouldBlock) => StackFault::Unknown,
        };
        driver.close_socket(CloseReason::CallerAsked);
        Ok(fault)
    }

    /// Asks a server that has just answered for its root, over a new connection. False where that
    /// question doesn't fit the buffer, or the host's name was too long to be kept.
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
        let mut endpoint = root.endpoint;
        endpoint.remote = Some(remote);
        let now = driver.stack.clock.now_ms();
        let Ok(request) = super::request(&root, endpoint, &driver.config, buffer, now) else {
            return false;
        };
        self.ticket = driver.any().claim();
        *exchange = request;
        exchange.state = State::Connect;
        true
    }

    /// The server has answered the check's question.
    pub(super) fn answered<N: Network, C: Clock>(
        &mut self,
        driver: &mut Driver<N, C>,
        exchange: &mut Exchange,
        buffer: &mut [u8],
    ) -> nb::Result<Next, ErrorOf<N>> {
        let head = exchange.head(buffer);
        let verification = driver.stack.network.status().verification;
        let link = Some(self.report.link);
        let mut evidence = Evidence { verification, link, ..Evidence::default() };
        exchange.tell(&mut evidence, Phase::Head, driver.stack.clock.now_ms());
        self.report.verification = evidence.verification;
        let answer = Answer::of(
            &head,
            exchange.early_body(buffer),
            self.report.whole_host(),
            self.findings.secure,
            &evidence,
        );
        // Some servers take `*` for an error, whatever else they would say.
        let is_of_asterisk = answer.status == 400 && answer.meaning == Meaning::Fine;
        if is_of_asterisk && !self.asked_root {
            self.asked_root = true;
            if self.ask_root(driver, exchange, buffer) {
                // It counts if the other question fails.
                self.report.answer = Some(answer);
                return Ok(Next::Http);
            }
        }
        self.conclude_answer(answer, evidence, &driver.stack.clock);
        Ok(Next::Over)
    }

    /// The check ends with what this answer says.
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

    /// A peer that says something has taken the connection. On a stack that reports any connect as a
    /// success, this is the first that is known of it.
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
        // With the failure the check has lost its connection, and its ticket with it.
        self.ticket = driver.any().claim();
        let step = step_of(&error, self.current());
        self.report.verification = driver.evidence.verification;
        // The second question failed, and the first was answered.
        if let Some(answer) = self.report.answer.take() {
            // What came to the second one isn't shown.
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
        // A head that doesn't fit the buffer is an answer all the same.
        if matches!(error.kind, ErrorKind::Buffer { .. }) && step == ProbeStep::Http {
            self.pass(ProbeStep::Http, &driver.stack.clock);
            self.next = Next::Over;
            return;
        }
        self.end(step, StepOutcome::Failed, &driver.stack.clock);
        let seen = Seen::new(&error, &driver.evidence).on(&driver.stack.network);
        self.report.code = seen.code;
        self.report.error = told(&error.kind);
        self.seen = Some((seen, driver.evidence));
        // More is only asked of a stack whose connect can be given up.
        let polls = driver.stack.network.quirks().connect() == Connect::Polls;
        // Who broke a handshake is there; and a new socket would take the place of what was shown in it.
        let was_there = matches!(driver.evidence.fault, StackFault::Tls(_));
        let may_knock = polls && step == ProbeStep::Port && !was_there;
        self.next = if polls && step == ProbeStep::Link && is_unexplained(self.report.link) {
            Next::AskStack
        } else if step == ProbeStep::Name
            && matches!(error.kind, ErrorKind::Resolve(_) | ErrorKind::Timeout { .. })
            && let Some(gateway) = self.gateway()
        {
            Next::PingGateway(gateway)
        } else if may_knock
            && self.findings.secure
            && let Some(address) = self.report.address
        {
            Next::KnockAtPort(SocketAddr::new(address, self.report.port))
        } else if may_knock
            && self.findings.gateway == Reach::NotAsked
            && let Some(gateway) = self.gateway()
        {
            Next::KnockAtGateway(SocketAddr::new(gateway, KNOCK_PORT))
        } else {
            self.conclude(driver)
        };
    }

    /// There is no more to find out.
    pub(super) fn conclude<N: Network, C: Clock>(&mut self, driver: &Driver<N, C>) -> Next {
        if let Some((seen, evidence)) = self.seen.take() {
            let words = driver.stack.network.status().last_words;
            self.report.diagnosis =
                Some(seen.diagnosis(&evidence, self.findings).with_last_words(words));
        }
        Next::Over
    }

    /// The client was given another call. A step that broke before that stays the finding.
    pub(super) fn displaced(&mut self, clock: &impl Clock) {
        let (seen, evidence) = self.seen.take().unwrap_or_else(|| {
            let kind = ErrorKind::Request(RequestError::Displaced);
            let error: Error<Infallible, Infallible> = Error::new(Phase::Url, kind);
            let evidence = Evidence::default();
            let seen = Seen::new(&error, &evidence);
            self.end(self.current(), StepOutcome::Failed, clock);
            self.report.code = seen.code;
            (seen, evidence)
        });
        self.report.diagnosis = Some(seen.diagnosis(&evidence, self.findings));
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
            // The connection comes next: an error from here on belongs to it.
            *silent = Reach::Silent;
            exchange.state = State::Connect;
        }
        if matches!(self.next, Next::Free | Next::Signal) {
            // The stack was busy all the time, and the link wasn't looked at yet.
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
        // It was asked for the signal alone, and didn't tell: that speaks for no host's silence.
        if self.next == Next::Signal {
            driver.evidence.fault = StackFault::Busy;
        }
        self.failed(driver, error);
    }
}

/// Whether there is no address and the link doesn't say why.
pub(super) fn is_unexplained(link: LinkStatus) -> bool {
    matches!(
        link.ip_config(),
        Err(LinkError::NoAddress | LinkError::Disconnected(DisconnectReason::Unknown))
    )
}

/// The step that an error belongs to: as a rule the one that was under way.
pub(super) fn step_of<T, D>(error: &Error<T, D>, under_way: ProbeStep) -> ProbeStep {
    match &error.kind {
        ErrorKind::Request(
            RequestError::Target(_) | RequestError::OwnAddress | RequestError::OwnNetwork,
        )
        | ErrorKind::ResolvedTo(..) => ProbeStep::Target,
        ErrorKind::Link(LinkError::GatewayOutsideSubnet) => ProbeStep::Subnet,
        ErrorKind::Link(LinkError::NoDnsServer) => ProbeStep::Name,
        // The stack had reported a connection that there wasn't.
        ErrorKind::NotConnected(_) => ProbeStep::Port,
        _ => under_way,
    }
}
