//! The active check as a value: kept beside the client, polled when there is time, dropped at any point,
//! displaced by another call.

use crate::chip::{Chip, all_are_silent, all_pend, chip, down, fine, no_pings, refused, silent};
use crate::common::script::Connection;
use crate::common::{TestClock, cx};
use crate::ladder::steps;
use safe_http_client::{
    Cause, Clock, DisconnectReason, LoopContext, Probe, SafeHttpClient, StackFault, WithIdle, nb,
};
use std::mem::forget;

const URL: &str = "http://192.168.1.20/";

/// A client whose blocking calls let time pass, and on which none passes otherwise.
type Client = SafeHttpClient<Chip, WithIdle<TestClock, Box<dyn FnMut()>>>;

fn client(chip: Chip, clock: &TestClock) -> Client {
    let passing = clock.clone();
    let idle: Box<dyn FnMut()> = Box::new(move || passing.advance(100));
    SafeHttpClient::new(chip, clock.clone().with_idle(idle))
}

/// A program whose loop has a button to look at.
struct App {
    client: Client,
    cx: LoopContext,
    probe: Option<Probe<[u8; 512]>>,
    is_pressed: bool,
    heard: Vec<u32>,
    shown: String,
}

impl App {
    /// Once in each turn of the main loop.
    fn turn(&mut self, turn: u32) {
        if std::mem::take(&mut self.is_pressed) {
            self.heard.push(turn);
        }
        if let Some(probe) = &mut self.probe
            && probe.poll(&mut self.client, &mut self.cx).is_ok()
        {
            self.shown = probe.report().to_string();
            self.probe = None;
        }
    }
}

#[test]
fn a_check_is_a_field_of_a_program_that_hears_its_button() {
    let clock = TestClock::default();
    // Gateway and host let their pings wait for four seconds each.
    let chip = Chip { ping: all_pend, ..chip([refused()]) };
    let client = client(chip, &clock);
    let (probe, shown) = (None, String::new());
    let mut app = App { client, cx: cx(), probe, is_pressed: false, heard: Vec::new(), shown };
    app.probe = Some(app.client.start_probe(URL, [0; 512]));
    let mut turns = 0;
    while app.probe.is_some() {
        app.is_pressed = turns % 100 == 7;
        app.turn(turns);
        clock.advance(10);
        turns += 1;
    }
    // A turn takes no time for it: eight seconds are that many turns.
    assert!((800..=803).contains(&turns), "{turns}");
    assert_eq!(app.heard, (0..8).map(|press| 100 * press + 7).collect::<Vec<_>>());
    assert!(app.shown.contains("gateway   --   192.168.1.1 says nothing"), "{}", app.shown);
    assert!(app.shown.contains("port      no   80 closed at once"), "{}", app.shown);
}

/// Ways that a check goes, so that each of its steps is one in which it can be left.
fn ways() -> Vec<(&'static str, Chip, &'static str)> {
    let unknown = || down(DisconnectReason::Unknown);
    let slow = |connection| Connection { connect_pends: 3, ..connection };
    let answer =
        || Connection::answer_split("HTTP/1.1 404 x\r\nContent-Length: 9\r\n\r\nno", 7, None);
    let bad = || Connection::answer("HTTP/1.1 400 x\r\nContent-Length: 9\r\n\r\nno");
    let timed_out = StackFault::TimedOut;
    let mut slow_name = chip([slow(answer())]);
    slow_name.stack.dns_pends = 3;
    vec![
        ("all of it", slow_name, "http://gate.test/"),
        ("busy at first", Chip { ping: all_pend, ..chip([answer()]) }, URL),
        ("silent hosts", Chip { ping: all_are_silent, ..chip([slow(answer())]) }, URL),
        ("the root is asked for", chip([bad(), slow(answer())]), URL),
        (
            "a knock at the gateway",
            Chip { ping: no_pings, fault: timed_out, ..chip([refused(), slow(fine())]) },
            URL,
        ),
        (
            "a knock at the port",
            Chip { tls_fails: true, ..chip([slow(fine())]) },
            "https://192.168.1.20/",
        ),
        ("a name that isn't known", Chip { ping: all_pend, ..chip([]) }, "http://unknown.test/"),
        ("a stack that is asked why", Chip { link: unknown(), ..chip([slow(refused())]) }, URL),
        ("no answer", chip([silent()]), URL),
    ]
}

/// How often each way can be polled before it is over; half a second passes in between.
fn polls_of(index: usize) -> usize {
    let mut cx = cx();
    let clock = TestClock::default();
    let (what, chip, url) = ways().swap_remove(index);
    let mut client = client(chip, &clock);
    let mut probe = client.start_probe(url, [0; 512]);
    for polls in 0..100 {
        if probe.poll(&mut client, &mut cx).is_ok() {
            return polls;
        }
        clock.advance(500);
    }
    panic!("{what} doesn't end: {}", probe.report());
}

