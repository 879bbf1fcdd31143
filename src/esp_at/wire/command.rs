//! Command lines.

use core::fmt::{self, Write};
use heapless::Vec;

/// The longest line that the firmware takes, its end included.
const LIMIT: usize = 256;

/// A command line while it is written.
#[derive(Debug)]
pub(crate) struct Command {
    line: Vec<u8, LIMIT>,
    too_long: bool,
}

impl Command {
    /// A line that begins with this.
    pub(crate) fn new(text: &str) -> Self {
        Self { line: Vec::new(), too_long: false }.text(text)
    }

    pub(crate) fn text(mut self, text: &str) -> Self {
        self.bytes(text.as_bytes());
        self
    }

    pub(crate) fn number(mut self, number: u32) -> Self {
        // Writing into the line doesn't fail: it notes where it is too long.
        let _ = write!(self, "{number}");
        self
    }

    /// A quoted argument. The firmware wants `,`, `"` and `\` escaped, and nothing else.
    pub(crate) fn quoted(mut self, bytes: &[u8]) -> Self {
        self.bytes(b"\"");
        for byte in bytes {
            if matches!(byte, b',' | b'"' | b'\\') {
                self.bytes(b"\\");
            }
            self.bytes(core::slice::from_ref(byte));
        }
        self.bytes(b"\"");
        self
    }

    /// A quoted argument that is displayed, such as an address.
    pub(crate) fn shown(mut self, value: impl fmt::Display) -> Self {
        let _ = write!(self, "\"{value}\"");
        self
    }

    /// The whole line; `None` where it is longer than the firmware takes.
    pub(crate) fn finish(mut self) -> Option<Vec<u8, LIMIT>> {
        self.bytes(b"\r\n");
        (!self.too_long).then_some(self.line)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.too_long |= self.line.extend_from_slice(bytes).is_err();
    }
}

impl Write for Command {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.bytes(text.as_bytes());
        Ok(())
    }
}
