//! The same GET with this crate's async client, over the same stack.

use crate::async_stack::{Shared, block_on};
use crate::stack::Stack;
use crate::{millis, put};
use core::cell::RefCell;
use core::future::poll_fn;
use core::net::{IpAddr, Ipv4Addr};
use core::task::Poll;
use embedded_nal::TcpClientStack;
use safe_http_client::asynch::{NalNetwork, SafeHttpClient, Timer};
use safe_http_client::{Clock, IpConfig, Link, LinkStatus, LoopContext};

pub fn get(url: &str, buffer: &mut [u8]) -> bool {
    let Some(mut cx) = LoopContext::take() else { return false };
    let got = request(Stack, &mut cx, url, buffer);
    #[cfg(feature = "second")]
    let got = got && request(crate::second::Second, &mut cx, url, buffer);
    got
}

fn request<S: TcpClientStack + embedded_nal::Dns>(
    stack: S,
    cx: &mut LoopContext,
    url: &str,
    buffer: &mut [u8],
) -> bool {
    let stack = Shared(RefCell::new(stack));
    block_on(async {
        let mut client = SafeHttpClient::new(NalNetwork::new(&stack, &stack, Up), Ticks);
        let Ok(mut online) = client.wait_online(cx).await else { return false };
        let Ok(mut response) = online.get(url, buffer).send().await else { return false };
        let body = response.read_to_end().await;
        body.map(put).is_ok()
    })
}

struct Up;

impl Link for Up {
    fn link_status(&mut self) -> LinkStatus {
        LinkStatus::Up(IpConfig::new(IpAddr::V4(Ipv4Addr::from(unsafe { millis() }))))
    }
}

#[derive(Clone, Copy)]
struct Ticks;

impl Clock for Ticks {
    fn now_ms(&self) -> u32 {
        unsafe { millis() }
    }
}

impl Timer for Ticks {
    async fn sleep_ms(&self, ms: u32) {
        let started = self.now_ms();
        poll_fn(|_| {
            if self.now_ms().wrapping_sub(started) < ms { Poll::Pending } else { Poll::Ready(()) }
        })
        .await
    }
}
