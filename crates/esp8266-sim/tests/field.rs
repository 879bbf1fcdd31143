//! What reports and a real firmware showed, each as a fault or as a firmware of its own.

mod common;

use common::{AT2, ERROR, HOST, NONOS, OK, Rig, START, ms};
use esp8266_sim::{AccessPoint, Config, Dialect, Fault, When, echo};

fn config(dialect: Dialect) -> Config {
    Config::new(dialect).peer(HOST, 80, echo()).name("gate.local", HOST)
}

/// A joined station with link 0 open to the echo, in passive mode.
fn connected(dialect: Dialect) -> Rig {
    let mut rig = Rig::passive(config(dialect));
    rig.ask(START);
    rig
}

#[test]
fn data_mode() {
    for dialect in Dialect::WITH_SINGLE {
        let config = config(dialect).fault(Fault::DataMode, When::Always);
        let (handle, port, clock) = esp8266_sim::Simulator::lockstep(config);
        let mut rig = Rig { handle, port, clock, dialect };
        rig.hear(ms(400));
        assert_eq!(rig.ask("AT"), "");
        assert_eq!(rig.handle.stats().passed_through, 4);
        // Not alone: data.
        rig.write("a+++");
        assert_eq!(rig.hear(ms(50)), "");
        rig.write("+++b");
        rig.hear(ms(50));
        assert_eq!(rig.handle.stats().passed_through, 12);
        rig.write("+++");
        rig.hear(ms(30));
        // A second passes until it takes a command.
        assert_eq!(rig.ask("AT"), "");
        rig.hear(ms(1_100));
        assert_eq!(rig.ask("AT"), OK);
        assert_eq!(rig.handle.stats().passed_through, 12);
        // A transparent link keeps it from having five.
        assert!(rig.ask("AT+CIPMUX=1").ends_with(ERROR));
        rig.ask("AT+CIPCLOSE");
        rig.ask("AT+CIPMODE=0");
        assert_eq!(rig.ask("AT+CIPMUX=1"), OK);
    }
}

#[test]
fn busy_refuses_reset() {
    let mut rig = Rig::new(config(AT2));
    rig.handle.fault(Fault::BusyRefusesReset, When::Nth(2));
    assert_eq!(rig.ask("AT"), OK);
    for command in ["AT", "AT+RST", "AT"] {
        rig.write(format!("{command}\r\n"));
        assert_eq!(rig.hear(ms(1)), "\r\nbusy p...\r\n");
    }
    rig.is_well();
}

#[test]
fn busy_without_dhcp() {
    for dialect in Dialect::WITH_SINGLE {
        let mut rig = Rig::new(config(dialect).fault(Fault::BusyWithoutDhcp, When::Nth(1)));
        rig.ask(&rig.cur("CWMODE", "=1"));
        rig.write(rig.cur("CWJAP", "=\"sim\",\"simsimsim\"\r\n"));
        assert_eq!(rig.hear(ms(20_000)), "WIFI CONNECTED\r\n");
        for command in ["AT", "AT+RST"] {
            rig.write(format!("{command}\r\n"));
            assert_eq!(rig.hear(ms(1)), "\r\nbusy p...\r\n");
        }
        rig.is_well();
    }
}

/// Deaf while it dials or resolves; what was sent meanwhile is carried out afterwards.
#[test]
fn deaf_while_busy() {
    let deaf = |dialect| config(dialect).fault(Fault::DeafWhileBusy, When::Always);
    let rigs = [deaf(NONOS), deaf(AT2), config(Dialect::Single17)];
    for mut rig in rigs.map(Rig::joined) {
        rig.handle.fault(Fault::SlowConnect, When::Nth(1));
        rig.write(format!("{START}\r\nAT\r\n?\r\nAT+CIPMUX?\r\n"));
        assert_eq!(rig.hear(ms(11_000)), "");
        let told = "0,CONNECT\r\n\r\nOK\r\n\r\nOK\r\n\r\nERROR\r\n+CIPMUX:1\r\n\r\nOK\r\n";
        assert_eq!(rig.hear(ms(2_000)), told);
        rig.handle.fault(Fault::DnsSlow, When::Nth(1));
        rig.write("AT+CIPDOMAIN=\"gate.local\"\r\nAT\r\n");
        assert_eq!(rig.hear(ms(7_000)), "");
        assert!(rig.hear(ms(2_000)).ends_with("\r\nOK\r\n\r\nOK\r\n"));
    }
}

