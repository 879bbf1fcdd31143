//! The client: a thin face over exchanges, whose state says whether there can be any.

mod diagnose;
mod request;
mod response;
mod stream;

pub use request::{IntoUrl, Request};
pub use response::{CopyError, Response};
pub use stream::Stream;

use crate::clock::{Clock, elapsed_ms};
use crate::context::LoopContext;
use crate::error::{Deadline, Error, ErrorKind, Phase};
use crate::exchange::{Config, Core, ErrorOf, WhyClosed, Wire};
use crate::http::method::Method;
use crate::link::{Failed, HasIp, LinkStatus, Offline, Online};
use crate::network::Network;
use core::fmt;
use core::marker::PhantomData;
use embedded_nal::nb;

/// An HTTP/1.1 client over the network `N`, with the clock `C`, in the state `S`.
///
/// A new client is [`Offline`] and has no requests. [`wait_online`](Self::wait_online) consumes it
/// and returns one that is [`Online`]. It holds one connection at most, which is kept for the next
/// request to the same host, and closed when the client is dropped.
///
/// It is small, and moves by value: give it `&mut` of the stack and `&` of the clock.
///
#[cfg_attr(feature = "std", doc = "```no_run")]
#[cfg_attr(not(feature = "std"), doc = "```ignore")]
/// use safe_http_client::{Attached, Behaviour, HostLink, LoopContext, SafeHttpClient, StdClock};
///
/// let mut cx = LoopContext::take().expect("first thing in main");
/// let mut network =
///     Attached::new(std_embedded_nal::Stack::default(), HostLink, Behaviour::STD);
/// let clock = StdClock::new();
/// let client = SafeHttpClient::new(&mut network, &clock);
///
/// let mut online = client.wait_online(&mut cx).map_err(|failed| failed.error)?;
/// let mut buffer = [0; 1024];
/// let mut response = online
///     .post(&mut cx, "http://192.168.1.20/gate", &mut buffer)
///     .header("x-key", "secret")
///     .body(b"open")
///     .send()?;
/// println!("{} {}", response.status(), response.read_to_str()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SafeHttpClient<N: Network, C, S = Offline> {
    core: Core<N, C>,
    state: PhantomData<S>,
}

impl<N: Network, C: Clock> SafeHttpClient<N, C, Offline> {
    /// A client with the default [`Config`]. Nothing is asked of the network yet.
    ///
    /// ```
    /// # use safe_http_client::*;
    /// # static EVENTS: LinkEvents = LinkEvents::new();
    /// # let stack = std_embedded_nal::Stack::default();
    /// let network = Attached::new(stack, &EVENTS, Behaviour::STD);
    /// let client = SafeHttpClient::new(network, FnClock(|| 0));
    /// ```
    pub fn new(network: N, clock: C) -> Self {
        Self::with_config(network, clock, Config::new())
    }

    /// A client with deadlines and habits of your own.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(network: N, clock: C) {
    /// let config = Config::new().response_timeout(core::time::Duration::from_secs(10));
    /// let client = SafeHttpClient::with_config(network, clock, config);
    /// # }
    /// ```
    pub fn with_config(network: N, clock: C, config: Config) -> Self {
        Self { core: Core { wire: Wire::new(network), clock, config }, state: PhantomData }
    }

