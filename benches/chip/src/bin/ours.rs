//! This crate's client. All that depends on its API stands here.
#![no_std]
#![no_main]

use chip_bench::stack::Stack;
use chip_bench::{MILLIS, count, seen};
use core::net::{IpAddr, Ipv4Addr};
use core::sync::atomic::Ordering::Relaxed;
use core::time::Duration;
use safe_http_client::{
    Attached, Behaviour, Clock, Config, FnClock, IpConfig, Link, LinkStatus, LoopContext, Network,
    Online, SafeHttpClient,
};

struct Up;

impl Link for Up {
    fn link_status(&mut self) -> LinkStatus {
        LinkStatus::Up(IpConfig::new(IpAddr::V4(Ipv4Addr::new(192, 168, 1, 57))))
    }
}

#[cortex_m_rt::entry]
fn main() -> ! {
    let mut cx = LoopContext::take().expect("the first");
    let mut network = Attached::new(Stack, Up, Behaviour::UNKNOWN);
    let clock = FnClock(|| MILLIS.load(Relaxed));
    // Each GET has a connection of its own.
    let config = Config::new().keep_alive(Duration::ZERO);
    let client = SafeHttpClient::with_config(&mut network, &clock, config);
    let mut online = client.wait_online(&mut cx).ok().expect("the link is up");
    count(|url, buffer| get(&mut online, &mut cx, url, buffer))
}

#[inline(never)]
fn get<N: Network, C: Clock>(
    online: &mut SafeHttpClient<N, C, Online>,
    cx: &mut LoopContext,
    url: &str,
    buffer: &mut [u8],
) -> Option<()> {
    let mut response = online.get(cx, url, buffer).send().ok()?;
    seen(response.read_to_end().ok()?);
    Some(())
}
