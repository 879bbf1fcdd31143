//! The driver: the public calls, and the pump between the serial port and the engine.

mod held;
mod network;
mod pump;
mod sockets;
mod station;

pub use sockets::Socket;

use crate::firmware::Firmware;
use crate::modem::Modem;
use crate::serial::Serial;
use crate::tls::TlsVerification;
use core::fmt;
use embedded_io::ErrorKind;
use held::Held;
use nal_link::{Clock, LoopContext};

/// An ESP8266 with AT firmware on the serial port `S`, with the clock `C`.
///
/// `RX_BUF` bytes lie in it of data that it has read and that nobody has taken; its size is that and
/// 1,452 more ([memory](crate#memory)). What it does and can't do is on the [crate's page](crate).
///
/// ```no_run
/// # use {esp_at::*, nal_link::*};
/// # fn f<S: Serial>(serial: S, mut cx: LoopContext) -> Result<(), JoinError> {
/// # fn millis() -> u32 { 0 }
/// # fn feed_watchdog() {}
/// let clock = FnClock(millis).with_idle(feed_watchdog); // while a call waits
/// let mut modem = EspAt::new(serial, clock);
/// let config = modem.join(&mut cx, "network", "password")?;
/// println!("{} is {:?}", config.address, modem.firmware());
/// # Ok(()) }
/// ```
pub struct EspAt<S, C, const RX_BUF: usize = 1024> {
    serial: S,
    clock: C,
    modem: Modem,
    held: Held<RX_BUF>,
    /// How much is verified; `None` until TLS was allowed at all.
    tls: Option<TlsVerification>,
    /// The modem is asked for its free memory before a TLS connection.
    memory_check: bool,
    /// The port's last error, until somebody takes it.
    serial_error: Option<ErrorKind>,
}

impl<S: Serial, C: Clock> EspAt<S, C> {
    /// A driver for the modem on this port. Nothing is sent yet: the modem is started by the first
    /// call that waits for something, or by
    /// [`poll_network`](nal_link::Network::poll_network).
    pub fn new(serial: S, clock: C) -> Self {
        Self::with_rx_buf(serial, clock)
    }
}

impl<S: Serial, C: Clock, const RX_BUF: usize> EspAt<S, C, RX_BUF> {
    /// As [`new`](EspAt::new), with another size of `RX_BUF`: `EspAt::<_, _, 2048>::with_rx_buf(…)`.
    ///
    /// ```
    /// # use {esp_at::*, nal_link::*};
    /// # static RX: SerialRx<64> = SerialRx::new(); let mut tx = [0; 64];
    /// # let serial = RX.with_tx(&mut tx[..]);
    /// let modem = EspAt::<_, _, 2048>::with_rx_buf(serial, FnClock(|| 0));
    /// assert!(size_of_val(&modem) > 2048);
    /// ```
    pub fn with_rx_buf(serial: S, clock: C) -> Self {
        const { assert!(RX_BUF > 0, "data pass through it") };
        Self {
            serial,
            clock,
            modem: Modem::new(),
            held: Held::new(),
            tls: None,
            memory_check: true,
            serial_error: None,
        }
    }

    /// Lets clients ask for TLS: the modem does it, and verifies no more than this says. Without it
    /// [`Network::secure`](nal_link::Network::secure) is refused.
    ///
    /// ```
    /// # use {esp_at::*, nal_link::*};
    /// # static RX: SerialRx<64> = SerialRx::new(); let mut tx = [0; 64];
    /// # let serial = RX.with_tx(&mut tx[..]);
    /// let modem = EspAt::new(serial, FnClock(|| 0)).with_tls(TlsVerification::Authority);
    /// assert!(modem.has_tls());
    /// ```
    #[must_use]
    pub fn with_tls(mut self, verification: TlsVerification) -> Self {
        self.tls = Some(verification);
        self
    }

    /// Doesn't ask the modem for its free memory before a TLS connection. Where it asks, on ESP-AT, a
    /// connection with less than 10,240 bytes is
    /// [`OutOfMemory`](crate::EspAtError::OutOfMemory) at once, instead of failing later or restarting
    /// the modem. Of a connection that has failed it is asked all the same.
    #[must_use]
    pub fn without_memory_check(mut self) -> Self {
        self.memory_check = false;
        self
    }

    /// The serial port, to change its settings. Bytes that are read or written here are missing to the
    /// driver.
    pub fn serial_mut(&mut self) -> &mut S {
        &mut self.serial
    }

