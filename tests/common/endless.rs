//! A stack whose server never ends.
#![allow(dead_code)]

use crate::common::TestClock;
use crate::common::script::ScriptError;
use embedded_nal::{AddrType, Dns, TcpClientStack, nb};
use safe_http_client::Clock;
use std::cell::Cell;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

/// When the server's bytes come.
#[derive(Clone, Copy)]
pub enum Pace {
    /// As many as the buffer takes, at each call.
    AtOnce,
    /// One at most every so many milliseconds; calls come too early, and take `call_ms` each.
    Every { ms: u32, call_ms: u32 },
    /// One at each call, which waits so many milliseconds for it.
    Blocks { ms: u32 },
    /// None, and each call takes so many milliseconds to say so.
    Never { call_ms: u32 },
}

/// A server that says `start`, and then `unit` for ever.
#[derive(Clone)]
pub struct Endless {
    pub clock: TestClock,
    pub start: Vec<u8>,
    pub unit: Vec<u8>,
    pub pace: Pace,
    /// `send` takes one byte at once, in a second; all at once otherwise.
    pub takes_slowly: bool,
    /// How many bytes it has said.
    pub given: Rc<Cell<usize>>,
    due: Option<u32>,
}

impl Endless {
    pub fn new(
        clock: &TestClock,
        start: impl Into<Vec<u8>>,
        unit: impl Into<Vec<u8>>,
        pace: Pace,
    ) -> Self {
        Self {
            clock: clock.clone(),
            start: start.into(),
            unit: unit.into(),
            pace,
            takes_slowly: false,
            given: Rc::default(),
            due: None,
        }
    }
}

impl TcpClientStack for Endless {
    type TcpSocket = ();
    type Error = ScriptError;

    fn socket(&mut self) -> Result<(), ScriptError> {
        Ok(())
    }

    fn connect(&mut self, (): &mut (), _: SocketAddr) -> nb::Result<(), ScriptError> {
        Ok(())
    }

    fn send(&mut self, (): &mut (), buffer: &[u8]) -> nb::Result<usize, ScriptError> {
        if !self.takes_slowly {
            return Ok(buffer.len());
        }
        self.clock.advance(1000);
        Ok(buffer.len().min(1))
    }

    fn receive(&mut self, (): &mut (), buffer: &mut [u8]) -> nb::Result<usize, ScriptError> {
        let count = match self.pace {
            Pace::AtOnce => buffer.len(),
            Pace::Blocks { ms } => {
                self.clock.advance(ms);
                1
            }
            Pace::Never { call_ms } => {
                self.clock.advance(call_ms);
                return Err(nb::Error::WouldBlock);
            }
            Pace::Every { ms, call_ms } => {
                self.clock.advance(call_ms);
                let now = self.clock.now_ms();
                // The clock may come round meanwhile.
                if (now.wrapping_sub(*self.due.get_or_insert(now)) as i32) < 0 {
                    return Err(nb::Error::WouldBlock);
                }
                self.due = Some(now.wrapping_add(ms));
                1
            }
        };
        let said = self.start.iter().chain(self.unit.iter().cycle());
        let given = self.given.get();
        let at = given.checked_sub(self.start.len()).map_or(given, |behind| {
            // Not from the beginning: a million bytes would be walked over for each.
            self.start.len() + behind % self.unit.len()
        });
        for (slot, byte) in buffer[..count].iter_mut().zip(said.skip(at)) {
            *slot = *byte;
        }
        self.given.set(given + count);
        assert!(self.given.get() < 2_000_000, "it is never enough");
        Ok(count)
    }

    fn close(&mut self, (): ()) -> Result<(), ScriptError> {
        Ok(())
    }
}

impl Dns for Endless {
    type Error = ScriptError;

    fn get_host_by_name(&mut self, name: &str, _: AddrType) -> nb::Result<IpAddr, ScriptError> {
        panic!("{name} is an address")
    }

    fn get_host_by_address(&mut self, _: IpAddr, _: &mut [u8]) -> nb::Result<usize, ScriptError> {
        panic!("reverse look-ups are never asked for")
    }
}
