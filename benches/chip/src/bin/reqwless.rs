//! reqwless, over the same stack.
#![no_std]
#![no_main]

use chip_bench::async_stack::{Shared, block_on};
use chip_bench::stack::Stack;
use chip_bench::{count, seen};
use core::cell::RefCell;
use reqwless::{Error, client::HttpClient, request::Method};

#[cortex_m_rt::entry]
fn main() -> ! {
    let stack = Shared(RefCell::new(Stack));
    let mut client = HttpClient::new(&stack, &stack);
    count(|url, buffer| get(&mut client, url, buffer))
}

#[inline(never)]
fn get(
    client: &mut HttpClient<'_, Shared<Stack>, Shared<Stack>>,
    url: &str,
    buffer: &mut [u8],
) -> Option<()> {
    block_on(async {
        let mut request = client.request(Method::GET, url).await?;
        let response = request.send(buffer).await?;
        seen(response.body().read_to_end().await?);
        Ok::<_, Error>(())
    })
    .ok()
}
