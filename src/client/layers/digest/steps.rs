//! A request that answers a challenge, whatever its network and its buffer are.

use crate::client::draft::Draft;
use crate::client::layers::replay::{self, KeptView, Origin, put};
use crate::error::{ChallengeError, RequestError};
use crate::http::digest::{Challenge, Credentials};
use crate::http::redirect::split_at_byte;
use crate::http::request::Unsendable;
use crate::nal::{AnyDriver, Fault};

/// Why a request goes no further.
#[derive(Clone, Copy)]
pub(crate) enum Halt {
    Unsendable(Unsendable),
    Fault(Fault),
    Challenge(ChallengeError),
}

/// How far a request with credentials is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It was sent without them.
    Asked,
    /// It was sent with them.
    Answered,
    /// It was sent with them again, since the server found its own nonce too old.
    AnsweredAgain,
}

/// A request that answers a challenge. What answers it is noted at the buffer's end, in front of the request.
pub(crate) struct Dialogue<'b> {
    origin: Origin,
    credentials: Credentials<'b>,
    stage: Stage,
    /// The rest of the response that had the challenge is read, for the connection's sake.
    is_draining: bool,
    /// Bytes of the line that is noted.
    line: usize,
}

/// Sends a request where it was put together. Returns where what is kept begins.
pub(super) fn send<'b>(
    draft: &mut Draft<'_>,
    driver: &mut AnyDriver<'_>,
    bytes: &mut [u8],
    credentials: Credentials<'b>,
) -> Result<usize, (Halt, usize)> {
    let (mut dialogue, mut end) = Dialogue::start(draft, driver, bytes, credentials)
        .map_err(|unsendable| (Halt::Unsendable(unsendable), 0))?;
    let mut call = KeptView::of(draft, bytes, &mut end);
    loop {
        match dialogue.step(driver, &mut call) {
            Ok(()) => return Ok(end),
            Err(nb::Error::Other(halt)) => return Err((halt, end)),
            Err(nb::Error::WouldBlock) => driver.stack.idle(),
        }
    }
}

impl<'b> Dialogue<'b> {
    /// Checks a request, starts it, and keeps it. Returns where what is kept begins.
    pub(super) fn start(
        draft: &mut Draft<'_>,
        driver: &mut AnyDriver<'_>,
        bytes: &mut [u8],
        credentials: Credentials<'b>,
    ) -> Result<(Self, usize), Unsendable> {
        if !credentials.are_sound() {
            draft.head.fail(RequestError::InvalidCredentials);
        }
        let (origin, end) = replay::keep(draft, driver, bytes)?;
        Ok((Self { origin, credentials, stage: Stage::Asked, is_draining: false, line: 0 }, end))
    }

    /// Goes on as far as it goes without waiting: to the head of the response that counts.
    pub(crate) fn step(
        &mut self,
        driver: &mut AnyDriver<'_>,
        call: &mut KeptView<'_, '_>,
    ) -> nb::Result<(), Halt> {
        loop {
            call.advance(driver, &mut self.is_draining).map_err(|error| error.map(Halt::Fault))?;
            if !self.is_draining {
                match self.challenged(call) {
                    Ok(true) => {}
                    Ok(false) => return Ok(()),
                    Err(error) => {
                        driver.abandon(&mut call.view());
                        call.exchange.fail();
                        return Err(nb::Error::Other(Halt::Challenge(error)));
                    }
                }
                if self.is_draining {
                    call.exchange.start_discarding(driver.stack.now_ms());
                    continue;
                }
                driver.abandon(&mut call.view());
            }
            self.is_draining = false;
            if let Err(error) = self.restart(call) {
                call.exchange.fail();
                return Err(nb::Error::Other(Halt::Challenge(error)));
            }
            *call.ticket = driver.claim();
        }
    }

    /// Whether the response has a challenge that is to be answered: the answer is noted then.
    fn challenged(&mut self, call: &mut KeptView<'_, '_>) -> Result<bool, ChallengeError> {
        let head_end = call.exchange.head_length();
        // The line before is of no more use.
        let end = call.end.saturating_add(self.line);
        let available = call.bytes.len();
        let (front, tail) = call.bytes.split_at_mut_checked(end).unwrap_or_default();
        let arrived = head_end.saturating_add(call.exchange.early_body(front).len());
        let Some((head, room)) = front.split_at_mut_checked(head_end) else { return Ok(false) };
        let head = call.exchange.head(head);
        if head.status() != 401 || self.stage == Stage::AnsweredAgain {
            return Ok(false);
        }
        let challenge = match Challenge::of(&head) {
            // The credentials are wrong: that is the answer.
            Ok(challenge) if self.stage == Stage::Answered && !challenge.is_stale => {
                return Ok(false);
            }
            Err(_) if self.stage == Stage::Answered => return Ok(false),
            challenge => challenge?,
        };
        let (method, behind) = split_at_byte(self.origin.head(tail), b' ');
        let answer = challenge.answer(&self.credentials, method, split_at_byte(behind, b' ').0);
        let length = answer.write(&mut []);
        let left = room.len().checked_sub(length);
        let Some(place) = left.and_then(|at| room.get_mut(at..)) else {
            let needed = length.saturating_sub(room.len()).saturating_add(available);
            return Err(ChallengeError::Buffer { needed, available });
        };
        answer.write(place);
        self.stage = match self.stage {
            Stage::Asked => Stage::Answered,
            _ => Stage::AnsweredAgain,
        };
        self.line = length;
        *call.end = end.saturating_sub(length);
        self.is_draining = arrived <= *call.end && call.exchange.is_worth_discarding();
        Ok(true)
    }

    /// Writes the request with its credentials into the buffer.
    fn restart(&mut self, call: &mut KeptView<'_, '_>) -> Result<(), ChallengeError> {
        let (front, tail) = call.split();
        let (line, request) = tail.split_at_checked(self.line).unwrap_or_default();
        let (head, copied) = self.origin.in_two(request);
        // The empty line comes behind it.
        let kept = head.len().saturating_sub(b"\r\n\r\n".len());
        let (lines, end) = head.split_at_checked(kept).unwrap_or_default();
        let mut length = 0usize;
        for part in [lines, line, end, copied] {
            put(front, length, part);
            length = length.saturating_add(part.len());
        }
        // A byte for the answer's first.
        let needed = length.saturating_add(1);
        if needed > front.len() {
            let available = call.bytes.len();
            let needed = needed.saturating_sub(*call.end).saturating_add(available);
            return Err(ChallengeError::Buffer { needed, available });
        }
        call.exchange.endpoint.has_secret = true;
        call.restart(&self.origin, length);
        Ok(())
    }
}
