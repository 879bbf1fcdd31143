//! What is made of a stack's own facts: by the active check, question by question, and by an error.

use crate::chip::{Chip, GATEWAY, HOST, all_are_silent, all_pend, chip, down, fine, home};
use crate::chip::{host_pends, link, no_pings, open, refused, silent, up};
use crate::common::script::{Connection, Step};
use crate::common::{TestClock, cx};
use safe_http_client::{
    Cause, Config, Connect, DisconnectReason, ErrorOf, IpConfig, LinkStatus, LoopContext, Phase,
    Report, SafeHttpClient, StackFault, StepOutcome,
};
use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

/// Whom nobody has: a stack is asked for it to make it speak.
const NOBODY: [u8; 4] = [192, 0, 2, 1];

const BY_ADDRESS: &str = "http://192.168.1.20/";
const BY_NAME: &str = "http://gate.test/";
const SECURE: &str = "https://192.168.1.20/";

/// Milliseconds that an answer to a ping, or to what takes its place, is awaited.
const REACH: u32 = 4000;

/// `url link gateway:Silent port:Failed`: what became of each step, where it isn't passed.
pub fn steps(report: &Report) -> String {
    let steps = report.steps().iter().map(|result| match result.outcome {
        StepOutcome::Passed => result.step.name().to_owned(),
        outcome => format!("{}:{outcome:?}", result.step.name()),
    });
    steps.collect::<Vec<_>>().join(" ")
}

/// What a check found, and whom it asked.
struct Checked {
    steps: String,
    report: Report,
    pinged: Vec<IpAddr>,
    dialed: Vec<SocketAddr>,
}

/// The check of this URL, to its end; a look at the clock takes 1 ms.
fn check(chip: Chip, url: &str) -> Checked {
    let mut cx = cx();
    let (log, pinged) = (chip.stack.log.clone(), chip.pinged.clone());
    let mut client = SafeHttpClient::new(chip, TestClock::ticking(1));
    let report = client.diagnose(&mut cx, url);
    let log = log.borrow();
    assert_eq!(log.opened, log.closed, "{url}: each socket is given back");
    let (pinged, dialed) = (pinged.borrow().clone(), log.dialed.clone());
    Checked { steps: steps(&report), report, pinged, dialed }
}

/// A check waits for somebody for four seconds, and not a millisecond more or less.
#[test]
fn each_wait_ends_to_the_millisecond() {
    let mut cx = cx();
    let url_alone = "url";
    let to_target = "url link subnet target";
    let no_link = "url link:Failed";
    let unreached = "url link subnet target gateway:NotAsked host:NotAsked port:Failed";
    let unknown = || down(DisconnectReason::Unknown);
    let blocks = Connect::Blocks;
    // Whom it waits for, since when, the steps until then, and the steps after that.
    for (what, chip, begin, before, after) in [
        (
            "the signal",
            Chip { signal_pends: true, ..chip([fine()]) },
            0,
            url_alone,
            "url link subnet target gateway host port http",
        ),
        (
            "a link that says nothing",
            Chip { link: link(LinkStatus::NoAddress), connect: blocks, ..chip([]) },
            0,
            url_alone,
            no_link,
        ),
        (
            "the gateway's answer to a ping",
            Chip { ping: all_pend, ..chip([fine()]) },
            0,
            to_target,
            "url link subnet target gateway:Silent",
        ),
        (
            "the host's answer to a ping",
            Chip { ping: host_pends, ..chip([fine()]) },
            0,
            "url link subnet target gateway",
            "url link subnet target gateway host:Silent port http",
        ),
        (
            "a knock at the gateway",
            Chip { ping: no_pings, fault: StackFault::TimedOut, ..chip([refused(), silent()]) },
            0,
            unreached,
            unreached,
        ),
        (
            "a knock at the port",
            Chip { ping: no_pings, fault: StackFault::TimedOut, ..chip([refused(), silent()]) },
            0,
            unreached,
            unreached,
        ),
        (
            "a stack that is asked why",
            Chip { link: unknown(), ..chip([silent()]) },
            REACH,
            no_link,
            no_link,
        ),
    ] {
        let clock = TestClock::default();
        let mut client = SafeHttpClient::new(chip, clock.clone());
        let mut buffer = [0; 512];
        let url = if what == "a knock at the port" { SECURE } else { BY_ADDRESS };
        let mut probe = client.start_probe(url, &mut buffer);
        for now in [0, begin, begin + REACH - 1] {
            clock.set(now);
            assert!(probe.poll(&mut client, &mut cx).is_err(), "{what}: it waits at {now} ms");
        }
        assert_eq!(steps(probe.report()), before, "{what}");
        assert!(probe.report().diagnosis().is_none(), "{what}");
        clock.set(begin + REACH);
        let waits_on = probe.poll(&mut client, &mut cx).is_err();
        assert_eq!(steps(probe.report()), after, "{what}");
        assert_eq!(waits_on, after.ends_with("gateway:Silent"), "{what}: the host is next");
    }
}

