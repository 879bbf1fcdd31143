//! No `http://` in `url!`.

use safe_http_client::{Url, url};

const GATE: Url<'static> = url!("192.168.1.20/gate");

fn main() {}
