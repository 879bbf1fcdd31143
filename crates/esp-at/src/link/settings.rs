//! Settings of the station. They live in the modem's RAM alone, so the driver keeps them and sets
//! them again after each reset.

use crate::EspAt;
use crate::error::EspAtError;
use crate::modem::{Family, Firmware, Outcome};
use crate::serial::Serial;
use crate::wire::Command;
use core::net::Ipv4Addr;
use embedded_nal::nb;
use heapless::Vec;
use nal_link::Clock;
use nal_link::LoopContext;

/// How deeply the modem sleeps between packets (`AT+SLEEP`). The two families number these differently.
///
/// ```
/// use safe_http_client::esp_at::{Setting, Sleep};
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
    /// The processor sleeps, too.
    Light,
}

/// A setting of the station, for [`EspAt::set`].
///
/// ```
/// use core::net::Ipv4Addr;
/// use safe_http_client::esp_at::Setting;
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
    /// Addresses of DHCP again.
    Dhcp,
    /// One or two DNS servers; with none, those of DHCP again.
    DnsServers(#[cfg_attr(feature = "defmt", defmt(Debug2Format))] &'a [Ipv4Addr]),
    /// The name that DHCP is told, of 1 to 32 bytes. It takes effect at the next join.
    Hostname(&'a str),
    /// How deeply the modem sleeps.
    Sleep(Sleep),
}

/// A setting that the driver keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Applied {
    Hostname,
    Addresses,
    DnsServers,
    Sleep,
}

const ALL: [Applied; 4] =
    [Applied::Hostname, Applied::Addresses, Applied::DnsServers, Applied::Sleep];

#[derive(Debug, Clone, Copy)]
enum Addresses {
    Dhcp,
    Static([Ipv4Addr; 3]),
}

#[derive(Debug)]
pub(crate) struct Settings {
    hostname: Option<Vec<u8, 32>>,
    addresses: Option<Addresses>,
    dns: Option<Vec<Ipv4Addr, 2>>,
    sleep: Option<Sleep>,
    /// The modem has taken [`Sleep::Off`].
    awake: bool,
    /// What the modem has to be told, a bit each.
    due: u8,
    retried: bool,
    /// The setting that a caller waits for.
    awaited: Option<Applied>,
    result: Option<Result<(), EspAtError>>,
}

impl Applied {
    fn bit(self) -> u8 {
        match self {
            Self::Hostname => 1,
            Self::Addresses => 2,
            Self::DnsServers => 4,
            Self::Sleep => 8,
        }
    }
}

impl Settings {
    pub(crate) const fn new() -> Self {
        Self {
            hostname: None,
            addresses: None,
            dns: None,
            sleep: None,
            awake: false,
            due: 0,
            retried: false,
            awaited: None,
            result: None,
        }
    }

    /// The modem has forgotten them.
    pub(crate) fn all_due(&mut self) {
        for (applied, is_set) in [
            (Applied::Hostname, self.hostname.is_some()),
            (Applied::Addresses, self.addresses.is_some()),
            (Applied::DnsServers, self.dns.is_some()),
            (Applied::Sleep, self.sleep.is_some()),
        ] {
            if is_set {
                self.due |= applied.bit();
            }
        }
    }

    /// Whether the radio is never off. Unless it was told so it may be: the firmware doesn't change
    /// what the SDKs below it begin with in station mode, and that is modem sleep in both
    /// (`wifi_set_sleep_type` of the NonOS SDK, `esp_wifi_set_ps` of the RTOS SDK).
    pub(crate) fn is_awake(&self) -> bool {
        self.awake
    }

    /// Whether a caller waits for it.
    pub(crate) fn awaits(&self, applied: Applied) -> bool {
        self.awaited == Some(applied)
    }

    pub(crate) fn reset(&mut self) {
        self.awake = false;
        self.due = 0;
        self.retried = false;
    }

    fn keep(&mut self, setting: Setting<'_>) -> Result<(), EspAtError> {
        let too_long = |_| EspAtError::TooLong;
        let applied = match setting {
            Setting::StaticAddress { address, gateway, netmask } => {
                self.addresses = Some(Addresses::Static([address, gateway, netmask]));
                Applied::Addresses
            }
            Setting::Dhcp => {
                self.addresses = Some(Addresses::Dhcp);
                Applied::Addresses
            }
            Setting::DnsServers(servers) => {
                self.dns = Some(Vec::from_slice(servers).map_err(too_long)?);
                Applied::DnsServers
            }
            Setting::Hostname(name) => {
                self.hostname = Some(Vec::from_slice(name.as_bytes()).map_err(too_long)?);
                Applied::Hostname
            }
            Setting::Sleep(sleep) => {
                self.sleep = Some(sleep);
                Applied::Sleep
            }
        };
        self.due |= applied.bit();
        self.awaited = Some(applied);
        self.result = None;
        Ok(())
    }

    /// What the modem has to be told next.
    pub(crate) fn next(&self) -> Option<Applied> {
        ALL.into_iter().find(|applied| self.due & applied.bit() != 0)
    }

