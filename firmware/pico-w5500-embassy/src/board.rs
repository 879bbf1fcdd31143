//! The Pico: a W5500 at SPI0 (GP16 to GP19, reset at GP20, interrupt at GP21, as on a W5500-EVB-Pico), a button at
//! GP15, the lamp on the board.

#[path = "../../common/async_board.rs"]
mod async_board;
#[path = "../../common/log.rs"]
mod log;

pub use async_board::*;
pub use log::*;

use embassy_executor::Spawner;
use embassy_net::Stack;
use embassy_net_wiznet::State;
use embassy_net_wiznet::chip::W5500;
use embassy_rp::clocks::RoscRng;
use embassy_rp::gpio::{Input, Level, Output, Pull};
use embassy_rp::peripherals::{DMA_CH0, DMA_CH1, SPI0};
use embassy_rp::spi::{Async, Config as SpiConfig, Spi};
use embassy_rp::{bind_interrupts, dma};
use embassy_time::Delay;
use embedded_hal_bus::spi::ExclusiveDevice;
use static_cell::StaticCell;

/// Locally administered. Another one for each board in a network.
const MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 58];

defmt::timestamp!("{=u64:ms}", embassy_time::Instant::now().as_millis());

bind_interrupts!(struct Irqs {
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>, dma::InterruptHandler<DMA_CH1>;
});

type Device = embassy_net_wiznet::Device<'static>;
type Bus = ExclusiveDevice<Spi<'static, SPI0, Async>, Output<'static>, Delay>;
type Chip = embassy_net_wiznet::Runner<'static, W5500, Bus, Input<'static>, Output<'static>>;

#[embassy_executor::task]
async fn run_chip(runner: Chip) -> ! {
    runner.run().await
}

/// Starts SPI, the W5500 and the stack. Once, first thing in `main`.
pub async fn start(spawner: Spawner) -> (Stack<'static>, Board, Phone) {
    let chip = embassy_rp::init(Default::default());
    let mut settings = SpiConfig::default();
    settings.frequency = 20_000_000;
    let (clock, mosi, miso) = (chip.PIN_18, chip.PIN_19, chip.PIN_16);
    let spi = Spi::new(chip.SPI0, clock, mosi, miso, chip.DMA_CH0, chip.DMA_CH1, Irqs, settings);
    let select = Output::new(chip.PIN_17, Level::High);
    // Setting a pin of this chip can't fail, and the compiler knows.
    let Ok(bus) = ExclusiveDevice::new(spi, select, Delay);
    let interrupt = Input::new(chip.PIN_21, Pull::Up);
    let reset = Output::new(chip.PIN_20, Level::High);
    static STATE: StaticCell<State<4, 4>> = StaticCell::new();
    let state = STATE.init(State::new());
    let found = embassy_net_wiznet::new(MAC, state, bus, interrupt, reset).await;
    let Ok((device, runner)) = found else { panic!("no W5500 answers: wiring or supply") };
    spawn(&spawner, run_chip(runner));
    let stack = start_stack(&spawner, device, RoscRng.next_u64());

    let lamp = Output::new(chip.PIN_25, Level::Low);
    let button = Input::new(chip.PIN_15, Pull::Up);
    (stack, Board { lamp }, Phone { button })
}
