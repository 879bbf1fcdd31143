//! Sends, and what comes between the command and its data.

mod rig;

use embedded_nal::TcpClientStack;
use esp_at::EspAtError;
use esp_at::nal_link::nb;
use rig::rig;

const NOT_YET: nb::Result<usize, EspAtError> = Err(nb::Error::WouldBlock);

/// Once the command has its `OK` the modem waits for data: a command that is said again would be some.
#[test]
fn busy_behind_a_sends_ok_has_no_command_sent_as_data() {
    for prompt in ["> ", ""] {
        let mut rig = rig();
        let mut socket = rig.connected();
        assert_eq!(rig.modem.send(&mut socket, b"hello"), NOT_YET);
        rig.answer("AT+CIPSEND=0,5", "\r\nOK\r\nbusy p...\r\n");
        rig.says_bytes(prompt.as_bytes());
        for _ in 0..5 {
            rig.pass(100);
            assert_eq!(rig.modem.send(&mut socket, b"hello"), NOT_YET);
        }
        assert_eq!(rig.written(), "hello");
        rig.says("Recv 5 bytes\r\n\r\nSEND OK");
        assert_eq!(rig.modem.send(&mut socket, b"hello"), Ok(5));
    }
}

/// `ERROR` between `Recv` and `SEND OK` says nothing of the send, unless it answers a `?`.
#[test]
fn an_error_before_send_ok_is_no_end() {
    let failed = |error| Err(nb::Error::Other(error));
    for (word, expected) in [
        (Some("SEND OK"), Ok(5)),
        (Some("SEND FAIL"), failed(EspAtError::SendFailed)),
        // None comes until it is asked for.
        (None, failed(EspAtError::DeliveryUnknown)),
    ] {
        let mut rig = rig();
        let mut socket = rig.connected();
        assert_eq!(rig.modem.send(&mut socket, b"hello"), NOT_YET);
        rig.answer("AT+CIPSEND=0,5", "\r\nOK\r\n> ");
        assert_eq!(rig.modem.send(&mut socket, b"hello"), NOT_YET);
        rig.answer_data("hello", "Recv 5 bytes\r\n\r\nERROR");
        assert_eq!(rig.modem.send(&mut socket, b"hello"), NOT_YET);
        if let Some(word) = word {
            rig.says(word);
            rig.pass(200);
        } else {
            rig.pass(1_600);
            rig.answer("?", "ERROR");
        }
        assert_eq!(rig.modem.send(&mut socket, b"hello"), expected);
    }
}
