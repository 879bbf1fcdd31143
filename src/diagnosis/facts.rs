//! What is known of a failure, gathered for the rules.

use super::answer::Answer;
use super::rules::{EmptyReads, Facts, Reach, Symptom, decide};
use super::{Cause, Circumstance, Diagnosis, likeliest};
use crate::error::{
    BodyFraming, BodyProgress, BufferUse, Deadline, Error, ErrorKind, Evidence, Peer, Phase,
    ProtocolError, RequestError, UrlError,
};
use heapless::Vec;
use nal_link::{
    DisconnectReason, IpConfig, LinkError, Network, StackFault, StackQuirks, Verification, ZeroRead,
};

/// What an active check has found out.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Findings {
    pub(crate) gateway: Reach,
    pub(crate) host: Reach,
    /// The URL is `https`.
    pub(crate) secure: bool,
    /// The port without TLS, where the connection with it failed.
    pub(crate) port: Reach,
}

/// What is known of the network below, beside its error.
#[derive(Debug, Clone, Copy)]
struct Around {
    has_loopback: bool,
    quirks: StackQuirks,
    /// Reads of no bytes on the last connection, and whether others would have blocked.
    zero_reads: u32,
    would_block: bool,
    pending: StackFault,
}

/// Fewer reads of no bytes than this are nothing unusual.
const MANY: u32 = 100;

impl Around {
    const UNKNOWN: Self = Self {
        has_loopback: false,
        quirks: StackQuirks::UNKNOWN,
        zero_reads: 0,
        would_block: false,
        pending: StackFault::Unknown,
    };

    fn empty_reads(&self) -> EmptyReads {
        // What these mean by a read of no bytes is known.
        const TRIED: [StackQuirks; 4] =
            [StackQuirks::SMOLTCP_NAL, StackQuirks::W5500, StackQuirks::STD, StackQuirks::WINCWIFI];
        match self.quirks.zero_read() {
            ZeroRead::NoData if self.zero_reads < MANY => EmptyReads::Fit,
            ZeroRead::NoData if self.would_block => EmptyReads::Misread,
            _ if TRIED.contains(&self.quirks) => EmptyReads::Fit,
            ZeroRead::NoData => EmptyReads::Many,
            _ if self.zero_reads > 0 => EmptyReads::EndedAtOnce,
            _ => EmptyReads::Fit,
        }
    }
}

/// What was seen of a failure, without the stack's own error and the evidence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    symptom: Symptom,
    phase: Phase,
    /// The error itself says that the connection had been kept, even if the figures are another's.
    stale: bool,
    /// The error's code.
    pub(crate) code: &'static str,
    /// The link's own error, if it was that.
    link: Option<LinkError>,
    around: Around,
    /// What sends such first bytes, if they aren't HTTP.
    peer: Option<Peer>,
    /// What the error says beside its symptom.
    beside: Circumstance,
}

impl Seen {
    pub(crate) fn new<T, D>(error: &Error<T, D>, evidence: &Evidence) -> Self {
        let link = match error.kind {
            ErrorKind::Link(link) => Some(link),
            _ => None,
        };
        let peer = match error.kind {
            ErrorKind::Protocol(ProtocolError::NotHttp(peer)) => Some(known_peer(peer, evidence)),
            _ => None,
        };
        Self {
            symptom: symptom(error, evidence, peer),
            phase: error.phase,
            stale: matches!(error.kind, ErrorKind::StaleConnection),
            code: error.code(),
            link,
            around: Around::UNKNOWN,
            peer,
            // Without the texts nobody asks for it.
            beside: if cfg!(feature = "advice") {
                beside(error, evidence)
            } else {
                Circumstance::Plain
            },
        }
    }

    /// Adds what this network says of itself.
    pub(crate) fn on<N: Network>(mut self, network: &N) -> Self {
        let status = network.status();
        self.around = Around {
            has_loopback: network.has_loopback(),
            quirks: network.quirks(),
            zero_reads: status.zero_reads,
            would_block: status.would_block,
            pending: status.pending,
        };
        self
    }

