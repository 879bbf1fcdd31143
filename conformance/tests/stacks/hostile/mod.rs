//! Stacks that pend, fail, lie and contradict one another, as far as embedded-nal's types let them:
//! scripted, so that each case is the same every time. Stands in for the stacks that no test can
//! run here (wincwifi, quectel-bg77) by their declared quirks.
//!
//! After each case: as many sockets closed as opened, the error names the right phase, and the next
//! request on the same client works.

mod stack;

use conformance::common::script::{Connection, ScriptError, Step};
use conformance::common::{TestClock, TestLink, cx};
use safe_http_client::{
    CloseReason, Config, LoopContext, NalNetwork, Phase, SafeHttpClient, StackQuirks,
};
use stack::{Conduct, Hostile};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

type Client<'a> = SafeHttpClient<NalNetwork<Hostile, TestLink>, &'a TestClock>;

/// Deadlines short enough to be reached by a clock on which each look takes a millisecond.
fn config() -> Config {
    Config::new()
        .connect_timeout(Duration::from_millis(60))
        .response_timeout(Duration::from_millis(40))
        .idle_timeout(Duration::from_millis(50))
}

fn client(clock: &TestClock, stack: Hostile, quirks: StackQuirks) -> Client<'_> {
    let network = NalNetwork::new(stack, TestLink::up(), quirks);
    SafeHttpClient::with_config(network, clock, config())
}

