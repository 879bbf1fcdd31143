//! The same GET with reqwless, over the same stack.

use crate::put;
use crate::stack::{Fault, Socket, Stack};
use core::cell::RefCell;
use core::future::poll_fn;
use core::net::{IpAddr, SocketAddr};
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use embedded_nal::{Dns as _, TcpClientStack, nb};
use embedded_nal_async::{AddrType, Dns, TcpConnect};
use reqwless::{Error, client::HttpClient, request::Method};

pub fn get(url: &str, buffer: &mut [u8]) -> bool {
    let stack = Shared(RefCell::new(Stack));
    block_on(async {
        let mut client = HttpClient::new(&stack, &stack);
        let mut request = client.request(Method::GET, url).await?;
        let response = request.send(buffer).await?;
        put(response.body().read_to_end().await?);
        Ok::<_, Error>(())
    })
    .is_ok()
}

/// The stack is polled, as for this crate's client.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}

async fn ready<T>(mut call: impl FnMut() -> nb::Result<T, Fault>) -> Result<T, Fault> {
    poll_fn(|_| match call() {
        Ok(value) => Poll::Ready(Ok(value)),
        Err(nb::Error::WouldBlock) => Poll::Pending,
        Err(nb::Error::Other(fault)) => Poll::Ready(Err(fault)),
    })
    .await
}

/// The asynchronous traits share a stack that embedded-nal's want for themselves.
struct Shared(RefCell<Stack>);

struct Connection<'s>(&'s Shared, Option<Socket>);

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        if let Some(socket) = self.1.take() {
            let _ = self.0.0.borrow_mut().close(socket);
        }
    }
}

impl TcpConnect for Shared {
    type Error = Fault;
    type Connection<'s> = Connection<'s>;

    async fn connect(&self, remote: SocketAddr) -> Result<Connection<'_>, Fault> {
        let mut socket = self.0.borrow_mut().socket()?;
        ready(|| self.0.borrow_mut().connect(&mut socket, remote)).await?;
        Ok(Connection(self, Some(socket)))
    }
}

impl Dns for Shared {
    type Error = Fault;

    async fn get_host_by_name(&self, name: &str, _: AddrType) -> Result<IpAddr, Fault> {
        ready(|| self.0.borrow_mut().get_host_by_name(name, embedded_nal::AddrType::IPv4)).await
    }

    async fn get_host_by_address(&self, _: IpAddr, _: &mut [u8]) -> Result<usize, Fault> {
        Err(Fault::UNSUPPORTED)
    }
}

impl core::fmt::Display for Fault {
    fn fmt(&self, _: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        Ok(())
    }
}

impl core::error::Error for Fault {}

impl embedded_io_async::Error for Fault {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

impl ErrorType for Connection<'_> {
    type Error = Fault;
}

impl Read for Connection<'_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        let socket = self.1.as_mut().ok_or(Fault::UNSUPPORTED)?;
        ready(|| self.0.0.borrow_mut().receive(socket, buffer)).await
    }
}

impl Write for Connection<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        let socket = self.1.as_mut().ok_or(Fault::UNSUPPORTED)?;
        ready(|| self.0.0.borrow_mut().send(socket, bytes)).await
    }

    async fn flush(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}
