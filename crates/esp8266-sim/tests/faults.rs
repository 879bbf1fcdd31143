//! Each fault does what its name says, and the modem is well again without it.

mod common;

use common::{AT2, HOST, NONOS, Rig, ms};
use esp8266_sim::{AccessPoint, Config, Dialect, Edit, Endpoint, Fault, When, canned, echo};

const START: &str = "AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80";
const OK: &str = "\r\nOK\r\n";
const ERROR: &str = "\r\nERROR\r\n";

fn config(dialect: Dialect) -> Config {
    Config::new(dialect)
        .peer(HOST, 80, echo())
        .peer(HOST, 81, canned("response", true))
        .name("gate.local", HOST)
}

/// A joined station with link 0 open to the echo, in passive mode.
fn connected(dialect: Dialect) -> Rig {
    let mut rig = Rig::passive(config(dialect));
    assert_eq!(rig.ask(START), "0,CONNECT\r\n\r\nOK\r\n");
    rig
}

/// As [`connected`], in active mode.
fn active(dialect: Dialect) -> Rig {
    let mut rig = Rig::joined(config(dialect));
    rig.ask(START);
    rig
}

fn well(rig: &mut Rig) {
    rig.handle.clear_faults();
    assert_eq!(rig.ask("AT"), OK);
}

// ---- The line ----

#[test]
fn unsolicited_line() {
    for at in 1..=6 {
        let mut rig = Rig::new(config(AT2));
        rig.handle.fault(Fault::UnsolicitedLine, When::Nth(at));
        let (before, after) = OK.split_at(at as usize - 1);
        assert_eq!(rig.ask("AT"), format!("{before}WIFI GOT IP\r\n{after}"));
        assert_eq!(rig.handle.fault_count(Fault::UnsolicitedLine), 1);
        well(&mut rig);
    }
}

#[test]
fn any_line_at_any_byte() {
    let mut rig = Rig::new(config(AT2));
    rig.handle.insert(2, b"0,CLOSED\r\n");
    assert_eq!(rig.ask("AT"), "\r\n0,CLOSED\r\nOK\r\n");
    rig.handle.edit_output(3, Edit::Flip(0x80));
    assert_eq!(rig.ask("AT"), "\r\nO\\xcb\r\n");
    rig.handle.inject(b"\r\n+IPD,0,99999:");
    assert_eq!(rig.heard(), "\r\n+IPD,0,99999:");
    well(&mut rig);
}

#[test]
fn cut_answer() {
    let mut rig = Rig::new(config(AT2));
    rig.handle.fault(Fault::CutAnswer, When::Nth(4));
    assert_eq!(rig.ask("AT"), "\r\nO");
    assert_eq!(rig.ask("AT"), OK);
    rig.handle.cut(1);
    assert_eq!(rig.ask("AT"), "\r");
    well(&mut rig);
}

#[test]
fn lost_byte() {
    let mut rig = Rig::new(config(AT2));
    rig.handle.fault(Fault::LostByte, When::Nth(3));
    assert_eq!(rig.ask("AT"), "\r\nK\r\n");
    well(&mut rig);
}

#[test]
fn flipped_bit() {
    let mut rig = Rig::new(config(AT2));
    rig.handle.fault(Fault::FlippedBit, When::Nth(4));
    assert_eq!(rig.ask("AT"), "\r\nOJ\r\n");
    well(&mut rig);
}

#[test]
fn wrong_baud_rate() {
    let mut rig = Rig::new(config(AT2));
    rig.handle.fault(Fault::WrongBaudRate, When::Always);
    let heard = rig.ask("AT");
    assert!(!heard.contains("OK") && !heard.contains('\n'), "{heard}");
    rig.handle.inject(b"");
    rig.handle.clear_faults();
    // The garbage that the modem heard is ended first.
    assert_eq!(rig.ask(""), ERROR);
    well(&mut rig);
}

