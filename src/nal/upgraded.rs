//! The connection behind a 101 or a 2xx to CONNECT, over an embedded-nal stack.

use super::driver::{Step, Stop};
use super::{CallView, Driver, ErrorOf, Incoming};
use crate::error::{Deadline, ErrorKind};
use crate::http::bytes::copy;
use crate::protocol::Failure;
use nal_link::{Clock, Network};

impl<N: Network, C: Clock> Driver<N, C> {
    /// Reads from the stream, first what came behind the head; 0 at its end. A stream may rest: only the
    /// total deadline counts.
    pub(crate) fn upgraded_read(
        &mut self,
        call: &mut CallView<'_>,
        out: &mut [u8],
    ) -> nb::Result<usize, ErrorOf<N>> {
        self.begin_turn(call)?;
        let step = self.read_stream(call, out);
        self.end_turn(call, step)
    }

    fn read_stream(&mut self, call: &mut CallView<'_>, out: &mut [u8]) -> Step<N, usize> {
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
        call.exchange.check_total(self.clock.now_ms())?;
        match self.connection.receive(out) {
            Incoming::Bytes(count) => Ok(count),
            Incoming::Nothing => {
                call.exchange.check_total(self.clock.now_ms())?;
                Err(Stop::Wait)
            }
            Incoming::End => Ok(0),
            Incoming::Closed => Err(Failure::Truncated.into()),
            Incoming::Failed(error) => Err(Stop::Failed(ErrorKind::Receive(error))),
        }
    }

    /// Writes to the stream, and returns how many bytes the stack took. A peer that takes nothing is
    /// given up after the idle deadline.
    pub(crate) fn upgraded_write(
        &mut self,
        call: &mut CallView<'_>,
        bytes: &[u8],
    ) -> nb::Result<usize, ErrorOf<N>> {
        self.begin_turn(call)?;
        let step = self.write_stream(call, bytes);
        self.end_turn(call, step)
    }

    fn write_stream(&mut self, call: &mut CallView<'_>, bytes: &[u8]) -> Step<N, usize> {
        check_upgraded(call)?;
        if bytes.is_empty() {
            return Ok(0);
        }
        call.exchange.check_total(self.clock.now_ms())?;
        let sent = self.connection.send(bytes);
        let now = self.clock.now_ms();
        match sent {
            Ok(0) => {
                call.exchange.stream_blocked(now);
                call.exchange.wait(now, Deadline::Idle)?;
                Err(Stop::Wait)
            }
            Ok(count) => {
                call.exchange.stream_written();
                Ok(count)
            }
            Err(error) => Err(Stop::Failed(ErrorKind::Send(error))),
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
