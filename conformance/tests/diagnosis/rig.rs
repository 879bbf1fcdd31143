//! A driver and a simulated modem in lock-step, with a network of their own.

use crate::observed::On;
use conformance::common::cx;
use conformance::modem::{Driver, HOST, SimClock};
use embedded_nal::nb;
use esp8266_sim::{Config, Dialect, Handle, Simulator};
use safe_http_client::esp_at::{EspAt, JoinError};
use safe_http_client::{ErrorKind, ErrorOf, IpConfig, LoopContext, SafeHttpClient};
use std::time::Duration;

pub const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

pub struct Rig {
    pub handle: Handle,
    pub clock: SimClock,
    pub modem: Driver,
    pub cx: LoopContext,
}

/// Servers at several ports of one host, which has a name.
pub fn config(dialect: Dialect) -> Config {
    Config::new(dialect)
        .peer(HOST, 80, esp8266_sim::canned(HELLO, false))
        .peer(HOST, 81, esp8266_sim::canned(HELLO, true))
        .peer(HOST, 7, esp8266_sim::echo())
        .name("gate.local", HOST)
}

/// What a fault of this firmware is counted for.
pub fn on(dialect: Dialect) -> On {
    match dialect {
        Dialect::NonOs17 | Dialect::Single17 => On::NonOs,
        Dialect::EspAt2 => On::EspAt2,
    }
}

impl Rig {
    pub fn new(config: Config) -> Self {
        let (handle, port, clock) = Simulator::lockstep(config);
        // It ticks, so that data which wait on the line for their reader don't stop it.
        let clock = SimClock(clock.ticking(Duration::from_micros(2)));
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

    pub fn now(&self) -> Duration {
        self.clock.0.now()
    }

    /// GETs until one succeeds; whether one did.
    pub fn recovers(&mut self, url: &str, most: Duration) -> bool {
        let begin = self.now();
        while self.get(url) != Ok("hello".into()) {
            if self.now() - begin > most {
                return false;
            }
        }
        true
    }

    /// A GET by a client of its own, and the body or the error.
    pub fn get(&mut self, url: &str) -> Result<String, String> {
        let Self { modem, clock, cx, .. } = self;
        let mut client = SafeHttpClient::new(modem, &*clock);
        let tell = |error: ErrorOf<&mut Driver>| {
            let detail = match &error.kind {
                ErrorKind::Connect(error)
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
