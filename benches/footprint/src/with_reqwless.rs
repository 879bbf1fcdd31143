//! The same GET with reqwless, over the same stack.

use crate::async_stack::{Shared, block_on};
use crate::put;
use crate::stack::Stack;
use core::cell::RefCell;
use embedded_nal::TcpClientStack;
use reqwless::{Error, client::HttpClient, request::Method};

pub fn get(url: &str, buffer: &mut [u8]) -> bool {
    let got = request(Stack, url, buffer);
    #[cfg(feature = "second")]
    let got = got && request(crate::second::Second, url, buffer);
    got
}

fn request<S: TcpClientStack + embedded_nal::Dns>(stack: S, url: &str, buffer: &mut [u8]) -> bool {
    let stack = Shared(RefCell::new(stack));
    block_on(async {
        let mut client = HttpClient::new(&stack, &stack);
        let mut request = client.request(Method::GET, url).await?;
        let response = request.send(buffer).await?;
        put(response.body().read_to_end().await?);
        Ok::<_, Error>(())
    })
    .is_ok()
}
