//! The ways to read a response, and what a client reports of one whichever it is.

use super::row::Row;
use crate::common::TestClock;
use crate::outcome::{Fields, fields};
use crate::support::{Client, TestError, TestNetwork, URL, ready};
use embedded_io::{BufRead, Read};
use safe_http_client::{Call, CopyError, LoopContext, Request, ResponseHead};

/// How a caller reads a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// `embedded_io::Read`, with slices of this size. Those that are larger than the buffer's rest
    /// are received into without a copy.
    Read(usize),
    /// `embedded_io::BufRead`, taking at most so many bytes at once.
    BufRead(usize),
    ReadToEnd,
    ReadToStr,
    CopyTo,
    /// The non-blocking twins.
    PollRead(usize),
    PollFillBuf(usize),
    PollReadToEnd,
}

impl Reader {
    pub(super) const ALL: [Self; 12] = [
        Self::Read(1),
        Self::Read(7),
        Self::Read(100_000),
        Self::BufRead(1),
        Self::BufRead(usize::MAX),
        Self::ReadToEnd,
        Self::ReadToStr,
        Self::CopyTo,
        Self::PollRead(3),
        Self::PollRead(100_000),
        Self::PollFillBuf(2),
        Self::PollReadToEnd,
    ];

    fn polls(self) -> bool {
        matches!(self, Self::PollRead(_) | Self::PollFillBuf(_) | Self::PollReadToEnd)
    }

    /// The whole body has to fit the buffer, and be text for one.
    pub(super) fn can_read(self, body: &[u8], buffer: usize) -> bool {
        match self {
            Self::ReadToEnd | Self::PollReadToEnd => body.len() * 2 <= buffer,
            Self::ReadToStr => body.len() * 2 <= buffer && std::str::from_utf8(body).is_ok(),
            _ => true,
        }
    }
}

/// What a client reported of one exchange.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) status: Option<u16>,
    pub(super) reason: Vec<u8>,
    pub(super) headers: Fields,
    pub(super) body: Vec<u8>,
    pub(super) trailers: Fields,
    pub(super) error: Option<TestError>,
}

impl Report {
    fn of(head: &ResponseHead<'_>) -> Self {
        Self {
            status: Some(head.status()),
            reason: head.reason().to_vec(),
            headers: fields(head.headers()),
            body: Vec::new(),
            trailers: Fields::new(),
            error: None,
        }
    }

    fn failed(error: TestError) -> Self {
        Self {
            status: None,
            reason: Vec::new(),
            headers: Fields::new(),
            body: Vec::new(),
            trailers: Fields::new(),
            error: Some(error),
        }
    }
}

/// One call, whose body is read in this way.
pub(super) fn exchange(
    client: &mut Client,
    cx: &mut LoopContext,
    row: &Row,
    reader: Reader,
    buffer: &mut [u8],
) -> Report {
    let mut online = client.online(cx).unwrap();
    let request = online.request(row.method, URL, buffer);
    let request = if row.raw { request.allow_unknown_codings() } else { request };
    if !reader.polls() {
        return waited(request, reader);
    }
    let call = request.start().unwrap();
    polled(call, client, cx, reader)
}

fn polled(
    mut call: Call<'_, &mut [u8]>,
    client: &mut Client,
    cx: &mut LoopContext,
    reader: Reader,
) -> Report {
    if let Err(error) = ready(|| call.poll(client, cx)) {
        return Report::failed(error);
    }
    let mut report = Report::of(&call.head().unwrap());
    let body = &mut report.body;
    let result = match reader {
        Reader::PollRead(piece) => {
            let mut out = vec![0; piece];
            loop {
                match ready(|| call.poll_read(client, cx, &mut out)) {
                    Ok(0) => break Ok(()),
                    Ok(count) => body.extend_from_slice(&out[..count]),
                    Err(error) => break Err(error),
                }
            }
        }
        Reader::PollFillBuf(most) => loop {
            let taken = ready(|| {
                let data = call.poll_fill_buf(client, cx)?;
                let count = data.len().min(most);
                body.extend_from_slice(&data[..count]);
                Ok(count)
            });
            match taken {
                Ok(0) => break Ok(()),
                Ok(count) => call.consume(client, count),
                Err(error) => break Err(error),
            }
        },
        _ => {
            let result = ready(|| call.poll_read_to_end(client, cx));
            body.extend_from_slice(call.body());
            result
        }
    };
    report.error = result.err();
    report.trailers = fields(call.trailers());
    report
}

fn waited(request: Request<'_, '_, TestNetwork, TestClock, &mut [u8]>, reader: Reader) -> Report {
    let mut response = match request.send() {
        Ok(response) => response,
        Err(error) => return Report::failed(error),
    };
    let mut report = Report::of(&response.head());
    let body = &mut report.body;
    let result = match reader {
        Reader::Read(piece) => {
            let mut out = vec![0; piece];
            loop {
                match response.read(&mut out) {
                    Ok(0) => break Ok(()),
                    Ok(count) => body.extend_from_slice(&out[..count]),
                    Err(error) => break Err(error),
                }
            }
        }
        Reader::BufRead(most) => loop {
            let count = match response.fill_buf() {
                Ok([]) => break Ok(()),
                Ok(data) => {
                    let count = data.len().min(most);
                    body.extend_from_slice(&data[..count]);
                    count
                }
                Err(error) => break Err(error),
            };
            response.consume(count);
        },
        Reader::ReadToStr => {
            response.read_to_str().map(|text| body.extend_from_slice(text.as_bytes()))
        }
        Reader::CopyTo => match response.copy_to(&mut Collect(body)) {
            Ok(total) => {
                assert_eq!(total, body.len() as u64);
                Ok(())
            }
            Err(CopyError::Response(error)) => Err(error),
            Err(CopyError::Writer(never)) => match never {},
        },
        _ => response.read_to_end().map(|bytes| body.extend_from_slice(bytes)),
    };
    report.error = result.err();
    report.trailers = fields(response.trailers());
    report
}

struct Collect<'a>(&'a mut Vec<u8>);

impl embedded_io::ErrorType for Collect<'_> {
    type Error = core::convert::Infallible;
}

impl embedded_io::Write for Collect<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}
