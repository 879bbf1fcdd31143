//! In place of a GET whose body is read at once: a body that is sent in parts, or that comes bit by bit.

use crate::put;
use safe_http_client::{Clock, ErrorOf, Network, Online};

#[cfg(feature = "multipart")]
#[inline(always)]
pub fn exchange<N: Network, C: Clock>(
    online: &mut Online<'_, N, C>,
    url: &str,
    buffer: &mut [u8],
) -> Result<(), ErrorOf<N>> {
    use safe_http_client::{Multipart, Part};
    let parts =
        [Part::text("door", url), Part::file("photo", "a.jpg", "image/jpeg", url.as_bytes())];
    let request = online.post(url, buffer);
    request.send_parts(&mut Multipart::new(&parts))?.read_to_end().map(put)
}

#[cfg(feature = "events")]
#[inline(always)]
pub fn exchange<N: Network, C: Clock>(
    online: &mut Online<'_, N, C>,
    url: &str,
    buffer: &mut [u8],
) -> Result<(), ErrorOf<N>> {
    use safe_http_client::{EventError, EventStream};
    let mut events = EventStream::new([0; 128]);
    let mut response = events.request(online, url, buffer).send()?;
    loop {
        match events.next(&mut response) {
            Ok(Some(event)) => put(event.data()),
            Ok(None) => return Ok(()),
            Err(EventError::Response(error)) => return Err(error),
            Err(_) => put(b"!"),
        }
    }
}

#[cfg(feature = "download")]
#[inline(always)]
pub fn exchange<N: Network, C: Clock>(
    online: &mut Online<'_, N, C>,
    url: &str,
    buffer: &mut [u8],
) -> Result<(), ErrorOf<N>> {
    use safe_http_client::{Download, DownloadError};
    let mut download = Download::new();
    loop {
        let mut response = download.request(online, url, &mut *buffer).send()?;
        match download.save(&mut response, &mut Flash, |_, piece| put(piece)) {
            Ok(()) => return Ok(()),
            Err(DownloadError::Response(error)) => return Err(error),
            Err(_) => put(b"!"),
        }
    }
}

/// It takes all of it, at once.
#[cfg(feature = "download")]
struct Flash;

#[cfg(feature = "download")]
impl embedded_io::ErrorType for Flash {
    type Error = core::convert::Infallible;
}

#[cfg(feature = "download")]
impl embedded_io::Write for Flash {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}
