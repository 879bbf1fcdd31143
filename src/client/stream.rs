//! A connection that has left HTTP.

use super::response::wait_for;
use crate::clock::Clock;
use crate::context::LoopContext;
use crate::exchange::{ErrorOf, Exchange, Kept};
use crate::network::Network;
use core::fmt;
use core::marker::PhantomData;
use embedded_io::{ErrorType, Read, Write};
use embedded_nal::nb;

/// A connection that was handed over: after `101 Switching Protocols`, or a 2xx to CONNECT.
///
/// It is an [`embedded_io::Read`] and [`Write`], so that another protocol (WebSocket, TLS) can run
/// over it. Bytes that had come behind the response's head are read first. It is closed when it is
/// dropped. Its non-blocking twins are [`Exchange::poll_stream_read`] and
/// [`Exchange::poll_stream_write`].
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: SafeHttpClient<N, C, Online>, mut cx: LoopContext)
/// # -> Result<(), ErrorOf<N>> {
/// use embedded_io::{Read, Write};
/// let mut buffer = [0; 512];
/// let request = online.get(&mut cx, "http://192.168.1.20/echo", &mut buffer);
/// let response = request.header("connection", "upgrade").header("upgrade", "echo").send()?;
/// if let Ok(mut stream) = response.into_stream() {
///     stream.write_all(b"ping")?;
///     let mut answer = [0; 4];
///     let count = stream.read(&mut answer)?;
/// }
/// # Ok(()) }
/// ```
pub struct Stream<'a, 'c, N: Network, C: Clock> {
    exchange: Exchange<'a, N, C>,
    _cx: PhantomData<&'c mut LoopContext>,
}

impl<'a, N: Network, C: Clock> Stream<'a, '_, N, C> {
    pub(super) fn new(exchange: Exchange<'a, N, C>) -> Self {
        Self { exchange, _cx: PhantomData }
    }
}

impl<N: Network, C: Clock> ErrorType for Stream<'_, '_, N, C> {
    type Error = ErrorOf<N>;
}

impl<N: Network, C: Clock> Read for Stream<'_, '_, N, C> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        let idle = self.exchange.idle_hook();
        loop {
            match self.exchange.tunnel_read(buf) {
                Ok(count) => return Ok(count),
                Err(nb::Error::Other(Kept)) => return Err(self.exchange.take_error()),
                Err(nb::Error::WouldBlock) => {
                    idle();
                    self.exchange.poll_network();
                }
            }
        }
    }
}

impl<N: Network, C: Clock> Write for Stream<'_, '_, N, C> {
    fn write(&mut self, buf: &[u8]) -> Result<usize, Self::Error> {
        wait_for(&mut self.exchange, |exchange| exchange.tunnel_write(buf))
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl<N: Network, C: Clock> fmt::Debug for Stream<'_, '_, N, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("exchange", &self.exchange).finish_non_exhaustive()
    }
}