    /// What the modem runs; `None` until it has been started.
    ///
    /// ```no_run
    /// # use {esp_at::*, nal_link::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), JoinError> {
    /// modem.join(&mut cx, "network", "password")?;
    /// if let Some(firmware) = modem.firmware() {
    ///     println!("{:?} {firmware}", firmware.family);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn firmware(&self) -> Option<Firmware> {
        self.modem.is_ready().then_some(self.modem.firmware)
    }

    /// Whether data wait in the modem until they are asked for; `None` until it has been started. Where
    /// they don't, what comes before it is read has to fit in `RX_BUF`.
    pub fn is_passive(&self) -> Option<bool> {
        self.modem.is_ready().then_some(self.modem.passive)
    }

    /// Whether the modem still works on a connect that its caller has given up. Nothing else is sent
    /// until it is through, as a rule within 15 s. [`status`](nal_link::Diagnostics::status) tells of
    /// names and pings, too.
    pub fn is_draining(&self) -> bool {
        self.modem.is_draining()
    }

    /// Whether the modem gives no answers: wiring, supply, or another baud rate. It is called again
    /// each second.
    ///
    /// ```
    /// # use {esp_at::*, nal_link::*};
    /// # static RX: SerialRx<64> = SerialRx::new(); let mut tx = [0; 256];
    /// let now = core::cell::Cell::new(0);
    /// let mut modem = EspAt::new(RX.with_tx(&mut tx[..]), FnClock(|| now.get()));
    /// for _ in 0..100 {
    ///     modem.poll_network();
    ///     now.set(now.get() + 100);
    /// }
    /// assert!(modem.is_silent());
    /// ```
    pub fn is_silent(&self) -> bool {
        self.modem.silent
    }

    /// How often the modem has reset since it is driven. More than it was asked for means, as a rule,
    /// that its supply is too weak. The count ends at 65,535.
    pub fn resets(&self) -> u16 {
        self.modem.resets
    }

    /// What the modem said to the last command, byte for byte, the first 128 of them and without
    /// data and echoes, which hold what was sent: for the diagnosis. What the driver asks by itself behind a failure isn't recorded, and
    /// neither is a [client's ping](nal_link::Diagnostics::ping), so behind a failed connect the
    /// connect's answer stands here, and behind a reset the modem's `ready`.
    ///
    /// ```
    /// # use {esp_at::*, nal_link::*};
    /// # static RX: SerialRx<64> = SerialRx::new(); let mut tx = [0; 256];
    /// # let mut modem = EspAt::new(RX.with_tx(&mut tx[..]), FnClock(|| 0));
    /// modem.poll_network();
    /// for byte in *b"\r\nERROR\r\n" {
    ///     RX.push(byte);
    /// }
    /// modem.poll_network();
    /// assert_eq!(modem.last_answer(), b"\r\nERROR\r\n");
    /// ```
    pub fn last_answer(&self) -> &[u8] {
        self.modem.last_answer()
    }

    /// The last error of the serial port, which is then forgotten.
    ///
    /// ```
    /// # use {esp_at::*, nal_link::*};
    /// # static RX: SerialRx<64> = SerialRx::new(); let mut tx = [0; 256];
    /// # let mut modem = EspAt::new(RX.with_tx(&mut tx[..]), FnClock(|| 0));
    /// RX.overrun();
    /// modem.poll_network();
    /// assert_eq!(modem.take_serial_error(), Some(embedded_io::ErrorKind::OutOfMemory));
    /// assert_eq!(modem.take_serial_error(), None);
    /// ```
    pub fn take_serial_error(&mut self) -> Option<ErrorKind> {
        self.serial_error.take()
    }

    /// Polls until it is ready, with the clock's idle hook in between.
    fn wait<T, E>(
        &mut self,
        cx: &mut LoopContext,
        mut poll: impl FnMut(&mut Self, &mut LoopContext) -> nb::Result<T, E>,
    ) -> Result<T, E> {
        loop {
            match poll(self, cx) {
                Err(nb::Error::WouldBlock) => self.clock.idle(),
                Err(nb::Error::Other(error)) => return Err(error),
                Ok(value) => return Ok(value),
            }
        }
    }
}

impl<S, C, const RX_BUF: usize> fmt::Debug for EspAt<S, C, RX_BUF> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EspAt")
            .field("firmware", &self.modem.firmware)
            .field("task", &self.modem.task())
            .finish_non_exhaustive()
    }
}