/// Of a stack whose calls block, each step has the time of its own call.
#[test]
fn a_blocking_call_counts_for_its_own_step() {
    let mut cx = cx();
    let clock = TestClock::default();
    let blocks_for = Some((clock.clone(), 2000));
    let chip = Chip { connect: Connect::Blocks, fault: StackFault::TimedOut, ..chip([refused()]) };
    let mut client = SafeHttpClient::new(Chip { blocks_for, ..chip }, clock);
    let report = client.diagnose(&mut cx, BY_ADDRESS);
    let times: Vec<_> = report.steps().iter().map(|result| result.ms).collect();
    assert_eq!(steps(&report), "url link subnet target gateway host port:Failed", "{report}");
    assert_eq!(times, [0, 0, 0, 0, 2000, 2000, 2000], "{report}");
    assert!(report.to_string().contains("80 no answer  "), "not closed at once: {report}");
    // What the others took isn't held against the connect.
    let evidence = report.diagnosis().unwrap().evidence();
    assert_eq!((evidence.phase_ms, evidence.limit_ms), (2000, 5000));
}

/// A stack that is busy with what was given up before is asked for nothing until that is over.
#[test]
fn a_busy_stack_is_left_alone() {
    let mut cx = cx();
    let chip = chip([fine()]);
    let (is_busy, log, pinged) =
        (chip.is_busy.clone(), chip.stack.log.clone(), chip.pinged.clone());
    let clock = TestClock::default();
    let mut client = SafeHttpClient::new(chip, clock.clone());
    let mut buffer = [0; 512];
    let mut probe = client.start_probe(BY_NAME, &mut buffer);
    is_busy.set(true);
    for now in [0, REACH, 15_000] {
        clock.set(now);
        assert!(probe.poll(&mut client, &mut cx).is_err(), "{now} ms");
        assert_eq!(steps(probe.report()), "url");
    }
    assert!(log.borrow().resolved.is_empty() && pinged.borrow().is_empty());
    is_busy.set(false);
    assert!(probe.poll(&mut client, &mut cx).is_ok());
    assert_eq!(
        steps(probe.report()),
        "url link subnet name target gateway host port http",
        "{}",
        probe.report()
    );
}

