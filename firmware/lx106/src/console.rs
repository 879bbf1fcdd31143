//! The console as a bus to the harness. The chip is its master: it sends a frame, and reads the
//! answer where the frame's kind has one. Log lines and results are frames without an answer.
//!
//! A frame, in either direction: its kind (one byte), the payload's length (two bytes, the lower one
//! first), the payload. An answer comes in pieces of 16 bytes, filled up with zeros, of which the chip
//! asks for each but the first.
//!
//! 16 bytes is what the emulator's console holds. It is filled in a thread of its own, with no lock
//! between it and the core: bytes that arrive while the core reads others can be lost. So it is always
//! empty or full here, and nothing is on its way while the core reads.

use crate::machine::{self, CycleClock};
use core::fmt;
use safe_http_client::Clock;

/// Frames from the chip.
pub mod kind {
    /// A line for people.
    pub const LOG: u8 = b'L';
    /// A line that the harness asserts on.
    pub const RESULT: u8 = b'R';
    /// Asks for the next piece of an answer.
    pub const MORE: u8 = b'+';
    /// Asks what to do next. The answer's payload is the job.
    pub const JOB: u8 = b'J';
    /// Opens a socket: the answer is its number.
    pub const OPEN: u8 = b'O';
    /// Socket, four bytes of address, two of port (the higher one first).
    pub const CONNECT: u8 = b'C';
    /// Socket, bytes; the answer says how many were taken, in two bytes, the lower one first.
    pub const SEND: u8 = b'S';
    /// Socket, and two bytes for the most to send back, the lower one first; the answer is the data,
    /// and nothing at the end of the stream.
    pub const RECEIVE: u8 = b'V';
    /// Socket.
    pub const CLOSE: u8 = b'X';
    /// A name; the answer is four bytes of address.
    pub const RESOLVE: u8 = b'N';
    /// Of a response: status (two bytes, the higher one first) and reason.
    pub const HEAD: u8 = b'h';
    /// Name, a zero byte, value.
    pub const FIELD: u8 = b'f';
    /// A piece of the body.
    pub const BODY: u8 = b'b';
    /// A field behind the body.
    pub const TRAILER: u8 = b't';
    /// How it ended, as text.
    pub const END: u8 = b'e';
}

/// An answer's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// With a payload of so many bytes.
    Done(usize),
    WouldBlock,
    /// With the code of a failure.
    Failed(u8),
}

/// The harness answers at once. If it doesn't it is gone, and nobody ends the emulator.
const PATIENCE_MS: u32 = 10_000;
/// Exit codes: see also `lib.rs`.
const HARNESS_GONE: u8 = 96;
const BAD_FRAME: u8 = 95;

/// Sends a frame that has no answer.
pub fn tell(kind: u8, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let Ok(length) = u16::try_from(length) else { machine::exit(BAD_FRAME) };
    let [low, high] = length.to_le_bytes();
    write_all(&[kind, low, high]);
    parts.iter().for_each(|part| write_all(part));
}

/// Sends a frame and reads its answer, whose payload has to fit `payload`.
pub fn ask(kind: u8, parts: &[&[u8]], payload: &mut [u8]) -> Answer {
    tell(kind, parts);
    let mut input = Input::new();
    let mut head = [0; 3];
    input.read_exact(&mut head);
    let [answer, low, high] = head;
    let length = usize::from(u16::from_le_bytes([low, high]));
    match answer {
        b'K' if length <= payload.len() => {
            input.read_exact(&mut payload[..length]);
            Answer::Done(length)
        }
        b'W' if length == 0 => Answer::WouldBlock,
        b'E' if length == 1 => {
            let mut code = [0];
            input.read_exact(&mut code);
            Answer::Failed(code[0])
        }
        _ => machine::exit(BAD_FRAME),
    }
}

fn write_all(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let count = machine::write(bytes);
        bytes = &bytes[count..];
    }
}

/// One answer while it is read.
struct Input {
    piece: Piece,
    /// How many of its bytes were taken.
    taken: usize,
}

/// Aligned, as the emulator reads twice where a page ends in between.
#[repr(align(16))]
struct Piece([u8; 16]);

impl Input {
    fn new() -> Self {
        Self { piece: Piece::wait_for(), taken: 0 }
    }

    fn read_exact(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            if self.taken == self.piece.0.len() {
                tell(kind::MORE, &[]);
                *self = Self::new();
            }
            *byte = self.piece.0[self.taken];
            self.taken += 1;
        }
    }
}

impl Piece {
    fn wait_for() -> Self {
        let mut piece = Self([0; 16]);
        let clock = CycleClock::new();
        loop {
            match machine::read(&mut piece.0) {
                16 => return piece,
                0 if clock.now_ms() > PATIENCE_MS => machine::exit(HARNESS_GONE),
                0 => {}
                _ => machine::exit(BAD_FRAME),
            }
        }
    }
}

/// Sends a line of text.
pub fn line(kind: u8, text: fmt::Arguments<'_>) {
    let mut line = Line::new();
    // Never fails: see `write_str`.
    let _ = fmt::Write::write_fmt(&mut line, text);
    tell(kind, &[line.bytes()]);
}

/// A line of text while it is written; cut off where it gets too long.
pub struct Line {
    bytes: [u8; 512],
    length: usize,
}

impl Line {
    pub fn new() -> Self {
        Self { bytes: [0; 512], length: 0 }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let free = &mut self.bytes[self.length..];
        let count = text.len().min(free.len());
        free[..count].copy_from_slice(&text.as_bytes()[..count]);
        self.length += count;
        Ok(())
    }
}

/// A line for people.
#[macro_export]
macro_rules! log {
    ($($text:tt)*) => { $crate::console::line($crate::console::kind::LOG, format_args!($($text)*)) };
}

/// A line that the harness asserts on.
#[macro_export]
macro_rules! result {
    ($($text:tt)*) => { $crate::console::line($crate::console::kind::RESULT, format_args!($($text)*)) };
}
