//! The program of the documentation's first page, with a fake modem: what is right compiles, and runs.

#[path = "../support/mod.rs"]
mod support;

use safe_http_client::{ErrorOf, LoopContext, Network, Online, SafeHttpClient, Url, url};

const GATE: Url<'static> = url!("http://192.168.1.20/gate");

fn main() {
    let mut cx = LoopContext::take().unwrap();
    let (mut modem, clock) = support::board();
    let mut client = SafeHttpClient::new(&mut modem, &clock);
    for _ in 0..3 {
        let mut online = match client.wait_online(&mut cx) {
            Ok(online) => online,
            Err(failed) => {
                eprintln!("{}", failed.error);
                client = failed.client;
                continue;
            }
        };
        for _ in 0..3 {
            open_gate(&mut online, &mut cx).unwrap();
        }
        client = online.into_offline();
    }
}

fn open_gate<N: Network>(
    online: &mut SafeHttpClient<N, &support::Clock, Online>,
    cx: &mut LoopContext,
) -> Result<(), ErrorOf<N>> {
    let mut buffer = [0; 1024];
    let mut response =
        online.post(cx, GATE, &mut buffer).header("x-key", "secret").body(b"open").send()?;
    assert_eq!(response.status(), 200);
    assert_eq!(response.read_to_str()?, "open");
    Ok(())
}
