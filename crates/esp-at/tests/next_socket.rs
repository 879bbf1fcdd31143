//! The modem numbers its links from 0 to 4, so the next socket has the number of one that was closed:
//! what the modem still says of the former one isn't the next one's.

mod rig;

use embedded_nal::TcpClientStack;
use esp_at::EspAtError;
use esp_at::nal_link::nb;
use rig::rig;

const CONNECT: &str = "AT+CIPSTART=0,\"TCP\",\"192.168.4.20\",80";
const NOTHING: nb::Result<usize, EspAtError> = Err(nb::Error::WouldBlock);

#[test]
fn data_that_the_former_socket_asked_for_are_dropped() {
    let mut rig = rig();
    let mut buffer = [0; 64];
    let mut former = rig.connected();
    rig.says("+IPD,0,5");
    assert_eq!(rig.modem.receive(&mut former, &mut buffer), NOTHING);
    assert_eq!(rig.written(), "AT+CIPRECVDATA=0,64\r\n");
    rig.says("0,CLOSED");
    let mut next = rig.replace(former);

    rig.says("+CIPRECVDATA,5:hello\r\n\r\nOK");
    rig.answer(CONNECT, "0,CONNECT\r\n\r\nOK");
    assert_eq!(rig.connect(&mut next), Ok(()));
    assert_eq!(rig.modem.receive(&mut next, &mut buffer), NOTHING);
    assert_eq!(rig.written(), "");
}

#[test]
fn a_question_about_the_former_socket_that_wasnt_answered_isnt_asked_of_the_next() {
    let mut rig = rig();
    let former = rig.connected();
    rig.says("0,CLOSED");
    rig.pass(100);
    assert_eq!(rig.written(), "AT+CIPRECVLEN?\r\n");
    let mut next = rig.replace(former);

    rig.pass(1_000);
    rig.answer("?", "ERROR");
    rig.pass(100);
    rig.answer(CONNECT, "0,CONNECT\r\n\r\nOK");
    assert_eq!(rig.connect(&mut next), Ok(()));
    assert_eq!(rig.modem.receive(&mut next, &mut [0; 64]), NOTHING);
    assert_eq!(rig.written(), "");
}

#[test]
fn a_socket_that_isnt_connected_receives_nothing() {
    let mut rig = rig();
    let mut former = rig.connected();
    rig.says("0,CLOSED");
    assert_eq!(rig.modem.receive(&mut former, &mut [0; 64]), NOTHING);
    rig.answer("AT+CIPRECVLEN?", "+CIPRECVLEN:0,0,0,0,0\r\n\r\nOK");
    assert_eq!(rig.modem.receive(&mut former, &mut [0; 64]), Ok(0));
    rig.modem.close(former).unwrap();
    let mut next = rig.modem.socket().unwrap();
    rig.says("+IPD,0,5:hello");
    let received = rig.modem.receive(&mut next, &mut [0; 64]);
    assert_eq!(received, Err(nb::Error::Other(EspAtError::NotConnected)));
}

/// A program before this one may have left `AT+CIPSERVER=1`: who connects to the modem gets a link that is free in it.
#[test]
fn a_strangers_data_on_a_link_whose_peer_has_closed_it_are_not_its_own() {
    let mut rig = rig();
    let mut buffer = [0; 64];
    let mut socket = rig.connected();
    rig.says("0,CLOSED");
    rig.says("0,CONNECT\r\n\r\n+IPD,0,5");
    let lost = Err(nb::Error::Other(EspAtError::Closed));
    for _ in 0..3 {
        assert_eq!(rig.modem.receive(&mut socket, &mut buffer), lost);
        assert_eq!(rig.written(), "");
    }
    // What had ended before has ended.
    rig.modem.close(socket).unwrap();
    let mut socket = rig.modem.socket().unwrap();
    assert_eq!(rig.connect(&mut socket), NOTHING.map(|_| ()));
    rig.answer(CONNECT, "ALREADY CONNECTED\r\n\r\nERROR");
    rig.answer("AT+CIPCLOSE=0", "0,CLOSED\r\n\r\nOK");
    rig.answer(CONNECT, "0,CONNECT\r\n\r\nOK");
    assert_eq!(rig.connect(&mut socket), Ok(()));
    rig.says("0,CLOSED");
    assert_eq!(rig.modem.receive(&mut socket, &mut buffer), NOTHING);
    rig.answer("AT+CIPRECVLEN?", "+CIPRECVLEN:0,0,0,0,0\r\n\r\nOK");
    rig.says("0,CONNECT\r\n\r\n+IPD,0,5");
    assert_eq!(rig.modem.receive(&mut socket, &mut buffer), Ok(0));
    assert_eq!(rig.written(), "");
}
