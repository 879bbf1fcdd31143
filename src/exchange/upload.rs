//! A request's body that is given piece by piece.

use super::{ErrorOf, Exchange, Kept, State, Step};
use crate::clock::Clock;
use crate::context::LoopContext;
use crate::error::{BufferUse, Deadline, ErrorKind, RequestError};
use crate::http::bytes::copy;
use crate::http::method::BodyLength;
use crate::http::request::{CHUNK_LINE, MAX_CHUNK, chunk_size_line};
use crate::network::Network;
use core::fmt;
use embedded_nal::nb;

/// How the body of a request comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UploadState {
    /// It came whole, or there is none.
    None,
    /// More of it may be given. Pieces are staged in the buffer; once that is full, all of it is
    /// sent before more is taken.
    Open {
        length: BodyLength,
        given: u64,
        /// Where the open chunk's size line is to be written.
        chunk: Option<usize>,
        /// The stage is being sent; nothing can be added meanwhile.
        flushing: bool,
    },
    /// All was given, but the last chunk is still to be staged.
    LastChunk,
    /// All was given and staged.
    Finished,
}

impl UploadState {
    pub(crate) const fn open(length: BodyLength) -> Self {
        Self::Open { length, given: 0, chunk: None, flushing: false }
    }
}

/// Behind a chunk's data.
const CRLF: &[u8] = b"\r\n";
/// The last chunk, and no trailers.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";
/// What a chunk needs beside its data: its size line, its CRLF, and the last chunk behind it.
const CHUNK_FRAME: usize = CHUNK_LINE + CRLF.len() + LAST_CHUNK.len();

/// A request whose body is given piece by piece, without waiting.
///
/// [`write`](Self::write) until all is given, then [`finish`](Self::finish), which returns the
/// [`Exchange`] that brings the response. Dropping it earlier closes the connection.
///
/// ```no_run
/// # use safe_http_client::*;
/// # fn f<N: Network, C: Clock>(request: Request<'_, '_, N, C>, mut cx: LoopContext)
/// # -> Result<(), ErrorOf<N>> {
/// let mut upload = request.start_upload(BodyLength::Known(4))?;
/// let mut rest: &[u8] = b"open";
/// while !rest.is_empty() {
///     match upload.write(&mut cx, rest) {
///         Ok(0) => break, // the server has answered already
///         Ok(taken) => rest = &rest[taken..],
///         Err(nb::Error::WouldBlock) => { /* blink */ }
///         Err(nb::Error::Other(error)) => return Err(error),
///     }
/// }
/// let exchange = upload.finish()?; // and poll it for the response
/// # Ok(()) }
/// ```
pub struct Upload<'a, N: Network, C: Clock> {
    exchange: Exchange<'a, N, C>,
}

impl<'a, N: Network, C: Clock> Upload<'a, N, C> {
    pub(crate) fn new(mut exchange: Exchange<'a, N, C>) -> Self {
        exchange.after_stage = Exchange::upload_stage_sent;
        Self { exchange }
    }

    /// Gives more of the body, and returns how many bytes were taken. `Ok(0)` says that the server
    /// has answered already and takes no more: [`finish`](Self::finish) has its answer.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while the stack takes no more; [`BodyLength`](RequestError::BodyLength) where
    /// more is given than was declared; and all that sending can end in.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut upload: Upload<'_, N, C>, mut cx: LoopContext)
    /// # -> nb::Result<(), ErrorOf<N>> {
    /// let sample = b"18 C\n";
    /// let taken = upload.write(&mut cx, sample)?; // `sample[taken..]` is still to be given
    /// # Ok(()) }
    /// ```
    pub fn write(&mut self, _cx: &mut LoopContext, bytes: &[u8]) -> nb::Result<usize, ErrorOf<N>> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let exchange = &mut self.exchange;
        let step = match exchange.upload_space() {
            Ok(space) => {
                let count = copy(space, bytes);
                exchange.upload_commit(count).map(|()| count)
            }
            Err(error) => Err(error),
        };
        exchange.told(step)
    }

    /// Ends the body.
    ///
    /// # Errors
    ///
    /// [`BodyLength`](RequestError::BodyLength) where less was given than was declared: the
    /// connection is closed.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(upload: Upload<'_, N, C>, mut cx: LoopContext)
    /// # -> nb::Result<(), ErrorOf<N>> {
    /// let mut exchange = upload.finish()?;
    /// exchange.poll(&mut cx)?; // again, while it is `WouldBlock`
    /// # Ok(()) }
    /// ```
    pub fn finish(mut self) -> Result<Exchange<'a, N, C>, ErrorOf<N>> {
        match self.exchange.upload_finish() {
            Ok(()) => Ok(self.exchange),
            Err(Kept) => Err(self.exchange.take_error()),
        }
    }

    pub(crate) fn exchange_mut(&mut self) -> &mut Exchange<'a, N, C> {
        &mut self.exchange
    }
}

