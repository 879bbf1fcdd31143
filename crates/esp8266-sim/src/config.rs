//! What a simulated modem is made of.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::dialect::{Dialect, Version};
use crate::fault::Fault;
use crate::lan::{Dns, Endpoint, Lan};
use crate::peer::PeerFactory;
use crate::schedule::When;
use crate::wifi::AccessPoint;

/// How long things take.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Timing {
    /// From a reset to `ready`.
    pub boot: Duration,
    /// From a join's start to `WIFI CONNECTED`.
    pub associate: Duration,
    /// From there to `WIFI GOT IP`.
    pub dhcp: Duration,
    /// Until the firmware gives up a join that gets no answer.
    pub join_timeout: Duration,
    /// Until a join is refused (wrong password, no such access point).
    pub join_refused: Duration,
    /// A scan.
    pub scan: Duration,
    /// A name that resolves, or is known not to.
    pub resolve: Duration,
    /// A name under [`Fault::DnsSlow`].
    pub slow_resolve: Duration,
    /// Until the firmware gives up resolving.
    pub resolve_timeout: Duration,
    /// A connect that is accepted or refused.
    pub connect: Duration,
    /// A connect under [`Fault::SlowConnect`].
    pub slow_connect: Duration,
    /// Until the firmware gives up a connect.
    pub connect_timeout: Duration,
    /// From the last byte of a send's data to `SEND OK`.
    pub send: Duration,
    /// A ping that is answered; told in whole milliseconds.
    pub ping: Duration,
    /// Until a ping is given up.
    pub ping_timeout: Duration,
    /// By how much [`Fault::LateAnswer`] puts off.
    pub late_answer: Duration,
    /// By how much [`Fault::ModemSleep`] puts off data.
    pub sleep: Duration,
    /// For how long [`Fault::SlowServer`] holds data back.
    pub slow_server: Duration,
    /// From the address to the first right answer of SNTP.
    pub sntp: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        let ms = Duration::from_millis;
        Timing {
            boot: ms(300),
            associate: ms(60),
            dhcp: ms(40),
            join_timeout: ms(15_000),
            join_refused: ms(3_000),
            scan: ms(200),
            resolve: ms(10),
            slow_resolve: ms(8_000),
            resolve_timeout: ms(5_000),
            connect: ms(4),
            slow_connect: ms(12_000),
            connect_timeout: ms(12_000),
            send: ms(1),
            ping: ms(3),
            ping_timeout: ms(4_000),
            late_answer: ms(3_000),
            sleep: ms(2_000),
            slow_server: ms(30_000),
            sntp: ms(2_000),
        }
    }
}

/// What `AT+CIPSTART` does with `"SSL"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ssl {
    /// Bridges without encryption: the endpoint hears plain bytes.
    Plain,
    /// Fails, as a build without TLS does.
    Error,
}

/// What a simulated modem is made of.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The family of firmware.
    pub dialect: Dialect,
    /// Its version.
    pub version: Version,
    /// How long things take.
    pub timing: Timing,
    /// The access points in range.
    pub access_points: Vec<AccessPoint>,
    /// The network behind them.
    pub lan: Lan,
    /// Its names.
    pub dns: Dns,
    /// What TLS comes to.
    pub ssl: Ssl,
    /// The rate that bytes pass at; `None` for no time at all.
    pub baud: Option<u32>,
    /// The host must follow `AT+UART_CUR` (with `SerialPort::set_baud`), or hears garbage.
    pub strict_baud: bool,
    /// Room in the host's receive buffer; what comes when it is full is lost. `None` for no end of room.
    pub host_buffer: Option<usize>,
    /// Begins with the boot (noise, then `ready`); otherwise it is over already.
    pub boots: bool,
    /// It begins in data mode: an earlier host's transparent transfer was never left.
    pub data_mode: bool,
    /// The access point saved in flash: name and password. It is joined after each boot.
    pub saved_ap: Option<(Vec<u8>, Vec<u8>)>,
    /// The station's hardware address.
    pub mac: [u8; 6],
    /// What `AT+SYSRAM?` tells.
    pub free_ram: u32,
    /// Unix time at the simulator's begin, for SNTP.
    pub unix_time: u64,
    /// The faults that are scheduled from the begin.
    pub faults: Vec<(Fault, When)>,
    /// In real time, how many times as fast it passes for the modem as for the rest of the world.
    pub speed: u32,
    /// In lock-step, by how much an empty read moves the clock when nothing is due sooner.
    pub idle_step: Duration,
    /// In lock-step, the real time granted to real sockets for each idle step of virtual time.
    pub bridge_wait: Duration,
    /// After how long a blocking read of the port with nothing to read fails with `TimedOut`.
    pub read_timeout: Duration,
}

impl Config {
    /// A modem of this dialect with one access point, `sim` with the password `simsimsim`.
    pub fn new(dialect: Dialect) -> Self {
        Config {
            dialect,
            version: dialect.default_version(),
            timing: Timing::default(),
            access_points: vec![AccessPoint::new("sim", "simsimsim")],
            lan: Lan::default(),
            dns: Dns::default(),
            ssl: Ssl::Plain,
            baud: None,
            strict_baud: false,
            host_buffer: None,
            boots: true,
            data_mode: false,
            saved_ap: None,
            mac: [0x5c, 0xcf, 0x7f, 0x00, 0x00, 0x01],
            free_ram: 30_208,
            unix_time: 1_735_689_600,
            faults: Vec::new(),
            speed: 1,
            idle_step: Duration::from_millis(1),
            bridge_wait: Duration::from_micros(100),
            read_timeout: Duration::from_secs(60),
        }
    }

    /// Another version of the firmware.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// One more access point.
    #[must_use]
    pub fn ap(mut self, ap: AccessPoint) -> Self {
        self.access_points.push(ap);
        self
    }

    /// Another network.
    #[must_use]
    pub fn lan(mut self, lan: Lan) -> Self {
        self.lan = lan;
        self
    }

    /// Maps an address and port of the network to a real socket address.
    #[must_use]
    pub fn map(mut self, address: [u8; 4], port: u16, to: SocketAddr) -> Self {
        self.lan.map(address.into(), port, to);
        self
    }

    /// Puts a peer inside the simulator behind an address and port of the network.
    #[must_use]
    pub fn peer(mut self, address: [u8; 4], port: u16, peer: PeerFactory) -> Self {
        self.lan.serve(address.into(), port, Endpoint::Peer(peer));
        self
    }

    /// Gives a name an address.
    #[must_use]
    pub fn name(mut self, name: &str, address: [u8; 4]) -> Self {
        self.dns.insert(name, Ipv4Addr::from(address));
        self
    }

    /// Schedules a fault from the begin.
    #[must_use]
    pub fn fault(mut self, fault: Fault, when: When) -> Self {
        self.faults.push((fault, when));
        self
    }

    /// Bytes pass at this rate.
    #[must_use]
    pub fn baud(mut self, baud: u32) -> Self {
        self.baud = Some(baud);
        self
    }

    /// In real time, everything goes so many times as fast, the line included: for whoever hasn't got the
    /// modem's time.
    #[must_use]
    pub fn speed(mut self, speed: u32) -> Self {
        self.speed = speed;
        self
    }

    /// The boot is over already.
    #[must_use]
    pub fn booted(mut self) -> Self {
        self.boots = false;
        self
    }
}
