//! A request while it is put together.

use super::driver::{Close, Leave, OfCall, Work, wait};
use super::{AsyncNetwork, Response, Timer};
use crate::client::{self, LayeredCall, upload_failed};
use crate::http::method::{BodyLength, Method};
use crate::nal::{CallView, Driver, ErrorOf, Fault};
use crate::policy::RetryPolicy;
use crate::protocol::{CloseReason, Goal, UploadState};
use crate::{Buffer, IntoUrl, Kept, LayerError, Multipart};
use core::convert::Infallible;
use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;
use embedded_io_async::{Error as _, Read};
use nal_link::Clock;

/// A request while it is put together: the twin of [`Request`](crate::Request), whose
/// [`send`](Self::send) is awaited. Mistakes are kept and reported when it is sent, before a byte leaves.
///
/// ```no_run
/// # use safe_http_client::asynch::*;
/// # use safe_http_client::ErrorOf;
/// # async fn f<N: AsyncNetwork, C: Timer>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// let mut buffer = [0; 1024];
/// let request = online.put("http://192.168.1.20/lamp", &mut buffer);
/// let response = request.header("content-type", "text/plain").body("on").send().await?;
/// # Ok(()) }
/// ```
#[must_use = "a request is sent by `send`"]
pub struct Request<'r, 'b, N: AsyncNetwork, C, B> {
    inner: client::Request<'r, 'b, N, C, B>,
}

