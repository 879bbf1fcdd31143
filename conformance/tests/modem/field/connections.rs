//! Connections, names and TLS.

use super::*;

#[test]
fn the_server_closes_an_idle_kept_connection_and_then_a_post() {
    every(|dialect| {
        for passive in [true, false] {
            let factory: esp8266_sim::PeerFactory = std::sync::Arc::new(|| {
                Box::new(|data: &[u8], reply: &mut esp8266_sim::Reply| {
                    if data.ends_with(b"7") {
                        reply.send(HELLO.as_bytes()).close_after(SECOND);
                    }
                })
            });
            let mut config = Config::new(dialect).peer(HOST, 80, factory);
            if !passive {
                config = config.fault(Fault::NoPassiveMode, When::Always);
            }
            let Rig { clock, mut modem, mut cx, handle } = Rig::joined(config);
            let mut client = SafeHttpClient::new(&mut modem, &clock);
            for round in 0..4 {
                let mut online = client.wait_online(&mut cx).unwrap();
                let response = online.post(URL, [0; 512]).body("7").send();
                let mut response = response.unwrap_or_else(|error| {
                    panic!("{dialect} {passive} {round} {error:?} {:#?}", handle.log())
                });
                assert_eq!(response.read_to_str().unwrap(), "hello");
                drop(response);
                clock.0.advance(5 * SECOND);
            }
        }
    });
}

#[test]
fn plus_ipd_tells_totals_each_is_all_that_waits() {
    let script = Script::new(|line| {
        let told: Answers = match line {
            _ if line.starts_with("AT+CIPSTART") => vec![
                (0, "0,CONNECT\r\n\r\nOK\r\n".into()),
                (5, "+IPD,0,1448\r\n".into()),
                (5, "+IPD,0,5038\r\n".into()),
            ],
            _ => return None,
        };
        Some(told)
    });
    let mut left = 5_038;
    let reads = Script::new(move |line| {
        let Some(most) = line.strip_prefix("AT+CIPRECVDATA=0,") else {
            return script.answer_to(line);
        };
        let count = left.min(most.parse::<usize>().unwrap());
        left -= count;
        let data = "x".repeat(count);
        let told = match count {
            0 => "\r\nERROR\r\n".into(),
            _ => format!("+CIPRECVDATA,{count}:{data}\r\nOK\r\n"),
        };
        Some(vec![(0, told)])
    });
    let (mut modem, mut cx) = reads.driver();
    modem.join(&mut cx, "sim", "simsimsim").unwrap();
    let mut socket = modem.socket().unwrap();
    nb::block!(modem.connect(&mut socket, at(80))).unwrap();
    let mut got = 0;
    let mut buffer = [0; 1024];
    while got < 5_038 {
        got += nb::block!(modem.receive(&mut socket, &mut buffer)).unwrap();
    }
    // Nothing is missing, and nothing is asked for that was never there.
    for _ in 0..200 {
        assert_eq!(modem.receive(&mut socket, &mut buffer), Err(nb::Error::WouldBlock));
    }
    assert_eq!(got, 5_038);
    assert!(!modem.has_unread(&mut socket));
}

#[test]
fn cipdomain_ip_unset_is_a_name_that_isnt_resolved() {
    every(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        rig.handle.fault(Fault::IpUnset, When::Always);
        let (cause, confidence, text) =
            get_within(&mut rig, "http://gate.local/", SECOND).unwrap_err();
        assert_eq!((cause, confidence), (Cause::NameNotResolved, Confidence::Likely));
        assert_eq!(text, EspAtError::NameNotFound.to_string());
    });
}

/// And whatever else is said in an address's place.
#[test]
fn cipdomain_without_an_address_is_a_name_that_isnt_resolved() {
    for told in ["(IP unset)", "(null)", "", "\"\"", " ", "2001:db8::1", "\"fe80::1\""] {
        let script = Script::new(move |line| {
            let answer = format!("+CIPDOMAIN:{told}\r\n\r\nOK\r\n");
            line.starts_with("AT+CIPDOMAIN").then(|| vec![(0, answer)])
        });
        let (mut modem, mut cx) = script.driver();
        modem.join(&mut cx, "sim", "simsimsim").unwrap();
        let result = nb::block!(modem.get_host_by_name("gate.local", AddrType::IPv4));
        assert_eq!(result, Err(EspAtError::NameNotFound), "{told:?}");
        let asked = script.sent().iter().filter(|line| line.starts_with("AT+CIPDOMAIN")).count();
        assert_eq!(asked, 1, "{told:?}");
    }
}

/// Beside an address of IPv6, or with a blank.
#[test]
fn cipdomain_with_more_than_an_address_is_resolved() {
    for told in [
        "+CIPDOMAIN: 192.168.4.20",
        "+CIPDOMAIN:192.168.4.20\r\n+CIPDOMAIN:2001:db8::1",
        "+CIPDOMAIN:\"2001:db8::1\"\r\n+CIPDOMAIN:\"192.168.4.20\"",
    ] {
        let script = Script::new(move |line| {
            let answer = format!("{told}\r\n\r\nOK\r\n");
            line.starts_with("AT+CIPDOMAIN").then(|| vec![(0, answer)])
        });
        let (mut modem, mut cx) = script.driver();
        modem.join(&mut cx, "sim", "simsimsim").unwrap();
        let result = nb::block!(modem.get_host_by_name("gate.local", AddrType::IPv4));
        assert_eq!(result, Ok(HOST.into()), "{told:?}");
    }
}

#[test]
fn a_long_name_makes_the_firmware_hang_behind_cipdomain() {
    every(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        rig.handle.fault(Fault::NameHangs, When::Always);
        let name = format!("{}.local", "a".repeat(150));
        let begin = rig.now();
        let outcome =
            block(&rig.clock, 60 * SECOND, || rig.modem.get_host_by_name(&name, AddrType::IPv4));
        let error = EspAtError::FellSilent(AtCommand::Cipdomain);
        assert_eq!(outcome, Some(Err(error)), "{dialect}");
        assert!(rig.now() - begin < 50 * SECOND);
        assert_eq!(error.to_string(), "the modem answered until AT+CIPDOMAIN; silent since");
        // Whatever is asked of it now says the same.
        assert_eq!(rig.modem.rssi(&mut rig.cx), Err(error));
        rig.handle.clear_faults();
        assert!(rig.get_until_ok(URL, 30 * SECOND).1);
    });
}

#[test]
fn cipstart_ssl_error_with_30_000_bytes_free_is_no_want_of_memory() {
    every(|dialect| {
        for (fault, expected) in [
            (Fault::SslError, EspAtError::ConnectFailed),
            (Fault::TlsOutOfMemory, EspAtError::OutOfMemory { free: 6_144 }),
        ] {
            let config = config(dialect).peer(HOST, 443, canned(HELLO, false));
            let mut rig = Rig::new(config).with_tls(TlsVerification::Authority);
            rig.join().unwrap();
            rig.handle.fault(fault, When::Always);
            let (cause, confidence, text) =
                get_within(&mut rig, "https://gate.local/", SECOND).unwrap_err();
            println!("{dialect} {fault}: {cause:?} {confidence:?} {text}");
            // NonOS isn't asked for its memory.
            let expected = match dialect {
                Dialect::EspAt2 => expected,
                _ => EspAtError::ConnectFailed,
            };
            assert_eq!(text, expected.to_string());
            assert_eq!(rig.get(URL).as_deref(), Ok("hello"), "plain TCP works");
        }
    });
}
