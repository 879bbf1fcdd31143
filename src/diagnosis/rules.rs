//! The rules that decide: a table, read from its top. The first row that fits names the causes.

use super::{Cause, Confidence, Suspect};
use Cause::*;
use Confidence::{Certain, Likely, Possible};
use heapless::Vec;
use nal_link::{StackFault, TlsFault};

/// What was seen of the failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symptom {
    /// Before anything was sent.
    MistakeOfCaller,
    SchemeUnfit,
    SchemeInHostOfLocalhost,
    PlainOnTlsPort,
    TargetIsNoHost,
    TargetIsOwn,
    /// The link.
    JoinRefused,
    JoinTimedOut,
    Offline,
    OfflineUnexplained,
    GatewayOutsideSubnet,
    NameWithoutDnsServer,
    /// The name.
    NameRefused,
    NameTimedOut,
    NameIsNoHost,
    /// The connection.
    NoSocket,
    ConnectFailed,
    ConnectTimedOut,
    /// The exchange.
    Broken,
    ClosedUnanswered,
    ResponseTimedOut,
    Stalled,
    /// Nearly all of the announced body had come.
    StalledAtEnd,
    /// Nothing tells the end of the body but the connection's.
    StalledWithoutEnd,
    TookTooLong,
    /// The answer.
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
    AnswerMalformed,
}

/// What reads of no bytes say of the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum EmptyReads {
    /// Few, or as the stack was declared.
    #[default]
    Fit,
    /// Many, on a stack that wasn't tried.
    Many,
    /// Many, on a stack that has `WouldBlock` for nothing yet.
    Misread,
    /// The first one ended the stream, as declared, on a stack that wasn't tried.
    EndedAtOnce,
}

/// Whether somebody answered a ping, or what takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Reach {
    #[default]
    NotAsked,
    Answers,
    Silent,
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
    /// It runs on a PC, which has no modem behind a serial line, and no event handlers.
    pub(super) on_pc: bool,
    /// The target is the machine itself.
    pub(super) own_machine: bool,
    pub(super) empty_reads: EmptyReads,
    pub(super) gateway: Reach,
    pub(super) host: Reach,
    /// Whether the port takes a plain connection, where the one with TLS failed.
    pub(super) port: Reach,
}

struct Rule {
    /// Any of these; all, where there is none.
    symptoms: &'static [Symptom],
    given: fn(&Facts) -> bool,
    causes: &'static [Suspect],
}

const fn rule(
    symptoms: &'static [Symptom],
    given: fn(&Facts) -> bool,
    causes: &'static [Suspect],
) -> Rule {
    Rule { symptoms, given, causes }
}

const fn is(cause: Cause, confidence: Confidence) -> Suspect {
    Suspect { cause, confidence }
}

use Symptom::*;

const ALWAYS: fn(&Facts) -> bool = |_| true;
const ANY: &[Symptom] = &[];
/// Nobody answered, as far as the stack tells.
const NO_CONNECTION: &[Symptom] = &[ConnectFailed, ConnectTimedOut];

