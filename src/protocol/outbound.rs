//! From the first look at the link to the last byte of the request, and of a body that is given piece by piece.

use super::{Exchange, Failure, State};
use crate::error::{BufferUse, Deadline, RequestError};
use crate::http::bytes::copy;
use crate::http::framing::{CHUNK_LINE, MAX_CHUNK, chunk_size_line};
use crate::http::method::BodyLength;
use crate::http::method::Repeat;
use core::net::{IpAddr, SocketAddr};

/// What to do about a peer that takes no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocked {
    /// Wait, and try again.
    Wait,
    /// Go on: an answer is looked for, in a buffer that is free.
    GoOn,
    /// Look for an answer in the [room](Exchange::room_for_answer) that what can't be sent takes.
    GiveUpStage,
}

impl Exchange {
    /// The request stands in the buffer: the host, the head, and a body that was copied behind it up to
    /// `stage_end`. As much of the lent body as fits follows, unless it waits for `100 Continue`.
    pub(crate) fn stage(
        &mut self,
        stage_end: usize,
        holds_body: bool,
        buffer: &mut [u8],
        body: &[u8],
    ) {
        self.stage_sent = self.endpoint.host_length;
        self.stage_end = stage_end;
        self.holds_body = holds_body;
        if !holds_body {
            self.stage_body(buffer, body);
        }
    }

    /// Puts as much of the body behind the head as fits, so that both leave in one `send`.
    // Once instead of three times: 70 bytes.
    #[inline(never)]
    pub fn stage_body(&mut self, buffer: &mut [u8], body: &[u8]) {
        let rest = self.unsent(body);
        let limit = self.stage_limit(buffer);
        let room = buffer.get_mut(self.stage_end..limit).unwrap_or_default();
        let count = copy(room, rest);
        self.stage_end = self.stage_end.wrapping_add(count);
        self.body_taken = self.body_taken.wrapping_add(count);
        self.body_staged = self.body_taken;
    }

