//! A start-up that begins in any state.

use super::*;

/// What a modem is at when its host begins.
#[test]
fn a_start_up_begins_in_any_state() {
    type State = fn(&mut Rig);
    let states: [(&str, State); 9] = [
        ("modem expects 500 more bytes of a send", |rig| begin_send(rig, 1_000, 500)),
        ("modem expects 1 more byte of a send", |rig| begin_send(rig, 9, 8)),
        ("modem expects 2,048 more bytes of a send", |rig| begin_send(rig, 2_048, 0)),
        ("in the middle of a command", |rig| write(rig, b"AT+CWMO")),
        ("in the middle of a long line", |rig| write(rig, &[b'x'; 190])),
        ("in the middle of an answer", |rig| write(rig, b"AT+GMR\r\nAT+CWLAP\r\n")),
        ("busy with a connect to a dead host", |rig| {
            rig.handle.fault(Fault::Firewall, When::Nth(1));
            write(rig, b"AT+CIPSTART=1,\"TCP\",\"192.168.4.20\",80\r\n");
        }),
        ("echoing", |rig| write(rig, b"ATE1\r\n")),
        ("a late answer", |rig| {
            rig.handle.fault(Fault::LateAnswer, When::Nth(1));
            write(rig, b"AT+GMR\r\n");
        }),
    ];
    for (state, begin) in states {
        for deaf in [false, true] {
            every(|dialect| {
                let mut rig = Rig::joined(config(dialect));
                if deaf {
                    rig.handle.fault(Fault::DeafWhileBusy, When::Always);
                }
                begin(&mut rig);
                let mut rig = rig.host_restarts();
                let begin = rig.now();
                let joined = rig.join();
                let what = format!("{state} {dialect} {joined:?} {:#?}", rig.handle.log());
                assert!(joined.is_ok(), "{what}");
                assert!(rig.now() - begin < 25 * SECOND, "{what}");
                let firmware = rig.modem.firmware().unwrap();
                assert_eq!(firmware.to_string(), dialect.default_version().to_string(), "{what}");
                assert_eq!(rig.get(URL).as_deref(), Ok("hello"), "{what}");
                rig.wrote_no_flash();
            });
        }
    }
}

fn write(rig: &mut Rig, bytes: &[u8]) {
    rig.modem.serial_mut().write_all(bytes).unwrap();
}

