//! A file that comes in pieces, and goes on where it was cut.

use crate::client::IntoUrl;
use crate::client::{Buffer, Call, Online, Request, Response, SafeHttpClient};
use crate::error::BodyFraming;
use crate::http::method::Method;
use crate::http::response::{ContentRange, ResponseHead, all_from, strong_tag};
use crate::nal::ErrorOf;
use core::fmt;
use embedded_io::{BufRead, Write};
use nal_link::{Clock, LoopContext, Network};

/// The longest entity tag that is kept. A file with a longer one can't be gone on with.
const MOST_TAG: usize = 64;

/// A download: how far it has come, and of which version of the file. It goes on where the last response was
/// cut (`Range` and `If-Range`, RFC 9110 sections 14.2 and 13.1.5), and is [whole](Self::is_whole) only once
/// the last byte was written.
///
/// It holds neither the client nor what is written to: after each failure ask again with
/// [`request`](Self::request), and [`save`](Self::save) the answer behind what is there. In a loop that doesn't
/// wait, [`poll_save`](Self::poll_save) does it step by step.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn erase(flash: &mut impl embedded_io::Write) {}
/// # fn delay_ms(ms: u32) {}
/// # fn f<N: Network, C: Clock, F: embedded_io::Write>(
/// #     client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext, mut flash: F,
/// # ) -> Result<(), Box<dyn core::error::Error>> where F::Error: 'static, ErrorOf<N>: 'static {
/// let mut download = Download::new();
/// for _try in 0..10 {
///     let mut online = client.wait_online(cx)?;
///     let mut buffer = [0; 2048];
///     let request = download.request(&mut online, "http://192.168.1.20/firmware.bin", &mut buffer);
///     let mut response = match request.send() {
///         Ok(response) => response,
///         Err(error) => { println!("{error}"); delay_ms(1000); continue }
///     };
///     while let Err(error) = download.save(&mut response, &mut flash, |download, _piece| {
///         println!("{} of {:?} bytes", download.have(), download.length()); // a hash of it goes here, too
///     }) {
///         if let DownloadError::StartsOver | DownloadError::Changed = error {
///             erase(&mut flash); // it is another file by now
///             download.start_over();
///         }
///         match error {
///             DownloadError::StartsOver => continue, // save the same response
///             DownloadError::Response(_) | DownloadError::Incomplete { .. } | DownloadError::Changed => {}
///             DownloadError::Status(500..) => {}     // the server may get well
///             error => return Err(error.into()),     // as of 404: asking again doesn't cure it
///         }
///         println!("{error}");
///         delay_ms(1000);
///         break // ask again
///     }
///     if download.is_whole() { break }
/// }
/// if !download.is_whole() { println!("given up, with {} bytes", download.have()) }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Download {
    have: u64,
    length: Option<u64>,
    tag: [u8; MOST_TAG],
    tag_length: usize,
    pub(crate) is_whole: bool,
    /// The call whose head was looked at.
    begun: Option<u32>,
}

impl Default for Download {
    fn default() -> Self {
        Self::new()
    }
}

impl Download {
    /// Of a file of which nothing is there yet.
    pub const fn new() -> Self {
        Self {
            have: 0,
            length: None,
            tag: [0; MOST_TAG],
            tag_length: 0,
            is_whole: false,
            begun: None,
        }
    }

    /// After a restart: so many bytes of the version with this [tag](Self::tag) are there. With an empty tag
    /// all of it comes again, since nobody could say whether the file is still the same.
    ///
    /// ```
    /// use safe_http_client::Download;
    /// let download = Download::resume(4096, "\"v17\"");
    /// assert_eq!((download.have(), download.is_whole()), (4096, false));
    /// ```
    pub fn resume(have: u64, tag: &str) -> Self {
        let mut download = Self { have, ..Self::new() };
        download.keep_tag(strong_tag(tag.as_bytes()));
        download
    }

    /// Bytes that were written.
    pub const fn have(&self) -> u64 {
        self.have
    }