#[rustfmt::skip]
const RULES: &[Rule] = &[
    // The request itself. What was checked is certain.
    rule(&[MistakeOfCaller],         ALWAYS, &[is(InvalidRequest, Certain)]),
    rule(&[SchemeUnfit],             ALWAYS, &[is(Scheme, Certain)]),
    rule(&[SchemeInHostOfLocalhost], ALWAYS, &[is(Scheme, Certain), is(NoHostTarget, Certain)]),
    rule(&[PlainOnTlsPort],          ALWAYS, &[is(Scheme, Likely)]),
    rule(&[TargetIsNoHost],          ALWAYS, &[is(NoHostTarget, Certain)]),
    rule(&[TargetIsOwn],             ALWAYS, &[is(OwnAddress, Certain)]),

    // What the stack knows for sure, in whichever phase.
    rule(ANY, |f| f.fault == StackFault::ModemReset,    &[is(ModemReset, Certain)]),
    rule(ANY, |f| f.fault == StackFault::UnfitFirmware, &[is(Firmware, Certain)]),
    rule(ANY, |f| f.fault == StackFault::ModemSilent,   &[is(ModemUnresponsive, Certain)]),
    rule(ANY, |f| f.fault == StackFault::ModemHung,     &[is(ModemUnresponsive, Certain)]),
    rule(ANY, |f| f.fault == StackFault::Busy,          &[is(ModemUnresponsive, Likely)]),
    rule(ANY, |f| f.fault == StackFault::SerialGarbled, &[is(SerialLine, Likely)]),
    rule(ANY, |f| f.fault == StackFault::InEventHandler, &[is(EventHandler, Certain)]),
    rule(ANY, |f| f.fault == StackFault::NoAddress,     &[is(NoAddress, Certain)]),
    rule(ANY, |f| f.fault == StackFault::OutOfMemory,   &[is(ModemMemory, Likely), is(OutOfSockets, Possible)]),
    rule(ANY, |f| f.fault == StackFault::NoSocket,      &[is(OutOfSockets, Certain)]),

    // What the handshake itself has shown.
    rule(ANY, |f| f.fault == StackFault::Tls(TlsFault::ClockNotSet),      &[is(ClockNotSet, Certain)]),
    rule(ANY, |f| f.fault == StackFault::Tls(TlsFault::UnknownAuthority), &[is(UnknownAuthority, Certain), is(CaptivePortal, Possible)]),
    rule(ANY, |f| f.fault == StackFault::Tls(TlsFault::WrongHost),        &[is(WrongHost, Certain), is(CaptivePortal, Possible)]),
    rule(ANY, |f| f.fault == StackFault::Tls(TlsFault::Expired),          &[is(NotValidNow, Certain)]),
    rule(ANY, |f| f.fault == StackFault::Tls(TlsFault::NotYetValid),      &[is(NotValidNow, Certain), is(ClockNotSet, Possible)]),
    rule(ANY, |f| matches!(f.fault, StackFault::Tls(TlsFault::NotForServers | TlsFault::Refused | TlsFault::WrongKey)),
        &[is(CertificateRefused, Certain)]),
    rule(ANY, |f| f.fault == StackFault::Tls(TlsFault::OldVersion),       &[is(OldTls, Certain)]),
    // As a rule it is the server who says so, without a reason.
    rule(ANY, |f| f.fault == StackFault::Tls(TlsFault::NothingInCommon),  &[is(NothingInCommon, Likely), is(OldTls, Possible)]),
    rule(ANY, |f| f.fault == StackFault::Tls(TlsFault::RecordTooLarge),   &[is(RecordTooLarge, Certain)]),
    rule(ANY, |f| f.fault == StackFault::Tls(TlsFault::NotTls),           &[is(TlsMismatch, Certain)]),

    // The link.
    rule(&[JoinRefused],             ALWAYS, &[is(JoinFailed, Certain)]),
    rule(&[JoinTimedOut],            ALWAYS, &[is(JoinFailed, Likely), is(NoAddress, Possible)]),
    rule(&[Offline],                 ALWAYS, &[is(NoAddress, Certain)]),
    // There is none, and nobody says why.
    rule(&[OfflineUnexplained],      ALWAYS, &[is(NoAddress, Certain), is(JoinFailed, Possible), is(ModemUnresponsive, Possible)]),
    rule(&[GatewayOutsideSubnet],    ALWAYS, &[is(WrongSubnet, Certain)]),
    rule(&[NameWithoutDnsServer],    ALWAYS, &[is(NoDnsServer, Certain)]),

    // The stack has none to give.
    rule(&[NoSocket], ALWAYS,                           &[is(OutOfSockets, Likely)]),

    // The name.
    rule(&[NameIsNoHost], ALWAYS,
        &[is(NameNotResolved, Certain), is(CaptivePortal, Possible)]),
    rule(&[NameRefused], |f| f.fault == StackFault::NoResolver,
        &[is(NoDnsServer, Certain)]),
    rule(&[NameRefused, NameTimedOut], |f| f.link_lost,
        &[is(NoAddress, Likely), is(NameNotResolved, Possible)]),
    // Somebody said so, who may be the stack itself.
    rule(&[NameRefused], |f| f.at_once && f.gateway == Reach::Silent,
        &[is(NameNotResolved, Likely), is(GatewaySilent, Possible), is(NoDnsServer, Possible)]),
    rule(&[NameRefused], |f| f.at_once,
        &[is(NameNotResolved, Likely), is(NoDnsServer, Possible)]),
    // Nobody said anything.
    rule(&[NameRefused, NameTimedOut], |f| f.gateway == Reach::Silent,
        &[is(GatewaySilent, Likely), is(WrongSubnet, Possible), is(NameNotResolved, Possible)]),
    rule(&[NameRefused, NameTimedOut], ALWAYS,
        &[is(NameNotResolved, Likely), is(NoDnsServer, Possible), is(GatewaySilent, Possible)]),

    // The link went while something else was under way.
    rule(&[ConnectFailed, ConnectTimedOut, Broken, ClosedUnanswered, ResponseTimedOut, Stalled, StalledAtEnd, StalledWithoutEnd, TookTooLong],
        |f| f.link_lost,
        &[is(NoAddress, Likely), is(ConnectionLost, Possible)]),

    // The connection. A reset says that a host is there, and not who sent it.
    rule(&[ConnectFailed], |f| f.fault == StackFault::NotDialled,
        &[is(OutOfSockets, Likely), is(NoAddress, Possible), is(ModemUnresponsive, Possible)]),
    rule(&[ConnectFailed], |f| f.own_machine && matches!(f.fault, StackFault::Refused | StackFault::Reset),
        &[is(NothingListens, Likely)]),
    rule(&[ConnectTimedOut], |f| f.own_machine,
        &[is(SlowServer, Likely), is(Firewall, Possible)]),
    rule(&[ConnectFailed], |f| matches!(f.fault, StackFault::Refused | StackFault::Reset),
        &[is(NothingListens, Likely), is(ServerOnLoopback, Possible), is(Firewall, Possible)]),
    // In far less time than the stack's own, with no reset: it didn't wait.
    rule(&[ConnectFailed], |f| f.at_once && f.fault == StackFault::TimedOut,
        &[is(EventHandler, Likely), is(HostDown, Possible)]),
    // Where TLS is at home the server speaks it.
    rule(NO_CONNECTION, |f| f.secure && f.port == Reach::Answers && f.tls_port,
        &[is(Certificate, Likely), is(TlsMismatch, Possible), is(ModemMemory, Possible)]),
    rule(NO_CONNECTION, |f| f.secure && f.port == Reach::Answers,
        &[is(TlsMismatch, Likely), is(Certificate, Possible), is(ModemMemory, Possible)]),
    // A modem that can't tell: at once, and the host is there.
    rule(&[ConnectFailed], |f| f.at_once && f.port == Reach::NotAsked && f.fault == StackFault::TlsFailed,
        &[is(TlsMismatch, Possible), is(Certificate, Possible), is(NothingListens, Possible), is(ModemMemory, Possible)]),
    rule(&[ConnectFailed], |f| f.at_once && matches!(f.fault, StackFault::Indistinct | StackFault::TlsFailed),
        &[is(NothingListens, Likely), is(ServerOnLoopback, Possible), is(Firewall, Possible)]),
    rule(&[ConnectFailed], |f| f.at_once && f.fault == StackFault::Unknown,
        &[is(NothingListens, Possible), is(ServerOnLoopback, Possible), is(Firewall, Possible), is(EventHandler, Possible)]),
    // Slow: who answers pings?
    rule(NO_CONNECTION, |f| f.host == Reach::Answers,
        &[is(Firewall, Likely), is(NothingListens, Possible)]),
    // The check of it was switched off.
    rule(NO_CONNECTION, |f| f.misrouted,
        &[is(WrongSubnet, Likely), is(HostDown, Possible), is(Firewall, Possible)]),
    // Whoever misses a host needs time for that; a stack without a route to it doesn't.
    rule(&[ConnectFailed], |f| f.at_once && f.fault == StackFault::Unreachable,
        &[is(WrongSubnet, Possible), is(Firewall, Possible), is(HostDown, Possible)]),
    rule(NO_CONNECTION, |f| f.gateway == Reach::Silent,
        &[is(GatewaySilent, Likely), is(WrongSubnet, Possible), is(HostDown, Possible)]),
    rule(&[ConnectTimedOut], |f| f.fault == StackFault::HidesRefusal,
        &[is(HostDown, Possible), is(NothingListens, Possible), is(Firewall, Possible), is(ClientIsolation, Possible)]),
    rule(NO_CONNECTION, |f| f.near,
        &[is(HostDown, Likely), is(ClientIsolation, Possible), is(Firewall, Possible)]),
    rule(NO_CONNECTION, |f| f.gateway == Reach::Answers,
        &[is(HostDown, Likely), is(Firewall, Possible)]),
    rule(NO_CONNECTION, ALWAYS,
        &[is(HostDown, Likely), is(Firewall, Possible), is(GatewaySilent, Possible)]),

    // What the stack does isn't what was declared.
    rule(&[StalledWithoutEnd], |f| matches!(f.empty_reads, EmptyReads::Misread | EmptyReads::Many),
        &[is(StackQuirks, Likely), is(BodyWithoutEnd, Possible)]),
    rule(&[ResponseTimedOut, Stalled, StalledAtEnd, TookTooLong], |f| f.empty_reads == EmptyReads::Misread,
        &[is(StackQuirks, Likely), is(SlowServer, Possible)]),
    rule(&[ResponseTimedOut, Stalled, StalledAtEnd, TookTooLong], |f| f.empty_reads == EmptyReads::Many,
        &[is(SlowServer, Likely), is(StackQuirks, Possible), is(NotHttp, Possible)]),
    rule(&[ClosedUnanswered], |f| f.empty_reads == EmptyReads::EndedAtOnce && !f.reused,
        &[is(ConnectionLost, Likely), is(StackQuirks, Possible), is(TlsMismatch, Possible), is(NotHttp, Possible)]),

    // The exchange.
    rule(&[Broken, ClosedUnanswered], |f| f.reused && f.unanswered,
        &[is(StaleConnection, Likely), is(ConnectionLost, Possible)]),
    // A server of TLS resets, or hangs up, when it is asked in the clear.
    rule(&[ClosedUnanswered, Broken], |f| f.unanswered,
        &[is(ConnectionLost, Likely), is(TlsMismatch, Possible), is(NotHttp, Possible)]),
    // No more than an interim response, or a part of the final one.
    rule(&[Broken, ClosedUnanswered], ALWAYS,
        &[is(ConnectionLost, Likely)]),
    rule(&[ResponseTimedOut, Stalled], |f| f.fault == StackFault::RadioSleeps,
        &[is(SlowServer, Likely), is(ModemSleep, Possible), is(NotHttp, Possible)]),
    rule(&[ResponseTimedOut], ALWAYS,
        &[is(SlowServer, Likely), is(NotHttp, Possible), is(ModemSleep, Possible)]),
    rule(&[StalledWithoutEnd], ALWAYS,
        &[is(BodyWithoutEnd, Likely), is(SlowServer, Possible), is(ConnectionLost, Possible)]),
    rule(&[StalledAtEnd], ALWAYS,
        &[is(BodyTooShort, Likely), is(SlowServer, Possible), is(ConnectionLost, Possible), is(SerialLine, Possible)]),
    rule(&[Stalled], |f| f.announced,
        &[is(SlowServer, Likely), is(ConnectionLost, Possible), is(BodyTooShort, Possible), is(ModemSleep, Possible)]),
    rule(&[Stalled], ALWAYS,
        &[is(SlowServer, Likely), is(ConnectionLost, Possible), is(ModemSleep, Possible)]),
    rule(&[TookTooLong], ALWAYS,
        &[is(SlowServer, Likely), is(ModemSleep, Possible)]),

    // The answer. What stands in it is certain, unless a modem's serial line has changed it.
    rule(&[AnswerIsTls],       ALWAYS, &[is(TlsMismatch, Certain)]),
    rule(&[AnswerAsksForTls],  ALWAYS, &[is(TlsMismatch, Certain)]),
    rule(&[AnswerIsIcy],       ALWAYS, &[is(NearlyHttp, Certain)]),
    rule(&[AnswerIsNearlyHttp], ALWAYS, &[is(NearlyHttp, Likely), is(SerialLine, Possible)]),
    rule(&[AnswerIsLeftOvers], ALWAYS,
        &[is(LeftOvers, Likely), is(NotHttp, Possible), is(SerialLine, Possible)]),
    rule(&[AnswerIsNotHttp],   ALWAYS, &[is(NotHttp, Likely), is(SerialLine, Possible)]),
    rule(&[AnswerIsPortals],   ALWAYS, &[is(CaptivePortal, Likely)]),
    rule(&[AnswerLeadsToPortal],  ALWAYS, &[is(CaptivePortal, Likely), is(Redirected, Possible)]),
    rule(&[AnswerLeadsToLogin],   ALWAYS, &[is(Redirected, Certain), is(CaptivePortal, Possible)]),
    rule(&[AnswerLeadsElsewhere], ALWAYS, &[is(Redirected, Certain)]),
    rule(&[AnswerRefuses],     ALWAYS, &[is(RefusedByStatus, Certain)]),
    rule(&[AnswerTooLarge],    ALWAYS, &[is(BufferTooSmall, Certain)]),
    rule(&[AnswerCompressed],  ALWAYS, &[is(Compressed, Certain)]),
    // A length that counts characters where bytes count is a little off, as a rule.
    rule(&[AnswerCutAtEnd],    ALWAYS,
        &[is(BodyTooShort, Likely), is(BadResponse, Possible), is(ConnectionLost, Possible), is(SerialLine, Possible)]),
    // It is short or invalid as it came; who made it so isn't seen.
    rule(&[AnswerCut],         ALWAYS,
        &[is(BadResponse, Likely), is(ConnectionLost, Possible), is(SerialLine, Possible)]),
    rule(&[AnswerMalformed],   |f| f.reused,
        &[is(BadResponse, Likely), is(LeftOvers, Possible), is(SerialLine, Possible)]),
    rule(&[AnswerMalformed],   |f| f.on_pc, &[is(BadResponse, Certain)]),
    rule(&[AnswerMalformed],   ALWAYS, &[is(BadResponse, Likely), is(SerialLine, Possible)]),
];

