//! A request without the loop's context.
//! note: a request takes the loop's context, the URL and a buffer: `client.get(&mut cx, "http://192.168.1.20/gate", &mut buffer)`

#[path = "support/mod.rs"]
mod support;

use safe_http_client::{LoopContext, SafeHttpClient};

fn main() {
    let mut cx = LoopContext::take().unwrap();
    let (mut modem, clock) = support::board();
    let mut online = SafeHttpClient::new(&mut modem, &clock).wait_online(&mut cx).unwrap();
    let mut buffer = [0; 1024];
    let _ = online.get("http://192.168.1.20/gate", &mut buffer).send();
}
