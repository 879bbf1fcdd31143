//! The rules, one by one: what each thing that is known of a failure makes of it.

use crate::chip::{Chip, GATEWAY, Pings, all_answer, all_are_silent, chip, home, no_pings};
use crate::chip::{all_pend, fine, link, open, refused, silent};
use crate::common::tools::says;
use crate::common::{TestClock, cx};
use crate::observed::Verdict;
use crate::table::{causes, row_of, rows};
use crate::written::{Written, check, checked, known, written};
use safe_http_client::{
    BufferUse, Config, Deadline, Diagnosis, DisconnectReason, Error, ErrorKind, Evidence,
    LinkError, LinkStatus, Peer, Phase, ProtocolError, RequestError, SafeHttpClient, StackFault,
    TargetClass, TlsFault, UrlError,
};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

/// Each thing that a row asks for counts: with it this row is gone through, and without it another.
#[test]
fn each_thing_that_a_row_asks_for_counts() {
    const NAME: &str = "NameNotResolved Likely, NoDnsServer Possible";
    const UNREACHED: &str = "HostDown Likely, Firewall Possible, GatewaySilent Possible";
    const CLOSED: &str = "NothingListens Likely, ServerOnLoopback Possible, Firewall Possible";
    // Last what the type forbids.
    const CLOSED_OR_NOT: &str = "NothingListens Possible, ServerOnLoopback Possible, \
        Firewall Possible, EventHandler Possible";
    const SLOW: &str = "SlowServer Likely, NotHttp Possible, ModemSleep Possible";
    const BROKEN_OFF: &str = "ConnectionLost Likely, TlsMismatch Possible, NothingInCommon Possible, \
        OldTls Possible";
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
    let broken_off = || fault(StackFault::Tls(TlsFault::BrokenOff));
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
            "TlsMismatch Possible, Certificate Possible, NothingListens Possible, \
             ModemMemory Possible"
                .into(),
        ),
        (connect(), 5000, 5000, fault(StackFault::TlsFailed), UNREACHED.into()),
        // A handshake that broke off had somebody at its other end, however long it took.
        (connect(), 20, 5000, broken_off(), BROKEN_OFF.into()),
        (connect(), 5000, 5000, broken_off(), BROKEN_OFF.into()),
        (
            connect(),
            0,
            5000,
            fault(StackFault::Tls(TlsFault::NotStarted)),
            "InvalidRequest Certain".into(),
        ),
        (
            connect(),
            20,
            5000,
            fault(StackFault::Tls(TlsFault::OtherProtocol)),
            "NotHttp Likely".into(),
        ),
        (
            connect(),
            5000,
            5000,
            fault(StackFault::Tls(TlsFault::Aborted)),
            "ConnectionLost Likely, NothingInCommon Possible".into(),
        ),
        // Nor was a host down that had taken the connection, and fell silent.
        (
            late(),
            5000,
            5000,
            fault(StackFault::Tls(TlsFault::Unanswered)),
            "SlowServer Likely, TlsMismatch Possible, Firewall Possible".into(),
        ),
        (
            late(),
            5000,
            5000,
            fault(StackFault::Tls(TlsFault::Unfinished)),
            "SlowServer Likely, ConnectionLost Possible".into(),
        ),
        (
            connect(),
            5000,
            5000,
            (StackFault::Tls(TlsFault::BrokenOff), Some(LinkStatus::NoAddress), None),
            "NoAddress Likely, ConnectionLost Possible".into(),
        ),
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
        let evidence = known(|evidence| {
            evidence.fault = fault;
            (evidence.phase_ms, evidence.limit_ms) = (ms, limit);
            (evidence.link, evidence.remote) = (link, remote);
        });
        let diagnosis = Diagnosis::new(&Error::new(what.0, what.1), evidence);
        assert_eq!((diagnosis.phase(), diagnosis.evidence()), (what.0, evidence));
        let verdict = Verdict::of(&diagnosis);
        assert_eq!(causes(&verdict), expected, "{fault:?} {ms}/{limit}: {}", verdict.text);
    }

    let (all, nobody): (Pings, Pings) = (all_answer, all_are_silent);
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
            open(),
            "https://192.168.1.20/",
            "Certificate Likely, TlsMismatch Possible, ModemMemory Possible".into(),
        ),
        (
            all,
            open(),
            "https://192.168.1.20:8443/",
            "TlsMismatch Likely, Certificate Possible, ModemMemory Possible".into(),
        ),
        // Nothing is there without TLS either.
        (all, silent(), "https://192.168.1.20/", CLOSED.into()),
        (all, silent(), "https://192.168.1.20:8443/", CLOSED.into()),
    ] {
        let verdict = check(answers, connection, unknown, url);
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
        (Phase::Url, request(UrlError::MisspelledScheme.into()), "Scheme Certain"),
        (Phase::Url, request(RequestError::NoTls), "Scheme Certain"),
        (Phase::Url, request(RequestError::PlainOnTlsPort), "Scheme Likely"),
        (Phase::Url, request(RequestError::Target(TargetClass::Loopback)), "NoHostTarget Certain"),
        (Phase::Link, request(RequestError::OwnAddress), "OwnAddress Certain"),
        (Phase::Link, request(RequestError::OwnNetwork), "OwnAddress Certain"),
        (Phase::Url, request(RequestError::InvalidMethod), "InvalidRequest Certain"),
        (Phase::Url, request(RequestError::SecondBody), "InvalidRequest Certain"),
        (Phase::Url, request(RequestError::BodyNotAllowed), "InvalidRequest Certain"),
        (Phase::Head, request(RequestError::CallOver), "InvalidRequest Certain"),
        (Phase::Head, request(RequestError::Displaced), "InvalidRequest Certain"),
        (Phase::Url, buffer(BufferUse::RequestHead), "InvalidRequest Certain"),
        (Phase::Head, buffer(BufferUse::ResponseHead), "BufferTooSmall Certain"),
        (Phase::Body, buffer(BufferUse::Body), "BufferTooSmall Certain"),
        (Phase::Link, link(LinkError::NoAddress), "NoAddress Certain"),
        (Phase::Link, down(DisconnectReason::Code(8)), "NoAddress Certain"),
        (Phase::Link, down(DisconnectReason::Unknown), NO_LINK),
        (Phase::Link, down(DisconnectReason::TimedOut), "JoinFailed Likely, NoAddress Possible"),
        (Phase::Link, down(DisconnectReason::WrongPassword), "JoinFailed Certain"),
        (Phase::Link, link(LinkError::GatewayOutsideSubnet), "WrongSubnet Certain"),
        (Phase::Link, link(LinkError::NoDnsServer), "NoDnsServer Certain"),
        (
            Phase::Resolve,
            ErrorKind::ResolvedTo(up_to, TargetClass::Broadcast),
            "NameNotResolved Certain, CaptivePortal Possible",
        ),
        (Phase::Resolve, timeout(Deadline::Resolve), NAME),
        (Phase::Resolve, timeout(Deadline::Total), NAME),
        (Phase::Connect, timeout(Deadline::Connect), UNREACHED),
        (Phase::Connect, timeout(Deadline::Total), UNREACHED),
        (Phase::Connect, ErrorKind::Socket(()), "OutOfSockets Likely"),
        (Phase::Send, timeout(Deadline::Total), "SlowServer Likely, ModemSleep Possible"),
        (
            Phase::Send,
            ErrorKind::Send(()),
            "ConnectionLost Likely, TlsMismatch Possible, NotHttp Possible",
        ),
        (
            Phase::Head,
            ErrorKind::Receive(()),
            "ConnectionLost Likely, TlsMismatch Possible, NotHttp Possible",
        ),
        (
            Phase::Head,
            ErrorKind::ClosedBeforeResponse,
            "ConnectionLost Likely, TlsMismatch Possible, NotHttp Possible",
        ),
        (
            Phase::Head,
            ErrorKind::StaleConnection,
            "StaleConnection Likely, ConnectionLost Possible",
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
            "BadResponse Likely, SerialLine Possible",
        ),
        (
            Phase::Body,
            ErrorKind::Truncated { received: 3, announced: Some(5) },
            "BodyTooShort Likely, BadResponse Possible, ConnectionLost Possible, SerialLine Possible",
        ),
        (
            Phase::Body,
            ErrorKind::Truncated { received: 3, announced: Some(500) },
            "BadResponse Likely, ConnectionLost Possible, SerialLine Possible",
        ),
        (
            Phase::Body,
            ErrorKind::Truncated { received: 3, announced: None },
            "BadResponse Likely, ConnectionLost Possible, SerialLine Possible",
        ),
        (Phase::Head, protocol(ProtocolError::Version), "NearlyHttp Likely, SerialLine Possible"),
    ] {
        let error = Error::new(phase, kind);
        let verdict = Verdict::of(&Diagnosis::new(&error, Evidence::default()));
        assert_eq!(causes(&verdict), expected, "{phase} {}", error.code());
    }
}

