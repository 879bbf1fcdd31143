//! The ESP8266 as a modem: a driver for Espressif's AT firmware on a serial line.
//!
//! [`EspAt`] is a whole [`Network`](crate::Network): TCP sockets, names and the link. It is of use
//! without HTTP, too: it is an `embedded-nal` stack
//! ([`TcpClientStack`](embedded_nal::TcpClientStack) and [`Dns`](embedded_nal::Dns)), whose calls say
//! `WouldBlock` instead of waiting.
//!
//! # Quick start
//!
//! ```no_run
//! # use safe_http_client::esp_at::Serial;
//! use safe_http_client::{Clock, LoopContext, SafeHttpClient, esp_at::EspAt};
//!
//! # fn run<S: Serial, C: Clock>(serial: S, clock: C) -> Result<(), Box<dyn core::error::Error>> {
//! let mut cx = LoopContext::take().expect("first thing in main");
//! let mut modem = EspAt::new(serial, &clock); // 115,200 baud, 8 data bits, no parity, 1 stop bit
//! modem.join(&mut cx, "ssid", "password")?;
//!
//! let client = SafeHttpClient::new(&mut modem, &clock);
//! let mut online = client.wait_online(&mut cx).map_err(|failed| failed.error.code())?;
//! let mut buffer = [0; 1024];
//! let response = online.get(&mut cx, "http://192.168.1.20/", &mut buffer).send();
//! # Ok(())
//! # }
//! ```
//!
//! The port is any [`Serial`]: fill a [`SerialRx`] from the UART's interrupt, or take an [`NbSerial`].
//! At 115,200 baud a byte comes every 87 µs, so a port without a buffer loses some.
//!
//! # The two dialects
//!
//! The driver asks which one it talks to ([`EspAt::firmware`]). Sources: Espressif's *ESP8266 AT
//! Instruction Set* (4A-ESP8266) for NonOS, and the *ESP-AT User Guide* for the ESP8266, 2.0 to 2.3.
//!
//! | | NonOS AT 1.7 | ESP-AT 2.x |
//! |---|---|---|
//! | nothing is written to flash | by `_CUR` commands | by `AT+SYSSTORE=0`, from 2.1; 2.0 writes |
//! | data wait until they are read (`AT+CIPRECVMODE`) | from 1.7.0 | from 2.1 |
//! | the server's name in a TLS handshake | not sent | `AT+CIPSSLCSNI` |
//! | its serial port on a stock module | TX and RX | GPIO15 (TX) and GPIO13 (RX) |
//!
//! # Limits
//!
//! - Five links (`AT+CIPMUX=1`): a sixth socket is [`NoFreeSocket`](EspAtError::NoFreeSocket).
//! - 2,048 bytes a send (`AT+CIPSEND`), and as many a read. A longer buffer is sent in parts.
//! - 256 bytes a command line, its end included. What is longer is [`TooLong`](EspAtError::TooLong): a
//!   host's name of more than 239 bytes.
//! - No timeouts in the firmware, and nothing there can be interrupted: a connect to a dead host blocks
//!   it for 10 to 15 s, a join for 15 s. A caller that gives up earlier gets its time-out at once; the
//!   driver awaits the late result, closes what came of it, and only then sends the next command.
//!   [`EspAt::is_draining`] tells.
//! - The driver's own patience: 30 s for a join, 4 s of silence behind a send's data
//!   ([`DeliveryUnknown`](EspAtError::DeliveryUnknown)), 25 s for a modem that only says that it is
//!   busy ([`Wedged`](EspAtError::Wedged)).
//!
//! # TLS
//!
//! The modem does TLS once it was told how much to verify: [`EspAt::with_tls`]. Until then `https` is
//! refused. It verifies nothing, or the certificate's chain by the CA in its flash; **never that the
//! certificate is this host's**. [`TlsVerification`] has the table. Nothing falls back to plain
//! TCP. The tests show which commands are sent, on a simulated modem without a handshake.
//!
//! ESP-AT tells how much memory it has left (`AT+SYSRAM?`), and is asked before each TLS connection.
//! With less than 10,240 bytes none is tried: [`OutOfMemory`](EspAtError::OutOfMemory).
//! [`without_memory_check`](EspAt::without_memory_check) switches that off. NonOS isn't asked.
//!
//! # Diagnosis
//!
//! What the driver adds to a [`Diagnosis`](crate::Diagnosis), over that of any stack:
//!
//! - [What each of its errors stands for](crate::StackFault#impl-From%3C%26EspAtError%3E-for-StackFault).
//! - The modem's own words: the raw answer of the command that failed. What the driver does by itself
//!   behind it (closes, queries, the start-up after a reset) isn't recorded over it.
//! - Whether the modem is still busy with a connect, a name or a ping that was given up, or answers
//!   `busy p...` of its own accord.
//! - Whether the radio sleeps. Unless [`Sleep::Off`] was set it does: modem sleep is what both SDKs
//!   begin with.
//! - Pings (`AT+PING`) and the signal (`AT+CWJAP?`) for
//!   [`diagnose`](crate::SafeHttpClient::diagnose). They take the place of another
//!   [task](EspAt::start_rssi) that is under way. With nothing amiss the check takes eight commands,
//!   two of them pings.
//! - Whether a DNS server is set (`AT+CIPDNS?`): asked for with each address, and after a name that
//!   didn't resolve. A modem that doesn't tell counts as not known.
//!
//! # Limitations
//!
//! - A station alone: no access point, no server, no UDP, no IPv6. One name is resolved at a time.
//! - A write to the serial port may wait for the bytes that it writes, 2,048 of them at most.
//! - A send that is given up between its command and the modem's prompt is filled with zero bytes
//!   before the connection is closed: the firmware has no other way back. For the same reason a modem
//!   that answers nothing at its start is sent 2,048 zero bytes: it may wait for an earlier program's.
//! - The firmware says the same of a refused, a dead and an unreachable host:
//!   [`ConnectFailed`](EspAtError::ConnectFailed). Told from them is a connect that it didn't even
//!   dial, as without a free socket: `ERROR` within 100 ms, no word more within 50, and no link to
//!   close. That is [`NotDialled`](EspAtError::NotDialled); a `CLOSED` lost whole on the serial line
//!   behind a host's quick refusal looks like it.
//! - `AT+PING` says nothing of who ignores pings, and a ping can't be interrupted either: one that is
//!   given up delays the next command for some seconds.
//! - Where data come unasked (no passive mode), `ROOM` bytes of them are kept. What doesn't fit waits
//!   on the serial line for its reader; in the way of a command it is an
//!   [error](EspAtError::Overrun), not silence. For such firmware make `ROOM` as large as a response:
//!   `EspAt::<_, _, 2048>::with_room(serial, clock)`.
//!
//! # Memory
//!
//! On a Cortex-M0 (thumbv6m) the driver takes 1,204 bytes, `ROOM` (512 unless told otherwise), the
//! serial port and the clock; on a 64-bit PC 1,272 instead. The modem's last words are 128 of them. A
//! [`SerialRx`] of 512 takes 528. No heap.
//!
//! A GET takes 2.4 KB of stack on a Cortex-M3, 0.4 KB more than over a stack that answers from memory:
//! most of it is the command's line of 256 bytes, which is there only while it is written and sent.
//! No command and no answer needs `core::fmt`, and nothing panics. The code that reads a scan is linked
//! only where [`scan`](EspAt::scan) or its twin is called.
//!
//! # How it works
//!
//! The modem does one thing at a time, and so does the driver: one command is on its way, and its
//! answer is awaited before the next. Each call looks at the serial port, goes on as far as it can,
//! and says `WouldBlock`.
//!
//! - Data are read when the caller wants them (passive mode), so the modem's window does flow control
//!   and no byte is lost between two polls.
//! - Bytes lost or added on the serial line inside data are noticed in passive mode, by what has to
//!   follow the data: an [error](EspAtError::Corrupted), not wrong data.
//! - A modem that resets is started again, and joins its access point again. Its sockets are gone:
//!   [`EspAtError::ModemReset`].
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(unreachable_pub, missing_debug_implementations)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unreachable,
    clippy::string_slice
)]

