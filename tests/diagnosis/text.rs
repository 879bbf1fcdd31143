//! What a serial console of 80 columns gets to see: never wider than 79, and nothing but ASCII,
//! whatever the figures, names and bytes are. And a few typical reports, letter by letter.

use crate::common::faults::FAULTS;
use crate::common::script::{Connection, ScriptStack, Step};
use crate::common::{TestClock, TestLink, cx};
use crate::rules::Pinging;
use safe_http_client::{
    Attached, Behaviour, BufferUse, Cause, Config, Deadline, DisconnectReason, Error, ErrorKind,
    IpConfig, LinkError, LinkStatus, Outcome, Peer, Phase, ProtocolError, Report, RequestError,
    Rung, SafeHttpClient, StackFault, TargetClass, UrlError,
};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

const COLUMNS: usize = 79;

fn fits(text: &str) {
    for line in text.lines() {
        assert!(line.len() <= COLUMNS, "{} columns: {line}\nof\n{text}", line.len());
        assert_eq!(line.trim_end(), line, "space at the end of {line:?}\nof\n{text}");
    }
    let plain = |c: char| c == '\n' || (' '..='~').contains(&c);
    assert!(text.chars().all(plain), "{text:?}");
    assert!(!text.ends_with('\n') && !text.contains("\n\n"), "{text:?}");
}

/// No line ends before it has to: the word that begins the next one wouldn't have fitted.
fn is_filled(text: &str) {
    let lines: Vec<_> = text.lines().collect();
    for pair in lines.windows(2) {
        if let Some(word) = pair[1].strip_prefix("       ").and_then(|line| line.split(' ').next())
        {
            assert!(pair[0].len() + 1 + word.len() > COLUMNS, "{word:?} fits:\n{text}");
        }
    }
}

/// Kinds of errors that lead to each cause, with the phases that they come in.
fn kinds() -> Vec<(Phase, ErrorKind<(), ()>)> {
    let timeout = |deadline| ErrorKind::Timeout { deadline, limit_ms: u32::MAX };
    let in_host =
        |localhost| ErrorKind::Request(RequestError::Url(UrlError::SchemeInHost { localhost }));
    let address = IpAddr::V6(Ipv6Addr::from_bits(u128::MAX >> 1));
    let mut kinds = vec![
        (Phase::Url, in_host(false)),
        (Phase::Url, in_host(true)),
        (Phase::Url, ErrorKind::Request(RequestError::PlainOnTlsPort)),
        (Phase::Url, ErrorKind::Request(RequestError::InvalidMethod)),
        (Phase::Url, ErrorKind::Request(RequestError::Target(TargetClass::Loopback))),
        (Phase::Link, ErrorKind::Request(RequestError::OwnAddress)),
        (Phase::Link, timeout(Deadline::Online)),
        (Phase::Link, ErrorKind::Link(LinkError::NoAddress)),
        (Phase::Link, ErrorKind::Link(LinkError::GatewayOutsideSubnet)),
        (Phase::Link, ErrorKind::Link(LinkError::NoDnsServer)),
        (Phase::Resolve, ErrorKind::Resolve(())),
        (Phase::Resolve, ErrorKind::ResolvedTo(address, TargetClass::Multicast)),
        (Phase::Resolve, timeout(Deadline::Connect)),
        (Phase::Connect, ErrorKind::Socket(())),
        (Phase::Connect, ErrorKind::Connect(())),
        (Phase::Connect, timeout(Deadline::Connect)),
        (Phase::Send, ErrorKind::Send(())),
        (Phase::Head, ErrorKind::ClosedBeforeResponse),
        (Phase::Head, timeout(Deadline::Response)),
        (Phase::Head, ErrorKind::Protocol(ProtocolError::NotHttp(Peer::Tls))),
        (Phase::Head, ErrorKind::Protocol(ProtocolError::NotHttp(Peer::Binary))),
        (Phase::Body, timeout(Deadline::Idle)),
        (Phase::Body, timeout(Deadline::Total)),
        (Phase::Body, ErrorKind::Truncated { received: u64::MAX, announced: None }),
        (
            Phase::Head,
            ErrorKind::Buffer {
                what: BufferUse::ResponseHead,
                needed: 9,
                available: 8,
                exact: true,
            },
        ),
    ];
    for reason in [
        DisconnectReason::Unknown,
        DisconnectReason::WrongPassword,
        DisconnectReason::NoAccessPoint,
        DisconnectReason::TimedOut,
        DisconnectReason::Failed,
        DisconnectReason::Code(255),
    ] {
        kinds.push((Phase::Link, ErrorKind::Link(LinkError::Disconnected(reason))));
    }
    kinds
}

