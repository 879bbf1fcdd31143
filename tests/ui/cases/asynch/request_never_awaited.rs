//! An async request that is put together and never awaited.
#![deny(unused_must_use)]

use safe_http_client::asynch::{AsyncNetwork, Online, Timer};

async fn task<N: AsyncNetwork, C: Timer>(online: &mut Online<'_, N, C>) {
    online.get("http://192.168.1.20/gate", [0; 512]).send();
}

fn main() {}
