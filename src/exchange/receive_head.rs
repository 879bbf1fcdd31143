//! Receiving the response's head, interim ones (1xx) included.

use super::receive_body::Body;
use super::wire::Incoming;
use super::{Exchange, State, Step};
use crate::clock::{Clock, elapsed_ms};
use crate::error::{BufferUse, Deadline, ErrorKind, ProtocolError};
use crate::http::bytes::move_down;
use crate::http::head::{HeadMeasure, HeadParser};
use crate::network::Network;
use embedded_nal::nb;

/// Interim responses before the final one; more are an attack or a loop.
const MAX_INTERIM: u8 = 16;

/// A head that doesn't fit is still read, up to this size, to say how much it needs.
const MAX_MEASURED: usize = 64 * 1024;

impl<N: Network, C: Clock> Exchange<'_, N, C> {
    /// Awaits the final head or, before a body that was announced (`Expect`), the `100 Continue` or the
    /// end of patience that lets it go.
    pub(super) fn receive_head(&mut self) -> Step<State> {
        loop {
            match self.head_step() {
                // Also the server's last word: it doesn't want the body.
                Ok(Some(state)) => return Ok(state),
                Ok(None) if self.interim > 0 && self.may_send_body() => {
                    return Ok((self.send_body)(self));
                }
                Ok(None) => self.check_total()?,
                Err(nb::Error::WouldBlock) if self.may_send_body() => {
                    let waited = elapsed_ms(self.core.clock.now_ms(), self.mark);
                    if waited >= self.core.config.continue_ms {
                        return Ok((self.send_body)(self));
                    }
                    self.check_total()?;
                    return Err(nb::Error::WouldBlock);
                }
                // Up to the first byte the server may think; then `mark` is that byte's time, and all
                // of the head has to come within one idle time, so that a peer can't drip it for hours.
                Err(nb::Error::WouldBlock) => {
                    let is_clear = self.filled == self.raw;
                    let deadline = if is_clear { Deadline::Response } else { Deadline::Idle };
                    return self.pending(deadline);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// A body waits for `100 Continue`, and nothing of another head has come.
    fn may_send_body(&self) -> bool {
        self.state == State::AwaitContinue && self.filled == self.raw
    }

    /// Lets the body go that waited for `100 Continue`.
    pub(crate) fn go_on_with_body(&mut self) -> State {
        self.progress();
        self.plan.expect_continue = false;
        // The request's head isn't needed any more: the body is staged in its place.
        self.restage();
        self.stage_body();
        State::Send
    }

    /// Parses what has arrived; where that is no whole head, receives once. `Some` is the state
    /// that follows the final head. `None` says that something happened and there is more to do.
    pub(super) fn head_step(&mut self) -> Step<Option<State>> {
        let head = self.buffer.get(self.raw..self.filled).unwrap_or_default();
        match self.parser.parse(head) {
            Ok(Some(length)) => return self.head_complete(length),
            Ok(None) => {}
            Err(error) => return Err(self.fail(ErrorKind::Protocol(error))),
        }
        if self.filled == self.buffer.len() {
            if self.raw == 0 {
                self.measure = HeadMeasure::default();
                self.measure.count(self.buffer);
                return Ok(Some(State::MeasureHead));
            }
            self.shift_to(0);
        }
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        match self.core.wire.receive(room) {
            Incoming::Bytes(count) => {
                if self.filled == self.raw {
                    self.progress();
                }
                self.arrived(count);
                Ok(None)
            }
            Incoming::Nothing => Err(nb::Error::WouldBlock),
            _ if self.is_stale() => Ok(Some(self.start_over())),
            Incoming::Failed(error) => Err(self.fail(ErrorKind::Receive(error))),
            Incoming::End | Incoming::Closed if self.received == 0 => {
                Err(self.fail(ErrorKind::ClosedBeforeResponse))
            }
            Incoming::End | Incoming::Closed => {
                let received = self.filled.wrapping_sub(self.raw) as u64;
                let error = ErrorKind::Truncated { received, announced: None };
                Err(self.fail(error))
            }
        }
    }

    fn head_complete(&mut self, length: usize) -> Step<Option<State>> {
        let status = self.parser.status();
        // RFC 9110 section 15.2: interim responses come before the final one, whether expected or
        // not. 101 is final for HTTP.
        if matches!(status, 100..=199) && status != 101 {
            self.raw = self.raw.wrapping_add(length);
            if self.raw == self.filled {
                (self.raw, self.filled) = (0, 0);
            }
            self.parser = HeadParser::new();
            self.interim = self.interim.wrapping_add(1);
            if self.interim > MAX_INTERIM {
                return Err(self.fail(ErrorKind::Protocol(ProtocolError::TooManyInterim)));
            }
            self.progress();
            return Ok(None);
        }
        let http10 = self.parser.is_http10();
        let framing =
            match self.parser.fields.decide(self.plan.asked, status, http10, self.plan.raw) {
                Ok(framing) => framing,
                Err(error) => return Err(self.fail(ErrorKind::Protocol(error))),
            };
        self.shift_to(0);
        self.head_end = length;
        self.kept = length;
        self.raw = length;
        self.request_incomplete = !self.request_is_sent();
        self.progress();
        self.body = Body::new(framing);
        Ok(Some(if matches!(self.body, Body::Done) { self.finish(false) } else { State::Body }))
    }

    /// Reads a head on that doesn't fit, only to say how much it needs.
    pub(super) fn measure_head(&mut self) -> Step<State> {
        let complete = loop {
            if self.measure.length > MAX_MEASURED {
                break false;
            }
            match self.core.wire.receive(self.buffer) {
                Incoming::Bytes(count) => {
                    self.received =
                        self.received.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
                    if self.measure.count(self.buffer.get(..count).unwrap_or_default()) {
                        break true;
                    }
                }
                Incoming::Nothing => {
                    let waited = elapsed_ms(self.core.clock.now_ms(), self.mark);
                    if waited < self.core.config.idle_ms {
                        self.check_total()?;
                        return Err(nb::Error::WouldBlock);
                    }
                    break false;
                }
                Incoming::End | Incoming::Closed | Incoming::Failed(_) => break false,
            }
        };
        let length = self.measure.length;
        Err(self.fail(ErrorKind::Buffer {
            what: BufferUse::ResponseHead,
            needed: if complete { length } else { length.wrapping_add(1) },
            available: self.buffer.len(),
            exact: complete,
        }))
    }

    /// Moves what arrived and wasn't taken yet down to `target`.
    pub(super) fn shift_to(&mut self, target: usize) {
        if self.raw > target {
            move_down(self.buffer, self.raw, self.filled, target);
            self.filled = target.wrapping_add(self.filled.wrapping_sub(self.raw));
            self.raw = target;
        }
    }
}
