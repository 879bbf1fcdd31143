//! Joins, settings, and TLS in the modem.

use conformance::modem::*;
use embedded_nal::TcpClientStack;
use esp8266_sim::{AccessPoint, Dialect, Fault, When, canned};
use safe_http_client::esp_at::{EspAtError, Join, JoinError, Setting, Sleep, TlsVerification};
use safe_http_client::{IpConfig, Link, LinkStatus, Network, SafeHttpClient, Verification};
use std::net::Ipv4Addr;
use std::time::Duration;

fn said(rig: &Rig, line: &str) -> bool {
    rig.handle.sent_lines().iter().any(|it| it == line)
}

#[test]
fn names_and_passwords_of_any_bytes_hidden_networks_and_bssids() {
    both(|dialect| {
        let name = &b"a,b\"c\\d\xff\x01 e"[..];
        let mut odd = AccessPoint::new(name, &b"\\\",,\xfe\xfe\xfe\xfe\xfe"[..]);
        odd.hidden = true;
        let mut near = AccessPoint::new("sim", "another one");
        near.bssid = [2, 0, 0, 0, 0, 9];
        near.rssi = -20;
        let mut rig = Rig::new(config(dialect).ap(odd.clone()).ap(near.clone()));
        let config = rig.modem.join(&mut rig.cx, name, &odd.password).unwrap();
        assert_eq!(config.address, Ipv4Addr::new(192, 168, 4, 2));
        assert_eq!(config.gateway, Some(Ipv4Addr::new(192, 168, 4, 1)));
        assert_eq!(config.netmask, Some(Ipv4Addr::new(255, 255, 255, 0)));
        // Of two with the same name, the one that is meant.
        let join = Join::new("sim", "another one").bssid(near.bssid);
        rig.modem.join_with(&mut rig.cx, join).unwrap();
        assert_eq!(rig.modem.rssi(&mut rig.cx), Ok(Some(-20)));
        assert!(matches!(
            rig.modem.link_status(),
            LinkStatus::Up(IpConfig { rssi_dbm: Some(-20), .. })
        ));
        let join = Join::new("sim", "another one").bssid(AccessPoint::new("", "").bssid);
        assert_eq!(rig.modem.join_with(&mut rig.cx, join), Err(JoinError::WrongPassword));
        assert_eq!(rig.modem.rssi(&mut rig.cx), Ok(None));
        for (ssid, password) in [("", ""), (&"x".repeat(33), ""), ("x", &"x".repeat(65))] {
            assert_eq!(rig.modem.join(&mut rig.cx, ssid, password), Err(JoinError::Credentials));
        }
        // As long as can be, and all to be escaped.
        let long = AccessPoint::new("\"".repeat(32), "\\".repeat(64));
        rig.handle.with_modem(|modem| modem.config_mut().access_points.push(long.clone()));
        rig.modem.join(&mut rig.cx, &long.ssid, &long.password).unwrap();
    });
}

#[test]
fn settings_are_set_and_set_again_after_a_reset() {
    both(|dialect| {
        let mut rig = Rig::new(config(dialect));
        let (address, gateway) = (Ipv4Addr::new(192, 168, 4, 77), Ipv4Addr::new(192, 168, 4, 1));
        let netmask = Ipv4Addr::new(255, 255, 255, 0);
        for setting in [
            Setting::Hostname("garage"),
            Setting::StaticAddress { address, gateway, netmask },
            Setting::DnsServers(&[gateway, Ipv4Addr::new(9, 9, 9, 9)]),
            Setting::Sleep(Sleep::Off),
        ] {
            rig.modem.set(&mut rig.cx, setting).unwrap();
        }
        rig.join().unwrap();
        for _ in 0..2 {
            assert!(matches!(
                rig.modem.link_status(),
                LinkStatus::Up(IpConfig { address: it, .. }) if it == address
            ));
            assert_eq!(rig.get("http://gate.local/").unwrap(), "hello");
            assert!(said(&rig, "AT+CWHOSTNAME=\"garage\"") && said(&rig, "AT+SLEEP=0"));
            rig.handle.clear_log();
            rig.modem.restart(&mut rig.cx).unwrap();
            assert_eq!(rig.get("http://gate.local/").unwrap(), "hello");
        }
        rig.modem.set(&mut rig.cx, Setting::Dhcp).unwrap();
        rig.modem.set(&mut rig.cx, Setting::DnsServers(&[])).unwrap();
        assert_eq!(rig.join().unwrap().address, Ipv4Addr::new(192, 168, 4, 2));
        assert_eq!(rig.modem.set(&mut rig.cx, Setting::Hostname("")), Err(EspAtError::Rejected));
        assert_eq!(
            rig.modem.start_set(Setting::Hostname(&"x".repeat(33))),
            Err(EspAtError::TooLong)
        );
        assert_eq!(rig.handle.stats().flash_writes, 0);
    });
}

