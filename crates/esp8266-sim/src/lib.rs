//! An ESP8266 running AT firmware, simulated.
//!
//! It speaks both families of firmware, [`Dialect::NonOs17`] (NonOS AT 1.7) and [`Dialect::EspAt2`] (ESP-AT 2.x),
//! byte for byte as the documentation and observed modems have them; joins simulated access points; hands out
//! addresses; resolves names; and bridges its five links to real TCP sockets on loopback or to [`Peer`]s inside
//! the simulator. Every [`Fault`] that such a modem or its network is known for can be asked for by name.
//!
//! # In a test
//!
//! [`Simulator::lockstep`] gives a serial port without a thread behind it: an empty read moves a virtual clock on,
//! so that a connect which times out after 12 s does so in milliseconds, and each run is the same as the last.
//! [`Simulator::spawn`] gives one in real time, with the modem in a thread.
//!
//! ```
//! use esp8266_sim::{Config, Dialect, Simulator, canned};
//! use embedded_io::{Read, Write};
//!
//! let config = Config::new(Dialect::EspAt2)
//!     .booted()
//!     .peer([192, 168, 4, 20], 80, canned("HTTP/1.1 204 No Content\r\n\r\n", true));
//! let (handle, mut port, clock) = Simulator::lockstep(config);
//! port.write_all(b"AT\r\n").unwrap();
//! let mut answer = [0; 10];
//! port.read_exact(&mut answer).unwrap();
//! assert_eq!(&answer, b"AT\r\n\r\nOK\r\n");
//! assert_eq!(handle.stats().commands, 1);
//! # let _ = clock;
//! ```
//!
//! # Without a port
//!
//! [`Modem`] is the machine itself: [`Modem::feed`], [`Modem::poll`], [`Modem::take_output`].

#![forbid(unsafe_code)]

mod command;
mod commands;
mod config;
mod dialect;
mod events;
mod fault;
mod lan;
mod line;
mod link;
mod log;
mod modem;
mod peer;
mod port;
mod schedule;
pub mod serve;
mod settings;
mod simulator;
mod transfer;
mod uart;
mod wifi;

pub use config::{Config, Ssl, Timing};
pub use dialect::{Dialect, Version};
pub use events::BOOT_NOISE;
pub use fault::{Fault, Trigger};
pub use lan::{Dns, Endpoint, Host, HostState, Lan};
pub use log::{Direction, LogEntry, Stats};
pub use modem::Modem;
pub use peer::{Peer, PeerFactory, Reply, canned, echo};
pub use port::{PortError, SerialPort};
pub use schedule::When;
pub use simulator::{Handle, Simulator, VirtualClock};
pub use uart::Edit;
pub use wifi::AccessPoint;