impl<'r, 'b, N: AsyncNetwork, C: Timer, B: Buffer> Request<'r, 'b, N, C, B> {
    pub(super) fn new<'u>(
        client: &'r mut crate::SafeHttpClient<N, C>,
        method: Method<'_>,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Self {
        Self { inner: client::Request::new(client, &method.traits(), url, buffer) }
    }

    pub(super) fn from_inner(inner: client::Request<'r, 'b, N, C, B>) -> Self {
        Self { inner }
    }

    pub(super) fn into_inner(self) -> client::Request<'r, 'b, N, C, B> {
        self.inner
    }

    /// Adds a header field. `Host`, `User-Agent`, `Accept` and `Accept-Encoding` replace the default ones,
    /// `Authorization` the credentials of the URL or of an earlier call.
    pub fn header(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        Self { inner: self.inner.header(name, value) }
    }

    /// Leaves out a header field that would be there by default: `Host`, `User-Agent`, `Accept`,
    /// `Accept-Encoding`.
    pub fn without_header(self, name: &str) -> Self {
        Self { inner: self.inner.without_header(name) }
    }

    /// Adds `name=value` to the URL's query, percent-encoded.
    pub fn query(self, name: &str, value: &str) -> Self {
        Self { inner: self.inner.query(name, value) }
    }

    /// A body of names and values, as a browser sends a form, with its `Content-Type`.
    pub fn form(self, pairs: &[(&str, &str)]) -> Self {
        Self { inner: self.inner.form(pairs) }
    }

    /// Adds `Authorization: Basic` with this user name and password, in place of those of the URL.
    pub fn basic(self, user: &str, password: &str) -> Self {
        Self { inner: self.inner.basic(user, password) }
    }

    /// Adds `Authorization: Bearer` with this token, in place of the URL's credentials.
    pub fn bearer(self, token: &str) -> Self {
        Self { inner: self.inner.bearer(token) }
    }

    /// The body, as text or bytes that are lent until the response has ended, with its length as
    /// `Content-Length`.
    pub fn body<T: AsRef<[u8]> + ?Sized>(self, body: &'b T) -> Self {
        Self { inner: self.inner.body(body) }
    }

    /// The same, copied into the buffer.
    pub fn copy_body<T: AsRef<[u8]> + ?Sized>(self, body: &T) -> Self {
        Self { inner: self.inner.copy_body(body) }
    }

    /// Connects to this address, whatever the URL's host is, and resolves no name. The host is still what the
    /// server is told.
    pub fn connect_to(self, address: SocketAddr) -> Self {
        Self { inner: self.inner.connect_to(address) }
    }

    /// Closes the connection after the response, and tells the server so.
    pub fn connection_close(self) -> Self {
        Self { inner: self.inner.connection_close() }
    }

    /// Sends the body only once the server has accepted the request (RFC 9110 section 10.1.1), or
    /// [`Config::continue_timeout`](crate::Config::continue_timeout) has passed. A server that answers 417 wants the
    /// same request without this.
    pub fn expect_continue(self) -> Self {
        Self { inner: self.inner.expect_continue() }
    }

    /// Accepts transfer codings that can't be undone: the body is then as it was transferred, `chunked`
    /// aside.
    pub fn allow_unknown_codings(self) -> Self {
        Self { inner: self.inner.allow_unknown_codings() }
    }

    /// Takes header lines that break a rule, and that other clients take: as [`Request::lenient`](crate::Request::lenient).
    pub fn lenient(self) -> Self {
        Self { inner: self.inner.lenient() }
    }

    /// For this request: how long looking the host's name up may take.
    pub fn resolve_timeout(self, timeout: Duration) -> Self {
        Self { inner: self.inner.resolve_timeout(timeout) }
    }

    /// For this request: how long opening the connection may take.
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        Self { inner: self.inner.connect_timeout(timeout) }
    }

    /// For this request: how long the server may think before the first byte of its response.
    pub fn response_timeout(self, timeout: Duration) -> Self {
        Self { inner: self.inner.response_timeout(timeout) }
    }

    /// For this request: how long nothing may move while bytes flow.
    pub fn idle_timeout(self, timeout: Duration) -> Self {
        Self { inner: self.inner.idle_timeout(timeout) }
    }

    /// For this request: how long the call may take in all; `None` for no limit.
    pub fn total_timeout(self, timeout: Option<Duration>) -> Self {
        Self { inner: self.inner.total_timeout(timeout) }
    }

    /// Sends the request and waits for the response's head.
    ///
    /// Dropped before, it closes the connection.
    ///
    /// # Errors
    ///
    /// Everything that [`ErrorKind`](crate::ErrorKind) lists. The connection is closed then, and
    /// [`SafeHttpClient::diagnosis`](super::SafeHttpClient::diagnosis) knows more.
    // The request is gone on with where it stands: moved, it would take its place in the future twice.
    #[allow(clippy::manual_async_fn, reason = "it would be moved")]
    pub fn send(mut self) -> impl Future<Output = Result<Response<'r, 'b, N, C, B>, ErrorOf<N>>> {
        async move {
            self.inner.check(None)?;
            let (driver, call) = self.inner.parts();
            head(driver, call).await?;
            Ok(Response::new(self.inner.into_response()))
        }
    }

    /// Sends the request with a body read from `reader`, and waits for the response's head.
    ///
    /// A body of unknown length is sent as [`BodyLength::Chunked`]. What fits the buffer leaves together
    /// with the head. The time that the reader takes isn't counted. Dropped before, it closes the connection.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); [`BodyReader`](crate::RequestError::BodyReader) where the reader fails, and
    /// [`BodyLength`](crate::RequestError::BodyLength) where it has more or less than declared.
    ///
    /// ```no_run
    /// # use safe_http_client::{BodyLength, ErrorOf, asynch::*};
    /// # async fn f<N: AsyncNetwork, C: Timer>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// # let mut buffer = [0; 512];
    /// let mut log: &[u8] = b"17 C, 18 C, 18 C"; // or a file: any `embedded_io_async::Read`
    /// let request = online.post("http://192.168.1.20/log", &mut buffer);
    /// let response = request.send_from(&mut log, BodyLength::Chunked).await?;
    /// # Ok(()) }
    /// ```
    #[allow(clippy::manual_async_fn, reason = "it would be moved")]
    pub fn send_from<R: Read>(
        mut self,
        reader: &mut R,
        length: BodyLength,
    ) -> impl Future<Output = Result<Response<'r, 'static, N, C, B>, ErrorOf<N>>> {
        async move {
            self.inner.check(Some(length))?;
            let (driver, call) = self.inner.parts();
            let rest = body_and_head(driver, call, reader, length).await?;
            Ok(Response::new(self.inner.into_response_of_upload(rest)))
        }
    }
}

/// Waits for the response's head.
#[allow(
    clippy::manual_async_fn,
    reason = "its arguments would take their place in the future twice"
)]
fn head<'d, N: AsyncNetwork, C: Timer>(
    driver: &'d mut Driver<N, C>,
    call: CallView<'d>,
) -> impl Future<Output = Result<(), ErrorOf<N>>> {
    let leave = Leave { driver, ticket: Some(call.ticket) };
    let mut work = OfCall::new(call, |driver, call| driver.run(call, Goal::Head));
    async move {
        wait(leave.driver, &mut work).await?;
        leave.stay();
        Ok(())
    }
}