mod dns;
mod error;
mod hal_nb;
mod link;
mod modem;
mod network;
mod pump;
mod serial;
mod socket;
mod tls;
mod wire;

pub use error::{EspAtError, JoinError};
pub use hal_nb::NbSerial;
pub use link::{AccessPoint, Join, Setting, Sleep};
pub use modem::{Family, Firmware};
pub use serial::{Serial, SerialError, SerialPort, SerialRx};
pub use socket::Socket;
pub use tls::TlsVerification;

use core::fmt;
use embedded_io::ErrorKind;
use heapless::Deque;
use modem::Modem;
use nal_link::Clock;

/// An ESP8266 with AT firmware on the serial port `S`, with the clock `C`.
///
/// `ROOM` bytes are kept of data that come unasked; its size is that and about 1,250 more
/// ([memory](self#memory)). What it does and can't do is on the [module's page](self).
///
/// ```no_run
/// # use safe_http_client::{*, esp_at::*};
/// # fn f<S: Serial>(serial: S, mut cx: LoopContext) -> Result<(), JoinError> {
/// # fn millis() -> u32 { 0 }
/// let mut modem = EspAt::new(serial, FnClock(millis));
/// let config = modem.join(&mut cx, "network", "password")?;
/// println!("{} is {:?}", config.address, modem.firmware());
/// # Ok(()) }
/// ```
pub struct EspAt<S, C, const ROOM: usize = 512> {
    serial: S,
    clock: C,
    modem: Modem,
    /// Data that came unasked, of the link `room_of`.
    room: Deque<u8, ROOM>,
    room_of: u8,
    tls: Option<TlsVerification>,
    memory_check: bool,
    /// When the join began.
    waiting_since: u32,
    serial_error: Option<ErrorKind>,
}

