//! Command lines.

use crate::error::EspAtError;
use core::net::Ipv4Addr;
use heapless::Vec;

/// The longest line that the firmware takes, its end included.
const LIMIT: usize = 256;

/// A command line while it is written. It is large for a stack: whoever sends it has the one there is,
/// and others write into that.
#[derive(Debug)]
pub(crate) struct Command {
    line: Vec<u8, LIMIT>,
    error: Option<EspAtError>,
}

impl Command {
    pub(crate) const fn new() -> Self {
        Self { line: Vec::new(), error: None }
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    #[inline(never)]
    pub(crate) fn number(&mut self, number: u32) -> &mut Self {
        let mut digits = [0; 10];
        let mut rest = number;
        let mut first = digits.len();
        for (at, digit) in digits.iter_mut().enumerate().rev() {
            // (A remainder of 10 is a digit.)
            *digit = b'0'.wrapping_add((rest % 10) as u8);
            rest /= 10;
            first = at;
            if rest == 0 {
                break;
            }
        }
        self.bytes(digits.get(first..).unwrap_or_default())
    }

    /// A quoted argument. The firmware wants `,`, `"` and `\` escaped, and nothing else. What ends a
    /// line would begin a command of somebody else's: it is refused here, whoever it comes from.
    #[inline(never)]
    pub(crate) fn quoted(&mut self, bytes: &[u8]) -> &mut Self {
        self.text("\"");
        for byte in bytes {
            if !is_quotable(*byte) {
                self.error = Some(EspAtError::LineEnd);
            }
            if matches!(byte, b',' | b'"' | b'\\') {
                self.text("\\");
            }
            self.bytes(core::slice::from_ref(byte));
        }
        self.text("\"")
    }

    /// An IPv4 address as a quoted argument.
    #[inline(never)]
    pub(crate) fn address(&mut self, address: Ipv4Addr) -> &mut Self {
        let mut before = "\"";
        for octet in address.octets() {
            self.text(before).number(u32::from(octet));
            before = ".";
        }
        self.text("\"")
    }

    /// A hardware address as a quoted argument.
    pub(crate) fn hardware_address(&mut self, address: [u8; 6]) -> &mut Self {
        let mut before = "\"";
        for byte in address {
            self.text(before);
            for nibble in [byte >> 4, byte & 15] {
                let zero = if nibble < 10 { b'0' } else { b'a' - 10 };
                self.bytes(&[zero.wrapping_add(nibble)]);
            }
            before = ":";
        }
        self.text("\"")
    }

    /// The line with its end.
    pub(crate) fn finish(&mut self) -> Result<&[u8], EspAtError> {
        self.text("\r\n");
        self.error.map_or(Ok(&self.line), Err)
    }

    #[inline(never)]
    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        if self.line.extend_from_slice(bytes).is_err() {
            self.error.get_or_insert(EspAtError::TooLong);
        }
        self
    }
}

/// Whether a byte can stand in a command line's argument.
pub(crate) fn is_quotable(byte: u8) -> bool {
    !matches!(byte, b'\r' | b'\n' | 0)
}
