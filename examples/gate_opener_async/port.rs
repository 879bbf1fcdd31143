//! This PC's serial port, timer and phone, as an async HAL has them.

use crate::pc::{Serial, millis, phone_arrived};
use async_io::Timer as IoSleep;
use embedded_io::{ErrorKind, ErrorType, Read as _, ReadReady as _, Write as _};
use safe_http_client::Clock;
use safe_http_client::asynch::Timer;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

/// A PC's port has no interrupt to wake anybody: it is looked at so often.
const LOOK: Duration = Duration::from_micros(500);

pub struct AsyncPort {
    serial: Serial,
    /// Stays when a read that waits is dropped, as an interrupt does.
    look: IoSleep,
}

impl AsyncPort {
    pub fn new(serial: Serial) -> Self {
        Self { serial, look: IoSleep::after(LOOK) }
    }
}

impl ErrorType for AsyncPort {
    type Error = ErrorKind;
}

impl embedded_io_async::Read for AsyncPort {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        poll_fn(|context| {
            loop {
                match self.serial.read_ready() {
                    Ok(true) => return Poll::Ready(self.serial.read(buf)),
                    Ok(false) => {}
                    Err(error) => return Poll::Ready(Err(error)),
                }
                if Pin::new(&mut self.look).poll(context).is_pending() {
                    return Poll::Pending;
                }
                self.look.set_after(LOOK);
            }
        })
        .await
    }
}

impl embedded_io_async::Write for AsyncPort {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        self.serial.write(buf)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        self.serial.flush()
    }
}

/// The executor's timer, with the board's clock.
#[derive(Debug, Clone, Copy)]
pub struct IoTimer;

impl Clock for IoTimer {
    fn now_ms(&self) -> u32 {
        millis()
    }
}

impl Timer for IoTimer {
    async fn sleep_ms(&self, ms: u32) {
        IoSleep::after(Duration::from_millis(ms.into())).await;
    }
}

/// The owner's phone, as whatever notices it would report it.
pub struct Phone;

impl Phone {
    pub async fn arrived(&mut self) {
        while !phone_arrived() {
            IoSleep::after(Duration::from_millis(5)).await;
        }
    }
}
