//! What a client decides before it asks the network for anything, by its deadlines and habits; of whom a request
//! goes to: the checks that cost no packet, and whether a connection that was kept leads there. Pure.

mod retry;

pub(crate) use retry::retry_after_seconds;
pub use retry::{Backoff, RetryPolicy, Verdict, retry_after};

use crate::error::{Deadline, RequestError, TargetClass};
use crate::http::authority::ipv4_of;
use crate::http::bytes::is_same_host;
use crate::http::framing::ResponseTo;
use crate::http::url::{Endpoint, Scheme};
use crate::protocol::{Deadlines, NEVER};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;
use embedded_nal::AddrType;
use nal_link::{IpConfig, LinkError, millis};

/// Deadlines and habits of a client: [`SafeHttpClient::with_config`](crate::SafeHttpClient::with_config).
///
/// Deadlines are looked at between calls of the stack. A stack that blocks inside a call (see
/// [`StackQuirks`](crate::StackQuirks)) can't be interrupted by them. Their lengths are cut to whole
/// milliseconds, and to 24.8 days; one of zero runs out at the first wait. A request can have
/// [its own](crate::Request::response_timeout).
///
/// | deadline | from | to | default |
/// |---|---|---|---|
/// | `online_timeout` | `wait_online` | an address | 20 s |
/// | `resolve_timeout` | name asked for | resolved | 5 s |
/// | `connect_timeout` | address known | connected | 5 s |
/// | `response_timeout` | last byte of the request | first byte of the response | 3 s |
/// | `idle_timeout` | any progress; the head's first byte | more progress; the head's last byte | 5 s |
/// | `total_timeout` | first step of the call | the end of its body | none |
/// | `diagnosis_timeout` | start of `diagnose` | its report | 30 s |
///
/// ```
/// use core::time::Duration;
/// use safe_http_client::{Config, Deadline};
/// const PATIENT: Config = Config::new()
///     .response_timeout(Duration::from_secs(10))
///     .total_timeout(Some(Duration::from_secs(60)));
/// assert_eq!(PATIENT.limit(Deadline::Response), Some(Duration::from_secs(10)));
/// ```
#[derive(Debug, Clone)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    pub(crate) deadlines: Deadlines,
    pub(crate) online_ms: u32,
    pub(crate) keep_alive_ms: u32,
    /// For `diagnose`, in all.
    pub(crate) diagnosis_ms: u32,
    #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
    pub(crate) address_type: AddrType,
    pub(crate) checks: Preflights,
}

