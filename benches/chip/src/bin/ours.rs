//! This crate's client. All that depends on its API stands here.
#![no_std]
#![no_main]

use chip_bench::stack::Stack;
use chip_bench::{MILLIS, count, seen};
use core::net::{IpAddr, Ipv4Addr};
use core::sync::atomic::Ordering::Relaxed;
use core::time::Duration;
use safe_http_client::{
    Clock, Config, FnClock, IpConfig, Link, LinkStatus, LoopContext, NalNetwork, Network,
    SafeHttpClient, StackQuirks,
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
    let mut network = NalNetwork::new(Stack, Up, StackQuirks::UNKNOWN);
    let clock = FnClock(|| MILLIS.load(Relaxed));
    // Each GET has a connection of its own.
    let config = Config::new().keep_alive(Duration::ZERO);
    let mut client = SafeHttpClient::with_config(&mut network, &clock, config);
    count(|url, buffer| get(&mut client, &mut cx, url, buffer))
}

#[inline(never)]
fn get<N: Network, C: Clock>(
    client: &mut SafeHttpClient<N, C>,
    cx: &mut LoopContext,
    url: &str,
    buffer: &mut [u8],
) -> Option<()> {
    let mut online = client.online(cx).ok()?;
    let mut response = online.get(url, buffer).send().ok()?;
    seen(response.read_to_end().ok()?);
    Some(())
}
