//! Which rows of the table in `src/diagnosis/rules.rs` were gone through, by real faults and by the
//! ones that are only written down here, since nothing that runs here has them.

use crate::common::script::{Connection, ScriptError, ScriptStack};
use crate::common::{TestClock, TestLink, cx};
use crate::matrix::cases;
use crate::observed::Verdict;
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use safe_http_client::{
    Behaviour, BufferUse, Cause, Config, Connect, Deadline, DisconnectReason, Error, ErrorKind,
    IpConfig, Link, LinkError, LinkStatus, Network, NoPing, NoTls, Peer, Phase, ProtocolError,
    RequestError, SafeHttpClient, StackFault, TargetClass, UrlError,
};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// A row of the table, as it is written.
struct Row {
    /// Its symptoms and what has to be given.
    when: String,
    /// Its suspects: `NothingListens Likely, …`.
    causes: String,
}

/// All rows, from the source.
fn rows() -> Vec<Row> {
    let source = include_str!("../../src/diagnosis/rules.rs");
    let table = source.split_once("const RULES").unwrap().1.split_once("];").unwrap().0;
    // Comments would stand between the rows otherwise.
    let code: Vec<_> = table.lines().filter(|line| !line.trim().starts_with("//")).collect();
    let words: Vec<_> = code.iter().flat_map(|line| line.split_whitespace()).collect();
    let text = words.join(" ");
    let rows = text.split("rule(").skip(1).map(|row| {
        let (when, causes) = row.rsplit_once("&[is(").unwrap();
        let causes = causes.trim_end_matches([',', ' ', ')', ']']).replace("), is(", "; ");
        Row {
            when: when.trim_end_matches([',', ' ']).into(),
            causes: causes.replace(", ", " ").replace("; ", ", "),
        }
    });
    rows.collect()
}

fn causes(verdict: &Verdict) -> String {
    let suspects = verdict.suspects.iter();
    suspects.map(|s| format!("{:?} {:?}", s.cause, s.confidence)).collect::<Vec<_>>().join(", ")
}

impl Row {
    /// Whether a verdict came of this row: by its suspects and, where several rows have the same,
    /// by what the row asks for.
    fn is_of(&self, verdict: &Verdict) -> bool {
        let asks_for = |name: &str| self.when.contains(name);
        let fault = format!("StackFault::{:?}", verdict.fault);
        let fits_fault = !asks_for("StackFault::")
            || self.when.split(' ').any(|word| word.trim_matches(['(', ')', ',']) == fault);
        let fits_answer = match (asks_for("AnswerAsksForTls"), asks_for("AnswerIsTls")) {
            (true, _) => verdict.of_answer,
            (_, true) => !verdict.of_answer,
            _ => true,
        };
        let fits_refusal =
            !asks_for("NameWithoutDnsServer") || verdict.fault != StackFault::NoResolver;
        let fits_offline = !asks_for("&[Offline]") || verdict.fault == StackFault::Unknown;
        self.causes == causes(verdict) && fits_fault && fits_answer && fits_refusal && fits_offline
    }
}

/// A failure that is only written down.
struct Written {
    /// Why no fault here produces it.
    why: &'static str,
    verdict: Verdict,
    first: Cause,
}

fn failure(
    why: &'static str,
    phase: Phase,
    kind: ErrorKind<(), ()>,
    first: Cause,
    change: impl FnOnce(&mut Error<(), ()>),
) -> Written {
    let mut error = Error::new(phase, kind);
    change(&mut error);
    Written { why, verdict: Verdict::of(&error.diagnosis()), first }
}