impl Config {
    /// The defaults: those of the table above, 1 s for `100 Continue`, and 60 s for a connection
    /// that is kept.
    // Once for all stacks, as the other parts of a client.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub const fn new() -> Self {
        Self {
            deadlines: Deadlines {
                resolve_ms: 5_000,
                connect_ms: 5_000,
                continue_ms: 1_000,
                response_ms: 3_000,
                idle_ms: 5_000,
                total_ms: NEVER,
            },
            online_ms: 20_000,
            keep_alive_ms: 60_000,
            diagnosis_ms: 30_000,
            address_type: AddrType::IPv4,
            checks: Preflights::ALL,
        }
    }

    /// How long [`wait_online`](crate::SafeHttpClient::wait_online) waits for an address. 20 s by
    /// default.
    #[must_use]
    pub const fn online_timeout(mut self, timeout: Duration) -> Self {
        self.online_ms = millis(timeout);
        self
    }

    /// How long looking the host's name up may take. 5 s by default.
    #[must_use]
    pub const fn resolve_timeout(mut self, timeout: Duration) -> Self {
        self.deadlines.resolve_ms = millis(timeout);
        self
    }

    /// How long opening the connection may take. 5 s by default.
    #[must_use]
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.deadlines.connect_ms = millis(timeout);
        self
    }

    /// How long the server may think before the first byte of its response. 3 s by default.
    #[must_use]
    pub const fn response_timeout(mut self, timeout: Duration) -> Self {
        self.deadlines.response_ms = millis(timeout);
        self
    }

    /// How long nothing may move while bytes flow. A response's head has to be complete within
    /// this time from its first byte. The time that the caller takes between two pieces of a body
    /// isn't counted.
    #[must_use]
    pub const fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.deadlines.idle_ms = millis(timeout);
        self
    }

    /// How long a call may take in all, its body included. `None`, the default, sets no
    /// limit: a peer that sends a byte now and then can keep a body open for ever.
    #[must_use]
    pub const fn total_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.deadlines.total_ms = match timeout {
            Some(timeout) => millis(timeout),
            None => NEVER,
        };
        self
    }

    /// How long to wait for `100 Continue` before the body is sent without it (RFC 9110 section
    /// 10.1.1). 1 s by default.
    #[must_use]
    pub const fn continue_timeout(mut self, timeout: Duration) -> Self {
        self.deadlines.continue_ms = millis(timeout);
        self
    }

    /// How long an idle connection is kept for the next request: 60 s by default;
    /// [`Duration::ZERO`] closes each after its response, and says so to the server.
    ///
    /// ```
    /// # use {core::time::Duration, safe_http_client::Config};
    /// let one_request_a_connection = Config::new().keep_alive(Duration::ZERO);
    /// ```
    #[must_use]
    pub const fn keep_alive(mut self, at_most: Duration) -> Self {
        self.keep_alive_ms = millis(at_most);
        self
    }

    /// How long [`diagnose`](crate::SafeHttpClient::diagnose) may take in all. 30 s by default.
    #[must_use]
    pub const fn diagnosis_timeout(mut self, timeout: Duration) -> Self {
        self.diagnosis_ms = millis(timeout);
        self
    }

    /// Leaves out one of the checks that are made before a byte is sent.
    ///
    /// ```
    /// use safe_http_client::{Config, Preflight};
    /// // A plain HTTP server that really listens on port 443.
    /// let config = Config::new().without_preflight(Preflight::PlainOnTlsPort);
    /// assert!(!config.has_preflight(Preflight::PlainOnTlsPort));
    /// ```
    #[must_use]
    pub const fn without_preflight(mut self, check: Preflight) -> Self {
        self.checks = self.checks.without(check);
        self
    }

    /// Which addresses the resolver is asked for: IPv4 by default, since some stacks know no other
    /// and panic or fail when asked.
    ///
    /// ```
    /// use embedded_nal::AddrType;
    /// # use safe_http_client::Config;
    /// let config = Config::new().address_type(AddrType::Either);
    /// ```
    #[must_use]
    pub const fn address_type(mut self, address_type: AddrType) -> Self {
        self.address_type = address_type;
        self
    }

    /// How long a deadline is; `None` where there is none.
    pub const fn limit(&self, deadline: Deadline) -> Option<Duration> {
        match self.deadlines.limit_ms(deadline) {
            NEVER => None,
            limit_ms => Some(Duration::from_millis(limit_ms as u64)),
        }
    }

    /// How long [`wait_online`](crate::SafeHttpClient::wait_online) waits.
    pub const fn online_limit(&self) -> Duration {
        Duration::from_millis(self.online_ms as u64)
    }

    /// How long an idle connection is kept.
    pub const fn keep_alive_limit(&self) -> Duration {
        Duration::from_millis(self.keep_alive_ms as u64)
    }

    /// Whether this check is made.
    pub const fn has_preflight(&self, check: Preflight) -> bool {
        self.checks.has(check)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

/// A check that is made before a byte is sent, by its name:
/// [`Config::without_preflight`](crate::Config::without_preflight) leaves it out.
///
/// What can't be right in any network has no name here, and is always refused: a URL that is none,
/// and `https` on a stack without TLS.
///
/// ```
/// use safe_http_client::{Config, Preflight};
/// let config = Config::new().without_preflight(Preflight::Subnet).without_preflight(Preflight::Dns);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Preflight {
    /// The link holds an IP address: [`LinkError`].
    Link,
    /// The target is a host, and not the loopback, no address, or all or many hosts:
    /// [`RequestError::Target`], [`ErrorKind::ResolvedTo`](crate::ErrorKind::ResolvedTo).
    Target,
    /// The gateway can be reached, where the target is behind it: [`LinkError::GatewayOutsideSubnet`].
    Subnet,
    /// A DNS server is set, where the target is a name: [`LinkError::NoDnsServer`].
    Dns,
    /// The target isn't this chip: [`RequestError::OwnAddress`], [`RequestError::OwnNetwork`].
    OwnAddress,
    /// The scheme isn't `http` where the port is 443: [`RequestError::PlainOnTlsPort`].
    PlainOnTlsPort,
}

