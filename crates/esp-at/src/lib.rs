//! The ESP8266 as a modem: a driver for Espressif's AT firmware on a serial line. `no_std`, no heap, no
//! `unsafe`.
//!
//! [`EspAt`] is a whole network: TCP sockets ([`TcpClientStack`](embedded_nal::TcpClientStack)), names
//! ([`Dns`](embedded_nal::Dns)), the link ([`Link`](nal_link::Link)), and what helps where something
//! failed ([`Diagnostics`](nal_link::Diagnostics)). Its calls say `WouldBlock` instead of waiting, but
//! for those that take a [`LoopContext`](nal_link::LoopContext) and aren't named `poll_…`.
//!
//! # Quick start
//!
//! ```no_run
//! use embedded_nal::TcpClientStack;
//! use esp_at::{EspAt, Serial};
//! use nal_link::{Clock, LoopContext, nb};
//!
//! # fn run<S: Serial, C: Clock>(serial: S, clock: C) -> Result<(), Box<dyn core::error::Error>> {
//! let mut cx = LoopContext::take().expect("first thing in main");
//! let mut modem = EspAt::new(serial, clock); // 115,200 baud, 8 data bits, no parity, 1 stop bit
//! modem.join(&mut cx, "ssid", "password")?;
//!
//! let mut socket = modem.socket()?;
//! nb::block!(modem.connect(&mut socket, ([192, 168, 1, 20], 7).into()))?;
//! nb::block!(modem.send(&mut socket, b"hello"))?;
//! let mut answer = [0; 64];
//! let count = nb::block!(modem.receive(&mut socket, &mut answer))?; // 0: the end of the stream
//! modem.close(socket)?;
//! # Ok(()) }
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
//!   it for 10 to 15 s, with TLS for up to 45 s, a join for 15 s. Some firmwares hear nothing meanwhile and
//!   carry out afterwards what was sent, so silence is no death then: the driver awaits the answer for as long
//!   as a firmware may take (45 s for a connect, 30 s for a join, a name, a scan or a ping). A caller that gives
//!   up earlier, by closing the socket, has its socket back at once; the driver awaits the late result, closes
//!   what came of it, and only then sends the next command. [`EspAt::is_draining`] tells.
//! - The driver's own patience: 30 s for a join, 4 s of silence behind a send's data
//!   ([`DeliveryUnknown`](EspAtError::DeliveryUnknown)), 25 s for a modem that only says that it is
//!   busy ([`Wedged`](EspAtError::Wedged)). It is told `AT+RST` then, with pauses where it is too busy
//!   for that, too ([`TakesNoRestart`](EspAtError::TakesNoRestart)).
//! - Names and passwords with a CR, a LF or a NUL can't be told to the firmware, and are refused.
//!
//! # Memory
//!
//! A driver is 1,452 bytes on chips of 32 bits, and 1,488 on 64 bits, beside its `RX_BUF` (1,024 bytes unless
//! another number is given), the port and the clock. `cargo test -p safe-http-client-esp-at --test memory --
//! --nocapture` prints it for this machine, `benches/footprint` for chips. The modem's last words are 128 of them. A
//! [`SerialRx`] of 512 takes 528.
//!
//! Most of the stack that a call takes is the command's line of 256 bytes, which is there only while it
//! is written and sent. No command and no answer needs `core::fmt`, and nothing panics. The code that
//! reads a scan is linked only where [`scan`](EspAt::scan) or its twin is called.
//!
//! # TLS
//!
//! The modem does TLS once it was told how much to verify: [`EspAt::with_tls`]. Until then
//! [`Network::secure`](nal_link::Network::secure), by which a client asks for it, is refused. It verifies
//! nothing, or the certificate's chain by the CA in its flash, **and that the certificate is this host's** with
//! [`CommonName`](TlsVerification::CommonName) on ESP-AT alone. [`TlsVerification`] has the table; what isn't
//! verified, a client's evidence of each call says ([`Verification`](nal_link::Verification)). Nothing falls back to plain
//! TCP. The tests show which commands are sent, on a simulated modem without a handshake.
//!
//! ESP-AT tells how much memory it has left (`AT+SYSRAM?`), and is asked before each TLS connection.
//! With less than 10,240 bytes none is tried: [`OutOfMemory`](EspAtError::OutOfMemory).
//! [`without_memory_check`](EspAt::without_memory_check) switches that off. NonOS isn't asked.
//! What fails with memory enough is [`ConnectFailed`](EspAtError::ConnectFailed): with
//! [`Authority`](TlsVerification::Authority) look at the CA, the server's certificate and the modem's
//! clock ([`Setting::Sntp`]).
//!
//! # Diagnosis
//!
//! What the driver tells through [`Diagnostics`](nal_link::Diagnostics):
//!
//! - What each of its errors stands for: a [`StackFault`](nal_link::StackFault) is made `From` it.
//! - The modem's own words: the raw answer of the command that failed, without echoes, which hold what
//!   was sent. What the driver does by itself
//!   behind it (closes, queries, the start-up after a reset) isn't recorded over it.
//! - Whether the modem is still busy with a connect, a name or a ping that was given up, or answers
//!   `busy p...` of its own accord.
//! - Whether the radio sleeps. Unless [`Sleep::Off`] was set it does: modem sleep is what both SDKs
//!   begin with.
//! - Pings (`AT+PING`) and the signal (`AT+CWJAP?`). They take the place of another
//!   [task](EspAt::start_rssi) that is under way.
//! - In the [link's status](nal_link::IpConfig), whether a DNS server is set (`AT+CIPDNS?`): asked for
//!   with each address, and after a name that didn't resolve. A modem that doesn't tell counts as not
//!   known.
//!
//! # Limitations
//!
//! - A station alone: no access point, no server, no UDP, no IPv6. One name is resolved at a time.
//! - A write to the serial port may wait for the bytes that it writes, 2,048 of them at most.
//! - A send that is given up between its command and the modem's prompt is filled with bytes 0xFF
//!   before the connection is closed: the firmware has no other way back. Where it was the last of a
//!   request's body, the server gets a whole request, of which the body's end is such bytes: they are in no
//!   UTF-8, so that neither JSON nor a form has them. For the same reason a modem that answers nothing at its
//!   start is sent `+++` alone, in case that it is in data mode, and then once 2,048 such bytes: it may
//!   wait for an earlier program's.
//! - A `CLOSED` that is lost on the serial line isn't noticed on NonOS, whose `AT+CIPRECVLEN?` says of a closed
//!   link what it says of an idle one. A body that the connection's end alone ends runs into its reader's
//!   deadline then; ESP-AT tells the two apart.
//! - The firmware says the same of a refused, a dead and an unreachable host:
//!   [`ConnectFailed`](EspAtError::ConnectFailed). Told from them is a connect that it didn't even
//!   dial, as without a free socket: `ERROR` within 100 ms, no word more within 50, and no link to
//!   close. That is [`NotDialled`](EspAtError::NotDialled); a `CLOSED` lost whole on the serial line
//!   behind a host's quick refusal looks like it.
//! - `AT+PING` says nothing of who ignores pings, and a ping can't be interrupted either: one that is
//!   given up delays the next command for some seconds.
//! - A read asks for `RX_BUF` bytes at most: they lie there until their end says that none was lost.
//!   With 1,024 a download takes 95 % of the line at 115,200 baud, with 2,048 97 %: `benches/modem` prints it.
//! - Where data come unasked (no passive mode), `RX_BUF` bytes of them are kept. What doesn't fit waits
//!   on the serial line for its reader; in the way of a command it is an
//!   [error](EspAtError::Overrun), not silence. For such firmware make `RX_BUF` as large as a
//!   response: `EspAt::<_, _, 2048>::with_rx_buf(serial, clock)`.
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
//!   follow the data and by how many the modem has told: an [error](EspAtError::Corrupted), not wrong
//!   data. Nothing is handed out before that was looked at. (A bit that flipped can't be noticed.)
//! - A modem that resets is started again, and joins its access point again. Its sockets are gone:
//!   [`EspAtError::ModemReset`]. An access point that is gone for 12 s is joined again, too, with longer
//!   and longer pauses: not every firmware does it by itself. Neither writes flash.
//! - The start-up finds the modem in any state, and takes nothing for its version but a version's line. A
//!   firmware that can't be driven is named, with the command that it refused
//!   ([`UnfitFirmware`](EspAtError::UnfitFirmware)).
//! - Names of access points are read as such: whatever stands in one, a line's end too, is nothing that
//!   the modem says.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs, unreachable_pub, missing_debug_implementations)]
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unreachable,
    clippy::string_slice
)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

