//! A connection that has left HTTP, with calls that wait.

use super::{Buffer, Response};
use crate::nal::ErrorOf;
use core::fmt;
use embedded_io::{ErrorType, Read, Write};
use nal_link::{Clock, Network};

/// A connection that was handed over: after `101 Switching Protocols`, or a 2xx to CONNECT.
///
/// It is an [`embedded_io::Read`] and [`Write`], so that another protocol (WebSocket, TLS) can run
/// over it. Bytes that had come behind the response's head are read first. Reads wait for as long as the
/// peer rests, or to the total deadline; a peer that takes nothing is given up after the idle deadline.
/// It is closed when it is dropped. The repository's `examples/websocket` is a WebSocket over
/// [`Upgraded`](crate::Upgraded), its twin that doesn't wait.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// use embedded_io::{Read, Write};
/// let mut buffer = [0; 512];
/// let request = online.get("http://192.168.1.20/echo", &mut buffer);
/// let response = request.header("connection", "upgrade").header("upgrade", "echo").send()?;
/// if let Ok(mut stream) = response.into_stream() {
///     stream.write_all(b"ping")?;
///     let mut answer = [0; 4];
///     let count = stream.read(&mut answer)?;
/// }
/// # Ok(()) }
/// ```
pub struct Stream<'r, 'b, N: Network, C: Clock, B: Buffer> {
    response: Response<'r, 'b, N, C, B>,
}

impl<'r, 'b, N: Network, C: Clock, B: Buffer> Stream<'r, 'b, N, C, B> {
    pub(super) fn new(response: Response<'r, 'b, N, C, B>) -> Self {
        Self { response }
    }
}

impl<N: Network, C: Clock, B: Buffer> ErrorType for Stream<'_, '_, N, C, B> {
    type Error = ErrorOf<N>;
}

impl<N: Network, C: Clock, B: Buffer> Read for Stream<'_, '_, N, C, B> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        self.response.wait_for(|driver, call| driver.upgraded_read(call, buf))
    }
}

impl<N: Network, C: Clock, B: Buffer> Write for Stream<'_, '_, N, C, B> {
    fn write(&mut self, buf: &[u8]) -> Result<usize, Self::Error> {
        self.response.wait_for(|driver, call| driver.upgraded_write(call, buf))
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl<N: Network, C: Clock, B: Buffer> fmt::Debug for Stream<'_, '_, N, C, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}