fn links() -> Vec<Option<LinkStatus>> {
    let longest = Ipv6Addr::from_bits(u128::MAX >> 1);
    let all = IpConfig::new(longest.into())
        .with_netmask(Ipv4Addr::from_bits(!1))
        .with_gateway(Ipv4Addr::from_bits(!0))
        .with_rssi(i8::MIN)
        .with_dns(false);
    let home = IpConfig::new(Ipv4Addr::new(192, 168, 100, 157).into())
        .with_netmask(Ipv4Addr::new(255, 255, 255, 0))
        .with_gateway(Ipv4Addr::new(192, 168, 100, 101))
        .with_rssi(-100);
    vec![
        None,
        Some(LinkStatus::Up(all)),
        Some(LinkStatus::Up(home)),
        Some(LinkStatus::Up(IpConfig::new(Ipv4Addr::UNSPECIFIED.into()))),
        Some(LinkStatus::NoAddress),
        Some(LinkStatus::Disconnected(DisconnectReason::Code(u8::MAX))),
        Some(LinkStatus::Disconnected(DisconnectReason::WrongPassword)),
    ]
}

fn words() -> Vec<Vec<u8>> {
    vec![
        Vec::new(),
        b"\r\nERROR\r\n0,CLOSED\r\n".to_vec(),
        b"\r\n\r\n".to_vec(),
        vec![0xFF; 64],
        (0..=255).collect(),
        vec![b' '; 64],
        vec![b'"'; 64],
        b"AT+CIPSTART=0,\"TCP\",\"192.168.1.20\",80 ".repeat(2),
    ]
}

#[test]
fn a_diagnosis_fits_the_console_whatever_it_says() {
    let remotes = [
        None,
        Some(SocketAddr::new(Ipv6Addr::from_bits(u128::MAX >> 1).into(), u16::MAX)),
        Some(SocketAddr::from(([255, 255, 255, 254], 1))),
    ];
    let mut causes = BTreeSet::new();
    let mut count = 0;
    for (phase, kind) in kinds() {
        for fault in FAULTS {
            for link in links() {
                for remote in remotes {
                    for (figure, reused) in [(0, false), (u32::MAX, true), (999, false)] {
                        let mut error: Error<(), ()> = Error::new(phase, kind.clone());
                        let evidence = &mut error.evidence;
                        (evidence.fault, evidence.link, evidence.remote) = (fault, link, remote);
                        evidence.reused = reused;
                        evidence.elapsed_ms = figure;
                        evidence.phase_ms = figure;
                        evidence.limit_ms = u32::MAX;
                        (evidence.sent, evidence.received) = (figure, figure);
                        let diagnosis = error.diagnosis();
                        assert!(!diagnosis.suspects().is_empty());
                        causes.extend(diagnosis.suspects().iter().map(|suspect| suspect.cause));
                        let text = diagnosis.to_string();
                        fits(&text);
                        is_filled(&text);
                        let words = text.replace("\n       ", " ");
                        if let Some(remote) = remote {
                            assert!(words.contains(&format!(" to {remote} on a ")), "{text}");
                        }
                        count += 1;
                    }
                }
            }
        }
        for words in words() {
            let error: Error<(), ()> = Error::new(phase, kind.clone());
            let diagnosis = error.diagnosis().with_last_words(&words);
            assert!(diagnosis.last_words().len() <= 64);
            let text = diagnosis.to_string();
            fits(&text);
            is_filled(&text);
            // No deadline, none that was passed.
            assert!(!text.contains(" of 0"), "{text}");
        }
    }
    // Of the known causes there is none without an error that leads to it; a portal also answers.
    for cause in Cause::all().filter(|cause| *cause != Cause::Unexplained) {
        assert!(causes.contains(&cause), "{cause:?} never said");
    }
    println!("{count} diagnoses of {} causes fit", causes.len());
}

/// In whichever step the check ends, with figures of any size.
#[test]
fn a_report_fits_the_console_whatever_it_says() {
    let mut cx = cx();
    let long = format!("http://{}:65535/", ["a".repeat(63).as_str(); 4].join(".").split_at(253).0);
    let six = "http://[2001:db8:1111:2222:3333:4444:5555:6666]:65535/".to_owned();
    let urls = [
        long,
        six,
        "http://255.255.255.254:65535/".into(),
        "http://gate.test/".into(),
        "http://localhost/".into(),
        "https://gate.test/".into(),
        "nonsense".into(),
    ];
    let answers = || {
        [
            Connection::answer("HTTP/1.1 999 x\r\nContent-Length: 0\r\n\r\n"),
            Connection::answer("HTTP/1.1 302 x\r\nLocation: http://portal.test/\r\n\r\n"),
            Connection::answer("SSH-2.0-x\r\n"),
            Connection::new([Step::Silence]),
            Connection { refused: true, ..Connection::new([]) },
            Connection { connect_pends: usize::MAX, ..Connection::new([]) },
        ]
    };
    let mut count = 0;
    for link in links().into_iter().flatten() {
        for url in &urls {
            for connection in answers() {
                for tick in [1, 9_999, u32::MAX / 5] {
                    for silent in [false, true] {
                        let mut stack = ScriptStack::new([connection.clone()]);
                        stack.names =
                            vec![("gate.test", Ipv6Addr::from_bits(u128::MAX >> 1).into())];
                        let stack = Attached::new(stack, TestLink::new(link), Behaviour::UNKNOWN);
                        let answers: fn(IpAddr) -> bool = if silent { |_| false } else { |_| true };
                        let network = Pinging::new(stack, answers, StackFault::Unknown);
                        let config = Config::new().diagnosis_timeout(Duration::from_secs(60));
                        let clock = TestClock::ticking(tick);
                        let mut client = SafeHttpClient::with_config(network, clock, config);
                        fits(&client.diagnose(&mut cx, url.as_str()).to_string());
                        count += 1;
                    }
                }
            }
        }
    }
    println!("{count} reports fit");
}

