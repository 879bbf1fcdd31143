//! A request while it is put together.

use super::{Buffer, Call, Response, SafeHttpClient, Upload};
use crate::error::{BufferUse, Error, ErrorKind, Evidence, Phase, RequestError, UrlError};
use crate::http::endpoint::Endpoint;
use crate::http::framing::ResponseTo;
use crate::http::method::{BodyLength, Method};
use crate::http::request::{HeadWriter, Unsendable};
use crate::http::url::Url;
use crate::nal::ErrorOf;
use crate::policy::check_request;
use crate::protocol::{Deadlines, Exchange, NEVER, RequestParams};
use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;
use embedded_io::Read;
use nal_link::{Clock, Network, millis};

/// A request while it is put together, written into its buffer as it grows.
///
/// Mistakes are kept and reported when it is sent, before a byte leaves. It ends in one of:
///
/// | | waits | doesn't wait |
/// |---|---|---|
/// | no body, or one that is given whole | [`send`](Self::send) | [`start`](Self::start) |
/// | a body in pieces | [`send_from`](Self::send_from) | [`start_upload`](Self::start_upload) |
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// let mut buffer = [0; 1024];
/// let request = online.put("http://192.168.1.20/lamp", &mut buffer);
/// let response = request.header("content-type", "text/plain").body("on").send()?;
/// # Ok(()) }
/// ```
#[must_use = "a request is sent by `send` or `start`"]
pub struct Request<'r, 'b, N: Network, C, B> {
    client: &'r mut SafeHttpClient<N, C>,
    head: HeadWriter,
    buffer: B,
    endpoint: Option<Endpoint>,
    response_to: ResponseTo,
    idempotent: bool,
    /// The method is one whose request without a body says so.
    announces_empty_body: bool,
    may_have_body: bool,
    allow_unknown_codings: bool,
    deadlines: Deadlines,
    body: Option<GivenBody<'b>>,
}

/// A body that is given whole.
#[derive(Clone, Copy)]
enum GivenBody<'b> {
    Lent(&'b [u8]),
    /// It stands at the end of the buffer.
    Copied,
}

impl<'r, 'b, N: Network, C: Clock, B: Buffer> Request<'r, 'b, N, C, B> {
    pub(super) fn new(
        client: &'r mut SafeHttpClient<N, C>,
        method: Method<'_>,
        url: Result<Url<'_>, UrlError>,
        mut buffer: B,
    ) -> Self {
        let endpoint = match &url {
            Ok(url) => Some(Endpoint::of(url)),
            Err(_) => None,
        };
        let mut head = HeadWriter::new(buffer.as_mut(), method, url);
        let config = &client.driver.config;
        if config.keep_alive_ms == 0 {
            head.connection_close(buffer.as_mut());
        }
        let deadlines = config.deadlines;
        Self {
            client,
            head,
            buffer,
            endpoint,
            response_to: method.response_to(),
            idempotent: method.is_idempotent(),
            announces_empty_body: method.announces_empty_body(),
            may_have_body: method.may_have_body(),
            allow_unknown_codings: false,
            deadlines,
            body: None,
        }
    }

