//! The context in a `static`.
//! note: required because it appears within the type `nal_link::context::EventHandlersReportThroughLinkEvents`

use safe_http_client::LoopContext;
use std::sync::OnceLock;

static CX: OnceLock<LoopContext> = OnceLock::new();

fn main() {}
