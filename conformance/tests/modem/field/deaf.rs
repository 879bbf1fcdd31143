//! A firmware that is deaf while it works.

use super::*;

#[test]
fn dead_host_cipstart_is_silent_and_the_connect_fails_at_last() {
    every(|dialect| {
        for (seconds, most) in [(12, 5), (12, 20), (20, 5), (20, 30), (5, 10)] {
            let mut config = config(dialect);
            config.timing.connect_timeout = seconds * SECOND;
            let mut rig = Rig::joined(config);
            rig.handle.clear_log();
            rig.handle.fault(Fault::DeafWhileBusy, When::Always);
            rig.handle.fault(Fault::HostDown, When::Always);
            let begin = rig.now();
            let got = get_within(&mut rig, URL, most * SECOND);
            let took = rig.now() - begin;
            let what = format!("{dialect} {seconds} {most}: {got:?} {:#?}", rig.handle.log());
            let Err((cause, confidence, text)) = got else { panic!("{what}") };
            assert_eq!((cause, confidence), (Cause::HostDown, Confidence::Likely), "{what}");
            let early = seconds > most;
            let told = if early { "connect_timeout" } else { "the modem couldn't connect" };
            assert_eq!(text, told, "{what}");
            assert!(took < (seconds.min(most) + 1) * SECOND, "{took:?} {what}");
            // The late lines are nobody's: no restart, no start-up, no join, and the next works.
            rig.handle.remove_fault(Fault::HostDown);
            assert!(rig.get_until_ok(URL, 40 * SECOND).1, "{what}");
            for command in ["AT+RST", "AT+CWJAP=", "ATE0"] {
                assert_eq!(rig.count(command), 0, "{what}");
            }
            assert!(!rig.modem.is_silent());
            rig.wrote_no_flash();
        }
    });
}

/// The late lines as that firmware says them, and others that might come.
#[test]
fn late_lines_are_tied_to_their_command() {
    for late in [
        "connect fail\r\n\r\nERROR\r\nCLOSED\r\n",
        "\r\nERROR\r\n0,CLOSED\r\n",
        "CONNECT FAIL\r\n\r\nERROR\r\n",
        "DNS Fail\r\n\r\nERROR\r\n",
        "0,CLOSED\r\n\r\nERROR\r\n",
        "\r\nERROR\r\nCLOSED\r\n",
    ] {
        // Each line that was sent meanwhile is answered afterwards.
        for seconds in [3, 5, 12, 20, 30] {
            let script = Script::new(move |line| {
                let late = (1_000 * seconds, late.into());
                line.starts_with("AT+CIPSTART=0").then(|| vec![late])
            });
            let (mut modem, mut cx) = script.driver();
            modem.join(&mut cx, "sim", "simsimsim").unwrap();
            let mut socket = modem.socket().unwrap();
            let peer = at(80);
            let result = nb::block!(modem.connect(&mut socket, peer));
            assert_eq!(result, Err(EspAtError::ConnectFailed), "{late:?} {seconds}");
            modem.close(socket).unwrap();
            let mut socket = modem.socket().unwrap();
            let _ = nb::block!(modem.connect(&mut socket, peer));
            let sent = script.sent();
            let again = sent.iter().filter(|line| line.starts_with("ATE0")).count();
            assert_eq!(again, 1, "{late:?} {seconds} {sent:?}");
            assert!(!sent.iter().any(|line| line.starts_with("AT+CWJAP=")), "{sent:?}");
        }
    }
}

#[test]
fn tls_handshake_of_6_s_with_a_deadline_of_20_s_succeeds() {
    every(|dialect| {
        for seconds in [6, 15] {
            let mut config = config(dialect).peer(HOST, 443, canned(HELLO, false));
            config.timing.slow_connect = seconds * SECOND;
            let mut rig = Rig::new(config).with_tls(TlsVerification::None);
            rig.join().unwrap();
            rig.handle.fault(Fault::DeafWhileBusy, When::Always);
            rig.handle.fault(Fault::SlowConnect, When::Nth(1));
            let got = get_within(&mut rig, "https://gate.local/", 20 * SECOND);
            assert_eq!(got, Ok("hello".into()), "{dialect} {:#?}", rig.handle.log());
        }
    });
}

#[test]
fn a_name_that_takes_long_on_a_deaf_modem_is_resolved() {
    every(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        rig.handle.fault(Fault::DeafWhileBusy, When::Always);
        rig.handle.fault(Fault::DnsSlow, When::Nth(1));
        let got = get_within(&mut rig, "http://gate.local/", 20 * SECOND);
        assert_eq!(got, Ok("hello".into()), "{dialect}");
        // Given up meanwhile: the next name's answer isn't taken for it.
        rig.handle.fault(Fault::DnsSlow, When::Nth(1));
        let got = get_within(&mut rig, "http://gate.local/", 3 * SECOND);
        assert!(got.is_err());
        let got = get_within(&mut rig, "http://nobody.local/", 20 * SECOND);
        assert!(matches!(got, Err((Cause::NameNotResolved, ..))), "{got:?}");
    });
}