    /// Adds a header field. `Host`, `User-Agent` and `Accept` replace the default ones, `Authorization` the
    /// credentials of the URL. A name or value that no header can have is refused when the request is sent.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// # let mut buffer = [0; 512];
    /// online.get("http://192.168.1.20/", &mut buffer).header("x-key", "secret").send()?;
    /// # Ok(()) }
    /// ```
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.head.header(self.buffer.as_mut(), name, value.as_ref());
        self
    }

    /// Leaves out a header field that would be there by default: `Host`, `User-Agent`, `Accept`.
    pub fn without_header(mut self, name: &str) -> Self {
        self.head.without(self.buffer.as_mut(), name);
        self
    }

    /// The body, as text or bytes that are lent until the call has ended, with its length as
    /// `Content-Length`.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// # let mut buffer = [0; 512];
    /// online.post("http://192.168.1.20/gate", &mut buffer).body(r#"{"door":2}"#).send()?;
    /// # Ok(()) }
    /// ```
    pub fn body<T: AsRef<[u8]> + ?Sized>(mut self, body: &'b T) -> Self {
        self.take_body(GivenBody::Lent(body.as_ref()));
        self
    }

    /// The same, copied into the buffer: for a body that was put together at run time, and a call that
    /// outlives it.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// fn report<N: Network, C: Clock>(mut online: Online<'_, N, C>, celsius: i32)
    /// -> Result<Call<'static, [u8; 512]>, ErrorOf<N>> {
    ///     let reading = celsius.to_string(); // or a `heapless::String`
    ///     online.post("http://192.168.1.20/readings", [0; 512]).copy_body(&reading).start()
    /// }
    /// ```
    pub fn copy_body<T: AsRef<[u8]> + ?Sized>(mut self, body: &T) -> Self {
        if self.take_body(GivenBody::Copied) {
            self.head.copy_body(self.buffer.as_mut(), body.as_ref());
        }
        self
    }

    fn take_body(&mut self, body: GivenBody<'b>) -> bool {
        let is_first = self.body.is_none();
        if is_first {
            self.body = Some(body);
        } else {
            self.head.fail(RequestError::SecondBody);
        }
        is_first
    }

    /// Connects to this address, whatever the URL's host is, and resolves no name. The host is
    /// still what the server is told.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// # let mut buffer = [0; 512];
    /// let request = online.get("http://gate.example/", &mut buffer);
    /// request.connect_to(([192, 168, 1, 20], 8080).into()).send()?;
    /// # Ok(()) }
    /// ```
    pub fn connect_to(mut self, address: SocketAddr) -> Self {
        if let Some(endpoint) = &mut self.endpoint {
            endpoint.direct(address);
        }
        self
    }

    /// Closes the connection after the response, and tells the server so.
    pub fn connection_close(mut self) -> Self {
        self.head.connection_close(self.buffer.as_mut());
        self
    }

    /// Sends the body only once the server has accepted the request (RFC 9110 section 10.1.1), or
    /// [`Config::continue_timeout`](crate::Config::continue_timeout) has passed. A
    /// [copied](Self::copy_body) body is small, and doesn't wait for it.
    pub fn expect_continue(mut self) -> Self {
        self.head.expect_continue();
        self
    }

    /// Accepts transfer codings that can't be undone: the body is then as it was transferred,
    /// `chunked` aside.
    pub fn allow_unknown_codings(mut self) -> Self {
        self.allow_unknown_codings = true;
        self
    }

    /// For this request: how long looking the host's name up may take.
    pub fn resolve_timeout(mut self, timeout: Duration) -> Self {
        self.deadlines.resolve_ms = millis(timeout);
        self
    }

    /// For this request: how long opening the connection may take.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.deadlines.connect_ms = millis(timeout);
        self
    }

    /// For this request: how long the server may think before the first byte of its response.
    ///
    /// ```no_run
    /// # use {core::time::Duration, safe_http_client::*};
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// # let mut buffer = [0; 512];
    /// let slow = online.get("http://192.168.1.20/measure", &mut buffer);
    /// slow.response_timeout(Duration::from_secs(20)).send()?;
    /// # Ok(()) }
    /// ```
    pub fn response_timeout(mut self, timeout: Duration) -> Self {
        self.deadlines.response_ms = millis(timeout);
        self
    }

    /// For this request: how long nothing may move while bytes flow.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.deadlines.idle_ms = millis(timeout);
        self
    }

    /// For this request: how long the call may take in all; `None` for no limit.
    pub fn total_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.deadlines.total_ms = timeout.map_or(NEVER, millis);
        self
    }

    /// Sends the request and waits for the response's head.
    ///
    /// # Errors
    ///
    /// Everything that [`ErrorKind`] lists. The connection is closed then, and
    /// [`SafeHttpClient::diagnosis`] knows more.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext)
    /// # -> Result<(), LinkError> {
    /// let mut buffer = [0; 512];
    /// let mut online = client.online(cx)?;
    /// match online.get("http://192.168.1.20/state", &mut buffer).send() {
    ///     Ok(response) => println!("{}", response.status()),
    ///     Err(error) => println!("{error}\n{}", client.diagnosis(&error)),
    /// }
    /// # Ok(()) }
    /// ```
    pub fn send(self) -> Result<Response<'r, 'b, N, C, B>, ErrorOf<N>> {
        let length = self.given_length();
        let (client, call) = self.into_call(length, false)?;
        Response::wait(client, call)
    }

    /// The same without waiting: a [`Call`] to be polled. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// The caller's mistakes alone: [`ErrorKind::Request`] and, where the head doesn't fit,
    /// [`ErrorKind::Buffer`].
    pub fn start(self) -> Result<Call<'b, B>, ErrorOf<N>> {
        let length = self.given_length();
        Ok(self.into_call(length, false)?.1)
    }

    /// Sends the request with a body read from `reader`, and waits for the response's head.
    ///
    /// A body of unknown length is sent as [`BodyLength::Chunked`]. What fits the buffer leaves
    /// together with the head.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); [`BodyReader`](RequestError::BodyReader) where the reader fails, and
    /// [`BodyLength`](RequestError::BodyLength) where it has more or less than declared.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// # let mut buffer = [0; 512];
    /// let mut log: &[u8] = b"17 C, 18 C, 18 C"; // or a file: any `embedded_io::Read`
    /// let request = online.post("http://192.168.1.20/log", &mut buffer);
    /// let response = request.send_from(&mut log, BodyLength::Chunked)?;
    /// # Ok(()) }
    /// ```
    pub fn send_from<R: Read>(
        self,
        reader: &mut R,
        length: BodyLength,
    ) -> Result<Response<'r, 'static, N, C, B>, ErrorOf<N>> {
        let (client, mut upload) = self.into_upload(length)?;
        upload.fill_from(client, reader)?;
        let call = upload.finish(client)?;
        Response::wait(client, call)
    }

    /// The same without waiting: an [`Upload`], to which the body is given.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_upload(self, length: BodyLength) -> Result<Upload<B>, ErrorOf<N>> {
        Ok(self.into_upload(length)?.1)
    }

    fn given_length(&self) -> Option<BodyLength> {
        let length = match self.body? {
            GivenBody::Lent(body) => body.len(),
            GivenBody::Copied => self.head.copied_body,
        };
        Some(BodyLength::Known(length as u64))
    }

    fn into_upload(
        mut self,
        length: BodyLength,
    ) -> Result<(&'r mut SafeHttpClient<N, C>, Upload<B>), ErrorOf<N>> {
        if self.body.take().is_some() {
            self.head.fail(RequestError::SecondBody);
        }
        let (client, call) = self.into_call(Some(length), true)?;
        Ok((client, Upload::new(call.without_body(), length)))
    }

    /// Checks all of it. A call that was started before ends here.
    fn into_call(
        mut self,
        length: Option<BodyLength>,
        is_upload: bool,
    ) -> Result<(&'r mut SafeHttpClient<N, C>, Call<'b, B>), ErrorOf<N>> {
        let lent = match self.body {
            Some(GivenBody::Lent(body)) => body,
            _ => &[],
        };
        match self.checked(length, lent, is_upload) {
            Ok(mut exchange) => {
                if !exchange.params.expect_continue {
                    exchange.stage_body(self.buffer.as_mut(), lent);
                }
                let ticket = self.client.driver.connection.claim();
                Ok((self.client, Call::new(exchange, ticket, lent, self.buffer)))
            }
            Err(refusal) => {
                // Those of a call before have nothing to do with it.
                self.client.driver.evidence = Evidence::default();
                Err(refuse(refusal))
            }
        }
    }

    fn checked(
        &mut self,
        length: Option<BodyLength>,
        lent: &[u8],
        is_upload: bool,
    ) -> Result<Exchange, Unsendable> {
        if length.is_some() && !self.may_have_body {
            self.head.fail(RequestError::BodyNotAllowed);
        }
        let buffer = self.buffer.as_mut();
        let copied = self.head.copied_body;
        let head_end = self.head.finish(buffer, self.announces_empty_body, length);
        let Some(endpoint) = self.endpoint else {
            // The mistake in the URL.
            return head_end
                .and(Err(Unsendable::Request(RequestError::Url(UrlError::MissingHost))));
        };
        let driver = &mut self.client.driver;
        let network = &driver.connection.network;
        check_request(
            &endpoint,
            self.response_to,
            network.has_tls(),
            network.has_loopback(),
            driver.config.checks,
        )?;
        let head_end = head_end?;
        // A copied body leaves with its head all the same: the answer's place is where it stands.
        let expect_continue = self.head.expect_continue && (is_upload || !lent.is_empty());
        let params = RequestParams {
            response_to: self.response_to,
            idempotent: self.idempotent,
            close: self.head.close,
            allow_unknown_codings: self.allow_unknown_codings,
            expect_continue,
            deadlines: self.deadlines,
        };
        let now = driver.clock.now_ms();
        Ok(Exchange::new(endpoint, params, head_end.wrapping_add(copied), now))
    }
}

#[cold]
#[inline(never)]
pub(super) fn refuse<T, D>(refusal: Unsendable) -> Error<T, D> {
    let kind = match refusal {
        Unsendable::Request(error) => ErrorKind::Request(error),
        Unsendable::Buffer { needed, available } => {
            let what = BufferUse::RequestHead;
            ErrorKind::Buffer { what, needed, available, exact: true }
        }
    };
    Error::new(Phase::Url, kind)
}

impl From<RequestError> for Unsendable {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}

impl<N: Network, C, B> fmt::Debug for Request<'_, '_, N, C, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}
