//! What is decided of whom a request goes to: the checks that are made before a byte is sent, which cost no packet,
//! and whether a connection that was kept leads there.

use crate::error::{RequestError, TargetClass};
use crate::http::authority::ipv4_of;
use crate::http::bytes::is_same_host;
use crate::http::endpoint::Endpoint;
use crate::http::framing::ResponseTo;
use crate::http::url::Scheme;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use nal_link::{IpConfig, LinkError};

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
