//! Receiving the response's body.

use super::wire::Incoming;
use super::{ErrorOf, Exchange, Failure, Kept, State, Step, TcpErrorOf, WhyClosed};
use crate::clock::Clock;
use crate::context::LoopContext;
use crate::error::{BufferUse, Deadline, ErrorKind, Phase, StackFault};
use crate::http::bytes::{copy, move_down};
use crate::http::chunked::{ChunkedDecoder, Piece};
use crate::http::framing::Framing;
use crate::network::Network;
use embedded_nal::nb;

/// Where in the body the exchange is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Body {
    /// So many bytes remain, at least one.
    Length(u64),
    Chunked(ChunkedDecoder),
    /// The trailers behind the last chunk; `parser` scans them.
    Trailers,
    UntilClose,
    /// What follows isn't HTTP.
    Tunnel,
    Done,
}

impl Body {
    pub(super) fn new(framing: Framing) -> Self {
        match framing {
            Framing::None | Framing::Length(0) => Self::Done,
            Framing::Length(length) => Self::Length(length),
            Framing::Chunked => Self::Chunked(ChunkedDecoder::new()),
            Framing::Close => Self::UntilClose,
            Framing::Tunnel => Self::Tunnel,
        }
    }

    /// Bytes of data that come next for certain, with no framing between.
    fn data_ahead(&self) -> usize {
        let ahead = match self {
            Self::Length(remaining) => *remaining,
            Self::Chunked(decoder) => decoder.data_remaining(),
            Self::UntilClose => return usize::MAX,
            Self::Trailers | Self::Tunnel | Self::Done => return 0,
        };
        usize::try_from(ahead).unwrap_or(usize::MAX)
    }
}

/// A response that isn't read to its end is drained if no more than this is left.
const DRAINED: usize = 1024;

/// Room behind the head that framing needs to make progress.
const LEAST_ROOM: usize = 32;

