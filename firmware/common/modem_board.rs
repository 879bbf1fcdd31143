//! A board with an ESP-01 at a UART, a button and a lamp. The UART's interrupt is the board's own.

use super::{line, millis};
use core::fmt::Write as _;
use embedded_hal::digital::{InputPin, OutputPin, PinState};
use embedded_io::Write;
use esp_at::{SerialPort, SerialRx};

/// A little more than the largest buffer that is read into: so much the modem sends at once at most.
pub const RING: usize = 1024 + 128;

/// Filled by the UART's interrupt.
pub static RX: SerialRx<RING> = SerialRx::new();

/// For how long the lamp is lit.
const BLINK_MS: u32 = 300;

// Given when it is built: `WIFI_SSID=… WIFI_PASSWORD=… SERVICE=http://… cargo run --release`.
const SSID: Option<&str> = option_env!("WIFI_SSID");
const PASSWORD: Option<&str> = option_env!("WIFI_PASSWORD");
const SERVICE: Option<&str> = option_env!("SERVICE");

/// `on` is what the lamp's pin is while it is lit; the button pulls its pin to ground.
pub struct ModemBoard<Tx, Button, Lamp> {
    tx: Option<Tx>,
    button: Button,
    pressed: bool,
    lamp: Lamp,
    on: PinState,
    lit_at: Option<u32>,
}

impl<Tx: Write, Button: InputPin, Lamp: OutputPin> ModemBoard<Tx, Button, Lamp> {
    pub fn with_parts(tx: Tx, button: Button, lamp: Lamp, on: PinState) -> Self {
        let mut board = Self { tx: Some(tx), button, pressed: false, lamp, on, lit_at: None };
        board.light(false);
        board
    }

    /// The UART that the modem is at.
    pub fn serial(&mut self) -> SerialPort<'static, Tx, RING> {
        let Some(tx) = self.tx.take() else { panic!("a board has one UART for the modem") };
        RX.with_tx(tx)
    }

    pub fn ssid(&self) -> &'static str {
        SSID.unwrap_or("network")
    }

    pub fn password(&self) -> &'static str {
        PASSWORD.unwrap_or("password")
    }

    /// The URL of a part of the service.
    pub fn url(&self, path: &str) -> heapless::String<128> {
        let mut url = heapless::String::new();
        let service = SERVICE.unwrap_or("http://192.168.1.20");
        if write!(url, "{service}{path}").is_err() {
            panic!("a URL that is longer than this board has room for");
        }
        url
    }

    /// The button stands for the owner's phone. A bouncing one does no harm: an open gate opened again
    /// is open.
    pub fn phone_arrived(&mut self) -> bool {
        let before = self.pressed;
        self.pressed = self.button.is_low().unwrap_or(false);
        self.pressed && !before
    }

    /// Lights the lamp for a moment: something was done.
    pub fn blink(&mut self) {
        self.light(true);
        self.lit_at = Some(millis());
        line(format_args!("bytes of the modem that were lost: {}", RX.lost()));
    }

    /// One turn of the loop: sleeps until the next interrupt, which the clock's is within 1 ms.
    pub fn heartbeat(&mut self) {
        if self.lit_at.is_some_and(|since| millis().wrapping_sub(since) >= BLINK_MS) {
            self.light(false);
            self.lit_at = None;
        }
        cortex_m::asm::wfi();
    }

    /// Whether the loop goes on: on a board it always does.
    pub fn goes_on(&self) -> bool {
        true
    }

    fn light(&mut self, lit: bool) {
        // A lamp that can't be lit is no reason to leave the gate shut.
        let _ = self.lamp.set_state(if lit { self.on } else { !self.on });
    }
}
