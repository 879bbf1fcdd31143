//! The client: it stands still, and lends what has requests.

use super::driver::{Close, OfProbe, wait};
use super::{AsyncNetwork, Request, Timer};
use crate::client::BUFFER;
use crate::diagnosis::{Cause, Diagnosis, Report};
use crate::error::Evidence;
use crate::nal::ErrorOf;
use crate::policy::Config;
use crate::protocol::CloseReason;
use crate::{Buffer, HasIp, IntoUrl, Method};
use core::fmt;
use core::marker::PhantomData;
use nal_link::{LinkError, LinkStatus, LoopContext};

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
        let reason = Some(CloseReason::CallerAsked);
        let close = Close { driver: &mut self.inner.driver, reason };
        let mut work = OfProbe { ladder: &mut probe.ladder, buffer: &mut probe.buffer };
        let Ok(()) = wait(close.driver, &mut work).await;
        probe.ladder.report
    }

    /// Why a request failed, by what is known: see
    /// [`SafeHttpClient::diagnosis`](crate::SafeHttpClient::diagnosis). No packet is sent.
    pub fn diagnosis(&self, error: &ErrorOf<N>) -> Diagnosis {
        self.inner.diagnosis(error)
    }

    /// The likeliest cause alone: see [`SafeHttpClient::cause`](crate::SafeHttpClient::cause).
    pub fn cause(&self, error: &ErrorOf<N>) -> Cause {
        self.inner.cause(error)
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

impl<N: AsyncNetwork, C> fmt::Debug for SafeHttpClient<N, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// Here for what the compiler says to whoever calls them: requests are [`Online`]'s.
#[doc(hidden)]
impl<N: AsyncNetwork, C: Timer> SafeHttpClient<N, C> {
    pub fn get<'u>(&mut self, url: impl IntoUrl<'u>, buffer: impl Buffer)
    where
        Self: HasIp,
    {
        self.request(Method::Get, url, buffer);
    }

    pub fn head<'u>(&mut self, url: impl IntoUrl<'u>, buffer: impl Buffer)
    where
        Self: HasIp,
    {
        self.request(Method::Head, url, buffer);
    }

    pub fn post<'u>(&mut self, url: impl IntoUrl<'u>, buffer: impl Buffer)
    where
        Self: HasIp,
    {
        self.request(Method::Post, url, buffer);
    }

    pub fn put<'u>(&mut self, url: impl IntoUrl<'u>, buffer: impl Buffer)
    where
        Self: HasIp,
    {
        self.request(Method::Put, url, buffer);
    }

    pub fn patch<'u>(&mut self, url: impl IntoUrl<'u>, buffer: impl Buffer)
    where
        Self: HasIp,
    {
        self.request(Method::Patch, url, buffer);
    }

    pub fn delete<'u>(&mut self, url: impl IntoUrl<'u>, buffer: impl Buffer)
    where
        Self: HasIp,
    {
        self.request(Method::Delete, url, buffer);
    }

    pub fn request<'u>(&mut self, _: Method<'_>, _: impl IntoUrl<'u>, _: impl Buffer)
    where
        Self: HasIp,
    {
    }
}

/// A client whose link has an IP address, lent together with the token: the twin of
/// [`Online`](crate::Online) whose requests are awaited. It alone has requests.
///
/// ```no_run
/// # use safe_http_client::asynch::*;
/// # use safe_http_client::ErrorOf;
/// # async fn f<N: AsyncNetwork, C: Timer>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
/// let mut buffer = [0; 1024];
/// let mut response = online.get("http://192.168.1.20/state", &mut buffer).send().await?;
/// println!("{}", response.read_to_str().await?);
/// # Ok(()) }
/// ```
pub struct Online<'a, N: AsyncNetwork, C> {
    client: &'a mut SafeHttpClient<N, C>,
    /// The token stays lent as long as requests can be made.
    cx: PhantomData<&'a mut LoopContext>,
}

impl<'a, N: AsyncNetwork, C> Online<'a, N, C> {
    pub(super) fn new(client: &'a mut SafeHttpClient<N, C>, _cx: &'a mut LoopContext) -> Self {
        Self { client, cx: PhantomData }
    }
}

impl<N: AsyncNetwork, C: Timer> Online<'_, N, C> {
    /// A GET request.
    pub fn get<'r, 'u, B: Buffer>(
        &'r mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        self.request(Method::Get, url, buffer)
    }

    /// A HEAD request: as GET, but its response has no body.
    pub fn head<'r, 'u, B: Buffer>(
        &'r mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        self.request(Method::Head, url, buffer)
    }

    /// A POST request.
    pub fn post<'r, 'u, B: Buffer>(
        &'r mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        self.request(Method::Post, url, buffer)
    }

    /// A PUT request.
    pub fn put<'r, 'u, B: Buffer>(
        &'r mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        self.request(Method::Put, url, buffer)
    }

    /// A PATCH request.
    pub fn patch<'r, 'u, B: Buffer>(
        &'r mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        self.request(Method::Patch, url, buffer)
    }

    /// A DELETE request.
    pub fn delete<'r, 'u, B: Buffer>(
        &'r mut self,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        self.request(Method::Delete, url, buffer)
    }

    /// A request of any method.
    pub fn request<'r, 'u, B: Buffer>(
        &'r mut self,
        method: Method<'_>,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        Request::new(self.client.inner(), method, url, buffer)
    }

    /// The client that this is lent from, to ask it about what has happened.
    pub fn client(&mut self) -> &mut SafeHttpClient<N, C> {
        self.client
    }
}

