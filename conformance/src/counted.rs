//! A network that counts its sockets: each one opened has to be closed.

use embedded_nal::{TcpClientStack, nb};
use safe_http_client::Network;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

#[derive(Debug)]
pub struct Counted<N> {
    pub inner: N,
    pub counts: Rc<RefCell<Counts>>,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub opened: usize,
    pub closed: usize,
    pub sends: usize,
}

impl<N> Counted<N> {
    pub fn new(inner: N) -> Self {
        Self { inner, counts: Rc::default() }
    }
}

impl<N: Network> TcpClientStack for Counted<N> {
    type TcpSocket = N::TcpSocket;
    type Error = <N as TcpClientStack>::Error;

    fn socket(&mut self) -> Result<Self::TcpSocket, Self::Error> {
        let socket = self.inner.socket()?;
        let mut counts = self.counts.borrow_mut();
        assert_eq!(counts.opened, counts.closed, "a client has one socket at a time");
        counts.opened += 1;
        Ok(socket)
    }

    fn connect(
        &mut self,
        socket: &mut Self::TcpSocket,
        remote: SocketAddr,
    ) -> nb::Result<(), Self::Error> {
        self.inner.connect(socket, remote)
    }

    fn send(
        &mut self,
        socket: &mut Self::TcpSocket,
        buffer: &[u8],
    ) -> nb::Result<usize, Self::Error> {
        if !buffer.is_empty() {
            self.counts.borrow_mut().sends += 1;
        }
        self.inner.send(socket, buffer)
    }

    fn receive(
        &mut self,
        socket: &mut Self::TcpSocket,
        buffer: &mut [u8],
    ) -> nb::Result<usize, Self::Error> {
        assert!(!buffer.is_empty(), "a receive into nothing tells nothing");
        self.inner.receive(socket, buffer)
    }

    fn close(&mut self, socket: Self::TcpSocket) -> Result<(), Self::Error> {
        self.counts.borrow_mut().closed += 1;
        self.inner.close(socket)
    }
}

crate::delegate!(Counted: Dns, Link, Network, Diagnostics);
