//! nanofish, over the same stack: it takes a stream, which is connected here.
#![no_std]
#![no_main]

use chip_bench::async_stack::{Failed, Shared, block_on};
use chip_bench::stack::Stack;
use chip_bench::{count, seen};
use core::cell::RefCell;
use core::net::{IpAddr, SocketAddr};
use embedded_nal_async::TcpConnect;
use nanofish::{DefaultHttpClient, HttpClientRequest, HttpMethod, ResponseBody, parse_endpoint};

#[cortex_m_rt::entry]
fn main() -> ! {
    let stack = Shared(RefCell::new(Stack));
    count(|url, buffer| get(&stack, url, buffer))
}

#[inline(never)]
fn get(stack: &Shared<Stack>, url: &str, buffer: &mut [u8]) -> Option<()> {
    block_on(async {
        let endpoint = parse_endpoint(url).map_err(|_| Failed)?;
        let address: IpAddr = endpoint.host.parse().map_err(|_| Failed)?;
        let mut stream = stack.connect(SocketAddr::new(address, endpoint.port)).await?;
        let request = HttpClientRequest {
            method: HttpMethod::GET,
            host: endpoint.host,
            path: endpoint.path,
            query: endpoint.query,
            headers: &[],
            body: None,
        };
        let client = DefaultHttpClient::new();
        let answer = client.request(&mut stream, request, buffer).await;
        match answer.map_err(|_| Failed)?.0.body {
            ResponseBody::Text(text) => seen(text.as_bytes()),
            ResponseBody::Binary(bytes) => seen(bytes),
            ResponseBody::Empty => seen(&[]),
        }
        Ok::<_, Failed>(())
    })
    .ok()
}
