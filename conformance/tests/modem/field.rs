//! What people who do this job reported, and what a real firmware of the 1.7 dialect did: a row each, by
//! its words, with the right value, and relatives of it.

use crate::rig::*;
use crate::script::{Answers, Script};
use embedded_io::Write;
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use esp8266_sim::{Config, Dialect, Fault, When, canned};
use safe_http_client::esp_at::{AtCommand, EspAtError, JoinError, TlsVerification};
use safe_http_client::{
    Cause, Confidence, DisconnectReason, ErrorKind, Link, LinkStatus, Network, SafeHttpClient,
};
use std::net::SocketAddr;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const URL: &str = "http://192.168.4.20/";

fn every(test: impl Fn(Dialect)) {
    Dialect::WITH_SINGLE.into_iter().for_each(test);
}

impl Rig {
    fn pass(&mut self, time: Duration) {
        let begin = self.now();
        while self.now() - begin < time {
            self.modem.poll_network();
        }
    }

    fn is_up(&mut self) -> bool {
        matches!(self.modem.link_status(), LinkStatus::Up(_))
    }

    /// Polls until it is up; how long that took.
    fn up_within(&mut self, most: Duration) -> Option<Duration> {
        let begin = self.now();
        while self.now() - begin < most {
            if self.is_up() {
                return Some(self.now() - begin);
            }
        }
        None
    }

    fn count(&self, command: &str) -> usize {
        self.handle.sent_lines().iter().filter(|line| line.starts_with(command)).count()
    }

    /// A GET with these deadlines, and what a diagnosis says of its failure.
    fn get_within(
        &mut self,
        url: &str,
        most: Duration,
    ) -> Result<String, (Cause, Confidence, String)> {
        let Rig { modem, clock, cx, .. } = self;
        let mut client = SafeHttpClient::new(modem, &*clock);
        let mut online = client.wait_online(cx).unwrap();
        let request = online.get(url, [0; 512]).connect_timeout(most).resolve_timeout(most);
        let outcome = request.send().map(|mut response| response.read_to_str().unwrap().to_owned());
        let error = match outcome {
            Ok(body) => return Ok(body),
            Err(error) => error,
        };
        let text = match &error.kind {
            ErrorKind::Connect(error) | ErrorKind::Resolve(error) => error.to_string(),
            _ => error.code().to_owned(),
        };
        let diagnosis = client.diagnosis(&error);
        Err((diagnosis.cause(), diagnosis.confidence(), text))
    }

    /// The host is reset: another driver at the same modem.
    fn host_restarts(self) -> Rig {
        let Rig { handle, clock, mut modem, cx } = self;
        let port = modem.serial_mut().clone();
        handle.clear_log();
        Rig { modem: Driver::new(port, clock.clone()), handle, clock, cx }
    }

    #[track_caller]
    fn wrote_no_flash(&self) {
        assert_eq!(self.handle.stats().flash_writes, 0, "{:#?}", self.handle.log());
    }
}

// ---- A firmware that is deaf while it works ----

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
            let got = rig.get_within(URL, most * SECOND);
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
            let peer = SocketAddr::from((HOST, 80));
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
            let Rig { handle, clock, modem, cx } = Rig::new(config);
            let modem = modem.with_tls(TlsVerification::None);
            let mut rig = Rig { modem, handle, clock, cx };
            rig.join().unwrap();
            rig.handle.fault(Fault::DeafWhileBusy, When::Always);
            rig.handle.fault(Fault::SlowConnect, When::Nth(1));
            let got = rig.get_within("https://gate.local/", 20 * SECOND);
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
        let got = rig.get_within("http://gate.local/", 20 * SECOND);
        assert_eq!(got, Ok("hello".into()), "{dialect}");
        // Given up meanwhile: the next name's answer isn't taken for it.
        rig.handle.fault(Fault::DnsSlow, When::Nth(1));
        let got = rig.get_within("http://gate.local/", 3 * SECOND);
        assert!(got.is_err());
        let got = rig.get_within("http://nobody.local/", 20 * SECOND);
        assert!(matches!(got, Err((Cause::NameNotResolved, ..))), "{got:?}");
    });
}

// ---- A start-up that begins in any state ----

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
        rig.pass(5 * SECOND);
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
                rig.pass(5 * SECOND);
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