#[cfg(test)]
extern crate std;

// A module imports only what stands above it in this table:
//
// | module     | what it is                                                                     |
// |------------|--------------------------------------------------------------------------------|
// | `firmware` | the firmwares that a modem may run, and their commands by name                 |
// | `error`    | what can go wrong                                                              |
// | `serial`   | the serial line, and a ring that an interrupt fills                            |
// | `hal_nb`   | ports of `embedded-hal-nb` as a serial line                                    |
// | `wire`     | bytes of the line to events, and commands to bytes                             |
// | `words`    | what all below share: what the modem runs, what a command is for, how it ended |
// | `tls`      | what the modem verifies, and the setting-up of TLS                             |
// | `slot`     | one of the five links, from the socket that takes it to its close              |
// | `resolver` | the name that is being resolved                                                |
// | `station`  | access point, addresses, settings, single tasks                                |
// | `modem`    | the engine: one command on its way, and its answer to whom it belongs          |
// | `driver`   | `EspAt`: the pump between serial port and engine, and the public calls         |
// | `async_serial` | ports of `embedded-io-async`, and the driver over one (feature `async`)  |
#[cfg(feature = "async")]
mod async_serial;
mod error;
mod firmware;
mod hal_nb;
mod serial;

mod wire;

mod words;

mod resolver;
mod slot;
mod station;
mod tls;

mod modem;

mod driver;

#[cfg(feature = "async")]
#[cfg_attr(docsrs, doc(cfg(feature = "async")))]
pub use async_serial::AsyncSerial;
pub use driver::{EspAt, Socket};
pub use error::{EspAtError, JoinError};
pub use firmware::{AtCommand, Family, Firmware};
pub use hal_nb::NbSerial;
pub use serial::{Serial, SerialError, SerialPort, SerialRx};
pub use station::{AccessPoint, Join, Setting, Sleep};
pub use tls::TlsVerification;

/// What the driver's calls take and give besides its own types: clocks, the token of the main loop, the
/// link's status, faults.
pub use nal_link;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
