//! The client: it stands still, and lends what has requests.

use super::driver::{OfProbe, wait};
use super::{AsyncNetwork, Online, Timer};
use crate::client::diagnose::BUFFER;
use crate::diagnosis::{Diagnosis, Report};
use crate::error::Evidence;
use crate::nal::ErrorOf;
use crate::policy::Config;
use crate::protocol::CloseReason;
use crate::{HasIp, IntoUrl, Method};
use core::fmt;
use nal_link::{Clock, LinkError, LinkStatus, LoopContext};

/// A link says nothing by itself when it comes up: it is looked at so often.
const LOOK_MS: u32 = 50;

/// An HTTP/1.1 client over the async network `N`, with the timer `C`: the twin of
/// [`SafeHttpClient`](crate::SafeHttpClient) whose calls are awaited.
///
/// It has no requests. [`online`](Self::online) looks whether the link has an IP address, and lends an
/// [`Online`] client, which has them; [`wait_online`](Self::wait_online) waits for one. It holds one
/// connection at most, which is kept for the next request to the same host.
///
/// ```no_run
/// # use safe_http_client::asynch::*;
/// # use safe_http_client::{ErrorOf, LoopContext};
/// async fn open<N: AsyncNetwork, C: Timer>(
///     client: &mut SafeHttpClient<N, C>,
///     cx: &mut LoopContext,
/// ) -> Result<u16, ErrorOf<N>> {
///     let mut online = client.wait_online(cx).await?;
///     let mut buffer = [0; 1024];
///     let gate = online.post("http://192.168.1.20/gate", &mut buffer).body("open");
///     Ok(gate.send().await?.status())
/// }
/// ```
pub struct SafeHttpClient<N: AsyncNetwork, C> {
    inner: crate::SafeHttpClient<N, C>,
}

impl<N: AsyncNetwork, C: Timer> SafeHttpClient<N, C> {
    /// A client with the default [`Config`]. Nothing is asked of the network yet.
    pub fn new(network: N, timer: C) -> Self {
        Self::with_config(network, timer, Config::new())
    }

    /// A client with deadlines and habits of your own.
    pub fn with_config(network: N, timer: C, config: Config) -> Self {
        Self { inner: crate::SafeHttpClient::with_config(network, timer, config) }
    }