    /// Bytes of the whole file, once a server has told.
    pub const fn length(&self) -> Option<u64> {
        self.length
    }

    /// The version that the bytes are of: its strong entity tag; empty where there is none. To be stored
    /// beside the bytes by whoever wants to go on after a restart.
    pub fn tag(&self) -> &str {
        let tag = self.tag.get(..self.tag_length).unwrap_or_default();
        core::str::from_utf8(tag).unwrap_or_default()
    }

    /// Whether the last byte was written.
    pub const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Forgets all of it: what was written is to be erased.
    pub fn start_over(&mut self) {
        *self = Self::new();
    }

    /// A GET of what is missing. More can be said in it: credentials, deadlines.
    pub fn request<'r, 'u, N: Network, C: Clock, B: Buffer>(
        &self,
        online: &'r mut Online<'_, N, C>,
        url: impl IntoUrl<'u>,
        buffer: B,
    ) -> Request<'r, 'static, N, C, B> {
        self.asked_by(online.request(Method::Get, url, buffer))
    }

    /// Adds `Range` and `If-Range`, where it can be gone on with.
    pub(crate) fn asked_by<'r, N: Network, C: Clock, B: Buffer>(
        &self,
        request: Request<'r, 'static, N, C, B>,
    ) -> Request<'r, 'static, N, C, B> {
        if self.have == 0 || self.tag_length == 0 {
            return request;
        }
        let mut room = [0; 32];
        let range = all_from(self.have, &mut room);
        request.header("range", range).header("if-range", self.tag())
    }

    /// Writes a response's body behind what is there, and tells the hook of each piece that was written. `Ok`
    /// once the file is whole.
    ///
    /// # Errors
    ///
    /// See [`DownloadError`]. After [`StartsOver`](DownloadError::StartsOver) and [`start_over`](Self::start_over)
    /// the same response can be saved from its start; after [`Writer`](DownloadError::Writer) it can be gone on
    /// with.
    pub fn save<N: Network, C: Clock, B: Buffer, W: Write>(
        &mut self,
        response: &mut Response<'_, '_, N, C, B>,
        writer: &mut W,
        mut written: impl FnMut(&Self, &[u8]),
    ) -> Result<(), DownloadError<ErrorOf<N>, W::Error>> {
        self.begin(response.call())?;
        while !self.is_whole {
            let body = response.fill_buf().map_err(DownloadError::Response)?;
            let count = self.put(body, writer, &mut written)?;
            response.consume(count);
        }
        Ok(())
    }

    /// The same without waiting, but for the writer: one piece at each call. Waits for the head first.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// struct Update<F> { download: Download, call: Call<'static, [u8; 2048]>, flash: F }
    ///
    /// impl<F: embedded_io::Write> Update<F> {
    ///     /// Once in each turn of the main loop.
    ///     fn turn<N: Network, C: Clock>(
    ///         &mut self, client: &mut SafeHttpClient<N, C>, cx: &mut LoopContext,
    ///     ) -> nb::Result<(), DownloadError<ErrorOf<N>, F::Error>> {
    ///         self.download.poll_save(&mut self.call, client, cx, &mut self.flash, |_, _| {})
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// `WouldBlock` until the file is whole; otherwise as [`save`](Self::save).
    pub fn poll_save<N: Network, C: Clock, B: Buffer, W: Write>(
        &mut self,
        call: &mut Call<'_, B>,
        client: &mut SafeHttpClient<N, C>,
        cx: &mut LoopContext,
        writer: &mut W,
        mut written: impl FnMut(&Self, &[u8]),
    ) -> nb::Result<(), DownloadError<ErrorOf<N>, W::Error>> {
        let failed = |error: nb::Error<_>| error.map(DownloadError::Response);
        call.poll(client, cx).map_err(failed)?;
        self.begin(call).map_err(nb::Error::Other)?;
        if !self.is_whole {
            let body = call.poll_fill_buf(client, cx).map_err(failed)?;
            let count = self.put(body, writer, &mut written).map_err(nb::Error::Other)?;
            call.consume(client, count);
        }
        if self.is_whole { Ok(()) } else { Err(nb::Error::WouldBlock) }
    }

    /// Looks at a response's head, once.
    pub(crate) fn begin<B: Buffer, R, W>(
        &mut self,
        call: &Call<'_, B>,
    ) -> Result<(), DownloadError<R, W>> {
        if self.begun != Some(call.parts.ticket) {
            let progress = call.parts.exchange.progress();
            let has_end =
                !progress.is_some_and(|progress| progress.framing == BodyFraming::UntilClose);
            self.accept(&call.known_head(), has_end)?;
            self.begun = Some(call.parts.ticket);
        }
        Ok(())
    }

    /// What the answer makes of the download.
    fn accept<R, W>(
        &mut self,
        head: &ResponseHead<'_>,
        has_end: bool,
    ) -> Result<(), DownloadError<R, W>> {
        let range = head.header("content-range").and_then(ContentRange::of);
        let tag = head.header("etag").map(strong_tag);
        let is_other = |length: Option<u64>| {
            let of_length = self.length.zip(length).is_some_and(|(known, now)| known != now);
            of_length || (self.have > 0 && tag.is_some_and(|tag| tag != self.tag().as_bytes()))
        };
        match (head.status(), range) {
            (200, _) if self.have > 0 => return Err(DownloadError::StartsOver),
            (200, _) if !has_end => return Err(DownloadError::NoEnd),
            (200, _) => {
                self.length = head.content_length();
                self.keep_tag(tag.unwrap_or_default());
            }
            (206, Some(ContentRange::Part { first, last, length })) => {
                let count = last.wrapping_sub(first).saturating_add(1);
                if first != self.have || head.content_length().is_some_and(|it| it != count) {
                    return Err(DownloadError::WrongRange { wanted: self.have, first, last });
                }
                if is_other(length) {
                    return Err(DownloadError::Changed);
                }
                self.length = length.or(self.length);
                // The part's end needn't be the file's.
                if self.length.is_none() {
                    return Err(DownloadError::NoEnd);
                }
                if self.have == 0 {
                    self.keep_tag(tag.unwrap_or_default());
                }
            }
            // Nothing is missing (RFC 9110 section 15.5.17).
            (416, Some(ContentRange::None { length })) if length == self.have && length > 0 => {
                if is_other(Some(length)) {
                    return Err(DownloadError::Changed);
                }
                self.length = Some(length);
                self.is_whole = true;
            }
            (416, Some(ContentRange::None { .. })) if self.have > 0 => {
                return Err(DownloadError::Changed);
            }
            (status, _) => return Err(DownloadError::Status(status)),
        }
        Ok(())
    }

    fn put<R, W: Write>(
        &mut self,
        body: &[u8],
        writer: &mut W,
        written: &mut impl FnMut(&Self, &[u8]),
    ) -> Result<usize, DownloadError<R, W::Error>> {
        if !self.goes_on(body)? {
            writer.flush().map_err(DownloadError::Writer)?;
            self.is_whole = true;
            return Ok(0);
        }
        let count = writer.write(body).map_err(DownloadError::Writer)?;
        let piece = self.wrote(body, count)?;
        written(self, piece);
        Ok(piece.len())
    }

    /// Whether there is more to write; at the body's end, whether that is the file's.
    pub(crate) fn goes_on<R, W>(&mut self, body: &[u8]) -> Result<bool, DownloadError<R, W>> {
        let have = self.have;
        match self.length {
            Some(length) if have.saturating_add(body.len() as u64) > length => {
                Err(DownloadError::TooLong { length })
            }
            Some(length) if body.is_empty() && have < length => {
                Err(DownloadError::Incomplete { have, length })
            }
            // A body in chunks says by its end how long it was.
            None if body.is_empty() => {
                self.length = Some(have);
                Ok(false)
            }
            _ => Ok(!body.is_empty()),
        }
    }

    /// So much of the body was written.
    pub(crate) fn wrote<'p, R, W>(
        &mut self,
        body: &'p [u8],
        count: usize,
    ) -> Result<&'p [u8], DownloadError<R, W>> {
        if count == 0 {
            return Err(DownloadError::Full);
        }
        let piece = body.get(..count).unwrap_or(body);
        self.have = self.have.saturating_add(piece.len() as u64);
        Ok(piece)
    }

    fn keep_tag(&mut self, tag: &[u8]) {
        self.tag_length = 0;
        if let Some(room) = self.tag.get_mut(..tag.len())
            && tag.is_ascii()
        {
            room.copy_from_slice(tag);
            self.tag_length = tag.len();
        }
    }
}

