//! Layers over a call, awaited: what they do is the waiting client's.

use super::driver::{Work, wait};
use super::{AsyncNetwork, Request, Response, Timer};
use crate::client::{self, Following, Retrying};
use crate::nal::{Driver, ErrorOf};
use crate::policy::RetryPolicy;
use crate::protocol::CloseReason;
use crate::{Buffer, FollowError, Kept};
use core::fmt;
use nal_link::Clock;

impl<'r, 'b, N: AsyncNetwork, C: Timer, B: Buffer> Request<'r, 'b, N, C, B> {
    /// Follows up to `limit` redirects: as [`Follow`](crate::Follow).
    pub fn follow(self, limit: u8) -> Follow<'r, 'b, N, C, B> {
        Follow { inner: self.into_inner().follow(limit) }
    }

    /// Sends the request again where that may help: as [`Retry`](crate::Retry).
    pub fn retry(self, policy: RetryPolicy) -> Retry<'r, 'b, N, C, B> {
        Retry { inner: self.into_inner().retry(policy) }
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

/// A request that follows redirects: the twin of [`Follow`](crate::Follow).
///
/// ```no_run
/// # use safe_http_client::{ErrorOf, FollowError, asynch::*};
/// # async fn f<N: AsyncNetwork, C: Timer>(mut online: Online<'_, N, C>)
/// # -> Result<(), FollowError<ErrorOf<N>>> {
/// let mut buffer = [0; 2048];
/// let response = online.get("http://192.168.1.20/latest", &mut buffer).follow(5).send().await?;
/// # Ok(()) }
/// ```
#[must_use = "a request is sent by `send`"]
pub struct Follow<'r, 'b, N: AsyncNetwork, C, B> {
    inner: client::Follow<'r, 'b, N, C, B>,
}

impl<'r, 'b, N: AsyncNetwork, C: Timer, B: Buffer> Follow<'r, 'b, N, C, B> {
    /// Sends the request, follows where it is led, and waits for the last response's head. Dropped before, it
    /// closes the connection.
    ///
    /// # Errors
    ///
    /// As the waiting [`Follow::send`](crate::Follow::send).
    pub async fn send(self) -> Result<Response<'r, 'b, N, C, Kept<B>>, FollowError<ErrorOf<N>>> {
        let (client, mut following) = self.inner.parts()?;
        let mut guard = Guard { driver: &mut client.driver, is_done: false };
        wait(guard.driver, &mut following).await?;
        guard.is_done = true;
        drop(guard);
        Ok(Response::new(client::Response::new(client, following.into_call())))
    }
}

/// A request that is sent again where that may help: the twin of [`Retry`](crate::Retry).
///
/// ```no_run
/// # use safe_http_client::{ErrorOf, RetryPolicy, asynch::*};
/// # async fn f<N: AsyncNetwork, C: Timer>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// let mut buffer = [0; 1024];
/// let request = online.get("http://192.168.1.20/state", &mut buffer);
/// let response = request.retry(RetryPolicy::new(4711)).send().await?;
/// # Ok(()) }
/// ```
#[must_use = "a request is sent by `send`"]
pub struct Retry<'r, 'b, N: AsyncNetwork, C, B> {
    inner: client::Retry<'r, 'b, N, C, B>,
}

impl<'r, 'b, N: AsyncNetwork, C: Timer, B: Buffer> Retry<'r, 'b, N, C, B> {
    /// Sends the request, and again where that may help, and waits for the response's head. Dropped before, it
    /// closes the connection.
    ///
    /// # Errors
    ///
    /// As the waiting [`Retry::send`](crate::Retry::send).
    pub async fn send(self) -> Result<Response<'r, 'b, N, C, Kept<B>>, ErrorOf<N>> {
        let (client, mut retrying) = self.inner.parts()?;
        let mut guard = Guard { driver: &mut client.driver, is_done: false };
        let timer = guard.driver.stack.clock.clone();
        while let Some(left) = wait(guard.driver, &mut retrying).await? {
            timer.sleep_ms(left).await;
        }
        guard.is_done = true;
        drop(guard);
        Ok(Response::new(client::Response::new(client, retrying.into_call())))
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

impl<N: AsyncNetwork, C: Clock, B: Buffer> Work<N, C> for Following<'_, B> {
    type Done = ();
    type Error = FollowError<ErrorOf<N>>;

    fn step(&mut self, driver: &mut Driver<N, C>) -> nb::Result<(), Self::Error> {
        Following::step(self, driver)
    }

    fn host(&self) -> &[u8] {
        self.call().host()
    }

    fn time_left(&self, _: u32, now: u32) -> u32 {
        Following::time_left(self, now)
    }
}

impl<N: AsyncNetwork, C: Clock, B: Buffer> Work<N, C> for Retrying<'_, B> {
    /// The milliseconds until its next attempt; `None` once it has its response.
    type Done = Option<u32>;
    type Error = ErrorOf<N>;

    fn step(&mut self, driver: &mut Driver<N, C>) -> nb::Result<Option<u32>, Self::Error> {
        match Retrying::step(self, driver) {
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
        self.call().time_left(now)
    }
}

impl<N: AsyncNetwork, C, B> fmt::Debug for Follow<'_, '_, N, C, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<N: AsyncNetwork, C, B> fmt::Debug for Retry<'_, '_, N, C, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
