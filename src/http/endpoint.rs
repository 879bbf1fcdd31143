//! Whom a request goes to.

use super::address::classify;
use super::authority::MAX_HOST;
use super::url::{Host, Scheme, Url};
use crate::error::TargetClass;
use core::net::{IpAddr, SocketAddr, SocketAddrV4};

/// Whom a request goes to. Its host's text stands at the front of the call's buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Endpoint {
    pub(crate) scheme: Scheme,
    /// The URL's.
    pub(crate) port: u16,
    pub(crate) host_length: usize,
    /// What the URL says, or the address that the caller gave.
    pub(crate) class: TargetClass,
    /// The host is a name that is to be resolved.
    pub(crate) resolves: bool,
    /// The address was given by the caller, whatever the host is.
    pub(crate) is_directed: bool,
    /// The URL or a header line has credentials for it.
    pub(crate) has_secret: bool,
    /// Where to connect: from the start where no resolver is needed, otherwise once it has answered.
    pub(crate) remote: Option<SocketAddr>,
}

impl Endpoint {
    pub(crate) fn of(url: &Url<'_>) -> Self {
        let (port, host) = (url.port(), url.host());
        Self {
            scheme: url.scheme(),
            port,
            host_length: url.host_text().len(),
            class: url.target_class(),
            resolves: matches!(host, Host::Name(_)),
            is_directed: false,
            has_secret: url.userinfo().is_some(),
            // Each kind by itself: an address of either kind is copied byte by byte.
            remote: match host {
                Host::Address(IpAddr::V4(ip)) => Some(SocketAddr::V4(SocketAddrV4::new(ip, port))),
                Host::Address(IpAddr::V6(ip)) => Some(SocketAddr::new(IpAddr::V6(ip), port)),
                Host::Name(_) => None,
            },
        }
    }

    /// Connects to this address instead.
    pub(crate) fn direct(&mut self, remote: SocketAddr) {
        self.class = classify(remote.ip());
        self.resolves = false;
        self.is_directed = true;
        self.remote = Some(remote);
    }

    /// The resolver's answer.
    pub(crate) fn resolved(&mut self, address: IpAddr) {
        self.class = classify(address);
        self.remote = Some(SocketAddr::new(address, self.port));
    }

    /// Back to what was known at the start, for another connection.
    pub(crate) fn forget_resolved(&mut self) {
        if self.resolves {
            self.remote = None;
        }
    }

    /// The host, as the call's buffer has it until a response arrives.
    pub(crate) fn host<'b>(&self, buffer: &'b [u8]) -> &'b [u8] {
        buffer.get(..self.host_length).unwrap_or_default()
    }
}

/// A host as text, into one that is empty. All of its bytes are ASCII, so that this takes a fifth of what a
/// check for UTF-8 would take in flash.
pub(crate) fn host_text(text: &mut heapless::String<MAX_HOST>, host: &[u8]) {
    for byte in host {
        // A URL's host is never longer.
        let _ = text.push(char::from(byte & 0x7F));
    }
}
