//! A request before `wait_online`.
//! note: call `wait_online(&mut cx)` first: it consumes the offline client and returns the online one, which has requests

#[path = "support/mod.rs"]
mod support;

use safe_http_client::{LoopContext, SafeHttpClient};

fn main() {
    let mut cx = LoopContext::take().unwrap();
    let (mut modem, clock) = support::board();
    let mut client = SafeHttpClient::new(&mut modem, &clock);
    let mut buffer = [0; 1024];
    let _ = client.get(&mut cx, "http://192.168.1.20/gate", &mut buffer).send();
}