    /// Writes the command. What isn't set is as the firmware begins.
    pub(crate) fn spell(&self, applied: Applied, firmware: Firmware, command: &mut Command) {
        let cur = firmware.cur();
        match applied {
            Applied::Hostname => {
                let name = self.hostname.as_deref().unwrap_or_default();
                command.text("AT+CWHOSTNAME=").quoted(name);
            }
            Applied::Addresses => match self.addresses {
                // "1,1" is both families' way to say: the station, on.
                Some(Addresses::Dhcp) | None => {
                    command.text("AT+CWDHCP").text(cur).text("=1,1");
                }
                Some(Addresses::Static(addresses)) => {
                    command.text("AT+CIPSTA").text(cur);
                    let mut before = "=";
                    for address in addresses {
                        command.text(before).address(address);
                        before = ",";
                    }
                }
            },
            Applied::DnsServers => {
                let servers = self.dns.as_deref().unwrap_or_default();
                let on = if servers.is_empty() { "=0" } else { "=1" };
                command.text("AT+CIPDNS").text(cur).text(on);
                for server in servers {
                    command.text(",").address(*server);
                }
            }
            Applied::Sleep => {
                let depth = match (firmware.family, self.sleep) {
                    (_, Some(Sleep::Off)) => "0",
                    (Family::NonOs, Some(Sleep::Light)) => "1",
                    (Family::EspAt, Some(Sleep::Modem) | None) => "1",
                    (Family::NonOs, Some(Sleep::Modem) | None) => "2",
                    (Family::EspAt, Some(Sleep::Light)) => "2",
                };
                command.text("AT+SLEEP=").text(depth);
            }
        }
    }

    pub(crate) fn done(&mut self, applied: Applied, outcome: Outcome) {
        let result = match outcome {
            Outcome::Ok => Ok(()),
            // Set once more: that changes nothing where it was set.
            Outcome::Missed if !self.retried => {
                self.retried = true;
                return;
            }
            Outcome::Missed => Err(EspAtError::AnswerMissed),
            Outcome::Error => Err(EspAtError::Rejected),
        };
        self.over(applied, result);
    }

    pub(crate) fn failed(&mut self, applied: Applied, error: EspAtError) {
        self.over(applied, Err(error));
    }

    fn over(&mut self, applied: Applied, result: Result<(), EspAtError>) {
        if applied == Applied::Sleep && result.is_ok() {
            self.awake = self.sleep == Some(Sleep::Off);
        }
        self.retried = false;
        self.due &= !applied.bit();
        if self.awaited == Some(applied) {
            self.awaited = None;
            self.result = Some(result);
        }
    }
}

impl<S: Serial, C: Clock, const ROOM: usize> EspAt<S, C, ROOM> {
    /// Changes a setting, and waits until the modem has taken it. It is kept and set again after each
    /// reset of the modem; nothing is written to the modem's flash.
    ///
    /// # Errors
    ///
    /// [`Rejected`](EspAtError::Rejected) where this firmware can't,
    /// [`TooLong`](EspAtError::TooLong) for more than two DNS servers or a name of more than 32 bytes;
    /// else as [`rssi`](Self::rssi).
    ///
    /// ```no_run
    /// # use core::net::Ipv4Addr;
    /// # use safe_http_client::{*, esp_at::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), EspAtError> {
    /// modem.set(&mut cx, Setting::Hostname("gate"))?;
    /// modem.set(&mut cx, Setting::DnsServers(&[Ipv4Addr::new(192, 168, 1, 1)]))?;
    /// # Ok(()) }
    /// ```
    pub fn set(&mut self, cx: &mut LoopContext, setting: Setting<'_>) -> Result<(), EspAtError> {
        self.start_set(setting)?;
        loop {
            match self.poll_set(cx) {
                Err(nb::Error::WouldBlock) => self.clock.idle(),
                Err(nb::Error::Other(error)) => return Err(error),
                Ok(()) => return Ok(()),
            }
        }
    }

    /// The non-blocking twin of [`set`](Self::set): [`poll_set`](Self::poll_set) tells when it is
    /// done.
    ///
    /// # Errors
    ///
    /// [`TooLong`](EspAtError::TooLong) for more than two DNS servers or a name of more than 32 bytes.
    ///
    /// ```
    /// # use safe_http_client::{*, esp_at::*};
    /// # static RX: SerialRx<64> = SerialRx::new();
    /// # let mut tx = [0; 64];
    /// # let mut modem = EspAt::new(RX.with_tx(&mut tx[..]), FnClock(|| 0));
    /// assert_eq!(modem.start_set(Setting::Hostname("gate")), Ok(()));
    /// let long = "g".repeat(33);
    /// assert_eq!(modem.start_set(Setting::Hostname(&long)), Err(EspAtError::TooLong));
    /// ```
    pub fn start_set(&mut self, setting: Setting<'_>) -> Result<(), EspAtError> {
        self.modem.station.settings.keep(setting)
    }

    /// Goes on with the last setting.
    ///
    /// # Errors
    ///
    /// `WouldBlock` until the modem has taken or refused it; then those of [`set`](Self::set).
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), EspAtError> {
    /// modem.start_set(Setting::Sleep(Sleep::Off))?;
    /// while let Err(nb::Error::WouldBlock) = modem.poll_set(&mut cx) {
    ///     // feed the watchdog
    /// }
    /// # Ok(()) }
    /// ```
    pub fn poll_set(&mut self, _cx: &mut LoopContext) -> nb::Result<(), EspAtError> {
        self.pump();
        let settings = &mut self.modem.station.settings;
        if let Some(result) = settings.result.take() {
            return result.map_err(nb::Error::Other);
        }
        if settings.awaited.is_none() {
            return Ok(());
        }
        self.check_silence()?;
        Err(nb::Error::WouldBlock)
    }
}
