//! The ESP8266 as a modem: a driver for its AT firmware, of both families (NonOS AT 1.7, ESP-AT 2.x).
//!
//! [`EspAt`] is a whole [`Network`]: TCP sockets, names and the link.
//!
//! ```no_run
//! # use safe_http_client::esp_at::Serial;
//! use safe_http_client::{Clock, LoopContext, SafeHttpClient, esp_at::EspAt};
//!
//! # fn run<S: Serial, C: Clock>(serial: S, clock: C) -> Result<(), Box<dyn core::error::Error>> {
//! let mut cx = LoopContext::take().expect("first thing in main");
//! let mut modem = EspAt::new(serial, &clock);
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
//! # How it works
//!
//! The modem does one thing at a time, and so does the driver: one command is on its way, and its
//! answer is awaited before the next. No call waits for the modem; each looks at the serial port,
//! goes on as far as it can, and says `WouldBlock`. A write to the port may wait for the bytes that it
//! writes.
//!
//! - The firmware can't be interrupted. A connect to a dead host blocks it for 10 to 15 s, and a caller
//!   that gives up earlier gets its time-out at once; the driver awaits the late result, closes what
//!   came of it, and only then sends the next command. [`EspAt::is_draining`] tells.
//! - Data are read when the caller wants them (passive mode), so the modem's window does flow control
//!   and no byte is lost between two polls. Where the firmware has no passive mode, data come unasked;
//!   `ROOM` bytes of them are kept, and more are an [error](EspAtError::Overrun), not silence. For such
//!   firmware make `ROOM` as large as a response: `EspAt::<_, _, 2048>::with_room(serial, clock)`.
//! - Bytes lost or added on the serial line inside data are noticed in passive mode, by what has to
//!   follow the data: an [error](EspAtError::Corrupted), not wrong data.
//! - A modem that resets is started again, and joins its access point again. Its sockets are gone:
//!   [`EspAtError::ModemReset`].
//! - Nothing is written to the modem's flash, except by ESP-AT 2.0, which can't be told not to.
//!
//! # Limits
//!
//! TCP over IPv4, five sockets, one name at a time. A send that is given up between its command and
//! the modem's prompt is filled with zero bytes before the connection is closed: the firmware has no
//! other way back.

mod dns;
mod error;
mod hal_nb;
mod link;
mod modem;
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

use crate::clock::Clock;
use crate::network::{Behaviour, Connect, Network, NoTls, PipeClosed, ZeroRead};
use core::fmt;
use embedded_io::ErrorKind;
use heapless::Deque;
use modem::Modem;
use tls::TlsState;

/// An ESP8266 with AT firmware on the serial port `S`, with the clock `C`.
///
/// Its size is a few hundred bytes and `ROOM`, the bytes that are kept of data that come unasked.
pub struct EspAt<S, C, const ROOM: usize = 512> {
    serial: S,
    clock: C,
    modem: Modem,
    /// Data that came unasked, of the link `room_of`.
    room: Deque<u8, ROOM>,
    room_of: u8,
    tls: Option<TlsVerification>,
    idle: fn(),
    /// When the join began.
    waiting_since: u32,
    serial_error: Option<ErrorKind>,
}

impl<S: Serial, C: Clock> EspAt<S, C> {
    /// A driver for the modem on this port. Nothing is sent yet: the modem is started by the first
    /// call that waits for something, or by
    /// [`poll_network`](crate::Network::poll_network).
    pub fn new(serial: S, clock: C) -> Self {
        Self::with_room(serial, clock)
    }
}

impl<S: Serial, C: Clock, const ROOM: usize> EspAt<S, C, ROOM> {
    /// As [`new`](EspAt::new), with another size of `ROOM`: `EspAt::<_, _, 2048>::with_room(…)`.
    pub fn with_room(serial: S, clock: C) -> Self {
        let waiting_since = clock.now_ms();
        Self {
            serial,
            clock,
            modem: Modem::new(),
            room: Deque::new(),
            room_of: 0,
            tls: None,
            idle: || {},
            waiting_since,
            serial_error: None,
        }
    }

    /// Called each time a blocking call of the driver finds nothing to do: feed the watchdog there.
    #[must_use]
    pub fn with_idle(mut self, idle: fn()) -> Self {
        self.idle = idle;
        self
    }

    /// Lets `https` URLs through: the modem does TLS, and verifies no more than this says. Without it
    /// they are refused.
    #[must_use]
    pub fn with_tls(mut self, verification: TlsVerification) -> Self {
        self.tls = Some(verification);
        self
    }

    /// The serial port.
    pub fn serial_mut(&mut self) -> &mut S {
        &mut self.serial
    }

    /// What the modem runs; `None` until it has been started.
    pub fn firmware(&self) -> Option<Firmware> {
        self.modem.is_ready().then_some(self.modem.firmware)
    }

    /// Whether data wait in the modem until they are asked for; `None` until it has been started.
    pub fn is_passive(&self) -> Option<bool> {
        self.modem.is_ready().then_some(self.modem.passive)
    }

    /// Whether the modem still works on a connect that its caller has given up.
    pub fn is_draining(&self) -> bool {
        self.modem.slots.iter().any(socket::Slot::is_draining)
    }

    /// Whether the modem gives no answers: wiring, supply, or another baud rate. It is called again
    /// each second.
    pub fn is_silent(&self) -> bool {
        self.modem.silent
    }

    /// How often the modem has reset since it is driven. More than it was asked for means, as a rule,
    /// that its supply is too weak.
    pub fn resets(&self) -> u16 {
        self.modem.resets
    }

    /// What the modem said to the last command, byte for byte, the first 128 of them and without
    /// data: for the diagnosis. What the driver asks by itself behind a failure isn't recorded, so
    /// behind a failed connect the connect's answer stands here.
    pub fn last_answer(&self) -> &[u8] {
        self.modem.answer()
    }

    /// The last error of the serial port, which is then forgotten.
    pub fn take_serial_error(&mut self) -> Option<ErrorKind> {
        self.serial_error.take()
    }
}

impl<S: Serial, C: Clock, const ROOM: usize> Network for EspAt<S, C, ROOM> {
    fn behaviour(&self) -> Behaviour {
        Behaviour {
            // Only after `CLOSED`, and once the modem holds no more.
            zero_read: ZeroRead::EndOfStream,
            // The modem has reset.
            pipe_closed: PipeClosed::Aborted,
            connect: Connect::Polls,
            empty_send_tells_end: false,
        }
    }

    fn poll_network(&mut self) {
        self.pump();
    }

    fn has_tls(&self) -> bool {
        self.tls.is_some()
    }

    fn secure(&mut self, socket: &mut Socket, server_name: &str) -> Result<(), NoTls> {
        let verification = self.tls.ok_or(NoTls)?;
        let modem = &mut self.modem;
        // There is room for one name: another connect that needs its own goes first.
        let taken = modem.slots.iter().any(socket::Slot::needs_name);
        let slot = modem.slots.get_mut(usize::from(socket.link)).ok_or(NoTls)?;
        if taken || slot.generation != socket.generation {
            return Err(NoTls);
        }
        modem.server_name.clear();
        // An address is no name for the handshake (RFC 6066 section 3).
        if wire::ipv4(server_name.as_bytes()).is_none() {
            modem.server_name.extend_from_slice(server_name.as_bytes()).map_err(|_| NoTls)?;
        }
        slot.tls = TlsState::Verification(verification);
        Ok(())
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
