//! What an active check found: the values, and their `Display`, step by step.

use super::Diagnosis;
use super::answer::{Answer, Meaning};
use super::facts::AT_ONCE_MS;
use super::page::{Addresses, Wrapped, write_warning};
use crate::error::{ErrorKind, RequestError};
use core::convert::Infallible;
use core::fmt::{self, Formatter, Write};
use core::net::IpAddr;
use heapless::{String, Vec};
use nal_link::{DisconnectReason, IpConfig, LinkStatus, StackFault, Verification};

/// An error that isn't a stack's own.
pub(crate) type Told = ErrorKind<Infallible, Infallible>;

/// A step of the ladder that [`diagnose`](crate::SafeHttpClient::diagnose) goes down.
///
/// ```
/// assert_eq!(safe_http_client::ProbeStep::Gateway.name(), "gateway");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ProbeStep {
    /// The URL is one, and its scheme can be used.
    Url,
    /// The link is up and has an address.
    Link,
    /// Address, netmask and gateway fit together.
    Subnet,
    /// The target is another host.
    Target,
    /// The host's name resolves to a host.
    Name,
    /// The gateway answers.
    Gateway,
    /// The host answers.
    Host,
    /// The port takes connections.
    Port,
    /// What listens there answers as an HTTP server.
    Http,
}

impl ProbeStep {
    /// In lower case, such as `gateway`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Link => "link",
            Self::Subnet => "subnet",
            Self::Target => "target",
            Self::Name => "name",
            Self::Gateway => "gateway",
            Self::Host => "host",
            Self::Port => "port",
            Self::Http => "http",
        }
    }
}

/// What became of a step.
///
/// ```
/// # use safe_http_client::*;
/// # fn f(report: Report) {
/// let broken = report.steps().iter().find(|result| result.outcome == StepOutcome::Failed);
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum StepOutcome {
    /// It holds.
    Passed,
    /// Nobody answered. That alone breaks nothing: many gateways and hosts ignore pings.
    Silent,
    /// It wasn't looked at: something isn't known for it, it was switched off, or this stack can't.
    NotAsked,
    /// It broke, and the check stopped here.
    Failed,
}

/// A step, what became of it, and how long that took.
///
/// ```
/// # use safe_http_client::*;
/// # fn f(report: Report) {
/// for StepResult { step, outcome, ms } in report.steps() {
///     println!("{}: {outcome:?} after {ms} ms", step.name());
/// }
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StepResult {
    /// Which.
    pub step: ProbeStep,
    /// What became of it.
    pub outcome: StepOutcome,
    /// Milliseconds that it took.
    pub ms: u32,
}

/// As many steps as there are.
const STEPS: usize = 9;

