//! An online client that nobody asked for its IP address.

#[path = "support/mod.rs"]
mod support;

use safe_http_client::{LoopContext, Online, SafeHttpClient};

fn main() {
    let mut cx = LoopContext::take().unwrap();
    let (modem, clock) = support::board();
    let mut client = SafeHttpClient::new(modem, clock);
    let online = Online::new(&mut client, &mut cx);
}
