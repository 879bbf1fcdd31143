//! What a request is sent again for: a redirect, a failure that may pass, a challenge.

use super::steps::{KeptCall, Next, Origin, Stop};
use crate::error::{Deadline, RedirectError};
use crate::http::bytes::{ascii, part, put};
use crate::http::endpoint::Endpoint;
use crate::http::framing::ResponseTo;
use crate::http::method::Repeat;
use crate::http::redirect::{self, Base, has_line, resolve};
use crate::nal::{Fault, StackStep};
use crate::policy::{Backoff, Refusal, RetryPolicy, Verdict, retry_after_seconds};
use crate::protocol::Failure;
use core::fmt;
use nal_link::{StackFault, TlsFault, elapsed_ms};

/// Functions' types, with all that they need.
type Begin = fn(&mut KeptCall<'_, '_>, usize) -> usize;
type Redirected = fn(&mut Trail, &mut KeptCall<'_, '_>) -> Next;
type Write = fn(&mut KeptCall<'_, '_>) -> usize;

/// The way of a request along redirects. The URLs are at the end of its buffer, in front of the request.
pub(super) struct Trail {
    pub(super) begin: Begin,
    pub(super) redirected: Redirected,
    pub(super) write: Write,
    limit: u8,
    /// Redirects that were followed.
    pub(super) count: u8,
    /// The first URL that was asked by the method of now.
    since: u8,
}

impl Trail {
    pub(super) fn new(limit: u8) -> Self {
        Self { begin, redirected, write, limit, count: 0, since: 0 }
    }
}

/// Notes the URL that is asked first, in front of which `used` bytes are needed: the request and a byte. Returns how
/// many bytes all of it takes of a buffer.
fn begin(call: &mut KeptCall<'_, '_>, used: usize) -> usize {
    let endpoint = &call.parts.exchange.endpoint;
    let origin = &mut *call.origin;
    // Where there is no room for a copy, the request stands in front alone.
    let has_copy = origin.end >= used;
    let kept_at = if has_copy { origin.end } else { 0 };
    let (front, kept) = call.bytes.split_at_mut_checked(kept_at).unwrap_or_default();
    let (_, base) = asked(origin, endpoint, kept);
    let room = front.get_mut(used..).unwrap_or_default();
    // Without the credentials that the caller's URL may have had.
    let noted = match note(room, 0, &base, b"") {
        Ok(length) => {
            origin.end = origin.end.wrapping_sub(length);
            length
        }
        Err(RedirectError::Buffer { needed, .. }) => needed,
        Err(_) => 0,
    };
    noted.wrapping_add(used).wrapping_add(used.wrapping_sub(1))
}

/// The URL that is asked, and by which method. `kept` begins at the origin's end.
fn asked<'t>(origin: &Origin, endpoint: &Endpoint, kept: &'t [u8]) -> (&'t [u8], Base<'t>) {
    let Endpoint { scheme, port, host_length, .. } = *endpoint;
    let (method, path_and_query) = origin.asks(kept);
    let host = origin.part(kept, origin.host, origin.host.wrapping_add(host_length));
    (method, Base { scheme, host, port, path_and_query })
}

/// Whether the response is a redirect: where it leads is noted then.
fn redirected(trail: &mut Trail, call: &mut KeptCall<'_, '_>) -> Next {
    match lead(trail, call) {
        Ok(next) => next,
        Err(why) => call.origin.stop(Stop::Redirect(why)),
    }
}

