//! The stack as the asynchronous traits want it, for the peers.

use crate::stack::{Fault, Socket, Stack};
use core::cell::RefCell;
use core::future::poll_fn;
use core::net::{IpAddr, SocketAddr};
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use embedded_nal::{Dns as _, TcpClientStack, nb};
use embedded_nal_async::{AddrType, Dns, TcpConnect};

/// An executor that does nothing but poll.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}

async fn ready<T, E>(mut call: impl FnMut() -> nb::Result<T, E>) -> Result<T, E> {
    poll_fn(|_| match call() {
        Ok(value) => Poll::Ready(Ok(value)),
        Err(nb::Error::WouldBlock) => Poll::Pending,
        Err(nb::Error::Other(fault)) => Poll::Ready(Err(fault)),
    })
    .await
}

/// The asynchronous traits share a stack that embedded-nal's want for themselves.
pub struct Shared(pub RefCell<Stack>);

pub struct Connection<'s>(&'s Shared, Option<Socket>);

/// The stack's fault, as the asynchronous traits want it.
#[derive(Debug)]
pub struct Failed;

impl From<Fault> for Failed {
    fn from(_: Fault) -> Self {
        Self
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        if let Some(socket) = self.1.take() {
            let _ = self.0.0.borrow_mut().close(socket);
        }
    }
}

impl TcpConnect for Shared {
    type Error = Failed;
    type Connection<'s> = Connection<'s>;

    async fn connect(&self, remote: SocketAddr) -> Result<Connection<'_>, Failed> {
        let mut socket = self.0.borrow_mut().socket()?;
        ready(|| self.0.borrow_mut().connect(&mut socket, remote)).await?;
        Ok(Connection(self, Some(socket)))
    }
}

impl Dns for Shared {
    type Error = Failed;

    async fn get_host_by_name(&self, name: &str, _: AddrType) -> Result<IpAddr, Failed> {
        ready(|| self.0.borrow_mut().get_host_by_name(name, embedded_nal::AddrType::IPv4))
            .await
            .map_err(|never| match never {})
    }

    async fn get_host_by_address(&self, _: IpAddr, _: &mut [u8]) -> Result<usize, Failed> {
        Err(Failed)
    }
}

impl core::fmt::Display for Failed {
    fn fmt(&self, _: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        Ok(())
    }
}

impl core::error::Error for Failed {}

impl embedded_io_async::Error for Failed {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

impl ErrorType for Connection<'_> {
    type Error = Failed;
}

impl Read for Connection<'_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failed> {
        let socket = self.1.as_mut().ok_or(Failed)?;
        Ok(ready(|| self.0.0.borrow_mut().receive(socket, buffer)).await?)
    }
}

impl Write for Connection<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Failed> {
        let socket = self.1.as_mut().ok_or(Failed)?;
        Ok(ready(|| self.0.0.borrow_mut().send(socket, bytes)).await?)
    }

    async fn flush(&mut self) -> Result<(), Failed> {
        Ok(())
    }
}
