//! What the driver says of its modem: whether it is busy, who answers, how strong the signal is, whether there is
//! a DNS server, and memory for TLS.

use super::*;

// ---- Its status ----

#[test]
fn it_is_busy_with_what_was_given_up_until_that_is_over() {
    both(|dialect| {
        // A connect.
        let mut rig = Rig::joined(config(dialect));
        let mut socket = rig.modem.socket().unwrap();
        let dead = SocketAddr::from((DEAD, 80));
        let connects = block(&rig.clock, 5 * SECOND, || rig.modem.connect(&mut socket, dead));
        assert!(connects.is_none() && !is_busy(&rig), "its caller waits");
        rig.modem.close(socket).unwrap();
        assert!(is_busy(&rig));
        rig.poll(6 * SECOND);
        assert!(is_busy(&rig));
        rig.poll(2 * SECOND);
        assert!(!is_busy(&rig));

        // A ping, when another host is asked, or something else has to wait.
        assert!(
            block(&rig.clock, SECOND, || Diagnostics::ping(&mut rig.modem, DEAD.into())).is_none()
        );
        assert!(!is_busy(&rig));
        assert_eq!(Diagnostics::ping(&mut rig.modem, GATEWAY.into()), Err(nb::Error::WouldBlock));
        assert!(is_busy(&rig));
        assert_eq!(ping(&mut rig, GATEWAY), Ok(Some(3)));
        assert!(!is_busy(&rig));
        assert!(
            block(&rig.clock, SECOND, || Diagnostics::ping(&mut rig.modem, DEAD.into())).is_none()
        );
        let mut socket = rig.modem.socket().unwrap();
        let host = at(80);
        assert_eq!(rig.modem.connect(&mut socket, host), Err(nb::Error::WouldBlock));
        assert!(is_busy(&rig));
        block(&rig.clock, 5 * SECOND, || rig.modem.connect(&mut socket, host)).unwrap().unwrap();
        assert!(!is_busy(&rig));
        rig.modem.close(socket).unwrap();

        // A name.
        rig.handle.fault(Fault::GatewayDown, When::Always);
        let Rig { modem, clock, .. } = &mut rig;
        let mut resolve = |name, most| {
            let outcome =
                block(clock, most, || modem.get_host_by_name(name, AddrType::IPv4)).is_some();
            (outcome, modem.status().pending == StackFault::Busy)
        };
        assert_eq!(resolve("a.example", SECOND), (false, false), "its caller waits");
        assert_eq!(resolve("b.example", SECOND), (false, true), "for another's");
        assert_eq!(resolve("b.example", 10 * SECOND), (true, false));
    });
}

/// A command that got `busy p...`, and whose caller has gone: an `AT` tells when the modem is free, and
/// that it never will be.
#[test]
fn a_modem_that_was_busy_when_last_asked_is_asked_again() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        rig.handle.fault(Fault::BusyForever, When::Nth(1));
        let mut socket = rig.modem.socket().unwrap();
        let host = at(80);
        assert!(block(&rig.clock, SECOND, || rig.modem.connect(&mut socket, host)).is_none());
        assert!(is_busy(&rig));
        rig.modem.close(socket).unwrap();
        rig.handle.clear_log();
        rig.poll(20 * SECOND);
        assert!(is_busy(&rig));
        let asked = rig.count("AT");
        assert!((20..=40).contains(&asked), "{asked}");
        rig.poll(10 * SECOND);
        assert!(!is_busy(&rig));
        assert_eq!(rig.modem.resets(), 1);
        assert_eq!(rig.get(BY_NAME).unwrap(), "hello");
    });
}

/// What the firmware begins with, and what was set and taken.
#[test]
fn the_radio_sleeps_unless_it_was_told_not_to() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        let sleeps = |rig: &Rig| rig.modem.status().radio_sleeps;
        assert!(sleeps(&rig));
        for (sleep, expected) in
            [(Sleep::Off, false), (Sleep::Modem, true), (Sleep::Light, true), (Sleep::Off, false)]
        {
            rig.modem.set(&mut rig.cx, Setting::Sleep(sleep)).unwrap();
            assert_eq!(sleeps(&rig), expected);
        }
        // A reset ends it, until it is set again.
        rig.handle.reset();
        while rig.modem.resets() == 0 {
            rig.modem.poll_network();
        }
        assert!(sleeps(&rig));
        rig.poll(SECOND);
        assert!(!sleeps(&rig));
    });
}

// ---- Pings and signal ----

#[test]
fn a_ping_tells_who_is_there() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        assert_eq!(ping(&mut rig, HOST), Ok(Some(3)));
        assert_eq!(ping(&mut rig, GATEWAY), Ok(Some(3)));
        assert_eq!(ping(&mut rig, DEAD), Ok(None));
        assert_eq!(ping(&mut rig, Ipv4Addr::LOCALHOST.to_ipv6_mapped()), Err(NoPing));
        assert_eq!(rig.count("AT+PING="), 3);
        // Nothing of it is the last answer.
        assert!(!rig.modem.last_answer().ends_with(b"ERROR\r\n"));
        // An `ERROR` at once is no silence: here there is no address.
        rig.handle.ap_down("sim");
        assert_eq!(ping(&mut rig, GATEWAY), Err(NoPing));
        rig.handle.fault(Fault::SilentModem, When::Always);
        assert_eq!(ping(&mut rig, GATEWAY), Err(NoPing));
    });
}