fn lead(trail: &mut Trail, call: &mut KeptCall<'_, '_>) -> Result<Next, RedirectError> {
    let origin = &mut *call.origin;
    let exchange = &mut call.parts.exchange;
    let head_length = exchange.head_length();
    let available = call.bytes.len();
    let (front, kept) = call.bytes.split_at_mut_checked(origin.end).unwrap_or_default();
    // Behind the head stand the first bytes of its body, which are needed only where it is read to its end.
    let (head, room) = front.split_at_mut_checked(head_length).unwrap_or_default();
    let is_tunnel = exchange.params.response_to == ResponseTo::Connect;
    let Some(redirect) = exchange.head(head).redirect().filter(|_| !is_tunnel) else {
        return Ok(Next::Result);
    };
    if trail.count >= trail.limit {
        return Err(RedirectError::TooMany { limit: trail.limit });
    }
    let (method, base) = asked(origin, &exchange.endpoint, kept);
    let taken = available.wrapping_sub(room.len());
    let length =
        note(room, redirect.status(), &base, redirect.location()).map_err(|why| why.with(taken))?;
    let (from, to) = (room.len().wrapping_sub(length), room.len().wrapping_sub(NOTE));
    let url = part(room, from, to);
    let parsed = redirect::parse(url);
    let (next, target_length) = match &parsed {
        Ok((next, target_length)) => (next, *target_length),
        Err(why) => return Err(*why),
    };
    redirect::check(base.scheme, next.scheme)?;
    trail.count = trail.count.wrapping_add(1);
    if redirect::becomes_get(redirect.status(), method) {
        origin.change.is_get = true;
        // What was asked by another method before is no circle.
        trail.since = trail.count;
    } else if Hops(origin.part(kept, origin.end, origin.start)).have(url, trail.since) {
        return Err(RedirectError::Loop);
    }
    let behind = redirect::behind_scheme(next.scheme, url);
    let host = behind.get(..next.host_length).unwrap_or_default();
    let is_same = base.is_same_origin(next.scheme, host, next.port);
    origin.change.has_left |= !is_same;
    let url_end = origin.end.wrapping_sub(NOTE);
    origin.host = url_end.wrapping_sub(behind.len());
    origin.target = (url_end.wrapping_sub(target_length), url_end);
    if !is_same {
        exchange.endpoint = *next;
    }
    if origin.change.is_get {
        call.parts.body = &[];
        exchange.params.response_to = ResponseTo::Other;
        exchange.params.repeat = Repeat::Safe;
    }
    Ok(call.again(length, is_same))
}

/// Writes the next request's head, but for its empty line, and returns where it ends.
fn write(call: &mut KeptCall<'_, '_>) -> usize {
    let origin = &*call.origin;
    let (front, kept) = call.bytes.split_at_mut_checked(origin.end).unwrap_or_default();
    let (method, base) = asked(origin, &call.parts.exchange.endpoint, kept);
    redirect::write_head(origin.head(kept), method, &base, origin.change, front)
}

/// Length of what stands behind a URL that is noted: its length, and the status that led to it.
const NOTE: usize = 4;

/// Notes where `location` leads at the end of `room`, and returns the note's length.
fn note(
    room: &mut [u8],
    status: u16,
    base: &Base<'_>,
    location: &[u8],
) -> Result<usize, RedirectError> {
    let available = room.len();
    let at = available.saturating_sub(NOTE);
    let (place, behind) = room.split_at_mut_checked(at).unwrap_or_default();
    let length = resolve(base, location, place)?;
    let needed = length.saturating_add(NOTE);
    let Ok(short) = u16::try_from(length) else {
        return Err(RedirectError::Buffer { needed, available });
    };
    if needed > available {
        return Err(RedirectError::Buffer { needed, available });
    }
    put(behind, 0, &((u32::from(short) << 16) | u32::from(status)).to_be_bytes());
    Ok(needed)
}

/// The URLs that a request went to, and what each answered: in order.
///
/// ```no_run
/// # use safe_http_client::*;
/// fn show<B: Buffer>(call: &LayeredCall<'_, B>) {
///     for hop in call.hops() {
///         println!("{} answered {:?}", hop.url(), hop.status());
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Hops<'b>(pub(super) &'b [u8]);

impl<'b> Hops<'b> {
    /// Whether this URL is among them, from the one with this number on.
    pub(super) fn have(mut self, url: &[u8], since: u8) -> bool {
        let mut number = 0u8;
        while let Some((_, hop)) = self.take_note() {
            if number >= since && hop == url {
                return true;
            }
            number = number.saturating_add(1);
        }
        false
    }