const NO_RULE: &[Suspect] = &[is(Unexplained, Possible)];

/// As many as a row has at most.
pub(super) const MOST: usize = 4;

type RuledOut = (&'static [Cause], fn(&Facts) -> bool);

/// What was looked at and found right is no cause, and neither is what can't be there. Of what the stack
/// says itself it is the other way round.
#[rustfmt::skip]
const RULED_OUT: &[RuledOut] = &[
    (&[NoDnsServer],      |f| f.has_dns),
    (&[NoAddress],        |f| f.is_up),
    (&[WrongSubnet],      |f| f.routed || f.own_machine),
    (&[GatewaySilent],    |f| f.gateway == Reach::Answers || f.own_machine),
    (&[HostDown, ClientIsolation], |f| f.host == Reach::Answers || f.own_machine),
    (&[ServerOnLoopback], |f| f.own_machine),
    // With TLS the connection came about.
    (&[TlsMismatch],      |f| f.secure && matches!(f.symptom, Broken | ClosedUnanswered)),
    (&[ModemUnresponsive], |f| f.on_pc && f.fault != StackFault::Busy),
    (&[ModemSleep],       |f| f.on_pc && f.fault != StackFault::RadioSleeps),
    (&[EventHandler, JoinFailed, ModemMemory, ModemReset, SerialLine, Firmware], |f| f.on_pc),
];

fn is_ruled_out(cause: Cause, facts: &Facts) -> bool {
    RULED_OUT.iter().any(|(causes, given)| causes.contains(&cause) && given(facts))
}

/// The causes, the likeliest first. What was seen itself is never ruled out.
pub(super) fn decide(facts: &Facts) -> Vec<Suspect, MOST> {
    let all = RULES
        .iter()
        .find(|rule| {
            (rule.symptoms.is_empty() || rule.symptoms.contains(&facts.symptom))
                && (rule.given)(facts)
        })
        .map_or(NO_RULE, |rule| rule.causes);
    let left =
        |suspect: &&Suspect| suspect.confidence == Certain || !is_ruled_out(suspect.cause, facts);
    let suspects: Vec<_, MOST> = all.iter().filter(left).take(MOST).copied().collect();
    if suspects.is_empty() { NO_RULE.iter().copied().collect() } else { suspects }
}
