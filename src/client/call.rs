//! A request on its way and its response as it arrives, as a value.

use super::draft::Draft;
use super::{Buffer, SafeHttpClient, Upgraded};
use crate::error::{Evidence, Phase};
use crate::http::response::{Headers, ResponseHead};
use crate::nal::{CallView, ErrorOf};
use crate::protocol::{Exchange, Goal};
use core::fmt;
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
///                 Err(nb::Error::Other(error)) => println!("{}", self.client.diagnosis(&error)),
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
    pub(super) exchange: Exchange,
    /// Which use of the client's connection is this call's.
    pub(super) ticket: u32,
    /// What of the request's body isn't in the buffer.
    pub(super) body: &'b [u8],
    pub(super) buffer: B,
}

impl<'b, B: Buffer> Call<'b, B> {
    /// Of a request that is the client's.
    pub(super) fn new(draft: Draft<'b>, buffer: B) -> Self {
        Self { exchange: draft.exchange, ticket: draft.ticket, body: draft.body, buffer }
    }

    pub(super) fn view(&mut self) -> CallView<'_> {
        CallView {
            exchange: &mut self.exchange,
            ticket: self.ticket,
            buffer: self.buffer.as_mut(),
            body: self.body,
        }
    }

    /// The same with what is left of its body.
    pub(super) fn with_rest(self, body: &'static [u8]) -> Call<'static, B> {
        Call { exchange: self.exchange, ticket: self.ticket, body, buffer: self.buffer }
    }

    /// The host whose address is asked for.
    #[cfg(feature = "async")]
    pub(crate) fn host(&self) -> &[u8] {
        self.exchange.endpoint.host(self.buffer.as_ref())
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
        self.exchange.data(self.buffer.as_ref())
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
        self.exchange.read_body(self.buffer.as_ref())
    }

    /// The response's head, once it has arrived.
    pub fn head(&self) -> Option<ResponseHead<'_>> {
        self.exchange.has_head().then(|| self.known_head())
    }

    /// The head, of a response that is known to have arrived.
    pub(super) fn known_head(&self) -> ResponseHead<'_> {
        self.exchange.head(self.buffer.as_ref())
    }

    /// The response's status, once its head has arrived.
    pub fn status(&self) -> Option<u16> {
        self.head().map(|head| head.status())
    }

    /// The trailer fields behind a chunked body, once it was read to its end.
    pub fn trailers(&self) -> Headers<'_> {
        self.exchange.trailers(self.buffer.as_ref())
    }

    /// The step that the call is in: for a display, such as "connect ...".
    pub fn phase(&self) -> Phase {
        self.exchange.phase()
    }

    /// The figures of the call so far.
    pub fn evidence<N: Network, C: Clock>(&self, client: &SafeHttpClient<N, C>) -> Evidence {
        let stack = &client.driver.stack;
        let verification = stack.network.status().verification;
        let mut evidence = Evidence { verification, ..Evidence::default() };
        self.exchange.tell(&mut evidence, self.phase(), stack.clock.now_ms());
        evidence
    }

    /// Whether the response has handed the connection over: after `101 Switching Protocols`, or a
    /// 2xx to CONNECT. [`into_upgraded`](Self::into_upgraded) then uses it.
    pub fn is_upgraded(&self) -> bool {
        self.exchange.is_upgraded()
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
        f.debug_struct("Call").field("phase", &self.exchange.phase()).finish_non_exhaustive()
    }
}
