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

/// `bytes[from..to]`; empty where that isn't in it.
// Once: within its callers it takes 40 bytes each time.
#[cfg_attr(target_pointer_width = "32", inline(never))]
pub(crate) const fn part(bytes: &[u8], from: usize, to: usize) -> &[u8] {
    match bytes.split_at_checked(to) {
        Some((bytes, _)) => match bytes.split_at_checked(from) {
            Some((_, part)) => part,
            None => &[],
        },
        None => &[],
    }
}

/// The same, to be changed.
#[cfg_attr(target_pointer_width = "32", inline(never))]
pub(crate) fn part_mut(bytes: &mut [u8], from: usize, to: usize) -> &mut [u8] {
    match bytes.split_at_mut_checked(to) {
        Some((bytes, _)) => bytes.get_mut(from..).unwrap_or_default(),
        None => &mut [],
    }
}

/// The text of bytes that are ASCII.
pub(crate) const fn ascii(bytes: &[u8]) -> &str {
    match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => "",
    }
}

/// Copies what fits from `at` on, and returns where it ends or would.
// Inlined, each copy takes 80 bytes.
#[inline(never)]
pub(crate) fn put(room: &mut [u8], at: usize, bytes: &[u8]) -> usize {
    copy(room.get_mut(at..).unwrap_or_default(), bytes);
    at.saturating_add(bytes.len())
}

/// What stands in front of the first of these bytes, and what behind it.
#[inline(never)]
pub(crate) fn split_at_byte(text: &[u8], byte: u8) -> (&[u8], &[u8]) {
    let mut rest = text;
    while let [first, behind @ ..] = rest {
        if *first == byte {
            let length = text.len().wrapping_sub(rest.len());
            return (text.get(..length).unwrap_or_default(), behind);
        }
        rest = behind;
    }
    (text, &[])
}

/// A number of decimal digits alone, of 64 bits at most.
pub(crate) fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// The same of 32 bits; one that is too large is the largest.
pub(crate) fn saturating_decimal(text: &[u8]) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u32, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then(|| number.saturating_mul(10).saturating_add(digit.into()))
    })
}

/// Writes a number's decimal digits, 20 at most. It comes in limbs of 16 bits, the highest first: a division of 64
/// bits would bring half a kilobyte of its own to a 32-bit chip.
pub(crate) fn to_decimal<'d>(limbs: &mut [u32], digits: &'d mut [u8; 20]) -> &'d [u8] {
    let mut start = digits.len();
    for digit in digits.iter_mut().rev() {
        let (mut remainder, mut more) = (0u32, 0u32);
        for limb in limbs.iter_mut() {
            let value = (remainder << 16) | *limb;
            *limb = value / 10;
            more |= *limb;
            remainder = value % 10;
        }
        *digit = b'0'.wrapping_add(remainder as u8);
        start = start.wrapping_sub(1);
        if more == 0 {
            break;
        }
    }
    digits.get(start..).unwrap_or_default()
}

/// Gives a port to `put`, `:` and then digit by digit. No port is 0.
pub(crate) fn put_port(port: u16, mut put: impl FnMut(&[u8])) {
    put(b":");
    let mut unit = 10_000u16;
    while let Some(digits) = port.checked_div(unit) {
        if digits > 0 {
            put(&[b'0'.wrapping_add((digits % 10) as u8)]);
        }
        unit /= 10;
    }
}

/// A number in limbs.
pub(crate) fn limbs(number: u64) -> [u32; 4] {
    let limb = |shift: u32| (number >> shift) as u32 & 0xFFFF;
    [limb(48), limb(32), limb(16), limb(0)]
}

