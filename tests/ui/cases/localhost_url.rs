//! `localhost` in `url!`.

use safe_http_client::{Url, url};

const GATE: Url<'static> = url!("http://localhost/gate");

fn main() {}
