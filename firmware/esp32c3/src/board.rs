//! The ESP32-C3: its radio, the BOOT button of most boards at GPIO9, a lamp at GPIO8.

use core::fmt::{Arguments, Write as _};
use embassy_executor::Spawner;
use embassy_net::{Config, Runner, Stack, StackResources};
use embassy_time::{Instant, Timer};
use esp_hal::clock::CpuClock;
use esp_hal::gpio::{Input, InputConfig, Level, Output, OutputConfig, Pull};
use esp_hal::interrupt::software::SoftwareInterruptControl;
use esp_hal::rng::Rng;
use esp_hal::timer::timg::TimerGroup;
use esp_radio::wifi::sta::StationConfig;
use esp_radio::wifi::{Config as WifiConfig, Interface, WifiController};
use static_cell::StaticCell;

// Given when it is built: `WIFI_SSID=… WIFI_PASSWORD=… SERVICE=http://… cargo run --release`.
const SSID: Option<&str> = option_env!("WIFI_SSID");
const PASSWORD: Option<&str> = option_env!("WIFI_PASSWORD");
const SERVICE: Option<&str> = option_env!("SERVICE");

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

pub struct Board {
    lamp: Output<'static>,
}

impl Board {
    /// The URL of a part of the service.
    pub fn url(&self, path: &str) -> heapless::String<128> {
        let mut url = heapless::String::new();
        let service = SERVICE.unwrap_or("http://192.168.1.20");
        if write!(url, "{service}{path}").is_err() {
            panic!("a URL that is longer than this board has room for");
        }
        url
    }

    /// The lamp changes: the gate was opened.
    pub fn blink(&mut self) {
        self.lamp.toggle();
    }

    /// Whether the program goes on: on a board it always does.
    pub fn goes_on(&self) -> bool {
        true
    }
}

/// The button pulls its pin to ground.
pub struct Phone {
    button: Input<'static>,
}

impl Phone {
    pub async fn arrived(&mut self) {
        self.button.wait_for_high().await;
        // A button bounces.
        Timer::after_millis(20).await;
        self.button.wait_for_low().await;
    }
}

#[embassy_executor::task]
async fn run_stack(mut runner: Runner<'static, Interface<'static>>) -> ! {
    runner.run().await
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

    static RESOURCES: StaticCell<StackResources<4>> = StaticCell::new();
    let resources = RESOURCES.init(StackResources::new());
    let random = Rng::new();
    let seed = u64::from(random.random()) << 32 | u64::from(random.random());
    let config = Config::dhcpv4(Default::default());
    let (stack, runner) = embassy_net::new(interfaces.station, config, resources, seed);
    spawn(&spawner, run_stack(runner));
    spawn(&spawner, stay_joined(radio, ssid));

    let lamp = Output::new(chip.GPIO8, Level::Low, OutputConfig::default());
    let button = Input::new(chip.GPIO9, InputConfig::default().with_pull(Pull::Up));
    (stack, Board { lamp }, Phone { button })
}

type Made<S> = Result<embassy_executor::SpawnToken<S>, embassy_executor::SpawnError>;

/// Each task is spawned once, and there is room for one.
fn spawn<S>(spawner: &Spawner, task: Made<S>) {
    let Ok(token) = task else { panic!("spawned twice") };
    spawner.spawn(token);
}
