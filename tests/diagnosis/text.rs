//! What a serial console of 80 columns gets to see: never wider than 79, and nothing but ASCII,
//! whatever the figures, names and bytes are. And a few typical reports, letter by letter.

use crate::common::script::{Connection, ScriptStack, Step};
use crate::common::{TestClock, TestLink, cx};
use crate::rules::Pinging;
use safe_http_client::{
    Attached, Behaviour, BufferUse, Cause, Config, Deadline, DisconnectReason, Error, ErrorKind,
    IpConfig, LinkError, LinkStatus, Peer, Phase, ProtocolError, RequestError, SafeHttpClient,
    StackFault, TargetClass, UrlError,
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

const FAULTS: &[StackFault] = &[
    StackFault::Unknown,
    StackFault::Refused,
    StackFault::Reset,
    StackFault::Closed,
    StackFault::TimedOut,
    StackFault::Unreachable,
    StackFault::Indistinct,
    StackFault::HidesRefusal,
    StackFault::NotDialled,
    StackFault::NoAddress,
    StackFault::NoSocket,
    StackFault::OutOfMemory,
    StackFault::NameNotFound,
    StackFault::NoResolver,
    StackFault::Busy,
    StackFault::Undelivered,
    StackFault::ModemReset,
    StackFault::ModemSilent,
    StackFault::ModemHung,
    StackFault::SerialGarbled,
];

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
        for &fault in FAULTS {
            for link in links() {
                for remote in remotes {
                    for (figure, reused, secure) in
                        [(0, false, false), (u32::MAX, true, false), (999, false, true)]
                    {
                        let mut error: Error<(), ()> = Error::new(phase, kind.clone());
                        let evidence = &mut error.evidence;
                        (evidence.fault, evidence.link, evidence.remote) = (fault, link, remote);
                        (evidence.reused, evidence.secure) = (reused, secure);
                        evidence.radio_sleeps = reused;
                        evidence.elapsed_ms = figure;
                        evidence.phase_ms = figure;
                        evidence.limit_ms = u32::MAX;
                        (evidence.sent, evidence.received) = (figure, figure);
                        let diagnosis = error.diagnosis();
                        assert!(!diagnosis.suspects().is_empty());
                        causes.extend(diagnosis.suspects().iter().map(|suspect| suspect.cause));
                        fits(&diagnosis.to_string());
                        count += 1;
                    }
                }
            }
        }
        for words in words() {
            let error: Error<(), ()> = Error::new(phase, kind.clone());
            let diagnosis = error.diagnosis().with_last_words(&words);
            assert!(diagnosis.last_words().len() <= 64);
            fits(&diagnosis.to_string());
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
