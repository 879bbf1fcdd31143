//! A request that is kept at the end of its buffer, so that it can be sent again.

use super::steps::Next;
use crate::client::request::Draft;
use crate::client::{Buffer, Call};
use crate::http::bytes::{put, split_at_byte};
use crate::http::redirect::Change;
use crate::http::request::Unsendable;
use crate::http::response::ResponseHead;
use crate::http::url::Endpoint;
use crate::nal::{AnyDriver, CallView};
use crate::protocol::Exchange;
use core::fmt;

/// A buffer whose end is taken: there a [`LayeredCall`](crate::LayeredCall) keeps the request, to send it again.
/// The rest is the call's.
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
pub(super) struct KeptView<'v, 'b> {
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

/// A response's head, and what is around it in the buffer.
pub(super) struct Around<'v> {
    pub(super) endpoint: &'v Endpoint,
    pub(super) head: ResponseHead<'v>,
    /// Behind it stand the first bytes of its body, which are needed only where it is read to its end.
    pub(super) room: &'v mut [u8],
    pub(super) tail: &'v [u8],
    /// What of the buffer isn't room.
    pub(super) taken: usize,
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

    /// What is the call's, and what is kept.
    #[inline(never)]
    pub(super) fn split(&mut self) -> (&mut [u8], &mut [u8]) {
        self.bytes.split_at_mut_checked(*self.end).unwrap_or_default()
    }

    /// The response, whose head is there.
    pub(super) fn around(&mut self) -> Around<'_> {
        let head_end = self.exchange.head_length();
        let (front, tail) = self.bytes.split_at_mut_checked(*self.end).unwrap_or_default();
        let (head, room) = front.split_at_mut_checked(head_end).unwrap_or_default();
        let taken = head_end.saturating_add(tail.len());
        let (endpoint, head) = (&self.exchange.endpoint, self.exchange.head(head));
        Around { endpoint, head, room, tail, taken }
    }

    /// Keeps so many bytes more: the last ones of what was the call's.
    pub(super) fn keep(&mut self, more: usize) {
        *self.end = self.end.saturating_sub(more);
    }

    /// The same, and the request is sent again.
    pub(super) fn again(&mut self, more: usize, to_same_origin: bool) -> Next {
        let arrived = self.exchange.early_body(self.bytes).len();
        let arrived = self.exchange.head_length().saturating_add(arrived);
        self.keep(more);
        let is_drained =
            to_same_origin && arrived <= *self.end && self.exchange.is_worth_discarding();
        if is_drained { Next::Drain } else { Next::Again }
    }

    /// Starts a request that stands in the call's buffer up to `stage_end`.
    pub(super) fn restart(&mut self, origin: &Origin, stage_end: usize) {
        self.exchange.reset(origin.started);
        let (buffer, body) = (self.bytes.get_mut(..*self.end).unwrap_or_default(), *self.body);
        self.exchange.stage(stage_end, origin.holds_body && !body.is_empty(), buffer, body);
    }
}

/// What a request was when it was started, but for its bytes and what its exchange keeps; and what became of
/// it since. At the buffer's end stand, from there on: its bytes, the URLs that it went to, and the line that
/// answers a challenge.
pub(super) struct Origin {
    /// The body that is lent waits for `100 Continue`.
    holds_body: bool,
    pub(super) change: Change,
    /// How many challenges were answered in a row.
    pub(super) answered: u8,
    /// Bytes of the line that answers one.
    pub(super) line: usize,
    /// Where the host's text ends in the bytes that are kept, and the head, and a copied body.
    host_end: usize,
    head_end: usize,
    pub(super) stage_end: usize,
    /// When the call was started: the total deadline counts from there.
    pub(super) started: u32,
    /// Where it was led: how far the target of its URL is from the buffer's end, and its length.
    pub(super) target: (usize, usize),
}

impl Origin {
    pub(super) const NONE: Self = Self {
        holds_body: false,
        change: Change { is_get: false, has_left: false },
        answered: 0,
        line: 0,
        host_end: 0,
        head_end: 0,
        stage_end: 0,
        started: 0,
        target: (0, 0),
    };

    /// The request, in bytes that end with it.
    #[inline(never)]
    fn kept<'t>(&self, tail: &'t [u8]) -> &'t [u8] {
        tail.get(tail.len().saturating_sub(self.stage_end)..).unwrap_or_default()
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

    /// The host's text and its head, but for the empty line.
    pub(super) fn lines<'t>(&self, tail: &'t [u8]) -> &'t [u8] {
        let end = self.head_end.saturating_sub(b"\r\n\r\n".len());
        self.kept(tail).get(..end).unwrap_or_default()
    }

    /// Its body that was copied.
    pub(super) fn copied<'t>(&self, tail: &'t [u8]) -> &'t [u8] {
        self.kept(tail).get(self.head_end..).unwrap_or_default()
    }

    /// The method and the target that it is sent with by now.
    pub(super) fn asks<'t>(&self, tail: &'t [u8]) -> (&'t [u8], &'t [u8]) {
        let (mut method, behind) = split_at_byte(self.head(tail), b' ');
        if self.change.is_get {
            method = b"GET";
        }
        let (from_end, length) = self.target;
        if length == 0 {
            return (method, split_at_byte(behind, b' ').0);
        }
        let target = tail.get(tail.len().saturating_sub(from_end)..).unwrap_or_default();
        (method, target.get(..length).unwrap_or_default())
    }
}

/// Checks a request, starts it, and keeps a copy of it at its buffer's end, from `end` on.
pub(super) fn keep(
    origin: &mut Origin,
    driver: &mut AnyDriver<'_>,
    draft: &mut Draft<'_>,
    bytes: &mut [u8],
    end: &mut usize,
) -> Result<(), Unsendable> {
    draft.start(driver, bytes, None)?;
    origin.holds_body = draft.head.expect_continue;
    origin.host_end = draft.exchange.endpoint.host_length;
    origin.head_end = draft.head.length;
    origin.stage_end = origin.head_end.saturating_add(draft.head.copied_body);
    origin.started = draft.exchange.timers.started;
    let available = bytes.len();
    // Once to be sent, and a byte behind it for the answer; and once to be kept.
    let needed = origin.stage_end.saturating_mul(2).saturating_add(1);
    if needed > available {
        return Err(Unsendable::Buffer { needed, available });
    }
    *end = available.saturating_sub(origin.stage_end);
    let (front, tail) = bytes.split_at_mut_checked(*end).unwrap_or_default();
    put(tail, 0, front);
    Ok(())
}
