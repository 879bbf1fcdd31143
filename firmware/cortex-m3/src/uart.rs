//! The chip's UARTs: two of ARM's PL011, by their registers.
//!
//! QEMU's need neither their clock switched on nor their pins set, which a real chip's do first.

use core::convert::Infallible;
use embedded_io::{ErrorType, Write};

pub const MODEM: Uart = Uart(0x4000_c000);
pub const LOG: Uart = Uart(0x4000_d000);

// Offsets, and the bits in them.
const DATA: usize = 0x00;
const OVERRUN: u32 = 1 << 11;
const FLAGS: usize = 0x18;
const RX_EMPTY: u32 = 1 << 4;
const TX_FULL: u32 = 1 << 5;
const INTEGER_DIVISOR: usize = 0x24;
const FRACTION_DIVISOR: usize = 0x28;
const LINE: usize = 0x2c;
const EIGHT_BITS_WITH_FIFO: u32 = 0x70;
const CONTROL: usize = 0x30;
const ON_TX_RX: u32 = 0x301;
const INTERRUPTS: usize = 0x38;
/// The FIFO is half full, or something has lain in it for a while.
const RX_AND_RX_TIMEOUT: u32 = 1 << 4 | 1 << 6;
const CLEAR: usize = 0x44;

#[derive(Clone, Copy)]
pub struct Uart(usize);

impl Uart {
    /// 8 data bits, no parity, 1 stop bit, and an interrupt for what is received.
    pub fn start(self, clock_hz: u32, baud: u32) {
        // In 64ths: a bit is 16 periods of the divided clock.
        let divisor = (clock_hz * 4 + baud / 2) / baud;
        self.write(INTEGER_DIVISOR, divisor >> 6);
        self.write(FRACTION_DIVISOR, divisor & 63);
        self.write(LINE, EIGHT_BITS_WITH_FIFO);
        self.write(INTERRUPTS, RX_AND_RX_TIMEOUT);
        self.write(CONTROL, ON_TX_RX);
    }

    /// A received byte, and whether one was lost before it.
    pub fn take(self) -> Option<(u8, bool)> {
        if self.read(FLAGS) & RX_EMPTY != 0 {
            return None;
        }
        let data = self.read(DATA);
        Some((data.to_le_bytes()[0], data & OVERRUN != 0))
    }

    /// Ends the interrupt. What comes from here on raises the next.
    pub fn clear_interrupt(self) {
        self.write(CLEAR, RX_AND_RX_TIMEOUT);
    }

    pub fn send(self, byte: u8) {
        while self.read(FLAGS) & TX_FULL != 0 {}
        self.write(DATA, byte.into());
    }

    fn read(self, offset: usize) -> u32 {
        // SAFETY: both UARTs above are there, and `offset` is one of the registers above. A read of
        // DATA takes a byte; each UART's is read in its own interrupt alone.
        unsafe { core::ptr::read_volatile((self.0 + offset) as *const u32) }
    }

    fn write(self, offset: usize, value: u32) {
        // SAFETY: as above; no register of a UART changes memory.
        unsafe { core::ptr::write_volatile((self.0 + offset) as *mut u32, value) }
    }
}

/// The sending half.
pub struct Tx(pub Uart);

impl ErrorType for Tx {
    type Error = Infallible;
}

impl Write for Tx {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        for byte in bytes {
            self.0.send(*byte);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