/// Passive ones: an error, as a stack that isn't here would report it.
fn written() -> Vec<Written> {
    let timeout = |deadline| ErrorKind::Timeout { deadline, limit_ms: 5000 };
    let fault = |fault| move |error: &mut Error<(), ()>| error.evidence.fault = fault;
    let waited = |ms| {
        move |error: &mut Error<(), ()>| {
            error.evidence.phase_ms = ms;
            error.evidence.limit_ms = 5000;
        }
    };
    let lost = |error: &mut Error<(), ()>| error.evidence.link = Some(LinkStatus::NoAddress);
    let not_here = "no stack here says so";
    let no_netns = "needs network namespaces";
    let total = timeout(Deadline::Total);
    vec![
        // A total deadline ends what would have had one of its own.
        failure(no_netns, Phase::Resolve, total.clone(), Cause::NameNotResolved, waited(5000)),
        failure(no_netns, Phase::Connect, total.clone(), Cause::HostDown, waited(5000)),
        failure(no_netns, Phase::Head, total, Cause::SlowServer, waited(5000)),
        // A reset is an answer, whatever it is called.
        failure(
            no_netns,
            Phase::Connect,
            ErrorKind::Connect(()),
            Cause::NothingListens,
            fault(StackFault::Reset),
        ),
        failure(no_netns, Phase::Connect, ErrorKind::Connect(()), Cause::WrongSubnet, |error| {
            fault(StackFault::Unreachable)(error);
            waited(3)(error);
        }),
        failure(no_netns, Phase::Connect, ErrorKind::Connect(()), Cause::WrongSubnet, |error| {
            let ip = IpConfig::new(Ipv4Addr::new(192, 168, 0, 20).into())
                .with_netmask(Ipv4Addr::new(255, 255, 255, 0))
                .with_gateway(GATEWAY.into());
            error.evidence.link = Some(LinkStatus::Up(ip));
            waited(5000)(error);
        }),
        failure(
            "EspAt tells a garbled line apart only where data are in it",
            Phase::Body,
            ErrorKind::Receive(()),
            Cause::SerialLine,
            fault(StackFault::SerialGarbled),
        ),
        failure(
            not_here,
            Phase::Connect,
            ErrorKind::Connect(()),
            Cause::ModemMemory,
            fault(StackFault::OutOfMemory),
        ),
        failure(
            not_here,
            Phase::Connect,
            ErrorKind::Connect(()),
            Cause::NoAddress,
            fault(StackFault::NoAddress),
        ),
        failure(
            "its own error says it, too, on every stack here",
            Phase::Connect,
            ErrorKind::Socket(()),
            Cause::OutOfSockets,
            |_| {},
        ),
        failure(
            "the modem hangs in a simulator's state of its own",
            Phase::Connect,
            ErrorKind::Connect(()),
            Cause::ModemUnresponsive,
            fault(StackFault::ModemHung),
        ),
        failure(
            not_here,
            Phase::Connect,
            ErrorKind::Connect(()),
            Cause::ModemUnresponsive,
            fault(StackFault::Busy),
        ),
        failure(
            "stacks without DNS are asked by address",
            Phase::Resolve,
            ErrorKind::Resolve(()),
            Cause::NoDnsServer,
            fault(StackFault::NoResolver),
        ),
        failure(
            "the link would have to go in the same moment",
            Phase::Resolve,
            ErrorKind::Resolve(()),
            Cause::NoAddress,
            lost,
        ),
        failure(
            "the link would have to go in the same moment",
            Phase::Connect,
            timeout(Deadline::Connect),
            Cause::NoAddress,
            lost,
        ),
        failure(not_here, Phase::Connect, ErrorKind::Connect(()), Cause::NothingListens, waited(3)),
        failure(
            "a total deadline is the caller's",
            Phase::Body,
            timeout(Deadline::Total),
            Cause::SlowServer,
            |_| {},
        ),
        failure(
            "EspAt is asked for its condition in the same way",
            Phase::Body,
            timeout(Deadline::Idle),
            Cause::SlowServer,
            |error| {
                error.evidence.fault = StackFault::RadioSleeps;
            },
        ),
        failure(
            not_here,
            Phase::Head,
            ErrorKind::ClosedBeforeResponse,
            Cause::ConnectionLost,
            |_| {},
        ),
        failure(
            not_here,
            Phase::Resolve,
            timeout(Deadline::Connect),
            Cause::NameNotResolved,
            waited(5000),
        ),
        failure(not_here, Phase::Connect, ErrorKind::Connect(()), Cause::HostDown, waited(5000)),
        failure(
            "the caller's own mistakes have tests of their own",
            Phase::Url,
            ErrorKind::Request(RequestError::InvalidMethod),
            Cause::InvalidRequest,
            |_| {},
        ),
        failure(
            "",
            Phase::Head,
            ErrorKind::Protocol(ProtocolError::NotHttp(Peer::Tls)),
            Cause::TlsMismatch,
            |_| {},
        ),
        failure(
            "",
            Phase::Link,
            ErrorKind::Timeout { deadline: Deadline::Online, limit_ms: 1 },
            Cause::JoinFailed,
            |error| {
                error.evidence.link = Some(LinkStatus::Disconnected(DisconnectReason::TimedOut));
            },
        ),
    ]
}

