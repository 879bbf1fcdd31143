//! The mock transport as the asynchronous traits want it: `embedded-nal-async` for reqwless,
//! `edge-nal` for edge-http, `embedded-io-async` alone for nanofish.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use embedded_io_async::{ErrorType, Read, Write};

use crate::wire::Wire;

/// The stack: connecting always succeeds.
#[derive(Clone, Copy, Debug)]
pub struct AsyncStack<'w>(pub &'w Wire);

/// A connected socket.
#[derive(Clone, Copy, Debug)]
pub struct AsyncSocket<'w>(&'w Wire);

impl<'w> AsyncStack<'w> {
    pub fn open(self) -> AsyncSocket<'w> {
        self.0.connect();
        AsyncSocket(self.0)
    }
}

impl ErrorType for AsyncSocket<'_> {
    type Error = Infallible;
}

impl Read for AsyncSocket<'_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        match self.0.receive(buffer) {
            Some(length) => Ok(length),
            None => pending().await,
        }
    }
}

impl Write for AsyncSocket<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        Ok(self.0.send(bytes))
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl embedded_nal_async::TcpConnect for AsyncStack<'_> {
    type Error = Infallible;
    type Connection<'a>
        = AsyncSocket<'a>
    where
        Self: 'a;

    async fn connect<'a>(&'a self, _: SocketAddr) -> Result<AsyncSocket<'a>, Infallible> {
        Ok(self.open())
    }
}

/// Knows one address, and gives it for nothing: a client that resolves a literal pays for the
/// call, not for somebody's parser.
impl embedded_nal_async::Dns for AsyncStack<'_> {
    type Error = Infallible;

    async fn get_host_by_name(
        &self,
        _: &str,
        _: embedded_nal_async::AddrType,
    ) -> Result<IpAddr, Infallible> {
        Ok(IpAddr::V4(Ipv4Addr::new(192, 168, 1, 20)))
    }

    async fn get_host_by_address(&self, _: IpAddr, _: &mut [u8]) -> Result<usize, Infallible> {
        Ok(0)
    }
}

impl edge_nal::TcpConnect for AsyncStack<'_> {
    type Error = Infallible;
    type Socket<'a>
        = AsyncSocket<'a>
    where
        Self: 'a;

    async fn connect(&self, _: SocketAddr) -> Result<AsyncSocket<'_>, Infallible> {
        Ok(self.open())
    }
}

impl edge_nal::Readable for AsyncSocket<'_> {
    async fn readable(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl edge_nal::TcpShutdown for AsyncSocket<'_> {
    async fn close(&mut self, _: edge_nal::Close) -> Result<(), Infallible> {
        Ok(())
    }

    async fn abort(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl edge_nal::TcpSplit for AsyncSocket<'_> {
    type Read<'a>
        = Self
    where
        Self: 'a;
    type Write<'a>
        = Self
    where
        Self: 'a;

    fn split(&mut self) -> (Self, Self) {
        (*self, *self)
    }
}

/// Runs a future whose transport never pends, so one poll is all it needs. `None` where it pends
/// all the same: it waits for bytes past the end of the response.
pub fn block_on<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
