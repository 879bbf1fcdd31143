//! What a diagnosis knows on the modem: the driver's own facts, and the active check over it.

use crate::rig::{HELLO, Rig, block, config};
use conformance::modem::{Driver, HOST};
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use esp8266_sim::{Config, Dialect, Fault, When, canned};
use safe_http_client::esp_at::{AtCommand, EspAtError, Setting, Sleep, TlsVerification};
use safe_http_client::{
    Cause, Confidence, Diagnostics, Link, LinkStatus, Network, NoPing, Report, SafeHttpClient,
    StackFault, StepOutcome,
};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const GATEWAY: Ipv4Addr = Ipv4Addr::new(192, 168, 4, 1);
const DEAD: [u8; 4] = [192, 168, 4, 99];

const BY_NAME: &str = "http://gate.local/";
const BY_ADDRESS: &str = "http://192.168.4.20/";

fn both(test: impl Fn(Dialect)) {
    Dialect::ALL.into_iter().for_each(test);
}

/// A diagnosis in short.
#[derive(Debug, PartialEq)]
struct Found {
    cause: Cause,
    confidence: Confidence,
    fault: StackFault,
    words: String,
}

impl Rig {
    fn with(self, change: impl FnOnce(Driver) -> Driver) -> Rig {
        let Rig { handle, clock, modem, cx } = self;
        Rig { modem: change(modem), handle, clock, cx }
    }

    fn said(&self, command: &str) -> usize {
        self.handle.sent_lines().iter().filter(|line| line.starts_with(command)).count()
    }

    fn has_dns(&mut self) -> Option<bool> {
        match self.modem.link_status() {
            LinkStatus::Up(ip) => ip.has_dns,
            status => panic!("{status:?}"),
        }
    }

    /// Lets time pass as a loop does that polls.
    fn poll(&mut self, time: Duration) {
        let begin = self.now();
        while self.now() - begin < time {
            self.modem.poll_network();
        }
    }

    fn is_busy(&self) -> bool {
        self.modem.status().is_busy
    }

    fn ping(&mut self, host: impl Into<IpAddr>) -> Result<Option<u32>, NoPing> {
        let host = host.into();
        block(&self.clock, 60 * SECOND, || Diagnostics::ping(&mut self.modem, host)).unwrap()
    }

    /// A GET that fails, and why.
    fn found(&mut self, url: &str) -> Found {
        let Rig { modem, clock, cx, .. } = self;
        let mut client = SafeHttpClient::new(modem, &*clock);
        let mut online = client.wait_online(cx).unwrap();
        let error = online.get(url, [0; 512]).send().map(|_| ()).expect_err("an error");
        let diagnosis = client.diagnosis(&error);
        Found {
            cause: diagnosis.cause(),
            confidence: diagnosis.confidence(),
            fault: diagnosis.evidence().fault,
            words: String::from_utf8_lossy(diagnosis.last_words())
                .split_ascii_whitespace()
                .map(|word| if word.parse::<u32>().is_ok() { "n" } else { word })
                .collect::<Vec<_>>()
                .join(" "),
        }
    }

    fn diagnose(&mut self, url: &str) -> Report {
        let Rig { modem, clock, cx, .. } = self;
        SafeHttpClient::new(modem, &*clock).diagnose(cx, url)
    }
}

// ---- What an error stands for ----

