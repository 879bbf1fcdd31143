//! A request of a client that may have no IP address.
//! note: call `online(&mut cx)` or `wait_online(&mut cx)` first: it lends the `Online` client, which has requests

#[path = "support/mod.rs"]
mod support;

use safe_http_client::{LoopContext, SafeHttpClient};

fn main() {
    let mut cx = LoopContext::take().unwrap();
    let (modem, clock) = support::board();
    let mut client = SafeHttpClient::new(modem, clock);
    let mut buffer = [0; 1024];
    let _ = client.get("http://192.168.1.20/gate", &mut buffer).send();
}
