//! What of a request goes along to where it is led.

use super::Base;
use crate::http::bytes::{self, is, split_at_byte, to_decimal};

/// Header fields that go along to another origin. No other does: a field that nobody here knows, such as
/// `X-Api-Key`, may be as good as a password. A name that ends in a dash stands for all that begin so.
const HARMLESS: &[u8] =
    b"accept,accept-,content-,if-,expect,range,connection,user-agent,cache-control,\
    transfer-encoding";

/// Those that go with a body.
const OF_BODY: &[u8] = b"content-,expect,transfer-encoding";

#[inline(never)]
fn is_listed(name: &[u8], list: &[u8]) -> bool {
    list.split(|byte| *byte == b',').any(|known| {
        let length = if known.ends_with(b"-") { known.len() } else { name.len() };
        name.get(..length).is_some_and(|start| is(start, known))
    })
}

/// What becomes of a request on its way along the redirects. Each stays so once it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// It is a GET without a body.
    pub(crate) is_get: bool,
    /// It has left the origin that its caller meant it for.
    pub(crate) has_left: bool,
}

/// Writes the head of the next request, behind its host's text, but for its empty line. Returns where it ends.
/// `head` is the first request's. What doesn't fit is counted.
pub(crate) fn write_head(
    head: &[u8],
    method: &[u8],
    url: &Base<'_>,
    change: Change,
    room: &mut [u8],
) -> usize {
    let mut at = 0;
    let mut put = |part: &[u8]| at = bytes::put(room, at, part);
    for part in [url.host, method, b" ", url.path_and_query, b" HTTP/1.1"] {
        put(part);
    }
    // Otherwise it is among the lines: the caller's own, or the same as before.
    if change.has_left {
        put(b"\r\nHost: ");
        put(url.host);
        if url.port != url.scheme.default_port() {
            let mut digits = [0; 20];
            put(b":");
            put(to_decimal(&mut [url.port.into()], &mut digits));
        }
    }
    for line in Lines(head).skip(1) {
        let name = name_of(line);
        if !(change.is_get && is_listed(name, OF_BODY))
            && (!change.has_left || is_listed(name, HARMLESS))
        {
            put(b"\r\n");
            put(line);
        }
    }
    at
}

fn name_of(line: &[u8]) -> &[u8] {
    split_at_byte(line, b':').0
}

/// Whether the lines of a request's head have a field of this name, in lower case.
pub(crate) fn has_line(head: &[u8], name: &[u8]) -> bool {
    Lines(head).any(|line| is(name_of(line), name))
}

/// The lines of a request's head, as it was written, up to the empty one.
struct Lines<'b>(&'b [u8]);

impl<'b> Iterator for Lines<'b> {
    type Item = &'b [u8];

    fn next(&mut self) -> Option<&'b [u8]> {
        let (line, rest) = split_at_byte(self.0, b'\r');
        self.0 = rest.strip_prefix(b"\n").unwrap_or_default();
        (!line.is_empty()).then_some(line)
    }
}
