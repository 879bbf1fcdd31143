//! From the first byte of the response to its last.

use super::{Body, CloseReason, Exchange, Failure, Goal, State};
use crate::error::{BufferUse, Deadline, Peer, ProtocolError};
use crate::http::bytes::{move_down, part, part_mut};
use crate::http::chunked::Piece;
use crate::http::head::{HeadMeasure, HeadParser};
use crate::http::method::Repeat;

/// Interim responses before the final one; more are an attack or a loop.
const MAX_INTERIM: u8 = 16;

/// A head that doesn't fit is still read, up to this size, to say how much it needs.
const MAX_MEASURED: usize = 64 * 1024;

/// A response that isn't read to its end is drained if no more than this is left.
const MAX_DISCARDED: usize = 1024;

/// And for no longer than this, in milliseconds, over a stack whose calls take their time.
const MAX_DISCARDING: u32 = 50;

/// Room behind the head that framing needs to make progress.
const LEAST_ROOM: u8 = 32;

/// So many bytes that aren't HTTP tell what they are, where no line ends before.
const ENOUGH: usize = 32;

/// The part of the buffer that begins here.
type Room = usize;

impl Exchange {
    /// Parses what has arrived. Where that is no whole head, the room for more is returned.
    pub(super) fn next_of_head(
        &mut self,
        buffer: &mut [u8],
        body: &[u8],
        now: u32,
    ) -> Result<Option<Room>, Failure> {
        if self.filled > self.parsed_to
            && let Some(length) = self.parse_lines(buffer)?
        {
            self.head_complete(buffer, body, length, now)?;
            return Ok(None);
        }
        if self.filled == buffer.len() {
            if self.parsed_to == 0 {
                self.measure = HeadMeasure::default();
                self.measure.count(buffer);
                self.state = State::MeasureHead;
                return Ok(None);
            }
            self.shift_to(buffer, 0);
        }
        // The request in the buffer may have to be sent again.
        if self.reused && self.filled == 0 && self.may_start_over() {
            if self.stage_end < buffer.len() {
                return Ok(Some(self.stage_end));
            }
            self.replayable = false;
        }
        Ok(Some(self.filled))
    }

