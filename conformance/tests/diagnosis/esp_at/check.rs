//! The active check over the modem.

use super::*;

/// Steps as they are printed: `+` holds, `.` nobody answered, `?` not asked, `!` broke.
fn steps(report: &Report) -> String {
    let shown = report.steps().iter().map(|result| {
        let mark = match result.outcome {
            StepOutcome::Passed => '+',
            StepOutcome::Silent => '.',
            StepOutcome::NotAsked => '?',
            StepOutcome::Failed => '!',
        };
        format!("{}{mark}", result.step.name())
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_active_check_finds_the_step_that_breaks() {
    use Cause::*;
    const TLS: &str = "https://gate.local:81/";
    let all = "url+ link+ subnet+ name+ target+ gateway+ host+ port+ http+";
    let port = "url+ link+ subnet+ name+ target+ gateway+ host+ port!";
    let unreached = "url+ link+ subnet+ name+ target+ gateway+ host. port!";
    let name = "url+ link+ subnet+ name!";
    // Most commands and milliseconds that it may take.
    for (fault, url, expected, cause, commands, most) in [
        (None, BY_NAME, all, None, 8, 100),
        (Some(Fault::HostDown), BY_NAME, unreached, Some(HostDown), 5, 9_100),
        (Some(Fault::ApIsolation), BY_NAME, unreached, Some(HostDown), 5, 9_100),
        (Some(Fault::PortRefused), BY_NAME, port, Some(NothingListens), 5, 100),
        (Some(Fault::Firewall), BY_NAME, port, Some(Firewall), 5, 5_100),
        (
            Some(Fault::GatewayDown),
            BY_ADDRESS,
            "url+ link+ subnet+ target+ gateway. host. port!",
            Some(GatewaySilent),
            4,
            13_100,
        ),
        (Some(Fault::DnsFailure), BY_NAME, name, Some(NameNotResolved), 4, 100),
        (Some(Fault::NoDnsServer), BY_NAME, "url+ link+ name!", Some(NoDnsServer), 1, 100),
        (
            Some(Fault::StaticIpWrongSubnet),
            BY_NAME,
            "url+ link+ subnet!",
            Some(WrongSubnet),
            1,
            100,
        ),
        (
            Some(Fault::SlowServer),
            BY_NAME,
            "url+ link+ subnet+ name+ target+ gateway+ host+ port+ http!",
            Some(SlowServer),
            8,
            3_100,
        ),
        (Some(Fault::NoMoreLinks), BY_NAME, port, Some(OutOfSockets), 7, 200),
        (
            Some(Fault::ClosedAfterSend),
            BY_NAME,
            "url+ link+ subnet+ name+ target+ gateway+ host+ port+ http!",
            Some(ConnectionLost),
            7,
            100,
        ),
        (Some(Fault::PortRefused), TLS, port, Some(NothingListens), 10, 100),
    ] {
        for dialect in Dialect::ALL {
            // What the modem tells with its address has to be so when it joins.
            let at_join = matches!(fault, Some(Fault::NoDnsServer | Fault::StaticIpWrongSubnet));
            let now = fault.filter(|_| at_join);
            let config = now
                .into_iter()
                .fold(config(dialect), |config, fault| config.fault(fault, When::Always));
            let mut rig = Rig::new(config).with_tls(TlsVerification::None);
            rig.join().unwrap();
            if let Some(fault) = fault {
                rig.handle.fault(fault, When::Always);
            }
            rig.handle.clear_log();
            let begin = rig.now();
            let report = diagnose(&mut rig, url);
            let took = (rig.now() - begin).as_millis();
            let sent = rig.count("AT");
            let what = fault.map_or("all well", Fault::name);
            // What goes on the air: names, pings, handshakes and data.
            let packets: usize = ["AT+CIPDOMAIN", "AT+PING", "AT+CIPSTART", "AT+CIPSEND"]
                .iter()
                .map(|command| rig.count(command))
                .sum();
            println!(
                "---- {what}, {dialect}, {url}: {took} ms, {sent} commands, \
                 {packets} of them for the network\n{report}"
            );
            assert_eq!(steps(&report), expected, "{what} {dialect}");
            let found = report.diagnosis().map(|diagnosis| diagnosis.cause());
            assert_eq!(found, cause, "{what} {dialect}");
            assert!(sent <= commands && took <= most, "{what} {dialect}: {sent}, {took} ms");
            // And the modem is as good as before.
            rig.handle.clear_faults();
            let recovered = rig.get_until_ok(BY_ADDRESS, 30 * SECOND).1;
            // An address stays as it is until the modem tells another.
            assert!(recovered || cause == Some(WrongSubnet), "{what} {dialect}");
        }
    }
}

/// ESP-AT tells its memory: no TLS, and the port is open without.
#[test]
fn the_active_check_finds_want_of_memory_where_the_modem_tells() {
    for (dialect, cause) in
        [(Dialect::NonOs17, Cause::TlsMismatch), (Dialect::EspAt2, Cause::ModemMemory)]
    {
        let config = config(dialect).fault(Fault::TlsOutOfMemory, When::Always);
        let mut rig = Rig::new(config).with_tls(TlsVerification::None);
        rig.join().unwrap();
        let report = diagnose(&mut rig, "https://gate.local:81/");
        println!("---- {dialect}\n{report}");
        assert_eq!(report.diagnosis().map(|found| found.cause()), Some(cause));
        let low = rig.handle.sent_lines().iter().any(|line| line.contains("\"SSL\""));
        assert_eq!(low, dialect == Dialect::NonOs17, "no packet of TLS where it is known");
    }
}

/// It waits until the firmware is through with the connect that was given up, and finds what is then.
#[test]
fn the_active_check_after_a_connect_that_timed_out() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        rig.handle.fault(Fault::Firewall, When::Nth(1));
        let found = fails(&mut rig, BY_ADDRESS);
        assert_eq!(found.cause, Cause::HostDown);
        assert!(rig.modem.is_draining());
        let begin = rig.now();
        let report = diagnose(&mut rig, BY_ADDRESS);
        let took = (rig.now() - begin).as_millis();
        println!("---- after a connect that timed out, {dialect}: {took} ms\n{report}");
        assert!(report.diagnosis().is_none(), "{report}");
        assert!((6_900..7_300).contains(&took), "{took}");
        assert_eq!(steps(&report), "url+ link+ subnet+ target+ gateway+ host+ port+ http+");
    });
}

#[test]
fn the_active_check_says_why_there_is_no_link() {
    for (fault, cause) in [
        (Fault::WrongPassword, Cause::JoinFailed),
        (Fault::NoSuchAp, Cause::JoinFailed),
        (Fault::NoDhcp, Cause::NoAddress),
    ] {
        both(|dialect| {
            let mut rig = Rig::new(config(dialect).fault(fault, When::Always));
            rig.join().unwrap_err();
            let report = diagnose(&mut rig, BY_NAME);
            println!("---- {fault}, {dialect}\n{report}");
            assert_eq!(steps(&report), "url+ link!");
            assert_eq!(report.diagnosis().map(|found| found.cause()), Some(cause));
        });
    }
}
