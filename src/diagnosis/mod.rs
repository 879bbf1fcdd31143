//! From the facts of a failure to its cause: pure, and without I/O.

#[cfg(feature = "advice")]
mod advice;
mod cause;
mod oddity;
mod page;
mod report;
mod rules;

pub use cause::Cause;
pub(crate) use oddity::{Oddity, oddity};
pub use report::{ProbeStep, Report, StepOutcome, StepResult};

use crate::error::{
    Deadline, Error, ErrorKind, Evidence, Peer, Phase, ProtocolError, RequestError, UrlError,
};
use heapless::Vec;
use nal_link::{DisconnectReason, LinkError, StackFault};
use rules::{Facts, Reach, Symptom};

/// How sure a diagnosis is of a cause. It never says more than the evidence does.
///
/// ```
/// use safe_http_client::Confidence;
/// assert!(Confidence::Certain > Confidence::Likely);
/// assert_eq!(Confidence::Likely.name(), "likely");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Confidence {
    /// One of several that look alike from here.
    Possible,
    /// It explains all that was seen, better than anything else.
    Likely,
    /// It was seen itself.
    Certain,
}

impl Confidence {
    /// In lower case: `possible`, `likely` or `certain`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

/// A cause, and how sure the diagnosis is of it.
///
/// ```
/// # use safe_http_client::*;
/// # let kind = ErrorKind::Timeout { deadline: Deadline::Response, limit_ms: 3000 };
/// # let error: Error<(), ()> = Error::new(Phase::Head, kind);
/// let diagnosis = Diagnosis::new(&error, Evidence::default());
/// let first = diagnosis.suspects()[0];
/// assert_eq!((first.cause, first.confidence), (Cause::SlowServer, Confidence::Likely));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Suspect {
    /// The cause.
    pub cause: Cause,
    /// How sure.
    pub confidence: Confidence,
}

/// Bytes of a stack's last words that are kept.
const WORDS: usize = 64;

/// Why a request failed: the causes that explain it, the likeliest first, with the evidence.
///
/// [`SafeHttpClient::diagnosis`](crate::SafeHttpClient::diagnosis) makes one of an error, with the figures
/// that the client has of it and what the stack said last.
/// `Display` is for a serial console of 80 columns. With the feature `advice` (on by default) it says
/// the causes in words, and what to do; without it the causes' numbers and codes.
///
/// ```
/// # use safe_http_client::*;
/// let kind = ErrorKind::Timeout { deadline: Deadline::Response, limit_ms: 3000 };
/// let error: Error<(), ()> = Error::new(Phase::Head, kind);
/// let diagnosis = Diagnosis::new(&error, Evidence::default());
/// assert_eq!((diagnosis.cause(), diagnosis.confidence()), (Cause::SlowServer, Confidence::Likely));
/// println!("{diagnosis}");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    suspects: &'static [Suspect],
    phase: Phase,
    evidence: Evidence,
    last_words: Vec<u8, WORDS>,
}

impl Diagnosis {
    /// Of an error and the figures that belong to it, wherever they were kept.
    pub fn new<T, D>(error: &Error<T, D>, evidence: Evidence) -> Self {
        Seen::new(error, evidence).diagnosis(Findings::default())
    }

    /// The likeliest cause.
    pub fn cause(&self) -> Cause {
        self.suspects.first().map_or(Cause::Unexplained, |suspect| suspect.cause)
    }

    /// How sure the diagnosis is of [`cause`](Self::cause).
    pub fn confidence(&self) -> Confidence {
        self.suspects.first().map_or(Confidence::Possible, |suspect| suspect.confidence)
    }

    /// All causes that explain what was seen, the likeliest first. There is at least one.
    pub fn suspects(&self) -> &[Suspect] {
        self.suspects
    }

    /// The phase that failed.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The facts and figures that were looked at.
    pub fn evidence(&self) -> Evidence {
        self.evidence
    }

    /// What the stack said last, as it said it: a modem's lines, at most 64 bytes of them. Empty where
    /// nothing is known.
    pub fn last_words(&self) -> &[u8] {
        &self.last_words
    }

    /// Adds what the stack said last; of more than 64 bytes the last 64.
    ///
    /// ```
    /// # use safe_http_client::*;
    /// # let error: Error<(), ()> = Error::new(Phase::Head, ErrorKind::ClosedBeforeResponse);
    /// let diagnosis = Diagnosis::new(&error, Evidence::default());
    /// let diagnosis = diagnosis.with_last_words(b"\r\nERROR\r\n0,CLOSED\r\n");
    /// assert!(diagnosis.last_words().ends_with(b"CLOSED\r\n"));
    /// ```
    #[must_use]
    pub fn with_last_words(mut self, words: &[u8]) -> Self {
        let start = words.len().saturating_sub(WORDS);
        self.last_words =
            Vec::from_slice(words.get(start..).unwrap_or_default()).unwrap_or_default();
        self
    }

    /// A response that was received, and that a captive portal or a server's `https` port may have
    /// sent. `None` where nothing is odd about it.
    pub(crate) fn of_response(oddity: Oddity, evidence: Evidence) -> Self {
        let symptom = match oddity {
            Oddity::AsksForTls => Symptom::AnswerAsksForTls,
            Oddity::LeadsElsewhere => Symptom::AnswerIsElsewhere,
        };
        let facts = Facts::new(symptom, &evidence);
        let suspects = rules::decide(&facts);
        Self { suspects, phase: Phase::Head, evidence, last_words: Vec::new() }
    }
}

