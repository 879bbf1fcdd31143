//! The station: its access point, its addresses, its settings.

mod calls;
mod jobs;
mod join;
mod settings;
mod station;

pub use jobs::AccessPoint;
pub(crate) use jobs::Job;
pub use join::Join;
pub(crate) use settings::Applied;
pub use settings::{Setting, Sleep};
pub(crate) use station::Station;

use super::EspAt;
use super::serial::Serial;
use nal_link::Clock;
use nal_link::{Link, LinkStatus};

impl<S: Serial, C: Clock, const ROOM: usize> Link for EspAt<S, C, ROOM> {
    /// What the modem has said of it so far. An address counts once the modem has told it, and whether
    /// a DNS server is set: after `WIFI GOT IP` that takes two commands more. Where none is set, it is
    /// asked again every 10 s at most while somebody looks.
    fn link_status(&mut self) -> LinkStatus {
        self.modem.station.looked_at(self.clock.now_ms());
        self.pump();
        self.modem.station.status()
    }
}
