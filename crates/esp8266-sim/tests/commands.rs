//! Each command in each dialect, byte for byte.

mod common;

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
fn mode_and_join() {
    check(
        &[
            ("AT+CWMODE?", "+CWMODE:2\n|OK", "+CWMODE:1\n|OK"),
            ("AT+CWMODE_CUR=1", "OK", "ERROR"),
            ("AT+CWMODE_DEF=1", "OK", "ERROR"),
            ("AT+CWMODE=1", "OK", "OK"),
            ("AT+CWMODE=4", "ERROR", "ERROR"),
            ("AT+CWMODE_CUR?", "+CWMODE_CUR:1\n|OK", "ERROR"),
            ("AT+CWJAP?", "No AP\n|OK", "No AP\n|OK"),
            ("AT+CWSTATE?", "ERROR", "+CWSTATE:0,\"\"\n|OK"),
            ("AT+CIFSR", CIFSR_NONE, CIFSR_NONE),
            ("AT+CIPSTATUS", "STATUS:5\n|OK", "STATUS:5\n|OK"),
            ("AT+CWJAP=\"sim\",\"wrong\"", "+CWJAP:2\n\r\nFAIL\n", "+CWJAP:2\n|ERROR"),
            ("AT+CWJAP=\"other\",\"\"", "+CWJAP:3\n\r\nFAIL\n", "+CWJAP:3\n|ERROR"),
            ("AT+CWSTATE?", "ERROR", "+CWSTATE:4,\"other\"\n|OK"),
            ("AT+CWJAP=\"\",\"\"", "ERROR", "ERROR"),
            ("AT+CWJAP=\"sim", "ERROR", "ERROR"),
            ("AT+CWJAP=\"sim\",\"simsimsim\"", JOINED, JOINED),
            ("AT+CWSTATE?", "ERROR", "+CWSTATE:2,\"sim\"\n|OK"),
            (
                "AT+CWJAP?",
                "+CWJAP:\"sim\",\"02:1a:11:f0:00:01\",6,-48\n|OK",
                "+CWJAP:\"sim\",\"02:1a:11:f0:00:01\",6,-48,0,1,3,0,1\n|OK",
            ),
            (
                "AT+CWJAP=\"a\\,\\\"b\\\\\",\"\"",
                "WIFI DISCONNECT\nWIFI CONNECTED\nWIFI GOT IP\n|OK",
                "WIFI DISCONNECT\nWIFI CONNECTED\nWIFI GOT IP\n|OK",
            ),
            (
                "AT+CWJAP_CUR?",
                "+CWJAP_CUR:\"a\\,\\\"b\\\\\",\"02:1a:11:f0:00:01\",11,-80\n|OK",
                "ERROR",
            ),
            ("AT+CWQAP", "|OKWIFI DISCONNECT\n", "WIFI DISCONNECT\n|OK"),
            ("AT+CWQAP", "OK", "OK"),
            ("AT+CWJAP=\"hidden\",\"\",\"02:1a:11:f0:00:01\"", JOINED, JOINED),
        ],
        Rig::new,
    );
}

const JOINED: &str = "WIFI CONNECTED\nWIFI GOT IP\n|OK";
const CIFSR_NONE: &str = "+CIFSR:STAIP,\"0.0.0.0\"\n+CIFSR:STAMAC,\"5c:cf:7f:00:00:01\"\n|OK";

#[test]
fn a_list_of_access_points() {
    let lines = [(
        "+CWLAP:(3,\"sim\",-48,\"02:1a:11:f0:00:01\",6,",
        "+CWLAP:(0,\"a\\,\\\"b\\\\\",-80,\"02:1a:11:f0:00:01\",11,",
    )];
    for (dialect, tail) in [(NONOS, "-11,0,4,4,7,0)\r\n"), (AT2, "-1,-1,4,4,7,0)\r\n")] {
        let mut rig = Rig::new(config(dialect));
        rig.ask(&rig.cur("CWMODE", "=1"));
        let (first, second) = lines[0];
        assert_eq!(rig.ask("AT+CWLAP"), format!("{first}{tail}{second}{tail}{OK}"));
        assert_eq!(rig.ask("AT+CWLAP=\"sim\""), format!("{first}{tail}{OK}"));
        assert!(rig.ask("AT+CWLAP=\"hidden\"").starts_with("+CWLAP:(0,\"hidden\","));
    }
}