#[test]
fn each_error_stands_for_its_fault() {
    let rig = Rig::new(config(Dialect::EspAt2));
    for (error, fault) in [
        (EspAtError::Serial(embedded_io::ErrorKind::Other), StackFault::SerialGarbled),
        (EspAtError::NoAnswer, StackFault::ModemSilent),
        (EspAtError::AnswerMissed, StackFault::SerialGarbled),
        (EspAtError::FellSilent(AtCommand::Cipdomain), StackFault::ModemSilent),
        (EspAtError::Wedged, StackFault::ModemHung),
        (EspAtError::TakesNoRestart, StackFault::ModemHung),
        (EspAtError::LineEnd, StackFault::Unknown),
        (
            EspAtError::UnfitFirmware { major: 0, minor: 9, refused: AtCommand::Cwmode },
            StackFault::UnfitFirmware,
        ),
        (EspAtError::ModemReset, StackFault::ModemReset),
        (EspAtError::Rejected, StackFault::Unknown),
        (EspAtError::NoFreeSocket, StackFault::NoSocket),
        (EspAtError::NotConnected, StackFault::Closed),
        (EspAtError::Closed, StackFault::Closed),
        (EspAtError::NoAddress, StackFault::NoAddress),
        (EspAtError::ConnectFailed, StackFault::Indistinct),
        (EspAtError::NotDialled, StackFault::NotDialled),
        (EspAtError::OutOfMemory { free: 1 }, StackFault::OutOfMemory),
        (EspAtError::SendFailed, StackFault::Undelivered),
        (EspAtError::DeliveryUnknown, StackFault::Undelivered),
        (EspAtError::Corrupted, StackFault::SerialGarbled),
        (EspAtError::Overrun, StackFault::SerialGarbled),
        (EspAtError::NotIpv4, StackFault::Unreachable),
        (EspAtError::NameNotFound, StackFault::NameNotFound),
        (EspAtError::TooLong, StackFault::Unknown),
        (EspAtError::NoTls, StackFault::Unknown),
    ] {
        assert_eq!(rig.modem.tcp_fault(&error), fault, "{error:?}");
        assert_eq!(rig.modem.dns_fault(&error), fault, "{error:?}");
    }
}

/// The cause of a failed GET, and the firmware's own words for it.
#[test]
fn a_failed_request_keeps_the_words_that_it_failed_with() {
    use Cause::*;
    use Confidence::*;
    for (fault, url, cause, confidence, stands_for, nonos, esp_at) in [
        (
            Fault::PortRefused,
            BY_ADDRESS,
            (NothingListens),
            Likely,
            StackFault::Indistinct,
            "ERROR 0,CLOSED",
            "ERROR 0,CLOSED",
        ),
        (
            Fault::ConnectErrorNoId,
            BY_ADDRESS,
            NothingListens,
            Likely,
            StackFault::Indistinct,
            "ERROR CLOSED",
            "ERROR CLOSED",
        ),
        (
            Fault::NoMoreLinks,
            BY_ADDRESS,
            OutOfSockets,
            Likely,
            StackFault::NotDialled,
            "ERROR",
            "ERROR",
        ),
        (
            Fault::HostDown,
            BY_ADDRESS,
            HostDown,
            Likely,
            StackFault::Unknown,
            "busy p... busy p...",
            "busy p... busy p...",
        ),
        (
            Fault::BusyForever,
            BY_ADDRESS,
            ModemUnresponsive,
            Likely,
            StackFault::Busy,
            "busy p...",
            "busy p...",
        ),
        (
            Fault::DnsFailure,
            BY_NAME,
            NameNotResolved,
            Likely,
            StackFault::NameNotFound,
            "DNS Fail ERROR",
            "ERROR",
        ),
        (
            Fault::SendFail,
            BY_ADDRESS,
            ConnectionLost,
            Likely,
            StackFault::Undelivered,
            "OK > Recv n bytes SEND FAIL",
            "OK > Recv n bytes SEND FAIL",
        ),
        (
            Fault::ResetOnCommand,
            BY_ADDRESS,
            ModemReset,
            Certain,
            StackFault::ModemReset,
            "ready",
            "ready",
        ),
    ] {
        for (dialect, words) in [(Dialect::NonOs17, nonos), (Dialect::EspAt2, esp_at)] {
            let mut rig = Rig::joined(config(dialect));
            rig.handle.fault(fault, When::Always);
            let found = rig.found(url);
            println!("{fault} {dialect}: {found:?}");
            // A reset is told with noise before it, at another baud rate.
            let told = found.words == words || (words == "ready" && found.words.ends_with(words));
            assert!(told, "{fault} {dialect}: {found:?}");
            let expected = (cause, confidence, stands_for);
            assert_eq!((found.cause, found.confidence, found.fault), expected, "{fault} {dialect}");
        }
    }
}

