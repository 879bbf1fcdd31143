//! The rules that decide: one `match`, read from its top. The first row that fits names the causes.

use super::{Cause, Confidence, Suspect};
use Cause::*;
use Confidence::{Certain, Likely, Possible};
use Symptom::*;
use heapless::Vec;
use nal_link::{StackFault, TlsFault};

/// What was seen of the failure: one of these, by what it was seen of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symptom {
    // The request, before anything was sent.
    MistakeOfCaller,
    SchemeUnfit,
    SchemeInHostOfLocalhost,
    PlainOnTlsPort,
    TargetIsNoHost,
    TargetIsOwn,
    // The link.
    JoinRefused,
    JoinTimedOut,
    Offline,
    OfflineUnexplained,
    GatewayOutsideSubnet,
    NameWithoutDnsServer,
    // The name.
    NameRefused,
    NameTimedOut,
    NameIsNoHost,
    // The connection.
    NoSocket,
    ConnectFailed,
    ConnectTimedOut,
    // The exchange.
    Broken,
    ClosedUnanswered,
    ResponseTimedOut,
    Stalled,
    /// Nearly all of the announced body had come.
    StalledAtEnd,
    /// Nothing tells the end of the body but the connection's.
    StalledWithoutEnd,
    TookTooLong,
    // The answer.
    AnswerIsTls,
    AnswerAsksForTls,
    AnswerIsNotHttp,
    AnswerIsIcy,
    AnswerIsNearlyHttp,
    AnswerIsLeftOvers,
    AnswerIsPortals,
    AnswerLeadsToPortal,
    AnswerLeadsToLogin,
    AnswerLeadsElsewhere,
    AnswerRefuses,
    AnswerTooLarge,
    AnswerCompressed,
    AnswerCut,
    /// Nearly all of the announced body had come.
    AnswerCutAtEnd,
    /// The connection was the body's end, on a stack of which it isn't known whether all of it came.
    AnswerUnended,
    AnswerMalformed,
}

/// What reads of no bytes say of the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum EmptyReads {
    /// Few, or as was declared of the stack.
    #[default]
    Fit,
    /// Many, on a stack that isn't known.
    Many,
    /// Many, on a stack that says "nothing yet" by `WouldBlock`.
    Misread,
    /// The first one ended the stream, as was declared of a stack that isn't known.
    EndedAtOnce,
}

/// Whether somebody answered a ping, or the connection that was tried in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Reach {
    #[default]
    NotAsked,
    Answers,
    Silent,
    /// Nobody answered at a port that may be closed to all.
    Unheard,
}

/// All that a rule may look at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    pub(super) symptom: Symptom,
    pub(super) fault: StackFault,
    /// The failure came at once: in less than a second, and a quarter of its deadline.
    pub(super) at_once: bool,
    pub(super) reused: bool,
    /// Not a byte of the response came.
    pub(super) unanswered: bool,
    /// The body's length was announced.
    pub(super) announced: bool,
    pub(super) secure: bool,
    /// The port is 443.
    pub(super) tls_port: bool,
    /// The link had no address any more when the exchange failed.
    pub(super) link_lost: bool,
    /// The target is in the link's own subnet.
    pub(super) near: bool,
    /// The target is behind the gateway, which isn't in the link's own subnet.
    pub(super) misrouted: bool,
    /// The gateway is known, and in the link's own subnet.
    pub(super) routed: bool,
    /// The link has an address.
    pub(super) is_up: bool,
    /// A DNS server is set.
    pub(super) has_dns: bool,
    /// This runs on a PC: no modem behind a serial line, no event handlers.
    pub(super) on_pc: bool,
    /// The target is the machine itself.
    pub(super) own_machine: bool,
    pub(super) empty_reads: EmptyReads,
    pub(super) gateway: Reach,
    pub(super) host: Reach,
    /// Whether the port takes a plain connection, where the one with TLS failed.
    pub(super) port: Reach,
}