impl<S: Serial, C: Clock> EspAt<S, C> {
    /// A driver for the modem on this port. Nothing is sent yet: the modem is started by the first
    /// call that waits for something, or by
    /// [`poll_network`](crate::Network::poll_network).
    ///
    /// ```
    /// # use safe_http_client::{*, esp_at::*};
    /// # static RX: SerialRx<64> = SerialRx::new(); let mut tx = [0; 256];
    /// let mut modem = EspAt::new(RX.with_tx(&mut tx[..]), FnClock(|| 0));
    /// assert_eq!(modem.firmware(), None);
    /// ```
    pub fn new(serial: S, clock: C) -> Self {
        Self::with_room(serial, clock)
    }
}

impl<S: Serial, C: Clock, const ROOM: usize> EspAt<S, C, ROOM> {
    /// As [`new`](EspAt::new), with another size of `ROOM`: `EspAt::<_, _, 2048>::with_room(…)`.
    ///
    /// ```
    /// # use safe_http_client::{*, esp_at::*};
    /// # static RX: SerialRx<64> = SerialRx::new(); let mut tx = [0; 64];
    /// # let serial = RX.with_tx(&mut tx[..]);
    /// let modem = EspAt::<_, _, 2048>::with_room(serial, FnClock(|| 0));
    /// assert!(size_of_val(&modem) > 2048);
    /// ```
    pub fn with_room(serial: S, clock: C) -> Self {
        let waiting_since = clock.now_ms();
        Self {
            serial,
            clock,
            modem: Modem::new(),
            room: Deque::new(),
            room_of: 0,
            tls: None,
            memory_check: true,
            waiting_since,
            serial_error: None,
        }
    }

    /// Lets `https` URLs through: the modem does TLS, and verifies no more than this says. Without it
    /// they are refused.
    ///
    /// ```
    /// # use safe_http_client::{*, esp_at::*};
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
    /// connection with less than 10,240 bytes is [`OutOfMemory`](EspAtError::OutOfMemory) at once,
    /// instead of failing later or restarting the modem. Of a connection that has failed it is asked
    /// all the same.
    ///
    /// ```
    /// # use safe_http_client::{*, esp_at::*};
    /// # static RX: SerialRx<64> = SerialRx::new(); let mut tx = [0; 64];
    /// # let serial = RX.with_tx(&mut tx[..]);
    /// let modem = EspAt::new(serial, FnClock(|| 0)).with_tls(TlsVerification::None).without_memory_check();
    /// # let _ = modem;
    /// ```
    #[must_use]
    pub fn without_memory_check(mut self) -> Self {
        self.memory_check = false;
        self
    }