#[test]
fn sleep_modes_are_numbered_by_family() {
    for (dialect, modem, light) in [(Dialect::NonOs17, 2, 1), (Dialect::EspAt2, 1, 2)] {
        let mut rig = Rig::joined(config(dialect));
        for (sleep, number) in [(Sleep::Modem, modem), (Sleep::Light, light), (Sleep::Off, 0)] {
            rig.modem.set(&mut rig.cx, Setting::Sleep(sleep)).unwrap();
            assert!(said(&rig, &format!("AT+SLEEP={number}")));
        }
    }
}

#[test]
fn a_scan_lists_what_is_there() {
    both(|dialect| {
        let mut config = config(dialect).ap(AccessPoint::new(&b"open,\"\xff"[..], ""));
        for number in 0..12 {
            config = config.ap(AccessPoint::new(format!("0,CLOSED +IPD,0,9: {number}"), "x"));
        }
        let mut rig = Rig::joined(config);
        for _ in 0..2 {
            let mut found = Vec::new();
            rig.modem
                .scan(&mut rig.cx, |it| found.push((it.ssid().to_vec(), it.rssi_dbm, it.is_open)))
                .unwrap();
            assert_eq!(found.len(), 14);
            assert_eq!(found[0], (b"sim".to_vec(), -48, false));
            assert_eq!(found[1], (b"open,\"\xff".to_vec(), -48, true));
            assert_eq!(found[13].0, b"0,CLOSED +IPD,0,9: 11");
        }
        assert_eq!(rig.get("http://192.168.4.20/").unwrap(), "hello");
    });
}

#[test]
fn a_ping_tells_whether_a_host_is_there() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        assert_eq!(rig.modem.ping(&mut rig.cx, HOST.into()), Ok(Some(3)));
        rig.handle.fault(Fault::HostDown, When::Always);
        assert_eq!(rig.modem.ping(&mut rig.cx, HOST.into()), Ok(None));
    });
}

#[test]
fn leaving_ends_it() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        rig.modem.leave(&mut rig.cx).unwrap();
        assert!(matches!(rig.modem.link_status(), LinkStatus::Disconnected(_)));
        rig.modem.restart(&mut rig.cx).unwrap();
        assert_eq!(rig.get("http://192.168.4.20/"), Err("link_down".into()));
    });
}

#[test]
fn another_baud_rate() {
    both(|dialect| {
        let mut config = config(dialect).baud(115_200);
        config.strict_baud = true;
        let mut rig = Rig::joined(config);
        rig.modem.set_baud_rate(&mut rig.cx, 921_600, |port, rate| port.set_baud(rate)).unwrap();
        assert_eq!(rig.handle.with_modem(|modem| modem.baud()), 921_600);
        assert_eq!(rig.get("http://192.168.4.20/").unwrap(), "hello");
        let refused = rig.modem.set_baud_rate(&mut rig.cx, 1, |_, _| panic!("not changed"));
        assert_eq!(refused, Err(EspAtError::Rejected));
        assert_eq!(rig.get("http://192.168.4.20/").unwrap(), "hello");
    });
}

// ---- TLS ----

#[test]
fn https_is_refused_unless_it_is_asked_for() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect).peer(HOST, 443, canned(HELLO, false)));
        rig.handle.clear_log();
        assert_eq!(rig.get("https://gate.local/"), Err("no_tls".into()));
        assert_eq!(rig.handle.stats().bytes_to_modem, 0);
    });
}