#[test]
fn endless_line() {
    let endless = config(NONOS).fault(Fault::EndlessLine, When::Always);
    for config in [endless, config(Dialect::Single17)] {
        let mut rig = Rig::new(config);
        rig.write([0; 450]);
        assert_eq!(rig.hear(ms(1)), format!("{ERROR}{ERROR}"));
        rig.write("\r\n");
        assert_eq!(rig.hear(ms(1)), ERROR);
        rig.is_well();
    }
}

#[test]
fn disconnect_reason() {
    let reasons = config(AT2).fault(Fault::DisconnectReason, When::Always);
    for config in [reasons, config(Dialect::Single17)] {
        let mut rig = Rig::joined(config);
        rig.handle.drop_wifi();
        assert!(rig.heard().contains("WIFI DISCONNECT (4)\r\n"));
        rig.is_well();
    }
}

#[test]
fn no_rejoin() {
    let stays = config(AT2).fault(Fault::NoRejoin, When::Always);
    for config in [stays, config(Dialect::Single17)] {
        let mut rig = Rig::joined(config);
        rig.handle.drop_wifi();
        rig.hear(ms(60_000));
        assert!(rig.ask(&rig.cur("CWJAP", "?")).starts_with("No AP"));
        rig.is_well();
    }
}

/// `AT+CWRECONNCFG` sets how often, and how many times.
#[test]
fn the_firmwares_own_rejoin_as_it_is_set() {
    for (setting, told, joins) in
        [("", "1,0", true), ("5,3", "5,3", true), ("0,0", "0,0", false), ("0,7", "0,7", false)]
    {
        let mut rig = Rig::joined(config(AT2));
        if !setting.is_empty() {
            assert_eq!(rig.ask(&format!("AT+CWRECONNCFG={setting}")), OK);
        }
        let answer = format!("+CWRECONNCFG:{told}\r\n\r\nOK\r\n");
        assert_eq!(rig.ask("AT+CWRECONNCFG?"), answer);
        rig.handle.drop_wifi();
        assert_eq!(rig.hear(ms(20_000)).contains("WIFI GOT IP"), joins, "{setting}");
    }
    let mut rig = Rig::joined(config(AT2));
    for wrong in ["AT+CWRECONNCFG=7201,0", "AT+CWRECONNCFG=1,1001", "AT+CWRECONNCFG=1"] {
        assert_eq!(rig.ask(wrong), ERROR, "{wrong}");
    }
    assert_eq!(rig.ask("AT+CWRECONNCFG=2,2"), OK);
    rig.handle.ap_down("sim");
    rig.hear(ms(60_000));
    rig.handle.ap_up("sim");
    assert_eq!(rig.hear(ms(60_000)), "", "two tries, and no more");
    assert_eq!(Rig::new(config(NONOS)).ask("AT+CWRECONNCFG?"), ERROR);
}

#[test]
fn unescaped_names() {
    let mut rig = Rig::joined(config(AT2).ap(AccessPoint::new("a\"b\r\n,", "")));
    assert!(rig.ask("AT+CWLAP").contains("+CWLAP:(0,\"a\\\"b\r\n\\,\",-48,"));
    rig.handle.fault(Fault::UnescapedNames, When::Always);
    assert!(rig.ask("AT+CWLAP").contains("+CWLAP:(0,\"a\"b\r\n,\",-48,"));
}

