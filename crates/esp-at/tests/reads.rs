//! Reads, and what comes in the place of their head.

mod rig;

use embedded_nal::TcpClientStack;
use esp_at::EspAtError;
use esp_at::nal_link::nb;
use rig::rig;

/// Where the head is garbled, a line of the data is none of the modem's: as a refusal it left a hole in them.
#[test]
fn a_line_of_the_data_refuses_no_read() {
    const DATA: &str = "0123\r\n\r\nERROR\r\n4567\r\n\r\nOK";
    for (told, expected) in [
        (format!("+CIPRECDATA,23:{DATA}"), Err(nb::Error::Other(EspAtError::Corrupted))),
        (
            format!("+CIPRECSEND OK\r\nVDATA,23:{DATA}"),
            Err(nb::Error::Other(EspAtError::Corrupted)),
        ),
        ("\r\nERROR".to_owned(), Err(nb::Error::WouldBlock)),
        // `AT+SYSLOG=1` has it in front of each `ERROR`.
        ("ERR CODE:0x010a0000\r\n\r\nERROR".to_owned(), Err(nb::Error::WouldBlock)),
    ] {
        let mut rig = rig();
        let mut socket = rig.connected();
        let mut buffer = [0; 64];
        rig.says("+IPD,0,23");
        assert_eq!(rig.modem.receive(&mut socket, &mut buffer), Err(nb::Error::WouldBlock));
        rig.answer("AT+CIPRECVDATA=0,64", &told);
        assert_eq!(rig.modem.receive(&mut socket, &mut buffer), expected, "{told}");
    }
}

/// A connection that broke ends with this on some firmwares.
#[test]
fn connect_fail_ends_a_connection() {
    let mut rig = rig();
    let mut socket = rig.connected();
    let mut buffer = [0; 64];
    assert_eq!(rig.modem.receive(&mut socket, &mut buffer), Err(nb::Error::WouldBlock));
    rig.says("0,CONNECT FAIL");
    assert_eq!(rig.modem.receive(&mut socket, &mut buffer), Err(nb::Error::WouldBlock));
    rig.answer("AT+CIPRECVLEN?", "+CIPRECVLEN:0,0,0,0,0\r\n\r\nOK");
    assert_eq!(rig.modem.receive(&mut socket, &mut buffer), Ok(0));
    assert_eq!(rig.modem.send(&mut socket, b"x"), Err(nb::Error::Other(EspAtError::Closed)));
}

/// `busy p...`, and what was asked for all the same.
#[test]
fn a_read_that_was_refused_and_carried_out_is_a_read() {
    let mut rig = rig();
    let mut socket = rig.connected();
    let mut buffer = [0; 64];
    rig.says("+IPD,0,7");
    assert_eq!(rig.modem.receive(&mut socket, &mut buffer), Err(nb::Error::WouldBlock));
    rig.answer("AT+CIPRECVDATA=0,64", "ERR CODE:0x010b0000\r\n\r\nbusy p...");
    rig.says("+CIPRECVDATA:7,hello\r\n\r\nOK\r\n0,CLOSED");
    assert_eq!(rig.modem.receive(&mut socket, &mut buffer), Ok(7));
    assert_eq!(&buffer[..7], b"hello\r\n");
    assert_eq!(rig.written(), "");
}
