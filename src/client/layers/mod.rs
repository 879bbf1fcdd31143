//! Layers over a call: each is off until it is asked for, and is linked by nobody else.
//!
//! Those that send a request more than once can be combined ([`LayeredRequest`]): one machine ([`steps`]) keeps
//! the request at the end of its buffer, and asks each ([`again`]) what it makes of a response.

mod again;
mod bodies;
pub(crate) mod download;
mod events;
#[cfg(feature = "json")]
mod json;
mod steps;

pub use again::{Hop, HopList, Hops};
pub use bodies::{Multipart, Part};
pub use download::{Download, DownloadError};
pub use events::{Event, EventError, EventStream};
#[cfg(feature = "json")]
pub use json::JsonError;
pub use steps::Kept;

use super::request::refuse;
use crate::client::{Buffer, Call, Request, Response, SafeHttpClient};
#[cfg(feature = "digest")]
use crate::error::ChallengeError;
use crate::error::{Error, ErrorKind, RedirectError};
use crate::nal::{Driver, ErrorOf};
use crate::policy::RetryPolicy;
use again::{Patience, Trail};
use core::fmt;
use nal_link::{Clock, LinkError, LoopContext, Network};
use steps::{KeptCall, Origin, Steps, Stop};
#[cfg(feature = "digest")]
use {
    crate::error::RequestError, crate::http::digest::Credentials,
    crate::http::request::extras::are_sound, again::Dialogue,
};

/// A request that is sent more than once where its layers ask for it: what [`follow`](Request::follow),
/// [`retry`](Request::retry) and `digest` make, in any order and together.
///
/// What has to be kept is at the end of the request's buffer: the request, and what its layers say of it.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn unique_id() -> u32 { 17 }
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), LayerError<ErrorOf<N>>> {
/// let mut buffer = [0; 2048];
/// let request = online.get("http://192.168.1.20/latest", &mut buffer).basic("admin", "secret");
/// let response = request.follow(3).retry(RetryPolicy::new(unique_id())).send()?;
/// println!("{}", response.status());
/// # Ok(()) }
/// ```
#[must_use = "a request is sent by `send` or `start`"]
pub struct LayeredRequest<'r, 'b, N: Network, C, B> {
    request: Request<'r, 'b, N, C, B>,
    origin: Origin,
    steps: Steps<'b>,
}

impl<'r, 'b, N: Network, C: Clock, B: Buffer> Request<'r, 'b, N, C, B> {
    /// Follows up to `limit` redirects. [`Response::redirect`] is for those who decide themselves.
    ///
    /// 301, 302, 303, 307 and 308 with a `Location` are followed. A POST that gets 301 or 302, and any method
    /// but HEAD that gets 303, goes on as a GET without a body; otherwise method and body stay. To another
    /// origin (another scheme, host or port) go only header fields that are known to hold no secret, and they
    /// alone from there on, even where the way leads back: no `Authorization`, no `Cookie`, no field of your
    /// own such as `X-Api-Key`. No challenge for `digest` is answered there either. From
    /// `https` to `http` it never goes.
    ///
    /// The URLs that it went to are kept, too. The total deadline is of all of them together.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), LayerError<ErrorOf<N>>> {
    /// let mut buffer = [0; 2048];
    /// let sent = online.get("http://192.168.1.20/latest", &mut buffer).follow(5).send();
    /// match sent.map(|response| response.status()) {
    ///     Ok(status) => println!("{status}"),
    ///     Err(error) => {
    ///         println!("{error}");
    ///         for hop in error.hops(&buffer) {
    ///             println!("  {:?} {}", hop.status(), hop.url());
    ///         }
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn follow(self, limit: u8) -> LayeredRequest<'r, 'b, N, C, B> {
        self.layered(Steps { trail: Some(Trail::new(limit)), ..Steps::NONE })
    }

    /// Sends the request again where that may help.
    ///
    /// | what happened | sent again |
    /// |---|---|
    /// | the link is down; the name didn't resolve; no socket; no connection | any request |
    /// | a TLS handshake showed what another one would show again, such as another host's certificate | none |
    /// | sending or receiving failed, or ran into its deadline, before the response's head was there; 408, 429, 500, 502, 503, 504 | one that may be repeated |
    /// | anything else | none |
    ///
    /// A request may be repeated whose method is idempotent (not POST or PATCH), or that has a header field
    /// `Idempotency-Key`. Where redirects are followed, it goes on at the URL that it was led to. Where no
    /// retry is left, the last response or error is the result. The total deadline is each attempt's.
    /// A loop of one's own with [`Backoff`](crate::Backoff) takes less flash, where the request can be made anew.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn unique_id() -> u32 { 17 }
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), LayerError<ErrorOf<N>>> {
    /// let mut buffer = [0; 1024];
    /// let request = online.post("http://192.168.1.20/readings", &mut buffer).body("17 C");
    /// let request = request.header("Idempotency-Key", "reading-4711");
    /// let response = request.retry(RetryPolicy::new(unique_id())).send()?;
    /// # Ok(()) }
    /// ```
    pub fn retry(self, policy: RetryPolicy) -> LayeredRequest<'r, 'b, N, C, B> {
        self.layered(Steps { patience: Some(Patience::new(policy)), ..Steps::NONE })
    }

    /// Answers a Digest challenge (RFC 7616) with this user name and password. `random` is to be a number
    /// that nobody can guess, another one each time. Credentials of the URL, of `basic` and of `bearer` aren't
    /// sent.
    ///
    /// The request is sent without credentials, and, where the server answers 401 with a challenge, again with
    /// a hash of them. SHA-256 is used where it is offered, MD5 otherwise; `qop` is `auth`. A server that says
    /// that its own challenge was too old is answered once more. Credentials that it refuses end in its
    /// response with 401.
    ///
    /// The body is sent both times; [`expect_continue`](Self::expect_continue) saves the first.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn random() -> u64 { 17 }
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), LayerError<ErrorOf<N>>> {
    /// let mut buffer = [0; 2048];
    /// let request = online.get("http://192.168.1.20/image.jpg", &mut buffer);
    /// let response = request.digest("admin", "secret", random()).send()?;
    /// println!("{}", response.status());
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "digest")]
    #[cfg_attr(docsrs, doc(cfg(feature = "digest")))]
    pub fn digest(
        self,
        user: &'b str,
        password: &'b str,
        random: u64,
    ) -> LayeredRequest<'r, 'b, N, C, B> {
        self.layered(Steps::NONE).digest(user, password, random)
    }

    fn layered(self, steps: Steps<'b>) -> LayeredRequest<'r, 'b, N, C, B> {
        LayeredRequest { request: self, origin: Origin::NONE, steps }
    }
}

