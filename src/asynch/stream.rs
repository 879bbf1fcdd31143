//! A connection that has left HTTP.

use super::{AsyncNetwork, Response, Timer};
use crate::Buffer;
use crate::nal::ErrorOf;
use core::fmt;
use embedded_io_async::{ErrorType, Read, Write};

/// A connection that was handed over: after `101 Switching Protocols`, or a 2xx to CONNECT. The twin of
/// [`Stream`](crate::Stream), as an [`embedded_io_async::Read`] and [`Write`].
///
/// Bytes that had come behind the response's head are read first. Reads wait for as long as the peer rests, or
/// to the total deadline; a peer that takes nothing is given up after the idle deadline. A read or write that
/// is dropped has moved nothing. It is closed when it is dropped.
pub struct Stream<'r, 'b, N: AsyncNetwork, C: Timer, B: Buffer> {
    response: Response<'r, 'b, N, C, B>,
}

impl<'r, 'b, N: AsyncNetwork, C: Timer, B: Buffer> Stream<'r, 'b, N, C, B> {
    pub(super) fn new(response: Response<'r, 'b, N, C, B>) -> Self {
        Self { response }
    }
}

impl<N: AsyncNetwork, C: Timer, B: Buffer> ErrorType for Stream<'_, '_, N, C, B> {
    type Error = ErrorOf<N>;
}

impl<N: AsyncNetwork, C: Timer, B: Buffer> Read for Stream<'_, '_, N, C, B> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        self.response.wait_for(|driver, call| driver.upgraded_read(call, buf)).await
    }
}

impl<N: AsyncNetwork, C: Timer, B: Buffer> Write for Stream<'_, '_, N, C, B> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, Self::Error> {
        self.response.wait_for(|driver, call| driver.upgraded_write(call, buf)).await
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl<N: AsyncNetwork, C: Timer, B: Buffer> fmt::Debug for Stream<'_, '_, N, C, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}