    /// The first URL that is left, and the status that led to it.
    // Once instead of four times.
    #[inline(never)]
    fn take_note(&mut self) -> Option<(u16, &'b [u8])> {
        let (front, note) = self.0.split_last_chunk::<NOTE>()?;
        let note = u32::from_be_bytes(*note);
        let (rest, url) =
            front.split_at_checked(front.len().checked_sub((note >> 16) as usize)?)?;
        self.0 = rest;
        Some((note as u16, url))
    }
}

impl<'b> Iterator for Hops<'b> {
    type Item = Hop<'b>;

    fn next(&mut self) -> Option<Hop<'b>> {
        let (_, url) = self.take_note()?;
        let status = self.clone().take_note().map(|(status, _)| status);
        Some(Hop { url, status })
    }
}

impl fmt::Debug for Hops<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone().map(|hop| hop.status)).finish()
    }
}

/// One of the URLs that a request went to.
///
/// ```no_run
/// # use safe_http_client::*;
/// fn was_moved_for_ever(hop: Hop<'_>) -> bool {
///     matches!(hop.status(), Some(301 | 308))
/// }
/// ```
// Its URL may have a token in it: what is shown by `Debug` ends up in logs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hop<'b> {
    url: &'b [u8],
    status: Option<u16>,
}

impl<'b> Hop<'b> {
    /// The URL, without user name and password.
    pub fn url(&self) -> &'b str {
        ascii(self.url)
    }

    /// The redirect that it answered; `None` of the last, which answered no redirect that was followed.
    pub fn status(&self) -> Option<u16> {
        self.status
    }
}

impl fmt::Debug for Hop<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hop").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Where in the request's buffer the [`Hops`] of a failed request stand: [`LayerError::hops`](crate::LayerError::hops) reads them.
///
/// ```no_run
/// # use safe_http_client::*;
/// fn count<E>(error: &LayerError<E>, buffer: &[u8]) -> usize {
///     error.hops(buffer).count()
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct HopList {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl HopList {
    pub(super) const NONE: Self = Self { start: 0, end: 0 };

    pub(super) fn read<'b>(&self, buffer: &'b [u8]) -> Hops<'b> {
        Hops(buffer.get(self.start..self.end).unwrap_or_default())
    }
}

/// A request with it may be repeated: the server tells the two apart.
const KEY: &[u8] = b"idempotency-key";

/// A function's type, with all that it needs.
type Judge = fn(&mut Patience, &KeptCall<'_, '_>, Option<Fault>, u32) -> Next;

/// How often a request is still sent again.
pub(super) struct Patience {
    pub(super) judge: Judge,
    pub(super) backoff: Backoff,
    /// Since when, and how long, it waits for its next attempt.
    wait: (u32, u32),
}

impl Patience {
    pub(super) fn new(policy: RetryPolicy) -> Self {
        Self { judge, backoff: Backoff::new(policy), wait: (0, 0) }
    }

    /// Milliseconds until the next attempt.
    pub(super) fn wait_left(&self, now: u32) -> u32 {
        let (since, length) = self.wait;
        length.saturating_sub(elapsed_ms(now, since))
    }
}

/// Whether another attempt may help.
fn judge(patience: &mut Patience, call: &KeptCall<'_, '_>, fault: Option<Fault>, now: u32) -> Next {
    let exchange = &call.parts.exchange;
    let (verdict, asked) = match fault {
        None => {
            let head = exchange.head(call.bytes);
            (Verdict::of_status(head.status()), retry_after_seconds(&head))
        }
        Some(fault) => (verdict(fault), None),
    };
    let may = match verdict {
        Verdict::Final => false,
        Verdict::Unsent => true,
        // To another origin the key didn't go.
        Verdict::Unknown => {
            exchange.params.repeat != Repeat::Never
                || !call.origin.change.has_left && {
                    let kept = call.bytes.get(call.origin.end..).unwrap_or_default();
                    has_line(call.origin.head(kept), KEY)
                }
        }
    };
    if !may {
        return Next::Result;
    }
    patience.backoff.stir(now);
    let Some(wait) = patience.backoff.next_ms(asked.unwrap_or(0).saturating_mul(1000)) else {
        return Next::Result;
    };
    patience.wait = (now, wait);
    Next::Wait
}

