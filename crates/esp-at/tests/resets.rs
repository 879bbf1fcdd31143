//! The modem resets, and somebody asks something of it meanwhile.

mod rig;

use embedded_nal::TcpClientStack;
use esp_at::Socket;
use esp_at::nal_link::{Clock, nb};
use rig::{ADDRESS, JOIN, JOINED, Rig, SERVERS, rig};

const CONNECT: &str = "AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80";

/// Dials while the modem, which had joined, starts up again.
fn dialled_behind_a_reset() -> (Rig<impl Clock>, Socket) {
    let mut rig = rig();
    rig.join();
    rig.says("ready");
    let mut socket = rig.modem.socket().unwrap();
    assert_eq!(rig.connect(&mut socket), Err(nb::Error::WouldBlock));
    rig.answer("ATE0", "OK");
    rig.started_up_to_the_station();
    (rig, socket)
}

/// What is dialled before the access point is joined again gets `no ip`, and a request that could have been
/// repeated fails.
#[test]
fn a_connect_behind_a_reset_waits_for_the_join() {
    let (mut rig, mut socket) = dialled_behind_a_reset();
    rig.answer(JOIN, JOINED);
    rig.answer("AT+CIPSTATUS", "STATUS:2\r\n\r\nOK");
    rig.answer("AT+CIPSTA_CUR?", ADDRESS);
    rig.answer("AT+CIPDNS_CUR?", SERVERS);
    assert!(rig.is_up());
    rig.answer(CONNECT, "0,CONNECT\r\n\r\nOK");
    assert_eq!(rig.connect(&mut socket), Ok(()));
}

/// Where there is no access point any more, it is told as soon as that is known.
#[test]
fn a_connect_behind_a_join_that_failed_has_no_address() {
    let (mut rig, mut socket) = dialled_behind_a_reset();
    rig.answer(JOIN, "+CWJAP:3\r\n\r\nFAIL");
    rig.answer(CONNECT, "no ip\r\n\r\nERROR");
    assert_eq!(rig.connect(&mut socket), Err(nb::Error::Other(esp_at::EspAtError::NoAddress)));
}
