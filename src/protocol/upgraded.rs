//! A connection that has left HTTP.

use super::Exchange;

impl Exchange {
    /// What came behind the head and wasn't read yet.
    pub fn early_stream<'b>(&self, buffer: &'b [u8]) -> &'b [u8] {
        buffer.get(self.parsed_to..self.filled).unwrap_or_default()
    }

    /// So much of it was read.
    pub fn take_early(&mut self, count: usize) {
        self.parsed_to = self.parsed_to.wrapping_add(count).min(self.filled);
    }

    /// The peer takes nothing: the idle deadline counts from the first time on.
    pub fn stream_blocked(&mut self, now: u32) {
        if !self.seeks_answer {
            self.seeks_answer = true;
            self.timers.progress(now);
        }
    }

    /// The peer took something.
    pub fn stream_written(&mut self) {
        self.seeks_answer = false;
    }
}