    /// The serial port, to change its settings. Bytes that are read or written here are missing to the
    /// driver.
    ///
    /// ```
    /// # use safe_http_client::{*, esp_at::*};
    /// # static RX: SerialRx<64> = SerialRx::new(); let mut tx = [0; 256];
    /// # let mut modem = EspAt::new(RX.with_tx(&mut tx[..]), FnClock(|| 0));
    /// use embedded_io::Write;
    /// modem.serial_mut().flush()?;
    /// # Ok::<(), SerialError>(())
    /// ```
    pub fn serial_mut(&mut self) -> &mut S {
        &mut self.serial
    }

    /// What the modem runs; `None` until it has been started.
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
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

    /// Whether data wait in the modem until they are asked for; `None` until it has been started.
    ///
    /// ```no_run
    /// # use safe_http_client::{*, esp_at::*};
    /// # fn f<S: Serial, C: Clock>(mut modem: EspAt<S, C>, mut cx: LoopContext) -> Result<(), JoinError> {
    /// modem.join(&mut cx, "network", "password")?;
    /// if modem.is_passive() == Some(false) {
    ///     println!("a response has to fit in ROOM");
    /// }
    /// # Ok(()) }
    /// ```
    pub fn is_passive(&self) -> Option<bool> {
        self.modem.is_ready().then_some(self.modem.passive)
    }

    /// Whether the modem still works on a connect that its caller has given up. Nothing else is sent
    /// until it is through, as a rule within 15 s. [`condition`](crate::Network::condition) tells of
    /// names and pings, too.
    ///
    /// ```
    /// # use safe_http_client::{*, esp_at::*};
    /// # static RX: SerialRx<64> = SerialRx::new(); let mut tx = [0; 256];
    /// # let mut modem = EspAt::new(RX.with_tx(&mut tx[..]), FnClock(|| 0));
    /// assert!(!modem.is_draining());
    /// ```
    pub fn is_draining(&self) -> bool {
        self.modem.slots.iter().any(socket::Slot::is_draining)
    }

    /// Whether the modem gives no answers: wiring, supply, or another baud rate. It is called again
    /// each second.
    ///
    /// ```
    /// # use safe_http_client::{*, esp_at::*};
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
    ///
    /// ```
    /// # use safe_http_client::{*, esp_at::*};
    /// # static RX: SerialRx<64> = SerialRx::new(); let mut tx = [0; 256];
    /// # let mut modem = EspAt::new(RX.with_tx(&mut tx[..]), FnClock(|| 0));
    /// assert_eq!(modem.resets(), 0);
    /// ```
    pub fn resets(&self) -> u16 {
        self.modem.resets
    }

    /// What the modem said to the last command, byte for byte, the first 128 of them and without
    /// data: for the diagnosis. What the driver asks by itself behind a failure isn't recorded, and
    /// neither is a [check](crate::SafeHttpClient::diagnose)'s ping, so behind a failed connect the
    /// connect's answer stands here, and behind a reset the modem's `ready`.
    ///
    /// ```
    /// # use safe_http_client::{*, esp_at::*};
    /// # static RX: SerialRx<64> = SerialRx::new(); let mut tx = [0; 256];
    /// # let mut modem = EspAt::new(RX.with_tx(&mut tx[..]), FnClock(|| 0));
    /// modem.poll_network();
    /// for byte in *b"\r\nERR" {
    ///     RX.push(byte);
    /// }
    /// modem.poll_network();
    /// assert_eq!(modem.last_answer(), b"\r\nERR");
    /// ```
    pub fn last_answer(&self) -> &[u8] {
        self.modem.answer()
    }

    /// The last error of the serial port, which is then forgotten.
    ///
    /// ```
    /// # use safe_http_client::{*, esp_at::*};
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
}

impl<S, C, const ROOM: usize> fmt::Debug for EspAt<S, C, ROOM> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EspAt")
            .field("firmware", &self.modem.firmware)
            .field("task", &self.modem.task())
            .finish_non_exhaustive()
    }
}
