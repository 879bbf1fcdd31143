//! TCP sockets: the modem's five links.

mod slot;

pub(crate) use slot::{LinkState, Slot};

use super::EspAt;
use super::error::EspAtError;
use super::modem::{SendPhase, Task};
use super::serial::Serial;
use super::wire::LINKS;
use core::net::SocketAddr;
use embedded_nal::{TcpClientStack, nb};
use nal_link::{Clock, elapsed_ms};

/// The most that one `AT+CIPSEND` takes, and that one read asks for.
const MOST: usize = 2048;

/// A reader that waits in vain for so long has the modem asked: its `+IPD` may never come.
const SILENCE_MS: u32 = 1_000;

/// A socket of the modem's. It knows when the modem has reset since it was made. There are five
/// (`AT+CIPMUX=1`); [`close`](embedded_nal::TcpClientStack::close) gives one back.
///
/// ```
/// # use safe_http_client::{*, esp_at::*};
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

impl<S: Serial, C: Clock, const ROOM: usize> TcpClientStack for EspAt<S, C, ROOM> {
    type TcpSocket = Socket;
    type Error = EspAtError;

    fn socket(&mut self) -> Result<Socket, EspAtError> {
        self.pump();
        for (link, slot) in (0..LINKS as u8).zip(self.modem.slots.iter_mut()) {
            if slot.state == LinkState::Free {
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
        self.check_silence::<EspAtError>()?;
        if let Some(slot) = self.modem.slot(socket.link)
            && slot.generation == socket.generation
            && slot.state == LinkState::Taken
        {
            slot.remote = remote;
            slot.state = LinkState::Wanted;
        }
        self.pump();
        self.make_way();
        match self.slot_of(socket)?.state {
            LinkState::Open => Ok(()),
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
        let link = socket.link;
        if self.modem.task() == Some(Task::Send(link, SendPhase::Data)) {
            self.send_data(link, buffer);
            self.pump();
        }
        self.make_way();
        let can_begin = self.can_begin();
        let slot = self.slot_of(socket)?;
        match slot.sent {
            Some(Ok(count)) => {
                slot.sent = None;
                return Ok(usize::from(count));
            }
            // What became of the data stays unknown: nothing more is sent.
            Some(Err(error)) => return Err(nb::Error::Other(error)),
            None => {}
        }
        if slot.sending > 0 {
            return Err(nb::Error::WouldBlock);
        }
        if let Some(error) = slot.fault {
            return Err(nb::Error::Other(error));
        }
        if slot.state != LinkState::Open {
            return Err(nb::Error::Other(EspAtError::NotConnected));
        }
        if slot.closed {
            return Err(nb::Error::Other(EspAtError::Closed));
        }
        if can_begin {
            let length = u16::try_from(buffer.len().min(MOST)).unwrap_or(0);
            slot.sending = length;
            self.modem.owed = length;
            self.transmit(Task::Send(link, SendPhase::Prompt), "")?;
        }
        Err(nb::Error::WouldBlock)
    }

    fn receive(&mut self, socket: &mut Socket, buffer: &mut [u8]) -> nb::Result<usize, EspAtError> {
        if buffer.is_empty() {
            return Ok(0);
        }
        self.pump();
        self.slot_of(socket)?;
        let count = self.take_data(socket.link, buffer);
        if count > 0 {
            return Ok(count);
        }
        let payload = self.modem.payload;
        if payload.is_some_and(|payload| payload.link != socket.link) {
            self.make_way();
        }
        let now = self.clock.now_ms();
        let can_begin = self.can_begin();
        let room_is_empty = self.room.is_empty() || self.room_of != socket.link;
        let passive = self.modem.passive;
        let slot = self.slot_of(socket)?;
        if let Some(error) = slot.fault {
            return Err(nb::Error::Other(error));
        }
        if slot.state != LinkState::Open {
            return Err(nb::Error::Other(EspAtError::NotConnected));
        }
        if slot.closed && slot.drained && !slot.is_readable() && room_is_empty {
            return Ok(0);
        }
        if !can_begin {
            return Err(nb::Error::WouldBlock);
        }
        let link = socket.link;
        let waited = elapsed_ms(now, *slot.waiting_since.get_or_insert(now));
        let silence = SILENCE_MS.saturating_mul(u32::from(slot.polls.min(4)).saturating_add(1));
        if slot.is_readable() && passive && !slot.check {
            slot.asked = u16::try_from(buffer.len().min(MOST)).unwrap_or(0);
            self.transmit(Task::Read(link), "")?;
        } else if slot.check || slot.closed || (passive && waited >= silence) {
            slot.ask_pending(now);
            self.transmit(Task::Pending(link), "")?;
        }
        Err(nb::Error::WouldBlock)
    }

    fn close(&mut self, socket: Socket) -> Result<(), EspAtError> {
        if let Some(slot) = self.modem.slot(socket.link)
            && slot.generation == socket.generation
        {
            slot.abandon();
        }
        if self.room_of == socket.link {
            self.room.clear();
        }
        self.pump();
        Ok(())
    }
}

impl<S: Serial, C: Clock, const ROOM: usize> EspAt<S, C, ROOM> {
    /// The link of a socket that the modem still knows.
    fn slot_of(&mut self, socket: &Socket) -> Result<&mut Slot, EspAtError> {
        let silent = self.modem.silent;
        match self.modem.slot(socket.link) {
            Some(slot) if slot.generation == socket.generation => Ok(slot),
            _ if silent => Err(EspAtError::NoAnswer),
            _ => Err(EspAtError::ModemReset),
        }
    }

    /// The modem waits for the data of a send.
    fn send_data(&mut self, link: u8, buffer: &[u8]) {
        let now = self.clock.now_ms();
        let length = self.modem.slot(link).map_or(0, |slot| usize::from(slot.sending));
        match buffer.get(..length) {
            Some(data) => {
                self.modem.set_phase(link, SendPhase::Sent, now);
                if !self.write(data) {
                    let kind = self.serial_error.unwrap_or(embedded_io::ErrorKind::Other);
                    self.modem.end_send(link, Err(EspAtError::Serial(kind)), now);
                    self.modem.lose_step(now);
                }
            }
            // Not the buffer that the send began with.
            None => {
                self.modem.end_send(link, Err(EspAtError::AnswerMissed), now);
                self.modem.lose_step(now);
            }
        }
    }

    /// Data for this link: kept, or on the line. They go from there into the caller's buffer.
    fn take_data(&mut self, link: u8, buffer: &mut [u8]) -> usize {
        if self.room_of == link && !self.room.is_empty() {
            let mut count = 0_usize;
            for target in buffer.iter_mut() {
                let Some(byte) = self.room.pop_front() else { break };
                *target = byte;
                count = count.saturating_add(1);
            }
            return count;
        }
        let mut count = self.take_held(link, buffer);
        if count > 0 {
            return count;
        }
        while let Some(payload) = self.modem.payload.filter(|payload| payload.link == link) {
            let left = usize::try_from(payload.left).unwrap_or(usize::MAX);
            let end = count.saturating_add(left).min(buffer.len());
            let read = self.read_now(buffer.get_mut(count..end).unwrap_or_default());
            if read == 0 {
                break;
            }
            count = count.saturating_add(read);
            self.taken(read);
            if self.modem.payload.is_none() && !payload.active {
                // The last byte is handed out once what follows says that none was lost.
                count = count.saturating_sub(1);
                let last = buffer.get(count).copied();
                if let Some(slot) = self.modem.slot(link) {
                    slot.held = last;
                }
                self.pump();
                let rest = buffer.get_mut(count..).unwrap_or_default();
                return count.saturating_add(self.take_held(link, rest));
            }
        }
        if count == 0 {
            self.check_stall();
        }
        count
    }

    /// The last byte of a read that turned out whole.
    fn take_held(&mut self, link: u8, buffer: &mut [u8]) -> usize {
        let Some(slot) = self.modem.slot(link).filter(|slot| slot.held_ready) else {
            return 0;
        };
        slot.held_ready = false;
        match (buffer.first_mut(), slot.held.take()) {
            (Some(target), Some(byte)) => {
                *target = byte;
                1
            }
            _ => 0,
        }
    }
}
