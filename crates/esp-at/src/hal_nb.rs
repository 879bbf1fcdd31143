//! Ports of `embedded-hal-nb`.

use crate::serial::SerialError;
use embedded_hal_nb::nb;
use embedded_hal_nb::serial::{ErrorKind as HalKind, Read as HalRead, Write as HalWrite};
use embedded_io::{ErrorKind, ErrorType, Read, ReadReady, Write};

/// A port of `embedded_hal_nb::serial` as the driver's serial port.
///
/// Such a port keeps a byte or a few, so bytes are lost while nobody looks: at 115,200 baud one comes
/// every 87 µs. It serves where the loop is quick, the rate low or the port has a buffer behind it;
/// elsewhere an interrupt should fill a [`SerialRx`](crate::SerialRx). An overrun that the port reports
/// is an error of the next read.
///
/// ```no_run
/// use esp_at::{EspAt, NbSerial};
/// # use nal_link::Clock;
/// # fn board<P, C>(uart: P, clock: C)
/// # where
/// #     P: embedded_hal_nb::serial::Read + embedded_hal_nb::serial::Write,
/// #     C: Clock,
/// # {
/// let mut modem = EspAt::new(NbSerial::new(uart), clock);
/// # }
/// ```
#[derive(Debug)]
pub struct NbSerial<P> {
    port: P,
    /// What was read to see whether there is something to read.
    ahead: Option<Result<u8, SerialError>>,
}

impl<P> NbSerial<P> {
    /// Takes the port. Nothing is read yet.
    pub fn new(port: P) -> Self {
        Self { port, ahead: None }
    }

    /// The port, to change its baud rate: [`EspAt::set_baud_rate`](crate::EspAt::set_baud_rate).
    pub fn port_mut(&mut self) -> &mut P {
        &mut self.port
    }

    /// Gives the port back. A byte that was read and that nobody took is lost.
    pub fn into_inner(self) -> P {
        self.port
    }
}

fn error(error: &impl embedded_hal_nb::serial::Error) -> SerialError {
    match error.kind() {
        HalKind::Overrun => SerialError::Overrun,
        // Noise, parity and framing: another baud rate, as a rule.
        _ => SerialError::Port(ErrorKind::InvalidData),
    }
}

impl<P: HalRead<u8>> NbSerial<P> {
    fn look(&mut self) -> Option<Result<u8, SerialError>> {
        match self.port.read() {
            Ok(byte) => Some(Ok(byte)),
            Err(nb::Error::WouldBlock) => None,
            Err(nb::Error::Other(failed)) => Some(Err(error(&failed))),
        }
    }
}

impl<P> ErrorType for NbSerial<P> {
    type Error = SerialError;
}

impl<P: HalRead<u8>> ReadReady for NbSerial<P> {
    fn read_ready(&mut self) -> Result<bool, SerialError> {
        if self.ahead.is_none() {
            self.ahead = self.look();
        }
        Ok(self.ahead.is_some())
    }
}

impl<P: HalRead<u8>> Read for NbSerial<P> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, SerialError> {
        let mut count = 0_usize;
        for target in buffer.iter_mut() {
            // Only the first is waited for.
            let next = loop {
                match self.ahead.take().or_else(|| self.look()) {
                    None if count == 0 => core::hint::spin_loop(),
                    next => break next,
                }
            };
            match next {
                Some(Ok(byte)) => *target = byte,
                Some(Err(failed)) if count == 0 => return Err(failed),
                // The next read says it, behind the bytes before it.
                Some(Err(failed)) => {
                    self.ahead = Some(Err(failed));
                    break;
                }
                None => break,
            }
            count = count.wrapping_add(1);
        }
        Ok(count)
    }
}

impl<P: HalWrite<u8>> Write for NbSerial<P> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, SerialError> {
        let mut count = 0_usize;
        for byte in bytes {
            loop {
                match self.port.write(*byte) {
                    Ok(()) => break,
                    Err(nb::Error::WouldBlock) if count == 0 => core::hint::spin_loop(),
                    Err(nb::Error::WouldBlock) => return Ok(count),
                    Err(nb::Error::Other(failed)) => return Err(error(&failed)),
                }
            }
            count = count.wrapping_add(1);
        }
        Ok(count)
    }

    fn flush(&mut self) -> Result<(), SerialError> {
        loop {
            match self.port.flush() {
                Ok(()) => return Ok(()),
                Err(nb::Error::WouldBlock) => core::hint::spin_loop(),
                Err(nb::Error::Other(failed)) => return Err(error(&failed)),
            }
        }
    }
}
