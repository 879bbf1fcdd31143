//! Names and values in a request, behind the `?` of its target and as a body
//! (`application/x-www-form-urlencoded`); and bodies that are written in place.

use super::Pen;
use crate::error::RequestError;

/// Whether a byte stands for itself in a value (RFC 3986 section 2.3).
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Writes a pair, percent-encoded, behind its mark: `&name=value`. Returns the bytes that it takes, whether
/// they fit or not.
fn write_pair(room: &mut [u8], mark: Option<u8>, (name, value): (&str, &str)) -> usize {
    let mut slots = room.iter_mut();
    let mut length = 0usize;
    let mut put = |byte| {
        length = length.saturating_add(1);
        if let Some(slot) = slots.next() {
            *slot = byte;
        }
    };
    if let Some(mark) = mark {
        put(mark);
    }
    for text in [Some(name), None, Some(value)] {
        let Some(text) = text else {
            put(b'=');
            continue;
        };
        for byte in text.bytes() {
            if is_plain(byte) {
                put(byte);
            } else {
                put(b'%');
                put(hex(byte >> 4));
                put(hex(byte & 15));
            }
        }
    }
    length
}

pub(crate) fn hex(nibble: u8) -> u8 {
    nibble.wrapping_add(if nibble < 10 { b'0' } else { b'A' - 10 })
}

/// Moves `buffer[from..][..length]` up to start at `target`.
fn move_up(buffer: &mut [u8], from: usize, length: usize, target: usize) {
    for at in (0..length).rev() {
        if let Some(&byte) = buffer.get(from.wrapping_add(at))
            && let Some(slot) = buffer.get_mut(target.wrapping_add(at))
        {
            *slot = byte;
        }
    }
}

impl Pen<'_> {
    /// Adds a pair to the target's query.
    pub(crate) fn query(&mut self, name: &str, value: &str) {
        let room = self.buffer.len().saturating_sub(self.head.copied_body);
        // Nothing can be told of a head that didn't fit, or that a body was copied over.
        let written = self.buffer.get(..room).unwrap_or_default();
        let written = written.get(..self.head.length).unwrap_or_default();
        let line = written.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let target = line.strip_suffix(b" HTTP/1.1").unwrap_or(line);
        let start = target.iter().position(|byte| *byte == b' ').unwrap_or(0);
        // The authority form, and `*`, have no query (RFC 9112 section 3.2).
        if !matches!(target.get(start..), Some([b' ', b'/', ..]) | None) && !written.is_empty() {
            return self.head.fail(RequestError::QueryNotAllowed);
        }
        let (at, mark) = (target.len(), if target.contains(&b'?') { b'&' } else { b'?' });
        let length = write_pair(&mut [], Some(mark), (name, value));
        let from = self.head.length;
        self.head.length = from.saturating_add(length);
        for (start, end) in [&mut self.head.host_line, &mut self.head.credentials_line] {
            if *end > 0 {
                *start = start.saturating_add(length);
                *end = end.saturating_add(length);
            }
        }
        if self.head.length > room {
            // It is missing, also where a line that is taken out makes room.
            self.head.least = self.head.least.max(self.head.length);
        } else {
            let behind = at.saturating_add(length);
            move_up(self.buffer, at, from.saturating_sub(at), behind);
            let gap = self.buffer.get_mut(at..behind).unwrap_or_default();
            write_pair(gap, Some(mark), (name, value));
        }
    }

    /// A body of pairs.
    pub(crate) fn form(&mut self, pairs: &[(&str, &str)]) {
        self.header("Content-Type", b"application/x-www-form-urlencoded");
        let write = |mut room: &mut [u8]| {
            let mut all = 0usize;
            for &pair in pairs {
                let mark = (all > 0).then_some(b'&');
                let length = write_pair(room, mark, pair);
                room = room.get_mut(length..).unwrap_or_default();
                all = all.saturating_add(length);
            }
            all
        };
        let length = write(self.free_room());
        self.end_body(length);
    }

    /// For a body that can't be written.
    #[cfg(feature = "json")]
    pub(crate) fn fail(&mut self, error: RequestError) {
        self.head.fail(error);
    }

    /// Where a body can be written before it is [ended](Self::end_body).
    pub(crate) fn free_room(&mut self) -> &mut [u8] {
        self.buffer.get_mut(self.head.length..).unwrap_or_default()
    }

    /// Puts what was written in the [free room](Self::free_room) at the buffer's end, as a body that was copied.
    pub(crate) fn end_body(&mut self, length: usize) {
        self.head.copied_body = length;
        let target = self.buffer.len().saturating_sub(length);
        if target >= self.head.length {
            move_up(self.buffer, self.head.length, length, target);
        }
    }
}
