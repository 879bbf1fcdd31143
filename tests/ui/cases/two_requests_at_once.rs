//! Two requests at once on one client.

#[path = "support/mod.rs"]
mod support;

use safe_http_client::{LoopContext, SafeHttpClient};

fn main() {
    let mut cx = LoopContext::take().unwrap();
    let (mut modem, clock) = support::board();
    let mut online = SafeHttpClient::new(&mut modem, &clock).wait_online(&mut cx).unwrap();
    let (mut buffer, mut second_buffer) = ([0; 1024], [0; 1024]);
    let first = online.get(&mut cx, "http://192.168.1.20/a", &mut buffer).start().unwrap();
    let second = online.get(&mut cx, "http://192.168.1.20/b", &mut second_buffer).start().unwrap();
    drop((first, second));
}