/// A scripted stack with pings, which answer or don't, and errors that stand for something.
pub struct Pinging {
    stack: Scripted,
    answers: fn(IpAddr) -> bool,
    fault: StackFault,
    has_tls: bool,
    /// The connection after the first is taken.
    secured: bool,
}

type Scripted = safe_http_client::Attached<ScriptStack, TestLink>;

impl Pinging {
    pub fn new(stack: Scripted, answers: fn(IpAddr) -> bool, fault: StackFault) -> Self {
        Self { stack, answers, fault, has_tls: false, secured: false }
    }
}

impl TcpClientStack for Pinging {
    type TcpSocket = <ScriptStack as TcpClientStack>::TcpSocket;
    type Error = ScriptError;

    fn socket(&mut self) -> Result<Self::TcpSocket, ScriptError> {
        self.secured = false;
        self.stack.socket()
    }

    fn connect(&mut self, s: &mut Self::TcpSocket, to: SocketAddr) -> nb::Result<(), ScriptError> {
        if self.secured {
            return Err(nb::Error::Other(ScriptError::Refused));
        }
        self.stack.connect(s, to)
    }

    fn send(&mut self, s: &mut Self::TcpSocket, data: &[u8]) -> nb::Result<usize, ScriptError> {
        self.stack.send(s, data)
    }

    fn receive(
        &mut self,
        s: &mut Self::TcpSocket,
        to: &mut [u8],
    ) -> nb::Result<usize, ScriptError> {
        self.stack.receive(s, to)
    }

    fn close(&mut self, socket: Self::TcpSocket) -> Result<(), ScriptError> {
        self.stack.close(socket)
    }
}

impl Dns for Pinging {
    type Error = ScriptError;

    fn get_host_by_name(&mut self, name: &str, kind: AddrType) -> nb::Result<IpAddr, ScriptError> {
        self.stack.get_host_by_name(name, kind)
    }

    fn get_host_by_address(&mut self, a: IpAddr, b: &mut [u8]) -> nb::Result<usize, ScriptError> {
        self.stack.get_host_by_address(a, b)
    }
}

impl Link for Pinging {
    fn link_status(&mut self) -> LinkStatus {
        self.stack.link_status()
    }
}

impl Network for Pinging {
    fn behaviour(&self) -> Behaviour {
        Behaviour { connect: Connect::Polls, ..Behaviour::UNKNOWN }
    }

    fn has_tls(&self) -> bool {
        self.has_tls
    }

    fn secure(&mut self, _: &mut Self::TcpSocket, _: &str) -> Result<(), NoTls> {
        self.secured = true;
        Ok(())
    }

    fn tcp_fault(&self, _: &ScriptError) -> StackFault {
        self.fault
    }

    fn ping(&mut self, host: IpAddr) -> nb::Result<Option<u32>, NoPing> {
        Ok((self.answers)(host).then_some(3))
    }
}

const GATEWAY: [u8; 4] = [192, 168, 1, 1];

/// What the active check of a chip at home says, where these hosts answer pings.
fn check(
    answers: fn(IpAddr) -> bool,
    connection: Connection,
    fault: StackFault,
    has_tls: bool,
    url: &str,
) -> Verdict {
    let mut cx = cx();
    let stack = ScriptStack::new([connection]);
    let link = TestLink::new(LinkStatus::Up(home()));
    let stack = safe_http_client::Attached::new(stack, link, Behaviour::UNKNOWN);
    let network = Pinging { has_tls, ..Pinging::new(stack, answers, fault) };
    let mut client = SafeHttpClient::new(network, TestClock::ticking(1));
    let report = client.diagnose(&mut cx, url);
    Verdict::of_report(&report).unwrap_or_else(|| panic!("{url}: {report}"))
}

