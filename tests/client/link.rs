//! The link: no request without an address, and none over a link that was lost.

use crate::common::script::{Connection, ScriptStack};
use crate::common::{TestClock, TestLink, cx};
use crate::support::{HELLO, URL, answers_twice, get, ms, ready, scripted};
use safe_http_client::{
    Clock, CloseReason, Config, DisconnectReason, ErrorKind, ErrorOf, IpConfig, LinkError,
    LinkEvents, LinkStatus, LoopContext, NalNetwork, Phase, SafeHttpClient, StackQuirks,
};
use std::cell::Cell;
use std::net::Ipv4Addr;

/// Down, associated, and the wrong password are three different things to do.
#[test]
fn waiting_for_the_link_says_what_it_waited_for_and_can_be_repeated() {
    let mut cx = cx();
    let clock = TestClock::ticking(10);
    use DisconnectReason::{NoAccessPoint, Unknown, WrongPassword};
    let link = TestLink::new(LinkStatus::Disconnected(Unknown));
    let stack = ScriptStack::new([Connection::answer(HELLO)]);
    let log = stack.log.clone();
    let network = NalNetwork::new(stack, link.clone(), StackQuirks::STD);
    let config = Config::new().online_timeout(ms(200));
    let mut client = SafeHttpClient::with_config(network, &clock, config);

    for (status, expected, code, says) in [
        (
            LinkStatus::Disconnected(Unknown),
            LinkError::Disconnected(Unknown),
            "link_down",
            "the link is down (for no known reason, or never joined)",
        ),
        (
            LinkStatus::Disconnected(NoAccessPoint),
            LinkError::Disconnected(NoAccessPoint),
            "link_down",
            "the link is down (no access point of that name was found)",
        ),
        (
            LinkStatus::Disconnected(WrongPassword),
            LinkError::Disconnected(WrongPassword),
            "link_down",
            "the link is down (the access point refused the password)",
        ),
        // On an access point, and without an address.
        (LinkStatus::NoAddress, LinkError::NoAddress, "no_address", "no IP address"),
        (
            LinkStatus::Up(IpConfig::new(Ipv4Addr::UNSPECIFIED.into())),
            LinkError::NoAddress,
            "no_address",
            "no IP address (being on the access point is not enough)",
        ),
    ] {
        link.set(status);
        // At once, and after the whole wait.
        assert_eq!(client.online(&mut cx).unwrap_err(), expected, "{status:?}");
        let evidence = client.evidence();
        assert_eq!((evidence.elapsed_ms, evidence.link), (0, Some(status)));

        let error = client.wait_online(&mut cx).unwrap_err();
        assert_eq!(error, expected, "{status:?}");
        let text = error.to_string();
        assert!(text.contains(says), "{text}");
        let evidence = client.evidence();
        assert!((200..220).contains(&evidence.elapsed_ms), "{} ms", evidence.elapsed_ms);
        assert_eq!((evidence.limit_ms, evidence.link), (200, Some(status)));
        // As the error of a call.
        let error: ErrorOf<NalNetwork<ScriptStack, TestLink>> = error.into();
        assert_eq!((error.phase, error.code()), (Phase::Link, code));
        assert_eq!(error.to_string(), format!("link: {text}"));
    }
    assert_eq!(log.borrow().opened, 0);

    link.set(TestLink::address());
    assert_eq!(get(&mut client, &mut cx, URL), Ok("hello".into()));
}

/// The last word counts: what was said a moment before the address came is no error.
#[test]
fn an_address_that_comes_while_the_client_waits_ends_the_wait() {
    let mut cx = cx();
    let link = TestLink::new(LinkStatus::NoAddress);
    let clock = TestClock::ticking(1);
    let turns = Cell::new(0);
    let waits = {
        let link = link.clone();
        let turns = &turns;
        clock.with_idle(move || {
            turns.set(turns.get() + 1);
            match turns.get() {
                3 => link.set(LinkStatus::Disconnected(DisconnectReason::TimedOut)),
                6 => link.set(TestLink::address()),
                _ => {}
            }
        })
    };
    let stack = ScriptStack::new([Connection::answer(HELLO)]);
    let network = NalNetwork::new(stack, link, StackQuirks::STD);
    let mut client = SafeHttpClient::new(network, waits);
    let mut online = client.wait_online(&mut cx).unwrap();
    assert!(online.get(URL, [0; 256]).send().is_ok());
    assert_eq!(turns.get(), 6);
}

