//! Requests with Digest authentication.

use super::replay::{Around, KeptView, Origin};
use super::steps::Next;
use crate::error::ChallengeError;
use crate::http::digest::{Challenge, Credentials};

/// A function's type, with all that it needs.
type Challenged =
    fn(&Credentials<'_>, &mut Origin, &mut KeptView<'_, '_>) -> Result<Next, ChallengeError>;

/// What answers a challenge.
pub(super) struct Dialogue<'b> {
    pub(super) challenged: Challenged,
    pub(super) credentials: Credentials<'b>,
}

impl<'b> Dialogue<'b> {
    pub(super) fn new(credentials: Credentials<'b>) -> Self {
        Self { challenged, credentials }
    }
}

/// Whether the response has a challenge that is to be answered: the answer is noted then, in front of what is
/// kept.
fn challenged(
    credentials: &Credentials<'_>,
    origin: &mut Origin,
    call: &mut KeptView<'_, '_>,
) -> Result<Next, ChallengeError> {
    let Around { head, room, tail, taken, .. } = call.around();
    // Credentials are for the origin that their caller meant them for. A challenge that was too old is
    // answered once more.
    if head.status() != 401 || origin.change.has_left || origin.answered > 1 {
        return Ok(Next::Result);
    }
    let is_first = origin.answered == 0;
    let found = Challenge::of(&head);
    let challenge = match &found {
        Ok(challenge) if is_first || challenge.is_stale => challenge,
        Err(why) if is_first => return Err(*why),
        // The credentials are wrong: that is the answer.
        _ => return Ok(Next::Result),
    };
    let (method, target) = origin.asks(tail);
    let answer = challenge.answer(credentials, method, target);
    let length = answer.write(&mut []);
    let available = taken.saturating_add(room.len());
    let left = room.len().checked_sub(length);
    let Some(place) = left.and_then(|at| room.get_mut(at..)) else {
        return Err(ChallengeError::Buffer { needed: taken.saturating_add(length), available });
    };
    answer.write(place);
    origin.answered = origin.answered.saturating_add(1);
    origin.line = length;
    call.exchange.endpoint.has_secret = true;
    Ok(call.again(length, true))
}
