//! The serial line: what the driver needs of it.

use embedded_io::{Read, ReadReady, Write};

/// A serial port that never waits to say whether there is something to read. Implemented by every
/// `embedded_io` port that is `Read`, `ReadReady` and `Write`.
///
/// A write may wait for the bytes that it writes, at most 2,048 of them.
pub trait Serial: Read + ReadReady + Write {}

impl<T: Read + ReadReady + Write> Serial for T {}
