//! A driver and a simulated modem in lock-step.

pub use conformance::common::cx;
pub use conformance::modem::{Driver, HOST, SimClock};
use embedded_nal::nb;
use esp8266_sim::{Config, Dialect, Handle, Simulator};
use safe_http_client::esp_at::{EspAt, JoinError, TlsVerification};
use safe_http_client::{ErrorKind, ErrorOf, IpConfig, LoopContext, Network, SafeHttpClient};
use std::time::Duration;

pub const MS: Duration = Duration::from_millis(1);
pub const SECOND: Duration = Duration::from_secs(1);

pub const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

pub struct Rig {
    pub handle: Handle,
    pub clock: SimClock,
    pub modem: Driver,
    pub cx: LoopContext,
}

impl Rig {
    pub fn new(config: Config) -> Rig {
        let (handle, port, clock) = Simulator::lockstep(config);
        // It ticks, so that data which wait on the line for their reader don't stop it.
        let clock = SimClock(clock.ticking(Duration::from_micros(2)));
        Rig { modem: EspAt::new(port, clock.clone()), handle, clock, cx: cx() }
    }

    pub fn joined(config: Config) -> Rig {
        let mut rig = Rig::new(config);
        rig.join().unwrap();
        rig
    }

    pub fn join(&mut self) -> Result<IpConfig, JoinError> {
        self.modem.join(&mut self.cx, "sim", "simsimsim")
    }

    /// With TLS in the modem.
    pub fn with_tls(self, verification: TlsVerification) -> Rig {
        let Rig { handle, clock, modem, cx } = self;
        Rig { modem: modem.with_tls(verification), handle, clock, cx }
    }

    /// The host is reset: another driver at the same modem.
    pub fn host_restarts(self) -> Rig {
        let Rig { handle, clock, mut modem, cx } = self;
        let port = modem.serial_mut().clone();
        handle.clear_log();
        Rig { modem: Driver::new(port, clock.clone()), handle, clock, cx }
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
}

pub fn config(dialect: Dialect) -> Config {
    Config::new(dialect)
        .peer(HOST, 80, esp8266_sim::canned(HELLO, false))
        .peer(HOST, 81, esp8266_sim::canned(HELLO, true))
        .peer(HOST, 7, esp8266_sim::echo())
        .name("gate.local", HOST)
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

impl Rig {
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

    /// A GET by a client of its own, and the body or the error.
    pub fn get(&mut self, url: &str) -> Result<String, String> {
        let Rig { modem, clock, cx, .. } = self;
        let mut client = SafeHttpClient::new(modem, &*clock);
        let mut online = client.wait_online(cx).map_err(|why| {
            let error: ErrorOf<&mut Driver> = why.into();
            error.code().to_owned()
        })?;
        let mut buffer = [0; 1024];
        let tell = |error: ErrorOf<&mut Driver>| {
            let detail = match error.kind {
                ErrorKind::Connect(error)
                | ErrorKind::Send(error)
                | ErrorKind::Receive(error)
                | ErrorKind::Resolve(error)
                | ErrorKind::Socket(error) => format!(": {error:?}"),
                _ => String::new(),
            };
            format!("{}{detail}", error.code())
        };
        let mut response = online.get(url, &mut buffer).send().map_err(tell)?;
        response.read_to_str().map(str::to_owned).map_err(tell)
    }
}
