//! The context lent to an event handler.
//! note: required because it appears within the type `nal_link::context::EventHandlersReportThroughLinkEvents`

#[path = "support/mod.rs"]
mod support;

use safe_http_client::LoopContext;

fn main() {
    let cx: &'static mut LoopContext = Box::leak(Box::new(LoopContext::take().unwrap()));
    support::on_got_ip(|| request(cx));
}

fn request(_: &mut LoopContext) {}