/// The checks that are made: a bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(crate) struct Preflights(u8);

impl Preflights {
    pub(crate) const ALL: Self = Self(u8::MAX);

    pub(crate) const fn without(self, check: Preflight) -> Self {
        Self(self.0 & !(1 << check as u8))
    }

    pub(crate) const fn has(self, check: Preflight) -> bool {
        self.0 & (1 << check as u8) != 0
    }
}

/// What is known of the chip and its network.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surroundings<'s> {
    pub(crate) ip: &'s IpConfig,
    /// The network that the chip spans itself.
    pub(crate) own_network: Option<&'s IpConfig>,
    pub(crate) has_loopback: bool,
}

/// Why an address isn't connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Link(LinkError),
    /// The name resolved to what is no host.
    ResolvedTo,
    OwnAddress,
    OwnNetwork,
    /// The address is all hosts of a subnet, or none.
    WholeSubnet,
}

/// Whether a request can go to such an address at all.
pub(crate) fn is_allowed(class: TargetClass, has_loopback: bool, checks: Preflights) -> bool {
    match class {
        TargetClass::Host => true,
        TargetClass::Loopback if has_loopback => true,
        _ => !checks.has(Preflight::Target),
    }
}

/// What the request says of itself.
pub(crate) fn check_request(
    endpoint: &Endpoint,
    response_to: ResponseTo,
    has_tls: bool,
    has_loopback: bool,
    checks: Preflights,
) -> Result<(), RequestError> {
    if endpoint.scheme == Scheme::Https && !has_tls {
        return Err(RequestError::NoTls);
    }
    let port = match endpoint.remote {
        Some(remote) => remote.port(),
        None => endpoint.port,
    };
    if endpoint.scheme == Scheme::Http
        && port == 443
        // The target of a tunnel is what the tunnel's user speaks TLS to.
        && response_to != ResponseTo::Connect
        && checks.has(Preflight::PlainOnTlsPort)
    {
        return Err(RequestError::PlainOnTlsPort);
    }
    if !is_allowed(endpoint.class, has_loopback, checks) {
        return Err(RequestError::Target(endpoint.class));
    }
    Ok(())
}

/// What the link's addresses say of the target: before it is resolved, and of the resolver's answer.
pub(crate) fn check_target(
    endpoint: &Endpoint,
    around: &Surroundings<'_>,
    checks: Preflights,
) -> Result<(), Refusal> {
    let Some(remote) = &endpoint.remote else {
        if around.ip.has_dns == Some(false) && checks.has(Preflight::Dns) {
            return Err(Refusal::Link(LinkError::NoDnsServer));
        }
        return check_way(None, around, checks);
    };
    let ipv4 = ipv4_of(remote);
    // The way to a name's address is that to the DNS server, which was looked at before.
    if !endpoint.resolves {
        check_way(ipv4, around, checks)?;
    }
    // A PC can talk to itself.
    let is_own_refused = checks.has(Preflight::OwnAddress) && !around.has_loopback;
    for ip in [Some(around.ip), around.own_network] {
        let Some(ip) = ip else { continue };
        if checks.has(Preflight::Target) && is_all_of(ipv4, ip) {
            let is_answer = endpoint.resolves;
            return Err(if is_answer { Refusal::ResolvedTo } else { Refusal::WholeSubnet });
        }
        let is_own = match (&ip.address, remote) {
            (IpAddr::V4(own), _) => ipv4 == Some(own.to_bits()),
            (IpAddr::V6(own), SocketAddr::V6(remote)) => own == remote.ip(),
            _ => false,
        };
        if is_own_refused && is_own {
            return Err(Refusal::OwnAddress);
        }
    }
    if is_own_refused
        && let Some(spanned) = around.own_network
        && is_in(ipv4, spanned)
        && spanned.has_in_subnet(around.ip.address) == Some(true)
    {
        return Err(Refusal::OwnNetwork);
    }
    Ok(())
}

