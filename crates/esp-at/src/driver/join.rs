//! The calls that join an access point.

use super::EspAt;
use crate::error::JoinError;
use crate::serial::Serial;
use crate::station::Join;
use nal_link::{Clock, IpConfig, LoopContext};

impl<S: Serial, C: Clock, const RX_BUF: usize> EspAt<S, C, RX_BUF> {
    /// Joins an access point (`AT+CWJAP`), and waits until there is an address, for 30 s at most. Waiting
    /// calls the clock's [idle hook](Clock::idle).
    ///
    /// After a reset of the modem it is joined again without being asked; [`leave`](Self::leave) ends
    /// that.
    ///
    /// # Errors
    ///
    /// Says why not, in the firmware's own terms: [`WrongPassword`](JoinError::WrongPassword),
    /// [`NoAccessPoint`](JoinError::NoAccessPoint), [`TimedOut`](JoinError::TimedOut),
    /// [`NoAddress`](JoinError::NoAddress) or [`Failed`](JoinError::Failed);
    /// [`Credentials`](JoinError::Credentials) where none can have that length, and
    /// [`Modem`](JoinError::Modem) where the modem itself failed.
    ///
    /// ```no_run
    /// # use {esp_at::*, nal_link::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), JoinError> {
    /// let config = modem.join(&mut cx, "network", "password")?;
    /// println!("{}", config.address);
    /// # Ok(()) }
    /// ```
    pub fn join(
        &mut self,
        cx: &mut LoopContext,
        ssid: impl AsRef<[u8]>,
        password: impl AsRef<[u8]>,
    ) -> Result<IpConfig, JoinError> {
        self.join_with(cx, Join::new(&ssid, &password))
    }

    /// As [`join`](Self::join), with more to say about what is joined.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join).
    ///
    /// ```no_run
    /// # use {esp_at::*, nal_link::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), JoinError> {
    /// let join = Join::new("network", "password").bssid([0x5c, 0xcf, 0x7f, 0, 1, 0xab]);
    /// modem.join_with(&mut cx, join)?;
    /// # Ok(()) }
    /// ```
    pub fn join_with(
        &mut self,
        cx: &mut LoopContext,
        join: Join<'_>,
    ) -> Result<IpConfig, JoinError> {
        self.start_join(join)?;
        self.wait(cx, Self::poll_join)
    }

    /// The non-blocking twin of [`join_with`](Self::join_with): [`poll_join`](Self::poll_join) goes
    /// on with it. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`JoinError::Credentials`] where name or password are longer than any can be, or the name is
    /// empty.
    ///
    /// ```
    /// # use {esp_at::*, nal_link::*};
    /// # static RX: SerialRx<64> = SerialRx::new();
    /// # let mut tx = [0; 64];
    /// # let mut modem = EspAt::new(RX.with_tx(&mut tx[..]), FnClock(|| 0));
    /// assert_eq!(modem.start_join(Join::new("network", "password")), Ok(()));
    /// assert_eq!(modem.start_join(Join::new("", "password")), Err(JoinError::Credentials));
    /// ```
    pub fn start_join(&mut self, join: Join<'_>) -> Result<(), JoinError> {
        let now = self.clock.now_ms();
        self.modem.station.joining.start(join, now)
    }

    /// Goes on with a join.
    ///
    /// # Errors
    ///
    /// `WouldBlock` until it has succeeded or failed, 30 s after its start at the latest; then those of
    /// [`join`](Self::join).
    ///
    /// ```no_run
    /// # use {esp_at::*, nal_link::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), nb::Error<JoinError>> {
    /// modem.start_join(Join::new("network", "password"))?;
    /// loop {
    ///     match modem.poll_join(&mut cx) {
    ///         Ok(_) => break,
    ///         Err(nb::Error::WouldBlock) => {} // blink, sample, feed the watchdog
    ///         failed => return failed.map(drop),
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn poll_join(&mut self, _cx: &mut LoopContext) -> nb::Result<IpConfig, JoinError> {
        self.pump();
        let now = self.clock.now_ms();
        let trouble = self.modem.trouble();
        let station = &mut self.modem.station;
        let status = station.status();
        match station.joining.poll(status, trouble, now) {
            Some(result) => result.map_err(nb::Error::Other),
            None => Err(nb::Error::WouldBlock),
        }
    }
}
