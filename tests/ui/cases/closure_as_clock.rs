//! A closure given as the clock.
//! note: make one of a function that counts milliseconds: `FnClock(|| timer.millis())`

#[path = "support/mod.rs"]
mod support;

use safe_http_client::SafeHttpClient;

fn main() {
    let (mut modem, _) = support::board();
    let _ = SafeHttpClient::new(&mut modem, || 17);
}
