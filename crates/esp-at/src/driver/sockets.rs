//! TCP sockets: the modem's five links.

use super::EspAt;
use crate::error::EspAtError;
use crate::modem::Payload;
use crate::serial::Serial;
use crate::slot::{Frame, LinkState, OpenLink, ReaderTask, SendState, Slot};
use crate::wire::LINKS;
use crate::words::{MOST_DATA, SendPhase, Task};
use core::net::SocketAddr;
use embedded_nal::TcpClientStack;
use nal_link::Clock;

/// A socket of the modem's. It knows when the modem has reset since it was made. There are five
/// (`AT+CIPMUX=1`); [`close`](embedded_nal::TcpClientStack::close) gives one back.
///
/// ```
/// # use {esp_at::*, nal_link::*};
/// # static RX: SerialRx<64> = SerialRx::new();
/// # let mut tx = [0; 64];
/// # let mut modem = EspAt::new(RX.with_tx(&mut tx[..]), FnClock(|| 0));
/// use embedded_nal::TcpClientStack;
///
/// let mut sockets = [(); 5].map(|()| modem.socket().ok());
/// assert_eq!(modem.socket().err(), Some(EspAtError::NoFreeSocket));
/// if let Some(socket) = sockets[0].take() {
///     modem.close(socket)?;
/// }
/// assert!(modem.socket().is_ok());
/// # Ok::<(), EspAtError>(())
/// ```
#[derive(Debug)]
pub struct Socket {
    pub(super) link: u8,
    pub(super) generation: u16,
}

impl<S: Serial, C: Clock, const RX_BUF: usize> TcpClientStack for EspAt<S, C, RX_BUF> {
    type TcpSocket = Socket;
    type Error = EspAtError;

    fn socket(&mut self) -> Result<Socket, EspAtError> {
        self.pump();
        for (link, slot) in (0..LINKS as u8).zip(self.modem.slots.iter_mut()) {
            if slot.is_free() {
                slot.take();
                return Ok(Socket { link, generation: slot.generation });
            }
        }
        Err(EspAtError::NoFreeSocket)
    }

    fn connect(&mut self, socket: &mut Socket, remote: SocketAddr) -> nb::Result<(), EspAtError> {
        let SocketAddr::V4(remote) = remote else {
            return Err(nb::Error::Other(EspAtError::NotIpv4));
        };
        if self.modem.trouble().is_some() {
            // It may be over.
            self.pump();
            return self.not_yet();
        }
        if let Some(slot) = self.modem.slot_since(socket.link, socket.generation)
            && let LinkState::Taken = slot.state
        {
            slot.remote = remote;
            slot.state = LinkState::Wanted;
            self.modem.forget_answer();
        }
        self.pump_for_caller();
        match self.slot_of(socket)?.state {
            LinkState::Open(_) => Ok(()),
            LinkState::Failed(error) => Err(nb::Error::Other(error)),
            _ => Err(nb::Error::WouldBlock),
        }
    }

    fn send(&mut self, socket: &mut Socket, buffer: &[u8]) -> nb::Result<usize, EspAtError> {
        self.pump();
        self.slot_of(socket)?;
        if buffer.is_empty() {
            return Ok(0);
        }
        if let Some(Task::Send { link, length, phase: SendPhase::Data }) = self.modem.task()
            && link == socket.link
        {
            self.send_data(length, buffer);
        }
        self.make_way();
        let can_begin = self.can_begin();
        let open = self.open_link_of(socket)?;
        match open.send {
            SendState::Over(Ok(count)) => {
                open.send = SendState::Idle;
                return Ok(usize::from(count));
            }
            // What became of the data stays unknown: nothing more is sent.
            SendState::Over(Err(error)) => return Err(nb::Error::Other(error)),
            SendState::Underway => return Err(nb::Error::WouldBlock),
            SendState::Idle => {}
        }
        if let Some(error) = open.fault {
            return Err(nb::Error::Other(error));
        }
        if open.is_closed() {
            return Err(nb::Error::Other(EspAtError::Closed));
        }
        if can_begin {
            let length = at_most(buffer.len());
            let phase = SendPhase::Prompt;
            self.transmit(Task::Send { link: socket.link, length, phase }, "")?;
        }
        Err(nb::Error::WouldBlock)
    }

