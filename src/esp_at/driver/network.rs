//! What the client asks of a network.

use super::{EspAt, Socket};
use crate::clock::Clock;
use crate::error::StackFault;
use crate::esp_at::error::EspAtError;
use crate::esp_at::serial::Serial;
use crate::esp_at::slot::Slot;
use crate::esp_at::tls::TlsSetup;
use crate::esp_at::wire::ipv4;
use crate::esp_at::words::Job;
use crate::network::{Behaviour, Condition, Connect, Network, NoPing, NoTls, PipeClosed, ZeroRead};
use core::convert::Infallible;
use core::net::IpAddr;
use embedded_nal::nb;

impl<S: Serial, C: Clock, const RX_BUF: usize> Network for EspAt<S, C, RX_BUF> {
    fn behaviour(&self) -> Behaviour {
        Behaviour {
            // Only after `CLOSED`, and once the modem holds no more.
            zero_read: ZeroRead::EndOfStream,
            // The modem has reset.
            pipe_closed: PipeClosed::Aborted,
            connect: Connect::Polls,
            empty_send_tells_end: false,
        }
    }

    fn poll_network(&mut self) {
        self.pump();
    }

    /// Data wait in the modem, on the line, or in the driver.
    fn has_unread(&mut self, socket: &mut Socket) -> bool {
        self.pump();
        let Socket { link, generation } = *socket;
        let on_the_line = self.modem.payload.is_some_and(|payload| payload.link == link);
        let slot = self.modem.slot_since(link, generation);
        let announced = slot.and_then(Slot::open_link).is_some_and(|open| open.has_unread());
        on_the_line || announced || self.unsolicited.has(link)
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
        slot.tls = Some(TlsSetup::new(verification, self.memory_check));
        Ok(())
    }

    fn tcp_fault(&self, error: &EspAtError) -> StackFault {
        error.into()
    }

    fn dns_fault(&self, error: &EspAtError) -> StackFault {
        error.into()
    }

    fn condition(&self) -> Condition<'_> {
        Condition {
            is_busy: self.modem.is_busy(),
            radio_sleeps: !self.modem.station.settings.is_awake(),
            last_words: self.modem.last_answer(),
        }
    }

    /// `AT+PING`. It takes the place of another [task](EspAt::start_rssi) that is under way.
    fn ping(&mut self, host: IpAddr) -> nb::Result<Option<u32>, NoPing> {
        let IpAddr::V4(host) = host else {
            return Err(nb::Error::Other(NoPing));
        };
        self.ask(Job::Ping(host)).map_err(|error| error.map(|_| NoPing))?;
        let jobs = &self.modem.station.jobs;
        // A build of the firmware may have no pings: its `ERROR` comes at once.
        if jobs.refused { Err(nb::Error::Other(NoPing)) } else { Ok(jobs.ping_ms) }
    }

    /// `AT+CWJAP?`, as [`rssi`](EspAt::rssi). It takes the place of another task that is under way.
    fn signal_strength(&mut self) -> nb::Result<Option<i8>, Infallible> {
        match self.ask(Job::Rssi) {
            Ok(()) => Ok(self.modem.station.jobs.rssi),
            Err(nb::Error::WouldBlock) => Err(nb::Error::WouldBlock),
            Err(nb::Error::Other(_)) => Ok(None),
        }
    }
}