/// Silence in the middle of a connect isn't death: firmwares exist that are deaf until they are through.
/// Behind the time that any may take it is; and it's never the wiring, for the modem had answered.
#[test]
fn a_modem_that_falls_silent_in_a_connect_is_dead_once_no_firmware_takes_so_long() {
    for dialect in Dialect::WITH_SINGLE {
        for (most, cause, confidence, fault) in [
            (5, Cause::HostDown, Confidence::Likely, StackFault::Unknown),
            (60, Cause::ModemUnresponsive, Confidence::Certain, StackFault::ModemSilent),
        ] {
            let mut rig = Rig::joined(config(dialect));
            rig.handle.fault(Fault::SilentModem, When::Always);
            let Rig { modem, clock, cx, .. } = &mut rig;
            let mut client = SafeHttpClient::new(modem, &*clock);
            let mut online = client.wait_online(cx).unwrap();
            let request = online.get(BY_ADDRESS, [0; 512]).connect_timeout(most * SECOND);
            let error = request.send().map(|_| ()).unwrap_err();
            let text = format!("{error:?}");
            let found = client.diagnosis(&error);
            let told = (found.cause(), found.confidence(), found.evidence().fault);
            assert_eq!(told, (cause, confidence, fault), "{dialect} {most}");
            assert_eq!(text.contains("FellSilent(Cipstart)"), most == 60, "{text}");
            assert_eq!(found.last_words(), b"", "{dialect} {most}");
        }
    }
}

/// The words are those of the step that failed: not another's before it, and not the driver's own behind.
#[test]
fn the_raw_answer_is_that_of_the_step_that_failed() {
    for dialect in Dialect::WITH_SINGLE {
        let mut rig = Rig::joined(config(dialect));
        // It waits for a connect that was given up: nothing was said to it yet.
        rig.handle.fault(Fault::HostDown, When::Always);
        let mut given_up = rig.modem.socket().unwrap();
        let host = SocketAddr::from((HOST, 80));
        block(&rig.clock, SECOND, || rig.modem.connect(&mut given_up, host));
        rig.modem.close(given_up).unwrap();
        let found = rig.found(BY_ADDRESS);
        assert_eq!(found.words, "", "{dialect} {found:?}");
        rig.poll(20 * SECOND);
        // A name that didn't resolve, behind a connect that failed.
        rig.handle.clear_faults();
        rig.handle.fault(Fault::PortRefused, When::Nth(1));
        assert_eq!(rig.found(BY_ADDRESS).words, "ERROR 0,CLOSED", "{dialect}");
        rig.handle.fault(Fault::DnsFailure, When::Nth(1));
        let words = if dialect.is_nonos() { "DNS Fail ERROR" } else { "ERROR" };
        assert_eq!(rig.found(BY_NAME).words, words, "{dialect}");
        // What the driver asks behind it doesn't hide it: the start-up of a modem that fell silent.
        rig.handle.fault(Fault::NameHangs, When::Always);
        assert_eq!(rig.found("http://hangs.local/").words, "", "{dialect}");
    }
}

/// On the modem a refusal costs no AT command.
#[test]
fn a_refused_request_is_no_command_for_the_modem() {
    for dialect in Dialect::ALL {
        let Rig { handle, clock, mut modem, mut cx } = Rig::joined(config(dialect));
        let mut client = SafeHttpClient::new(&mut modem, &clock);
        let mut online = client.online(&mut cx).unwrap();
        handle.clear_log();
        for (url, code) in [
            ("http://localhost/", "loopback_target"),
            ("http://0.0.0.0/", "no_host_target"),
            ("http://192.168.4.2/", "own_address"),
            ("http://192.168.4.20:443/", "plain_on_tls_port"),
            ("https://192.168.4.20/", "no_tls"),
            ("http://http://192.168.4.20/", "scheme_in_host"),
        ] {
            let error = online.get(url, [0; 512]).send().map(|_| ()).unwrap_err();
            assert_eq!(error.code(), code, "{dialect} {url}");
            assert_eq!(handle.sent_lines(), Vec::<String>::new(), "{dialect} {url}");
        }
    }
}

