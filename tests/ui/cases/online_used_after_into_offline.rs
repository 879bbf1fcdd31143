//! The online client used after `into_offline` took it.
//! note: `SafeHttpClient::<N, C, safe_http_client::Online>::into_offline` takes ownership of the receiver `self`, which moves `online`

#[path = "support/mod.rs"]
mod support;

use safe_http_client::{LoopContext, SafeHttpClient};

fn main() {
    let mut cx = LoopContext::take().unwrap();
    let (mut modem, clock) = support::board();
    let mut online = SafeHttpClient::new(&mut modem, &clock).wait_online(&mut cx).unwrap();
    let _client = online.into_offline();
    let mut buffer = [0; 1024];
    let _ = online.get(&mut cx, "http://192.168.1.20/gate", &mut buffer).send();
}