/// Why a file isn't whole yet.
///
/// ```
/// use safe_http_client::DownloadError;
/// let error: DownloadError<&str, &str> = DownloadError::Incomplete { have: 10, length: 25 };
/// assert_eq!(error.to_string(), "10 of 25 bytes are here: ask for the rest");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum DownloadError<R, W> {
    /// The response broke off: ask for the rest.
    Response(R),
    /// The writer failed. The rest of the body is still to be read.
    Writer(W),
    /// The writer takes no more.
    Full,
    /// The server gives the file from its start: it is another by now, or the server knows no ranges, or
    /// nobody knows which version is there. Erase what was written, [`start_over`](Download::start_over), and
    /// save the same response.
    StartsOver,
    /// What is there is of another version. Erase what was written, [`start_over`](Download::start_over), and
    /// ask again.
    Changed,
    /// The server didn't give the file, but this status.
    Status(u16),
    /// The server gave another part than was asked for.
    WrongRange {
        /// The part wanted starts here.
        wanted: u64,
        /// The part given starts here.
        first: u64,
        /// Its last byte.
        last: u64,
    },
    /// More came than the file has.
    TooLong {
        /// Bytes that it has.
        length: u64,
    },
    /// The server doesn't say how long the file is, nor by chunks where it ends: one that is cut would look
    /// whole.
    NoEnd,
    /// What was given is here, and isn't all of it: ask for the rest.
    Incomplete {
        /// Bytes that are here.
        have: u64,
        /// Bytes of the whole file.
        length: u64,
    },
}

