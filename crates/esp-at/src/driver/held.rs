//! Data of one connection, from the line to their reader: those that came unasked, and those of a read
//! whose end has yet to say that none was lost.

use heapless::Deque;

/// Bytes of one connection, at most `N`.
#[derive(Debug)]
pub(super) struct Held<const N: usize> {
    bytes: Deque<u8, N>,
    link: u8,
    generation: u16,
    /// When the last of them came, or were taken.
    touched: u32,
}

/// What the modem says of its own accord, as far as it is always the same.
const TEXTS: [&[u8]; 7] =
    [b"+IPD,", b"WIFI ", b",CLOSED", b",CONNECT", b"busy ", b"ready", b"+LINK_CONN"];

impl<const N: usize> Held<N> {
    pub(super) const fn new() -> Self {
        Self { bytes: Deque::new(), link: 0, generation: 0, touched: 0 }
    }

    /// Whether there are some of this connection.
    pub(super) fn has(&self, link: u8, generation: u16) -> bool {
        self.is_of(link, generation) && !self.bytes.is_empty()
    }

    fn is_of(&self, link: u8, generation: u16) -> bool {
        self.link == link && self.generation == generation
    }

    /// How many more of this connection there is room for.
    pub(super) fn room(&self, link: u8, generation: u16) -> usize {
        if self.bytes.is_empty() || self.is_of(link, generation) {
            N.saturating_sub(self.bytes.len())
        } else {
            0
        }
    }

    /// Keeps bytes of a connection. False where some found no room.
    pub(super) fn keep(&mut self, link: u8, generation: u16, bytes: &[u8], now: u32) -> bool {
        if !self.is_of(link, generation) && !self.bytes.is_empty() {
            return false;
        }
        (self.link, self.generation, self.touched) = (link, generation, now);
        bytes.iter().all(|byte| self.bytes.push_back(*byte).is_ok())
    }

    /// Hands out bytes of a connection, and says how many.
    pub(super) fn take(&mut self, link: u8, generation: u16, buffer: &mut [u8], now: u32) -> usize {
        if !self.has(link, generation) {
            return 0;
        }
        self.touched = now;
        let mut count = 0_usize;
        for (target, byte) in buffer.iter_mut().zip(core::iter::from_fn(|| self.bytes.pop_front()))
        {
            *target = byte;
            count = count.saturating_add(1);
        }
        count
    }

    /// Whether something that the modem says of its own accord stands in them.
    pub(super) fn holds_modems_words(&self) -> bool {
        let starts = |at: usize| {
            let found = |text: &&[u8]| text.iter().eq(self.bytes.iter().skip(at).take(text.len()));
            TEXTS.iter().any(found)
        };
        (0..self.bytes.len()).any(starts)
    }

    /// Whose they are, and since when nobody has come for them.
    pub(super) fn owner(&self) -> Option<(u8, u16, u32)> {
        (!self.bytes.is_empty()).then_some((self.link, self.generation, self.touched))
    }

    /// They are worth nothing, or nobody comes for them any more.
    pub(super) fn forget(&mut self, link: u8, generation: u16) {
        if self.is_of(link, generation) {
            self.bytes.clear();
        }
    }
}
