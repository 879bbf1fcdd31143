//! How an input is read: a line of control bytes, which say how things go, and what is sent.

/// The control bytes. Behind their end come zeros.
#[derive(Debug, Clone)]
pub struct Control<'d>(&'d [u8]);

/// An input's control bytes, up to the first LF, and the rest.
pub fn parts(data: &[u8]) -> (Control<'_>, &[u8]) {
    let end = data.iter().position(|&byte| byte == b'\n').unwrap_or(data.len());
    (Control(&data[..end]), data.get(end + 1..).unwrap_or_default())
}

impl Control<'_> {
    pub fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// One of `count` things: `0` is the first, as in a seed that a person wrote.
    pub fn pick(&mut self, count: usize) -> usize {
        usize::from(self.next().unwrap_or(b'0').wrapping_sub(b'0')) % count
    }

    /// The rest as the sizes of segments: letters are small ones, digits are whole.
    pub fn sizes(self) -> Vec<usize> {
        if self.0.is_empty() { vec![usize::MAX] } else { self.0.iter().map(|&b| size(b)).collect() }
    }
}

/// A size as a letter: `a` is 1, `z` 26, `A` 32, `Z` 832; a digit is all there is.
pub fn size(byte: u8) -> usize {
    match byte {
        b'a'..=b'z' => usize::from(byte - b'a') + 1,
        b'A'..=b'Z' => (usize::from(byte - b'A') + 1) * 32,
        b'0'..=b'9' => usize::MAX,
        _ => usize::from(byte) + 1,
    }
}
