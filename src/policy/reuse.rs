//! Whom a connection leads to, and so which request may use it again.

use crate::http::endpoint::Endpoint;
use crate::http::url::Scheme;
use core::net::SocketAddr;

/// The longest host that a connection is kept for.
pub(crate) const MAX_KEPT_HOST: usize = 64;

/// Whether two texts, of bytes that a host may have, are equal in any case: bit 5 tells letters apart, and
/// makes no other byte of a host into another.
fn is_same_host(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| (one ^ other) | 0x20 == 0x20)
}

/// Whom a connection leads to. Reuse needs all of it to be equal: a connection to another host
/// would bring that host's answer.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) remote: SocketAddr,
    scheme: Scheme,
    port: u16,
    /// The address was given by the caller.
    is_directed: bool,
    pub(crate) host: heapless::String<MAX_KEPT_HOST>,
}

impl Peer {
    /// `None` where the host is too long to be remembered.
    pub(crate) fn new(endpoint: &Endpoint, host: &str, remote: SocketAddr) -> Option<Self> {
        let host = heapless::String::try_from(host).ok()?;
        let Endpoint { scheme, port, is_directed, .. } = *endpoint;
        Some(Self { remote, scheme, port, is_directed, host })
    }

    /// Whether a request to this endpoint may use the connection.
    pub(crate) fn serves(&self, endpoint: &Endpoint, host: &str) -> bool {
        self.scheme == endpoint.scheme
            && self.port == endpoint.port
            && is_same_host(self.host.as_bytes(), host.as_bytes())
            && self.is_directed == endpoint.is_directed
            // By name, any of its addresses will do.
            && (!endpoint.is_directed || endpoint.remote == Some(self.remote))
    }
}