/// How a request ended: the body, or the error's code and phase.
type Outcome = Result<String, (&'static str, Phase)>;

fn fetch(cx: &mut LoopContext, client: &mut Client<'_>, url: &str, body: &[u8]) -> Outcome {
    let mut buffer = [0; 256];
    let mut online = client.online(cx).unwrap();
    let request = if body.is_empty() {
        online.get(url, &mut buffer)
    } else {
        online.put(url, &mut buffer).body(body)
    };
    let outcome = request.send().and_then(|mut response| response.read_to_str().map(str::to_owned));
    outcome.map_err(|error| {
        // The evidence belongs to the phase: nothing is received before something was sent.
        let evidence = client.evidence();
        assert!(evidence.received == 0 || evidence.sent > 0);
        (error.code(), error.phase)
    })
}

const URL: &str = "http://192.168.1.20/";

/// The client, after an exchange that ended in an error, is as good as new.
#[track_caller]
fn check_recovery(cx: &mut LoopContext, client: &mut Client<'_>, case: &str) {
    assert!(!client.is_connected(), "{case}");
    let stack = client.network_mut().stack_mut();
    {
        let log = stack.script.log.borrow();
        assert_eq!(log.opened, log.closed, "{case}: sockets opened and closed");
    }
    stack.conduct = Conduct::default();
    stack.script.no_sockets = false;
    stack.script.connections.clear();
    stack.script.connections.push_back(Connection::answer(HELLO));
    let next = fetch(cx, client, URL, b"");
    assert_eq!(next.as_deref(), Ok("hello"), "the request after: {case}");
}

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

struct Case {
    name: &'static str,
    quirks: StackQuirks,
    conduct: Conduct,
    connection: Connection,
    body: &'static [u8],
    expected: Outcome,
}

/// A GET that this connection answers well, on a stack that does as its script says.
fn case(name: &'static str, expected: Outcome) -> Case {
    Case {
        name,
        quirks: StackQuirks::UNKNOWN,
        conduct: Conduct::default(),
        connection: Connection::answer(HELLO),
        body: b"",
        expected,
    }
}

fn hello() -> Outcome {
    Ok("hello".into())
}

#[test]
fn connecting_sending_and_lying() {
    let mut cx = cx();
    let none = Conduct::default();
    let cases = [
        // connect
        Case {
            connection: Connection { connect_pends: 7, ..Connection::answer(HELLO) },
            ..case("connect pends for a while", hello())
        },
        Case {
            connection: Connection { connect_pends: usize::MAX, ..Connection::answer(HELLO) },
            ..case("connect pends for ever", Err(("connect_timeout", Phase::Connect)))
        },
        Case {
            connection: Connection { refused: true, ..Connection::answer(HELLO) },
            ..case("refused at once", Err(("connect_failed", Phase::Connect)))
        },
        Case {
            connection: Connection { refused: true, connect_pends: 7, ..Connection::answer(HELLO) },
            quirks: StackQuirks::WINCWIFI,
            ..case("refused later", Err(("connect_failed", Phase::Connect)))
        },
        Case {
            connection: Connection { refused: true, ..Connection::answer(HELLO) },
            conduct: Conduct { dials_again: true, ..none },
            quirks: StackQuirks::SMOLTCP_NAL,
            ..case("refused, and dialed again silently", Err(("connect_timeout", Phase::Connect)))
        },
        Case {
            connection: Connection { refused: true, ..Connection::answer(HELLO) },
            conduct: Conduct { reports_success: true, ..none },
            quirks: StackQuirks::W5500,
            ..case("refused, and reported as connected", Err(("connect_failed", Phase::Connect)))
        },
        // send
        Case {
            connection: Connection { send_limit: 1, ..Connection::answer(HELLO) },
            ..case("send takes a byte at a time", hello())
        },
        Case {
            connection: Connection { send_limit: 3, send_pends: 5, ..Connection::answer(HELLO) },
            ..case("send pends before each piece", hello())
        },
        Case {
            connection: Connection { send_limit: 3, send_pends: 5, ..Connection::answer(HELLO) },
            conduct: Conduct { full_is_zero: true, nothing_is_zero: true, ..none },
            quirks: StackQuirks::SMOLTCP_NAL,
            ..case("full and empty are Ok(0)", hello())
        },
        Case {
            connection: Connection { send_window: 10, ..Connection::answer(HELLO) },
            ..case("the window never opens", Err(("idle_timeout", Phase::Send)))
        },
        Case {
            connection: Connection { send_window: 0, ..Connection::answer(HELLO) },
            conduct: Conduct { full_is_zero: true, ..none },
            ..case("the window never opens, by Ok(0)", Err(("idle_timeout", Phase::Send)))
        },
        Case {
            connection: Connection { send_window: 1000, ..Connection::answer(HELLO) },
            body: &[b'x'; 2000],
            ..case(
                "the window closes in the body, and the answer is there",
                // The script answers the head: an answer that came early is the last word.
                hello(),
            )
        },
        Case {
            connection: Connection { send_window: 1000, ..Connection::new([Step::Silence]) },
            body: &[b'x'; 2000],
            ..case("the window closes in the body", Err(("idle_timeout", Phase::Send)))
        },
        Case {
            connection: Connection { send_breaks_at: 10, ..Connection::answer(HELLO) },
            ..case("the pipe breaks", Err(("send_failed", Phase::Send)))
        },
        Case {
            connection: Connection { send_breaks_at: 10, ..Connection::answer(HELLO) },
            quirks: StackQuirks::W5500,
            ..case(
                "the pipe breaks after some bytes, so it was connected",
                Err(("send_failed", Phase::Send)),
            )
        },
        // lies
        Case {
            conduct: Conduct { sent_too_much: true, ..none },
            ..case("send claims more than it was given", hello())
        },
        Case {
            conduct: Conduct { received_too_much: true, ..none },
            ..case("receive claims more than there is room for", hello())
        },
        Case {
            connection: Connection::answer_split(HELLO, 7, Some(Step::Fail)),
            conduct: Conduct { close_fails: true, ..none },
            ..case("close fails", hello())
        },
        // Each byte comes in time, and the head doesn't.
        Case {
            connection: Connection::answer_split(HELLO, 1, None),
            ..case("a head that drips", Err(("idle_timeout", Phase::Head)))
        },
    ];
    for case in cases {
        let clock = TestClock::ticking(1);
        let mut client = client(&clock, Hostile::new(case.connection, case.conduct), case.quirks);
        let outcome = fetch(&mut cx, &mut client, URL, case.body);
        assert_eq!(outcome, case.expected, "{}", case.name);
        client.close();
        check_recovery(&mut cx, &mut client, case.name);
        eprintln!("hostile: {} ok", case.name);
    }
}

#[test]
fn no_socket() {
    let mut cx = cx();
    let clock = TestClock::ticking(1);
    let mut stack = Hostile::new(Connection::answer(HELLO), Conduct::default());
    stack.script.no_sockets = true;
    let mut client = client(&clock, stack, StackQuirks::UNKNOWN);
    let outcome = fetch(&mut cx, &mut client, URL, b"");
    assert_eq!(outcome, Err(("no_socket", Phase::Connect)));
    check_recovery(&mut cx, &mut client, "no socket");
    eprintln!("hostile: no socket ok");
}

#[test]
fn resolving() {
    let mut cx = cx();
    let host = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 20));
    let no_host = |octets: [u8; 4]| IpAddr::V4(octets.into());
    let timeout = Err(("resolve_timeout", Phase::Resolve));
    let to_no_host = || Err(("name_resolved_to_no_host", Phase::Resolve));
    let cases: [(&str, usize, &[IpAddr], Outcome); 7] = [
        ("the name resolves", 0, &[host], hello()),
        ("the name resolves after a while", 9, &[host], hello()),
        ("the resolver pends for ever", usize::MAX, &[host], timeout),
        ("the resolver fails", 0, &[], Err(("name_not_resolved", Phase::Resolve))),
        // A captive portal's resolver answers so; connecting would hit the chip itself.
        ("the name resolves to 0.0.0.0", 0, &[no_host([0; 4])], to_no_host()),
        ("the name resolves to loopback", 0, &[no_host([127, 0, 0, 1])], to_no_host()),
        ("the name resolves to broadcast", 0, &[no_host([255; 4])], to_no_host()),
    ];
    for (name, pends, addresses, expected) in cases {
        let clock = TestClock::ticking(1);
        let mut stack = Hostile::new(Connection::answer(HELLO), Conduct::default());
        stack.script.dns_pends = pends;
        stack.script.names = addresses.iter().map(|at| ("gate.test", *at)).collect();
        let log = stack.script.log.clone();
        let mut client = client(&clock, stack, StackQuirks::WINCWIFI);
        let outcome = fetch(&mut cx, &mut client, "http://gate.test/", b"");
        assert_eq!(outcome, expected, "{name}");
        if outcome.is_err() {
            assert_eq!(log.borrow().opened, 0, "{name}: no socket for no address");
        }
        client.close();
        check_recovery(&mut cx, &mut client, name);
        eprintln!("hostile: {name} ok");
    }
}

