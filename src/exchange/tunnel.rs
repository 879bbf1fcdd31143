//! The stream behind a 101 or a 2xx to CONNECT.

use super::receive_body::Body;
use super::wire::Incoming;
use super::{ErrorOf, Exchange, Step};
use crate::clock::Clock;
use crate::context::LoopContext;
use crate::error::ErrorKind;
use crate::http::bytes::copy;
use crate::network::Network;
use embedded_nal::nb;

impl<N: Network, C: Clock> Exchange<'_, N, C> {
    /// Whether the response has handed the connection over: after `101 Switching Protocols`, or a
    /// 2xx to CONNECT. [`poll_stream_read`](Self::poll_stream_read) and
    /// [`poll_stream_write`](Self::poll_stream_write) use it then.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut exchange: Exchange<'_, N, C>, mut cx: LoopContext) {
    /// if exchange.poll(&mut cx).is_ok() && !exchange.is_handed_over() {
    ///     println!("the server goes on with HTTP");
    /// }
    /// # }
    /// ```
    pub fn is_handed_over(&self) -> bool {
        matches!(self.body, Body::Tunnel)
    }

    /// Reads from the handed-over stream, first what came behind the head; 0 at its end.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while nothing has arrived. No deadline counts here: a stream may rest. Any other
    /// error closes the connection; [`RequestError::ExchangeOver`](crate::RequestError) says that
    /// nothing was handed over.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut exchange: Exchange<'_, N, C>, mut cx: LoopContext) {
    /// let mut block = [0; 64];
    /// match exchange.poll_stream_read(&mut cx, &mut block) {
    ///     Ok(0) => println!("the peer has ended the stream"),
    ///     Ok(count) => println!("{count} bytes"),
    ///     Err(nb::Error::WouldBlock) => { /* look again later */ }
    ///     Err(nb::Error::Other(error)) => println!("{error}"),
    /// }
    /// # }
    /// ```
    pub fn poll_stream_read(
        &mut self,
        _cx: &mut LoopContext,
        out: &mut [u8],
    ) -> nb::Result<usize, ErrorOf<N>> {
        let step = self.advance().and_then(|()| self.tunnel_read(out));
        self.told(step)
    }

    /// Writes to the handed-over stream, and returns how many bytes the stack took.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while the stack takes no more; otherwise as
    /// [`poll_stream_read`](Self::poll_stream_read).
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut exchange: Exchange<'_, N, C>, mut cx: LoopContext) {
    /// match exchange.poll_stream_write(&mut cx, b"ping") {
    ///     Ok(count) => println!("{count} of 4 bytes are on their way"),
    ///     Err(nb::Error::WouldBlock) => { /* try again later */ }
    ///     Err(nb::Error::Other(error)) => println!("{error}"),
    /// }
    /// # }
    /// ```
    pub fn poll_stream_write(
        &mut self,
        _cx: &mut LoopContext,
        bytes: &[u8],
    ) -> nb::Result<usize, ErrorOf<N>> {
        let step = self.advance().and_then(|()| self.tunnel_write(bytes));
        self.told(step)
    }

    /// Reads from the stream, first what came behind the head; 0 at its end.
    pub(crate) fn tunnel_read(&mut self, out: &mut [u8]) -> Step<usize> {
        if !self.is_handed_over() {
            return Err(self.over());
        }
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
    pub(crate) fn tunnel_write(&mut self, bytes: &[u8]) -> Step<usize> {
        if !self.is_handed_over() {
            return Err(self.over());
        }
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
