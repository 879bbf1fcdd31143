//! A response while it is read, with calls that wait.

use super::{Buffer, Call, SafeHttpClient};
use crate::error::{Error, ErrorKind, Evidence, Phase};
use crate::http::response::{ContentType, Headers, ResponseHead};
use crate::http::status::StatusCode;
use crate::nal::{AnyDriver, CallView, ErrorOf, Step};
use crate::protocol::Goal;
use core::fmt;
use embedded_io::{BufRead, ErrorType, Read, Write};
use nal_link::{Clock, Network};

/// A response: its head has arrived, its body is read from here.
///
/// The body is an [`embedded_io::Read`] and [`BufRead`]; or it is read whole by
/// [`read_to_end`](Self::read_to_end) or [`read_to_str`](Self::read_to_str) into the request's
/// buffer; or handed on by [`copy_to`](Self::copy_to). Once it was read to its end, the connection
/// is kept for the next request. A response that is dropped before has its connection closed,
/// unless the little that is left has already arrived.
///
/// While a call waits, the client calls [`Clock::idle`]. The client has one response at a time: end its block or
/// `drop(response)` before the next request.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// use embedded_io::Read; // `cargo add embedded-io@0.7`
/// let mut buffer = [0; 1024];
/// let mut response = online.get("http://192.168.1.20/image", &mut buffer).send()?;
/// let mut block = [0; 256];
/// loop {
///     match response.read(&mut block)? {
///         0 => break,
///         count => println!("{count} bytes more"), // in `block[..count]`
///     }
/// }
/// # Ok(()) }
/// ```
pub struct Response<'r, 'b, N: Network, C: Clock, B: Buffer> {
    client: &'r mut SafeHttpClient<N, C>,
    call: Call<'b, B>,
}

impl<'r, 'b, N: Network, C: Clock, B: Buffer> Response<'r, 'b, N, C, B> {
    /// Of a call that has the response's head.
    pub(crate) fn new(client: &'r mut SafeHttpClient<N, C>, call: Call<'b, B>) -> Self {
        Self { client, call }
    }

    /// What a driver goes on with, where it stands.
    #[cfg(feature = "async")]
    pub(crate) fn parts(&mut self) -> (&mut crate::nal::Driver<N, C>, CallView<'_>) {
        (&mut self.client.driver, self.call.view())
    }

    pub(crate) fn call(&self) -> &Call<'b, B> {
        &self.call
    }

    #[cfg(feature = "json")]
    pub(crate) fn call_mut(&mut self) -> &mut Call<'b, B> {
        &mut self.call
    }

    /// Calls a step until it doesn't block, and the idle hook in between.
    pub(super) fn wait_for<T>(
        &mut self,
        mut step: impl FnMut(&mut AnyDriver<'_>, &mut CallView<'_>) -> Step<T>,
    ) -> Result<T, ErrorOf<N>> {
        let driver = &mut self.client.driver;
        let mut call = self.call.view();
        loop {
            match step(driver.any(), &mut call) {
                Ok(value) => return Ok(value),
                Err(nb::Error::Other(fault)) => return Err(driver.fail(&mut call, fault)),
                Err(nb::Error::WouldBlock) => driver.stack.clock.idle(),
            }
        }
    }

    /// Status, reason and header fields.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock, B: Buffer>(response: Response<'_, '_, N, C, B>) {
    /// for header in response.head().headers() {
    ///     println!("{}: {:?}", header.name(), header.value_str());
    /// }
    /// # }
    /// ```
    pub fn head(&self) -> ResponseHead<'_> {
        self.call.known_head()
    }

    /// The status, from 100 to 999.
    pub fn status(&self) -> u16 {
        self.head().status()
    }

    /// The same with its class and its name.
    pub fn status_code(&self) -> StatusCode {
        self.head().status_code()
    }

    /// Whether the status is of the class 2xx.
    pub fn is_success(&self) -> bool {
        self.head().is_success()
    }

    /// Where the server wants this to be asked instead: of 301, 302, 303, 307 and 308 with a `Location`.
    /// [`Request::follow`](crate::Request::follow) goes there by itself.
    pub fn redirect(&self) -> Option<crate::http::redirect::Redirect<'_>> {
        self.head().redirect()
    }

    /// The value of the first header field of this name (in any case), as bytes.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.head().header(name)
    }

    /// The same, if it is UTF-8.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock, B: Buffer>(response: Response<'_, '_, N, C, B>) {
    /// let is_json = response.header_str("content-type") == Some("application/json");
    /// # }
    /// ```
    pub fn header_str(&self, name: &str) -> Option<&str> {
        self.head().header_str(name)
    }

    /// The body's type; `None` where `Content-Type` isn't there or is none.
    pub fn content_type(&self) -> Option<ContentType<'_>> {
        self.head().content_type()
    }

    /// The trailer fields behind a chunked body, once it was read to its end; none before.
    pub fn trailers(&self) -> Headers<'_> {
        self.call.trailers()
    }

    /// The figures of the call so far.
    pub fn evidence(&self) -> Evidence {
        self.call.evidence(self.client)
    }

    /// Reads the rest of the body into the request's buffer, and returns it.
    ///
    /// # Errors
    ///
    /// [`Buffer`](ErrorKind::Buffer) where it doesn't fit: if its length is known beforehand, the error has
    /// the exact size, nothing was read, and the body can still be read piece by piece. Otherwise as reading.
    pub fn read_to_end(&mut self) -> Result<&[u8], ErrorOf<N>> {
        self.client.wait_for(&mut self.call, Goal::End)?;
        Ok(self.call.body())
    }

    /// As [`read_to_end`](Self::read_to_end), as text.
    ///
    /// # Errors
    ///
    /// As `read_to_end`; and [`NotUtf8`](ErrorKind::NotUtf8) or [`Compressed`](ErrorKind::Compressed), after
    /// which the bytes can still be had from `read_to_end`.
    pub fn read_to_str(&mut self) -> Result<&str, ErrorOf<N>> {
        self.client.wait_for(&mut self.call, Goal::End)?;
        self.as_text()
    }

    /// What was read whole of the body, as text.
    pub(crate) fn as_text(&mut self) -> Result<&str, ErrorOf<N>> {
        match core::str::from_utf8(self.call.body()) {
            Ok(text) => Ok(text),
            Err(error) => {
                let kind = if is_compressed(&self.head(), self.call.body()) {
                    ErrorKind::Compressed
                } else {
                    ErrorKind::NotUtf8 { valid_up_to: error.valid_up_to() }
                };
                self.client.driver.evidence = self.call.evidence(self.client);
                Err(Error::new(Phase::Body, kind))
            }
        }
    }

    /// An error where the body, read whole, begins as a compressed one (and so is no JSON).
    #[cfg(feature = "json")]
    pub(crate) fn check_coding(&mut self) -> Result<(), ErrorOf<N>> {
        if begins_compressed(self.call.body()) {
            self.client.driver.evidence = self.call.evidence(self.client);
            return Err(Error::new(Phase::Body, ErrorKind::Compressed));
        }
        Ok(())
    }

    /// Writes the rest of the body to `writer`, and returns how many bytes that were. A body of
    /// any length passes through the request's buffer.
    ///
    /// # Errors
    ///
    /// Whose fault it was: [`CopyError::Response`] or [`CopyError::Writer`].
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock, B: Buffer>(mut response: Response<'_, '_, N, C, B>) {
    /// let mut flash = [0; 4096]; // or a writer that programs it: any `embedded_io::Write`
    /// match response.copy_to(&mut &mut flash[..]) {
    ///     Ok(count) => println!("{count} bytes"),
    ///     Err(CopyError::Response(error)) => println!("the network: {error}"),
    ///     Err(CopyError::Writer(error)) => println!("the flash: {error:?}"),
    /// }
    /// # }
    /// ```
    pub fn copy_to<W: Write>(
        &mut self,
        writer: &mut W,
    ) -> Result<u64, CopyError<ErrorOf<N>, W::Error>> {
        let mut total = 0u64;
        loop {
            let data = self.fill_buf().map_err(CopyError::Response)?;
            let count = data.len();
            if count == 0 {
                return Ok(total);
            }
            writer.write_all(data).map_err(CopyError::Writer)?;
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
        if self.call.is_upgraded() { Ok(Stream::new(self)) } else { Err(self) }
    }
}

impl<N: Network, C: Clock, B: Buffer> ErrorType for Response<'_, '_, N, C, B> {
    type Error = ErrorOf<N>;
}

impl<N: Network, C: Clock, B: Buffer> Read for Response<'_, '_, N, C, B> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        self.wait_for(|driver, call| driver.read(call, buf))
    }
}

