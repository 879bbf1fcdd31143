//! The access point.

use super::*;

#[test]
fn wifi_disconnect_with_a_reason_behind_it_is_understood() {
    let reason = |code| LinkStatus::Disconnected(DisconnectReason::from_code(code));
    every(|dialect| {
        for (line, status) in [
            ("WIFI DISCONNECT (4)\r\n", reason(4)),
            ("WIFI DISCONNECT (201)\r\n", reason(201)),
            ("WIFI DISCONNECT (200)\r\n", reason(200)),
            ("WIFI DISCONNECT(8)\r\n", reason(8)),
            ("WIFI DISCONNECT\r\n", reason(0)),
        ] {
            let mut rig = Rig::joined(config(dialect));
            rig.handle.inject(line.as_bytes());
            rig.modem.poll_network();
            assert_eq!(rig.modem.link_status(), status, "{line}");
        }
    });
}

#[test]
fn the_access_point_goes_away_for_80_s_and_the_driver_joins_again() {
    every(|dialect| {
        for away in [5, 80, 300] {
            let mut rig = Rig::joined(config(dialect).fault(Fault::NoRejoin, When::Always));
            rig.handle.ap_down("sim");
            rig.poll(away * SECOND);
            assert!(!rig.is_up());
            rig.handle.ap_up("sim");
            let took = rig.up_within(120 * SECOND);
            println!("{dialect}: away for {away} s, {took:?}, {} joins", rig.count("AT+CWJAP"));
            assert!(took.is_some(), "{dialect} {away} {:#?}", rig.handle.log());
            assert!(rig.count("AT+CWJAP") < 4 + away as usize / 20, "with backoff");
            assert_eq!(rig.get(URL).as_deref(), Ok("hello"));
            rig.wrote_no_flash();
        }
        // A moment away: it is joined 10 to 20 s later.
        let mut rig = Rig::joined(config(dialect).fault(Fault::NoRejoin, When::Always));
        rig.handle.drop_wifi();
        let took = rig.up_within(30 * SECOND).unwrap();
        assert!((10 * SECOND..20 * SECOND).contains(&took), "{took:?}");
    });
}

/// Who has left on purpose isn't joined again.
#[test]
fn who_has_left_isnt_joined_again() {
    every(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        rig.modem.leave(&mut rig.cx).unwrap();
        rig.poll(100 * SECOND);
        assert!(!rig.is_up());
        assert_eq!(rig.count("AT+CWJAP"), 1);
    });
}

#[test]
fn no_dhcp_busy_to_everything_at_rst_too() {
    every(|dialect| {
        let mut rig = Rig::new(config(dialect).fault(Fault::BusyWithoutDhcp, When::Always));
        assert_eq!(rig.join(), Err(JoinError::NoAddress), "connected, no address");
        assert_eq!(rig.modem.link_status(), LinkStatus::NoAddress);
        rig.handle.clear_log();
        rig.poll(60 * SECOND);
        assert_eq!(rig.modem.link_status(), LinkStatus::NoAddress);
        let tries = rig.count("AT+RST");
        assert!((3..=12).contains(&tries), "with pauses: {tries}");
        assert_eq!(rig.handle.stats().resets, 0);
        let error = rig.modem.rssi(&mut rig.cx).unwrap_err();
        assert_eq!(error, EspAtError::TakesNoRestart);
        assert!(error.to_string().contains("takes no restart"));
        rig.handle.clear_faults();
        rig.poll(40 * SECOND);
        assert!(rig.join().is_ok(), "{:#?}", rig.handle.log());
        assert_eq!(rig.get(URL).as_deref(), Ok("hello"));
    });
}

#[test]
fn a_wedged_modem_that_refuses_at_rst() {
    every(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        rig.handle.fault(Fault::BusyRefusesReset, When::Nth(1));
        let mut socket = rig.modem.socket().unwrap();
        assert_eq!(rig.connect(&mut socket, 80), Err(EspAtError::Wedged));
        assert!(!EspAtError::Wedged.to_string().contains("was restarted"));
        rig.modem.close(socket).unwrap();
        rig.poll(30 * SECOND);
        let mut socket = rig.modem.socket().unwrap();
        assert_eq!(rig.connect(&mut socket, 80), Err(EspAtError::TakesNoRestart));
        rig.modem.close(socket).unwrap();
        // Its supply is switched.
        rig.handle.clear_faults();
        rig.handle.reset();
        assert!(rig.get_until_ok(URL, 20 * SECOND).1);
    });
}