#[test]
fn station_settings() {
    check(
        &[
            ("AT+CWHOSTNAME?", "+CWHOSTNAME:ESP-000001\n|OK", "+CWHOSTNAME:ESP-000001\n|OK"),
            ("AT+CWHOSTNAME=\"gate\"", "OK", "OK"),
            ("AT+CWHOSTNAME?", "+CWHOSTNAME:gate\n|OK", "+CWHOSTNAME:gate\n|OK"),
            ("AT+CWHOSTNAME=\"\"", "ERROR", "ERROR"),
            ("AT+CWDHCP?", "+CWDHCP:3\n|OK", "+CWDHCP:3\n|OK"),
            ("AT+CWDHCP_CUR=1,0", "OK", "ERROR"),
            ("AT+CWDHCP=0,1", "OK", "OK"),
            ("AT+CWDHCP?", "+CWDHCP:1\n|OK", "+CWDHCP:2\n|OK"),
            ("AT+CWAUTOCONN=0", "OK", "OK"),
            ("AT+CWAUTOCONN?", "+CWAUTOCONN:0\n|OK", "+CWAUTOCONN:0\n|OK"),
            (
                "AT+CIPSTA?",
                "+CIPSTA:ip:\"192.168.4.2\"\n+CIPSTA:gateway:\"192.168.4.1\"\n+CIPSTA:netmask:\"255.255.255.0\"\n|OK",
                "+CIPSTA:ip:\"192.168.4.2\"\n+CIPSTA:gateway:\"192.168.4.1\"\n+CIPSTA:netmask:\"255.255.255.0\"\n|OK",
            ),
            ("AT+CIPDNS?", "ERROR", "+CIPDNS:0,\"192.168.4.1\"\n|OK"),
            ("AT+CIPDNS_CUR?", "+CIPDNS_CUR:192.168.4.1\n|OK", "ERROR"),
            ("AT+CIPDNS_CUR=1,\"9.9.9.9\"", "OK", "ERROR"),
            ("AT+CIPDNS=1,\"9.9.9.9\",\"1.1.1.1\"", "ERROR", "OK"),
            ("AT+CIPDNS_CUR?", "+CIPDNS_CUR:9.9.9.9\n|OK", "ERROR"),
            ("AT+CIPDNS?", "ERROR", "+CIPDNS:1,\"9.9.9.9\",\"1.1.1.1\"\n|OK"),
            ("AT+CIPDNS=0", "ERROR", "OK"),
            ("AT+CIPDNS_CUR=0", "OK", "ERROR"),
            ("AT+CIPSTA=\"192.168.4.50\",\"192.168.4.1\",\"255.255.255.0\"", "OK", "OK"),
            ("AT+CIPSTA=\"192.168.4\"", "ERROR", "ERROR"),
            (
                "AT+CIFSR",
                "+CIFSR:STAIP,\"192.168.4.50\"\n+CIFSR:STAMAC,\"5c:cf:7f:00:00:01\"\n|OK",
                "+CIFSR:STAIP,\"192.168.4.50\"\n+CIFSR:STAMAC,\"5c:cf:7f:00:00:01\"\n|OK",
            ),
            // A static address came without DNS servers.
            ("AT+CIPDNS_CUR?", "OK", "ERROR"),
            ("AT+CIPDNS?", "ERROR", "+CIPDNS:0\n|OK"),
            ("AT+CIPDOMAIN=\"gate.local\"", "DNS Fail\n|ERROR", "ERROR"),
        ],
        Rig::joined,
    );
}

