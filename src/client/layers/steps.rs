//! A request that is kept at the end of its buffer and sent more than once, whatever its network and its buffer
//! are.

#[cfg(feature = "digest")]
use super::again::Dialogue;
use super::again::{HopList, Patience, Trail, is_refused};
use crate::client::Buffer;
use crate::client::call::CallParts;
use crate::client::request::Draft;
#[cfg(feature = "digest")]
use crate::error::ChallengeError;
use crate::error::RedirectError;
use crate::http::bytes::{move_down, part, part_mut, put, split_at_byte};
use crate::http::redirect::Change;
use crate::http::request::Unsendable;
use crate::nal::{AnyDriver, CallView, Fault};
use crate::policy::check_request;
use crate::protocol::{CloseReason, Failure, Goal};
use core::fmt;
#[cfg(not(feature = "digest"))]
use core::marker::PhantomData;

/// A buffer whose end is taken: there a [`LayeredCall`](crate::LayeredCall) keeps the request, to send it again.
/// The rest is the call's; all of it is once the call is taken out, or is a response.
///
/// ```no_run
/// # use safe_http_client::*;
/// /// In a struct, a call with layers has this type.
/// type Calls = LayeredCall<'static, [u8; 2048]>;
/// /// And what comes out of it is a call whose buffer is this.
/// type Answer = Call<'static, Kept<[u8; 2048]>>;
/// # fn f(call: Calls) -> Answer { call.into_call() }
/// ```
pub struct Kept<B> {
    pub(super) buffer: B,
    /// Where the end begins.
    pub(super) end: usize,
}

impl<B> Kept<B> {
    pub(crate) fn new(buffer: B, end: usize) -> Self {
        Self { buffer, end }
    }

    /// The whole buffer, for another call.
    pub fn into_inner(self) -> B {
        self.buffer
    }
}

impl<B: Buffer> AsRef<[u8]> for Kept<B> {
    fn as_ref(&self) -> &[u8] {
        part(self.buffer.as_ref(), 0, self.end)
    }
}

impl<B: Buffer> AsMut<[u8]> for Kept<B> {
    fn as_mut(&mut self) -> &mut [u8] {
        part_mut(self.buffer.as_mut(), 0, self.end)
    }
}

impl<B> fmt::Debug for Kept<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("end", &self.end).finish_non_exhaustive()
    }
}

/// Why a request goes no further.
#[derive(Clone, Copy)]
pub(super) enum Stop {
    Unsendable(Unsendable),
    Fault(Fault),
    Redirect(RedirectError),
    #[cfg(feature = "digest")]
    Challenge(ChallengeError),
}

/// It goes no further; its steps have the [reason](Stop), which is too large to be returned all the time.
pub(super) struct Stopped;

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
    /// It goes no further.
    Stop,
}

/// What a request was when it was started, but for what its exchange keeps; and what became of it since. Places
/// are those in its whole buffer. At the buffer's end stand, one behind the other: the line that answers a
/// challenge, the URLs that it went to (the last one first), its host's text, its head, its body that was copied.
pub(super) struct Origin {
    /// Where that begins.
    pub(super) end: usize,
    /// Bytes of the line that answers a challenge.
    pub(super) line: usize,
    /// Where the host's text begins, the head, and what is behind the head.
    pub(super) start: usize,
    head: usize,
    head_end: usize,
    /// The host of the URL that it is led to, and the target, where it was led.
    pub(super) host: usize,
    pub(super) target: (usize, usize),
    /// The body that is lent waits for `100 Continue`.
    holds_body: bool,
    pub(super) change: Change,
    /// How many challenges were answered in a row.
    pub(super) answered: u8,
    /// When the call was started: the total deadline counts from there.
    started: u32,
    /// The URL that is asked first didn't fit: what it takes to keep it isn't known.
    pub(super) lost_url: bool,
    pub(super) stopped_by: Stop,
}

impl Origin {
    pub(super) const NONE: Self = Self {
        end: 0,
        line: 0,
        start: 0,
        head: 0,
        head_end: 0,
        host: 0,
        target: (0, 0),
        holds_body: false,
        change: Change { is_get: false, has_left: false },
        answered: 0,
        started: 0,
        lost_url: false,
        stopped_by: Stop::Fault(Fault::Exchange(Failure::CallOver)),
    };