impl<N: Network, C: Clock> Exchange<'_, N, C> {
    /// Reads some of the body; 0 at its end. Waits for the head first, as [`poll`](Self::poll).
    ///
    /// Large reads of bodies go from the stack into `out` without a copy.
    ///
    /// # Errors
    ///
    /// `WouldBlock` while nothing has arrived; any other error ends the exchange.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut exchange: Exchange<'_, N, C>, mut cx: LoopContext) {
    /// let mut block = [0; 256];
    /// if let Ok(count) = exchange.poll_read(&mut cx, &mut block) { /* it is in `block[..count]` */ }
    /// # }
    /// ```
    pub fn poll_read(
        &mut self,
        _cx: &mut LoopContext,
        out: &mut [u8],
    ) -> nb::Result<usize, ErrorOf<N>> {
        let step = self.advance().and_then(|()| self.read_step(out));
        self.told(step)
    }

    /// The next bytes of the body, in the request's buffer; none at its end. They are taken with
    /// [`consume`](Self::consume).
    ///
    /// # Errors
    ///
    /// As [`poll_read`](Self::poll_read); and [`Buffer`](ErrorKind::Buffer) where the head left no
    /// room in the buffer.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut exchange: Exchange<'_, N, C>, mut cx: LoopContext) {
    /// let count = exchange.poll_fill_buf(&mut cx).map_or(0, |bytes| bytes.len());
    /// exchange.consume(count);
    /// # }
    /// ```
    pub fn poll_fill_buf(&mut self, _cx: &mut LoopContext) -> nb::Result<&[u8], ErrorOf<N>> {
        let step = self.advance().and_then(|()| self.fill());
        let count = self.told(step)?;
        Ok(self.data(count))
    }

    /// Takes bytes that [`poll_fill_buf`](Self::poll_fill_buf) showed; never more than those.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut exchange: Exchange<'_, N, C>) {
    /// exchange.consume(4); // the length field; the record behind it stays
    /// # }
    /// ```
    pub fn consume(&mut self, count: usize) {
        let shown = self.filled.wrapping_sub(self.raw);
        self.take(count.min(shown).min(self.body.data_ahead()));
    }

    /// Reads the rest of the body into the request's buffer, behind the head; [`body`](Self::body)
    /// then has it.
    ///
    /// # Errors
    ///
    /// As [`poll_read`](Self::poll_read); and [`Buffer`](ErrorKind::Buffer) where it doesn't fit. If
    /// its length is known beforehand, nothing was read then, and it can still be read in pieces.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(mut exchange: Exchange<'_, N, C>, mut cx: LoopContext) {
    /// let done = exchange.poll_read_to_end(&mut cx).is_ok();
    /// # }
    /// ```
    pub fn poll_read_to_end(&mut self, _cx: &mut LoopContext) -> nb::Result<(), ErrorOf<N>> {
        let step = self.advance().and_then(|()| self.read_to_end_step());
        self.told(step)
    }

    /// What [`poll_read_to_end`](Self::poll_read_to_end) has read.
    ///
    /// ```no_run
    /// # use safe_http_client::*;
    /// # fn f<N: Network, C: Clock>(exchange: Exchange<'_, N, C>) {
    /// let open = exchange.body() == b"open";
    /// # }
    /// ```
    pub fn body(&self) -> &[u8] {
        self.buffer.get(self.head_end..self.kept).unwrap_or_default()
    }

    pub(crate) fn data(&self, count: usize) -> &[u8] {
        self.buffer.get(self.raw..self.raw.wrapping_add(count)).unwrap_or_default()
    }

    pub(crate) fn read_step(&mut self, out: &mut [u8]) -> Step<usize> {
        let room = self.buffer.len().wrapping_sub(self.kept);
        loop {
            if out.is_empty() {
                return Ok(0);
            }
            let ahead = self.body.data_ahead();
            // A read of the caller's that is larger than the buffer's rest skips the buffer.
            let direct = self.raw == self.filled && self.state == State::Body;
            if direct && ahead > 0 && out.len() >= room {
                let most = ahead.min(out.len());
                let target = out.get_mut(..most).unwrap_or_default();
                let incoming = self.core.wire.receive(target);
                if let Some(count) = self.account(incoming)? {
                    self.received =
                        self.received.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
                    self.took(count);
                    return Ok(count);
                }
                continue;
            }
            let count = self.fill()?;
            if count == 0 {
                return Ok(0);
            }
            let count = copy(out, self.data(count));
            self.take(count);
            return Ok(count);
        }
    }

    pub(crate) fn read_to_end_step(&mut self) -> Step<()> {
        if let Body::Length(remaining) = self.body
            && self.state == State::Body
        {
            let room = self.buffer.len().wrapping_sub(self.kept);
            if remaining > room as u64 {
                let needed = remaining.saturating_add(self.kept as u64);
                let kind = ErrorKind::Buffer {
                    what: BufferUse::Body,
                    needed: usize::try_from(needed).unwrap_or(usize::MAX),
                    available: self.buffer.len(),
                    exact: true,
                };
                let fault = StackFault::Unknown;
                self.failure = Some(Failure { kind, phase: Phase::Body, fault });
                return Err(nb::Error::Other(Kept));
            }
        }
        loop {
            let count = self.fill()?;
            if count == 0 {
                return Ok(());
            }
            let end = self.raw.wrapping_add(count);
            if self.raw > self.kept {
                move_down(self.buffer, self.raw, end, self.kept);
            }
            self.kept = self.kept.wrapping_add(count);
            self.take(count);
        }
    }

    /// Sees to it that bytes of the body stand in the buffer from `raw`, and returns how many; 0 at
    /// the body's end.
    pub(crate) fn fill(&mut self) -> Step<usize> {
        if self.state == State::Failed {
            return Err(self.over());
        }
        loop {
            let available = self.filled.wrapping_sub(self.raw);
            let ahead = self.body.data_ahead();
            if available > 0 && ahead > 0 {
                return Ok(ahead.min(available));
            }
            let arrived = self.buffer.get(self.raw..self.filled).unwrap_or_default();
            match &mut self.body {
                Body::Done | Body::Tunnel => return Ok(0),
                Body::Length(_) | Body::UntilClose => {}
                Body::Chunked(decoder) => match decoder.next(arrived) {
                    Ok((taken, piece)) => {
                        self.raw = self.raw.wrapping_add(taken);
                        match piece {
                            Piece::Incomplete => {}
                            Piece::Data if taken < available => continue,
                            Piece::Data => {}
                            Piece::Trailers => {
                                self.body = Body::Trailers;
                                self.parser.start_trailers();
                                continue;
                            }
                        }
                    }
                    Err(error) => return Err(self.fail(ErrorKind::Protocol(error))),
                },
                Body::Trailers => match self.parser.parse(arrived) {
                    Ok(Some(length)) => {
                        let end = self.raw.wrapping_add(length);
                        self.trailers = (self.raw, end);
                        self.raw = end;
                        self.state = self.finish(false);
                        return Ok(0);
                    }
                    Ok(None) => {}
                    Err(error) => return Err(self.fail(ErrorKind::Protocol(error))),
                },
            }
            self.make_room()?;
            let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
            let incoming = self.core.wire.receive(room);
            if let Some(count) = self.account(incoming)? {
                self.arrived(count);
            }
        }
    }

    /// Room for at least one byte behind `filled`.
    fn make_room(&mut self) -> Step<()> {
        if self.raw == self.filled {
            (self.raw, self.filled) = (self.kept, self.kept);
        } else if self.filled == self.buffer.len() {
            self.shift_to(self.kept);
        }
        if self.filled < self.buffer.len() {
            return Ok(());
        }
        let (what, more) = match self.body {
            Body::Trailers => (BufferUse::Trailers, 1),
            _ if self.kept > self.head_end => (BufferUse::Body, 1),
            _ => (BufferUse::Body, LEAST_ROOM),
        };
        Err(self.fail(ErrorKind::Buffer {
            what,
            needed: self.buffer.len().wrapping_add(more),
            available: self.buffer.len(),
            exact: false,
        }))
    }

    /// What a receive in the body means: bytes, or (with `None`) the end of a body that ends so.
    fn account(&mut self, incoming: Incoming<TcpErrorOf<N>>) -> Step<Option<usize>> {
        match incoming {
            Incoming::Bytes(count) => {
                self.progress();
                self.check_total()?;
                Ok(Some(count))
            }
            Incoming::Nothing => {
                // The time that the caller took over the last piece doesn't count.
                if self.handed_over {
                    self.handed_over = false;
                    self.progress();
                }
                self.pending(Deadline::Idle)
            }
            Incoming::End if matches!(self.body, Body::UntilClose) => {
                self.state = self.finish(true);
                Ok(None)
            }
            Incoming::End | Incoming::Closed => {
                let error = ErrorKind::Truncated {
                    received: self.body_received,
                    announced: self.parser.fields.content_length(),
                };
                Err(self.fail(error))
            }
            Incoming::Failed(error) => Err(self.fail(ErrorKind::Receive(error))),
        }
    }

    /// Takes data that stands in the buffer.
    fn take(&mut self, count: usize) {
        self.raw = self.raw.wrapping_add(count);
        self.took(count);
    }

    /// Counts data that was taken, and ends a body whose length is reached.
    fn took(&mut self, count: usize) {
        let count = count as u64;
        self.body_received = self.body_received.wrapping_add(count);
        self.handed_over = true;
        match &mut self.body {
            Body::Length(remaining) => {
                *remaining = remaining.saturating_sub(count);
                if *remaining == 0 {
                    self.state = self.finish(false);
                }
            }
            Body::Chunked(decoder) => decoder.take_data(count),
            Body::Trailers | Body::UntilClose | Body::Tunnel | Body::Done => {}
        }
    }

    /// The response is complete: keeps the connection, or closes it and notes why.
    pub(super) fn finish(&mut self, until_close: bool) -> State {
        self.body = Body::Done;
        let fields = &self.parser.fields;
        let core = &mut *self.core;
        // RFC 9112 section 9.3.
        let why = if until_close {
            WhyClosed::BodyUntilClose
        } else if self.request_incomplete {
            WhyClosed::RequestNotSent
        } else if fields.close {
            WhyClosed::ServerAsked
        } else if self.parser.is_http10() && !fields.keep_alive {
            WhyClosed::Http10
        } else if self.plan.close {
            WhyClosed::CallerAsked
        } else if self.filled > self.raw {
            WhyClosed::ExcessBytes
        } else {
            let plan = &self.plan;
            core.wire.keep(&plan.target, self.remote, plan.is_directed, core.clock.now_ms());
            return State::Over;
        };
        core.wire.close(why);
        State::Over
    }

    /// Before an early end: takes what little is left, if it has arrived.
    pub(super) fn drain(&mut self) {
        let mut budget = DRAINED;
        let little = match self.body {
            Body::Length(remaining) => remaining <= DRAINED as u64,
            Body::Chunked(_) | Body::Trailers => true,
            Body::UntilClose | Body::Tunnel | Body::Done => false,
        };
        while little && budget > 0 {
            match self.fill() {
                Ok(count @ 1..) => {
                    budget = budget.saturating_sub(count);
                    self.take(count);
                }
                Ok(0) | Err(_) => break,
            }
        }
        match self.state {
            State::Over | State::Failed => {}
            _ if matches!(self.body, Body::Tunnel) => self.core.wire.close(WhyClosed::HandedOver),
            _ => self.core.wire.close(WhyClosed::ResponseNotRead),
        }
    }
}
