//! A name's address, of which bytes were lost on the line.

mod rig;

use embedded_nal::{AddrType, Dns};
use esp_at::EspAtError;
use esp_at::nal_link::{Clock, nb};
use rig::{Rig, rig};
use std::net::IpAddr;

const ASK: &str = "AT+CIPDOMAIN=\"gate.local\"";

impl<C: Clock> Rig<C> {
    fn resolve(&mut self) -> nb::Result<IpAddr, EspAtError> {
        self.modem.get_host_by_name("gate.local", AddrType::IPv4)
    }
}

/// What is left may be an address of another: whoever has that would get the request.
#[test]
fn an_address_that_was_cut_is_asked_for_again() {
    for (told, waits) in [
        ("+CIPDOMAIN:192.168.4.2", true),
        ("+CIPDOMAIN:192.168.4.20\r\n", true),
        ("+CIPDOMAIN:\"192.168.4.2\r\n\r\nOK\r\n", false),
        ("+CIPDOMAIN:92.168.4.20\"\r\n\r\nOK\r\n", false),
    ] {
        let mut rig = rig();
        assert_eq!(rig.resolve(), Err(nb::Error::WouldBlock));
        assert_eq!(rig.written(), format!("{ASK}\r\n"));
        rig.says_bytes(told.as_bytes());
        if waits {
            rig.pass(2_000);
            rig.answer("?", "\r\nERROR");
            rig.pass(30);
        }
        assert_eq!(rig.resolve(), Err(nb::Error::WouldBlock), "{told}");
        rig.answer(ASK, "+CIPDOMAIN:192.168.4.20\r\n\r\nOK");
        assert_eq!(rig.resolve(), Ok([192, 168, 4, 20].into()), "{told}");
    }
}