/// 192.168.1.57/24 behind 192.168.1.1.
fn home() -> IpConfig {
    IpConfig::new(Ipv4Addr::new(192, 168, 1, 57).into())
        .with_netmask(Ipv4Addr::new(255, 255, 255, 0))
        .with_gateway(GATEWAY.into())
}

/// Active ones: what the answers to pings make of a connect that failed.
fn checked() -> Vec<Written> {
    let nobody: fn(IpAddr) -> bool = |_| false;
    let gateway: fn(IpAddr) -> bool = |host| host == IpAddr::from(GATEWAY);
    let all: fn(IpAddr) -> bool = |_| true;
    let silent = || Connection { connect_pends: usize::MAX, ..Connection::new([]) };
    let refused = || Connection { refused: true, ..Connection::new([]) };
    let mut written = Vec::new();
    for (answers, connection, fault, has_tls, url, first) in [
        (all, silent(), StackFault::Unknown, false, "http://192.168.1.20/", Cause::Firewall),
        (gateway, silent(), StackFault::Unknown, false, "http://192.168.1.20/", Cause::HostDown),
        (gateway, silent(), StackFault::Unknown, false, "http://10.0.0.9/", Cause::HostDown),
        (nobody, silent(), StackFault::Unknown, false, "http://10.0.0.9/", Cause::GatewaySilent),
        (
            nobody,
            silent(),
            StackFault::Unknown,
            false,
            "http://192.168.1.20/",
            Cause::GatewaySilent,
        ),
        (all, refused(), StackFault::Refused, false, "http://192.168.1.20/", Cause::NothingListens),
        (
            all,
            refused(),
            StackFault::Indistinct,
            false,
            "http://192.168.1.20/",
            Cause::NothingListens,
        ),
        (
            all,
            Connection::new([]),
            StackFault::Unknown,
            true,
            "https://192.168.1.20/",
            Cause::ModemMemory,
        ),
        (
            all,
            Connection::new([]),
            StackFault::Unknown,
            true,
            "https://192.168.1.20:8443/",
            Cause::TlsMismatch,
        ),
        (
            nobody,
            silent(),
            StackFault::Unknown,
            false,
            "http://unknown.test/",
            Cause::NameNotResolved,
        ),
    ] {
        let verdict = check(answers, connection, fault, has_tls, url);
        written.push(Written { why: "pings on a stack of another kind", verdict, first });
    }
    // A resolver that says nothing, with its gateway there and away.
    let mut cx = cx();
    for (answers, first) in [(all, Cause::NameNotResolved), (nobody, Cause::GatewaySilent)] {
        let ip = IpConfig::new(Ipv4Addr::new(192, 168, 1, 57).into()).with_gateway(GATEWAY.into());
        let mut stack = ScriptStack::new([]);
        stack.dns_pends = usize::MAX;
        let link = TestLink::new(LinkStatus::Up(ip));
        let stack = safe_http_client::Attached::new(stack, link, Behaviour::UNKNOWN);
        let network = Pinging::new(stack, answers, StackFault::Unknown);
        let mut client = SafeHttpClient::with_config(network, TestClock::ticking(1), Config::new());
        let report = client.diagnose(&mut cx, "http://gate.test/");
        let verdict = Verdict::of_report(&report).unwrap();
        written.push(Written { why: "a resolver that says nothing at all", verdict, first });
    }
    written
}