#[test]
fn the_host_must_follow_the_rate() {
    let mut config = config(AT2);
    config.strict_baud = true;
    let mut rig = Rig::new(config);
    assert_eq!(rig.ask("AT+UART_CUR=9600,8,1,0,0"), OK);
    assert!(!rig.ask("AT").contains("OK"));
    rig.port.set_baud(9_600);
    rig.ask("");
    assert_eq!(rig.ask("AT"), OK);
}

#[test]
fn silent_modem() {
    let mut rig = Rig::new(config(AT2));
    rig.handle.fault(Fault::SilentModem, When::Always);
    assert_eq!(rig.ask("AT"), "");
    assert_eq!(rig.ask("AT+RST"), "");
    assert_eq!(rig.hear(ms(60_000)), "");
    well(&mut rig);
}

#[test]
fn cr_cr_lf() {
    let mut rig = active(AT2);
    rig.handle.fault(Fault::CrCrLf, When::Always);
    assert_eq!(rig.ask("AT"), "\r\r\nOK\r\r\n");
    // Data stay what they are.
    let sent = rig.send(b"\r\n");
    assert!(sent.contains("+IPD,0,2:\r\n\r\r\nSEND OK\r\r\n"), "{sent:?}");
    well(&mut rig);
}

#[test]
fn sticky_echo() {
    let mut rig = Rig::new(config(AT2));
    rig.handle.fault(Fault::StickyEcho, When::Always);
    assert_eq!(rig.ask("ATE0"), OK);
    assert_eq!(rig.ask("AT"), "AT\r\n\r\nOK\r\n");
    rig.handle.clear_faults();
    rig.ask("ATE0");
    well(&mut rig);
}

#[test]
fn cisfr_typo() {
    let mut rig = Rig::joined(config(NONOS));
    rig.handle.fault(Fault::CisfrTypo, When::Always);
    assert!(rig.ask("AT+CIFSR").starts_with("+CISFR:STAIP,\"192.168.4.2\"\r\n"));
    well(&mut rig);
}

#[test]
fn terse_errors() {
    for dialect in Dialect::ALL {
        let mut rig = Rig::new(config(dialect).fault(Fault::TerseErrors, When::Always));
        assert_eq!(rig.ask("AT+CIPSTART=\"TCP\",\"192.168.4.20\",80"), ERROR);
        rig.join();
        rig.ask("AT+CIPMUX=1");
        rig.ask(START);
        assert_eq!(rig.ask(START), ERROR);
        rig.ask("AT+CIPCLOSE=0");
        assert_eq!(rig.ask("AT+CIPCLOSE=0"), ERROR);
        well(&mut rig);
    }
}

// ---- Commands ----

#[test]
fn busy_after_ok() {
    let mut rig = Rig::new(config(AT2));
    rig.handle.fault(Fault::BusyAfterOk, When::Nth(1));
    assert_eq!(rig.ask("AT+CIPMUX=1"), "\r\nbusy p...\r\n");
    assert_eq!(rig.ask("AT+CIPMUX?"), "+CIPMUX:0\r\n\r\nOK\r\n");
    // A command after an error isn't an event for this fault.
    rig.handle.fault(Fault::BusyAfterOk, When::Nth(1));
    rig.handle.with_modem(|modem| modem.remove_fault(Fault::BusyAfterOk));
    assert_eq!(rig.ask("?"), ERROR);
    rig.handle.fault(Fault::BusyAfterOk, When::Nth(1));
    assert_eq!(rig.ask("AT"), OK);
    assert_eq!(rig.ask("AT"), "\r\nbusy p...\r\n");
    well(&mut rig);
}

#[test]
fn lost_answer() {
    let mut rig = Rig::joined(config(AT2));
    rig.handle.fault(Fault::LostAnswer, When::Nth(2));
    assert_eq!(rig.ask("AT"), OK);
    assert_eq!(rig.ask(START), "");
    assert!(rig.ask("AT+CIPSTATUS").contains("+CIPSTATUS:0,"));
    well(&mut rig);
}

