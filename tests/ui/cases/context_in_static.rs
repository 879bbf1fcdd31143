//! The context in a `static`.
//! note: required because it appears within the type `safe_http_client::context::EventHandlersReportThroughLinkEvents`

use safe_http_client::LoopContext;
use std::sync::OnceLock;

static CX: OnceLock<LoopContext> = OnceLock::new();

fn main() {}
