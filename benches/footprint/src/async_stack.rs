//! The stack as the asynchronous traits want it, and what polls a future.

use core::cell::RefCell;
use core::future::poll_fn;
use core::net::{IpAddr, SocketAddr};
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use embedded_nal::{TcpClientStack, nb};
use embedded_nal_async::{AddrType, Dns, TcpConnect};

/// The stack is polled, as for this crate's client.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}

/// The error's kind is all that reqwless keeps of it.
#[derive(Debug)]
pub struct Failed;

async fn ready<T, E>(mut call: impl FnMut() -> nb::Result<T, E>) -> Result<T, Failed> {
    poll_fn(|_| match call() {
        Ok(value) => Poll::Ready(Ok(value)),
        Err(nb::Error::WouldBlock) => Poll::Pending,
        Err(nb::Error::Other(_)) => Poll::Ready(Err(Failed)),
    })
    .await
}

/// The asynchronous traits share a stack that embedded-nal's want for themselves.
pub struct Shared<S>(pub RefCell<S>);

pub struct Connection<'s, S: TcpClientStack>(&'s Shared<S>, Option<S::TcpSocket>);

impl<S: TcpClientStack> Drop for Connection<'_, S> {
    fn drop(&mut self) {
        if let Some(socket) = self.1.take() {
            let _ = self.0.0.borrow_mut().close(socket);
        }
    }
}

impl<S: TcpClientStack> TcpConnect for Shared<S> {
    type Error = Failed;
    type Connection<'s>
        = Connection<'s, S>
    where
        S: 's;

    async fn connect(&self, remote: SocketAddr) -> Result<Connection<'_, S>, Failed> {
        let mut socket = self.0.borrow_mut().socket().map_err(|_| Failed)?;
        ready(|| self.0.borrow_mut().connect(&mut socket, remote)).await?;
        Ok(Connection(self, Some(socket)))
    }
}

impl<S: embedded_nal::Dns> Dns for Shared<S> {
    type Error = Failed;

    async fn get_host_by_name(&self, name: &str, _: AddrType) -> Result<IpAddr, Failed> {
        ready(|| self.0.borrow_mut().get_host_by_name(name, embedded_nal::AddrType::IPv4)).await
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

impl<S: TcpClientStack> ErrorType for Connection<'_, S> {
    type Error = Failed;
}

impl<S: TcpClientStack> Read for Connection<'_, S> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failed> {
        let socket = self.1.as_mut().ok_or(Failed)?;
        ready(|| self.0.0.borrow_mut().receive(socket, buffer)).await
    }
}

impl<S: TcpClientStack> Write for Connection<'_, S> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Failed> {
        let socket = self.1.as_mut().ok_or(Failed)?;
        ready(|| self.0.0.borrow_mut().send(socket, bytes)).await
    }

    async fn flush(&mut self) -> Result<(), Failed> {
        Ok(())
    }
}
