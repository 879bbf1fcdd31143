//! Posts a reading as JSON every 10 s, and waits for it meanwhile: the plainest use of the client.
//! Nothing here knows of the chip or the network.

use crate::board::{Board, Clock, say, trouble};
use core::fmt::Write;
use safe_http_client::{ErrorOf, LoopContext, Network, Online, SafeHttpClient};

const EVERY_MS: u32 = 10_000;

pub fn run(network: impl Network, board: &mut Board) -> ! {
    let Some(mut cx) = LoopContext::take() else { panic!("once, first thing in main") };
    let mut client = SafeHttpClient::new(network, Clock);
    loop {
        let mut online = match client.wait_online(&mut cx) {
            Ok(online) => online,
            // No cable?
            Err(why) => {
                trouble!("{why}");
                continue;
            }
        };
        match post(&mut online, board) {
            Ok(status) => say!("posted: {status}"),
            Err(error) => trouble!("not posted: {error}"),
        }
        board.sleep(EVERY_MS);
    }
}

/// The answer's status.
fn post<N: Network>(
    online: &mut Online<'_, N, Clock>,
    board: &mut Board,
) -> Result<u16, ErrorOf<N>> {
    let mut json = heapless::String::<64>::new();
    // It fits.
    let _ = write!(json, r#"{{"sensor":"pico","millicelsius":{}}}"#, board.millicelsius());
    let mut buffer = [0; 1024];
    let response = online
        .post(board.url(), &mut buffer)
        .header("content-type", "application/json")
        .body(json.as_bytes())
        .send()?;
    Ok(response.status())
}
