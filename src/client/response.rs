//! A response while it is read, with calls that wait.

use super::stream::Stream;
use crate::clock::Clock;
use crate::context::LoopContext;
use crate::error::{Error, ErrorKind, Phase};
use crate::exchange::{ErrorOf, Exchange, Kept, Step};
use crate::http::response::{Headers, ResponseHead};
use crate::network::Network;
use core::fmt;
use core::marker::PhantomData;
use embedded_io::{BufRead, ErrorType, Read, Write};
use embedded_nal::nb;

/// A response: its head has arrived, its body is read from here.
///
/// The body is an [`embedded_io::Read`] and [`BufRead`]; or it is read whole by
/// [`read_to_end`](Self::read_to_end) or [`read_to_str`](Self::read_to_str) into the request's
/// buffer; or handed on by [`copy_to`](Self::copy_to). Once it was read to its end, the connection
/// is kept for the next request. A response that is dropped before has its connection closed,
/// unless the little that is left has already arrived.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: SafeHttpClient<N, C, Online>, mut cx: LoopContext)
/// # -> Result<(), ErrorOf<N>> {
/// use embedded_io::Read;
/// let mut buffer = [0; 1024];
/// let mut response = online.get(&mut cx, "http://192.168.1.20/image", &mut buffer).send()?;
/// let mut block = [0; 256];
/// loop {
///     match response.read(&mut block)? {
///         0 => break,
///         count => println!("{count} bytes more"), // in `block[..count]`
///     }
/// }
/// # Ok(()) }
/// ```
pub struct Response<'a, 'c, N: Network, C: Clock> {
    exchange: Exchange<'a, N, C>,
    /// The loop's context stays lent while calls may wait.
    _cx: PhantomData<&'c mut LoopContext>,
}

impl<'a, 'c, N: Network, C: Clock> Response<'a, 'c, N, C> {
    /// Waits until the exchange has the response's head.
    pub(super) fn wait(mut exchange: Exchange<'a, N, C>) -> Result<Self, ErrorOf<N>> {
        wait_for(&mut exchange, Exchange::advance)?;
        Ok(Self { exchange, _cx: PhantomData })
    }

