//! The buffer changed while a body in it is read.

#[path = "support/mod.rs"]
mod support;

use safe_http_client::{LoopContext, SafeHttpClient};

fn main() {
    let mut cx = LoopContext::take().unwrap();
    let (modem, clock) = support::board();
    let mut client = SafeHttpClient::new(modem, clock);
    let mut online = client.wait_online(&mut cx).unwrap();
    let mut buffer = [0; 1024];
    let mut response = online.get("http://192.168.1.20/gate", &mut buffer).send().unwrap();
    buffer.fill(0);
    response.read_to_end().unwrap();
}
