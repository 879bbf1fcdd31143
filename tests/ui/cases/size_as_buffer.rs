//! No buffer where the request's buffer belongs.
//! note: a request takes the URL and a buffer: `online.get("http://192.168.1.20/gate", &mut buffer)`

#[path = "support/mod.rs"]
mod support;

use safe_http_client::{LoopContext, SafeHttpClient};

fn main() {
    let mut cx = LoopContext::take().unwrap();
    let (modem, clock) = support::board();
    let mut client = SafeHttpClient::new(modem, clock);
    let mut online = client.wait_online(&mut cx).unwrap();
    let _ = online.get("http://192.168.1.20/gate", 1024).send();
}