/// Gives all that the reader has, and waits for the response's head. Returns the rest of the body, as it
/// is to be given to the response.
async fn body_and_head<N: AsyncNetwork, C: Timer, R: Read>(
    driver: &mut Driver<N, C>,
    call: CallView<'_>,
    reader: &mut R,
    length: BodyLength,
) -> Result<&'static [u8], ErrorOf<N>> {
    let CallView { exchange, ticket, buffer, .. } = call;
    let leave = Leave { driver, ticket: Some(ticket) };
    let driver = &mut *leave.driver;
    let mut state = UploadState::new(length, exchange);
    loop {
        let call = CallView { exchange, ticket, buffer, body: &[] };
        let mut work = OfCall::new(call, |driver, call| driver.upload_space(call, &mut state));
        let (start, end) = wait(driver, &mut work).await?;
        let mut call = CallView { exchange, ticket, buffer, body: &[] };
        let space = call.buffer.get_mut(start..end).unwrap_or_default();
        // The server has answered already.
        if space.is_empty() {
            break;
        }
        let count = match reader.read(space).await {
            Ok(0) => break,
            Ok(count) => count.min(space.len()),
            Err(error) => {
                let error = error.kind();
                return Err(driver.fail(&mut call, Fault::BodyReader(error)));
            }
        };
        let done = driver.any().upload_commit(&mut call, &mut state, count);
        done.map_err(|fault| upload_failed(driver, &mut call, &state, fault))?;
    }
    let mut call = CallView { exchange, ticket, buffer, body: &[] };
    let rest = match driver.any().upload_finish(&mut call, &mut state) {
        Ok(rest) => rest,
        Err(fault) => return Err(upload_failed(driver, &mut call, &state, fault)),
    };
    call.body = rest;
    wait(driver, &mut OfCall::new(call, |driver, call| driver.run(call, Goal::Head))).await?;
    leave.stay();
    Ok(rest)
}

impl<N: AsyncNetwork, C, B> fmt::Debug for Request<'_, '_, N, C, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// Nothing is awaited: the parts are there.
impl Read for Multipart<'_> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        Ok(self.give(buf))
    }
}

impl<'r, N: AsyncNetwork, C: Timer, B: Buffer> Request<'r, '_, N, C, B> {
    /// Sends a body of parts with its `Content-Type` and its length, and waits for the response's head: as
    /// [`Request::send_parts`](crate::Request::send_parts). Dropped before, it closes the connection.
    ///
    /// # Errors
    ///
    /// As the waiting one.
    ///
    /// ```no_run
    /// # use safe_http_client::{ErrorOf, Multipart, Part, asynch::*};
    /// # async fn f<N: AsyncNetwork, C: Timer>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// let (mut buffer, image) = ([0; 512], [0; 4096]);
    /// let parts = [Part::file("photo", "door.jpg", "image/jpeg", &image)];
    /// let request = online.post("http://192.168.1.20/photos", &mut buffer);
    /// let response = request.send_parts(&mut Multipart::new(&parts)).await?;
    /// # Ok(()) }
    /// ```
    pub fn send_parts(
        self,
        body: &mut Multipart<'_>,
    ) -> impl Future<Output = Result<Response<'r, 'static, N, C, B>, ErrorOf<N>>> {
        let length = BodyLength::Known(body.length());
        Self::from_inner(self.into_inner().of_parts(body)).send_from(body, length)
    }
}

impl<'r, 'b, N: AsyncNetwork, C: Timer, B: Buffer> Request<'r, 'b, N, C, B> {
    /// Follows up to `limit` redirects: as [`Request::follow`](crate::Request::follow).
    pub fn follow(self, limit: u8) -> LayeredRequest<'r, 'b, N, C, B> {
        LayeredRequest { inner: self.into_inner().follow(limit) }
    }

    /// Sends the request again where that may help: as [`Request::retry`](crate::Request::retry).
    pub fn retry(self, policy: RetryPolicy) -> LayeredRequest<'r, 'b, N, C, B> {
        LayeredRequest { inner: self.into_inner().retry(policy) }
    }

    /// Answers a Digest challenge: as [`Request::digest`](crate::Request::digest).
    #[cfg(feature = "digest")]
    #[cfg_attr(docsrs, doc(cfg(feature = "digest")))]
    pub fn digest(
        self,
        user: &'b str,
        password: &'b str,
        random: u64,
    ) -> LayeredRequest<'r, 'b, N, C, B> {
        LayeredRequest { inner: self.into_inner().digest(user, password, random) }
    }
}

#[cfg(feature = "json")]
impl<'r, 'b, N: AsyncNetwork, C: Timer, B: Buffer> Request<'r, 'b, N, C, B> {
    /// A body of JSON, with its `Content-Type`: as [`Request::json`](crate::Request::json).
    pub fn json<T: serde::Serialize + ?Sized>(self, value: &T) -> Self {
        Self::from_inner(self.into_inner().json(value))
    }
}