impl<N: Network, C: Clock, B: Buffer> BufRead for Response<'_, '_, N, C, B> {
    fn fill_buf(&mut self) -> Result<&[u8], Self::Error> {
        self.client.wait_for(&mut self.call, Goal::Body)?;
        Ok(self.call.data())
    }

    fn consume(&mut self, amt: usize) {
        self.call.consume(self.client, amt);
    }
}

impl<N: Network, C: Clock, B: Buffer> Drop for Response<'_, '_, N, C, B> {
    fn drop(&mut self) {
        self.client.driver.any().abandon(&mut self.call.view());
    }
}

/// Whether a body that is no text is a compressed one, by its head or as it begins.
#[cold]
fn is_compressed(head: &ResponseHead<'_>, body: &[u8]) -> bool {
    let coded = head.header("content-encoding");
    coded.is_some_and(|coding| !coding.eq_ignore_ascii_case(b"identity")) || begins_compressed(body)
}

/// gzip (RFC 1952 section 2.3.1) and Zstandard (RFC 8878 section 3.1.1).
fn begins_compressed(body: &[u8]) -> bool {
    matches!(body, [0x1F, 0x8B, 8, ..] | [0x28, 0xB5, 0x2F, 0xFD, ..])
}

/// Why a body couldn't be copied.
///
/// ```
/// use safe_http_client::CopyError;
/// let error: CopyError<&str, &str> = CopyError::Writer("page 7 is locked");
/// assert!(error.to_string().contains("page 7 is locked"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum CopyError<R, W> {
    /// Reading the response failed.
    Response(R),
    /// The writer failed. The rest of the body is still to be read.
    Writer(W),
}

impl<R: fmt::Display, W: fmt::Debug> fmt::Display for CopyError<R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response(error) => error.fmt(f),
            Self::Writer(error) => write!(f, "the body couldn't be written on: {error:?}"),
        }
    }
}

impl<R: fmt::Debug + fmt::Display, W: fmt::Debug> core::error::Error for CopyError<R, W> {}

impl<N: Network, C: Clock, B: Buffer> fmt::Debug for Response<'_, '_, N, C, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("call", &self.call).finish_non_exhaustive()
    }
}

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
    pub(super) fn new(mut response: Response<'r, 'b, N, C, B>) -> Self {
        response.call.parts.exchange.stream_begins();
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
