//! What an error says, and the figures that stay with the client.

use crate::common::script::{Connection, ScriptStack, Step};
use crate::common::{TestClock, cx};
use crate::support::{FAULT, HELLO, URL, answers_twice, get, scripted};
use safe_http_client::{
    CloseReason, Config, Deadline, Error, ErrorKind, Evidence, Phase, RequestError, SafeHttpClient,
    StackFault, StackQuirks, StackStatus, TargetClass, TlsFault, Verification,
};

type AnyError = Error<(), ()>;

#[test]
fn a_deadline_says_whether_the_name_or_the_host_was_silent() {
    for (deadline, phase, code, has, lacks) in [
        (
            Deadline::Resolve,
            Phase::Resolve,
            "resolve_timeout",
            "resolve: the host's name didn't resolve within 5000 ms",
            "firewall",
        ),
        (
            Deadline::Connect,
            Phase::Connect,
            "connect_timeout",
            "connect: no answer within the connect deadline of 5000 ms",
            "DNS",
        ),
    ] {
        let error = AnyError::new(phase, ErrorKind::Timeout { deadline, limit_ms: 5000 });
        let text = error.to_string();
        assert_eq!(error.code(), code);
        assert!(text.starts_with(has) && !text.contains(lacks), "{text}");
    }
}

/// Each says what to do instead.
#[test]
fn a_misused_call_says_how_calls_are_used() {
    for (kind, code, says) in [
        (
            RequestError::Displaced,
            "displaced",
            "this call lost its connection to a later one, or was polled with another client: a \
             client has one call at a time, which is polled with the client that started it",
        ),
        (RequestError::CallOver, "call_over", "this call has ended or failed: start a new request"),
        (RequestError::SecondBody, "second_body", "the body was given twice: a request has one"),
        (
            RequestError::BodyNotAllowed,
            "body_not_allowed",
            "a HEAD or TRACE request has no body: use POST, PUT or PATCH",
        ),
    ] {
        let error = AnyError::new(Phase::Send, ErrorKind::Request(kind));
        assert_eq!((error.code(), error.to_string()), (code, format!("send: {says}")));
    }
}

/// An error can be looked into only once its response is dropped: what its rest comes to then is nobody's error.
#[test]
fn a_rest_that_nobody_wants_changes_no_figures() {
    let mut cx = cx();
    for end in [Step::PipeClosed, Step::Fail, Step::Zero] {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n";
        let steps = [Step::AwaitRequest, Step::Data(head.into()), Step::Data(b"part".into()), end];
        let (mut client, _) =
            scripted(&TestClock::ticking(1), Config::new(), [Connection::new(steps)]);
        let mut online = client.online(&mut cx).unwrap();
        let mut response = online.get(URL, [0; 256]).send().unwrap();
        let error = response.read_to_end().unwrap_err();
        assert_eq!(error.code(), "buffer_too_small");
        drop(response);
        let evidence = client.evidence();
        assert_eq!(evidence.received as usize, head.len());
        assert_eq!(evidence.body.map(|body| body.received), Some(0));
        assert!(evidence.elapsed_ms >= evidence.phase_ms, "{evidence:?}");
        assert_eq!(client.close_reason(), Some(CloseReason::ResponseNotRead));
    }
}

/// Figures of another call would send a reader the wrong way.
#[test]
fn the_figures_are_those_of_the_last_call_that_failed() {
    let mut cx = cx();
    let clock = TestClock::ticking(1);
    let connections = [
        Connection::new([Step::AwaitRequest, Step::Data(b"HTTP/1.1 2".to_vec()), Step::Zero]),
        Connection::answer(HELLO),
    ];
    let (mut client, log) = scripted(&clock, Config::new(), connections);
    assert_eq!(client.evidence(), Evidence::default(), "none has failed");

    assert_eq!(get(&mut client, &mut cx, URL).unwrap_err().code(), "truncated");
    let evidence = client.evidence();
    assert_eq!(evidence.sent as usize, log.borrow().sent(0).len());
    assert_eq!((evidence.received, evidence.reused), (10, false));
    assert_eq!(evidence.remote, Some(([192, 168, 1, 20], 80).into()));
    assert!(evidence.elapsed_ms >= evidence.phase_ms && evidence.phase_ms > 0);
    assert!(evidence.link.is_some());

    // A call that succeeds leaves them; its own are its own.
    let mut online = client.online(&mut cx).unwrap();
    let response = online.get(URL, [0; 256]).send().unwrap();
    assert_eq!(response.evidence().received as usize, HELLO.len());
    drop(response);
    assert_eq!(client.evidence(), evidence);

    // Nor has one of a layer that finds room for its request, and none to keep a copy.
    let mut online = client.online(&mut cx).unwrap();
    let error = online.get(URL, [0; 160]).follow(2).send().unwrap_err();
    let error = error.request_error().unwrap();
    assert!(
        matches!(error.kind, ErrorKind::Buffer { needed: 161.., available: 160, .. }),
        "{error:?}"
    );
    assert_eq!(client.evidence(), Evidence::default());
    assert_eq!(client.diagnosis(error).evidence(), Evidence::default());

    // One that is refused before it is a call has none.
    let error = get(&mut client, &mut cx, "http://localhost/").unwrap_err();
    let loopback = RequestError::Target(TargetClass::Loopback);
    assert_eq!(error.kind, ErrorKind::Request(loopback));
    assert_eq!(client.evidence(), Evidence::default());
    assert_eq!(client.diagnosis(&error).evidence(), Evidence::default());
}