    /// Waits until the link has an IP address, and returns the client that has requests.
    ///
    /// Waiting calls the [`idle`](Config::idle) hook; on a microcontroller, feed the watchdog there.
    ///
    /// # Errors
    ///
    /// Gives the offline client back, unchanged, with
    /// [`Timeout`](crate::ErrorKind::Timeout) of [`Deadline::Online`] once
    /// [`Config::online_timeout`] has passed, in the phase [`Phase::Link`].
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(client: SafeHttpClient<N, C>, mut cx: LoopContext) {
    /// let online = match client.wait_online(&mut cx) {
    ///     Ok(online) => online,
    ///     Err(failed) => return println!("{}", failed.error), // and `failed.client` is the client
    /// };
    /// # }
    /// ```
    #[allow(clippy::result_large_err, reason = "a failed transition gives the client back")]
    pub fn wait_online(
        self,
        cx: &mut LoopContext,
    ) -> Result<SafeHttpClient<N, C, Online>, Failed<Self, ErrorOf<N>>> {
        let started = self.core.clock.now_ms();
        let mut client = self;
        loop {
            let mut offline = match client.poll_online(cx) {
                Ok(online) => return Ok(online),
                Err(failed) => failed.client,
            };
            let limit_ms = offline.core.config.online_ms;
            let waited = elapsed_ms(offline.core.clock.now_ms(), started);
            if waited >= limit_ms {
                let deadline = Deadline::Online;
                let mut error = Error::new(Phase::Link, ErrorKind::Timeout { deadline, limit_ms });
                error.evidence.elapsed_ms = waited;
                error.evidence.phase_ms = waited;
                error.evidence.limit_ms = limit_ms;
                error.evidence.link = Some(offline.core.wire.network.link_status());
                return Err(Failed { client: offline, error });
            }
            (offline.core.config.idle)();
            client = offline;
        }
    }

    /// The non-blocking twin of [`wait_online`](Self::wait_online): looks once.
    ///
    /// # Errors
    ///
    /// Gives the offline client back, unchanged, with `WouldBlock` while there is no address.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut client: SafeHttpClient<N, C>, mut cx: LoopContext) {
    /// let online = loop {
    ///     match client.poll_online(&mut cx) {
    ///         Ok(online) => break online,
    ///         Err(failed) => client = failed.client, // blink, and look again
    ///     }
    /// };
    /// # }
    /// ```
    #[allow(clippy::result_large_err, reason = "a failed transition gives the client back")]
    #[allow(clippy::type_complexity, reason = "it is what it says")]
    pub fn poll_online(
        mut self,
        _cx: &mut LoopContext,
    ) -> Result<SafeHttpClient<N, C, Online>, Failed<Self, nb::Error<ErrorOf<N>>>> {
        self.core.wire.network.poll_network();
        if self.core.wire.network.link_status().ip_config().is_ok() {
            Ok(SafeHttpClient { core: self.core, state: PhantomData })
        } else {
            Err(Failed { client: self, error: nb::Error::WouldBlock })
        }
    }
}

impl<N: Network, C: Clock> SafeHttpClient<N, C, Online> {
    /// Goes back to the state without requests, to wait for the link again. An open connection is
    /// kept, and used if it is still good.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(online: SafeHttpClient<N, C, Online>, mut cx: LoopContext)
    /// # -> Result<(), ErrorOf<N>> {
    /// let online = online.into_offline().wait_online(&mut cx).map_err(|failed| failed.error)?;
    /// # Ok(()) }
    /// ```
    pub fn into_offline(self) -> SafeHttpClient<N, C, Offline> {
        SafeHttpClient { core: self.core, state: PhantomData }
    }
}

/// Methods of requests. All take the loop's context, the URL (a text or a [`Url`](crate::Url)) and
/// the one buffer that holds the request, then the response's head, then what is read of its body.
/// They send nothing, and can't fail: what is wrong is said when the request is sent.
impl<N: Network, C: Clock, S> SafeHttpClient<N, C, S> {
    /// A GET request.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: SafeHttpClient<N, C, Online>, mut cx: LoopContext)
    /// # -> Result<(), ErrorOf<N>> {
    /// let mut buffer = [0; 1024];
    /// let response = online.get(&mut cx, "http://192.168.1.20/state", &mut buffer).send()?;
    /// # Ok(()) }
    /// ```
    pub fn get<'a, 'c>(
        &'a mut self,
        cx: &'c mut LoopContext,
        url: impl IntoUrl<'a>,
        buffer: &'a mut [u8],
    ) -> Request<'a, 'c, N, C>
    where
        S: HasIp,
    {
        self.request(cx, Method::Get, url, buffer)
    }

    /// A HEAD request: as GET, but its response has no body.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: SafeHttpClient<N, C, Online>, mut cx: LoopContext)
    /// # -> Result<(), ErrorOf<N>> {
    /// let mut buffer = [0; 512];
    /// let response = online.head(&mut cx, "http://192.168.1.20/image", &mut buffer).send()?;
    /// let size = response.head().content_length();
    /// # Ok(()) }
    /// ```
    pub fn head<'a, 'c>(
        &'a mut self,
        cx: &'c mut LoopContext,
        url: impl IntoUrl<'a>,
        buffer: &'a mut [u8],
    ) -> Request<'a, 'c, N, C>
    where
        S: HasIp,
    {
        self.request(cx, Method::Head, url, buffer)
    }

    /// A POST request.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: SafeHttpClient<N, C, Online>, mut cx: LoopContext)
    /// # -> Result<(), ErrorOf<N>> {
    /// let mut buffer = [0; 512];
    /// online.post(&mut cx, "http://192.168.1.20/gate", &mut buffer).body(b"open").send()?;
    /// # Ok(()) }
    /// ```
    pub fn post<'a, 'c>(
        &'a mut self,
        cx: &'c mut LoopContext,
        url: impl IntoUrl<'a>,
        buffer: &'a mut [u8],
    ) -> Request<'a, 'c, N, C>
    where
        S: HasIp,
    {
        self.request(cx, Method::Post, url, buffer)
    }

