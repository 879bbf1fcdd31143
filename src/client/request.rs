//! A request while it is put together.

use super::call::CallParts;
use super::layers::Kept;
use super::{Buffer, Call, Response, SafeHttpClient, Upload};
use crate::error::{BufferUse, Error, ErrorKind, Phase, RequestError, UrlError};
use crate::http::method::{BodyLength, MethodTraits};
use crate::http::request::{HeadWriter, Pen, Unsendable};
use crate::http::url::Url;
#[cfg(feature = "async")]
use crate::nal::CallView;
use crate::nal::{AnyDriver, Driver, ErrorOf, Fault};
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
    draft: Draft<'b>,
    buffer: B,
}

impl<'r, 'b, N: Network, C: Clock, B: Buffer> Request<'r, 'b, N, C, B> {
    pub(crate) fn new<'u>(
        client: &'r mut SafeHttpClient<N, C>,
        method: &MethodTraits<'_>,
        url: impl crate::IntoUrl<'u>,
        mut buffer: B,
    ) -> Self {
        let mut read = Url::NOWHERE;
        let result = url.put_into(&mut read);
        let draft = Draft::new(client.driver.any(), method, &read, &result, buffer.as_mut());
        Self { client, draft, buffer }
    }

    pub(super) fn head(&mut self) -> Pen<'_> {
        self.draft.pen(self.buffer.as_mut())
    }

    /// The same, for lines that leave the default ones and the framing as they are: a request that has nothing
    /// else is ended by no more code than one that has none.
    pub(super) fn plain_head(&mut self) -> Pen<'_> {
        self.draft.head.on(self.buffer.as_mut())
    }

    pub(super) fn fail(&mut self, mistake: RequestError) {
        self.draft.head.fail(mistake);
    }

    pub(super) fn takes_body(&mut self) -> bool {
        self.draft.takes_body()
    }

    fn deadlines(&mut self) -> &mut Deadlines {
        &mut self.draft.parts.exchange.params.deadlines
    }

    /// Adds a header field. `Host`, `User-Agent`, `Accept` and `Accept-Encoding` replace the default ones,
    /// `Authorization` the credentials of the URL or of an earlier call, as later ones replace it. A name or
    /// value that no header can have is refused when the request is sent.
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

    /// Adds `Authorization: Basic` with this user name and password (RFC 7617), in place of those of the URL
    /// or of an earlier call.
    /// They need no percent-encoding here. Over `http` everybody on the way can read them.
    ///
    /// A user name with a colon, or a control character in either, is refused when the request is sent:
    /// [`InvalidCredentials`](crate::RequestError::InvalidCredentials).
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// # let mut buffer = [0; 512];
    /// online.get("http://192.168.1.20/", &mut buffer).basic("admin", "p@ss:word").send()?;
    /// # Ok(()) }
    /// ```
    pub fn basic(mut self, user: &str, password: &str) -> Self {
        self.plain_head().basic(user, password);
        self
    }

    /// Adds `Authorization: Bearer` with this token (RFC 6750), in place of the URL's credentials or of an
    /// earlier call's. Over `http` everybody on the way can read it.
    ///
    /// A token with a character that none has, such as a line end, is refused when the request is sent:
    /// [`InvalidCredentials`](crate::RequestError::InvalidCredentials).
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// # let mut buffer = [0; 512];
    /// online.get("http://192.168.1.20/", &mut buffer).bearer("mF_9.B5f-4.1JqM").send()?;
    /// # Ok(()) }
    /// ```
    pub fn bearer(mut self, token: &str) -> Self {
        self.plain_head().bearer(token);
        self
    }

    /// Adds `name=value` to the URL's query. Both are percent-encoded here: give them as they are.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// # let mut buffer = [0; 512];
    /// // GET /search?place=front%20door&n=2
    /// let request = online.get("http://192.168.1.20/search", &mut buffer);
    /// request.query("place", "front door").query("n", "2").send()?;
    /// # Ok(()) }
    /// ```
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.head().query(name, value);
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
        if self.draft.takes_body() {
            self.draft.parts.body = body.as_ref();
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
        if self.draft.takes_body() {
            self.head().copy_body(body.as_ref());
        }
        self
    }

    /// A body of names and values, as a browser sends a form (`application/x-www-form-urlencoded`), with its
    /// `Content-Type`. It is copied into the buffer, and percent-encoded here: give all as it is.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// # let mut buffer = [0; 512];
    /// let request = online.post("http://192.168.1.20/login", &mut buffer);
    /// request.form(&[("user", "admin"), ("password", "p&s=w")]).send()?;
    /// # Ok(()) }
    /// ```
    pub fn form(mut self, pairs: &[(&str, &str)]) -> Self {
        if self.takes_body() {
            self.head().form(pairs);
        }
        self
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
        self.draft.parts.exchange.endpoint.direct(address);
        self
    }

    /// Closes the connection after the response, and tells the server so.
    pub fn connection_close(mut self) -> Self {
        self.head().connection_close();
        self
    }

    /// Sends the body only once the server has accepted the request (RFC 9110 section 10.1.1), or
    /// [`Config::continue_timeout`](crate::Config::continue_timeout) has passed. A
    /// [copied](Self::copy_body) body is small, and doesn't wait for it. A server that answers 417 wants the same
    /// request without this.
    pub fn expect_continue(mut self) -> Self {
        self.draft.head.expect_continue();
        self
    }

    /// Accepts transfer codings that can't be undone: the body is then as it was transferred,
    /// `chunked` aside.
    pub fn allow_unknown_codings(mut self) -> Self {
        self.draft.parts.exchange.params.allow_unknown_codings = true;
        self
    }

    /// Takes header and trailer lines that break a rule, and that other clients take; without it they are an
    /// error that names the rule:
    ///
    /// | line | |
    /// |---|---|
    /// | `Name : value` | kept, as `Name: value` |
    /// | a value with control characters or a CR alone | kept, with spaces in their place |
    /// | a name with other bytes than a name may have, or none | left out |
    /// | without a colon; indented, behind no field | left out |
    ///
    /// Where the response ends is never guessed: a wrong line that may be about `Content-Length` or
    /// `Transfer-Encoding`, or that has a NUL or begins with a CR, is an error as before, and so is a wrong
    /// status line.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// # let mut buffer = [0; 512];
    /// let old_camera = online.get("http://192.168.1.20/image", &mut buffer);
    /// old_camera.lenient().send()?;
    /// # Ok(()) }
    /// ```
    pub fn lenient(mut self) -> Self {
        self.draft.parts.exchange.lenient = Some(crate::http::head::go_on);
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
    /// Everything that [`ErrorKind`](crate::ErrorKind) lists. The connection is closed then, and
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
        // Where it stands: a call is too large to be moved without need.
        match self.draft.send(self.client.driver.any(), self.buffer.as_mut()) {
            Ok(()) => Ok(Response::new(self.client, Call::new(self.draft, self.buffer))),
            Err(None) => Err(refuse(self.draft.head.unsendable(self.buffer.as_ref().len()))),
            Err(Some(fault)) => {
                let mut call = self.draft.parts.view(self.buffer.as_mut());
                Err(self.client.driver.fail(&mut call, fault))
            }
        }
    }

    /// The same without waiting: a [`Call`] to be polled. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// The caller's mistakes alone: [`ErrorKind::Request`](crate::ErrorKind::Request) and, where the head doesn't fit,
    /// [`ErrorKind::Buffer`](crate::ErrorKind::Buffer).
    pub fn start(mut self) -> Result<Call<'b, B>, ErrorOf<N>> {
        self.check(None)?;
        Ok(Call::new(self.draft, self.buffer))
    }

    /// Sends the request with a body read from `reader`, and waits for the response's head.
    ///
    /// A body of unknown length is sent as [`BodyLength::Chunked`]. What fits the buffer leaves
    /// together with the head.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); [`BodyReader`](crate::RequestError::BodyReader) where the reader fails, and
    /// [`BodyLength`](crate::RequestError::BodyLength) where it has more or less than declared.
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
        let mut upload = Upload::new(Call::new(self.draft, self.buffer), length);
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
        Ok(Upload::new(Call::new(self.draft, self.buffer), length))
    }

    /// For a layer, which goes on with it where it stands.
    #[allow(clippy::type_complexity, reason = "three parts")]
    pub(super) fn pieces(&mut self) -> (&mut Driver<N, C>, &mut Draft<'b>, &mut [u8]) {
        (&mut self.client.driver, &mut self.draft, self.buffer.as_mut())
    }

    /// The call, of which a layer keeps the request from `end` on.
    #[allow(clippy::type_complexity, reason = "a pair")]
    pub(super) fn into_call(self, end: usize) -> (&'r mut SafeHttpClient<N, C>, Call<'b, Kept<B>>) {
        (self.client, Call::new(self.draft, Kept::new(self.buffer, end)))
    }

    /// Checks all of it, and makes the call the client's.
    pub(crate) fn check(&mut self, upload: Option<BodyLength>) -> Result<(), ErrorOf<N>> {
        if upload.is_some() {
            self.head();
        }
        let driver = self.client.driver.any();
        self.draft.start(driver, self.buffer.as_mut(), upload).map_err(refuse)
    }

    /// What a driver goes on with, where it stands.
    #[cfg(feature = "async")]
    pub(crate) fn parts(&mut self) -> (&mut Driver<N, C>, CallView<'_>) {
        (&mut self.client.driver, self.draft.parts.view(self.buffer.as_mut()))
    }

    /// The response whose head has arrived.
    #[cfg(feature = "async")]
    pub(crate) fn into_response(self) -> Response<'r, 'b, N, C, B> {
        Response::new(self.client, Call::new(self.draft, self.buffer))
    }

    /// The same of an upload, with what was left of its body.
    #[cfg(feature = "async")]
    pub(crate) fn into_response_of_upload(
        self,
        rest: &'static [u8],
    ) -> Response<'r, 'static, N, C, B> {
        Response::new(self.client, Call::new(self.draft, self.buffer).with_rest(rest))
    }
}

