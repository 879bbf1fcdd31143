//! A client that is online without having waited.

#[path = "support/mod.rs"]
mod support;

use safe_http_client::{Online, SafeHttpClient};

fn main() {
    let (mut modem, clock) = support::board();
    let online = SafeHttpClient::<_, _, Online>::new(&mut modem, &clock);
}
