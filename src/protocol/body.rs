//! A response's body: where in it an exchange is, and how it is read.

use super::inbound::Room;
use super::{Exchange, Failure, Goal, State};
use crate::error::BufferUse;
use crate::http::bytes::{move_down, part_mut};
use crate::http::framing::{ChunkedDecoder, Framing, Piece};

/// A response that isn't read to its end is drained if no more than this is left.
const MAX_DISCARDED: usize = 1024;

/// And for no longer than this, in milliseconds, over a stack whose calls take their time.
const MAX_DISCARDING: u32 = 50;

/// Room behind the head that framing needs to make progress.
const LEAST_ROOM: u8 = 32;

/// What ends a body. Its data is counted by the exchange's decoder: a body of known length is a chunk's data
/// to it, and one until the connection's end is that of an endless chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// At least one byte remains.
    Length,
    Chunked,
    /// The trailers behind the last chunk, which the head's parser scans.
    Trailers,
    UntilClose,
    /// What follows isn't HTTP.
    Upgraded,
    Done,
}

impl Exchange {
    pub(super) fn start_body(&mut self, framing: Framing) {
        let (body, remaining) = match framing {
            Framing::None | Framing::Length(0) => (Body::Done, 0),
            Framing::Length(length) => (Body::Length, length),
            Framing::Chunked => (Body::Chunked, 0),
            Framing::Close => (Body::UntilClose, u64::MAX),
            Framing::Upgraded => (Body::Upgraded, 0),
        };
        self.body = body;
        self.decoder = ChunkedDecoder::in_data(remaining);
    }

    /// Bytes of data that come next for certain, with no framing between.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub(super) fn data_ahead(&self) -> usize {
        usize::try_from(self.decoder.data_remaining()).unwrap_or(usize::MAX)
    }

    /// Data that was taken so far. It isn't counted piece by piece, which would cost each of them.
    pub(super) fn data_taken(&self) -> u64 {
        let announced = match self.body {
            Body::UntilClose => u64::MAX,
            _ => self.parser.fields.announced(),
        };
        announced.wrapping_sub(self.decoder.data_remaining())
    }

    /// Whether at most `most` bytes are left, as far as that can be told.
    pub(super) fn ends_within(&self, most: usize) -> bool {
        match self.body {
            Body::Length => self.data_ahead() <= most,
            Body::Chunked | Body::Trailers => true,
            Body::UntilClose | Body::Upgraded | Body::Done => false,
        }
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
    // By itself, as its twin for the head is, it has the registers that ARM's short instructions reach. Other chips
    // have no such registers.
    #[cfg_attr(target_arch = "arm", inline(never))]
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
        if piece == Piece::Incomplete {
            return Ok(false);
        }
        self.parser.fields.chunk(self.decoder.chunk_size());
        Ok(self.filled > self.parsed_to)
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
        self.body_lent = true;
        self.decoder.take_data(count);
        if self.body == Body::Length && self.decoder.data_remaining() == 0 {
            self.complete(false);
        }
    }
}
