//! From the facts of a failure to its cause, without I/O: `facts` gathers what is known, `rules` decides, `page`
//! and `report` write it down.

mod answer;
mod cause;
mod circumstance;
mod facts;
mod page;
mod report;
mod rules;

pub(crate) use answer::{Answer, Meaning};
pub use cause::Cause;
use circumstance::Circumstance;
pub(crate) use facts::{Findings, Seen, is_refusal};
pub(crate) use report::Told;
pub use report::{ProbeStep, Report, StepOutcome, StepResult};
pub(crate) use rules::Reach;

use crate::error::{Error, Evidence, Peer, Phase};
use heapless::Vec;
use nal_link::StackFault;

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
    suspects: Vec<Suspect, { rules::MOST }>,
    phase: Phase,
    evidence: Evidence,
    last_words: Vec<u8, WORDS>,
    circumstance: Circumstance,
    /// How often `receive` gave no bytes, where that is a symptom.
    empty_reads: u32,
    /// What sends the first bytes of the answer, if they aren't HTTP.
    peer: Option<Peer>,
}

fn likeliest(suspects: &[Suspect]) -> Cause {
    suspects.first().map_or(Cause::Unexplained, |suspect| suspect.cause)
}

impl Diagnosis {
    /// Of an error and the figures that belong to it, wherever they were kept.
    pub fn new<T, D>(error: &Error<T, D>, evidence: Evidence) -> Self {
        Seen::new(error, &evidence).diagnosis(&evidence, Findings::default())
    }

    /// The likeliest cause.
    pub fn cause(&self) -> Cause {
        likeliest(&self.suspects)
    }

    /// How sure the diagnosis is of [`cause`](Self::cause).
    pub fn confidence(&self) -> Confidence {
        self.suspects.first().map_or(Confidence::Possible, |suspect| suspect.confidence)
    }

    /// All causes that explain what was seen, the likeliest first. There is at least one.
    pub fn suspects(&self) -> &[Suspect] {
        &self.suspects
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

    /// Adds what the stack said last; of more than 64 bytes the last 64, or the first ones of what a server has
    /// shown in a TLS handshake.
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
        let start = if self.is_of_tls() { 0 } else { words.len().saturating_sub(WORDS) };
        let end = start.saturating_add(WORDS).min(words.len());
        self.last_words =
            Vec::from_slice(words.get(start..end).unwrap_or_default()).unwrap_or_default();
        self
    }

    /// The stack's last words are what the server has shown in a TLS handshake.
    fn is_of_tls(&self) -> bool {
        matches!(self.evidence.fault, StackFault::Tls(_))
    }
}
