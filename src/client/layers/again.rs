//! What a request is sent again for.

use super::replay::{Around, KeptView, Origin};
use super::steps::{Next, Stop};
use crate::error::{Deadline, RedirectError};
use crate::http::framing::ResponseTo;
use crate::http::method::Repeat;
use crate::http::redirect::{self, Base, ascii, has_line, resolve};
use crate::http::request::Unsendable;
use crate::http::url::Endpoint;
use crate::nal::{Fault, StackStep};
use crate::policy::{
    Backoff, Preflights, Refusal, RetryPolicy, Verdict, check_request, retry_after_seconds,
};
use crate::protocol::Failure;
use core::fmt;
use nal_link::elapsed_ms;

/// Functions' types, with all that they need.
type Begin = fn(&Origin, &mut KeptView<'_, '_>) -> Result<(), Unsendable>;
type Redirected = fn(&mut Trail, &mut Origin, &mut KeptView<'_, '_>) -> Result<Next, Stop>;
type Write = fn(&Origin, &Endpoint, &[u8], &mut [u8]) -> usize;

/// What a URL is checked by.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    pub(super) has_tls: bool,
    pub(super) has_loopback: bool,
    pub(super) checks: Preflights,
}

/// The way of a request along redirects. The URLs are at the end of its buffer, in front of the request.
pub(super) struct Trail {
    pub(super) begin: Begin,
    pub(super) redirected: Redirected,
    pub(super) write: Write,
    pub(super) rules: Rules,
    limit: u8,
    /// Redirects that were followed.
    pub(super) count: u8,
    /// The first URL that was asked by the method of now.
    since: u8,
}

impl Trail {
    pub(super) fn new(limit: u8) -> Self {
        let rules = Rules { has_tls: false, has_loopback: false, checks: Preflights::ALL };
        Self { begin, redirected, write, rules, limit, count: 0, since: 0 }
    }
}

/// Notes the URL that is asked first.
fn begin(origin: &Origin, call: &mut KeptView<'_, '_>) -> Result<(), Unsendable> {
    let Endpoint { scheme, port, .. } = call.exchange.endpoint;
    let (front, tail) = call.split();
    let (_, path_and_query) = origin.asks(tail);
    let base = Base { scheme, host: origin.host(tail), port, path_and_query };
    // Without the credentials that the caller's URL may have had. A byte is for the answer's first.
    let length = match note(front, origin.stage_end.saturating_add(1), 0, &base, b"") {
        Ok(length) => length,
        Err(error) => match error.with(tail.len()) {
            RedirectError::Buffer { needed, available } => {
                return Err(Unsendable::Buffer { needed, available });
            }
            _ => 0,
        },
    };
    call.keep(length);
    Ok(())
}

/// The URL that is asked, and by which method. It stands first of what is kept.
fn asked<'t>(origin: &Origin, endpoint: &Endpoint, tail: &'t [u8]) -> (&'t [u8], Base<'t>) {
    let Endpoint { scheme, port, host_length, .. } = *endpoint;
    let (method, path_and_query) = origin.asks(tail);
    let host = redirect::behind_scheme(scheme, tail).get(..host_length).unwrap_or_default();
    (method, Base { scheme, host, port, path_and_query })
}

/// Whether the response is a redirect: where it leads is noted then.
fn redirected(
    trail: &mut Trail,
    origin: &mut Origin,
    call: &mut KeptView<'_, '_>,
) -> Result<Next, Stop> {
    let is_tunnel = call.exchange.params.response_to == ResponseTo::Connect;
    let Around { endpoint, head, room, tail, taken } = call.around();
    let Some(redirect) = head.redirect().filter(|_| !is_tunnel) else { return Ok(Next::Result) };
    if trail.count >= trail.limit {
        return Err(RedirectError::TooMany { limit: trail.limit }.into());
    }
    let (method, base) = asked(origin, endpoint, tail);
    let length = note(room, 0, redirect.status(), &base, redirect.location())
        .map_err(|error| error.with(taken))?;
    let url = room.get(room.len().saturating_sub(length)..).unwrap_or_default();
    let url = url.get(..length.saturating_sub(NOTE)).unwrap_or_default();
    let (next, target) = redirect::parse(url)?;
    redirect::check(base.scheme, next.scheme)?;
    trail.count = trail.count.saturating_add(1);
    if redirect::becomes_get(redirect.status(), method) {
        origin.change.is_get = true;
        // What was asked by another method before is no circle.
        trail.since = trail.count;
    } else if Hops::of(origin, tail).have(url, trail.since) {
        return Err(RedirectError::Loop.into());
    }
    let host = redirect::behind_scheme(next.scheme, url).get(..next.host_length);
    let is_same = base.is_same_origin(next.scheme, host.unwrap_or_default(), next.port);
    origin.change.has_left |= !is_same;
    // Behind it come its note and what was kept before.
    let from_end = target.saturating_add(NOTE).saturating_add(tail.len());
    origin.target = (from_end, target);
    if origin.change.is_get {
        *call.body = &[];
        call.exchange.params.response_to = ResponseTo::Other;
        call.exchange.params.repeat = Repeat::Safe;
    }
    let then = call.again(length, is_same);
    if !is_same {
        let Rules { has_tls, has_loopback, checks } = trail.rules;
        let response_to = call.exchange.params.response_to;
        call.exchange.endpoint = next;
        check_request(&next, response_to, has_tls, has_loopback, checks)
            .map_err(|mistake| Stop::Unsendable(Unsendable::Request(mistake)))?;
    }
    Ok(then)
}

