//! This crate's driver on the simulated modem.

use crate::Result;
use embedded_io::{ErrorType, Read, ReadReady, Write};
use esp8266_sim::{Config, Handle, PortError, SerialPort, Simulator, VirtualClock};
use safe_http_client::esp_at::EspAt;
use safe_http_client::{Clock, LoopContext};
use std::time::{Duration, Instant};

/// The server's address in the simulated network.
pub const HOST: [u8; 4] = [192, 168, 4, 20];

/// Its port 80.
pub const URL: &str = "http://192.168.4.20/data";

/// The simulator's virtual clock.
#[derive(Clone)]
pub struct Virtual(pub VirtualClock);

impl Clock for Virtual {
    fn now_ms(&self) -> u32 {
        self.0.now_ms() as u32
    }
}

/// The machine's clock.
#[derive(Clone, Copy)]
pub struct Real(pub Instant);

impl Clock for Real {
    fn now_ms(&self) -> u32 {
        self.0.elapsed().as_millis() as u32
    }
}

/// A port whose far end takes its time before it looks at what was written.
pub struct Slow {
    pub port: SerialPort,
    pub clock: VirtualClock,
    pub turnaround: Duration,
}

impl ErrorType for Slow {
    type Error = PortError;
}

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> std::result::Result<usize, PortError> {
        self.port.read(buffer)
    }
}

impl ReadReady for Slow {
    fn read_ready(&mut self) -> std::result::Result<bool, PortError> {
        self.port.read_ready()
    }
}

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> std::result::Result<usize, PortError> {
        self.clock.advance(self.turnaround);
        self.port.write(bytes)
    }

    fn flush(&mut self) -> std::result::Result<(), PortError> {
        self.port.flush()
    }
}

/// A modem that has joined its access point, in virtual time. A read takes `RX_BUF` bytes at most.
pub fn joined<const RX_BUF: usize>(
    config: Config,
    turnaround: Duration,
    cx: &mut LoopContext,
) -> Result<(Handle, VirtualClock, EspAt<Slow, Virtual, RX_BUF>)> {
    let (handle, port, clock) = Simulator::lockstep(config);
    let slow = Slow { port, clock: clock.clone(), turnaround };
    let mut modem = EspAt::<_, _, RX_BUF>::with_rx_buf(slow, Virtual(clock.clone()));
    modem.join(cx, "sim", "simsimsim").map_err(|error| format!("join: {error}"))?;
    Ok((handle, clock, modem))
}
