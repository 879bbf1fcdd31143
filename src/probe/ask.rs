//! What the check asks beside its own question.

use super::{KNOCK_PORT, Ladder, REACH_MS};
use crate::diagnosis::{StepOutcome, is_refusal};
use crate::http::method::Method;
use crate::http::request::HeadWriter;
use crate::http::url::{Endpoint, Url};
use crate::nal::{Driver, ErrorOf, StackStep};
use crate::protocol::{CloseReason, Exchange, State};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use nal_link::{Clock, Network, StackFault, elapsed_ms};

/// An address that nobody has (RFC 5737), for a connection that is only to make the stack speak.
const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), KNOCK_PORT);

impl Ladder {
    fn is_patient(&self, now: u32) -> bool {
        elapsed_ms(now, self.mark) < REACH_MS
    }

    /// Whether somebody answers a ping; `None` where the stack has none.
    pub(super) fn ping<N: Network>(
        &self,
        network: &mut N,
        host: IpAddr,
        now: u32,
    ) -> nb::Result<(Option<bool>, StepOutcome), ErrorOf<N>> {
        match network.ping(host) {
            Ok(Some(_)) => Ok((Some(true), StepOutcome::Passed)),
            Err(nb::Error::WouldBlock) if self.is_patient(now) => Err(nb::Error::WouldBlock),
            Ok(None) | Err(nb::Error::WouldBlock) => Ok((Some(false), StepOutcome::Silent)),
            Err(nb::Error::Other(_)) => Ok((None, StepOutcome::NotAsked)),
        }
    }

    /// Whether a connection can be opened, or is refused: somebody is there. `None` where the stack
    /// doesn't tell that from silence.
    pub(super) fn knock<N: Network, C: Clock>(
        &self,
        driver: &mut Driver<N, C>,
        remote: SocketAddr,
        now: u32,
    ) -> nb::Result<Option<bool>, ErrorOf<N>> {
        let driver = driver.any();
        if !driver.stack.is_open() && driver.open().is_err() {
            return Ok(None);
        }
        let answer = match driver.stack.connect(remote) {
            Ok(()) => Some(true),
            Err(nb::Error::WouldBlock) if self.is_patient(now) => {
                return Err(nb::Error::WouldBlock);
            }
            Err(nb::Error::WouldBlock) => Some(false),
            Err(nb::Error::Other(_)) => {
                is_refusal(driver.stack.fault(StackStep::Connect)).then_some(true)
            }
        };
        driver.close_socket(CloseReason::CallerAsked);
        Ok(answer)
    }

    /// What the stack says of itself when it is asked for a connection over a link that is down.
    pub(super) fn ask_stack<N: Network, C: Clock>(
        &self,
        driver: &mut Driver<N, C>,
        now: u32,
    ) -> nb::Result<StackFault, ErrorOf<N>> {
        let driver = driver.any();
        let opened = if driver.stack.is_open() { Ok(()) } else { driver.open() };
        let connected = match opened {
            Ok(()) => driver.stack.connect(NOBODY),
            Err(kept) => Err(nb::Error::Other(kept)),
        };
        let fault = match connected {
            Err(nb::Error::WouldBlock) if self.is_patient(now) => {
                return Err(nb::Error::WouldBlock);
            }
            Err(nb::Error::Other(_)) => driver.stack.fault(StackStep::Connect),
            Err(nb::Error::WouldBlock) if driver.stack.status().is_busy => StackFault::Busy,
            Ok(()) | Err(nb::Error::WouldBlock) => StackFault::Unknown,
        };
        driver.close_socket(CloseReason::CallerAsked);
        Ok(fault)
    }

    /// Asks for the root of a server that has just answered, over a connection of its own. False
    /// where that question doesn't fit the buffer, or the host isn't known any more.
    pub(super) fn ask_root<N: Network, C: Clock>(
        &mut self,
        driver: &mut Driver<N, C>,
        exchange: &mut Exchange,
        buffer: &mut [u8],
    ) -> bool {
        let Endpoint { scheme, port, remote: Some(remote), .. } = exchange.endpoint else {
            return false;
        };
        let Some(host) = self.report.whole_host() else {
            return false;
        };
        let Ok(root) = Url::from_parts(scheme, host, Some(port), "/") else {
            return false;
        };
        let traits = Method::Options.traits();
        let mut head = HeadWriter::new(&traits);
        head.on(buffer).start(&traits, &root);
        head.on(buffer).connection_close();
        let Ok(head_end) = head.on(buffer).finish(None) else {
            return false;
        };
        let mut endpoint = Endpoint::of(&root);
        endpoint.remote = Some(remote);
        self.ticket = driver.any().claim();
        *exchange = super::exchange(endpoint, &driver.config, driver.stack.clock.now_ms());
        exchange.stage(head_end, false, buffer, &[]);
        exchange.state = State::Connect;
        true
    }
}
