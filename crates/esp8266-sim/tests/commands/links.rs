//! Connections: opening, sending, receiving in both modes.

use super::*;

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
