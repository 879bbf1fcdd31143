//! The way of a request along redirects, whatever its network and its buffer are.

use super::hops::{HopList, Hops, note};
use crate::client::draft::Draft;
use crate::client::layers::replay::{self, KeptView, Origin, put};
use crate::error::{RedirectError, RequestError};
use crate::http::endpoint::Endpoint;
use crate::http::framing::ResponseTo;
use crate::http::method::Repeat;
use crate::http::redirect::{self, Base, Change, OriginText, split_at_byte};
use crate::http::request::Unsendable;
use crate::nal::{AnyDriver, Fault};
use crate::policy::check_request;

/// Why a request goes no further.
#[derive(Clone, Copy)]
pub(crate) enum Stop {
    Unsendable(Unsendable),
    Fault(Fault),
    /// The URL that it was led to can't be asked.
    Refused(RequestError),
    Redirect(RedirectError),
}

impl From<RedirectError> for Stop {
    fn from(why: RedirectError) -> Self {
        Self::Redirect(why)
    }
}

/// Sends a request where it was put together, and follows where it is led. Returns where what is kept begins.
pub(super) fn send(
    draft: &mut Draft<'_>,
    driver: &mut AnyDriver<'_>,
    bytes: &mut [u8],
    limit: u8,
) -> Result<usize, (Stop, HopList)> {
    let (mut trail, mut end) = Trail::start(draft, driver, bytes, limit)
        .map_err(|unsendable| (Stop::Unsendable(unsendable), HopList::NONE))?;
    let mut call = KeptView::of(draft, bytes, &mut end);
    loop {
        match trail.step(driver, &mut call) {
            Ok(()) => return Ok(end),
            Err(nb::Error::Other(stop)) => return Err((stop, trail.hop_list(&call))),
            Err(nb::Error::WouldBlock) => driver.stack.idle(),
        }
    }
}

/// The way of a request along redirects. The URLs are at the end of its buffer, in front of the request.
pub(crate) struct Trail {
    origin: Origin,
    limit: u8,
    /// Redirects that were followed.
    count: u8,
    /// The first URL that was asked by the method of now.
    since: u8,
    change: Change,
    /// The rest of a redirect's own body is read, for the connection's sake; then the next request starts.
    pub(super) is_draining: bool,
}

impl Trail {
    /// Checks a request, starts it, keeps it, and notes its URL. Returns where what is kept begins.
    #[inline(never)]
    pub(super) fn start(
        draft: &mut Draft<'_>,
        driver: &mut AnyDriver<'_>,
        bytes: &mut [u8],
        limit: u8,
    ) -> Result<(Self, usize), Unsendable> {
        let (origin, mut end) = replay::keep(draft, driver, bytes)?;
        let available = bytes.len();
        let mut call = KeptView::of(draft, bytes, &mut end);
        let Endpoint { scheme, port, .. } = call.exchange.endpoint;
        let (front, tail) = call.split();
        let (target, _) = split_at_byte(split_at_byte(origin.head(tail), b' ').1, b' ');
        let base = Base { scheme, host: origin.host(tail), port, path_and_query: target };
        // Without the credentials that the caller's URL may have had. A byte is for the answer's first.
        let length = match note(front, origin.stage_end.saturating_add(1), 0, &base, b"") {
            Ok(length) => length,
            Err(RedirectError::Buffer { needed, .. }) => {
                let needed = needed.saturating_add(tail.len());
                return Err(Unsendable::Buffer { needed, available });
            }
            Err(_) => 0,
        };
        call.keep(length);
        // The body that had been put behind the head may reach into what is kept now.
        call.restart(&origin, origin.stage_end);
        let change = Change::default();
        Ok((Self { origin, limit, count: 0, since: 0, change, is_draining: false }, end))
    }

