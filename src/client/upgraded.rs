//! A connection that has left HTTP, as a value.

use super::{Buffer, Call, SafeHttpClient};
use crate::nal::ErrorOf;
use core::fmt;
use nal_link::{Clock, LoopContext, Network};

/// A connection that was handed over, after `101 Switching Protocols` or a 2xx to CONNECT, to be polled:
/// what [`Call::into_upgraded`] makes. [`Stream`](crate::Stream) is its twin whose calls wait.
///
/// Bytes that had come behind the response's head are read first. The client closes the connection with
/// its next call, [`close`](SafeHttpClient::close), or its own end.
///
/// What to ask for, and whether the answer is the right one, is the other protocol's matter; the repository's
/// `examples/websocket` is a WebSocket over it, which lives in a superloop.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock, B: Buffer>(
/// #     client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext, call: Call<'_, B>,
/// # ) -> nb::Result<(), ErrorOf<N>> {
/// if let Ok(mut stream) = call.into_upgraded() {
///     stream.poll_write(client, cx, b"ping")?;
///     let mut answer = [0; 64];
///     let count = stream.poll_read(client, cx, &mut answer)?;
/// }
/// # Ok(()) }
/// ```
pub struct Upgraded<'b, B> {
    call: Call<'b, B>,
}

impl<'b, B: Buffer> Upgraded<'b, B> {
    pub(super) fn new(call: Call<'b, B>) -> Self {
        Self { call }
    }

    /// Reads from the stream; 0 at its end.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while nothing has arrived. A stream may rest: only the total deadline counts. Any
    /// other error closes the connection.
    pub fn poll_read<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        _cx: &mut LoopContext,
        out: &mut [u8],
    ) -> nb::Result<usize, ErrorOf<N>> {
        let call = &mut self.call.view();
        let step = client.driver.any().upgraded_read(call, out);
        client.driver.tell(call, step)
    }

    /// Writes to the stream, and returns how many bytes the stack took.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while the stack takes no more, for the idle deadline at most; otherwise as
    /// [`poll_read`](Self::poll_read).
    pub fn poll_write<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        _cx: &mut LoopContext,
        bytes: &[u8],
    ) -> nb::Result<usize, ErrorOf<N>> {
        let call = &mut self.call.view();
        let step = client.driver.any().upgraded_write(call, bytes);
        client.driver.tell(call, step)
    }

    /// The call whose response this is: its head.
    pub fn call(&self) -> &Call<'b, B> {
        &self.call
    }
}

impl<B> fmt::Debug for Upgraded<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgraded").finish_non_exhaustive()
    }
}
