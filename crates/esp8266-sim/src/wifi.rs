//! Access points, and what the station knows of its own.

use std::net::Ipv4Addr;

use crate::lan::Addresses;

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