    /// The likeliest cause alone.
    pub(crate) fn cause(&self, evidence: &Evidence) -> Cause {
        likeliest(&decide(&self.facts(evidence)))
    }

    fn facts(&self, evidence: &Evidence) -> Facts {
        let mut facts = facts(self.symptom, evidence, &self.around);
        facts.reused |= self.stale;
        // Nobody has told why: of a modem that answers nothing it isn't known that there is no access point.
        if self.symptom == Symptom::OfflineUnexplained
            && facts.fault == StackFault::Unknown
            && let StackFault::ModemSilent
            | StackFault::ModemHung
            | StackFault::ModemReset
            | StackFault::UnfitFirmware = self.around.pending
        {
            facts.fault = self.around.pending;
        }
        facts
    }

    /// The diagnosis, with what an active check has found out.
    pub(crate) fn diagnosis(&self, evidence: &Evidence, found: Findings) -> Diagnosis {
        let mut facts = self.facts(evidence);
        facts.secure |= found.secure;
        (facts.gateway, facts.host, facts.port) = (found.gateway, found.host, found.port);
        let suspects = decide(&facts);
        let has = |cause| suspects.iter().any(|suspect| suspect.cause == cause);
        let empty_reads = if has(Cause::StackQuirks) { self.around.zero_reads } else { 0 };
        let mut diagnosis = Diagnosis {
            circumstance: self.circumstance(&facts, evidence),
            suspects,
            phase: self.phase,
            evidence: *evidence,
            last_words: Vec::new(),
            empty_reads,
            peer: self.peer,
        };
        diagnosis.evidence.reused = facts.reused;
        diagnosis.evidence.fault = facts.fault;
        diagnosis
    }

    fn circumstance(&self, facts: &Facts, evidence: &Evidence) -> Circumstance {
        // `wait_online` has a limit, `online` has none.
        let waited = self.phase == Phase::Link && evidence.limit_ms > 0;
        let of_modem = [StackFault::ModemSilent, StackFault::ModemHung, StackFault::Busy];
        if of_modem.contains(&facts.fault) {
            return Circumstance::Modem(facts.fault);
        }
        match self.link {
            Some(LinkError::NoAddress) => Circumstance::NoAddress { waited },
            Some(LinkError::Disconnected(reason)) => Circumstance::Down { reason, waited },
            Some(_) => Circumstance::Plain,
            None if !matches!(self.beside, Circumstance::Plain) => self.beside,
            None if facts.link_lost => Circumstance::LinkLost,
            None if facts.own_machine => Circumstance::OwnMachine,
            None => Circumstance::Plain,
        }
    }
}

impl Diagnosis {
    /// Of the answer to the check's own question; `None` where there is nothing to say against it.
    pub(crate) fn of_answer(answer: &Answer, evidence: Evidence) -> Option<Self> {
        let facts = facts(answer.symptom()?, &evidence, &Around::UNKNOWN);
        Some(Self {
            suspects: decide(&facts),
            phase: Phase::Head,
            evidence,
            last_words: Vec::new(),
            circumstance: Circumstance::Plain,
            empty_reads: 0,
            peer: None,
        })
    }
}

/// A failure that came sooner than this came at once: no deadline had to run out for it.
pub(super) const AT_ONCE_MS: u32 = 1_000;

