//! A stack of a few lines: one connection, whose peer answers when it is asked to.

use embedded_nal::{TcpClientStack, TcpError, TcpErrorKind, nb};
use std::collections::VecDeque;
use std::net::SocketAddr;

#[derive(Default)]
pub struct Stack {
    /// What the peer says, piece by piece; nothing has come yet where a piece is empty.
    pub answers: VecDeque<&'static [u8]>,
    /// All that was sent.
    pub sent: Vec<u8>,
    pub refuses: bool,
    pub open: u32,
}

#[derive(Debug)]
pub struct Refused;

impl TcpError for Refused {
    fn kind(&self) -> TcpErrorKind {
        TcpErrorKind::Other
    }
}

impl TcpClientStack for Stack {
    type TcpSocket = ();
    type Error = Refused;

    fn socket(&mut self) -> Result<(), Refused> {
        self.open += 1;
        Ok(())
    }

    fn connect(&mut self, (): &mut (), _: SocketAddr) -> nb::Result<(), Refused> {
        if self.refuses { Err(nb::Error::Other(Refused)) } else { Ok(()) }
    }

    fn send(&mut self, (): &mut (), bytes: &[u8]) -> nb::Result<usize, Refused> {
        self.sent.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn receive(&mut self, (): &mut (), buffer: &mut [u8]) -> nb::Result<usize, Refused> {
        let Some(piece) = self.answers.pop_front().filter(|piece| !piece.is_empty()) else {
            return Err(nb::Error::WouldBlock);
        };
        let taken = piece.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&piece[..taken]);
        if taken < piece.len() {
            self.answers.push_front(&piece[taken..]);
        }
        Ok(taken)
    }

    fn close(&mut self, (): ()) -> Result<(), Refused> {
        self.open -= 1;
        Ok(())
    }
}
