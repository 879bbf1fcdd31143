//! A serial port whose work is done elsewhere, as the stack's.

use core::convert::Infallible;
use embedded_io::{ErrorType, Read, ReadReady, Write};

unsafe extern "C" {
    fn serial_ready() -> bool;
    fn serial_read(buffer: *mut u8, room: usize) -> usize;
    fn serial_write(bytes: *const u8, length: usize) -> usize;
}

pub struct Port;

impl ErrorType for Port {
    type Error = Infallible;
}

impl ReadReady for Port {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(unsafe { serial_ready() })
    }
}

impl Read for Port {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        Ok(unsafe { serial_read(buffer.as_mut_ptr(), buffer.len()) })
    }
}

impl Write for Port {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        Ok(unsafe { serial_write(bytes.as_ptr(), bytes.len()) })
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
