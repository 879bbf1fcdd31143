//! The ESP32-C3: its radio, the BOOT button of most boards at GPIO9, a lamp at GPIO8.

#[path = "../../common/async_board.rs"]
mod async_board;

pub use async_board::*;

use core::fmt::Arguments;
use embassy_executor::Spawner;
use embassy_net::Stack;
use embassy_time::{Instant, Timer};
use esp_hal::clock::CpuClock;
use esp_hal::gpio::{Input, InputConfig, Level, Output, OutputConfig, Pull};
use esp_hal::interrupt::software::SoftwareInterruptControl;
use esp_hal::rng::Rng;
use esp_hal::timer::timg::TimerGroup;
use esp_radio::wifi::sta::StationConfig;
use esp_radio::wifi::{Config as WifiConfig, Interface, WifiController};

// Given when it is built: `WIFI_SSID=… WIFI_PASSWORD=… cargo run --release`.
const SSID: Option<&str> = option_env!("WIFI_SSID");
const PASSWORD: Option<&str> = option_env!("WIFI_PASSWORD");

type Device = Interface<'static>;

/// The radio's heap.
const RADIO_HEAP: usize = 72 * 1024;

/// A line of the sketch.
macro_rules! say {
    ($($text:tt)*) => { $crate::board::line(format_args!($($text)*)) };
}

/// What didn't work.
macro_rules! trouble {
    ($($text:tt)*) => { $crate::board::line(format_args!($($text)*)) };
}

pub(crate) use {say, trouble};

pub fn line(text: Arguments<'_>) {
    esp_println::println!("{:>7} ms  {text}", Instant::now().as_millis());
}

/// Joins, and joins again whenever the access point is gone.
#[embassy_executor::task]
async fn stay_joined(mut radio: WifiController<'static>, ssid: &'static str) -> ! {
    loop {
        say!("joining {ssid}");
        match radio.connect_async().await {
            Ok(_) => {
                let _ = radio.wait_for_disconnect_async().await;
            }
            Err(error) => trouble!("not on the network: {error:?}"),
        }
        Timer::after_millis(1500).await;
    }
}

/// Starts the radio and the stack. Once, first thing in `main`.
pub fn start(spawner: Spawner) -> (Stack<'static>, Board, Phone) {
    let chip = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
    esp_alloc::heap_allocator!(size: RADIO_HEAP);
    let timers = TimerGroup::new(chip.TIMG0);
    let interrupts = SoftwareInterruptControl::new(chip.SW_INTERRUPT);
    esp_rtos::start(timers.timer0, interrupts.software_interrupt0);

    let (ssid, password) = (SSID.unwrap_or("network"), PASSWORD.unwrap_or("password"));
    let Ok((mut radio, interfaces)) = esp_radio::wifi::new(chip.WIFI, Default::default()) else {
        panic!("the radio doesn't start");
    };
    let station = StationConfig::default().with_ssid(ssid).with_password(password.into());
    if let Err(error) = radio.set_config(&WifiConfig::Station(station)) {
        panic!("name or password can't be those of an access point: {error:?}");
    }

    let random = Rng::new();
    let seed = u64::from(random.random()) << 32 | u64::from(random.random());
    let stack = start_stack(&spawner, interfaces.station, seed);
    spawn(&spawner, stay_joined(radio, ssid));

    let lamp = Output::new(chip.GPIO8, Level::Low, OutputConfig::default());
    let button = Input::new(chip.GPIO9, InputConfig::default().with_pull(Pull::Up));
    (stack, Board { lamp }, Phone { button })
}
