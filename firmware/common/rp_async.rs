//! What the async boards with an RP2040 share: a log, a lamp, and a button that stands for the owner's phone.

use core::fmt::{Arguments, Write as _};
use defmt::Display2Format;
use embassy_rp::gpio::{Input, Output};
use embassy_time::Timer;

// Given when it is built: `SERVICE=http://… cargo run --release`.
const SERVICE: Option<&str> = option_env!("SERVICE");

/// A line of the sketch.
macro_rules! say {
    ($($text:tt)*) => { $crate::board::line(format_args!($($text)*)) };
}

/// What didn't work.
macro_rules! trouble {
    ($($text:tt)*) => { $crate::board::trouble_line(format_args!($($text)*)) };
}

pub(crate) use {say, trouble};

pub fn line(text: Arguments<'_>) {
    defmt::info!("{}", Display2Format(&text));
}

pub fn trouble_line(text: Arguments<'_>) {
    defmt::warn!("{}", Display2Format(&text));
}

defmt::timestamp!("{=u64:ms}", embassy_time::Instant::now().as_millis());

pub struct Board {
    pub lamp: Output<'static>,
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
    pub button: Input<'static>,
}

impl Phone {
    pub async fn arrived(&mut self) {
        self.button.wait_for_high().await;
        // A button bounces.
        Timer::after_millis(20).await;
        self.button.wait_for_low().await;
    }
}