impl<N: Network, C, B> fmt::Debug for Request<'_, '_, N, C, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").finish_non_exhaustive()
    }
}

#[cold]
#[inline(never)]
pub(super) fn refuse<T, D>(unsendable: Unsendable) -> Error<T, D> {
    let error = |kind| Error::new(Phase::Url, kind);
    match unsendable {
        Unsendable::Request(mistake) => error(ErrorKind::Request(mistake)),
        Unsendable::Buffer { needed, available } => {
            let what = BufferUse::RequestHead;
            error(ErrorKind::Buffer { what, needed, available, exact: true })
        }
    }
}

/// A request while it is put together. What is written of its head is in its buffer.
pub(super) struct Draft<'b> {
    pub(super) head: HeadWriter,
    /// What ends the head: no more of it is linked than the program's requests need.
    finish: fn(&mut Pen<'_>, Option<BodyLength>) -> Option<usize>,
    /// Of the call to come: its ticket is none yet, its body the one that is lent.
    pub(super) parts: CallParts<'b>,
    has_body: bool,
}

impl<'b> Draft<'b> {
    pub(super) fn new(
        driver: &AnyDriver<'_>,
        method: &MethodTraits<'_>,
        url: &Url<'_>,
        result: &Result<(), UrlError>,
        buffer: &mut [u8],
    ) -> Self {
        let mut head = HeadWriter::new(method);
        if let Err(mistake) = result {
            head.fail((*mistake).into());
        }
        let mut pen = head.on(buffer);
        pen.start(method, url);
        if driver.config.keep_alive_ms == 0 {
            pen.connection_close();
        }
        // Last, where it will stand: moving it takes 500 instructions of a Cortex-M3.
        Self {
            head,
            finish: |pen, _| pen.complete_plain(),
            parts: CallParts {
                exchange: Exchange::new(
                    url.endpoint,
                    method.response_to,
                    method.repeat,
                    driver.config.deadlines,
                    driver.stack.now_ms(),
                ),
                ticket: 0,
                body: &[],
            },
            has_body: false,
        }
    }

