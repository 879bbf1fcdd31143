//! Header lines that break a rule and that other clients take, for requests that ask for it.
//!
//! A line is mended where it stands, or blanked. Where a response ends is never guessed: nothing is done about a
//! line that may have to do with that, a NUL, or a CR where a line begins.

use super::bytes::{is, is_space, is_token, is_value_byte, trim};
use super::head::HeadParser;
use crate::error::ProtocolError;

#[derive(Debug, PartialEq, Eq)]
enum Mended {
    /// It keeps to the rules now.
    Kept,
    /// It is nothing but spaces.
    Blanked,
}

/// Goes on with a head behind what is wrong with it, of all bytes so far.
pub(crate) type GoOn = fn(&mut HeadParser, &mut [u8], ProtocolError) -> Result<(), ProtocolError>;

/// The same leniently. A request that asks for it has this at hand; a program without one doesn't link it.
pub(crate) fn go_on(
    parser: &mut HeadParser,
    head: &mut [u8],
    mut error: ProtocolError,
) -> Result<(), ProtocolError> {
    while parser.mend(head, error)? {
        match parser.scan(head) {
            Ok(()) => return Ok(()),
            Err(next) => error = next,
        }
    }
    Ok(())
}

impl HeadParser {
    /// Mends the line that `error` is about, of all bytes so far. False where its end hasn't come yet.
    #[cold]
    fn mend(&mut self, head: &mut [u8], error: ProtocolError) -> Result<bool, ProtocolError> {
        use ProtocolError::{HeaderName, HeaderValue, ObsFold, SpaceBeforeColon};
        let is_of_line = matches!(error, HeaderName | HeaderValue | ObsFold | SpaceBeforeColon);
        if !is_of_line || !self.goes_back_to_line() {
            return Err(error);
        }
        let rest = head.get_mut(self.fields.line..).unwrap_or_default();
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { return Ok(false) };
        let line = match rest.get_mut(..end).unwrap_or_default() {
            [line @ .., b'\r'] | line => line,
        };
        if mend(line).ok_or(error)? == Mended::Blanked {
            self.pass_line(end.saturating_add(1));
        }
        Ok(true)
    }
}

fn mend(line: &mut [u8]) -> Option<Mended> {
    let colon = line.iter().position(|byte| *byte == b':');
    let (name, value) = line.split_at_mut_checked(colon.unwrap_or(line.len()))?;
    // Whoever takes a CR for a line's end sees a name behind it.
    let has_cr = name.contains(&b'\r') || value.contains(&b'\r');
    if name.first() == Some(&b'\r')
        || [&*name, &*value].iter().any(|part| part.contains(&0))
        || has_framing(name)
        || (has_cr && has_framing(value))
    {
        return None;
    }
    let is_indented = name.first().is_none_or(|byte| is_space(*byte));
    let name_length = trim(name).len();
    if value.is_empty() || is_indented || !is_token(trim(name)) {
        line.fill(b' ');
        return Some(Mended::Blanked);
    }
    for byte in line.get_mut(name_length..)?.iter_mut() {
        if !is_value_byte(*byte) {
            *byte = b' ';
        }
    }
    *line.get_mut(colon?)? = b' ';
    *line.get_mut(name_length)? = b':';
    Some(Mended::Kept)
}

/// Whether a name, or what stands in the place of one, may be of a field that says where the body ends.
fn has_framing(name: &[u8]) -> bool {
    let has = |lower: &[u8]| name.windows(lower.len()).any(|part| is(part, lower));
    has(b"content-length") || has(b"transfer-encoding")
}