#[test]
fn late_answer() {
    let mut rig = Rig::new(config(AT2));
    rig.handle.fault(Fault::LateAnswer, When::Nth(1));
    rig.write("AT\r\n");
    assert_eq!(rig.hear(ms(2_900)), "");
    rig.write("?\r\n");
    assert_eq!(rig.hear(ms(50)), "\r\nbusy p...\r\n");
    assert_eq!(rig.hear(ms(100)), OK);
    well(&mut rig);
}

#[test]
fn busy_forever() {
    let mut rig = Rig::new(config(AT2));
    rig.handle.fault(Fault::BusyForever, When::Nth(2));
    assert_eq!(rig.ask("AT"), OK);
    for _ in 0..3 {
        rig.write("AT\r\n");
        assert_eq!(rig.hear(ms(20_000)), "\r\nbusy p...\r\n");
    }
    assert!(rig.ask("AT+RST").ends_with("\r\nready\r\n"));
    rig.ask("ATE0");
    well(&mut rig);
}

// ---- Resets ----

/// A reset forgets everything: the echo is on, no link, no network.
fn after_reset(rig: &mut Rig, heard: &str) {
    assert!(heard.ends_with("\r\nready\r\n"), "{heard}");
    assert_eq!(rig.handle.stats().resets, 1);
    rig.handle.clear_faults();
    assert!(rig.ask("AT").starts_with("AT"));
    rig.ask("ATE0");
    assert_eq!(rig.ask("AT+CIPMUX?"), "+CIPMUX:0\r\n\r\nOK\r\n");
    well(rig);
}

#[test]
fn reset_on_command() {
    let mut rig = connected(NONOS);
    rig.handle.fault(Fault::ResetOnCommand, When::Nth(1));
    let heard = rig.ask("AT+CIPSTATUS");
    assert!(!heard.contains("STATUS") && heard.contains("\\x92"), "{heard}");
    after_reset(&mut rig, &heard);
}

#[test]
fn reset_mid_request() {
    let mut rig = connected(NONOS);
    rig.handle.fault(Fault::ResetMidRequest, When::Always);
    let heard = rig.send(b"GET");
    assert!(heard.starts_with("r\\x92"), "{heard}");
    after_reset(&mut rig, &heard);
}

#[test]
fn force_restart() {
    let mut rig = connected(NONOS);
    rig.handle.fault(Fault::ForceRestart, When::Always);
    let heard = rig.send(b"GET");
    assert!(heard.starts_with("Will force to restart!!!\r\nr\\x92"), "{heard}");
    after_reset(&mut rig, &heard);
}

#[test]
fn boot_noise() {
    let mut rig = Rig::new(config(AT2));
    let usual = rig.ask("AT+RST").len();
    rig.ask("ATE0");
    rig.handle.fault(Fault::BootNoise, When::Nth(1));
    let noisy = rig.ask("AT+RST");
    assert!(noisy.len() > usual + 512);
    assert!(noisy.contains("\\xff\r\nready\r\n\\x00\\x01"), "{noisy}");
    rig.ask("ATE0");
    well(&mut rig);
}

#[test]
fn power_droop() {
    let mut rig = connected(AT2);
    rig.handle.reset();
    assert!(rig.hear(ms(1_000)).contains("\r\nready\r\n"));
}

// ---- Joining ----

#[test]
fn joins_fail() {
    for (fault, code, slow) in [
        (Fault::WrongPassword, 2, false),
        (Fault::NoSuchAp, 3, false),
        (Fault::JoinTimeout, 1, true),
        (Fault::JoinFailed, 4, false),
    ] {
        for (dialect, word) in [(NONOS, "FAIL"), (AT2, "ERROR")] {
            let mut rig = Rig::new(config(dialect));
            rig.ask(&rig.cur("CWMODE", "=1"));
            rig.handle.fault(fault, When::Nth(1));
            let begin = rig.clock.now();
            let heard = rig.ask(&rig.cur("CWJAP", "=\"sim\",\"simsimsim\""));
            assert_eq!(heard, format!("+CWJAP:{code}\r\n\r\n{word}\r\n"), "{fault}");
            assert_eq!(rig.clock.now() - begin >= ms(15_000), slow);
            rig.join();
        }
    }
}

