//! Bytes that come at the end of a buffer and are taken from its front.

/// A buffer, filled so far.
pub(crate) struct Pile<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Pile<N> {
    pub(crate) const EMPTY: Self = Self { bytes: [0; N], length: 0 };

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// What is free behind them; [`add`](Self::add) tells how much of it was written.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        &mut self.bytes[self.length..]
    }

    pub(crate) fn add(&mut self, count: usize) {
        self.length += count;
    }

    pub(crate) fn take(&mut self, count: usize) {
        self.bytes.copy_within(count..self.length, 0);
        self.length -= count;
    }

    pub(crate) fn clear(&mut self) {
        self.length = 0;
    }
}