/// The causes that explain the facts, the likeliest first: those of the first row that fits.
#[rustfmt::skip]
fn suspects(f: &Facts) -> &'static [(Cause, Confidence)] {
    match (f.symptom, f.fault) {
        // The request itself. What was checked is certain.
        (MistakeOfCaller, _) => &[(InvalidRequest, Certain)],
        (SchemeUnfit, _) => &[(Scheme, Certain)],
        (SchemeInHostOfLocalhost, _) => &[(Scheme, Certain), (NoHostTarget, Certain)],
        (PlainOnTlsPort, _) => &[(Scheme, Likely)],
        (TargetIsNoHost, _) => &[(NoHostTarget, Certain)],
        (TargetIsOwn, _) => &[(OwnAddress, Certain)],

        // What the stack knows for sure, in whichever phase.
        (_, StackFault::ModemReset) => &[(ModemReset, Certain)],
        (_, StackFault::UnfitFirmware) => &[(Firmware, Certain)],
        (_, StackFault::ModemSilent) => &[(ModemUnresponsive, Certain)],
        (_, StackFault::ModemHung) => &[(ModemUnresponsive, Certain)],
        (_, StackFault::Busy) => &[(ModemUnresponsive, Likely)],
        (_, StackFault::SerialGarbled) => &[(SerialLine, Likely)],
        (_, StackFault::InEventHandler) => &[(EventHandler, Certain)],
        (_, StackFault::NoAddress) => &[(NoAddress, Certain)],
        (_, StackFault::OutOfMemory) => &[(ModemMemory, Likely), (OutOfSockets, Possible)],
        (_, StackFault::NoSocket) => &[(OutOfSockets, Certain)],

        // What the handshake itself has shown.
        (_, StackFault::Tls(TlsFault::NotStarted)) => &[(InvalidRequest, Certain)],
        (_, StackFault::Tls(TlsFault::ClockNotSet)) => &[(ClockNotSet, Certain)],
        (_, StackFault::Tls(TlsFault::UnknownAuthority)) =>
            &[(UnknownAuthority, Certain), (CaptivePortal, Possible)],
        (_, StackFault::Tls(TlsFault::WrongHost)) =>
            &[(WrongHost, Certain), (CaptivePortal, Possible)],
        (_, StackFault::Tls(TlsFault::Expired)) => &[(NotValidNow, Certain)],
        (_, StackFault::Tls(TlsFault::NotYetValid)) =>
            &[(NotValidNow, Certain), (ClockNotSet, Possible)],
        (_, StackFault::Tls(TlsFault::NotForServers | TlsFault::Refused | TlsFault::WrongKey)) =>
            &[(CertificateRefused, Certain)],
        (_, StackFault::Tls(TlsFault::OldVersion)) => &[(OldTls, Certain)],
        // As a rule it is the server that says so, without a reason.
        (_, StackFault::Tls(TlsFault::NothingInCommon)) =>
            &[(NothingInCommon, Likely), (OldTls, Possible)],
        (_, StackFault::Tls(TlsFault::RecordTooLarge)) => &[(RecordTooLarge, Certain)],
        (_, StackFault::Tls(TlsFault::NotTls)) => &[(TlsMismatch, Certain)],
        (_, StackFault::Tls(TlsFault::OtherProtocol)) => &[(NotHttp, Likely)],

        // The link.
        (JoinRefused, _) => &[(JoinFailed, Certain)],
        (JoinTimedOut, _) => &[(JoinFailed, Likely), (NoAddress, Possible)],
        (Offline, _) => &[(NoAddress, Certain)],
        // The link is down, and nobody says why.
        (OfflineUnexplained, _) => &[(NoAddress, Certain), (JoinFailed, Possible), (ModemUnresponsive, Possible)],
        (GatewayOutsideSubnet, _) => &[(WrongSubnet, Certain)],
        (NameWithoutDnsServer, _) => &[(NoDnsServer, Certain)],

        // The stack has no socket to give, and doesn't say why.
        (NoSocket, _) => &[(OutOfSockets, Likely)],

        // The name.
        (NameIsNoHost, _) => &[(NameNotResolved, Certain), (CaptivePortal, Possible)],
        (NameRefused, StackFault::NoResolver) => &[(NoDnsServer, Certain)],
        (NameRefused | NameTimedOut, _) if f.link_lost => &[(NoAddress, Likely), (NameNotResolved, Possible)],
        // A "no" at once comes from a resolver, or from the stack itself.
        (NameRefused, _) if f.at_once && f.gateway == Reach::Silent =>
            &[(NameNotResolved, Likely), (GatewaySilent, Possible), (NoDnsServer, Possible)],
        (NameRefused, _) if f.at_once => &[(NameNotResolved, Likely), (NoDnsServer, Possible)],
        // A late one may mean that nobody was reached.
        (NameRefused | NameTimedOut, _) if f.gateway == Reach::Silent =>
            &[(GatewaySilent, Likely), (WrongSubnet, Possible), (NameNotResolved, Possible)],
        (NameRefused | NameTimedOut, _) =>
            &[(NameNotResolved, Likely), (NoDnsServer, Possible), (GatewaySilent, Possible)],

        // The link went while something else was under way.
        (ConnectFailed | ConnectTimedOut | Broken | ClosedUnanswered | ResponseTimedOut | Stalled | StalledAtEnd
            | StalledWithoutEnd | TookTooLong, _) if f.link_lost =>
            &[(NoAddress, Likely), (ConnectionLost, Possible)],

        // The connection. After a reset it is known that somebody is there, and not who sent it.
        (ConnectFailed, StackFault::NotDialled) =>
            &[(OutOfSockets, Likely), (NoAddress, Possible), (ModemUnresponsive, Possible)],
        // It took the connection: nobody looks whether it is on.
        (_, StackFault::Tls(TlsFault::Unanswered)) =>
            &[(SlowServer, Likely), (TlsMismatch, Possible), (Firewall, Possible)],
        (_, StackFault::Tls(TlsFault::Unfinished)) =>
            &[(SlowServer, Likely), (ConnectionLost, Possible)],
        // It was there: who breaks off a handshake may know no TLS, or none of this client's kind.
        (ConnectFailed, StackFault::Tls(TlsFault::Aborted)) =>
            &[(ConnectionLost, Likely), (NothingInCommon, Possible)],
        (ConnectFailed, StackFault::Tls(TlsFault::BrokenOff)) =>
            &[(ConnectionLost, Likely), (TlsMismatch, Possible), (NothingInCommon, Possible), (OldTls, Possible)],
        (ConnectFailed, StackFault::Refused | StackFault::Reset) if f.own_machine =>
            &[(NothingListens, Likely)],
        (ConnectTimedOut, _) if f.own_machine => &[(SlowServer, Likely), (Firewall, Possible)],
        (ConnectFailed, StackFault::Refused | StackFault::Reset) =>
            &[(NothingListens, Likely), (ServerOnLoopback, Possible), (Firewall, Possible)],
        // "Timed out" long before the stack's own time is up: it didn't wait.
        (ConnectFailed, StackFault::TimedOut) if f.at_once =>
            &[(EventHandler, Likely), (HostDown, Possible)],
        // TLS failed, and the port is open without: on port 443 the server does speak it, as a rule.
        (ConnectFailed | ConnectTimedOut, _) if f.secure && f.port == Reach::Answers && f.tls_port =>
            &[(Certificate, Likely), (TlsMismatch, Possible), (ModemMemory, Possible)],
        (ConnectFailed | ConnectTimedOut, _) if f.secure && f.port == Reach::Answers =>
            &[(TlsMismatch, Likely), (Certificate, Possible), (ModemMemory, Possible)],
        // A modem that can't tell why. At once: the host is there.
        (ConnectFailed, StackFault::TlsFailed) if f.at_once && f.port == Reach::NotAsked =>
            &[(TlsMismatch, Possible), (Certificate, Possible), (NothingListens, Possible), (ModemMemory, Possible)],
        (ConnectFailed, StackFault::Indistinct | StackFault::TlsFailed) if f.at_once =>
            &[(NothingListens, Likely), (ServerOnLoopback, Possible), (Firewall, Possible)],
        (ConnectFailed, StackFault::Unknown) if f.at_once =>
            &[(NothingListens, Possible), (ServerOnLoopback, Possible), (Firewall, Possible), (EventHandler, Possible)],
        // A stack that dials again silently shows a refusal as silence.
        (ConnectTimedOut, StackFault::HidesRefusal) if f.host == Reach::Answers =>
            &[(NothingListens, Likely), (Firewall, Possible)],
        // Late. Who answers pings?
        (ConnectFailed | ConnectTimedOut, _) if f.host == Reach::Answers =>
            &[(Firewall, Likely), (NothingListens, Possible)],
        // The check for this was switched off.
        (ConnectFailed | ConnectTimedOut, _) if f.misrouted =>
            &[(WrongSubnet, Likely), (HostDown, Possible), (Firewall, Possible)],
        // To find a host missing takes time; to have no route to it doesn't.
        (ConnectFailed, StackFault::Unreachable) if f.at_once =>
            &[(WrongSubnet, Possible), (Firewall, Possible), (HostDown, Possible)],
        (ConnectFailed | ConnectTimedOut, _) if f.gateway == Reach::Silent =>
            &[(GatewaySilent, Likely), (WrongSubnet, Possible), (HostDown, Possible)],
        (ConnectFailed | ConnectTimedOut, _) if f.gateway == Reach::Unheard && !f.near =>
            &[(GatewaySilent, Possible), (HostDown, Possible), (WrongSubnet, Possible), (Firewall, Possible)],
        (ConnectTimedOut, StackFault::HidesRefusal) =>
            &[(HostDown, Possible), (NothingListens, Possible), (Firewall, Possible), (ClientIsolation, Possible)],
        (ConnectFailed | ConnectTimedOut, _) if f.near =>
            &[(HostDown, Likely), (ClientIsolation, Possible), (Firewall, Possible)],
        (ConnectFailed | ConnectTimedOut, _) if f.gateway == Reach::Answers =>
            &[(HostDown, Likely), (Firewall, Possible)],
        (ConnectFailed | ConnectTimedOut, _) =>
            &[(HostDown, Likely), (Firewall, Possible), (GatewaySilent, Possible)],

        // The stack doesn't do what was declared of it.
        (StalledWithoutEnd, _) if matches!(f.empty_reads, EmptyReads::Misread | EmptyReads::Many) =>
            &[(StackQuirks, Likely), (BodyWithoutEnd, Possible)],
        (ResponseTimedOut | Stalled | StalledAtEnd | TookTooLong, _) if f.empty_reads == EmptyReads::Misread =>
            &[(StackQuirks, Likely), (SlowServer, Possible)],
        (ResponseTimedOut | Stalled | StalledAtEnd | TookTooLong, _) if f.empty_reads == EmptyReads::Many =>
            &[(SlowServer, Likely), (StackQuirks, Possible), (NotHttp, Possible)],
        (ClosedUnanswered, _) if f.empty_reads == EmptyReads::EndedAtOnce && !f.reused =>
            &[(ConnectionLost, Likely), (StackQuirks, Possible), (TlsMismatch, Possible), (NotHttp, Possible)],

        // The exchange.
        (Broken | ClosedUnanswered, _) if f.reused && f.unanswered =>
            &[(StaleConnection, Likely), (ConnectionLost, Possible)],
        // A TLS server that is asked in the clear resets or hangs up, too.
        (ClosedUnanswered | Broken, _) if f.unanswered =>
            &[(ConnectionLost, Likely), (TlsMismatch, Possible), (NotHttp, Possible)],
        // Something had come: an interim response, or a part of the final one.
        (Broken | ClosedUnanswered, _) => &[(ConnectionLost, Likely)],
        (ResponseTimedOut | Stalled, StackFault::RadioSleeps) =>
            &[(SlowServer, Likely), (ModemSleep, Possible), (NotHttp, Possible)],
        (ResponseTimedOut, _) => &[(SlowServer, Likely), (NotHttp, Possible), (ModemSleep, Possible)],
        (StalledWithoutEnd, _) => &[(BodyWithoutEnd, Likely), (SlowServer, Possible), (ConnectionLost, Possible)],
        (StalledAtEnd, _) =>
            &[(BodyTooShort, Likely), (SlowServer, Possible), (ConnectionLost, Possible), (SerialLine, Possible)],
        (Stalled, _) if f.announced =>
            &[(SlowServer, Likely), (ConnectionLost, Possible), (BodyTooShort, Possible), (ModemSleep, Possible)],
        (Stalled, _) => &[(SlowServer, Likely), (ConnectionLost, Possible), (ModemSleep, Possible)],
        (TookTooLong, _) => &[(SlowServer, Likely), (ModemSleep, Possible)],

        // The answer. What it says is certain, unless a modem's serial line has changed it.
        (AnswerIsTls, _) => &[(TlsMismatch, Certain)],
        (AnswerAsksForTls, _) => &[(TlsMismatch, Certain)],
        (AnswerIsIcy, _) => &[(NearlyHttp, Certain)],
        (AnswerIsNearlyHttp, _) => &[(NearlyHttp, Likely), (SerialLine, Possible)],
        (AnswerIsLeftOvers, _) => &[(LeftOvers, Likely), (NotHttp, Possible), (SerialLine, Possible)],
        (AnswerIsNotHttp, _) => &[(NotHttp, Likely), (SerialLine, Possible)],
        (AnswerIsPortals, _) => &[(CaptivePortal, Likely)],
        (AnswerLeadsToPortal, _) => &[(CaptivePortal, Likely), (Redirected, Possible)],
        (AnswerLeadsToLogin, _) => &[(Redirected, Certain), (CaptivePortal, Possible)],
        (AnswerLeadsElsewhere, _) => &[(Redirected, Certain)],
        (AnswerRefuses, _) => &[(RefusedByStatus, Certain)],
        (AnswerTooLarge, _) => &[(BufferTooSmall, Certain)],
        (AnswerCompressed, _) => &[(Compressed, Certain)],
        // A length that was counted in characters instead of bytes is a little off, as a rule.
        (AnswerCutAtEnd, _) =>
            &[(BodyTooShort, Likely), (BadResponse, Possible), (ConnectionLost, Possible), (SerialLine, Possible)],
        // That it is short or invalid is seen; who made it so isn't.
        (AnswerCut, _) => &[(BadResponse, Likely), (ConnectionLost, Possible), (SerialLine, Possible)],
        (AnswerUnended, _) => &[(StackQuirks, Likely), (BadResponse, Possible), (ConnectionLost, Possible)],
        (AnswerMalformed, _) if f.reused => &[(BadResponse, Likely), (LeftOvers, Possible), (SerialLine, Possible)],
        (AnswerMalformed, _) if f.on_pc => &[(BadResponse, Certain)],
        (AnswerMalformed, _) => &[(BadResponse, Likely), (SerialLine, Possible)],
    }
}