/// Writes the next request's head, but for its empty line, and returns where it ends.
fn write(origin: &Origin, endpoint: &Endpoint, tail: &[u8], room: &mut [u8]) -> usize {
    let (method, base) = asked(origin, endpoint, tail.get(origin.line..).unwrap_or_default());
    redirect::write_head(origin.head(tail), method, &base, origin.change, room)
}

/// Length of what stands behind a URL that is noted: its length, and the status that led to it.
pub(super) const NOTE: usize = 4;

/// Notes where `location` leads at the end of `room`, whose first `used` bytes are needed, and returns the
/// note's length.
pub(super) fn note(
    room: &mut [u8],
    used: usize,
    status: u16,
    base: &Base<'_>,
    location: &[u8],
) -> Result<usize, RedirectError> {
    let available = room.len();
    let free = room.get_mut(used..).unwrap_or_default();
    let at = free.len().saturating_sub(NOTE);
    let (place, behind) = free.split_at_mut_checked(at).unwrap_or_default();
    let length = resolve(base, location, place)?;
    let needed = length.saturating_add(NOTE);
    match (behind, u16::try_from(length)) {
        ([a, b, c, d], Ok(short)) if length <= place.len() => {
            [*a, *b] = short.to_be_bytes();
            [*c, *d] = status.to_be_bytes();
            Ok(needed)
        }
        _ => Err(RedirectError::Buffer { needed: used.saturating_add(needed), available }),
    }
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
    /// Those in bytes that end with a request that is kept.
    pub(super) fn of(origin: &Origin, tail: &'b [u8]) -> Self {
        let end = tail.len().saturating_sub(origin.stage_end);
        Self(tail.get(origin.line..end).unwrap_or_default())
    }

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
        let (front, [a, b, c, d]) = self.0.split_last_chunk::<NOTE>()?;
        let length = usize::from(u16::from_be_bytes([*a, *b]));
        let (rest, url) = front.split_at_checked(front.len().checked_sub(length)?)?;
        self.0 = rest;
        Some((u16::from_be_bytes([*c, *d]), url))
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
type Judge = fn(&mut Patience, &Origin, &KeptView<'_, '_>, Result<(), Fault>, u32) -> Next;

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
fn judge(
    patience: &mut Patience,
    origin: &Origin,
    call: &KeptView<'_, '_>,
    came: Result<(), Fault>,
    now: u32,
) -> Next {
    let (verdict, asked) = match came {
        Ok(()) => {
            let head = call.exchange.head(call.bytes);
            (Verdict::of_status(head.status()), retry_after_seconds(&head))
        }
        Err(fault) => (verdict(fault), None),
    };
    let may = match verdict {
        Verdict::Final => false,
        Verdict::Unsent => true,
        // To another origin the key didn't go.
        Verdict::Unknown => {
            call.exchange.params.repeat != Repeat::Never
                || !origin.change.has_left && has_line(origin.head(call.bytes), KEY)
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
    use super::{Around, KeptView, Next, Origin};
    use crate::error::ChallengeError;
    use crate::http::digest::{Challenge, Credentials};

    /// A function's type, with all that it needs.
    type Challenged =
        fn(&Credentials<'_>, &mut Origin, &mut KeptView<'_, '_>) -> Result<Next, ChallengeError>;

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
        let challenge = match Challenge::of(&head) {
            // The credentials are wrong: that is the answer.
            Ok(challenge) if origin.answered > 0 && !challenge.is_stale => return Ok(Next::Result),
            Err(_) if origin.answered > 0 => return Ok(Next::Result),
            challenge => challenge?,
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
}
