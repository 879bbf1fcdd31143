//! A clock given as the timer of an async client.
//! note: `DelayTimer::new(clock, delay)` makes one of a `Clock` and an embedded-hal-async `DelayNs`: give a reference to it

use safe_http_client::FnClock;
use safe_http_client::asynch::{AsyncNetwork, SafeHttpClient};

fn millis() -> u32 {
    0
}

fn task(network: impl AsyncNetwork) {
    SafeHttpClient::new(network, FnClock(millis as fn() -> u32));
}

fn main() {}