#[test]
fn ip_unset_and_name_hangs() {
    let mut rig = Rig::joined(config(NONOS));
    rig.handle.fault(Fault::IpUnset, When::Nth(1));
    rig.handle.fault(Fault::NameHangs, When::Nth(2));
    let ask = "AT+CIPDOMAIN=\"gate.local\"";
    assert_eq!(rig.ask(ask), "+CIPDOMAIN:(IP unset)\r\n\r\nOK\r\n");
    rig.write(format!("{ask}\r\nAT\r\n"));
    assert_eq!(rig.hear(ms(60_000)), "");
    rig.write("?\r\n");
    assert_eq!(rig.hear(ms(1)), "");
    rig.is_well();
}

#[test]
fn ssl_error() {
    let mut rig = Rig::joined(config(AT2));
    rig.handle.fault(Fault::SslError, When::Always);
    assert_eq!(rig.ask(&START.replace("TCP", "SSL")), format!("{ERROR}0,CLOSED\r\n"));
    assert_eq!(rig.ask(START), "0,CONNECT\r\n\r\nOK\r\n");
    let free = rig.ask("AT+SYSRAM?");
    assert!(free.starts_with("+SYSRAM:29"), "{free}");
}

/// Each `+IPD` tells all that waits.
#[test]
fn ipd_totals() {
    let totals = config(NONOS).fault(Fault::IpdTotals, When::Always);
    for config in [totals, config(Dialect::Single17)] {
        let mut rig = Rig::passive(config);
        rig.ask(START);
        assert!(rig.send(&[b'x'; 100]).contains("+IPD,0,100\r\n"));
        assert!(rig.send(&[b'x'; 50]).contains("+IPD,0,150\r\n"));
    }
    let mut rig = connected(NONOS);
    rig.send(&[b'x'; 100]);
    assert!(rig.send(&[b'x'; 50]).contains("+IPD,0,50\r\n"));
}

/// ESP-AT tells the length of TLS records as they came, and gives what is in one at a time.
#[test]
fn tls_records() {
    let mut rig = Rig::passive(config(AT2).peer(HOST, 443, echo()));
    rig.ask("AT+CIPSTART=0,\"SSL\",\"192.168.4.20\",443");
    assert!(rig.send(b"hello").contains("+IPD,0,34\r\n"));
    rig.send(b"you");
    assert_eq!(rig.ask("AT+CIPRECVLEN?"), "+CIPRECVLEN:66,-1,-1,-1,-1\r\n\r\nOK\r\n");
    for told in ["2,he", "3,llo", "2,yo", "1,u"] {
        let most = if told == "3,llo" { 64 } else { 2 };
        let answer = rig.ask(&format!("AT+CIPRECVDATA=0,{most}"));
        assert!(answer.starts_with(&format!("+CIPRECVDATA:{told}\r\nOK")), "{answer}");
    }
    assert_eq!(rig.ask("AT+CIPRECVLEN?"), "+CIPRECVLEN:0,-1,-1,-1,-1\r\n\r\nOK\r\n");
}

#[test]
fn old_versions() {
    let rig = |version: &str| Rig::new(config(NONOS).version(version.parse().unwrap()));
    let mut first = rig("0.9.2");
    assert_eq!(first.ask("AT+GMR"), "0018000902\r\nOK\r\n");
    for command in ["AT+CWMODE_CUR=1", "AT+CIPDOMAIN=\"a\"", "AT+CIPRECVMODE=1", "AT+SYSSTORE=0"] {
        assert_eq!(first.ask(command), "\r\nno this fun\r\n", "{command}");
    }
    assert_eq!(first.ask("AT+CWMODE=1"), OK);
    let mut later = rig("0.40.0");
    assert!(later.ask("AT+GMR").starts_with("AT version:0.40.0.0("));
    for (command, told) in
        [("AT+CWMODE_CUR=1", OK), ("AT+CIPDOMAIN=\"a\"", ERROR), ("AT+CIPRECVMODE=1", ERROR)]
    {
        assert_eq!(later.ask(command), told, "{command}");
    }
}
