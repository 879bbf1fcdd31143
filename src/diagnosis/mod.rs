//! From the facts of a failure to its cause, without I/O: `facts` gathers what is known, `rules` decides, `page`
//! and `report` write it down.

mod answer;
mod cause;
mod facts;
mod page;
mod report;
mod rules;

pub(crate) use answer::{Answer, Meaning};
pub use cause::Cause;
pub(crate) use facts::{Findings, Seen, is_refusal};
pub(crate) use report::Told;
pub use report::{ProbeStep, Report, StepOutcome, StepResult};
pub(crate) use rules::Reach;

use crate::error::{Error, Evidence, Peer, Phase};
use heapless::Vec;
use nal_link::{DisconnectReason, StackFault};

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

/// What is known of a failure beside its cause, where that changes the words for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Circumstance {
    Plain,
    /// The target is the machine that asks.
    OwnMachine,
    /// The modem is silent, hangs or is busy.
    Modem(StackFault),
    /// The link went while the request was under way.
    LinkLost,
    /// The deadline ran out while the request was sent, or behind the first bytes of the answer.
    UnderWay,
    /// The response is valid, and none that this call takes: no text, or in a coding that isn't read.
    Unfit,
    /// The connection is the body's end, and of such a stack it isn't known whether all of it came.
    Unended,
    /// There is an access point, and no address, after `wait_online` has waited for one or without that.
    NoAddress {
        waited: bool,
    },
    /// The link is down.
    Down {
        reason: DisconnectReason,
        waited: bool,
    },
}

#[cfg(feature = "advice")]
impl Circumstance {
    /// What to do about a modem that is silent now, and has said these last words before.
    pub(super) fn advice_after(self, words: &[u8]) -> Option<&'static str> {
        let has_answered = words.windows(4).any(|window| window == b"OK\r\n");
        let is_silent = self == Self::Modem(StackFault::ModemSilent);
        (is_silent && has_answered).then_some(
            "it has answered before, so its wiring is right: look for a supply that droops, and for \
             the command that the firmware hangs at. Pulling EN low restarts it",
        )
    }

    /// What the cause is here; `None` where there is nothing to add.
    pub(super) const fn template(self, cause: Cause) -> Option<&'static str> {
        Some(match (self, cause) {
            (Self::OwnMachine, Cause::NothingListens) => {
                "nothing listens on {port} of this machine"
            }
            (Self::OwnMachine, Cause::SlowServer) => {
                "this machine's server took longer than the deadline to answer"
            }
            (Self::OwnMachine, Cause::Firewall) => "this machine's own firewall blocks {port}",
            (Self::LinkLost, Cause::NoAddress) => {
                "the link was lost while the request was under way"
            }
            (Self::UnderWay, Cause::SlowServer) => {
                "{host} took longer than the deadline in the middle of the exchange"
            }
            (Self::Unfit, Cause::BadResponse) => "the response is none that this call takes",
            (Self::Unended, Cause::StackQuirks) => {
                "only the connection ends the body, and this stack may lose data there"
            }
            (Self::Modem(fault), Cause::ModemUnresponsive) => match fault {
                StackFault::ModemHung => "the modem says nothing but that it is busy",
                StackFault::Busy => "the modem is still busy with what was given up",
                _ => "the modem answers nothing",
            },
            (Self::NoAddress { .. }, Cause::NoAddress) => {
                "the link has an access point, and no IP address yet"
            }
            (Self::Down { reason: DisconnectReason::Unknown, .. }, Cause::NoAddress) => {
                "the link is down: nothing has reported an address"
            }
            (Self::Down { .. }, Cause::NoAddress) => {
                "the link is down: it isn't on an access point"
            }
            (Self::Down { reason, .. }, Cause::JoinFailed) => match reason {
                DisconnectReason::WrongPassword => "the access point refused the password",
                DisconnectReason::NoAccessPoint => "no access point of that name was found",
                DisconnectReason::TimedOut => "the access point didn't answer in time",
                _ => return None,
            },
            _ => return None,
        })
    }

    /// What to do about the cause here.
    pub(super) const fn advice(self, cause: Cause) -> Option<&'static str> {
        Some(match (self, cause) {
            (Self::OwnMachine, Cause::NothingListens) => {
                "check the port, and that the server runs: it is asked on this machine itself"
            }
            (Self::OwnMachine, Cause::SlowServer) => {
                "look at the server: it takes no more connections, or hangs"
            }
            (Self::UnderWay, Cause::SlowServer) => {
                "look at the server: it stopped, or is slow. Or raise the deadline that ran out \
                 (idle_timeout or total_timeout)"
            }
            (Self::Unfit, Cause::BadResponse) => {
                "have it as it is (read_to_end, allow_unknown_codings), or correct the server"
            }
            (Self::Unended, Cause::StackQuirks) => {
                "let the server send a Content-Length. If the stack loses nothing at the end, declare that \
                 (with_pipe_closed)"
            }
            (Self::Modem(StackFault::ModemHung), Cause::ModemUnresponsive) => {
                "give it time. If it takes no restart (AT+RST) either, switch its supply, or pull EN low \
                 for a moment"
            }
            (Self::Modem(StackFault::Busy), Cause::ModemUnresponsive) => {
                "wait, and ask again: a connect that was given up takes it up to 15 s more"
            }
            (Self::LinkLost, Cause::NoAddress) => {
                "check the signal and the supply, and look for a restart of the access point. Once the \
                 link is up, send it again if twice does no harm"
            }
            (Self::NoAddress { waited: true }, Cause::NoAddress) => {
                "DHCP doesn't answer: check the router's DHCP server and its list of allowed devices, \
                 and the signal; or set a static address"
            }
            (Self::NoAddress { waited: false }, Cause::NoAddress) => {
                "wait for the address (wait_online): being on the access point (WIFI CONNECTED) isn't \
                 enough. If none comes, check DHCP and the signal"
            }
            (Self::Down { reason: DisconnectReason::Unknown, waited: true }, Cause::NoAddress) => {
                "join the access point, and see that the address is reported (LinkEvents::got_ip)"
            }
            (Self::Down { waited: true, .. }, Cause::NoAddress) => {
                "join the access point: check that it is on, its name, the password and the distance \
                 to it"
            }
            (Self::Down { waited: false, .. }, Cause::NoAddress) => {
                "join the access point, and wait for the address (wait_online) before the request"
            }
            (Self::Down { reason, .. }, Cause::JoinFailed) => match reason {
                DisconnectReason::WrongPassword => {
                    "correct the password (upper and lower case count), and check that the access \
                     point takes WPA2"
                }
                DisconnectReason::NoAccessPoint => {
                    "check the network's name (upper and lower case count), that it is on 2.4 GHz, and \
                     the distance to it"
                }
                _ => return None,
            },
            _ => return None,
        })
    }
}
