//! The serial line to the modem: simulated, or a real port of this PC.

use embedded_io::{ErrorKind, ErrorType, Read, ReadReady, Write};
use std::collections::VecDeque;
use std::io;
use std::net::Ipv4Addr;
use std::sync::mpsc::Sender;
use std::time::Duration;

/// The modem's serial line. On a board it is a UART of your HAL.
pub struct Serial {
    line: Line,
    supervisor: Supervisor,
}

enum Line {
    Simulated(esp8266_sim::SerialPort),
    Real(Port),
}

/// What a vendor's Wi-Fi task tells those who registered for it.
#[derive(Debug, Clone, Copy)]
pub enum WifiEvent {
    GotIp(Ipv4Addr),
    Disconnected,
}

impl Serial {
    pub fn simulated(port: esp8266_sim::SerialPort, events: Sender<WifiEvent>) -> Self {
        Self { line: Line::Simulated(port), supervisor: Supervisor { events, said: Vec::new() } }
    }

    pub fn real(path: &str, baud: u32, events: Sender<WifiEvent>) -> io::Result<Self> {
        let port = Port { port: serial2::SerialPort::open(path, baud)?, came: VecDeque::new() };
        Ok(Self { line: Line::Real(port), supervisor: Supervisor { events, said: Vec::new() } })
    }
}

impl ErrorType for Serial {
    type Error = ErrorKind;
}

impl Read for Serial {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        let count = match &mut self.line {
            Line::Simulated(port) => port.read_now(buffer),
            Line::Real(port) => port.read(buffer).map_err(|error| kind(&error))?,
        };
        self.supervisor.hear(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

impl ReadReady for Serial {
    fn read_ready(&mut self) -> Result<bool, ErrorKind> {
        match &mut self.line {
            Line::Simulated(port) => Ok(port.available() > 0),
            Line::Real(port) => match port.wait(Duration::ZERO) {
                Ok(()) => Ok(true),
                Err(error) if error.kind() == io::ErrorKind::TimedOut => Ok(false),
                Err(error) => Err(kind(&error)),
            },
        }
    }
}

impl Write for Serial {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        match &mut self.line {
            Line::Simulated(port) => {
                port.write_now(bytes);
                Ok(bytes.len())
            }
            Line::Real(port) => port.port.write(bytes).map_err(|error| kind(&error)),
        }
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        match &mut self.line {
            Line::Simulated(_) => Ok(()),
            Line::Real(port) => port.port.flush().map_err(|error| kind(&error)),
        }
    }
}

/// A port of the operating system, which doesn't tell whether bytes have come: those that it gave early.
struct Port {
    port: serial2::SerialPort,
    came: VecDeque<u8>,
}

impl Port {
    /// Waits so long for bytes, unless there are some.
    fn wait(&mut self, most: Duration) -> io::Result<()> {
        if self.came.is_empty() {
            self.port.set_read_timeout(most)?;
            let mut bytes = [0; 256];
            match self.port.read(&mut bytes)? {
                0 => return Err(io::ErrorKind::BrokenPipe.into()),
                count => self.came.extend(&bytes[..count]),
            }
        }
        Ok(())
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.wait(super::SECOND)?;
        io::Read::read(&mut self.came, buffer)
    }
}

fn kind(error: &io::Error) -> ErrorKind {
    match error.kind() {
        io::ErrorKind::TimedOut => ErrorKind::TimedOut,
        io::ErrorKind::BrokenPipe | io::ErrorKind::NotFound => ErrorKind::BrokenPipe,
        _ => ErrorKind::Other,
    }
}

/// Stands for a vendor's Wi-Fi task: it knows when the link comes and goes, here by what the modem
/// says of it.
struct Supervisor {
    events: Sender<WifiEvent>,
    said: Vec<u8>,
}

impl Supervisor {
    fn hear(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\n' => {
                    if let Some(event) = event(self.said.trim_ascii()) {
                        // Nobody may have registered for it.
                        let _ = self.events.send(event);
                    }
                    self.said.clear();
                }
                byte if self.said.len() < 64 => self.said.push(*byte),
                _ => {}
            }
        }
    }
}

fn event(line: &[u8]) -> Option<WifiEvent> {
    // Some firmwares say a reason behind it.
    if line.starts_with(b"WIFI DISCONNECT") {
        return Some(WifiEvent::Disconnected);
    }
    let own = ["+CIPSTA:ip:\"", "+CIPSTA_CUR:ip:\""]
        .iter()
        .find_map(|name| line.strip_prefix(name.as_bytes()))?;
    let address: Ipv4Addr = std::str::from_utf8(own.strip_suffix(b"\"")?).ok()?.parse().ok()?;
    (!address.is_unspecified()).then_some(WifiEvent::GotIp(address))
}
