//! A context made by hand.
//! note: private field `_stays` that was not provided

use safe_http_client::LoopContext;

fn main() {
    let cx = LoopContext {};
}
