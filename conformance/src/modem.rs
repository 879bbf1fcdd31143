//! The driver of the ESP8266, and a simulated modem in lock-step with it: time is virtual.

pub use crate::common::cx;
use embedded_nal::{TcpClientStack, nb};
use esp8266_sim::{Config, Dialect, Handle, SerialPort, Simulator, VirtualClock, canned, echo};
use safe_http_client::esp_at::{EspAt, EspAtError, JoinError, Socket, TlsVerification};
use safe_http_client::{
    Clock, ErrorKind, ErrorOf, IpConfig, Link, LinkStatus, LoopContext, Network, SafeHttpClient,
};
use std::net::SocketAddr;
use std::time::Duration;

pub const MS: Duration = Duration::from_millis(1);
pub const SECOND: Duration = Duration::from_secs(1);

/// A host in the network that the modem joins.
pub const HOST: [u8; 4] = [192, 168, 4, 20];

pub const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// The simulator's clock.
#[derive(Clone)]
pub struct SimClock(pub VirtualClock);

impl Clock for SimClock {
    fn now_ms(&self) -> u32 {
        self.0.now_ms() as u32
    }
}

pub type Driver = EspAt<SerialPort, SimClock>;

/// Servers at several ports of one host, which has a name.
pub fn config(dialect: Dialect) -> Config {
    Config::new(dialect)
        .peer(HOST, 80, canned(HELLO, false))
        .peer(HOST, 81, canned(HELLO, true))
        .peer(HOST, 7, echo())
        .name("gate.local", HOST)
}

/// A modem, which lives as long as its handle.
pub fn lockstep(config: Config) -> (Handle, SerialPort, SimClock) {
    let (handle, port, clock) = Simulator::lockstep(config);
    // It ticks, so that data which wait on the line for their reader don't stop it.
    (handle, port, SimClock(clock.ticking(Duration::from_micros(2))))
}

/// A driver that has joined.
pub fn joined(config: Config, cx: &mut LoopContext) -> (Driver, SimClock, Handle) {
    let (handle, port, clock) = lockstep(config);
    let mut driver = EspAt::new(port, clock.clone());
    driver.join(cx, "sim", "simsimsim").unwrap();
    (driver, clock, handle)
}

/// In both dialects of the firmware.
pub fn both(test: impl Fn(Dialect)) {
    Dialect::ALL.into_iter().for_each(test);
}

/// In both, and in the one that has a single connection.
pub fn every(test: impl Fn(Dialect)) {
    Dialect::WITH_SINGLE.into_iter().for_each(test);
}

/// Calls until it is ready, for at most so long.
pub fn block<T, E>(
    clock: &SimClock,
    most: Duration,
    mut step: impl FnMut() -> nb::Result<T, E>,
) -> Option<Result<T, E>> {
    let begin = clock.0.now();
    while clock.0.now() - begin < most {
        match step() {
            Err(nb::Error::WouldBlock) => {}
            Err(nb::Error::Other(error)) => return Some(Err(error)),
            Ok(value) => return Some(Ok(value)),
        }
    }
    None
}

pub fn at(port: u16) -> SocketAddr {
    SocketAddr::from((HOST, port))
}

/// A driver and its modem, and all that a client needs beside them.
pub struct Rig {
    pub handle: Handle,
    pub clock: SimClock,
    pub modem: Driver,
    pub cx: LoopContext,
}

impl Rig {
    pub fn new(config: Config) -> Self {
        let (handle, port, clock) = lockstep(config);
        Self { modem: EspAt::new(port, clock.clone()), handle, clock, cx: cx() }
    }

    pub fn joined(config: Config) -> Self {
        let mut rig = Self::new(config);
        rig.join().unwrap();
        rig
    }

    pub fn join(&mut self) -> Result<IpConfig, JoinError> {
        self.modem.join(&mut self.cx, "sim", "simsimsim")
    }

    /// With TLS in the modem.
    pub fn with_tls(self, verification: TlsVerification) -> Self {
        Self { modem: self.modem.with_tls(verification), ..self }
    }

    /// The host is reset: another driver at the same modem.
    pub fn host_restarts(mut self) -> Self {
        let port = self.modem.serial_mut().clone();
        self.handle.clear_log();
        Self { modem: Driver::new(port, self.clock.clone()), ..self }
    }