#[test]
fn names_pings_and_time() {
    check(
        &[
            (
                "AT+CIPDOMAIN=\"gate.local\"",
                "+CIPDOMAIN:192.168.4.20\n|OK",
                "+CIPDOMAIN:\"192.168.4.20\"\n|OK",
            ),
            (
                "AT+CIPDOMAIN=\"10.0.0.7\"",
                "+CIPDOMAIN:10.0.0.7\n|OK",
                "+CIPDOMAIN:\"10.0.0.7\"\n|OK",
            ),
            ("AT+CIPDOMAIN=\"other.local\"", "DNS Fail\n|ERROR", "ERROR"),
            ("AT+CIPDOMAIN=7", "ERROR", "ERROR"),
            ("AT+PING=\"192.168.4.20\"", "+3\n|OK", "+PING:3\n|OK"),
            ("AT+PING=\"gate.local\"", "+3\n|OK", "+PING:3\n|OK"),
            ("AT+PING=\"192.168.4.99\"", "+timeout\n|ERROR", "+PING:TIMEOUT\n|ERROR"),
            ("AT+PING=\"other.local\"", "DNS Fail\n|ERROR", "ERROR"),
            ("AT+CIPSNTPCFG=1,0,\"pool.ntp.org\"", "OK", "OK"),
            (
                "AT+CIPSNTPTIME?",
                "+CIPSNTPTIME:Thu Jan 01 00:00:04 1970\n|OK",
                "+CIPSNTPTIME:Thu Jan 01 00:00:04 1970\n|OK",
            ),
            ("AT+CIPSNTPCFG=1,99", "ERROR", "ERROR"),
            ("AT+CIPSERVER=1,80", "ERROR", "ERROR"),
        ],
        Rig::joined,
    );
    let mut rig = Rig::joined(config(AT2));
    rig.ask("AT+CIPSNTPCFG=1,2");
    rig.hear(ms(3_000));
    assert_eq!(rig.ask("AT+CIPSNTPTIME?"), "+CIPSNTPTIME:Wed Jan 01 02:00:03 2025\r\n\r\nOK\r\n");
}

#[test]
fn without_an_address() {
    check(
        &[
            ("AT+CIPDOMAIN=\"gate.local\"", "no ip\n|ERROR", "no ip\n|ERROR"),
            ("AT+PING=\"192.168.4.20\"", "no ip\n|ERROR", "ERROR"),
            ("AT+CIPSTART=\"TCP\",\"192.168.4.20\",80", "no ip\n|ERROR", "no ip\n|ERROR"),
        ],
        Rig::new,
    );
}