#[test]
fn no_dhcp() {
    for (dialect, word) in [(NONOS, "FAIL"), (AT2, "ERROR")] {
        let mut rig = Rig::new(config(dialect));
        rig.ask(&rig.cur("CWMODE", "=1"));
        rig.handle.fault(Fault::NoDhcp, When::Always);
        let heard = rig.ask(&rig.cur("CWJAP", "=\"sim\",\"simsimsim\""));
        assert_eq!(heard, format!("WIFI CONNECTED\r\n+CWJAP:1\r\n\r\n{word}\r\n"));
        if dialect == AT2 {
            assert!(rig.ask("AT+CWSTATE?").starts_with("+CWSTATE:1,\"sim\""));
        }
        assert!(rig.ask("AT+CIFSR").contains("\"0.0.0.0\""));
        assert!(rig.ask("AT+CIPSTART=\"TCP\",\"192.168.4.20\",80").starts_with("no ip\r\n"));
        // A static address needs no DHCP.
        assert_eq!(rig.ask(&rig.cur("CIPSTA", "=\"192.168.4.9\"")), OK);
        let heard = rig.ask(&rig.cur("CWJAP", "=\"sim\",\"simsimsim\""));
        assert!(heard.ends_with("WIFI GOT IP\r\n\r\nOK\r\n"));
    }
    let mut config = config(AT2);
    let mut dry = AccessPoint::new("dry", "");
    dry.dhcp = false;
    config.access_points.push(dry);
    let mut rig = Rig::new(config);
    assert!(rig.ask("AT+CWJAP=\"dry\",\"\"").contains("+CWJAP:1"));
}

#[test]
fn static_ip_wrong_subnet() {
    let mut rig = Rig::joined(config(AT2));
    rig.handle.fault(Fault::StaticIpWrongSubnet, When::Always);
    let own = rig.ask("AT+CIPSTA?");
    assert!(own.contains("ip:\"192.168.0.20\"") && own.contains("gateway:\"192.168.1.1\""));
    let begin = rig.clock.now();
    assert_eq!(rig.ask(START), "\r\nERROR\r\n0,CLOSED\r\n");
    assert!(rig.clock.now() - begin >= ms(12_000));
    assert!(rig.ask("AT+PING=\"192.168.4.1\"").contains("TIMEOUT"));
    rig.handle.clear_faults();
    assert!(rig.ask(START).ends_with(OK));
}

#[test]
fn wifi_drop_mid_request() {
    for dialect in Dialect::ALL {
        let mut rig = connected(dialect);
        rig.handle.fault(Fault::WifiDropMidRequest, When::Nth(1));
        let heard = rig.send(b"GET");
        assert_eq!(heard, "\r\nRecv 3 bytes\r\n0,CLOSED\r\nWIFI DISCONNECT\r\n\r\nSEND FAIL\r\n");
        assert_eq!(rig.hear(ms(5_000)), "WIFI CONNECTED\r\nWIFI GOT IP\r\n");
        assert!(rig.ask(START).ends_with(OK));
    }
}

#[test]
fn modem_sleep() {
    let mut rig = connected(AT2);
    rig.handle.fault(Fault::ModemSleep, When::Nth(1));
    assert_eq!(rig.send(b"hi"), "\r\nRecv 2 bytes\r\n\r\nSEND OK\r\n");
    assert_eq!(rig.hear(ms(1_900)), "");
    assert_eq!(rig.hear(ms(200)), "\r\n+IPD,0,2\r\n");
    rig.ask("AT+SLEEP=0");
    rig.ask("AT+CIPRECVDATA=0,9");
    rig.handle.fault(Fault::ModemSleep, When::Always);
    assert!(rig.send(b"hi").contains("+IPD,0,2"));
    well(&mut rig);
}

