//! The same client whose calls are awaited, over the stack that the asynchronous peers have.
#![no_std]
#![no_main]

use chip_bench::async_stack::{Shared, block_on};
use chip_bench::stack::Stack;
use chip_bench::{MILLIS, count, seen};
use core::cell::RefCell;
use core::future::poll_fn;
use core::net::{IpAddr, Ipv4Addr};
use core::sync::atomic::Ordering::Relaxed;
use core::task::Poll;
use core::time::Duration;
use safe_http_client::asynch::{AsyncNetwork, NalNetwork, SafeHttpClient, Timer};
use safe_http_client::{Clock, Config, IpConfig, Link, LinkStatus, LoopContext};

struct Up;

impl Link for Up {
    fn link_status(&mut self) -> LinkStatus {
        LinkStatus::Up(IpConfig::new(IpAddr::V4(Ipv4Addr::new(192, 168, 1, 57))))
    }
}

/// The executor only polls: so does this.
#[derive(Clone, Copy)]
struct Watch;

impl Clock for Watch {
    fn now_ms(&self) -> u32 {
        MILLIS.load(Relaxed)
    }
}

impl Timer for Watch {
    async fn sleep_ms(&self, ms: u32) {
        let begin = self.now_ms();
        let is_over = || self.now_ms().wrapping_sub(begin) >= ms;
        poll_fn(|_| if is_over() { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let mut cx = LoopContext::take().expect("the first");
    let stack = Shared(RefCell::new(Stack));
    let network = NalNetwork::new(&stack, &stack, Up);
    // Each GET has a connection of its own.
    let config = Config::new().keep_alive(Duration::ZERO);
    let mut client = SafeHttpClient::with_config(network, Watch, config);
    count(|url, buffer| block_on(get(&mut client, &mut cx, url, buffer)))
}

async fn get<N: AsyncNetwork, C: Timer>(
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    url: &str,
    buffer: &mut [u8],
) -> Option<()> {
    let mut online = client.online(cx).ok()?;
    let mut response = online.get(url, buffer).send().await.ok()?;
    seen(response.read_to_end().await.ok()?);
    Some(())
}
