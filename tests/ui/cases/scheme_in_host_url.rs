//! A scheme where the host belongs in `url!`.

use safe_http_client::{Url, url};

const GATE: Url<'static> = url!("http://http://localhost/gate");

fn main() {}
