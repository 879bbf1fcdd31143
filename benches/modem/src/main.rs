//! What driving an ESP8266 costs: commands and bytes on the serial line, throughput, memory.
//! `safe_http_client::esp_at` beside esp-at-nal, both on the simulated modem of `crates/esp8266-sim`.
//!
//! ```text
//! cargo run --release
//! ```
//!
//! It ends with an error if a figure can't be had, and goes on where one is bad.

use safe_http_client::LoopContext;
use std::process::ExitCode;

mod nal;
mod ours;
mod ram;
mod round_trips;
mod table;
mod throughput;

/// The text of an error is all that is done with it here.
type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("modem-bench: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut cx = LoopContext::take().ok_or("the loop context is taken")?;
    print!("{}", round_trips::report(&mut cx)?);
    print!("{}", throughput::report(&mut cx)?);
    print!("{}", ram::report());
    Ok(())
}
