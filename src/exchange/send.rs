//! Sending the request: what is staged in the buffer, then what is left of the body.

use super::upload::UploadState;
use super::wire::Incoming;
use super::{Exchange, State, Step, TcpErrorOf, WhyClosed};
use crate::clock::{Clock, elapsed_ms};
use crate::error::{Deadline, ErrorKind};
use crate::http::bytes::copy;
use crate::network::{Connect, Network};
use embedded_nal::nb;

impl<N: Network, C: Clock> Exchange<'_, N, C> {
    /// Puts as much of the body behind the head as fits, so that both leave in one `send`.
    pub(super) fn stage_body(&mut self) {
        let body = self.plan.body.get(self.body_taken..).unwrap_or_default();
        let room = self.buffer.get_mut(self.stage_end..).unwrap_or_default();
        let count = copy(room, body);
        self.stage_end = self.stage_end.wrapping_add(count);
        self.body_taken = self.body_taken.wrapping_add(count);
    }

    pub(super) fn send(&mut self) -> Step<State> {
        loop {
            let staged = self.buffer.get(self.stage_sent..self.stage_end).unwrap_or_default();
            let rest = self.plan.body.get(self.body_taken..).unwrap_or_default();
            let from_stage = !staged.is_empty();
            if !from_stage && self.plan.expect_continue {
                self.progress();
                return Ok(State::AwaitContinue);
            }
            let bytes = if from_stage { staged } else { rest };
            if bytes.is_empty() {
                match (self.after_stage)(self) {
                    State::Send => continue,
                    state => return Ok(state),
                }
            }
            match self.core.wire.send(bytes) {
                Ok(0) if from_stage => return self.blocked_in_stage(),
                Ok(0) => return self.blocked_in_body(),
                Ok(count) => {
                    self.sent = self.sent.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
                    let taken =
                        if from_stage { &mut self.stage_sent } else { &mut self.body_taken };
                    *taken = taken.wrapping_add(count);
                    self.progress();
                    self.check_total()?;
                }
                Err(error) => return self.send_failed(error),
            }
        }
    }

    /// Whether all of the request has left.
    pub(super) fn request_is_sent(&self) -> bool {
        !self.plan.expect_continue
            && self.stage_sent >= self.stage_end
            && self.body_taken >= self.plan.body.len()
            && matches!(self.upload, UploadState::None | UploadState::Finished)
    }

    /// The peer takes no more of the body: perhaps it has answered already, and a request that it
    /// refuses needs no rest (RFC 9112 section 9.3). The buffer is free, since all of it was sent.
    fn blocked_in_body(&mut self) -> Step<State> {
        match self.head_step() {
            Ok(Some(state)) => Ok(state),
            Ok(None) | Err(nb::Error::WouldBlock) => self.pending(Deadline::Idle),
            Err(error) => Err(error),
        }
    }

    /// The peer takes no more of what is staged, which is in the way of an answer. Once the idle
    /// deadline has made it worthless, an answer is looked for.
    fn blocked_in_stage(&mut self) -> Step<State> {
        let waited = elapsed_ms(self.core.clock.now_ms(), self.mark);
        if waited < self.core.config.idle_ms {
            self.check_total()?;
            return Err(nb::Error::WouldBlock);
        }
        if self.answer_is_there() {
            return Ok(State::ReceiveHead);
        }
        self.pending(Deadline::Idle)
    }

    /// A server that refuses a body answers and takes no more; its answer may be there to read,
    /// over what is left of the request in the buffer.
    fn answer_is_there(&mut self) -> bool {
        if self.sent == 0 {
            return false;
        }
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        if !room.is_empty()
            && let Incoming::Bytes(count) = self.core.wire.receive(room)
        {
            self.arrived(count);
        }
        let is_there = self.filled > self.raw;
        if is_there {
            self.progress();
        }
        is_there
    }

    fn send_failed(&mut self, error: TcpErrorOf<N>) -> Step<State> {
        if self.is_stale() {
            return Ok(self.start_over());
        }
        if self.sent == 0
            && !self.reused
            && self.core.wire.network.behaviour().connect == Connect::ReportsSuccess
        {
            return Err(self.fail(ErrorKind::NotConnected(error)));
        }
        if self.answer_is_there() {
            return Ok(State::ReceiveHead);
        }
        Err(self.fail(ErrorKind::Send(error)))
    }

    /// Whether a failure means that the server had closed a kept connection, and the request may
    /// be sent again: once, if that can't do harm, and nothing of a response has come
    /// (RFC 9110 section 9.2.2, RFC 9112 section 9.3.1). That no byte was counted as sent proves
    /// nothing: a modem may have sent what it then failed to confirm.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub(super) fn is_stale(&self) -> bool {
        self.reused
            && !self.retried
            && self.plan.idempotent
            && self.replayable
            && self.received == 0
    }

    /// Sends the request again on a fresh connection.
    pub(super) fn start_over(&mut self) -> State {
        self.core.wire.close(WhyClosed::ServerClosedIdle);
        self.retried = true;
        self.reused = false;
        if self.plan.resolves {
            self.remote = None;
        }
        self.sent = 0;
        self.stage_sent = 0;
        let staged = self.stage_end.wrapping_sub(self.plan.head_length);
        if !self.plan.body.is_empty() {
            self.body_taken = staged;
        }
        self.progress();
        State::Resolve
    }

    /// Notes bytes of the response, which stand in the buffer from `filled`.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub(super) fn arrived(&mut self, count: usize) {
        self.filled = self.filled.wrapping_add(count);
        self.received = self.received.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        self.replayable = false;
    }
}
