//! A request while it is put together.

use super::response::Response;
use crate::clock::Clock;
use crate::context::LoopContext;
use crate::error::{BufferUse, Error, ErrorKind, Phase, RequestError, TargetClass, UrlError};
use crate::exchange::{
    Check, Core, ErrorOf, Exchange, Kept, Next, Plan, Target, Upload, UploadState,
};
use crate::http::framing::Asked;
use crate::http::method::{BodyLength, Method};
use crate::http::request::HeadWriter;
use crate::http::url::{Host, Scheme, Url};
use crate::network::Network;
use core::fmt;
use core::marker::PhantomData;
use core::net::SocketAddr;
use embedded_io::Read;
use embedded_nal::nb;

mod sealed {
    pub trait Sealed {}
    impl Sealed for &str {}
    impl Sealed for super::Url<'_> {}
}

/// What a request takes as its URL: a text, or a [`Url`] that was parsed before (as the macro
/// [`url!`](crate::url!) does at compile time).
#[diagnostic::on_unimplemented(
    message = "`{Self}` stands where a request's URL belongs",
    label = "not a URL: neither a `&str` nor a `Url`",
    note = "a request takes the loop's context, the URL and a buffer: \
            `client.get(&mut cx, \"http://192.168.1.20/gate\", &mut buffer)`"
)]
///
/// ```
/// use safe_http_client::{IntoUrl, Url, url};
/// const GATE: Url<'static> = url!("http://192.168.1.20/gate");
/// assert_eq!(GATE.into_url(), "http://192.168.1.20/gate".into_url());
/// ```
pub trait IntoUrl<'a>: sealed::Sealed {
    /// The URL.
    ///
    /// # Errors
    ///
    /// A [`UrlError`] says what is wrong with a text. A [`Url`] has nothing wrong with it.
    ///
    /// ```
    /// use safe_http_client::{IntoUrl, UrlError};
    /// assert_eq!("gate.local".into_url(), Err(UrlError::MissingScheme));
    /// ```
    fn into_url(self) -> Result<Url<'a>, UrlError>;
}

impl<'a> IntoUrl<'a> for &'a str {
    fn into_url(self) -> Result<Url<'a>, UrlError> {
        Url::parse(self)
    }
}

impl<'a> IntoUrl<'a> for Url<'a> {
    fn into_url(self) -> Result<Url<'a>, UrlError> {
        Ok(self)
    }
}

/// A request while it is put together, written into its buffer as it grows.
///
/// Mistakes are kept and reported when it is sent, before a byte leaves. It ends in one of:
///
/// | | waits | doesn't wait |
/// |---|---|---|
/// | no body, or a slice | [`send`](Self::send) | [`start`](Self::start) |
/// | a body in pieces | [`send_from`](Self::send_from) | [`start_upload`](Self::start_upload) |
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: SafeHttpClient<N, C, Online>, mut cx: LoopContext)
/// # -> Result<(), ErrorOf<N>> {
/// let mut buffer = [0; 1024];
/// let request = online.put(&mut cx, "http://192.168.1.20/lamp", &mut buffer);
/// let response = request.header("content-type", "text/plain").body(b"on").send()?;
/// # Ok(()) }
/// ```
#[must_use = "a request is sent by `send` or `start`"]
pub struct Request<'a, 'c, N: Network, C: Clock> {
    core: &'a mut Core<N, C>,
    _cx: PhantomData<&'c mut LoopContext>,
    method: Method<'a>,
    url: Result<Url<'a>, UrlError>,
    head: HeadWriter<'a>,
    body: Option<&'a [u8]>,
    connect_to: Option<SocketAddr>,
    raw: bool,
    /// How a body goes on that waits for `100 Continue`, where one does.
    send_body: Option<Next<'a, N, C>>,
}