fn facts(symptom: Symptom, evidence: &Evidence, around: &Around) -> Facts {
    let up = match evidence.link {
        Some(status) => status.ip_config().ok(),
        None => None,
    };
    let target = evidence.remote.map(|remote| remote.ip());
    let near = match (up, target) {
        (Some(ip), Some(target)) => ip.has_in_subnet(target) == Some(true),
        _ => false,
    };
    let is_outside = up.is_some_and(|ip| ip.gateway_is_outside());
    // A machine that reaches a loopback has one, and so isn't a chip.
    let to_loopback = target.is_some_and(|target| target.is_loopback());
    let to_itself = up.is_some_and(|ip: IpConfig| Some(ip.address) == target);
    Facts {
        symptom,
        fault: evidence.fault,
        at_once: evidence.phase_ms < AT_ONCE_MS && evidence.phase_ms <= evidence.limit_ms / 4,
        reused: evidence.reused,
        unanswered: evidence.received == 0,
        announced: matches!(
            evidence.body,
            Some(BodyProgress { framing: BodyFraming::Length(_), .. })
        ),
        // What isn't sent over TLS has nothing to be verified.
        secure: evidence.verification != Verification::Unknown,
        tls_port: evidence.remote.is_some_and(|remote| remote.port() == 443),
        link_lost: evidence.link.is_some() && up.is_none(),
        near,
        misrouted: !near && is_outside,
        routed: !is_outside && up.is_some_and(|ip| ip.gateway.is_some() && ip.netmask.is_some()),
        is_up: up.is_some(),
        has_dns: up.is_some_and(|ip| ip.has_dns == Some(true)),
        on_pc: around.has_loopback || to_loopback,
        own_machine: to_loopback || (around.has_loopback && to_itself),
        empty_reads: around.empty_reads(),
        gateway: Reach::NotAsked,
        host: Reach::NotAsked,
        port: Reach::NotAsked,
    }
}

/// What sends such bytes: as the evidence's first bytes tell, but for what only the error knows.
fn known_peer(peer: Peer, evidence: &Evidence) -> Peer {
    match peer {
        Peer::Tls | Peer::LeftOvers | Peer::BehindInterim => peer,
        _ if evidence.answer.is_empty() => peer,
        _ => evidence.answer.peer(),
    }
}

/// A body that lacks fewer bytes than this at its end was probably announced with a wrong length.
const END: u64 = 64;

fn is_short_by_little(received: u64, announced: u64) -> bool {
    let missing = announced.saturating_sub(received);
    missing < END && missing < received
}

/// Reading stood still, in such a body.
fn stalled(body: Option<BodyProgress>) -> Symptom {
    match body {
        Some(BodyProgress { framing: BodyFraming::UntilClose, .. }) => Symptom::StalledWithoutEnd,
        Some(BodyProgress { framing: BodyFraming::Length(announced), received }) => {
            if is_short_by_little(received, announced) {
                Symptom::StalledAtEnd
            } else {
                Symptom::Stalled
            }
        }
        _ => Symptom::Stalled,
    }
}

/// What an error says beside its symptom, where that has words of its own.
fn beside<T, D>(error: &Error<T, D>, evidence: &Evidence) -> Circumstance {
    match (&error.kind, error.phase) {
        (ErrorKind::NotUtf8 { .. } | ErrorKind::Protocol(ProtocolError::TransferCoding), _) => {
            Circumstance::Unfit
        }
        (ErrorKind::Truncated { .. }, _) if is_unended(evidence) => Circumstance::Unended,
        (ErrorKind::Timeout { .. }, Phase::Send) => Circumstance::UnderWay,
        (ErrorKind::Timeout { .. }, Phase::Head | Phase::Body) if evidence.received > 0 => {
            Circumstance::UnderWay
        }
        _ => Circumstance::Plain,
    }
}

/// The connection is the body's end.
const fn is_unended(evidence: &Evidence) -> bool {
    matches!(evidence.body, Some(BodyProgress { framing: BodyFraming::UntilClose, .. }))
}