// ---- The access point ----

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
            rig.pass(away * SECOND);
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
        rig.pass(100 * SECOND);
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
        rig.pass(60 * SECOND);
        assert_eq!(rig.modem.link_status(), LinkStatus::NoAddress);
        let tries = rig.count("AT+RST");
        assert!((3..=12).contains(&tries), "with pauses: {tries}");
        assert_eq!(rig.handle.stats().resets, 0);
        let error = rig.modem.rssi(&mut rig.cx).unwrap_err();
        assert_eq!(error, EspAtError::TakesNoRestart);
        assert!(error.to_string().contains("takes no restart"));
        rig.handle.clear_faults();
        rig.pass(40 * SECOND);
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
        let peer = SocketAddr::from((HOST, 80));
        let got = block(&rig.clock, 60 * SECOND, || rig.modem.connect(&mut socket, peer));
        assert_eq!(got, Some(Err(EspAtError::Wedged)));
        assert!(!EspAtError::Wedged.to_string().contains("was restarted"));
        rig.modem.close(socket).unwrap();
        rig.pass(30 * SECOND);
        let mut socket = rig.modem.socket().unwrap();
        let got = block(&rig.clock, 60 * SECOND, || rig.modem.connect(&mut socket, peer));
        assert_eq!(got, Some(Err(EspAtError::TakesNoRestart)));
        rig.modem.close(socket).unwrap();
        // Its supply is switched.
        rig.handle.clear_faults();
        rig.handle.reset();
        assert!(rig.get_until_ok(URL, 20 * SECOND).1);
    });
}

// ---- Connections ----

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
    use safe_http_client::esp_at::EspAt;
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
            return (script_answer(&script, line), ()).0;
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
    let mut modem: EspAt<_, _> = EspAt::new(reads.clone(), reads.clone());
    let mut cx = cx();
    modem.join(&mut cx, "sim", "simsimsim").unwrap();
    let mut socket = modem.socket().unwrap();
    nb::block!(modem.connect(&mut socket, SocketAddr::from((HOST, 80)))).unwrap();
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

fn script_answer(script: &Script, line: &str) -> Option<Answers> {
    script.answer_to(line)
}

#[test]
fn cipdomain_ip_unset_is_a_name_that_isnt_resolved() {
    every(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        rig.handle.fault(Fault::IpUnset, When::Always);
        let (cause, confidence, text) = rig.get_within("http://gate.local/", SECOND).unwrap_err();
        assert_eq!((cause, confidence), (Cause::NameNotResolved, Confidence::Likely));
        assert_eq!(text, EspAtError::NameNotFound.to_string());
    });
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
            let Rig { handle, clock, modem, cx } = Rig::new(config);
            let modem = modem.with_tls(TlsVerification::Authority);
            let mut rig = Rig { modem, handle, clock, cx };
            rig.join().unwrap();
            rig.handle.fault(fault, When::Always);
            let (cause, confidence, text) =
                rig.get_within("https://gate.local/", SECOND).unwrap_err();
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

// ---- Old and foreign firmwares ----

#[test]
fn at_0_9_answers_and_is_named_with_what_is_needed() {
    for (version, told) in [("0.9.2", "0.9"), ("0.9.5", "0.9")] {
        let mut rig = Rig::new(config(Dialect::NonOs17).version(version.parse().unwrap()));
        let error = rig.join().unwrap_err();
        let text = error.to_string();
        let JoinError::Modem(EspAtError::UnfitFirmware { refused, .. }) = error else {
            panic!("{error:?} {:#?}", rig.handle.log());
        };
        assert_eq!(refused, AtCommand::Cwmode);
        assert!(
            text.contains(told) && text.contains("1.7") && text.contains("AT+CWMODE"),
            "{text}"
        );
        assert!(!text.contains("wiring") && !rig.modem.is_silent(), "{text}");
        rig.pass(60 * SECOND);
        assert!(!rig.modem.is_silent());
        rig.wrote_no_flash();
    }
}

/// By address it works, in active mode; its names can't be had.
#[test]
fn at_0_40_does_what_it_can() {
    let mut rig = Rig::joined(config(Dialect::NonOs17).version("0.40.0".parse().unwrap()));
    assert_eq!(rig.modem.is_passive(), Some(false));
    assert_eq!(rig.get(URL).as_deref(), Ok("hello"));
    let (_, _, text) = rig.get_within("http://gate.local/", SECOND).unwrap_err();
    assert!(text.contains("0.40") && text.contains("AT+CIPDOMAIN"), "{text}");
    rig.wrote_no_flash();
}

/// `ERROR`, a line without `OK`, or nothing, to all but `AT`, `ATE` and `GMR`.
#[test]
fn a_foreign_firmware_is_named_by_what_it_refused() {
    for refusal in ["\r\nERROR\r\n", "\r\nno this fun\r\n", "unknown command\r\n"] {
        for gmr in [
            "\r\nOK\r\n",
            "my firmware 3\r\n\r\nOK\r\n",
            "\r\nERROR\r\n",
            "AT version:1.3.0.0(x)\r\n\r\nOK\r\n",
        ] {
            let script = Script::new(move |line| {
                Some(vec![(
                    0,
                    match line {
                        "AT" | "ATE0" => "\r\nOK\r\n".into(),
                        "AT+GMR" => gmr.into(),
                        _ => refusal.into(),
                    },
                )])
            });
            let (mut modem, mut cx) = script.driver();
            let error = modem.join(&mut cx, "sim", "simsimsim").unwrap_err();
            let text = error.to_string();
            let what = format!("{refusal:?} {gmr:?}: {text} {:?}", script.sent());
            assert!(matches!(error, JoinError::Modem(EspAtError::UnfitFirmware { .. })), "{what}");
            assert!(text.contains("answers") && text.contains("AT+CWMODE"), "{what}");
            assert!(!modem.is_silent(), "{what}");
        }
    }
}

