//! The URLs that a request went to, as they are noted at its buffer's end.

use crate::client::layers::replay::Origin;
use crate::error::RedirectError;
use crate::http::redirect::{Base, ascii, resolve};
use core::fmt;

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
    pub(in crate::client::layers) fn of(origin: &Origin, tail: &'b [u8]) -> Self {
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
    pub(in crate::client::layers) start: usize,
    pub(in crate::client::layers) end: usize,
}

impl HopList {
    pub(in crate::client::layers) const NONE: Self = Self { start: 0, end: 0 };

    pub(in crate::client::layers) fn read<'b>(&self, buffer: &'b [u8]) -> Hops<'b> {
        Hops(buffer.get(self.start..self.end).unwrap_or_default())
    }
}
