//! What arrives: the head, what an end or a silence stands for, and the stream behind a connection that has left
//! HTTP.

use super::{Body, CloseReason, Exchange, Failure, State};
use crate::error::{Deadline, Peer, ProtocolError};
use crate::http::bytes::{move_down, part, part_mut};
use crate::http::framing::ChunkedDecoder;
use crate::http::head::{HeadMeasure, HeadParser};
use crate::http::method::Repeat;

/// Interim responses before the final one; more are an attack or a loop.
const MAX_INTERIM: u8 = 16;

/// A head that doesn't fit is still read, up to this size, to say how much it needs.
const MAX_MEASURED: usize = 64 * 1024;

/// So many bytes that aren't HTTP tell what they are, where no line ends before.
const ENOUGH: usize = 32;

/// The part of the buffer that begins here.
pub(super) type Room = usize;

impl Exchange {
    /// Parses what has arrived. Where that is no whole head, the room for more is returned.
    #[cfg_attr(target_arch = "arm", inline(never))]
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
    pub(super) fn parse_lines(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, Failure> {
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
        let peer = match self.reused {
            _ if self.interim > 0 => Peer::BehindInterim,
            true => Peer::LeftOvers,
            false => peer,
        };
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
            // The one too many is what the evidence shows.
            self.interim = self.interim.wrapping_add(1);
            if self.interim > MAX_INTERIM {
                return Err(Failure::Protocol(ProtocolError::TooManyInterim));
            }
            self.parsed_to = self.parsed_to.wrapping_add(length);
            if self.parsed_to == self.filled {
                (self.parsed_to, self.filled) = (0, 0);
            }
            self.parser = HeadParser::NEW;
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
            // Nothing is staged any more, or sent again.
            State::Body => {
                self.timers.progress(now);
                self.filled = self.filled.wrapping_add(count);
                self.count_received(count);
                return Ok(false);
            }
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

    /// The response is complete. Its connection is kept, or there is a reason against it
    /// (RFC 9112 section 9.3).
    pub(super) fn complete(&mut self, until_close: bool) {
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
    pub(super) fn shift_to(&mut self, buffer: &mut [u8], target: usize) {
        if self.parsed_to > target {
            move_down(buffer, self.parsed_to, self.filled, target);
            self.filled = target.wrapping_add(self.filled.wrapping_sub(self.parsed_to));
            self.parsed_to = target;
        }
    }
}

impl Exchange {
    /// What came behind the head and wasn't read yet.
    pub fn early_stream<'b>(&self, buffer: &'b [u8]) -> &'b [u8] {
        buffer.get(self.parsed_to..self.filled).unwrap_or_default()
    }

    /// So much of it was read.
    pub fn take_early(&mut self, count: usize) {
        self.parsed_to = self.parsed_to.wrapping_add(count).min(self.filled);
    }

    /// None of the stream was read yet. A length in front of it isn't its own.
    // Not where a body starts: that would take 56 bytes of each GET.
    pub fn stream_begins(&mut self) {
        self.decoder = ChunkedDecoder::in_data(self.parser.fields.announced());
    }

    /// So many bytes of the stream were read.
    pub fn stream_read(&mut self, count: usize) {
        let left = self.decoder.data_remaining().wrapping_sub(count as u64);
        self.decoder = ChunkedDecoder::in_data(left);
    }

    /// The peer takes nothing: the idle deadline counts from the first time on.
    pub fn stream_blocked(&mut self, now: u32) {
        if !self.seeks_answer {
            self.seeks_answer = true;
            self.timers.progress(now);
        }
    }

    /// The peer took something.
    pub fn stream_written(&mut self) {
        self.seeks_answer = false;
    }
}
