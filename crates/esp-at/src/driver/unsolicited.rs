//! Data that came unasked, until their reader comes.

use heapless::Deque;

/// Bytes of one link, at most `N`.
#[derive(Debug)]
pub(super) struct Unsolicited<const N: usize> {
    bytes: Deque<u8, N>,
    link: u8,
}

impl<const N: usize> Unsolicited<N> {
    pub(super) const fn new() -> Self {
        Self { bytes: Deque::new(), link: 0 }
    }

    /// Whether there are some of this link.
    pub(super) fn has(&self, link: u8) -> bool {
        self.link == link && !self.bytes.is_empty()
    }

    /// How many more of this link there is room for.
    pub(super) fn room(&self, link: u8) -> usize {
        if self.bytes.is_empty() || self.link == link {
            N.saturating_sub(self.bytes.len())
        } else {
            0
        }
    }

    /// Keeps bytes of a link. False where some found no room.
    pub(super) fn keep(&mut self, link: u8, bytes: &[u8]) -> bool {
        self.link = link;
        bytes.iter().all(|byte| self.bytes.push_back(*byte).is_ok())
    }

    /// Hands out bytes of a link, and says how many.
    pub(super) fn take(&mut self, link: u8, buffer: &mut [u8]) -> usize {
        if !self.has(link) {
            return 0;
        }
        let mut count = 0_usize;
        for (target, byte) in buffer.iter_mut().zip(core::iter::from_fn(|| self.bytes.pop_front()))
        {
            *target = byte;
            count = count.saturating_add(1);
        }
        count
    }

    /// The link's socket was closed.
    pub(super) fn forget(&mut self, link: u8) {
        if self.link == link {
            self.bytes.clear();
        }
    }
}
