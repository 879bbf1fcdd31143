//! The serial line: its pace, its finite buffer at the host's end, and changes to single bytes.

use std::collections::VecDeque;
use std::time::Duration;

/// A change to the modem's output at one of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// These bytes come before it.
    Insert(Vec<u8>),
    /// This many bytes, it first, are lost.
    Drop(u64),
    /// Its bits that are set here are flipped.
    Flip(u8),
    /// It and all after it are lost until the modem takes the next command line.
    CutUntilCommand,
}

/// A changeable stream of bytes with a pace, in one direction.
#[derive(Debug, Default)]
struct Lane {
    queue: VecDeque<u8>,
    /// When the head of the queue has passed; with an empty queue, since when the lane is free.
    head_at: Duration,
}

impl Lane {
    fn push(&mut self, now: Duration, byte: u8, time: Duration) {
        if self.queue.is_empty() {
            self.head_at = self.head_at.max(now) + time;
        }
        self.queue.push_back(byte);
    }

    fn pop(&mut self, now: Duration, time: Duration) -> Option<u8> {
        if self.head_at > now {
            return None;
        }
        let byte = self.queue.pop_front()?;
        if !self.queue.is_empty() {
            self.head_at += time;
        }
        Some(byte)
    }

    fn next(&self) -> Option<Duration> {
        (!self.queue.is_empty()).then_some(self.head_at)
    }

    fn drained_at(&self, now: Duration, time: Duration) -> Duration {
        match self.queue.len() as u32 {
            0 => now,
            waiting => self.head_at.max(now) + time * (waiting - 1),
        }
    }
}

/// Both directions of the line.
#[derive(Debug, Default)]
pub(crate) struct Uart {
    /// The modem's rate; bytes take ten bits each. `None`: no time at all.
    pace: Option<u32>,
    input: Lane,
    output: Lane,
    /// What has arrived at the host and wasn't taken yet.
    host: VecDeque<u8>,
    host_capacity: Option<usize>,
    pub overruns: u64,
    /// Bytes of output so far, counted before any edit.
    produced: u64,
    edits: Vec<(u64, Edit)>,
    dropping: u64,
    cut: bool,
}

impl Uart {
    pub fn new(pace: Option<u32>, host_capacity: Option<usize>) -> Self {
        Uart { pace, host_capacity, ..Uart::default() }
    }

    fn byte_time(&self) -> Duration {
        self.pace.map_or(Duration::ZERO, |baud| {
            Duration::from_nanos(10_000_000_000 / u64::from(baud.max(1)))
        })
    }

    pub fn set_pace(&mut self, baud: u32) {
        if self.pace.is_some() {
            self.pace = Some(baud);
        }
    }

    /// Bytes leave the host.
    pub fn push_input(&mut self, now: Duration, bytes: &[u8]) {
        let time = self.byte_time();
        for &byte in bytes {
            self.input.push(now, byte, time);
        }
    }

    /// The next byte that has arrived at the modem, and when that was.
    pub fn pop_input(&mut self, now: Duration) -> Option<u8> {
        let time = self.byte_time();
        self.input.pop(now, time)
    }

    pub fn next_input(&self) -> Option<Duration> {
        self.input.next()
    }

    pub fn next_output(&self) -> Option<Duration> {
        self.output.next()
    }

    /// When all that the host has written will have arrived.
    pub fn input_drained_at(&self, now: Duration) -> Duration {
        self.input.drained_at(now, self.byte_time())
    }

    /// When all that the modem has said will have arrived.
    pub fn output_drained_at(&self, now: Duration) -> Duration {
        self.output.drained_at(now, self.byte_time())
    }

    /// Bytes leave the modem, with the edits made to them.
    pub fn push_output(&mut self, now: Duration, bytes: &[u8]) {
        for &byte in bytes {
            self.push_byte(now, byte);
        }
    }

