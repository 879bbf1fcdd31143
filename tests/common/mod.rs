//! What the tests share: the token, a clock that they move, and a scripted stack that fragments,
//! pends and fails.
#![allow(dead_code)]

pub mod faults;
pub mod script;
pub mod tools;

use safe_http_client::{Clock, IpConfig, Link, LinkStatus, LoopContext};
use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;

/// The token of this thread's loop: with the feature `std` each thread has one, and without it the
/// program, so that other tests wait for it.
pub fn cx() -> LoopContext {
    loop {
        if let Some(cx) = LoopContext::take() {
            return cx;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

/// A clock that a test moves; each look at it takes `step` milliseconds.
#[derive(Clone, Default)]
pub struct TestClock {
    now: Rc<Cell<u32>>,
    step: u32,
}

impl TestClock {
    /// A clock on which time passes by looking at it.
    pub fn ticking(step: u32) -> Self {
        Self { now: Rc::default(), step }
    }

    pub fn advance(&self, ms: u32) {
        self.now.set(self.now.get().wrapping_add(ms));
    }

    pub fn set(&self, ms: u32) {
        self.now.set(ms);
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> u32 {
        self.advance(self.step);
        self.now.get()
    }
}

/// A writer that keeps all it is given.
pub struct Sink<'v>(pub &'v mut Vec<u8>);

impl embedded_io::ErrorType for Sink<'_> {
    type Error = std::convert::Infallible;
}

impl embedded_io::Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// A link that a test takes up and down.
#[derive(Clone)]
pub struct TestLink(pub Rc<Cell<LinkStatus>>);

impl TestLink {
    pub fn up() -> Self {
        Self(Rc::new(Cell::new(Self::address())))
    }

    pub fn new(status: LinkStatus) -> Self {
        Self(Rc::new(Cell::new(status)))
    }

    pub fn set(&self, status: LinkStatus) {
        self.0.set(status);
    }

    /// The status of a chip with an address.
    pub fn address() -> LinkStatus {
        LinkStatus::Up(IpConfig::new(IpAddr::V4(Ipv4Addr::new(192, 168, 1, 57))))
    }
}

impl Link for TestLink {
    fn link_status(&mut self) -> LinkStatus {
        self.0.get()
    }
}
