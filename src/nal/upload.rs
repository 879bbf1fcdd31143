//! Bodies that are given piece by piece, over an embedded-nal stack.

use super::{AnyDriver, CallView, Fault, Step};
use crate::error::Deadline;
use crate::protocol::{Goal, Space, State, UploadState};

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
}
