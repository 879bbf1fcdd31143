//! A few bytes on their way from one side to the other.

/// Bytes that one side has put in and the other hasn't taken.
pub(crate) struct Stage<const N: usize> {
    bytes: [u8; N],
    start: usize,
    end: usize,
}

impl<const N: usize> Stage<N> {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; N], start: 0, end: 0 }
    }

    pub(crate) fn clear(&mut self) {
        self.start = 0;
        self.end = 0;
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    /// Room behind the bytes, for [`filled`](Self::filled).
    pub(crate) fn room(&mut self) -> &mut [u8] {
        if self.is_empty() {
            self.clear();
        }
        self.bytes.get_mut(self.end..).unwrap_or_default()
    }

    pub(crate) fn filled(&mut self, count: usize) {
        self.end = self.end.saturating_add(count).min(N);
    }

    pub(crate) fn taken(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
    }

    /// Puts in as much as fits; how much that was.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> usize {
        let count = copy(self.room(), bytes);
        self.filled(count);
        count
    }

    /// Takes as much as `out` holds; how much that was.
    pub(crate) fn take(&mut self, out: &mut [u8]) -> usize {
        let count = copy(out, self.bytes());
        self.taken(count);
        count
    }
}

/// Copies as much as both have; how much that was.
pub(crate) fn copy(to: &mut [u8], from: &[u8]) -> usize {
    let count = to.len().min(from.len());
    if let (Some(to), Some(from)) = (to.get_mut(..count), from.get(..count)) {
        to.copy_from_slice(from);
    }
    count
}
