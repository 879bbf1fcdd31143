//! Bodies that are given piece by piece, and the connection behind a 101 or a 2xx to CONNECT.

use super::connection::Incoming;
use super::stack::Moved;
use super::{AnyDriver, CallView, Fault, StackStep, Step};
use crate::error::Deadline;
use crate::http::bytes::copy;
use crate::protocol::{Failure, Goal, Space, State, UploadState};

impl AnyDriver<'_> {
    /// Where in the buffer more of the body can be put: from there to there. Nothing once the server has
    /// answered.
    pub(crate) fn upload_space(
        &mut self,
        call: &mut CallView<'_>,
        upload: &mut UploadState,
    ) -> Step<(usize, usize)> {
        loop {
            self.begin_turn(call)?;
            let space = upload.space(call.exchange, call.buffer, self.stack.now_ms());
            let space = space?;
            self.settle(call);
            match space {
                Space::Room(start, end) => return Ok((start, end)),
                Space::Answered => return Ok((0, 0)),
                Space::Full | Space::AnswerInTheWay => {}
            }
            self.run(call, Goal::Head)?;
            if call.exchange.state == State::NeedBody {
                upload.flushed(call.exchange);
                if space == Space::AnswerInTheWay && call.exchange.has_part_of_answer() {
                    call.exchange.wait(self.stack.now_ms(), Deadline::Idle)?;
                    return Err(nb::Error::WouldBlock);
                }
            }
        }
    }

    /// So many bytes were put where [`upload_space`](Self::upload_space) said.
    pub(crate) fn upload_commit(
        &mut self,
        call: &mut CallView<'_>,
        upload: &mut UploadState,
        count: usize,
    ) -> Result<(), Fault> {
        let committed = upload.commit(call.exchange, count);
        Ok(committed?)
    }

    /// Ends the body. Returns what is still to follow, as the call's body.
    pub(crate) fn upload_finish(
        &mut self,
        call: &mut CallView<'_>,
        upload: &mut UploadState,
    ) -> Result<&'static [u8], Fault> {
        self.begin_turn(call)?;
        let rest = upload.finish(call.exchange, call.buffer, self.stack.now_ms());
        Ok(rest?)
    }

    /// Reads from the stream, first what came behind the head; 0 at its end. A stream may rest: only the
    /// total deadline counts.
    pub(crate) fn upgraded_read(&mut self, call: &mut CallView<'_>, out: &mut [u8]) -> Step<usize> {
        self.begin_turn(call)?;
        let count = self.read_stream(call, out)?;
        call.exchange.stream_read(count);
        self.settle(call);
        Ok(count)
    }

    fn read_stream(&mut self, call: &mut CallView<'_>, out: &mut [u8]) -> Step<usize> {
        check_upgraded(call)?;
        if out.is_empty() {
            return Ok(0);
        }
        let early = call.exchange.early_stream(call.buffer);
        if !early.is_empty() {
            let count = copy(out, early);
            call.exchange.take_early(count);
            return Ok(count);
        }
        // A peer that keeps bytes coming can't outlast it.
        call.exchange.check_total(self.stack.now_ms())?;
        match self.receive(out) {
            Incoming::Bytes(count) => Ok(count),
            Incoming::Nothing => {
                call.exchange.check_total(self.stack.now_ms())?;
                Err(nb::Error::WouldBlock)
            }
            Incoming::End => Ok(0),
            Incoming::Closed => Err(Failure::Truncated.into()),
            Incoming::Failed => Err(StackStep::Receive.into()),
        }
    }

    /// Writes to the stream, and returns how many bytes the stack took. A peer that takes nothing is
    /// given up after the idle deadline.
    pub(crate) fn upgraded_write(&mut self, call: &mut CallView<'_>, bytes: &[u8]) -> Step<usize> {
        self.begin_turn(call)?;
        let count = self.write_stream(call, bytes)?;
        self.settle(call);
        Ok(count)
    }

    fn write_stream(&mut self, call: &mut CallView<'_>, bytes: &[u8]) -> Step<usize> {
        check_upgraded(call)?;
        if bytes.is_empty() {
            return Ok(0);
        }
        call.exchange.check_total(self.stack.now_ms())?;
        let sent = self.stack.send(bytes);
        let now = self.stack.now_ms();
        match sent {
            Moved::Bytes(0) | Moved::Nothing => {
                call.exchange.stream_blocked(now);
                call.exchange.wait(now, Deadline::Idle)?;
                Err(nb::Error::WouldBlock)
            }
            Moved::Bytes(count) => {
                call.exchange.stream_written();
                Ok(count)
            }
            Moved::Closed | Moved::Failed => Err(StackStep::Send.into()),
        }
    }
}

/// A call that has ended or failed has no stream.
fn check_upgraded(call: &CallView<'_>) -> Result<(), Failure> {
    if call.exchange.is_over() || !call.exchange.is_upgraded() {
        return Err(Failure::CallOver);
    }
    Ok(())
}
