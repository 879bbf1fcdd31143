//! Small tools on bytes that can't panic.

/// Copies as much of `source` as fits, and returns how much that was.
pub(crate) fn copy(target: &mut [u8], source: &[u8]) -> usize {
    let length = target.len().min(source.len());
    // Two slices of one checked length: the compiler sees that `copy_from_slice` can't panic.
    if let (Some(target), Some(source)) = (target.get_mut(..length), source.get(..length)) {
        target.copy_from_slice(source);
    }
    length
}

/// Moves `buffer[from..to]` down to start at `target`; nothing happens for a range that isn't there.
pub(crate) fn move_down(buffer: &mut [u8], from: usize, to: usize, target: usize) {
    let cells = core::cell::Cell::from_mut(buffer).as_slice_of_cells();
    let (Some(sources), Some(targets)) = (cells.get(from..to), cells.get(target..)) else {
        return;
    };
    for (target, source) in targets.iter().zip(sources) {
        target.set(source.get());
    }
}

/// White space as HTTP has it: SP and HTAB (RFC 9110 section 5.6.3, OWS).
pub(crate) const fn is_space(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// `text` without OWS at either end.
pub(crate) const fn trim(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text {
        if !is_space(*first) {
            break;
        }
        text = rest;
    }
    while let [rest @ .., last] = text {
        if !is_space(*last) {
            break;
        }
        text = rest;
    }
    text
}

/// Whether `text`, of bytes that a field may have, is this word of letters and dashes in any case.
#[cfg_attr(target_pointer_width = "32", inline(never))]
pub(crate) fn is(text: &[u8], lower: &[u8]) -> bool {
    // Bit 5 makes a letter lower case and leaves a dash; no other byte of a field becomes either.
    text.len() == lower.len() && text.iter().zip(lower).all(|(&byte, &lower)| byte | 0x20 == lower)
}

/// One bit for each ASCII character that a token may have (RFC 9110 section 5.6.2).
const TOKEN: [u32; 4] = {
    let mut bits = 0u128;
    let mut rest: &[u8] =
        b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    while let [first, tail @ ..] = rest {
        bits |= 1 << *first;
        rest = tail;
    }
    [bits as u32, (bits >> 32) as u32, (bits >> 64) as u32, (bits >> 96) as u32]
};

/// Whether a token may have this byte.
pub(crate) fn is_token_byte(byte: u8) -> bool {
    TOKEN.get(usize::from(byte >> 5)).is_some_and(|word| (word >> (byte & 31)) & 1 == 1)
}

/// Whether `text` is a token.
pub(crate) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&byte| is_token_byte(byte))
}

/// Whether a field value may have this byte: HTAB, SP, VCHAR, obs-text (RFC 9110 section 5.5).
pub(crate) const fn is_value_byte(byte: u8) -> bool {
    byte >= 0x20 && byte != 0x7F || byte == b'\t'
}

/// What follows the bytes at the start of `text` that a field value may have. Values are the bulk
/// of a head, so this looks at a word at a time where words are large.
pub(crate) fn value_run(text: &[u8]) -> &[u8] {
    let mut rest = wide::value_run(text);
    while let Some((&byte, tail)) = rest.split_first() {
        if !is_value_byte(byte) {
            break;
        }
        rest = tail;
    }
    rest
}

/// What follows the bytes at the start of `text` that a token may have. Names of fields are letters
/// and dashes, so those are looked at a word at a time where words are large.
pub(crate) fn token_run(text: &[u8]) -> &[u8] {
    let mut rest = wide::token_run(text);
    while let Some((&byte, tail)) = rest.split_first() {
        if !is_token_byte(byte) {
            break;
        }
        rest = tail;
    }
    rest
}

/// Eight bytes at a time. A chip's four aren't worth the flash that this takes.
#[cfg(target_pointer_width = "64")]
pub(super) mod wide {
    /// Bytes in a machine word.
    const WORD: usize = size_of::<usize>();
    /// A word with every byte 0x01, and every byte 0x80.
    const LOW: usize = usize::MAX / 255;
    const HIGH: usize = LOW << 7;

    /// What follows the words at the start of `text` of bytes that a value may have, up to a word with
    /// another.
    pub(in crate::http) fn value_run(text: &[u8]) -> &[u8] {
        let mut rest = text;
        while let Some((word, tail)) = rest.split_first_chunk::<WORD>() {
            let word = usize::from_le_bytes(*word);
            // The high bit of each byte below 0x20, and of each 0x7F; wrong only above the first such
            // byte. HTAB is told apart below.
            let control = word.wrapping_sub(LOW << 5) & !word;
            let delete = word ^ (LOW * 0x7F);
            let delete = delete.wrapping_sub(LOW) & !delete;
            let stops = (control | delete) & HIGH;
            if stops != 0 {
                let clear = (stops.trailing_zeros() / 8) as usize;
                rest = rest.get(clear..).unwrap_or_default();
                break;
            }
            rest = tail;
        }
        rest
    }

    /// The same for letters and dashes.
    pub(in crate::http) fn token_run(text: &[u8]) -> &[u8] {
        let mut rest = text;
        while let Some((word, tail)) = rest.split_first_chunk::<WORD>() {
            let word = usize::from_le_bytes(*word);
            // The high bit of each byte that is a letter: at least `a`, and not above `z`, once bit 5
            // is set. No byte carries into the next, since each is below 0x80 here.
            let lower = (word | (LOW << 5)) & !HIGH;
            let from_a = lower.wrapping_add(LOW * (0x80 - 0x61));
            let above_z = lower.wrapping_add(LOW * (0x80 - 0x7B));
            let no_dash = ((word ^ (LOW * 0x2D)) & !HIGH).wrapping_add(!HIGH);
            let wanted = ((from_a & !above_z) | !no_dash) & !word & HIGH;
            let stops = wanted ^ HIGH;
            if stops != 0 {
                let clear = (stops.trailing_zeros() / 8) as usize;
                rest = rest.get(clear..).unwrap_or_default();
                break;
            }
            rest = tail;
        }
        rest
    }
}

#[cfg(not(target_pointer_width = "64"))]
mod wide {
    pub(super) fn value_run(text: &[u8]) -> &[u8] {
        text
    }

    pub(super) fn token_run(text: &[u8]) -> &[u8] {
        text
    }
}

/// The value of a hex digit.
#[cfg_attr(target_pointer_width = "32", inline(never))]
pub(crate) const fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte & 15),
        b'a'..=b'f' | b'A'..=b'F' => Some((byte & 7).wrapping_add(9)),
        _ => None,
    }
}
