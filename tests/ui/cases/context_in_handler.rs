//! The context moved into an event handler.
//! note: required because it appears within the type `nal_link::context::EventHandlersReportThroughLinkEvents`

#[path = "support/mod.rs"]
mod support;

use safe_http_client::LoopContext;

fn main() {
    let mut cx = LoopContext::take().unwrap();
    support::on_got_ip(move || request(&mut cx));
}

fn request(_: &mut LoopContext) {}
