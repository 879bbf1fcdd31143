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
