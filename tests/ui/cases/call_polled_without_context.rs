//! A call polled without the loop's context.

#[path = "support/mod.rs"]
mod support;

use safe_http_client::{LoopContext, SafeHttpClient};

fn main() {
    let mut cx = LoopContext::take().unwrap();
    let (modem, clock) = support::board();
    let mut client = SafeHttpClient::new(modem, clock);
    let mut online = client.wait_online(&mut cx).unwrap();
    let mut call = online.get("http://192.168.1.20/gate", [0; 1024]).start().unwrap();
    let _ = call.poll(&mut client);
}
