//! A request's body that is given piece by piece.

use super::{Exchange, Failure, State};
use crate::error::{BufferUse, RequestError};
use crate::http::bytes::copy;
use crate::http::framing::{CHUNK_LINE, MAX_CHUNK, chunk_size_line};
use crate::http::method::BodyLength;

/// Behind a chunk's data.
const CRLF: &[u8] = b"\r\n";
/// The last chunk, and no trailers.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";
/// What a chunk needs beside its data: its size line, its CRLF, and the last chunk behind it.
const CHUNK_FRAME: usize = CHUNK_LINE + CRLF.len() + LAST_CHUNK.len();

/// The same with one byte of data: what a buffer needs that has no room at all.
const LEAST_CHUNK: u8 = CHUNK_FRAME as u8 + 1;

/// How much of the body was given. Pieces are staged in the buffer; once that is full, all of it is sent
/// before more is taken.
#[derive(Debug)]
pub struct UploadState {
    length: BodyLength,
    given: u64,
    /// Where the open chunk's size line is to be written.
    chunk: Option<usize>,
    /// What is staged is being sent; nothing can be added meanwhile.
    flushing: bool,
}

/// Where more of the body goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// Into the buffer, from here to there.
    Room(usize, usize),
    /// Nowhere, until what is staged is sent.
    Full,
    /// Nowhere, until the rest of an answer has come that has begun.
    AnswerInTheWay,
    /// Nowhere: the server has answered.
    Answered,
}

impl UploadState {
    /// Nothing of it was given yet; the exchange waits for it once its head is sent.
    pub fn new(length: BodyLength, exchange: &mut Exchange) -> Self {
        exchange.after_send = State::NeedBody;
        Self { length, given: 0, chunk: None, flushing: false }
    }

    /// Where more of the body can be put.
    pub fn space(
        &mut self,
        exchange: &mut Exchange,
        buffer: &mut [u8],
        now: u32,
    ) -> Result<Space, Failure> {
        match exchange.state {
            State::Body | State::Over => return Ok(Space::Answered),
            State::Failed => return Err(Failure::CallOver),
            // The head of an early answer doesn't fit: it is counted to its end, an error.
            State::MeasureHead => return Ok(Space::Full),
            _ if self.flushing || exchange.holds_body => return Ok(Space::Full),
            _ => {}
        }
        let frame = match (self.length, self.chunk) {
            (BodyLength::Known(_), _) => 0,
            (BodyLength::Chunked, None) => CHUNK_FRAME,
            (BodyLength::Chunked, Some(_)) => CHUNK_FRAME - CHUNK_LINE,
        };
        let limit = match self.length {
            // One byte more than declared may be given, so that it is noticed.
            BodyLength::Known(declared) => declared.saturating_sub(self.given).saturating_add(1),
            BodyLength::Chunked => MAX_CHUNK as u64,
        };
        let stage_end = exchange.stage_end;
        let in_chunk = stage_end.saturating_sub(self.chunk.unwrap_or(stage_end));
        let room = exchange
            .stage_limit(buffer)
            .saturating_sub(stage_end)
            .saturating_sub(frame)
            .min(usize::try_from(limit).unwrap_or(usize::MAX).saturating_sub(in_chunk));
        if room > 0 {
            let start = match (self.length, self.chunk) {
                (BodyLength::Chunked, None) => stage_end.wrapping_add(CHUNK_LINE),
                _ => stage_end,
            };
            return Ok(Space::Room(start, start.wrapping_add(room)));
        }
        if exchange.has_stage() {
            self.close_chunk(exchange, buffer);
            self.flushing = true;
            send_on(exchange, now);
            return Ok(Space::Full);
        }
        if exchange.filled > exchange.parsed_to {
            exchange.seeks_answer = true;
            return Ok(Space::AnswerInTheWay);
        }
        Err(Failure::NoRoom(BufferUse::Body, LEAST_CHUNK))
    }

    /// What [`Failure::WrongLength`] says.
    pub(crate) fn wrong_length(&self) -> RequestError {
        let declared = match self.length {
            BodyLength::Known(declared) => declared,
            BodyLength::Chunked => 0,
        };
        RequestError::BodyLength { declared, given: self.given }
    }

    /// All that was staged is sent.
    pub fn flushed(&mut self, exchange: &mut Exchange) {
        self.flushing = false;
        exchange.restage();
    }

    /// So many bytes were put where [`space`](Self::space) said.
    pub fn commit(&mut self, exchange: &mut Exchange, count: usize) -> Result<(), Failure> {
        if count == 0 || exchange.has_head() {
            return Ok(());
        }
        self.given = self.given.saturating_add(count as u64);
        if self.length == BodyLength::Chunked && self.chunk.is_none() {
            self.chunk = Some(exchange.stage_end);
            exchange.stage_end = exchange.stage_end.wrapping_add(CHUNK_LINE);
        }
        exchange.stage_end = exchange.stage_end.wrapping_add(count);
        match self.length {
            BodyLength::Known(declared) if self.given > declared => Err(Failure::WrongLength),
            _ => Ok(()),
        }
    }

    /// No more of it is given. Returns what is still to follow, as the call's body.
    pub fn finish(
        &mut self,
        exchange: &mut Exchange,
        buffer: &mut [u8],
        now: u32,
    ) -> Result<&'static [u8], Failure> {
        if exchange.state == State::Failed {
            return Err(Failure::CallOver);
        }
        // Where the server has answered it wants no more, and nothing is sent.
        let answered = exchange.has_head();
        exchange.after_send = State::Head;
        let mut rest: &'static [u8] = &[];
        match self.length {
            _ if answered => {}
            BodyLength::Known(declared) if self.given != declared => {
                return Err(Failure::WrongLength);
            }
            BodyLength::Known(_) => {}
            BodyLength::Chunked => {
                self.close_chunk(exchange, buffer);
                rest = LAST_CHUNK;
                if !self.flushing && !exchange.holds_body {
                    exchange.stage_body(buffer, rest);
                }
            }
        }
        send_on(exchange, now);
        Ok(rest)
    }

    /// Writes the open chunk's size, now that it is known.
    fn close_chunk(&mut self, exchange: &mut Exchange, buffer: &mut [u8]) {
        if let Some(start) = self.chunk.take() {
            let size = exchange.stage_end.saturating_sub(start).saturating_sub(CHUNK_LINE);
            copy(buffer.get_mut(start..).unwrap_or_default(), &chunk_size_line(size));
            let end = buffer.get_mut(exchange.stage_end..).unwrap_or_default();
            exchange.stage_end = exchange.stage_end.wrapping_add(copy(end, CRLF));
        }
    }
}

/// What was given is to be sent. The time that the caller took to give it doesn't count.
fn send_on(exchange: &mut Exchange, now: u32) {
    if exchange.state == State::NeedBody {
        exchange.state = State::Send;
        exchange.seeks_answer = false;
        exchange.timers.progress(now);
    }
}
