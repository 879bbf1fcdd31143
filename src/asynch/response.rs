//! A response while it is read.

use super::driver::{OfCall, wait};
use super::{AsyncNetwork, Stream, Timer};
use crate::error::Evidence;
use crate::http::response::{Headers, ResponseHead};
use crate::nal::{AnyDriver, CallView, ErrorOf, Step};
use crate::protocol::Goal;
use crate::{Buffer, CopyError, client};
use core::fmt;
use embedded_io_async::{BufRead, ErrorType, Read, Write};

/// A response: its head has arrived, its body is read from here. The twin of
/// [`Response`](crate::Response) whose reads are awaited.
///
/// The body is an [`embedded_io_async::Read`] and [`BufRead`]; or it is read whole by
/// [`read_to_end`](Self::read_to_end) or [`read_to_str`](Self::read_to_str) into the request's buffer; or
/// handed on by [`copy_to`](Self::copy_to). A read that is dropped loses nothing: the next goes on. Once the
/// body was read to its end, the connection is kept for the next request. A response that is dropped before has
/// its connection closed, unless the little that is left has already arrived.
///
/// ```no_run
/// # use safe_http_client::{ErrorOf, asynch::*};
/// # async fn f<N: AsyncNetwork, C: Timer>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// use embedded_io_async::Read;
/// let mut buffer = [0; 1024];
/// let mut response = online.get("http://192.168.1.20/image", &mut buffer).send().await?;
/// let mut block = [0; 256];
/// loop {
///     match response.read(&mut block).await? {
///         0 => break,
///         count => println!("{count} bytes more"), // in `block[..count]`
///     }
/// }
/// # Ok(()) }
/// ```
pub struct Response<'r, 'b, N: AsyncNetwork, C: Timer, B: Buffer> {
    inner: client::Response<'r, 'b, N, C, B>,
}

impl<'r, 'b, N: AsyncNetwork, C: Timer, B: Buffer> Response<'r, 'b, N, C, B> {
    pub(super) fn new(inner: client::Response<'r, 'b, N, C, B>) -> Self {
        Self { inner }
    }

    /// Goes on until a step doesn't block.
    pub(super) async fn wait_for<T>(
        &mut self,
        step: impl FnMut(&mut AnyDriver<'_>, &mut CallView<'_>) -> Step<T>,
    ) -> Result<T, ErrorOf<N>> {
        let (driver, call) = self.inner.parts();
        wait(driver, &mut OfCall::new(call, step)).await
    }

    pub(super) fn call(&self) -> &client::Call<'b, B> {
        self.inner.call()
    }

    /// Status, reason and header fields.
    pub fn head(&self) -> ResponseHead<'_> {
        self.inner.head()
    }

    /// The status, from 100 to 999.
    pub fn status(&self) -> u16 {
        self.inner.status()
    }

    /// The same with its class and its name.
    pub fn status_code(&self) -> crate::StatusCode {
        self.inner.status_code()
    }

    /// The body's type; `None` where `Content-Type` isn't there or is none.
    pub fn content_type(&self) -> Option<crate::ContentType<'_>> {
        self.inner.content_type()
    }

    /// Whether the status is of the class 2xx.
    pub fn is_success(&self) -> bool {
        self.inner.is_success()
    }

    /// Where the server wants this to be asked instead: as [`Response::redirect`](crate::Response::redirect).
    pub fn redirect(&self) -> Option<crate::Redirect<'_>> {
        self.inner.redirect()
    }

    /// The value of the first header field of this name (in any case), as bytes.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.inner.header(name)
    }

    /// The same, if it is UTF-8.
    pub fn header_str(&self, name: &str) -> Option<&str> {
        self.inner.header_str(name)
    }

    /// The trailer fields behind a chunked body, once it was read to its end; none before.
    pub fn trailers(&self) -> Headers<'_> {
        self.inner.trailers()
    }

    /// The figures of the call so far.
    pub fn evidence(&self) -> Evidence {
        self.inner.evidence()
    }

    /// Reads the rest of the body into the request's buffer, and returns it.
    ///
    /// # Errors
    ///
    /// [`Buffer`](crate::ErrorKind::Buffer) where it doesn't fit: if its length is known beforehand, nothing
    /// was read, and the body can still be read piece by piece. Otherwise as reading.
    pub async fn read_to_end(&mut self) -> Result<&[u8], ErrorOf<N>> {
        self.wait_for(|driver, call| driver.run(call, Goal::End)).await?;
        Ok(self.inner.call().body())
    }

    /// As [`read_to_end`](Self::read_to_end), as text.
    ///
    /// # Errors
    ///
    /// As `read_to_end`; and [`NotUtf8`](crate::ErrorKind::NotUtf8), after which the bytes can still be had
    /// from `read_to_end`.
    pub async fn read_to_str(&mut self) -> Result<&str, ErrorOf<N>> {
        self.wait_for(|driver, call| driver.run(call, Goal::End)).await?;
        self.inner.as_text()
    }

    /// Writes the rest of the body to `writer`, and returns how many bytes that were. A body of any length
    /// passes through the request's buffer.
    ///
    /// # Errors
    ///
    /// Whose fault it was: [`CopyError::Response`] or [`CopyError::Writer`].
    pub async fn copy_to<W: Write>(
        &mut self,
        writer: &mut W,
    ) -> Result<u64, CopyError<ErrorOf<N>, W::Error>> {
        let mut total = 0u64;
        loop {
            let data = self.fill_buf().await.map_err(CopyError::Response)?;
            let count = data.len();
            if count == 0 {
                return Ok(total);
            }
            writer.write_all(data).await.map_err(CopyError::Writer)?;
            self.consume(count);
            total = total.saturating_add(count as u64);
        }
    }

    /// The connection itself, after 101 or a 2xx to CONNECT.
    ///
    /// # Errors
    ///
    /// Gives any other response back, still to be read.
    #[allow(clippy::result_large_err, reason = "it gives the response back")]
    pub fn into_stream(self) -> Result<Stream<'r, 'b, N, C, B>, Self> {
        if self.inner.call().is_upgraded() { Ok(Stream::new(self)) } else { Err(self) }
    }
}

impl<N: AsyncNetwork, C: Timer, B: Buffer> ErrorType for Response<'_, '_, N, C, B> {
    type Error = ErrorOf<N>;
}

impl<N: AsyncNetwork, C: Timer, B: Buffer> Read for Response<'_, '_, N, C, B> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        self.wait_for(|driver, call| driver.read(call, buf)).await
    }
}

impl<N: AsyncNetwork, C: Timer, B: Buffer> BufRead for Response<'_, '_, N, C, B> {
    async fn fill_buf(&mut self) -> Result<&[u8], Self::Error> {
        self.wait_for(|driver, call| driver.run(call, Goal::Body)).await?;
        Ok(self.inner.call().data())
    }

    fn consume(&mut self, amt: usize) {
        let (driver, mut call) = self.inner.parts();
        driver.any().consume(&mut call, amt);
    }
}

impl<N: AsyncNetwork, C: Timer, B: Buffer> fmt::Debug for Response<'_, '_, N, C, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