    /// It goes no further.
    pub(super) fn stop(&mut self, why: Stop) -> Next {
        self.stopped_by = why;
        Next::Stop
    }

    /// A part of what is `kept`, by its places in the whole buffer.
    #[inline(never)]
    pub(super) fn part<'k>(&self, kept: &'k [u8], from: usize, to: usize) -> &'k [u8] {
        part(kept, from.wrapping_sub(self.end), to.wrapping_sub(self.end))
    }

    /// The first request's head.
    pub(super) fn head<'k>(&self, kept: &'k [u8]) -> &'k [u8] {
        self.part(kept, self.head, self.head_end)
    }

    /// The method and the target that it is sent with by now.
    pub(super) fn asks<'k>(&self, kept: &'k [u8]) -> (&'k [u8], &'k [u8]) {
        let (mut method, behind) = split_at_byte(self.head(kept), b' ');
        if self.change.is_get {
            method = b"GET";
        }
        let target = match self.target {
            (_, 0) => split_at_byte(behind, b' ').0,
            (from, to) => self.part(kept, from, to),
        };
        (method, target)
    }

    /// Where in the buffer the URLs stand.
    pub(super) fn hop_list(&self) -> HopList {
        HopList { start: self.end.wrapping_add(self.line), end: self.start }
    }
}

/// A call whose request is kept, whatever kind of buffer it owns.
pub(super) struct KeptCall<'v, 'b> {
    pub(super) parts: &'v mut CallParts<'b>,
    pub(super) origin: &'v mut Origin,
    /// What is the call's, and behind it what is kept.
    pub(super) bytes: &'v mut [u8],
}

impl KeptCall<'_, '_> {
    #[inline(never)]
    pub(super) fn view(&mut self) -> CallView<'_> {
        self.parts.view(part_mut(self.bytes, 0, self.origin.end))
    }

    /// Keeps so many bytes more, the last ones of what was the call's, and sends the request again.
    pub(super) fn again(&mut self, more: usize, to_same_origin: bool) -> Next {
        let exchange = &self.parts.exchange;
        let arrived = exchange.head_length().wrapping_add(exchange.early_body(self.bytes).len());
        self.origin.end = self.origin.end.wrapping_sub(more);
        // The rest is read where the response was.
        let is_drained =
            to_same_origin && arrived <= self.origin.end && exchange.is_worth_discarding();
        if is_drained { Next::Drain } else { Next::Again }
    }

    /// Copies what is kept from one place to the other to `at`, if it fits, and returns where it ends or would.
    #[inline(never)]
    fn put(&mut self, at: usize, from: usize, to: usize) -> usize {
        let end = at.wrapping_add(to.wrapping_sub(from));
        if end <= self.origin.end {
            move_down(self.bytes, from, to, at);
        }
        end
    }

    /// Starts a request that stands in the call's buffer up to `stage_end`.
    fn restart(&mut self, stage_end: usize) {
        let Self { parts: CallParts { exchange, body, .. }, origin, bytes } = self;
        exchange.reset(origin.started);
        let holds_body = origin.holds_body && !body.is_empty();
        exchange.stage(stage_end, holds_body, part_mut(bytes, 0, origin.end), body);
    }

    /// Ends what came, for another attempt or for good. The connection may still be kept.
    #[cold]
    #[inline(never)]
    fn leave(&mut self, driver: &mut AnyDriver<'_>, fault: Option<Fault>) {
        let mut call = self.view();
        match fault {
            None => driver.abandon(&mut call),
            Some(fault) => {
                driver.end(&mut call, fault);
            }
        }
        self.parts.exchange.fail();
    }
}

/// What a request is sent again for. Each layer's functions stand beside its figures: one that isn't asked for
/// isn't linked. They aren't given the driver: with it, a program of one network would have all of that network's
/// calls by address, for 1,000 to 2,800 bytes more.
pub(super) struct Steps<'b> {
    pub(super) next: Next,
    /// The result was given, and stays.
    pub(super) is_over: bool,
    pub(super) trail: Option<Trail>,
    pub(super) patience: Option<Patience>,
    #[cfg(feature = "digest")]
    pub(super) dialogue: Option<Dialogue<'b>>,
    #[cfg(not(feature = "digest"))]
    pub(super) dialogue: PhantomData<&'b ()>,
}

