//! The checks that are made before a byte is sent. They cost no packet.

use super::{Exchange, TcpErrorOf};
use crate::clock::Clock;
use crate::error::{ErrorKind, IpConfig, LinkError, RequestError};
use crate::exchange::DnsErrorOf;
use crate::link::Link;
use crate::network::Network;
use core::net::IpAddr;

/// A check that is made before a byte is sent, by its name:
/// [`Config::without_check`](crate::Config::without_check) leaves it out.
///
/// What can't be right in any network has no name here, and is always refused: a URL that is none,
/// and `https` on a stack without TLS.
///
/// ```
/// use safe_http_client::{Check, Config};
/// let config = Config::new().without_check(Check::Subnet).without_check(Check::Dns);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Check {
    /// The link holds an IP address: [`LinkError`].
    Link,
    /// The target is a host, and not the loopback, no address, or all or many hosts:
    /// [`RequestError::Target`], [`ErrorKind::ResolvedTo`].
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
#[derive(Debug, Clone, Copy)]
pub(crate) struct Checks(u8);

impl Checks {
    pub(crate) const ALL: Self = Self(u8::MAX);

    pub(crate) const fn without(self, check: Check) -> Self {
        Self(self.0 & !(1 << check as u8))
    }

    pub(crate) const fn has(self, check: Check) -> bool {
        self.0 & (1 << check as u8) != 0
    }
}

/// No request goes out: here is why.
type Refusal<N> = ErrorKind<TcpErrorOf<N>, DnsErrorOf<N>>;

impl<N: Network, C: Clock> Exchange<'_, N, C> {
    /// What the link's addresses say of the target before it is resolved.
    pub(super) fn check_addresses(&mut self, ip: &IpConfig) -> Result<(), Refusal<N>> {
        let checks = self.core.config.checks;
        let literal = self.remote.map(|remote| remote.ip());
        if literal.is_none() && ip.has_dns == Some(false) && checks.has(Check::Dns) {
            return Err(ErrorKind::Link(LinkError::NoDnsServer));
        }
        // A target in the link's own subnet needs no gateway.
        let is_near = literal.and_then(|address| ip.has_in_subnet(address)) == Some(true);
        if !is_near && ip.gateway_is_outside() && checks.has(Check::Subnet) {
            return Err(ErrorKind::Link(LinkError::GatewayOutsideSubnet));
        }
        match literal {
            Some(address) => self.check_own(address, ip),
            None => Ok(()),
        }
    }

    /// What they say of it once it is.
    pub(super) fn check_resolved(&mut self, address: IpAddr) -> Result<(), Refusal<N>> {
        match self.core.wire.network.link_status().ip_config() {
            Ok(ip) => self.check_own(address, &ip),
            // The link was lost since: connecting will say so.
            Err(_) => Ok(()),
        }
    }

    fn check_own(&mut self, target: IpAddr, ip: &IpConfig) -> Result<(), Refusal<N>> {
        let network = &mut self.core.wire.network;
        // A PC can talk to itself.
        if !self.core.config.checks.has(Check::OwnAddress) || network.has_loopback() {
            return Ok(());
        }
        let Some(spanned) = network.own_network() else {
            return if target == ip.address { own(RequestError::OwnAddress) } else { Ok(()) };
        };
        if target == ip.address || target == spanned.address {
            return own(RequestError::OwnAddress);
        }
        let has = |address| spanned.has_in_subnet(address) == Some(true);
        if has(target) && has(ip.address) {
            return own(RequestError::OwnNetwork);
        }
        Ok(())
    }
}

fn own<T, D>(error: RequestError) -> Result<(), ErrorKind<T, D>> {
    Err(ErrorKind::Request(error))
}
