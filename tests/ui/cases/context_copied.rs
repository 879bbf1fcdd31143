//! The context used in two places by value.

use safe_http_client::LoopContext;

fn main() {
    let cx = LoopContext::take().unwrap();
    let _for_main = cx;
    let _for_handler = cx;
}
