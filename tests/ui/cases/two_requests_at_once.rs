//! A second request before the first one's response is read.

#[path = "support/mod.rs"]
mod support;

use safe_http_client::{LoopContext, SafeHttpClient};

fn main() {
    let mut cx = LoopContext::take().unwrap();
    let (modem, clock) = support::board();
    let mut client = SafeHttpClient::new(modem, clock);
    let mut online = client.wait_online(&mut cx).unwrap();
    let (mut buffer, mut second_buffer) = ([0; 1024], [0; 1024]);
    let mut first = online.get("http://192.168.1.20/a", &mut buffer).send().unwrap();
    let _second = online.get("http://192.168.1.20/b", &mut second_buffer).send().unwrap();
    first.read_to_end().unwrap();
}