fn with_tls(dialect: Dialect, verification: TlsVerification) -> Rig {
    let config = config(dialect).peer(HOST, 443, canned(HELLO, false));
    let mut rig = Rig::new(config).with_tls(verification);
    rig.join().unwrap();
    rig.handle.clear_log();
    rig
}

#[test]
fn tls_in_the_modem_as_it_was_asked_for() {
    both(|dialect| {
        for (verification, mode) in [(TlsVerification::None, 0), (TlsVerification::Authority, 2)] {
            let mut rig = with_tls(dialect, verification);
            assert_eq!(rig.get("https://gate.local/").unwrap(), "hello");
            assert!(said(&rig, "AT+CIPSTART=0,\"SSL\",\"192.168.4.20\",443"));
            if dialect == Dialect::NonOs17 {
                assert!(said(&rig, &format!("AT+CIPSSLCCONF={mode}")));
                assert!(said(&rig, "AT+CIPSSLSIZE=4096"));
            } else {
                assert!(said(&rig, &format!("AT+CIPSSLCCONF=0,{mode}")));
                assert!(said(&rig, "AT+CIPSSLCSNI=0,\"gate.local\""));
            }
            // And plain HTTP stays plain.
            assert_eq!(rig.get("http://192.168.4.20/").unwrap(), "hello");
            assert!(
                said(&rig, "AT+CIPSTART=1,\"TCP\",\"192.168.4.20\",80")
                    || said(&rig, "AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80")
            );
        }
    });
}

/// What the modem doesn't verify is said of what went over TLS, and of nothing else.
#[test]
fn what_the_modem_doesnt_verify_is_evidence() {
    both(|dialect| {
        for (verification, expected) in [
            (TlsVerification::None, Verification::NotVerified),
            (TlsVerification::Authority, Verification::NameNotVerified),
            (TlsVerification::CommonName, Verification::Verified),
        ] {
            if verification == TlsVerification::CommonName && dialect != Dialect::EspAt2 {
                continue;
            }
            let Rig { mut modem, clock, mut cx, .. } = with_tls(dialect, verification);
            let mut client = SafeHttpClient::new(&mut modem, &clock);
            let mut online = client.wait_online(&mut cx).unwrap();
            for (url, expected) in
                [("https://gate.local/", expected), ("http://192.168.4.20/", Verification::Unknown)]
            {
                let mut response = online.get(url, [0; 512]).send().unwrap();
                assert_eq!(response.read_to_str().unwrap(), "hello");
                assert_eq!(response.evidence().verification, expected, "{url} {verification:?}");
            }
        }
    });
}

/// The clock that certificates are judged by; it is set again when the modem was reset.
#[test]
fn the_modems_clock_is_set_before_a_verified_connection() {
    both(|dialect| {
        let mut rig = with_tls(dialect, TlsVerification::Authority);
        rig.modem.set(&mut rig.cx, Setting::Sntp(true)).unwrap();
        assert!(said(&rig, "AT+CIPSNTPCFG=1,0"));
        assert_eq!(rig.get("https://gate.local/").unwrap(), "hello");
        rig.handle.clear_log();
        rig.handle.reset();
        let _ = rig.get("https://gate.local/");
        assert_eq!(rig.get("https://gate.local/").unwrap(), "hello");
        assert!(said(&rig, "AT+CIPSNTPCFG=1,0"), "{:?}", rig.handle.sent_lines());
        rig.modem.set(&mut rig.cx, Setting::Sntp(false)).unwrap();
        assert!(said(&rig, "AT+CIPSNTPCFG=0"));
    });
}