    pub fn now(&self) -> Duration {
        self.clock.0.now()
    }

    /// Lets time pass as a loop does that polls.
    pub fn poll(&mut self, time: Duration) {
        let begin = self.now();
        while self.now() - begin < time {
            self.modem.poll_network();
        }
    }

    pub fn is_up(&mut self) -> bool {
        matches!(self.modem.link_status(), LinkStatus::Up(_))
    }

    /// Polls until it is up; how long that took.
    pub fn up_within(&mut self, most: Duration) -> Option<Duration> {
        let begin = self.now();
        while self.now() - begin < most {
            if self.is_up() {
                return Some(self.now() - begin);
            }
        }
        None
    }

    /// The driver's commands, without data.
    pub fn said(&self) -> Vec<String> {
        let mut lines = self.handle.sent_lines();
        lines.retain(|line| line.starts_with("AT") || line == "?");
        lines
    }

    /// How often the driver gave this command.
    pub fn count(&self, command: &str) -> usize {
        self.handle.sent_lines().iter().filter(|line| line.starts_with(command)).count()
    }

    #[track_caller]
    pub fn wrote_no_flash(&self) {
        assert_eq!(self.handle.stats().flash_writes, 0, "{:#?}", self.handle.log());
    }

    /// A GET by a client of its own, and the body or the error.
    pub fn get(&mut self, url: &str) -> Result<String, String> {
        let Self { modem, clock, cx, .. } = self;
        let mut client = SafeHttpClient::new(modem, &*clock);
        let tell = |error: ErrorOf<&mut Driver>| {
            let detail = match &error.kind {
                ErrorKind::Connect(error)
                | ErrorKind::Handshake(error)
                | ErrorKind::Send(error)
                | ErrorKind::Receive(error)
                | ErrorKind::Resolve(error)
                | ErrorKind::Socket(error) => format!(": {error:?}"),
                _ => String::new(),
            };
            format!("{}{detail}", error.code())
        };
        let mut online = client.wait_online(cx).map_err(|why| tell(why.into()))?;
        let mut buffer = [0; 1024];
        let mut response = online.get(url, &mut buffer).send().map_err(tell)?;
        response.read_to_str().map(str::to_owned).map_err(tell)
    }

    /// GETs until one succeeds; how many it took, and whether one did.
    pub fn get_until_ok(&mut self, url: &str, most: Duration) -> (u32, bool) {
        let begin = self.now();
        let mut tries = 1;
        while self.get(url) != Ok("hello".into()) {
            if self.now() - begin > most {
                return (tries, false);
            }
            tries += 1;
        }
        (tries, true)
    }
}

/// Sockets, whose calls block.
impl Rig {
    pub fn socket(&mut self) -> Socket {
        self.modem.socket().unwrap()
    }

    pub fn connect(&mut self, socket: &mut Socket, port: u16) -> Result<(), EspAtError> {
        block(&self.clock, 60 * SECOND, || self.modem.connect(socket, at(port))).unwrap()
    }

    pub fn connected(&mut self, port: u16) -> Socket {
        let mut socket = self.socket();
        self.connect(&mut socket, port).unwrap();
        socket
    }

    pub fn send(&mut self, socket: &mut Socket, data: &[u8]) -> Result<usize, EspAtError> {
        block(&self.clock, 60 * SECOND, || self.modem.send(socket, data)).unwrap()
    }

    pub fn send_all(&mut self, socket: &mut Socket, mut data: &[u8]) {
        while !data.is_empty() {
            let count = self.send(socket, data).unwrap();
            data = &data[count..];
        }
    }

    pub fn receive(
        &mut self,
        socket: &mut Socket,
        most: usize,
    ) -> Option<Result<Vec<u8>, EspAtError>> {
        let mut buffer = vec![0; most];
        let got = block(&self.clock, 20 * SECOND, || self.modem.receive(socket, &mut buffer))?;
        Some(got.map(|count| buffer[..count].to_vec()))
    }

    pub fn receive_all(&mut self, socket: &mut Socket, most: usize) -> Result<Vec<u8>, EspAtError> {
        let mut all = Vec::new();
        loop {
            match self.receive(socket, most).expect("an end")? {
                piece if piece.is_empty() => return Ok(all),
                piece => all.extend(piece),
            }
        }
    }
}
