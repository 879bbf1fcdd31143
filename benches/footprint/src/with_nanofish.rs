//! The same GET with nanofish, over the same stack. It takes a stream; who uses it looks the name up, and connects.

use crate::async_stack::{Failed, Shared, block_on};
use crate::put;
use crate::stack::Stack;
use core::cell::RefCell;
use core::net::SocketAddr;
use embedded_nal::TcpClientStack;
use embedded_nal_async::{AddrType, Dns, TcpConnect};
use nanofish::{DefaultHttpClient, HttpClientRequest, HttpMethod, ResponseBody, parse_endpoint};

pub fn get(url: &str, buffer: &mut [u8]) -> bool {
    let got = request(Stack, url, buffer);
    #[cfg(feature = "second")]
    let got = got && request(crate::second::Second, url, buffer);
    got
}

fn request<S: TcpClientStack + embedded_nal::Dns>(stack: S, url: &str, buffer: &mut [u8]) -> bool {
    let stack = Shared(RefCell::new(stack));
    block_on(async {
        let endpoint = parse_endpoint(url).map_err(|_| Failed)?;
        let address = stack.get_host_by_name(endpoint.host, AddrType::IPv4).await?;
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
        let (response, _) = answer.map_err(|_| Failed)?;
        match response.body {
            ResponseBody::Text(text) => put(text.as_bytes()),
            ResponseBody::Binary(bytes) => put(bytes),
            ResponseBody::Empty => put(&[]),
        }
        Ok::<_, Failed>(())
    })
    .is_ok()
}
