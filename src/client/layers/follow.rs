//! Requests that follow redirects.

mod hops;
mod steps;

pub use hops::{FollowError, Hop, HopList, Hops};

use super::replay::{Kept, KeptView};
use crate::client::draft::refuse;
use crate::client::{Buffer, Call, Request, Response, SafeHttpClient};
use crate::error::ErrorKind;
use crate::http::request::Unsendable;
use crate::nal::{DnsErrorOf, Driver, ErrorOf, TcpErrorOf};
use core::fmt;
use nal_link::{Clock, LoopContext, Network};
use steps::{Stop, Trail};

/// A request that follows redirects: what [`Request::follow`](crate::Request::follow) makes.
///
/// 301, 302, 303, 307 and 308 with a `Location` are followed. A POST that gets 301 or 302, and any method
/// but HEAD that gets 303, goes on as a GET without a body; otherwise method and body stay. To another
/// origin (another scheme, host or port) go only header fields that are known to hold no secret, and they
/// alone from there on, even where the way leads back: no `Authorization`, no `Cookie`, no field of your
/// own such as `X-Api-Key`. From `https` to `http` it never goes.
///
/// What has to be kept is at the end of the request's buffer: the request, and the URLs that it went to.
/// The total deadline is of all of them together.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), FollowError<ErrorOf<N>>> {
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
#[must_use = "a request is sent by `send` or `start`"]
pub struct Follow<'r, 'b, N: Network, C, B> {
    request: Request<'r, 'b, N, C, B>,
    limit: u8,
}

impl<'r, 'b, N: Network, C: Clock, B: Buffer> Request<'r, 'b, N, C, B> {
    /// Follows up to `limit` redirects: see [`Follow`]. [`Response::redirect`] is for those who decide
    /// themselves.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), FollowError<ErrorOf<N>>> {
    /// let mut buffer = [0; 2048];
    /// let mut response = online.get("http://192.168.1.20/latest", &mut buffer).follow(5).send()?;
    /// # Ok(()) }
    /// ```
    pub fn follow(self, limit: u8) -> Follow<'r, 'b, N, C, B> {
        Follow { request: self, limit }
    }
}

impl<'r, 'b, N: Network, C: Clock, B: Buffer> Follow<'r, 'b, N, C, B> {
    /// Sends the request, follows where it is led, and waits for the last response's head.
    ///
    /// # Errors
    ///
    /// [`FollowError::Request`] as [`Request::send`], of the first or a later request;
    /// [`FollowError::Redirect`] where a redirect isn't followed.
    pub fn send(mut self) -> Result<Response<'r, 'b, N, C, Kept<B>>, FollowError<ErrorOf<N>>> {
        let (driver, draft, bytes) = self.request.pieces();
        match steps::send(draft, driver.any(), bytes, self.limit) {
            Ok(end) => Ok(self.request.into_kept_response(end)),
            Err((stop, hops)) => {
                let mut end = hops.start;
                Err(stopped(driver, &mut KeptView::of(draft, bytes, &mut end), stop, hops))
            }
        }
    }

    /// The same without waiting: a value to be polled. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// The caller's mistakes alone, as [`Request::start`].
    pub fn start(self) -> Result<Following<'b, B>, FollowError<ErrorOf<N>>> {
        Ok(self.parts()?.1)
    }

    #[allow(clippy::type_complexity, reason = "a pair")]
    pub(crate) fn parts(
        mut self,
    ) -> Result<(&'r mut SafeHttpClient<N, C>, Following<'b, B>), FollowError<ErrorOf<N>>> {
        let (driver, draft, bytes) = self.request.pieces();
        let (trail, end) = Trail::start(draft, driver.any(), bytes, self.limit)
            .map_err(refuse::<TcpErrorOf<N>, DnsErrorOf<N>>)?;
        let (client, call) = self.request.into_call(end);
        Ok((client, Following { call, trail }))
    }
}

/// A request on its way through redirects, as a value: what [`Follow::start`] makes. It is polled with the
/// client that started it, as a [`Call`] is.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn turn<N: Network, C: Clock>(
/// #     client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext, mut following: Following<'_, [u8; 2048]>,
/// # ) -> nb::Result<(), FollowError<ErrorOf<N>>> {
/// following.poll(client, cx)?; // `WouldBlock` until the last response's head is there
/// let mut call = following.into_call(); // and its body is read from here
/// # Ok(()) }
/// ```
#[must_use = "it goes on only while it is polled"]
pub struct Following<'b, B> {
    call: Call<'b, Kept<B>>,
    trail: Trail,
}

impl<'b, B: Buffer> Following<'b, B> {
    /// Goes on as far as it goes without waiting. `Ok` once the head of the last response has arrived.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while there is something to wait for; otherwise as [`Follow::send`].
    pub fn poll<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        _cx: &mut LoopContext,
    ) -> nb::Result<(), FollowError<ErrorOf<N>>> {
        self.step(&mut client.driver)
    }

    pub(crate) fn step<N: Network, C: Clock>(
        &mut self,
        driver: &mut Driver<N, C>,
    ) -> nb::Result<(), FollowError<ErrorOf<N>>> {
        let call = &mut self.call.kept_view();
        let step = self.trail.step(driver.any(), call);
        step.map_err(|error| {
            error.map(|stop| stopped(driver, call, stop, self.trail.hop_list(call)))
        })
    }

    /// For how many milliseconds nothing may happen.
    #[cfg(feature = "async")]
    pub(crate) fn time_left(&self, now: u32) -> u32 {
        let exchange = &self.call.exchange;
        let left = exchange.time_left(now);
        if self.trail.is_draining { left.min(exchange.discarding_left(now)) } else { left }
    }

    /// The call of the last response.
    pub fn into_call(self) -> Call<'b, Kept<B>> {
        self.call
    }

    /// The call that is on its way now.
    pub fn call(&self) -> &Call<'b, Kept<B>> {
        &self.call
    }

    /// The URLs that were asked so far, each with what it answered, in order. The last has no answer yet, or
    /// the last response.
    pub fn hops(&self) -> Hops<'_> {
        self.trail.hops(self.call.buffer.tail())
    }
}

/// What stopped a request, as its caller is told.
#[cold]
pub(crate) fn stopped<N: Network, C: Clock>(
    driver: &mut Driver<N, C>,
    call: &mut KeptView<'_, '_>,
    stop: Stop,
    hops: HopList,
) -> FollowError<ErrorOf<N>> {
    let error = match stop {
        Stop::Redirect(why) => return FollowError::Redirect { why, hops },
        Stop::Unsendable(unsendable) => refuse(unsendable),
        Stop::Refused(refused) => refuse(Unsendable::Request(refused)),
        Stop::Fault(fault) => {
            let mut error = driver.fail(&mut call.view(), fault);
            // A buffer that is too small needs what is kept in it, too.
            if let ErrorKind::Buffer { needed, available, .. } = &mut error.kind {
                let kept = call.bytes.len().saturating_sub(*available);
                *needed = needed.saturating_add(kept);
                *available = available.saturating_add(kept);
            }
            error
        }
    };
    FollowError::Request { error, hops }
}

impl<N: Network, C, B> fmt::Debug for Follow<'_, '_, N, C, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follow").field("request", &self.request).finish_non_exhaustive()
    }
}

impl<B> fmt::Debug for Following<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Following").field("call", &self.call).finish_non_exhaustive()
    }
}
