//! The Blue Pill: the modem at USART1 (PA9 sends, PA10 receives), a button at PB12, the lamp on the board.

#[path = "../../common/modem_board.rs"]
mod modem_board;
#[path = "../../common/system.rs"]
mod system;

pub use system::*;

use core::cell::RefCell;
use core::convert::Infallible;
use critical_section::Mutex;
use embedded_hal::digital::PinState;
use embedded_io::{ErrorType, Write};
use esp_at::SerialPort;
use modem_board::{ModemBoard, RING, RX};
use stm32f1xx_hal::gpio::{Input, Output, PB12, PC13, PullUp, PushPull};
use stm32f1xx_hal::pac::{self, USART1, interrupt};
use stm32f1xx_hal::prelude::*;
use stm32f1xx_hal::rcc;
use stm32f1xx_hal::serial::{self, Config, Rx};

pub type Board = ModemBoard<Tx, PB12<Input<PullUp>>, PC13<Output<PushPull>>>;
pub type Serial = SerialPort<'static, Tx, RING>;

/// The receiving half, once it is the interrupt's.
static READER: Mutex<RefCell<Option<Rx<USART1>>>> = Mutex::new(RefCell::new(None));

/// The modem has said something. The USART keeps one byte: this has to come every 87 µs.
#[interrupt]
fn USART1() {
    critical_section::with(|cs| {
        let mut reader = READER.borrow_ref_mut(cs);
        let Some(reader) = reader.as_mut() else { return };
        loop {
            match reader.read() {
                Ok(byte) => {
                    RX.push(byte);
                }
                Err(nb::Error::WouldBlock) => break,
                // Overrun, or noise in a byte: either way one is missing.
                Err(nb::Error::Other(_)) => RX.overrun(),
            }
        }
    });
}

/// The sending half, as the driver wants it: the HAL's is of an older `embedded_io`.
pub struct Tx(serial::Tx<USART1>);

impl ErrorType for Tx {
    type Error = Infallible;
}

impl Write for Tx {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        for byte in bytes {
            // A sender has no errors, only a byte that isn't through yet.
            while self.0.write_u8(*byte).is_err() {}
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        while self.0.flush().is_err() {}
        Ok(())
    }
}

/// Starts clocks, USART and pins. Once, first thing in `main`.
pub fn start() -> Board {
    let (Some(chip), Some(mut core)) = (pac::Peripherals::take(), cortex_m::Peripherals::take())
    else {
        panic!("there is one board");
    };
    let mut flash = chip.FLASH.constrain();
    let speed = rcc::Config::hse(8.MHz()).sysclk(72.MHz()).pclk1(36.MHz());
    let mut rcc = chip.RCC.freeze(speed, &mut flash.acr);
    start_clock(&mut core.SYST, rcc.clocks.sysclk().raw());

    let mut gpioa = chip.GPIOA.split(&mut rcc);
    let mut gpiob = chip.GPIOB.split(&mut rcc);
    let mut gpioc = chip.GPIOC.split(&mut rcc);
    let pins = (gpioa.pa9.into_alternate_push_pull(&mut gpioa.crh), gpioa.pa10);
    let settings = Config::default().baudrate(115_200.bps());
    let (tx, mut reader) = chip.USART1.serial(pins, settings, &mut rcc).split();
    reader.listen();
    critical_section::with(|cs| READER.replace(cs, Some(reader)));
    // SAFETY: its handler is above, and nothing here relies on being without it.
    unsafe { cortex_m::peripheral::NVIC::unmask(pac::Interrupt::USART1) };

    let button = gpiob.pb12.into_pull_up_input(&mut gpiob.crh);
    let lamp = gpioc.pc13.into_push_pull_output(&mut gpioc.crh);
    // The lamp is between the supply and its pin.
    Board::with_parts(Tx(tx), button, lamp, PinState::Low)
}
