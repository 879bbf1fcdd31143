//! Joining an access point.

use crate::EspAt;
use crate::error::{EspAtError, JoinError};
use crate::serial::Serial;
use crate::wire::Command;
use embedded_nal::nb;
use heapless::Vec;
use nal_link::LoopContext;
use nal_link::{Clock, elapsed_ms};
use nal_link::{IpConfig, LinkStatus};

/// Longer than the start-up, the firmware's 15 s for a join, and its answer.
const JOIN_MS: u32 = 30_000;

/// What to join: [`EspAt::join_with`] and [`EspAt::start_join`]. Name and password may be of any
/// bytes. A hidden network is joined like any other.
///
/// ```
/// use safe_http_client::esp_at::Join;
/// let join = Join::new("ssid", "password").bssid([0x5c, 0xcf, 0x7f, 0, 1, 0xab]);
/// # let _ = join;
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Join<'a> {
    ssid: &'a [u8],
    password: &'a [u8],
    bssid: Option<[u8; 6]>,
}

impl<'a> Join<'a> {
    /// By name and password; an empty password for an open network. A name has 1 to 32 bytes
    /// (IEEE 802.11), a password up to 64 (`AT+CWJAP`): it is looked at when the join starts.
    ///
    /// ```
    /// # use safe_http_client::esp_at::Join;
    /// let open = Join::new("guests", "");
    /// let bytes = Join::new(b"caf\xe9", "password"); // not UTF-8
    /// # let _ = (open, bytes);
    /// ```
    pub fn new(
        ssid: &'a (impl AsRef<[u8]> + ?Sized),
        password: &'a (impl AsRef<[u8]> + ?Sized),
    ) -> Self {
        Self { ssid: ssid.as_ref(), password: password.as_ref(), bssid: None }
    }

    /// Only the access point with this hardware address, where several have the name.
    ///
    /// ```
    /// # use safe_http_client::esp_at::Join;
    /// let upstairs = Join::new("network", "password").bssid([0x5c, 0xcf, 0x7f, 0, 1, 0xab]);
    /// # let _ = upstairs;
    /// ```
    #[must_use]
    pub fn bssid(mut self, address: [u8; 6]) -> Self {
        self.bssid = Some(address);
        self
    }
}

/// Kept, so that the access point can be joined again after a reset of the modem.
pub(crate) struct Credentials {
    ssid: Vec<u8, 32>,
    password: Vec<u8, 64>,
    bssid: Option<[u8; 6]>,
}

impl core::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // Never the password.
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JoinState {
    Idle,
    /// `own`: the driver does it by itself, after a reset.
    Wanted {
        own: bool,
    },
    Running {
        own: bool,
    },
    Done(Result<(), JoinError>),
}

impl Credentials {
    fn new(join: Join<'_>) -> Option<Self> {
        let ssid = Vec::from_slice(join.ssid).ok().filter(|ssid| !ssid.is_empty())?;
        let password = Vec::from_slice(join.password).ok()?;
        Some(Self { ssid, password, bssid: join.bssid })
    }

    pub(super) fn spell(&self, cur: &str, command: &mut Command) {
        command.text("AT+CWJAP").text(cur).text("=").quoted(&self.ssid);
        command.text(",").quoted(&self.password);
        if let Some(address) = self.bssid {
            command.text(",").hardware_address(address);
        }
    }
}

impl<S: Serial, C: Clock, const ROOM: usize> EspAt<S, C, ROOM> {
    /// Joins an access point (`AT+CWJAP`), and waits until there is an address, for 30 s at most. Waiting
    /// calls the [idle hook](Self::with_idle).
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
    /// # use safe_http_client::{*, esp_at::*};
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
    /// # use safe_http_client::{*, esp_at::*};
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
        loop {
            match self.poll_join(cx) {
                Err(nb::Error::WouldBlock) => self.clock.idle(),
                Err(nb::Error::Other(error)) => return Err(error),
                Ok(config) => return Ok(config),
            }
        }
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
    /// # use safe_http_client::{*, esp_at::*};
    /// # static RX: SerialRx<64> = SerialRx::new();
    /// # let mut tx = [0; 64];
    /// # let mut modem = EspAt::new(RX.with_tx(&mut tx[..]), FnClock(|| 0));
    /// assert_eq!(modem.start_join(Join::new("network", "password")), Ok(()));
    /// assert_eq!(modem.start_join(Join::new("", "password")), Err(JoinError::Credentials));
    /// ```
    pub fn start_join(&mut self, join: Join<'_>) -> Result<(), JoinError> {
        let credentials = Credentials::new(join).ok_or(JoinError::Credentials)?;
        let station = &mut self.modem.station;
        station.credentials = Some(credentials);
        station.join = JoinState::Wanted { own: false };
        self.waiting_since = self.clock.now_ms();
        Ok(())
    }

    /// Goes on with a join.
    ///
    /// # Errors
    ///
    /// `WouldBlock` until it has succeeded or failed, 30 s after its start at the latest; then those of
    /// [`join`](Self::join).
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
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
        let silent = self.modem.silent;
        let waited = elapsed_ms(self.clock.now_ms(), self.waiting_since);
        let status = self.modem.station.status();
        let station = &mut self.modem.station;
        let result = match station.join {
            JoinState::Idle => Err(JoinError::Failed),
            JoinState::Done(result) => result,
            _ if silent => Err(JoinError::Modem(EspAtError::NoAnswer)),
            _ if waited >= JOIN_MS => Err(JoinError::TimedOut),
            _ => return Err(nb::Error::WouldBlock),
        };
        station.join = JoinState::Idle;
        match (result, status) {
            (Ok(()), LinkStatus::Up(config)) => Ok(config),
            // Lost again at once.
            (Ok(()), _) => Err(nb::Error::Other(JoinError::Failed)),
            (Err(error), _) => Err(nb::Error::Other(error)),
        }
    }
}
