//! A TCP stack and a resolver over the console: what a driver of a network chip on a bus looks like.
//! No call waits for the network, only for the bus.

use crate::console::{Answer, ask, kind};
use crate::stack_use::driver;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use embedded_nal::{AddrType, Dns, TcpClientStack, TcpError, TcpErrorKind, nb};
use safe_http_client::{Connect, PipeClosed, StackQuirks, ZeroRead};

/// What the harness says when something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetError {
    Refused,
    Reset,
    NoSuchName,
    Other(u8),
}

impl NetError {
    fn from_code(code: u8) -> Self {
        match code {
            1 => Self::Refused,
            2 => Self::Reset,
            3 => Self::NoSuchName,
            other => Self::Other(other),
        }
    }
}

impl TcpError for NetError {
    fn kind(&self) -> TcpErrorKind {
        match self {
            Self::Reset => TcpErrorKind::PipeClosed,
            _ => TcpErrorKind::Other,
        }
    }
}

pub struct ConsoleStack;

impl ConsoleStack {
    pub const QUIRKS: StackQuirks = StackQuirks::UNKNOWN
        .with_zero_read(ZeroRead::EndOfStream)
        .with_pipe_closed(PipeClosed::Aborted)
        .with_connect(Connect::Polls);
}

/// A socket of the harness.
pub struct Socket(u8);

/// Asks, with an answer of at most `payload.len()` bytes.
fn call(kind: u8, parts: &[&[u8]], payload: &mut [u8]) -> nb::Result<usize, NetError> {
    match driver(|| ask(kind, parts, payload)) {
        Answer::Done(length) => Ok(length),
        Answer::WouldBlock => Err(nb::Error::WouldBlock),
        Answer::Failed(code) => Err(nb::Error::Other(NetError::from_code(code))),
    }
}

/// Of a call that the harness never answers with `WouldBlock`.
fn at_once<T>(result: nb::Result<T, NetError>) -> Result<T, NetError> {
    result.map_err(|error| match error {
        nb::Error::Other(error) => error,
        nb::Error::WouldBlock => NetError::Other(0),
    })
}

impl TcpClientStack for ConsoleStack {
    type TcpSocket = Socket;
    type Error = NetError;

    fn socket(&mut self) -> Result<Socket, NetError> {
        let mut number = [0];
        at_once(call(kind::OPEN, &[], &mut number))?;
        Ok(Socket(number[0]))
    }

    fn connect(&mut self, socket: &mut Socket, remote: SocketAddr) -> nb::Result<(), NetError> {
        let SocketAddr::V4(remote) = remote else {
            return Err(nb::Error::Other(NetError::Other(0)));
        };
        let parts: [&[u8]; 3] = [&[socket.0], &remote.ip().octets(), &remote.port().to_be_bytes()];
        call(kind::CONNECT, &parts, &mut []).map(|_| ())
    }

    fn send(&mut self, socket: &mut Socket, buffer: &[u8]) -> nb::Result<usize, NetError> {
        // A frame's length has two bytes.
        let some = &buffer[..buffer.len().min(1460)];
        let mut taken = [0; 2];
        call(kind::SEND, &[&[socket.0], some], &mut taken)?;
        Ok(usize::from(u16::from_le_bytes(taken)))
    }

    fn receive(&mut self, socket: &mut Socket, buffer: &mut [u8]) -> nb::Result<usize, NetError> {
        let most = u16::try_from(buffer.len()).unwrap_or(u16::MAX);
        call(kind::RECEIVE, &[&[socket.0], &most.to_le_bytes()], buffer)
    }

    fn close(&mut self, socket: Socket) -> Result<(), NetError> {
        at_once(call(kind::CLOSE, &[&[socket.0]], &mut [])).map(|_| ())
    }
}

impl Dns for ConsoleStack {
    type Error = NetError;

    fn get_host_by_name(&mut self, name: &str, _: AddrType) -> nb::Result<IpAddr, NetError> {
        let mut address = [0; 4];
        call(kind::RESOLVE, &[name.as_bytes()], &mut address)?;
        Ok(IpAddr::V4(Ipv4Addr::from(address)))
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, NetError> {
        // The client never asks.
        Err(nb::Error::Other(NetError::NoSuchName))
    }
}
