//! Requests that are sent again.

mod steps;

use super::replay::{Kept, KeptView};
use crate::client::draft::{Unsent, refuse};
use crate::client::{Buffer, Call, Request, Response, SafeHttpClient};
use crate::nal::{Driver, ErrorOf};
use crate::policy::RetryPolicy;
use core::fmt;
use nal_link::{Clock, LoopContext, Network};
use steps::Patience;

/// A request that is sent again where that may help: what [`Request::retry`](crate::Request::retry) makes.
///
/// | what happened | sent again |
/// |---|---|
/// | the link is down; the name didn't resolve; no socket; no connection | any request |
/// | sending or receiving failed, or ran into its deadline, before the response's head was there; 408, 429, 500, 502, 503, 504 | one that may be repeated |
/// | anything else | none |
///
/// A request may be repeated whose method is idempotent (not POST or PATCH), or that has a header field
/// `Idempotency-Key`. What was sent once is kept at the end of the buffer, which so needs twice the request's
/// head. Where no retry is left, the last response or error is the result.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn unique_id() -> u32 { 17 }
/// # fn f<N: Network, C: Clock>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// let mut buffer = [0; 1024];
/// let request = online.post("http://192.168.1.20/readings", &mut buffer).body("17 C");
/// let request = request.header("Idempotency-Key", "reading-4711");
/// let response = request.retry(RetryPolicy::new(unique_id())).send()?;
/// # Ok(()) }
/// ```
#[must_use = "a request is sent by `send` or `start`"]
pub struct Retry<'r, 'b, N: Network, C, B> {
    request: Request<'r, 'b, N, C, B>,
    policy: RetryPolicy,
}

impl<'r, 'b, N: Network, C: Clock, B: Buffer> Request<'r, 'b, N, C, B> {
    /// Sends the request again where that may help: see [`Retry`].
    pub fn retry(self, policy: RetryPolicy) -> Retry<'r, 'b, N, C, B> {
        Retry { request: self, policy }
    }
}

impl<'r, 'b, N: Network, C: Clock, B: Buffer> Retry<'r, 'b, N, C, B> {
    /// Sends the request, and again where that may help, and waits for the response's head.
    ///
    /// # Errors
    ///
    /// The last attempt's, as [`Request::send`].
    pub fn send(mut self) -> Result<Response<'r, 'b, N, C, Kept<B>>, ErrorOf<N>> {
        let (driver, draft, bytes) = self.request.pieces();
        match steps::send(draft, driver.any(), bytes, &self.policy) {
            Ok(end) => Ok(self.request.into_kept_response(end)),
            Err((Unsent::Unsendable(unsendable), _)) => Err(refuse(unsendable)),
            Err((Unsent::Fault(fault), mut end)) => {
                Err(driver.fail(&mut KeptView::of(draft, bytes, &mut end).view(), fault))
            }
        }
    }

    /// The same without waiting: a value to be polled. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// The caller's mistakes alone, as [`Request::start`].
    pub fn start(self) -> Result<Retrying<'b, B>, ErrorOf<N>> {
        Ok(self.parts()?.1)
    }

    #[allow(clippy::type_complexity, reason = "a pair")]
    pub(crate) fn parts(
        mut self,
    ) -> Result<(&'r mut SafeHttpClient<N, C>, Retrying<'b, B>), ErrorOf<N>> {
        let (driver, draft, bytes) = self.request.pieces();
        let (patience, end) =
            Patience::start(draft, driver.any(), bytes, &self.policy).map_err(refuse)?;
        let (client, call) = self.request.into_call(end);
        Ok((client, Retrying { call, patience }))
    }
}

/// A request that is sent again where that may help, as a value: what [`Retry::start`] makes. It is polled
/// with the client that started it. While it waits for its next attempt, the client is free for other calls:
/// one that is still under way then ends, as by any other request.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn turn<N: Network, C: Clock>(
/// #     client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext, mut retrying: Retrying<'_, [u8; 1024]>,
/// # ) -> nb::Result<(), ErrorOf<N>> {
/// retrying.poll(client, cx)?; // `WouldBlock` while it waits
/// let call = retrying.into_call(); // and its body is read from here
/// # Ok(()) }
/// ```
#[must_use = "it goes on only while it is polled"]
pub struct Retrying<'b, B> {
    call: Call<'b, Kept<B>>,
    patience: Patience,
}

impl<'b, B: Buffer> Retrying<'b, B> {
    /// Goes on as far as it goes without waiting. `Ok` once the head of the response that counts is there.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while there is something to wait for, the next attempt's time included; otherwise as
    /// [`Retry::send`].
    pub fn poll<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        _cx: &mut LoopContext,
    ) -> nb::Result<(), ErrorOf<N>> {
        self.step(&mut client.driver)
    }

    pub(crate) fn step<N: Network, C: Clock>(
        &mut self,
        driver: &mut Driver<N, C>,
    ) -> nb::Result<(), ErrorOf<N>> {
        let step = self.patience.step(driver.any(), &mut self.call.kept_view());
        driver.tell(&mut self.call.view(), step)
    }

    #[cfg(feature = "async")]
    pub(crate) fn call(&self) -> &Call<'b, Kept<B>> {
        &self.call
    }

    /// Milliseconds until its next attempt, while it waits for it.
    #[cfg(feature = "async")]
    pub(crate) fn wait_left(&self, now: u32) -> Option<u32> {
        let (since, length) = self.patience.wait?;
        Some(length.saturating_sub(nal_link::elapsed_ms(now, since)))
    }

    /// How often it was sent again, or is about to be.
    pub fn retries(&self) -> u8 {
        self.patience.backoff.retries()
    }

    /// Whether it waits for its next attempt.
    pub fn is_waiting(&self) -> bool {
        self.patience.wait.is_some()
    }

    /// The call of the response.
    pub fn into_call(self) -> Call<'b, Kept<B>> {
        self.call
    }
}

impl<N: Network, C, B> fmt::Debug for Retry<'_, '_, N, C, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl<B> fmt::Debug for Retrying<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retrying").field("call", &self.call).finish_non_exhaustive()
    }
}
