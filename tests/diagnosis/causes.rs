//! What is said of each cause: by its number and code, by its texts, and by its page, which quotes what the
//! crate says and hides no doubt that the rules have.

use crate::common::faults::FAULTS;
use crate::pages::{page, read, read_all};
use crate::written::known;
use core::net::{IpAddr, Ipv4Addr};
use safe_http_client::{
    BodyFraming, BodyProgress, BufferUse, Cause, Confidence, Deadline, Diagnosis, DisconnectReason,
    Error, ErrorKind, Excerpt, IpConfig, LinkError, LinkStatus, Peer, Phase, ProtocolError,
    RequestError, TargetClass, UrlError,
};
use std::collections::{BTreeMap, BTreeSet};

/// The three that people look for under "connection refused".
#[test]
fn the_classic_causes_are_these_and_no_others() {
    for cause in Cause::all() {
        let expected = match cause {
            Cause::NoAddress => Some(1),
            Cause::NoHostTarget | Cause::SlowServer | Cause::HostDown => Some(2),
            Cause::EventHandler => Some(3),
            _ => None,
        };
        assert_eq!(cause.classic(), expected, "{}", cause.code());
    }
}

/// By its number and by its code, and nothing by another.
#[test]
fn each_cause_is_found_by_its_number_and_its_code() {
    for (cause, number) in Cause::all().zip(1..) {
        assert_eq!(cause.number(), number);
        assert_eq!(Cause::from_number(number), Some(cause));
        assert_eq!(Cause::from_code(cause.code()), Some(cause));
    }
    for number in [0, 50, 255] {
        assert_eq!(Cause::from_number(number), None);
    }
    for code in ["", "xyzzy", "firewall ", "Firewall"] {
        assert_eq!(Cause::from_code(code), None, "{code:?}");
    }
}

type Kind = ErrorKind<(), ()>;

/// What can go wrong, with the phase that it belongs to.
pub fn kinds() -> Vec<(Phase, Kind)> {
    let refused = |error| (Phase::Url, Kind::Request(error));
    let timeout = |deadline| Kind::Timeout { deadline, limit_ms: 5000 };
    let link = |error| (Phase::Link, Kind::Link(error));
    let buffer =
        Kind::Buffer { what: BufferUse::ResponseHead, needed: 700, available: 512, exact: true };
    vec![
        (Phase::Head, buffer),
        (Phase::Body, Kind::Compressed),
        (Phase::Head, Kind::Protocol(ProtocolError::StatusLine)),
        refused(RequestError::SecondHost),
        refused(RequestError::Url(UrlError::SchemeInHost { localhost: true })),
        refused(RequestError::Url(UrlError::SchemeInHost { localhost: false })),
        refused(RequestError::NoTls),
        refused(RequestError::PlainOnTlsPort),
        refused(RequestError::Target(TargetClass::Loopback)),
        refused(RequestError::OwnAddress),
        link(LinkError::NoAddress),
        link(LinkError::Disconnected(DisconnectReason::Unknown)),
        link(LinkError::Disconnected(DisconnectReason::TimedOut)),
        link(LinkError::Disconnected(DisconnectReason::WrongPassword)),
        link(LinkError::Disconnected(DisconnectReason::NoAccessPoint)),
        link(LinkError::Disconnected(DisconnectReason::Failed)),
        link(LinkError::Disconnected(DisconnectReason::Code(255))),
        link(LinkError::GatewayOutsideSubnet),
        link(LinkError::NoDnsServer),
        (Phase::Resolve, Kind::Resolve(())),
        (Phase::Resolve, Kind::ResolvedTo(Ipv4Addr::BROADCAST.into(), TargetClass::Broadcast)),
        (Phase::Resolve, timeout(Deadline::Resolve)),
        (Phase::Connect, Kind::Socket(())),
        (Phase::Connect, Kind::Connect(())),
        (Phase::Connect, timeout(Deadline::Connect)),
        (Phase::Send, Kind::Send(())),
        (Phase::Head, Kind::Receive(())),
        (Phase::Head, Kind::ClosedBeforeResponse),
        (Phase::Head, Kind::StaleConnection),
        (Phase::Head, timeout(Deadline::Response)),
        (Phase::Body, timeout(Deadline::Idle)),
        (Phase::Body, timeout(Deadline::Total)),
        (Phase::Head, Kind::Protocol(ProtocolError::NotHttp(Peer::Tls))),
        (Phase::Head, Kind::Protocol(ProtocolError::NotHttp(Peer::Text))),
        (Phase::Head, Kind::Protocol(ProtocolError::NotHttp(Peer::Binary))),
        (Phase::Head, Kind::Protocol(ProtocolError::NotHttp(Peer::LeftOvers))),
        (Phase::Head, Kind::Protocol(ProtocolError::NotHttp(Peer::BehindInterim))),
        (Phase::Body, Kind::Truncated { received: 3, announced: Some(5) }),
        (Phase::Body, Kind::Truncated { received: 3, announced: None }),
    ]
}

