//! A request that is put together and never sent.
//! note: a request is sent by `send` or `start`
#![deny(unused_must_use)]

#[path = "support/mod.rs"]
mod support;

use safe_http_client::{LoopContext, SafeHttpClient};

fn main() {
    let mut cx = LoopContext::take().unwrap();
    let (modem, clock) = support::board();
    let mut client = SafeHttpClient::new(modem, clock);
    let mut online = client.wait_online(&mut cx).unwrap();
    online.post("http://192.168.1.20/gate", [0; 1024]).body(b"open");
}