#[test]
fn a_ping_of_another_host_forgets_the_first() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        let begin = rig.now();
        assert!(
            block(&rig.clock, SECOND, || Diagnostics::ping(&mut rig.modem, DEAD.into())).is_none()
        );
        // The firmware can't be interrupted. What it says of the first is nobody's.
        assert_eq!(ping(&mut rig, HOST), Ok(Some(3)));
        assert!(rig.now() - begin < 5 * SECOND);
        // There and back again, while the first is still out.
        assert!(
            block(&rig.clock, SECOND, || Diagnostics::ping(&mut rig.modem, DEAD.into())).is_none()
        );
        assert_eq!(Diagnostics::ping(&mut rig.modem, HOST.into()), Err(nb::Error::WouldBlock));
        assert_eq!(ping(&mut rig, DEAD), Ok(None));
        // An answer that nobody came for is too old for whoever asks later.
        assert!(
            block(&rig.clock, SECOND, || Diagnostics::ping(&mut rig.modem, DEAD.into())).is_none()
        );
        rig.poll(20 * SECOND);
        rig.handle.set_host(DEAD, esp8266_sim::HostState::Refusing);
        assert_eq!(ping(&mut rig, DEAD), Ok(Some(3)));
    });
}

#[test]
fn a_ping_that_was_given_up_only_delays_what_follows() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        for _ in 0..3 {
            assert!(
                block(&rig.clock, SECOND, || Diagnostics::ping(&mut rig.modem, DEAD.into()))
                    .is_none()
            );
            let begin = rig.now();
            assert_eq!(rig.get(BY_NAME).unwrap(), "hello");
            assert!(rig.now() - begin < 4 * SECOND);
            assert_eq!(rig.modem.rssi(&mut rig.cx), Ok(Some(-48)));
        }
    });
}

#[test]
fn the_signal_is_measured_now() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        let signal = |rig: &mut Rig| {
            block(&rig.clock, 20 * SECOND, || rig.modem.signal_strength()).unwrap().unwrap()
        };
        assert_eq!(signal(&mut rig), Some(-48));
        rig.handle.with_modem(|modem| modem.config_mut().access_points[0].rssi = -81);
        assert_eq!(signal(&mut rig), Some(-81));
        assert!(matches!(rig.modem.link_status(), LinkStatus::Up(ip) if ip.rssi_dbm == Some(-81)));
        rig.handle.ap_down("sim");
        assert_eq!(signal(&mut rig), None);
        rig.handle.fault(Fault::SilentModem, When::Always);
        assert_eq!(signal(&mut rig), None);
    });
}

// ---- DNS servers ----

/// `AT+CIPDNS?`, once after the address, which is part of the join.
#[test]
fn whether_a_dns_server_is_set_is_known_with_the_address() {
    both(|dialect| {
        let zero = || Setting::DnsServers(&[Ipv4Addr::UNSPECIFIED]);
        let address = Ipv4Addr::new(192, 168, 4, 77);
        let netmask = Ipv4Addr::new(255, 255, 255, 0);
        let fixed = || Setting::StaticAddress { address, gateway: GATEWAY, netmask };
        for (what, settings, expected, queries) in [
            ("DHCP", vec![], true, 1),
            // What is amiss is asked twice.
            ("a static address", vec![fixed()], false, 2),
            ("and a server", vec![fixed(), Setting::DnsServers(&[GATEWAY])], true, 1),
            ("and 0.0.0.0", vec![fixed(), zero()], false, 2),
        ] {
            let mut rig = Rig::new(config(dialect));
            for setting in settings {
                rig.modem.set(&mut rig.cx, setting).unwrap();
            }
            let ip = rig.join().unwrap();
            assert_eq!(ip.has_dns, Some(expected), "{what} {dialect}");
            let query = if dialect == Dialect::NonOs17 { "AT+CIPDNS_CUR?" } else { "AT+CIPDNS?" };
            assert_eq!(rig.count(query), queries, "{what} {dialect}");
            // Nothing is asked behind it.
            rig.handle.clear_log();
            rig.poll(20 * SECOND);
            assert_eq!(rig.handle.sent_lines(), [""; 0]);
        }
    });
}

#[test]
fn a_name_without_a_dns_server_is_refused_before_a_command_is_sent() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect).fault(Fault::NoDnsServer, When::Always));
        rig.handle.clear_log();
        assert_eq!(rig.get(BY_NAME), Err("no_dns_server".into()));
        assert_eq!(rig.handle.sent_lines(), [""; 0]);
        assert_eq!(rig.get(BY_ADDRESS).unwrap(), "hello");
        // Set by hand: it is known at once.
        rig.handle.clear_faults();
        rig.modem.set(&mut rig.cx, Setting::DnsServers(&[GATEWAY])).unwrap();
        rig.poll(SECOND);
        assert_eq!(rig.get(BY_NAME).unwrap(), "hello");
    });
}