/// Whether a handshake has shown what another one would show again. A clock may be set meanwhile, and silence end.
pub(super) fn is_refused(fault: StackFault) -> bool {
    use TlsFault::{Aborted, BrokenOff, ClockNotSet, Unanswered, Unfinished};
    matches!(fault, StackFault::Tls(why)
        if !matches!(why, Aborted | BrokenOff | ClockNotSet | Unanswered | Unfinished))
}

/// As [`Verdict::of`] the error that becomes of it.
fn verdict(fault: Fault) -> Verdict {
    match fault {
        Fault::Refused(Refusal::Link(_))
        | Fault::Stack(
            StackStep::Resolve | StackStep::Socket | StackStep::Connect | StackStep::NotConnected,
        )
        | Fault::Exchange(Failure::Timeout(Deadline::Resolve | Deadline::Connect)) => {
            Verdict::Unsent
        }
        Fault::Stack(StackStep::Send | StackStep::Receive)
        | Fault::Exchange(
            Failure::ClosedBeforeResponse
            | Failure::StaleConnection
            | Failure::Truncated
            | Failure::Timeout(Deadline::Response | Deadline::Idle),
        ) => Verdict::Unknown,
        _ => Verdict::Final,
    }
}

#[cfg(feature = "digest")]
pub(super) use digest::Dialogue;

/// What answers a challenge.
#[cfg(feature = "digest")]
mod digest {
    use super::{KeptCall, Next, Stop};
    use crate::error::ChallengeError;
    use crate::http::digest::{Challenge, Credentials};

    /// A function's type, with all that it needs.
    type Challenged = fn(&Credentials<'_>, &mut KeptCall<'_, '_>) -> Next;

    /// What answers a challenge.
    pub(in super::super) struct Dialogue<'b> {
        pub(in super::super) challenged: Challenged,
        pub(in super::super) credentials: Credentials<'b>,
    }

    impl<'b> Dialogue<'b> {
        pub(in super::super) fn new(credentials: Credentials<'b>) -> Self {
            Self { challenged, credentials }
        }
    }

    /// Whether the response has a challenge that is to be answered: the answer is noted then, in front of what is
    /// kept.
    fn challenged(credentials: &Credentials<'_>, call: &mut KeptCall<'_, '_>) -> Next {
        let origin = &mut *call.origin;
        let exchange = &mut call.parts.exchange;
        let available = call.bytes.len();
        let (front, kept) = call.bytes.split_at_mut_checked(origin.end).unwrap_or_default();
        let (head, room) = front.split_at_mut_checked(exchange.head_length()).unwrap_or_default();
        let head = exchange.head(head);
        // Credentials are for the origin that their caller meant them for. A challenge that was too old is
        // answered once more.
        if head.status() != 401 || origin.change.has_left || origin.answered > 1 {
            return Next::Result;
        }
        let is_first = origin.answered == 0;
        let found = Challenge::of(&head);
        let challenge = match &found {
            Ok(challenge) if is_first || challenge.is_stale => challenge,
            Err(why) if is_first => return origin.stop(Stop::Challenge(*why)),
            // The credentials are wrong: that is the answer.
            _ => return Next::Result,
        };
        let (method, target) = origin.asks(kept);
        let answer = challenge.answer(credentials, method, target);
        let length = answer.write(&mut []);
        let taken = available.wrapping_sub(room.len());
        let left = room.len().checked_sub(length);
        let Some(place) = left.and_then(|at| room.get_mut(at..)) else {
            let needed = taken.saturating_add(length);
            return origin.stop(Stop::Challenge(ChallengeError::Buffer { needed, available }));
        };
        answer.write(place);
        origin.answered = origin.answered.wrapping_add(1);
        origin.line = length;
        exchange.endpoint.has_secret = true;
        call.again(length, true)
    }
}
