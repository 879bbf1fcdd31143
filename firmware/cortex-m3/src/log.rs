//! defmt over the second UART. Who listens there decodes it with this firmware's ELF file.

use crate::uart::LOG;
use core::cell::{Cell, UnsafeCell};
use critical_section::RestoreState;
use defmt::Encoder;

struct State {
    encoder: UnsafeCell<Encoder>,
    before: Cell<RestoreState>,
    taken: Cell<bool>,
}

// SAFETY: whoever touches it holds the critical section that `acquire` begins, on a chip of one core.
unsafe impl Sync for State {}

static STATE: State = State {
    encoder: UnsafeCell::new(Encoder::new()),
    before: Cell::new(RestoreState::invalid()),
    taken: Cell::new(false),
};

#[defmt::global_logger]
struct Logger;

fn put(bytes: &[u8]) {
    for byte in bytes {
        LOG.send(*byte);
    }
}

// SAFETY: a frame is written between `acquire` and `release`, inside one critical section, so frames
// don't mix; `taken` shows an `acquire` inside another, which would be two references to the encoder.
//
// QEMU's UART takes no time. On a chip, a line of the log would keep the modem's interrupt waiting for
// milliseconds this way: there, defmt-rtt is the transport.
unsafe impl defmt::Logger for Logger {
    fn acquire() {
        unsafe {
            let before = critical_section::acquire();
            assert!(!STATE.taken.replace(true), "a log line inside a log line");
            STATE.before.set(before);
            (*STATE.encoder.get()).start_frame(put);
        }
    }

    unsafe fn flush() {}

    unsafe fn release() {
        unsafe {
            (*STATE.encoder.get()).end_frame(put);
            STATE.taken.set(false);
            critical_section::release(STATE.before.get());
        }
    }

    unsafe fn write(bytes: &[u8]) {
        unsafe { (*STATE.encoder.get()).write(bytes, put) }
    }
}

defmt::timestamp!("{=u32}", crate::board::millis());
