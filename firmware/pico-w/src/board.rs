//! The Pico W: its radio by PIO and DMA, a button at GP15, a lamp at GP16 (the one on the board is the radio's).

#[path = "../../common/async_board.rs"]
mod async_board;
#[path = "../../common/log.rs"]
mod log;

pub use async_board::*;
pub use log::*;

use cyw43::{
    A4, Aligned, Control, JoinOptions, NetDriver, PowerManagementMode, SpiBus, aligned_bytes,
};
use cyw43_pio::{DEFAULT_CLOCK_DIVIDER, PioSpi};
use embassy_executor::Spawner;
use embassy_net::Stack;
use embassy_rp::clocks::RoscRng;
use embassy_rp::gpio::{Input, Level, Output, Pull};
use embassy_rp::peripherals::{DMA_CH0, PIO0};
use embassy_rp::pio::{InterruptHandler, Pio};
use embassy_rp::{bind_interrupts, dma};
use embassy_time::Timer;
use static_cell::StaticCell;

// Given when it is built: `WIFI_SSID=… WIFI_PASSWORD=… cargo run --release`.
const SSID: Option<&str> = option_env!("WIFI_SSID");
const PASSWORD: Option<&str> = option_env!("WIFI_PASSWORD");

// The radio's own program: see the README. Without it these are empty, and the radio doesn't start.
static FIRMWARE: &Aligned<A4, [u8]> = aligned_bytes!(concat!(env!("OUT_DIR"), "/43439A0.bin"));
static CLM: &Aligned<A4, [u8]> = aligned_bytes!(concat!(env!("OUT_DIR"), "/43439A0_clm.bin"));
static NVRAM: &Aligned<A4, [u8]> = aligned_bytes!(concat!(env!("OUT_DIR"), "/nvram_rp2040.bin"));

defmt::timestamp!("{=u64:ms}", embassy_time::Instant::now().as_millis());

bind_interrupts!(struct Irqs {
    PIO0_IRQ_0 => InterruptHandler<PIO0>;
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>;
});

type Device = NetDriver<'static>;
type Radio = SpiBus<Output<'static>, PioSpi<'static, PIO0, 0>>;

#[embassy_executor::task]
async fn run_radio(runner: cyw43::Runner<'static, Radio>) -> ! {
    runner.run().await
}

/// Joins, and joins again whenever the access point is gone.
#[embassy_executor::task]
async fn stay_joined(mut control: Control<'static>, stack: Stack<'static>) -> ! {
    let (ssid, password) = (SSID.unwrap_or("network"), PASSWORD.unwrap_or("password"));
    loop {
        say!("joining {ssid}");
        match control.join(ssid, JoinOptions::new(password.as_bytes())).await {
            Ok(()) => stack.wait_link_down().await,
            Err(error) => {
                trouble!("not on the network: {error:?}");
                Timer::after_millis(1500).await;
            }
        }
    }
}

/// Starts the radio and the stack. Once, first thing in `main`.
pub async fn start(spawner: Spawner) -> (Stack<'static>, Board, Phone) {
    if FIRMWARE.is_empty() {
        panic!("built without the radio's own program: see the README");
    }
    let chip = embassy_rp::init(Default::default());
    let power = Output::new(chip.PIN_23, Level::Low);
    let select = Output::new(chip.PIN_25, Level::High);
    let mut pio = Pio::new(chip.PIO0, Irqs);
    let spi = PioSpi::new(
        &mut pio.common,
        pio.sm0,
        DEFAULT_CLOCK_DIVIDER,
        pio.irq0,
        select,
        chip.PIN_24,
        chip.PIN_29,
        dma::Channel::new(chip.DMA_CH0, Irqs),
    );
    static STATE: StaticCell<cyw43::State> = StaticCell::new();
    let state = STATE.init(cyw43::State::new());
    let (device, mut control, runner) = cyw43::new(state, power, spi, FIRMWARE, NVRAM).await;
    spawn(&spawner, run_radio(runner));
    control.init(CLM).await;
    control.set_power_management(PowerManagementMode::PowerSave).await;
    let stack = start_stack(&spawner, device, RoscRng.next_u64());
    spawn(&spawner, stay_joined(control, stack));

    let lamp = Output::new(chip.PIN_16, Level::Low);
    let button = Input::new(chip.PIN_15, Pull::Up);
    (stack, Board { lamp }, Phone { button })
}