// ---- The network ----

#[test]
fn no_dns_server() {
    for (dialect, servers, answer) in [
        (NONOS, "\r\nOK\r\n", "DNS Fail\r\n\r\nERROR\r\n"),
        (AT2, "+CIPDNS:0\r\n\r\nOK\r\n", ERROR),
    ] {
        let mut rig = Rig::joined(config(dialect).fault(Fault::NoDnsServer, When::Always));
        assert_eq!(rig.ask(&rig.cur("CIPDNS", "?")), servers);
        assert_eq!(rig.ask("AT+CIPDOMAIN=\"gate.local\""), answer);
        assert!(rig.ask(START).ends_with(OK));
        well(&mut rig);
    }
}

#[test]
fn names_that_resolve_badly() {
    for (fault, expected) in [
        (Fault::DnsFailure, ERROR),
        (Fault::DnsZero, "+CIPDOMAIN:\"0.0.0.0\"\r\n\r\nOK\r\n"),
        (Fault::DnsBroadcast, "+CIPDOMAIN:\"255.255.255.255\"\r\n\r\nOK\r\n"),
    ] {
        let mut rig = Rig::joined(config(AT2));
        rig.handle.fault(fault, When::Nth(1));
        assert_eq!(rig.ask("AT+CIPDOMAIN=\"gate.local\""), expected);
        assert!(rig.ask("AT+CIPDOMAIN=\"gate.local\"").contains("192.168.4.20"));
        assert_eq!(rig.handle.fault_count(fault), 1);
    }
}

#[test]
fn a_name_that_resolves_late() {
    for dialect in Dialect::ALL {
        let mut rig = Rig::joined(config(dialect));
        rig.handle.fault(Fault::DnsSlow, When::Nth(1));
        for late in [true, false] {
            let begin = rig.clock.now();
            assert!(rig.ask("AT+CIPDOMAIN=\"gate.local\"").contains("192.168.4.20"));
            let took = rig.clock.now() - begin;
            assert_eq!(took >= ms(8_000), late, "{dialect}: {took:?}");
        }
        assert_eq!(rig.handle.fault_count(Fault::DnsSlow), 1);
    }
}

/// What a ping to the host and the gateway and a connect come to.
fn reach(rig: &mut Rig) -> (bool, bool, &'static str) {
    let host = rig.ask("AT+PING=\"192.168.4.20\"").ends_with(OK);
    let gateway = rig.ask("AT+PING=\"192.168.4.1\"").ends_with(OK);
    let begin = rig.clock.now();
    let answer = rig.ask(START);
    let slow = rig.clock.now() - begin >= ms(10_000);
    rig.ask("AT+CIPCLOSE=0");
    let connect = match (answer.ends_with(OK), slow) {
        (true, false) => "connects",
        (true, true) => "connects late",
        (false, false) => "refused",
        (false, true) => "times out",
    };
    (host, gateway, connect)
}

#[test]
fn the_network_fails_in_ways_that_differ() {
    for dialect in Dialect::ALL {
        for (fault, expected) in [
            (None, (true, true, "connects")),
            (Some(Fault::ApIsolation), (false, true, "times out")),
            (Some(Fault::HostDown), (false, true, "times out")),
            (Some(Fault::GatewayDown), (false, false, "times out")),
            (Some(Fault::PortRefused), (true, true, "refused")),
            (Some(Fault::Firewall), (true, true, "times out")),
            (Some(Fault::SlowConnect), (true, true, "connects late")),
            (Some(Fault::ConnectErrorNoId), (true, true, "refused")),
            (Some(Fault::NoMoreLinks), (true, true, "refused")),
        ] {
            let mut rig = Rig::joined(config(dialect));
            if let Some(fault) = fault {
                rig.handle.fault(fault, When::Always);
            }
            assert_eq!(reach(&mut rig), expected, "{dialect} {fault:?}");
            rig.handle.clear_faults();
            assert_eq!(reach(&mut rig), (true, true, "connects"));
        }
    }
}