/// A chip at home whose target refuses, is silent, or answers; a look at the clock takes 1 ms.
fn report(link: LinkStatus, connection: Connection, fault: StackFault, url: &str) -> String {
    report_of(link, connection, fault, url, 1).to_string()
}

/// The same, where a look at the clock takes so many milliseconds.
fn report_of(
    link: LinkStatus,
    connection: Connection,
    fault: StackFault,
    url: &str,
    tick: u32,
) -> Report {
    let mut cx = cx();
    let mut stack = ScriptStack::new([connection]);
    stack.names = vec![("gate.local", Ipv4Addr::new(192, 168, 1, 20).into())];
    let stack = Attached::new(stack, TestLink::new(link), Behaviour::UNKNOWN);
    let network = Pinging::new(stack, |_| true, fault);
    let mut client = SafeHttpClient::new(network, TestClock::ticking(tick));
    client.diagnose(&mut cx, url)
}

fn home() -> LinkStatus {
    let ip = IpConfig::new(Ipv4Addr::new(192, 168, 1, 57).into())
        .with_netmask(Ipv4Addr::new(255, 255, 255, 0))
        .with_gateway(Ipv4Addr::new(192, 168, 1, 1))
        .with_rssi(-61);
    LinkStatus::Up(ip)
}

/// `8080 closed at once` is only said of a port that somebody asked.
#[test]
fn the_ports_rung_says_what_became_of_it() {
    let refused = || Connection { refused: true, ..Connection::new([]) };
    let silent = || Connection { connect_pends: usize::MAX, ..Connection::new([]) };
    for (connection, fault, expected) in [
        (refused(), StackFault::Refused, "8080 closed at once"),
        (refused(), StackFault::Indistinct, "8080 closed at once"),
        (refused(), StackFault::Unreachable, "8080 unreachable"),
        (refused(), StackFault::TimedOut, "8080 connect_failed"),
        (refused(), StackFault::NoSocket, "8080 connect_failed"),
        (refused(), StackFault::ModemSilent, "8080 connect_failed"),
        (silent(), StackFault::Unknown, "8080 no answer"),
    ] {
        let text = report(home(), connection, fault, "http://192.168.1.20:8080/");
        let line = text.lines().find(|line| line.starts_with("port")).unwrap();
        assert!(line.contains(&format!("no   {expected}  ")), "{fault:?}: {line}");
    }
}

/// A refusal that took a second or more isn't one at once, and a stack that tells none from silence
/// has no answer then.
#[test]
fn the_ports_rung_says_at_once_of_less_than_a_second() {
    let mut times = BTreeSet::new();
    for (fault, later) in [
        (StackFault::Refused, "8080 closed  "),
        (StackFault::Indistinct, "8080 no answer  "),
        (StackFault::Unknown, "8080 no answer  "),
    ] {
        for tick in [1, 100, 125, 150, 199, 200, 201, 250, 300] {
            let refused = Connection { refused: true, ..Connection::new([]) };
            let report = report_of(home(), refused, fault, "http://192.168.1.20:8080/", tick);
            let ms = report.rungs().iter().find(|it| it.rung == Rung::Port).unwrap().ms;
            let text = report.to_string();
            let line = text.lines().find(|line| line.starts_with("port")).unwrap();
            let expected = if ms < 1000 { "8080 closed at once  " } else { later };
            assert!(line.contains(expected), "{fault:?}: {line}");
            times.insert(ms);
        }
    }
    assert!(times.contains(&1000), "just not at once: {times:?}");
}

