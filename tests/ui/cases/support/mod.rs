//! What the cases run on: a board with a clock and a fake network that answers every request alike.
#![allow(dead_code)]

use embedded_nal::{AddrType, Dns, TcpClientStack, TcpError, TcpErrorKind, nb};
use safe_http_client::{Diagnostics, FnClock, IpConfig, Link, LinkStatus, Network, StackQuirks};
use std::net::{IpAddr, SocketAddr};

const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nopen";

/// A modem that is a stack, a resolver and a link in one.
pub struct Modem {
    unread: &'static [u8],
}

pub type Clock = FnClock<fn() -> u32>;

pub fn board() -> (Modem, Clock) {
    (Modem { unread: &[] }, FnClock(|| 0))
}

/// What a vendor's SDK offers to register event handlers with: they run in another context.
pub fn on_got_ip(handler: impl FnMut() + Send + 'static) {
    drop(handler);
}

#[derive(Debug)]
pub struct Never;

impl TcpError for Never {
    fn kind(&self) -> TcpErrorKind {
        TcpErrorKind::Other
    }
}

impl TcpClientStack for Modem {
    type TcpSocket = ();
    type Error = Never;

    fn socket(&mut self) -> Result<(), Never> {
        Ok(())
    }

    fn connect(&mut self, _: &mut (), _: SocketAddr) -> nb::Result<(), Never> {
        Ok(())
    }

    fn send(&mut self, _: &mut (), bytes: &[u8]) -> nb::Result<usize, Never> {
        self.unread = RESPONSE;
        Ok(bytes.len())
    }

    fn receive(&mut self, _: &mut (), buffer: &mut [u8]) -> nb::Result<usize, Never> {
        let count = self.unread.len().min(buffer.len());
        if count == 0 {
            return Err(nb::Error::WouldBlock);
        }
        let (now, later) = self.unread.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.unread = later;
        Ok(count)
    }

    fn close(&mut self, _: ()) -> Result<(), Never> {
        Ok(())
    }
}

impl Dns for Modem {
    type Error = Never;

    fn get_host_by_name(&mut self, _: &str, _: AddrType) -> nb::Result<IpAddr, Never> {
        Ok(IpAddr::from([192, 168, 1, 20]))
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, Never> {
        Err(nb::Error::Other(Never))
    }
}

impl Link for Modem {
    fn link_status(&mut self) -> LinkStatus {
        LinkStatus::Up(IpConfig::new(IpAddr::from([192, 168, 1, 57])))
    }
}

impl Diagnostics for Modem {}

impl Network for Modem {
    fn quirks(&self) -> StackQuirks {
        StackQuirks::UNKNOWN
    }
}
