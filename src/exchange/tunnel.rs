//! The stream behind a 101 or a 2xx to CONNECT.

use super::receive_body::Body;
use super::wire::Incoming;
use super::{ErrorOf, Exchange};
use crate::clock::Clock;
use crate::error::ErrorKind;
use crate::http::bytes::copy;
use crate::network::Network;
use embedded_nal::nb;

impl<N: Network, C: Clock> Exchange<'_, N, C> {
    /// Whether the response hands the connection over.
    pub(crate) fn is_tunnel(&self) -> bool {
        matches!(self.body, Body::Tunnel)
    }

    /// Reads from the stream, first what came behind the head; 0 at its end.
    pub(crate) fn tunnel_read(&mut self, out: &mut [u8]) -> nb::Result<usize, ErrorOf<N>> {
        if out.is_empty() {
            return Ok(0);
        }
        let early = self.buffer.get(self.raw..self.filled).unwrap_or_default();
        if !early.is_empty() {
            let count = copy(out, early);
            self.raw = self.raw.wrapping_add(count);
            return Ok(count);
        }
        match self.core.wire.receive(out) {
            Incoming::Bytes(count) => Ok(count),
            Incoming::Nothing => Err(nb::Error::WouldBlock),
            Incoming::End => Ok(0),
            Incoming::Closed => {
                let received = self.body_received;
                let error = ErrorKind::Truncated { received, announced: None };
                Err(self.fail(error))
            }
            Incoming::Failed(error) => Err(self.fail(ErrorKind::Receive(error))),
        }
    }

    /// Writes to the stream.
    pub(crate) fn tunnel_write(&mut self, bytes: &[u8]) -> nb::Result<usize, ErrorOf<N>> {
        if bytes.is_empty() {
            return Ok(0);
        }
        match self.core.wire.send(bytes) {
            Ok(0) => Err(nb::Error::WouldBlock),
            Ok(count) => Ok(count),
            Err(error) => Err(self.fail(ErrorKind::Send(error))),
        }
    }
}