/// A check of this way, polled so often, and what comes behind it; all of its sockets are closed.
fn left_after(
    index: usize,
    polls: usize,
    then: impl FnOnce(&str, &mut Client, &mut LoopContext, Probe<[u8; 512]>),
) {
    let mut cx = cx();
    let clock = TestClock::default();
    let (what, mut chip, url) = ways().swap_remove(index);
    let what = format!("{what}, left after {polls} polls");
    let log = chip.stack.log.clone();
    let link = chip.link.clone();
    chip.stack.connections.extend([fine(), fine()]);
    let mut client = client(chip, &clock);
    let mut probe = client.start_probe(url, [0; 512]);
    for _ in 0..polls {
        assert!(probe.poll(&mut client, &mut cx).is_err(), "{what}");
        clock.advance(500);
    }
    let used = log.borrow().opened;
    link.set(crate::common::TestLink::address());
    then(&what, &mut client, &mut cx, probe);
    drop(client);
    let log = log.borrow();
    assert_eq!(log.opened, log.closed, "{what}: each socket is given back");
    for index in used..log.opened {
        let sent = log.text(index);
        assert!(sent.is_empty() || sent.starts_with("GET /state HTTP/1.1\r\n"), "{what}: {sent}");
    }
}

/// The request behind it has a connection of its own, and finds the server; the connections that the
/// check would still have made are gone through first.
fn works(what: &str, client: &mut Client, cx: &mut LoopContext) {
    let mut online = client.online(cx).unwrap();
    for _ in 0..4 {
        let sent = online.get("http://192.168.1.20/state", [0; 512]).send();
        match sent.map(|response| response.status()) {
            Ok(204) => return,
            Ok(400 | 404) | Err(_) => {}
            Ok(status) => panic!("{what}: {status}"),
        }
    }
    panic!("{what}: no request works");
}

#[test]
fn a_check_can_be_dropped_at_any_point() {
    let mut points = 0;
    for index in 0..ways().len() {
        for polls in 0..=polls_of(index) {
            left_after(index, polls, |what, client, cx, probe| {
                drop(probe);
                works(what, client, cx);
            });
            // Or forgotten, as in a struct that is overwritten where nothing is dropped.
            left_after(index, polls, |what, client, cx, probe| {
                forget(probe);
                works(what, client, cx);
            });
            points += 1;
        }
    }
    println!("left at {points} points");
    assert!(points > 50, "{points}");
}

#[test]
fn a_check_that_another_call_displaced_says_so_and_touches_nothing() {
    let mut found = 0;
    for index in 0..ways().len() {
        for polls in 0..=polls_of(index) {
            left_after(index, polls, |what, client, cx, mut probe| {
                let before = steps(probe.report());
                let mut online = client.online(cx).unwrap();
                let mut call = online.get("http://192.168.1.20/state", [0; 512]).start().unwrap();
                let _ = call.poll(client, cx);
                let is_connected = client.is_connected();

                assert!(probe.poll(client, cx).is_ok(), "{what}: it is over at once");
                assert_eq!(client.is_connected(), is_connected, "{what}");
                let report = probe.report();
                let diagnosis = report.diagnosis().unwrap_or_else(|| panic!("{what}: {report}"));
                if before.contains("Failed") {
                    // It had found what was wrong, and looked for more.
                    assert_eq!(steps(report), before, "{what}");
                    assert_ne!(diagnosis.cause(), Cause::InvalidRequest, "{what}: {report}");
                    found += 1;
                } else {
                    let after = steps(report);
                    let step = after.strip_prefix(&before).unwrap_or_else(|| panic!("{what}"));
                    assert!(
                        step.ends_with(":Failed") && !step.trim().contains(' '),
                        "{what}: {after}"
                    );
                    assert_eq!(diagnosis.cause(), Cause::InvalidRequest, "{what}: {report}");
                    let text = report.to_string();
                    let line = text.lines().find(|line| line.contains(" no   ")).unwrap();
                    assert!(line.contains(" displaced "), "{what}: {text}");
                }
                // It stays over.
                let text = report.to_string();
                assert!(probe.poll(client, cx).is_ok());
                assert_eq!(probe.report().to_string(), text, "{what}");
                // And the call goes on: it isn't displaced.
                match call.poll(client, cx) {
                    Err(nb::Error::Other(error)) => assert_ne!(error.code(), "displaced", "{what}"),
                    Ok(()) | Err(nb::Error::WouldBlock) => {}
                }
                drop(call);
                works(what, client, cx);
            });
        }
    }
    assert!(found > 10, "displaced after {found} findings");
}