impl<'a, 'c, N: Network, C: Clock> Request<'a, 'c, N, C> {
    pub(super) fn new(
        core: &'a mut Core<N, C>,
        method: Method<'a>,
        url: Result<Url<'a>, UrlError>,
        buffer: &'a mut [u8],
    ) -> Self {
        let mut head = HeadWriter::new(buffer, method, url.as_ref().ok());
        if core.config.keep_alive_ms == 0 {
            head.close();
        }
        Self {
            core,
            _cx: PhantomData,
            method,
            url,
            head,
            body: None,
            connect_to: None,
            raw: false,
            send_body: None,
        }
    }

    /// The active check's own question: `OPTIONS *`, on a connection of its own.
    pub(super) fn probe(
        core: &'a mut Core<N, C>,
        url: Result<Url<'a>, UrlError>,
        buffer: &'a mut [u8],
    ) -> Self {
        Self::new(core, Method::Options, url.map(Url::whole_server), buffer).close()
    }

    /// Adds a header field. `Host`, `User-Agent` and `Accept` replace the default ones. A name or
    /// value that no header can have is refused when the request is sent.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(request: Request<'_, '_, N, C>) -> Result<(), ErrorOf<N>> {
    /// let response = request.header("x-key", "secret").send()?;
    /// # Ok(()) }
    /// ```
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.head.header(name, value.as_ref());
        if self.head.expect_continue {
            self.send_body = Some(Exchange::go_on_with_body);
        }
        self
    }

    /// Leaves out a header field that would be there by default: `Host`, `User-Agent`, `Accept`.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(request: Request<'_, '_, N, C>) -> Result<(), ErrorOf<N>> {
    /// let response = request.without_header("user-agent").send()?;
    /// # Ok(()) }
    /// ```
    pub fn without_header(mut self, name: &str) -> Self {
        self.head.without(name);
        self
    }

    /// The body, with its length as `Content-Length`.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(request: Request<'_, '_, N, C>) -> Result<(), ErrorOf<N>> {
    /// let response = request.body(br#"{"door":2}"#).send()?;
    /// # Ok(()) }
    /// ```
    pub fn body(mut self, body: &'a [u8]) -> Self {
        self.body = Some(body);
        self
    }

    /// Connects to this address, whatever the URL's host is, and resolves no name. The host is
    /// still what the server is told.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(request: Request<'_, '_, N, C>) -> Result<(), ErrorOf<N>> {
    /// let response = request.connect_to(([192, 168, 1, 20], 8080).into()).send()?;
    /// # Ok(()) }
    /// ```
    pub fn connect_to(mut self, address: SocketAddr) -> Self {
        self.connect_to = Some(address);
        self
    }

    /// Closes the connection after this exchange, and tells the server so.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(request: Request<'_, '_, N, C>) -> Result<(), ErrorOf<N>> {
    /// let response = request.close().send()?;
    /// # Ok(()) }
    /// ```
    pub fn close(mut self) -> Self {
        self.head.close();
        self
    }

    /// Sends the body only once the server has accepted the request (RFC 9110 section 10.1.1), or
    /// [`Config::continue_timeout`](crate::Config::continue_timeout) has passed.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(request: Request<'_, '_, N, C>) -> Result<(), ErrorOf<N>> {
    /// let response = request.body(&[0; 4096]).expect_continue().send()?;
    /// # Ok(()) }
    /// ```
    pub fn expect_continue(mut self) -> Self {
        self.head.expect_continue();
        self.send_body = Some(Exchange::go_on_with_body);
        self
    }

    /// Accepts transfer codings that can't be undone: the body is then as it was transferred,
    /// `chunked` aside.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(request: Request<'_, '_, N, C>) -> Result<(), ErrorOf<N>> {
    /// let response = request.raw().send()?;
    /// let gzipped = response.header("transfer-encoding") == Some(b"gzip, chunked");
    /// # Ok(()) }
    /// ```
    pub fn raw(mut self) -> Self {
        self.raw = true;
        self
    }

    /// Sends the request and waits for the response's head.
    ///
    /// # Errors
    ///
    /// Everything that [`ErrorKind`] lists. The connection is closed then.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(request: Request<'_, '_, N, C>) {
    /// match request.send() {
    ///     Ok(response) => println!("{}", response.status()),
    ///     Err(error) => println!("{}: {error}", error.code()),
    /// }
    /// # }
    /// ```
    pub fn send(self) -> Result<Response<'a, 'c, N, C>, ErrorOf<N>> {
        let length = self.body.map(|body| BodyLength::Known(body.len() as u64));
        let (remote, send_body) = (self.remote(), self.send_body);
        match self.plan(length, UploadState::None) {
            // Made where it stays: an exchange is too large to be moved without need.
            Ok((core, buffer, plan)) => Response::wait(Exchange::new(
                core,
                buffer,
                plan,
                remote,
                UploadState::None,
                send_body,
            )),
            Err(refusal) => Err(refusal.into_error()),
        }
    }

    /// The non-blocking twin of [`send`](Self::send): nothing is sent yet.
    ///
    /// # Errors
    ///
    /// The caller's mistakes alone: [`ErrorKind::Request`] and, where the head doesn't fit,
    /// [`ErrorKind::Buffer`].
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(request: Request<'_, '_, N, C>) -> Result<(), ErrorOf<N>> {
    /// let exchange = request.start()?; // then `exchange.poll(&mut cx)` once in each turn of the loop
    /// # Ok(()) }
    /// ```
    pub fn start(self) -> Result<Exchange<'a, N, C>, ErrorOf<N>> {
        let length = self.body.map(|body| BodyLength::Known(body.len() as u64));
        self.into_exchange(length, UploadState::None)
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
    /// # fn f<N: Network, C: Clock>(request: Request<'_, '_, N, C>) -> Result<(), ErrorOf<N>> {
    /// let mut log: &[u8] = b"17 C, 18 C, 18 C"; // or a file: any `embedded_io::Read`
    /// let response = request.send_from(&mut log, BodyLength::Chunked)?;
    /// # Ok(()) }
    /// ```
    pub fn send_from<R: Read>(
        self,
        reader: &mut R,
        length: BodyLength,
    ) -> Result<Response<'a, 'c, N, C>, ErrorOf<N>> {
        let mut upload = self.start_upload(length)?;
        let exchange = upload.exchange_mut();
        let idle = exchange.idle_hook();
        loop {
            let space = match exchange.upload_space() {
                Ok(space) => space,
                Err(nb::Error::WouldBlock) => {
                    idle();
                    continue;
                }
                Err(nb::Error::Other(Kept)) => return Err(exchange.take_error()),
            };
            // The server has answered already.
            if space.is_empty() {
                break;
            }
            let count = match reader.read(space) {
                Ok(0) => break,
                Ok(count) => count.min(space.len()),
                Err(error) => {
                    return Err(exchange.upload_failed(embedded_io::Error::kind(&error)));
                }
            };
            match exchange.upload_commit(count) {
                Ok(()) => {}
                Err(nb::Error::Other(Kept)) => return Err(exchange.take_error()),
                // Committing waits for nothing.
                Err(nb::Error::WouldBlock) => {}
            }
        }
        Response::wait(upload.finish()?)
    }

    /// The non-blocking twin of [`send_from`](Self::send_from): the body is given by
    /// [`Upload::write`].
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(request: Request<'_, '_, N, C>) -> Result<(), ErrorOf<N>> {
    /// let upload = request.start_upload(BodyLength::Known(65_536))?; // then `upload.write(…)`
    /// # Ok(()) }
    /// ```
    pub fn start_upload(self, length: BodyLength) -> Result<Upload<'a, N, C>, ErrorOf<N>> {
        Ok(Upload::new(self.into_exchange(Some(length), UploadState::open(length))?))
    }

    fn into_exchange(
        self,
        length: Option<BodyLength>,
        upload: UploadState,
    ) -> Result<Exchange<'a, N, C>, ErrorOf<N>> {
        let (remote, send_body) = (self.remote(), self.send_body);
        match self.plan(length, upload) {
            Ok((core, buffer, plan)) => {
                Ok(Exchange::new(core, buffer, plan, remote, upload, send_body))
            }
            Err(refusal) => Err(refusal.into_error()),
        }
    }

    /// Where it goes, where that needs no resolver.
    fn remote(&self) -> Option<SocketAddr> {
        match (self.connect_to, &self.url) {
            (None, Ok(url)) => match url.host() {
                Host::Address(address) => Some(SocketAddr::new(address, url.port())),
                Host::Name(_) => None,
            },
            (connect_to, _) => connect_to,
        }
    }

    /// Checks all of it. What comes out is small, since it is moved.
    #[allow(clippy::type_complexity, reason = "it is what it says")]
    fn plan(
        self,
        length: Option<BodyLength>,
        upload: UploadState,
    ) -> Result<(&'a mut Core<N, C>, &'a mut [u8], Plan<'a>), Refusal> {
        let network = &self.core.wire.network;
        let url = self.url?;
        if url.scheme() == Scheme::Https && !network.has_tls() {
            return Err(RequestError::NoTls.into());
        }
        let target = match self.connect_to {
            Some(address) => crate::http::address::classify(address.ip()),
            None => url.target_class(),
        };
        let checks = self.core.config.checks;
        let allowed = match target {
            TargetClass::Host => true,
            TargetClass::Loopback => network.has_loopback(),
            _ => false,
        };
        if url.scheme() == Scheme::Http
            && self.connect_to.map_or(url.port(), |address| address.port()) == 443
            // The target of a tunnel is what the tunnel's user speaks TLS to.
            && self.method.asked() != Asked::Connect
            && checks.has(Check::PlainOnTlsPort)
        {
            return Err(RequestError::PlainOnTlsPort.into());
        }
        if !allowed && checks.has(Check::Target) {
            return Err(RequestError::Target(target).into());
        }
        let (close, expect_continue) = (self.head.close, self.head.expect_continue);
        let (buffer, head_length) = self.head.finish(self.method, length)?;
        if head_length > buffer.len() {
            return Err(Refusal::Buffer { needed: head_length, available: buffer.len() });
        }
        let body = self.body.unwrap_or_default();
        let has_body = !body.is_empty() || upload != UploadState::None;
        let plan = Plan {
            target: Target { scheme: url.scheme(), port: url.port(), host: url.host_text() },
            asked: self.method.asked(),
            idempotent: self.method.is_idempotent(),
            is_directed: self.connect_to.is_some(),
            resolves: self.connect_to.is_none() && matches!(url.host(), Host::Name(_)),
            close,
            expect_continue: expect_continue && has_body,
            raw: self.raw,
            head_length,
            body,
        };
        Ok((self.core, buffer, plan))
    }
}

/// Why a request isn't sent.
enum Refusal {
    Request(RequestError),
    /// Its head doesn't fit.
    Buffer {
        needed: usize,
        available: usize,
    },
}

impl Refusal {
    #[cold]
    #[inline(never)]
    fn into_error<T, D>(self) -> Error<T, D> {
        let kind = match self {
            Self::Request(error) => ErrorKind::Request(error),
            Self::Buffer { needed, available } => {
                let what = BufferUse::RequestHead;
                ErrorKind::Buffer { what, needed, available, exact: true }
            }
        };
        Error::new(Phase::Url, kind)
    }
}

impl From<RequestError> for Refusal {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}

impl From<UrlError> for Refusal {
    fn from(error: UrlError) -> Self {
        Self::Request(error.into())
    }
}

impl<N: Network, C: Clock> fmt::Debug for Request<'_, '_, N, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("url", &self.url).finish_non_exhaustive()
    }
}