/// Everything together has a deadline of its own, to the millisecond, too.
#[test]
fn a_check_ends_at_its_deadline() {
    let mut cx = cx();
    let silent_server = || Connection::new([Step::Silence]);
    // Shorter than each deadline of a request.
    let limit = 2500;
    for (what, chip, expected, cause) in [
        (
            "the stack is busy",
            Chip { is_busy: Rc::new(Cell::new(true)), ..chip([]) },
            "url link:Failed",
            Cause::ModemUnresponsive,
        ),
        (
            "the gateway doesn't answer",
            Chip { ping: all_pend, ..chip([]) },
            "url link subnet target gateway:Failed",
            Cause::GatewaySilent,
        ),
        (
            "the host doesn't answer",
            Chip { ping: host_pends, ..chip([]) },
            "url link subnet target gateway host:Failed",
            Cause::HostDown,
        ),
        (
            "nobody takes the connection",
            chip([silent()]),
            "url link subnet target gateway host port:Failed",
            Cause::Firewall,
        ),
        (
            "the server says nothing",
            chip([silent_server()]),
            "url link subnet target gateway host port http:Failed",
            Cause::SlowServer,
        ),
        (
            "the gateway doesn't answer a knock",
            Chip { ping: no_pings, fault: StackFault::TimedOut, ..chip([refused(), silent()]) },
            "url link subnet target gateway:NotAsked host:NotAsked port:Failed",
            Cause::EventHandler,
        ),
    ] {
        let clock = TestClock::default();
        let config = Config::new().diagnosis_timeout(Duration::from_millis(limit.into()));
        let mut client = SafeHttpClient::with_config(chip, clock.clone(), config);
        let mut buffer = [0; 512];
        let mut probe = client.start_probe(BY_ADDRESS, &mut buffer);
        for now in [0, limit - 1] {
            clock.set(now);
            assert!(probe.poll(&mut client, &mut cx).is_err(), "{what}: it goes on at {now} ms");
        }
        clock.set(limit);
        assert!(probe.poll(&mut client, &mut cx).is_ok(), "{what}");
        let report = probe.report();
        assert_eq!(steps(report), expected, "{what}");
        assert_eq!(report.diagnosis().unwrap().cause(), cause, "{what}: {report}");
        // It is over.
        assert!(probe.poll(&mut client, &mut cx).is_ok(), "{what}");
    }
}

