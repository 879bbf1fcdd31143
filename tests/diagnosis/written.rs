//! Failures that are only written down, since nothing that runs here has them.

use crate::chip::{Chip, GATEWAY, Pings, all_answer, all_are_silent, chip, gateway_answers, home};
use crate::chip::{no_pings, open, refused, silent, up};
use crate::common::script::Connection;
use crate::common::{TestClock, cx};
use crate::observed::Verdict;
use safe_http_client::{
    BodyFraming, BodyProgress, Cause, Connect, Deadline, Diagnosis, DisconnectReason, Error,
    ErrorKind, Evidence, IpConfig, LinkError, LinkStatus, Peer, Phase, ProtocolError, RequestError,
    SafeHttpClient, StackFault, TlsFault,
};
use std::net::Ipv4Addr;

/// A failure that is only written down.
pub struct Written {
    /// Why no fault here produces it.
    pub why: &'static str,
    pub verdict: Verdict,
    pub first: Cause,
}

/// What is known of a failure beside the error itself.
pub fn known(change: impl FnOnce(&mut Evidence)) -> Evidence {
    let mut evidence = Evidence::default();
    change(&mut evidence);
    evidence
}

/// Passive ones: an error, as a stack that isn't here would report it.
pub fn written() -> Vec<Written> {
    let timeout = |deadline| ErrorKind::Timeout { deadline, limit_ms: 5000 };
    let total = || timeout(Deadline::Total);
    let connect = || ErrorKind::<(), ()>::Connect(());
    let nothing = Evidence::default();
    let fault = |fault| known(|evidence| evidence.fault = fault);
    let tls_fault = |why| fault(StackFault::Tls(why));
    let by_tls = "the tests of TLS produce it";
    let after = |ms, fault| {
        known(|evidence| {
            (evidence.phase_ms, evidence.limit_ms, evidence.fault) = (ms, 5000, fault);
        })
    };
    let waited = |ms| after(ms, StackFault::Unknown);
    let lost = known(|evidence| evidence.link = Some(LinkStatus::NoAddress));
    let misplaced = IpConfig::new(Ipv4Addr::new(192, 168, 0, 20).into())
        .with_netmask(Ipv4Addr::new(255, 255, 255, 0))
        .with_gateway(GATEWAY.into());
    let misrouted = known(|evidence| {
        evidence.link = Some(LinkStatus::Up(misplaced));
        (evidence.phase_ms, evidence.limit_ms) = (5000, 5000);
    });
    let until_close = known(|evidence| {
        let framing = BodyFraming::UntilClose;
        evidence.body = Some(BodyProgress { received: 5, framing });
    });
    let not_here = "no stack here says so";
    let no_netns = "needs network namespaces";
    let moment = "the link would have to go in the same moment";
    let garbled = "EspAt tells a garbled line apart only where data are in it";
    let caller = "the caller's own mistakes have tests of their own";
    let out_of_range = LinkError::Disconnected(DisconnectReason::TimedOut);
    let tls = ProtocolError::NotHttp(Peer::Tls);
    use Phase::{Body, Connect, Head, Link, Resolve, Url};
    let written = [
        // A total deadline ends what would have had one of its own.
        (no_netns, Resolve, total(), waited(5000), Cause::NameNotResolved),
        (no_netns, Connect, total(), waited(5000), Cause::HostDown),
        (no_netns, Head, total(), waited(5000), Cause::SlowServer),
        ("a total deadline is the caller's", Body, total(), nothing, Cause::SlowServer),
        // A reset is an answer, whatever it is called.
        (no_netns, Connect, connect(), fault(StackFault::Reset), Cause::NothingListens),
        (no_netns, Connect, connect(), after(3, StackFault::Unreachable), Cause::WrongSubnet),
        (no_netns, Connect, connect(), misrouted, Cause::WrongSubnet),
        (
            garbled,
            Body,
            ErrorKind::Receive(()),
            fault(StackFault::SerialGarbled),
            Cause::SerialLine,
        ),
        (not_here, Connect, connect(), fault(StackFault::OutOfMemory), Cause::ModemMemory),
        (not_here, Connect, connect(), fault(StackFault::NoAddress), Cause::NoAddress),
        (
            "seen in conformance/lwip, over lwIP",
            Connect,
            ErrorKind::Socket(()),
            fault(StackFault::InEventHandler),
            Cause::EventHandler,
        ),
        (
            "its own error says it, too, on every stack here",
            Connect,
            ErrorKind::Socket(()),
            nothing,
            Cause::OutOfSockets,
        ),
        (
            "the modem hangs in a simulator's state of its own",
            Connect,
            connect(),
            fault(StackFault::ModemHung),
            Cause::ModemUnresponsive,
        ),
        (by_tls, Connect, connect(), tls_fault(TlsFault::NotStarted), Cause::InvalidRequest),
        (by_tls, Connect, connect(), tls_fault(TlsFault::ClockNotSet), Cause::ClockNotSet),
        (
            by_tls,
            Connect,
            connect(),
            tls_fault(TlsFault::UnknownAuthority),
            Cause::UnknownAuthority,
        ),
        (by_tls, Connect, connect(), tls_fault(TlsFault::WrongHost), Cause::WrongHost),
        (by_tls, Connect, connect(), tls_fault(TlsFault::Expired), Cause::NotValidNow),
        (by_tls, Connect, connect(), tls_fault(TlsFault::NotYetValid), Cause::NotValidNow),
        (by_tls, Connect, connect(), tls_fault(TlsFault::Refused), Cause::CertificateRefused),
        (by_tls, Connect, connect(), tls_fault(TlsFault::OldVersion), Cause::OldTls),
        (by_tls, Connect, connect(), tls_fault(TlsFault::NothingInCommon), Cause::NothingInCommon),
        (by_tls, Connect, connect(), tls_fault(TlsFault::RecordTooLarge), Cause::RecordTooLarge),
        (by_tls, Connect, connect(), tls_fault(TlsFault::NotTls), Cause::TlsMismatch),
        (by_tls, Connect, connect(), tls_fault(TlsFault::OtherProtocol), Cause::NotHttp),
        (by_tls, Connect, connect(), tls_fault(TlsFault::BrokenOff), Cause::ConnectionLost),
        (by_tls, Connect, connect(), tls_fault(TlsFault::Aborted), Cause::ConnectionLost),
        (
            by_tls,
            Connect,
            timeout(Deadline::Connect),
            tls_fault(TlsFault::Unanswered),
            Cause::SlowServer,
        ),
        (
            by_tls,
            Connect,
            timeout(Deadline::Connect),
            tls_fault(TlsFault::Unfinished),
            Cause::SlowServer,
        ),
        (not_here, Connect, connect(), fault(StackFault::Busy), Cause::ModemUnresponsive),
        (not_here, Connect, connect(), fault(StackFault::UnfitFirmware), Cause::Firmware),
        (
            "stacks without DNS are asked by address",
            Resolve,
            ErrorKind::Resolve(()),
            fault(StackFault::NoResolver),
            Cause::NoDnsServer,
        ),
        (moment, Resolve, ErrorKind::Resolve(()), lost, Cause::NoAddress),
        (moment, Connect, timeout(Deadline::Connect), lost, Cause::NoAddress),
        (not_here, Connect, connect(), waited(3), Cause::NothingListens),
        (
            "EspAt is asked for its status in the same way",
            Body,
            timeout(Deadline::Idle),
            fault(StackFault::RadioSleeps),
            Cause::SlowServer,
        ),
        (not_here, Head, ErrorKind::ClosedBeforeResponse, nothing, Cause::ConnectionLost),
        (not_here, Resolve, timeout(Deadline::Resolve), waited(5000), Cause::NameNotResolved),
        (not_here, Connect, connect(), waited(5000), Cause::HostDown),
        (
            caller,
            Url,
            ErrorKind::Request(RequestError::InvalidMethod),
            nothing,
            Cause::InvalidRequest,
        ),
        (
            not_here,
            Body,
            ErrorKind::Truncated { received: 5, announced: None },
            until_close,
            Cause::StackQuirks,
        ),
        ("", Head, ErrorKind::Protocol(tls), nothing, Cause::TlsMismatch),
        ("", Link, ErrorKind::Link(out_of_range), nothing, Cause::JoinFailed),
    ];
    let written = written.into_iter().map(|(why, phase, kind, evidence, first)| {
        let diagnosis = Diagnosis::new(&Error::new(phase, kind), evidence);
        Written { why, verdict: Verdict::of(&diagnosis), first }
    });
    written.collect()
}