impl Steps<'_> {
    pub(super) const NONE: Self = Self {
        next: Next::Again,
        is_over: false,
        trail: None,
        patience: None,
        #[cfg(feature = "digest")]
        dialogue: None,
        #[cfg(not(feature = "digest"))]
        dialogue: PhantomData,
    };

    /// Checks a request, starts it, and keeps a copy of it.
    pub(super) fn start(
        &mut self,
        driver: &mut AnyDriver<'_>,
        draft: &mut Draft<'_>,
        origin: &mut Origin,
        bytes: &mut [u8],
    ) -> Result<(), Stopped> {
        let available = bytes.len();
        let is_started = draft.is_started(driver, bytes, None);
        let stage_end = draft.head.length.wrapping_add(draft.head.copied_body);
        // Once to be sent, and a byte behind it for the answer; and once to be kept.
        let sent = stage_end.wrapping_add(1);
        let mut needed = stage_end.wrapping_add(sent);
        if !is_started {
            let mut unsendable = draft.head.unsendable(available);
            if let Unsendable::Buffer { needed: alone, .. } = &mut unsendable {
                *alone = needed.max(*alone);
                origin.lost_url = self.trail.is_some();
            }
            origin.stop(Stop::Unsendable(unsendable));
            return Err(Stopped);
        }
        origin.start = available.saturating_sub(stage_end);
        origin.end = origin.start;
        origin.host = origin.start;
        let parts = &mut draft.parts;
        origin.head = origin.start.wrapping_add(parts.exchange.endpoint.host_length);
        origin.head_end = origin.start.wrapping_add(draft.head.length);
        origin.holds_body = draft.head.expect_continue;
        origin.started = parts.exchange.timers.started;
        let mut call = KeptCall { parts, origin, bytes };
        if needed <= available {
            let (front, kept) =
                call.bytes.split_at_mut_checked(call.origin.end).unwrap_or_default();
            put(kept, 0, front);
        }
        if let Some(trail) = &self.trail {
            needed = (trail.begin)(&mut call, sent);
        }
        if needed > available {
            // Nothing was sent, and what is known is of the call before.
            driver.set_evidence(0, 0);
            call.origin.stop(Stop::Unsendable(Unsendable::Buffer { needed, available }));
            return Err(Stopped);
        }
        // The body that had been put behind the head reached into what is kept now.
        call.restart(stage_end);
        Ok(())
    }

    /// Sends a request where it was put together, until there is a response that counts.
    pub(super) fn send(
        &mut self,
        driver: &mut AnyDriver<'_>,
        draft: &mut Draft<'_>,
        origin: &mut Origin,
        bytes: &mut [u8],
    ) -> Result<(), Stopped> {
        self.start(driver, draft, origin, bytes)?;
        let mut call = KeptCall { parts: &mut draft.parts, origin, bytes };
        loop {
            match self.step(driver, &mut call) {
                Ok(()) => return Ok(()),
                Err(nb::Error::Other(stopped)) => return Err(stopped),
                Err(nb::Error::WouldBlock) => driver.stack.idle(),
            }
        }
    }

    /// Goes on as far as it goes without waiting: to the head of the response that counts.
    pub(super) fn step(
        &mut self,
        driver: &mut AnyDriver<'_>,
        call: &mut KeptCall<'_, '_>,
    ) -> nb::Result<(), Stopped> {
        loop {
            let mut fault = None;
            if self.next == Next::Wait {
                let now = driver.stack.now_ms();
                if self.wait_left(now) > 0 {
                    driver.stack.poll();
                    return Err(nb::Error::WouldBlock);
                }
                // The total deadline is each attempt's; the waiting has its budget.
                call.origin.started = now;
                self.next = Next::Again;
            } else {
                let is_draining = self.next == Next::Drain;
                let goal = if is_draining { Goal::Discarded } else { Goal::Head };
                match driver.run(&mut call.view(), goal) {
                    Ok(()) => {}
                    Err(nb::Error::WouldBlock) => return Err(nb::Error::WouldBlock),
                    Err(nb::Error::Other(why)) => fault = Some(why),
                }
                self.next = match fault {
                    None if is_draining => Next::Again,
                    // The end of a body that nobody wants is the connection's matter, unless that is another
                    // call's.
                    Some(why) if is_draining && why != Fault::Displaced => {
                        driver.close(CloseReason::ResponseNotRead);
                        Next::Again
                    }
                    _ if self.is_over => Next::Result,
                    _ => {
                        let is_refused = matches!(fault, Some(Fault::Stack(step))
                            if is_refused(driver.stack.fault(step)));
                        self.decide(call, fault, is_refused, driver.stack.now_ms())
                    }
                };
            }
            if self.next == Next::Again {
                self.next = self.restart(driver, call);
            }
            match self.next {
                Next::Again => {}
                Next::Drain => call.parts.exchange.start_discarding(driver.stack.now_ms()),
                Next::Wait => call.leave(driver, fault),
                Next::Stop => {
                    call.leave(driver, None);
                    return Err(nb::Error::Other(Stopped));
                }
                Next::Result => {
                    self.is_over = true;
                    let Some(why) = fault else { return Ok(()) };
                    call.origin.stop(Stop::Fault(why));
                    return Err(nb::Error::Other(Stopped));
                }
            }
        }
    }

    /// What comes next, by what the layers make of what came.
    fn decide(
        &mut self,
        call: &mut KeptCall<'_, '_>,
        fault: Option<Fault>,
        is_refused: bool,
        now: u32,
    ) -> Next {
        // What answered a challenge was of use for this response.
        let origin = &mut *call.origin;
        origin.end = origin.end.wrapping_add(core::mem::take(&mut origin.line));
        let mut next = Next::Result;
        if fault.is_none() {
            #[cfg(feature = "digest")]
            if let Some(dialogue) = &self.dialogue {
                next = (dialogue.challenged)(&dialogue.credentials, call);
            }
            if let Some(trail) = &mut self.trail
                && next == Next::Result
            {
                let redirected = trail.redirected;
                next = redirected(trail, call);
            }
        }
        if let Some(patience) = &mut self.patience
            && next == Next::Result
            && !is_refused
        {
            let judge = patience.judge;
            next = judge(patience, call, fault, now);
        }
        next
    }

    /// Writes the request into the buffer again, as it is by now, and starts it.
    #[inline(never)]
    fn restart(&mut self, driver: &mut AnyDriver<'_>, call: &mut KeptCall<'_, '_>) -> Next {
        let Origin { end, line, start, head_end, change, .. } = *call.origin;
        let empty_line = head_end.wrapping_sub(b"\r\n\r\n".len());
        let mut at = match &self.trail {
            Some(trail) if trail.count > 0 => {
                let (traits, exchange) = (driver.stack.traits(), &call.parts.exchange);
                let checked = check_request(
                    &exchange.endpoint,
                    exchange.params.response_to,
                    traits.has_tls,
                    traits.has_loopback,
                    driver.config.checks,
                );
                if let Err(mistake) = checked {
                    return call.origin.stop(Stop::Unsendable(Unsendable::Request(mistake)));
                }
                (trail.write)(call)
            }
            _ => call.put(0, start, empty_line),
        };
        let available = call.bytes.len();
        at = call.put(at, end, end.wrapping_add(line));
        at = call.put(at, empty_line, if change.is_get { head_end } else { available });
        // A byte for the answer's first.
        let needed = at.wrapping_add(1);
        if needed > end {
            let needed = needed.wrapping_add(available.wrapping_sub(end));
            #[cfg(feature = "digest")]
            if line > 0 {
                return call
                    .origin
                    .stop(Stop::Challenge(ChallengeError::Buffer { needed, available }));
            }
            return call.origin.stop(Stop::Redirect(RedirectError::Buffer { needed, available }));
        }
        if line == 0 {
            // Each place has challenges of its own.
            call.origin.answered = 0;
        }
        call.restart(at);
        call.parts.ticket = driver.claim();
        Next::Again
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
}
