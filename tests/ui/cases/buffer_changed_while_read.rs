//! The buffer changed while a body in it is read.

#[path = "support/mod.rs"]
mod support;

use safe_http_client::{LoopContext, SafeHttpClient};

fn main() {
    let mut cx = LoopContext::take().unwrap();
    let (mut modem, clock) = support::board();
    let mut online = SafeHttpClient::new(&mut modem, &clock).wait_online(&mut cx).unwrap();
    let mut buffer = [0; 1024];
    let mut response = online.get(&mut cx, "http://192.168.1.20/gate", &mut buffer).send().unwrap();
    buffer.fill(0);
    response.read_to_end().unwrap();
}