/// Moves `buffer[from..to]` down to start at `target`; nothing happens for a range that isn't there.
pub(crate) fn move_down(buffer: &mut [u8], from: usize, to: usize, target: usize) {
    let cells = core::cell::Cell::from_mut(buffer).as_slice_of_cells();
    let (Some(sources), Some(targets)) = (cells.get(from..to), cells.get(target..)) else {
        return;
    };
    let Some(targets) = targets.get(..sources.len()) else { return };
    let (source_words, sources) = sources.as_chunks();
    let (target_words, targets) = targets.as_chunks();
    // Four bytes are read before they are written, since the two may overlap.
    for ([a, b, c, d], [e, f, g, h]) in target_words.iter().zip(source_words) {
        let word = [e.get(), f.get(), g.get(), h.get()];
        let [e, f, g, h] = u32::from_ne_bytes(word).to_ne_bytes();
        a.set(e);
        b.set(f);
        c.set(g);
        d.set(h);
    }
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

/// Whether `text` is this word of letters and dashes, which stands here in lower case, in any case.
#[cfg_attr(target_pointer_width = "32", inline(never))]
pub(crate) const fn is(text: &[u8], lower: &[u8]) -> bool {
    if text.len() != lower.len() {
        return false;
    }
    // Bit 5 makes a letter lower case; a CR becomes a dash, but none is in a field.
    let (mut text, mut lower) = (text, lower);
    while let (Some((word, behind)), Some((lower_word, lower_behind))) =
        (text.split_first_chunk(), lower.split_first_chunk())
    {
        if u32::from_ne_bytes(*word) | 0x2020_2020 != u32::from_ne_bytes(*lower_word) {
            return false;
        }
        (text, lower) = (behind, lower_behind);
    }
    while let ([byte, behind @ ..], [lower_byte, lower_behind @ ..]) = (text, lower) {
        if *byte | 0x20 != *lower_byte {
            return false;
        }
        (text, lower) = (behind, lower_behind);
    }
    true
}

/// Whether both are one host, in any case. Of two bytes that a host may have, bit 5 alone tells letters apart.
pub(crate) fn is_same_host(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one | 0x20 == other | 0x20)
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
    match byte {
        b'\t' => true,
        0..0x20 | 0x7F => false,
        _ => true,
    }
}

/// A word with every byte 0x01.
const ONES: usize = usize::MAX / 255;

/// What follows the bytes at the start of `text` that a field value may have. Values are the bulk
/// of a head, so this looks at a word at a time.
pub(crate) fn value_run(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let Some((word, tail)) = rest.split_first_chunk::<{ size_of::<usize>() }>() {
        let word = usize::from_le_bytes(*word);
        // The high bit of each byte below 0x20 or above 0x7E; a byte that isn't may only be wrong
        // beside one that is.
        let stops = (word.wrapping_sub(ONES * 0x20) | word.wrapping_add(ONES)) & (ONES * 0x80);
        if stops != 0 {
            rest = rest.get((stops.trailing_zeros() / 8) as usize..).unwrap_or_default();
            break;
        }
        rest = tail;
    }
    while let [byte, tail @ ..] = rest
        && is_value_byte(*byte)
    {
        rest = tail;
    }
    rest
}

/// What follows the bytes at the start of `text` that a token may have.
pub(crate) fn token_run(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let Some((word, tail)) = rest.split_first_chunk::<{ size_of::<usize>() }>() {
        let word = usize::from_le_bytes(*word);
        let upper = word & !(ONES * 0x20);
        let no_letter = upper.wrapping_sub(ONES * 0x41) | upper.wrapping_add(ONES * 0x25);
        let dash = word ^ (ONES * 0x2D);
        let no_dash = (dash & (ONES * 0x7F)).wrapping_add(ONES * 0x7F) | dash;
        let stops = no_letter & no_dash & (ONES * 0x80);
        if stops != 0 {
            rest = rest.get((stops.trailing_zeros() / 8) as usize..).unwrap_or_default();
            break;
        }
        rest = tail;
    }
    while let [byte, tail @ ..] = rest
        && *byte != b':'
        && is_token_byte(*byte)
    {
        rest = tail;
    }
    rest
}

/// A byte as a URL has it that can't have it as it is (RFC 3986 section 2.1).
pub(crate) fn escaped(byte: u8) -> [u8; 3] {
    [b'%', hex(byte >> 4), hex(byte & 15)]
}

/// The hex digit of a number below 16.
pub(crate) fn hex(nibble: u8) -> u8 {
    nibble.wrapping_add(if nibble < 10 { b'0' } else { b'A' - 10 })
}

/// The value of a hex digit.
#[inline(always)]
pub(crate) const fn hex_digit(byte: u8) -> Option<u8> {
    let digit = byte.wrapping_sub(b'0');
    if digit <= 9 {
        return Some(digit);
    }
    // Bit 5 makes a letter lower case.
    let letter = (byte | 0x20).wrapping_sub(b'a');
    if letter < 6 { Some(letter.wrapping_add(10)) } else { None }
}
