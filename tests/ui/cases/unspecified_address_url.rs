//! 0.0.0.0 in `url!`.

use safe_http_client::{Url, url};

const GATE: Url<'static> = url!("http://0.0.0.0/gate");

fn main() {}
