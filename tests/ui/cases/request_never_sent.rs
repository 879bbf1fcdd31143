//! A request that is put together and never sent.
//! note: a request is sent by `send` or `start`
#![deny(unused_must_use)]

#[path = "support/mod.rs"]
mod support;

use safe_http_client::{LoopContext, SafeHttpClient};

fn main() {
    let mut cx = LoopContext::take().unwrap();
    let (mut modem, clock) = support::board();
    let mut online = SafeHttpClient::new(&mut modem, &clock).wait_online(&mut cx).unwrap();
    let mut buffer = [0; 1024];
    online.post(&mut cx, "http://192.168.1.20/gate", &mut buffer).body(b"open");
}