    /// Status, reason and header fields.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(response: Response<'_, '_, N, C>) {
    /// for header in response.head().headers() {
    ///     println!("{}: {:?}", header.name(), header.value_str());
    /// }
    /// # }
    /// ```
    pub fn head(&self) -> ResponseHead<'_> {
        self.exchange.known_head()
    }

    /// The status, from 100 to 999.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(response: Response<'_, '_, N, C>) {
    /// match response.status() {
    ///     204 => println!("done, and nothing to read"),
    ///     status => println!("the server says {status}"),
    /// }
    /// # }
    /// ```
    pub fn status(&self) -> u16 {
        self.head().status()
    }

    /// Whether the status is of the class 2xx.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(response: Response<'_, '_, N, C>) {
    /// if !response.is_success() {
    ///     println!("the gate stays shut: {}", response.status());
    /// }
    /// # }
    /// ```
    pub fn is_success(&self) -> bool {
        self.head().is_success()
    }

    /// The value of the first header field of this name (in any case), as bytes.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(response: Response<'_, '_, N, C>) {
    /// let is_json = response.header("content-type") == Some(b"application/json");
    /// # }
    /// ```
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.head().header(name)
    }

    /// The trailer fields behind a chunked body, once it was read to its end; none before.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut response: Response<'_, '_, N, C>) -> Result<(), ErrorOf<N>> {
    /// response.read_to_end()?;
    /// let checksum = response.trailers().find(|trailer| trailer.is("x-checksum"));
    /// # Ok(()) }
    /// ```
    pub fn trailers(&self) -> Headers<'_> {
        self.exchange.trailers()
    }

    /// Reads the rest of the body into the request's buffer, and returns it.
    ///
    /// # Errors
    ///
    /// [`Buffer`](ErrorKind::Buffer) where it doesn't fit: if its length is known beforehand, the error has the exact
    /// size, nothing was read, and the body can still be read piece by piece. Otherwise as reading.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut response: Response<'_, '_, N, C>) -> Result<(), ErrorOf<N>> {
    /// let body = response.read_to_end()?;
    /// println!("{} bytes", body.len());
    /// # Ok(()) }
    /// ```
    pub fn read_to_end(&mut self) -> Result<&[u8], ErrorOf<N>> {
        wait_for(&mut self.exchange, Exchange::read_to_end_step)?;
        Ok(self.exchange.body())
    }

    /// As [`read_to_end`](Self::read_to_end), as text.
    ///
    /// # Errors
    ///
    /// As `read_to_end`; and [`NotUtf8`](ErrorKind::NotUtf8), after which the bytes can still be had
    /// from `read_to_end`.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut response: Response<'_, '_, N, C>) -> Result<(), ErrorOf<N>> {
    /// let open = response.read_to_str()?.contains("open");
    /// # Ok(()) }
    /// ```
    pub fn read_to_str(&mut self) -> Result<&str, ErrorOf<N>> {
        wait_for(&mut self.exchange, Exchange::read_to_end_step)?;
        core::str::from_utf8(self.exchange.body()).map_err(|error| {
            let valid_up_to = error.valid_up_to();
            Error::new(Phase::Body, ErrorKind::NotUtf8 { valid_up_to })
        })
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
    /// # fn f<N: Network, C: Clock>(mut response: Response<'_, '_, N, C>) {
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
            let count =
                wait_for(&mut self.exchange, Exchange::fill).map_err(CopyError::Response)?;
            if count == 0 {
                return Ok(total);
            }
            writer.write_all(self.exchange.data(count)).map_err(CopyError::Writer)?;
            self.exchange.consume(count);
            total = total.saturating_add(count as u64);
        }
    }

    /// The connection itself, after 101 or a 2xx to CONNECT.
    ///
    /// # Errors
    ///
    /// Gives any other response back, still to be read.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(response: Response<'_, '_, N, C>) {
    /// match response.into_stream() {
    ///     Ok(stream) => { /* speak the other protocol */ }
    ///     Err(response) => println!("the server stays with HTTP: {}", response.status()),
    /// }
    /// # }
    /// ```
    #[allow(clippy::result_large_err, reason = "it gives the response back")]
    pub fn into_stream(self) -> Result<Stream<'a, 'c, N, C>, Self> {
        if self.exchange.is_handed_over() { Ok(Stream::new(self.exchange)) } else { Err(self) }
    }

    /// Goes on without waiting: the loop's context is free again, to be lent to each call.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(
    /// #     response: Response<'_, '_, N, C>, mut cx: LoopContext,
    /// # ) -> Result<(), nb::Error<ErrorOf<N>>> {
    /// let mut exchange = response.into_exchange();
    /// let mut block = [0; 256];
    /// let count = exchange.poll_read(&mut cx, &mut block)?;
    /// # Ok(()) }
    /// ```
    pub fn into_exchange(self) -> Exchange<'a, N, C> {
        self.exchange
    }
}

/// Calls a step until it doesn't block, and the idle hook in between.
pub(super) fn wait_for<'a, N: Network, C: Clock, T>(
    exchange: &mut Exchange<'a, N, C>,
    step: impl Fn(&mut Exchange<'a, N, C>) -> Step<T>,
) -> Result<T, ErrorOf<N>> {
    let idle = exchange.idle_hook();
    loop {
        match step(exchange) {
            Ok(value) => return Ok(value),
            Err(nb::Error::Other(Kept)) => return Err(exchange.take_error()),
            Err(nb::Error::WouldBlock) => {
                idle();
                exchange.poll_network();
            }
        }
    }
}

impl<N: Network, C: Clock> ErrorType for Response<'_, '_, N, C> {
    type Error = ErrorOf<N>;
}

impl<N: Network, C: Clock> Read for Response<'_, '_, N, C> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        let idle = self.exchange.idle_hook();
        loop {
            match self.exchange.read_step(buf) {
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

impl<N: Network, C: Clock> BufRead for Response<'_, '_, N, C> {
    fn fill_buf(&mut self) -> Result<&[u8], Self::Error> {
        let count = wait_for(&mut self.exchange, Exchange::fill)?;
        Ok(self.exchange.data(count))
    }

    fn consume(&mut self, amt: usize) {
        self.exchange.consume(amt);
    }
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

impl<N: Network, C: Clock> fmt::Debug for Response<'_, '_, N, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("exchange", &self.exchange).finish_non_exhaustive()
    }
}