/// What [`diagnose`](crate::SafeHttpClient::diagnose) found, step by step.
///
/// `Display` is for a serial console of 80 columns:
///
/// ```text
/// url       ok                                                         0 ms
/// link      up   192.168.1.57/24, gateway 192.168.1.1, -61 dBm        12 ms
/// subnet    ok                                                         0 ms
/// name      ok   gate.local -> 192.168.1.20                           48 ms
/// target    ok   another host                                          0 ms
/// gateway   ok   192.168.1.1 answers                                   3 ms
/// host      ok   192.168.1.20 answers                                  5 ms
/// port      no   8080 closed at once                                   9 ms
/// cause: nothing listens on port 8080 of 192.168.1.20 (likely)
///    or: the server on 192.168.1.20 listens on its own 127.0.0.1 only (possible)
///    or: a firewall blocks port 8080 of 192.168.1.20 (possible)
/// try:   check the port, and that the server runs and isn't bound to 127.0.0.1
///        only
/// ```
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn blink(times: u8) {}
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext) {
/// let report = client.diagnose(cx, "http://gate.local:8080/");
/// println!("{report}");
/// // A device with a lamp and no console:
/// if let Some(diagnosis) = report.diagnosis() {
///     blink(diagnosis.cause().number());
/// }
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Report {
    /// The host's name: all of it, as a rule, or its first bytes.
    host: String<64>,
    is_whole_host: bool,
    pub(crate) port: u16,
    results: Vec<StepResult, STEPS>,
    pub(crate) link: LinkStatus,
    pub(crate) address: Option<IpAddr>,
    /// How far the server was verified that the check's own request was sent to.
    pub(crate) verification: Verification,
    /// The answer to the check's own request.
    pub(crate) answer: Option<Answer>,
    /// The error's code, where one ended the check.
    pub(crate) code: &'static str,
    /// The error itself, if it isn't the stack's own.
    pub(crate) error: Option<Told>,
    /// Why the addresses weren't looked at; empty where they were.
    pub(crate) subnet: &'static str,
    /// What the target is.
    pub(crate) target: &'static str,
    /// The gateway's step is of a connection to its port 80, in place of a ping.
    has_knocked: bool,
    pub(crate) diagnosis: Option<Diagnosis>,
}

impl Report {
    pub(crate) fn new(host: &str, port: u16) -> Self {
        let mut kept = String::new();
        for character in host.chars() {
            if kept.push(character).is_err() {
                break;
            }
        }
        Self {
            is_whole_host: kept.len() == host.len(),
            host: kept,
            port,
            results: Vec::new(),
            link: LinkStatus::Disconnected(DisconnectReason::Unknown),
            address: None,
            verification: Verification::Unknown,
            answer: None,
            code: "",
            error: None,
            subnet: "",
            target: "",
            has_knocked: false,
            diagnosis: None,
        }
    }

    /// The host's name; `None` where only a part of it is kept.
    pub(crate) fn whole_host(&self) -> Option<&str> {
        self.is_whole_host.then_some(&self.host)
    }

    pub(crate) fn add(&mut self, step: ProbeStep, outcome: StepOutcome, ms: u32) {
        // There is room for every step.
        let _ = self.results.push(StepResult { step, outcome, ms });
    }

    /// The gateway was asked for a connection after all, behind the step that broke.
    pub(crate) fn knocked(&mut self, outcome: StepOutcome) {
        self.has_knocked = outcome != StepOutcome::NotAsked;
        for result in &mut self.results {
            if result.step == ProbeStep::Gateway {
                result.outcome = outcome;
            }
        }
    }

    /// The steps that were gone down, in their order. The last one is the one that broke, if one did.
    pub fn steps(&self) -> &[StepResult] {
        &self.results
    }

    /// The diagnosis; `None` where every step held, and the server answered, and while the check is under way.
    pub fn diagnosis(&self) -> Option<&Diagnosis> {
        self.diagnosis.as_ref()
    }

    /// The status of the server's answer to the check's own request (`OPTIONS *`): any says that an HTTP
    /// server is there. `None` where none came, or where its head didn't fit the buffer.
    pub fn status(&self) -> Option<u16> {
        self.answer.as_ref().map(|answer| answer.status)
    }

    /// The code of the error that ended the check, as [`Error::code`](crate::Error::code) has it; empty where none did.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Whether another call of the client's ended the check.
    fn is_displaced(&self) -> bool {
        self.code == RequestError::Displaced.code()
    }

    fn detail(&self, result: &StepResult, out: &mut Detail) -> fmt::Result {
        let failed = result.outcome == StepOutcome::Failed;
        if failed && self.is_displaced() {
            return out.write_str(self.code);
        }
        let up = self.link.ip_config().ok();
        match result.step {
            ProbeStep::Link => match (self.link, up) {
                (_, Some(ip)) => write!(out, "{}", Addresses(ip)),
                (LinkStatus::Disconnected(reason), _) => write!(out, "down, {reason}"),
                _ => out.write_str("no IP address"),
            },
            ProbeStep::Name => match self.address {
                Some(address) => write!(out, "{:.32} -> {address}", self.host),
                None => write!(out, "{:.32}", self.host),
            },
            ProbeStep::Gateway => {
                reached(out, up.and_then(|ip: IpConfig| ip.gateway).map(IpAddr::V4), result)?;
                if self.has_knocked {
                    out.write_str(" at port 80")?;
                }
                Ok(())
            }
            ProbeStep::Host => reached(out, self.address, result),
            ProbeStep::Port if !failed => write!(out, "{} open", self.port),
            ProbeStep::Port => {
                let fault =
                    self.diagnosis.as_ref().map_or(StackFault::Unknown, |it| it.evidence.fault);
                // Its page says what each of these is.
                if let StackFault::Tls(why) = fault {
                    return write!(out, "{} {}: {why:?}", self.port, self.code);
                }
                // A check that has no more time gives a connection up that was asked for just before.
                let is_given_up = self.code == "connect_timeout";
                let how = match (fault, result.ms < AT_ONCE_MS && !is_given_up) {
                    (StackFault::Refused | StackFault::Indistinct | StackFault::Unknown, true) => {
                        "closed at once"
                    }
                    (StackFault::Refused, false) => "closed",
                    (StackFault::Unreachable, _) => "unreachable",
                    (
                        StackFault::Indistinct | StackFault::Unknown | StackFault::TimedOut,
                        false,
                    )
                    | (StackFault::HidesRefusal, _) => "no answer",
                    // The stack failed before it asked the port.
                    _ => self.code,
                };
                write!(out, "{} {how}", self.port)
            }
            ProbeStep::Http => match self.status() {
                Some(status) => write!(out, "status {status}"),
                None => out.write_str(self.code),
            },
            ProbeStep::Target if !failed => out.write_str(self.target),
            ProbeStep::Subnet if !failed => out.write_str(self.subnet),
            ProbeStep::Url if !failed => Ok(()),
            ProbeStep::Url | ProbeStep::Subnet | ProbeStep::Target => out.write_str(self.code),
        }
    }
}

/// The longest time that is shown of a step: over two hours.
const MOST_MS: u32 = 9_999_999;

/// A step's detail, cut where its column ends.
type Detail = String<52>;

fn reached(out: &mut Detail, address: Option<IpAddr>, result: &StepResult) -> fmt::Result {
    if let Some(address) = address {
        write!(out, "{address} ")?;
    }
    out.write_str(match result.outcome {
        StepOutcome::Passed => "answers",
        StepOutcome::NotAsked => "not asked",
        StepOutcome::Silent | StepOutcome::Failed => "says nothing",
    })
}

impl Answer {
    /// Whether the report has something to say of it.
    fn is_remarkable(&self) -> bool {
        self.meaning != Meaning::Fine
    }

    /// Whether the caller's path may be missing, though the server answers.
    fn leaves_path_open(&self) -> bool {
        self.meaning == Meaning::NotFound
    }

    /// The status, where it leads or what it wants, and what that means.
    fn says(&self, out: &mut impl Write) -> fmt::Result {
        write!(out, "status {}", self.status)?;
        let detail = self.detail.as_str();
        match self.meaning {
            Meaning::WantsCredentials if detail.is_empty() => {
                out.write_str(", and no challenge that says which credentials are wanted")?;
            }
            Meaning::WantsCredentials => write!(out, ", which wants {detail}")?,
            _ if !detail.is_empty() => write!(out, ", redirects to {detail}")?,
            _ => {}
        }
        write!(out, ": {}", self.text())
    }

    const fn text(&self) -> &'static str {
        match self.meaning {
            Meaning::Fine => "an HTTP server answers",
            Meaning::NoOptions => {
                "an HTTP server answers, and takes no OPTIONS, which the check asks with"
            }
            Meaning::AsksForTls => "it says that this is an https port",
            Meaning::Switches => "the server goes over to another protocol, which nobody asked for",
            Meaning::Portal => "a captive portal says so itself",
            Meaning::ToPortal => "another host, with a captive portal's marks",
            Meaning::ToLogin => "another host, which looks like a login",
            Meaning::ToOtherHost => "another host",
            Meaning::ToLoopback => "an address of whoever asks, and not of the server",
            Meaning::ToHttps => "the same host by https",
            Meaning::ToOtherPlace => "another place of the same host",
            Meaning::ToSomewhere => "whether that is the same host isn't known",
            Meaning::ToOtherScheme => "what isn't asked for by HTTP",
            Meaning::ToNowhere => "a redirect that doesn't say where to",
            Meaning::WantsCredentials => "who asks has to say who they are",
            Meaning::Forbidden => {
                "forbidden: the server has understood, and lets this client do nothing here"
            }
            Meaning::NotFound => "an HTTP server answers, and has nothing where the check asks",
            Meaning::TooMany => "too many requests in too short a time",
            Meaning::Refused => "the server refuses the check's question",
            Meaning::Unavailable => {
                "the server, or a proxy in front of it, can't answer now: overloaded, starting, or down"
            }
            Meaning::ServerError => "the server's own error, or that of a proxy in front of it",
        }
    }

    /// What to do, where the status tells more than the cause does.
    #[cfg(feature = "advice")]
    fn advice(&self) -> Option<&'static str> {
        let wants = |scheme: &str| {
            self.detail.split(", ").any(|wanted| wanted.eq_ignore_ascii_case(scheme))
        };
        Some(match self.meaning {
            Meaning::ToHttps => {
                "ask by https:// with a stack that has TLS, or have the server answer http for this \
                 client"
            }
            Meaning::ToLoopback => {
                "look at the server, or the proxy in front of it: give it the name or address that \
                 others know it by"
            }
            Meaning::ToOtherHost
            | Meaning::ToLogin
            | Meaning::ToOtherPlace
            | Meaning::ToSomewhere
                if !matches!(self.status, 301..=303 | 307 | 308) =>
            {
                "ask for the URL that it leads to: .follow(n) goes by 301, 302, 303, 307 and 308 alone"
            }
            Meaning::ToOtherHost | Meaning::ToLogin => {
                "ask for the URL that it leads to, or have redirects followed: .follow(n); https takes a \
                 stack that has TLS"
            }
            Meaning::ToOtherPlace | Meaning::ToSomewhere => {
                "ask for the URL that it leads to, or have redirects followed: .follow(n)"
            }
            Meaning::ToOtherScheme => {
                "look at what the server is for: it leads to an app or to another protocol"
            }
            Meaning::ToNowhere => "look at the server: a redirect needs a Location",
            Meaning::WantsCredentials if self.status == 407 => {
                "a proxy stands between: give it its credentials by the header Proxy-Authorization"
            }
            Meaning::WantsCredentials if wants("Basic") => {
                "give user name and password by .basic(user, password), or percent-encoded in the URL: \
                 http://user:password@host/"
            }
            Meaning::WantsCredentials if wants("Bearer") => "send the token by .bearer(token)",
            Meaning::WantsCredentials if wants("Digest") => {
                "answer by .digest(user, password, random), with the feature `digest`"
            }
            Meaning::WantsCredentials => {
                "switch the server to Basic or Digest, or make the header Authorization for the scheme \
                 that it wants yourself"
            }
            Meaning::Forbidden => {
                "check the credentials' rights, and the server's list of allowed addresses and hosts"
            }
            Meaning::NotFound => {
                "check the path with a request of your own: the check asks for none of your paths. Try \
                 it in a browser, too"
            }
            Meaning::TooMany => "ask less often; Retry-After says when, where the server sends it",
            Meaning::Refused => match self.status {
                400 => {
                    "the server wants a certificate of the client's, which few stacks' TLS has: let it \
                     take a password or a token"
                }
                421 => {
                    "the server isn't set up for this host: check the URL's host, and its list of hosts"
                }
                426 => {
                    "the server wants another protocol (its header Upgrade says which), TLS as a rule"
                }
                431 => {
                    "the server takes smaller heads only: send fewer and shorter headers, cookies first"
                }
                505 => {
                    "the server takes no HTTP/1.1 here: let it, or look for a port of its that does"
                }
                _ => "look the status up, and at the server's log",
            },
            Meaning::Switches => "look at the server: a 101 answers a request with Upgrade alone",
            Meaning::Unavailable => "ask again in a while, and look at the server's log",
            Meaning::ServerError => "look at the server's log: the fault isn't on this side",
            _ => return None,
        })
    }

    #[cfg(not(feature = "advice"))]
    #[allow(clippy::unused_self, reason = "as with the feature")]
    const fn advice(&self) -> Option<&'static str> {
        None
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for result in &self.results {
            let word = match (result.outcome, result.step) {
                (StepOutcome::Passed, ProbeStep::Link) => "up",
                (StepOutcome::Passed, _) => "ok",
                (StepOutcome::Silent | StepOutcome::NotAsked, _) => "--",
                (StepOutcome::Failed, _) => "no",
            };
            let mut detail = Detail::new();
            // What doesn't fit the column is cut.
            let _ = self.detail(result, &mut detail);
            let StepResult { step, ms, .. } = *result;
            // A wider one would break the line.
            let ms = ms.min(MOST_MS);
            writeln!(f, "{:<10}{word:<5}{detail:<48} {ms:>6} ms", step.name())?;
        }
        if let Some(error) = &self.error {
            let mut out = Wrapped::new(f, "error:")?;
            write!(out, "{error}")?;
            out.end()?;
            f.write_str("\n")?;
        }
        if let Some(answer) = self.answer.as_ref().filter(|answer| answer.is_remarkable()) {
            let mut out = Wrapped::new(f, "says:")?;
            answer.says(&mut out)?;
            out.end()?;
            f.write_str("\n")?;
        }
        write_warning(f, self.verification)?;
        match &self.diagnosis {
            Some(diagnosis) => {
                diagnosis.causes(f)?;
                diagnosis.advice(f, self.answer.as_ref().and_then(Answer::advice))?;
                diagnosis.came(f)?;
                diagnosis.words(f)
            }
            None => {
                let answer = self.answer.as_ref().filter(|answer| answer.leaves_path_open());
                if let Some(advice) = answer.and_then(Answer::advice) {
                    let mut out = Wrapped::new(f, "try:")?;
                    out.write_str(advice)?;
                    out.end()?;
                    f.write_str("\n")?;
                }
                // Of the caller's request its path, its body and its time may still be what fails.
                f.write_str(if answer.is_some() { "the way to the server" } else { "all of it" })?;
                f.write_str(" works from here, now; your own path wasn't asked")
            }
        }
    }
}
