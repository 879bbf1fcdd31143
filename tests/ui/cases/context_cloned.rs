//! The context cloned.

use safe_http_client::LoopContext;

fn main() {
    let cx = LoopContext::take().unwrap();
    let second = cx.clone();
}