impl<N: AsyncNetwork, C> fmt::Debug for Online<'_, N, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Online").field("client", &self.client).finish()
    }
}

/// The ESP8266 as an async client's network: its driver, over an async serial port.
#[cfg(feature = "esp-at")]
mod modem {
    use super::{AsyncNetwork, SafeHttpClient, Timer};
    use core::future::poll_fn;
    use core::pin::pin;
    use core::task::Poll;
    use embedded_io_async::{Read, Write};
    use esp_at::{AsyncSerial, EspAt, Join, JoinError};
    use nal_link::{Clock, IpConfig, LoopContext};

    /// The driver with an async serial port.
    type Modem<P, C, const RX: usize, const TX: usize, const RX_BUF: usize> =
        EspAt<AsyncSerial<P, RX, TX>, C, RX_BUF>;

    impl<P, C, T, const RX: usize, const TX: usize, const RX_BUF: usize>
        SafeHttpClient<Modem<P, C, RX, TX, RX_BUF>, T>
    where
        P: Read + Write,
        C: Clock,
        T: Timer,
    {
        /// Joins an access point: [`EspAt::join`], awaited. A join that is dropped goes on in the modem.
        ///
        /// # Errors
        ///
        /// Those of [`EspAt::join`].
        ///
        /// ```no_run
        /// # use {embedded_io_async::*, esp_at::*, safe_http_client::{Clock, LoopContext}};
        /// use safe_http_client::asynch::{SafeHttpClient, Timer};
        /// # async fn f<U: Read + Write>(uart: U, clock: impl Clock, timer: impl Timer) -> Result<(), JoinError> {
        /// let mut cx = LoopContext::take().expect("once, first thing in main");
        /// let modem = EspAt::new(AsyncSerial::<_>::new(uart), clock);
        /// let mut client = SafeHttpClient::new(modem, timer);
        /// client.join(&mut cx, "ssid", "password").await?;
        /// # Ok(()) }
        /// ```
        pub async fn join(
            &mut self,
            cx: &mut LoopContext,
            ssid: &str,
            password: &str,
        ) -> Result<IpConfig, JoinError> {
            self.network_mut().start_join(Join::new(ssid, password))?;
            self.with_modem(cx, EspAt::poll_join).await
        }

        /// Awaits one of the driver's own calls that are named `poll_…`: a scan, a setting, the signal.
        ///
        /// # Errors
        ///
        /// Those of the call.
        ///
        /// ```no_run
        /// # use {embedded_io_async::*, esp_at::*, safe_http_client::{Clock, LoopContext}};
        /// # use safe_http_client::asynch::{SafeHttpClient, Timer};
        /// # async fn f<U: Read + Write, C: Clock>(
        /// #     mut client: SafeHttpClient<EspAt<AsyncSerial<U>, C>, impl Timer>, cx: &mut LoopContext,
        /// # ) -> Result<(), EspAtError> {
        /// client.network_mut().start_rssi();
        /// let signal = client.with_modem(cx, EspAt::poll_rssi).await?;
        /// # Ok(()) }
        /// ```
        pub async fn with_modem<O, E>(
            &mut self,
            cx: &mut LoopContext,
            mut step: impl FnMut(&mut Modem<P, C, RX, TX, RX_BUF>, &mut LoopContext) -> nb::Result<O, E>,
        ) -> Result<O, E> {
            let timer = self.inner().driver.stack.clock.clone();
            let modem = &mut self.inner().driver.stack.network;
            let mut sleep = pin!(None);
            poll_fn(|context| {
                modem.begin_turn(context.waker());
                loop {
                    match step(modem, cx) {
                        Ok(value) => return Poll::Ready(Ok(value)),
                        Err(nb::Error::Other(error)) => return Poll::Ready(Err(error)),
                        Err(nb::Error::WouldBlock) => {}
                    }
                    if sleep.is_none() {
                        sleep.set(Some(timer.sleep_ms(AsyncSerial::<P, RX, TX>::LOOK_AGAIN_MS)));
                    }
                    if let Some(asleep) = sleep.as_mut().as_pin_mut() {
                        match asleep.poll(context) {
                            Poll::Pending => return Poll::Pending,
                            Poll::Ready(()) => sleep.set(None),
                        }
                    }
                }
            })
            .await
        }
    }
}