/// A rung that broke has the error's code where nothing else tells what broke.
#[test]
fn a_broken_rung_says_which_error_it_was() {
    let ip = |gateway: [u8; 4]| {
        IpConfig::new(Ipv4Addr::new(192, 168, 1, 57).into())
            .with_netmask(Ipv4Addr::new(255, 255, 255, 0))
            .with_gateway(gateway.into())
    };
    let outside = LinkStatus::Up(ip([192, 168, 9, 1]));
    for (link, url, rung, code) in [
        (home(), "nonsense", Rung::Url, "malformed_url"),
        (home(), "http://localhost/", Rung::Target, "loopback_target"),
        (home(), "http://192.168.1.57/", Rung::Target, "own_address"),
        (outside, "http://10.0.0.9/", Rung::Subnet, "gateway_outside_subnet"),
    ] {
        let report = report_of(link, Connection::new([]), StackFault::Unknown, url, 1);
        let last = report.rungs().last().unwrap();
        assert_eq!((last.rung, last.outcome), (rung, Outcome::Failed), "{report}");
        let text = report.to_string();
        let line = text.lines().find(|line| line.starts_with(rung.name())).unwrap();
        assert!(line.contains(&format!("no   {code}  ")), "{url}: {line}");
    }
}

#[cfg(feature = "advice")]
#[test]
fn a_few_reports_letter_by_letter() {
    let refused = Connection { refused: true, ..Connection::new([]) };
    assert_eq!(
        report(home(), refused, StackFault::Indistinct, "http://gate.local:8080/"),
        "\
url       ok                                                         0 ms
link      up   192.168.1.57/24, gateway 192.168.1.1, -61 dBm         9 ms
subnet    ok                                                         1 ms
name      ok   gate.local -> 192.168.1.20                            4 ms
target    ok   another host                                          1 ms
gateway   ok   192.168.1.1 answers                                   4 ms
host      ok   192.168.1.20 answers                                  4 ms
port      no   8080 closed at once                                   5 ms
cause: nothing listens on port 8080 of 192.168.1.20 (likely)
   or: the server on 192.168.1.20 listens on its own 127.0.0.1 only (possible)
   or: a firewall blocks port 8080 of 192.168.1.20 (possible)
try:   check the port, and that the server runs and isn't bound to 127.0.0.1
       only"
    );
    let fine = Connection::answer("HTTP/1.1 204 No Content\r\n\r\n");
    let text = report(home(), fine, StackFault::Unknown, "http://gate.local/");
    assert!(
        text.ends_with(
            "
port      ok   80 open                                               5 ms
http      ok   status 204                                            7 ms
all of it works from here, now"
        ),
        "{text}"
    );
    let link = LinkStatus::Disconnected(DisconnectReason::WrongPassword);
    let text = report(link, Connection::new([]), StackFault::Unknown, "http://gate.local/");
    let begin = "\
url       ok                                                         0 ms
link      no   down, the access point refused the password           8 ms
cause: the access point wasn't joined (certain)
try:   ";
    assert!(text.starts_with(begin), "{text}");
    let advice: String = text[begin.len()..].split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(advice, Cause::JoinFailed.advice());
}

/// A server that took longer than it was given, on a modem that said `SEND OK` last.
fn slow() -> String {
    let kind = ErrorKind::Timeout { deadline: Deadline::Response, limit_ms: 3000 };
    let mut error: Error<(), ()> = Error::new(Phase::Head, kind);
    let evidence = &mut error.evidence;
    (evidence.phase_ms, evidence.limit_ms, evidence.sent) = (3001, 3000, 113);
    evidence.remote = Some(SocketAddr::from(([192, 168, 1, 20], 80)));
    evidence.link = Some(home());
    error.diagnosis().with_last_words(b"\r\nSEND OK\r\n").to_string()
}

const SEEN: &str = "
seen:  head failed after 3001 ms of 3000, to 192.168.1.20:80 on a new
       connection, 113 bytes sent, 0 received; link up, 192.168.1.57/24,
       gateway 192.168.1.1, -61 dBm
modem: SEND OK";

#[cfg(feature = "advice")]
#[test]
fn a_diagnosis_letter_by_letter() {
    let causes = "\
cause: 192.168.1.20 took longer than the deadline to answer (likely)
   or: what listens on port 80 of 192.168.1.20 isn't an HTTP server (possible)
   or: the radio slept, and a packet was lost or late (possible)
try:   ";
    let text = slow();
    assert!(text.starts_with(causes) && text.ends_with(SEEN), "{text}");
}

/// Numbers and codes, for a program without the texts.
#[cfg(not(feature = "advice"))]
#[test]
fn a_diagnosis_letter_by_letter() {
    let causes = "\
cause: 4 slow_server 192.168.1.20:80 (likely)
   or: 16 not_http 192.168.1.20:80 (possible)
   or: 24 modem_sleep 192.168.1.20:80 (possible)
try:   fetch --explain NUMBER, or the crate's page of the cause";
    assert_eq!(slow(), format!("{causes}{SEEN}"));
}
