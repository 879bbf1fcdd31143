//! The host's end of the line.

use std::fmt;
use std::io;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crate::simulator::{Core, Shared, Time};

/// What a written byte takes in lock-step without a pace.
const WRITE_TIME: Duration = Duration::from_micros(10);

/// How long a blocking read in real time waits before it looks again.
const LOOK_AGAIN: Duration = Duration::from_micros(250);

/// The host's end of the line to a modem.
///
/// It is an `embedded_io` port (`Read`, `ReadReady`, `Write`) and a `std::io` one. A blocking read that has nothing
/// to read for `Config::read_timeout` fails with `TimedOut`, so that a test which waits in vain ends.
///
/// Clones are the same line: one may read while another writes.
#[derive(Clone)]
pub struct SerialPort {
    shared: Arc<Shared>,
}

/// What can go wrong at the host's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortError {
    /// Nothing came for `Config::read_timeout`.
    TimedOut,
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing came from the modem")
    }
}

impl std::error::Error for PortError {}

impl embedded_io::Error for PortError {
    fn kind(&self) -> embedded_io::ErrorKind {
        embedded_io::ErrorKind::TimedOut
    }
}

impl From<PortError> for io::Error {
    fn from(error: PortError) -> Self {
        io::Error::new(io::ErrorKind::TimedOut, error)
    }
}

impl SerialPort {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        SerialPort { shared }
    }

    /// How many bytes can be read at once. In lock-step, none of them moves the clock on by a step.
    pub fn available(&mut self) -> usize {
        let mut core = self.shared.lock();
        look(&mut core);
        core.modem.available()
    }

    /// Reads what is there, without waiting; in lock-step, nothing there moves the clock on by a step.
    pub fn read_now(&mut self, buffer: &mut [u8]) -> usize {
        let mut core = self.shared.lock();
        look(&mut core);
        let count = core.modem.read(buffer);
        // Room in the window lets the modem go on.
        core.run();
        count
    }

    /// Reads until nothing has come for this long, in the simulator's time.
    pub fn read_until_quiet(&mut self, quiet: Duration) -> Vec<u8> {
        let mut output = Vec::new();
        let mut heard = self.shared.lock().now();
        loop {
            let mut core = self.shared.lock();
            look(&mut core);
            let now = core.now();
            if core.modem.available() > 0 {
                core.modem.take_output(&mut output);
                heard = now;
            } else if now.saturating_sub(heard) >= quiet {
                return output;
            } else if matches!(core.time, Time::Real(..)) {
                drop(core);
                std::thread::sleep(LOOK_AGAIN);
            }
        }
    }

    /// Reads until the output ends with these bytes; fails when nothing comes for `Config::read_timeout`.
    pub fn read_until(&mut self, end: &[u8]) -> Result<Vec<u8>, PortError> {
        let mut output = Vec::new();
        let mut byte = [0];
        while !output.ends_with(end) {
            self.read_some(&mut byte)?;
            output.push(byte[0]);
        }
        Ok(output)
    }

    /// Reads at least a byte.
    fn read_some(&mut self, buffer: &mut [u8]) -> Result<usize, PortError> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let mut core = self.shared.lock();
        let begin = core.now();
        let timeout = core.modem.config().read_timeout;
        loop {
            look(&mut core);
            let count = core.modem.read(buffer);
            if count > 0 {
                core.run();
                return Ok(count);
            }
            if core.now().saturating_sub(begin) > timeout {
                return Err(PortError::TimedOut);
            }
            if matches!(core.time, Time::Real(..)) {
                let next = core.modem.next_event();
                let due = next.map_or(LOOK_AGAIN, |at| at.saturating_sub(core.now()));
                let wait = core.outside(due).clamp(Duration::from_micros(1), LOOK_AGAIN);
                core = self
                    .shared
                    .wake
                    .wait_timeout(core, wait)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0;
            }
        }
    }

    /// Writes all of it, without waiting: at a pace, bytes queue up on the line.
    pub fn write_now(&mut self, bytes: &[u8]) {
        let mut core = self.shared.lock();
        let now = core.now();
        core.modem.feed(now, bytes);
        if matches!(core.time, Time::Virtual) && core.modem.config().baud.is_none() {
            // Were writing to take no time, a host that asks and asks would stop the clock.
            core.advance(WRITE_TIME * bytes.len() as u32);
            core.grant();
        }
        self.shared.wake.notify_all();
    }

    /// Waits until all that was written has arrived at the modem.
    fn drain(&mut self) {
        let mut core = self.shared.lock();
        let now = core.now();
        let due = core.modem.input_drained_at(now).saturating_sub(now);
        match core.time {
            Time::Virtual => core.advance(due),
            Time::Real(..) => {
                let due = core.outside(due);
                drop(core);
                let begin = Instant::now();
                while begin.elapsed() < due {
                    std::thread::sleep(due.saturating_sub(begin.elapsed()));
                }
                self.shared.lock().run();
            }
        }
    }

    /// Changes the rate of the host's end, which matters with `Config::strict_baud`.
    pub fn set_baud(&mut self, baud: u32) {
        self.drain();
        self.shared.lock().modem.set_host_baud(baud);
    }
}

/// Lets the modem run; in lock-step, time passes when there is nothing to read.
fn look(core: &mut Core) {
    core.run();
    if core.modem.available() > 0 || matches!(core.time, Time::Real(..)) {
        return;
    }
    core.grant();
    if core.modem.available() == 0 {
        core.step();
    }
}

impl embedded_io::ErrorType for SerialPort {
    type Error = PortError;
}

impl embedded_io::Read for SerialPort {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, PortError> {
        self.read_some(buffer)
    }
}

impl embedded_io::ReadReady for SerialPort {
    fn read_ready(&mut self) -> Result<bool, PortError> {
        Ok(self.available() > 0)
    }
}

impl embedded_io::Write for SerialPort {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, PortError> {
        self.write_now(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), PortError> {
        self.drain();
        Ok(())
    }
}

impl embedded_io::WriteReady for SerialPort {
    fn write_ready(&mut self) -> Result<bool, PortError> {
        Ok(true)
    }
}

impl io::Read for SerialPort {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(self.read_some(buffer)?)
    }
}

impl io::Write for SerialPort {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_now(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.drain();
        Ok(())
    }
}
