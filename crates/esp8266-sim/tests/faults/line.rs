//! The line: bytes that are lost, changed or more, and answers that are odd.

use super::*;

#[test]
fn unsolicited_line() {
    for at in 1..=6 {
        let mut rig = Rig::new(config(AT2));
        rig.handle.fault(Fault::UnsolicitedLine, When::Nth(at));
        let (before, after) = OK.split_at(at as usize - 1);
        assert_eq!(rig.ask("AT"), format!("{before}WIFI GOT IP\r\n{after}"));
        assert_eq!(rig.handle.fault_count(Fault::UnsolicitedLine), 1);
        rig.is_well();
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
    rig.is_well();
}

#[test]
fn cut_answer() {
    let mut rig = Rig::new(config(AT2));
    rig.handle.fault(Fault::CutAnswer, When::Nth(4));
    assert_eq!(rig.ask("AT"), "\r\nO");
    assert_eq!(rig.ask("AT"), OK);
    rig.handle.cut(1);
    assert_eq!(rig.ask("AT"), "\r");
    rig.is_well();
}

#[test]
fn lost_byte() {
    let mut rig = Rig::new(config(AT2));
    rig.handle.fault(Fault::LostByte, When::Nth(3));
    assert_eq!(rig.ask("AT"), "\r\nK\r\n");
    rig.is_well();
}

#[test]
fn flipped_bit() {
    let mut rig = Rig::new(config(AT2));
    rig.handle.fault(Fault::FlippedBit, When::Nth(4));
    assert_eq!(rig.ask("AT"), "\r\nOJ\r\n");
    rig.is_well();
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
    rig.is_well();
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
    rig.is_well();
}

#[test]
fn cr_cr_lf() {
    let mut rig = active(AT2);
    rig.handle.fault(Fault::CrCrLf, When::Always);
    assert_eq!(rig.ask("AT"), "\r\r\nOK\r\r\n");
    // Data stay what they are.
    let sent = rig.send(b"\r\n");
    assert!(sent.contains("+IPD,0,2:\r\n\r\r\nSEND OK\r\r\n"), "{sent:?}");
    rig.is_well();
}

#[test]
fn sticky_echo() {
    let mut rig = Rig::new(config(AT2));
    rig.handle.fault(Fault::StickyEcho, When::Always);
    assert_eq!(rig.ask("ATE0"), OK);
    assert_eq!(rig.ask("AT"), "AT\r\n\r\nOK\r\n");
    rig.handle.clear_faults();
    rig.ask("ATE0");
    rig.is_well();
}

#[test]
fn cisfr_typo() {
    let mut rig = Rig::joined(config(NONOS));
    rig.handle.fault(Fault::CisfrTypo, When::Always);
    assert!(rig.ask("AT+CIFSR").starts_with("+CISFR:STAIP,\"192.168.4.2\"\r\n"));
    rig.is_well();
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
        rig.is_well();
    }
}
