//! A driver and a simulated modem in lock-step.
#![allow(dead_code)]

use embedded_nal::nb;
use esp8266_sim::{Config, Dialect, Handle, SerialPort, Simulator, VirtualClock};
use safe_http_client::esp_at::{EspAt, JoinError};
use safe_http_client::{Clock, ErrorKind, ErrorOf, IpConfig, LoopContext, SafeHttpClient};
use std::ops::{Deref, DerefMut};
use std::time::Duration;

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

pub struct Rig {
    pub handle: Handle,
    pub clock: SimClock,
    pub modem: Driver,
    pub cx: Cx,
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

    pub fn now(&self) -> Duration {
        self.clock.0.now()
    }
}

pub fn config(dialect: Dialect) -> Config {
    Config::new(dialect)
        .peer(HOST, 80, esp8266_sim::canned(HELLO, false))
        .peer(HOST, 81, esp8266_sim::canned(HELLO, true))
        .peer(HOST, 7, esp8266_sim::echo())
        .name("gate.local", HOST)
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

/// The program's one loop context, borrowed by one test at a time: others wait for it.
pub struct Cx(Option<LoopContext>);

/// Waits for the token.
pub fn cx() -> Cx {
    loop {
        if let Some(cx) = LoopContext::take() {
            return Cx(Some(cx));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

impl Deref for Cx {
    type Target = LoopContext;
    fn deref(&self) -> &LoopContext {
        self.0.as_ref().unwrap()
    }
}

impl DerefMut for Cx {
    fn deref_mut(&mut self) -> &mut LoopContext {
        self.0.as_mut().unwrap()
    }
}

impl Drop for Cx {
    fn drop(&mut self) {
        if let Some(cx) = self.0.take() {
            cx.give_back();
        }
    }
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
        let client = SafeHttpClient::new(modem, &*clock);
        let mut online = match client.wait_online(cx) {
            Ok(online) => online,
            Err(failed) => return Err(failed.error.code().into()),
        };
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
        let mut response = online.get(cx, url, &mut buffer).send().map_err(tell)?;
        response.read_to_str().map(str::to_owned).map_err(tell)
    }
}
