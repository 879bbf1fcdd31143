//! The mock transport as `embedded-nal` 0.9 wants it, for clients that poll.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use embedded_nal::{AddrType, Dns, TcpClientStack, TcpError, TcpErrorKind};

use crate::wire::Wire;

/// A stack with one connection at a time: `connect` succeeds at once, `send` takes everything,
/// `receive` gives a segment at a time and `WouldBlock` after the last.
#[derive(Debug)]
pub struct NalStack<'w> {
    wire: &'w Wire,
    open: u32,
}

/// A socket; it isn't `Copy`, so that one which was closed can't be used again.
#[derive(Debug)]
pub struct NalSocket {
    connected: bool,
}

/// The only way to misuse the stack: a call that needs a connected socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotConnected;

impl TcpError for NotConnected {
    fn kind(&self) -> TcpErrorKind {
        TcpErrorKind::PipeClosed
    }
}

impl<'w> NalStack<'w> {
    pub fn new(wire: &'w Wire) -> Self {
        Self { wire, open: 0 }
    }

    /// Sockets that were made and not closed yet.
    #[cfg(test)]
    pub fn open_sockets(&self) -> u32 {
        self.open
    }
}

impl TcpClientStack for NalStack<'_> {
    type TcpSocket = NalSocket;
    type Error = NotConnected;

    fn socket(&mut self) -> Result<NalSocket, NotConnected> {
        self.open += 1;
        Ok(NalSocket { connected: false })
    }

    fn connect(&mut self, socket: &mut NalSocket, _: SocketAddr) -> nb::Result<(), NotConnected> {
        socket.connected = true;
        self.wire.connect();
        Ok(())
    }

    fn send(&mut self, socket: &mut NalSocket, bytes: &[u8]) -> nb::Result<usize, NotConnected> {
        if !socket.connected {
            return Err(nb::Error::Other(NotConnected));
        }
        Ok(self.wire.send(bytes))
    }

    fn receive(
        &mut self,
        socket: &mut NalSocket,
        buffer: &mut [u8],
    ) -> nb::Result<usize, NotConnected> {
        if !socket.connected {
            return Err(nb::Error::Other(NotConnected));
        }
        self.wire.receive(buffer).ok_or(nb::Error::WouldBlock)
    }

    fn close(&mut self, _: NalSocket) -> Result<(), NotConnected> {
        self.open = self.open.saturating_sub(1);
        Ok(())
    }
}

/// Knows one address, as the asynchronous mock does.
impl Dns for NalStack<'_> {
    type Error = Infallible;

    fn get_host_by_name(&mut self, _: &str, _: AddrType) -> nb::Result<IpAddr, Infallible> {
        Ok(IpAddr::V4(Ipv4Addr::new(192, 168, 1, 20)))
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, Infallible> {
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange() {
        let wire = Wire::new(&[7; 100], 64);
        let mut stack = NalStack::new(&wire);
        let address = stack.get_host_by_name("gate", AddrType::IPv4).unwrap();
        let mut socket = stack.socket().unwrap();
        let mut buffer = [0; 128];
        assert_eq!(stack.send(&mut socket, b"x"), Err(nb::Error::Other(NotConnected)));
        assert_eq!(stack.receive(&mut socket, &mut buffer), Err(nb::Error::Other(NotConnected)));

        stack.connect(&mut socket, SocketAddr::new(address, 80)).unwrap();
        assert_eq!(stack.send(&mut socket, b"GET"), Ok(3));
        assert_eq!(stack.receive(&mut socket, &mut buffer), Ok(64));
        assert_eq!(stack.receive(&mut socket, &mut buffer), Ok(36));
        assert_eq!(stack.receive(&mut socket, &mut buffer), Err(nb::Error::WouldBlock));
        assert_eq!(stack.open_sockets(), 1);
        stack.close(socket).unwrap();
        assert_eq!(stack.open_sockets(), 0);
        assert_eq!((wire.connects(), wire.sends(), wire.receives()), (1, 1, 3));
    }
}
