//! The calls that change settings of the station.

use super::EspAt;
use crate::error::EspAtError;
use crate::serial::Serial;
use crate::station::Setting;
use nal_link::{Clock, LoopContext};

impl<S: Serial, C: Clock, const RX_BUF: usize> EspAt<S, C, RX_BUF> {
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
    /// # use {esp_at::*, nal_link::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), EspAtError> {
    /// modem.set(&mut cx, Setting::Hostname("gate"))?;
    /// modem.set(&mut cx, Setting::DnsServers(&[Ipv4Addr::new(192, 168, 1, 1)]))?;
    /// # Ok(()) }
    /// ```
    pub fn set(&mut self, cx: &mut LoopContext, setting: Setting<'_>) -> Result<(), EspAtError> {
        self.start_set(setting)?;
        self.wait(cx, Self::poll_set)
    }

    /// The non-blocking twin of [`set`](Self::set): [`poll_set`](Self::poll_set) tells when it is
    /// done.
    ///
    /// # Errors
    ///
    /// [`TooLong`](EspAtError::TooLong) for more than two DNS servers or a name of more than 32 bytes.
    ///
    /// ```
    /// # use {esp_at::*, nal_link::*};
    /// # static RX: SerialRx<64> = SerialRx::new();
    /// # let mut tx = [0; 64];
    /// # let mut modem = EspAt::new(RX.with_tx(&mut tx[..]), FnClock(|| 0));
    /// assert_eq!(modem.start_set(Setting::Hostname("gate")), Ok(()));
    /// let long = "g".repeat(33);
    /// assert_eq!(modem.start_set(Setting::Hostname(&long)), Err(EspAtError::TooLong));
    /// ```
    pub fn start_set(&mut self, setting: Setting<'_>) -> Result<(), EspAtError> {
        self.modem.station.settings.start(setting)
    }

    /// Goes on with the last setting.
    ///
    /// # Errors
    ///
    /// `WouldBlock` until the modem has taken or refused it; then those of [`set`](Self::set).
    ///
    /// ```no_run
    /// # use {esp_at::*, nal_link::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), EspAtError> {
    /// modem.start_set(Setting::Sleep(Sleep::Off))?;
    /// while let Err(nb::Error::WouldBlock) = modem.poll_set(&mut cx) {
    ///     // feed the watchdog
    /// }
    /// # Ok(()) }
    /// ```
    pub fn poll_set(&mut self, _cx: &mut LoopContext) -> nb::Result<(), EspAtError> {
        self.pump();
        match self.modem.station.settings.poll() {
            Some(result) => result.map_err(nb::Error::Other),
            None => self.not_yet(),
        }
    }
}
