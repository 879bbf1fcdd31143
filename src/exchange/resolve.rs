//! Before a connection: the link, a kept connection, the host's address.

use super::{Check, Exchange, State, Step, Target, WhyClosed};
use crate::clock::Clock;
use crate::error::{Deadline, ErrorKind, TargetClass};
use crate::http::address::classify;
use crate::network::Network;
use core::net::SocketAddr;
use embedded_nal::nb;

impl<N: Network, C: Clock> Exchange<'_, N, C> {
    /// The link may have been lost since the client went online, so it is asked each time.
    pub(super) fn check_link(&mut self) -> Step<State> {
        let wire = &mut self.core.wire;
        let ip_config = match wire.network.link_status().ip_config() {
            Ok(ip_config) => Some(ip_config),
            Err(_) if !self.core.config.checks.has(Check::Link) => None,
            Err(error) => {
                wire.close(WhyClosed::LinkLost);
                return Err(self.fail(ErrorKind::Link(error)));
            }
        };
        let Self { core, plan, remote, .. } = self;
        let now = core.clock.now_ms();
        let keep_ms = core.config.keep_alive_ms;
        self.reused = core.wire.take_kept(&plan.target, plan.is_directed, remote, now, keep_ms);
        self.progress();
        if self.reused {
            return Ok(State::Send);
        }
        if let Some(ip_config) = ip_config
            && let Err(error) = self.check_addresses(&ip_config)
        {
            return Err(self.fail(error));
        }
        Ok(State::Resolve)
    }

    pub(super) fn resolve(&mut self) -> Step<State> {
        // The URL's own, or the caller's.
        if self.remote.is_some() {
            return Ok(State::Connect);
        }
        let Target { host, port, .. } = self.plan.target;
        let core = &mut *self.core;
        let address_type = core.config.address_type.clone();
        let address = match core.wire.network.get_host_by_name(host, address_type) {
            Err(nb::Error::WouldBlock) => return self.pending(Deadline::Connect),
            Err(nb::Error::Other(error)) => return Err(self.fail(ErrorKind::Resolve(error))),
            Ok(address) => address,
        };
        let class = classify(address);
        let allowed = class == TargetClass::Host
            || (class == TargetClass::Loopback && core.wire.network.has_loopback());
        if !allowed && core.config.checks.has(Check::Target) {
            return Err(self.fail(ErrorKind::ResolvedTo(address, class)));
        }
        if let Err(error) = self.check_resolved(address) {
            return Err(self.fail(error));
        }
        self.progress();
        self.remote = Some(SocketAddr::new(address, port));
        Ok(State::Connect)
    }
}
