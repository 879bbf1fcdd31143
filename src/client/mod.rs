//! The client: it stands still, and lends what has requests.

mod call;
mod diagnose;
pub(crate) mod layers;
mod online;
mod request;
mod response;

#[cfg(feature = "async")]
pub(crate) use call::upload_failed;
pub use call::{Buffer, Call, Upgraded, Upload};
#[cfg(feature = "async")]
pub(crate) use diagnose::BUFFER;
pub use diagnose::Probe;
pub use layers::*;
pub use online::{HasIp, IntoUrl, Online};
pub use request::Request;
pub use response::{CopyError, Response, Stream};

use crate::error::Evidence;
use crate::nal::{Driver, ErrorOf};
use crate::policy::Config;
use crate::protocol::{CloseReason, Goal};
use core::fmt;
use nal_link::{Clock, LinkError, LinkStatus, LoopContext, Network};

/// An HTTP/1.1 client over the network `N`, with the clock `C`.
///
/// It has no requests. [`online`](Self::online) looks whether the link has an IP address, and lends an
/// [`Online`] client, which has them; [`wait_online`](Self::wait_online) waits for one. Those are the two
/// states of the crate's typestate. The client itself stays where it is: in a local variable, a field or
/// a `static`'s cell.
///
/// It holds one connection at most, which is kept for the next request to the same host, and closed when
/// the client is dropped. It has one call at a time: starting another ends the one before.
///
#[cfg_attr(feature = "std", doc = "```no_run")]
#[cfg_attr(not(feature = "std"), doc = "```ignore")]
/// use safe_http_client::{LoopContext, NalNetwork, PcLink, SafeHttpClient, StackQuirks, StdClock};
///
/// let mut cx = LoopContext::take().expect("first thing in main");
/// let stack = std_embedded_nal::Stack::default();
/// let network = NalNetwork::new(stack, PcLink, StackQuirks::STD);
/// let mut client = SafeHttpClient::new(network, StdClock::new());
///
/// let mut online = client.wait_online(&mut cx)?;
/// let mut buffer = [0; 1024];
/// let mut response = online
///     .post("http://192.168.1.20/gate", &mut buffer)
///     .header("x-key", "secret")
///     .body("open")
///     .send()?;
/// println!("{} {}", response.status(), response.read_to_str()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SafeHttpClient<N: Network, C> {
    pub(crate) driver: Driver<N, C>,
}

impl<N: Network, C: Clock> SafeHttpClient<N, C> {
    /// A client with the default [`Config`]. Nothing is asked of the network yet.
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
        Self { driver: Driver::new(network, clock, config) }
    }

    /// The client that has requests, if the link has an IP address now. Doesn't wait.
    ///
    /// # Errors
    ///
    /// What the link said: down and why, or no address yet.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext) {
    /// match client.online(cx) {
    ///     Ok(mut online) => { /* online.get(…) */ }
    ///     Err(why) => println!("{why}"), // and look again in the next turn of the loop
    /// }
    /// # }
    /// ```
    pub fn online<'a>(
        &'a mut self,
        cx: &'a mut LoopContext,
    ) -> Result<Online<'a, N, C>, LinkError> {
        match self.driver.any().look() {
            Ok(()) => Ok(Online::new(self, cx)),
            Err(error) => Err(error),
        }
    }

    /// Waits until the link has an IP address, at most for
    /// [`Config::online_timeout`](crate::Config::online_timeout). Waiting calls
    /// [`Clock::idle`].
    ///
    /// # Errors
    ///
    /// What the link said last: down and why, or no address yet.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext)
    /// # -> Result<u16, ErrorOf<N>> {
    /// let mut online = client.wait_online(cx)?;
    /// let mut buffer = [0; 512];
    /// let status = online.get("http://192.168.1.20/state", &mut buffer).send()?.status();
    /// # Ok(status) }
    /// ```
    pub fn wait_online<'a>(
        &'a mut self,
        cx: &'a mut LoopContext,
    ) -> Result<Online<'a, N, C>, LinkError> {
        match self.driver.any().wait_online() {
            Ok(()) => Ok(Online::new(self, cx)),
            Err(error) => Err(error),
        }
    }
}

impl<N: Network, C: Clock> SafeHttpClient<N, C> {
    /// Waits until a call has what is wanted of it, and calls the idle hook meanwhile.
    fn wait_for<B: Buffer>(
        &mut self,
        call: &mut Call<'_, B>,
        goal: Goal,
    ) -> Result<(), ErrorOf<N>> {
        let call = &mut call.view();
        let done = self.driver.any().run_to_end(call, goal);
        done.map_err(|fault| self.driver.fail(call, fault))
    }

    /// Closes the connection, if there is one, and ends the call that it belongs to.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>) {
    /// client.close(); // before the radio sleeps
    /// # }
    /// ```
    pub fn close(&mut self) {
        self.driver.any().close(CloseReason::CallerAsked);
    }

    /// The [network](Self::network) below, to change it: join another access point, for example. The connection is closed first,
    /// since it may not outlast that.
    pub fn network_mut(&mut self) -> &mut N {
        self.close();
        &mut self.driver.stack.network
    }
}

impl<N: Network, C> SafeHttpClient<N, C> {
    /// The link's status now.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>) {
    /// if let LinkStatus::Up(config) = client.link_status() {
    ///     println!("{}", config.address);
    /// }
    /// # }
    /// ```
    pub fn link_status(&mut self) -> LinkStatus {
        self.driver.stack.network.link_status()
    }

    /// The figures of the last call that failed, or of the last time that there was no address.
    pub fn evidence(&self) -> Evidence {
        self.driver.evidence
    }

    /// Whether a connection is open: kept for the next request, or a call's.
    pub fn is_connected(&self) -> bool {
        self.driver.stack.has_socket()
    }

    /// Why the last connection to be closed was closed; `None` where none was yet.
    ///
    /// After a request it says why there is [no connection](Self::is_connected) now or, where there
    /// is a new one, why the one before wasn't used again.
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.driver.connection.close_reason()
    }

    /// The deadlines and habits.
    pub fn config(&self) -> &Config {
        &self.driver.config
    }

    /// The same, to change them for the requests to come.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>) {
    /// *client.config_mut() = Config::new().keep_alive(core::time::Duration::ZERO);
    /// # }
    /// ```
    pub fn config_mut(&mut self) -> &mut Config {
        &mut self.driver.config
    }

    /// The clock.
    pub fn clock(&self) -> &C {
        &self.driver.stack.clock
    }

    /// The network below, for what only its driver knows. Its sockets are the client's.
    pub fn network(&self) -> &N {
        &self.driver.stack.network
    }
}

impl<N: Network, C> fmt::Debug for SafeHttpClient<N, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SafeHttpClient")
            .field("connection", &self.driver.connection)
            .finish_non_exhaustive()
    }
}
