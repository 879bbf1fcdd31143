//! A request that is kept at the end of its buffer, so that it can be sent again.

use crate::client::draft::Draft;
use crate::client::{Buffer, Call};
use crate::http::bytes::copy;
use crate::http::request::Unsendable;
use crate::nal::{AnyDriver, CallView, Fault, Step};
use crate::protocol::{CloseReason, Exchange, Goal};
use core::fmt;

/// A buffer whose end is taken: there a layer ([`follow`](crate::Request::follow),
/// [`retry`](crate::Request::retry)) keeps the request, to send it again. The rest is the call's.
///
/// ```no_run
/// # use safe_http_client::*;
/// /// In a struct, a call that follows redirects has this type.
/// type Calls = Following<'static, [u8; 2048]>;
/// /// And what comes out of it is a call whose buffer is this.
/// type Answer = Call<'static, Kept<[u8; 2048]>>;
/// # fn f(call: Calls) -> Answer { call.into_call() }
/// ```
pub struct Kept<B> {
    buffer: B,
    /// Where the end begins.
    end: usize,
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

impl<B: Buffer> Kept<B> {
    /// What is kept.
    pub(super) fn tail(&self) -> &[u8] {
        self.buffer.as_ref().get(self.end..).unwrap_or_default()
    }
}

impl<B: Buffer> AsRef<[u8]> for Kept<B> {
    fn as_ref(&self) -> &[u8] {
        self.buffer.as_ref().get(..self.end).unwrap_or_default()
    }
}

impl<B: Buffer> AsMut<[u8]> for Kept<B> {
    fn as_mut(&mut self) -> &mut [u8] {
        self.buffer.as_mut().get_mut(..self.end).unwrap_or_default()
    }
}

impl<B> fmt::Debug for Kept<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("end", &self.end).finish_non_exhaustive()
    }
}

/// A call whose request is kept, whatever kind of buffer it owns.
pub(crate) struct KeptView<'v, 'b> {
    pub(super) exchange: &'v mut Exchange,
    pub(super) ticket: &'v mut u32,
    pub(super) body: &'v mut &'b [u8],
    /// What is the call's, and behind it from `end` what is kept.
    pub(super) bytes: &'v mut [u8],
    pub(super) end: &'v mut usize,
}

impl<'b, B: Buffer> Call<'b, Kept<B>> {
    pub(super) fn kept_view(&mut self) -> KeptView<'_, 'b> {
        KeptView {
            exchange: &mut self.exchange,
            ticket: &mut self.ticket,
            body: &mut self.body,
            bytes: self.buffer.buffer.as_mut(),
            end: &mut self.buffer.end,
        }
    }
}

impl<'v, 'b> KeptView<'v, 'b> {
    /// Of a request where it was put together.
    pub(super) fn of(draft: &'v mut Draft<'b>, bytes: &'v mut [u8], end: &'v mut usize) -> Self {
        let Draft { exchange, ticket, body, .. } = draft;
        Self { exchange, ticket, body, bytes, end }
    }

    #[inline(never)]
    pub(super) fn view(&mut self) -> CallView<'_> {
        let (exchange, ticket, body) = (&mut *self.exchange, *self.ticket, *self.body);
        CallView {
            exchange,
            ticket,
            buffer: self.bytes.get_mut(..*self.end).unwrap_or_default(),
            body,
        }
    }

    /// Goes on to the response's head, or to the end of a body that is only drained.
    pub(super) fn advance(
        &mut self,
        driver: &mut AnyDriver<'_>,
        is_draining: &mut bool,
    ) -> Step<()> {
        let goal = if *is_draining { Goal::Discarded } else { Goal::Head };
        match driver.run(&mut self.view(), goal) {
            // The end of a body that nobody wants is the connection's matter, unless that is another call's.
            Err(nb::Error::Other(fault)) if *is_draining && fault != Fault::Displaced => {
                driver.close(CloseReason::ResponseNotRead);
                Ok(())
            }
            Err(nb::Error::Other(fault)) => {
                // It is over, and stays so.
                *is_draining = false;
                Err(nb::Error::Other(fault))
            }
            step => step,
        }
    }

    /// What is the call's, and what is kept.
    #[inline(never)]
    pub(super) fn split(&mut self) -> (&mut [u8], &mut [u8]) {
        self.bytes.split_at_mut_checked(*self.end).unwrap_or_default()
    }

    /// Keeps so many bytes more: the last ones of what was the call's.
    pub(super) fn keep(&mut self, more: usize) {
        *self.end = self.end.saturating_sub(more);
    }

    /// Starts a request that stands in the call's buffer up to `stage_end`.
    // Once for all layers.
    #[inline(never)]
    pub(super) fn restart(&mut self, origin: &Origin, stage_end: usize) {
        self.exchange.reset(origin.started);
        let (buffer, body) = (self.bytes.get_mut(..*self.end).unwrap_or_default(), *self.body);
        self.exchange.stage(stage_end, origin.holds_body && !body.is_empty(), buffer, body);
    }

    /// Copies the request that is kept to the buffer's start, and starts it again.
    pub(super) fn again(&mut self, origin: &Origin) {
        let (front, tail) = self.split();
        put(front, 0, origin.kept(tail));
        self.restart(origin, origin.stage_end);
    }
}