    /// Parses what has arrived of a head or of trailers. Returns the length of all of it.
    // Within its callers: what it returns takes longer than what it does.
    #[inline(always)]
    fn parse_lines(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, Failure> {
        let arrived = part_mut(buffer, self.parsed_to, self.filled);
        if let Err(error) = self.parser.scan(arrived) {
            self.wrong_head(buffer, error)?;
        }
        Ok(self.parser.length())
    }

    /// A line of the head or the trailers is wrong. A lenient request goes on behind it. What isn't HTTP at all
    /// is read a little further, so that what it is can be told.
    #[cold]
    #[inline(never)]
    #[allow(clippy::manual_contains, reason = "that brings a search by words, 136 bytes on a chip")]
    fn wrong_head(&mut self, buffer: &mut [u8], error: ProtocolError) -> Result<(), Failure> {
        let ProtocolError::NotHttp(peer) = error else {
            let Some(go_on) = self.lenient else { return Err(Failure::Protocol(error)) };
            let head = part_mut(buffer, self.parsed_to, self.filled);
            return go_on(&mut self.parser, head, error).map_err(Failure::Protocol);
        };
        let peer = if self.reused { Peer::LeftOvers } else { peer };
        let start = part(buffer, self.parsed_to, self.filled);
        let is_told = match start.trim_ascii_start() {
            [0x15 | 0x16, 3, ..] => true,
            text => text.iter().any(|byte| *byte == b'\n'),
        };
        if is_told || start.len() >= ENOUGH || self.filled == buffer.len() {
            return Err(Failure::Protocol(ProtocolError::NotHttp(peer)));
        }
        self.parser.stranger = Some(peer);
        Ok(())
    }

    fn head_complete(
        &mut self,
        buffer: &mut [u8],
        body: &[u8],
        length: usize,
        now: u32,
    ) -> Result<(), Failure> {
        let status = self.parser.status();
        // RFC 9110 section 15.2: interim responses come before the final one, whether expected or
        // not. 101 is final for HTTP.
        if matches!(status, 100..=199) && status != 101 {
            self.parsed_to = self.parsed_to.wrapping_add(length);
            if self.parsed_to == self.filled {
                (self.parsed_to, self.filled) = (0, 0);
            }
            self.parser = HeadParser::NEW;
            self.interim = self.interim.wrapping_add(1);
            if self.interim > MAX_INTERIM {
                return Err(Failure::Protocol(ProtocolError::TooManyInterim));
            }
            self.timers.progress(now);
            if self.may_release_body() {
                self.release_body(buffer, body, now);
            }
            return Ok(());
        }
        let http10 = self.parser.is_http10();
        let params = &self.params;
        let framing = self
            .parser
            .fields
            .decide(params.response_to, status, http10, params.allow_unknown_codings)
            .map_err(Failure::Protocol)?;
        self.shift_to(buffer, 0);
        self.head_end = length;
        self.retained_end = length;
        self.parsed_to = length;
        self.request_incomplete = !self.request_is_sent(body);
        self.seeks_answer = false;
        self.timers.progress(now);
        self.start_body(framing);
        if self.body == Body::Done {
            self.complete(false);
        } else {
            self.state = State::Body;
        }
        Ok(())
    }

    /// The body waits for `100 Continue`, and nothing of another head has come.
    fn may_release_body(&self) -> bool {
        self.state == State::AwaitContinue && self.filled == self.parsed_to
    }

    /// Whether the rest of the body may be read for its connection's sake. It ends soon, as far as that can
    /// be told.
    pub fn is_worth_discarding(&self) -> bool {
        self.state == State::Body && self.ends_within(MAX_DISCARDED)
    }

    /// From here on the time counts that reading the rest takes, which its caller waits for.
    #[cold]
    pub(crate) fn start_discarding(&mut self, now: u32) {
        self.timers.started = now;
    }

    /// How long the rest may be waited for.
    #[cfg(feature = "async")]
    pub(crate) fn discarding_left(&self, now: u32) -> u32 {
        MAX_DISCARDING.saturating_sub(self.timers.elapsed(now))
    }

    /// Sees to it that bytes of the body stand in the buffer from `parsed_to`, or that the body has
    /// ended. Otherwise the room for more is returned.
    pub(super) fn next_of_body(
        &mut self,
        buffer: &mut [u8],
        goal: Goal,
        now: u32,
    ) -> Result<Option<Room>, Failure> {
        if goal == Goal::End && self.retained_end == self.head_end {
            self.check_fit(buffer.len())?;
        }
        loop {
            let arrived = self.filled.wrapping_sub(self.parsed_to);
            self.ready = if arrived > 0 { self.data_ahead().min(arrived) } else { 0 };
            if self.ready > 0 {
                match goal {
                    Goal::End => self.retain(buffer),
                    Goal::Discarded if self.discarded > MAX_DISCARDED => return Ok(None),
                    Goal::Discarded => {
                        self.discarded = self.discarded.wrapping_add(self.ready);
                        self.consume(self.ready);
                    }
                    Goal::Head | Goal::Body => return Ok(None),
                }
                if self.state == State::Over {
                    return Ok(None);
                }
                continue;
            }
            match self.body {
                Body::Done | Body::Upgraded => {
                    self.state = State::Over;
                    return Ok(None);
                }
                Body::Length | Body::UntilClose => {}
                Body::Chunked | Body::Trailers => {
                    if arrived > 0 && self.next_of_framing(buffer)? {
                        continue;
                    }
                }
            }
            self.make_room(buffer)?;
            if goal == Goal::Discarded && self.timers.elapsed(now) >= MAX_DISCARDING {
                return Err(Failure::CallOver);
            }
            return Ok(Some(self.filled));
        }
    }

    /// Reads framing of a chunked body. False where more of it has to arrive first.
    fn next_of_framing(&mut self, buffer: &mut [u8]) -> Result<bool, Failure> {
        if self.body == Body::Trailers {
            let length = self.parse_lines(buffer)?;
            if let Some(length) = length {
                self.trailers_length = length;
                self.parsed_to = self.parsed_to.wrapping_add(length);
                self.complete(false);
            }
            return Ok(length.is_some());
        }
        let arrived = part_mut(buffer, self.parsed_to, self.filled);
        let (taken, piece) = self.decoder.next(arrived).map_err(Failure::Protocol)?;
        self.parsed_to = self.parsed_to.wrapping_add(taken);
        if piece == Piece::Trailers {
            self.body = Body::Trailers;
            self.parser.start_trailers();
            return Ok(true);
        }
        Ok(piece == Piece::Data && self.filled > self.parsed_to)
    }

    /// Room for at least one byte behind `filled`.
    fn make_room(&mut self, buffer: &mut [u8]) -> Result<(), Failure> {
        if self.parsed_to == self.filled {
            (self.parsed_to, self.filled) = (self.retained_end, self.retained_end);
        } else if self.filled == buffer.len() {
            self.shift_to(buffer, self.retained_end);
        }
        if self.filled < buffer.len() {
            return Ok(());
        }
        Err(match self.body {
            Body::Trailers => Failure::NoRoom(BufferUse::Trailers, 1),
            _ if self.retained_end > self.head_end => Failure::NoRoom(BufferUse::Body, 1),
            _ => Failure::NoRoom(BufferUse::Body, LEAST_ROOM),
        })
    }

    /// So many bytes, at least one, were received into the room that was given. True where they are no
    /// response, but left-overs of the one before, and the request is sent again on another connection.
    pub fn received(&mut self, buffer: &mut [u8], count: usize, now: u32) -> Result<bool, Failure> {
        match self.state {
            State::MeasureHead => {
                self.count_received(count);
                let complete = self.measure.count(buffer.get(..count).unwrap_or_default());
                let is_late = self.timers.waited(now) >= self.params.deadlines.idle_ms;
                if complete || is_late || self.measure.length > MAX_MEASURED {
                    return Err(Failure::HeadTooLarge { counted: complete });
                }
                return Ok(false);
            }
            State::Body => self.timers.progress(now),
            _ if self.filled == self.parsed_to => {
                self.timers.progress(now);
                if self.reused && self.may_start_over() {
                    let from = self.stage_end;
                    let end = from.wrapping_add(count);
                    if self.params.repeat == Repeat::Safe
                        && !HeadParser::may_start(part(buffer, from, end))
                    {
                        self.start_over(now);
                        return Ok(true);
                    }
                    move_down(buffer, from, end, 0);
                }
            }
            // All of the head has to come within one idle time from its first byte, so that a peer
            // can't drip it for hours.
            _ if self.timers.waited(now) >= self.params.deadlines.idle_ms => {
                return Err(Failure::Timeout(Deadline::Idle));
            }
            _ => {}
        }
        self.arrived(count);
        Ok(false)
    }

    /// Nothing has arrived. True where there is something else to go on with.
    pub fn nothing_received(
        &mut self,
        buffer: &mut [u8],
        body: &[u8],
        now: u32,
    ) -> Result<bool, Failure> {
        let is_clear = self.filled == self.parsed_to;
        match self.state {
            State::NeedBody => {
                self.seeks_answer = false;
                return Ok(true);
            }
            State::Send => {
                self.seeks_answer = false;
                self.wait(now, Deadline::Idle)?;
            }
            State::AwaitContinue if is_clear => {
                if self.timers.waited(now) >= self.params.deadlines.continue_ms {
                    self.release_body(buffer, body, now);
                    return Ok(true);
                }
            }
            State::MeasureHead => {
                if self.timers.waited(now) >= self.params.deadlines.idle_ms {
                    return Err(Failure::HeadTooLarge { counted: false });
                }
            }
            State::Body => {
                // The time that the caller took over the last piece doesn't count.
                if self.body_lent {
                    self.body_lent = false;
                    self.timers.progress(now);
                }
                self.wait(now, Deadline::Idle)?;
            }
            // Up to the first byte the server may think.
            _ if is_clear => self.wait(now, Deadline::Response)?,
            _ => self.wait(now, Deadline::Idle)?,
        }
        Ok(false)
    }

    /// The stream has ended; `clean` where nothing of it is lost. True where that was a stale connection,
    /// and the request is sent again on another.
    pub fn ended(&mut self, clean: bool, now: u32) -> Result<bool, Failure> {
        match self.state {
            // What arrived is taken before more is asked for: there is nothing left of it here.
            State::Body
                if clean && self.body == Body::UntilClose && self.parsed_to == self.filled =>
            {
                self.complete(true);
                Ok(false)
            }
            State::Body => Err(Failure::Truncated),
            State::MeasureHead => Err(Failure::HeadTooLarge { counted: false }),
            State::Over | State::Failed => Err(Failure::CallOver),
            _ if self.may_start_over() => {
                self.start_over(now);
                Ok(true)
            }
            _ if self.received == 0 && self.reused => Err(Failure::StaleConnection),
            // Interim ones may have come.
            _ if self.filled == self.parsed_to => Err(Failure::ClosedBeforeResponse),
            _ => Err(Failure::Truncated),
        }
    }

    /// Bytes of the body that stand in the buffer, for the caller.
    pub fn data<'b>(&self, buffer: &'b [u8]) -> &'b [u8] {
        let end = self.parsed_to.wrapping_add(self.ready);
        buffer.get(self.parsed_to..end).unwrap_or_default()
    }

    /// How much of the body may go from the stack into `out` without a copy; 0 where it has to pass
    /// through the buffer, as what `out` has less room for than the buffer.
    pub fn direct_length(&self, buffer: &[u8], out: &[u8]) -> usize {
        let room = buffer.len().wrapping_sub(self.retained_end);
        let is_direct =
            self.state == State::Body && self.parsed_to == self.filled && out.len() >= room;
        if is_direct { self.data_ahead().min(out.len()) } else { 0 }
    }

    /// So many bytes of the body were received elsewhere.
    pub fn received_directly(&mut self, count: usize, now: u32) -> Result<(), Failure> {
        self.timers.progress(now);
        self.check_total(now)?;
        self.count_received(count);
        self.took(count);
        Ok(())
    }

    /// Takes data that stands in the buffer; never more than is there.
    pub fn consume(&mut self, count: usize) {
        let count = count.min(self.ready);
        self.ready = self.ready.wrapping_sub(count);
        self.parsed_to = self.parsed_to.wrapping_add(count);
        self.took(count);
    }

    /// Takes all data that stands in the buffer, and retains it behind what was read before.
    fn retain(&mut self, buffer: &mut [u8]) {
        let count = self.ready;
        let end = self.parsed_to.wrapping_add(count);
        if self.parsed_to > self.retained_end {
            move_down(buffer, self.parsed_to, end, self.retained_end);
        }
        self.retained_end = self.retained_end.wrapping_add(count);
        self.consume(count);
    }

    /// Whether the rest of the body fits the buffer, where that is known beforehand.
    fn check_fit(&self, available: usize) -> Result<(), Failure> {
        let room = available.saturating_sub(self.retained_end);
        if self.state == State::Body && self.body == Body::Length && self.data_ahead() > room {
            return Err(Failure::BodyTooLarge);
        }
        Ok(())
    }

    /// Counts data that was taken, and ends a body whose length is reached.
    fn took(&mut self, count: usize) {
        let count = count as u64;
        self.body_received = self.body_received.wrapping_add(count);
        self.body_lent = true;
        self.decoder.take_data(count);
        if self.body == Body::Length && self.decoder.data_remaining() == 0 {
            self.complete(false);
        }
    }

    /// The response is complete. Its connection is kept, or there is a reason against it
    /// (RFC 9112 section 9.3).
    fn complete(&mut self, until_close: bool) {
        self.body = Body::Done;
        self.state = State::Over;
        let fields = &self.parser.fields;
        self.close_reason = if until_close {
            Some(CloseReason::BodyUntilClose)
        } else if self.request_incomplete {
            Some(CloseReason::RequestNotSent)
        } else if fields.close {
            Some(CloseReason::ServerAsked)
        } else if self.parser.is_http10() && !fields.keep_alive {
            Some(CloseReason::Http10)
        } else if self.params.close {
            Some(CloseReason::CallerAsked)
        } else if self.filled > self.parsed_to {
            Some(CloseReason::ExcessBytes)
        } else {
            None
        };
    }

    /// Moves what arrived and wasn't taken yet down to `target`.
    #[inline(never)]
    fn shift_to(&mut self, buffer: &mut [u8], target: usize) {
        if self.parsed_to > target {
            move_down(buffer, self.parsed_to, self.filled, target);
            self.filled = target.wrapping_add(self.filled.wrapping_sub(self.parsed_to));
            self.parsed_to = target;
        }
    }
}
