//! The program of the documentation's first page, with a fake modem: what is right compiles, and runs.

#[path = "../support/mod.rs"]
mod support;

use embedded_nal::nb;
use safe_http_client::{ErrorOf, LoopContext, Network, SafeHttpClient, Url, url};

const GATE: Url<'static> = url!("http://192.168.1.20/gate");

fn main() {
    let mut cx = LoopContext::take().unwrap();
    let (modem, clock) = support::board();
    let mut client = SafeHttpClient::new(modem, clock);
    for _ in 0..3 {
        open_gate(&mut client, &mut cx).unwrap();
        poll_gate(&mut client, &mut cx).unwrap();
    }
}

fn open_gate<N: Network>(
    client: &mut SafeHttpClient<N, support::Clock>,
    cx: &mut LoopContext,
) -> Result<(), ErrorOf<N>> {
    let mut buffer = [0; 1024];
    let mut online = client.wait_online(cx)?;
    let mut response =
        online.post(GATE, &mut buffer).header("x-key", "secret").body(b"open").send()?;
    assert_eq!(response.status(), 200);
    assert_eq!(response.read_to_str()?, "open");
    Ok(())
}

/// The same in a superloop: the call is a value beside the client, and each turn polls it.
fn poll_gate<N: Network>(
    client: &mut SafeHttpClient<N, support::Clock>,
    cx: &mut LoopContext,
) -> Result<(), ErrorOf<N>> {
    let mut call = client.online(cx)?.get(GATE, [0; 1024]).start()?;
    nb::block!(call.poll_read_to_end(client, cx))?;
    assert_eq!(call.body(), b"open");
    Ok(())
}