    /// The client that has requests, if the link has an IP address now. Doesn't wait.
    ///
    /// # Errors
    ///
    /// What the link said: down and why, or no address yet.
    pub fn online<'a>(
        &'a mut self,
        cx: &'a mut LoopContext,
    ) -> Result<Online<'a, N, C>, LinkError> {
        self.inner.driver.any().look()?;
        Ok(Online::new(self, cx))
    }

    /// Waits until the link has an IP address, at most for
    /// [`Config::online_timeout`](crate::Config::online_timeout).
    ///
    /// # Errors
    ///
    /// What the link said last: down and why, or no address yet.
    pub async fn wait_online<'a>(
        &'a mut self,
        cx: &'a mut LoopContext,
    ) -> Result<Online<'a, N, C>, LinkError> {
        let timer = self.inner.driver.stack.clock.clone();
        let started = timer.now_ms();
        loop {
            match self.inner.driver.any().look_again(started) {
                Ok(()) => return Ok(Online::new(self, cx)),
                Err(nb::Error::Other(error)) => return Err(error),
                Err(nb::Error::WouldBlock) => timer.sleep_ms(LOOK_MS).await,
            }
        }
    }

    /// Looks why requests to this URL fail: goes down a ladder and stops at the first step that breaks, as
    /// [`SafeHttpClient::diagnose`](crate::SafeHttpClient::diagnose) does. 512 bytes of its future are its
    /// buffer.
    ///
    /// ```no_run
    /// # use safe_http_client::asynch::*;
    /// # use safe_http_client::LoopContext;
    /// # async fn f<N: AsyncNetwork, C: Timer>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext) {
    /// println!("{}", client.diagnose(cx, "http://gate.local:8080/").await);
    /// # }
    /// ```
    pub async fn diagnose<'u>(&mut self, _cx: &mut LoopContext, url: impl IntoUrl<'u>) -> Report {
        let mut probe = self.inner.start_probe(url, [0; BUFFER]);
        let close = Close(&mut self.inner);
        let mut work = OfProbe { ladder: &mut probe.ladder, buffer: &mut probe.buffer };
        let Ok(()) = wait(&mut close.0.driver, &mut work).await;
        probe.ladder.report
    }

    /// Why a request failed, by what is known: see
    /// [`SafeHttpClient::diagnosis`](crate::SafeHttpClient::diagnosis). No packet is sent.
    pub fn diagnosis(&self, error: &ErrorOf<N>) -> Diagnosis {
        self.inner.diagnosis(error)
    }

    /// Closes the connection, if there is one.
    pub fn close(&mut self) {
        self.inner.close();
    }

    /// The network below, to change it. The connection is closed first, since it may not outlast that.
    pub fn network_mut(&mut self) -> &mut N {
        self.inner.network_mut()
    }

    /// The link's status now.
    pub fn link_status(&mut self) -> LinkStatus {
        self.inner.link_status()
    }

    /// The figures of the last call that failed, or of the last time that there was no address.
    pub fn evidence(&self) -> Evidence {
        self.inner.evidence()
    }

    /// Whether a connection is open.
    pub fn is_connected(&self) -> bool {
        self.inner.is_connected()
    }

    /// Why the last connection to be closed was closed; `None` where none was yet.
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.inner.close_reason()
    }

    /// The deadlines and habits.
    pub fn config(&self) -> &Config {
        self.inner.config()
    }

    /// The same, to change them for the requests to come.
    pub fn config_mut(&mut self) -> &mut Config {
        self.inner.config_mut()
    }

    /// The timer.
    pub fn timer(&self) -> &C {
        self.inner.clock()
    }

    /// The network below, for what only its driver knows. Its sockets are the client's.
    pub fn network(&self) -> &N {
        self.inner.network()
    }

    pub(super) fn inner(&mut self) -> &mut crate::SafeHttpClient<N, C> {
        &mut self.inner
    }
}

/// Closes the connection of a check, also of one that is dropped.
struct Close<'c, N: AsyncNetwork, C: Clock>(&'c mut crate::SafeHttpClient<N, C>);

impl<N: AsyncNetwork, C: Clock> Drop for Close<'_, N, C> {
    fn drop(&mut self) {
        self.0.driver.any().close(CloseReason::CallerAsked);
    }
}

impl<N: AsyncNetwork, C> fmt::Debug for SafeHttpClient<N, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// Here for what the compiler says to whoever calls them: requests are [`Online`]'s.
#[doc(hidden)]
impl<N: AsyncNetwork, C: Timer> SafeHttpClient<N, C> {
    pub fn get<'u>(&mut self, url: impl IntoUrl<'u>, buffer: impl crate::Buffer)
    where
        Self: HasIp,
    {
        self.request(Method::Get, url, buffer);
    }

    pub fn head<'u>(&mut self, url: impl IntoUrl<'u>, buffer: impl crate::Buffer)
    where
        Self: HasIp,
    {
        self.request(Method::Head, url, buffer);
    }

    pub fn post<'u>(&mut self, url: impl IntoUrl<'u>, buffer: impl crate::Buffer)
    where
        Self: HasIp,
    {
        self.request(Method::Post, url, buffer);
    }

    pub fn put<'u>(&mut self, url: impl IntoUrl<'u>, buffer: impl crate::Buffer)
    where
        Self: HasIp,
    {
        self.request(Method::Put, url, buffer);
    }

    pub fn patch<'u>(&mut self, url: impl IntoUrl<'u>, buffer: impl crate::Buffer)
    where
        Self: HasIp,
    {
        self.request(Method::Patch, url, buffer);
    }

    pub fn delete<'u>(&mut self, url: impl IntoUrl<'u>, buffer: impl crate::Buffer)
    where
        Self: HasIp,
    {
        self.request(Method::Delete, url, buffer);
    }

    pub fn request<'u>(&mut self, _: Method<'_>, _: impl IntoUrl<'u>, _: impl crate::Buffer)
    where
        Self: HasIp,
    {
    }
}