/// Which steps there are depends on the target and on what is known of the link.
#[test]
fn who_is_asked_depends_on_the_target_and_the_stack() {
    let host = || IpAddr::from(HOST);
    let gateway = || IpAddr::from(GATEWAY);
    let loopback = SocketAddr::from(([127, 0, 0, 1], 80));
    let at = |address: [u8; 4]| SocketAddr::from((address, 80));
    let alone = IpConfig::new(Ipv4Addr::new(192, 168, 1, 57).into());
    let outside = home().with_gateway([192, 168, 9, 1].into());
    let no_dns = home().with_dns(false);
    let wrong_password = || down(DisconnectReason::WrongPassword);
    let unknown = || down(DisconnectReason::Unknown);
    let timed_out = StackFault::TimedOut;
    for (why, chip, url, expected, pinged, dialed) in [
        (
            "all of it",
            chip([fine()]),
            BY_NAME,
            "url link subnet name target gateway host port http",
            vec![gateway(), host()],
            vec![at(HOST)],
        ),
        (
            "an address needs no name",
            chip([fine()]),
            BY_ADDRESS,
            "url link subnet target gateway host port http",
            vec![gateway(), host()],
            vec![at(HOST)],
        ),
        (
            "no gateway is known",
            Chip { link: up(alone), ..chip([fine()]) },
            BY_ADDRESS,
            "url link subnet:NotAsked target host port http",
            vec![host()],
            vec![at(HOST)],
        ),
        (
            "the target is the gateway",
            chip([fine()]),
            "http://192.168.1.1/",
            "url link subnet target host port http",
            vec![gateway()],
            vec![at(GATEWAY)],
        ),
        (
            "a PC that asks itself",
            Chip { has_loopback: true, link: up(alone), ..chip([fine()]) },
            "http://127.0.0.1/",
            "url link subnet:NotAsked target port http",
            vec![],
            vec![loopback],
        ),
        (
            "silence breaks nothing",
            Chip { ping: all_are_silent, ..chip([fine()]) },
            BY_ADDRESS,
            "url link subnet target gateway:Silent host:Silent port http",
            vec![gateway(), host()],
            vec![at(HOST)],
        ),
        (
            "the signal is for those who are on an access point",
            Chip { link: wrong_password(), signal_pends: true, ..chip([]) },
            BY_ADDRESS,
            "url link:Failed",
            vec![],
            vec![],
        ),
        (
            "a link that doesn't say why: the stack is asked",
            Chip { link: unknown(), ..chip([silent()]) },
            BY_ADDRESS,
            "url link:Failed",
            vec![],
            vec![at(NOBODY)],
        ),
        (
            "a stack that can't be interrupted isn't",
            Chip { link: unknown(), connect: Connect::Blocks, ..chip([silent()]) },
            BY_ADDRESS,
            "url link:Failed",
            vec![],
            vec![],
        ),
        (
            "the gateway is out of reach",
            Chip { link: up(outside), ..chip([]) },
            "http://10.0.0.9/",
            "url link subnet:Failed",
            vec![],
            vec![],
        ),
        (
            "the target is the chip itself",
            chip([]),
            "http://192.168.1.57/",
            "url link target:Failed",
            vec![],
            vec![],
        ),
        (
            "no DNS server is set",
            Chip { link: up(no_dns), ..chip([]) },
            BY_NAME,
            "url link name:Failed",
            vec![],
            vec![],
        ),
        (
            "a name that isn't known: is it the way to the resolver?",
            chip([]),
            "http://unknown.test/",
            "url link subnet name:Failed",
            vec![gateway()],
            vec![],
        ),
        (
            "the same where no gateway is known",
            Chip { link: up(alone), ..chip([]) },
            "http://unknown.test/",
            "url link subnet:NotAsked name:Failed",
            vec![],
            vec![],
        ),
        (
            "a name that leads to no host was answered",
            chip([]),
            "http://zero.test/",
            "url link subnet target:Failed",
            vec![],
            vec![],
        ),
        (
            "a name that leads to the chip, too",
            chip([]),
            "http://me.test/",
            "url link subnet target:Failed",
            vec![],
            vec![],
        ),
        (
            "the port is closed, and pings were answered",
            Chip { fault: timed_out, ..chip([refused(), fine()]) },
            BY_ADDRESS,
            "url link subnet target gateway host port:Failed",
            vec![gateway(), host()],
            vec![at(HOST)],
        ),
        (
            "there are no pings: the gateway is knocked at",
            Chip { ping: no_pings, fault: timed_out, ..chip([refused(), open()]) },
            BY_ADDRESS,
            "url link subnet target gateway:NotAsked host:NotAsked port:Failed",
            vec![gateway(), host()],
            vec![at(HOST), at(GATEWAY)],
        ),
        (
            "there is none",
            Chip { link: up(alone), ping: no_pings, fault: timed_out, ..chip([refused(), open()]) },
            BY_ADDRESS,
            "url link subnet:NotAsked target host:NotAsked port:Failed",
            vec![host()],
            vec![at(HOST)],
        ),
        (
            "whose knock would block",
            Chip {
                connect: Connect::Blocks,
                ping: no_pings,
                fault: timed_out,
                ..chip([refused(), open()])
            },
            BY_ADDRESS,
            "url link subnet target gateway:NotAsked host:NotAsked port:Failed",
            vec![gateway(), host()],
            vec![at(HOST)],
        ),
        (
            "with TLS: the port is tried without",
            Chip { fault: timed_out, ..chip([refused(), open()]) },
            SECURE,
            "url link subnet target gateway host port:Failed",
            vec![gateway(), host()],
            vec![SocketAddr::from((HOST, 443)); 2],
        ),
        (
            "with TLS, where that would block",
            Chip { connect: Connect::Blocks, fault: timed_out, ..chip([refused(), open()]) },
            SECURE,
            "url link subnet target gateway host port:Failed",
            vec![gateway(), host()],
            vec![SocketAddr::from((HOST, 443))],
        ),
        (
            "with TLS, and no HTTP behind it: nothing is knocked at",
            Chip { ping: no_pings, ..chip([Connection::new([Step::Zero, Step::Fail])]) },
            SECURE,
            "url link subnet target gateway:NotAsked host:NotAsked port http:Failed",
            vec![gateway(), host()],
            vec![SocketAddr::from((HOST, 443))],
        ),
    ] {
        let checked = check(chip, url);
        assert_eq!(checked.steps, expected, "{why}\n{}", checked.report);
        assert_eq!((checked.pinged, checked.dialed), (pinged, dialed), "{why}");
        let broken = expected.contains("Failed");
        assert_eq!(checked.report.diagnosis().is_some(), broken, "{why}\n{}", checked.report);
    }
}

