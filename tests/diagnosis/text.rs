//! What a serial console of 80 columns gets to see: never wider than 79, and nothing but ASCII,
//! whatever the figures, names and bytes are. And a few typical reports, letter by letter.

use crate::causes::{NOT_OF_AN_ERROR, answers, kinds};
use crate::chip::{
    Chip, Pings, all_answer, all_are_silent, chip, fine, link, open, refused, silent,
};
use crate::common::faults::FAULTS;
use crate::common::script::{Connection, Step};
use crate::common::{TestClock, cx};
use crate::written::known;
use safe_http_client::{
    Cause, Config, Deadline, Diagnosis, DisconnectReason, Error, ErrorKind, Evidence, IpConfig,
    LinkStatus, Phase, ProbeStep, Report, SafeHttpClient, StackFault, StepOutcome, TlsFault,
    Verification,
};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
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
        let error = Error::new(phase, kind);
        for fault in FAULTS {
            for link in links() {
                for remote in remotes {
                    for (figure, reused) in [(0, false), (u32::MAX, true), (999, false)] {
                        // Of one fault is enough: they don't depend on it.
                        let most = if fault == StackFault::Unknown { 9 } else { 1 };
                        for (body, answer) in answers().into_iter().take(most) {
                            let evidence = known(|known| {
                                (known.body, known.answer) = (body, answer);
                                (known.fault, known.link, known.remote) = (fault, link, remote);
                                known.reused = reused;
                                (known.elapsed_ms, known.phase_ms) = (figure, figure);
                                known.limit_ms = u32::MAX;
                                (known.sent, known.received) = (figure, figure);
                            });
                            let diagnosis = Diagnosis::new(&error, evidence);
                            assert!(!diagnosis.suspects().is_empty());
                            causes.extend(diagnosis.suspects().iter().map(|suspect| suspect.cause));
                            let text = diagnosis.to_string();
                            fits(&text);
                            is_filled(&text);
                            // What the header for C promises, whose stack has no IPv6.
                            assert!(text.len() < 1000 || text.contains("ffff:ffff"), "{text}");
                            let words = text.replace("\n       ", " ");
                            if let Some(remote) = remote {
                                let none =
                                    matches!(phase, Phase::Url | Phase::Link | Phase::Resolve);
                                let connection = if none { "" } else { " on a " };
                                assert!(
                                    words.contains(&format!(", to {remote}{connection}")),
                                    "{text}"
                                );
                            }
                            count += 1;
                        }
                    }
                }
            }
        }
        for words in words() {
            let diagnosis = Diagnosis::new(&error, Evidence::default()).with_last_words(&words);
            assert!(diagnosis.last_words().len() <= 64);
            let text = diagnosis.to_string();
            fits(&text);
            is_filled(&text);
            // No deadline, none that was passed.
            assert!(!text.contains(" of 0"), "{text}");
        }
    }
    // Of the known causes there is none without an error that leads to it, but for those of answers.
    for cause in Cause::all().filter(|cause| !NOT_OF_AN_ERROR.contains(cause)) {
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
            refused(),
            silent(),
        ]
    };
    let mut count = 0;
    for status in links().into_iter().flatten() {
        for url in &urls {
            for connection in answers() {
                for tick in [1, 9_999, u32::MAX / 5] {
                    let pings: [Pings; 2] = [all_answer, all_are_silent];
                    for ping in pings {
                        let link = link(status);
                        let mut chip = Chip { ping, link, ..chip([connection.clone()]) };
                        chip.stack.names =
                            vec![("gate.test", Ipv6Addr::from_bits(u128::MAX >> 1).into())];
                        let config = Config::new().diagnosis_timeout(Duration::from_secs(60));
                        let clock = TestClock::ticking(tick);
                        let mut client = SafeHttpClient::with_config(chip, clock, config);
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
fn report(status: LinkStatus, connection: Connection, fault: StackFault, url: &str) -> String {
    report_of(status, connection, fault, url, 1).to_string()
}

/// The same, where a look at the clock takes so many milliseconds.
fn report_of(
    status: LinkStatus,
    connection: Connection,
    fault: StackFault,
    url: &str,
    tick: u32,
) -> Report {
    let mut cx = cx();
    let mut chip = Chip { fault, link: link(status), ..chip([connection]) };
    chip.stack.names = vec![("gate.local", Ipv4Addr::new(192, 168, 1, 20).into())];
    let mut client = SafeHttpClient::new(chip, TestClock::ticking(tick));
    client.diagnose(&mut cx, url)
}

fn home() -> LinkStatus {
    let ip = IpConfig::new(Ipv4Addr::new(192, 168, 1, 57).into())
        .with_netmask(Ipv4Addr::new(255, 255, 255, 0))
        .with_gateway(Ipv4Addr::new(192, 168, 1, 1))
        .with_rssi(-61);
    LinkStatus::Up(ip)
}

/// That nobody knows who answered stands behind the steps, whatever came of them.
#[test]
fn a_server_that_wasnt_verified_is_said_in_a_line_of_its_own() {
    let warning = "\nTLS:   the server's certificate was not verified\n";
    for (url, connection, is_said) in [
        ("https://192.168.1.20/", fine(), true),
        ("https://192.168.1.20/", Connection::answer("SSH-2.0-x\r\n"), true),
        ("https://192.168.1.20/", Connection::answer("HTTP/1.1 503 x\r\n\r\n"), true),
        ("https://192.168.1.20/", refused(), false),
        ("http://192.168.1.20/", fine(), false),
    ] {
        let verification = Verification::NotVerified;
        let chip = Chip { verification, ..chip([connection]) };
        let mut client = SafeHttpClient::new(chip, TestClock::ticking(1));
        let text = client.diagnose(&mut cx(), url).to_string();
        fits(&text);
        assert_eq!(text.contains(warning), is_said, "{url}:\n{text}");
    }
}

/// `8080 closed at once` is only said of a port that somebody asked.
#[test]
fn the_ports_step_says_what_became_of_it() {
    for (connection, fault, expected) in [
        (refused(), StackFault::Refused, "8080 closed at once"),
        (refused(), StackFault::Indistinct, "8080 closed at once"),
        (refused(), StackFault::Unreachable, "8080 unreachable"),
        (refused(), StackFault::TimedOut, "8080 connect_failed"),
        (refused(), StackFault::NoSocket, "8080 connect_failed"),
        (
            refused(),
            StackFault::Tls(TlsFault::NotForServers),
            "8080 handshake_failed: NotForServers",
        ),
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
fn the_ports_step_says_at_once_of_less_than_a_second() {
    let mut times = BTreeSet::new();
    for (fault, later) in [
        (StackFault::Refused, "8080 closed  "),
        (StackFault::Indistinct, "8080 no answer  "),
        (StackFault::Unknown, "8080 no answer  "),
    ] {
        for tick in [1, 100, 125, 150, 199, 200, 201, 250, 300] {
            let report = report_of(home(), refused(), fault, "http://192.168.1.20:8080/", tick);
            let ms = report.steps().iter().find(|it| it.step == ProbeStep::Port).unwrap().ms;
            let text = report.to_string();
            let line = text.lines().find(|line| line.starts_with("port")).unwrap();
            let expected = if ms < 1000 { "8080 closed at once  " } else { later };
            assert!(line.contains(expected), "{fault:?}: {line}");
            times.insert(ms);
        }
    }
    assert!(times.contains(&1000), "just not at once: {times:?}");
}

/// A step that broke has the error's code where nothing else tells what broke.
#[test]
fn a_broken_step_says_which_error_it_was() {
    let ip = |gateway: [u8; 4]| {
        IpConfig::new(Ipv4Addr::new(192, 168, 1, 57).into())
            .with_netmask(Ipv4Addr::new(255, 255, 255, 0))
            .with_gateway(gateway.into())
    };
    let outside = LinkStatus::Up(ip([192, 168, 9, 1]));
    for (status, url, step, code) in [
        (home(), "nonsense", ProbeStep::Url, "malformed_url"),
        (home(), "http://localhost/", ProbeStep::Target, "loopback_target"),
        (home(), "http://192.168.1.57/", ProbeStep::Target, "own_address"),
        (outside, "http://10.0.0.9/", ProbeStep::Subnet, "gateway_outside_subnet"),
    ] {
        let report = report_of(status, open(), StackFault::Unknown, url, 1);
        let last = report.steps().last().unwrap();
        assert_eq!((last.step, last.outcome), (step, StepOutcome::Failed), "{report}");
        let text = report.to_string();
        let line = text.lines().find(|line| line.starts_with(step.name())).unwrap();
        assert!(line.contains(&format!("no   {code}  ")), "{url}: {line}");
    }
}

#[cfg(feature = "advice")]
#[test]
fn a_few_reports_letter_by_letter() {
    assert_eq!(
        report(home(), refused(), StackFault::Indistinct, "http://gate.local:8080/"),
        "\
url       ok                                                         0 ms
link      up   192.168.1.57/24, gateway 192.168.1.1, -61 dBm         4 ms
subnet    ok                                                         1 ms
name      ok   gate.local -> 192.168.1.20                            3 ms
target    ok   another host                                          1 ms
gateway   ok   192.168.1.1 answers                                   2 ms
host      ok   192.168.1.20 answers                                  2 ms
port      no   8080 closed at once                                   4 ms
cause: nothing listens on port 8080 of 192.168.1.20 (likely)
   or: the server on 192.168.1.20 listens on its own 127.0.0.1 only (possible)
   or: a firewall blocks port 8080 of 192.168.1.20 (possible)
try:   check the port, and that the server runs and isn't bound to 127.0.0.1
       only"
    );
    // The documentation shows the same, with figures of a real network.
    let source = include_str!("../../src/diagnosis/report.rs");
    let shown = source.split("/// ```text\n").nth(1).unwrap().split("/// ```").next().unwrap();
    let lines = |text: &str| -> Vec<String> {
        let lines = text.lines().map(|line| match line.strip_suffix(" ms") {
            Some(line) => line.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end().into(),
            None => line.to_owned(),
        });
        lines.collect()
    };
    let shown = shown.replace("/// ", "");
    let real = report(home(), refused(), StackFault::Indistinct, "http://gate.local:8080/");
    assert_eq!(lines(shown.trim_end()), lines(&real));
    assert!(shown.lines().filter(|line| line.ends_with(" ms")).all(|line| line.len() == 73));
    let fine = Connection::answer("HTTP/1.1 204 No Content\r\n\r\n");
    let text = report(home(), fine, StackFault::Unknown, "http://gate.local/");
    assert!(
        text.ends_with(
            "
port      ok   80 open                                               4 ms
http      ok   status 204                                            6 ms
all of it works from here, now; your own path wasn't asked"
        ),
        "{text}"
    );
    let link = LinkStatus::Disconnected(DisconnectReason::WrongPassword);
    let text = report(link, open(), StackFault::Unknown, "http://gate.local/");
    let begin = "\
url       ok                                                         0 ms
link      no   down, the access point refused the password           5 ms
cause: the access point refused the password (certain)
try:   ";
    assert!(text.starts_with(begin), "{text}");
    let advice: String = text[begin.len()..].split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(
        advice,
        "correct the password (upper and lower case count), and check that the access point takes WPA2"
    );
}

/// A server that took longer than it was given, on a modem that said `SEND OK` last.
fn slow() -> String {
    let kind = ErrorKind::Timeout { deadline: Deadline::Response, limit_ms: 3000 };
    let error: Error<(), ()> = Error::new(Phase::Head, kind);
    let evidence = known(|evidence| {
        (evidence.phase_ms, evidence.limit_ms, evidence.sent) = (3001, 3000, 113);
        evidence.remote = Some(SocketAddr::from(([192, 168, 1, 20], 80)));
        evidence.link = Some(home());
    });
    Diagnosis::new(&error, evidence).with_last_words(b"\r\nSEND OK\r\n").to_string()
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

/// What a server has shown in a handshake isn't a modem's word.
#[test]
fn the_label_of_the_last_words() {
    for (fault, label) in [
        (StackFault::Unknown, "modem:"),
        (StackFault::TlsFailed, "modem:"),
        (StackFault::Tls(TlsFault::WrongHost), "shown:"),
        (StackFault::Tls(TlsFault::NotTls), "shown:"),
    ] {
        let error: Error<(), ()> = Error::new(Phase::Connect, ErrorKind::Connect(()));
        let diagnosis = Diagnosis::new(&error, known(|evidence| evidence.fault = fault));
        let text = diagnosis.with_last_words(b"gate.test").to_string();
        assert!(text.ends_with(&format!("\n{label} gate.test")), "{text}");
    }
}

/// Of a modem's lines the last ones count, and of what a server has shown the first.
#[test]
fn of_long_last_words_those_that_count() {
    let words =
        b"HTTP/1.1 400 Bad Request\r\nServer: nginx/1.22.1\r\nDate: Mon, 30 Nov 2026 05:42:14 GMT";
    for (fault, expected) in [
        (StackFault::Unknown, &words[words.len() - 64..]),
        (StackFault::Tls(TlsFault::NotTls), &words[..64]),
    ] {
        let error: Error<(), ()> = Error::new(Phase::Connect, ErrorKind::Connect(()));
        let diagnosis = Diagnosis::new(&error, known(|evidence| evidence.fault = fault));
        assert_eq!(diagnosis.with_last_words(words).last_words(), expected, "{fault:?}");
    }
}
