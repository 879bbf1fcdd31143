//! A request of an async client that may have no IP address.
//! note: call `online(&mut cx)` or `wait_online(&mut cx)` first: it lends the `Online` client, which has requests

use safe_http_client::asynch::{AsyncNetwork, SafeHttpClient, Timer};

fn task<N: AsyncNetwork, C: Timer>(mut client: SafeHttpClient<N, C>) {
    let mut buffer = [0; 1024];
    client.get("http://192.168.1.20/gate", &mut buffer);
}

fn main() {}
