//! Where an error says more than the cause that it is of, the diagnosis has words of its own.

use crate::common::tools::{plain, says};
use crate::written::known;
use safe_http_client::{
    BodyFraming, BodyProgress, Cause, Deadline, Diagnosis, Error, ErrorKind, Evidence, Phase,
    ProtocolError, RequestError, StackFault, TlsFault,
};

fn timeout(deadline: Deadline) -> ErrorKind<(), ()> {
    ErrorKind::Timeout { deadline, limit_ms: 2000 }
}

/// Of a host that is an address, with these bytes received.
fn to(received: u32) -> Evidence {
    known(|evidence| {
        evidence.remote = Some(([192, 168, 1, 20], 80).into());
        (evidence.limit_ms, evidence.phase_ms, evidence.received) = (5000, 2000, received);
    })
}

fn until_close() -> Evidence {
    let body = BodyProgress { framing: BodyFraming::UntilClose, received: 5 };
    let mut evidence = to(60);
    evidence.body = Some(body);
    evidence
}

fn in_handshake() -> Evidence {
    let mut evidence = to(0);
    evidence.fault = StackFault::Tls(TlsFault::OtherProtocol);
    evidence
}

#[test]
fn each_names_what_was_seen() {
    type Row = (
        Phase,
        ErrorKind<(), ()>,
        Evidence,
        Cause,
        &'static [&'static str],
        &'static [&'static str],
    );
    let cut = || ErrorKind::Truncated { received: 5, announced: None };
    let rows: [Row; 11] = [
        (
            Phase::Resolve,
            timeout(Deadline::Total),
            to(0),
            Cause::InvalidRequest,
            &["the request can't be sent as it is", "the error says what is wrong"],
            &["name", "DNS", "connection"],
        ),
        // A name was looked up.
        (
            Phase::Resolve,
            timeout(Deadline::Total),
            known(|evidence| evidence.limit_ms = 5000),
            Cause::NameNotResolved,
            &["the name doesn't resolve"],
            &["total_timeout"],
        ),
        (
            Phase::Send,
            timeout(Deadline::Idle),
            to(0),
            Cause::SlowServer,
            &["took longer than the deadline in the middle", "idle_timeout"],
            &["to answer", "response_timeout"],
        ),
        (
            Phase::Head,
            timeout(Deadline::Response),
            to(0),
            Cause::SlowServer,
            &["took longer than the deadline to answer", "response_timeout"],
            &["in the middle"],
        ),
        (
            Phase::Body,
            timeout(Deadline::Total),
            to(60),
            Cause::SlowServer,
            &["in the middle of the exchange", "total_timeout"],
            &["to answer", "response_timeout"],
        ),
        (
            Phase::Head,
            timeout(Deadline::Idle),
            to(9),
            Cause::SlowServer,
            &["in the middle of the exchange", "idle_timeout"],
            &["to answer"],
        ),
        (
            Phase::Body,
            ErrorKind::NotUtf8 { valid_up_to: 2 },
            to(60),
            Cause::BadResponse,
            &["none that this call takes", "read_to_end"],
            &["cut short", "the modem or the Wi-Fi"],
        ),
        (
            Phase::Head,
            ErrorKind::Protocol(ProtocolError::TransferCoding),
            to(60),
            Cause::BadResponse,
            &["none that this call takes", "allow_unknown_codings"],
            &["cut short", "the modem or the Wi-Fi"],
        ),
        (
            Phase::Body,
            cut(),
            until_close(),
            Cause::StackQuirks,
            &["this stack may lose data there", "Content-Length", "with_pipe_closed"],
            &["the modem or the Wi-Fi"],
        ),
        // Its chunks had no end: that isn't the stack's.
        (Phase::Body, cut(), to(60), Cause::BadResponse, &["cut short"], &["this stack"]),
        (
            Phase::Connect,
            ErrorKind::Handshake(()),
            in_handshake(),
            Cause::NotHttp,
            &["to 192.168.1.20:80 on a new connection, in the TLS handshake"],
            &["0 bytes sent"],
        ),
    ];
    for (phase, kind, evidence, cause, wanted, unwanted) in rows {
        let what = format!("{phase} {kind:?}");
        let diagnosis = Diagnosis::new(&Error::new(phase, kind), evidence);
        assert_eq!(diagnosis.cause(), cause, "{what}: {diagnosis}");
        let text = plain(&diagnosis);
        if cfg!(feature = "advice") {
            says(&what, &text, wanted, unwanted);
        }
    }
}

/// Who was never connected has no connection, new or kept, that it failed on.
#[test]
fn a_request_that_was_refused_was_on_no_connection() {
    for phase in [Phase::Url, Phase::Link, Phase::Resolve] {
        let kind: ErrorKind<(), ()> = ErrorKind::Request(RequestError::OwnAddress);
        let text = Diagnosis::new(&Error::new(phase, kind), to(0)).to_string();
        says("refused", &text, &["to 192.168.1.20:80"], &["connection", "sent"]);
    }
}
