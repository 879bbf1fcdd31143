//! A fault that was produced, and what was said of it: what every stack's file reports.
#![allow(dead_code, reason = "each of the two packages uses a part")]

use embedded_io::Read as _;
use safe_http_client::{
    Cause, Clock, Confidence, Diagnosis, ErrorOf, LoopContext, Network, Online, ProbeStep, Report,
    SafeHttpClient, StackFault, StepOutcome, Suspect,
};
use std::fmt;

/// On what the fault was produced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum On {
    /// `EspAt` and the simulated modem with NonOS AT 1.7.
    NonOs,
    /// The same with ESP-AT 2.
    EspAt2,
    /// std-embedded-nal, on loopback and in network namespaces.
    Std,
    /// smoltcp-nal, on a cable in memory.
    Smoltcp,
    /// The client whose calls are awaited, on embassy-net: a cable in memory, and a TAP device.
    Embassy,
    /// Wrappers with a vendor's habits over one of these, and scripted stacks.
    Vendor,
}

impl On {
    pub const ALL: [Self; 6] =
        [Self::NonOs, Self::EspAt2, Self::Std, Self::Smoltcp, Self::Embassy, Self::Vendor];

    pub fn name(self) -> &'static str {
        match self {
            Self::NonOs => "nonos",
            Self::EspAt2 => "at2",
            Self::Std => "std",
            Self::Smoltcp => "smoltcp",
            Self::Embassy => "embassy",
            Self::Vendor => "vendor",
        }
    }
}

/// What is demanded of a diagnosis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Demand {
    /// The cause is the first suspect.
    First,
    /// The cause is the first suspect, and the diagnosis admits that it can't know: here is why.
    FirstNotCertain(&'static str),
    /// Another cause looks the same from here, and is more common: here is why. Ours is listed.
    Listed(&'static str),
}

/// What a diagnosis said.
#[derive(Debug, Clone)]
pub struct Verdict {
    pub suspects: Vec<Suspect>,
    pub fault: StackFault,
    /// It was made of a response's head.
    pub of_answer: bool,
    pub text: String,
}

impl Verdict {
    pub fn of(diagnosis: &Diagnosis) -> Self {
        Self {
            suspects: diagnosis.suspects().to_vec(),
            fault: diagnosis.evidence().fault,
            of_answer: false,
            text: diagnosis.to_string(),
        }
    }

    pub fn of_report(report: &Report) -> Option<Self> {
        let diagnosis = report.diagnosis()?;
        let of_answer = report.status().is_some();
        Some(Self { of_answer, text: report.to_string(), ..Self::of(diagnosis) })
    }

    pub fn first(&self) -> Suspect {
        self.suspects[0]
    }

    pub fn lists(&self, cause: Cause) -> bool {
        self.suspects.iter().any(|suspect| suspect.cause == cause)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, suspect) in self.suspects.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{} {}", suspect.cause.code(), suspect.confidence.name())?;
        }
        Ok(())
    }
}

/// What an active check took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    pub ms: u32,
    /// Command lines that a modem was given.
    pub commands: Option<u64>,
    /// Bytes that went to and came from peers.
    pub bytes: Option<(u64, u64)>,
    /// Connections that were opened.
    pub connections: Option<u64>,
    /// Packets that a network card sent and received: all of them, ARP among them.
    pub packets: Option<(u64, u64)>,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figure = |figure: Option<u64>| figure.map_or("-".into(), |figure| figure.to_string());
        let Self { ms, commands, bytes, connections, packets } = *self;
        let (sent, received) = (figure(bytes.map(|b| b.0)), figure(bytes.map(|b| b.1)));
        let (out, back) = (figure(packets.map(|p| p.0)), figure(packets.map(|p| p.1)));
        let (commands, connections) = (figure(commands), figure(connections));
        write!(
            f,
            "{ms:>6} ms {commands:>4} {connections:>5} {sent:>5} {received:>5} {out:>4} {back:>4}"
        )
    }
}

/// A fault that was produced, and what was said of it.
#[derive(Debug, Clone)]
pub struct Case {
    pub on: On,
    pub cause: Cause,
    pub how: &'static str,
    pub demand: Demand,
    /// Other causes that are true of it, too.
    pub also: &'static [Cause],
    /// The request's error, `ok` where it had none.
    pub code: &'static str,
    /// The diagnosis of that error.
    pub passive: Option<Verdict>,
    /// That of the active check; `None` where it found all in order, or wasn't made.
    pub active: Option<Verdict>,
    /// How far the check came. `None` where it wasn't made.
    pub last_step: Option<ProbeStep>,
    /// What it looked at and found right.
    pub passed: Vec<ProbeStep>,
    pub cost: Cost,
}

impl Case {
    pub fn new(on: On, cause: Cause, how: &'static str) -> Self {
        Self {
            on,
            cause,
            how,
            demand: Demand::First,
            also: &[],
            code: "ok",
            passive: None,
            active: None,
            last_step: None,
            passed: Vec::new(),
            cost: Cost::default(),
        }
    }

    pub fn demand(mut self, demand: Demand) -> Self {
        self.demand = demand;
        self
    }

    pub fn also(mut self, also: &'static [Cause]) -> Self {
        self.also = also;
        self
    }

    /// With the error of a request.
    pub fn failed(mut self, code: &'static str, diagnosis: &Diagnosis) -> Self {
        self.code = code;
        self.passive = Some(Verdict::of(diagnosis));
        self
    }