/// Whether the target is in a subnet that the chip is in.
fn is_in(target: Option<u32>, ip: &IpConfig) -> bool {
    target.is_some_and(|bits| ip.has_in_subnet(Ipv4Addr::from_bits(bits).into()) == Some(true))
}

/// Whether it is the first or the last address of it: all of its hosts, and none (RFC 919, RFC 1122 section
/// 3.2.1.3).
fn is_all_of(target: Option<u32>, ip: &IpConfig) -> bool {
    let (Some(bits), Some(netmask)) = (target, ip.netmask) else { return false };
    let mask = netmask.to_bits();
    let hosts = bits & !mask;
    // Two addresses, or one, are hosts all (RFC 3021).
    is_in(target, ip) && !mask > 1 && (hosts == 0 || hosts == !mask)
}

/// Whether the gateway can be reached. A target in the link's own subnet needs none.
fn check_way(
    target: Option<u32>,
    around: &Surroundings<'_>,
    checks: Preflights,
) -> Result<(), Refusal> {
    let ip = around.ip;
    if !is_in(target, ip) && ip.gateway_is_outside() && checks.has(Preflight::Subnet) {
        return Err(Refusal::Link(LinkError::GatewayOutsideSubnet));
    }
    Ok(())
}

/// The longest host that a connection is kept for.
pub(crate) const MAX_KEPT_HOST: usize = 64;

/// Whom a connection leads to. Reuse needs all of it to be equal: a connection to another host
/// would bring that host's answer.
#[derive(Debug)]
pub(crate) struct Peer {
    /// `None` where it leads to nobody that can be remembered.
    pub(crate) remote: Option<SocketAddr>,
    scheme: Scheme,
    port: u16,
    /// The address was given by the caller.
    is_directed: bool,
    host: heapless::Vec<u8, MAX_KEPT_HOST>,
}

impl Peer {
    /// Nobody.
    pub(crate) const fn new() -> Self {
        Self {
            remote: None,
            scheme: Scheme::Http,
            port: 0,
            is_directed: false,
            host: heapless::Vec::new(),
        }
    }

    /// The connection leads there. A host that is too long isn't remembered.
    pub(crate) fn set(&mut self, endpoint: &Endpoint, host: &[u8]) {
        self.remote = endpoint.remote;
        self.host.clear();
        if self.host.extend_from_slice(host).is_err() {
            self.forget();
        }
        self.scheme = endpoint.scheme;
        self.port = endpoint.port;
        self.is_directed = endpoint.is_directed;
    }

    /// The connection is no more.
    pub(crate) fn forget(&mut self) {
        self.remote = None;
    }

    /// Whether a request to this endpoint may use the connection.
    pub(crate) fn serves(&self, endpoint: &Endpoint, host: &[u8]) -> bool {
        self.scheme == endpoint.scheme
            && self.port == endpoint.port
            && is_same_host(&self.host, host)
            && self.is_directed == endpoint.is_directed
            // By name, any of its addresses will do.
            && (!endpoint.is_directed || endpoint.remote == self.remote)
    }
}