    /// A PUT request.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: SafeHttpClient<N, C, Online>, mut cx: LoopContext)
    /// # -> Result<(), ErrorOf<N>> {
    /// let mut buffer = [0; 512];
    /// online.put(&mut cx, "http://192.168.1.20/lamp", &mut buffer).body(b"on").send()?;
    /// # Ok(()) }
    /// ```
    pub fn put<'a, 'c>(
        &'a mut self,
        cx: &'c mut LoopContext,
        url: impl IntoUrl<'a>,
        buffer: &'a mut [u8],
    ) -> Request<'a, 'c, N, C>
    where
        S: HasIp,
    {
        self.request(cx, Method::Put, url, buffer)
    }

    /// A DELETE request.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: SafeHttpClient<N, C, Online>, mut cx: LoopContext)
    /// # -> Result<(), ErrorOf<N>> {
    /// let mut buffer = [0; 512];
    /// online.delete(&mut cx, "http://192.168.1.20/log", &mut buffer).send()?;
    /// # Ok(()) }
    /// ```
    pub fn delete<'a, 'c>(
        &'a mut self,
        cx: &'c mut LoopContext,
        url: impl IntoUrl<'a>,
        buffer: &'a mut [u8],
    ) -> Request<'a, 'c, N, C>
    where
        S: HasIp,
    {
        self.request(cx, Method::Delete, url, buffer)
    }

    /// A request of any method.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: SafeHttpClient<N, C, Online>, mut cx: LoopContext) {
    /// let mut buffer = [0; 512];
    /// let request = online.request(&mut cx, Method::Patch, "http://192.168.1.20/lamp", &mut buffer);
    /// # }
    /// ```
    pub fn request<'a, 'c>(
        &'a mut self,
        _cx: &'c mut LoopContext,
        method: Method<'a>,
        url: impl IntoUrl<'a>,
        buffer: &'a mut [u8],
    ) -> Request<'a, 'c, N, C>
    where
        S: HasIp,
    {
        Request::new(&mut self.core, method, url.into_url(), buffer)
    }
}

impl<N: Network, C, S> SafeHttpClient<N, C, S> {
    /// The link's status now.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut client: SafeHttpClient<N, C>) {
    /// if let LinkStatus::Up(config) = client.link_status() {
    ///     println!("{}", config.address);
    /// }
    /// # }
    /// ```
    pub fn link_status(&mut self) -> LinkStatus {
        self.core.wire.network.link_status()
    }

    /// Whether a connection is open and kept for the next request.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(online: SafeHttpClient<N, C, Online>) {
    /// println!("connection {}", if online.is_connected() { "kept" } else { "closed" });
    /// # }
    /// ```
    pub fn is_connected(&self) -> bool {
        self.core.wire.is_open()
    }

    /// Why the last connection to be closed was closed; `None` where none was yet.
    ///
    /// After a request it says why there is [no connection](Self::is_connected) now or, where there
    /// is a new one, why the one before wasn't used again.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(online: SafeHttpClient<N, C, Online>) {
    /// if online.why_closed() == Some(WhyClosed::ServerAsked) { /* it keeps no connections */ }
    /// # }
    /// ```
    pub fn why_closed(&self) -> Option<WhyClosed> {
        self.core.wire.why_closed()
    }

    /// Closes the kept connection, if there is one.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: SafeHttpClient<N, C, Online>) {
    /// online.close(); // before the radio sleeps
    /// # }
    /// ```
    pub fn close(&mut self) {
        self.core.wire.close(WhyClosed::CallerAsked);
    }

    /// The deadlines and habits, to change them between requests.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: SafeHttpClient<N, C, Online>) {
    /// *online.config_mut() = Config::new().keep_alive(core::time::Duration::ZERO);
    /// # }
    /// ```
    pub fn config_mut(&mut self) -> &mut Config {
        &mut self.core.config
    }

    /// The network below, for what only its driver knows. Its sockets are the client's.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut online: SafeHttpClient<N, C, Online>) {
    /// online.network_mut().poll_network();
    /// # }
    /// ```
    pub fn network_mut(&mut self) -> &mut N {
        &mut self.core.wire.network
    }
}

impl<N: Network, C, S> fmt::Debug for SafeHttpClient<N, C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SafeHttpClient").field("wire", &self.core.wire).finish_non_exhaustive()
    }
}