impl<N: Network, C: Clock> Exchange<'_, N, C> {
    /// Where more of the body can be put; empty once the server has answered.
    pub(crate) fn upload_space(&mut self) -> Step<&mut [u8]> {
        loop {
            match self.state {
                State::Body | State::Over => return Ok(&mut []),
                State::Failed => return Err(self.over()),
                // The head of an early answer doesn't fit: it is counted to its end, an error.
                State::MeasureHead => {
                    self.advance()?;
                    continue;
                }
                _ => {}
            }
            let UploadState::Open { length, given, chunk, flushing } = self.upload else {
                return Err(self.over());
            };
            if !flushing && !self.plan.expect_continue {
                let frame = match (length, chunk) {
                    (BodyLength::Known(_), _) => 0,
                    (BodyLength::Chunked, None) => CHUNK_FRAME,
                    (BodyLength::Chunked, Some(_)) => CHUNK_FRAME - CHUNK_LINE,
                };
                let limit = match length {
                    // One byte more than declared may be given, so that it is noticed.
                    BodyLength::Known(declared) => declared.saturating_sub(given).saturating_add(1),
                    BodyLength::Chunked => MAX_CHUNK as u64,
                };
                let in_chunk = self.stage_end.saturating_sub(chunk.unwrap_or(self.stage_end));
                let room = self
                    .buffer
                    .len()
                    .saturating_sub(self.stage_end)
                    .saturating_sub(frame)
                    .min(usize::try_from(limit).unwrap_or(usize::MAX).saturating_sub(in_chunk));
                if room > 0 {
                    let start = match (length, chunk) {
                        (BodyLength::Chunked, None) => self.stage_end.wrapping_add(CHUNK_LINE),
                        _ => self.stage_end,
                    };
                    let end = start.wrapping_add(room);
                    return Ok(self.buffer.get_mut(start..end).unwrap_or_default());
                }
                if self.stage_end == self.filled {
                    // Part of an early answer is in the way: the rest of it has to come first.
                    if self.filled > self.raw {
                        self.poll_network();
                        self.early_answer()?;
                        if self.filled == self.raw || self.state != State::Upload {
                            continue;
                        }
                        return self.pending(Deadline::Idle);
                    }
                    return Err(self.fail(ErrorKind::Buffer {
                        what: BufferUse::Body,
                        needed: CHUNK_FRAME.wrapping_add(1),
                        available: self.buffer.len(),
                        exact: true,
                    }));
                }
                self.close_chunk();
                self.set_flushing(true);
            }
            match self.advance() {
                // All that was staged is sent.
                Err(nb::Error::WouldBlock) if self.state == State::Upload => {
                    self.early_answer()?;
                }
                Ok(()) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// A server may answer before the body's end, and want no more of it (RFC 9112 section 9.3).
    /// Looked for each time the stage was sent and the buffer is free.
    fn early_answer(&mut self) -> Step<()> {
        match self.head_step() {
            Ok(Some(state)) => self.state = state,
            Ok(None) | Err(nb::Error::WouldBlock) => {}
            Err(error) => return Err(error),
        }
        // Where a kept connection has ended, what is staged is to be sent again, on a fresh one.
        if self.state == State::Upload {
            self.restage();
        }
        Ok(())
    }

    /// So many bytes were put into what `upload_space` returned.
    pub(crate) fn upload_commit(&mut self, count: usize) -> Step<()> {
        let UploadState::Open { length, given, chunk, .. } = &mut self.upload else {
            return Err(self.over());
        };
        if count == 0 || matches!(self.state, State::Body | State::Over) {
            return Ok(());
        }
        *given = given.saturating_add(count as u64);
        let (length, given) = (*length, *given);
        if length == BodyLength::Chunked && chunk.is_none() {
            *chunk = Some(self.stage_end);
            self.stage_end = self.stage_end.wrapping_add(CHUNK_LINE);
        }
        self.stage_end = self.stage_end.wrapping_add(count);
        match length {
            BodyLength::Known(declared) if given > declared => {
                Err(self.wrong_length(declared, given))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn upload_finish(&mut self) -> Result<(), Kept> {
        let UploadState::Open { length, given, flushing, .. } = self.upload else {
            self.over();
            return Err(Kept);
        };
        // The server has answered: it wants no more, and there is nothing to be sent.
        if matches!(self.state, State::Body | State::Over) {
            self.upload = UploadState::Finished;
            return Ok(());
        }
        match length {
            BodyLength::Known(declared) if given != declared => {
                self.wrong_length(declared, given);
                return Err(Kept);
            }
            BodyLength::Known(_) => self.upload = UploadState::Finished,
            BodyLength::Chunked => {
                self.close_chunk();
                let room = self.buffer.len().saturating_sub(self.stage_end);
                let fits = room >= LAST_CHUNK.len() && !flushing && !self.plan.expect_continue;
                self.upload = if fits { UploadState::Finished } else { UploadState::LastChunk };
                if fits {
                    self.stage(LAST_CHUNK);
                }
            }
        }
        self.send_on();
        Ok(())
    }

    /// The caller's reader failed.
    pub(crate) fn upload_failed(&mut self, kind: embedded_io::ErrorKind) -> ErrorOf<N> {
        self.fail(ErrorKind::Request(RequestError::BodyReader(kind)));
        self.take_error()
    }

    fn wrong_length(&mut self, declared: u64, given: u64) -> nb::Error<Kept> {
        self.fail(ErrorKind::Request(RequestError::BodyLength { declared, given }))
    }

    /// What has to follow once the stage was sent: the last chunk, if it had no room before.
    fn upload_stage_sent(&mut self) -> State {
        let room = self.buffer.len().saturating_sub(self.filled);
        match self.upload {
            UploadState::LastChunk if room >= LAST_CHUNK.len() => {
                self.upload = UploadState::Finished;
                self.restage();
                self.stage(LAST_CHUNK);
                State::Send
            }
            UploadState::Open { .. } => State::Upload,
            _ => State::ReceiveHead,
        }
    }

    /// The stage was sent; the next piece of the body takes its place, behind what has come of an
    /// early answer.
    pub(super) fn restage(&mut self) {
        self.replayable = false;
        self.stage_sent = self.filled;
        self.stage_end = self.filled;
        self.set_flushing(false);
    }

    fn set_flushing(&mut self, on: bool) {
        if let UploadState::Open { flushing, .. } = &mut self.upload {
            *flushing = on;
        }
        if on {
            self.send_on();
        }
    }

    /// What was given is to be sent. The time that the caller took to give it doesn't count.
    fn send_on(&mut self) {
        if self.state == State::Upload {
            self.state = State::Send;
            self.progress();
        }
    }

    fn stage(&mut self, bytes: &[u8]) {
        let room = self.buffer.get_mut(self.stage_end..).unwrap_or_default();
        self.stage_end = self.stage_end.wrapping_add(copy(room, bytes));
    }

    /// Writes the open chunk's size, now that it is known.
    fn close_chunk(&mut self) {
        if let UploadState::Open { chunk, .. } = &mut self.upload
            && let Some(start) = chunk.take()
        {
            let size = self.stage_end.saturating_sub(start).saturating_sub(CHUNK_LINE);
            let line = self.buffer.get_mut(start..).unwrap_or_default();
            copy(line, &chunk_size_line(size));
            self.stage(CRLF);
        }
    }
}

impl<N: Network, C: Clock> fmt::Debug for Upload<'_, N, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("exchange", &self.exchange).finish_non_exhaustive()
    }
}
