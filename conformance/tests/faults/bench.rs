//! The stacks on which calls go wrong, each with the server behind it.

use crate::memory::{Memory, NAME};
use crate::peer::{self, Heard, Server};
use conformance::common::{TestClock, TestLink};
use conformance::modem::{self, Driver, HOST, SimClock};
use esp8266_sim::{Dialect, Handle, Reply};
use safe_http_client::{Clock, LoopContext, NalNetwork, Network, PcLink, StackQuirks};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Lets so many milliseconds pass.
pub type Pass = Rc<dyn Fn(u32)>;

/// A stack, with a server behind it.
pub trait Bench {
    type Net<'a>: Network
    where
        Self: 'a;
    type Clock: Clock + Clone;

    /// Where the server is.
    fn base(&self) -> String;

    /// The network for one client, the clock, and how to move it.
    fn network(&mut self) -> (Self::Net<'_>, Self::Clock, Pass);

    /// What the server has heard.
    fn heard(&self) -> &Heard;

    /// How often a call would block depends on the machine's load.
    const IN_REAL_TIME: bool = false;

    /// A `send` that fails may have been carried out: the failure was in its confirmation. One that is
    /// given up is filled with zero bytes.
    const CONFIRMS_SENDS: bool = false;
}

// ---- In memory ----

pub struct InMemory {
    quirks: StackQuirks,
    heard: Heard,
}

impl InMemory {
    pub fn new(quirks: StackQuirks) -> Self {
        Self { quirks, heard: Heard::default() }
    }
}

impl Bench for InMemory {
    type Net<'a> = NalNetwork<Memory, TestLink>;
    type Clock = TestClock;

    fn base(&self) -> String {
        format!("http://{NAME}")
    }

    fn network(&mut self) -> (Self::Net<'_>, TestClock, Pass) {
        let clock = TestClock::default();
        let pass = clock.clone();
        let stack = Memory::new(self.heard.clone());
        let network = NalNetwork::new(stack, TestLink::up(), self.quirks);
        (network, clock, Rc::new(move |ms| pass.advance(ms)))
    }

    fn heard(&self) -> &Heard {
        &self.heard
    }
}

// ---- The operating system's sockets ----

pub struct Real {
    server: SocketAddr,
    heard: Heard,
}

impl Real {
    pub fn new() -> Self {
        let heard = Heard::default();
        Self { server: peer::listen(heard.clone()), heard }
    }
}

impl Bench for Real {
    type Net<'a> = NalNetwork<std_embedded_nal::Stack, PcLink>;
    type Clock = TestClock;

    fn base(&self) -> String {
        format!("http://localhost:{}", self.server.port())
    }

    /// The clock moves while a fault stalls, and not while the server is slow.
    fn network(&mut self) -> (Self::Net<'_>, TestClock, Pass) {
        let clock = TestClock::default();
        let pass = clock.clone();
        let network = NalNetwork::new(std_embedded_nal::Stack, PcLink, StackQuirks::STD);
        (network, clock, Rc::new(move |ms| pass.advance(ms)))
    }

    fn heard(&self) -> &Heard {
        &self.heard
    }

    const IN_REAL_TIME: bool = true;
}

// ---- EspAt on the simulated modem ----

pub struct Modem {
    driver: Driver,
    clock: SimClock,
    heard: Heard,
    _handle: Handle,
}

impl Modem {
    /// Joined, with the server at a host in its network. The slower the line, the more calls find nothing
    /// on it yet.
    pub fn new(dialect: Dialect, baud: Option<u32>, cx: &mut LoopContext) -> Self {
        let heard = Heard::default();
        let for_peers = heard.clone();
        let peer = Arc::new(move || {
            let mut server = Server::new(for_peers.clone());
            let peer = move |data: &[u8], reply: &mut Reply| {
                let answer = server.take(data);
                if !answer.is_empty() {
                    reply.send(&answer);
                }
            };
            Box::new(peer) as Box<dyn esp8266_sim::Peer>
        });
        let config = esp8266_sim::Config::new(dialect).peer(HOST, 80, peer).name(NAME, HOST);
        let config = match baud {
            Some(baud) => config.baud(baud),
            None => config,
        };
        let (driver, clock, handle) = modem::joined(config, cx);
        Self { driver, clock, heard, _handle: handle }
    }
}

impl Bench for Modem {
    type Net<'a> = &'a mut Driver;
    type Clock = SimClock;

    fn base(&self) -> String {
        format!("http://{NAME}")
    }

    fn network(&mut self) -> (&mut Driver, SimClock, Pass) {
        let pass = self.clock.clone();
        let pass = move |ms: u32| pass.0.advance(Duration::from_millis(ms.into()));
        (&mut self.driver, self.clock.clone(), Rc::new(pass))
    }

    fn heard(&self) -> &Heard {
        &self.heard
    }

    const CONFIRMS_SENDS: bool = true;
}
