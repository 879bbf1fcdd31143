//! What stands at a frame's front (RFC 6455 section 5.2), as far as it has come.

/// A frame that has come whole.
pub(crate) struct Frame {
    /// Ping, pong or close: these come between the frames of a message, too.
    pub(crate) is_control: bool,
    pub(crate) content: usize,
}

/// The longest head of a frame that isn't masked.
pub(crate) const HEAD: usize = 10;

/// The longest content of a control frame.
pub(crate) const CONTROL: usize = 125;

impl Frame {
    /// The frame that begins here; `None` while it isn't whole. `most` is the longest content that is taken.
    pub(crate) fn of(bytes: &[u8], most: usize) -> Result<Option<Self>, Wrong> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        let is_control = first & 0x08 != 0;
        if first & 0x70 != 0 {
            return Err(Wrong::Frame("it has bits of an extension"));
        }
        if second & 0x80 != 0 {
            return Err(Wrong::Frame("a server's frames aren't masked"));
        }
        if is_control && (second & 0x7F > 125 || first & 0x80 == 0) {
            return Err(Wrong::Frame("a ping, pong or close is short, and whole"));
        }
        let (content, head) = match (second & 0x7F, rest) {
            (126, [a, b, ..]) => (u64::from(u16::from_be_bytes([*a, *b])), 4),
            (127, [a, b, c, d, e, f, g, h, ..]) => {
                (u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]), HEAD)
            }
            (126 | 127, _) => return Ok(None),
            (short, _) => (u64::from(short), 2),
        };
        match usize::try_from(content) {
            Ok(content) if content <= most || is_control => {
                let is_whole = bytes.len() - head >= content;
                Ok(is_whole.then_some(Self { is_control, content }))
            }
            _ => Err(Wrong::TooLong),
        }
    }
}

/// Whether a close has this content: nothing, or a status that may be sent (RFC 6455 section 7.4), and a text.
pub(crate) fn is_close(content: &[u8]) -> bool {
    match content {
        [] => true,
        [high, low, reason @ ..] => {
            let status = u16::from_be_bytes([*high, *low]);
            matches!(status, 1000..=1003 | 1007..=1014 | 3000..=4999)
                && core::str::from_utf8(reason).is_ok()
        }
        [_] => false,
    }
}

/// Why it is none.
#[derive(Debug, PartialEq)]
pub(crate) enum Wrong {
    Frame(&'static str),
    TooLong,
}
