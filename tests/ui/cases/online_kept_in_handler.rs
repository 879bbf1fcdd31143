//! The online client moved into an event handler.
//! note: required because it appears within the type `nal_link::context::EventHandlersReportThroughLinkEvents`

#[path = "support/mod.rs"]
mod support;

use safe_http_client::{LoopContext, SafeHttpClient};

fn main() {
    let cx = Box::leak(Box::new(LoopContext::take().unwrap()));
    let (modem, clock) = support::board();
    let client: &'static mut _ = Box::leak(Box::new(SafeHttpClient::new(modem, clock)));
    let mut online = client.wait_online(cx).unwrap();
    support::on_got_ip(move || {
        let _ = online.get("http://192.168.1.20/gate", [0; 1024]).send();
    });
}
