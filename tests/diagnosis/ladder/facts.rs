//! What a stack says of its own, and what is made of it.

use super::*;

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
