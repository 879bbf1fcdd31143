//! The serial line: what the driver needs of it, and two ways to it.

use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use embedded_io::{Error as _, ErrorKind, ErrorType, Read, ReadReady, Write};

/// A serial port that never waits to say whether there is something to read. Implemented by every
/// `embedded_io` port that is `Read`, `ReadReady` and `Write`.
///
/// A write may wait for the bytes that it writes, at most 2,048 of them: 178 ms at 115,200 baud.
///
/// ```
/// use esp_at::{EspAt, Serial, SerialRx, nal_link::FnClock};
///
/// fn driver(serial: impl Serial) {
///     let modem = EspAt::new(serial, FnClock(|| 0));
///     # let _ = modem;
/// }
///
/// static RX: SerialRx<256> = SerialRx::new();
/// let mut wire = [0; 64]; // what is written goes here
/// driver(RX.with_tx(&mut wire[..]));
/// ```
pub trait Serial: Read + ReadReady + Write {}

impl<T: Read + ReadReady + Write> Serial for T {}

/// Bytes on their way from a UART's interrupt to the driver: one writer, one reader, and no lock.
///
/// It lives in a `static`. The interrupt calls [`push`](Self::push) with each byte;
/// [`SerialRx::with_tx`] makes the driver's serial port of it and a writer. Where a byte finds no room
/// it is lost, and the driver's next read fails, so that nothing goes on with a hole in it.
///
/// There is room for `N - 1` bytes. In passive mode the modem sends, without being asked, a few short
/// lines; what it is asked for is at most what fits both the reader's buffer and the driver's `RX_BUF`, with some 30
/// bytes around it. So either `N` is a little larger than that, or the loop polls before the ring is full.
///
/// It needs neither compare-and-swap (thumbv6m, the ESP8266's own LX106) nor `unsafe`.
///
/// ```
/// use embedded_io::{Read, ReadReady};
/// use esp_at::SerialRx;
///
/// static RX: SerialRx<256> = SerialRx::new();
///
/// fn uart_interrupt(byte: u8) {
///     RX.push(byte);
/// }
///
/// uart_interrupt(b'O');
/// uart_interrupt(b'K');
/// let mut port = RX.with_tx(embedded_io_writer());
/// let mut buffer = [0; 8];
/// assert!(port.read_ready()?);
/// assert_eq!(port.read(&mut buffer)?, 2);
/// # fn embedded_io_writer() -> Sink { Sink }
/// # struct Sink;
/// # impl embedded_io::ErrorType for Sink { type Error = core::convert::Infallible; }
/// # impl embedded_io::Write for Sink {
/// #     fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> { Ok(bytes.len()) }
/// #     fn flush(&mut self) -> Result<(), Self::Error> { Ok(()) }
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SerialRx<const N: usize> {
    bytes: [AtomicU8; N],
    /// Where the next byte goes. Written by the interrupt alone.
    head: AtomicUsize,
    /// Where the next byte comes from. Written by the reader alone.
    tail: AtomicUsize,
    /// Bytes lost, counted by the interrupt; it wraps.
    lost: AtomicUsize,
    /// There is a port that reads from it.
    taken: AtomicBool,
}

impl<const N: usize> fmt::Debug for SerialRx<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // None of the bytes: the modem may have echoed a password.
        f.debug_struct("SerialRx").field("lost", &self.lost).finish_non_exhaustive()
    }
}

impl<const N: usize> SerialRx<N> {
    /// An empty ring, with room for `N - 1` bytes.
    pub const fn new() -> Self {
        Self {
            bytes: [const { AtomicU8::new(0) }; N],
            head: AtomicUsize::new(0),
            tail: AtomicUsize::new(0),
            lost: AtomicUsize::new(0),
            taken: AtomicBool::new(false),
        }
    }

    /// Takes a byte that the UART has received; false where it found no room. To be called from one
    /// place alone, the UART's interrupt: two writers would overwrite each other's bytes.
    ///
    /// ```
    /// # use esp_at::SerialRx;
    /// # static RX: SerialRx<4> = SerialRx::new();
    /// assert!(RX.push(b'O') && RX.push(b'K') && RX.push(b'\r'));
    /// assert!(!RX.push(b'\n')); // four cells hold three bytes
    /// ```
    pub fn push(&self, byte: u8) -> bool {
        let head = self.head.load(Ordering::Relaxed);
        let next = Self::after(head);
        let room = next != self.tail.load(Ordering::Acquire);
        match self.bytes.get(head) {
            Some(cell) if room => {
                cell.store(byte, Ordering::Relaxed);
                // Behind the byte: a reader that sees this sees that.
                self.head.store(next, Ordering::Release);
                true
            }
            _ => {
                self.overrun();
                false
            }
        }
    }

    /// Notes that the UART itself has lost a byte (its overrun flag): the next read says
    /// [`Overrun`](SerialError::Overrun). To be called from the interrupt, as [`push`](Self::push).
    pub fn overrun(&self) {
        let lost = self.lost.load(Ordering::Relaxed);
        self.lost.store(lost.wrapping_add(1), Ordering::Release);
    }

    /// How many bytes were lost so far; the count wraps.
    pub fn lost(&self) -> usize {
        self.lost.load(Ordering::Acquire)
    }

    /// How many bytes wait for the reader.
    pub fn len(&self) -> usize {
        let head = self.head.load(Ordering::Acquire);
        let tail = self.tail.load(Ordering::Acquire);
        if head >= tail { head.wrapping_sub(tail) } else { N.wrapping_sub(tail).wrapping_add(head) }
    }

