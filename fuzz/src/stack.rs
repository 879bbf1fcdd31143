//! A stack whose every call goes as the input says.

use crate::common::script::ScriptError;
use crate::input::{Control, size};
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use safe_http_client::{PipeClosed, StackQuirks, ZeroRead};
use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

/// What one call comes to.
enum Op {
    WouldBlock,
    Zero,
    PipeClosed,
    Broken,
    /// More bytes than there are.
    Lie,
    /// At most so many bytes; a success where there are none to count.
    Some(usize),
}

/// How receiving goes on once all bytes have come.
#[derive(Debug, Clone, Copy)]
pub enum Tail {
    Zero,
    Silence,
    PipeClosed,
    Broken,
}

/// What happened to one socket.
#[derive(Debug, Default)]
pub struct SocketLog {
    /// What the client received.
    pub delivered: Vec<u8>,
    /// What the client sent, and the stack took.
    pub sent: Vec<u8>,
    pub closed: usize,
    /// The last thing that the client was told is the end of the stream, on a stack that tells it.
    pub is_ended: bool,
    /// A `send` of nothing has told the end.
    told_by_send: bool,
}

/// A stack over a line of control bytes, one for each call.
pub struct FuzzStack<'d> {
    ops: Control<'d>,
    incoming: &'d [u8],
    tail: Tail,
    quirks: StackQuirks,
    pub log: Rc<RefCell<Vec<SocketLog>>>,
}

impl<'d> FuzzStack<'d> {
    pub fn new(ops: Control<'d>, incoming: &'d [u8], tail: Tail, quirks: StackQuirks) -> Self {
        Self { ops, incoming, tail, quirks, log: Rc::default() }
    }

    fn op(&mut self) -> Option<Op> {
        Some(match self.ops.next()? {
            b'.' => Op::WouldBlock,
            b'_' => Op::Zero,
            b'|' => Op::PipeClosed,
            b'!' => Op::Broken,
            b'+' => Op::Lie,
            byte => Op::Some(size(byte)),
        })
    }

    fn deliver(&mut self, socket: usize, buffer: &mut [u8], most: usize) -> usize {
        let count = most.min(buffer.len()).min(self.incoming.len());
        let (now, later) = self.incoming.split_at(count);
        self.incoming = later;
        buffer[..count].copy_from_slice(now);
        self.log.borrow_mut()[socket].delivered.extend_from_slice(now);
        count
    }

    /// Notes what the client is told of the end of the stream.
    fn note_end(&mut self, socket: usize, outcome: &nb::Result<usize, ScriptError>) {
        let log = &mut self.log.borrow_mut()[socket];
        let pipe_is_end = self.quirks.pipe_closed() == PipeClosed::EndOfStream;
        log.is_ended = match outcome {
            Ok(0) if self.quirks.zero_read() == ZeroRead::EndOfStream => true,
            Ok(0) | Err(nb::Error::WouldBlock) => log.told_by_send && pipe_is_end,
            Err(nb::Error::Other(ScriptError::PipeClosed)) => pipe_is_end,
            Ok(_) | Err(_) => false,
        };
        log.told_by_send = false;
    }
}

impl TcpClientStack for FuzzStack<'_> {
    /// Its number. Not `Copy`: it is closed once, or it is a find.
    type TcpSocket = Box<usize>;
    type Error = ScriptError;

    fn socket(&mut self) -> Result<Box<usize>, ScriptError> {
        let mut log = self.log.borrow_mut();
        assert!(log.iter().all(|socket| socket.closed == 1), "two sockets at once");
        log.push(SocketLog::default());
        Ok(Box::new(log.len() - 1))
    }

    fn connect(&mut self, _: &mut Box<usize>, _: SocketAddr) -> nb::Result<(), ScriptError> {
        match self.op() {
            Some(Op::WouldBlock) => Err(nb::Error::WouldBlock),
            Some(Op::Broken | Op::PipeClosed) => Err(nb::Error::Other(ScriptError::Refused)),
            _ => Ok(()),
        }
    }

    fn send(&mut self, socket: &mut Box<usize>, buffer: &[u8]) -> nb::Result<usize, ScriptError> {
        let taken = match self.op() {
            Some(Op::WouldBlock) => return Err(nb::Error::WouldBlock),
            Some(Op::PipeClosed) => {
                self.log.borrow_mut()[**socket].told_by_send = buffer.is_empty();
                return Err(nb::Error::Other(ScriptError::PipeClosed));
            }
            Some(Op::Broken) => return Err(nb::Error::Other(ScriptError::Broken)),
            Some(Op::Zero) => 0,
            Some(Op::Some(most)) => most.min(buffer.len()),
            Some(Op::Lie) | None => buffer.len(),
        };
        self.log.borrow_mut()[**socket].sent.extend_from_slice(&buffer[..taken]);
        Ok(taken)
    }

    fn receive(
        &mut self,
        socket: &mut Box<usize>,
        buffer: &mut [u8],
    ) -> nb::Result<usize, ScriptError> {
        assert!(!buffer.is_empty(), "receive into an empty buffer");
        let op = match (self.op(), self.tail) {
            (Some(Op::Some(_) | Op::Lie) | None, tail) if self.incoming.is_empty() => match tail {
                Tail::Zero => Op::Zero,
                Tail::Silence => Op::WouldBlock,
                Tail::PipeClosed => Op::PipeClosed,
                Tail::Broken => Op::Broken,
            },
            (op, _) => op.unwrap_or(Op::Some(usize::MAX)),
        };
        let outcome = match op {
            Op::WouldBlock => Err(nb::Error::WouldBlock),
            Op::Zero => Ok(0),
            Op::PipeClosed => Err(nb::Error::Other(ScriptError::PipeClosed)),
            Op::Broken => Err(nb::Error::Other(ScriptError::Broken)),
            Op::Some(most) => Ok(self.deliver(**socket, buffer, most)),
            // What is there fills the buffer, and more is said to be in it.
            Op::Lie if self.incoming.len() >= buffer.len() => {
                Ok(self.deliver(**socket, buffer, usize::MAX) + 7)
            }
            Op::Lie => Ok(self.deliver(**socket, buffer, usize::MAX)),
        };
        self.note_end(**socket, &outcome);
        outcome
    }

    fn close(&mut self, socket: Box<usize>) -> Result<(), ScriptError> {
        self.log.borrow_mut()[*socket].closed += 1;
        Err(ScriptError::Broken)
    }
}

impl Dns for FuzzStack<'_> {
    type Error = ScriptError;

    fn get_host_by_name(&mut self, _: &str, _: AddrType) -> nb::Result<IpAddr, ScriptError> {
        match self.op() {
            Some(Op::WouldBlock) => Err(nb::Error::WouldBlock),
            Some(Op::Broken | Op::PipeClosed) => Err(nb::Error::Other(ScriptError::Broken)),
            Some(Op::Zero) => Ok([127, 0, 0, 1].into()),
            _ => Ok([192, 168, 1, 20].into()),
        }
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, ScriptError> {
        panic!("reverse look-ups are never asked for")
    }
}