/// A link that never came up says why, where it knows; and the client how long it waited.
#[test]
fn a_link_that_never_came_up_says_why() {
    let mut cx = cx();
    let code = DisconnectReason::Code(8);
    for (status, expected) in [
        (LinkStatus::NoAddress, "NoAddress Certain"),
        (LinkStatus::Disconnected(code), "NoAddress Certain"),
        (
            LinkStatus::Disconnected(DisconnectReason::Unknown),
            "NoAddress Certain, JoinFailed Possible, ModemUnresponsive Possible",
        ),
        (
            LinkStatus::Disconnected(DisconnectReason::TimedOut),
            "JoinFailed Likely, NoAddress Possible",
        ),
        (LinkStatus::Disconnected(DisconnectReason::WrongPassword), "JoinFailed Certain"),
    ] {
        let config = Config::new().online_timeout(Duration::from_millis(700));
        let chip = Chip { link: link(status), ..chip([]) };
        let mut client = SafeHttpClient::with_config(chip, TestClock::ticking(100), config);
        let why = client.wait_online(&mut cx).map(|_| ()).unwrap_err();
        let diagnosis = client.diagnosis(&why.into());
        let Evidence { phase_ms, limit_ms, link, .. } = diagnosis.evidence();
        assert_eq!((phase_ms, limit_ms, link), (700, 700, Some(status)));
        assert_eq!(causes(&Verdict::of(&diagnosis)), expected, "{why}");
        // Without waiting, too.
        let why = client.online(&mut cx).map(|_| ()).unwrap_err();
        let diagnosis = client.diagnosis(&why.into());
        assert_eq!((diagnosis.evidence().phase_ms, diagnosis.evidence().link), (0, Some(status)));
        assert_eq!(causes(&Verdict::of(&diagnosis)), expected, "{why}");
    }
}

