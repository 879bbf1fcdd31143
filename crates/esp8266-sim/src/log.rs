//! What passed over the line.

use std::time::Duration;

/// Which way bytes went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the host into the modem.
    ToModem,
    /// From the modem to the host.
    ToHost,
}

/// A run of bytes that went one way within two milliseconds.
#[derive(Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// When the first of them went, since the simulator began.
    pub at: Duration,
    /// Which way.
    pub direction: Direction,
    /// What.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for LogEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let arrow = match self.direction {
            Direction::ToModem => ">",
            Direction::ToHost => "<",
        };
        write!(f, "{:?} {arrow} {}", self.at, self.bytes.escape_ascii())
    }
}

/// Figures that the modem keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Command lines taken, those answered with `busy` or `ERROR` among them.
    pub commands: u64,
    /// Commands answered with `busy`.
    pub busy: u64,
    /// Bytes from the host, data of sends included.
    pub bytes_to_modem: u64,
    /// Bytes to the host, received data included.
    pub bytes_to_host: u64,
    /// Bytes handed to peers.
    pub sent: u64,
    /// Bytes that peers handed to the modem.
    pub received: u64,
    /// Bytes lost because the host's receive buffer was full.
    pub overruns: u64,
    /// Times that something was written to flash.
    pub flash_writes: u64,
    /// Resets, the one at power-on not among them.
    pub resets: u64,
    /// Bytes that went to the peer in data mode.
    pub passed_through: u64,
    /// Links that were opened.
    pub connects: u64,
}

/// The log, bounded so that a long download doesn't fill the memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    entries: Vec<LogEntry>,
    size: usize,
}

/// Bytes that follow one another this closely make one entry; paced ones would each be one else.
const RUN: Duration = Duration::from_millis(2);

/// Bytes after which the log takes no more.
const LIMIT: usize = 8 << 20;

impl Log {
    pub fn add(&mut self, at: Duration, direction: Direction, bytes: &[u8]) {
        if bytes.is_empty() || self.size >= LIMIT {
            return;
        }
        self.size += bytes.len();
        match self.entries.last_mut() {
            Some(last) if last.direction == direction && at - last.at < RUN => {
                last.bytes.extend_from_slice(bytes);
            }
            _ => self.entries.push(LogEntry { at, direction, bytes: bytes.to_vec() }),
        }
    }

    pub fn entries(&self) -> &[LogEntry] {
        &self.entries
    }

    pub fn clear(&mut self) {
        *self = Log::default();
    }
}