/// Servers come and go with DHCP, and nothing tells.
#[test]
fn a_dns_server_that_comes_or_goes_later_is_noticed() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        rig.handle.fault(Fault::NoDnsServer, When::Always);
        assert_eq!(rig.get(BY_NAME), Err("name_not_resolved: NameNotFound".into()));
        rig.poll(SECOND);
        assert_eq!(has_dns(&mut rig), Some(false));
        assert_eq!(rig.get(BY_NAME), Err("no_dns_server".into()));
        rig.handle.clear_faults();
        rig.poll(10 * SECOND);
        assert_eq!(has_dns(&mut rig), Some(false));
        rig.poll(SECOND);
        assert_eq!(has_dns(&mut rig), Some(true));
    });
}

#[test]
fn what_the_modem_does_not_tell_is_not_known() {
    both(|dialect| {
        // One lost answer is got over, and two are no word of it.
        // Behind each comes the `?` that finds it out.
        let lost = |count: usize| {
            (1..40).find_map(|nth| {
                let each = (nth..).step_by(2).take(count);
                let config = each.fold(config(dialect), |config, nth| {
                    config.fault(Fault::LostAnswer, When::Nth(nth))
                });
                let mut rig = Rig::new(config);
                rig.join().ok()?;
                (rig.count("AT+CIPDNS") == 2).then(|| has_dns(&mut rig))
            })
        };
        assert_eq!((lost(1), lost(2)), (Some(Some(true)), Some(None)));
        let mut known = Vec::new();
        for byte in 0..60 {
            // A bit flipped anywhere in the answer: never a server too few.
            let begin = Rig::joined(config(dialect).booted());
            let produced = begin.handle.produced();
            drop(begin);
            let mut rig = Rig::new(config(dialect).booted());
            rig.handle.edit_output(produced - 60 + byte, esp8266_sim::Edit::Flip(0x40));
            if rig.join().is_ok() {
                known.push(has_dns(&mut rig));
            }
        }
        assert!(known.contains(&Some(true)) && !known.contains(&Some(false)), "{known:?}");
    });
}

// ---- Memory for TLS ----

#[test]
fn too_little_memory_for_tls_is_told_before_a_packet_is_sent() {
    use Dialect::{EspAt2, NonOs17};
    let short = |free| Err(format!("connect_failed: OutOfMemory {{ free: {free} }}"));
    let ok = || Ok("hello".to_owned());
    for (dialect, free, check, fails, expected, asked, dialled) in [
        (EspAt2, 30_208, true, false, ok(), 1, 1),
        (EspAt2, 10_240, true, false, ok(), 1, 1),
        (EspAt2, 10_239, true, false, short(10_239), 1, 0),
        // Switched off, the connect goes out.
        (EspAt2, 10_239, false, false, ok(), 0, 1),
        // Where it fails, what is free is evidence.
        (EspAt2, 6_144, false, true, short(6_144), 1, 1),
        (EspAt2, 6_144, true, true, short(6_144), 1, 0),
        // NonOS isn't asked.
        (NonOs17, 6_144, true, false, ok(), 0, 1),
        (NonOs17, 6_144, true, true, Err("connect_failed: ConnectFailed".into()), 0, 1),
    ] {
        let what = format!("{dialect}, {free} bytes, check: {check}, fails: {fails}");
        let mut config = config(dialect).peer(HOST, 443, canned(HELLO, false));
        config.free_ram = free;
        let mut rig = Rig::new(config).with_tls(TlsVerification::None);
        if !check {
            rig.modem = rig.modem.without_memory_check();
        }
        rig.join().unwrap();
        if fails {
            rig.handle.fault(Fault::TlsOutOfMemory, When::Always);
        }
        assert_eq!(rig.get("https://gate.local/"), expected, "{what}");
        let counts = (rig.count("AT+SYSRAM?"), rig.count("AT+CIPSTART=0,\"SSL\""));
        assert_eq!(counts, (asked, dialled), "{what}");
        // Plain connections need none.
        assert_eq!(rig.get(BY_ADDRESS).unwrap(), "hello");
        assert_eq!(rig.count("AT+SYSRAM?"), asked, "{what}");
    }
}

/// A refused port isn't a want of memory.
#[test]
fn tls_that_is_refused_with_memory_left_is_refused() {
    let mut rig = Rig::new(config(Dialect::EspAt2)).with_tls(TlsVerification::None);
    rig.join().unwrap();
    rig.handle.fault(Fault::PortRefused, When::Always);
    assert_eq!(rig.get("https://gate.local/"), Err("connect_failed: ConnectFailed".into()));
    assert_eq!(rig.count("AT+SYSRAM?"), 2);
    let found = fails(&mut rig, "https://gate.local/");
    assert_eq!(found.words, "ERROR 0,CLOSED");
    rig.handle.clear_faults();
    rig.handle.fault(Fault::NoMoreLinks, When::Always);
    assert_eq!(fails(&mut rig, "https://gate.local/").fault, StackFault::NotDialled);
}
