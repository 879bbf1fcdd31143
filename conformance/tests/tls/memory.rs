//! A network in memory, and everything that can happen to bytes on their way.
#![allow(dead_code, reason = "tests and fuzzers share it, and need different parts")]

use core::convert::Infallible;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use embedded_nal::{AddrType, Dns, TcpClientStack, TcpError, TcpErrorKind, nb};
use safe_http_client::{
    Diagnostics, IpConfig, Link, LinkStatus, Network, PipeClosed, StackQuirks, ZeroRead,
};

/// The other end.
pub trait Peer {
    /// Takes what the client has sent, and gives what there is to say.
    fn exchange(&mut self, sent: &[u8]) -> Vec<u8>;

    /// It says no more.
    fn has_ended(&self) -> bool {
        false
    }
}

/// What happens to bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The byte at this place has one of its bits turned over.
    Flip(usize, u8),
    /// The stream ends before this byte.
    End(usize),
    /// The connection is reset before this byte.
    Reset(usize),
    /// The network fails at this call of `send` or `receive`.
    Fail(usize),
}

pub struct Memory<P> {
    pub peer: P,
    pub fault: Fault,
    /// The most bytes that a call moves.
    pub segment: usize,
    /// Every third call blocks.
    pub blocks: bool,
    waiting: Vec<u8>,
    /// Bytes that the peer has sent so far.
    pub sent: usize,
    /// The same, as they were sent.
    whole: Vec<u8>,
    pub calls: usize,
    pub closed: usize,
}

impl<P: Peer> Memory<P> {
    pub fn new(peer: P) -> Self {
        Self {
            peer,
            fault: Fault::None,
            segment: usize::MAX,
            blocks: false,
            waiting: Vec::new(),
            sent: 0,
            whole: Vec::new(),
            calls: 0,
            closed: 0,
        }
    }

    /// The first byte of each record that the peer has sent.
    pub fn records(&self) -> Vec<usize> {
        let (mut starts, mut at) = (Vec::new(), 0);
        while let Some(&[high, low]) = self.whole.get(at + 3..at + 5) {
            starts.push(at);
            at += 5 + usize::from(u16::from_be_bytes([high, low]));
        }
        starts
    }

    fn call(&mut self) -> nb::Result<(), Broken> {
        self.calls += 1;
        if self.fault == Fault::Fail(self.calls) {
            return Err(nb::Error::Other(Broken(TcpErrorKind::Other)));
        }
        if self.blocks && self.calls.is_multiple_of(3) {
            Err(nb::Error::WouldBlock)
        } else {
            Ok(())
        }
    }

    fn take(&mut self, bytes: Vec<u8>) {
        self.whole.extend_from_slice(&bytes);
        for mut byte in bytes {
            if let Fault::Flip(at, bit) = self.fault
                && at == self.sent
            {
                byte ^= bit;
            }
            self.waiting.push(byte);
            self.sent += 1;
        }
    }
}

#[derive(Debug)]
pub struct Broken(TcpErrorKind);

impl TcpError for Broken {
    fn kind(&self) -> TcpErrorKind {
        self.0
    }
}

impl<P: Peer> TcpClientStack for Memory<P> {
    type TcpSocket = ();
    type Error = Broken;

    fn socket(&mut self) -> Result<(), Broken> {
        Ok(())
    }

    fn connect(&mut self, (): &mut (), _: SocketAddr) -> nb::Result<(), Broken> {
        self.call()
    }

    fn send(&mut self, (): &mut (), bytes: &[u8]) -> nb::Result<usize, Broken> {
        self.call()?;
        let bytes = &bytes[..bytes.len().min(self.segment)];
        let answer = self.peer.exchange(bytes);
        self.take(answer);
        Ok(bytes.len())
    }

    fn receive(&mut self, (): &mut (), buffer: &mut [u8]) -> nb::Result<usize, Broken> {
        self.call()?;
        let answer = self.peer.exchange(&[]);
        self.take(answer);
        let received = self.sent - self.waiting.len();
        let until = match self.fault {
            Fault::End(at) | Fault::Reset(at) => at.saturating_sub(received),
            _ => usize::MAX,
        };
        let count = self.waiting.len().min(buffer.len()).min(self.segment).min(until);
        if count > 0 {
            buffer[..count].copy_from_slice(&self.waiting[..count]);
            self.waiting.drain(..count);
            return Ok(count);
        }
        match self.fault {
            Fault::End(_) if until == 0 => Ok(0),
            Fault::Reset(_) if until == 0 => Err(nb::Error::Other(Broken(TcpErrorKind::Other))),
            _ if self.peer.has_ended() => Ok(0),
            _ => Err(nb::Error::WouldBlock),
        }
    }

    fn close(&mut self, (): ()) -> Result<(), Broken> {
        self.closed += 1;
        Ok(())
    }
}

impl<P> Dns for Memory<P> {
    type Error = Infallible;

    fn get_host_by_name(&mut self, _: &str, _: AddrType) -> nb::Result<IpAddr, Infallible> {
        Ok(IpAddr::V4(Ipv4Addr::new(192, 168, 1, 20)))
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, Infallible> {
        Err(nb::Error::WouldBlock)
    }
}

impl<P> Link for Memory<P> {
    fn link_status(&mut self) -> LinkStatus {
        LinkStatus::Up(IpConfig::new(Ipv4Addr::new(192, 168, 1, 57).into()))
    }
}

impl<P: Peer> Diagnostics for Memory<P> {}

impl<P: Peer> Network for Memory<P> {
    fn quirks(&self) -> StackQuirks {
        StackQuirks::UNKNOWN
            .with_zero_read(ZeroRead::EndOfStream)
            .with_pipe_closed(PipeClosed::Aborted)
    }
}
