//! Layers over a call, awaited: what they do is the waiting client's.

use super::driver::{Work, wait};
use super::{AsyncNetwork, Request, Response, Timer};
use crate::client::{self, LayeredCall};
use crate::nal::{Driver, ErrorOf};
use crate::policy::RetryPolicy;
use crate::protocol::CloseReason;
use crate::{Buffer, Kept, LayerError};
use core::fmt;
use nal_link::Clock;

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
    /// let mut response = request.send().await.map_err(JsonError::Response)?;
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
        self.read_to_end().await.map_err(crate::JsonError::Response)?;
        self.call().json().map_err(crate::JsonError::Json)
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
        let mut guard = Guard { driver: &mut client.driver, is_done: false };
        let timer = guard.driver.stack.clock.clone();
        while let Some(left) = wait(guard.driver, &mut layered).await? {
            timer.sleep_ms(left).await;
        }
        guard.is_done = true;
        drop(guard);
        Ok(Response::new(client::Response::new(client, layered.into_call())))
    }
}

/// Closes the connection of what is dropped before it is done. Nobody else has one meanwhile.
struct Guard<'d, N: AsyncNetwork, C: Clock> {
    driver: &'d mut Driver<N, C>,
    is_done: bool,
}

impl<N: AsyncNetwork, C: Clock> Drop for Guard<'_, N, C> {
    fn drop(&mut self) {
        if !self.is_done {
            self.driver.any().close(CloseReason::ResponseNotRead);
        }
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
