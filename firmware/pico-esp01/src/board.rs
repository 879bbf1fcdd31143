//! The Pico: the modem at UART0 (GP0 sends, GP1 receives), a button at GP15, the lamp on the board.

#[path = "../../common/modem_board.rs"]
mod modem_board;
#[path = "../../common/system.rs"]
mod system;

pub use system::*;

use core::cell::RefCell;
use critical_section::Mutex;
use embedded_hal::digital::PinState;
use embedded_hal_nb::{nb, serial::Read as _};
use esp_at::SerialPort;
use modem_board::{ModemBoard, RING, RX};
use rp2040_hal::clocks::{Clock as _, init_clocks_and_plls};
use rp2040_hal::fugit::RateExtU32;
use rp2040_hal::gpio::bank0::{Gpio0, Gpio1, Gpio15, Gpio25};
use rp2040_hal::gpio::{
    FunctionSioInput, FunctionSioOutput, FunctionUart, Pin, Pins, PullDown, PullNone, PullUp,
};
use rp2040_hal::pac::{self, interrupt};
use rp2040_hal::uart::{DataBits, Reader, StopBits, UartConfig, UartPeripheral, Writer};
use rp2040_hal::{Sio, Watchdog};

type UartPins = (Pin<Gpio0, FunctionUart, PullNone>, Pin<Gpio1, FunctionUart, PullUp>);
type Tx = Writer<pac::UART0, UartPins>;
type Button = Pin<Gpio15, FunctionSioInput, PullUp>;
type Lamp = Pin<Gpio25, FunctionSioOutput, PullDown>;

pub type Board = ModemBoard<Tx, Button, Lamp>;
pub type Serial = SerialPort<'static, Tx, RING>;

/// The crystal on the board.
const CRYSTAL_HZ: u32 = 12_000_000;

/// What runs first: the chip's boot ROM copies it from the flash's begin.
#[unsafe(link_section = ".boot2")]
#[unsafe(no_mangle)]
#[used]
pub static BOOT2_FIRMWARE: [u8; 256] = rp2040_boot2::BOOT_LOADER_GENERIC_03H;

/// The receiving half, once it is the interrupt's.
static READER: Mutex<RefCell<Option<Reader<pac::UART0, UartPins>>>> =
    Mutex::new(RefCell::new(None));

/// The modem has said something. The UART keeps 32 bytes, 2.8 ms of them, until this comes.
#[interrupt]
fn UART0_IRQ() {
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

/// Starts clocks, UART and pins. Once, first thing in `main`.
pub fn start() -> Board {
    let (Some(mut chip), Some(mut core)) = (pac::Peripherals::take(), pac::CorePeripherals::take())
    else {
        panic!("there is one board");
    };
    let mut watchdog = Watchdog::new(chip.WATCHDOG);
    let Ok(clocks) = init_clocks_and_plls(
        CRYSTAL_HZ,
        chip.XOSC,
        chip.CLOCKS,
        chip.PLL_SYS,
        chip.PLL_USB,
        &mut chip.RESETS,
        &mut watchdog,
    ) else {
        panic!("the clocks don't start");
    };
    start_clock(&mut core.SYST, clocks.system_clock.freq().to_Hz());

    let sio = Sio::new(chip.SIO);
    let pins = Pins::new(chip.IO_BANK0, chip.PADS_BANK0, sio.gpio_bank0, &mut chip.RESETS);
    let uart_pins = (pins.gpio0.reconfigure(), pins.gpio1.reconfigure());
    let settings = UartConfig::new(115_200.Hz(), DataBits::Eight, None, StopBits::One);
    let Ok(uart) = UartPeripheral::new(chip.UART0, uart_pins, &mut chip.RESETS)
        .enable(settings, clocks.peripheral_clock.freq())
    else {
        panic!("the UART doesn't do 115,200 baud");
    };
    let (mut reader, tx) = uart.split();
    reader.enable_rx_interrupt();
    critical_section::with(|cs| READER.replace(cs, Some(reader)));
    // SAFETY: its handler is above, and nothing here relies on being without it.
    unsafe { pac::NVIC::unmask(pac::Interrupt::UART0_IRQ) };

    let lamp = pins.gpio25.into_push_pull_output();
    Board::with_parts(tx, pins.gpio15.reconfigure(), lamp, PinState::High)
}
