//! What every mock transport shares: the response bytes, how they are cut into segments, and the
//! counts of calls.

use std::cell::{Cell, RefCell};

/// The URL of the request: an IP literal, so that no name has to be resolved.
pub const URL: &str = "http://192.168.1.20/data";
/// The host of [`URL`], for clients that take no URL.
pub const HOST: &str = "192.168.1.20";
/// The path of [`URL`], for clients that take no URL.
pub const PATH: &str = "/data";

/// A peer that answers each connection with the same bytes.
///
/// It lives behind a shared reference and can be rewound, so that a client may keep its transport
/// from one exchange to the next.
#[derive(Debug)]
pub struct Wire {
    response: &'static [u8],
    segment: usize,
    /// What is left of the segment under way, and what follows it.
    arrived: Cell<&'static [u8]>,
    later: Cell<&'static [u8]>,
    connects: Cell<u32>,
    sends: Cell<u32>,
    receives: Cell<u32>,
    record: Cell<bool>,
    request: RefCell<Vec<u8>>,
}

impl Wire {
    /// `segment` is the length of a segment; 0 delivers the response in one.
    pub fn new(response: &'static [u8], segment: usize) -> Self {
        Self {
            response,
            segment: if segment == 0 { usize::MAX } else { segment },
            arrived: Cell::new(&[]),
            later: Cell::new(response),
            connects: Cell::new(0),
            sends: Cell::new(0),
            receives: Cell::new(0),
            record: Cell::new(true),
            request: RefCell::new(Vec::new()),
        }
    }

    /// Starts over for the next exchange, and says whether to keep the bytes of its request. The
    /// measured exchange doesn't keep them: its figure should not hold a copy that is ours.
    pub fn rewind(&self, record: bool) {
        self.restart();
        self.connects.set(0);
        self.sends.set(0);
        self.receives.set(0);
        self.record.set(record);
        self.request.borrow_mut().clear();
    }

    pub fn connect(&self) {
        self.connects.set(self.connects.get() + 1);
        self.restart();
    }

    fn restart(&self) {
        self.arrived.set(&[]);
        self.later.set(self.response);
    }

    /// One call of the stack's `send` or `write`: it takes everything.
    pub fn send(&self, bytes: &[u8]) -> usize {
        self.sends.set(self.sends.get() + 1);
        if self.record.get() {
            self.request.borrow_mut().extend_from_slice(bytes);
        }
        bytes.len()
    }

    /// One call of the stack's `receive` or `read`: at most the rest of the segment under way, as
    /// if the next one had not arrived yet. `None` once all was delivered: the connection stays
    /// open, so a real stack would have nothing, for ever.
    pub fn receive(&self, buffer: &mut [u8]) -> Option<usize> {
        self.receives.set(self.receives.get() + 1);
        let mut arrived = self.arrived.get();
        if arrived.is_empty() {
            arrived = self.next_segment()?;
        }
        let (now, rest) = arrived.split_at(arrived.len().min(buffer.len()));
        buffer[..now.len()].copy_from_slice(now);
        self.arrived.set(rest);
        Some(now.len())
    }

    fn next_segment(&self) -> Option<&'static [u8]> {
        let later = self.later.get();
        let (segment, later) = later.split_at(later.len().min(self.segment));
        self.later.set(later);
        (!segment.is_empty()).then_some(segment)
    }

    pub fn connects(&self) -> u32 {
        self.connects.get()
    }

    pub fn sends(&self) -> u32 {
        self.sends.get()
    }

    pub fn receives(&self) -> u32 {
        self.receives.get()
    }

    /// The request as far as it was kept.
    pub fn request(&self) -> Vec<u8> {
        self.request.borrow().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(segment: usize, buffer: usize) -> Vec<usize> {
        let wire = Wire::new(&[7; 150], segment);
        let mut buffer = vec![0; buffer];
        std::iter::from_fn(|| wire.receive(&mut buffer)).collect()
    }

    #[test]
    fn a_call_never_crosses_a_segment() {
        assert_eq!(lengths(64, 1024), [64, 64, 22]);
        assert_eq!(lengths(64, 40), [40, 24, 40, 24, 22]);
        assert_eq!(lengths(0, 1024), [150]);
    }

    #[test]
    fn calls_are_counted_and_rewound() {
        let wire = Wire::new(b"abc", 0);
        wire.connect();
        assert_eq!(wire.send(b"GET "), 4);
        assert_eq!(wire.send(b"/"), 1);
        assert_eq!(wire.receive(&mut [0; 8]), Some(3));
        assert_eq!(wire.receive(&mut [0; 8]), None);
        assert_eq!((wire.connects(), wire.sends(), wire.receives()), (1, 2, 2));
        assert_eq!(wire.request(), b"GET /");

        wire.rewind(false);
        assert_eq!(wire.send(b"GET "), 4);
        assert_eq!((wire.connects(), wire.sends(), wire.receives()), (0, 1, 0));
        assert_eq!(wire.request(), b"");
        assert_eq!(wire.receive(&mut [0; 8]), Some(3));
    }
}
