//! A request that is sent more than once, whatever its network and its buffer are.

#[cfg(feature = "digest")]
use super::again::Dialogue;
use super::again::{HopList, Hops, Patience, Rules, Trail};
use super::replay::{self, KeptView, Origin};
use crate::client::request::Draft;
#[cfg(feature = "digest")]
use crate::error::ChallengeError;
use crate::error::RedirectError;
use crate::http::bytes::put;
use crate::http::request::Unsendable;
use crate::nal::{AnyDriver, Fault};
use crate::protocol::{CloseReason, Goal};
#[cfg(not(feature = "digest"))]
use core::marker::PhantomData;

/// Why a request goes no further.
#[derive(Clone, Copy)]
pub(super) enum Stop {
    Unsendable(Unsendable),
    Fault(Fault),
    Redirect(RedirectError),
    #[cfg(feature = "digest")]
    Challenge(ChallengeError),
}

impl From<RedirectError> for Stop {
    fn from(why: RedirectError) -> Self {
        Self::Redirect(why)
    }
}

#[cfg(feature = "digest")]
impl From<ChallengeError> for Stop {
    fn from(why: ChallengeError) -> Self {
        Self::Challenge(why)
    }
}

/// What comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// What came is the result.
    Result,
    /// The request is sent again.
    Again,
    /// The rest of the response is read, for the connection's sake; then it is sent again.
    Drain,
    /// A while passes; then it is sent again.
    Wait,
}

/// A request that is kept, and what it is sent again for. Each layer's functions stand beside its figures: one
/// that isn't asked for isn't linked. They aren't given the driver: with it, a program of one network would have
/// all of that network's calls by address, for 1,000 to 2,800 bytes more.
pub(crate) struct Steps<'b> {
    origin: Origin,
    next: Next,
    /// The result was given, and stays.
    is_over: bool,
    pub(super) trail: Option<Trail>,
    pub(super) patience: Option<Patience>,
    #[cfg(feature = "digest")]
    pub(super) dialogue: Option<Dialogue<'b>>,
    #[cfg(not(feature = "digest"))]
    dialogue: PhantomData<&'b ()>,
}

