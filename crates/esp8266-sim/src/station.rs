//! Joining access points and losing them.

use std::time::Duration;

use crate::commands::{ErrorCode, Outcome};
use crate::events::Event;
use crate::fault::Fault;
use crate::lan::Addresses;
use crate::modem::{Busy, Modem};
use crate::wifi::{Association, Credentials, JoinError};

impl Modem {
    /// Begins a join, which the host asked for or the firmware does of itself.
    pub(crate) fn join(&mut self, wanted: Credentials, asked: bool) {
        if self.station.point().is_some() {
            self.leave();
        }
        self.station.association = Association::Joining;
        self.station.wanted = Some(wanted.clone());
        let timing = &self.config.timing;
        let (refused, timeout) = (timing.join_refused, timing.join_timeout);
        let associate = timing.associate;
        let mut error = None;
        for (fault, meant) in [
            (Fault::JoinFailed, JoinError::Failed),
            (Fault::JoinTimeout, JoinError::TimedOut),
            (Fault::NoSuchAp, JoinError::NoSuchAp),
            (Fault::WrongPassword, JoinError::WrongPassword),
        ] {
            if self.schedule.hits(fault) {
                error = Some(meant);
            }
        }
        let found = match error {
            Some(error) => Err(error),
            None => crate::wifi::find(&self.config.access_points, &wanted),
        };
        match found {
            Ok(point) => self.at(associate, Event::Associated { point, asked }),
            Err(error) => {
                let delay = if error == JoinError::TimedOut { timeout } else { refused };
                self.at(delay, Event::JoinFailed { error, asked });
            }
        }
    }

    pub(crate) fn wait_for_address(&mut self, point: usize, asked: bool) {
        let starved = self.schedule.on(Fault::BusyWithoutDhcp);
        let dhcp =
            self.config.access_points[point].dhcp && !self.schedule.hits(Fault::NoDhcp) && !starved;
        let given = self.station.fixed.is_some() || dhcp;
        if !given && self.schedule.hits(Fault::BusyWithoutDhcp) {
            self.busy = Busy::Jammed;
            return;
        }
        let timing = &self.config.timing;
        let delay =
            if given { timing.dhcp } else { timing.join_timeout.saturating_sub(timing.associate) };
        self.at(delay, Event::Address { asked, given });
    }

    pub(crate) fn address(&mut self, asked: bool, given: bool) {
        if !given {
            // It stays associated, without an address.
            if asked {
                self.say_join_error(JoinError::TimedOut);
            }
            return;
        }
        let lan = &self.config.lan;
        self.station.addresses = Some(self.station.fixed.unwrap_or(Addresses {
            ip: lan.station,
            gateway: lan.gateway,
            netmask: lan.netmask,
        }));
        self.notice("WIFI GOT IP\r\n");
        if asked {
            self.conclude(Outcome::Ok);
        }
    }

    pub(crate) fn join_failed(&mut self, error: JoinError, asked: bool) {
        self.station.association = Association::Lost;
        if asked {
            self.say_join_error(error);
        } else {
            self.look_again();
        }
    }

    fn say_join_error(&mut self, error: JoinError) {
        self.answer(format!("+CWJAP:{}\r\n", error as u8));
        if self.is_nonos() {
            self.answer("\r\nFAIL\r\n");
            self.conclude(Outcome::Said);
        } else {
            self.conclude(Outcome::Fail(ErrorCode::Failed));
        }
    }

    /// Leaves the access point, with all links.
    pub(crate) fn leave(&mut self) {
        self.close_all_links();
        self.station.association = Association::Lost;
        self.station.addresses = None;
        let reason = self.is_single_or(Fault::DisconnectReason);
        self.notice(if reason { "WIFI DISCONNECT (4)\r\n" } else { "WIFI DISCONNECT\r\n" });
    }

    /// The access point goes away; the firmware looks for it again.
    pub fn drop_wifi(&mut self) {
        if self.station.point().is_none() {
            return;
        }
        // A join that waits for its address has nothing to wait for now.
        let mut asked_for = false;
        self.timeline.retain(|event| match event {
            Event::Address { asked, .. } => {
                asked_for |= *asked;
                false
            }
            _ => true,
        });
        self.leave();
        if asked_for {
            self.say_join_error(JoinError::Failed);
        }
        self.rejoins = 0;
        self.look_again();
    }

    /// The next try of the firmware's own, if there is to be one.
    fn look_again(&mut self) {
        let (interval, tries) = self.settings.reconnect;
        if interval > 0 && (tries == 0 || self.rejoins < tries) {
            self.at(Duration::from_secs(interval.into()), Event::Rejoin);
        }
    }

    /// Switches an access point off or on. A station that is joined to it loses it, and joins again.
    pub fn set_ap_up(&mut self, ssid: &[u8], up: bool) {
        for ap in &mut self.config.access_points {
            if ap.ssid == ssid {
                ap.up = up;
            }
        }
        let lost = self.station.point().is_some_and(|index| !self.config.access_points[index].up);
        if lost {
            self.drop_wifi();
        }
    }

    /// Whether the station has an address.
    pub fn has_address(&self) -> bool {
        self.station.addresses.is_some()
    }
}