/// How a body ends where its connection does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    /// The stack says that all was delivered.
    Clean,
    /// The connection is gone.
    Broken,
    /// Nothing says anything: a deadline has to.
    Nothing,
}

/// What `Ok(0)` and `PipeClosed` mean is declared for each stack. Whatever they mean: a body that
/// was cut short is never a success, and one without a length is whole only after a clean end.
#[test]
fn ends_of_bodies_by_declared_quirks() {
    let mut cx = cx();
    let by_send = Conduct { end_only_by_send: true, ..Conduct::default() };
    let none = Conduct::default();
    let ends = [
        ("std", StackQuirks::STD, none, End::Clean, End::Broken),
        ("smoltcp", StackQuirks::SMOLTCP_NAL, none, End::Nothing, End::Clean),
        ("esp-at", StackQuirks::ESP_AT_NAL, by_send, End::Nothing, End::Clean),
        ("w5500", StackQuirks::W5500, none, End::Nothing, End::Broken),
        ("wincwifi", StackQuirks::WINCWIFI, none, End::Clean, End::Clean),
        ("quectel", StackQuirks::QUECTEL_BG77, none, End::Nothing, End::Broken),
        ("unknown", StackQuirks::UNKNOWN, none, End::Nothing, End::Broken),
    ];
    // A response, the body that it has where its end is a clean one, and whether it needs no end.
    let responses = [
        ("length", HELLO, Some("hello"), true),
        ("cut length", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", None, false),
        (
            "chunks",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            Some("hello"),
            true,
        ),
        (
            "cut chunks",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
            None,
            false,
        ),
        ("until close", "HTTP/1.1 200 OK\r\n\r\nhello", Some("hello"), false),
    ];
    for (stack, quirks, conduct, on_zero, on_pipe_closed) in ends {
        for (response, bytes, body, ends_itself) in responses {
            for (step, end) in [
                (Step::Zero, on_zero),
                (Step::PipeClosed, on_pipe_closed),
                (Step::Silence, End::Nothing),
                (Step::Fail, End::Broken),
            ] {
                let case = format!("{stack}, {response}, {step:?}");
                let expected = match (body, end) {
                    (Some(body), _) if ends_itself => Ok(body.to_string()),
                    (Some(body), End::Clean) => Ok(body.to_string()),
                    (_, End::Nothing) => Err(("idle_timeout", Phase::Body)),
                    _ if step == Step::Fail => Err(("receive_failed", Phase::Body)),
                    _ => Err(("truncated", Phase::Body)),
                };
                let clock = TestClock::ticking(1);
                let connection = Connection::answer_split(bytes, 7, Some(step));
                let stack = Hostile::new(connection, conduct);
                let mut client = client(&clock, stack, quirks);
                let outcome = fetch(&mut cx, &mut client, URL, b"");
                assert_eq!(outcome, expected, "{case}");
                if outcome.is_ok() && !ends_itself {
                    assert_eq!(client.close_reason(), Some(CloseReason::BodyUntilClose));
                }
                client.close();
                check_recovery(&mut cx, &mut client, &case);
            }
        }
        eprintln!("hostile: ends of bodies on {stack} ok");
    }
}

/// The connection ends before the response's head is complete.
#[test]
fn ends_of_heads() {
    let mut cx = cx();
    let cut = "HTTP/1.1 200 OK\r\nContent-Le";
    for (name, data, end, expected) in [
        ("closed before a byte", "", Step::PipeClosed, "empty_reply"),
        ("ended before a byte", "", Step::Zero, "empty_reply"),
        ("failed before a byte", "", Step::Fail, "receive_failed"),
        ("silent from the start", "", Step::Silence, "response_timeout"),
        ("closed in the head", cut, Step::PipeClosed, "truncated"),
        ("ended in the head", cut, Step::Zero, "truncated"),
        ("failed in the head", cut, Step::Fail, "receive_failed"),
        ("silent in the head", cut, Step::Silence, "idle_timeout"),
    ] {
        let clock = TestClock::ticking(1);
        let stack = Hostile::new(Connection::answer_split(data, 3, Some(end)), Conduct::default());
        let mut client = client(&clock, stack, StackQuirks::STD);
        let outcome = fetch(&mut cx, &mut client, URL, b"");
        assert_eq!(outcome, Err((expected, Phase::Head)), "{name}");
        check_recovery(&mut cx, &mut client, name);
        eprintln!("hostile: {name} ok");
    }
}

/// Whichever call fails, first of all or after a hundred that pended: the error is of the phase
/// that the call belongs to, and nothing is left open.
#[test]
fn an_error_at_each_call() {
    let mut cx = cx();
    for error in [ScriptError::Broken, ScriptError::PipeClosed] {
        let mut failures = 0;
        for number in 0.. {
            let conduct = Conduct { fails_at: Some((number, error)), ..Conduct::default() };
            let connection = Connection {
                connect_pends: 2,
                send_limit: 20,
                send_pends: 1,
                ..Connection::answer_split(HELLO, 6, None)
            };
            let clock = TestClock::ticking(1);
            let stack = Hostile::new(connection, conduct);
            let mut client = client(&clock, stack, StackQuirks::UNKNOWN);
            let outcome = fetch(&mut cx, &mut client, URL, b"a body");
            let case = format!("call {number} fails with {error:?}");
            let Some(call) = client.network().stack().failed_in else {
                assert_eq!(outcome, hello(), "{case}: past the last call");
                break;
            };
            failures += 1;
            let (code, phase) = outcome.expect_err(&case);
            let closed = error == ScriptError::PipeClosed;
            match call {
                "socket" => assert_eq!((code, phase), ("no_socket", Phase::Connect), "{case}"),
                "connect" => {
                    assert_eq!((code, phase), ("connect_failed", Phase::Connect), "{case}");
                }
                "send" => assert_eq!((code, phase), ("send_failed", Phase::Send), "{case}"),
                _ if closed && phase == Phase::Head => {
                    assert!(matches!(code, "empty_reply" | "truncated"), "{case}: {code}");
                }
                _ if closed => assert_eq!((code, phase), ("truncated", Phase::Body), "{case}"),
                _ => {
                    assert!(matches!(phase, Phase::Head | Phase::Body), "{case}: {phase}");
                    assert_eq!(code, "receive_failed", "{case}");
                }
            }
            check_recovery(&mut cx, &mut client, &case);
        }
        assert!(failures > 20, "the calls of a whole exchange");
        eprintln!("hostile: {error:?} at each of {failures} calls ok");
    }
}
