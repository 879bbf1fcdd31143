//! A space in the path in `url!`.

use safe_http_client::{Url, url};

const GATE: Url<'static> = url!("http://192.168.1.20/open the gate");

fn main() {}
