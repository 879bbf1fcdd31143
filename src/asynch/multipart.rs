//! Bodies of several parts, of the async client.

use super::{AsyncNetwork, Request, Response, Timer};
use crate::http::method::BodyLength;
use crate::nal::ErrorOf;
use crate::{Buffer, Multipart};
use core::convert::Infallible;
use embedded_io_async::Read;

/// Nothing is awaited: the parts are there.
impl Read for Multipart<'_> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        Ok(self.give(buf))
    }
}

impl<'r, N: AsyncNetwork, C: Timer, B: Buffer> Request<'r, '_, N, C, B> {
    /// Sends a body of parts with its `Content-Type` and its length, and waits for the response's head: as
    /// [`Request::send_parts`](crate::Request::send_parts). Dropped before, it closes the connection.
    ///
    /// # Errors
    ///
    /// As the waiting one.
    ///
    /// ```no_run
    /// # use safe_http_client::{ErrorOf, Multipart, Part, asynch::*};
    /// # async fn f<N: AsyncNetwork, C: Timer>(mut online: Online<'_, N, C>) -> Result<(), ErrorOf<N>> {
    /// let (mut buffer, image) = ([0; 512], [0; 4096]);
    /// let parts = [Part::file("photo", "door.jpg", "image/jpeg", &image)];
    /// let request = online.post("http://192.168.1.20/photos", &mut buffer);
    /// let response = request.send_parts(&mut Multipart::new(&parts)).await?;
    /// # Ok(()) }
    /// ```
    pub fn send_parts(
        self,
        body: &mut Multipart<'_>,
    ) -> impl Future<Output = Result<Response<'r, 'static, N, C, B>, ErrorOf<N>>> {
        let length = BodyLength::Known(body.length());
        Self::from_inner(self.into_inner().of_parts(body)).send_from(body, length)
    }
}