/// What the active check of a chip at home says, where these hosts answer pings. It has TLS where the
/// URL asks for it, and no connection comes about with it.
pub fn check(ping: Pings, connection: Connection, fault: StackFault, url: &str) -> Verdict {
    let mut cx = cx();
    let chip = Chip { ping, fault, tls_fails: true, ..chip([connection]) };
    let mut client = SafeHttpClient::new(chip, TestClock::ticking(1));
    let report = client.diagnose(&mut cx, url);
    Verdict::of_report(&report).unwrap_or_else(|| panic!("{url}: {report}"))
}

/// Active ones: what the answers to pings make of a connect that failed.
pub fn checked() -> Vec<Written> {
    const NEAR: &str = "http://192.168.1.20/";
    const FAR: &str = "http://10.0.0.9/";
    let (all, nobody): (Pings, Pings) = (all_answer, all_are_silent);
    let gateway: Pings = gateway_answers;
    let unknown = StackFault::Unknown;
    let mut written = Vec::new();
    for (answers, connection, fault, url, first) in [
        (all, silent(), unknown, NEAR, Cause::Firewall),
        (gateway, silent(), unknown, NEAR, Cause::HostDown),
        (gateway, silent(), unknown, FAR, Cause::HostDown),
        (nobody, silent(), unknown, FAR, Cause::GatewaySilent),
        (nobody, silent(), unknown, NEAR, Cause::GatewaySilent),
        (all, refused(), StackFault::Refused, NEAR, Cause::NothingListens),
        (all, refused(), StackFault::Indistinct, NEAR, Cause::NothingListens),
        (all, open(), unknown, "https://192.168.1.20/", Cause::Certificate),
        (all, open(), unknown, "https://192.168.1.20:8443/", Cause::TlsMismatch),
        (nobody, silent(), unknown, "http://unknown.test/", Cause::NameNotResolved),
    ] {
        let verdict = check(answers, connection, fault, url);
        written.push(Written { why: "pings on a stack of another kind", verdict, first });
    }
    let mut cx = cx();
    let hides = Chip { connect: Connect::PollsForEver, ..chip([silent()]) };
    let report = SafeHttpClient::new(hides, TestClock::ticking(1)).diagnose(&mut cx, NEAR);
    let verdict = Verdict::of_report(&report).unwrap();
    let (why, first) = ("pings on a stack that hides refusals", Cause::NothingListens);
    written.push(Written { why, verdict, first });
    let knocks = Chip { ping: no_pings, ..chip([silent(), silent()]) };
    let report = SafeHttpClient::new(knocks, TestClock::ticking(1)).diagnose(&mut cx, FAR);
    let verdict = Verdict::of_report(&report).unwrap();
    let (why, first) = ("a gateway that opens no port, and answers no pings", Cause::GatewaySilent);
    written.push(Written { why, verdict, first });
    // A resolver that says nothing, with its gateway there and away.
    for (ping, first) in [(all, Cause::NameNotResolved), (nobody, Cause::GatewaySilent)] {
        let mut chip = Chip { ping, link: up(home()), ..chip([]) };
        chip.stack.dns_pends = usize::MAX;
        let mut client = SafeHttpClient::new(chip, TestClock::ticking(1));
        let report = client.diagnose(&mut cx, "http://gate.test/");
        let verdict = Verdict::of_report(&report).unwrap();
        written.push(Written { why: "a resolver that says nothing at all", verdict, first });
    }
    written
}
