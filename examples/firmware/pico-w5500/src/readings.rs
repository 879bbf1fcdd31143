//! Posts a reading as JSON every 10 s, and waits for it meanwhile: the plainest use of the client.
//! Nothing here knows of the chip or the network.

use crate::board::{Board, millis, say, trouble};
use core::fmt::Write;
use safe_http_client::{Config, ErrorOf, FnClock, LoopContext, Network, Online, SafeHttpClient};

type Clock = FnClock<fn() -> u32>;

const EVERY_MS: u32 = 10_000;

pub fn run(network: impl Network, board: &mut Board) -> ! {
    let Some(mut cx) = LoopContext::take() else { panic!("once, first thing in main") };
    let config = Config::new().idle(cortex_m::asm::wfi);
    let clock = FnClock(millis as fn() -> u32);
    let mut client = SafeHttpClient::with_config(network, clock, config);
    loop {
        // No cable? The client comes back as it was, with the reason.
        let mut online = match client.wait_online(&mut cx) {
            Ok(online) => online,
            Err(failed) => {
                trouble!("{}", failed.error);
                client = failed.client;
                continue;
            }
        };
        match post(&mut online, &mut cx, board) {
            Ok(status) => say!("posted: {status}"),
            Err(error) => trouble!("not posted: {error}"),
        }
        client = online.into_offline();
        board.sleep(EVERY_MS);
    }
}

/// The answer's status.
fn post<N: Network>(
    online: &mut SafeHttpClient<N, Clock, Online>,
    cx: &mut LoopContext,
    board: &mut Board,
) -> Result<u16, ErrorOf<N>> {
    let mut json = heapless::String::<64>::new();
    // It fits.
    let _ = write!(json, r#"{{"sensor":"pico","millicelsius":{}}}"#, board.millicelsius());
    let mut buffer = [0; 1024];
    let response = online
        .post(cx, board.url(), &mut buffer)
        .header("content-type", "application/json")
        .body(json.as_bytes())
        .send()?;
    Ok(response.status())
}