#[test]
fn links() {
    check(
        &[
            ("AT+CIPMUX?", "+CIPMUX:1\n|OK", "+CIPMUX:1\n|OK"),
            ("AT+CIPMODE?", "+CIPMODE:0\n|OK", "+CIPMODE:0\n|OK"),
            ("AT+CIPMODE=1", "ERROR", "ERROR"),
            ("AT+CIPDINFO=0", "OK", "OK"),
            ("AT+CIPDINFO?", "+CIPDINFO:FALSE\n|OK", "+CIPDINFO:FALSE\n|OK"),
            ("AT+CIPRECVMODE=1", "OK", "OK"),
            ("AT+CIPRECVMODE?", "+CIPRECVMODE:1\n|OK", "+CIPRECVMODE:1\n|OK"),
            ("AT+CIPSTATUS", "STATUS:2\n|OK", "STATUS:2\n|OK"),
            ("AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80", CONNECT, CONNECT),
            (
                "AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80",
                "ALREADY CONNECTED\n|ERROR",
                "ALREADY CONNECTED\n|ERROR",
            ),
            (
                "AT+CIPSTATUS",
                "STATUS:3\n+CIPSTATUS:0,\"TCP\",\"192.168.4.20\",80,49154,0\n|OK",
                "STATUS:3\n+CIPSTATUS:0,\"TCP\",\"192.168.4.20\",80,49154,0\n|OK",
            ),
            ("AT+CIPMUX=0", "link is builded\n|ERROR", "ERROR"),
            ("AT+CIPRECVLEN?", "+CIPRECVLEN:0,0,0,0,0\n|OK", "+CIPRECVLEN:0,-1,-1,-1,-1\n|OK"),
            ("AT+CIPRECVDATA=0,100", "ERROR", "ERROR"),
            ("AT+CIPSEND=1,5", "link is not valid\n|ERROR", "link is not valid\n|ERROR"),
            ("AT+CIPSEND=0,2049", "too long\n|ERROR", "ERROR"),
            ("AT+CIPSEND=0,0", "ERROR", "ERROR"),
            ("AT+CIPSTART=5,\"TCP\",\"192.168.4.20\",80", "ID ERROR\n|ERROR", "ERROR"),
            ("AT+CIPSTART=\"TCP\",\"192.168.4.20\",80", "Link type ERROR\n|ERROR", "ERROR"),
            ("AT+CIPSTART=1,\"XYZ\",\"192.168.4.20\",80", "Link type ERROR\n|ERROR", "ERROR"),
            ("AT+CIPSTART=1,\"TCP\",\"\",80", "IP ERROR\n|ERROR", "ERROR"),
            ("AT+CIPSTART=1,\"TCP\",\"192.168.4.20\",0", "ENTRY ERROR\n|ERROR", "ERROR"),
            ("AT+CIPSTART=1,\"TCP\",\"192.168.4.20\",81", "|ERROR1,CLOSED\n", "|ERROR1,CLOSED\n"),
            ("AT+CIPSTART=1,\"TCP\",\"127.0.0.1\",80", "|ERROR1,CLOSED\n", "|ERROR1,CLOSED\n"),
            ("AT+CIPSTART=1,\"TCP\",\"192.168.4.99\",80", "|ERROR1,CLOSED\n", "|ERROR1,CLOSED\n"),
            ("AT+CIPSTART=1,\"TCP\",\"other.local\",80", "DNS Fail\n|ERROR", "ERROR"),
            ("AT+CIPSTART=4,\"TCP\",\"gate.local\",80", "4,CONNECT\n|OK", "4,CONNECT\n|OK"),
            ("AT+CIPCLOSE=1", "UNLINK\n|ERROR", "ERROR"),
            ("AT+CIPCLOSE=0", "0,CLOSED\n|OK", "0,CLOSED\n|OK"),
            ("AT+CIPCLOSE", "MUX=1\n|ERROR", "MUX=1\n|ERROR"),
            ("AT+CIPCLOSE=5", "4,CLOSED\n|OK", "4,CLOSED\n|OK"),
            ("AT+CIPSTATUS", "STATUS:4\n|OK", "STATUS:4\n|OK"),
            ("AT+CIPMUX=0", "OK", "OK"),
            ("AT+CIPRECVLEN?", "+CIPRECVLEN:0\n|OK", "+CIPRECVLEN:-1\n|OK"),
            ("AT+CIPSTART=\"TCP\",\"192.168.4.20\",80", "CONNECT\n|OK", "CONNECT\n|OK"),
            ("AT+CIPCLOSE", "CLOSED\n|OK", "CLOSED\n|OK"),
        ],
        Rig::joined,
    );
}

const CONNECT: &str = "0,CONNECT\n|OK";

#[test]
fn tls() {
    check(
        &[
            ("AT+CIPSSLSIZE=4096", "OK", "ERROR"),
            ("AT+CIPSSLSIZE=4097", "ERROR", "ERROR"),
            ("AT+CIPSSLSIZE?", "+CIPSSLSIZE:4096\n|OK", "ERROR"),
            ("AT+CIPSSLCCONF=2", "OK", "ERROR"),
            ("AT+CIPSSLCCONF=0,2", "ERROR", "OK"),
            (
                "AT+CIPSSLCCONF?",
                "+CIPSSLCCONF:2\n|OK",
                "+CIPSSLCCONF:0,2,0,0\n+CIPSSLCCONF:1,0,0,0\n+CIPSSLCCONF:2,0,0,0\n\
                 +CIPSSLCCONF:3,0,0,0\n+CIPSSLCCONF:4,0,0,0\n|OK",
            ),
            ("AT+CIPSSLCSNI=0,\"gate.local\"", "ERROR", "OK"),
            ("AT+CIPSTART=0,\"SSL\",\"192.168.4.20\",443", CONNECT, CONNECT),
            (
                "AT+CIPSTATUS",
                "STATUS:3\n+CIPSTATUS:0,\"SSL\",\"192.168.4.20\",443,49154,0\n|OK",
                "STATUS:3\n+CIPSTATUS:0,\"SSL\",\"192.168.4.20\",443,49154,0\n|OK",
            ),
        ],
        Rig::joined,
    );
    for dialect in Dialect::ALL {
        let mut config = config(dialect);
        config.ssl = Ssl::Error;
        let mut rig = Rig::joined(config);
        let answer = rig.ask("AT+CIPSTART=0,\"SSL\",\"192.168.4.20\",443");
        assert_eq!(answer, "\r\nERROR\r\n0,CLOSED\r\n");
    }
}

