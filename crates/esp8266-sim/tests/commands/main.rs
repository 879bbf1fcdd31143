//! Each command in each dialect, byte for byte.

#[path = "../common/mod.rs"]
mod common;
mod links;
mod network;
mod station;

use std::sync::Arc;

use common::{AT2, HOST, NONOS, Rig, ms};
use esp8266_sim::{AccessPoint, Config, Dialect, HostState, Peer, Reply, Ssl, Version, echo};

const OK: &str = "\r\nOK\r\n";
const ERROR: &str = "\r\nERROR\r\n";

/// A command, what NonOS answers, what ESP-AT answers. The answers after a `|` stand before `OK`.
type Row = (&'static str, &'static str, &'static str);

fn config(dialect: Dialect) -> Config {
    let mut hidden = AccessPoint::new("hidden", "");
    hidden.hidden = true;
    let mut odd = AccessPoint::new("a,\"b\\", "");
    odd.channel = 11;
    odd.rssi = -80;
    Config::new(dialect)
        .ap(hidden)
        .ap(odd)
        .peer(HOST, 80, echo())
        .peer(HOST, 443, echo())
        .peer(HOST, 5000, echo())
        .name("gate.local", HOST)
}

fn whole(answer: &str) -> String {
    match answer {
        "OK" => OK.into(),
        "ERROR" => ERROR.into(),
        _ => answer
            .replace("|OK", OK)
            .replace("|ERROR", ERROR)
            .replace("\n", "\r\n")
            .replace("\r\r\n", "\r\n"),
    }
}

/// Both dialects go through the rows in order, each on one modem.
fn check(rows: &[Row], rig: impl Fn(Config) -> Rig) {
    for dialect in Dialect::ALL {
        let mut rig = rig(config(dialect));
        for (command, nonos, at2) in rows {
            let expected = whole(if dialect == NONOS { nonos } else { at2 });
            assert_eq!(rig.ask(command), expected, "{dialect}: {command}");
        }
    }
}

#[test]
fn basic() {
    check(
        &[
            ("AT", "OK", "OK"),
            ("ATE0", "OK", "OK"),
            ("?", "ERROR", "ERROR"),
            ("", "ERROR", "ERROR"),
            ("at", "ERROR", "ERROR"),
            ("AT+NONSENSE", "ERROR", "ERROR"),
            ("AT+CIPMUX=", "ERROR", "ERROR"),
            ("AT+CIPMUX=2", "ERROR", "ERROR"),
            ("AT+CIPMUX=\"1\"", "ERROR", "ERROR"),
            (
                "AT+GMR",
                "AT version:1.7.4.0(May 11 2020 19:13:04)\nSDK version:3.0.4(9532ceb)\n\
                 compile time:May 27 2020 10:12:17\nBin version(Wroom 02):1.7.4\nOK\n",
                "AT version:2.2.1.0(s-b097cdf - ESP8266 - Jun 17 2021 12:58:29)\n\
                 SDK version:v3.4-22-g967752e2\ncompile time(6800286):Aug  4 2021 17:34:06\n\
                 Bin version:2.2.1(ESP8266_1MB)\n|OK",
            ),
            ("AT+SYSSTORE=0", "ERROR", "OK"),
            ("AT+SYSSTORE?", "ERROR", "+SYSSTORE:0\n|OK"),
            ("AT+SYSRAM?", "+SYSRAM:30208\n|OK", "+SYSRAM:30208,28160\n|OK"),
            ("AT+SLEEP?", "+SLEEP:2\n|OK", "+SLEEP:1\n|OK"),
            ("AT+SLEEP=0", "OK", "OK"),
            ("AT+SLEEP?", "+SLEEP:0\n|OK", "+SLEEP:0\n|OK"),
            ("AT+SLEEP=3", "ERROR", "ERROR"),
            ("AT+UART_CUR?", "+UART_CUR:115200,8,1,0,0\n|OK", "+UART_CUR:115200,8,1,0,0\n|OK"),
            ("AT+UART_CUR=921600,8,1,0,0", "OK", "OK"),
            ("AT+UART?", "+UART:921600,8,1,0,0\n|OK", "+UART:921600,8,1,0,0\n|OK"),
            ("AT+UART_CUR=921600,9,1,0,0", "ERROR", "ERROR"),
            ("AT+SYSLOG=1", "ERROR", "OK"),
            ("AT+NONSENSE", "ERROR", "ERR CODE:0x01090000\n|ERROR"),
            ("?", "ERROR", "ERR CODE:0x01030000\n|ERROR"),
            ("AT+CIPMUX=7", "ERROR", "ERR CODE:0x01070000\n|ERROR"),
            ("AT+SYSLOG?", "ERROR", "+SYSLOG:1\n|OK"),
        ],
        Rig::new,
    );
}

#[test]
fn echo_is_on_at_boot() {
    for (dialect, expected) in [(NONOS, "ATE0\r\r\n\r\nOK\r\n"), (AT2, "ATE0\r\n\r\nOK\r\n")] {
        let mut rig = Rig::new(config(dialect));
        rig.ask("AT+RST");
        assert_eq!(rig.ask("ATE0"), expected);
        assert_eq!(rig.ask("ATE1"), OK);
        assert_eq!(rig.ask("ATE0"), expected);
        assert_eq!(rig.ask("AT"), OK);
    }
}

#[test]
fn a_restart_says_ok_noise_and_ready() {
    for dialect in Dialect::ALL {
        for command in ["AT+RST", "AT+RESTORE"] {
            let mut rig = Rig::joined(config(dialect));
            let heard = rig.ask(command);
            let lost = if dialect == NONOS { "WIFI DISCONNECT\r\n" } else { "" };
            assert!(heard.starts_with(&format!("\r\nOK\r\n{lost}r\\x92\\xe0l")), "{heard}");
            assert!(heard.contains("\x0en\r\nready\r\n") || heard.contains("\r\nready\r\n"));
            // What was joined was saved by `AT+CWJAP` on ESP-AT alone; `_CUR` doesn't save.
            let saved = dialect == AT2 && command == "AT+RST";
            let after = rig.hear(ms(1_000));
            let expected = if saved { "WIFI CONNECTED\r\nWIFI GOT IP\r\n" } else { "" };
            assert_eq!(after, expected, "{dialect} {command}");
            assert_eq!(rig.handle.stats().resets, 1);
        }
    }
}

#[test]
fn versions_know_what_they_know() {
    for (version, sysstore, cwstate, cipstate, passive) in [
        (Version(2, 0, 0), false, false, false, false),
        (Version(2, 1, 0), true, false, false, true),
        (Version(2, 2, 1), true, true, false, true),
        (Version(2, 2, 2), true, true, true, true),
        (Version(2, 3, 0), true, true, true, true),
    ] {
        let mut rig = Rig::joined(config(AT2).version(version));
        for (command, known) in [
            ("AT+SYSSTORE?", sysstore),
            ("AT+CWSTATE?", cwstate),
            ("AT+CIPSTATE?", cipstate),
            ("AT+CIPRECVMODE=1", passive),
        ] {
            assert_eq!(rig.ask(command) != ERROR, known, "{version} {command}");
        }
        assert!(rig.ask("AT+GMR").starts_with(&format!("AT version:{version}.0(")));
    }
    let mut rig = Rig::joined(config(AT2).version(Version(2, 3, 0)));
    assert_eq!(rig.ask("AT+CIPSTATE?"), OK);
    rig.ask("AT+CIPSTART=2,\"TCP\",\"192.168.4.20\",80");
    assert_eq!(
        rig.ask("AT+CIPSTATE?"),
        "+CIPSTATE:2,\"TCP\",\"192.168.4.20\",80,49154,0\r\n\r\nOK\r\n"
    );
}

#[test]
fn a_line_may_have_256_bytes() {
    for dialect in Dialect::ALL {
        let mut rig = Rig::joined(config(dialect));
        let name = |length: usize| format!("AT+CIPDOMAIN=\"{}\"", "x".repeat(length - 17));
        rig.handle.set_name(&"x".repeat(256 - 17), HOST);
        assert!(rig.ask(&name(256)).contains("192.168.4.20"));
        rig.handle.set_name(&"x".repeat(257 - 17), HOST);
        assert_eq!(rig.ask(&name(257)), ERROR);
        assert_eq!(rig.ask(&name(9_000)), ERROR);
        assert_eq!(rig.ask("AT"), OK);
    }
}

/// Anything that comes while a command is executed gets `busy p...` and is forgotten.
#[test]
fn busy_while_working() {
    for dialect in Dialect::ALL {
        let mut rig = Rig::joined(config(dialect));
        for (command, answer) in [
            ("AT+CIPSTART=0,\"TCP\",\"192.168.4.99\",80", "\r\nERROR\r\n0,CLOSED\r\n"),
            ("AT+PING=\"192.168.4.20\"", "\r\nOK\r\n"),
            ("AT+CIPDOMAIN=\"gate.local\"", "\r\nOK\r\n"),
            ("AT+CWLAP", "\r\nOK\r\n"),
        ] {
            rig.write(format!("{command}\r\n?\r\nAT+GMR\r\n"));
            let heard = rig.settle();
            let busy = "\r\nbusy p...\r\n\r\nbusy p...\r\n";
            assert!(heard.starts_with(busy) && heard.ends_with(answer), "{heard}");
            assert!(!heard.contains("version"));
        }
        assert_eq!(rig.handle.stats().busy, 8);
    }
    let mut rig = Rig::joined(config(AT2));
    rig.ask("AT+SYSLOG=1");
    rig.write("AT+CWLAP\r\nAT\r\n");
    assert!(rig.settle().starts_with("ERR CODE:0x010b0000\r\n\r\nbusy p...\r\n"));
}