impl<R, W> DownloadError<R, W> {
    /// Whether what was written is to be erased and the same response saved again.
    pub const fn starts_over(&self) -> bool {
        matches!(self, Self::StartsOver)
    }
}

impl<R: fmt::Display, W: fmt::Debug> fmt::Display for DownloadError<R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response(error) => error.fmt(f),
            Self::Writer(error) => write!(f, "the file couldn't be written on: {error:?}"),
            Self::Full => f.write_str("there is no room for the rest of the file"),
            Self::StartsOver => f.write_str(
                "the server gives the file from its start: erase what is here, and start over",
            ),
            Self::Changed => {
                f.write_str("the file has changed: erase what is here, start over, and ask again")
            }
            Self::Status(206) => f.write_str(
                "the server answered 206, a part, without a Content-Range that says of what",
            ),
            Self::Status(status) => write!(f, "the server answered {status} in place of the file"),
            Self::WrongRange { wanted, first, last } => write!(
                f,
                "the server gave bytes {first} to {last} where those from {wanted} on were wanted: its \
                 Content-Range or Content-Length is wrong"
            ),
            Self::TooLong { length } => {
                write!(f, "more came than the {length} bytes that the file has")
            }
            Self::NoEnd => f.write_str(
                "the server says neither how long the file is (Content-Length, of a part \
                 Content-Range) nor where it ends (chunked): one that is cut would look whole",
            ),
            Self::Incomplete { have, length } => {
                write!(f, "{have} of {length} bytes are here: ask for the rest")
            }
        }
    }
}

impl<R: fmt::Debug + fmt::Display, W: fmt::Debug> core::error::Error for DownloadError<R, W> {}
