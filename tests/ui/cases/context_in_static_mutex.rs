//! The context in a `static`, behind a mutex.
//! note: required because it appears within the type `nal_link::context::EventHandlersReportThroughLinkEvents`

use safe_http_client::LoopContext;
use std::sync::{Mutex, OnceLock};

static CX: OnceLock<Mutex<LoopContext>> = OnceLock::new();

fn main() {}
