//! A closure given as the clock.
//! note: make one of a function that counts milliseconds: `FnClock(|| timer.millis())`

#[path = "support/mod.rs"]
mod support;

use safe_http_client::SafeHttpClient;

fn main() {
    let (modem, _) = support::board();
    let _ = SafeHttpClient::new(modem, || 17);
}