#[test]
fn gateway_down_takes_dns_along() {
    let mut rig = Rig::joined(config(NONOS).fault(Fault::GatewayDown, When::Always));
    let begin = rig.clock.now();
    assert_eq!(rig.ask("AT+CIPDOMAIN=\"gate.local\""), "DNS Fail\r\n\r\nERROR\r\n");
    assert!(rig.clock.now() - begin >= ms(5_000));
}

#[test]
fn slow_server() {
    let mut rig = connected(AT2);
    rig.handle.fault(Fault::SlowServer, When::Nth(1));
    assert_eq!(rig.send(b"hi"), "\r\nRecv 2 bytes\r\n\r\nSEND OK\r\n");
    assert_eq!(rig.hear(ms(29_900)), "");
    assert_eq!(rig.hear(ms(200)), "\r\n+IPD,0,2\r\n");
    well(&mut rig);
}

#[test]
fn captive_portal() {
    let mut config = config(AT2);
    config.lan.captive_portal = Some(Endpoint::Peer(canned("portal", true)));
    let mut rig = Rig::joined(config);
    rig.handle.fault(Fault::CaptivePortal, When::Always);
    rig.ask(START);
    assert!(rig.send(b"\r\n\r\n").contains("+IPD,0,6:portal"));
}

// ---- Connecting ----

#[test]
fn connect_error_no_id() {
    for dialect in Dialect::ALL {
        let mut rig = Rig::joined(config(dialect));
        rig.handle.fault(Fault::ConnectErrorNoId, When::Nth(1));
        assert_eq!(rig.ask(START), "\r\nERROR\r\nCLOSED\r\n");
        assert!(rig.ask(START).ends_with(OK));
    }
}

#[test]
fn already_connected() {
    for dialect in Dialect::ALL {
        let mut rig = Rig::joined(config(dialect));
        rig.handle.fault(Fault::AlreadyConnected, When::Nth(1));
        for _ in 0..2 {
            assert_eq!(rig.ask(START), "ALREADY CONNECTED\r\n\r\nERROR\r\n");
        }
        assert_eq!(rig.ask("AT+CIPCLOSE=0"), "0,CLOSED\r\n\r\nOK\r\n");
        assert!(rig.ask(START).ends_with(OK));
    }
}

#[test]
fn no_more_links() {
    let mut rig = Rig::joined(config(AT2));
    rig.handle.fault(Fault::NoMoreLinks, When::From(2));
    assert!(rig.ask(START).ends_with(OK));
    assert_eq!(rig.ask("AT+CIPSTART=1,\"TCP\",\"192.168.4.20\",80"), ERROR);
    well(&mut rig);
}

#[test]
fn name_wedge() {
    for dialect in Dialect::ALL {
        let mut rig = Rig::joined(config(dialect).fault(Fault::NameWedge, When::Always));
        assert!(rig.ask(START).ends_with(OK));
        rig.write("AT+CIPSTART=1,\"TCP\",\"gate.local\",80\r\n");
        assert_eq!(rig.hear(ms(60_000)), "");
        rig.write("AT\r\n");
        assert_eq!(rig.hear(ms(60_000)), "\r\nbusy p...\r\n");
        assert!(rig.ask("AT+RST").contains("ready"));
    }
}

#[test]
fn tls_out_of_memory() {
    for dialect in Dialect::ALL {
        let config = config(dialect).peer(HOST, 443, echo());
        let mut rig = Rig::joined(config.fault(Fault::TlsOutOfMemory, When::Always));
        assert!(rig.ask("AT+SYSRAM?").starts_with("+SYSRAM:6144"));
        let start = "AT+CIPSTART=0,\"SSL\",\"192.168.4.20\",443";
        assert_eq!(rig.ask(start), "\r\nERROR\r\n0,CLOSED\r\n");
        assert!(rig.ask(START).ends_with(OK));
        rig.ask("AT+CIPCLOSE=0");
        rig.handle.clear_faults();
        assert!(rig.ask(start).ends_with(OK));
    }
}