/// The most suspects that a row has.
pub(super) const MOST: usize = 4;

/// What was looked at and found right isn't the cause, and neither is what can't be on this machine, unless
/// the stack itself says so.
fn is_ruled_out(cause: Cause, f: &Facts) -> bool {
    match cause {
        NoDnsServer => f.has_dns,
        NoAddress => f.is_up,
        WrongSubnet => f.routed || f.own_machine,
        GatewaySilent => f.gateway == Reach::Answers || f.own_machine,
        HostDown | ClientIsolation => f.host == Reach::Answers || f.own_machine,
        ServerOnLoopback => f.own_machine,
        // A connection with TLS had come about.
        TlsMismatch => {
            matches!(f.symptom, Broken | ClosedUnanswered)
                && (f.secure || matches!(f.fault, StackFault::Tls(_)))
        }
        // Something had come that may begin a response: an interim one, or a part of its head.
        NotHttp => {
            matches!(f.symptom, ResponseTimedOut | Stalled | StalledAtEnd | TookTooLong)
                && !f.unanswered
        }
        ModemUnresponsive => f.on_pc && f.fault != StackFault::Busy,
        ModemSleep => f.on_pc && f.fault != StackFault::RadioSleeps,
        EventHandler | JoinFailed | ModemMemory | ModemReset | SerialLine | Firmware => f.on_pc,
        _ => false,
    }
}

/// The causes, the likeliest first. What was seen itself is never ruled out.
pub(super) fn decide(facts: &Facts) -> Vec<Suspect, MOST> {
    let all = suspects(facts).iter().map(|&(cause, confidence)| Suspect { cause, confidence });
    let mut left: Vec<_, MOST> = all
        .filter(|it| it.confidence == Certain || !is_ruled_out(it.cause, facts))
        .take(MOST)
        .collect();
    if left.is_empty() {
        let unexplained = Suspect { cause: Unexplained, confidence: Possible };
        left.extend_from_slice(&[unexplained]).unwrap_or_default();
    }
    left
}