/// What a stack says that verifies servers so far.
fn verifying<'s>(verification: Verification) -> StackStatus<'s> {
    let mut status = StackStatus::default();
    status.verification = verification;
    status
}

type Says = for<'s> fn(&'s ScriptStack) -> StackStatus<'s>;

const NOTHING: Says = |_| verifying(Verification::NotVerified);

/// That a server wasn't verified is said of each call that has sent it something, and of no other.
#[test]
fn whom_a_request_was_sent_to_unverified_is_evidence() {
    let cut =
        || Connection::new([Step::AwaitRequest, Step::Data(b"HTTP/1.1 2".to_vec()), Step::Zero]);
    let (secure, plain) = ("https://192.168.1.20/", URL);
    let mut cx = cx();
    let cases: [(&str, Says, Connection, Verification); 8] = [
        (secure, NOTHING, cut(), Verification::NotVerified),
        (
            secure,
            |_| verifying(Verification::NameNotVerified),
            cut(),
            Verification::NameNotVerified,
        ),
        (
            secure,
            |_| verifying(Verification::DatesNotVerified),
            cut(),
            Verification::DatesNotVerified,
        ),
        (secure, |_| verifying(Verification::Verified), cut(), Verification::Verified),
        (secure, |_| StackStatus::default(), cut(), Verification::Unknown),
        (plain, NOTHING, cut(), Verification::Unknown),
        // Nothing was sent to these.
        (secure, NOTHING, Connection { refused: true, ..cut() }, Verification::Unknown),
        (secure, NOTHING, Connection { send_fails_at: 0, ..cut() }, Verification::Unknown),
    ];
    for (row, (url, says, connection, expected)) in cases.into_iter().enumerate() {
        let network = ScriptStack::new([connection]).attached(StackQuirks::STD);
        let network = network.with_tls(|_, _, _| Ok(())).with_status(says);
        let mut client = SafeHttpClient::new(network, TestClock::ticking(1));
        let error = get(&mut client, &mut cx, url).unwrap_err();
        assert_eq!(client.evidence().verification, expected, "row {row}");
        let text = client.diagnosis(&error).to_string();
        let line = text.lines().find_map(|line| line.strip_prefix("TLS:   "));
        assert_eq!(line, expected.warning(), "{text}");
    }
}

/// Of a response as well, over a new connection, a kept one, and after it was closed; and of none of the plain
/// requests before and behind it.
#[test]
fn whom_a_response_came_from_unverified_is_evidence() {
    let mut cx = cx();
    let connections = [Connection::answer(HELLO), answers_twice(), Connection::answer(HELLO)];
    let network = ScriptStack::new(connections).attached(StackQuirks::STD);
    let network = network.with_tls(|_, _, _| Ok(())).with_status(NOTHING);
    let mut client = SafeHttpClient::new(network, TestClock::ticking(1));
    for (url, closes, expected) in [
        (URL, false, Verification::Unknown),
        ("https://192.168.1.20/", false, Verification::NotVerified),
        ("https://192.168.1.20/", true, Verification::NotVerified),
        (URL, true, Verification::Unknown),
    ] {
        let mut online = client.online(&mut cx).unwrap();
        let mut request = online.get(url, [0; 512]);
        if closes {
            request = request.connection_close();
        }
        let mut response = request.send().unwrap();
        assert_eq!(response.evidence().verification, expected, "{url}");
        response.read_to_end().unwrap();
        assert_eq!(response.evidence().verification, expected, "{url}, read");
        drop(response);
        assert_eq!(client.is_connected(), !closes);
    }
    assert_eq!(client.close_reason(), Some(CloseReason::CallerAsked));
}

/// What TLS refuses isn't looked for at the port: who reads the error alone is told where to look.
#[test]
fn what_tls_refuses_is_no_port_that_is_closed() {
    let mut cx = cx();
    for (says, code, words) in [
        (StackFault::Tls(TlsFault::WrongHost), "handshake_failed", "certificate, who is trusted"),
        (StackFault::Tls(TlsFault::BrokenOff), "handshake_failed", "certificate, who is trusted"),
        // A modem that can't tell why: there may have been no connection.
        (StackFault::TlsFailed, "connect_failed", "check address, port and firewall"),
        (StackFault::Refused, "connect_failed", "check address, port and firewall"),
    ] {
        FAULT.set(says);
        let refused = Connection { refused: true, ..Connection::new([]) };
        let network = ScriptStack::new([refused]).attached(StackQuirks::STD);
        let network = network.with_tls(|_, _, _| Ok(())).with_faults(|_| FAULT.get());
        let mut client = SafeHttpClient::new(network, TestClock::ticking(1));
        let error = get(&mut client, &mut cx, "https://192.168.1.20/").unwrap_err();
        assert_eq!((error.code(), error.phase), (code, Phase::Connect), "{says:?}");
        let text = error.to_string();
        assert!(text.contains(words), "{says:?}: {text}");
        assert_eq!(text.contains("port"), code == "connect_failed", "{says:?}: {text}");
    }
}