// ---- Sending ----

#[test]
fn sends_end_badly() {
    let recv = "\r\nRecv 2 bytes\r\n";
    let ok = "\r\nSEND OK\r\n";
    let fail = "\r\nSEND FAIL\r\n";
    for (fault, dialect, expected, delivered) in [
        (Fault::LostSendOk, AT2, String::new(), true),
        (Fault::SendFail, AT2, fail.into(), false),
        (Fault::SendFailThenOk, NONOS, format!("{fail}{ok}"), true),
        (Fault::SendCanceled, AT2, "\r\nSEND Canceled\r\n".into(), false),
        (Fault::SendCanceled, NONOS, fail.into(), false),
        (Fault::LinkNotValid, AT2, format!("{fail}0,CLOSED\r\n"), false),
        (Fault::ClosedAfterSend, AT2, format!("{ok}0,CLOSED\r\n"), false),
    ] {
        let mut rig = connected(dialect);
        rig.handle.fault(fault, When::Nth(1));
        let mut heard = rig.send(b"hi");
        heard += &rig.hear(ms(100));
        let heard = heard.replace("\r\n+IPD,0,2\r\n", "");
        assert_eq!(heard, format!("{recv}{expected}"), "{fault} {dialect}");
        assert_eq!(rig.handle.stats().sent == 2, delivered, "{fault}");
        if expected.contains("CLOSED") {
            assert!(rig.ask("AT+CIPSEND=0,2").starts_with("link is not valid\r\n"));
            rig.ask(START);
        }
        assert!(rig.send(b"hi").contains(ok));
    }
}

// ---- Receiving ----

#[test]
fn missing_ipd() {
    let mut rig = connected(NONOS);
    rig.handle.fault(Fault::MissingIpd, When::Nth(1));
    assert_eq!(rig.send(b"hi"), "\r\nRecv 2 bytes\r\n\r\nSEND OK\r\n");
    assert_eq!(rig.hear(ms(10_000)), "");
    assert_eq!(rig.ask("AT+CIPRECVLEN?"), "+CIPRECVLEN:2,0,0,0,0\r\n\r\nOK\r\n");
    assert_eq!(rig.ask("AT+CIPRECVDATA=0,9"), "+CIPRECVDATA,2:hi\r\nOK\r\n");
    assert!(rig.send(b"hi").contains("+IPD,0,2"));
}