/// The symptom that an error is.
fn symptom<T, D>(error: &Error<T, D>, evidence: &Evidence, peer: Option<Peer>) -> Symptom {
    match &error.kind {
        ErrorKind::Request(error) => mistake(*error),
        ErrorKind::Link(error) => offline(*error),
        ErrorKind::Resolve(_) => Symptom::NameRefused,
        ErrorKind::ResolvedTo(..) => Symptom::NameIsNoHost,
        ErrorKind::Socket(_) => Symptom::NoSocket,
        ErrorKind::Connect(_) | ErrorKind::Handshake(_) | ErrorKind::NotConnected(_) => {
            Symptom::ConnectFailed
        }
        ErrorKind::Send(_) | ErrorKind::Receive(_) => Symptom::Broken,
        ErrorKind::ClosedBeforeResponse | ErrorKind::StaleConnection => Symptom::ClosedUnanswered,
        ErrorKind::Protocol(ProtocolError::NotHttp(_)) => match peer {
            Some(Peer::Tls) => Symptom::AnswerIsTls,
            Some(Peer::Icy) => Symptom::AnswerIsIcy,
            Some(Peer::LeftOvers) => Symptom::AnswerIsLeftOvers,
            Some(
                Peer::BehindInterim
                | Peer::BlankLines
                | Peer::InFront
                | Peer::StatusLine
                | Peer::CutStatusLine
                | Peer::NoStatusLine
                | Peer::Body,
            ) => Symptom::AnswerIsNearlyHttp,
            _ => Symptom::AnswerIsNotHttp,
        },
        ErrorKind::Protocol(ProtocolError::Version) => Symptom::AnswerIsNearlyHttp,
        ErrorKind::Protocol(_) | ErrorKind::NotUtf8 { .. } => Symptom::AnswerMalformed,
        ErrorKind::Compressed => Symptom::AnswerCompressed,
        ErrorKind::Truncated { received, announced: Some(announced) }
            if is_short_by_little(*received, *announced) =>
        {
            Symptom::AnswerCutAtEnd
        }
        // A connection that had left HTTP: it has no end that was announced.
        ErrorKind::Truncated { .. } if evidence.status == Some(101) => Symptom::Broken,
        ErrorKind::Truncated { .. } if is_unended(evidence) => Symptom::AnswerUnended,
        ErrorKind::Truncated { .. } => Symptom::AnswerCut,
        // The request's own head is the caller's mistake.
        ErrorKind::Buffer { what: BufferUse::RequestHead, .. } => Symptom::MistakeOfCaller,
        ErrorKind::Buffer { .. } => Symptom::AnswerTooLarge,
        ErrorKind::Timeout { deadline, .. } => match deadline {
            Deadline::Resolve => Symptom::NameTimedOut,
            Deadline::Connect => Symptom::ConnectTimedOut,
            Deadline::Response => Symptom::ResponseTimedOut,
            Deadline::Idle => stalled(evidence.body),
            // It ended a phase that has a deadline of its own as a rule.
            Deadline::Total => match error.phase {
                Phase::Resolve if evidence.remote.is_some() => Symptom::MistakeOfCaller,
                Phase::Resolve => Symptom::NameTimedOut,
                Phase::Connect => Symptom::ConnectTimedOut,
                Phase::Head => Symptom::ResponseTimedOut,
                _ => Symptom::TookTooLong,
            },
        },
    }
}

fn mistake(error: RequestError) -> Symptom {
    match error {
        RequestError::Url(UrlError::SchemeInHost { localhost: true }) => {
            Symptom::SchemeInHostOfLocalhost
        }
        RequestError::Url(
            UrlError::SchemeInHost { .. }
            | UrlError::UnsupportedScheme
            | UrlError::MisspelledScheme,
        )
        | RequestError::NoTls => Symptom::SchemeUnfit,
        RequestError::PlainOnTlsPort => Symptom::PlainOnTlsPort,
        RequestError::Target(_) => Symptom::TargetIsNoHost,
        RequestError::OwnAddress | RequestError::OwnNetwork => Symptom::TargetIsOwn,
        _ => Symptom::MistakeOfCaller,
    }
}

fn offline(error: LinkError) -> Symptom {
    match error {
        LinkError::Disconnected(DisconnectReason::Unknown) => Symptom::OfflineUnexplained,
        LinkError::Disconnected(DisconnectReason::Code(_)) | LinkError::NoAddress => {
            Symptom::Offline
        }
        // The SDK says the same of an access point whose beacons have stopped.
        LinkError::Disconnected(DisconnectReason::TimedOut) => Symptom::JoinTimedOut,
        LinkError::Disconnected(_) => Symptom::JoinRefused,
        LinkError::GatewayOutsideSubnet => Symptom::GatewayOutsideSubnet,
        LinkError::NoDnsServer => Symptom::NameWithoutDnsServer,
        _ => Symptom::Offline,
    }
}

/// Whether somebody has refused the connection, and so is there.
pub(crate) fn is_refusal(fault: StackFault) -> bool {
    matches!(fault, StackFault::Refused | StackFault::Reset)
}
