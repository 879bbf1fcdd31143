//! A stack that is polled given to an async client.
//! note: attach the stack to its link: `asynch::NalNetwork::new(&tcp, &dns, link)`

#[path = "../support/mod.rs"]
mod support;

use safe_http_client::asynch::{SafeHttpClient, Timer};

fn task(timer: impl Timer) {
    let (modem, _) = support::board();
    SafeHttpClient::new(modem, timer);
}

fn main() {}