fn begin_send(rig: &mut Rig, length: usize, sent: usize) {
    write(rig, b"AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",7\r\n");
    rig.clock.0.advance(50 * MS);
    write(rig, format!("AT+CIPSEND=0,{length}\r\n").as_bytes());
    rig.clock.0.advance(5 * MS);
    write(rig, &vec![b'x'; sent]);
}

#[test]
fn another_baud_rate_ends_as_no_answer_and_is_got_over() {
    every(|dialect| {
        let mut rig = Rig::new(config(dialect).booted().fault(Fault::WrongBaudRate, When::Always));
        assert_eq!(rig.join(), Err(JoinError::Modem(EspAtError::NoAnswer)));
        rig.handle.clear_faults();
        rig.poll(5 * SECOND);
        assert!(rig.join().is_ok(), "{dialect} {:#?}", rig.handle.log());
        rig.wrote_no_flash();
    });
}

#[test]
fn a_modem_in_data_mode_gets_plus_plus_plus_alone_before_it_is_called_silent() {
    every(|dialect| {
        for fault in [None, Some(Fault::DataMode)] {
            let mut config = config(dialect);
            config.data_mode = true;
            config.boots = false;
            if let Some(fault) = fault {
                config = config.fault(fault, When::Always);
            }
            let mut rig = Rig::new(config);
            let joined = rig.join();
            assert!(joined.is_ok(), "{dialect} {joined:?} {:#?}", rig.handle.log());
            assert_eq!(rig.get(URL).as_deref(), Ok("hello"));
            // Two tries of `ATE0`, and nothing else.
            assert_eq!(rig.handle.stats().passed_through, 12);
            // Each boot of a saved link begins like this.
            if fault.is_some() {
                rig.handle.reset();
                assert!(rig.get_until_ok(URL, 20 * SECOND).1, "{:#?}", rig.handle.log());
            }
            rig.wrote_no_flash();
        }
    });
}

/// Whatever a restart of host or modem meets.
#[test]
fn no_restart_writes_flash() {
    for dialect in Dialect::WITH_SINGLE {
        for fault in [
            Fault::LostAnswer,
            Fault::LateAnswer,
            Fault::BusyAfterOk,
            Fault::ResetOnCommand,
            Fault::LostByte,
            Fault::FlippedBit,
            Fault::CutAnswer,
            Fault::UnsolicitedLine,
        ] {
            for nth in 1..=24 {
                let mut rig = Rig::new(config(dialect).fault(fault, When::Nth(nth)));
                let _ = rig.join();
                let mut rig = rig.host_restarts();
                rig.handle.fault(fault, When::Nth(nth));
                let _ = rig.join();
                rig.handle.reset();
                rig.poll(5 * SECOND);
                rig.wrote_no_flash();
            }
        }
    }
}

/// ESP-AT 2.0 saves what a caller's join was given, and has no other way. A restart joins what was saved.
#[test]
fn where_a_join_saves_the_drivers_own_doesnt() {
    let mut config = config(Dialect::EspAt2);
    config.version = "2.0.0".parse().unwrap();
    let mut rig = Rig::joined(config);
    assert_eq!(rig.handle.stats().flash_writes, 1);
    rig.handle.clear_log();
    rig.handle.reset();
    assert!(rig.get_until_ok(URL, 30 * SECOND).1);
    rig.handle.drop_wifi();
    assert!(rig.get_until_ok(URL, 60 * SECOND).1);
    assert_eq!(rig.count("AT+CWJAP="), 0);
    assert_eq!(rig.handle.stats().flash_writes, 1);
}

/// The same for what it was set to.
#[test]
fn where_a_setting_is_saved_a_restart_doesnt_save_it_again() {
    for (version, again) in [("2.0.0", 0), ("2.2.1", 1)] {
        let mut config = config(Dialect::EspAt2);
        config.version = version.parse().unwrap();
        let mut rig = Rig::joined(config);
        for setting in [
            Setting::Hostname("sensor"),
            Setting::Sntp(true),
            Setting::DnsServers(&[[192, 168, 4, 1].into()]),
            Setting::Dhcp,
        ] {
            rig.modem.set(&mut rig.cx, setting).unwrap();
        }
        rig.handle.clear_log();
        rig.handle.reset();
        assert!(rig.get_until_ok(URL, 30 * SECOND).1);
        for command in ["AT+CWDHCP=", "AT+CIPDNS=", "AT+CIPSNTPCFG="] {
            assert_eq!(rig.count(command), again, "{version} {command}");
        }
        // Its RAM alone has the name.
        assert_eq!(rig.count("AT+CWHOSTNAME="), 1, "{version}");
    }
}

/// The `ready` of a reset may be garbled, or be taken for the rest of data that were on their way. An echo tells.
#[test]
fn a_reset_whose_ready_is_lost_is_noticed_by_the_echo() {
    every(|dialect| {
        for passive in [true, false] {
            let mut config = config(dialect);
            if !passive {
                config = config.fault(Fault::NoPassiveMode, When::Always);
            }
            let mut rig = Rig::joined(config);
            let mut socket = rig.connected(80);
            rig.handle.inject(b"+IPD,0,1400:abc");
            rig.poll(2 * MS);
            rig.handle.reset();
            let end = loop {
                match rig.receive(&mut socket, 64) {
                    Some(Ok(data)) if !data.is_empty() => {}
                    end => break end,
                }
            };
            assert_eq!(end, Some(Err(EspAtError::Corrupted)), "{dialect} {passive}");
            rig.modem.close(socket).unwrap();
            let (tries, ok) = rig.get_until_ok(URL, 60 * SECOND);
            assert!(ok && tries < 3, "{dialect} {passive} {tries} {:#?}", rig.handle.log());
            assert_eq!(rig.modem.resets(), 1);
            rig.wrote_no_flash();
        }
    });
}

/// A bare `OK`, an `ERROR`, or another command's line isn't a version.
#[test]
fn nothing_is_taken_for_a_version_but_a_version_line() {
    for wrong in
        ["\r\nOK\r\n", "\r\nERROR\r\n", "STATUS:5\r\n\r\nOK\r\n", "SDK version:3.0\r\n\r\nOK\r\n"]
    {
        for times in 1..=3 {
            let mut left = times;
            let script = Script::new(move |line| match line {
                "AT+GMR" if left > 0 => {
                    left -= 1;
                    Some(vec![(0, wrong.into())])
                }
                "AT+SYSSTORE=0" => Some(vec![(0, "\r\nERROR\r\n".into())]),
                _ => None,
            });
            let (mut modem, mut cx) = script.driver();
            modem.join(&mut cx, "sim", "simsimsim").unwrap();
            assert_eq!(modem.firmware().unwrap().to_string(), "1.7.4", "{wrong:?}");
            let sent = script.sent();
            assert!(!sent.iter().any(|line| line.starts_with("AT+CWMODE=")), "{sent:?}");
            assert!(!sent.iter().any(|line| line.starts_with("AT+CWJAP=")), "{sent:?}");
        }
    }
}
