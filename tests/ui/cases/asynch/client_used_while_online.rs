//! An async client used while it is lent out as online.

use safe_http_client::LoopContext;
use safe_http_client::asynch::{AsyncNetwork, SafeHttpClient, Timer};

async fn task<N: AsyncNetwork, C: Timer>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext) {
    let mut online = client.wait_online(cx).await.unwrap();
    client.close();
    let _ = online.get("http://192.168.1.20/gate", [0; 512]).send().await;
}

fn main() {}
