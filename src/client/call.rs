//! A request on its way and its response as it arrives, as values: to be polled, to be given a body piece by
//! piece, or as a connection that has left HTTP.

use super::SafeHttpClient;
use super::request::Draft;
use crate::error::{ErrorKind, Evidence, Phase};
use crate::http::bytes::copy;
use crate::http::method::BodyLength;
use crate::http::response::{Headers, ResponseHead};
use crate::nal::{CallView, Driver, ErrorOf, Fault};
use crate::protocol::{Exchange, Failure, Goal, UploadState};
use core::fmt;
use embedded_io::Read;
use nal_link::{Clock, LoopContext, Network};

/// A request on its way, and its response as it arrives: what [`Request::start`](crate::Request::start)
/// makes. It owns its buffer and borrows nothing of the client, so it can stand in a struct beside it.
///
/// [`poll`](Self::poll) until it is ready, then look at the [`head`](Self::head) and read the body; or
/// [`poll_read_to_end`](Self::poll_read_to_end), which does all of it. It is polled with the client that
/// started it. A call that another one displaced, or that is polled with another client, ends in
/// [`RequestError::Displaced`](crate::RequestError::Displaced).
///
/// A call that is dropped early leaves its connection to the client, which closes it with the next call,
/// [`close`](SafeHttpClient::close), or its own end: no byte of it gets into another.
///
/// ```no_run
/// # use safe_http_client::*;
/// struct App<N: Network, C: Clock> {
///     client: SafeHttpClient<N, C>,
///     cx: LoopContext,
///     call: Option<Call<'static, [u8; 1024]>>,
/// }
///
/// impl<N: Network, C: Clock> App<N, C> {
///     /// Once in each turn of the main loop; never waits.
///     fn turn(&mut self, due: bool) -> Result<(), ErrorOf<N>> {
///         if let Some(call) = &mut self.call {
///             match call.poll_read_to_end(&mut self.client, &mut self.cx) {
///                 Ok(()) => println!("{:?}: {:?}", call.status(), call.body()),
///                 Err(nb::Error::WouldBlock) => return Ok(()),
///                 Err(nb::Error::Other(error)) => println!("{error}\n{}", self.client.diagnosis(&error)),
///             }
///             self.call = None;
///         } else if due {
///             let mut online = self.client.online(&mut self.cx)?;
///             self.call = Some(online.get("http://192.168.1.20/state", [0; 1024]).start()?);
///         }
///         Ok(())
///     }
/// }
/// ```
#[must_use = "a call goes on only while it is polled"]
pub struct Call<'b, B> {
    pub(super) parts: CallParts<'b>,
    pub(super) buffer: B,
}

/// What a call is but for its buffer.
pub(super) struct CallParts<'b> {
    pub(super) exchange: Exchange,
    /// Which use of the client's connection is this call's.
    pub(super) ticket: u32,
    /// What of the request's body isn't in the buffer.
    pub(super) body: &'b [u8],
}

impl CallParts<'_> {
    pub(super) fn view<'v>(&'v mut self, buffer: &'v mut [u8]) -> CallView<'v> {
        let Self { exchange, ticket, body } = self;
        CallView { exchange, ticket: *ticket, buffer, body }
    }
}

impl<'b, B: Buffer> Call<'b, B> {
    /// Of a request that is the client's.
    pub(super) fn new(draft: Draft<'b>, buffer: B) -> Self {
        Self { parts: draft.parts, buffer }
    }

