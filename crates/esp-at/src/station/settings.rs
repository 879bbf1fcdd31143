//! Settings of the station. They live in the modem's RAM alone, so the driver keeps them and sets
//! them again after each reset.

use crate::error::EspAtError;
use crate::firmware::{Family, Firmware};
use crate::wire::{Command, is_quotable};
use crate::words::{CommandResult, SettingKind};
use core::net::Ipv4Addr;
use heapless::Vec;

/// How deeply the modem sleeps between packets (`AT+SLEEP`). The two families number these differently.
///
/// ```
/// use esp_at::{Setting, Sleep};
/// let setting = Setting::Sleep(Sleep::Off);
/// # let _ = setting;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Sleep {
    /// Not at all: the shortest answers, and no packets that come late.
    Off,
    /// The radio is off between beacons.
    Modem,
    /// The radio and the processor are off between beacons.
    Light,
}

/// A setting of the station, for [`EspAt::set`](crate::EspAt::set).
///
/// ```
/// use core::net::Ipv4Addr;
/// use esp_at::Setting;
/// let setting = Setting::DnsServers(&[Ipv4Addr::new(192, 168, 1, 1)]);
/// # let _ = setting;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Setting<'a> {
    /// Addresses of one's own choice instead of DHCP's. No DNS server comes with them: see
    /// [`DnsServers`](Self::DnsServers).
    StaticAddress {
        /// The station's own address.
        #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
        address: Ipv4Addr,
        /// The gateway, in the same subnet.
        #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
        gateway: Ipv4Addr,
        /// The netmask.
        #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
        netmask: Ipv4Addr,
    },
    /// The addresses that DHCP gives, as the firmware begins.
    Dhcp,
    /// One or two DNS servers; an empty list for those that DHCP gives.
    DnsServers(#[cfg_attr(feature = "defmt", defmt(Debug2Format))] &'a [Ipv4Addr]),
    /// The name that DHCP is told, of 1 to 32 bytes. It takes effect at the next join.
    Hostname(&'a str),
    /// How deeply the modem sleeps between packets.
    Sleep(Sleep),
    /// Whether the modem asks for the time of day, in UTC, from its firmware's own SNTP servers: for the
    /// validity of certificates with [`TlsVerification::Authority`](crate::TlsVerification::Authority). The
    /// answer comes seconds after the join; a verified connection before may fail, and can be tried again.
    Sntp(bool),
}

const ALL: [SettingKind; 5] = [
    SettingKind::Hostname,
    SettingKind::Addresses,
    SettingKind::DnsServers,
    SettingKind::Sleep,
    SettingKind::Sntp,
];

/// Where the station's address comes from.
#[derive(Debug, Clone, Copy)]
enum AddressSource {
    Dhcp,
    /// The own address, the gateway's and the netmask.
    Static([Ipv4Addr; 3]),
}

#[derive(Debug)]
pub(crate) struct Settings {
    hostname: Option<Vec<u8, 32>>,
    addresses: Option<AddressSource>,
    dns: Option<Vec<Ipv4Addr, 2>>,
    sleep: Option<Sleep>,
    sntp: Option<bool>,
    /// The modem has taken [`Sleep::Off`].
    awake: bool,
    /// What the modem has to be told, a bit each.
    due: u8,
    /// What it has taken since it is driven.
    taken: u8,
    retried: bool,
    /// The setting that a caller waits for.
    awaited: Option<SettingKind>,
    result: Option<Result<(), EspAtError>>,
}

/// What ESP-AT saves in flash, unless it is told to save nothing: addresses, servers and `AT+CIPSNTPCFG`.
const SAVED: u8 = 2 | 4 | 16;

fn bit(kind: SettingKind) -> u8 {
    match kind {
        SettingKind::Hostname => 1,
        SettingKind::Addresses => 2,
        SettingKind::DnsServers => 4,
        SettingKind::Sleep => 8,
        SettingKind::Sntp => 16,
    }
}

impl Settings {
    pub(super) const fn new() -> Self {
        Self {
            hostname: None,
            addresses: None,
            dns: None,
            sleep: None,
            sntp: None,
            awake: false,
            due: 0,
            taken: 0,
            retried: false,
            awaited: None,
            result: None,
        }
    }

    /// A caller wants this one.
    pub(crate) fn start(&mut self, setting: Setting<'_>) -> Result<(), EspAtError> {
        let too_long = |_| EspAtError::TooLong;
        let kind = match setting {
            Setting::StaticAddress { address, gateway, netmask } => {
                self.addresses = Some(AddressSource::Static([address, gateway, netmask]));
                SettingKind::Addresses
            }
            Setting::Dhcp => {
                self.addresses = Some(AddressSource::Dhcp);
                SettingKind::Addresses
            }
            Setting::DnsServers(servers) => {
                self.dns = Some(Vec::from_slice(servers).map_err(too_long)?);
                SettingKind::DnsServers
            }
            Setting::Hostname(name) if !name.bytes().all(is_quotable) => {
                return Err(EspAtError::LineEnd);
            }
            Setting::Hostname(name) => {
                self.hostname = Some(Vec::from_slice(name.as_bytes()).map_err(too_long)?);
                SettingKind::Hostname
            }
            Setting::Sleep(sleep) => {
                self.sleep = Some(sleep);
                SettingKind::Sleep
            }
            Setting::Sntp(on) => {
                self.sntp = Some(on);
                SettingKind::Sntp
            }
        };
        self.due |= bit(kind);
        self.taken &= !bit(kind);
        self.awaited = Some(kind);
        self.result = None;
        Ok(())
    }

    /// What the caller's setting came to; `None` as long as it isn't over. It is told once, and is
    /// `Ok` where nobody has asked for any.
    pub(crate) fn poll(&mut self) -> Option<Result<(), EspAtError>> {
        self.result.take().or_else(|| self.awaited.is_none().then_some(Ok(())))
    }

    /// Whether a caller waits for it.
    pub(crate) fn awaits(&self, kind: SettingKind) -> bool {
        self.awaited == Some(kind)
    }

    /// Whether the radio is never off. Unless it was told so it may be: the firmware doesn't change
    /// what the SDKs below it begin with in station mode, and that is modem sleep in both
    /// (`wifi_set_sleep_type` of the NonOS SDK, `esp_wifi_set_ps` of the RTOS SDK).
    pub(crate) fn is_awake(&self) -> bool {
        self.awake
    }

    /// What the modem has to be told next.
    pub(super) fn next(&self) -> Option<SettingKind> {
        ALL.into_iter().find(|kind| self.due & bit(*kind) != 0)
    }

    /// Writes the command. What isn't set is as the firmware begins.
    pub(crate) fn spell(&self, kind: SettingKind, firmware: Firmware, command: &mut Command) {
        let cur = firmware.cur();
        match kind {
            SettingKind::Hostname => {
                let name = self.hostname.as_deref().unwrap_or_default();
                command.text("AT+CWHOSTNAME=").quoted(name);
            }
            SettingKind::Addresses => match self.addresses {
                // "1,1" is both families' way to say: the station, on.
                Some(AddressSource::Dhcp) | None => {
                    command.text("AT+CWDHCP").text(cur).text("=1,1");
                }
                Some(AddressSource::Static(addresses)) => {
                    command.text("AT+CIPSTA").text(cur);
                    let mut before = "=";
                    for address in addresses {
                        command.text(before).address(address);
                        before = ",";
                    }
                }
            },
            SettingKind::DnsServers => {
                let servers = self.dns.as_deref().unwrap_or_default();
                let on = if servers.is_empty() { "=0" } else { "=1" };
                command.text("AT+CIPDNS").text(cur).text(on);
                for server in servers {
                    command.text(",").address(*server);
                }
            }
            SettingKind::Sleep => {
                let depth = match (firmware.family, self.sleep) {
                    (_, Some(Sleep::Off)) => "0",
                    (Family::NonOs, Some(Sleep::Light)) => "1",
                    (Family::EspAt, Some(Sleep::Modem) | None) => "1",
                    (Family::NonOs, Some(Sleep::Modem) | None) => "2",
                    (Family::EspAt, Some(Sleep::Light)) => "2",
                };
                command.text("AT+SLEEP=").text(depth);
            }
            // The zone is UTC's.
            SettingKind::Sntp => {
                let on = if self.sntp == Some(true) { "1,0" } else { "0" };
                command.text("AT+CIPSNTPCFG=").text(on);
            }
        }
    }

    pub(super) fn answered(&mut self, kind: SettingKind, result: CommandResult) {
        let result = match result {
            CommandResult::Ok => Ok(()),
            // Set once more: that changes nothing where it was set.
            CommandResult::Missed if !self.retried => {
                self.retried = true;
                return;
            }
            CommandResult::Missed => Err(EspAtError::AnswerMissed),
            CommandResult::Error => Err(EspAtError::Rejected),
        };
        self.over(kind, result);
    }

    pub(super) fn over(&mut self, kind: SettingKind, result: Result<(), EspAtError>) {
        if kind == SettingKind::Sleep && result.is_ok() {
            self.awake = self.sleep == Some(Sleep::Off);
        }
        self.retried = false;
        self.due &= !bit(kind);
        self.taken |= if result.is_ok() { bit(kind) } else { 0 };
        if self.awaits(kind) {
            self.awaited = None;
            self.result = Some(result);
        }
    }

    /// The modem has forgotten them. Who waits for one that it resets at again and again is told so.
    pub(super) fn reset(&mut self) {
        self.awake = false;
        let is_again = core::mem::replace(&mut self.retried, self.awaited.is_some());
        if let Some(kind) = self.awaited.filter(|_| is_again) {
            self.over(kind, Err(EspAtError::ModemReset));
        }
        self.due = 0;
    }

    /// The modem has to be told all that are set; one that saves what it is told, what it hasn't saved.
    pub(super) fn all_due(&mut self, saves: bool) {
        for (kind, is_set) in [
            (SettingKind::Hostname, self.hostname.is_some()),
            (SettingKind::Addresses, self.addresses.is_some()),
            (SettingKind::DnsServers, self.dns.is_some()),
            (SettingKind::Sleep, self.sleep.is_some()),
            (SettingKind::Sntp, self.sntp.is_some()),
        ] {
            if is_set {
                self.due |= bit(kind);
            }
        }
        if saves {
            self.due &= !(self.taken & SAVED);
        }
    }
}
