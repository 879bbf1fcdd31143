//! A stack in memory, with the server behind it, that takes its time with everything: each thing that can
//! pend does, and everything goes in small pieces.

use crate::peer::{Heard, Server};
use conformance::common::script::ScriptError;
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

/// The only name that it resolves.
pub const NAME: &str = "gate.test";
/// What it resolves it to.
const ADDRESS: [u8; 4] = [192, 168, 1, 20];

/// Bytes that a `send` takes at most.
const SENT: usize = 60;
/// Bytes that a `receive` brings at most.
const RECEIVED: usize = 23;

pub struct Memory {
    pub heard: Heard,
    resolver_pends: usize,
}

impl Memory {
    pub fn new(heard: Heard) -> Self {
        Self { heard, resolver_pends: 2 }
    }
}

pub struct Socket {
    server: Server,
    arrived: VecDeque<u8>,
    connect_pends: usize,
    send_pends: usize,
    receive_pends: usize,
}

/// Whether it still pends; if not, it will so many times before the next.
fn pends(left: &mut usize, next: usize) -> bool {
    if *left > 0 {
        *left -= 1;
        return true;
    }
    *left = next;
    false
}

impl TcpClientStack for Memory {
    type TcpSocket = Socket;
    type Error = ScriptError;

    fn socket(&mut self) -> Result<Socket, ScriptError> {
        Ok(Socket {
            server: Server::new(self.heard.clone()),
            arrived: VecDeque::new(),
            connect_pends: 2,
            send_pends: 1,
            receive_pends: 1,
        })
    }

    fn connect(&mut self, socket: &mut Socket, remote: SocketAddr) -> nb::Result<(), ScriptError> {
        assert_eq!(remote.ip(), IpAddr::from(ADDRESS));
        if pends(&mut socket.connect_pends, 0) { Err(nb::Error::WouldBlock) } else { Ok(()) }
    }

    fn send(&mut self, socket: &mut Socket, buffer: &[u8]) -> nb::Result<usize, ScriptError> {
        if pends(&mut socket.send_pends, 1) {
            return Err(nb::Error::WouldBlock);
        }
        let taken = &buffer[..buffer.len().min(SENT)];
        socket.arrived.extend(socket.server.take(taken));
        Ok(taken.len())
    }

    fn receive(
        &mut self,
        socket: &mut Socket,
        buffer: &mut [u8],
    ) -> nb::Result<usize, ScriptError> {
        if socket.arrived.is_empty() || pends(&mut socket.receive_pends, 1) {
            return Err(nb::Error::WouldBlock);
        }
        let count = buffer.len().min(RECEIVED).min(socket.arrived.len());
        for (to, byte) in buffer.iter_mut().zip(socket.arrived.drain(..count)) {
            *to = byte;
        }
        Ok(count)
    }

    fn close(&mut self, _: Socket) -> Result<(), ScriptError> {
        Ok(())
    }
}

impl Dns for Memory {
    type Error = ScriptError;

    fn get_host_by_name(&mut self, hostname: &str, _: AddrType) -> nb::Result<IpAddr, ScriptError> {
        assert_eq!(hostname, NAME);
        if pends(&mut self.resolver_pends, 2) {
            return Err(nb::Error::WouldBlock);
        }
        Ok(ADDRESS.into())
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, ScriptError> {
        panic!("reverse look-ups are never asked for")
    }
}
