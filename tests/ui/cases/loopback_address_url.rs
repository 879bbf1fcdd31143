//! 127.0.0.1 in `url!`.

use safe_http_client::{Url, url};

const GATE: Url<'static> = url!("http://127.0.0.1:8080/gate");

fn main() {}
