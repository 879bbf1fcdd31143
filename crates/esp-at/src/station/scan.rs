//! What a scan finds.

use crate::wire::{Fields, Named};
use heapless::Vec;

/// An access point that a [scan](crate::EspAt::scan) has found: one line of `AT+CWLAP`.
///
/// ```no_run
/// # use {esp_at::*, nal_link::*};
/// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), EspAtError> {
/// let mut open = 0;
/// modem.scan(&mut cx, |found| {
///     println!("{} at {} dBm", found.ssid().escape_ascii(), found.rssi_dbm);
///     open += u8::from(found.is_open);
/// })?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct AccessPoint {
    ssid: [u8; 32],
    length: u8,
    /// The hardware address, in the order in which it is written; zeros where the firmware doesn't tell it.
    pub bssid: [u8; 6],
    /// The signal strength in dBm.
    pub rssi_dbm: i8,
    /// The radio channel, 1 to 14; 0 where the firmware doesn't tell it.
    pub channel: u8,
    /// Whether no password is wanted.
    pub is_open: bool,
}

impl AccessPoint {
    /// The name: up to 32 bytes of any value (IEEE 802.11), and none of a hidden access point.
    pub fn ssid(&self) -> &[u8] {
        self.ssid.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// Reads `(3,"name",-48,"5c:cf:7f:00:01:ab",6,…)`, from its end: names may be of any bytes, and firmwares
    /// tell 3 to 12 fields.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let mut fields = Fields(text.strip_prefix(b"(")?);
        let encryption = fields.number()?;
        let mut told = Named::parse(fields.0.strip_prefix(b"\"")?)?;
        let strength = if told.mac.is_some() { &mut told.before } else { &mut told.after };
        let rssi_dbm = i8::try_from(strength.signed()?).ok()?;
        let channel = told.after.number().and_then(|it| u8::try_from(it).ok()).unwrap_or(0);
        let name = unescaped(told.name)?;
        let mut ssid = [0; 32];
        for (target, byte) in ssid.iter_mut().zip(&name) {
            *target = *byte;
        }
        let length = u8::try_from(name.len()).ok()?;
        let bssid = told.mac.unwrap_or_default();
        Some(Self { ssid, length, bssid, rssi_dbm, channel, is_open: encryption == 0 })
    }
}

/// The name, without its escapes: where all is escaped that some firmwares escape, these were.
fn unescaped(name: &[u8]) -> Option<Vec<u8, 32>> {
    if !is_escaped(name) {
        return Vec::from_slice(name).ok();
    }
    let mut bytes = Vec::new();
    let mut rest = name.iter();
    while let Some(byte) = rest.next() {
        let escaped = match (byte, rest.as_slice().first()) {
            (b'\\', Some(next @ (b',' | b'"' | b'\\'))) => {
                rest.next();
                next
            }
            _ => byte,
        };
        bytes.push(*escaped).ok()?;
    }
    Some(bytes)
}

fn is_escaped(name: &[u8]) -> bool {
    let mut rest = name.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'\\' if !matches!(rest.next(), Some(b',' | b'"' | b'\\')) => return false,
            b',' | b'"' => return false,
            _ => {}
        }
    }
    true
}