/// What the stack says when it is asked for a connection over a link that is down.
#[test]
fn a_stack_says_why_there_is_no_link() {
    for (connection, fault, expected) in [
        (refused(), StackFault::ModemReset, StackFault::ModemReset),
        (refused(), StackFault::ModemSilent, StackFault::ModemSilent),
        (silent(), StackFault::ModemSilent, StackFault::Unknown),
        (open(), StackFault::ModemSilent, StackFault::Unknown),
    ] {
        let link = down(DisconnectReason::Unknown);
        let chip = Chip { link, fault, ..chip([connection]) };
        let checked = check(chip, BY_ADDRESS);
        let diagnosis = checked.report.diagnosis().unwrap();
        assert_eq!(diagnosis.evidence().fault, expected, "{}", checked.report);
        assert_eq!(checked.dialed, [SocketAddr::from((NOBODY, 80))]);
    }
    // No socket for it either.
    let mut poor =
        Chip { link: down(DisconnectReason::Unknown), fault: StackFault::NoSocket, ..chip([]) };
    poor.stack.no_sockets = true;
    let checked = check(poor, BY_ADDRESS);
    assert_eq!(checked.report.diagnosis().unwrap().evidence().fault, StackFault::NoSocket);
    // One that has become busy with it.
    let mut cx = cx();
    let clock = TestClock::default();
    let chip = Chip { link: down(DisconnectReason::Unknown), ..chip([silent()]) };
    let is_busy = chip.is_busy.clone();
    let mut client = SafeHttpClient::new(chip, clock.clone());
    let mut buffer = [0; 512];
    let mut probe = client.start_probe(BY_ADDRESS, &mut buffer);
    for now in [0, REACH] {
        clock.set(now);
        assert!(probe.poll(&mut client, &mut cx).is_err());
    }
    is_busy.set(true);
    clock.set(2 * REACH);
    assert!(probe.poll(&mut client, &mut cx).is_ok());
    let diagnosis = probe.report().diagnosis().unwrap();
    assert_eq!(diagnosis.evidence().fault, StackFault::Busy, "{}", probe.report());
}

/// An answer whose head is larger than the buffer is an answer all the same.
#[test]
fn an_answer_that_does_not_fit_is_an_answer() {
    let mut cx = cx();
    let long = format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", "x".repeat(300));
    for (answer, expected, broken) in [
        (long.as_str(), "url link subnet target gateway host port http", false),
        ("SSH-2.0-x\r\n", "url link subnet target gateway host port http:Failed", true),
    ] {
        let mut client =
            SafeHttpClient::new(chip([Connection::answer(answer)]), TestClock::ticking(1));
        let mut buffer = [0; 200];
        let mut probe = client.start_probe(BY_ADDRESS, &mut buffer);
        while probe.poll(&mut client, &mut cx).is_err() {}
        let report = probe.report();
        assert_eq!(steps(report), expected, "{report}");
        assert_eq!((report.status(), report.diagnosis().is_some()), (None, broken), "{report}");
    }
    // Where the question itself doesn't fit, nothing is asked.
    let chip = chip([fine()]);
    let log = chip.stack.log.clone();
    let mut client = SafeHttpClient::new(chip, TestClock::ticking(1));
    let mut buffer = [0; 20];
    let mut probe = client.start_probe(BY_ADDRESS, &mut buffer);
    assert!(probe.poll(&mut client, &mut cx).is_ok());
    let report = probe.report();
    assert_eq!(steps(report), "url:Failed", "{report}");
    assert_eq!(report.diagnosis().unwrap().cause(), Cause::InvalidRequest, "{report}");
    assert_eq!(log.borrow().opened, 0);
}