/// Each thing that a row asks for counts: with it this row is gone through, and without it another.
#[test]
fn each_thing_that_a_row_asks_for_counts() {
    const NAME: &str = "NameNotResolved Likely, NoDnsServer Possible";
    const UNREACHED: &str = "HostDown Likely, Firewall Possible, GatewaySilent Possible";
    const CLOSED: &str = "NothingListens Likely, ServerOnLoopback Possible, Firewall Possible";
    const CLOSED_OR_NOT: &str =
        "NothingListens Possible, EventHandler Possible, ServerOnLoopback Possible";
    const SLOW: &str = "SlowServer Likely, NotHttp Possible, ModemSleep Possible";
    let name = || (Phase::Resolve, ErrorKind::Resolve(()));
    let connect = || (Phase::Connect, ErrorKind::Connect(()));
    let timeout =
        |phase, deadline| (phase, ErrorKind::<(), ()>::Timeout { deadline, limit_ms: 5000 });
    let late = || timeout(Phase::Connect, Deadline::Connect);
    let unanswered = || timeout(Phase::Head, Deadline::Response);
    let up = |ip| Some(LinkStatus::Up(ip));
    let far_gateway = Some(LinkStatus::Up(home().with_gateway([192, 168, 9, 1].into())));
    let unknown = StackFault::Unknown;
    let fault = |fault| (fault, None, None);
    let nowhere = || fault(unknown);
    let (near, far) = (Some(([192, 168, 1, 20], 80).into()), Some(([10, 0, 0, 9], 80).into()));
    // What failed, after how long, of how long, what is known besides, and what comes of it.
    for (what, ms, limit, (fault, link, remote), expected) in [
        (name(), 20, 5000, nowhere(), NAME.to_owned()),
        (name(), 5000, 5000, nowhere(), format!("{NAME}, GatewaySilent Possible")),
        (name(), 20, 5000, fault(StackFault::NoResolver), "NoDnsServer Certain".into()),
        (name(), 5000, 5000, fault(StackFault::NoResolver), "NoDnsServer Certain".into()),
        (
            connect(),
            20,
            5000,
            fault(StackFault::TimedOut),
            "EventHandler Likely, HostDown Possible".into(),
        ),
        (connect(), 5000, 5000, fault(StackFault::TimedOut), UNREACHED.into()),
        (
            connect(),
            20,
            5000,
            fault(StackFault::TlsFailed),
            "TlsMismatch Possible, ModemMemory Possible, NothingListens Possible".into(),
        ),
        (connect(), 5000, 5000, fault(StackFault::TlsFailed), UNREACHED.into()),
        (connect(), 20, 5000, fault(StackFault::Indistinct), CLOSED.into()),
        (connect(), 5000, 5000, fault(StackFault::Indistinct), UNREACHED.into()),
        (connect(), 5000, 5000, fault(StackFault::Refused), CLOSED.into()),
        (connect(), 20, 5000, nowhere(), CLOSED_OR_NOT.into()),
        (connect(), 5000, 5000, nowhere(), UNREACHED.into()),
        // At once is in less than a second, and in a quarter of the deadline.
        (connect(), 999, 5000, nowhere(), CLOSED_OR_NOT.into()),
        (connect(), 1000, 5000, nowhere(), UNREACHED.into()),
        (connect(), 500, 2000, nowhere(), CLOSED_OR_NOT.into()),
        (connect(), 501, 2000, nowhere(), UNREACHED.into()),
        (
            connect(),
            20,
            5000,
            fault(StackFault::Unreachable),
            "WrongSubnet Possible, Firewall Possible, HostDown Possible".into(),
        ),
        (connect(), 5000, 5000, fault(StackFault::Unreachable), UNREACHED.into()),
        (late(), 5000, 5000, nowhere(), UNREACHED.into()),
        (
            late(),
            5000,
            5000,
            fault(StackFault::HidesRefusal),
            "HostDown Possible, NothingListens Possible, Firewall Possible, ClientIsolation Possible"
                .into(),
        ),
        // Where TLS is at home, but not asked for.
        (
            late(),
            5000,
            5000,
            (unknown, None, Some(([192, 168, 1, 20], 443).into())),
            UNREACHED.into(),
        ),
        (
            late(),
            5000,
            5000,
            (unknown, up(home()), near),
            "HostDown Likely, ClientIsolation Possible, Firewall Possible".into(),
        ),
        (late(), 5000, 5000, (unknown, up(home()), far), UNREACHED.into()),
        (
            late(),
            5000,
            5000,
            (unknown, far_gateway, far),
            "WrongSubnet Likely, HostDown Possible, Firewall Possible".into(),
        ),
        (
            late(),
            5000,
            5000,
            (unknown, far_gateway, near),
            "HostDown Likely, ClientIsolation Possible, Firewall Possible".into(),
        ),
        (unanswered(), 5000, 5000, nowhere(), SLOW.into()),
        (
            unanswered(),
            5000,
            5000,
            fault(StackFault::RadioSleeps),
            "SlowServer Likely, ModemSleep Possible, NotHttp Possible".into(),
        ),
    ] {
        let mut error = Error::new(what.0, what.1);
        error.evidence.fault = fault;
        (error.evidence.phase_ms, error.evidence.limit_ms) = (ms, limit);
        (error.evidence.link, error.evidence.remote) = (link, remote);
        let diagnosis = error.diagnosis();
        assert_eq!((diagnosis.phase(), diagnosis.evidence()), (error.phase, error.evidence));
        let verdict = Verdict::of(&diagnosis);
        assert_eq!(causes(&verdict), expected, "{fault:?} {ms}/{limit}: {}", verdict.text);
    }

    let nobody: fn(IpAddr) -> bool = |_| false;
    let all: fn(IpAddr) -> bool = |_| true;
    let silent = || Connection { connect_pends: usize::MAX, ..Connection::new([]) };
    // Who answers, how the port does without TLS, the URL, and what comes of it.
    for (answers, connection, url, expected) in [
        (all, silent(), "http://unknown.test/", NAME.to_owned()),
        (
            nobody,
            silent(),
            "http://unknown.test/",
            "NameNotResolved Likely, GatewaySilent Possible, NoDnsServer Possible".into(),
        ),
        (
            all,
            Connection::new([]),
            "https://192.168.1.20/",
            "ModemMemory Likely, TlsMismatch Possible".into(),
        ),
        (
            all,
            Connection::new([]),
            "https://192.168.1.20:8443/",
            "TlsMismatch Likely, ModemMemory Possible".into(),
        ),
        // Nothing is there without TLS either.
        (all, silent(), "https://192.168.1.20/", CLOSED.into()),
        (all, silent(), "https://192.168.1.20:8443/", CLOSED.into()),
    ] {
        let verdict = check(answers, connection, unknown, true, url);
        assert_eq!(causes(&verdict), expected, "{url}: {}", verdict.text);
    }
}

