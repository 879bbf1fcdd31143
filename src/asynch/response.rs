//! A response while it is read.

use super::driver::{OfCall, wait};
use super::{AsyncNetwork, Online, Request, Timer};
use crate::error::Evidence;
use crate::http::method::Method;
use crate::http::response::{Headers, ResponseHead};
use crate::nal::{AnyDriver, CallView, ErrorOf, Step};
use crate::protocol::Goal;
use crate::{
    Buffer, CopyError, Download, DownloadError, Event, EventError, EventStream, IntoUrl, client,
};
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
/// use embedded_io_async::Read; // `cargo add embedded-io-async@0.7`
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

    #[cfg(feature = "json")]
    pub(super) fn check_coding(&mut self) -> Result<(), ErrorOf<N>> {
        self.inner.check_coding()
    }

    pub(super) fn call(&self) -> &client::Call<'b, B> {
        self.inner.call()
    }

    #[cfg(feature = "json")]
    pub(super) fn call_mut(&mut self) -> &mut client::Call<'b, B> {
        self.inner.call_mut()
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
    pub(super) fn new(mut response: Response<'r, 'b, N, C, B>) -> Self {
        response.inner.parts().1.exchange.stream_begins();
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

impl Download {
    /// As [`request`](Self::request), of the async client.
    pub fn request_async<'r, 'u, N: AsyncNetwork, C: Timer, B: Buffer>(
        &self,
        online: &'r mut Online<'_, N, C>,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        let request = online.request(Method::Get, url, buffer).into_inner();
        Request::from_inner(self.asked_by(request))
    }

    /// As [`save`](Self::save), of the async client. Dropped while it waits for the network, it goes on where
    /// it was; what a writer that is dropped has taken, that writer knows.
    ///
    /// ```no_run
    /// # use safe_http_client::{Download, asynch::*};
    /// # async fn f<N: AsyncNetwork, C: Timer, F: embedded_io_async::Write>(
    /// #     mut online: Online<'_, N, C>, mut flash: F, mut download: Download,
    /// # ) -> Result<(), Box<dyn core::error::Error>> where F::Error: 'static, safe_http_client::ErrorOf<N>: 'static {
    /// let mut buffer = [0; 2048];
    /// let request = download.request_async(&mut online, "http://192.168.1.20/firmware.bin", &mut buffer);
    /// let mut response = request.send().await?;
    /// download.save_async(&mut response, &mut flash, |_, _| {}).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save).
    pub async fn save_async<N: AsyncNetwork, C: Timer, B: Buffer, W: Write>(
        &mut self,
        response: &mut Response<'_, '_, N, C, B>,
        writer: &mut W,
        mut written: impl FnMut(&Self, &[u8]),
    ) -> Result<(), DownloadError<ErrorOf<N>, W::Error>> {
        self.begin(response.call())?;
        while !self.is_whole() {
            let body = response.fill_buf().await.map_err(DownloadError::Response)?;
            if !self.goes_on(body)? {
                writer.flush().await.map_err(DownloadError::Writer)?;
                self.is_whole = true;
                break;
            }
            let count = writer.write(body).await.map_err(DownloadError::Writer)?;
            let piece = self.wrote(body, count)?;
            written(self, piece);
            let count = piece.len();
            response.consume(count);
        }
        Ok(())
    }
}

impl<B: Buffer> EventStream<B> {
    /// As [`request`](Self::request), of the async client.
    pub fn request_async<'r, 'u, N: AsyncNetwork, C: Timer, R: Buffer>(
        &self,
        online: &'r mut Online<'_, N, C>,
        url: impl IntoUrl<'u>,
        buffer: R,
    ) -> Request<'r, 'static, N, C, R> {
        let request = online.request(Method::Get, url, buffer).into_inner();
        Request::from_inner(self.asked_by(request))
    }

    /// As [`next`](Self::next), of the async client. Dropped while it waits, it goes on where it was.
    ///
    /// ```no_run
    /// # use safe_http_client::{ErrorOf, EventError, EventStream, asynch::*};
    /// # async fn f<N: AsyncNetwork, C: Timer>(mut online: Online<'_, N, C>)
    /// # -> Result<(), EventError<ErrorOf<N>>> {
    /// let mut events = EventStream::new([0; 512]);
    /// let mut buffer = [0; 1024];
    /// let request = events.request_async(&mut online, "http://192.168.1.20/events", &mut buffer);
    /// let mut response = request.send().await.map_err(EventError::Response)?;
    /// while let Some(event) = events.next_async(&mut response).await? {
    ///     println!("{:?}", event.data_str());
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn next_async<N: AsyncNetwork, C: Timer, R: Buffer>(
        &mut self,
        response: &mut Response<'_, '_, N, C, R>,
    ) -> Result<Option<Event<'_>>, EventError<ErrorOf<N>>> {
        self.begin(response.call())?;
        loop {
            let body = response.fill_buf().await.map_err(EventError::Response)?;
            if body.is_empty() {
                return Ok(None);
            }
            let (count, is_there) = self.take(body);
            response.consume(count);
            if is_there? {
                return Ok(Some(self.event()));
            }
        }
    }
}