/// Firmware that can't compare it, and hosts that are no names, are refused before anything is connected.
#[test]
fn the_certificates_name_is_compared_or_nothing_is_sent() {
    both(|dialect| {
        let mut rig = with_tls(dialect, TlsVerification::CommonName);
        if dialect == Dialect::EspAt2 {
            assert_eq!(rig.get("https://gate.local/").unwrap(), "hello");
            assert!(said(&rig, "AT+CIPSSLCCONF=0,2"));
            assert!(said(&rig, "AT+CIPSSLCCN=0,\"gate.local\""));
            assert!(said(&rig, "AT+CIPSSLCSNI=0,\"gate.local\""));
            rig.handle.clear_log();
        }
        let refused = match dialect {
            Dialect::EspAt2 => rig.get("https://192.168.4.20/"),
            Dialect::NonOs17 | Dialect::Single17 => rig.get("https://gate.local/"),
        };
        assert!(refused.is_err(), "{refused:?}");
        assert!(!rig.handle.sent_lines().iter().any(|line| line.starts_with("AT+CIPSTART")));
    });
}

#[test]
fn tls_that_fails_is_never_tried_in_the_clear() {
    both(|dialect| {
        let mut rig = with_tls(dialect, TlsVerification::None);
        rig.handle.fault(Fault::TlsOutOfMemory, When::Always);
        let error = match dialect {
            Dialect::NonOs17 | Dialect::Single17 => "ConnectFailed",
            // It tells how much memory it has.
            Dialect::EspAt2 => "OutOfMemory { free: 6144 }",
        };
        assert_eq!(rig.get("https://gate.local/"), Err(format!("connect_failed: {error}")));
        rig.handle.clear_faults();
        rig.handle.fault(Fault::AlreadyConnected, When::Nth(1));
        assert_eq!(rig.get("https://gate.local/").unwrap(), "hello");
        rig.handle.reset();
        let _ = rig.get("https://gate.local/");
        assert_eq!(rig.get("https://gate.local/").unwrap(), "hello");
        assert!(!rig.handle.sent_lines().iter().any(|line| line.contains("\"TCP\"")));
    });
}

/// What the modem says late to a connect that was given up isn't taken for an answer to the next.
#[test]
fn tls_is_set_up_anew_for_each_socket() {
    use embedded_nal::nb::Error::WouldBlock;
    let mut rig = with_tls(Dialect::EspAt2, TlsVerification::Authority);
    let remote = at(443);
    let mut old = rig.modem.socket().unwrap();
    rig.modem.secure(&mut old, "old.local").unwrap();
    assert_eq!(rig.modem.connect(&mut old, remote), Err(WouldBlock));
    assert!(said(&rig, "AT+CIPSSLCCONF=0,2"), "and its answer is on its way");
    rig.modem.close(old).unwrap();
    let mut new = rig.modem.socket().unwrap();
    rig.modem.secure(&mut new, "new.local").unwrap();
    block(&rig.clock, Duration::from_secs(9), || rig.modem.connect(&mut new, remote))
        .unwrap()
        .unwrap();
    let lines = rig.handle.sent_lines();
    let set = |line| lines.iter().filter(|it| *it == line).count();
    assert_eq!((set("AT+CIPSSLCCONF=0,2"), set("AT+CIPSSLCSNI=0,\"new.local\"")), (2, 1));
    rig.modem.close(new).unwrap();
}

/// The last one asked for is the one that is answered, also where another was on its way.
#[test]
fn a_task_that_is_asked_for_while_another_runs_takes_its_place() {
    for dialect in Dialect::ALL {
        let mut rig = Rig::joined(config(dialect));
        rig.modem.start_scan();
        // The scan's command leaves.
        assert!(matches!(
            rig.modem.poll_scan(&mut rig.cx),
            Err(embedded_nal::nb::Error::WouldBlock)
        ));
        rig.modem.start_leave();
        let left = (0..100_000).find_map(|_| match rig.modem.poll_leave(&mut rig.cx) {
            Err(embedded_nal::nb::Error::WouldBlock) => None,
            outcome => Some(outcome),
        });
        assert_eq!(left, Some(Ok(())), "{dialect}");
        let said = rig.handle.sent_lines();
        let position = |command: &str| said.iter().position(|line| line.starts_with(command));
        assert!(position("AT+CWLAP") < position("AT+CWQAP"), "{dialect}: {said:?}");
        assert!(position("AT+CWLAP").is_some(), "{dialect}: {said:?}");
    }
}