    /// The URLs so far, in bytes that end with the request.
    pub(super) fn hops<'t>(&self, tail: &'t [u8]) -> Hops<'t> {
        let end = tail.len().saturating_sub(self.origin.stage_end);
        Hops(tail.get(..end).unwrap_or_default())
    }

    /// Where in the buffer they stand.
    pub(super) fn hop_list(&self, call: &KeptView<'_, '_>) -> HopList {
        HopList { start: *call.end, end: call.bytes.len().saturating_sub(self.origin.stage_end) }
    }

    /// Goes on as far as it goes without waiting: to the head of a response that is no redirect.
    pub(crate) fn step(
        &mut self,
        driver: &mut AnyDriver<'_>,
        call: &mut KeptView<'_, '_>,
    ) -> nb::Result<(), Stop> {
        loop {
            call.advance(driver, &mut self.is_draining).map_err(|error| error.map(Stop::Fault))?;
            if !self.is_draining {
                match self.redirected(call) {
                    Ok(true) => {}
                    Ok(false) => return Ok(()),
                    Err(why) => return Err(nb::Error::Other(give_up(driver, call, why.into()))),
                }
                if self.is_draining {
                    call.exchange.start_discarding(driver.stack.now_ms());
                    continue;
                }
            }
            self.is_draining = false;
            let restarted = self.restart(call).map_err(Stop::Redirect).and_then(|()| {
                let traits = driver.stack.traits();
                let exchange = &*call.exchange;
                check_request(
                    &exchange.endpoint,
                    exchange.params.response_to,
                    traits.has_tls,
                    traits.has_loopback,
                    driver.config.checks,
                )
                .map_err(Stop::Refused)
            });
            if let Err(stop) = restarted {
                return Err(nb::Error::Other(give_up(driver, call, stop)));
            }
            *call.ticket = driver.claim();
        }
    }

    /// Whether the response is a redirect: where it leads is noted then.
    fn redirected(&mut self, call: &mut KeptView<'_, '_>) -> Result<bool, RedirectError> {
        // Behind the head come bytes of the body, which are needed only where it is read to its end.
        let head_end = call.exchange.head_length();
        let is_tunnel = call.exchange.params.response_to == ResponseTo::Connect;
        let (front, tail) = call.bytes.split_at_mut_checked(*call.end).unwrap_or_default();
        let arrived = head_end.saturating_add(call.exchange.early_body(front).len());
        let Some((head, room)) = front.split_at_mut_checked(head_end) else { return Ok(false) };
        let Some(redirect) = call.exchange.head(head).redirect().filter(|_| !is_tunnel) else {
            return Ok(false);
        };
        if self.count >= self.limit {
            return Err(RedirectError::TooMany { limit: self.limit });
        }
        let hops = self.hops(tail);
        let Some(last) = hops.last_url() else { return Ok(false) };
        // It was parsed before it was noted, or is the caller's own.
        let (mut here, mut there) = (OriginText::new(), OriginText::new());
        let (base, path_and_query) = redirect::cut(last, &mut here)?;
        let base = Base { path_and_query, ..Base::of(&base) };
        let becomes_get = !self.change.is_get
            && redirect::becomes_get(
                redirect.status(),
                split_at_byte(self.origin.head(tail), b' ').0,
            );
        // All of the buffer, with what is in front of this and behind it.
        let around = head_end.saturating_add(tail.len());
        let length = note(room, 0, redirect.status(), &base, redirect.location())
            .map_err(|error| error.with(around))?;
        let text = room.get(room.len().saturating_sub(length)..).unwrap_or_default();
        let next = Hops(text).last_url().unwrap_or_default();
        let (url, _) = redirect::cut(next, &mut there)?;
        redirect::check(&base, &url)?;
        self.count = self.count.saturating_add(1);
        if becomes_get {
            // What was asked by another method before is no circle.
            self.since = self.count;
        } else if hops.skip(self.since.into()).any(|hop| hop.bytes() == next) {
            return Err(RedirectError::Loop);
        }
        let is_same = base.is_same_origin(&url);
        self.change.is_get |= becomes_get;
        self.change.has_left |= !is_same;
        let left = head_end.saturating_add(room.len()).saturating_sub(length);
        self.is_draining = is_same && arrived <= left && call.exchange.is_worth_discarding();
        call.keep(length);
        Ok(true)
    }

    /// Writes the next request into the buffer.
    fn restart(&mut self, call: &mut KeptView<'_, '_>) -> Result<(), RedirectError> {
        let (front, tail) = call.split();
        let last = self.hops(tail).last_url().unwrap_or_default();
        let mut origin = OriginText::new();
        let (url, target) = redirect::cut(last, &mut origin)?;
        let head = self.origin.head(tail);
        let mut stage_end = redirect::write_head(head, &url, target, self.change, front);
        if !self.change.is_get {
            let copied = self.origin.copied(tail);
            put(front, stage_end, copied);
            stage_end = stage_end.saturating_add(copied.len());
        }
        let endpoint = self.change.has_left.then(|| Endpoint::of(&url));
        // A byte for the answer's first.
        let needed = stage_end.saturating_add(1);
        if needed > front.len() {
            let error = RedirectError::Buffer { needed, available: front.len() };
            return Err(error.with(tail.len()));
        }
        if let Some(endpoint) = endpoint {
            call.exchange.endpoint = endpoint;
        }
        if self.change.is_get {
            *call.body = &[];
            call.exchange.params.response_to = ResponseTo::Other;
            call.exchange.params.repeat = Repeat::Safe;
        }
        call.restart(&self.origin, stage_end);
        Ok(())
    }
}

/// The request ends here. The connection may still be kept.
#[cold]
#[inline(never)]
fn give_up(driver: &mut AnyDriver<'_>, call: &mut KeptView<'_, '_>, stop: Stop) -> Stop {
    driver.abandon(&mut call.view());
    call.exchange.fail();
    stop
}
