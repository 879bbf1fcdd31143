//! From the first look at the link to the last byte of the request.

use super::{Exchange, Failure, State};
use crate::error::Deadline;
use crate::http::bytes::copy;
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
        self.received = self.received.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
    }
}