    /// With the report of an active check.
    pub fn checked(mut self, report: &Report) -> Self {
        self.active = Verdict::of_report(report);
        self.last_step = report.steps().last().map(|result| result.step);
        let passed = report.steps().iter().filter(|it| it.outcome == StepOutcome::Passed);
        self.passed = passed.map(|result| result.step).collect();
        self.cost.ms = report.steps().iter().map(|result| result.ms).sum();
        self
    }

    /// What a user is left with: the active check's word where it still found the fault, and that
    /// of the failed request where it had gone by.
    pub fn verdict(&self) -> Option<&Verdict> {
        self.active.as_ref().or(self.passive.as_ref())
    }

    fn is_true(&self, cause: Cause) -> bool {
        cause == self.cause || self.also.contains(&cause)
    }

    /// Whether the first suspect is the cause.
    pub fn is_right(&self) -> bool {
        self.verdict().is_some_and(|verdict| self.is_true(verdict.first().cause))
    }

    pub fn is_listed(&self) -> bool {
        self.verdict().is_some_and(|verdict| verdict.lists(self.cause))
    }

    /// What is wrong with what was said; empty where nothing is.
    pub fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        let mut say = |text: String| complaints.push(format!("{self}: {text}"));
        for verdict in [&self.passive, &self.active].into_iter().flatten() {
            for suspect in &verdict.suspects {
                if suspect.confidence == Confidence::Certain && !self.is_true(suspect.cause) {
                    say(format!("wrongly certain of {}", suspect.cause.code()));
                }
            }
        }
        for suspect in self.active.iter().flat_map(|verdict| &verdict.suspects) {
            let cause = suspect.cause;
            if !self.is_true(cause) && self.passed.iter().any(|step| rules_out(*step, cause)) {
                say(format!("blames {}, which it has ruled out", cause.code()));
            }
        }
        let Some(verdict) = self.verdict() else {
            say("no diagnosis".into());
            return complaints;
        };
        match self.demand {
            Demand::First if !self.is_right() => say(format!("said {verdict}")),
            Demand::FirstNotCertain(why) if !self.is_right() => {
                say(format!("said {verdict} ({why})"));
            }
            Demand::FirstNotCertain(why) if verdict.first().confidence == Confidence::Certain => {
                say(format!("overstated: {verdict} ({why})"));
            }
            Demand::Listed(why) if !self.is_listed() => say(format!("said {verdict} ({why})")),
            _ => {}
        }
        complaints
    }
}

/// What can't be to blame where a step was looked at and found right.
fn rules_out(step: ProbeStep, cause: Cause) -> bool {
    use Cause::*;
    match step {
        ProbeStep::Link => matches!(cause, NoAddress | JoinFailed),
        ProbeStep::Subnet => cause == WrongSubnet,
        ProbeStep::Name => matches!(cause, NameNotResolved | NoDnsServer),
        ProbeStep::Target => matches!(cause, NoHostTarget | OwnAddress),
        ProbeStep::Gateway => cause == GatewaySilent,
        ProbeStep::Host => matches!(cause, HostDown | ClientIsolation),
        ProbeStep::Port => {
            matches!(cause, NothingListens | ServerOnLoopback | Firewall | HostDown | EventHandler)
        }
        _ => false,
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:7} {:2} {}", self.on.name(), self.cause.number(), self.how)
    }
}

/// GETs a URL and reads its response to the end.
pub fn get<N: Network, C: Clock>(
    online: &mut Online<'_, N, C>,
    url: &str,
) -> Result<u16, ErrorOf<N>> {
    let mut buffer = [0; 512];
    let mut response = online.get(url, &mut buffer).send()?;
    let status = response.status();
    let mut piece = [0; 256];
    while response.read(&mut piece)? > 0 {}
    Ok(status)
}

/// The same of a client that may be offline.
pub fn try_get<N: Network, C: Clock>(
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    url: &str,
) -> Result<u16, ErrorOf<N>> {
    get(&mut client.online(cx)?, url)
}

/// GETs, has what failed diagnosed, and then checks actively.
pub fn observe<N: Network, C: Clock>(
    case: Case,
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    url: &str,
) -> Case {
    observe_after(case, client, cx, url, |_| {})
}

/// The same, where something happens between the look at the link and the request: the client that has
/// requests is lent already.
pub fn observe_after<N: Network, C: Clock>(
    case: Case,
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    url: &str,
    what: impl FnOnce(&mut SafeHttpClient<N, C>),
) -> Case {
    let case = observe_passive(case, client, cx, url, what);
    case.checked(&client.diagnose(cx, url))
}

/// GETs, and has what failed diagnosed.
pub fn observe_passive<N: Network, C: Clock>(
    case: Case,
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    url: &str,
    what: impl FnOnce(&mut SafeHttpClient<N, C>),
) -> Case {
    let mut online = client.online(cx).expect("it was online before the fault");
    what(online.client());
    match get(&mut online, url) {
        Ok(_) => case,
        Err(error) => {
            let diagnosis = client.diagnosis(&error);
            assert_eq!(client.cause(&error), diagnosis.cause(), "{diagnosis}");
            case.failed(error.code(), &diagnosis)
        }
    }
}

/// Says something past the test harness, which would keep it to itself.
pub fn say(text: &str) {
    use std::io::Write;
    let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
}
