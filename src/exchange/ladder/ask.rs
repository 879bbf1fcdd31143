//! What the check asks beside its own question.

use super::{Checkup, KNOCK_PORT, REACH_MS};
use crate::clock::{Clock, elapsed_ms};
use crate::diagnosis::{Outcome, is_refusal};
use crate::error::StackFault;
use crate::exchange::{Exchange, State, Step, Target, WhyClosed};
use crate::http::head::HeadParser;
use crate::http::method::Method;
use crate::http::request::HeadWriter;
use crate::http::url::Url;
use crate::network::Network;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use embedded_nal::nb;

/// An address that nobody has (RFC 5737), for a connection that is only to make the stack speak.
const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), KNOCK_PORT);

impl<N: Network, C: Clock> Checkup<'_, N, C> {
    /// Whether somebody answers a ping; `None` where the stack has none.
    pub(super) fn ping(&mut self, host: IpAddr) -> Step<(Option<bool>, Outcome)> {
        let Some(exchange) = &mut self.exchange else {
            return Ok((None, Outcome::NotAsked));
        };
        let waited = elapsed_ms(exchange.core.clock.now_ms(), self.mark);
        match exchange.core.wire.network.ping(host) {
            Ok(Some(_)) => Ok((Some(true), Outcome::Passed)),
            Err(nb::Error::WouldBlock) if waited < REACH_MS => Err(nb::Error::WouldBlock),
            Ok(None) | Err(nb::Error::WouldBlock) => Ok((Some(false), Outcome::Silent)),
            Err(nb::Error::Other(_)) => Ok((None, Outcome::NotAsked)),
        }
    }

    /// Whether a connection can be opened, or is refused: somebody is there. `None` where the stack
    /// doesn't tell that from silence.
    pub(super) fn knock(&mut self, remote: SocketAddr) -> Step<Option<bool>> {
        let Some(exchange) = &mut self.exchange else {
            return Ok(None);
        };
        let wire = &mut exchange.core.wire;
        let waited = elapsed_ms(exchange.core.clock.now_ms(), self.mark);
        if !wire.is_open() && wire.open().is_err() {
            return Ok(None);
        }
        let answer = match wire.connect(remote) {
            Ok(()) => Some(true),
            Err(nb::Error::WouldBlock) if waited < REACH_MS => return Err(nb::Error::WouldBlock),
            Err(nb::Error::WouldBlock) => Some(false),
            Err(nb::Error::Other(error)) => {
                is_refusal(wire.network.tcp_fault(&error)).then_some(true)
            }
        };
        wire.close(WhyClosed::CallerAsked);
        Ok(answer)
    }

    /// What the stack says of itself when it is asked for a connection over a link that is down.
    pub(super) fn ask_stack(&mut self) -> Step<StackFault> {
        let Some(exchange) = &mut self.exchange else {
            return Ok(StackFault::Unknown);
        };
        let wire = &mut exchange.core.wire;
        let waited = elapsed_ms(exchange.core.clock.now_ms(), self.mark);
        let opened = if wire.is_open() { Ok(()) } else { wire.open() };
        let fault = match opened.map_err(nb::Error::Other).and_then(|()| wire.connect(NOBODY)) {
            Err(nb::Error::WouldBlock) if waited < REACH_MS => return Err(nb::Error::WouldBlock),
            Err(nb::Error::Other(error)) => wire.network.tcp_fault(&error),
            Err(nb::Error::WouldBlock) if wire.network.condition().is_busy => StackFault::Busy,
            Ok(()) | Err(nb::Error::WouldBlock) => StackFault::Unknown,
        };
        wire.close(WhyClosed::CallerAsked);
        Ok(fault)
    }
}

impl<N: Network, C: Clock> Exchange<'_, N, C> {
    /// Asks for the root of a server that has just answered, over a connection of its own. False
    /// where that question doesn't fit the buffer.
    pub(super) fn ask_root(&mut self) -> bool {
        let Some(remote) = self.remote else {
            return false;
        };
        let Target { scheme, host, port } = self.plan.target;
        let Ok(root) = Url::from_parts(scheme, host, Some(port), "/") else {
            return false;
        };
        let mut head = HeadWriter::new(self.buffer, Method::Options, Some(&root));
        head.close();
        let Ok((buffer, length)) = head.finish(Method::Options, None) else {
            return false;
        };
        if length > buffer.len() {
            return false;
        }
        self.core.wire.close(WhyClosed::CallerAsked);
        self.remote = Some(remote);
        (self.stage_sent, self.stage_end) = (0, length);
        self.request_incomplete = false;
        self.received = 0;
        self.parser = HeadParser::new();
        self.interim = 0;
        (self.head_end, self.kept, self.raw, self.filled) = (0, 0, 0, 0);
        self.state = State::Connect;
        self.progress();
        true
    }
}
