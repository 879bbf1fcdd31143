//! Connecting, sending and receiving.

use super::*;

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
    rig.is_well();
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
    rig.is_well();
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
    rig.is_well();
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
        rig.is_well();
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
    rig.is_well();
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