#[test]
fn a_request_after_the_link_dropped_is_an_error_before_any_byte() {
    let mut cx = cx();
    for (status, expected, code) in [
        (
            LinkStatus::Disconnected(DisconnectReason::NoAccessPoint),
            LinkError::Disconnected(DisconnectReason::NoAccessPoint),
            "link_down",
        ),
        (LinkStatus::NoAddress, LinkError::NoAddress, "no_address"),
    ] {
        let clock = TestClock::ticking(1);
        let (mut client, log) = scripted(&clock, Config::new(), [answers_twice()]);
        let link = client.network().link().clone();
        assert_eq!(get(&mut client, &mut cx, URL).unwrap(), "hello");
        let sent = log.borrow().sends.len();
        assert!(client.is_connected(), "kept for the next request");

        // Between the look at the link and the request.
        let mut online = client.online(&mut cx).unwrap();
        link.set(status);
        let error = online.get(URL, [0; 512]).send().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Link(expected));
        assert_eq!((error.code(), error.phase), (code, Phase::Link));
        let evidence = client.evidence();
        assert_eq!((evidence.sent, evidence.received), (0, 0));
        assert_eq!(evidence.link, Some(status));
        assert_eq!(log.borrow().sends.len(), sent, "no byte was sent");
        // The address may be another when the link is back: the old connection is none.
        assert_eq!(client.close_reason(), Some(CloseReason::LinkLost));
        assert_eq!(log.borrow().closed, 1);
    }
}

/// The same client goes on, before and after.
#[test]
fn a_link_that_is_lost_and_regained_between_two_looks() {
    let mut cx = cx();
    let clock = TestClock::ticking(1);
    let connections = [answers_twice(), Connection::answer(HELLO)];
    let (mut client, log) = scripted(&clock, Config::new(), connections);
    let link = client.network().link().clone();
    assert_eq!(get(&mut client, &mut cx, URL).unwrap(), "hello");
    link.set(LinkStatus::NoAddress);
    assert_eq!(client.online(&mut cx).unwrap_err(), LinkError::NoAddress);
    assert_eq!(client.link_status(), LinkStatus::NoAddress);
    link.set(TestLink::address());
    assert_eq!(get(&mut client, &mut cx, URL).unwrap(), "hello");
    // Nobody has asked for a request meanwhile: the connection is looked at when it is used.
    assert_eq!(log.borrow().opened, 1);
    // A call that is under way when the link goes is ended by its own deadlines, and no other way.
    let mut call = client.online(&mut cx).unwrap().get(URL, [0; 256]).start().unwrap();
    assert!(call.poll(&mut client, &mut cx).is_err());
    link.set(LinkStatus::NoAddress);
    let error = ready(|| call.poll(&mut client, &mut cx)).unwrap_err();
    assert_eq!(error.code(), "response_timeout");
    assert_eq!(client.evidence().link, Some(LinkStatus::NoAddress));
}

#[test]
fn an_event_that_another_thread_reports_is_seen_by_the_main_loop() {
    static EVENTS: LinkEvents = LinkEvents::new();
    let mut cx = cx();
    let clock = TestClock::ticking(1);
    let stack = ScriptStack::new([Connection::answer(HELLO)]);
    let network = NalNetwork::new(stack, &EVENTS, StackQuirks::STD);
    let mut client = SafeHttpClient::new(network, &clock);

    // The vendor's Wi-Fi task. It can report, and can't make a request: it has no `LoopContext`.
    let (report, reports) = std::sync::mpsc::channel::<fn()>();
    let task = std::thread::spawn(move || {
        for report in reports {
            report();
        }
    });

    report.send(|| EVENTS.associated()).unwrap();
    report
        .send(|| {
            std::thread::sleep(ms(20));
            EVENTS.got_ip(Ipv4Addr::new(192, 168, 1, 57));
        })
        .unwrap();
    let mut turns = 0;
    while client.online(&mut cx).is_err() {
        turns += 1;
        std::thread::sleep(ms(1));
    }
    assert!(turns > 1, "the loop went on meanwhile");
    let mut online = client.online(&mut cx).unwrap();
    assert!(online.get(URL, [0; 256]).send().is_ok());

    report.send(|| EVENTS.disconnected(DisconnectReason::from_code(201))).unwrap();
    drop(report);
    task.join().unwrap();
    let error = online.get(URL, [0; 256]).send().unwrap_err();
    assert_eq!(
        error.kind,
        ErrorKind::Link(LinkError::Disconnected(DisconnectReason::NoAccessPoint))
    );
}

#[test]
fn the_context_is_taken_once() {
    let cx = cx();
    assert!(LoopContext::take().is_none(), "while it is out");
    assert!(LoopContext::take_if(|| true).is_none());
    drop(cx);
}
