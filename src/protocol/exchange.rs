//! A request on its way, and its response as it arrives.

use super::{Body, CloseReason, Deadlines, Failure, Timers};
use crate::error::{Deadline, Evidence, Phase};
use crate::http::bytes::part;
#[cfg(feature = "json")]
use crate::http::bytes::part_mut;
use crate::http::endpoint::Endpoint;
use crate::http::framing::{ChunkedDecoder, ResponseTo};
use crate::http::head::{GoOn, HeadMeasure, HeadParser};
use crate::http::method::Repeat;
use crate::http::response::{Headers, ResponseHead};
use crate::http::url::Scheme;

/// What was asked for. It stays as it is once the call has begun.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestParams {
    pub(crate) response_to: ResponseTo,
    pub(crate) repeat: Repeat,
    /// The request says `Connection: close`.
    pub(crate) close: bool,
    /// Codings that can't be undone are passed on as they are.
    pub(crate) allow_unknown_codings: bool,
    pub(crate) deadlines: Deadlines,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Begin,
    Resolve,
    Connect,
    Send,
    /// All that was given of the body is sent, and there is to be more.
    NeedBody,
    AwaitContinue,
    Head,
    /// The head doesn't fit the buffer; it is counted to its end for the error.
    MeasureHead,
    Body,
    /// The response is complete.
    Over,
    /// An error was reported.
    Failed,
}

/// What a caller waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// The response's head.
    Head,
    /// Bytes of the body in the buffer, or its end.
    Body,
    /// The end of the body, all of which is retained in the buffer.
    End,
    /// The end of the body, of which nobody wants more. It is given up where too much is left.
    Discarded,
}

