//! Opening the connection.

use super::{Exchange, State, Step};
use crate::clock::Clock;
use crate::error::{Deadline, ErrorKind, RequestError};
use crate::http::url::Scheme;
use crate::network::Network;
use embedded_nal::nb;

impl<N: Network, C: Clock> Exchange<'_, N, C> {
    pub(super) fn connect(&mut self) -> Step<State> {
        let Some(remote) = self.remote else {
            return Ok(State::Resolve);
        };
        let wire = &mut self.core.wire;
        if !wire.is_open() {
            if let Err(error) = wire.open() {
                return Err(self.fail(ErrorKind::Socket(error)));
            }
            // Refused earlier where the stack has no TLS at all. Never in the clear instead.
            let secured = match self.plan.target.scheme {
                Scheme::Http => true,
                Scheme::Https => wire.secure(self.plan.target.host),
            };
            if !secured {
                return Err(self.fail(ErrorKind::Request(RequestError::NoTls)));
            }
        }
        match self.core.wire.connect(remote) {
            Ok(()) => {
                self.check_total()?;
                self.progress();
                Ok(State::Send)
            }
            Err(nb::Error::WouldBlock) => self.pending(Deadline::Connect),
            Err(nb::Error::Other(error)) => Err(self.fail(ErrorKind::Connect(error))),
        }
    }
}