#[test]
fn closed_before_data() {
    for (dialect, head) in [(NONOS, "+CIPRECVDATA,8:"), (AT2, "+CIPRECVDATA:8,")] {
        let mut rig = Rig::passive(config(dialect));
        rig.handle.fault(Fault::ClosedBeforeData, When::Always);
        rig.ask("AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",81");
        let heard = rig.send(b"\r\n\r\n");
        assert!(heard.contains("\r\n+IPD,0,8\r\n0,CLOSED\r\n"), "{heard}");
        assert!(!rig.ask("AT+CIPSTATUS").contains("+CIPSTATUS"));
        assert!(rig.ask("AT+CIPRECVLEN?").starts_with("+CIPRECVLEN:8,"));
        assert_eq!(rig.ask("AT+CIPRECVDATA=0,99"), format!("{head}response\r\nOK\r\n"));
        assert!(rig.ask(START).ends_with(OK));

        let mut rig = Rig::joined(config(dialect));
        rig.handle.fault(Fault::ClosedBeforeData, When::Always);
        rig.ask("AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",81");
        let heard = rig.send(b"\r\n\r\n");
        assert!(heard.contains("0,CLOSED\r\n\r\n+IPD,0,8:response"), "{heard}");
    }
}

#[test]
fn body_cut() {
    let mut rig = connected(AT2);
    rig.handle.fault(Fault::BodyCut, When::Nth(1));
    assert!(rig.send(b"12345678").contains("\r\n+IPD,0,4\r\n"));
    assert_eq!(rig.ask("AT+CIPRECVDATA=0,99"), "+CIPRECVDATA:4,1234\r\nOK\r\n0,CLOSED\r\n");
    well(&mut rig);
}

#[test]
fn active_overrun() {
    let mut rig = active(NONOS);
    rig.handle.fault(Fault::ActiveOverrun, When::Nth(1));
    assert!(rig.send(b"12345678").contains("\r\n+IPD,0,8:123478\r\n"));
    assert!(rig.send(b"12345678").contains("\r\n+IPD,0,8:12345678\r\n"));
}

#[test]
fn lying_ipd_length() {
    let mut rig = active(AT2);
    rig.handle.fault(Fault::LyingIpdLength, When::Nth(1));
    assert!(rig.send(b"hi").contains("\r\n+IPD,0,99999:hi"));
    let mut rig = connected(AT2);
    rig.handle.fault(Fault::LyingIpdLength, When::Nth(1));
    assert!(rig.send(b"hi").contains("\r\n+IPD,0,99999\r\n"));
    well(&mut rig);
}

#[test]
fn lying_recv_length() {
    for (dialect, expected) in
        [(NONOS, "+CIPRECVDATA,-1:hi\r\nOK\r\n"), (AT2, "+CIPRECVDATA:-1,hi\r\nOK\r\n")]
    {
        let mut rig = connected(dialect);
        rig.handle.fault(Fault::LyingRecvLength, When::Nth(1));
        rig.send(b"hi");
        assert_eq!(rig.ask("AT+CIPRECVDATA=0,9"), expected);
        well(&mut rig);
    }
}

#[test]
fn empty_read() {
    let mut rig = connected(AT2);
    rig.handle.fault(Fault::EmptyRead, When::Nth(1));
    rig.send(b"hi");
    assert_eq!(rig.ask("AT+CIPRECVDATA=0,9"), "+CIPRECVDATA:0,\r\nOK\r\n");
    assert_eq!(rig.ask("AT+CIPRECVDATA=0,9"), "+CIPRECVDATA:2,hi\r\nOK\r\n");
}

#[test]
fn to_read_line() {
    let mut rig = connected(AT2);
    rig.handle.fault(Fault::ToReadLine, When::Always);
    rig.send(b"hi");
    assert_eq!(rig.ask("AT+CIPRECVDATA=0,9"), "to read 2 bytes\r\n+CIPRECVDATA:2,hi\r\nOK\r\n");
    well(&mut rig);
}

#[test]
fn no_passive_mode() {
    for dialect in Dialect::ALL {
        let mut rig = Rig::joined(config(dialect).fault(Fault::NoPassiveMode, When::Always));
        assert_eq!(rig.ask("AT+CIPRECVMODE=1"), ERROR);
        rig.ask(START);
        assert!(rig.send(b"hi").contains("+IPD,0,2:hi"));
    }
}

#[test]
fn unlink() {
    for (dialect, expected) in [(NONOS, "UNLINK\r\n\r\nERROR\r\n"), (AT2, ERROR)] {
        let mut rig = connected(dialect);
        rig.handle.fault(Fault::Unlink, When::Nth(1));
        assert_eq!(rig.ask("AT+CIPCLOSE=0"), expected);
        assert!(rig.ask(START).ends_with(OK));
    }
}

/// Every fault has a test in this file or in `field.rs` that names it.
#[test]
fn every_fault_is_tested() {
    let source = [include_str!("faults.rs"), include_str!("field.rs")].concat();
    for (fault, _) in Fault::ALL {
        let name = format!("Fault::{fault:?}");
        assert!(source.contains(&name), "{name} has no test");
    }
}
