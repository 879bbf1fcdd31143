//! How a step of the check ended, and what follows from it.

use super::{Ladder, Next, look};
use crate::diagnosis::{Answer, Diagnosis, Meaning, ProbeStep, Seen, StepOutcome};
use crate::error::{Deadline, Error, ErrorKind, Evidence, Excerpt, Phase, RequestError};
use crate::nal::{CallView, Driver, ErrorOf};
use crate::protocol::{Exchange, Failure, State};
use core::convert::Infallible;
use nal_link::{Clock, Connect, DisconnectReason, LinkError, LinkStatus, Network};

impl Ladder {
    /// The server's answer is in: the check's own question, whatever it said to it.
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
        self.report.verification = driver.evidence.verification;
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
        self.report.error = look::told(&error.kind);
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
