//! The driver of the ESP8266, and a simulated modem in lock-step with it: time is virtual.

use esp8266_sim::{Config, Handle, SerialPort, Simulator, VirtualClock};
use safe_http_client::esp_at::EspAt;
use safe_http_client::{Clock, LoopContext};
use std::time::Duration;

/// A host in the network that the modem joins.
pub const HOST: [u8; 4] = [192, 168, 4, 20];

/// The simulator's clock.
#[derive(Clone)]
pub struct SimClock(pub VirtualClock);

impl Clock for SimClock {
    fn now_ms(&self) -> u32 {
        self.0.now_ms() as u32
    }
}

pub type Driver = EspAt<SerialPort, SimClock>;

/// A driver that has joined. The modem lives as long as its handle.
pub fn joined(config: Config, cx: &mut LoopContext) -> (Driver, SimClock, Handle) {
    let (handle, port, clock) = Simulator::lockstep(config);
    // It ticks, so that data which wait on the line for their reader don't stop it.
    let clock = SimClock(clock.ticking(Duration::from_micros(2)));
    let mut driver = EspAt::new(port, clock.clone());
    driver.join(cx, "sim", "simsimsim").unwrap();
    (driver, clock, handle)
}