// ---- A connect that was never dialled ----

/// `ERROR` at once and no `CLOSED`, and no link there to close. Whatever is like it and may have gone
/// out is a failed connect.
#[test]
fn only_what_was_surely_not_dialled_counts_as_that() {
    let after_error = b"\r\nERROR\r\n".len() as u64;
    let slow = |mut config: Config| {
        config.timing.connect = Duration::from_millis(150);
        config
    };
    type Change = fn(Config) -> Config;
    let same: Change = |config| config;
    for (what, faults, change, closed, expected) in [
        ("out of sockets", &[Fault::NoMoreLinks][..], same, "", EspAtError::NotDialled),
        (
            "out of sockets, few words",
            &[Fault::NoMoreLinks, Fault::TerseErrors],
            same,
            "",
            EspAtError::NotDialled,
        ),
        (
            "out of sockets, with an echo",
            &[Fault::NoMoreLinks, Fault::StickyEcho],
            same,
            "",
            EspAtError::NotDialled,
        ),
        ("refused", &[Fault::PortRefused], same, "", EspAtError::ConnectFailed),
        (
            "refused, few words",
            &[Fault::PortRefused, Fault::TerseErrors],
            same,
            "",
            EspAtError::ConnectFailed,
        ),
        ("refused, no id", &[Fault::ConnectErrorNoId], same, "", EspAtError::ConnectFailed),
        (
            "refused far away, CLOSED lost",
            &[Fault::PortRefused],
            slow,
            "lost",
            EspAtError::ConnectFailed,
        ),
        (
            "refused, CLOSED garbled",
            &[Fault::PortRefused],
            same,
            "garbled",
            EspAtError::ConnectFailed,
        ),
    ] {
        both(|dialect| {
            let mut rig = Rig::new(change(config(dialect)));
            for fault in faults {
                rig.handle.fault(*fault, When::Always);
            }
            rig.join().unwrap();
            match closed {
                "lost" => rig.handle.cut(rig.handle.produced() + after_error),
                "garbled" => {
                    rig.handle.edit_output(
                        rig.handle.produced() + after_error + 2,
                        esp8266_sim::Edit::Flip(1),
                    );
                }
                _ => {}
            }
            let error = Err(format!("connect_failed: {expected:?}"));
            assert_eq!(rig.get(BY_ADDRESS), error, "{what} {dialect} {:#?}", rig.handle.log());
        });
    }
}

/// Firmware that leaves `ALREADY CONNECTED` out says `ERROR` alone, too: there is a link to close.
#[test]
fn a_stale_link_is_no_want_of_sockets() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        rig.handle.fault(Fault::TerseErrors, When::Always);
        rig.handle.fault(Fault::AlreadyConnected, When::Nth(1));
        assert_eq!(rig.get(BY_ADDRESS).unwrap(), "hello");
    });
}

/// It may also have lost its address, on firmware that leaves `no ip` out: it is asked.
#[test]
fn behind_a_connect_that_was_not_dialled_the_link_is_looked_at() {
    both(|dialect| {
        let mut rig = Rig::joined(config(dialect));
        rig.handle.fault(Fault::NoMoreLinks, When::Nth(1));
        rig.get(BY_ADDRESS).unwrap_err();
        rig.poll(SECOND);
        assert_eq!(rig.handle.sent_lines().last().unwrap(), "AT+CIPSTATUS");
    });
}

// ---- Its status ----