/// It isn't the access point that doesn't answer.
#[test]
fn a_join_that_never_came_about_says_what_was_in_its_way() {
    for (command, answer, error) in [
        // As a weak supply does it.
        ("AT+CWJAP_CUR=", "\r\nready\r\n", EspAtError::ModemReset),
        ("AT+CIPMUX=1", "\r\nready\r\n", EspAtError::ModemReset),
        ("AT+CIPMUX=1", "", EspAtError::AnswerMissed),
        // Not at its power-on alone.
        ("ATE0", "\r\nready\r\n", EspAtError::ModemReset),
        ("AT+CIPSTA_CUR?", "\r\nready\r\n", EspAtError::ModemReset),
        ("AT+CIPDNS_CUR?", "\r\nready\r\n", EspAtError::ModemReset),
        // It has joined, and doesn't tell its address.
        ("AT+CIPSTA_CUR?", "", EspAtError::AnswerMissed),
        ("AT+CIPSTA_CUR?", "Fatal exception (28):\r\n", EspAtError::AnswerMissed),
        ("AT+CIPSTA_CUR?", "\r\nERROR\r\n", EspAtError::Rejected),
    ] {
        let script =
            Script::new(move |line| line.starts_with(command).then(|| vec![(800, answer.into())]));
        let (mut modem, mut cx) = script.driver();
        let joined = modem.join(&mut cx, "sim", "simsimsim");
        assert_eq!(joined, Err(JoinError::Modem(error)), "{command} {answer:?}");
    }
}

/// Joined, and `busy p...` to the questions for its addresses: it hangs, unless DHCP is what it works on.
#[test]
fn a_modem_that_is_busy_behind_its_join_hangs() {
    let wedged = JoinError::Modem(EspAtError::Wedged);
    for refused in ["AT+CIPSTA_CUR?", "AT+CIPDNS_CUR?"] {
        for (said, error) in [
            ("WIFI CONNECTED\r\nWIFI GOT IP\r\n", wedged),
            ("", wedged),
            ("WIFI CONNECTED\r\n", JoinError::NoAddress),
        ] {
            // It hangs for 25 s before the join's own time is over, or doesn't.
            for seconds in [1, 12] {
                let script = Script::new(move |line| {
                    if line.starts_with("AT+CWJAP_CUR=") {
                        return Some(vec![(seconds * 1_000, format!("{said}\r\nOK\r\n"))]);
                    }
                    (line == refused || line == "?").then(|| vec![(0, "busy p...\r\n".into())])
                });
                let (mut modem, mut cx) = script.driver();
                let joined = modem.join(&mut cx, "sim", "simsimsim");
                assert_eq!(joined, Err(error), "{refused} {said:?} {seconds}");
            }
        }
    }
}

/// What no host can have is no address, and no server's; a netmask is ones with zeros behind them.
#[test]
fn addresses_that_no_host_has_are_none() {
    let joined = |ip: &str, gateway: &str, netmask: &str, server: &str| {
        let address = format!(
            "+CIPSTA_CUR:ip:\"{ip}\"\r\n+CIPSTA_CUR:gateway:\"{gateway}\"\r\n\
             +CIPSTA_CUR:netmask:\"{netmask}\"\r\n\r\nOK\r\n"
        );
        let servers = format!("+CIPDNS_CUR:{server}\r\n\r\nOK\r\n");
        let script = Script::new(move |line| match line {
            "AT+CIPSTA_CUR?" => Some(vec![(0, address.clone())]),
            "AT+CIPDNS_CUR?" => Some(vec![(0, servers.clone())]),
            _ => None,
        });
        let (mut modem, mut cx) = script.driver();
        modem.join(&mut cx, "sim", "simsimsim")
    };
    for none in ["0.0.0.0", "255.255.255.255", "127.0.0.1", "224.0.0.1", "0.0.0.1", "(IP unset)"] {
        let mask = "255.255.255.0";
        let own = joined(none, "192.168.4.1", mask, "192.168.4.1");
        assert_eq!(own, Err(JoinError::NoAddress), "{none}");
        let config = joined("192.168.4.2", none, mask, none).unwrap();
        assert_eq!((config.gateway, config.has_dns), (None, Some(false)), "{none}");
        assert_eq!(config.netmask, Some([255, 255, 255, 0].into()));
    }
    for (mask, is_one) in [
        ("255.255.255.0", true),
        ("255.255.255.255", true),
        ("128.0.0.0", true),
        ("0.0.0.0", false),
        ("255.0.255.0", false),
        ("0.255.255.255", false),
    ] {
        let config = joined("192.168.4.2", "192.168.4.1", mask, "192.168.4.1").unwrap();
        assert_eq!(config.netmask.is_some(), is_one, "{mask}");
    }
}