    fn receive(&mut self, socket: &mut Socket, buffer: &mut [u8]) -> nb::Result<usize, EspAtError> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let Socket { link, generation } = *socket;
        // What is here already needs no look at the line.
        let is_here = self.open_link_of(socket)?.frame() == Frame::Whole;
        if !(is_here && self.held.has(link, generation)) {
            self.pump();
            self.open_link_of(socket)?;
        }
        let count = self.take_data(socket, buffer);
        if count > 0 {
            return Ok(count);
        }
        if self.modem.payload.is_some_and(|payload| payload.link != link) {
            self.make_way();
        }
        let now = self.clock.now_ms();
        let can_begin = self.can_begin();
        let has_room = can_begin && self.has_room(link, generation);
        let passive = self.modem.passive;
        let keeps_none = !self.held.has(link, generation);
        let open = self.open_link_of(socket)?;
        if let Some(error) = open.fault {
            return Err(nb::Error::Other(error));
        }
        if open.is_at_end() && keeps_none {
            return Ok(0);
        }
        if !can_begin {
            return Err(nb::Error::WouldBlock);
        }
        match open.reader_task(passive, now) {
            ReaderTask::Read if has_room => {
                let most = at_most(buffer.len().min(RX_BUF));
                self.transmit(Task::Read { link, most }, "")?;
            }
            ReaderTask::AskPending => {
                open.ask_pending(now);
                self.transmit(Task::Pending(link), "")?;
            }
            // What was read waits for its reader, or for what the modem says of it.
            ReaderTask::Read | ReaderTask::Wait => {}
        }
        Err(nb::Error::WouldBlock)
    }

    fn close(&mut self, socket: Socket) -> Result<(), EspAtError> {
        if let Some(slot) = self.modem.slot_since(socket.link, socket.generation) {
            slot.abandon();
        }
        // Of this connection alone: the link may have another by now.
        self.held.forget(socket.link, socket.generation);
        self.pump();
        Ok(())
    }
}

fn at_most(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(MOST_DATA).min(MOST_DATA)
}

impl<S: Serial, C: Clock, const RX_BUF: usize> EspAt<S, C, RX_BUF> {
    /// The link of a socket that the modem still knows.
    fn slot_of(&mut self, socket: &Socket) -> Result<&mut Slot, EspAtError> {
        let silent = self.modem.trouble().filter(|_| self.modem.silent);
        let lost = silent.unwrap_or(EspAtError::ModemReset);
        self.modem.slot_since(socket.link, socket.generation).ok_or(lost)
    }

    fn open_link_of(&mut self, socket: &Socket) -> Result<&mut OpenLink, EspAtError> {
        self.slot_of(socket)?.open_link().ok_or(EspAtError::NotConnected)
    }

    /// The modem waits for the data of a send.
    fn send_data(&mut self, length: u16, buffer: &[u8]) {
        let now = self.clock.now_ms();
        let error = match buffer.get(..usize::from(length)) {
            Some(data) => {
                self.modem.set_phase(SendPhase::Sent, now);
                if self.write(data) {
                    return;
                }
                self.write_error()
            }
            // Not the buffer that the send began with.
            None => EspAtError::AnswerMissed,
        };
        self.modem.end_send(Err(error), now);
        self.modem.desync(now);
    }

    /// Data of this connection that are known to be whole, or that came unasked: kept, or on the line.
    fn take_data(&mut self, socket: &Socket, buffer: &mut [u8]) -> usize {
        let Socket { link, generation } = *socket;
        let now = self.clock.now_ms();
        let passive = self.modem.passive;
        let Some(open) = self.modem.slot(link).and_then(Slot::open_link) else {
            return 0;
        };
        let has_fault = open.fault.is_some();
        match open.frame() {
            Frame::Coming | Frame::Doubtful(_) if !has_fault => {
                self.check_stall();
                return 0;
            }
            // Data that shifted, for all that can be seen.
            Frame::Interrupted if self.held.holds_modems_words() => {
                open.fail(EspAtError::Corrupted);
                self.held.forget(link, generation);
                return 0;
            }
            // The first reason stays: what came with it is worth nothing.
            Frame::None if has_fault && passive => {
                self.held.forget(link, generation);
                return 0;
            }
            _ => {}
        }
        let count = self.held.take(link, generation, buffer, now);
        if count > 0 {
            return count;
        }
        open.frame_read();
        let mut count = 0_usize;
        let is_whole = |it: &Payload| it.link == link && it.unsolicited && !has_fault;
        while let Some(payload) = self.modem.payload.filter(is_whole) {
            let read = self.read_data(payload, buffer.get_mut(count..).unwrap_or_default());
            if read == 0 {
                break;
            }
            count = count.saturating_add(read);
        }
        if count == 0 {
            self.check_stall();
        }
        count
    }
}