/// What this crate says of itself on a page: the items of its symptoms that begin so.
fn own_symptom(cause: Cause) -> String {
    let page = page(cause);
    let symptom = page.split("# Symptom").nth(1).unwrap_or_default();
    let symptom = symptom.split("\n# ").next().unwrap_or_default();
    let items = symptom.split("\n- ").filter(|item| item.starts_with("This crate:"));
    items.collect::<Vec<_>>().join(" ")
}

/// With one space between words, and a `#` for each figure.
fn plain(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let mut plain = String::new();
    for character in words.join(" ").chars() {
        match character {
            '0'..='9' if plain.ends_with('#') => {}
            '0'..='9' => plain.push('#'),
            other => plain.push(other),
        }
    }
    plain
}

/// A page quotes what is really said, and names codes that there are.
#[test]
fn each_page_quotes_the_errors_as_they_are() {
    const OTHERS: [&str; 5] = [
        // The report of an answer, and of a stack that was declared wrong: `field` has them.
        "status #, redirects to <https://gate.example/>: the same host by https",
        "status #, which wants Digest",
        "receive gave # bytes # times",
        // The compiler, and a server.
        "cannot be sent between threads safely",
        "The plain HTTP request was sent to HTTPS port",
    ];
    let buffer = |what| Kind::Buffer { what, needed: 700, available: 512, exact: true };
    let mut kinds: Vec<_> = kinds().into_iter().map(|(_, kind)| kind).collect();
    kinds.extend([
        buffer(BufferUse::RequestHead),
        Kind::Request(RequestError::OwnNetwork),
        Kind::Request(RequestError::Url(UrlError::MisspelledScheme)),
    ]);
    let mut said: String =
        kinds.iter().map(|kind| plain(&kind.to_string())).collect::<Vec<_>>().join("\n");
    let kept = known(|evidence| {
        (evidence.reused, evidence.remote) = (true, Some(([192, 168, 1, 20], 80).into()));
    });
    let error = Error::<(), ()>::new(Phase::Send, Kind::Send(()));
    said += &plain(&Diagnosis::new(&error, kept).to_string());
    said += &plain(&read("crates/esp-at/src/error.rs"));

    let errors = read_all("src/error");
    let codes: BTreeSet<_> = errors
        .split("=> \"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|code| {
            code.chars().all(|c| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit())
        })
        .collect();
    let (mut quotes, mut names) = (0, 0);
    for cause in Cause::all() {
        let symptom = own_symptom(cause);
        for quote in symptom.split('"').skip(1).step_by(2) {
            let found = OTHERS.contains(&plain(quote).as_str()) || said.contains(&plain(quote));
            assert!(found, "{}: nothing says {quote:?}", cause.code());
            quotes += 1;
        }
        for name in symptom.split('`').skip(1).step_by(2) {
            let is_code =
                name.contains('_') && name.chars().all(|c| c == '_' || c.is_ascii_lowercase());
            if is_code && name != "wait_online" && Cause::from_code(name).is_none() {
                assert!(codes.contains(name), "{}: there is no code {name}", cause.code());
                names += 1;
            }
        }
    }
    assert!(quotes > 25 && names > 40, "{quotes} quotes, {names} codes");
}

/// What no error alone leads to: an answer to the check does, or what the network below has counted.
pub const NOT_OF_AN_ERROR: [Cause; 3] =
    [Cause::Unexplained, Cause::Redirected, Cause::RefusedByStatus];

