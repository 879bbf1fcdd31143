//! A connection that has left HTTP.

use super::response::wait_for;
use crate::clock::Clock;
use crate::context::LoopContext;
use crate::exchange::{ErrorOf, Exchange};
use crate::network::Network;
use core::fmt;
use core::marker::PhantomData;
use embedded_io::{ErrorType, Read, Write};
use embedded_nal::nb;

/// A connection that was handed over: after `101 Switching Protocols`, or a 2xx to CONNECT.
///
/// It is an [`embedded_io::Read`] and [`Write`], so that another protocol (WebSocket, TLS) can run
/// over it. Bytes that had come behind the response's head are read first. It is closed when it is
/// dropped.
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

    /// The non-blocking twin of `read`: 0 at the end of the stream.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while nothing has arrived. The idle deadline doesn't count here: a stream may
    /// rest. Any other error closes the connection.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut stream: Stream<'_, '_, N, C>, mut cx: LoopContext) {
    /// let mut block = [0; 64];
    /// match stream.poll_read(&mut cx, &mut block) {
    ///     Ok(0) => println!("the peer has ended the stream"),
    ///     Ok(count) => println!("{count} bytes"),
    ///     Err(nb::Error::WouldBlock) => { /* look again later */ }
    ///     Err(nb::Error::Other(error)) => println!("{error}"),
    /// }
    /// # }
    /// ```
    pub fn poll_read(
        &mut self,
        _cx: &mut LoopContext,
        out: &mut [u8],
    ) -> nb::Result<usize, ErrorOf<N>> {
        self.exchange.poll_network();
        self.exchange.tunnel_read(out)
    }

    /// The non-blocking twin of `write`: returns how many of the bytes the stack took.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while the stack takes no more. Any other error closes the connection.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut stream: Stream<'_, '_, N, C>, mut cx: LoopContext) {
    /// match stream.poll_write(&mut cx, b"ping") {
    ///     Ok(count) => println!("{count} of 4 bytes are on their way"),
    ///     Err(nb::Error::WouldBlock) => { /* try again later */ }
    ///     Err(nb::Error::Other(error)) => println!("{error}"),
    /// }
    /// # }
    /// ```
    pub fn poll_write(
        &mut self,
        _cx: &mut LoopContext,
        bytes: &[u8],
    ) -> nb::Result<usize, ErrorOf<N>> {
        self.exchange.poll_network();
        self.exchange.tunnel_write(bytes)
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
                Err(nb::Error::Other(error)) => return Err(error),
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
