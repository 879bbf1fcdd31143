//! Access points, and the station: joining them and losing them.

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::commands::{ErrorCode, Outcome};
use crate::events::Event;
use crate::fault::Fault;
use crate::lan::Addresses;
use crate::modem::{Busy, Modem};

/// An access point in range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPoint {
    /// Its name; any bytes, 1 to 32.
    pub ssid: Vec<u8>,
    /// Its password; empty for an open one.
    pub password: Vec<u8>,
    /// Its hardware address.
    pub bssid: [u8; 6],
    /// Signal strength in dBm.
    pub rssi: i8,
    /// Radio channel.
    pub channel: u8,
    /// Not in the list that a scan gives; it can be joined.
    pub hidden: bool,
    /// Whether its network hands out addresses.
    pub dhcp: bool,
    /// Whether it keeps its clients from one another.
    pub isolated: bool,
    /// Whether it is switched on.
    pub up: bool,
}

impl AccessPoint {
    /// An access point that is up, with a password.
    pub fn new(ssid: impl Into<Vec<u8>>, password: impl Into<Vec<u8>>) -> Self {
        AccessPoint {
            ssid: ssid.into(),
            password: password.into(),
            bssid: [0x02, 0x1a, 0x11, 0xf0, 0x00, 0x01],
            rssi: -48,
            channel: 6,
            hidden: false,
            dhcp: true,
            isolated: false,
            up: true,
        }
    }

    /// The number by which `AT+CWLAP` tells the encryption: 0 open, 3 WPA2.
    pub(crate) fn encryption(&self) -> u8 {
        if self.password.is_empty() { 0 } else { 3 }
    }
}

/// A hardware address as the firmware writes it, without quotes.
pub(crate) fn mac(address: [u8; 6]) -> String {
    let [a, b, c, d, e, f] = address;
    format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}")
}

/// The reverse of [`mac`].
pub(crate) fn parse_mac(text: &[u8]) -> Option<[u8; 6]> {
    let mut address = [0; 6];
    let mut parts = std::str::from_utf8(text).ok()?.split(':');
    for byte in &mut address {
        *byte = u8::from_str_radix(parts.next()?, 16).ok()?;
    }
    parts.next().is_none().then_some(address)
}

/// What a join was asked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub ssid: Vec<u8>,
    pub password: Vec<u8>,
    pub bssid: Option<[u8; 6]>,
}

/// The numbers of `+CWJAP:<n>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JoinError {
    TimedOut = 1,
    WrongPassword = 2,
    NoSuchAp = 3,
    Failed = 4,
}

/// Finds the access point that a join is for.
pub(crate) fn find(points: &[AccessPoint], wanted: &Credentials) -> Result<usize, JoinError> {
    let named = points
        .iter()
        .enumerate()
        .filter(|(_, ap)| ap.up && ap.ssid == wanted.ssid)
        .filter(|(_, ap)| wanted.bssid.is_none_or(|bssid| bssid == ap.bssid));
    let (index, ap) = named.max_by_key(|(_, ap)| ap.rssi).ok_or(JoinError::NoSuchAp)?;
    if ap.password == wanted.password { Ok(index) } else { Err(JoinError::WrongPassword) }
}

/// Where the station stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Association {
    /// It never tried.
    #[default]
    Never,
    /// It is about to join.
    Joining,
    /// Associated with the access point of this index.
    With(usize),
    /// It was associated, or tried to be.
    Lost,
}

/// The station's state in RAM; a reset forgets it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Station {
    pub association: Association,
    /// What to join again when the access point comes back.
    pub wanted: Option<Credentials>,
    /// Set once there is an address.
    pub addresses: Option<Addresses>,
    /// A static address replaces DHCP.
    pub fixed: Option<Addresses>,
    /// DNS servers set by hand replace DHCP's; empty for the firmware's default.
    pub dns: Option<Vec<Ipv4Addr>>,
}

impl Station {
    pub fn point(&self) -> Option<usize> {
        match self.association {
            Association::With(index) => Some(index),
            _ => None,
        }
    }
}

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
            None => find(&self.config.access_points, &wanted),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_find_their_access_point() {
        let mut far = AccessPoint::new("net", "secret");
        far.rssi = -80;
        far.bssid[5] = 9;
        let mut hidden = AccessPoint::new(&b"\xff\x00,"[..], "");
        hidden.hidden = true;
        let mut off = AccessPoint::new("off", "");
        off.up = false;
        let points = [far.clone(), AccessPoint::new("net", "secret"), hidden, off];
        let join = |ssid: &[u8], password: &[u8], bssid| {
            let wanted = Credentials { ssid: ssid.to_vec(), password: password.to_vec(), bssid };
            find(&points, &wanted)
        };
        assert_eq!(join(b"net", b"secret", None), Ok(1));
        assert_eq!(join(b"net", b"secret", Some(far.bssid)), Ok(0));
        assert_eq!(join(b"\xff\x00,", b"", None), Ok(2));
        assert_eq!(join(b"net", b"wrong", None), Err(JoinError::WrongPassword));
        assert_eq!(join(b"off", b"", None), Err(JoinError::NoSuchAp));
    }

    #[test]
    fn hardware_addresses() {
        let address = [0x5c, 0xcf, 0x7f, 0, 1, 0xab];
        assert_eq!(mac(address), "5c:cf:7f:00:01:ab");
        assert_eq!(parse_mac(b"5c:cf:7f:00:01:ab"), Some(address));
        assert_eq!(parse_mac(b"5c:cf:7f:00:01"), None);
        assert_eq!(parse_mac(b"5c:cf:7f:00:01:ab:cd"), None);
    }
}