impl<'r, 'b, N: Network, C: Clock, B: Buffer> LayeredRequest<'r, 'b, N, C, B> {
    /// Follows up to `limit` redirects, too: see [`Request::follow`].
    pub fn follow(mut self, limit: u8) -> Self {
        self.steps.trail = Some(Trail::new(limit));
        self
    }

    /// Sends the request again where that may help, too: see [`Request::retry`].
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.steps.patience = Some(Patience::new(policy));
        self
    }

    /// Answers a Digest challenge, too: see [`Request::digest`].
    #[cfg(feature = "digest")]
    #[cfg_attr(docsrs, doc(cfg(feature = "digest")))]
    pub fn digest(mut self, user: &'b str, password: &'b str, random: u64) -> Self {
        if !are_sound(user, password) {
            self.request.fail(RequestError::InvalidCredentials);
        }
        self.request.plain_head().without_credentials();
        self.steps.dialogue = Some(Dialogue::new(Credentials { user, password, random }));
        self
    }

    /// Sends the request, as often as it takes, and waits for the head of the response that counts.
    ///
    /// # Errors
    ///
    /// [`LayerError::Request`] as [`Request::send`], of the last that was sent; [`LayerError::Redirect`] where
    /// a redirect isn't followed; `LayerError::Challenge` where the server wants what can't or shouldn't be
    /// answered.
    pub fn send(mut self) -> Result<Response<'r, 'b, N, C, Kept<B>>, LayerError<ErrorOf<N>>> {
        let (origin, (driver, draft, bytes)) = (&mut self.origin, self.request.pieces());
        let available = bytes.len();
        match self.steps.send(driver.any(), draft, origin, bytes) {
            Ok(()) => {
                // What was kept is of no more use: the body has all of the buffer.
                let (client, call) = self.request.into_call(available);
                Ok(Response::new(client, call))
            }
            Err(_) => {
                Err(stopped(driver, &mut KeptCall { parts: &mut draft.parts, origin, bytes }))
            }
        }
    }

    /// The same without waiting: a value to be polled. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// The caller's mistakes alone, as [`Request::start`].
    pub fn start(self) -> Result<LayeredCall<'b, B>, LayerError<ErrorOf<N>>> {
        Ok(self.parts()?.1)
    }

    #[allow(clippy::type_complexity, reason = "a pair")]
    pub(crate) fn parts(
        self,
    ) -> Result<(&'r mut SafeHttpClient<N, C>, LayeredCall<'b, B>), LayerError<ErrorOf<N>>> {
        let Self { mut request, mut origin, mut steps } = self;
        let (driver, draft, bytes) = request.pieces();
        if steps.start(driver.any(), draft, &mut origin, bytes).is_err() {
            let call = &mut KeptCall { parts: &mut draft.parts, origin: &mut origin, bytes };
            return Err(stopped(driver, call));
        }
        let (client, call) = request.into_call(origin.end);
        Ok((client, LayeredCall { call, origin, steps }))
    }
}

