//! How long is waited for whom, and when a check ends.

use super::*;

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
            "url link subnet target gateway:Silent host:NotAsked port:Failed",
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

/// Its deadline ends a step that has just begun, too: what was given up wasn't closed.
#[test]
fn a_connection_that_is_given_up_early_was_not_closed_at_once() {
    let mut cx = cx();
    let config = Config::new().diagnosis_timeout(Duration::from_millis(u64::from(REACH) + 1));
    let clock = TestClock::default();
    let chip = Chip { ping: host_pends, ..chip([silent()]) };
    let mut client = SafeHttpClient::with_config(chip, clock.clone(), config);
    let mut probe = client.start_probe(BY_ADDRESS, [0; 512]);
    for now in [0, REACH] {
        clock.set(now);
        assert!(probe.poll(&mut client, &mut cx).is_err(), "it goes on at {now} ms");
    }
    clock.set(REACH + 1);
    assert!(probe.poll(&mut client, &mut cx).is_ok());
    let report = probe.report().to_string();
    assert!(report.contains("80 no answer  "), "{report}");
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
            "the stack doesn't tell the signal",
            Chip { signal_pends: true, ..chip([]) },
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