/// Copies what fits from `at` on.
// Inlined, each copy takes 80 bytes.
#[inline(never)]
pub(super) fn put(room: &mut [u8], at: usize, bytes: &[u8]) {
    copy(room.get_mut(at..).unwrap_or_default(), bytes);
}

/// What a request was when it was started, but for its bytes and what its exchange keeps.
pub(crate) struct Origin {
    /// The body that is lent waits for `100 Continue`.
    holds_body: bool,
    /// Where the host's text ends in the bytes that are kept, and the head, and a copied body.
    host_end: usize,
    head_end: usize,
    pub(super) stage_end: usize,
    /// When the call was started: the total deadline counts from there.
    pub(super) started: u32,
}

impl Origin {
    /// The request, in bytes that end with it.
    #[inline(never)]
    pub(super) fn kept<'t>(&self, tail: &'t [u8]) -> &'t [u8] {
        tail.get(tail.len().saturating_sub(self.stage_end)..).unwrap_or_default()
    }

    /// Its head with the host's text in front, and its body that was copied, of the request itself.
    #[cfg(feature = "digest")]
    pub(super) fn in_two<'t>(&self, kept: &'t [u8]) -> (&'t [u8], &'t [u8]) {
        kept.split_at_checked(self.head_end).unwrap_or_default()
    }

    /// Its host's text.
    pub(super) fn host<'t>(&self, tail: &'t [u8]) -> &'t [u8] {
        self.kept(tail).get(..self.host_end).unwrap_or_default()
    }

    /// Its head.
    #[inline(never)]
    pub(super) fn head<'t>(&self, tail: &'t [u8]) -> &'t [u8] {
        self.kept(tail).get(self.host_end..self.head_end).unwrap_or_default()
    }

    /// Its body that was copied.
    pub(super) fn copied<'t>(&self, tail: &'t [u8]) -> &'t [u8] {
        self.kept(tail).get(self.head_end..).unwrap_or_default()
    }
}

/// Checks a request, starts it, and keeps a copy of it at its buffer's end. Returns where that begins.
#[inline(never)]
pub(super) fn keep(
    draft: &mut Draft<'_>,
    driver: &mut AnyDriver<'_>,
    bytes: &mut [u8],
) -> Result<(Origin, usize), Unsendable> {
    draft.start(driver, bytes, None)?;
    let head_end = draft.head.length;
    let stage_end = head_end.saturating_add(draft.head.copied_body);
    let origin = Origin {
        holds_body: draft.head.expect_continue,
        host_end: draft.exchange.endpoint.host_length,
        head_end,
        stage_end,
        started: draft.exchange.timers.started,
    };
    let available = bytes.len();
    // Once to be sent, and a byte behind it for the answer; and once to be kept.
    let needed = stage_end.saturating_mul(2).saturating_add(1);
    let (Some(mut end), true) = (available.checked_sub(stage_end), needed <= available) else {
        return Err(Unsendable::Buffer { needed, available });
    };
    let mut call = KeptView::of(draft, bytes, &mut end);
    let (front, tail) = call.split();
    put(tail, 0, front);
    // The body that had been put behind the head reached into what is kept now.
    call.restart(&origin, stage_end);
    Ok((origin, end))
}
