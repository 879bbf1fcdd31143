//! A state fetched with safe-http-client. `docs/peers.md` has it beside the same with others.

use safe_http_client::{Clock, ErrorOf, LoopContext, Network, SafeHttpClient};

pub fn state<N: Network, C: Clock>(
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
) -> Result<(), ErrorOf<N>> {
    let mut buffer = [0; 1024];
    let mut online = client.online(cx)?; // no address, no request
    let mut response = online.get("http://192.168.1.20/state", &mut buffer).send()?;
    println!("{} {:?}", response.status(), response.read_to_end()?);
    Ok(())
}

fn main() {}
