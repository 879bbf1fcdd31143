//! Whom a request goes to: what a URL says of it, or what was found out since.

use super::authority::{MAX_HOST, classify};
use super::bytes::part;
use super::url::Scheme;
use crate::error::TargetClass;
use core::net::{IpAddr, SocketAddr};

/// Whom a request goes to. Its host's text stands at the front of the call's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// What is sent has credentials for it.
    pub(crate) has_secret: bool,
    /// Where to connect: from the start where no resolver is needed, otherwise once it has answered.
    pub(crate) remote: Option<SocketAddr>,
}

impl Endpoint {
    /// The host is an address.
    pub(super) const fn leads_to(&mut self, remote: SocketAddr) {
        self.class = classify(&remote);
        self.resolves = false;
        self.remote = Some(remote);
    }

    /// Connects to this address instead.
    pub(crate) fn direct(&mut self, remote: SocketAddr) {
        self.leads_to(remote);
        self.is_directed = true;
    }

    /// The resolver's answer.
    pub(crate) fn resolved(&mut self, address: IpAddr) {
        let remote = SocketAddr::new(address, self.port);
        self.class = classify(&remote);
        self.remote = Some(remote);
    }

    /// Back to what was known at the start, for another connection.
    pub(crate) fn forget_resolved(&mut self) {
        if self.resolves {
            self.remote = None;
        }
    }

    /// The host, as the call's buffer has it until a response arrives.
    pub(crate) fn host<'b>(&self, buffer: &'b [u8]) -> &'b [u8] {
        part(buffer, 0, self.host_length)
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