// ---- Names, strengths, scans ----

#[test]
fn cwjap_is_read_from_the_end_and_a_strength_is_negative() {
    for (line, rssi) in [
        (r#"+CWJAP:"a"b","02:00:00:00:00:01",6,-48,0,1,3,0,1"#, Some(-48)),
        (r#"+CWJAP:"a,6",-1,"b","02:00:00:00:00:01",6,-48"#, Some(-48)),
        (r#"+CWJAP_CUR:"a\"b","02:00:00:00:00:01",6,-48"#, Some(-48)),
        (r#"+CWJAP_CUR:"a","02:00:00:00:00:01",13,-90"#, Some(-90)),
        (r#"+CWJAP:"","02:00:00:00:00:01",6,-48"#, Some(-48)),
        (r#"+CWJAP:"a","02:00:00:00:00:01",6,6"#, None),
        (r#"+CWJAP:"a","02:00:00:00:00:01",6"#, None),
        ("No AP", None),
    ] {
        let script = Script::new(move |asked| {
            (asked == "AT+CWJAP_CUR?").then(|| vec![(0, format!("{line}\r\n\r\nOK\r\n"))])
        });
        let (mut modem, mut cx) = script.driver();
        modem.join(&mut cx, "sim", "simsimsim").unwrap();
        assert_eq!(modem.rssi(&mut cx), Ok(rssi), "{line}");
    }
}

#[test]
fn cwlap_of_all_firmwares_field_counts_is_found() {
    for (line, ssid, rssi, channel) in [
        (r#"(3,"a"b",-40,"02:00:00:00:00:01",9)"#, r#"a"b"#, -40, 9),
        (r#"(3,"a",-40,"02:00:00:00:00:01",9,-11)"#, "a", -40, 9),
        (r#"(3,"a",-40,"02:00:00:00:00:01",9,-11,0)"#, "a", -40, 9),
        (r#"(3,"a",-40,"02:00:00:00:00:01",9,-11,0,4,4,7,0)"#, "a", -40, 9),
        (r#"(3,"a",-40,"02:00:00:00:00:01",9,-1,-1,4,4,7,0,1)"#, "a", -40, 9),
        (r#"(3,"a",-40,"02:00:00:00:00:01")"#, "a", -40, 0),
        (r#"(0,"",-40,"02:00:00:00:00:01",9)"#, "", -40, 9),
        (r#"(3,"a\,b\"",-40,"02:00:00:00:00:01",9)"#, r#"a,b""#, -40, 9),
        (r#"(3,"a,b\",-40,"02:00:00:00:00:01",9)"#, r"a,b\", -40, 9),
        (
            r#"(3,"",-1,"02:00:00:00:00:02",1",-40,"02:00:00:00:00:01",9)"#,
            r#"",-1,"02:00:00:00:00:02",1"#,
            -40,
            9,
        ),
    ] {
        let script = Script::new(move |asked| {
            (asked == "AT+CWLAP").then(|| vec![(0, format!("+CWLAP:{line}\r\n\r\nOK\r\n"))])
        });
        let (mut modem, mut cx) = script.driver();
        modem.join(&mut cx, "sim", "simsimsim").unwrap();
        let mut found = Vec::new();
        modem
            .scan(&mut cx, |it| found.push((it.ssid().to_vec(), it.rssi_dbm, it.channel)))
            .unwrap();
        assert_eq!(found, [(ssid.as_bytes().to_vec(), rssi, channel)], "{line}");
    }
}

#[test]
fn scan_lines_that_arrive_together_in_one_read_are_all_found() {
    every(|dialect| {
        for polls in [0, 1, 5] {
            let mut config = config(dialect);
            for index in 0..11 {
                config = config.ap(esp8266_sim::AccessPoint::new(format!("ap{index}"), ""));
            }
            let mut rig = Rig::joined(config);
            rig.modem.start_scan();
            let mut names = Vec::new();
            loop {
                // The rest of the loop uses the modem, too.
                (0..polls).for_each(|_| rig.modem.poll_network());
                match rig.modem.poll_scan(&mut rig.cx) {
                    Ok(Some(found)) => names.push(found.ssid().to_vec()),
                    Ok(None) => break,
                    Err(nb::Error::WouldBlock) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
            assert_eq!(names.len(), 12, "{dialect} {polls} {names:?}");
        }
    });
}

/// Who doesn't come for what a scan finds doesn't stop the rest for ever.
#[test]
fn a_scan_that_nobody_comes_for_is_forgotten() {
    every(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        rig.modem.start_scan();
        rig.pass(3 * SECOND);
        assert!(rig.get_until_ok(URL, 20 * SECOND).1);
    });
}