impl Steps<'_> {
    pub(super) const NONE: Self = Self {
        origin: Origin::NONE,
        next: Next::Result,
        is_over: false,
        trail: None,
        patience: None,
        #[cfg(feature = "digest")]
        dialogue: None,
        #[cfg(not(feature = "digest"))]
        dialogue: PhantomData,
    };

    /// Checks a request, starts it, and keeps it. What is kept begins at `end`.
    pub(super) fn start(
        &mut self,
        driver: &mut AnyDriver<'_>,
        draft: &mut Draft<'_>,
        bytes: &mut [u8],
        end: &mut usize,
    ) -> Result<(), Unsendable> {
        replay::keep(&mut self.origin, driver, draft, bytes, end)?;
        let mut call = KeptView::of(draft, bytes, end);
        if let Some(trail) = &mut self.trail {
            let traits = driver.stack.traits();
            trail.rules = Rules {
                has_tls: traits.has_tls,
                has_loopback: traits.has_loopback,
                checks: driver.config.checks,
            };
            (trail.begin)(&self.origin, &mut call)?;
        }
        // The body that had been put behind the head reached into what is kept now.
        call.restart(&self.origin, self.origin.stage_end);
        Ok(())
    }

    /// Sends a request where it was put together, until there is a response that counts.
    pub(super) fn send(
        &mut self,
        driver: &mut AnyDriver<'_>,
        draft: &mut Draft<'_>,
        bytes: &mut [u8],
        end: &mut usize,
    ) -> Result<(), Stop> {
        self.start(driver, draft, bytes, end).map_err(Stop::Unsendable)?;
        let mut call = KeptView::of(draft, bytes, end);
        loop {
            match self.step(driver, &mut call) {
                Ok(()) => return Ok(()),
                Err(nb::Error::Other(stop)) => return Err(stop),
                Err(nb::Error::WouldBlock) => driver.stack.idle(),
            }
        }
    }

    /// Goes on as far as it goes without waiting: to the head of the response that counts.
    pub(super) fn step(
        &mut self,
        driver: &mut AnyDriver<'_>,
        call: &mut KeptView<'_, '_>,
    ) -> nb::Result<(), Stop> {
        loop {
            if self.next == Next::Wait {
                let now = driver.stack.now_ms();
                if self.wait_left(now) > 0 {
                    driver.stack.poll();
                    return Err(nb::Error::WouldBlock);
                }
                // The total deadline is each attempt's; the waiting has its budget.
                self.origin.started = now;
            } else {
                let is_draining = self.next == Next::Drain;
                let goal = if is_draining { Goal::Discarded } else { Goal::Head };
                let came = match driver.run(&mut call.view(), goal) {
                    Ok(()) => Ok(()),
                    Err(nb::Error::WouldBlock) => return Err(nb::Error::WouldBlock),
                    Err(nb::Error::Other(fault)) => Err(fault),
                };
                let now = driver.stack.now_ms();
                self.next = match came {
                    Ok(()) if is_draining => Next::Again,
                    // The end of a body that nobody wants is the connection's matter, unless that is another
                    // call's.
                    Err(fault) if is_draining && fault != Fault::Displaced => {
                        driver.close(CloseReason::ResponseNotRead);
                        Next::Again
                    }
                    _ => match self.decide(call, came, now) {
                        Ok(next) => next,
                        Err(stop) => return Err(give_up(driver, call, stop)),
                    },
                };
                match self.next {
                    Next::Result => {
                        self.is_over = true;
                        return came.map_err(|fault| nb::Error::Other(Stop::Fault(fault)));
                    }
                    Next::Wait => {
                        match came {
                            Ok(()) => driver.abandon(&mut call.view()),
                            Err(fault) => {
                                driver.end(&mut call.view(), fault);
                            }
                        }
                        call.exchange.fail();
                        continue;
                    }
                    Next::Drain => {
                        call.exchange.start_discarding(now);
                        continue;
                    }
                    Next::Again => {}
                }
            }
            self.next = Next::Result;
            if let Err(stop) = self.restart(call) {
                return Err(give_up(driver, call, stop));
            }
            *call.ticket = driver.claim();
        }
    }

    /// What comes next, by what the layers make of what came.
    fn decide(
        &mut self,
        call: &mut KeptView<'_, '_>,
        came: Result<(), Fault>,
        now: u32,
    ) -> Result<Next, Stop> {
        if self.is_over {
            return Ok(Next::Result);
        }
        let mut next = Next::Result;
        let origin = &mut self.origin;
        // What answered a challenge was of use for this response.
        *call.end = call.end.saturating_add(core::mem::take(&mut origin.line));
        #[cfg(feature = "digest")]
        if let (Ok(()), Some(dialogue)) = (came, &self.dialogue) {
            next = (dialogue.challenged)(&dialogue.credentials, origin, call)?;
        }
        if let (Ok(()), Some(trail)) = (came, &mut self.trail)
            && next == Next::Result
        {
            let redirected = trail.redirected;
            next = redirected(trail, origin, call)?;
        }
        if let Some(patience) = &mut self.patience
            && next == Next::Result
        {
            let judge = patience.judge;
            next = judge(patience, origin, call, came, now);
        }
        Ok(next)
    }

    /// Writes the request into the buffer again, as it is by now.
    fn restart(&mut self, call: &mut KeptView<'_, '_>) -> Result<(), Stop> {
        let origin = &mut self.origin;
        let (front, tail) = call.bytes.split_at_mut_checked(*call.end).unwrap_or_default();
        let line = tail.get(..origin.line).unwrap_or_default();
        let mut length = match &self.trail {
            Some(trail) if trail.count > 0 => {
                (trail.write)(origin, &call.exchange.endpoint, tail, front)
            }
            _ => put(front, 0, origin.lines(tail)),
        };
        let body = if origin.change.is_get { &[] } else { origin.copied(tail) };
        for part in [line, b"\r\n\r\n", body] {
            length = put(front, length, part);
        }
        // A byte for the answer's first.
        let needed = length.saturating_add(1);
        let available = front.len();
        if needed > available {
            let kept = tail.len();
            let (needed, available) = (needed.saturating_add(kept), available.saturating_add(kept));
            #[cfg(feature = "digest")]
            if origin.line > 0 {
                return Err(ChallengeError::Buffer { needed, available }.into());
            }
            return Err(RedirectError::Buffer { needed, available }.into());
        }
        if origin.line == 0 {
            // Each place has challenges of its own.
            origin.answered = 0;
        }
        call.restart(origin, length);
        Ok(())
    }

    /// Milliseconds until its next attempt; 0 where it waits for none.
    pub(super) fn wait_left(&self, now: u32) -> u32 {
        self.patience.as_ref().map_or(0, |patience| patience.wait_left(now))
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.next == Next::Wait
    }

    #[cfg(feature = "async")]
    pub(super) fn is_draining(&self) -> bool {
        self.next == Next::Drain
    }

    /// The URLs so far, in bytes that end with the request.
    pub(super) fn hops<'t>(&self, tail: &'t [u8]) -> Hops<'t> {
        Hops::of(&self.origin, tail)
    }

    /// Where in the buffer they stand.
    pub(super) fn hop_list(&self, call: &KeptView<'_, '_>) -> HopList {
        HopList {
            start: call.end.saturating_add(self.origin.line),
            end: call.bytes.len().saturating_sub(self.origin.stage_end),
        }
    }
}

/// The request ends here. The connection may still be kept.
#[cold]
#[inline(never)]
fn give_up(driver: &mut AnyDriver<'_>, call: &mut KeptView<'_, '_>, stop: Stop) -> nb::Error<Stop> {
    driver.abandon(&mut call.view());
    call.exchange.fail();
    nb::Error::Other(stop)
}