/// What failed, and in which phase, without anything that is known besides.
#[test]
fn each_kind_of_failure_is_looked_up_as_what_it_is() {
    const NAME: &str = "NameNotResolved Likely, NoDnsServer Possible, GatewaySilent Possible";
    const UNREACHED: &str = "HostDown Likely, Firewall Possible, GatewaySilent Possible";
    const NO_LINK: &str = "NoAddress Certain, JoinFailed Possible, ModemUnresponsive Possible";
    const SLOW: &str = "SlowServer Likely, NotHttp Possible, ModemSleep Possible";
    let timeout = |deadline| ErrorKind::Timeout { deadline, limit_ms: 5000 };
    let request = |error| ErrorKind::<(), ()>::Request(error);
    let in_host = |localhost| request(UrlError::SchemeInHost { localhost }.into());
    let buffer = |what| ErrorKind::Buffer { what, needed: 9, available: 8, exact: true };
    let protocol = |error| ErrorKind::<(), ()>::Protocol(error);
    let link = |error| ErrorKind::<(), ()>::Link(error);
    let down = |reason| link(LinkError::Disconnected(reason));
    let up_to: IpAddr = Ipv4Addr::BROADCAST.into();
    for (phase, kind, expected) in [
        (Phase::Url, in_host(true), "Scheme Certain, NoHostTarget Certain"),
        (Phase::Url, in_host(false), "Scheme Certain"),
        (Phase::Url, request(UrlError::UnsupportedScheme.into()), "Scheme Certain"),
        (Phase::Url, request(RequestError::NoTls), "Scheme Certain"),
        (Phase::Url, request(RequestError::PlainOnTlsPort), "Scheme Likely"),
        (Phase::Url, request(RequestError::Target(TargetClass::Loopback)), "NoHostTarget Certain"),
        (Phase::Link, request(RequestError::OwnAddress), "OwnAddress Certain"),
        (Phase::Link, request(RequestError::OwnNetwork), "OwnAddress Certain"),
        (Phase::Url, request(RequestError::InvalidMethod), "InvalidRequest Certain"),
        (Phase::Url, buffer(BufferUse::RequestHead), "InvalidRequest Certain"),
        (Phase::Head, buffer(BufferUse::ResponseHead), "BadResponse Certain"),
        (Phase::Link, link(LinkError::NoAddress), "NoAddress Certain"),
        (Phase::Link, down(DisconnectReason::Code(8)), "NoAddress Certain"),
        (Phase::Link, down(DisconnectReason::Unknown), NO_LINK),
        (Phase::Link, down(DisconnectReason::TimedOut), "JoinFailed Likely, NoAddress Possible"),
        (Phase::Link, down(DisconnectReason::WrongPassword), "JoinFailed Certain"),
        (Phase::Link, link(LinkError::GatewayOutsideSubnet), "WrongSubnet Certain"),
        (Phase::Link, link(LinkError::NoDnsServer), "NoDnsServer Certain"),
        (Phase::Link, timeout(Deadline::Online), "NoAddress Certain"),
        (
            Phase::Resolve,
            ErrorKind::ResolvedTo(up_to, TargetClass::Broadcast),
            "NameNotResolved Certain, CaptivePortal Possible",
        ),
        (Phase::Resolve, timeout(Deadline::Connect), NAME),
        (Phase::Resolve, timeout(Deadline::Total), NAME),
        (Phase::Connect, timeout(Deadline::Connect), UNREACHED),
        (Phase::Connect, timeout(Deadline::Total), UNREACHED),
        (Phase::Connect, ErrorKind::Socket(()), "OutOfSockets Likely"),
        (Phase::Send, timeout(Deadline::Total), "SlowServer Likely, ModemSleep Possible"),
        (Phase::Send, ErrorKind::Send(()), "ConnectionLost Likely"),
        (Phase::Head, ErrorKind::Receive(()), "ConnectionLost Likely"),
        (
            Phase::Head,
            ErrorKind::ClosedBeforeResponse,
            "ConnectionLost Likely, TlsMismatch Possible, NotHttp Possible",
        ),
        (Phase::Head, timeout(Deadline::Response), SLOW),
        (Phase::Head, timeout(Deadline::Total), SLOW),
        (Phase::Body, timeout(Deadline::Total), "SlowServer Likely, ModemSleep Possible"),
        (
            Phase::Body,
            timeout(Deadline::Idle),
            "SlowServer Likely, ConnectionLost Possible, ModemSleep Possible",
        ),
        (Phase::Head, protocol(ProtocolError::NotHttp(Peer::Tls)), "TlsMismatch Certain"),
        (
            Phase::Head,
            protocol(ProtocolError::NotHttp(Peer::Text)),
            "NotHttp Likely, SerialLine Possible",
        ),
        (
            Phase::Head,
            protocol(ProtocolError::StatusLine),
            "BadResponse Certain, SerialLine Possible",
        ),
        (
            Phase::Body,
            ErrorKind::Truncated { received: 3, announced: Some(5) },
            "BadResponse Certain",
        ),
    ] {
        let error = Error::new(phase, kind);
        let verdict = Verdict::of(&error.diagnosis());
        assert_eq!(causes(&verdict), expected, "{phase} {}", error.code());
    }
    // A link that never came up says why, where it knows.
    for (reason, expected) in [
        (DisconnectReason::TimedOut, "JoinFailed Likely, NoAddress Possible"),
        (DisconnectReason::WrongPassword, "JoinFailed Certain"),
        (DisconnectReason::Unknown, NO_LINK),
    ] {
        let mut error: Error<(), ()> = Error::new(Phase::Link, timeout(Deadline::Online));
        error.evidence.link = Some(LinkStatus::Disconnected(reason));
        assert_eq!(causes(&Verdict::of(&error.diagnosis())), expected, "{reason}");
    }
}

