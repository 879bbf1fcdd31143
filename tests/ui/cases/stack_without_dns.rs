//! A stack without a resolver attached as if it had one.
//! note: attach it with `NalNetwork::without_dns(stack, link, StackQuirks::…)`: requests then go to IP addresses, or say `connect_to`

use embedded_nal::{TcpClientStack, TcpError, TcpErrorKind, nb};
use safe_http_client::{NalNetwork, StackQuirks, LinkEvents};
use std::net::SocketAddr;

static EVENTS: LinkEvents = LinkEvents::new();

#[derive(Debug)]
struct NoError;

impl TcpError for NoError {
    fn kind(&self) -> TcpErrorKind {
        TcpErrorKind::Other
    }
}

struct TcpOnly;

impl TcpClientStack for TcpOnly {
    type TcpSocket = ();
    type Error = NoError;

    fn socket(&mut self) -> Result<(), NoError> {
        Ok(())
    }

    fn connect(&mut self, _: &mut (), _: SocketAddr) -> nb::Result<(), NoError> {
        Ok(())
    }

    fn send(&mut self, _: &mut (), _: &[u8]) -> nb::Result<usize, NoError> {
        Ok(0)
    }

    fn receive(&mut self, _: &mut (), _: &mut [u8]) -> nb::Result<usize, NoError> {
        Ok(0)
    }

    fn close(&mut self, _: ()) -> Result<(), NoError> {
        Ok(())
    }
}

fn main() {
    let network = NalNetwork::new(TcpOnly, &EVENTS, StackQuirks::UNKNOWN);
}
