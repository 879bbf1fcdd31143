//! Requests that follow redirects.

mod hops;

pub use hops::{Hop, HopList, Hops};

use super::replay::{Around, KeptView, Origin};
use super::steps::{Next, Stop};
use crate::error::RedirectError;
use crate::http::framing::ResponseTo;
use crate::http::method::Repeat;
use crate::http::redirect::{self, Base};
use crate::http::request::Unsendable;
use crate::http::url::Endpoint;
use crate::policy::{Preflights, check_request};
use hops::{NOTE, note};

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