/// It is polled with the client that started it: another has nothing to do with it.
#[test]
fn a_check_that_is_polled_with_another_client_leaves_that_alone() {
    let mut cx = cx();
    let answer = || Connection::answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let mut client = SafeHttpClient::new(chip([fine()]), TestClock::ticking(1));
    let other = chip([answer()]);
    let (log, pinged) = (other.stack.log.clone(), other.pinged.clone());
    let mut other = SafeHttpClient::new(other, TestClock::ticking(1));
    other.online(&mut cx).unwrap().get(URL, [0; 512]).send().unwrap().read_to_end().unwrap();
    let (evidence, receives) = (other.evidence(), log.borrow().receives);
    let mut probe = client.start_probe(URL, [0; 512]);
    assert!(probe.poll(&mut other, &mut cx).is_ok());
    assert_eq!(steps(probe.report()), "url link:Failed");
    assert_eq!(probe.report().diagnosis().unwrap().cause(), Cause::InvalidRequest);
    // Its kept connection stays, and it was asked for nothing.
    assert!(other.is_connected());
    assert_eq!((other.evidence(), log.borrow().receives), (evidence, receives));
    assert!(pinged.borrow().is_empty());
}

#[test]
fn a_check_ends_the_call_that_is_under_way() {
    let mut cx = cx();
    let chip = chip([silent(), fine()]);
    let log = chip.stack.log.clone();
    let mut client = SafeHttpClient::new(chip, TestClock::ticking(1));
    let mut call = client.online(&mut cx).unwrap().get(URL, [0; 512]).start().unwrap();
    assert_eq!(call.poll(&mut client, &mut cx), Err(nb::Error::WouldBlock));
    let mut probe = client.start_probe(URL, [0; 512]);
    let Err(nb::Error::Other(error)) = call.poll(&mut client, &mut cx) else {
        panic!("the connection is the check's");
    };
    assert_eq!(error.code(), "displaced");
    while probe.poll(&mut client, &mut cx).is_err() {}
    assert_eq!((probe.report().status(), probe.report().diagnosis()), (Some(204), None));
    assert_eq!((log.borrow().opened, log.borrow().closed), (2, 2));
}

/// `close()` ends whatever call has the connection.
#[test]
fn a_client_that_is_closed_ends_its_check() {
    let mut cx = cx();
    let chip = Chip { ping: all_pend, ..chip([fine()]) };
    let mut client = SafeHttpClient::new(chip, TestClock::default());
    let mut probe = client.start_probe(URL, [0; 512]);
    assert!(probe.poll(&mut client, &mut cx).is_err());
    client.close();
    assert!(probe.poll(&mut client, &mut cx).is_ok());
    assert_eq!(steps(probe.report()), "url link subnet target gateway:Failed");
}

/// A program asks for them when it has the time, perhaps after a check.
#[test]
fn the_figures_of_the_request_that_failed_outlast_a_check() {
    let mut cx = cx();
    let chip = chip([silent(), refused(), silent()]);
    let mut client = SafeHttpClient::new(chip, TestClock::ticking(1));
    let mut online = client.online(&mut cx).unwrap();
    let error = online.get(URL, [0; 512]).send().map(|_| ()).unwrap_err();
    let (evidence, text) = (client.evidence(), client.diagnosis(&error).to_string());
    assert_eq!((error.code(), evidence.limit_ms), ("connect_timeout", 5000));
    let report = client.diagnose(&mut cx, URL);
    assert!(report.diagnosis().is_some_and(|found| found.evidence() != evidence), "{report}");
    let mut probe = client.start_probe(URL, [0; 512]);
    assert!(probe.poll(&mut client, &mut cx).is_err());
    assert_eq!((client.evidence(), client.diagnosis(&error).to_string()), (evidence, text));
}

/// And a mistake in the next request has none of them.
#[test]
fn a_request_that_was_refused_has_no_figures_of_another() {
    let mut cx = cx();
    let mut client = SafeHttpClient::new(chip([silent()]), TestClock::ticking(1));
    let mut online = client.online(&mut cx).unwrap();
    let failed = online.get(URL, [0; 512]).send().map(|_| ()).unwrap_err();
    assert_eq!(failed.code(), "connect_timeout");
    let refused = online.get("http://localhost/", [0; 512]).send().map(|_| ()).unwrap_err();
    let text = client.diagnosis(&refused).to_string();
    assert!(text.ends_with("seen:  url failed after 0 ms"), "{text}");
}

/// An array, a borrowed one, a borrowed slice: what a call takes. It comes back.
#[test]
fn a_check_owns_its_buffer() {
    let mut cx = cx();
    let mut client = SafeHttpClient::new(chip([fine(), fine(), fine()]), TestClock::ticking(1));
    let mut array = [0; 512];
    let mut probe = client.start_probe(URL, &mut array);
    while probe.poll(&mut client, &mut cx).is_err() {}
    let buffer: &mut [u8; 512] = probe.into_buffer();
    assert!(buffer.starts_with(b"HTTP/1.1 204"));
    let mut probe = client.start_probe(URL, &mut buffer[..300]);
    while probe.poll(&mut client, &mut cx).is_err() {}
    assert_eq!(probe.report().status(), Some(204));
    let mut probe = client.start_probe(URL, [0; 300]);
    while probe.poll(&mut client, &mut cx).is_err() {}
    assert_eq!((probe.report().status(), probe.into_buffer().len()), (Some(204), 300));
}