/// A stack without pings knocks at the gateway: who refuses is there, as well as who opens.
#[test]
fn a_gateway_is_there_if_it_opens_a_port_or_refuses_to() {
    const UNREACHED: &str = "HostDown Likely, Firewall Possible, GatewaySilent Possible";
    // The addresses fit, so that the subnet isn't to blame. Many gateways close port 80 to their Wi-Fi.
    const SILENT: &str = "GatewaySilent Possible, HostDown Possible, Firewall Possible";
    const THERE: &str = "HostDown Likely, Firewall Possible";
    let mut cx = cx();
    for (gateway, fault, expected) in [
        (open(), StackFault::Unknown, THERE),
        (refused(), StackFault::Refused, THERE),
        (refused(), StackFault::Reset, THERE),
        // What isn't told from silence isn't taken for an answer.
        (refused(), StackFault::Unknown, UNREACHED),
        (refused(), StackFault::Indistinct, UNREACHED),
        (refused(), StackFault::TimedOut, UNREACHED),
        (silent(), StackFault::Unknown, SILENT),
    ] {
        let chip = Chip { ping: no_pings, fault, ..chip([silent(), gateway]) };
        let log = chip.stack.log.clone();
        let mut client = SafeHttpClient::new(chip, TestClock::ticking(1));
        let report = client.diagnose(&mut cx, "http://10.0.0.9/");
        let verdict = Verdict::of_report(&report).unwrap_or_else(|| panic!("{report}"));
        assert_eq!(causes(&verdict), expected, "{fault:?}: {report}");
        let step = match expected {
            THERE => "gateway ok 192.168.1.1 answers at port 80",
            SILENT => "gateway -- 192.168.1.1 says nothing at port 80",
            _ => "gateway -- 192.168.1.1 not asked",
        };
        says("the gateway's step", &report.to_string(), &[step], &[]);
        let dialed = [([10, 0, 0, 9], 80).into(), (GATEWAY, 80).into()];
        assert_eq!(log.borrow().dialed, dialed, "{report}");
        assert_eq!((log.borrow().opened, log.borrow().closed), (2, 2), "{report}");
    }
}

/// The caller's total deadline is for requests; the check has one of its own, and waits for pings.
#[test]
fn the_callers_total_deadline_does_not_end_a_check() {
    let mut cx = cx();
    let config = Config::new().total_timeout(Some(Duration::from_secs(4)));
    let chip = Chip { ping: all_pend, ..chip([fine(), silent()]) };
    let mut client = SafeHttpClient::with_config(chip, TestClock::ticking(200), config);
    let report = client.diagnose(&mut cx, "http://192.168.1.20/");
    let took: u32 = report.steps().iter().map(|result| result.ms).sum();
    assert!(took > 8000, "{report}");
    assert_eq!((report.status(), report.diagnosis()), (Some(204), None), "{report}");
    // A request has it all the same.
    let mut online = client.online(&mut cx).unwrap();
    let error = online.get("http://192.168.1.20/", [0; 512]).send().map(|_| ()).unwrap_err();
    assert_eq!(error.code(), "total_timeout");
}

/// Of real failures `conformance/tests/diagnosis` proves it, and that all rows are gone through.
#[test]
fn each_written_failure_is_of_a_row() {
    let rows = rows();
    assert!(rows.len() > 40, "the table is read: {} rows", rows.len());
    let mut reached: BTreeMap<usize, &str> = BTreeMap::new();
    for Written { why, verdict, first } in written().into_iter().chain(checked()) {
        assert_eq!(verdict.first().cause, first, "{}", verdict.text);
        let row = row_of(&rows, &verdict);
        let row = row.unwrap_or_else(|| panic!("no row says {}", causes(&verdict)));
        reached.entry(row).or_insert(why);
    }
    println!("{} of {} rows by failures that are only written down", reached.len(), rows.len());
    assert!(reached.len() >= 20, "{reached:?}");
}