/// The root is asked for once, if `*` was refused without a reason, and there is room for it.
#[test]
fn the_root_is_asked_for_where_the_asterisk_was_refused() {
    let mut cx = cx();
    let answer = |status, body: &str| {
        let length = body.len();
        let head = format!("HTTP/1.1 {status} x\r\nContent-Length: {length}\r\n\r\n{body}");
        Connection::answer(head)
    };
    let tls = "Client sent an HTTP request to an HTTPS server.\n";
    let asterisk = "OPTIONS * HTTP/1.1";
    let root = "OPTIONS / HTTP/1.1";
    // Both answers, the room beside the question, what is asked for, and the status in the end.
    for (first, second, room, asked, status) in [
        (answer(204, ""), answer(200, ""), 0, &[asterisk][..], 204),
        (answer(404, ""), answer(200, ""), 0, &[asterisk], 404),
        (answer(403, ""), answer(200, ""), 0, &[asterisk], 403),
        (answer(400, ""), answer(200, ""), 0, &[asterisk, root], 200),
        (answer(400, ""), answer(200, ""), 400, &[asterisk, root], 200),
        (answer(400, ""), answer(400, ""), 0, &[asterisk, root], 400),
        // It has said what it wants.
        (answer(400, tls), answer(200, ""), 400, &[asterisk], 400),
    ] {
        let chip = chip([first, second]);
        let log = chip.stack.log.clone();
        let mut client = SafeHttpClient::new(chip, TestClock::ticking(1));
        // As large as the question is: both are of the same length.
        let mut length = 0;
        for size in 1..512 {
            let mut buffer = vec![0; size];
            let probe = client.start_probe(BY_ADDRESS, &mut buffer);
            if steps(probe.report()) == "url" {
                length = size;
                break;
            }
        }
        let mut buffer = vec![0; length + room];
        let mut probe = client.start_probe(BY_ADDRESS, &mut buffer);
        while probe.poll(&mut client, &mut cx).is_err() {}
        let report = probe.report();
        assert_eq!(report.status(), Some(status), "{report}");
        let log = log.borrow();
        let lines: Vec<_> = (0..log.opened)
            .map(|index| log.text(index).lines().next().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(lines, asked, "{report}");
    }
}

/// A GET that fails, in its head or its body; something happens once the client is lent.
fn failed_get(
    client: &mut SafeHttpClient<Chip, TestClock>,
    cx: &mut LoopContext,
    url: &str,
    what: impl FnOnce(),
) -> ErrorOf<Chip> {
    let mut online = client.wait_online(cx).unwrap();
    what();
    let mut buffer = [0; 512];
    match online.get(url, &mut buffer).send() {
        Err(error) => error,
        Ok(mut response) => response.read_to_end().unwrap_err(),
    }
}

/// What stands behind a failed request, as far as the stack tells: in which phase which of its facts
/// counts.
#[test]
fn an_error_has_the_fact_that_explains_it() {
    let mut cx = cx();
    let unanswered = || Connection::new([Step::Silence]);
    let stuck = || Connection { send_window: 9, ..Connection::new([]) };
    let half = || Connection::answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    let (none, busy, sleeping) = ((false, false), (true, false), (false, true));
    let (polls, forever, blocks) = (Connect::Polls, Connect::PollsForEver, Connect::Blocks);
    for (connection, connect, (is_busy, radio_sleeps), url, code, expected) in [
        (silent(), polls, none, BY_ADDRESS, "connect_timeout", StackFault::Unknown),
        (silent(), polls, busy, BY_ADDRESS, "connect_timeout", StackFault::Busy),
        (silent(), polls, sleeping, BY_ADDRESS, "connect_timeout", StackFault::Unknown),
        (silent(), forever, none, BY_ADDRESS, "connect_timeout", StackFault::HidesRefusal),
        (silent(), forever, sleeping, BY_ADDRESS, "connect_timeout", StackFault::HidesRefusal),
        (silent(), blocks, sleeping, BY_ADDRESS, "connect_timeout", StackFault::Unknown),
        (stuck(), forever, none, BY_ADDRESS, "idle_timeout", StackFault::Unknown),
        (stuck(), polls, busy, BY_ADDRESS, "idle_timeout", StackFault::Unknown),
        (stuck(), polls, sleeping, BY_ADDRESS, "idle_timeout", StackFault::RadioSleeps),
        (unanswered(), forever, none, BY_ADDRESS, "response_timeout", StackFault::Unknown),
        (unanswered(), polls, busy, BY_ADDRESS, "response_timeout", StackFault::Unknown),
        (unanswered(), polls, sleeping, BY_ADDRESS, "response_timeout", StackFault::RadioSleeps),
        (half(), polls, sleeping, BY_ADDRESS, "idle_timeout", StackFault::RadioSleeps),
        (half(), polls, none, BY_ADDRESS, "idle_timeout", StackFault::Unknown),
        (refused(), polls, busy, BY_ADDRESS, "connect_failed", StackFault::Unknown),
        (refused(), polls, none, SECURE, "connect_failed", StackFault::TlsFailed),
        (silent(), polls, none, SECURE, "connect_timeout", StackFault::Unknown),
        (
            fine(),
            polls,
            none,
            "http://unknown.test/",
            "name_not_resolved",
            StackFault::NameNotFound,
        ),
    ] {
        let chip = Chip { connect, radio_sleeps, ..chip([connection]) };
        let busy = chip.is_busy.clone();
        let mut client = SafeHttpClient::new(chip, TestClock::ticking(1));
        let error = failed_get(&mut client, &mut cx, url, || busy.set(is_busy));
        let what = format!("{connect:?} busy {is_busy} asleep {radio_sleeps} {url} {error}");
        assert_eq!((error.code(), client.evidence().fault), (code, expected), "{what}");
        assert_eq!(client.diagnosis(&error).evidence(), client.evidence(), "{what}");
    }
    // A connection that was only reported shows with the first byte that it never was one.
    for (connect, taken, code, phase) in [
        (Connect::ReportsSuccess, 0, "connect_failed", Phase::Connect),
        (Connect::ReportsSuccess, 1, "send_failed", Phase::Send),
        (Connect::Polls, 0, "send_failed", Phase::Send),
    ] {
        let breaks = Connection { send_fails_at: taken, ..Connection::new([]) };
        let chip = Chip { connect, fault: StackFault::Refused, ..chip([breaks]) };
        let mut client = SafeHttpClient::new(chip, TestClock::ticking(1));
        let error = failed_get(&mut client, &mut cx, BY_ADDRESS, || {});
        let what = (error.code(), error.phase, client.evidence().fault);
        assert_eq!(what, (code, phase, StackFault::Refused), "{connect:?} {taken}");
    }
    // What the stack says of the end of a stream explains what is missing of the response.
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
    for (steps, code) in [
        (vec![Step::AwaitRequest, Step::PipeClosed], "empty_reply"),
        (vec![Step::AwaitRequest, Step::Data(head.to_vec()), Step::PipeClosed], "truncated"),
    ] {
        let chip = Chip { fault: StackFault::ModemReset, ..chip([Connection::new(steps)]) };
        let mut client = SafeHttpClient::new(chip, TestClock::ticking(1));
        let error = failed_get(&mut client, &mut cx, BY_ADDRESS, || {});
        assert_eq!((error.code(), client.evidence().fault), (code, StackFault::ModemReset));
        let received = if code == "truncated" { head.len() as u32 } else { 0 };
        assert_eq!(client.evidence().received, received, "{code}");
    }
    // The stack's own word counts more than what TLS makes likely.
    for (fault, url, expected) in [
        (StackFault::Indistinct, SECURE, StackFault::TlsFailed),
        (StackFault::Indistinct, BY_ADDRESS, StackFault::Indistinct),
        (StackFault::Refused, SECURE, StackFault::Refused),
        (StackFault::OutOfMemory, SECURE, StackFault::OutOfMemory),
    ] {
        let chip = Chip { fault, ..chip([refused()]) };
        let mut client = SafeHttpClient::new(chip, TestClock::ticking(1));
        failed_get(&mut client, &mut cx, url, || {});
        assert_eq!(client.evidence().fault, expected, "{fault:?} {url}");
    }
}

/// For a log: where it is, and what it has found.
#[test]
fn a_check_says_in_debug_where_it_is() {
    let mut client = SafeHttpClient::new(chip([fine()]), TestClock::ticking(1));
    let mut buffer = [0; 512];
    let probe = client.start_probe(BY_ADDRESS, &mut buffer);
    let text = format!("{probe:?}");
    assert!(text.starts_with("Probe { next: Free, report: Report {"), "{text}");
}
