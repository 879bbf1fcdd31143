//! A request whose body is given piece by piece.

use super::{Buffer, Call, SafeHttpClient};
use crate::error::ErrorKind;
use crate::http::bytes::copy;
use crate::http::method::BodyLength;
use crate::nal::{CallView, Driver, ErrorOf, Fault};
use crate::protocol::{Failure, UploadState};
use core::fmt;
use embedded_io::Read;
use nal_link::{Clock, LoopContext, Network};

/// A request whose body is given piece by piece: what
/// [`Request::start_upload`](crate::Request::start_upload) makes.
///
/// [`poll_write`](Self::poll_write) until all is given, then [`finish`](Self::finish), which returns the
/// [`Call`] that brings the response. Like a call it is a value, polled with the client that started it.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(
/// #     client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext,
/// # ) -> Result<(), ErrorOf<N>> {
/// let mut online = client.online(cx)?;
/// let request = online.put("http://192.168.1.20/log", [0; 512]);
/// let mut upload = request.start_upload(BodyLength::Known(4))?;
/// let mut rest: &[u8] = b"open";
/// while !rest.is_empty() {
///     match upload.poll_write(client, cx, rest) {
///         Ok(0) => break, // the server has answered already
///         Ok(taken) => rest = &rest[taken..],
///         Err(nb::Error::WouldBlock) => { /* blink */ }
///         Err(nb::Error::Other(error)) => return Err(error),
///     }
/// }
/// let call = upload.finish(client)?; // and poll it for the response
/// # Ok(()) }
/// ```
#[must_use = "an upload goes on only while it is written to"]
pub struct Upload<B> {
    call: Call<'static, B>,
    state: UploadState,
}

impl<B: Buffer> Upload<B> {
    pub(super) fn new(call: Call<'_, B>, length: BodyLength) -> Self {
        let mut call = call.with_rest(&[]);
        let state = UploadState::new(length, &mut call.exchange);
        Self { call, state }
    }

    /// Gives more of the body, and returns how many bytes were taken. `Ok(0)` says that the server
    /// has answered already and takes no more: [`finish`](Self::finish) has its answer.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while the stack takes no more; [`BodyLength`](crate::RequestError::BodyLength) where
    /// more is given than was declared; and all that sending can end in.
    pub fn poll_write<N: Network, C: Clock>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        _cx: &mut LoopContext,
        bytes: &[u8],
    ) -> nb::Result<usize, ErrorOf<N>> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let (driver, call) = (&mut client.driver, &mut self.call.view());
        let space = driver.any().upload_space(call, &mut self.state);
        let (start, end) = driver.tell(call, space)?;
        let count = copy(call.buffer.get_mut(start..end).unwrap_or_default(), bytes);
        let done = driver.any().upload_commit(call, &mut self.state, count);
        done.map_err(|fault| fail(driver, call, &self.state, fault))?;
        Ok(count)
    }

    /// Ends the body. The call that comes out is polled for the response.
    ///
    /// # Errors
    ///
    /// [`BodyLength`](crate::RequestError::BodyLength) where less was given than was declared: the
    /// connection is closed.
    pub fn finish<N: Network, C: Clock>(
        mut self,
        client: &mut SafeHttpClient<N, C>,
    ) -> Result<Call<'static, B>, ErrorOf<N>> {
        let (driver, call) = (&mut client.driver, &mut self.call.view());
        match driver.any().upload_finish(call, &mut self.state) {
            Ok(rest) => Ok(self.call.with_rest(rest)),
            Err(fault) => Err(fail(driver, call, &self.state, fault)),
        }
    }

    /// Gives all that `reader` has, and waits for the stack meanwhile.
    pub(super) fn fill_from<N: Network, C: Clock, R: Read>(
        &mut self,
        client: &mut SafeHttpClient<N, C>,
        reader: &mut R,
    ) -> Result<(), ErrorOf<N>> {
        let (driver, call) = (&mut client.driver, &mut self.call.view());
        loop {
            let (start, end) = match driver.any().upload_space(call, &mut self.state) {
                Ok(space) => space,
                Err(nb::Error::WouldBlock) => {
                    driver.stack.clock.idle();
                    continue;
                }
                Err(nb::Error::Other(fault)) => return Err(driver.fail(call, fault)),
            };
            let space = call.buffer.get_mut(start..end).unwrap_or_default();
            // The server has answered already.
            if space.is_empty() {
                return Ok(());
            }
            let count = match reader.read(space) {
                Ok(0) => return Ok(()),
                Ok(count) => count.min(space.len()),
                Err(error) => {
                    let error = embedded_io::Error::kind(&error);
                    return Err(driver.fail(call, Fault::BodyReader(error)));
                }
            };
            let done = driver.any().upload_commit(call, &mut self.state, count);
            done.map_err(|fault| fail(driver, call, &self.state, fault))?;
        }
    }
}

/// Ends the call. The upload knows how much of the body was given.
pub(crate) fn fail<N: Network, C: Clock>(
    driver: &mut Driver<N, C>,
    call: &mut CallView<'_>,
    state: &UploadState,
    fault: Fault,
) -> ErrorOf<N> {
    let mut error = driver.fail(call, fault);
    if fault == Fault::Exchange(Failure::WrongLength) {
        error.kind = ErrorKind::Request(state.wrong_length());
    }
    error
}

impl<B> fmt::Debug for Upload<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("call", &self.call).finish_non_exhaustive()
    }
}