/// A stack without pings knocks at the gateway: who refuses is there, as well as who opens.
#[test]
fn a_gateway_is_there_if_it_opens_a_port_or_refuses_to() {
    type Tells = fn(&ScriptError) -> StackFault;
    const UNREACHED: &str = "HostDown Likely, Firewall Possible, GatewaySilent Possible";
    const SILENT: &str = "GatewaySilent Likely, WrongSubnet Possible, HostDown Possible";
    const THERE: &str = "HostDown Likely, Firewall Possible";
    let mut cx = cx();
    let silent = || Connection { connect_pends: usize::MAX, ..Connection::new([]) };
    let refused = || Connection { refused: true, ..Connection::new([]) };
    let table: [(Connection, Tells, &str); 7] = [
        (Connection::new([]), |_| StackFault::Unknown, THERE),
        (refused(), |_| StackFault::Refused, THERE),
        (refused(), |_| StackFault::Reset, THERE),
        // What isn't told from silence isn't taken for an answer.
        (refused(), |_| StackFault::Unknown, UNREACHED),
        (refused(), |_| StackFault::Indistinct, UNREACHED),
        (refused(), |_| StackFault::TimedOut, UNREACHED),
        (silent(), |_| StackFault::Unknown, SILENT),
    ];
    for (gateway, fault, expected) in table {
        let stack = ScriptStack::new([silent(), gateway]);
        let log = stack.log.clone();
        let link = TestLink::new(LinkStatus::Up(home()));
        let behaviour = Behaviour { connect: Connect::Polls, ..Behaviour::UNKNOWN };
        let network = safe_http_client::Attached::new(stack, link, behaviour).with_faults(fault);
        let mut client = SafeHttpClient::new(network, TestClock::ticking(1));
        let report = client.diagnose(&mut cx, "http://10.0.0.9/");
        let verdict = Verdict::of_report(&report).unwrap_or_else(|| panic!("{report}"));
        let fault = fault(&ScriptError::Refused);
        assert_eq!(causes(&verdict), expected, "{fault:?}: {report}");
        let dialed = [([10, 0, 0, 9], 80).into(), (GATEWAY, 80).into()];
        assert_eq!(log.borrow().dialed, dialed, "{report}");
        assert_eq!((log.borrow().opened, log.borrow().closed), (2, 2), "{report}");
    }
}

