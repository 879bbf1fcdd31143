//! The buffer read while a call is on its way in it.

#[path = "support/mod.rs"]
mod support;

use safe_http_client::{LoopContext, SafeHttpClient};

fn main() {
    let mut cx = LoopContext::take().unwrap();
    let (modem, clock) = support::board();
    let mut client = SafeHttpClient::new(modem, clock);
    let mut online = client.wait_online(&mut cx).unwrap();
    let mut buffer = [0; 1024];
    let mut call = online.get("http://192.168.1.20/gate", &mut buffer).start().unwrap();
    assert_eq!(buffer[0], 0);
    let _ = call.poll(&mut client, &mut cx);
}