    pub(super) fn view(&mut self) -> CallView<'_> {
        self.parts.view(self.buffer.as_mut())
    }

    /// The same with what is left of its body.
    pub(super) fn with_rest(self, body: &'static [u8]) -> Call<'static, B> {
        let CallParts { exchange, ticket, .. } = self.parts;
        Call { parts: CallParts { exchange, ticket, body }, buffer: self.buffer }
    }

    /// The host whose address is asked for.
    #[cfg(feature = "async")]
    pub(crate) fn host(&self) -> &[u8] {
        self.parts.exchange.endpoint.host(self.buffer.as_ref())
    }

    /// Goes on with the call as far as it goes without waiting. `Ok` once the response's head
    /// has arrived.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while there is something to wait for; any other error ends the call and
    /// closes its connection.
    pub fn poll<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        _cx: &mut LoopContext,
    ) -> nb::Result<(), ErrorOf<N>> {
        client.driver.run(&mut self.view(), Goal::Head)
    }

    /// Reads some of the body; 0 at its end. Waits for the head first, as [`poll`](Self::poll).
    ///
    /// Large reads of bodies go from the stack into `out` without a copy.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while nothing has arrived; any other error ends the call.
    pub fn poll_read<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        _cx: &mut LoopContext,
        out: &mut [u8],
    ) -> nb::Result<usize, ErrorOf<N>> {
        let call = &mut self.view();
        let step = client.driver.any().read(call, out);
        client.driver.tell(call, step)
    }

    /// The next bytes of the body, in the call's buffer; none at its end. They are taken with
    /// [`consume`](Self::consume). Waits for the head first.
    ///
    /// # Errors
    ///
    /// As [`poll_read`](Self::poll_read); and [`Buffer`](crate::ErrorKind::Buffer) where the head left no
    /// room in the buffer.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(
    /// #     client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext, mut call: Call<'_, [u8; 512]>,
    /// # ) -> nb::Result<(), ErrorOf<N>> {
    /// let count = call.poll_fill_buf(client, cx)?.len(); // look at them here
    /// call.consume(client, count);
    /// # Ok(()) }
    /// ```
    pub fn poll_fill_buf<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        _cx: &mut LoopContext,
    ) -> nb::Result<&[u8], ErrorOf<N>> {
        client.driver.run(&mut self.view(), Goal::Body)?;
        Ok(self.data())
    }

    /// Bytes of the body that stand in the buffer.
    pub(crate) fn data(&self) -> &[u8] {
        self.parts.exchange.data(self.buffer.as_ref())
    }

    /// Takes bytes that [`poll_fill_buf`](Self::poll_fill_buf) showed; never more than those.
    pub fn consume<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        count: usize,
    ) {
        client.driver.any().consume(&mut self.view(), count);
    }

    /// Reads the rest of the body into the call's buffer, behind the head; [`body`](Self::body)
    /// then has it. Waits for the head first.
    ///
    /// # Errors
    ///
    /// As [`poll_read`](Self::poll_read); and [`Buffer`](crate::ErrorKind::Buffer) where it doesn't fit. If
    /// its length is known beforehand, nothing was read then, and it can still be read in pieces.
    pub fn poll_read_to_end<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        _cx: &mut LoopContext,
    ) -> nb::Result<(), ErrorOf<N>> {
        client.driver.run(&mut self.view(), Goal::End)
    }

    /// What [`poll_read_to_end`](Self::poll_read_to_end) has read.
    pub fn body(&self) -> &[u8] {
        self.parts.exchange.read_body(self.buffer.as_ref())
    }

    /// The response's head, once it has arrived.
    pub fn head(&self) -> Option<ResponseHead<'_>> {
        self.parts.exchange.has_head().then(|| self.known_head())
    }

    /// The head, of a response that is known to have arrived.
    pub(super) fn known_head(&self) -> ResponseHead<'_> {
        self.parts.exchange.head(self.buffer.as_ref())
    }

    /// The response's status, once its head has arrived.
    pub fn status(&self) -> Option<u16> {
        self.head().map(|head| head.status())
    }

    /// The trailer fields behind a chunked body, once it was read to its end.
    pub fn trailers(&self) -> Headers<'_> {
        self.parts.exchange.trailers(self.buffer.as_ref())
    }

    /// The step that the call is in: for a display, such as "connect ...".
    pub fn phase(&self) -> Phase {
        self.parts.exchange.phase()
    }

    /// The figures of the call so far.
    pub fn evidence<N: Network, C: Clock>(&self, client: &SafeHttpClient<N, C>) -> Evidence {
        let stack = &client.driver.stack;
        let verification = stack.network.status().verification;
        let mut evidence = Evidence { verification, ..Evidence::default() };
        self.parts.exchange.tell(&mut evidence, self.phase(), stack.clock.now_ms());
        evidence
    }

    /// Whether the response has handed the connection over: after `101 Switching Protocols`, or a
    /// 2xx to CONNECT. [`into_upgraded`](Self::into_upgraded) then uses it.
    pub fn is_upgraded(&self) -> bool {
        self.parts.exchange.is_upgraded()
    }

    /// The connection itself, after 101 or a 2xx to CONNECT.
    ///
    /// # Errors
    ///
    /// Gives a call back whose response is any other.
    #[allow(clippy::result_large_err, reason = "it gives the call back")]
    pub fn into_upgraded(self) -> Result<Upgraded<'b, B>, Self> {
        if self.is_upgraded() { Ok(Upgraded::new(self)) } else { Err(self) }
    }

    /// The buffer, for another call.
    pub fn into_buffer(self) -> B {
        self.buffer
    }
}

