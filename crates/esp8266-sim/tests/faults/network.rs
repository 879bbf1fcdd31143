//! Joining, and the network.

use super::*;

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
    rig.is_well();
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
        rig.is_well();
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
    rig.is_well();
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
