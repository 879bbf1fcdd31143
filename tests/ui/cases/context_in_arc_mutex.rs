//! The context shared with a handler in an `Arc<Mutex<_>>`.
//! note: required because it appears within the type `nal_link::context::EventHandlersReportThroughLinkEvents`

#[path = "support/mod.rs"]
mod support;

use safe_http_client::LoopContext;
use std::sync::{Arc, Mutex};

fn main() {
    let shared = Arc::new(Mutex::new(LoopContext::take().unwrap()));
    let in_handler = Arc::clone(&shared);
    support::on_got_ip(move || request(&mut in_handler.lock().unwrap()));
}

fn request(_: &mut LoopContext) {}
