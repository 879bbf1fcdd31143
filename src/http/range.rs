//! Parts of a representation (RFC 9110 section 14).

use super::bytes::{limbs, put, to_decimal, trim};
use super::framing::decimal;

/// Writes the value of a `Range` that asks for all from this byte on. A number has 20 digits at most.
// Formatted, it would take two kilobytes of flash.
pub(crate) fn all_from(first: u64, room: &mut [u8; 32]) -> &[u8] {
    let mut digits = [0; 20];
    let mut end = 0;
    for part in [b"bytes=" as &[u8], to_decimal(&mut limbs(first), &mut digits), b"-"] {
        end = put(room, end, part);
    }
    room.get(..end).unwrap_or_default()
}

/// `Content-Range` in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentRange {
    /// `bytes 1000-1999/2000`; the whole's length may be `*`.
    Part { first: u64, last: u64, length: Option<u64> },
    /// `bytes */2000`, of a 416.
    None { length: u64 },
}

impl ContentRange {
    /// `None` of what isn't one: another unit, a part beyond the end or of nothing, no numbers.
    pub(crate) fn of(value: &[u8]) -> Option<Self> {
        let (unit, rest) = value.split_at_checked(5)?;
        if !unit.eq_ignore_ascii_case(b"bytes") {
            return None;
        }
        let (range, length) = split(trim(rest), b'/')?;
        if range == b"*" {
            return Some(Self::None { length: decimal(length)? });
        }
        let (first, last) = split(range, b'-')?;
        let (first, last) = (decimal(first)?, decimal(last)?);
        let length = match length {
            b"*" => None,
            length => Some(decimal(length)?),
        };
        let fits = first <= last && length.is_none_or(|length| last < length);
        fits.then_some(Self::Part { first, last, length })
    }
}

fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = text.iter().position(|byte| *byte == at)?;
    let (before, rest) = text.split_at_checked(place)?;
    Some((before, rest.get(1..)?))
}

/// An entity tag that says that all bytes are the same (RFC 9110 section 8.8.3): empty of a weak one, or of
/// what is no tag.
pub(crate) fn strong_tag(value: &[u8]) -> &[u8] {
    match trim(value) {
        tag @ [b'"', inner @ .., b'"'] if !inner.contains(&b'"') => tag,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges() {
        let part = |first, last, length| Some(ContentRange::Part { first, last, length });
        for (value, expected) in [
            ("bytes 0-4/10", part(0, 4, Some(10))),
            ("Bytes 5-9/10", part(5, 9, Some(10))),
            ("bytes  5-9/*", part(5, 9, None)),
            ("bytes */10", Some(ContentRange::None { length: 10 })),
            ("bytes */*", None),
            ("bytes 5-10/10", None),
            ("bytes 5-4/10", None),
            ("bytes -4/10", None),
            ("bytes 5-/10", None),
            ("bytes 5-9", None),
            ("bytes=5-9/10", None),
            ("bytes +5-9/10", None),
            ("bytes 0-18446744073709551616/*", None),
            ("items 0-4/10", None),
            ("byte", None),
            ("", None),
        ] {
            assert_eq!(ContentRange::of(value.as_bytes()), expected, "{value}");
        }
    }

    #[test]
    fn strong_tags() {
        for (value, strong) in [
            ("\"17\"", "\"17\""),
            (" \"\" ", "\"\""),
            ("W/\"17\"", ""),
            ("17", ""),
            ("\"17\", \"18\"", ""),
            ("\"", ""),
            ("", ""),
        ] {
            assert_eq!(strong_tag(value.as_bytes()), strong.as_bytes(), "{value}");
        }
    }

    #[test]
    fn from_any_byte() {
        for first in [0, 9, 10, 65_536, u64::MAX] {
            assert_eq!(all_from(first, &mut [0; 32]), std::format!("bytes={first}-").as_bytes());
        }
    }
}