    /// Whether no byte waits for the reader.
    pub fn is_empty(&self) -> bool {
        self.head.load(Ordering::Acquire) == self.tail.load(Ordering::Acquire)
    }

    /// The serial port of this ring and a writer. There can be one: a second has nothing to read, and a
    /// read of it is an error (`AddrInUse`), until the first is dropped.
    ///
    /// ```
    /// # use esp_at::SerialRx;
    /// # static RX: SerialRx<4> = SerialRx::new();
    /// use embedded_io::Write;
    /// let mut wire = [0; 4];
    /// let mut port = RX.with_tx(&mut wire[..]);
    /// port.write_all(b"AT\r\n")?;
    /// # drop(port);
    /// assert_eq!(&wire, b"AT\r\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_tx<W: Write>(&self, tx: W) -> SerialPort<'_, W, N> {
        // Ports are made in the main loop, one after the other, so nothing comes between these two.
        let second = self.taken.load(Ordering::Acquire);
        self.taken.store(true, Ordering::Release);
        SerialPort { rx: self, tx, lost: self.lost(), second }
    }

    fn pop(&self) -> Option<u8> {
        let tail = self.tail.load(Ordering::Relaxed);
        if tail == self.head.load(Ordering::Acquire) {
            return None;
        }
        let byte = self.bytes.get(tail)?.load(Ordering::Relaxed);
        self.tail.store(Self::after(tail), Ordering::Release);
        Some(byte)
    }

    fn after(index: usize) -> usize {
        let next = index.wrapping_add(1);
        if next >= N { 0 } else { next }
    }
}

impl<const N: usize> Default for SerialRx<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// A serial port of a [`SerialRx`] and a writer: [`SerialRx::with_tx`].
///
/// ```
/// # use esp_at::{SerialError, SerialRx};
/// # static RX: SerialRx<64> = SerialRx::new();
/// use embedded_io::{Read, ReadReady};
/// let mut wire = [0; 64];
/// let mut port = RX.with_tx(&mut wire[..]);
/// assert!(!port.read_ready()?); // a read would wait
/// RX.push(b'>');
/// assert_eq!(port.read(&mut [0; 8])?, 1);
/// # Ok::<(), SerialError>(())
/// ```
#[derive(Debug)]
pub struct SerialPort<'a, W, const N: usize> {
    rx: &'a SerialRx<N>,
    tx: W,
    /// The count of lost bytes that was last reported.
    lost: usize,
    /// Another port of the same ring existed when this one was made.
    second: bool,
}

impl<W, const N: usize> Drop for SerialPort<'_, W, N> {
    fn drop(&mut self) {
        if !self.second {
            self.rx.taken.store(false, Ordering::Release);
        }
    }
}

/// What goes wrong on a [`SerialPort`] or an [`NbSerial`](crate::NbSerial). For
/// `embedded_io` an overrun is of the kind `OutOfMemory`.
///
/// ```
/// # use esp_at::{SerialError, SerialRx};
/// # static RX: SerialRx<64> = SerialRx::new();
/// use embedded_io::Read;
/// let mut wire = [0; 64];
/// let mut port = RX.with_tx(&mut wire[..]);
/// RX.overrun();
/// assert_eq!(port.read(&mut [0; 8]), Err(SerialError::Overrun));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SerialError {
    /// Bytes were received and lost, since nobody took them in time.
    Overrun,
    /// The port itself failed.
    Port(#[cfg_attr(feature = "defmt", defmt(Debug2Format))] ErrorKind),
}

impl fmt::Display for SerialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overrun => {
                f.write_str("received bytes were lost: poll more often, or buffer more")
            }
            Self::Port(kind) => write!(f, "the serial port failed: {kind:?}"),
        }
    }
}

impl core::error::Error for SerialError {}

impl embedded_io::Error for SerialError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Overrun => ErrorKind::OutOfMemory,
            Self::Port(kind) => *kind,
        }
    }
}

impl<W: Write, const N: usize> ErrorType for SerialPort<'_, W, N> {
    type Error = SerialError;
}

impl<W: Write, const N: usize> ReadReady for SerialPort<'_, W, N> {
    fn read_ready(&mut self) -> Result<bool, SerialError> {
        // A loss is something to read, too.
        Ok(!self.second && (self.rx.lost() != self.lost || !self.rx.is_empty()))
    }
}

impl<W: Write, const N: usize> Read for SerialPort<'_, W, N> {
    /// Waits while there is nothing, as `embedded_io` has it: ask `read_ready` before.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, SerialError> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.second {
            return Err(SerialError::Port(ErrorKind::AddrInUse));
        }
        loop {
            let lost = self.rx.lost();
            if lost != self.lost {
                self.lost = lost;
                // What came before the hole is as useless as what came behind it.
                while self.rx.pop().is_some() {}
                return Err(SerialError::Overrun);
            }
            let mut count = 0_usize;
            for (target, byte) in buffer.iter_mut().zip(core::iter::from_fn(|| self.rx.pop())) {
                *target = byte;
                count = count.wrapping_add(1);
            }
            if count > 0 {
                return Ok(count);
            }
            core::hint::spin_loop();
        }
    }
}

impl<W: Write, const N: usize> Write for SerialPort<'_, W, N> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, SerialError> {
        self.tx.write(bytes).map_err(|error| SerialError::Port(error.kind()))
    }

    fn flush(&mut self) -> Result<(), SerialError> {
        self.tx.flush().map_err(|error| SerialError::Port(error.kind()))
    }
}
