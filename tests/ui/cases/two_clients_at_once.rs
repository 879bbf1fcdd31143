//! Two blocking requests at once, on two clients with one context.

#[path = "support/mod.rs"]
mod support;

use safe_http_client::{LoopContext, SafeHttpClient};

fn main() {
    let mut cx = LoopContext::take().unwrap();
    let ((wifi, clock), (ethernet, second_clock)) = (support::board(), support::board());
    let mut over_wifi = SafeHttpClient::new(wifi, clock);
    let mut over_cable = SafeHttpClient::new(ethernet, second_clock);
    let mut wifi_online = over_wifi.wait_online(&mut cx).unwrap();
    let mut cable_online = over_cable.wait_online(&mut cx).unwrap();
    let _ = cable_online.get("http://192.168.1.21/", [0; 1024]).send();
    let _ = wifi_online.get("http://192.168.1.20/", [0; 1024]).send();
}
