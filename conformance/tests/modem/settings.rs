//! Joins, settings, TLS, serial ports, and the share of the line that a download gets.

use crate::rig::*;
use embedded_io::Read as _;
use embedded_nal::TcpClientStack;
use esp8266_sim::{AccessPoint, Config, Dialect, Fault, Simulator, When, canned};
use safe_http_client::esp_at::{
    EspAt, EspAtError, Join, JoinError, NbSerial, SerialError, SerialRx, Setting, Sleep,
    TlsVerification,
};
use safe_http_client::{IpConfig, Link, LinkStatus, Network, SafeHttpClient, Verification};
use std::cell::RefCell;
use std::net::Ipv4Addr;
use std::time::Duration;

fn both(test: impl Fn(Dialect)) {
    Dialect::ALL.into_iter().for_each(test);
}

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
    let Rig { handle, clock, modem, cx } =
        Rig::new(config(dialect).peer(HOST, 443, canned(HELLO, false)));
    let mut rig = Rig { modem: modem.with_tls(verification), handle, clock, cx };
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
    let remote = std::net::SocketAddr::from((HOST, 443));
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

// ---- The line ----

/// One mebibyte at a pace, with a buffer of 2 KiB: the share of the line's own limit.
#[test]
fn a_download_gets_its_share_of_the_line() {
    const SIZE: usize = 1 << 20;
    for dialect in Dialect::ALL {
        for baud in [115_200, 921_600] {
            let mut body =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\n\r\n").into_bytes();
            body.extend((0..SIZE).map(|it| (it / 3) as u8));
            // What a read asks for is what the driver has room for.
            let config = config(dialect).baud(baud).peer(HOST, 9, canned(body, false));
            let (handle, port, clock) = Simulator::lockstep(config);
            let clock = &SimClock(clock.ticking(Duration::from_micros(2)));
            let modem = &mut EspAt::<_, _, 2048>::with_rx_buf(port, clock.clone());
            let cx = &mut cx();
            modem.join(cx, "sim", "simsimsim").unwrap();
            handle.clear_log();
            let mut client = SafeHttpClient::new(modem, clock);
            let mut online = client.wait_online(cx).unwrap();
            let begin = clock.0.now();
            let (mut buffer, mut piece) = ([0; 512], [0; 2048]);
            let mut response = online.get("http://192.168.4.20:9/", &mut buffer).send().unwrap();
            let mut got = 0;
            loop {
                let count = response.read(&mut piece).unwrap();
                if count == 0 {
                    break;
                }
                for (offset, byte) in piece[..count].iter().enumerate() {
                    assert_eq!(*byte, ((got + offset) / 3) as u8);
                }
                got += count;
            }
            assert_eq!(got, SIZE);
            let took = (clock.0.now() - begin).as_secs_f64();
            let share = SIZE as f64 * 10.0 / f64::from(baud) / took;
            println!(
                "{dialect} {baud}: {took:.1} s, {:.1} % of the line, {} commands",
                share * 100.0,
                handle.stats().commands
            );
            assert!(share > 0.85, "{share}");
        }
    }
}

// ---- Serial ports ----

struct Sink;

impl embedded_io::ErrorType for Sink {
    type Error = core::convert::Infallible;
}

impl embedded_io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

#[test]
fn the_ring_keeps_order_and_reports_what_it_loses() {
    use embedded_io::ReadReady;
    static RX: SerialRx<8> = SerialRx::new();
    let mut port = RX.with_tx(Sink);
    let mut buffer = [0; 5];
    for round in 0..50_u8 {
        assert!(!port.read_ready().unwrap());
        for byte in 0..7 {
            assert!(RX.push(round.wrapping_mul(7).wrapping_add(byte)));
        }
        assert_eq!(RX.len(), 7);
        let mut got: Vec<u8> = Vec::new();
        while port.read_ready().unwrap() {
            let count = port.read(&mut buffer).unwrap();
            got.extend(&buffer[..count]);
        }
        let sent: Vec<u8> = (0..7).map(|byte| round.wrapping_mul(7).wrapping_add(byte)).collect();
        assert_eq!(got, sent);
    }
    assert!((0..8).map(|byte| RX.push(byte)).eq([true, true, true, true, true, true, true, false]));
    assert!(port.read_ready().unwrap());
    assert_eq!(port.read(&mut buffer), Err(SerialError::Overrun));
    assert_eq!(RX.lost(), 1);
    assert!(!port.read_ready().unwrap());
    RX.push(9);
    assert_eq!(port.read(&mut buffer), Ok(1));
    // A second port gets none of the first one's bytes.
    RX.push(10);
    assert!(!RX.with_tx(Sink).read_ready().unwrap());
    assert!(port.read_ready().unwrap());
}