#[test]
fn sending_and_passive_reading() {
    for (dialect, prompt, head, tail) in [
        (NONOS, "\r\nOK\r\n> ", "+CIPRECVDATA,3:", "+CIPRECVDATA,2:"),
        (AT2, "\r\nOK\r\n\r\n>", "+CIPRECVDATA:3,", "+CIPRECVDATA:2,"),
    ] {
        let mut rig = Rig::passive(config(dialect));
        rig.ask("AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80");
        assert_eq!(rig.ask("AT+CIPSEND=0,5"), prompt);
        rig.write("he");
        assert_eq!(rig.settle(), "");
        // The sixth byte is the begin of a command line.
        rig.write("lloAT\r\n");
        let busy = if dialect == NONOS { 's' } else { 'p' };
        assert_eq!(
            rig.settle(),
            format!("\r\nRecv 5 bytes\r\n\r\nbusy {busy}...\r\n\r\n+IPD,0,5\r\n\r\nSEND OK\r\n")
        );
        assert_eq!(rig.ask("AT+CIPRECVDATA=0,3"), format!("{head}hel\r\nOK\r\n"));
        assert_eq!(rig.ask("AT+CIPRECVDATA=0,2048"), format!("{tail}lo\r\nOK\r\n"));
        assert_eq!(rig.ask("AT+CIPRECVDATA=0,1"), ERROR);
        assert_eq!(rig.ask("AT+CIPRECVDATA=0,0"), ERROR);
    }
}

#[test]
fn passive_reading_with_the_peers_address() {
    for (dialect, expected) in [
        (NONOS, "+CIPRECVDATA,2:hi\r\nOK\r\n"),
        (AT2, "+CIPRECVDATA:2,\"192.168.4.20\",80,hi\r\nOK\r\n"),
    ] {
        let mut rig = Rig::passive(config(dialect));
        rig.ask("AT+CIPDINFO=1");
        rig.ask("AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80");
        assert_eq!(rig.send(b"hi"), "\r\nRecv 2 bytes\r\n\r\n+IPD,0,2\r\n\r\nSEND OK\r\n");
        assert_eq!(rig.ask("AT+CIPRECVDATA=0,9"), expected);
    }
}

/// NonOS tells of each piece; ESP-AT once until some of it is read, then of all that waits.
#[test]
fn passive_notices() {
    for (dialect, expected) in [(NONOS, ["2", "3", "4"]), (AT2, ["2", "", "8"])] {
        let mut rig = Rig::passive(config(dialect));
        rig.ask("AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80");
        let notice = |count: &str| match count {
            "" => "\r\nSEND OK\r\n".into(),
            count => format!("\r\n+IPD,0,{count}\r\n\r\nSEND OK\r\n"),
        };
        assert!(rig.send(b"ab").ends_with(&notice(expected[0])));
        let second = rig.send(b"cde");
        assert_eq!(second, format!("\r\nRecv 3 bytes\r\n{}", notice(expected[1])));
        rig.ask("AT+CIPRECVDATA=0,1");
        assert!(rig.send(b"fghi").ends_with(&notice(expected[2])));
    }
}

