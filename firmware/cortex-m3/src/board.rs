//! The board: a clock, the modem's UART, a button that stands for the owner's phone, a lamp.

#[path = "../../common/clock.rs"]
mod clock;

pub use clock::{Clock, millis};

use crate::uart::{LOG, MODEM, Tx};
use core::fmt::{Arguments, Write};
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use cortex_m::peripheral::{NVIC, Peripherals};
use defmt::Display2Format;
use esp_at::{SerialPort, SerialRx};
use lm3s6965::{Interrupt, interrupt};

pub use crate::{say, trouble};

/// A little more than the largest buffer that is read into: so much the modem sends at once at most.
const RING: usize = 1024 + 128;

pub type Serial = SerialPort<'static, Tx, RING>;

/// As it is after a reset.
const CLOCK_HZ: u32 = 12_500_000;
const BAUD: u32 = 115_200;

static RX: SerialRx<RING> = SerialRx::new();
/// The most bytes that ever waited in the ring.
static MOST_WAITED: AtomicUsize = AtomicUsize::new(0);
static PHONE: AtomicBool = AtomicBool::new(false);

/// The modem has said something.
#[interrupt]
fn UART0() {
    MODEM.clear_interrupt();
    while let Some((byte, lost_one)) = MODEM.take() {
        if lost_one {
            RX.overrun();
        }
        RX.push(byte);
    }
    // An interrupt isn't interrupted by itself: nothing comes between the two.
    let most = MOST_WAITED.load(Ordering::Relaxed).max(RX.len());
    MOST_WAITED.store(most, Ordering::Relaxed);
}

/// The log's UART receives, too: any byte is the button that stands for the owner's phone.
#[interrupt]
fn UART1() {
    LOG.clear_interrupt();
    while LOG.take().is_some() {
        PHONE.store(true, Ordering::Relaxed);
    }
}

/// A line of the sketch.
#[macro_export]
macro_rules! say {
    ($($text:tt)*) => { $crate::board::line(format_args!($($text)*)) };
}

/// What didn't work.
#[macro_export]
macro_rules! trouble {
    ($($text:tt)*) => { $crate::board::trouble_line(format_args!($($text)*)) };
}

pub fn line(text: Arguments<'_>) {
    defmt::info!("{}", Display2Format(&text));
}

pub fn trouble_line(text: Arguments<'_>) {
    defmt::warn!("{}", Display2Format(&text));
}

/// How often the chip has started since it has power. It lies where a start leaves it alone.
#[unsafe(link_section = ".uninit.boots")]
static BOOTS: AtomicU32 = AtomicU32::new(0);
/// Tells a count from what memory holds at power-on.
#[unsafe(link_section = ".uninit.boots_are_counted")]
static BOOTS_ARE_COUNTED: AtomicU32 = AtomicU32::new(0);
const COUNTED: u32 = 0xb007_c0de;

fn count_boot() -> u32 {
    let counted = BOOTS_ARE_COUNTED.swap(COUNTED, Ordering::Relaxed) == COUNTED;
    let boots = if counted { BOOTS.load(Ordering::Relaxed).wrapping_add(1) } else { 1 };
    BOOTS.store(boots, Ordering::Relaxed);
    boots
}

pub struct Board {
    blinks: u32,
    last_beat: u32,
    longest_turn: u32,
}

impl Board {
    /// Starts clock and UARTs. Once, first thing in `main`.
    pub fn new() -> Self {
        let Some(mut chip) = Peripherals::take() else { panic!("there is one board") };
        clock::start_clock(&mut chip.SYST, CLOCK_HZ);
        LOG.start(CLOCK_HZ, BAUD);
        MODEM.start(CLOCK_HZ, BAUD);
        // SAFETY: their handlers are above, and nothing here relies on being without interrupts.
        unsafe {
            NVIC::unmask(Interrupt::UART0);
            NVIC::unmask(Interrupt::UART1);
        }
        defmt::info!("boot {=u32}", count_boot());
        Self { blinks: 0, last_beat: millis(), longest_turn: 0 }
    }

    /// The UART that the modem is at.
    pub fn serial(&mut self) -> Serial {
        RX.with_tx(Tx(MODEM))
    }

    /// How many bytes from the modem were lost so far, and how many waited at most.
    pub fn received(&self) -> (usize, usize) {
        (RX.lost(), MOST_WAITED.load(Ordering::Relaxed))
    }

    pub fn ssid(&self) -> &'static str {
        "sim"
    }

    pub fn password(&self) -> &'static str {
        "simsimsim"
    }

    /// The URL of a part of the service.
    pub fn url(&self, path: &str) -> heapless::String<64> {
        let mut url = heapless::String::new();
        if write!(url, "http://service.lan{path}").is_err() {
            panic!("a path that is longer than this board has room for");
        }
        url
    }

    /// Whether the owner's phone has come near since the last call.
    pub fn phone_arrived(&self) -> bool {
        PHONE.swap(false, Ordering::Relaxed)
    }

    /// Lights the lamp for a moment: something was done.
    pub fn blink(&mut self) {
        self.blinks += 1;
        let (lost, waited) = self.received();
        defmt::info!(
            "blink {=u32}; the longest turn took {=u32} ms; {=usize} bytes lost, {=usize} waited at most",
            self.blinks,
            self.longest_turn,
            lost,
            waited,
        );
        self.longest_turn = 0;
    }

    /// One turn of the loop: sleeps until the next interrupt, which the clock's is within 1 ms.
    pub fn heartbeat(&mut self) {
        let now = millis();
        self.longest_turn = self.longest_turn.max(now.wrapping_sub(self.last_beat));
        self.last_beat = now;
        cortex_m::asm::wfi();
    }

    /// Whether the loop goes on: on a board it always does.
    pub fn goes_on(&self) -> bool {
        true
    }
}

impl Default for Board {
    fn default() -> Self {
        Self::new()
    }
}
