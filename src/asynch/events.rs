//! Server-sent events of the async client.

use super::{AsyncNetwork, Online, Request, Response, Timer};
use crate::http::method::Method;
use crate::nal::ErrorOf;
use crate::{Buffer, Event, EventError, EventStream, IntoUrl};
use embedded_io_async::BufRead;

impl<B: Buffer> EventStream<B> {
    /// As [`request`](Self::request), of the async client.
    pub fn request_async<'r, 'u, N: AsyncNetwork, C: Timer, R: Buffer>(
        &self,
        online: &'r mut Online<'_, N, C>,
        url: impl IntoUrl<'u>,
        buffer: R,
    ) -> Request<'r, 'static, N, C, R> {
        let request = online.request(Method::Get, url, buffer).into_inner();
        Request::from_inner(self.asked_by(request))
    }

    /// As [`next`](Self::next), of the async client. Dropped while it waits, it goes on where it was.
    ///
    /// ```no_run
    /// # use safe_http_client::{ErrorOf, EventError, EventStream, asynch::*};
    /// # async fn f<N: AsyncNetwork, C: Timer>(mut online: Online<'_, N, C>)
    /// # -> Result<(), EventError<ErrorOf<N>>> {
    /// let mut events = EventStream::new([0; 512]);
    /// let mut buffer = [0; 1024];
    /// let request = events.request_async(&mut online, "http://192.168.1.20/events", &mut buffer);
    /// let mut response = request.send().await.map_err(EventError::Response)?;
    /// while let Some(event) = events.next_async(&mut response).await? {
    ///     println!("{:?}", event.data_str());
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn next_async<N: AsyncNetwork, C: Timer, R: Buffer>(
        &mut self,
        response: &mut Response<'_, '_, N, C, R>,
    ) -> Result<Option<Event<'_>>, EventError<ErrorOf<N>>> {
        self.begin(response.call())?;
        loop {
            let body = response.fill_buf().await.map_err(EventError::Response)?;
            if body.is_empty() {
                return Ok(None);
            }
            let (count, is_there) = self.take(body);
            response.consume(count);
            if is_there? {
                return Ok(Some(self.event()));
            }
        }
    }
}
