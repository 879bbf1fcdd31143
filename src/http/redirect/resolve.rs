//! Where a `Location` leads (RFC 3986 section 5), written from its end on.

use super::Base;
use crate::error::{RedirectError, UrlError};
use crate::http::authority::Authority;
use crate::http::bytes::{is, split_at_byte, to_decimal, trim};
use crate::http::request::form::hex;
use crate::http::url::Scheme;

/// Writes from a buffer's end towards its start, so that a path is known without its dots by the time
/// that its first segment is written. What doesn't fit is counted.
struct Backwards<'b> {
    room: &'b mut [u8],
    length: usize,
    /// Segments that `..` takes away, of those in front.
    skipped: usize,
    /// The last segment is written.
    in_path: bool,
}

impl Backwards<'_> {
    #[inline(never)]
    fn put(&mut self, bytes: &[u8]) {
        for &byte in bytes.iter().rev() {
            self.length = self.length.saturating_add(1);
            let at = self.room.len().wrapping_sub(self.length);
            if let Some(slot) = self.room.get_mut(at) {
                *slot = byte;
            }
        }
    }

    /// Bytes that no URL has are percent-encoded, as browsers and curl do it.
    #[inline(never)]
    fn put_encoded(&mut self, bytes: &[u8]) {
        for &byte in bytes.iter().rev() {
            match byte {
                0x21..=0x7E => self.put(&[byte]),
                _ => self.put(&[b'%', hex(byte >> 4), hex(byte & 15)]),
            }
        }
    }

    /// The end of a path without `.` and `..` (RFC 3986 section 5.2.4); or, behind it, the folder that it is
    /// in, without its last slash.
    #[inline(never)]
    fn put_path(&mut self, path: &[u8]) {
        let mut rest = path;
        while !rest.is_empty() {
            let slash = rest.iter().rposition(|byte| *byte == b'/');
            let start = slash.map_or(0, |at| at.wrapping_add(1));
            let segment = rest.get(start..).unwrap_or_default();
            rest = rest.get(..slash.unwrap_or(0)).unwrap_or_default();
            if matches!(segment, b"." | b"..") {
                self.skipped = self.skipped.wrapping_add(segment.len().wrapping_sub(1));
                if !self.in_path {
                    self.put(b"/");
                }
            } else if self.skipped > 0 {
                self.skipped = self.skipped.wrapping_sub(1);
            } else {
                self.put_encoded(segment);
                self.put(b"/");
            }
            self.in_path = true;
        }
    }
}

/// Writes the URL that `location` is, seen from `base`, to the end of `room`, and returns its length. It
/// wasn't written whole where that is more than `room` has.
pub(crate) fn resolve(
    base: &Base<'_>,
    location: &[u8],
    room: &mut [u8],
) -> Result<usize, RedirectError> {
    let (reference, _) = split_at_byte(trim(location), b'#');
    let (base_path, base_query) = split_at_byte(base.path_and_query, b'?');
    let (mut scheme, mut rest) = (base.scheme, reference);
    let (name, behind) = split_at_byte(reference, b':');
    if name.len() < reference.len() && !name.iter().any(|byte| matches!(byte, b'/' | b'?')) {
        scheme = if is(name, b"http") {
            Scheme::Http
        } else if is(name, b"https") {
            Scheme::Https
        } else {
            return Err(RedirectError::Location(UrlError::UnsupportedScheme));
        };
        if !behind.starts_with(b"//") {
            return Err(RedirectError::Location(UrlError::MissingHost));
        }
        rest = behind;
    }
    let mut out = Backwards { room, length: 0, skipped: 0, in_path: false };
    let mut host = None;
    if let Some(behind) = rest.strip_prefix(b"//") {
        let found = Authority::of(behind, 0);
        host = behind.get(found.host..found.end);
        rest = behind.get(found.end..).unwrap_or_default();
        if rest.starts_with(b"\\") {
            // Browsers take it for a slash, others for a part of the host.
            let error = UrlError::InvalidHost { at: found.end, byte: b'\\' };
            return Err(RedirectError::Location(error));
        }
    }
    let (mut path, mut query) = split_at_byte(rest, b'?');
    let mut folder: &[u8] = &[];
    if host.is_none() && path.is_empty() {
        path = base_path;
        if rest.is_empty() {
            query = base_query;
        }
    } else if host.is_none() && !path.starts_with(b"/") {
        let slash = base_path.iter().rposition(|byte| *byte == b'/');
        folder = base_path.get(..slash.unwrap_or(0)).unwrap_or_default();
    }
    if !query.is_empty() {
        out.put_encoded(query);
        out.put(b"?");
    }
    let before = out.length;
    out.put_path(path);
    out.put_path(folder);
    if out.length == before {
        out.put(b"/");
    }
    match host {
        // It is parsed next; a byte that was encoded is none of a host.
        Some(host) => out.put_encoded(host),
        None => {
            if base.port != base.scheme.default_port() {
                let mut digits = [0; 20];
                out.put(to_decimal(&mut [base.port.into()], &mut digits));
                out.put(b":");
            }
            out.put(base.host);
        }
    }
    out.put(match scheme {
        Scheme::Http => b"http://",
        Scheme::Https => b"https://",
    });
    Ok(out.length)
}
