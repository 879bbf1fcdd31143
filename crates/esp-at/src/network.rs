//! What the client asks of a network.

use super::EspAt;
use super::error::EspAtError;
use super::link::Job;
use super::serial::Serial;
use super::socket::{Slot, Socket};
use super::tls::TlsState;
use super::wire::ipv4;
use core::convert::Infallible;
use core::net::IpAddr;
use embedded_nal::nb;
use nal_link::Clock;
use nal_link::StackFault;
use nal_link::{
    Connect, Diagnostics, Network, NoPing, NoTls, PipeClosed, StackQuirks, StackStatus, ZeroRead,
};

impl<S: Serial, C: Clock, const ROOM: usize> Network for EspAt<S, C, ROOM> {
    fn quirks(&self) -> StackQuirks {
        StackQuirks::UNKNOWN
            // Only after `CLOSED`, and once the modem holds no more.
            .with_zero_read(ZeroRead::EndOfStream)
            // The modem has reset.
            .with_pipe_closed(PipeClosed::Aborted)
            .with_connect(Connect::Polls)
    }

    fn poll_network(&mut self) {
        self.pump();
    }

    /// Data wait in the modem, on the line, or in `ROOM`.
    fn has_unread(&mut self, socket: &mut Socket) -> bool {
        self.pump();
        let Socket { link, generation } = *socket;
        let on_the_line = self.modem.payload.is_some_and(|payload| payload.link == link);
        let kept = self.room_of == link && !self.room.is_empty();
        let announced = self
            .modem
            .slot(link)
            .is_some_and(|slot| slot.generation == generation && slot.is_announced());
        on_the_line || kept || announced
    }

    fn has_tls(&self) -> bool {
        self.tls.is_some()
    }

    fn secure(&mut self, socket: &mut Socket, server_name: &str) -> Result<(), NoTls> {
        let verification = self.tls.ok_or(NoTls)?;
        let modem = &mut self.modem;
        // There is room for one name: another connect that needs its own goes first.
        let taken = modem.slots.iter().any(Slot::needs_name);
        let slot = modem.slots.get_mut(usize::from(socket.link)).ok_or(NoTls)?;
        if taken || slot.generation != socket.generation {
            return Err(NoTls);
        }
        modem.server_name.clear();
        // An address is no name for the handshake (RFC 6066 section 3).
        if ipv4(server_name.as_bytes()).is_none() {
            modem.server_name.extend_from_slice(server_name.as_bytes()).map_err(|_| NoTls)?;
        }
        slot.tls = TlsState::Verification(verification);
        slot.memory_check = self.memory_check;
        Ok(())
    }
}

impl<S: Serial, C: Clock, const ROOM: usize> Diagnostics for EspAt<S, C, ROOM> {
    fn tcp_fault(&self, error: &EspAtError) -> StackFault {
        error.into()
    }

    fn dns_fault(&self, error: &EspAtError) -> StackFault {
        error.into()
    }

    fn status(&self) -> StackStatus<'_> {
        let mut status = StackStatus::default();
        status.is_busy = self.modem.is_busy();
        status.radio_sleeps = !self.modem.station.settings.is_awake();
        status.last_words = self.modem.answer();
        status
    }

    /// `AT+PING`. It takes the place of another [task](EspAt::start_rssi) that is under way.
    fn ping(&mut self, host: IpAddr) -> nb::Result<Option<u32>, NoPing> {
        let IpAddr::V4(host) = host else {
            return Err(nb::Error::Other(NoPing));
        };
        self.poll_asked(Job::Ping(host)).map_err(|error| error.map(|_| NoPing))?;
        let jobs = &self.modem.station.jobs;
        // A build of the firmware may have no pings: its `ERROR` comes at once.
        if jobs.refused { Err(nb::Error::Other(NoPing)) } else { Ok(jobs.ping_ms) }
    }

    /// `AT+CWJAP?`, as [`rssi`](EspAt::rssi). It takes the place of another task that is under way.
    fn signal_strength(&mut self) -> nb::Result<Option<i8>, Infallible> {
        match self.poll_asked(Job::Rssi) {
            Ok(()) => Ok(self.modem.station.jobs.rssi),
            Err(nb::Error::WouldBlock) => Err(nb::Error::WouldBlock),
            Err(nb::Error::Other(_)) => Ok(None),
        }
    }
}
