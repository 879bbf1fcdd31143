//! The offline client used after `wait_online` took it.
//! note: `SafeHttpClient::<N, C>::wait_online` takes ownership of the receiver `self`, which moves `client`

#[path = "support/mod.rs"]
mod support;

use safe_http_client::{LoopContext, SafeHttpClient};

fn main() {
    let mut cx = LoopContext::take().unwrap();
    let (mut modem, clock) = support::board();
    let client = SafeHttpClient::new(&mut modem, &clock);
    let _online = client.wait_online(&mut cx).unwrap();
    client.is_connected();
}