impl<B> fmt::Debug for Call<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("phase", &self.parts.exchange.phase()).finish_non_exhaustive()
    }
}

/// A request whose body is given piece by piece: what
/// [`Request::start_upload`](crate::Request::start_upload) makes.
///
/// [`poll_write`](Self::poll_write) until all is given, then [`finish`](Self::finish), which returns the
/// [`Call`] that brings the response. Like a call it is a value, polled with the client that started it.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(
/// #     client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext,
/// # ) -> Result<(), ErrorOf<N>> {
/// let mut online = client.online(cx)?;
/// let request = online.put("http://192.168.1.20/log", [0; 512]);
/// let mut upload = request.start_upload(BodyLength::Known(4))?;
/// let mut rest: &[u8] = b"open";
/// while !rest.is_empty() {
///     match upload.poll_write(client, cx, rest) {
///         Ok(0) => break, // the server has answered already
///         Ok(taken) => rest = &rest[taken..],
///         Err(nb::Error::WouldBlock) => { /* blink */ }
///         Err(nb::Error::Other(error)) => return Err(error),
///     }
/// }
/// let call = upload.finish(client)?; // and poll it for the response
/// # Ok(()) }
/// ```
#[must_use = "an upload goes on only while it is written to"]
pub struct Upload<B> {
    call: Call<'static, B>,
    state: UploadState,
}

impl<B: Buffer> Upload<B> {
    pub(super) fn new(call: Call<'_, B>, length: BodyLength) -> Self {
        let mut call = call.with_rest(&[]);
        let state = UploadState::new(length, &mut call.parts.exchange);
        Self { call, state }
    }

    /// Gives more of the body, and returns how many bytes were taken. `Ok(0)` says that the server
    /// has answered already and takes no more: [`finish`](Self::finish) has its answer.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while the stack takes no more; [`BodyLength`](crate::RequestError::BodyLength) where
    /// more is given than was declared; and all that sending can end in.
    pub fn poll_write<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        _cx: &mut LoopContext,
        bytes: &[u8],
    ) -> nb::Result<usize, ErrorOf<N>> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let (driver, call) = (&mut client.driver, &mut self.call.view());
        let space = driver.any().upload_space(call, &mut self.state);
        let (start, end) = driver.tell(call, space)?;
        let count = copy(call.buffer.get_mut(start..end).unwrap_or_default(), bytes);
        let done = driver.any().upload_commit(call, &mut self.state, count);
        done.map_err(|fault| upload_failed(driver, call, &self.state, fault))?;
        Ok(count)
    }

    /// Ends the body. The call that comes out is polled for the response.
    ///
    /// # Errors
    ///
    /// [`BodyLength`](crate::RequestError::BodyLength) where less was given than was declared: the
    /// connection is closed.
    pub fn finish<N: Network, C: Clock>(
        mut self,
        client: &mut SafeHttpClient<N, C>,
    ) -> Result<Call<'static, B>, ErrorOf<N>> {
        let (driver, call) = (&mut client.driver, &mut self.call.view());
        match driver.any().upload_finish(call, &mut self.state) {
            Ok(rest) => Ok(self.call.with_rest(rest)),
            Err(fault) => Err(upload_failed(driver, call, &self.state, fault)),
        }
    }

    /// Gives all that `reader` has, and waits for the stack meanwhile.
    pub(super) fn fill_from<N: Network, C: Clock, R: Read>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        reader: &mut R,
    ) -> Result<(), ErrorOf<N>> {
        let (driver, call) = (&mut client.driver, &mut self.call.view());
        loop {
            let (start, end) = match driver.any().upload_space(call, &mut self.state) {
                Ok(space) => space,
                Err(nb::Error::WouldBlock) => {
                    driver.stack.clock.idle();
                    continue;
                }
                Err(nb::Error::Other(fault)) => return Err(driver.fail(call, fault)),
            };
            let space = call.buffer.get_mut(start..end).unwrap_or_default();
            // The server has answered already.
            if space.is_empty() {
                return Ok(());
            }
            let count = match reader.read(space) {
                Ok(0) => return Ok(()),
                Ok(count) => count.min(space.len()),
                Err(error) => {
                    let error = embedded_io::Error::kind(&error);
                    return Err(driver.fail(call, Fault::BodyReader(error)));
                }
            };
            let done = driver.any().upload_commit(call, &mut self.state, count);
            done.map_err(|fault| upload_failed(driver, call, &self.state, fault))?;
        }
    }
}

