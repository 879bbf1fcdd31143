//! What the driver says of the link.

use super::EspAt;
use crate::clock::Clock;
use crate::esp_at::serial::Serial;
use crate::link::{Link, LinkStatus};

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