#[test]
fn the_ring_between_threads() {
    use embedded_io::ReadReady;
    static RX: SerialRx<64> = SerialRx::new();
    const COUNT: u32 = 200_000;
    let interrupt = std::thread::spawn(|| {
        for number in 0..COUNT {
            while RX.len() == 63 {
                std::thread::yield_now();
            }
            assert!(RX.push(number as u8));
        }
    });
    let mut port = RX.with_tx(Sink);
    let (mut next, mut buffer) = (0_u32, [0; 17]);
    while next < COUNT {
        if !port.read_ready().unwrap() {
            std::thread::yield_now();
            continue;
        }
        let count = port.read(&mut buffer).unwrap();
        for byte in &buffer[..count] {
            assert_eq!(*byte, next as u8);
            next += 1;
        }
    }
    interrupt.join().unwrap();
    assert_eq!(RX.lost(), 0);
}

/// A UART with an interrupt that moves the simulator's bytes into the ring.
struct Interrupt<'a> {
    line: RefCell<esp8266_sim::SerialPort>,
    rx: &'a SerialRx<96>,
}

impl embedded_io::ErrorType for &Interrupt<'_> {
    type Error = core::convert::Infallible;
}

impl embedded_io::Write for &Interrupt<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        self.line.borrow_mut().write_now(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl Interrupt<'_> {
    fn fire(&self, most: usize) {
        for _ in 0..most {
            let mut byte = [0];
            if self.line.borrow_mut().read_now(&mut byte) == 0 {
                break;
            }
            self.rx.push(byte[0]);
        }
    }
}

/// The driver on a ring that loses bytes where the loop is too slow: an error, and the next works.
#[test]
fn a_ring_that_overruns_is_an_error_and_not_a_hole() {
    both(|dialect| {
        let body = format!("HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n{}", "x".repeat(600));
        let config: Config = config(dialect).peer(HOST, 9, canned(body, false));
        let (_handle, line, clock) = Simulator::lockstep(config);
        let clock = SimClock(clock.ticking(Duration::from_micros(2)));
        let rx = SerialRx::<96>::new();
        let interrupt = Interrupt { line: RefCell::new(line), rx: &rx };
        let mut modem: EspAt<_, _> = EspAt::new(rx.with_tx(&interrupt), clock.clone());
        let mut cx = cx();
        modem.start_join(Join::new("sim", "simsimsim")).unwrap();
        block(&clock, Duration::from_secs(20), || {
            interrupt.fire(40);
            modem.poll_join(&mut cx)
        })
        .unwrap()
        .unwrap();
        let mut get = |most: usize| {
            let mut client = SafeHttpClient::new(&mut modem, &clock);
            let mut online = client.wait_online(&mut cx).unwrap();
            let mut buffer = [0; 1024];
            let mut call = online.get("http://192.168.4.20:9/", &mut buffer).start().unwrap();
            let result = block(&clock, Duration::from_secs(20), || {
                interrupt.fire(most);
                call.poll(&mut client, &mut cx)?;
                call.poll_read_to_end(&mut client, &mut cx)
            });
            result.unwrap().map(|()| call.body().len()).map_err(|error| error.code())
        };
        assert_eq!(get(40), Ok(600));
        assert!(get(4_000).is_err());
        assert_eq!(get(40), Ok(600));
        assert!(rx.lost() > 0);
    });
}

/// `embedded_hal_nb`, with the simulator behind it.
struct Hal(esp8266_sim::SerialPort);

#[derive(Debug)]
struct HalError;

impl embedded_hal_nb::serial::Error for HalError {
    fn kind(&self) -> embedded_hal_nb::serial::ErrorKind {
        embedded_hal_nb::serial::ErrorKind::Overrun
    }
}

impl embedded_hal_nb::serial::ErrorType for Hal {
    type Error = HalError;
}

impl embedded_hal_nb::serial::Read for Hal {
    fn read(&mut self) -> embedded_hal_nb::nb::Result<u8, HalError> {
        let mut byte = [0];
        match self.0.read_now(&mut byte) {
            0 => Err(embedded_hal_nb::nb::Error::WouldBlock),
            _ => Ok(byte[0]),
        }
    }
}

impl embedded_hal_nb::serial::Write for Hal {
    fn write(&mut self, byte: u8) -> embedded_hal_nb::nb::Result<(), HalError> {
        self.0.write_now(&[byte]);
        Ok(())
    }

    fn flush(&mut self) -> embedded_hal_nb::nb::Result<(), HalError> {
        Ok(())
    }
}

#[test]
fn a_port_of_embedded_hal_nb() {
    both(|dialect| {
        let (_handle, line, clock) = Simulator::lockstep(config(dialect));
        let clock = SimClock(clock);
        let mut cx = cx();
        let mut modem: EspAt<_, _> = EspAt::new(NbSerial::new(Hal(line)), clock.clone());
        modem.join(&mut cx, "sim", "simsimsim").unwrap();
        modem.poll_network();
        let socket = modem.socket().unwrap();
        modem.close(socket).unwrap();
        let mut client = SafeHttpClient::new(&mut modem, &clock);
        let mut online = client.wait_online(&mut cx).unwrap();
        let mut buffer = [0; 512];
        let mut response = online.get("http://192.168.4.20/", &mut buffer).send().unwrap();
        assert_eq!(response.read_to_str().unwrap(), "hello");
    });
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
