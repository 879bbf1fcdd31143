//! Downloads of the async client.

use super::{AsyncNetwork, Online, Request, Response, Timer};
use crate::http::method::Method;
use crate::nal::ErrorOf;
use crate::{Buffer, Download, DownloadError, IntoUrl};
use embedded_io_async::{BufRead, Write};

impl Download {
    /// As [`request`](Self::request), of the async client.
    pub fn request_async<'r, 'u, N: AsyncNetwork, C: Timer, B: Buffer>(
        &self,
        online: &'r mut Online<'_, N, C>,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        let request = online.request(Method::Get, url, buffer).into_inner();
        Request::from_inner(self.asked_by(request))
    }

    /// As [`save`](Self::save), of the async client. Dropped while it waits for the network, it goes on where
    /// it was; what a writer that is dropped has taken, that writer knows.
    ///
    /// ```no_run
    /// # use safe_http_client::{Download, asynch::*};
    /// # async fn f<N: AsyncNetwork, C: Timer, F: embedded_io_async::Write>(
    /// #     mut online: Online<'_, N, C>, mut flash: F, mut download: Download,
    /// # ) -> Result<(), Box<dyn core::error::Error>> where F::Error: 'static, safe_http_client::ErrorOf<N>: 'static {
    /// let mut buffer = [0; 2048];
    /// let request = download.request_async(&mut online, "http://192.168.1.20/firmware.bin", &mut buffer);
    /// let mut response = request.send().await?;
    /// download.save_async(&mut response, &mut flash, |_, _| {}).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save).
    pub async fn save_async<N: AsyncNetwork, C: Timer, B: Buffer, W: Write>(
        &mut self,
        response: &mut Response<'_, '_, N, C, B>,
        writer: &mut W,
        mut written: impl FnMut(&Self, &[u8]),
    ) -> Result<(), DownloadError<ErrorOf<N>, W::Error>> {
        self.begin(response.call())?;
        while !self.is_whole() {
            let body = response.fill_buf().await.map_err(DownloadError::Response)?;
            if !self.goes_on(body)? {
                writer.flush().await.map_err(DownloadError::Writer)?;
                self.is_whole = true;
                break;
            }
            let count = writer.write(body).await.map_err(DownloadError::Writer)?;
            let piece = self.wrote(body, count)?;
            written(self, piece);
            let count = piece.len();
            response.consume(count);
        }
        Ok(())
    }
}
