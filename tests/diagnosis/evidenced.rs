//! What the evidence alone decides: how much had come, over what, and to whom.

use crate::observed::Verdict;
use crate::table::causes;
use crate::written::known;
use safe_http_client::{
    Cause, Deadline, Diagnosis, Error, ErrorKind, Evidence, IpConfig, LinkStatus, Phase,
    StackFault, TlsFault, Verification,
};
use std::net::Ipv4Addr;

fn decided(phase: Phase, kind: ErrorKind<(), ()>, evidence: Evidence) -> String {
    causes(&Verdict::of(&Diagnosis::new(&Error::new(phase, kind), evidence)))
}

/// A length that is a little wrong is told from one of which much is missing by both: less than 64 bytes,
/// and less than what came.
#[test]
fn a_body_that_is_short_by_little() {
    for (received, announced, expected) in [
        (5, 6, Cause::BodyTooShort),
        (100, 163, Cause::BodyTooShort),
        (1000, 1064, Cause::BadResponse),
        (1000, 1100, Cause::BadResponse),
        (3, 50, Cause::BadResponse),
        (32, 64, Cause::BadResponse),
        (0, 6, Cause::BadResponse),
    ] {
        let kind = ErrorKind::<(), ()>::Truncated { received, announced: Some(announced) };
        let found = Diagnosis::new(&Error::new(Phase::Body, kind), Evidence::default());
        assert_eq!(found.suspects()[0].cause, expected, "{received} of {announced}");
    }
}

/// Stale is what was closed before it was asked: not where a part of the answer had come.
#[test]
fn a_kept_connection_that_has_answered_wasnt_stale() {
    let evidence = |reused, received| known(|it| (it.reused, it.received) = (reused, received));
    let (lost, stale) =
        ("ConnectionLost Likely", "StaleConnection Likely, ConnectionLost Possible");
    let unanswered = "ConnectionLost Likely, TlsMismatch Possible, NotHttp Possible";
    for (reused, received, expected) in
        [(true, 0, stale), (true, 25, lost), (false, 0, unanswered), (false, 25, lost)]
    {
        for (phase, kind) in [
            (Phase::Head, ErrorKind::ClosedBeforeResponse),
            (Phase::Head, ErrorKind::Receive(())),
            (Phase::Body, ErrorKind::Receive(())),
        ] {
            let found = decided(phase, kind, evidence(reused, received));
            assert_eq!(found, expected, "{phase} {reused} {received}");
        }
    }
}

/// What was sent over TLS, verified or not, went to who speaks it.
#[test]
fn a_server_that_tls_was_spoken_with_wasnt_asked_in_the_clear() {
    let (clear, tls) = (
        "ConnectionLost Likely, TlsMismatch Possible, NotHttp Possible",
        "ConnectionLost Likely, NotHttp Possible",
    );
    for (verification, expected) in [
        (Verification::Unknown, clear),
        (Verification::Verified, tls),
        (Verification::DatesNotVerified, tls),
        (Verification::NotVerified, tls),
    ] {
        let evidence = || known(|it| it.verification = verification);
        for kind in [ErrorKind::ClosedBeforeResponse, ErrorKind::Receive(())] {
            assert_eq!(decided(Phase::Head, kind, evidence()), expected, "{verification:?}");
        }
    }
    // As one that wants the client's certificate, and says so behind the handshake.
    let aborted = known(|it| it.fault = StackFault::Tls(TlsFault::Aborted));
    assert_eq!(decided(Phase::Send, ErrorKind::Send(()), aborted), tls);
}

/// Who has sent an interim response speaks HTTP, however long it takes then.
#[test]
fn a_server_that_has_begun_to_answer_speaks_http() {
    let silent = |deadline| ErrorKind::Timeout { deadline, limit_ms: 5000 };
    let slow = "SlowServer Likely, ModemSleep Possible";
    let mute = "SlowServer Likely, NotHttp Possible, ModemSleep Possible";
    for deadline in [Deadline::Response, Deadline::Total] {
        for (received, expected) in [(0, mute), (25, slow)] {
            let found = decided(Phase::Head, silent(deadline), known(|it| it.received = received));
            assert_eq!(found, expected, "{deadline:?} {received}");
        }
    }
}

/// A PC has no modem, and no netmask stands between it and itself; but what the stack says itself counts.
#[test]
fn what_cant_be_on_a_pc_and_what_the_stack_says_all_the_same() {
    let timeout = |deadline| ErrorKind::Timeout { deadline, limit_ms: 5000 };
    let over_loopback = |fault| {
        known(|it| {
            (it.fault, it.remote) = (fault, Some((Ipv4Addr::LOCALHOST, 80).into()));
            (it.phase_ms, it.limit_ms) = (20, 5000);
        })
    };
    for (phase, kind, fault, expected) in [
        (Phase::Connect, timeout(Deadline::Connect), StackFault::Busy, "ModemUnresponsive Likely"),
        (
            Phase::Head,
            timeout(Deadline::Response),
            StackFault::RadioSleeps,
            "SlowServer Likely, ModemSleep Possible, NotHttp Possible",
        ),
        (
            Phase::Head,
            timeout(Deadline::Response),
            StackFault::Unknown,
            "SlowServer Likely, NotHttp Possible",
        ),
        (Phase::Connect, ErrorKind::Connect(()), StackFault::Unreachable, "Firewall Possible"),
    ] {
        let found = decided(phase, kind, over_loopback(fault));
        assert_eq!(found, expected, "{phase} {fault:?}");
    }
    // A chip with a gateway in its own subnet is in the right one; without a netmask nobody knows.
    let link = |netmask: Option<Ipv4Addr>| {
        let mut config = IpConfig::new(Ipv4Addr::new(192, 168, 1, 57).into());
        (config.gateway, config.netmask) = (Some(Ipv4Addr::new(192, 168, 1, 1)), netmask);
        known(|it| {
            (it.fault, it.link) = (StackFault::Unreachable, Some(LinkStatus::Up(config)));
            (it.remote, it.phase_ms, it.limit_ms) = (Some(([10, 9, 8, 7], 80).into()), 20, 5000);
        })
    };
    for (netmask, lists) in [(Some(Ipv4Addr::new(255, 255, 255, 0)), false), (None, true)] {
        let found = decided(Phase::Connect, ErrorKind::Connect(()), link(netmask));
        assert_eq!(found.contains("WrongSubnet"), lists, "{netmask:?}: {found}");
    }
}
