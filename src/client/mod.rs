//! The client: it stands still, lends what has requests, and says why one failed.

mod call;
pub(crate) mod layers;
mod online;
mod request;
mod response;

#[cfg(feature = "async")]
pub(crate) use call::upload_failed;
pub use call::{Buffer, Call, Upgraded, Upload};
pub use layers::*;
pub use online::{HasIp, IntoUrl, Online};
pub use request::Request;
use request::refuse;
pub use response::{CopyError, Response, Stream};

use crate::diagnosis::{Cause, Diagnosis, Findings, Report, Seen};
use crate::error::{Error, ErrorKind, Evidence, Phase, UrlError};
use crate::http::framing::ResponseTo;
use crate::http::url::Url;
use crate::nal::{Driver, ErrorOf};
use crate::policy::{Config, check_request};
use crate::probe::{self, Ladder};
use crate::protocol::{CloseReason, Goal};
use core::convert::Infallible;
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

/// What the check's own request and its answer's head need. A longer head is an answer all the same.
pub(crate) const BUFFER: usize = 512;

impl<N: Network, C: Clock> SafeHttpClient<N, C> {
    /// Why a request failed, by what is known: the error, the [figures](Self::evidence) of the call that
    /// failed last, and what the stack said last. No packet is sent.
    ///
    /// The `Result` of [`send`](crate::Request::send) holds the client while it is matched: make the request in a
    /// function that returns it, or map the response to what is wanted of it, and diagnose behind that.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext) {
    /// let mut buffer = [0; 512];
    /// let sent = match client.online(cx) {
    ///     Ok(mut online) => online.get("http://192.168.1.20/", &mut buffer).send().map(|_| ()),
    ///     Err(why) => Err(why.into()),
    /// };
    /// if let Err(error) = sent {
    ///     println!("{error}\n{}", client.diagnosis(&error));
    /// }
    /// # }
    /// ```
    pub fn diagnosis(&self, error: &ErrorOf<N>) -> Diagnosis {
        let words = self.driver.stack.network.status().last_words;
        let seen = self.seen(error);
        seen.diagnosis(&self.driver.evidence, Findings::default()).with_last_words(words)
    }

    /// The likeliest cause alone, which [`diagnosis`](Self::diagnosis) has first: for a program that has words of its
    /// own for it, 5.1 kB of code and 1 kB of constants on a Cortex-M3.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(client: &SafeHttpClient<N, C>, error: ErrorOf<N>) {
    /// match client.cause(&error) {
    ///     Cause::HostDown => println!("is the gate's service on?"),
    ///     cause => println!("cause {}", cause.number()),
    /// }
    /// # }
    /// ```
    pub fn cause(&self, error: &ErrorOf<N>) -> Cause {
        self.seen(error).cause(&self.driver.evidence)
    }

    fn seen(&self, error: &ErrorOf<N>) -> Seen {
        Seen::new(error, &self.driver.evidence).on(&self.driver.stack.network)
    }

    /// Looks why requests to this URL fail: goes down a ladder and stops at the first step that
    /// breaks. URL, link, addresses, name, gateway, host, port, HTTP.
    ///
    /// It never sends the request that you want to make. Gateway and host are pinged where the
    /// stack can; who doesn't answer a ping isn't given up for that. The last step asks
    /// `OPTIONS *`, which changes nothing on a server (RFC 9110 section 9.3.7), and `OPTIONS /` of a
    /// server that answers that with 400, as nginx does. A kept connection is closed, and a call that is
    /// under way ends. A link that is down, and whose driver doesn't say why, is given 4 s to come up. All
    /// of it is bounded by [`Config::diagnosis_timeout`](crate::Config::diagnosis_timeout),
    /// as far as the stack's calls don't block. 512 bytes of stack are its buffer. The client's
    /// [figures](Self::evidence) stay those of the request that failed before.
    ///
    /// It needs no address: without one, the link's step says why.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext) {
    /// println!("{}", client.diagnose(cx, "http://gate.local:8080/"));
    /// # }
    /// ```
    pub fn diagnose<'u>(&mut self, cx: &mut LoopContext, url: impl IntoUrl<'u>) -> Report {
        let mut probe = self.start_probe(url, [0; BUFFER]);
        while let Err(nb::Error::WouldBlock) = probe.poll(self, cx) {
            self.driver.stack.clock.idle();
        }
        probe.ladder.report
    }

    /// The same without waiting: a [`Probe`] to be polled. The buffer is for the check's own question and
    /// the head of its answer; 512 bytes are plenty.
    pub fn start_probe<'u, B: Buffer>(&mut self, url: impl IntoUrl<'u>, mut buffer: B) -> Probe<B> {
        // A kept connection would hide the steps below it.
        self.driver.any().close(CloseReason::CallerAsked);
        let ladder = self.ladder(url.into_url(), buffer.as_mut());
        Probe { ladder, buffer }
    }

    fn ladder(&mut self, url: Result<Url<'_>, UrlError>, buffer: &mut [u8]) -> Ladder {
        let refused = |kind, host, port| {
            let error: ErrorOf<N> = Error::new(Phase::Url, ErrorKind::Request(kind));
            Ladder::refused(&error, host, port)
        };
        let url = match url {
            Ok(url) => url,
            Err(error) => return refused(error.into(), "", 0),
        };
        let (host, port) = (url.host_text(), url.port());
        let endpoint = url.endpoint;
        let driver = &mut self.driver;
        let network = &driver.stack.network;
        let (tls, loopback) = (network.has_tls(), network.has_loopback());
        let checks = driver.config.checks;
        if let Err(error) = check_request(&endpoint, ResponseTo::Other, tls, loopback, checks) {
            return refused(error, host, port);
        }
        let now = driver.stack.clock.now_ms();
        match probe::request(&url.whole_server(), endpoint, &driver.config, buffer, now) {
            Ok(exchange) => {
                let ticket = driver.any().claim();
                Ladder::new(exchange, host, ticket)
            }
            Err(unsendable) => {
                let error: ErrorOf<N> = refuse(unsendable);
                Ladder::refused(&error, host, port)
            }
        }
    }
}

/// A check on its way, as a value: what [`SafeHttpClient::start_probe`] makes. It is polled with the client
/// that started it, and borrows nothing of it, so it can stand in a struct beside it. One that another call
/// displaced, or that is polled with another client, is over: its report says so. It can be dropped at any
/// time, and leaves its connection to the client, as a [`Call`](crate::Call) does.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext) {
/// let mut probe = client.start_probe("http://gate.local:8080/", [0; 512]);
/// while probe.poll(client, cx).is_err() { /* blink */ }
/// println!("{}", probe.report());
/// # }
/// ```
#[must_use = "a probe goes on only while it is polled"]
pub struct Probe<B> {
    pub(crate) ladder: Ladder,
    pub(crate) buffer: B,
}

impl<B: Buffer> Probe<B> {
    /// Goes on as far as it goes without waiting. `Ok` once the [`report`](Self::report) is complete.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while there is something to wait for, and no other.
    pub fn poll<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        _cx: &mut LoopContext,
    ) -> nb::Result<(), Infallible> {
        self.ladder.run(&mut client.driver, self.buffer.as_mut())
    }

    /// What was found so far.
    pub fn report(&self) -> &Report {
        &self.ladder.report
    }

    /// The buffer, for another call.
    pub fn into_buffer(self) -> B {
        self.buffer
    }
}

impl<B> fmt::Debug for Probe<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ladder { next, report, .. } = &self.ladder;
        f.debug_struct("Probe").field("next", next).field("report", report).finish_non_exhaustive()
    }
}