#[test]
fn it_is_busy_with_what_was_given_up_until_that_is_over() {
    both(|dialect| {
        // A connect.
        let mut rig = Rig::joined(config(dialect));
        let mut socket = rig.modem.socket().unwrap();
        let dead = SocketAddr::from((DEAD, 80));
        let connects = block(&rig.clock, 5 * SECOND, || rig.modem.connect(&mut socket, dead));
        assert!(connects.is_none() && !rig.is_busy(), "its caller waits");
        rig.modem.close(socket).unwrap();
        assert!(rig.is_busy());
        rig.poll(6 * SECOND);
        assert!(rig.is_busy());
        rig.poll(2 * SECOND);
        assert!(!rig.is_busy());

        // A ping, when another host is asked, or something else has to wait.
        assert!(
            block(&rig.clock, SECOND, || Diagnostics::ping(&mut rig.modem, DEAD.into())).is_none()
        );
        assert!(!rig.is_busy());
        assert_eq!(Diagnostics::ping(&mut rig.modem, GATEWAY.into()), Err(nb::Error::WouldBlock));
        assert!(rig.is_busy());
        assert_eq!(rig.ping(GATEWAY), Ok(Some(3)));
        assert!(!rig.is_busy());
        assert!(
            block(&rig.clock, SECOND, || Diagnostics::ping(&mut rig.modem, DEAD.into())).is_none()
        );
        let mut socket = rig.modem.socket().unwrap();
        let host = SocketAddr::from((HOST, 80));
        assert_eq!(rig.modem.connect(&mut socket, host), Err(nb::Error::WouldBlock));
        assert!(rig.is_busy());
        block(&rig.clock, 5 * SECOND, || rig.modem.connect(&mut socket, host)).unwrap().unwrap();
        assert!(!rig.is_busy());
        rig.modem.close(socket).unwrap();

        // A name.
        rig.handle.fault(Fault::GatewayDown, When::Always);
        let Rig { modem, clock, .. } = &mut rig;
        let mut resolve = |name, most| {
            let outcome =
                block(clock, most, || modem.get_host_by_name(name, AddrType::IPv4)).is_some();
            (outcome, modem.status().is_busy)
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
        let host = SocketAddr::from((HOST, 80));
        assert!(block(&rig.clock, SECOND, || rig.modem.connect(&mut socket, host)).is_none());
        assert!(rig.is_busy());
        rig.modem.close(socket).unwrap();
        rig.handle.clear_log();
        rig.poll(20 * SECOND);
        assert!(rig.is_busy());
        let asked = rig.said("AT");
        assert!((20..=40).contains(&asked), "{asked}");
        rig.poll(10 * SECOND);
        assert!(!rig.is_busy());
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
        assert_eq!(rig.ping(HOST), Ok(Some(3)));
        assert_eq!(rig.ping(GATEWAY), Ok(Some(3)));
        assert_eq!(rig.ping(DEAD), Ok(None));
        assert_eq!(rig.ping(Ipv4Addr::LOCALHOST.to_ipv6_mapped()), Err(NoPing));
        assert_eq!(rig.said("AT+PING="), 3);
        // Nothing of it is the last answer.
        assert!(!rig.modem.last_answer().ends_with(b"ERROR\r\n"));
        // An `ERROR` at once is no silence: here there is no address.
        rig.handle.ap_down("sim");
        assert_eq!(rig.ping(GATEWAY), Err(NoPing));
        rig.handle.fault(Fault::SilentModem, When::Always);
        assert_eq!(rig.ping(GATEWAY), Err(NoPing));
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
        assert_eq!(rig.ping(HOST), Ok(Some(3)));
        assert!(rig.now() - begin < 5 * SECOND);
        // There and back again, while the first is still out.
        assert!(
            block(&rig.clock, SECOND, || Diagnostics::ping(&mut rig.modem, DEAD.into())).is_none()
        );
        assert_eq!(Diagnostics::ping(&mut rig.modem, HOST.into()), Err(nb::Error::WouldBlock));
        assert_eq!(rig.ping(DEAD), Ok(None));
        // An answer that nobody came for is too old for whoever asks later.
        assert!(
            block(&rig.clock, SECOND, || Diagnostics::ping(&mut rig.modem, DEAD.into())).is_none()
        );
        rig.poll(20 * SECOND);
        rig.handle.set_host(DEAD, esp8266_sim::HostState::Refusing);
        assert_eq!(rig.ping(DEAD), Ok(Some(3)));
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
            assert_eq!(rig.said(query), queries, "{what} {dialect}");
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
        assert_eq!(rig.has_dns(), Some(false));
        assert_eq!(rig.get(BY_NAME), Err("no_dns_server".into()));
        rig.handle.clear_faults();
        rig.poll(10 * SECOND);
        assert_eq!(rig.has_dns(), Some(false));
        rig.poll(SECOND);
        assert_eq!(rig.has_dns(), Some(true));
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
                (rig.said("AT+CIPDNS") == 2).then(|| rig.has_dns())
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
                known.push(rig.has_dns());
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
        let mut rig = Rig::new(config).with(|modem| {
            let modem = modem.with_tls(TlsVerification::None);
            if check { modem } else { modem.without_memory_check() }
        });
        rig.join().unwrap();
        if fails {
            rig.handle.fault(Fault::TlsOutOfMemory, When::Always);
        }
        assert_eq!(rig.get("https://gate.local/"), expected, "{what}");
        let counts = (rig.said("AT+SYSRAM?"), rig.said("AT+CIPSTART=0,\"SSL\""));
        assert_eq!(counts, (asked, dialled), "{what}");
        // Plain connections need none.
        assert_eq!(rig.get(BY_ADDRESS).unwrap(), "hello");
        assert_eq!(rig.said("AT+SYSRAM?"), asked, "{what}");
    }
}

/// A refused port isn't a want of memory.
#[test]
fn tls_that_is_refused_with_memory_left_is_refused() {
    let mut rig =
        Rig::new(config(Dialect::EspAt2)).with(|modem| modem.with_tls(TlsVerification::None));
    rig.join().unwrap();
    rig.handle.fault(Fault::PortRefused, When::Always);
    assert_eq!(rig.get("https://gate.local/"), Err("connect_failed: ConnectFailed".into()));
    assert_eq!(rig.said("AT+SYSRAM?"), 2);
    let found = rig.found("https://gate.local/");
    assert_eq!(found.words, "ERROR 0,CLOSED");
    rig.handle.clear_faults();
    rig.handle.fault(Fault::NoMoreLinks, When::Always);
    assert_eq!(rig.found("https://gate.local/").fault, StackFault::NotDialled);
}

// ---- The active check ----

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
            let mut rig = Rig::new(config).with(|modem| modem.with_tls(TlsVerification::None));
            rig.join().unwrap();
            if let Some(fault) = fault {
                rig.handle.fault(fault, When::Always);
            }
            rig.handle.clear_log();
            let begin = rig.now();
            let report = rig.diagnose(url);
            let took = (rig.now() - begin).as_millis();
            let sent = rig.said("AT");
            let what = fault.map_or("all well", Fault::name);
            // What goes on the air: names, pings, handshakes and data.
            let packets: usize = ["AT+CIPDOMAIN", "AT+PING", "AT+CIPSTART", "AT+CIPSEND"]
                .iter()
                .map(|command| rig.said(command))
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
            let recovered = rig.recovers(BY_ADDRESS, 30 * SECOND);
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
        let mut rig = Rig::new(config).with(|modem| modem.with_tls(TlsVerification::None));
        rig.join().unwrap();
        let report = rig.diagnose("https://gate.local:81/");
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
        let found = rig.found(BY_ADDRESS);
        assert_eq!(found.cause, Cause::HostDown);
        assert!(rig.modem.is_draining());
        let begin = rig.now();
        let report = rig.diagnose(BY_ADDRESS);
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
            let report = rig.diagnose(BY_NAME);
            println!("---- {fault}, {dialect}\n{report}");
            assert_eq!(steps(&report), "url+ link!");
            assert_eq!(report.diagnosis().map(|found| found.cause()), Some(cause));
        });
    }
}
