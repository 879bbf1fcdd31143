//! What a client asks of a network, and names.

use super::{EspAt, Socket};
use crate::error::EspAtError;
use crate::serial::Serial;
use crate::slot::Slot;
use crate::tls::{TlsSetup, TlsVerification};
use crate::wire::{ipv4, is_quotable};
use crate::words::{Job, Task};
use core::convert::Infallible;
use core::net::IpAddr;
use embedded_nal::{AddrType, Dns};
use nal_link::{
    Clock, Connect, Diagnostics, Link, LinkStatus, Network, NoPing, NoTls, PipeClosed, StackFault,
    StackQuirks, StackStatus, Verification, ZeroRead,
};

impl<S: Serial, C: Clock, const RX_BUF: usize> Link for EspAt<S, C, RX_BUF> {
    /// What the modem has said of it so far. An address counts once the modem has told it, and whether
    /// a DNS server is set: after `WIFI GOT IP` that takes two commands more. Where none is set, it is
    /// asked again every 10 s at most while somebody looks.
    fn link_status(&mut self) -> LinkStatus {
        self.modem.station.looked_at(self.clock.now_ms());
        self.pump();
        self.modem.station.status()
    }
}

impl<S: Serial, C: Clock, const RX_BUF: usize> Network for EspAt<S, C, RX_BUF> {
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

    /// Data wait in the modem, on the line, or in the driver; or the connection was reported closed, and
    /// carries no other request.
    fn has_unread(&mut self, socket: &mut Socket) -> bool {
        self.pump();
        let Socket { link, generation } = *socket;
        let on_the_line = self.modem.payload.is_some_and(|payload| payload.link == link);
        let Some(open) = self.modem.slot_since(link, generation).and_then(Slot::open_link) else {
            return true;
        };
        open.has_unread() || open.is_closed() || on_the_line || self.held.has(link, generation)
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
            if !server_name.bytes().all(is_quotable) {
                return Err(NoTls);
            }
            modem.server_name.extend_from_slice(server_name.as_bytes()).map_err(|_| NoTls)?;
        } else if verification == TlsVerification::CommonName {
            return Err(NoTls);
        }
        slot.tls = Some(TlsSetup::new(verification, self.memory_check));
        Ok(())
    }
}

impl<S: Serial, C: Clock, const RX_BUF: usize> Diagnostics for EspAt<S, C, RX_BUF> {
    fn tcp_fault(&self, error: &EspAtError) -> StackFault {
        error.into()
    }

    fn dns_fault(&self, error: &EspAtError) -> StackFault {
        error.into()
    }

    fn status(&self) -> StackStatus<'_> {
        let mut status = StackStatus::default();
        if self.modem.is_busy() {
            status.pending = StackFault::Busy;
        }
        if let Some(trouble) = self.modem.trouble() {
            status.pending = (&trouble).into();
        }
        status.radio_sleeps = !self.modem.station.settings.is_awake();
        status.last_words = self.modem.last_answer();
        status.verification = self.tls.map_or(Verification::Unknown, TlsVerification::evidence);
        status
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

impl<S: Serial, C: Clock, const RX_BUF: usize> Dns for EspAt<S, C, RX_BUF> {
    type Error = EspAtError;

    fn get_host_by_name(
        &mut self,
        hostname: &str,
        addr_type: AddrType,
    ) -> nb::Result<IpAddr, EspAtError> {
        if matches!(addr_type, AddrType::IPv6) {
            return Err(nb::Error::Other(EspAtError::NotIpv4));
        }
        self.pump();
        let is_new = !self.modem.resolver.is_of(hostname);
        let result = self.modem.resolver.want(hostname);
        if is_new {
            self.modem.forget_answer();
        }
        if let Some(result) = result {
            return result.map(IpAddr::V4).map_err(nb::Error::Other);
        }
        if self.modem.resolver.is_asking() {
            return Err(nb::Error::WouldBlock);
        }
        if self.modem.trouble().is_none() {
            self.make_way();
            if self.can_begin() {
                let asked = self.modem.resolver.ask(hostname);
                asked.map_err(nb::Error::Other)?;
                if let Err(error) = self.transmit(Task::Resolve, hostname) {
                    self.modem.resolver.reset();
                    return Err(nb::Error::Other(error));
                }
            }
        }
        self.not_yet()
    }

    /// The firmware has no such thing.
    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, EspAtError> {
        Err(nb::Error::Other(EspAtError::Rejected))
    }
}