/// A [`LayeredRequest`] on its way, as a value. It is polled with the client that started it, as a [`Call`] is.
/// While it waits for its next attempt, the client is free for other calls: one that is still under way then
/// ends, as by any other request.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn turn<N: Network, C: Clock>(
/// #     client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext, mut layered: LayeredCall<'_, [u8; 2048]>,
/// # ) -> nb::Result<(), LayerError<ErrorOf<N>>> {
/// layered.poll_read_to_end(client, cx)?; // `WouldBlock` until the response that counts is there
/// println!("{:?}: {:?}", layered.call().status(), layered.call().body());
/// # Ok(()) }
/// ```
///
/// A body that doesn't fit the buffer is read in pieces: [`poll`](Self::poll) until the head is there, and then from
/// [`into_call`](Self::into_call).
#[must_use = "it goes on only while it is polled"]
pub struct LayeredCall<'b, B> {
    call: Call<'b, Kept<B>>,
    origin: Origin,
    steps: Steps<'b>,
}

impl<'b, B: Buffer> LayeredCall<'b, B> {
    /// Goes on as far as it goes without waiting. `Ok` once the head of the response that counts is there.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while there is something to wait for, the next attempt's time included; otherwise as
    /// [`LayeredRequest::send`].
    pub fn poll<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        _cx: &mut LoopContext,
    ) -> nb::Result<(), LayerError<ErrorOf<N>>> {
        self.step(&mut client.driver)
    }

    /// The same, and to the end of that response's body, all of which is retained in the buffer: the
    /// [call](Self::call) has its status and its [body](Call::body) then.
    ///
    /// # Errors
    ///
    /// As [`poll`](Self::poll) and [`Call::poll_read_to_end`].
    pub fn poll_read_to_end<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        cx: &mut LoopContext,
    ) -> nb::Result<(), LayerError<ErrorOf<N>>> {
        self.poll(client, cx)?;
        let hops = self.origin.hop_list();
        let read = self.call.poll_read_to_end(client, cx);
        let whole = self.call.buffer.buffer.as_ref().len();
        read.map_err(|error| {
            error.map(|error| LayerError::Request { error: of_whole(error, whole), hops })
        })
    }

    pub(crate) fn step<N: Network, C: Clock>(
        &mut self,
        driver: &mut Driver<N, C>,
    ) -> nb::Result<(), LayerError<ErrorOf<N>>> {
        let Call { parts, buffer: Kept { buffer, end } } = &mut self.call;
        let call = &mut KeptCall { parts, origin: &mut self.origin, bytes: buffer.as_mut() };
        let step = self.steps.step(driver.any(), call);
        *end = call.origin.end;
        step.map_err(|error| error.map(|_| stopped(driver, call)))
    }

    /// Milliseconds until its next attempt, while it waits for it.
    #[cfg(feature = "async")]
    pub(crate) fn wait_left(&self, now: u32) -> Option<u32> {
        self.is_waiting().then(|| self.steps.wait_left(now))
    }

    /// For how many milliseconds nothing may happen.
    #[cfg(feature = "async")]
    pub(crate) fn time_left(&self, now: u32) -> u32 {
        let exchange = &self.call.parts.exchange;
        let left = exchange.time_left(now);
        if self.steps.is_draining() { left.min(exchange.discarding_left(now)) } else { left }
    }

    /// How often it was sent again by [`retry`](Request::retry), or is about to be.
    pub fn retries(&self) -> u8 {
        self.steps.patience.as_ref().map_or(0, |patience| patience.backoff.retries())
    }

    /// Whether it waits for its next attempt.
    pub fn is_waiting(&self) -> bool {
        self.steps.is_waiting()
    }

    /// The URLs that were asked so far by [`follow`](Request::follow), each with what it answered, in order. The
    /// last has no answer yet, or the last response.
    pub fn hops(&self) -> Hops<'_> {
        self.origin.hop_list().read(self.call.buffer.buffer.as_ref())
    }

    /// The call that is on its way now.
    pub fn call(&self) -> &Call<'b, Kept<B>> {
        &self.call
    }

    /// The call of the response. What was kept is forgotten: its body has all of the buffer.
    pub fn into_call(mut self) -> Call<'b, Kept<B>> {
        let Kept { buffer, end } = &mut self.call.buffer;
        *end = buffer.as_ref().len();
        self.call
    }
}