/// What the evidence of an answer can be: how far its body came, and how it began.
pub fn answers() -> Vec<(Option<BodyProgress>, Excerpt)> {
    let body = |received, framing| Some(BodyProgress { received, framing });
    vec![
        (None, Excerpt::default()),
        (body(5, BodyFraming::Length(6)), Excerpt::new(b"ICY 200 OK\r\n", 0)),
        (body(5, BodyFraming::Length(5000)), Excerpt::new(b"\r\nHTTP/1.1 200 OK\r\n", 0)),
        (body(5, BodyFraming::UntilClose), Excerpt::new(b"HTTP/1.1 200 OK\r\nX-Odd : 1\r\n", 17)),
        (body(5, BodyFraming::Chunked), Excerpt::new(b"SSH-2.0-OpenSSH_9.2\r\n", 0)),
    ]
}

/// How sure the rules are of each cause, over all that an error can bring along.
fn decided() -> BTreeMap<Cause, BTreeSet<Confidence>> {
    let up = IpConfig::new(IpAddr::from([192, 168, 1, 57]))
        .with_netmask(Ipv4Addr::new(255, 255, 255, 0))
        .with_gateway(Ipv4Addr::new(192, 168, 1, 1));
    let links = [
        None,
        Some(LinkStatus::Up(up)),
        Some(LinkStatus::Up(up.with_gateway(Ipv4Addr::new(192, 168, 9, 1)))),
        Some(LinkStatus::NoAddress),
    ];
    let mut decided: BTreeMap<Cause, BTreeSet<Confidence>> = BTreeMap::new();
    for (phase, kind) in kinds() {
        let error = Error::new(phase, kind);
        for fault in FAULTS {
            for link in links {
                for (case, (body, answer)) in
                    (0..8_u8).flat_map(|case| answers().into_iter().map(move |it| (case, it)))
                {
                    let is = |bit: u8| case & (1 << bit) != 0;
                    let host = if is(2) { [192, 168, 1, 20] } else { [192, 0, 2, 7] };
                    let evidence = known(|evidence| {
                        (evidence.fault, evidence.link) = (fault, link);
                        evidence.limit_ms = 5000;
                        evidence.phase_ms = if is(0) { 20 } else { 5000 };
                        evidence.reused = is(1);
                        (evidence.body, evidence.answer) = (body, answer);
                        evidence.remote = Some((host, 80).into());
                    });
                    for suspect in Diagnosis::new(&error, evidence).suspects() {
                        decided.entry(suspect.cause).or_default().insert(suspect.confidence);
                    }
                }
            }
        }
    }
    decided
}

/// A page doesn't hide how sure the rules are. (It may say more: `diagnose` finds out more.)
#[test]
fn each_page_names_each_certainty_that_the_rules_give_it() {
    let decided = decided();
    let never: Vec<_> = Cause::all().filter(|cause| !decided.contains_key(cause)).collect();
    assert_eq!(never, NOT_OF_AN_ERROR);
    let mut missing = Vec::new();
    for (cause, confidences) in decided {
        let page = page(cause).to_lowercase();
        let tells = page.split("# how the crate tells").nth(1).unwrap_or_default();
        let tells = tells.split("\n# ").next().unwrap_or_default();
        for confidence in confidences {
            let word = format!("**{}**", confidence.name());
            if !tells.contains(&word) {
                missing.push(format!("{}: {word}", cause.code()));
            }
        }
    }
    assert_eq!(missing, [""; 0]);
}

/// For a serial console of 80 columns, behind a label of seven: a clause, and three lines of advice.
#[cfg(feature = "advice")]
#[test]
fn texts_are_short_plain_and_each_its_own() {
    let mut seen = BTreeSet::new();
    for cause in Cause::all() {
        let (text, advice) = (cause.to_string(), cause.advice());
        for (part, most) in [(text.as_str(), 72), (advice, 3 * 66)] {
            let columns = part.len();
            assert!(part.is_ascii() && columns <= most, "{columns}: {part}");
            assert!(!part.ends_with('.') && !part.contains("  "), "{part}");
            assert!(part.starts_with(|first: char| !first.is_uppercase()), "{part}");
            assert!(seen.insert(part.to_owned()), "twice: {part}");
        }
        assert!(advice.matches(". ").count() <= 1, "more than two sentences: {advice}");
    }
}