    /// To write what not every request has.
    pub(super) fn pen<'h>(&'h mut self, buffer: &'h mut [u8]) -> Pen<'h> {
        self.finish = |pen, body| pen.complete(body);
        self.head.on(buffer)
    }

    /// A request has one body.
    pub(super) fn takes_body(&mut self) -> bool {
        self.finish = |pen, body| pen.complete(body);
        if self.has_body {
            self.head.fail(RequestError::SecondBody);
        }
        !core::mem::replace(&mut self.has_body, true)
    }

    /// Checks all of it, and makes the call the client's. One that was started before ends here.
    pub(super) fn start(
        &mut self,
        driver: &mut AnyDriver<'_>,
        buffer: &mut [u8],
        upload: Option<BodyLength>,
    ) -> Result<(), Unsendable> {
        let is_started = self.is_started(driver, buffer, upload);
        if is_started { Ok(()) } else { Err(self.head.unsendable(buffer.len())) }
    }

    /// The same, and waits for the response's head. Without a fault where it can't be sent, and its head says
    /// why.
    pub(super) fn send(
        &mut self,
        driver: &mut AnyDriver<'_>,
        buffer: &mut [u8],
    ) -> Result<(), Option<Fault>> {
        if !self.is_started(driver, buffer, None) {
            return Err(None);
        }
        let mut call = self.parts.view(buffer);
        driver.run_to_end(&mut call, Goal::Head).map_err(Some)
    }

    /// The same; its head says why it can't be sent.
    pub(super) fn is_started(
        &mut self,
        driver: &mut AnyDriver<'_>,
        buffer: &mut [u8],
        upload: Option<BodyLength>,
    ) -> bool {
        let is_complete = self.complete(driver, buffer, upload).is_some();
        if is_complete {
            self.parts.ticket = driver.claim();
        } else {
            driver.set_evidence(0, 0);
        }
        is_complete
    }

    fn complete(
        &mut self,
        driver: &AnyDriver<'_>,
        buffer: &mut [u8],
        upload: Option<BodyLength>,
    ) -> Option<()> {
        let (lent, copied) = (self.parts.body.len(), self.head.copied_body);
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
        let head_end = (self.finish)(&mut self.head.on(buffer), length);
        // The URL isn't known, then.
        if self.head.is_nowhere() {
            return None;
        }
        let traits = driver.stack.traits();
        let exchange = &mut self.parts.exchange;
        let checked = check_request(
            &exchange.endpoint,
            exchange.params.response_to,
            traits.has_tls,
            traits.has_loopback,
            driver.config.checks,
        );
        if let Err(mistake) = checked {
            self.head.overrule(mistake);
            return None;
        }
        exchange.params.close = self.head.close;
        exchange.endpoint.has_secret = self.head.has_secret;
        // A copied body leaves with its head all the same: the answer's place is where it stands.
        let holds_body = self.head.expect_continue && (upload.is_some() || lent > 0);
        let stage_end = head_end?.wrapping_add(copied);
        exchange.stage(stage_end, holds_body, buffer, self.parts.body);
        Some(())
    }
}