/// What was seen of a failure, without the stack's own error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    symptom: Symptom,
    phase: Phase,
    pub(crate) evidence: Evidence,
    /// The error's name for machines.
    pub(crate) code: &'static str,
}

impl Seen {
    pub(crate) fn new<T, D>(error: &Error<T, D>, mut evidence: Evidence) -> Self {
        // The error itself says so, wherever the figures come from.
        evidence.reused |= matches!(error.kind, ErrorKind::StaleConnection);
        Self { symptom: symptom(error), phase: error.phase, evidence, code: error.code() }
    }

    /// With what an active check has found out.
    pub(crate) fn diagnosis(&self, found: Findings) -> Diagnosis {
        let mut facts = Facts::new(self.symptom, &self.evidence);
        facts.secure = found.secure;
        facts.gateway = found.gateway.into();
        facts.host = found.host.into();
        facts.port = found.port.into();
        Diagnosis {
            suspects: rules::decide(&facts),
            phase: self.phase,
            evidence: self.evidence,
            last_words: Vec::new(),
        }
    }
}

/// What an active check has found out: who answered, `None` where nobody was asked.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Findings {
    pub(crate) gateway: Option<bool>,
    pub(crate) host: Option<bool>,
    /// The connection was to be one with TLS.
    pub(crate) secure: bool,
    /// Without TLS, where the connection with it failed.
    pub(crate) port: Option<bool>,
}

impl From<Option<bool>> for Reach {
    fn from(answers: Option<bool>) -> Self {
        match answers {
            None => Self::NotAsked,
            Some(true) => Self::Answers,
            Some(false) => Self::Silent,
        }
    }
}

/// A failure that came sooner than this wasn't waited for.
const AT_ONCE_MS: u32 = 1_000;

impl Facts {
    fn new(symptom: Symptom, evidence: &Evidence) -> Self {
        let up = match evidence.link {
            Some(status) => status.ip_config().ok(),
            None => None,
        };
        let near = match (up, evidence.remote) {
            (Some(ip), Some(remote)) => ip.has_in_subnet(remote.ip()) == Some(true),
            _ => false,
        };
        Self {
            symptom,
            fault: evidence.fault,
            at_once: evidence.phase_ms < AT_ONCE_MS && evidence.phase_ms <= evidence.limit_ms / 4,
            reused: evidence.reused,
            secure: false,
            tls_port: evidence.remote.is_some_and(|remote| remote.port() == 443),
            link_lost: evidence.link.is_some() && up.is_none(),
            near,
            misrouted: !near && up.is_some_and(|ip| ip.gateway_is_outside()),
            gateway: Reach::NotAsked,
            host: Reach::NotAsked,
            port: Reach::NotAsked,
        }
    }
}

/// What was seen, by what failed.
fn symptom<T, D>(error: &Error<T, D>) -> Symptom {
    match &error.kind {
        ErrorKind::Request(error) => mistake(*error),
        ErrorKind::Link(error) => offline(*error),
        ErrorKind::Resolve(_) => Symptom::NameRefused,
        ErrorKind::ResolvedTo(..) => Symptom::NameIsNoHost,
        ErrorKind::Socket(_) => Symptom::NoSocket,
        ErrorKind::Connect(_) | ErrorKind::NotConnected(_) => Symptom::ConnectFailed,
        ErrorKind::Send(_) | ErrorKind::Receive(_) => Symptom::Broken,
        ErrorKind::ClosedBeforeResponse | ErrorKind::StaleConnection => Symptom::ClosedUnanswered,
        ErrorKind::Protocol(ProtocolError::NotHttp(Peer::Tls)) => Symptom::AnswerIsTls,
        ErrorKind::Protocol(ProtocolError::NotHttp(_)) => Symptom::AnswerIsNotHttp,
        ErrorKind::Protocol(_) | ErrorKind::NotUtf8 { .. } | ErrorKind::Compressed => {
            Symptom::AnswerMalformed
        }
        ErrorKind::Truncated { .. } => Symptom::AnswerUnfit,
        // The request's own head is the caller's.
        ErrorKind::Buffer { .. } if error.phase == Phase::Url => Symptom::MistakeOfCaller,
        ErrorKind::Buffer { .. } => Symptom::AnswerUnfit,
        ErrorKind::Timeout { deadline, .. } => match deadline {
            Deadline::Resolve => Symptom::NameTimedOut,
            Deadline::Connect => Symptom::ConnectTimedOut,
            Deadline::Response => Symptom::ResponseTimedOut,
            Deadline::Idle => Symptom::Stalled,
            // It ends what would have had a deadline of its own.
            Deadline::Total => match error.phase {
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
        RequestError::Url(UrlError::SchemeInHost { .. } | UrlError::UnsupportedScheme)
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
        // Also what the SDK says of an access point whose beacons have stopped.
        LinkError::Disconnected(DisconnectReason::TimedOut) => Symptom::JoinTimedOut,
        LinkError::Disconnected(_) => Symptom::JoinRefused,
        LinkError::GatewayOutsideSubnet => Symptom::GatewayOutsideSubnet,
        LinkError::NoDnsServer => Symptom::NameWithoutDnsServer,
        _ => Symptom::Offline,
    }
}

/// Whether the stack's own word is more than a guess.
pub(crate) fn is_refusal(fault: StackFault) -> bool {
    matches!(fault, StackFault::Refused | StackFault::Reset)
}