#[test]
fn active_data() {
    for (dialect, info) in [(NONOS, "192.168.4.20,80"), (AT2, "\"192.168.4.20\",80")] {
        let mut rig = Rig::joined(config(dialect));
        rig.ask("AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80");
        assert_eq!(rig.send(b"hi"), "\r\nRecv 2 bytes\r\n\r\n+IPD,0,2:hi\r\nSEND OK\r\n");
        rig.ask("AT+CIPDINFO=1");
        let sent = rig.send(b"hi");
        assert_eq!(sent, format!("\r\nRecv 2 bytes\r\n\r\n+IPD,0,2,{info}:hi\r\nSEND OK\r\n"));
        rig.ask("AT+CIPCLOSE=0");
        rig.ask("AT+CIPDINFO=0");
        rig.ask("AT+CIPMUX=0");
        rig.ask("AT+CIPSTART=\"TCP\",\"192.168.4.20\",80");
        rig.ask("AT+CIPSEND=2");
        rig.write("hi");
        assert_eq!(rig.settle(), "\r\nRecv 2 bytes\r\n\r\n+IPD,2:hi\r\nSEND OK\r\n");
    }
}

/// The end of the stream is told when all is read.
#[test]
fn closed_comes_after_the_data() {
    for dialect in Dialect::ALL {
        let config = config(dialect).peer(HOST, 81, esp8266_sim::canned("bye", true));
        let mut rig = Rig::passive(config);
        rig.ask("AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",81");
        assert!(rig.send(b"\r\n\r\n").contains("\r\n+IPD,0,3\r\n"));
        assert_eq!(rig.hear(ms(5_000)), "");
        assert!(rig.ask("AT+CIPRECVDATA=0,2").contains("by\r\nOK\r\n"));
        assert!(rig.ask("AT+CIPRECVDATA=0,2").ends_with("e\r\nOK\r\n0,CLOSED\r\n"));
        assert!(rig.ask("AT+CIPRECVLEN?").contains(if dialect == NONOS {
            ":0,0"
        } else {
            ":-1,-1"
        }));
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

#[test]
fn flash_is_written_when_it_would_be() {
    let join = "AT+CWJAP=\"sim\",\"simsimsim\"";
    for (dialect, commands, writes) in [
        (NONOS, ["AT+CWMODE_CUR=1", "AT+CWJAP_CUR=\"sim\",\"simsimsim\""], 0),
        (NONOS, ["AT+CWMODE_DEF=1", "AT+CWJAP_DEF=\"sim\",\"simsimsim\""], 2),
        (NONOS, ["AT+CWMODE=1", join], 2),
        (AT2, ["AT+CWMODE=1", join], 2),
        (AT2, ["AT+SYSSTORE=0", join], 0),
    ] {
        let mut rig = Rig::new(config(dialect));
        for command in commands {
            assert!(rig.ask(command).ends_with(OK));
        }
        assert_eq!(rig.handle.stats().flash_writes, writes, "{dialect} {commands:?}");
    }
}

#[test]
fn a_saved_access_point_is_joined_after_the_boot() {
    for dialect in Dialect::ALL {
        let mut config = config(dialect);
        config.saved_ap = Some((b"sim".to_vec(), b"simsimsim".to_vec()));
        let (handle, _port, clock) = esp8266_sim::Simulator::lockstep(config);
        clock.advance(ms(1_000));
        let mut output = Vec::new();
        handle.with_modem(|modem| modem.take_output(&mut output));
        assert!(output.ends_with(b"\r\nready\r\nWIFI CONNECTED\r\nWIFI GOT IP\r\n"));
    }
}

#[test]
fn the_access_point_goes_and_comes() {
    for dialect in Dialect::ALL {
        let mut rig = Rig::joined(config(dialect));
        rig.ask("AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80");
        rig.handle.ap_down("sim");
        assert_eq!(rig.hear(ms(20_000)), "0,CLOSED\r\nWIFI DISCONNECT\r\n");
        assert!(rig.ask("AT+CIPSTATUS").starts_with("STATUS:5\r\n"));
        rig.handle.ap_up("sim");
        assert_eq!(rig.hear(ms(20_000)), "WIFI CONNECTED\r\nWIFI GOT IP\r\n");
        rig.handle.drop_wifi();
        let heard = rig.hear(ms(20_000));
        assert_eq!(heard, "WIFI DISCONNECT\r\nWIFI CONNECTED\r\nWIFI GOT IP\r\n");
    }
}

#[test]
fn link_conn_replaces_connect() {
    let mut rig = Rig::joined(config(AT2));
    assert_eq!(rig.ask("AT+SYSMSG=2"), OK);
    assert_eq!(rig.ask("AT+SYSMSG?"), "+SYSMSG:2\r\n\r\nOK\r\n");
    assert_eq!(
        rig.ask("AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80"),
        "+LINK_CONN:0,0,\"TCP\",0,\"192.168.4.20\",80,49154\r\n\r\nOK\r\n"
    );
    let mut rig = Rig::new(config(NONOS));
    assert_eq!(rig.ask("AT+SYSMSG=2"), ERROR);
}

#[test]
fn an_access_point_that_isolates() {
    let mut config = config(AT2);
    config.access_points[0].isolated = true;
    let mut rig = Rig::joined(config);
    assert!(rig.ask("AT+PING=\"192.168.4.1\"").ends_with(OK));
    assert!(rig.ask("AT+PING=\"192.168.4.20\"").ends_with(ERROR));
}

#[test]
fn the_hosts_resolver() {
    let mut config = config(AT2);
    config.dns.host_resolver = true;
    let mut rig = Rig::joined(config);
    let answer = rig.ask("AT+CIPDOMAIN=\"localhost\"");
    assert!(answer.starts_with("+CIPDOMAIN:\"127."), "{answer}");
}

#[test]
fn settings_without_an_effect() {
    check(
        &[
            ("AT+CWLAPOPT=1,2047", "OK", "OK"),
            ("AT+CWRECONNCFG=1,100", "ERROR", "OK"),
            ("AT+CIPTCPOPT=0,-1,1", "ERROR", "OK"),
            ("AT+CWMODE=2", "WIFI DISCONNECT\n|OK", "WIFI DISCONNECT\n|OK"),
            ("AT+CWLAP", "ERROR", "ERROR"),
        ],
        Rig::joined,
    );
}

#[test]
fn hosts_go_down() {
    let mut rig = Rig::joined(config(AT2));
    let start = "AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80";
    for (state, slow, pings) in [
        (HostState::Down, true, false),
        (HostState::Filtered, true, true),
        (HostState::Refusing, false, true),
    ] {
        rig.handle.set_host(HOST, state);
        let begin = rig.clock.now();
        assert_eq!(rig.ask(start), "\r\nERROR\r\n0,CLOSED\r\n");
        assert_eq!(rig.clock.now() - begin >= ms(12_000), slow, "{state:?}");
        assert_eq!(rig.ask("AT+PING=\"192.168.4.20\"").contains("OK"), pings);
    }
    rig.handle.set_host(HOST, HostState::Up);
    assert!(rig.ask(start).ends_with(OK));
}

/// A peer has its own time, and may close or break off.
#[test]
fn peers_in_the_simulator() {
    struct Clock;
    impl Peer for Clock {
        fn connected(&mut self, reply: &mut Reply) {
            reply.send(b"hi").send_after(ms(7_000), b"late").close_after(ms(8_000));
        }
        fn receive(&mut self, _: &[u8], reply: &mut Reply) {
            reply.reset();
        }
    }
    let config = config(AT2).peer(HOST, 82, Arc::new(|| Box::new(Clock)));
    let mut rig = Rig::joined(config);
    let start = "AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",82";
    assert_eq!(rig.ask(start), "0,CONNECT\r\n\r\nOK\r\n\r\n+IPD,0,2:hi");
    assert_eq!(rig.hear(ms(6_900)), "");
    assert_eq!(rig.hear(ms(200)), "\r\n+IPD,0,4:late");
    assert_eq!(rig.hear(ms(1_100)), "0,CLOSED\r\n");
}