/// What has to happen next.
#[derive(Debug)]
pub enum Action<'c> {
    /// Look at the link, and take the kept connection if it leads there; then `begun`.
    Begin,
    /// Look the host's name up; then `resolved`.
    Resolve,
    /// Open a connection to the endpoint's `remote`, which is known; then `connected`.
    Connect,
    /// Send these bytes; then `sent`, or `send_blocked`.
    Send(&'c [u8]),
    /// Receive into this; then `received`, `nothing_received` or `ended`.
    Receive(&'c mut [u8]),
    /// Give more of the body.
    NeedBody,
    /// What the caller waits for is there.
    Ready,
}

/// A request and its response, wherever its bytes and its body are.
// In this order, since what stands in front is reached by shorter instructions, and what is 0 at the start
// is set at once.
#[repr(C)]
#[derive(Debug)]
pub struct Exchange {
    pub(crate) state: State,
    /// What follows once all is sent: the head, or more of the body.
    pub(super) after_send: State,
    pub(crate) body: Body,
    /// The request is in the buffer as it was, and can be sent again.
    pub(super) replayable: bool,
    pub(crate) reused: bool,
    /// The response came before the request was sent whole.
    pub(super) request_incomplete: bool,
    /// The caller has a piece of the body since the last wait.
    pub(super) body_lent: bool,
    /// The peer takes no more, or may have enough: an answer is looked for before more is sent.
    pub(super) seeks_answer: bool,
    /// The body waits for `100 Continue`.
    pub(super) holds_body: bool,
    pub(super) interim: u8,
    /// Why the connection can't be kept, once the response is complete.
    pub(super) close_reason: Option<CloseReason>,
    /// The buffer, later: `..retained_end` holds what the caller may look at (head, body read whole,
    /// trailers), `parsed_to..filled` what arrived and wasn't taken yet.
    pub(super) parsed_to: usize,
    pub(super) filled: usize,
    pub(super) retained_end: usize,
    pub(super) head_end: usize,
    /// Bytes of the body that stand in the buffer from `parsed_to`, for the caller.
    pub(super) ready: usize,
    /// The buffer, behind the host: what is to be sent of it.
    pub(super) stage_sent: usize,
    pub(super) stage_end: usize,
    /// How much of the body outside of the buffer was staged or sent, and how much of it by the time
    /// that the stage is sent.
    pub(super) body_taken: usize,
    pub(super) body_staged: usize,
    pub(crate) sent: u32,
    pub(crate) received: u32,
    /// The trailers end at `parsed_to`, once all is complete.
    pub(super) trailers_length: usize,
    /// Of a body that nobody wants.
    pub(super) discarded: usize,
    pub(super) decoder: ChunkedDecoder,
    pub(super) parser: HeadParser,
    /// Of a head that doesn't fit the buffer.
    pub(super) measure: HeadMeasure,
    /// How a head goes on whose lines break a rule, where that is wanted.
    pub(crate) lenient: Option<GoOn>,
    pub(crate) timers: Timers,
    pub(crate) params: RequestParams,
    pub(crate) endpoint: Endpoint,
}

impl Exchange {
    /// A request to this endpoint, of which nothing is [staged](Self::stage) yet.
    // Made where it will stand: moving it takes 280 instructions of a Cortex-M3.
    #[inline(always)]
    pub(crate) fn new(
        endpoint: Endpoint,
        response_to: ResponseTo,
        repeat: Repeat,
        deadlines: Deadlines,
        now: u32,
    ) -> Self {
        Self {
            state: State::Begin,
            after_send: State::Head,
            body: Body::Done,
            replayable: true,
            reused: false,
            request_incomplete: false,
            body_lent: false,
            seeks_answer: false,
            holds_body: false,
            interim: 0,
            close_reason: None,
            parsed_to: 0,
            filled: 0,
            retained_end: 0,
            head_end: 0,
            ready: 0,
            stage_sent: 0,
            stage_end: 0,
            body_taken: 0,
            body_staged: 0,
            sent: 0,
            received: 0,
            trailers_length: 0,
            discarded: 0,
            decoder: ChunkedDecoder::in_data(0),
            parser: HeadParser::NEW,
            measure: HeadMeasure::default(),
            lenient: None,
            timers: Timers { started: now, mark: now },
            params: RequestParams {
                response_to,
                repeat,
                close: false,
                allow_unknown_codings: false,
                deadlines,
            },
            endpoint,
        }
    }

    /// Another request to the same endpoint, of which nothing is [staged](Self::stage) yet; the total
    /// deadline counts from `started`.
    // Once for all that send a request again.
    #[inline(never)]
    pub(crate) fn reset(&mut self, started: u32) {
        let (params, lenient) = (self.params, self.lenient);
        let mut endpoint = self.endpoint;
        endpoint.forget_resolved();
        *self = Self::new(endpoint, params.response_to, params.repeat, params.deadlines, started);
        (self.params, self.lenient) = (params, lenient);
    }

    /// What has to happen next for the `goal`. `body` is what of the request's body isn't in the buffer.
    ///
    /// # Errors
    ///
    /// The peer broke HTTP, or a buffer is too small: the exchange is to be ended.
    pub fn next<'c>(
        &mut self,
        buffer: &'c mut [u8],
        body: &'c [u8],
        goal: Goal,
        now: u32,
    ) -> Result<Action<'c>, Failure> {
        if !matches!(self.state, State::Begin | State::Body | State::Over | State::Failed) {
            self.check_total(now)?;
        }
        loop {
            let room = match self.state {
                State::Begin => return Ok(Action::Begin),
                State::Resolve | State::Connect => {
                    if self.endpoint.remote.is_none() {
                        return Ok(Action::Resolve);
                    }
                    self.state = State::Connect;
                    return Ok(Action::Connect);
                }
                State::Send if !self.seeks_answer => {
                    if self.has_stage() {
                        let stage = part(buffer, self.stage_sent, self.stage_end);
                        return Ok(Action::Send(stage));
                    }
                    if self.holds_body {
                        self.timers.progress(now);
                        self.state = State::AwaitContinue;
                        continue;
                    }
                    match self.unsent(body) {
                        [] => self.all_is_sent(),
                        rest => return Ok(Action::Send(rest)),
                    }
                    continue;
                }
                State::NeedBody if !self.seeks_answer => return Ok(Action::NeedBody),
                State::Send | State::NeedBody | State::AwaitContinue | State::Head => {
                    self.next_of_head(buffer, body, now)?
                }
                State::MeasureHead => Some(0),
                State::Body if goal != Goal::Head && !self.is_upgraded() => {
                    self.next_of_body(buffer, goal, now)?
                }
                State::Body | State::Over => return Ok(Action::Ready),
                State::Failed => return Err(Failure::CallOver),
            };
            if let Some(start) = room {
                // A body that has arrived is there, however late it is.
                self.check_total(now)?;
                return Ok(Action::Receive(buffer.get_mut(start..).unwrap_or_default()));
            }
            if self.ready > 0 {
                return Ok(Action::Ready);
            }
        }
    }

    /// The step that the exchange is in.
    pub fn phase(&self) -> Phase {
        match self.state {
            State::Begin => Phase::Link,
            State::Resolve => Phase::Resolve,
            State::Connect => Phase::Connect,
            State::Send | State::NeedBody => Phase::Send,
            State::AwaitContinue | State::Head | State::MeasureHead => Phase::Head,
            State::Body | State::Over | State::Failed => Phase::Body,
        }
    }

    /// The deadline of a phase, in milliseconds; 0 where it has none.
    pub(crate) fn limit_ms(&self, phase: Phase) -> u32 {
        let deadline = match phase {
            Phase::Url | Phase::Link => return 0,
            Phase::Resolve => Deadline::Resolve,
            Phase::Connect => Deadline::Connect,
            Phase::Head if self.received == 0 => Deadline::Response,
            Phase::Send | Phase::Head | Phase::Body => Deadline::Idle,
        };
        self.params.deadlines.limit_ms(deadline)
    }

    /// The figures so far, into `evidence`, where how far the network verifies servers stands already.
    pub(crate) fn tell(&self, evidence: &mut Evidence, phase: Phase, now: u32) {
        evidence.elapsed_ms = self.timers.elapsed(now);
        evidence.phase_ms = self.timers.waited(now);
        evidence.sent = self.sent;
        evidence.received = self.received;
        evidence.limit_ms = self.limit_ms(phase);
        evidence.reused = self.reused;
        // Where nothing was sent there may have been no connection.
        if self.endpoint.scheme != Scheme::Https || self.sent == 0 {
            evidence.verification = Default::default();
        }
        evidence.remote = self.endpoint.remote;
        evidence.status = self.status();
        evidence.body = self.progress();
    }

    /// Ends the exchange, after an error that was reported.
    pub fn fail(&mut self) {
        self.state = State::Failed;
        // Taking data that were shown mustn't complete it.
        self.ready = 0;
    }

    /// Whether the exchange neither goes on nor needs its connection.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Over | State::Failed)
    }

    /// Whether the response's head has arrived.
    pub fn has_head(&self) -> bool {
        matches!(self.state, State::Body | State::Over)
    }

    /// The response's status, once its head has arrived.
    pub(crate) fn status(&self) -> Option<u16> {
        match self.state {
            State::Body | State::Over => Some(self.parser.status()),
            _ => None,
        }
    }

    /// Whether the response has handed the connection over.
    pub fn is_upgraded(&self) -> bool {
        self.body == Body::Upgraded
    }

    /// Why the connection of a complete response can't be kept.
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.close_reason
    }

    /// Bytes of the buffer that it takes.
    pub(crate) fn head_length(&self) -> usize {
        self.head_end
    }

    /// The head, of a response that is known to have arrived.
    pub fn head<'b>(&self, buffer: &'b [u8]) -> ResponseHead<'b> {
        ResponseHead::new(&self.parser, buffer.get(..self.head_end).unwrap_or_default())
    }

    /// The trailer fields behind a chunked body that was read to its end.
    pub fn trailers<'b>(&self, buffer: &'b [u8]) -> Headers<'b> {
        let start = self.parsed_to.wrapping_sub(self.trailers_length);
        Headers::new(part(buffer, start, self.parsed_to))
    }

    /// What was read whole of the body.
    pub fn read_body<'b>(&self, buffer: &'b [u8]) -> &'b [u8] {
        part(buffer, self.head_end, self.retained_end)
    }

    /// The same, and what is free behind all that has arrived.
    #[cfg(feature = "json")]
    pub fn body_and_free<'b>(&self, buffer: &'b mut [u8]) -> (&'b mut [u8], &'b mut [u8]) {
        let end = self.filled.max(self.parsed_to).max(self.retained_end);
        let (arrived, free) = buffer.split_at_mut_checked(end).unwrap_or_default();
        (part_mut(arrived, self.head_end, self.retained_end), free)
    }

    /// What was read of the body has this length from now on: it was decoded where it stands.
    #[cfg(feature = "json")]
    pub fn shorten_body(&mut self, length: usize) {
        self.retained_end = self.head_end.saturating_add(length).min(self.retained_end);
    }

    /// What came with the head, of a body that wasn't read yet.
    pub(crate) fn early_body<'b>(&self, buffer: &'b [u8]) -> &'b [u8] {
        part(buffer, self.head_end, self.filled)
    }
}
