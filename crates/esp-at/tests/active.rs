//! Data that come unasked, from a modem that can't wait for their reader.

mod rig;

use embedded_nal::TcpClientStack;
use esp_at::EspAtError;
use esp_at::nal_link::nb;
use rig::{PEER, rig_of};

/// More than the driver has room for waits on the line. Where another socket needs that, they are lost, and so
/// is all that is left of them.
#[test]
fn data_that_gave_way_to_another_socket_are_an_error_and_no_rest_of_them_is_given_out() {
    let mut rig = rig_of(&[("AT+CIPRECVMODE=1", "ERROR"), ("AT+CIPRECVMODE=1", "ERROR")]);
    let mut socket = rig.connected();
    let mut other = rig.modem.socket().unwrap();
    rig.says_bytes(b"\r\n+IPD,0,1460:");
    rig.says_bytes(&[b'x'; 1460]);
    rig.later(200);
    assert_eq!(rig.modem.connect(&mut other, PEER.into()), Err(nb::Error::WouldBlock));
    for _ in 0..3 {
        let got = rig.modem.receive(&mut socket, &mut [0; 512]);
        assert_eq!(got, Err(nb::Error::Other(EspAtError::Overrun)));
    }
    rig.answer("AT+CIPSTART=1,\"TCP\",\"192.168.4.20\",80", "1,CONNECT\r\n\r\nOK");
    assert_eq!(rig.modem.connect(&mut other, PEER.into()), Ok(()));
}