    fn push_byte(&mut self, now: Duration, byte: u8) {
        let time = self.byte_time();
        let mut byte = byte;
        let at = self.produced;
        self.produced += 1;
        if !self.edits.is_empty() {
            let due: Vec<Edit> = {
                let (due, later) = std::mem::take(&mut self.edits)
                    .into_iter()
                    .partition::<Vec<_>, _>(|(offset, _)| *offset <= at);
                self.edits = later;
                due.into_iter().map(|(_, edit)| edit).collect()
            };
            for edit in due {
                match edit {
                    Edit::Insert(line) => {
                        for extra in line {
                            self.output.push(now, extra, time);
                        }
                    }
                    Edit::Drop(count) => self.dropping += count,
                    Edit::Flip(bits) => byte ^= bits,
                    Edit::CutUntilCommand => self.cut = true,
                }
            }
        }
        if self.dropping > 0 {
            self.dropping -= 1;
        } else if !self.cut {
            self.output.push(now, byte, time);
        }
    }

    /// Makes a change at the byte that comes `offset` bytes of output from now.
    pub fn edit(&mut self, offset: u64, edit: Edit) {
        self.edits.push((self.produced + offset, edit));
    }

    pub fn clear_edits(&mut self) {
        self.edits.clear();
        self.dropping = 0;
        self.cut = false;
    }

    pub fn end_cut(&mut self) {
        self.cut = false;
    }

    pub fn produced(&self) -> u64 {
        self.produced
    }

    /// Moves what has arrived by now into the host's buffer; returns what went over the line.
    pub fn arrive(&mut self, now: Duration) -> Vec<u8> {
        let time = self.byte_time();
        let mut passed = Vec::new();
        while let Some(byte) = self.output.pop(now, time) {
            passed.push(byte);
            if self.host_capacity.is_some_and(|it| self.host.len() >= it) {
                self.overruns += 1;
            } else {
                self.host.push_back(byte);
            }
        }
        passed
    }

    pub fn available(&self) -> usize {
        self.host.len()
    }

    /// Bytes that were said and that the host hasn't taken.
    pub fn backlog(&self) -> usize {
        self.output.queue.len() + self.host.len()
    }

    pub fn take(&mut self, buffer: &mut [u8]) -> usize {
        let count = buffer.len().min(self.host.len());
        for (slot, byte) in buffer.iter_mut().zip(self.host.drain(..count)) {
            *slot = byte;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTE: Duration = Duration::from_nanos(86_805);

    fn text(uart: &mut Uart, now: Duration) -> Vec<u8> {
        uart.arrive(now);
        let mut buffer = [0; 64];
        let count = uart.take(&mut buffer);
        buffer[..count].to_vec()
    }

    #[test]
    fn ten_bits_a_byte() {
        let mut uart = Uart::new(Some(115_200), None);
        uart.push_output(Duration::ZERO, b"abc");
        assert_eq!(text(&mut uart, Duration::ZERO), b"");
        assert_eq!(uart.next_output(), Some(BYTE));
        assert_eq!(uart.output_drained_at(Duration::ZERO), BYTE * 3);
        assert_eq!(text(&mut uart, BYTE), b"a");
        assert_eq!(text(&mut uart, BYTE * 3), b"bc");
        // A quiet line begins anew.
        uart.push_output(BYTE * 10, b"d");
        assert_eq!(uart.next_output(), Some(BYTE * 11));
    }

    #[test]
    fn a_full_host_buffer_loses_bytes() {
        let mut uart = Uart::new(None, Some(2));
        uart.push_output(Duration::ZERO, b"abc");
        assert_eq!(text(&mut uart, Duration::ZERO), b"ab");
        assert_eq!(uart.overruns, 1);
    }

    #[test]
    fn edits() {
        for (edit, expected) in [
            (Edit::Insert(b"xy".to_vec()), &b"axybc"[..]),
            (Edit::Drop(1), b"ac"),
            (Edit::Flip(1), b"acc"),
            (Edit::CutUntilCommand, b"a"),
        ] {
            let mut uart = Uart::new(None, None);
            uart.push_output(Duration::ZERO, b"0");
            text(&mut uart, Duration::ZERO);
            uart.edit(1, edit);
            uart.push_output(Duration::ZERO, b"abc");
            assert_eq!(text(&mut uart, Duration::ZERO), expected);
            uart.end_cut();
            uart.push_output(Duration::ZERO, b"d");
            assert_eq!(text(&mut uart, Duration::ZERO), b"d");
        }
    }
}