/// Ends the call. The upload knows how much of the body was given.
pub(crate) fn upload_failed<N: Network, C: Clock>(
    driver: &mut Driver<N, C>,
    call: &mut CallView<'_>,
    state: &UploadState,
    fault: Fault,
) -> ErrorOf<N> {
    let mut error = driver.fail(call, fault);
    if fault == Fault::Exchange(Failure::WrongLength) {
        error.kind = ErrorKind::Request(state.wrong_length());
    }
    error
}

impl<B> fmt::Debug for Upload<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("call", &self.call).finish_non_exhaustive()
    }
}

/// A connection that was handed over, after `101 Switching Protocols` or a 2xx to CONNECT, to be polled:
/// what [`Call::into_upgraded`] makes. [`Stream`](crate::Stream) is its twin whose calls wait.
///
/// Bytes that had come behind the response's head are read first. The client closes the connection with
/// its next call, [`close`](SafeHttpClient::close), or its own end.
///
/// What to ask for, and whether the answer is the right one, is the other protocol's matter; the repository's
/// `examples/websocket` is a WebSocket over it, which lives in a superloop.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock, B: Buffer>(
/// #     client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext, call: Call<'_, B>,
/// # ) -> nb::Result<(), ErrorOf<N>> {
/// if let Ok(mut stream) = call.into_upgraded() {
///     stream.poll_write(client, cx, b"ping")?;
///     let mut answer = [0; 64];
///     let count = stream.poll_read(client, cx, &mut answer)?;
/// }
/// # Ok(()) }
/// ```
pub struct Upgraded<'b, B> {
    call: Call<'b, B>,
}

impl<'b, B: Buffer> Upgraded<'b, B> {
    pub(super) fn new(mut call: Call<'b, B>) -> Self {
        call.parts.exchange.stream_begins();
        Self { call }
    }

    /// Reads from the stream; 0 at its end.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while nothing has arrived. A stream may rest: only the total deadline counts. Any
    /// other error closes the connection.
    pub fn poll_read<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        _cx: &mut LoopContext,
        out: &mut [u8],
    ) -> nb::Result<usize, ErrorOf<N>> {
        let call = &mut self.call.view();
        let step = client.driver.any().upgraded_read(call, out);
        client.driver.tell(call, step)
    }

    /// Writes to the stream, and returns how many bytes the stack took.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while the stack takes no more, for the idle deadline at most; otherwise as
    /// [`poll_read`](Self::poll_read).
    pub fn poll_write<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        _cx: &mut LoopContext,
        bytes: &[u8],
    ) -> nb::Result<usize, ErrorOf<N>> {
        let call = &mut self.call.view();
        let step = client.driver.any().upgraded_write(call, bytes);
        client.driver.tell(call, step)
    }

    /// The call whose response this is: its head.
    pub fn call(&self) -> &Call<'b, B> {
        &self.call
    }
}

impl<B> fmt::Debug for Upgraded<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgraded").finish_non_exhaustive()
    }
}

/// The one buffer of a call: it holds the request, then the response's head, then what is read of its
/// body. The call owns it: an array, a `&mut` slice or array, a `&'static mut` one.
///
/// ```
/// use safe_http_client::Buffer;
/// fn room(buffer: &impl Buffer) -> usize {
///     buffer.as_ref().len()
/// }
/// assert_eq!(room(&[0; 1024]), 1024);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` stands where a request's buffer belongs",
    label = "no buffer: neither an array of bytes nor a `&mut` slice of them",
    note = "a request takes the URL and a buffer: `online.get(\"http://192.168.1.20/gate\", &mut buffer)`"
)]
pub trait Buffer: AsRef<[u8]> + AsMut<[u8]> {}

#[diagnostic::do_not_recommend]
impl<T: AsRef<[u8]> + AsMut<[u8]>> Buffer for T {}