#[cfg(feature = "json")]
impl<N: AsyncNetwork, C: Timer, B: Buffer> Response<'_, '_, N, C, B> {
    /// Reads the rest of the body into the request's buffer, and parses it: as
    /// [`Response::json`](crate::Response::json).
    ///
    /// ```no_run
    /// # use safe_http_client::{ErrorOf, JsonError, asynch::*};
    /// # async fn f<N: AsyncNetwork, C: Timer>(mut online: Online<'_, N, C>)
    /// # -> Result<(), JsonError<ErrorOf<N>>> {
    /// let mut buffer = [0; 1024];
    /// let request = online.post("http://192.168.1.20/door", &mut buffer).json("open");
    /// let mut response = request.send().await?;
    /// let times_opened: u32 = response.json().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As the waiting one.
    pub async fn json<'t, T: serde::Deserialize<'t>>(
        &'t mut self,
    ) -> Result<T, crate::JsonError<ErrorOf<N>>> {
        self.read_to_end().await?;
        self.check_coding()?;
        self.call_mut().json().map_err(crate::JsonError::Json)
    }
}

/// A request that is sent more than once where its layers ask for it: the twin of
/// [`LayeredRequest`](crate::LayeredRequest).
///
/// ```no_run
/// # use safe_http_client::{ErrorOf, LayerError, RetryPolicy, asynch::*};
/// # async fn f<N: AsyncNetwork, C: Timer>(mut online: Online<'_, N, C>)
/// # -> Result<(), LayerError<ErrorOf<N>>> {
/// let mut buffer = [0; 2048];
/// let request = online.get("http://192.168.1.20/latest", &mut buffer);
/// let response = request.follow(5).retry(RetryPolicy::new(4711)).send().await?;
/// # Ok(()) }
/// ```
#[must_use = "a request is sent by `send`"]
pub struct LayeredRequest<'r, 'b, N: AsyncNetwork, C, B> {
    inner: client::LayeredRequest<'r, 'b, N, C, B>,
}

impl<'r, 'b, N: AsyncNetwork, C: Timer, B: Buffer> LayeredRequest<'r, 'b, N, C, B> {
    /// Follows up to `limit` redirects, too.
    pub fn follow(self, limit: u8) -> Self {
        Self { inner: self.inner.follow(limit) }
    }

    /// Sends the request again where that may help, too.
    pub fn retry(self, policy: RetryPolicy) -> Self {
        Self { inner: self.inner.retry(policy) }
    }

    /// Answers a Digest challenge, too.
    #[cfg(feature = "digest")]
    #[cfg_attr(docsrs, doc(cfg(feature = "digest")))]
    pub fn digest(self, user: &'b str, password: &'b str, random: u64) -> Self {
        Self { inner: self.inner.digest(user, password, random) }
    }

    /// Sends the request, as often as it takes, and waits for the head of the response that counts. Dropped
    /// before, it closes the connection.
    ///
    /// # Errors
    ///
    /// As the waiting [`LayeredRequest::send`](crate::LayeredRequest::send).
    pub async fn send(self) -> Result<Response<'r, 'b, N, C, Kept<B>>, LayerError<ErrorOf<N>>> {
        let (client, mut layered) = self.inner.parts()?;
        let reason = Some(CloseReason::ResponseNotRead);
        let mut close = Close { driver: &mut client.driver, reason };
        let timer = close.driver.stack.clock.clone();
        while let Some(left) = wait(close.driver, &mut layered).await? {
            timer.sleep_ms(left).await;
        }
        close.reason = None;
        drop(close);
        Ok(Response::new(client::Response::new(client, layered.into_call())))
    }
}

impl<N: AsyncNetwork, C: Clock, B: Buffer> Work<N, C> for LayeredCall<'_, B> {
    /// The milliseconds until its next attempt; `None` once it has its response.
    type Done = Option<u32>;
    type Error = LayerError<ErrorOf<N>>;

    fn step(&mut self, driver: &mut Driver<N, C>) -> nb::Result<Option<u32>, Self::Error> {
        match LayeredCall::step(self, driver) {
            Ok(()) => Ok(None),
            Err(nb::Error::WouldBlock) => {
                let left = self.wait_left(driver.stack.clock.now_ms());
                left.map(Some).ok_or(nb::Error::WouldBlock)
            }
            Err(error) => Err(error),
        }
    }

    fn host(&self) -> &[u8] {
        self.call().host()
    }

    fn time_left(&self, _: u32, now: u32) -> u32 {
        LayeredCall::time_left(self, now)
    }
}

impl<N: AsyncNetwork, C, B> fmt::Debug for LayeredRequest<'_, '_, N, C, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
