//! A request while it is put together.

use super::{Buffer, Call, Response, SafeHttpClient, Upload};
use crate::error::{BufferUse, Error, ErrorKind, Phase, RequestError, UrlError};
use crate::http::endpoint::Endpoint;
use crate::http::method::{BodyLength, Method};
use crate::http::request::{HeadWriter, Pen, Unsendable};
use crate::http::url::Url;
use crate::nal::ErrorOf;
use crate::policy::check_request;
use crate::protocol::{Deadlines, Exchange, Goal, NEVER};
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
    /// What it will be. Its buffer holds what is written of the head.
    call: Call<'b, B>,
    has_body: bool,
}

impl<'r, 'b, N: Network, C: Clock, B: Buffer> Request<'r, 'b, N, C, B> {
    pub(super) fn new(
        client: &'r mut SafeHttpClient<N, C>,
        method: Method<'_>,
        url: Result<Url<'_>, UrlError>,
        mut buffer: B,
    ) -> Self {
        let (driver, traits) = (&client.driver, method.traits());
        let mut head = HeadWriter::new(&traits);
        let mut pen = head.on(buffer.as_mut());
        pen.start(method, traits.response_to, url.as_ref().map_err(|error| *error));
        if driver.config.keep_alive_ms == 0 {
            pen.connection_close();
        }
        let endpoint = match &url {
            Ok(url) => Endpoint::of(url),
            Err(_) => Endpoint::NOWHERE,
        };
        let exchange = Exchange::new(
            endpoint,
            traits.response_to,
            traits.repeat,
            driver.config.deadlines,
            driver.clock.now_ms(),
        );
        Self { client, head, call: Call::new(exchange, buffer), has_body: false }
    }

    fn head(&mut self) -> Pen<'_> {
        self.head.on(self.call.buffer_mut())
    }

    fn deadlines(&mut self) -> &mut Deadlines {
        &mut self.call.exchange.params.deadlines
    }

    /// Adds a header field. `Host`, `User-Agent`, `Accept` and `Accept-Encoding` replace the default ones,
    /// `Authorization` the credentials of the URL. A name or value that no header can have is refused when the request is sent.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// # let mut buffer = [0; 512];
    /// online.get("http://192.168.1.20/", &mut buffer).header("x-key", "secret").send()?;
    /// # Ok(()) }
    /// ```
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.head().header(name, value.as_ref());
        self
    }

    /// Leaves out a header field that would be there by default: `Host`, `User-Agent`, `Accept`,
    /// `Accept-Encoding`.
    pub fn without_header(mut self, name: &str) -> Self {
        self.head().without(name);
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
        if self.takes_body() {
            self.call.body = body.as_ref();
        }
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
        if self.takes_body() {
            self.head().copy_body(body.as_ref());
        }
        self
    }

    /// A request has one body.
    fn takes_body(&mut self) -> bool {
        if self.has_body {
            self.head.fail(RequestError::SecondBody);
        }
        !core::mem::replace(&mut self.has_body, true)
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
        self.call.exchange.endpoint.direct(address);
        self
    }

    /// Closes the connection after the response, and tells the server so.
    pub fn connection_close(mut self) -> Self {
        self.head().connection_close();
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
        self.call.exchange.params.allow_unknown_codings = true;
        self
    }

    /// For this request: how long looking the host's name up may take.
    pub fn resolve_timeout(mut self, timeout: Duration) -> Self {
        self.deadlines().resolve_ms = millis(timeout);
        self
    }

    /// For this request: how long opening the connection may take.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.deadlines().connect_ms = millis(timeout);
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
        self.deadlines().response_ms = millis(timeout);
        self
    }

    /// For this request: how long nothing may move while bytes flow.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.deadlines().idle_ms = millis(timeout);
        self
    }

    /// For this request: how long the call may take in all; `None` for no limit.
    pub fn total_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.deadlines().total_ms = timeout.map_or(NEVER, millis);
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
    /// let sent = online.get("http://192.168.1.20/state", &mut buffer).send();
    /// match sent.map(|response| response.status()) {
    ///     Ok(status) => println!("{status}"),
    ///     Err(error) => println!("{error}\n{}", client.diagnosis(&error)),
    /// }
    /// # Ok(()) }
    /// ```
    pub fn send(mut self) -> Result<Response<'r, 'b, N, C, B>, ErrorOf<N>> {
        self.check(None)?;
        // Where it stands: a call is too large to be moved without need.
        self.client.wait_for(&mut self.call, Goal::Head)?;
        Ok(Response::new(self.client, self.call))
    }

    /// The same without waiting: a [`Call`] to be polled. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// The caller's mistakes alone: [`ErrorKind::Request`] and, where the head doesn't fit,
    /// [`ErrorKind::Buffer`].
    pub fn start(mut self) -> Result<Call<'b, B>, ErrorOf<N>> {
        self.check(None)?;
        Ok(self.call)
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
        mut self,
        reader: &mut R,
        length: BodyLength,
    ) -> Result<Response<'r, 'static, N, C, B>, ErrorOf<N>> {
        self.check(Some(length))?;
        let mut upload = Upload::new(self.call, length);
        upload.fill_from(self.client, reader)?;
        let mut call = upload.finish(self.client)?;
        self.client.wait_for(&mut call, Goal::Head)?;
        Ok(Response::new(self.client, call))
    }

    /// The same without waiting: an [`Upload`], to which the body is given.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_upload(mut self, length: BodyLength) -> Result<Upload<B>, ErrorOf<N>> {
        self.check(Some(length))?;
        Ok(Upload::new(self.call, length))
    }

    /// Checks all of it, and makes the call the client's. One that was started before ends here.
    fn check(&mut self, upload: Option<BodyLength>) -> Result<(), ErrorOf<N>> {
        match self.complete(upload) {
            Ok(()) => {
                self.call.ticket = self.client.driver.connection.claim();
                Ok(())
            }
            Err(refusal) => {
                self.client.driver.set_evidence(0, 0, None);
                Err(refuse(refusal))
            }
        }
    }

    fn complete(&mut self, upload: Option<BodyLength>) -> Result<(), Unsendable> {
        let (lent, copied) = (self.call.body.len(), self.head.copied_body);
        let length = match upload {
            Some(length) => {
                if self.has_body {
                    self.head.fail(RequestError::SecondBody);
                }
                Some(length)
            }
            None if self.has_body => Some(BodyLength::Known(lent.wrapping_add(copied) as u64)),
            None => None,
        };
        let head_end = self.head().finish(length);
        let driver = &self.client.driver;
        let network = &driver.connection.network;
        let call = &mut self.call;
        check_request(
            &call.exchange.endpoint,
            call.exchange.params.response_to,
            network.has_tls(),
            network.has_loopback(),
            driver.config.checks,
        )?;
        call.exchange.params.close = self.head.close;
        call.exchange.endpoint.has_secret |= self.head.has_secret;
        // A copied body leaves with its head all the same: the answer's place is where it stands.
        let holds_body = self.head.expect_continue && (upload.is_some() || lent > 0);
        let stage_end = head_end?.wrapping_add(copied);
        call.exchange.stage(stage_end, holds_body, call.buffer.as_mut(), call.body);
        Ok(())
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
        f.debug_struct("Request").field("call", &self.call).finish_non_exhaustive()
    }
}
