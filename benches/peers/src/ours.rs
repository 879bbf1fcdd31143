//! Our own client's exchange.

use crate::clients::{Client, Reply};
use crate::mock_nal::NalStack;
use crate::wire::{URL, Wire};
use safe_http_client::{
    Clock, Config, IpConfig, Link, LinkStatus, LoopContext, NalNetwork, SafeHttpClient, StackQuirks,
};
use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

/// Our client over the mock `embedded-nal` stack.
///
/// It is made once and runs two exchanges, of which the second is measured: what a program does
/// once (the loop context, attaching the stack) belongs in [`Ours::new`].
pub struct Ours {
    cx: LoopContext,
    client: SafeHttpClient<NalNetwork<NalStack<'static>, Up>, Ticks>,
}

/// A link that holds an address.
struct Up;

impl Link for Up {
    fn link_status(&mut self) -> LinkStatus {
        LinkStatus::Up(IpConfig::new(IpAddr::V4(Ipv4Addr::new(192, 168, 1, 57))))
    }
}

/// A clock on which a look takes a millisecond, so that waiting for ever ends.
#[derive(Default)]
struct Ticks(Cell<u32>);

impl Clock for Ticks {
    fn now_ms(&self) -> u32 {
        self.0.set(self.0.get().wrapping_add(1));
        self.0.get()
    }
}

impl Ours {
    pub fn new(wire: &'static Wire) -> Self {
        let cx = LoopContext::take().expect("one client in the process");
        // No keep-alive: the peers connect each time.
        let config = Config::new().keep_alive(Duration::ZERO);
        let network = NalNetwork::new(NalStack::new(wire), Up, StackQuirks::UNKNOWN);
        Self { cx, client: SafeHttpClient::with_config(network, Ticks::default(), config) }
    }
}

impl Client for Ours {
    /// One GET of [`URL`], from the text of the URL to the body as a slice of `buffer`, on a
    /// connection of its own.
    fn exchange<'b>(&mut self, buffer: &'b mut [u8]) -> Reply<'b> {
        let start = buffer.as_ptr().addr();
        let (status, offset, length) = {
            let mut online = self.client.online(&mut self.cx).map_err(|why| why.to_string())?;
            let request = online.get(URL, &mut *buffer);
            let mut response = request.send().map_err(|error| error.to_string())?;
            let status = response.status();
            let body = response.read_to_end().map_err(|error| error.to_string())?;
            (status, body.as_ptr().addr() - start, body.len())
        };
        Ok((status, &buffer[offset..offset + length]))
    }
}
