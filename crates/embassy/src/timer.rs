//! embassy-time as the client's timer.

use nal_link::Clock;
use safe_http_client::asynch::Timer;

/// embassy-time's clock and timers.
#[derive(Debug, Clone, Copy, Default)]
pub struct EmbassyTimer;

impl Clock for EmbassyTimer {
    fn now_ms(&self) -> u32 {
        // Truncation is the wrap that `Clock` allows.
        embassy_time::Instant::now().as_millis() as u32
    }
}

impl Timer for EmbassyTimer {
    async fn sleep_ms(&self, ms: u32) {
        embassy_time::Timer::after_millis(ms.into()).await;
    }
}
