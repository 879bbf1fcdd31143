//! A serial port of an async program, for the driver.

use crate::driver::EspAt;
use core::fmt;
use core::future::Future;
use core::net::SocketAddr;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use embedded_io::{ErrorType, Read, ReadReady, Write};
use embedded_nal::AddrType;
use nal_link::{AsyncNetwork, Clock, Wish};

/// A port of `embedded-io-async` as the driver's [`Serial`](crate::Serial): each call asks the port once, and
/// leaves the [waker](Self::wake) with it, so that the task is woken once there is something to read or room
/// to write.
///
/// The driver's calls still say `WouldBlock`. Whoever awaits them polls them again when woken, and after
/// [`LOOK_AGAIN_MS`](Self::LOOK_AGAIN_MS) at the latest, since pauses of the driver's own end without a byte.
///
/// # What the port has to bear
///
/// Its `read` and `write` are asked anew each time, and dropped while they are pending: they may lose nothing by
/// that. UARTs with a buffer that an interrupt fills are so (`BufferedUart` of embassy's HALs); 256 bytes of
/// it keep what comes between two calls.
///
/// `TX` bytes that the port doesn't take at once wait here. What doesn't fit either is waited for without an
/// await, and the executor with it. [`EspAt`](crate::EspAt) sends the rest of a client's buffer at once, 2,048
/// bytes at most: with `TX` as large as that buffer, nothing is waited for so.
///
/// ```no_run
/// use esp_at::{AsyncSerial, EspAt};
/// # fn f<U, C>(uart: U, clock: C)
/// # where U: embedded_io_async::Read + embedded_io_async::Write, C: nal_link::Clock {
/// let modem = EspAt::new(AsyncSerial::<_>::new(uart), clock);
/// # }
/// ```
pub struct AsyncSerial<P, const RX: usize = 64, const TX: usize = 512> {
    port: P,
    waker: Option<Waker>,
    rx: Queue<RX>,
    tx: Queue<TX>,
}

/// Bytes that were taken from one side, and not given to the other yet.
struct Queue<const N: usize> {
    bytes: [u8; N],
    start: usize,
    end: usize,
}

impl<const N: usize> Queue<N> {
    const fn new() -> Self {
        Self { bytes: [0; N], start: 0, end: 0 }
    }

    fn get(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    fn take(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    fn room(&self) -> usize {
        N.saturating_sub(self.end)
    }

    /// Keeps as much as fits behind what is there.
    fn keep(&mut self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(self.room());
        let end = self.end.saturating_add(count);
        if let (Some(to), Some(from)) = (self.bytes.get_mut(self.end..end), bytes.get(..count)) {
            to.copy_from_slice(from);
            self.end = end;
        }
        count
    }
}

/// Asks a future once.
fn ask<T>(waker: Option<&Waker>, future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(waker.unwrap_or(Waker::noop())))
}

impl<P, const RX: usize, const TX: usize> AsyncSerial<P, RX, TX>
where
    P: embedded_io_async::Read + embedded_io_async::Write,
{
    /// The time after which the driver is to be polled again, though no byte has come.
    pub const LOOK_AGAIN_MS: u32 = 10;

    /// Takes a port.
    pub const fn new(port: P) -> Self {
        const { assert!(RX > 0 && TX > 0, "bytes pass through them") };
        Self { port, waker: None, rx: Queue::new(), tx: Queue::new() }
    }

    /// Whom the port is to wake from now on.
    pub fn wake(&mut self, waker: &Waker) {
        match &mut self.waker {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }

    /// The port itself, to change its baud rate for example.
    pub fn port_mut(&mut self) -> &mut P {
        &mut self.port
    }

    /// Gives the port what waits for it. Whether all of it is gone.
    fn push(&mut self) -> Result<bool, P::Error> {
        while !self.tx.get().is_empty() {
            match ask(self.waker.as_ref(), self.port.write(self.tx.get())) {
                Poll::Ready(Ok(0)) | Poll::Pending => return Ok(false),
                Poll::Ready(Ok(count)) => self.tx.take(count),
                Poll::Ready(Err(error)) => return Err(error),
            }
        }
        Ok(true)
    }
}

impl<P, const RX: usize, const TX: usize> ErrorType for AsyncSerial<P, RX, TX>
where
    P: ErrorType,
{
    type Error = P::Error;
}

impl<P, const RX: usize, const TX: usize> ReadReady for AsyncSerial<P, RX, TX>
where
    P: embedded_io_async::Read + embedded_io_async::Write,
{
    fn read_ready(&mut self) -> Result<bool, P::Error> {
        self.push()?;
        if self.rx.get().is_empty() {
            match ask(self.waker.as_ref(), self.port.read(&mut self.rx.bytes)) {
                Poll::Ready(Ok(count)) => (self.rx.start, self.rx.end) = (0, count.min(RX)),
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Pending => {}
            }
        }
        Ok(!self.rx.get().is_empty())
    }
}

impl<P, const RX: usize, const TX: usize> Read for AsyncSerial<P, RX, TX>
where
    P: embedded_io_async::Read + embedded_io_async::Write,
{
    /// What is there; nothing where [`ReadReady`] has said so.
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, P::Error> {
        if !self.read_ready()? {
            return Ok(0);
        }
        let count = buf.len().min(self.rx.get().len());
        if let (Some(to), Some(from)) = (buf.get_mut(..count), self.rx.get().get(..count)) {
            to.copy_from_slice(from);
        }
        self.rx.take(count);
        Ok(count)
    }
}

impl<P, const RX: usize, const TX: usize> Write for AsyncSerial<P, RX, TX>
where
    P: embedded_io_async::Read + embedded_io_async::Write,
{
    fn write(&mut self, buf: &[u8]) -> Result<usize, P::Error> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            if self.push()?
                && let Poll::Ready(count) = ask(self.waker.as_ref(), self.port.write(buf))
            {
                return count;
            }
            match self.tx.keep(buf) {
                0 => core::hint::spin_loop(),
                count => return Ok(count),
            }
        }
    }

    fn flush(&mut self) -> Result<(), P::Error> {
        while !self.push()? {
            core::hint::spin_loop();
        }
        Ok(())
    }
}

impl<P, const RX: usize, const TX: usize> fmt::Debug for AsyncSerial<P, RX, TX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncSerial").finish_non_exhaustive()
    }
}

/// The modem as an async client's network.
impl<P, C, const RX: usize, const TX: usize, const RX_BUF: usize> AsyncNetwork
    for EspAt<AsyncSerial<P, RX, TX>, C, RX_BUF>
where
    P: embedded_io_async::Read + embedded_io_async::Write,
    C: Clock,
{
    fn begin_turn(&mut self, waker: &Waker) {
        self.serial_mut().wake(waker);
    }

    /// The driver opens and resolves in its own calls.
    fn take_wish(&mut self) -> Option<Wish> {
        None
    }

    async fn fulfil_connect(&mut self, _: SocketAddr) {}

    async fn fulfil_resolve(&mut self, _: &str, _: AddrType) {}

    fn look_again_ms(&self) -> Option<u32> {
        Some(AsyncSerial::<P, RX, TX>::LOOK_AGAIN_MS)
    }
}