/// What stopped a request, as its caller is told.
#[cold]
fn stopped<N: Network, C: Clock>(
    driver: &mut Driver<N, C>,
    call: &mut KeptCall<'_, '_>,
) -> LayerError<ErrorOf<N>> {
    let hops = call.origin.hop_list();
    let error = match call.origin.stopped_by {
        Stop::Redirect(why) => return LayerError::Redirect { why, hops },
        #[cfg(feature = "digest")]
        Stop::Challenge(why) => return LayerError::Challenge { why, hops },
        Stop::Unsendable(unsendable) => refuse(unsendable),
        Stop::Fault(fault) => driver.fail(&mut call.view(), fault),
    };
    let mut error = of_whole(error, call.bytes.len());
    if let ErrorKind::Buffer { exact, .. } = &mut error.kind {
        *exact &= !call.origin.lost_url;
    }
    LayerError::Request { error, hops }
}

/// A buffer that is too small needs what is kept in it, too.
fn of_whole<T, D>(mut error: Error<T, D>, whole: usize) -> Error<T, D> {
    if let ErrorKind::Buffer { needed, available, .. } = &mut error.kind {
        let kept = whole.wrapping_sub(*available);
        *needed = needed.wrapping_add(kept);
        *available = available.wrapping_add(kept);
    }
    error
}

/// Why a [`LayeredRequest`] failed.
///
/// ```
/// use safe_http_client::{LayerError, RedirectError};
/// fn leads_in_circles<E>(error: &LayerError<E>) -> bool {
///     matches!(error, LayerError::Redirect { why: RedirectError::Loop, .. })
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum LayerError<E> {
    /// A request, the first or one that followed.
    Request {
        /// What came of it.
        error: E,
        /// Where it had been.
        hops: HopList,
    },
    /// A redirect that isn't followed.
    Redirect {
        /// Why not.
        why: RedirectError,
        /// Where the request had been.
        hops: HopList,
    },
    /// A challenge that isn't answered.
    #[cfg(feature = "digest")]
    #[cfg_attr(docsrs, doc(cfg(feature = "digest")))]
    Challenge {
        /// Why not.
        why: ChallengeError,
        /// Where the request had been.
        hops: HopList,
    },
}

impl<E> LayerError<E> {
    /// The error of the request that failed, for
    /// [`SafeHttpClient::diagnosis`](crate::SafeHttpClient::diagnosis); `None` where a layer had stopped it.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(client: &SafeHttpClient<N, C>, error: LayerError<ErrorOf<N>>) {
    /// match error.request_error() {
    ///     Some(error) => println!("{error}\n{}", client.diagnosis(error)),
    ///     None => println!("{error}"),
    /// }
    /// # }
    /// ```
    pub fn request_error(&self) -> Option<&E> {
        match self {
            Self::Request { error, .. } => Some(error),
            _ => None,
        }
    }

    /// The URLs that were asked, in order, from the buffer that the request had; none where it follows no
    /// redirects, or was refused before it was sent.
    pub fn hops<'b>(&self, buffer: &'b [u8]) -> Hops<'b> {
        match self {
            Self::Request { hops, .. } | Self::Redirect { hops, .. } => hops.read(buffer),
            #[cfg(feature = "digest")]
            Self::Challenge { hops, .. } => hops.read(buffer),
        }
    }
}

impl<T, D> From<Error<T, D>> for LayerError<Error<T, D>> {
    fn from(error: Error<T, D>) -> Self {
        Self::Request { error, hops: HopList::NONE }
    }
}

/// So that `?` takes [`wait_online`](crate::SafeHttpClient::wait_online)'s, too.
impl<T, D> From<LinkError> for LayerError<Error<T, D>> {
    fn from(error: LinkError) -> Self {
        Error::from(error).into()
    }
}

impl<E: fmt::Display> fmt::Display for LayerError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { error, .. } => error.fmt(f),
            Self::Redirect { why, .. } => why.fmt(f),
            #[cfg(feature = "digest")]
            Self::Challenge { why, .. } => why.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for LayerError<E> {}

impl<N: Network, C, B> fmt::Debug for LayeredRequest<'_, '_, N, C, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LayeredRequest").field("request", &self.request).finish_non_exhaustive()
    }
}

impl<B> fmt::Debug for LayeredCall<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LayeredCall").field("call", &self.call).finish_non_exhaustive()
    }
}