    /// What of the body outside of the buffer was neither staged nor sent.
    // Inlined, it is taken before it is known to be needed, each time.
    #[inline(never)]
    pub(super) fn unsent<'b>(&self, body: &'b [u8]) -> &'b [u8] {
        body.get(self.body_taken..).unwrap_or_default()
    }

    /// Where the stage has to end. A request that may have to be sent again leaves a byte behind it, into
    /// which the answer's first can be received: what a failing `receive` does to its buffer isn't known.
    pub(super) fn stage_limit(&self, buffer: &[u8]) -> usize {
        let spared = self.params.repeat != Repeat::Never && self.replayable;
        buffer.len().saturating_sub(usize::from(spared))
    }

    /// The link is up; where the kept connection was taken, it leads to `kept`.
    pub fn begun(&mut self, kept: Option<&SocketAddr>, now: u32) {
        self.timers.progress(now);
        self.reused = kept.is_some();
        self.state = State::Resolve;
        if let Some(remote) = kept {
            self.endpoint.remote = Some(*remote);
            self.state = State::Send;
        }
    }

    /// The resolver's answer. It is to be checked before it counts as [`resolved`](Self::resolved).
    pub fn resolves_to(&mut self, address: IpAddr) {
        self.endpoint.resolved(address);
    }

    /// The answer is taken.
    pub fn resolved(&mut self, now: u32) {
        self.timers.progress(now);
        self.state = State::Connect;
    }

    /// The connection is open.
    pub fn connected(&mut self, now: u32) -> Result<(), Failure> {
        self.check_total(now)?;
        self.timers.progress(now);
        self.state = State::Send;
        Ok(())
    }

    /// The stack would block, in a step that does nothing else.
    // Once instead of five times: 90 bytes.
    #[inline(never)]
    pub fn wait(&self, now: u32, deadline: Deadline) -> Result<(), Failure> {
        self.timers.wait(now, deadline, &self.params.deadlines)
    }

    pub(crate) fn check_total(&self, now: u32) -> Result<(), Failure> {
        self.timers.check_total(now, &self.params.deadlines)
    }

    pub(super) fn has_stage(&self) -> bool {
        self.stage_sent < self.stage_end
    }

    /// The stack took so many of the bytes that were to be sent.
    pub fn sent(&mut self, count: usize, now: u32) {
        self.sent = self.sent.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        let taken = if self.has_stage() { &mut self.stage_sent } else { &mut self.body_taken };
        *taken = taken.wrapping_add(count);
        self.timers.progress(now);
    }

    pub(super) fn all_is_sent(&mut self) {
        self.state = self.after_send;
        // A server may answer before the body's end, and want no more of it (RFC 9112 section 9.3).
        self.seeks_answer = self.state == State::NeedBody;
    }

    /// Whether an answer has begun that isn't complete.
    pub fn has_part_of_answer(&self) -> bool {
        self.filled > self.parsed_to
    }

    /// Whether all of the request has left.
    pub(super) fn request_is_sent(&self, body: &[u8]) -> bool {
        !self.holds_body
            && !self.has_stage()
            && self.unsent(body).is_empty()
            && self.after_send == State::Head
    }

    /// The peer takes no more now. Perhaps it has answered already, and a request that it refuses needs
    /// no rest (RFC 9112 section 9.3). What is staged is in the way of an answer: it is given up for
    /// one only once the idle deadline has made it worthless.
    pub fn send_blocked(&mut self, now: u32) -> Result<Blocked, Failure> {
        if !self.has_stage() {
            self.seeks_answer = true;
            return Ok(Blocked::GoOn);
        }
        if self.timers.waited(now) >= self.params.deadlines.idle_ms && self.sent > 0 {
            return Ok(Blocked::GiveUpStage);
        }
        self.wait(now, Deadline::Idle)?;
        Ok(Blocked::Wait)
    }

    /// Where an answer may be received that stands for what can't be sent; over what is left of the
    /// request in the buffer. `None` where nothing was sent that could be answered.
    pub fn room_for_answer<'b>(&self, buffer: &'b mut [u8]) -> Option<&'b mut [u8]> {
        if self.sent == 0 {
            return None;
        }
        buffer.get_mut(self.filled..).filter(|room| !room.is_empty())
    }

    /// Of an answer that came instead of more to be taken, so many bytes more, or those before, are
    /// there. False where there are none.
    pub fn answer_came(&mut self, count: usize, now: u32) -> bool {
        if count > 0 {
            self.arrived(count);
        }
        let is_there = self.filled > self.parsed_to;
        if is_there {
            self.timers.progress(now);
            self.state = State::Head;
        }
        is_there
    }

    /// Whether a failure means that the server had closed a kept connection, and the request may
    /// be sent again: once, on a connection that isn't such a one, if that can't do harm, and nothing of a
    /// response has come (RFC 9110 section 9.2.2, RFC 9112 section 9.3.1). That no byte was counted as sent proves
    /// nothing: a modem may have sent what it then failed to confirm.
    #[inline(never)]
    pub fn may_start_over(&self) -> bool {
        self.reused && self.params.repeat != Repeat::Never && self.replayable && self.received == 0
    }

    /// Sends the request again on a fresh connection.
    // Once instead of twice: 80 bytes.
    #[inline(never)]
    pub fn start_over(&mut self, now: u32) {
        self.reused = false;
        self.seeks_answer = false;
        self.endpoint.forget_resolved();
        self.sent = 0;
        self.stage_sent = self.endpoint.host_length;
        self.body_taken = self.body_staged;
        self.timers.progress(now);
        self.state = State::Resolve;
    }

    /// Lets the body go that waited for `100 Continue`.
    pub(super) fn release_body(&mut self, buffer: &mut [u8], body: &[u8], now: u32) {
        self.timers.progress(now);
        self.holds_body = false;
        // The request's head isn't needed any more: the body is staged in its place.
        self.restage();
        self.stage_body(buffer, body);
        self.state = State::Send;
    }

    /// What was staged is sent; the next piece of the body takes its place, behind what has come of an
    /// early answer.
    pub(super) fn restage(&mut self) {
        self.replayable = false;
        self.stage_sent = self.filled;
        self.stage_end = self.filled;
    }

    /// Notes bytes of the response, which stand in the buffer from `filled`. What is staged next follows
    /// them.
    pub(super) fn arrived(&mut self, count: usize) {
        self.filled = self.filled.wrapping_add(count);
        self.count_received(count);
        self.replayable = false;
        if !self.has_stage() {
            self.restage();
        }
    }

    pub(super) fn count_received(&mut self, count: usize) {
        // It stands still where it would overflow.
        if let Some(received) = self.received.checked_add(u32::try_from(count).unwrap_or(u32::MAX))
        {
            self.received = received;
        }
    }
}

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
