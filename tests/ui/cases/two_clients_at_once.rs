//! Two blocking requests at once, on two clients with one context.

#[path = "support/mod.rs"]
mod support;

use safe_http_client::{LoopContext, SafeHttpClient};

fn main() {
    let mut cx = LoopContext::take().unwrap();
    let ((mut wifi, clock), (mut ethernet, _)) = (support::board(), support::board());
    let mut over_wifi = SafeHttpClient::new(&mut wifi, &clock).wait_online(&mut cx).unwrap();
    let mut over_cable = SafeHttpClient::new(&mut ethernet, &clock).wait_online(&mut cx).unwrap();
    let (mut buffer, mut second_buffer) = ([0; 1024], [0; 1024]);
    let mut first = over_wifi.get(&mut cx, "http://192.168.1.20/", &mut buffer).send().unwrap();
    let _second =
        over_cable.get(&mut cx, "http://192.168.1.21/", &mut second_buffer).send().unwrap();
    first.read_to_end().unwrap();
}