/// The caller's total deadline is for requests; the check has one of its own, and waits for pings.
#[test]
fn the_callers_total_deadline_does_not_end_a_check() {
    let mut cx = cx();
    let ip = IpConfig::new(Ipv4Addr::new(192, 168, 1, 57).into()).with_gateway(GATEWAY.into());
    let answer = Connection::answer("HTTP/1.1 204 No Content\r\n\r\n");
    let stack = ScriptStack::new([answer]);
    let link = TestLink::new(LinkStatus::Up(ip));
    let stack = safe_http_client::Attached::new(stack, link, Behaviour::UNKNOWN);
    // Each look at the clock takes a fifth of a second.
    let config = Config::new().total_timeout(Some(Duration::from_secs(4)));
    let network = Pinging::new(stack, |_| false, StackFault::Unknown);
    let mut client = SafeHttpClient::with_config(network, TestClock::ticking(200), config);
    let report = client.diagnose(&mut cx, "http://192.168.1.20/");
    let took: u32 = report.rungs().iter().map(|result| result.ms).sum();
    assert!(took > 4000, "{report}");
    assert_eq!((report.status(), report.diagnosis()), (Some(204), None), "{report}");
}

#[test]
fn each_row_of_the_table_is_reached() {
    let rows = rows();
    assert!(rows.len() > 40, "the table is read: {} rows", rows.len());
    let mut reached: BTreeMap<usize, String> = BTreeMap::new();
    for case in cases() {
        for verdict in [&case.passive, &case.active].into_iter().flatten() {
            let row = rows.iter().position(|row| row.is_of(verdict));
            let row = row.unwrap_or_else(|| panic!("{case}: no row says {}", causes(verdict)));
            reached.entry(row).or_insert_with(|| case.to_string());
        }
    }
    let real = reached.len();
    for Written { why, verdict, first } in written().into_iter().chain(checked()) {
        assert_eq!(verdict.first().cause, first, "{}", verdict.text);
        let row = rows.iter().position(|row| row.is_of(&verdict));
        let row = row.unwrap_or_else(|| panic!("no row says {}", causes(&verdict)));
        reached.entry(row).or_insert_with(|| format!("only written down: {why}"));
    }
    for (index, row) in rows.iter().enumerate() {
        let by = reached.get(&index).map_or("NOT REACHED", String::as_str);
        println!("{index:>2} {}\n     {}\n     by {by}", row.when, row.causes);
    }
    println!("{real} of {} rows by real faults, {} in all", rows.len(), reached.len());
    let missing: Vec<_> = (0..rows.len()).filter(|index| !reached.contains_key(index)).collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
}
