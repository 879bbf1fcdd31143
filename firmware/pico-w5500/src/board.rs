//! The Pico: a W5500 at SPI0 (GP16 to GP19, reset at GP20), the chip's own thermometer.

#[path = "../../common/system.rs"]
mod system;

pub use system::*;

use core::net::Ipv4Addr;
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use embedded_hal_bus::spi::{ExclusiveDevice, NoDelay};
use rp2040_hal::adc::{Adc, TempSense};
use rp2040_hal::clocks::{Clock as _, init_clocks_and_plls};
use rp2040_hal::fugit::RateExtU32;
use rp2040_hal::gpio::bank0::{Gpio16, Gpio17, Gpio18, Gpio19};
use rp2040_hal::gpio::{FunctionSioOutput, FunctionSpi, Pin, Pins, PullDown};
use rp2040_hal::spi::Enabled;
use rp2040_hal::{Sio, Spi, Watchdog, pac};
use safe_http_client::{LinkEvents, NalNetwork, Network, StackQuirks, WithoutDns};
use w5500::bus::FourWire;
use w5500::{Device, DeviceState, MacAddress, Manual, Mode, UninitializedDevice};

type SpiPins = (
    Pin<Gpio19, FunctionSpi, PullDown>,
    Pin<Gpio16, FunctionSpi, PullDown>,
    Pin<Gpio18, FunctionSpi, PullDown>,
);
type ChipSelect = Pin<Gpio17, FunctionSioOutput, PullDown>;
type Bus = FourWire<ExclusiveDevice<Spi<Enabled, pac::SPI0, SpiPins>, ChipSelect, NoDelay>>;
type Stack = Device<Bus, DeviceState<Manual>>;

/// The crystal on the board.
const CRYSTAL_HZ: u32 = 12_000_000;

/// The driver has no DHCP: the address is written down. The gateway is x.x.x.1, the netmask /24.
const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 57);
/// Locally administered. Another one for each board in a network.
const MAC: MacAddress = MacAddress::new(0x02, 0, 0, 0, 0, 57);

/// Given when it is built: `SERVICE=http://… cargo run --release`. An address: the stack has no DNS.
const SERVICE: Option<&str> = option_env!("SERVICE");

/// What runs first: the chip's boot ROM copies it from the flash's begin.
#[unsafe(link_section = ".boot2")]
#[unsafe(no_mangle)]
#[used]
pub static BOOT2_FIRMWARE: [u8; 256] = rp2040_boot2::BOOT_LOADER_GENERIC_03H;

static LINK: LinkEvents = LinkEvents::new();

/// Asks the chip for the cable: with one, the address above is this board's.
fn look_at_the_cable(stack: &mut WithoutDns<Stack>, link: &mut &LinkEvents) {
    match stack.0.phy_config() {
        Ok(phy) if phy.link_up() => link.got_ip(ADDRESS),
        _ => link.lost_ip(),
    }
}

pub struct Board {
    adc: Adc,
    thermometer: TempSense,
}

/// Starts clocks, SPI and the W5500. Once, first thing in `main`.
pub fn start() -> (impl Network, Board) {
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
    let mut timer = rp2040_hal::Timer::new(chip.TIMER, &mut chip.RESETS, &clocks);

    let sio = Sio::new(chip.SIO);
    let pins = Pins::new(chip.IO_BANK0, chip.PADS_BANK0, sio.gpio_bank0, &mut chip.RESETS);
    // At least 500 µs low, and 1 ms until its clock is locked.
    let mut reset = pins.gpio20.into_push_pull_output();
    let _ = reset.set_low();
    timer.delay_ms(1);
    let _ = reset.set_high();
    timer.delay_ms(2);

    let spi_pins =
        (pins.gpio19.reconfigure(), pins.gpio16.reconfigure(), pins.gpio18.reconfigure());
    let spi = Spi::<_, _, _, 8>::new(chip.SPI0, spi_pins).init(
        &mut chip.RESETS,
        clocks.peripheral_clock.freq(),
        10.MHz(),
        embedded_hal::spi::MODE_0,
    );
    // The chip select is a pin of this chip: setting it can't fail, and the compiler knows.
    let Ok(spi) = ExclusiveDevice::new_no_delay(spi, pins.gpio17.into_push_pull_output());
    let chip_found = UninitializedDevice::new(FourWire::new(spi)).initialize_manual(
        MAC,
        ADDRESS,
        Mode::default(),
    );
    let Ok(stack) = chip_found else { panic!("no W5500 answers: wiring or supply") };
    let network =
        NalNetwork::without_dns(stack, &LINK, StackQuirks::W5500).with_poll(look_at_the_cable);

    let mut adc = Adc::new(chip.ADC, &mut chip.RESETS);
    let Some(thermometer) = adc.take_temp_sensor() else { panic!("there is one thermometer") };
    (network, Board { adc, thermometer })
}

impl Board {
    /// The service's URL.
    pub fn url(&self) -> &'static str {
        SERVICE.unwrap_or("http://192.168.1.20/readings")
    }

    /// Thousandths of a degree, from the chip's thermometer (RP2040 datasheet, 4.9.5).
    pub fn millicelsius(&mut self) -> i32 {
        // A conversion that failed is made again.
        let raw: u16 = loop {
            if let Ok(raw) = self.adc.read(&mut self.thermometer) {
                break raw;
            }
        };
        let microvolts = i32::from(raw) * 330_000 / 4096 * 10;
        // 706 mV at 27 °C, and 1.721 mV less for each degree more.
        27_000 - (microvolts - 706_000) * 100 / 1721 * 10
    }

    pub fn sleep(&mut self, ms: u32) {
        let begin = millis();
        while millis().wrapping_sub(begin) < ms {
            cortex_m::asm::wfi();
        }
    }
}
